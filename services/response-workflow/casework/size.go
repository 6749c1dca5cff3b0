package casework

import (
	"unicode/utf8"

	"github.com/bedside-health/bedside/libs/collections"
)

// A review with all that belongs to it is one document, and the store bounds
// documents. These budgets, in bytes of JSON, keep the sum of its parts below that
// bound whatever sites and people put in; text and reply are bounded by the events
// that bring them.
const (
	earlierBudget = 1 << 19 // 0.5 MiB, but at least the last one
	notesBudget   = 3 << 18 // 0.75 MiB
	draftsBudget  = 1 << 18 // 0.25 MiB, but at least the last one
	outboxBudget  = 1 << 20
	maxOutbox     = 64 // events
)

// Full reports whether the outbox must be emptied before more is applied.
func Full(doc collections.Review) bool {
	if len(doc.Outbox) >= maxOutbox {
		return true
	}
	size := 0
	for _, e := range doc.Outbox {
		size += fieldsBytes(e.Before) + fieldsBytes(e.After) + jsonBytes(e.Reason)
	}
	return size > outboxBudget
}

func fieldsBytes(f fields) int {
	size := 0
	for key, value := range f {
		size += len(key) + 32
		switch v := value.(type) {
		case string:
			size += jsonBytes(v)
		case fields:
			size += fieldsBytes(v)
		}
	}
	return size
}

func versionBytes(v collections.TextVersion) int {
	size := jsonBytes(v.Text) + jsonBytes(v.Author) + 512
	for _, tag := range v.Analysis.Tags {
		size += 64
		for _, e := range tag.Evidence {
			size += jsonBytes(e.Quote) + len(e.Rule) + 64
		}
	}
	for _, m := range v.Analysis.Mentions {
		size += jsonBytes(m.Name) + jsonBytes(m.Role) + 64
	}
	if v.Correction != nil {
		size += 64*len(v.Correction.Topics) + jsonBytes(v.Correction.By.Name) + 512
	}
	return size
}

func noteBytes(n collections.Note) int { return jsonBytes(n.Text) + jsonBytes(n.By.Name) + 256 }

// jsonBytes is what a string takes in JSON without its quotes.
func jsonBytes(s string) int {
	size := 0
	for i := 0; i < len(s); {
		if b := s[i]; b < utf8.RuneSelf {
			switch {
			case b < 0x20:
				size += 6
			case b == '"' || b == '\\':
				size += 2
			default:
				size++
			}
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 || r == '\u2028' || r == '\u2029' {
			size += 6
		} else {
			size += n
		}
		i += n
	}
	return size
}
