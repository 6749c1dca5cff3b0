package sqlite

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/bedside-health/bedside/libs/docstore"
)

// layoutVersion changes when the same schema is laid out differently, so that
// existing files are brought up to date at the next start.
const layoutVersion = 1

// layout is how a schema is laid out in tables: one with a column for each
// declared field and the document last, and one of words for text search.
type layout struct {
	schema  *docstore.Schema
	table   string // quoted
	words   string // quoted
	columns []string
	indexes map[string]string // quoted names by declared names
	ddl     []indexDDL
}

type indexDDL struct{ name, create string }

func newLayout(s *docstore.Schema) *layout {
	l := &layout{schema: s, table: quote(s.Name), words: quote(s.Name + ".words"), indexes: map[string]string{}}
	for _, f := range s.Fields {
		l.columns = append(l.columns, quote(columnName(f)))
	}
	for i := range s.Indexes {
		l.addIndex(&s.Indexes[i])
	}
	return l
}

// columnName carries the type, so that a field declared anew with another type
// is another column and is filled anew.
func columnName(f docstore.Field) string {
	name := f.Path + ":" + []string{"string", "number", "time", "bool"}[f.Type]
	if f.Many {
		name += "[]"
	}
	return name
}

func columnType(f docstore.Field) string {
	if f.Many {
		return "TEXT"
	}
	return []string{"TEXT", "REAL", "INTEGER", "INTEGER"}[f.Type]
}

func (l *layout) column(path string) string { return l.columns[l.schema.FieldPos(path)] }

// addIndex spells an index: what fixes the range, what orders it, then every
// further field a query may look at, so that only documents it returns are read.
func (l *layout) addIndex(ix *docstore.Index) {
	s := l.schema
	keys := []string{}
	inOrg := !ix.Global && !s.Global
	if inOrg {
		keys = append(keys, "org")
	}
	many := []string{}
	for _, path := range ix.Equal {
		if s.Fields[s.FieldPos(path)].Many {
			many = append(many, l.column(path))
			continue
		}
		keys = append(keys, l.column(path))
	}
	unique := slices.Clone(keys)
	way := ""
	for _, o := range ix.Sort {
		way = ""
		if o.Desc {
			way = " DESC"
		}
		keys = append(keys, l.column(o.Field)+way)
	}
	if ix.Global && !s.Global {
		keys = append(keys, "org"+way)
	}
	keys = append(append(keys, "id"+way), many...)
	for _, path := range ix.Filter {
		keys = append(keys, l.column(path))
	}
	l.indexes[ix.Name] = l.addDDL("", ix.Name, keys)
	if ix.Unique {
		l.addDDL("UNIQUE ", ix.Name+".unique", unique)
	}
}

// addDDL names the index after what it holds: a changed declaration is another index.
func (l *layout) addDDL(kind, name string, keys []string) string {
	list := strings.Join(keys, ", ")
	sum := sha256.Sum256([]byte(kind + list))
	quoted := quote(fmt.Sprintf("%s.%s.%s", l.schema.Name, name, hex.EncodeToString(sum[:4])))
	l.ddl = append(l.ddl, indexDDL{
		name:   quoted,
		create: fmt.Sprintf("CREATE %sINDEX IF NOT EXISTS %s ON %s (%s)", kind, quoted, l.table, list),
	})
	return quoted
}

// fingerprint is equal for layouts that need no change between them.
func (l *layout) fingerprint() string {
	parts := []string{strconv.Itoa(layoutVersion), l.schema.Terms}
	parts = append(parts, l.columns...)
	for _, d := range l.ddl {
		parts = append(parts, d.create)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return fmt.Sprintf("%d:%s", layoutVersion, hex.EncodeToString(sum[:16]))
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// columnValues gives the values of a record as the columns hold them.
func (l *layout) columnValues(values []any) []any {
	out := make([]any, len(values))
	for i, v := range values {
		switch v := v.(type) {
		case []any:
			out[i] = packMany(v)
		case bool:
			out[i] = int64(0)
			if v {
				out[i] = int64(1)
			}
		default:
			out[i] = v
		}
	}
	return out
}

// The values of a Many field share one column, each between separators, so that
// "has this value" is one instr() over an index entry.
const (
	separator = "\x1f"
	escape    = "\x1e"
)

var (
	manyEscape   = strings.NewReplacer("\x00", escape+"0", escape, escape+"e", separator, escape+"s")
	manyUnescape = strings.NewReplacer(escape+"0", "\x00", escape+"e", escape, escape+"s", separator)
)

func packMany(values []any) any {
	if len(values) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(separator)
	for _, v := range values {
		b.WriteString(packOne(v))
		b.WriteString(separator)
	}
	return b.String()
}

func packOne(v any) string {
	switch v := v.(type) {
	case string:
		return manyEscape.Replace(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case int64:
		return strconv.FormatInt(v, 10)
	default:
		return fmt.Sprint(v)
	}
}

func unpackMany(packed string, t docstore.FieldType) []any {
	parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(packed, separator), separator), separator)
	out := make([]any, 0, len(parts))
	for _, p := range parts {
		switch t {
		case docstore.Number:
			v, _ := strconv.ParseFloat(p, 64)
			out = append(out, v)
		case docstore.Time:
			v, _ := strconv.ParseInt(p, 10, 64)
			out = append(out, v)
		case docstore.Bool:
			out = append(out, p == "true")
		default:
			out = append(out, manyUnescape.Replace(p))
		}
	}
	return out
}
