// Package config reads a service's settings from its environment: one struct a
// service, env tags with descriptions, unknown BEDSIDE_ keys an error, secrets of a
// type that does not print itself.
package config

import "log/slog"

// Secret is a value that never shows itself in logs, JSON or %v.
type Secret string

const redacted = "[redacted]"

// Reveal returns the value.
func (s Secret) Reveal() string { return string(s) }

// String returns a placeholder.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString returns a placeholder.
func (s Secret) GoString() string { return s.String() }

// LogValue returns a placeholder.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText returns a placeholder.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText sets the value.
func (s *Secret) UnmarshalText(b []byte) error { *s = Secret(b); return nil }
