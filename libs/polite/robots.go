package polite

import (
	"bytes"
	"strconv"
	"strings"
	"time"
)

// maxRobotsBytes is how much of a robots.txt is read. RFC 9309 asks for at
// least 500 KiB; rules beyond it are not seen.
const maxRobotsBytes = 500 << 10

// maxCrawlDelay bounds a Crawl-delay, so that a typing error does not silence a
// listing for years.
const maxCrawlDelay = 5 * time.Minute

// Robots are the rules of one robots.txt that concern one product token.
type Robots struct {
	rules []robotsRule
	delay time.Duration
}

type robotsRule struct {
	pattern string // normalised, without the final '$'
	anchor  bool   // the pattern ended in '$'
	allow   bool
	length  int // octets of the normalised pattern, which decide the longest match
}

// ruleOverhead is what a rule takes in memory besides its pattern.
const ruleOverhead = 64

// size is roughly how many bytes the rules take.
func (r *Robots) size() int {
	if r == nil {
		return 0
	}
	sum := 0
	for _, rule := range r.rules {
		sum += len(rule.pattern) + ruleOverhead
	}
	return sum
}

// ParseRobots reads the groups for the product token, or those for "*" where no
// group names it (RFC 9309, 2.2.1). Lines that cannot be read are skipped, as
// the standard asks; every input gives rules.
func ParseRobots(data []byte, token string) *Robots {
	if len(data) > maxRobotsBytes {
		// The last line may be cut in the middle, which could turn "/private/x"
		// into "/": it is dropped.
		data = data[:maxRobotsBytes]
		if end := bytes.LastIndexAny(data, "\r\n"); end >= 0 {
			data = data[:end]
		}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	own, general := &Robots{}, &Robots{}
	var forOwn, forAll, named, inAgents bool
	for line := range bytes.FieldsFuncSeq(data, func(r rune) bool { return r == '\n' || r == '\r' }) {
		key, value, ok := robotsLine(line)
		if !ok {
			continue
		}
		switch key {
		case "user-agent":
			if !inAgents {
				forOwn, forAll, inAgents = false, false, true
			}
			if agentToken(value) == "*" {
				forAll = true
			} else if strings.EqualFold(agentToken(value), token) {
				forOwn, named = true, true
			}
		case "allow", "disallow", "crawl-delay":
			inAgents = false
			if forOwn {
				own.add(key, value)
			}
			if forAll {
				general.add(key, value)
			}
		}
	}
	if named {
		return own
	}
	return general
}

func robotsLine(line []byte) (key, value string, ok bool) {
	if i := bytes.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	k, v, found := strings.Cut(string(line), ":")
	if !found {
		return "", "", false
	}
	return strings.ToLower(strings.TrimSpace(k)), strings.TrimSpace(v), true
}

// agentToken is the product token of a User-agent line; "Bedside/2.0" names
// Bedside.
func agentToken(value string) string {
	value, _, _ = strings.Cut(value, "/")
	value, _, _ = strings.Cut(value, " ")
	return value
}

func (r *Robots) add(key, value string) {
	if key == "crawl-delay" {
		seconds, err := strconv.ParseFloat(value, 64)
		if err == nil && seconds > 0 {
			seconds = min(seconds, maxCrawlDelay.Seconds())
			r.delay = max(r.delay, time.Duration(seconds*float64(time.Second)))
		}
		return
	}
	if value == "" { // an empty Disallow disallows nothing
		return
	}
	pattern := normalisePath(value)
	rule := robotsRule{allow: key == "allow", length: len(pattern)}
	rule.pattern, rule.anchor = strings.CutSuffix(pattern, "$")
	r.rules = append(r.rules, rule)
}

// CrawlDelay is the spacing between requests the site asks for; zero if it does
// not. It is no part of RFC 9309, but asking costs sites nothing and keeping to
// it costs us little.
func (r *Robots) CrawlDelay() time.Duration { return r.delay }

// Allowed reports whether path, with its query, may be fetched. The longest
// matching pattern decides and Allow wins a tie.
func (r *Robots) Allowed(path string) bool {
	if path == "" {
		path = "/"
	}
	path = normalisePath(path)
	if path == "/robots.txt" {
		return true
	}
	best, allowed := -1, true
	for _, rule := range r.rules {
		if rule.length < best || (rule.length == best && allowed) {
			continue
		}
		if rule.matches(path) {
			best, allowed = rule.length, rule.allow
		}
	}
	return allowed
}

// matches compares piece by piece between the stars. Taking the first place
// where a piece fits is enough, so that no pattern costs more than one walk
// through the path.
func (rule robotsRule) matches(path string) bool {
	first, rest, starred := strings.Cut(rule.pattern, "*")
	if !strings.HasPrefix(path, first) {
		return false
	}
	path = path[len(first):]
	for starred {
		var piece string
		piece, rest, starred = strings.Cut(rest, "*")
		if !starred && rule.anchor {
			return strings.HasSuffix(path, piece)
		}
		i := strings.Index(path, piece)
		if i < 0 {
			return false
		}
		path = path[i+len(piece):]
	}
	return !rule.anchor || path == ""
}

// normalisePath brings patterns and paths to one spelling: octets outside ASCII
// are percent-encoded, percent-encoded unreserved characters are decoded, and
// the rest keeps its encoding in upper case (RFC 9309, 2.2.2).
func normalisePath(s string) string {
	plain := true
	for i := 0; i < len(s); i++ {
		if s[i] == '%' || s[i] >= 0x80 || s[i] <= ' ' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	const hexDigits = "0123456789ABCDEF"
	out := make([]byte, 0, len(s)+16)
	escape := func(c byte) { out = append(out, '%', hexDigits[c>>4], hexDigits[c&15]) }
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				if unreserved(byte(v)) {
					out = append(out, byte(v))
				} else {
					escape(byte(v))
				}
				i += 2
				continue
			}
		}
		if c >= 0x80 || c <= ' ' {
			escape(c)
			continue
		}
		out = append(out, c)
	}
	return string(out)
}

func unreserved(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-._~", c) >= 0
}
