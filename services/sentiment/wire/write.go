package wire

import (
	"strconv"
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/review"
)

// AppendAnalysis appends an analysis. Its lists are never null.
func AppendAnalysis(b []byte, a review.Analysis) []byte {
	b = append(b, `{"version":`...)
	b = AppendText(b, a.Version)
	if a.Language != "" {
		b = append(b, `,"language":`...)
		b = AppendText(b, a.Language)
	}
	b = append(b, `,"tags":`...)
	b = AppendTags(b, a.Tags)
	b = append(b, `,"overall":`...)
	b = AppendText(b, string(a.Overall))
	b = append(b, `,"urgent":`...)
	b = AppendUrgent(b, a.Urgent)
	if len(a.Mentions) > 0 {
		b = append(b, `,"mentions":[`...)
		for i, m := range a.Mentions {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendMention(b, m)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// AppendTags appends a list of tags.
func AppendTags(b []byte, tags []review.Tag) []byte {
	b = append(b, '[')
	for i, tag := range tags {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendTag(b, tag)
	}
	return append(b, ']')
}

// AppendUrgent appends a list of urgent flags.
func AppendUrgent(b []byte, flags []review.Urgent) []byte {
	b = append(b, '[')
	for i, flag := range flags {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendText(b, string(flag))
	}
	return append(b, ']')
}

func appendTag(b []byte, tag review.Tag) []byte {
	b = append(b, `{"topic":`...)
	b = AppendText(b, string(tag.Topic))
	b = append(b, `,"polarity":`...)
	b = AppendText(b, string(tag.Polarity))
	b = append(b, `,"evidence":[`...)
	for i, e := range tag.Evidence {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"start":`...)
		b = strconv.AppendInt(b, int64(e.Start), 10)
		b = append(b, `,"end":`...)
		b = strconv.AppendInt(b, int64(e.End), 10)
		b = append(b, `,"quote":`...)
		b = AppendText(b, e.Quote)
		b = append(b, `,"rule":`...)
		b = AppendText(b, e.Rule)
		b = append(b, '}')
	}
	return append(b, `]}`...)
}

func appendMention(b []byte, m review.Mention) []byte {
	b = append(b, `{"name":`...)
	b = AppendText(b, m.Name)
	if m.Role != "" {
		b = append(b, `,"role":`...)
		b = AppendText(b, m.Role)
	}
	if m.Polarity != "" {
		b = append(b, `,"polarity":`...)
		b = AppendText(b, string(m.Polarity))
	}
	b = append(b, `,"start":`...)
	b = strconv.AppendInt(b, int64(m.Start), 10)
	b = append(b, `,"end":`...)
	b = strconv.AppendInt(b, int64(m.End), 10)
	return append(b, '}')
}

// AppendText appends a JSON string. Bytes that are no UTF-8 become U+FFFD.
func AppendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
			b = append(b, s[from:i]...)
			b = append(b, "\ufffd"...)
			i++
			from = i
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		from = i
	}
	b = append(b, s[from:]...)
	return append(b, '"')
}
