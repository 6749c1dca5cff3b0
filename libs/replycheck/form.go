package replycheck

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// limit is how much a site takes. Zero means no limit known.
type limit struct {
	bytes, runes int
	noEmoji      bool
}

// limits by site. Google counts bytes, Yelp characters; the others are what
// their forms take.
var limits = map[string]limit{
	"google":    {bytes: 4096},
	"yelp":      {runes: 5000, noEmoji: true},
	"facebook":  {runes: 8000},
	"directory": {runes: 5000},
}

// widest holds for sites not known.
var widest = limit{runes: 10000}

// checkSite holds the reply to its site's limits.
func (k *check) checkSite() {
	site := strings.ToLower(strings.TrimSpace(k.in.Site))
	lim, ok := limits[site]
	if !ok {
		lim = widest
	}
	text := k.in.Reply
	if lim.bytes > 0 && len(text) > lim.bytes {
		cut := lim.bytes
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		k.add(ruleLength, cut, len(text))
	}
	if lim.runes > 0 && len(text) > lim.runes {
		n := 0
		for i := range text {
			if n == lim.runes {
				k.add(ruleLength, i, len(text))
				break
			}
			n++
		}
	}
	if lim.noEmoji {
		for i, r := range text {
			if isEmoji(r) {
				k.add(ruleEmoji, i, i+utf8.RuneLen(r))
				break
			}
		}
	}
}

// checkShouting finds runs of words in capitals, and replies mostly so.
func (k *check) checkShouting() {
	for _, s := range k.sentences {
		run, from := 0, 0
		for i := s.first; i < s.end; i++ {
			w := &k.words[i]
			if w.kind == kindWord && w.shout && (len(w.text) > 3 || k.lex.id(w.text) >= 0) || w.kind == kindWord && run > 0 && len(w.text) == 1 && w.upper {
				if run == 0 {
					from = i
				}
				run++
				if run == 3 || run > 3 && i+1 == s.end {
					k.add(ruleShout, k.words[from].start, w.end)
				}
				continue
			}
			run = 0
		}
	}
	if at := strings.Index(k.in.Reply, "!!!!"); at >= 0 {
		k.add(ruleShout, at, at+4)
	}
}

// checkLanguage finds a reply in another language than the review's. It says
// nothing where either is too short to tell.
func (k *check) checkLanguage() {
	review := strings.ToLower(k.in.Language)
	if review != "" {
		review, _, _ = strings.Cut(review, "-")
	} else {
		review = k.lex.language(k.in.Review)
	}
	if review != "en" && review != "es" || len(k.words) == 0 {
		return
	}
	reply := k.lex.language(k.in.Reply)
	if reply == "" || reply == review {
		return
	}
	k.add(ruleLanguage, k.words[0].start, k.words[len(k.words)-1].end)
}

// maxLanguageBytes is how much of a text tells its language.
const maxLanguageBytes = 4000

// language tells English from Spanish by the small words. Empty means not sure.
func (l *lexicon) language(text string) string {
	text = text[:min(len(text), maxLanguageBytes)]
	s := scanner{chars: fold(text), lex: l}
	en, es, words := 0, 0, 0
	english, spanish := l.lists["english"], l.lists["spanish"]
	for _, w := range s.scan() {
		if w.kind != kindWord {
			continue
		}
		words++
		if l.one(english, w.id) {
			en++
		}
		if l.one(spanish, w.id) {
			es++
		}
	}
	if strings.ContainsAny(text, "¿¡ñ") {
		es++
	}
	switch {
	case es >= 2 && es >= 2*en || es >= 1 && en == 0 && words <= 6:
		return "es"
	case en >= 2 && en >= 2*es || en >= 1 && es == 0 && words <= 6:
		return "en"
	}
	return ""
}

// one is true if the list has a one-word entry with this id.
func (l *lexicon) one(list, id int32) bool {
	if id < 0 {
		return false
	}
	at, ok := l.trie[trieKey{0, id}]
	if !ok {
		return false
	}
	for _, have := range l.ends[at] {
		if have == list {
			return true
		}
	}
	return false
}

const (
	// maxRecent and maxRecentBytes bound what is compared.
	maxRecent      = 50
	maxRecentBytes = 8000
	// minShingles is how many a text must have before sameness means anything.
	minShingles = 5
	// alike is the share of common shingles from which two replies are one script.
	alike = 0.5
)

// checkRecent compares the reply with the practice's last ones by runs of three
// words, leaving out names and numbers, which are what a script varies.
func (k *check) checkRecent() {
	recent := k.in.RecentReplies[:min(len(k.in.RecentReplies), maxRecent)]
	if len(recent) == 0 || len(k.words) == 0 {
		return
	}
	mine := k.shingles(k.in.Reply)
	if len(mine) == 0 {
		return
	}
	for _, r := range recent {
		theirs := k.shingles(r)
		common := 0
		for s := range mine {
			if theirs[s] {
				common++
			}
		}
		union := len(mine) + len(theirs) - common
		small := min(len(mine), len(theirs))
		if float64(common) >= alike*float64(union) || small >= 2*minShingles && float64(common) >= 0.7*float64(small) {
			k.add(ruleRecent, k.words[0].start, k.words[len(k.words)-1].end)
			return
		}
	}
}

// shingles are the runs of three words of a text, hashed. Of a shorter text it is the whole.
func (k *check) shingles(text string) map[uint64]bool {
	text = norm.NFC.String(text[:min(len(text), maxRecentBytes)])
	s := scanner{chars: fold(text), lex: k.lex}
	var hashes []uint64
	for _, w := range s.scan() {
		if w.kind != kindWord || w.upper && w.id < 0 || k.people.reviewer[w.text] || w.upper && k.lex.one(k.lex.listFirstName, w.id) {
			continue
		}
		hashes = append(hashes, hash(w.text))
	}
	out := map[uint64]bool{}
	if len(hashes) < 3 {
		h := uint64(1)
		for _, x := range hashes {
			h = h*1099511628211 ^ x
		}
		if len(hashes) > 0 {
			out[h] = true
		}
		return out
	}
	for i := 2; i < len(hashes); i++ {
		out[(hashes[i-2]*1099511628211^hashes[i-1])*1099511628211^hashes[i]] = true
	}
	return out
}

// hash is FNV-1a.
func hash(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
