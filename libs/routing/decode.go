package routing

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// decoder fills a plan from values, by the yaml tags of its types, and notes each fault and the line
// of each place.
type decoder struct {
	lines  map[string]int
	faults []Fault
	hints  int
}

func (d *decoder) decode(v *value, plan *Plan) {
	d.into(v, reflect.ValueOf(plan).Elem(), "")
}

func (d *decoder) fault(path string, line int, detail string, args ...any) {
	if len(d.faults) < MaxFaults {
		d.faults = append(d.faults, Fault{Path: path, Detail: fmt.Sprintf(detail, args...), Line: line})
	}
}

// nearest hints at the key that was meant, for the first of many.
func (d *decoder) nearest(key string, keys []string) string {
	if d.hints++; d.hints > maxHints {
		return ""
	}
	return nearest(key, keys)
}

// line is that of a place, or of the nearest that holds it.
func (d *decoder) line(path string) int {
	for {
		if line, ok := d.lines[path]; ok {
			return line
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return d.lines[""]
		}
		path = path[:cut]
	}
}

func (d *decoder) into(v *value, to reflect.Value, path string) {
	d.lines[path] = v.line
	if v.kind == null {
		return // as if it were not there
	}
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		to = to.Elem()
	}
	if text, ok := to.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if d.want(v, scalar, path) {
			if err := text.UnmarshalText([]byte(v.text)); err != nil {
				d.fault(path, v.line, "%v", err)
			}
		}
		return
	}
	switch to.Kind() {
	case reflect.Struct:
		d.structure(v, to, path)
	case reflect.Map:
		d.dictionary(v, to, path)
	case reflect.Slice:
		d.slice(v, to, path)
	default:
		if d.want(v, scalar, path) {
			d.scalar(v, to, path)
		}
	}
}

func (d *decoder) want(v *value, k kind, path string) bool {
	if v.kind != k {
		d.fault(path, v.line, "want %s, not %s", k, v.kind)
	}
	return v.kind == k
}

func (d *decoder) scalar(v *value, to reflect.Value, path string) {
	switch to.Kind() {
	case reflect.String:
		to.SetString(strings.TrimSpace(v.text))
	case reflect.Bool:
		if v.text != "true" && v.text != "false" {
			d.fault(path, v.line, "want true or false, not %q", short(v.text))
		}
		to.SetBool(v.text == "true")
	case reflect.Int:
		n, err := strconv.ParseInt(v.text, 10, 32)
		if err != nil {
			d.fault(path, v.line, "want a whole number, not %q", short(v.text))
		}
		to.SetInt(n)
	case reflect.Float64:
		f, err := strconv.ParseFloat(v.text, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			d.fault(path, v.line, "want a number, not %q", short(v.text))
			f = 0
		}
		to.SetFloat(f)
	}
}

func (d *decoder) structure(v *value, to reflect.Value, path string) {
	if !d.want(v, object, path) {
		return
	}
	fields, names := map[string]int{}, []string{}
	for i := range to.NumField() {
		name, _, _ := strings.Cut(to.Type().Field(i).Tag.Get("yaml"), ",")
		fields[name] = i
		names = append(names, name)
	}
	seen := map[string]bool{}
	for _, f := range v.fields {
		at := join(path, f.key)
		i, known := fields[f.key]
		switch {
		case !known:
			d.fault(at, f.line, "there is no such key%s", d.nearest(f.key, names))
		case seen[f.key]:
			d.fault(at, f.line, "comes twice")
		default:
			seen[f.key] = true
			d.into(f.value, to.Field(i), at)
		}
	}
}

func (d *decoder) dictionary(v *value, to reflect.Value, path string) {
	if !d.want(v, object, path) {
		return
	}
	to.Set(reflect.MakeMapWithSize(to.Type(), len(v.fields)))
	for _, f := range v.fields {
		at, key := join(path, f.key), reflect.ValueOf(strings.TrimSpace(f.key))
		if to.MapIndex(key).IsValid() {
			d.fault(at, f.line, "comes twice")
			continue
		}
		item := reflect.New(to.Type().Elem()).Elem()
		d.into(f.value, item, at)
		to.SetMapIndex(key, item)
	}
}

// slice takes one value for a list of that one.
func (d *decoder) slice(v *value, to reflect.Value, path string) {
	items := v.items
	if v.kind != list {
		if v.kind != scalar || to.Type().Elem().Kind() != reflect.String {
			d.want(v, list, path)
			return
		}
		items = []*value{v}
	}
	if len(items) == 0 {
		return
	}
	to.Set(reflect.MakeSlice(to.Type(), len(items), len(items)))
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		if item.kind == null {
			d.fault(at, item.line, "is empty")
			continue
		}
		d.into(item, to.Index(i), at)
	}
}

func join(path, key string) string {
	key = short(key)
	if path == "" {
		return key
	}
	return path + "." + key
}

// short cuts what a message quotes.
func short(text string) string {
	const most = 60
	if len(text) <= most {
		return text
	}
	cut := most
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "..."
}
