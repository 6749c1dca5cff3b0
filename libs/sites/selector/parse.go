package selector

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/bedside-health/bedside/libs/problem"
)

// MaxDefinitionBytes is the largest definition that is read.
const MaxDefinitionBytes = 64 << 10

// Bounds of what is asked of the YAML parser, which is slow where brackets or
// lists lie in each other, and of how many faults are named.
const (
	maxOpened = 1_000
	maxDashes = 16 // lists that begin on one line
	maxFaults = 50
)

// tooNested reports text that opens more than a definition has use for.
func tooNested(data []byte) bool {
	if bytes.Count(data, []byte("{"))+bytes.Count(data, []byte("[")) > maxOpened {
		return true
	}
	for line := range bytes.Lines(data) {
		if bytes.Count(line, []byte("- "))+bytes.Count(line, []byte("? ")) > maxDashes {
			return true
		}
	}
	return false
}

// Parse reads and checks a definition. The error is of kind Invalid and lists
// every fault with its line.
func Parse(data []byte) (*Definition, error) {
	if len(data) > MaxDefinitionBytes {
		return nil, problem.New(problem.TooLarge, "definition_too_large", "a definition has at most %d bytes", MaxDefinitionBytes)
	}
	if tooNested(data) {
		return nil, problem.New(problem.Invalid, "bad_definition", "more brackets or lists than a definition has")
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, problem.New(problem.Invalid, "bad_definition", "%s", yamlFault(err))
	}
	if fault := plainYAML(file); fault != "" {
		return nil, problem.New(problem.Invalid, "bad_definition", "%s", fault)
	}
	d := &Definition{}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(d); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, problem.New(problem.Invalid, "bad_definition", "the definition is empty")
		}
		return nil, problem.New(problem.Invalid, "bad_definition", "%s", yamlFault(err))
	}
	c := &checker{file: file, d: d}
	c.check()
	if len(c.faults) > 0 {
		return nil, problem.New(problem.Invalid, "bad_definition", "%s", strings.Join(c.faults, "\n"))
	}
	return d, nil
}

// plainYAML refuses what a definition has no use for and a decoder may choke on.
func plainYAML(file *ast.File) string {
	v := &plainVisitor{}
	for _, doc := range file.Docs {
		ast.Walk(v, doc)
	}
	if len(file.Docs) > 1 && v.fault == "" {
		return "the file holds more than one document"
	}
	return v.fault
}

type plainVisitor struct{ fault string }

// Visit implements ast.Visitor.
func (v *plainVisitor) Visit(n ast.Node) ast.Visitor {
	if n == nil {
		return nil // an empty document has no body
	}
	switch n.Type() {
	case ast.TagType, ast.AliasType, ast.AnchorType, ast.MergeKeyType:
		if v.fault == "" {
			v.fault = "tags, anchors and aliases of YAML are not used in definitions"
			if at := n.GetToken(); at != nil && at.Position != nil {
				v.fault = fmt.Sprintf("line %d: %s", at.Position.Line, v.fault)
			}
		}
		return nil
	}
	return v
}

// yamlFault is a fault of the YAML itself, as "line 3: ...".
func yamlFault(err error) string {
	var e yaml.Error
	if errors.As(err, &e) {
		if at := e.GetToken(); at != nil && at.Position != nil {
			return fmt.Sprintf("line %d: %s", at.Position.Line, e.GetMessage())
		}
		return e.GetMessage()
	}
	return err.Error()
}

// LoadFile reads a definition from a file.
func LoadFile(path string) (*Definition, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read a definition: %w", err)
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, MaxDefinitionBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read a definition: %w", err)
	}
	d, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return d, nil
}

// LoadDir reads all .yaml and .yml files directly in a folder. All faults of
// all files are joined.
func LoadDir(dir string) (map[string]*Definition, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read the folder of definitions: %w", err)
	}
	out := map[string]*Definition{}
	var faults []error
	for _, e := range entries {
		if ext := filepath.Ext(e.Name()); e.IsDir() || (ext != ".yaml" && ext != ".yml") || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		d, err := LoadFile(filepath.Join(dir, e.Name()))
		switch {
		case err != nil:
			faults = append(faults, err)
		case out[d.Name] != nil:
			faults = append(faults, problem.New(problem.Invalid, "bad_definition", "%s: the name %q is another file's already", e.Name(), d.Name))
		default:
			out[d.Name] = d
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return out, nil
}

// checker collects the faults of a definition and compiles it.
type checker struct {
	file   *ast.File
	d      *Definition
	faults []string
}

// fault notes what is wrong at a place like "fields.text.select". What is absent
// is at the line of what should hold it.
func (c *checker) fault(place, format string, args ...any) {
	if len(c.faults) >= maxFaults {
		return
	}
	line := 1
	for path := place; path != ""; {
		if at, err := yaml.PathString("$." + path); err == nil {
			if n, err := at.FilterFile(c.file); err == nil && n != nil && n.GetToken() != nil {
				line = n.GetToken().Position.Line
				break
			}
		}
		i := strings.LastIndexByte(path, '.')
		path = path[:max(i, 0)]
	}
	c.faults = append(c.faults, fmt.Sprintf("line %d: %s: %s", line, place, fmt.Sprintf(format, args...)))
}

var (
	siteName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)
	hostName = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`)
)

const maxHosts = 50

func (c *checker) check() {
	d := c.d
	if !siteName.MatchString(d.Name) {
		c.fault("name", "a name of small letters, digits and '-' is needed, such as townhealth")
	}
	if d.Version < 1 {
		c.fault("version", "a version of 1 or more is needed")
	}
	if len(d.Hosts) == 0 || len(d.Hosts) > maxHosts {
		c.fault("hosts", "the site's host names are needed, such as [townhealth.example]")
	}
	for i, host := range d.Hosts {
		if !hostName.MatchString(host) {
			c.fault(fmt.Sprintf("hosts[%d]", i), "%q is no host name: write it without https:// and without a path", host)
		}
	}
	if d.Item == "" {
		c.fault("item", "the selector of one review is needed, such as article.review")
	} else {
		d.item = c.query("item", d.Item)
	}
	if d.Empty != "" {
		d.empty = c.query("empty", d.Empty)
	}
	d.fields = c.compile("fields", d.Fields, fieldNames)
	d.facts = c.compile("facts", d.Facts, factNames)
	_, text := d.Fields["text"]
	if _, stars := d.Fields["rating"]; !text && !stars {
		c.fault("fields", "a review needs a field text or rating")
	}
	c.dates()
	c.rating()
	c.identity()
	c.paging()
}

func (c *checker) query(place, css string) *query {
	q, err := compileQuery(css)
	if err != nil {
		c.fault(place, "%s", err.Error())
	}
	return q
}

func (c *checker) compile(place string, fields map[string]Field, known []string) map[string]*compiledField {
	out := map[string]*compiledField{}
	for _, name := range sortedKeys(fields) {
		f, at := fields[name], place+"."+name
		if !slices.Contains(known, name) {
			c.fault(at, "there is no such name; known are %s", strings.Join(known, ", "))
			continue
		}
		compiled := &compiledField{spec: f}
		switch {
		case f.Select != "":
			compiled.query = c.query(at+".select", f.Select)
		case f.Attribute == "" || place == "facts":
			c.fault(at, "a select is needed; without it an attribute of the item itself")
		}
		if f.Without != "" {
			compiled.without = c.query(at+".without", f.Without)
			if f.Attribute != "" {
				c.fault(at+".without", "an attribute has no elements inside")
			}
		}
		if f.Pattern != "" {
			compiled.pattern = c.pattern(at+".pattern", f.Pattern)
		}
		if f.Index > maxMatches || f.Index < -maxMatches {
			c.fault(at+".index", "at most %d", maxMatches)
		}
		out[name] = compiled
	}
	return out
}

func (c *checker) pattern(place, expr string) *regexp.Regexp {
	re, err := regexp.Compile(expr)
	switch {
	case len(expr) > maxQueryBytes:
		c.fault(place, "longer than %d bytes", maxQueryBytes)
	case err != nil:
		c.fault(place, "%s", err.Error())
	case re.NumSubexp() > 1:
		c.fault(place, "more than one group; write (?:...) for those that are not the value")
	}
	return re
}

func (c *checker) dates() {
	d := c.d
	d.zone = time.UTC
	if zone := d.Dates.Zone; zone != "" {
		loaded, err := time.LoadLocation(zone)
		if err != nil || zone == "Local" {
			c.fault("dates.zone", "%q is no time zone; write one like America/Chicago", zone)
		} else {
			d.zone = loaded
		}
	}
	if n := len(d.Dates.Months); n != 0 && n != 12 {
		c.fault("dates.months", "%d names; a year has twelve months", n)
		return
	}
	formats := d.Dates.Formats
	if len(formats) == 0 {
		formats = []string{"iso"}
	}
	for i, text := range formats {
		f, err := compileFormat(text, d.Dates.Months)
		if err != nil {
			c.fault(fmt.Sprintf("dates.formats[%d]", i), "%s", err.Error())
			continue
		}
		d.formats = append(d.formats, f)
	}
}

func (c *checker) rating() {
	r := &c.d.Rating
	if r.From == "" {
		r.From = ratingText
	}
	if !slices.Contains([]string{ratingText, ratingCount, ratingWidth}, r.From) {
		c.fault("rating.from", "%q is not one of text, count, width", r.From)
	}
	best, worst := r.scale()
	if best <= worst || best > 1000 || worst < -1000 {
		c.fault("rating.best", "the best rating must be more than the worst, and both within 1000")
	}
	for word, value := range r.Words {
		if value < worst || value > best {
			c.fault("rating.words", "%q is not between %g and %g", word, worst, best)
		}
	}
	if f, ok := c.d.Fields["rating"]; ok && r.From == ratingCount && f.Select == "" {
		c.fault("fields.rating.select", "the elements to count are needed")
	}
}

func (c *checker) identity() {
	d := c.d
	_, hasID := d.Fields["id"]
	if hasID && len(d.Identity) > 0 {
		c.fault("identity", "the field id is the identity; remove one of the two")
	}
	_, hasDate := d.Fields["date"]
	relative := slices.ContainsFunc(d.formats, func(f format) bool { return f.relative })
	for i, name := range d.Identity {
		place := fmt.Sprintf("identity[%d]", i)
		switch _, there := d.Fields[name]; {
		case !slices.Contains(keyed, name):
			c.fault(place, "%q is not one of %s", name, strings.Join(keyed, ", "))
		case !there:
			c.fault(place, "there is no field %s", name)
		case name == "date" && relative:
			c.fault(place, "a relative date is another one every day; use author and text")
		}
	}
	if hasID || len(d.Identity) > 0 {
		return
	}
	if d.Identity = []string{"author", "date"}; !hasDate || relative {
		d.Identity = []string{"author", "text"}
	}
}

func (c *checker) paging() {
	p := &c.d.Paging
	if p.Next != "" && p.Parameter != "" {
		c.fault("paging", "a list goes on by next or by parameter, not by both")
	}
	if p.Next != "" {
		c.d.next = c.query("paging.next", p.Next)
	}
	if p.Parameter != "" && c.d.Empty == "" && len(c.d.Facts) == 0 {
		c.fault("paging.parameter", "the definition needs a fact, or empty: what is still shown behind the last page tells the end of the list from a failure")
	}
	if p.Parameter == "" && (p.First != nil || p.Step != 0) {
		c.fault("paging", "first and step need a parameter")
	}
	if p.First == nil {
		one := 1
		p.First = &one
	}
	if p.Step == 0 {
		p.Step = 1
	}
	if *p.First < 0 || p.Step < 1 || p.Step > 1000 {
		c.fault("paging", "first must not be negative and step is from 1 to 1000")
	}
	if p.MaxPages == 0 {
		p.MaxPages = defaultMaxPages
	}
	if p.MaxPages < 1 || p.MaxPages > defaultMaxPages {
		c.fault("paging.max_pages", "from 1 to %d", defaultMaxPages)
	}
}

func sortedKeys(m map[string]Field) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
