package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"sort"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/gin-gonic/gin"

	"github.com/bedside-health/bedside/libs/problem"
)

// maxFaults bounds how many faults of one request are told.
const maxFaults = 5

// validate checks a request against the description. What is wrong is
// problem.Invalid with the name of the parameter or field.
func (op *operation) validate(c *gin.Context) error {
	for name := range c.Request.URL.Query() {
		if !op.query[name] {
			return problem.New(problem.Invalid, "unknown_parameter",
				"%s: there is no such parameter; check its spelling in /openapi.yaml.", printable(name))
		}
	}
	parameters := make(map[string]string, len(c.Params))
	for _, p := range c.Params {
		parameters[p.Key] = p.Value
	}
	err := openapi3filter.ValidateRequest(c.Request.Context(), &openapi3filter.RequestValidationInput{
		Request: c.Request, PathParams: parameters, Route: op.route,
		Options: &openapi3filter.Options{
			MultiError:          true,
			SkipSettingDefaults: true,
			ExcludeRequestBody:  op.reads,
			AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc,
		},
	})
	if err == nil {
		return nil
	}
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return problem.New(problem.TooLarge, "body_too_large", "The body is larger than %d bytes.", tooLarge.Limit)
	}
	faults := explain(err)
	sort.Strings(faults)
	if more := len(faults) - maxFaults; more > 0 {
		faults = append(faults[:maxFaults], fmt.Sprintf("and %d more", more))
	}
	return problem.New(problem.Invalid, "invalid_request", "%s.", strings.Join(faults, "; "))
}

// explain lists what is wrong, without repeating the values that were sent: they may
// be long, and they may be text that belongs in no log.
func explain(err error) []string {
	switch err := err.(type) { //nolint:errorlint // the tree of faults is walked level by level
	case openapi3.MultiError:
		var faults []string
		for _, e := range err {
			faults = append(faults, explain(e)...)
		}
		return faults
	case *openapi3filter.RequestError:
		return explainRequest(err)
	case *openapi3.SchemaError:
		return []string{schemaFault("", err)}
	default:
		return []string{"the request does not have the form that is described in /openapi.yaml"}
	}
}

func explainRequest(err *openapi3filter.RequestError) []string {
	name := "body"
	if err.Parameter != nil {
		name = err.Parameter.Name
	}
	var faults []string
	walk(err.Err, func(e *openapi3.SchemaError) { faults = append(faults, schemaFault(name, e)) })
	if len(faults) > 0 {
		return faults
	}
	switch parse := new(openapi3filter.ParseError); {
	case errors.As(err.Err, &parse) && parse.Kind == openapi3filter.KindUnsupportedFormat:
		return []string{name + ": send Content-Type: application/json"}
	case errors.As(err.Err, &parse) && err.Parameter == nil:
		return []string{"body: this is not valid JSON"}
	case errors.As(err.Err, &parse):
		return []string{name + ": this is not a value of the type that is described"}
	case err.Parameter != nil && errors.Is(err.Err, openapi3filter.ErrInvalidRequired):
		return []string{name + ": a value is required"}
	case err.RequestBody != nil && errors.Is(err.Err, openapi3filter.ErrInvalidRequired):
		return []string{"body: a body is required"}
	case err.RequestBody != nil && strings.Contains(err.Reason, "Content-Type"):
		return []string{"body: send Content-Type: application/json"}
	default:
		return []string{name + ": this does not have the form that is described in /openapi.yaml"}
	}
}

func walk(err error, visit func(*openapi3.SchemaError)) {
	if many, ok := err.(openapi3.MultiError); ok { //nolint:errorlint // level by level
		for _, e := range many {
			walk(e, visit)
		}
		return
	}
	if e := new(openapi3.SchemaError); errors.As(err, &e) {
		visit(e)
	}
}

func schemaFault(name string, err *openapi3.SchemaError) string {
	path := strings.Join(err.JSONPointer(), ".")
	switch {
	case path == "":
		path = name
	case name != "body" && name != "":
		path = name + "." + path
	}
	return printable(path) + ": " + printable(err.Reason)
}

// printable keeps what a person sent from filling an answer or writing over a terminal.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r <= 0x9f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if runes := []rune(s); len(runes) > 200 {
		return string(runes[:200]) + "..."
	}
	return s
}
