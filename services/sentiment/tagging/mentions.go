package tagging

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging/token"
)

const (
	// maxMentions bounds the people kept from one text.
	maxMentions = 16
	// The name finder costs much more than the rest of an analysis; it is asked
	// about few and short sentences only.
	maxAsked         = 3
	maxSentenceBytes = 400
)

// mentions returns the people named in the text, each once, in the order of the
// text. Honorifics ("Dr. Lee") and role words ("Amy at the front desk") come
// first; a name finder is asked about sentences that hold a name which neither
// gives away.
func (r *reading) mentions() []review.Mention {
	var out []review.Mention
	for i := int32(0); i < int32(len(r.words)) && len(out) < maxMentions; i++ {
		from, to, role := r.mentionAt(i)
		if from == to {
			continue
		}
		out = r.mention(out, int(r.words[from].start), int(r.words[to-1].end), role)
		i = max(i, to-1)
	}
	if f := r.engine.options.Names; f != nil && len(out) < maxMentions {
		out = r.askNames(f, out)
	}
	slices.SortStableFunc(out, func(a, b review.Mention) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

func (r *reading) mention(out []review.Mention, start, end int, role string) []review.Mention {
	name := r.text[start:end]
	for k := range out {
		if out[k].Name == name || start < out[k].End && out[k].Start < end {
			return out
		}
	}
	return append(out, review.Mention{Name: name, Role: role, Start: start, End: end})
}

// mentionAt recognises a name that begins or is announced at word i.
func (r *reading) mentionAt(i int32) (from, to int32, role string) {
	w := &r.words[i]
	if w.kind != token.Word {
		return 0, 0, ""
	}
	if w.traits&(traitHonorific|traitRoleWord) != 0 {
		k := i + 1
		if k < int32(len(r.words)) && (r.words[k].kind == token.Comma && w.traits&traitRoleWord != 0 || r.is(k, "named")) {
			k++
		}
		if end := r.nameEnd(k, true); end > k {
			return k, end, r.roleOf(i)
		}
		return 0, 0, ""
	}
	end := r.nameEnd(i, false)
	if end == i {
		return 0, 0, ""
	}
	// "Sarah, the receptionist"; "Maria at the front desk"; "Tom (his assistant)"
	k, n := end, int32(len(r.words))
	for steps := 0; k < n && steps < 3; steps++ {
		switch {
		case r.words[k].traits&traitRoleWord != 0 && steps > 0:
			return i, end, r.roleOf(k)
		case (r.is(k, "front") || r.is(k, "reception")) && steps > 0:
			return i, end, "receptionist"
		case r.words[k].kind == token.Comma, r.words[k].traits&traitArticle != 0, r.is(k, "at"), r.is(k, "from"), r.is(k, "in"):
			k++
		default:
			return 0, 0, ""
		}
	}
	return 0, 0, ""
}

// roleOf is the role that the title or role word i gives, in the words we use.
func (r *reading) roleOf(i int32) string {
	switch w := strings.ToLower(r.text[r.words[i].start:r.words[i].end]); w {
	case "dr", "dra", "doc", "docs", "prof", "professor":
		return "doctor"
	case "mr", "mrs", "ms", "miss":
		return ""
	case "hygenist":
		return "hygienist"
	case "secretary":
		return "receptionist"
	default:
		return w
	}
}

func (r *reading) is(i int32, norm string) bool {
	return i < int32(len(r.words)) && r.words[i].kind == token.Word &&
		strings.EqualFold(r.text[r.words[i].start:r.words[i].end], norm)
}

// nameEnd returns the word after the name that begins at word i, i if none does.
// A name is one to three capitalised words. Announced by a title or a role, it
// may be a word that we also know as another ("Nurse Joy"); else it must be
// unknown to the lexicon.
func (r *reading) nameEnd(i int32, announced bool) int32 {
	k := i
	for k < int32(len(r.words)) && k < i+3 {
		w := &r.words[k]
		if w.kind != token.Word || !w.capital || !announced && w.id != idUnknown || r.possibleVerb(w) {
			break
		}
		if k > i && r.text[r.words[k-1].end:w.start] != " " && r.text[r.words[k-1].end:w.start] != "-" {
			break
		}
		k++
		if strings.HasSuffix(r.text[w.start:w.end], "'s") || strings.HasSuffix(r.text[w.start:w.end], "’s") {
			break
		}
	}
	return k
}

// possibleVerb reports whether a capitalised word is rather the beginning of a
// sentence than a name: "Dr. Was late", "The nurse She".
func (r *reading) possibleVerb(w *word) bool {
	return w.traits&(traitSubject|traitPronoun|traitFinite|traitJoin|traitNegator|traitVerb|traitContrast|traitArticle|traitIntense|traitHonorific|traitRoleWord|traitEnglish) != 0
}

// askNames asks the name finder about sentences with a capitalised word that no
// list knows.
func (r *reading) askNames(f NameFinder, out []review.Mention) []review.Mention {
	asked := 0
	for s := 0; s < len(r.segments) && asked < maxAsked && len(out) < maxMentions; {
		first := s
		for s < len(r.segments) && r.segments[s].sentence == r.segments[first].sentence {
			s++
		}
		from, to := r.segments[first].from, r.segments[s-1].to
		start, end := int(r.words[from].start), int(r.words[to-1].end)
		if end-start > maxSentenceBytes || !r.mayName(from, to, out) {
			continue
		}
		asked++
		sentence := r.text[start:end]
		for _, name := range f.People(sentence) {
			if at := strings.Index(sentence, name); at >= 0 && name != "" && len(out) < maxMentions {
				out = r.mention(out, start+at, start+at+len(name), "")
			}
		}
	}
	return out
}

// mayName reports whether a stretch of words holds an unknown capitalised word
// inside a sentence that is no mention yet.
func (r *reading) mayName(from, to int32, out []review.Mention) bool {
	for i := from + 1; i < to; i++ {
		w := &r.words[i]
		if w.kind != token.Word || !w.capital || w.id != idUnknown || r.words[i-1].kind == token.End {
			continue
		}
		known := false
		for k := range out {
			known = known || int(w.start) >= out[k].Start && int(w.end) <= out[k].End ||
				strings.Contains(out[k].Name, r.text[w.start:w.end])
		}
		if !known {
			return true
		}
	}
	return false
}
