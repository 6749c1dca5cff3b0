package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/docstoretest"
	"github.com/bedside-health/bedside/libs/testkit/mongotest"
)

func TestBulk_Faults_OutcomeIsOpenUnlessAUniqueIndexRefused(t *testing.T) {
	write := func(index, code int) mongo.BulkWriteError {
		return mongo.BulkWriteError{WriteError: mongo.WriteError{Index: index, Code: code}}
	}
	for name, c := range map[string]struct {
		err     error
		refused bool
		open    bool
		dup     []int
	}{
		"unique":            {mongo.BulkWriteException{WriteErrors: []mongo.BulkWriteError{write(2, 11000), write(0, 11000)}}, true, false, []int{0, 2}},
		"no such operation": {mongo.BulkWriteException{WriteErrors: []mongo.BulkWriteError{write(3, 11000)}}, false, false, nil},
		"another fault":     {mongo.BulkWriteException{WriteErrors: []mongo.BulkWriteError{write(1, 50)}}, false, true, nil},
		"both":              {mongo.BulkWriteException{WriteErrors: []mongo.BulkWriteError{write(1, 11000), write(2, 50)}}, false, false, []int{1}},
		"not acknowledged": {mongo.BulkWriteException{
			WriteConcernError: &mongo.WriteConcernError{Code: 64}, WriteErrors: []mongo.BulkWriteError{write(1, 11000)},
		}, false, true, nil},
		"whole command": {mongo.CommandError{Code: 11000}, false, false, nil},
		"network":       {errors.New("connection reset"), false, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			results := make([]error, 3)
			require.Equal(t, c.refused, refused(c.err, results))
			require.Equal(t, c.open, !c.refused && leavesOpen(c.err))
			var dup []int
			for i, err := range results {
				if errors.Is(err, docstore.ErrDup) {
					dup = append(dup, i)
				}
			}
			require.Equal(t, c.dup, dup)
		})
	}
}

// opened keeps the table that a collection is bound to.
type opened struct {
	*Backend
	schema *docstore.Schema
	table  docstore.Table
}

func (o *opened) Open(ctx context.Context, s *docstore.Schema) (docstore.Table, error) {
	t, err := o.Backend.Open(ctx, s)
	o.schema, o.table = s, t
	return t, err
}

func TestReplaceMany_OthersWereThere_EachAnswerIsTrue(t *testing.T) {
	b, err := Open(t.Context(), Config{URI: mongotest.Start(t)})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, b.Close()) })
	o := &opened{Backend: b}
	notes, err := docstore.Bind(t.Context(), o, docstoretest.Notes())
	require.NoError(t, err)
	org := docstore.Org("lakeside")
	all := []string{"same", "one-later", "two-later", "none"}
	var swaps []docstore.Swap
	for i, id := range all {
		note := docstoretest.Note{Base: docstore.Base{ID: id}}
		_, err := notes.InsertIfAbsent(t.Context(), org, &note)
		require.NoError(t, err)
		swap := docstore.Swap{Prev: o.record(t, note)}
		note.Rev, note.Text = 2, "ours"
		swap.Next = o.record(t, note)
		swaps = append(swaps, swap)
		if id == "none" {
			require.NoError(t, notes.Delete(t.Context(), org, id))
			continue
		}
		for range i {
			_, err := notes.Update(t.Context(), org, id, func(n *docstoretest.Note) error { n.Text = "theirs"; return nil })
			require.NoError(t, err)
		}
	}
	results, err := o.table.ReplaceMany(t.Context(), swaps)
	require.NoError(t, err)
	require.Equal(t, []error{nil, docstore.ErrStale, docstore.ErrUnclear, docstore.ErrStale}, results)
	got, err := notes.GetMany(t.Context(), org, all)
	require.NoError(t, err)
	require.Len(t, got, 3)
	for i, want := range []string{"ours", "theirs", "theirs"} {
		require.Equal(t, want, got[i].Text)
	}
}

// record is a document as a collection hands it over.
func (o *opened) record(t *testing.T, note docstoretest.Note) docstore.Record {
	t.Helper()
	doc, err := json.Marshal(note)
	require.NoError(t, err)
	r := docstore.Record{Key: docstore.Key{Org: note.OrgID, ID: note.ID}, Rev: note.Rev, Doc: doc}
	require.NoError(t, o.schema.Extract(&r))
	return r
}
