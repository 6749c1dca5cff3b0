package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"

	"github.com/bedside-health/bedside/libs/problem"
)

// Load fills target, a pointer to a struct with env tags, from environ ("KEY=value"
// lines, os.Environ()). Values the struct already has are its defaults; a key that is set to
// nothing counts as not set. A key that starts with prefix and that target does not name is an
// error, so that a misspelt setting does not pass silently; keys in allowed are left out of
// that check, and so are the variables that Kubernetes makes of a Service's name. Errors are
// problem.Invalid and name every fault at once.
func Load(target any, environ []string, prefix string, allowed ...string) error {
	values := map[string]string{}
	for _, line := range environ {
		if key, value, ok := strings.Cut(line, "="); ok {
			values[key] = value
		}
	}
	settings, err := Describe(target)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, key := range allowed {
		known[key] = true
	}
	for _, s := range settings {
		known[s.Name] = true
	}
	var unknown []string
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if strings.HasPrefix(key, prefix) && !known[key] && !serviceLink(key, values[key]) {
			unknown = append(unknown, key)
		}
	}
	if err := env.ParseWithOptions(target, env.Options{Environment: values}); err != nil {
		return problem.Wrap(problem.Invalid, "settings_invalid", withoutSecrets(err, settings, values), "read settings from the environment")
	}
	if len(unknown) > 0 {
		return problem.New(problem.Invalid, "settings_unknown", "unknown settings %s: check their spelling against the list that --help prints", strings.Join(unknown, ", "))
	}
	return nil
}

// Kubernetes gives a pod BEDSIDE_GATEWAY_SERVICE_HOST, BEDSIDE_GATEWAY_PORT_8080_TCP_ADDR
// and the like for a Service called bedside-gateway.
var serviceLinkKey = regexp.MustCompile(`_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$`)

func serviceLink(key, value string) bool {
	if serviceLinkKey.MatchString(key) {
		return true
	}
	scheme, _, ok := strings.Cut(value, "://")
	return ok && strings.HasSuffix(key, "_PORT") && (scheme == "tcp" || scheme == "udp" || scheme == "sctp")
}

// withoutSecrets keeps a secret's value out of an error that quotes what could not be parsed.
func withoutSecrets(err error, settings []Setting, values map[string]string) error {
	text := err.Error()
	for _, s := range settings {
		if value := values[s.Name]; s.Secret && value != "" {
			text = strings.ReplaceAll(text, value, redacted)
		}
	}
	return problem.New(problem.Invalid, "settings_invalid", "%s", text)
}
