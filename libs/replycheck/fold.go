package replycheck

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// char is one letter, digit or mark of the reply as the rules see it: lower
// case, without accents, look-alikes replaced. Start and end are the bytes of
// the reply it comes from; one rune of the reply may make several chars.
type char struct {
	r          rune
	start, end int32
	upper      bool
	alien      bool // stood for a letter of another script or drawing
	acute      bool // carried an accent: Spanish "visitó" is not "visito"
}

// pictograph stands for any emoji, which may hide between letters.
const pictograph = '\ue000'

// fold reads text into chars. What is invisible is left out: zero-width
// characters, bidi controls, soft hyphens, variation selectors, stray marks,
// and bytes that are not UTF-8.
func fold(text string) []char {
	out := make([]char, 0, len(text))
	for i := 0; i < len(text); {
		c := text[i]
		if c < utf8.RuneSelf {
			ch := char{r: rune(c), start: int32(i), end: int32(i + 1)}
			if 'A' <= c && c <= 'Z' {
				ch.r += 'a' - 'A'
				ch.upper = true
			}
			if c >= ' ' && c != 0x7f || c == '\n' || c == '\t' || c == '\r' {
				out = append(out, ch)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[i:])
		start := i
		i += size
		if r == utf8.RuneError && size == 1 {
			continue
		}
		if unicode.Is(unicode.M, r) && r != '\ufe0f' {
			if n := len(out); n > 0 {
				out[n-1].acute = true
				out[n-1].end = int32(i)
			}
			continue
		}
		out = foldRune(out, r, text[start:i], int32(start), int32(i))
	}
	return out
}

func foldRune(out []char, r rune, src string, start, end int32) []char {
	switch {
	case isInvisible(r):
		return out
	case unicode.IsSpace(r):
		return append(out, char{r: ' ', start: start, end: end})
	}
	if plain, ok := lookalikes[unicode.ToLower(r)]; ok {
		for _, p := range plain {
			out = append(out, char{r: p, start: start, end: end, upper: unicode.IsUpper(r), alien: r > 0x24f})
		}
		return out
	}
	if p, ok := squared(r); ok {
		return append(out, char{r: p, start: start, end: end, upper: true, alien: true})
	}
	if isEmoji(r) {
		return append(out, char{r: pictograph, start: start, end: end})
	}
	dec := norm.NFKD.PropertiesString(src).Decomposition()
	if len(dec) == 0 {
		return append(out, char{r: unicode.ToLower(r), start: start, end: end, upper: unicode.IsUpper(r)})
	}
	first := len(out)
	for len(dec) > 0 {
		d, n := utf8.DecodeRune(dec)
		dec = dec[n:]
		if unicode.Is(unicode.M, d) {
			if len(out) > first {
				out[len(out)-1].acute = true
			}
			continue
		}
		low := unicode.ToLower(d)
		if plain, ok := lookalikes[low]; ok && len(plain) == 1 {
			low = rune(plain[0])
		}
		out = append(out, char{r: low, start: start, end: end, upper: unicode.IsUpper(d), alien: r >= 0x2000 && low < 0x80})
	}
	return out
}

// isInvisible is true for characters that draw nothing.
func isInvisible(r rune) bool {
	switch {
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Cc, r), unicode.Is(unicode.Co, r):
		return true
	case r == '\u034f', r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u2800',
		r >= '\ufe00' && r <= '\ufe0f', r >= 0xe0000 && r <= 0xe0fff:
		return true
	}
	return false
}

func isEmoji(r rune) bool {
	switch {
	case r >= 0x1f000 && r <= 0x1faff, r >= 0x2600 && r <= 0x27bf, r >= 0x2b00 && r <= 0x2bff,
		r >= 0x2300 && r <= 0x23ff, r >= 0x25a0 && r <= 0x25ff, r >= 0x2190 && r <= 0x21ff, r == 0x20e3:
		return true
	}
	return false
}

// squared reads letters drawn in boxes and circles, and those flags are made of.
func squared(r rune) (rune, bool) {
	for _, first := range [...]rune{0x1f150, 0x1f170, 0x1f1e6} {
		if r >= first && r < first+26 {
			return 'a' + r - first, true
		}
	}
	return 0, false
}

// lookalikes are letters that read as Latin ones, by their lower case. NFKD
// does the rest: full width, mathematical and circled letters, ligatures.
var lookalikes = map[rune]string{
	// Cyrillic
	'а': "a", 'в': "b", 'е': "e", 'ё': "e", 'к': "k", 'м': "m", 'н': "h", 'о': "o", 'р': "p", 'с': "c", 'т': "t",
	'у': "y", 'х': "x", 'і': "i", 'ї': "i", 'ј': "j", 'ѕ': "s", 'һ': "h", 'ԁ': "d", 'ԛ': "q", 'ԝ': "w", 'ӏ': "l", 'г': "r",
	'п': "n", 'и': "u", 'ь': "b", 'ү': "y", 'ғ': "f", 'ҫ': "c", 'ѵ': "v", 'ѡ': "w", 'ԍ': "g", 'ԃ': "d",
	// Greek
	'α': "a", 'β': "b", 'γ': "y", 'ε': "e", 'η': "n", 'ι': "i", 'κ': "k", 'μ': "u", 'ν': "v", 'ο': "o", 'ρ': "p", 'σ': "o",
	'τ': "t", 'υ': "u", 'χ': "x", 'ω': "w", 'ϲ': "c", 'ϳ': "j", 'ζ': "z", 'δ': "d", 'ϱ': "p", 'ς': "c",
	// Armenian, Cherokee
	'ա': "w", 'ո': "n", 'ս': "u", 'օ': "o", 'հ': "h", 'զ': "q", 'ց': "g", 'յ': "j", 'ք': "p", 'ե': "t", 'ռ': "n",
	'ꭺ': "a", 'ꭼ': "e", 'ꮮ': "l", 'ꮃ': "w", 'ꮇ': "m", 'ꮋ': "h", 'ꮯ': "c", 'ꮲ': "p", 'ꮪ': "s", 'ꮩ': "v", 'ꭱ': "r", 'ꭲ': "i",
	// Latin that does not decompose
	'ı': "i", 'ł': "l", 'ø': "o", 'đ': "d", 'ð': "d", 'ħ': "h", 'ŧ': "t", 'æ': "ae", 'œ': "oe", 'ß': "ss", 'þ': "p",
	'ɑ': "a", 'ɡ': "g", 'ɩ': "i", 'ƅ': "b", 'ɓ': "b", 'ƈ': "c", 'ɗ': "d", 'ƒ': "f", 'ǥ': "g", 'ɦ': "h", 'ɨ': "i", 'ƙ': "k", 'ƚ': "l",
	'ɱ': "m", 'ɲ': "n", 'ŋ': "n", 'ƥ': "p", 'ɋ': "q", 'ɍ': "r", 'ʂ': "s", 'ƭ': "t", 'ʋ': "v", 'ƴ': "y", 'ʐ': "z", 'ƶ': "z", 'ᵹ': "g",
	'ᴀ': "a", 'ʙ': "b", 'ᴄ': "c", 'ᴅ': "d", 'ᴇ': "e", 'ꜰ': "f", 'ɢ': "g", 'ʜ': "h", 'ɪ': "i", 'ᴊ': "j", 'ᴋ': "k", 'ʟ': "l", 'ᴍ': "m",
	'ɴ': "n", 'ᴏ': "o", 'ᴘ': "p", 'ʀ': "r", 'ꜱ': "s", 'ᴛ': "t", 'ᴜ': "u", 'ᴠ': "v", 'ᴡ': "w", 'ʏ': "y", 'ᴢ': "z",
	'ɐ': "a", 'ɔ': "o", 'ǝ': "e", 'ə': "e", 'ɥ': "h", 'ɯ': "m", 'ɹ': "r", 'ʇ': "t", 'ʌ': "v", 'ʍ': "w", 'ʎ': "y",
	// Marks
	'’': "'", '‘': "'", 'ʼ': "'", '＇': "'", '`': "'", '´': "'", '–': "-", '—': "-", '‐': "-", '‑': "-", '‒': "-", '−': "-", '…': ".",
}
