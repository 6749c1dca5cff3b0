package mongo

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bedside-health/bedside/libs/docstore"
)

// writeField names the bulk write that stored a document. A bulk write answers how many
// filters matched, not which; where some did not, this tells.
const writeField = "_write"

// ReplaceMany replaces in one bulk write and looks at the documents again only where
// not all of them still had the revision that was read.
func (t *table) ReplaceMany(ctx context.Context, swaps []docstore.Swap) ([]error, error) {
	results := make([]error, 0, len(swaps))
	for start := 0; start < len(swaps); start += insertBatch {
		part, err := t.replacePart(ctx, swaps[start:min(start+insertBatch, len(swaps))])
		if err != nil {
			return nil, err
		}
		results = append(results, part...)
	}
	return results, nil
}

func (t *table) replacePart(ctx context.Context, swaps []docstore.Swap) ([]error, error) {
	var id [12]byte
	if _, err := rand.Read(id[:]); err != nil {
		return nil, fmt.Errorf("name a bulk write: %w", err)
	}
	token := hex.EncodeToString(id[:])
	models := make([]mongo.WriteModel, len(swaps))
	for i, swap := range swaps {
		doc, err := t.encode(swap.Next, bson.E{Key: writeField, Value: token})
		if err != nil {
			return nil, err
		}
		models[i] = mongo.NewReplaceOneModel().SetReplacement(doc).
			SetFilter(bson.D{{Key: "_id", Value: storedID(swap.Next.Key)}, {Key: "rev", Value: swap.Prev.Rev}})
	}
	res, err := t.coll.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	results := make([]error, len(swaps))
	if err == nil && res.MatchedCount == int64(len(swaps)) {
		return results, nil
	}
	// FerretDB refuses the whole command where a unique index refuses one operation.
	whole := err != nil && !refused(err, results)
	if whole && leavesOpen(err) {
		return nil, err
	}
	stored, err := t.writes(ctx, swaps)
	if err != nil {
		return nil, err
	}
	for i, swap := range swaps {
		now, exists := stored[storedID(swap.Next.Key)]
		switch {
		case results[i] != nil || exists && now.Write == token:
		case exists && now.Rev > swap.Next.Rev:
			results[i] = docstore.ErrUnclear
		case whole && exists && now.Rev == swap.Prev.Rev:
			results[i] = t.replaceOne(ctx, swap)
		default:
			results[i] = docstore.ErrStale
		}
	}
	return results, nil
}

// replaceOne is Replace with the answers of ReplaceMany.
func (t *table) replaceOne(ctx context.Context, swap docstore.Swap) error {
	done, err := t.Replace(ctx, swap.Prev, swap.Next)
	if err == nil && !done {
		return docstore.ErrStale
	}
	return err
}

// refused notes which operations a unique index refused; false if there are other
// reasons why a bulk write failed.
func refused(err error, results []error) bool {
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) || bulk.WriteConcernError != nil || len(bulk.WriteErrors) == 0 {
		return false
	}
	for _, w := range bulk.WriteErrors {
		if w.Index < 0 || w.Index >= len(results) || w.Code != duplicateKey && !isDuplicate(w) {
			return false
		}
		results[w.Index] = docstore.ErrDup
	}
	return true
}

// leavesOpen reports whether a bulk write failed in a way that does not let the documents
// tell what came about: no unique index is why, or what was written may be undone.
func leavesOpen(err error) bool {
	var bulk mongo.BulkWriteException
	return !isDuplicate(err) || errors.As(err, &bulk) && bulk.WriteConcernError != nil
}

type lastWrite struct {
	ID    string `bson:"_id"`
	Rev   int64  `bson:"rev"`
	Write string `bson:"_write"`
}

// writes tells which bulk writes stored the documents, by stored id.
func (t *table) writes(ctx context.Context, swaps []docstore.Swap) (map[string]lastWrite, error) {
	ids := make(bson.A, len(swaps))
	for i, swap := range swaps {
		ids[i] = storedID(swap.Next.Key)
	}
	cur, err := t.coll.Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}},
		options.Find().SetProjection(bson.D{{Key: "rev", Value: 1}, {Key: writeField, Value: 1}}))
	if err != nil {
		return nil, err
	}
	var all []lastWrite
	if err := cur.All(ctx, &all); err != nil {
		return nil, err
	}
	out := make(map[string]lastWrite, len(all))
	for _, w := range all {
		out[w.ID] = w
	}
	return out, nil
}
