package sqlite

import (
	"strings"

	"github.com/bedside-health/bedside/libs/docstore"
)

// Text search is a contentless full-text index that keeps nothing but which
// words are in which row. Each word begins with its organization, so that a
// search reads no other organization's postings. The tokenizer splits at ASCII
// punctuation and folds ASCII capitals, so that a word is spelled in what it
// leaves alone: small letters, digits and everything beyond ASCII. Spelling goes
// byte by byte, so that the spelling of a prefix is a prefix of the spelling.
const (
	wordEscape = 'Þ'
	wordEnd    = 'ß' // between organization and word; never in a spelled organization
)

// maxStored is where stored words are cut: beyond what a query may ask for, so
// that a cut word is never mistaken for a whole one.
const maxStored = docstore.MaxTermBytes + 8

func spell(b *strings.Builder, s string) {
	const hex = "0123456789abcdef"
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9',
			r >= 0x80 && r != wordEscape && r != wordEnd:
			b.WriteRune(r)
		case r == wordEscape:
			b.WriteString("Þ0")
		case r == wordEnd:
			b.WriteString("Þ1")
		default:
			b.WriteString("Þ2")
			b.WriteByte(hex[r>>4])
			b.WriteByte(hex[r&15])
		}
	}
}

// indexed is the text whose tokens are a row's words.
func indexed(org string, terms []string) string {
	var prefix, b strings.Builder
	spell(&prefix, org)
	prefix.WriteRune(wordEnd)
	for _, t := range terms {
		if len(t) > maxStored {
			t = cut(t, maxStored)
		}
		b.WriteString(prefix.String())
		spell(&b, t)
		b.WriteByte(' ')
	}
	return b.String()
}

// cut shortens a string to at most n bytes, to whole runes.
func cut(s string, n int) string {
	for n > 0 && s[n]&0xc0 == 0x80 {
		n--
	}
	return s[:n]
}

// matching is the full-text query for all of the terms.
func matching(org string, terms []docstore.Term) string {
	var b strings.Builder
	for i, t := range terms {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteByte('"')
		spell(&b, org)
		b.WriteRune(wordEnd)
		spell(&b, t.Text)
		b.WriteByte('"')
		if t.Prefix {
			b.WriteByte('*')
		}
	}
	return b.String()
}
