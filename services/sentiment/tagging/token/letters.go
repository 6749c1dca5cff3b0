package token

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fold returns the normal form of a word of a data file, as the scanner makes it
// from text, but of any length and with the signs that are no letters left in.
func Fold(w string) string {
	return strings.Map(func(r rune) rune {
		if isApostrophe(r) || isMark(r) {
			return -1
		}
		return plain(lower(r))
	}, w)
}

// wordBytes holds for each ASCII letter and digit its lower case, for all else 0.
var wordBytes = func() (table [utf8.RuneSelf]byte) {
	for c := byte('0'); c <= '9'; c++ {
		table[c] = c
	}
	for c := byte('a'); c <= 'z'; c++ {
		table[c], table[c-32] = c, c
	}
	return table
}()

// plain takes the accent off a small Latin letter: people leave accents out as
// often as not, and combining marks are dropped as well. ñ becomes n.
func plain(r rune) rune {
	switch {
	case r < 0xDF || r > 0x17E:
	case r >= 0xE0 && r <= 0xE5, r == 'ā', r == 'ă', r == 'ą':
		return 'a'
	case r == 'ç', r == 'ć', r == 'č':
		return 'c'
	case r >= 0xE8 && r <= 0xEB, r == 'ē', r == 'ė', r == 'ę', r == 'ě':
		return 'e'
	case r >= 0xEC && r <= 0xEF, r == 'ī':
		return 'i'
	case r == 'ñ', r == 'ń', r == 'ň':
		return 'n'
	case r >= 0xF2 && r <= 0xF6, r == 'ō', r == 'ő':
		return 'o'
	case r >= 0xF9 && r <= 0xFC, r == 'ū', r == 'ů', r == 'ű':
		return 'u'
	case r == 'ý', r == 0xFF:
		return 'y'
	case r == 'ś', r == 'š':
		return 's'
	case r == 'ź', r == 'ż', r == 'ž':
		return 'z'
	case r == 'ř':
		return 'r'
	}
	return r
}

func lower(r rune) rune {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			return r + 32
		}
		return r
	}
	return unicode.ToLower(r)
}

func isLetter(r rune) bool {
	if r < utf8.RuneSelf {
		return r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r)
}

func isMark(r rune) bool { return r >= 0x300 && unicode.Is(unicode.M, r) && r != 0xFE0F }

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

func isApostrophe(r rune) bool {
	return r == '\'' || r == '’' || r == '‘' || r == '`' || r == '´' || r == 'ʼ'
}

func isCurrency(r rune) bool { return r == '$' || r == '€' || r == '£' || r == '₹' }

func isEnd(r rune) bool {
	switch r {
	case '.', '!', '?', '\n', '\r', '…', '。', '！', '？', '؟', 0x2028, 0x2029:
		return true
	}
	return false
}

func isComma(r rune) bool {
	switch r {
	case ',', ';', ':', '(', ')', '[', ']', '"', '“', '”', '—', '–', '،':
		return true
	}
	return false
}

func isEmoji(r rune) bool {
	return r >= 0x1F300 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF || r == 0x2B50
}
