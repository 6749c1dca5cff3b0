package mongo

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/mongo/internal/bsondoc"
)

// table is one collection.
type table struct {
	coll    *mongo.Collection
	schema  *docstore.Schema
	paths   *bsondoc.Paths
	indexes map[string]string // index names by declared names
}

// uniquePrefix names the fields that unique indexes are over: one string of all
// Equal values, and something nobody else has where one of them is missing,
// because MongoDB would count "missing" as a value.
const uniquePrefix = "_unique_"

func storedID(key docstore.Key) string {
	if key.Org == "" {
		return key.ID
	}
	return key.Org + "/" + key.ID
}

func (t *table) encode(r docstore.Record, more ...bson.E) (bson.Raw, error) {
	own := append(bson.D{{Key: "_id", Value: storedID(r.Key)}}, more...)
	for i := range t.schema.Indexes {
		ix := &t.schema.Indexes[i]
		if !ix.Unique {
			continue
		}
		value, err := t.uniqueValue(ix, r)
		if err != nil {
			return nil, err
		}
		own = append(own, bson.E{Key: uniquePrefix + ix.Name, Value: value})
	}
	return bsondoc.Encode(r.Doc, t.paths, own)
}

func (t *table) uniqueValue(ix *docstore.Index, r docstore.Record) (string, error) {
	parts := []any{}
	if !ix.Global && !t.schema.Global {
		parts = append(parts, r.Org)
	}
	for _, path := range ix.Equal {
		v := r.Values[t.schema.FieldPos(path)]
		if v == nil {
			return storedID(r.Key), nil
		}
		parts = append(parts, v)
	}
	// The equals sign tells a list of values from an id, which stands alone.
	text, err := json.Marshal(parts)
	return "=" + string(text), err
}

func (t *table) Get(ctx context.Context, keys []docstore.Key) ([]docstore.Record, error) {
	filter := bson.D{{Key: "_id", Value: storedID(keys[0])}}
	if len(keys) > 1 {
		ids := make(bson.A, len(keys))
		for i, k := range keys {
			ids[i] = storedID(k)
		}
		filter = bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
	}
	return t.read(ctx, filter, options.Find())
}

func (t *table) read(ctx context.Context, filter bson.D, opts *options.FindOptionsBuilder) ([]docstore.Record, error) {
	cur, err := t.coll.Find(ctx, filter, opts)
	if err != nil {
		return nil, err
	}
	defer func() { _ = cur.Close(context.WithoutCancel(ctx)) }()
	var out []docstore.Record
	for cur.Next(ctx) {
		r, err := bsondoc.Decode(cur.Current, t.schema.Global)
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, cur.Err()
}

// insertBatch bounds the documents of one command.
const insertBatch = 500

func (t *table) Insert(ctx context.Context, records []docstore.Record) ([]bool, error) {
	done := make([]bool, 0, len(records))
	for start := 0; start < len(records); start += insertBatch {
		part, err := t.insertPart(ctx, records[start:min(start+insertBatch, len(records))])
		if err != nil {
			return nil, err
		}
		done = append(done, part...)
	}
	return done, nil
}

func (t *table) insertPart(ctx context.Context, records []docstore.Record) ([]bool, error) {
	docs := make([]bson.Raw, len(records))
	done := make([]bool, len(records))
	for i, r := range records {
		var err error
		if docs[i], err = t.encode(r); err != nil {
			return nil, err
		}
		done[i] = true
	}
	_, err := t.coll.InsertMany(ctx, docs, options.InsertMany().SetOrdered(false))
	if err == nil {
		return done, nil
	}
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) || bulk.WriteConcernError != nil || len(bulk.WriteErrors) == 0 {
		return nil, err
	}
	var taken []docstore.Key
	for _, w := range bulk.WriteErrors {
		if w.Code != duplicateKey || w.Index < 0 || w.Index >= len(records) {
			return nil, err
		}
		done[w.Index] = false
		taken = append(taken, records[w.Index].Key)
	}
	// A document whose own key is taken is present, whatever else it violates;
	// one that is not there was refused by another unique index.
	present, err := t.Get(ctx, taken)
	if err != nil {
		return nil, err
	}
	found := map[docstore.Key]bool{}
	for _, r := range present {
		found[r.Key] = true
	}
	for _, k := range taken {
		if !found[k] {
			return nil, docstore.ErrDup
		}
	}
	return done, nil
}

func (t *table) Replace(ctx context.Context, prev, next docstore.Record) (bool, error) {
	doc, err := t.encode(next)
	if err != nil {
		return false, err
	}
	filter := bson.D{{Key: "_id", Value: storedID(next.Key)}, {Key: "rev", Value: prev.Rev}}
	res, err := t.coll.ReplaceOne(ctx, filter, doc)
	if isDuplicate(err) {
		return false, docstore.ErrDup
	}
	if err != nil {
		return false, err
	}
	return res.MatchedCount == 1, nil
}

func (t *table) Delete(ctx context.Context, key docstore.Key) error {
	_, err := t.coll.DeleteOne(ctx, bson.D{{Key: "_id", Value: storedID(key)}})
	return err
}

// isDuplicate recognises a violated unique index. FerretDB reports those of
// updates and of new indexes as internal errors.
func isDuplicate(err error) bool {
	return mongo.IsDuplicateKeyError(err) ||
		err != nil && strings.Contains(err.Error(), "UNIQUE constraint failed")
}
