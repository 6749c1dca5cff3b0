package casework

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/review"
)

// merged is why a case is resolved that is part of another.
const merged = "merged"

// minTwinWords is the shortest text that two people do not write by chance.
const minTwinWords = 8

// Merge makes the case part of another one, and so resolved; an empty into makes it one of
// its own again. That the other one is there, and not itself part of a third, the caller knows. The
// error is *MergeError.
func (d Desk) Merge(doc collections.Review, into string, by collections.Actor, now time.Time) (collections.Review, bool, error) {
	if into == doc.ID {
		return doc, false, &MergeError{Detail: "a case cannot be part of itself"}
	}
	if into == doc.Case.MergedInto {
		return doc, false, nil
	}
	c := d.begin(doc, now)
	if into == "" {
		c.unmerge(by)
		return c.finished()
	}
	if doc.Case.Status == review.WaitingApproval {
		// Nobody need decide on its draft any more.
		c.transition(move{to: review.Open, reason: merged, by: by})
	}
	before, after := fields{"merged_into": emptyAsNil(doc.Case.MergedInto)}, fields{"merged_into": into}
	c.doc.Case.MergedInto = into
	c.record(collections.EventMerged, by, before, after, "")
	if c.doc.Case.Status.CanBecome(review.Resolved) {
		c.doc.Case.ClosedReason = merged
		c.transition(move{to: review.Resolved, reason: merged, by: by})
	}
	return c.finished()
}

// unmerge makes a case one of its own again; one that the merge closed is open again.
func (c *change) unmerge(by collections.Actor) {
	before := fields{"merged_into": c.doc.Case.MergedInto}
	closed := c.doc.Case.ClosedReason == merged
	c.doc.Case.MergedInto = ""
	c.record(collections.EventMerged, by, before, fields{"merged_into": nil}, "")
	if closed {
		c.doc.Case.ClosedReason = ""
		c.transition(move{to: review.Open, reason: "no longer merged", by: by, clock: c.now})
	}
}

func emptyAsNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// TwinKey is the same for the same words by the same author in one organization, however a site
// writes them; empty for texts of less than eight words, which say nothing, and without an author.
func TwinKey(org, author, text string) string {
	name, words := plainWords(author), plainWords(text)
	if len(name) == 0 || len(words) < minTwinWords {
		return ""
	}
	h := sha256.New()
	for _, part := range []string{org, strings.Join(name, " "), strings.Join(words, " ")} {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return "t_" + hex.EncodeToString(h.Sum(nil)[:16])
}

// plainWords are the words of a text in small letters without what stands between them.
// An apostrophe, straight or curly, is part of no word: "don't" is one.
func plainWords(s string) []string {
	s = strings.NewReplacer("'", "", "\u2019", "").Replace(strings.ToLower(s))
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) })
}
