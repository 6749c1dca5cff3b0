// Package replycheck reads the public reply to a review before it is posted and
// says what in it must not be public: what would tell the world that the
// reviewer is a patient, or what happened to them; insults, threats and rewards
// for reviews; and, as warnings, the tone that makes an unhappy person unhappier.
//
// A word alone decides nothing. "Anyone with a billing question can call us" is
// general and passes; "your bill was corrected" is tied to the reviewer and does
// not. The rules are data files a person who does not program can read and
// extend (data/*.txt; see docs/reply-checker.md); their examples are tests.
//
// It promises:
//   - Any bytes. No input makes it panic; work is linear in the length of the
//     reply, and memory and the number of findings are bounded.
//   - Offsets that fit. Start and End are bytes of exactly the reply given and
//     Quote is what lies between, whatever was done to disguise the words.
//   - The same answer for the same input, and nothing sent anywhere.
//
// It does not promise to find every disclosure: docs/reply-checker.md has the
// measured figures. A person still decides.
package replycheck

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// Verdict is the outcome of a check.
type Verdict string

// The verdicts, worst first.
const (
	Block Verdict = "block" // must not be published as it is
	Warn  Verdict = "warn"  // may be published; somebody should look again
	Pass  Verdict = "pass"
)

// Practice is what the practice says about itself; what is named here may be
// named in a reply.
type Practice struct {
	Name     string   `json:"name"`
	Phones   []string `json:"phones"`
	Emails   []string `json:"emails"`
	Contacts []string `json:"contacts"` // "Denise Kwan, office manager"
}

// Input is one reply and what it answers. Only Reply is required.
type Input struct {
	Review       string   `json:"review"`
	ReviewerName string   `json:"reviewer_name"` // as the site shows it
	Reply        string   `json:"reply"`
	Practice     Practice `json:"practice"`
	// Site is the site's name, such as "google"; of an unknown or empty one only
	// the widest limit is checked.
	Site string `json:"site"`
	// RecentReplies are replies the practice posted before. The first 50 are
	// compared.
	RecentReplies []string `json:"recent_replies"`
	// Language of the review ("en", "es"); empty means told from its words.
	Language string `json:"language,omitempty"`
}

// Finding is one thing the check objects to. Start and End are byte offsets of
// Input.Reply, End exclusive, and Quote is what lies between.
type Finding struct {
	Rule       string  `json:"rule"`
	Severity   Verdict `json:"severity"` // Block or Warn
	Start      int     `json:"start"`
	End        int     `json:"end"`
	Quote      string  `json:"quote"`
	Why        string  `json:"why"`
	Source     string  `json:"source"`     // the case, law or rule behind it
	Suggestion string  `json:"suggestion"` // what to write instead
}

// Report is the outcome of one check. Findings is never nil and is sorted by Start.
type Report struct {
	Verdict  Verdict   `json:"verdict"`
	Findings []Finding `json:"findings"`
}

// Config sets a checker up. The zero value is good.
type Config struct {
	// MaxFindings bounds the findings of one report; 0 means 50. Blocks are kept
	// before warnings.
	MaxFindings int
}

// MaxReply is the longest reply that is read, in bytes. What is longer is
// blocked by its length alone: no site takes it.
const MaxReply = 1 << 20

// Checker checks replies. It is safe for concurrent use.
type Checker struct {
	lex *lexicon
	max int
}

//go:embed data/*.txt data/evidence.tsv
var dataFiles embed.FS

// New compiles the rules, which takes some tens of milliseconds of CPU; share the Checker.
// The error tells of a fault in the configuration or in a data file, with file and line.
func New(cfg Config) (*Checker, error) {
	if cfg.MaxFindings < 0 {
		return nil, errors.New("set up the reply checker: MaxFindings is below 0")
	}
	if cfg.MaxFindings == 0 {
		cfg.MaxFindings = 50
	}
	sub, err := fs.Sub(dataFiles, "data")
	if err != nil {
		return nil, fmt.Errorf("open the reply rules: %w", err)
	}
	lex, err := loadLexicon(sub)
	if err != nil {
		return nil, fmt.Errorf("compile the reply rules: %w", err)
	}
	if err := lex.loadEvidence(sub); err != nil {
		return nil, fmt.Errorf("read the evidence: %w", err)
	}
	return &Checker{lex: lex, max: cfg.MaxFindings}, nil
}

// Check reads one reply.
func (c *Checker) Check(in Input) Report {
	k := &check{lex: c.lex, in: in}
	if len(in.Reply) > MaxReply {
		k.add(ruleLength, 0, 0)
		return k.report(c.max)
	}
	k.read()
	k.matchRules()
	k.weigh()
	k.checkDisguise()
	k.checkNames()
	k.checkContacts()
	k.checkShouting()
	k.checkLanguage()
	k.checkRecent()
	k.checkSite()
	return k.report(c.max)
}

// check is one reply on its way through the rules.
type check struct {
	lex       *lexicon
	in        Input
	words     []word
	hits      [][]hit  // by word: the list entries that begin there
	classes   []uint16 // by word: a bit for each class
	sentences []sentence
	people    people
	review    map[string]bool // beginnings of the words of the review
	found     []found
}

// found is a finding before it is told.
type found struct {
	rule       int32
	start, end int // bytes of the reply
}

// add notes a finding of a rule whose matching is done in Go.
func (k *check) add(rule string, start, end int) {
	k.found = append(k.found, found{rule: k.lex.ruleIDs[rule], start: start, end: end})
}

// report sorts what was found, drops what lies inside another finding of the
// same rule, and keeps blocks before warnings where there is too much.
func (k *check) report(limit int) Report {
	severity := func(f found) Verdict { return k.lex.rules[f.rule].severity }
	slices.SortFunc(k.found, func(a, b found) int {
		if a.start != b.start {
			return a.start - b.start
		}
		if a.end != b.end {
			return b.end - a.end
		}
		return int(a.rule - b.rule)
	})
	lastEnd := map[int32]int{}
	kept := k.found[:0]
	for _, f := range k.found {
		if end, ok := lastEnd[f.rule]; ok && (f.end <= end || f.start < end) {
			continue
		}
		lastEnd[f.rule] = f.end
		kept = append(kept, f)
	}
	if len(kept) > limit {
		slices.SortStableFunc(kept, func(a, b found) int {
			switch {
			case severity(a) == severity(b):
				return 0
			case severity(a) == Block:
				return -1
			}
			return 1
		})
		kept = kept[:limit]
		slices.SortStableFunc(kept, func(a, b found) int { return a.start - b.start })
	}
	out := Report{Verdict: Pass, Findings: make([]Finding, 0, len(kept))}
	for _, f := range kept {
		r := &k.lex.rules[f.rule]
		out.Findings = append(out.Findings, Finding{Rule: r.id, Severity: r.severity, Start: f.start, End: f.end,
			Quote: k.in.Reply[f.start:f.end], Why: r.why, Source: r.source, Suggestion: r.suggestion})
		if r.severity == Block || out.Verdict == Pass {
			out.Verdict = r.severity
		}
	}
	return out
}
