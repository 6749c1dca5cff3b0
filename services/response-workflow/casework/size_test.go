package casework_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/response-workflow/casework"
)

func TestDesk_AnyChange_LeavesItsInputAsItWas(t *testing.T) {
	doc := opened(replied("a"))
	doc, _, _ = desk().AddNote(doc, "n", "note", person("p"), at(2))
	doc, _ = desk().Observe(doc, seen(events.Edited, 2, 5), at(5))
	doc.Outbox = append(make([]collections.CaseEvent, 0, 64), doc.Outbox...)
	doc.Earlier = append(make([]collections.TextVersion, 0, 64), doc.Earlier...)
	doc.Notes = append(make([]collections.Note, 0, 64), doc.Notes...)
	doc, _, _ = desk().AddCommitment(doc, casework.Commitment{ID: "c", Text: "call", DueAt: at(99)}, person("p"), at(5))
	doc = save(t, save(t, doc, "one", "p1", 5), "two", "p2", 5)
	doc.Commitments = append(make([]collections.Commitment, 0, 64), doc.Commitments...)
	doc.Draft.Earlier = append(make([]collections.DraftVersion, 0, 64), doc.Draft.Earlier...)
	whole := func() string {
		b, err := json.Marshal([]any{
			doc, doc.Outbox[:cap(doc.Outbox)], doc.Earlier[:cap(doc.Earlier)], doc.Notes[:cap(doc.Notes)],
			doc.Commitments[:cap(doc.Commitments)], doc.Draft.Earlier[:cap(doc.Draft.Earlier)],
		})
		require.NoError(t, err)
		return string(b)
	}
	before := whole()
	desk().Observe(doc, seen(events.Edited, 3, 10), at(11))
	desk().Observe(doc, seen(events.Removed, 2, 10), at(11))
	desk().Observe(doc, seen(events.Posted, 2, 6, analysed(positive("9")), replied("b")), at(11))
	desk().Assign(doc, "p7", "", person("p"), at(11))
	_, _, _ = desk().SetStatus(doc, casework.StatusChange{To: review.Resolved, Reason: "x"}, person("p"), at(11))
	_, _, _ = desk().AddNote(doc, "n2", strings.Repeat("x", 10), person("p"), at(11))
	_, _, _ = desk().SaveDraft(doc, casework.DraftSave{Version: 2, Text: "three"}, person("p1"), at(11))
	_, _, _ = desk().RequestApproval(doc, 2, fine, person("p1"), at(11))
	_, _, _ = desk().Publish(doc, casework.PublishRequest{Version: 2, Report: blocked, OverrideReason: "so it is"}, person("p1"), at(11))
	_, _, _ = desk().AddCommitment(doc, casework.Commitment{ID: "d", Text: "x", DueAt: at(99)}, person("p"), at(11))
	_, _, _ = desk().ChangeCommitment(doc, "c", casework.CommitmentChange{State: casework.CommitmentKept}, person("p"), at(11))
	desk().Tick(doc, at(9999))
	casework.Drained(doc, 2)
	require.Equal(t, before, whole())
}

func TestDesk_LargestContent_StaysWithinADocument(t *testing.T) {
	// Control characters take six bytes each in JSON: an event of the largest
	// size allowed.
	huge := func(v int) string { return strings.Repeat("\x01", 150_000) + fmt.Sprint(v) }
	doc := opened(text(huge(1)), replied(huge(0)))
	for v := 2; v < 40; v++ {
		if casework.Full(doc) {
			doc = casework.Drained(doc, doc.Seq)
		}
		doc, _ = desk().Observe(doc, seen(events.Edited, v, v, text(huge(v)), replied(huge(0))), at(v))
	}
	for i := 0; ; i++ {
		next, _, err := desk().AddNote(doc, fmt.Sprint(i), strings.Repeat("\x01", 10_000), person("p"), at(99))
		if err != nil {
			break
		}
		doc = next
	}
	longest := func(v, n int) string { return strings.Repeat("\x01", n-2) + fmt.Sprintf("%02d", v) }
	for i := range 60 {
		doc = casework.Drained(save(t, doc, longest(i, casework.MaxDraft), fmt.Sprint("p", i%2), 100+i), doc.Seq)
	}
	for i := range casework.MaxCommitments {
		var err error
		doc, _, err = desk().AddCommitment(doc, casework.Commitment{ID: longest(i, 90), Text: longest(i, 500), DueAt: at(9999)}, person("p"), at(200))
		require.NoError(t, err)
		doc, _, err = desk().ChangeCommitment(doc, longest(i, 90), casework.CommitmentChange{State: casework.CommitmentDropped, Reason: longest(i, 500)}, person("p"), at(200))
		require.NoError(t, err)
		doc = casework.Drained(doc, doc.Seq)
	}
	for i := range 2 {
		var err error
		doc, _, err = desk().Publish(doc, casework.PublishRequest{Version: 60 + i, Report: blocked, OverrideReason: longest(i, 500), ByHand: true}, person("p"), at(201))
		require.NoError(t, err)
		doc = save(t, doc, longest(i, casework.MaxDraft), "p", 210+i)
	}
	// A full outbox takes one more of the largest changes there are.
	doc = casework.Drained(doc, doc.Seq)
	for v := 40; !casework.Full(doc); v++ {
		doc, _ = desk().Observe(doc, seen(events.Edited, v, 500+v, text(huge(v%10)), replied(huge(v%10))), at(500+v))
	}
	b, err := json.Marshal(doc)
	require.NoError(t, err)
	t.Logf("%d bytes", len(b))
	require.Less(t, len(b), docstore.MaxDocumentBytes)
	require.NotEmpty(t, doc.Earlier)
	require.NotEmpty(t, doc.Notes)
	require.Equal(t, doc.Version-1, doc.Earlier[len(doc.Earlier)-1].Version, "the newest are kept")
	require.Equal(t, 61, doc.Draft.Version-1)
	require.NotEmpty(t, doc.Draft.Earlier)
}
