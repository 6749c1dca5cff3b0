package replycheck

import (
	"strings"
	"unicode"
)

func isOtherLetter(r rune) bool { return unicode.IsLetter(r) }

// signs are the digits and marks that stand for letters. "1" is read both ways.
var signs = map[rune]string{'0': "o", '1': "il", '3': "e", '4': "a", '5': "s", '6': "g", '7': "t", '8': "b", '9': "g", '@': "a", '$': "s", '!': "i", '|': "l"}

// undisguise reads digits as the letters they stand for, if that makes a word
// the rules know.
func (l *lexicon) undisguise(text string) string {
	if len(text) > 40 {
		return text
	}
	for one := range 2 {
		var b strings.Builder
		for _, r := range text {
			as, ok := signs[r]
			switch {
			case !ok:
				b.WriteRune(r)
			default:
				b.WriteByte(as[min(one, len(as)-1)])
			}
		}
		if l.id(b.String()) >= 0 {
			return b.String()
		}
	}
	return text
}

const (
	// maxPieces is how many pieces of one word are put together again.
	maxPieces = 5
	// maxSpelled is how many single letters in a row are looked at.
	maxSpelled = 40
)

// rejoin puts words together that were cut in pieces: "c r o w n",
// "s.e.g.u.r.o", "ap-point-ment", "ch art". Pieces are joined only to a word the
// rules know, and only if one of them is no word the rules know by itself.
func (l *lexicon) rejoin(words []word) []word {
	out := words[:0]
	for i := 0; i < len(words); {
		if n, joined := l.spelled(words[i:]); n > 0 {
			out = append(out, joined...)
			i += n
			continue
		}
		if n, w := l.pieces(words[i:]); n > 0 {
			out = append(out, w)
			i += n
			continue
		}
		out = append(out, words[i])
		i++
	}
	return out
}

// spelled reads a run of single letters. Where blanks and other marks both
// stand between the letters, blanks end words.
func (l *lexicon) spelled(words []word) (int, []word) {
	n, blanks, marks := 0, 0, 0
	for n < len(words) && n < maxSpelled && words[n].kind == kindWord && len(words[n].text) == 1 {
		if n > 0 && words[n].glued {
			marks++
		} else if n > 0 {
			blanks++
		}
		n++
	}
	if n < 2 || n == 2 && marks == 0 {
		return 0, nil
	}
	var out []word
	from := 0
	for i := 1; i <= n; i++ {
		if i < n && (marks == 0 || blanks == 0 || words[i].glued) {
			continue
		}
		out = l.cut(out, words[from:i])
		from = i
	}
	return n, out
}

// cut divides a run of letters into the longest words known; a run that holds
// none is one word.
func (l *lexicon) cut(out []word, letters []word) []word {
	var b strings.Builder
	for _, w := range letters {
		b.WriteString(w.text)
	}
	all := b.String()
	if l.id(all) >= 0 {
		return append(out, l.join(letters, all))
	}
	before := len(out)
	known := false
	for i := 0; i < len(letters); {
		n := 1
		for j := len(letters); j > i+1; j-- {
			if l.id(all[i:j]) >= 0 {
				n = j - i
				known = known || n > 2
				break
			}
		}
		out = append(out, l.join(letters[i:i+n], all[i:i+n]))
		i += n
	}
	if !known {
		out = append(out[:before], l.join(letters, all))
	}
	return out
}

func (l *lexicon) pieces(words []word) (int, word) {
	if words[0].kind != kindWord {
		return 0, word{}
	}
	best := 0
	joined := words[0].text
	var as string
	unknown := l.fragment(words[0])
	for n := 2; n <= maxPieces && n <= len(words); n++ {
		w := words[n-1]
		if w.kind != kindWord && w.kind != kindNumber || len(w.text) > 16 || w.comma && !w.glued {
			break
		}
		joined += w.text
		if len(joined) > 24 {
			break
		}
		unknown = unknown || l.fragment(w)
		glued := true
		for _, p := range words[1:n] {
			glued = glued && p.glued
		}
		if !unknown {
			continue
		}
		whole := joined
		if strings.ContainsAny(joined, "0123456789@$!|") {
			whole = l.undisguise(joined)
		}
		if len(whole) > 3 && l.id(whole) >= 0 && (glued || len(whole) > 4 && n == 2 && l.sensitive[l.id(whole)]) {
			best, as = n, whole
		}
	}
	if best == 0 {
		return 0, word{}
	}
	return best, l.join(words[:best], as)
}

// fragment is true for what is no word by itself. "A" is one: "a visit a year"
// does not hide the Spanish word for a visit.
func (l *lexicon) fragment(w word) bool {
	if len(w.text) == 1 {
		return w.glued || !strings.Contains("aeiouy", w.text)
	}
	return w.id < 0
}

// join makes one word of pieces.
func (l *lexicon) join(pieces []word, text string) word {
	w := pieces[0]
	last := pieces[len(pieces)-1]
	w.end, w.acute, w.text, w.id, w.kind = last.end, last.acute, text, l.id(text), kindWord
	w.disguised = len(text) > 4 && (len(pieces) > 2 || !last.hyphen)
	return w
}

// checkDisguise finds sensitive words in disguise. Nobody hides a harmless word,
// so it does not matter what stands around it.
func (k *check) checkDisguise() {
	for i := range k.words {
		w := &k.words[i]
		if !w.disguised {
			continue
		}
		for _, h := range k.hits[i] {
			if k.lex.subjectOf[h.list] >= 0 && !w.idiom {
				k.add(ruleDisguise, w.start, k.words[i+int(h.n)-1].end)
				break
			}
		}
	}
}
