// Package token cuts review text into words, numbers, amounts of money, emoji
// and punctuation in one pass, with exact byte offsets.
//
// It promises that offsets always lie inside the text, rise, and never overlap,
// for any bytes at all: invalid UTF-8 separates words and is otherwise skipped.
// Work is linear in the length of the text and nothing is allocated.
package token

import "unicode/utf8"

// Kind says what a token is.
type Kind uint8

// The kinds of token.
const (
	Word   Kind = iota // letters, with inner apostrophes
	Number             // 45, 1,000, 2.5, 20-30, 9:30, 5/5
	Money              // $400, £20, 400$, $$$
	Emoji              // one pictograph
	End                // the end of a sentence: . ! ? … and line breaks
	Comma              // , ; : and dashes between words, brackets, quotation marks
)

// Token is one piece of text. Start and End are byte offsets, End exclusive.
type Token struct {
	Start, End int
	Kind       Kind
	// Capital is true for a word that starts with an upper-case letter.
	Capital bool
	// Shout is true for a word of two letters or more, all upper case.
	Shout bool
	// Elongated is true for a word with a letter three or more times in a row.
	Elongated bool
}

// maxNorm bounds the normal form of a word; what is longer is no word we know.
const maxNorm = 48

// Scanner walks through one text. The zero value is not useful; see New.
type Scanner struct {
	text string
	pos  int
	buf  [maxNorm + utf8.UTFMax]byte
	n    int
}

// New returns a scanner at the start of text.
func New(text string) Scanner { return Scanner{text: text} }

// Norm is the normal form of the token that Next returned last: lower case,
// without apostrophes and accents, cut at 48 bytes. It is valid until the next
// call of Next.
func (s *Scanner) Norm() []byte { return s.buf[:s.n] }

// Next returns the next token, and false at the end of the text.
func (s *Scanner) Next() (Token, bool) {
	for s.pos < len(s.text) {
		r, size := s.at(s.pos)
		switch {
		case isLetter(r):
			return s.word(), true
		case isDigit(r):
			return s.number(), true
		case isCurrency(r):
			return s.money(), true
		case isEnd(r):
			if t, ok := s.end(); ok {
				return t, true
			}
			continue
		case isComma(r) || r == '-' && s.dash():
			return s.comma(r, size), true
		case r == '&':
			return s.ampersand(), true
		case isEmoji(r):
			return s.emoji(size), true
		default:
			s.pos += size
		}
	}
	s.n = 0
	return Token{}, false
}

func (s *Scanner) at(i int) (rune, int) {
	if i >= len(s.text) {
		return 0, 0
	}
	if c := s.text[i]; c < utf8.RuneSelf {
		return rune(c), 1
	}
	r, size := utf8.DecodeRuneInString(s.text[i:])
	if r == utf8.RuneError && size <= 1 {
		return 0, 1 // invalid bytes separate words
	}
	return r, size
}

func (s *Scanner) add(r rune) {
	if s.n < maxNorm {
		s.n += utf8.EncodeRune(s.buf[s.n:], r)
	}
}

func (s *Scanner) word() Token {
	t := Token{Start: s.pos, Kind: Word, Shout: true}
	s.n = 0
	letters, run := 0, 0
	var last rune
	for s.pos < len(s.text) {
		if c := s.text[s.pos]; c < utf8.RuneSelf {
			low := wordBytes[c]
			if low == 0 {
				if c != '\'' && c != '`' {
					break
				}
			} else {
				if low == c {
					t.Shout = false
				} else if letters == 0 {
					t.Capital = true
				}
				if rune(low) == last {
					if run++; run >= 3 {
						t.Elongated = true
					}
				} else {
					last, run = rune(low), 1
				}
				letters++
				if s.n < maxNorm {
					s.buf[s.n] = low
					s.n++
				}
				s.pos++
				continue
			}
		}
		r, size := s.at(s.pos)
		if isApostrophe(r) {
			next, _ := s.at(s.pos + size)
			if !isLetter(next) {
				break
			}
			s.pos += size
			continue
		}
		if isMark(r) {
			s.pos += size
			continue
		}
		if !isLetter(r) && !isDigit(r) {
			break
		}
		low := lower(r)
		if low == r {
			t.Shout = false
		} else if letters == 0 {
			t.Capital = true
		}
		if low == last {
			if run++; run >= 3 {
				t.Elongated = true
			}
		} else {
			last, run = low, 1
		}
		letters++
		s.add(plain(low))
		s.pos += size
	}
	t.Shout = t.Shout && letters > 1
	t.End = s.pos
	return t
}

// number takes digits with inner . , : / and - so that "1,000", "9:30" and
// "20-30" are one token each.
func (s *Scanner) number() Token {
	t := Token{Start: s.pos, Kind: Number}
	s.n = 0
	for s.pos < len(s.text) {
		r, size := s.at(s.pos)
		if isDigit(r) {
			s.add(r)
			s.pos += size
			continue
		}
		if r == '.' || r == ',' || r == ':' || r == '/' || r == '-' || r == '–' {
			if next, _ := s.at(s.pos + size); isDigit(next) {
				s.add(r)
				s.pos += size
				continue
			}
		}
		break
	}
	if r, size := s.at(s.pos); isCurrency(r) {
		if next, _ := s.at(s.pos + size); !isDigit(next) {
			s.pos += size
			t.Kind = Money
		}
	}
	t.End = s.pos
	return t
}

func (s *Scanner) money() Token {
	t := Token{Start: s.pos, Kind: Money}
	s.n = 0
	for {
		r, size := s.at(s.pos)
		if !isCurrency(r) {
			break
		}
		s.pos += size
	}
	i := s.pos
	for {
		r, size := s.at(i)
		if r != ' ' {
			break
		}
		i += size
		if i > s.pos+2 {
			break
		}
	}
	if r, _ := s.at(i); isDigit(r) {
		s.pos = i
		s.number()
	}
	s.n = 0
	t.End = s.pos
	return t
}

// end takes a run of sentence ends as one token. A full stop after a title or
// an initial ends nothing; then ok is false and the stop is skipped.
func (s *Scanner) end() (Token, bool) {
	t := Token{Start: s.pos, Kind: End}
	single := true
	for s.pos < len(s.text) {
		r, size := s.at(s.pos)
		if !isEnd(r) {
			break
		}
		if s.pos > t.Start || r != '.' {
			single = false
		}
		s.pos += size
	}
	if single && abbreviated(s.text, t.Start) {
		return t, false
	}
	s.n = 0
	t.End = s.pos
	return t, true
}

// abbreviated reports whether the full stop at i follows a title ("Dr.") or an
// initial that is no pronoun ("J.").
func abbreviated(text string, i int) bool {
	from := i
	for from > 0 && i-from < 5 {
		c := text[from-1] | 0x20
		if c < 'a' || c > 'z' {
			break
		}
		from--
	}
	switch n := i - from; n {
	case 1:
		c := text[from]
		return c != 'I' && c >= 'A' && c <= 'Z' && (from == 0 || text[from-1] == ' ' || text[from-1] == '.')
	case 2, 3, 4:
		switch string(appendLower(make([]byte, 0, 4), text[from:i])) {
		case "dr", "mr", "mrs", "ms", "drs", "vs", "st", "prof", "approx":
			return from == 0 || text[from-1] < 'A'
		}
	}
	return false
}

func appendLower(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		dst = append(dst, s[i]|0x20)
	}
	return dst
}

func (s *Scanner) comma(r rune, size int) Token {
	t := Token{Start: s.pos, End: s.pos + size, Kind: Comma}
	s.n = 0
	s.add(r)
	s.pos += size
	return t
}

// dash reports whether the hyphen at hand stands between words and not inside
// one: "rude - never again" against "follow-up".
func (s *Scanner) dash() bool {
	if s.pos == 0 || s.pos+1 >= len(s.text) {
		return true
	}
	return isGap(s.text[s.pos-1]) || isGap(s.text[s.pos+1])
}

func isGap(c byte) bool { return c == ' ' || c == '-' || c == '\t' }

// ampersand is the word "and".
func (s *Scanner) ampersand() Token {
	t := Token{Start: s.pos, End: s.pos + 1, Kind: Word}
	s.n = copy(s.buf[:], "and")
	s.pos++
	return t
}

func (s *Scanner) emoji(size int) Token {
	t := Token{Start: s.pos, Kind: Emoji}
	s.n = 0
	r, _ := s.at(s.pos)
	s.add(r)
	s.pos += size
	for { // selectors, joiners and skin tones belong to the pictograph before them
		r, size := s.at(s.pos)
		if r != 0xFE0F && r != 0x200D && (r < 0x1F3FB || r > 0x1F3FF) {
			break
		}
		s.pos += size
	}
	t.End = s.pos
	return t
}
