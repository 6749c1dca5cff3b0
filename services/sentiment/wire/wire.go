// Package wire is the JSON of the hot path: it reads objects of a known shape and writes
// analyses, several times faster than encoding/json, which looks at every type anew.
//
// It promises that what it accepts means the same to encoding/json, and that
// encoding/json reads what it writes as what it was given. It refuses whatever is
// unusual, so a caller falls back to encoding/json then; time is linear and memory that of
// the input.
package wire
