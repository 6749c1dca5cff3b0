package config

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// Setting is one setting of a service, as its documentation lists it.
type Setting struct {
	Name        string
	Description string // from the desc tag
	Default     string // what the struct holds; a secret's default is redacted
	Secret      bool
}

// Describe lists the settings of target, a struct or a pointer to one, in the order of
// its fields. A setting without a desc tag is an error: undocumented settings are not for use.
func Describe(target any) ([]Setting, error) {
	v := reflect.ValueOf(target)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil, problem.New(problem.Internal, "settings_type", "settings are a struct, not %T", target)
	}
	var out []Setting
	if err := describe(v, &out); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, s := range out {
		if seen[s.Name] {
			return nil, problem.New(problem.Internal, "settings_twice", "setting %s is declared twice in %T", s.Name, target)
		}
		seen[s.Name] = true
	}
	return out, nil
}

func describe(v reflect.Value, out *[]Setting) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
		if name == "" || name == "-" {
			if name == "" && field.Type.Kind() == reflect.Struct {
				if err := describe(v.Field(i), out); err != nil {
					return err
				}
			}
			continue
		}
		desc := field.Tag.Get("desc")
		if desc == "" {
			return problem.New(problem.Internal, "settings_undocumented", "setting %s has no desc tag", name)
		}
		*out = append(*out, Setting{
			Name: name, Description: desc, Default: show(v.Field(i)),
			Secret: field.Type == reflect.TypeFor[Secret](),
		})
	}
	return nil
}

func show(v reflect.Value) string {
	switch value := v.Interface().(type) {
	case time.Duration:
		return value.String()
	case []string:
		return strings.Join(value, ",")
	default:
		return fmt.Sprint(value)
	}
}

// WriteTable writes the settings of target as a plain-text table.
func WriteTable(w io.Writer, target any) error {
	settings, err := Describe(target)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "SETTING\tDEFAULT\tWHAT IT DOES")
	for _, s := range settings {
		fmt.Fprintf(table, "%s\t%s\t%s\n", s.Name, s.Default, s.Description)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table of settings: %w", err)
	}
	return nil
}

// Markdown is the table of settings for a README.
func Markdown(target any) (string, error) {
	settings, err := Describe(target)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("| setting | default | what it does |\n| --- | --- | --- |\n")
	for _, s := range settings {
		value := ""
		if s.Default != "" {
			value = "`" + s.Default + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, value, s.Description)
	}
	return b.String(), nil
}
