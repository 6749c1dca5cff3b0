package mongo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/mongo/internal/bsondoc"
	"github.com/bedside-health/bedside/libs/problem"
)

const (
	duplicateKey = 11000
	// schemas is the collection that says under which declaration the documents
	// of each collection were last written.
	schemas = "_docstore"
	// encodingVersion changes when the same document is stored differently.
	encodingVersion = 1
)

type indexSpec struct {
	name   string
	keys   bson.D
	unique bool
}

// Open makes the indexes of a collection. Documents of an older declaration are
// written anew where their stored form differs; their revisions stay.
func (b *Backend) Open(ctx context.Context, s *docstore.Schema) (docstore.Table, error) {
	t := &table{coll: b.db.Collection(s.Name), schema: s, paths: bsondoc.NewPaths(s), indexes: map[string]string{}}
	specs := t.specs()
	have, err := t.existing(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the indexes: %w", err)
	}
	if err := t.dropUnique(ctx, specs, have); err != nil {
		return nil, err
	}
	if err := b.refresh(ctx, t); err != nil {
		return nil, fmt.Errorf("bringing the documents up to date: %w", err)
	}
	for _, spec := range specs {
		if have[spec.name] {
			delete(have, spec.name)
			continue
		}
		model := mongo.IndexModel{Keys: spec.keys, Options: options.Index().SetName(spec.name).SetUnique(spec.unique)}
		_, err := t.coll.Indexes().CreateOne(ctx, model)
		if isDuplicate(err) {
			return nil, fmt.Errorf("documents stored before violate unique index %s: %w", spec.name, docstore.ErrDup)
		}
		if err != nil {
			return nil, fmt.Errorf("making index %s: %w", spec.name, err)
		}
	}
	for name := range have {
		if name != "_id_" {
			// Replicas of the release before may still walk it.
			b.logger.Info("index no longer declared; drop it once every replica is upgraded", "collection", s.Name, "index", name)
		}
	}
	return t, nil
}

// specs lists the indexes: what fixes the range, what orders it, then the other
// fields. MongoDB takes one array in an index: the first is in it, the others are
// looked at in the documents.
func (t *table) specs() []indexSpec {
	s := t.schema
	var out []indexSpec
	add := func(name string, unique bool, keys bson.D) string {
		sum := sha256.Sum256(fmt.Append(nil, unique, keys))
		full := name + "_" + hex.EncodeToString(sum[:4])
		out = append(out, indexSpec{name: full, keys: keys, unique: unique})
		return full
	}
	for i := range s.Indexes {
		ix := &s.Indexes[i]
		keys, many := bson.D{}, false
		use := func(path string, way int32) {
			if p := s.FieldPos(path); p >= 0 && s.Fields[p].Many {
				if many {
					return
				}
				many = true
			}
			keys = append(keys, bson.E{Key: path, Value: way})
		}
		if !ix.Global && !s.Global {
			use("org_id", 1)
		}
		for _, path := range ix.Equal {
			use(path, 1)
		}
		way := int32(1)
		for _, o := range ix.Sort {
			way = direction(o.Desc)
			use(o.Field, way)
		}
		if ix.Global && !s.Global {
			use("org_id", way)
		}
		use("id", way)
		for _, path := range ix.Filter {
			use(path, 1)
		}
		t.indexes[ix.Name] = add(ix.Name, false, keys)
		if ix.Unique {
			add(ix.Name+"_unique", true, bson.D{{Key: uniquePrefix + ix.Name, Value: int32(1)}})
		}
	}
	if s.Terms != "" {
		keys := bson.D{}
		if !s.Global {
			keys = append(keys, bson.E{Key: "org_id", Value: int32(1)})
		}
		add("terms", false, append(keys, bson.E{Key: s.Terms, Value: int32(1)}))
	}
	return out
}

func (t *table) existing(ctx context.Context) (map[string]bool, error) {
	have := map[string]bool{}
	cur, err := t.coll.Indexes().List(ctx)
	if err != nil {
		var failed mongo.CommandError
		if errors.As(err, &failed) && failed.HasErrorCode(26) { // the collection is not there yet
			return have, nil
		}
		return nil, err
	}
	defer func() { _ = cur.Close(context.WithoutCancel(ctx)) }()
	for cur.Next(ctx) {
		if name, ok := cur.Current.Lookup("name").StringValueOK(); ok {
			have[name] = true
		}
	}
	return have, cur.Err()
}

// dropUnique removes unique indexes that are no longer declared: unlike others
// they would go on refusing documents.
func (t *table) dropUnique(ctx context.Context, specs []indexSpec, have map[string]bool) error {
	wanted := map[string]bool{}
	for _, spec := range specs {
		wanted[spec.name] = true
	}
	for name := range have {
		if !wanted[name] && strings.Contains(name, "_unique_") {
			if err := t.coll.Indexes().DropOne(ctx, name); err != nil {
				return fmt.Errorf("dropping index %s: %w", name, err)
			}
			delete(have, name)
		}
	}
	return nil
}

// fingerprint is equal for declarations under which documents are stored alike.
func (t *table) fingerprint() string {
	parts := []any{encodingVersion, t.schema.Global, t.schema.Terms}
	for _, f := range t.schema.Fields {
		parts = append(parts, f.Path, f.Type, f.Many)
	}
	for _, ix := range t.schema.Indexes {
		if ix.Unique {
			parts = append(parts, ix.Name, ix.Equal, ix.Global)
		}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return hex.EncodeToString(sum[:16])
}

// refresh rewrites documents that were stored under another declaration.
func (b *Backend) refresh(ctx context.Context, t *table) error {
	known := b.db.Collection(schemas)
	id := bson.D{{Key: "_id", Value: t.schema.Name}}
	var have struct {
		Fingerprint string `bson:"fingerprint"`
	}
	err := known.FindOne(ctx, id).Decode(&have)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return err
	}
	want := t.fingerprint()
	if have.Fingerprint == want {
		return nil
	}
	cur, err := t.coll.Find(ctx, bson.D{})
	if err != nil {
		return err
	}
	defer func() { _ = cur.Close(context.WithoutCancel(ctx)) }()
	for cur.Next(ctx) {
		if err := t.rewrite(ctx, cur.Current); err != nil {
			return err
		}
	}
	if err := cur.Err(); err != nil {
		return err
	}
	_, err = known.ReplaceOne(ctx, id, bson.D{{Key: "_id", Value: t.schema.Name}, {Key: "fingerprint", Value: want}}, options.Replace().SetUpsert(true))
	if isDuplicate(err) {
		return nil // another process was faster
	}
	return err
}

// rewrite stores a document as the declaration wants it, unless it changes
// meanwhile: then whoever changed it has done so.
func (t *table) rewrite(ctx context.Context, raw bson.Raw) error {
	r, err := bsondoc.Decode(raw, t.schema.Global)
	if err != nil {
		return err
	}
	if err := t.schema.Extract(&r); err != nil {
		return problem.Wrap(problem.Conflict, "stored_documents_differ", err, "documents of %s stored before do not fit the new declaration", t.schema.Name)
	}
	doc, err := t.encode(r)
	if err != nil || bytes.Equal(doc, raw) {
		return err
	}
	rev := raw.Lookup("rev")
	_, err = t.coll.ReplaceOne(ctx, bson.D{{Key: "_id", Value: storedID(r.Key)}, {Key: "rev", Value: rev}}, doc)
	return err
}
