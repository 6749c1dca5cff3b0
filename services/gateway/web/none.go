//go:build !web

// Package web holds the built web app. It is built in with the build tag web, after
// `make web`; without the tag there is none, so that Go alone is enough to build.
package web

import "io/fs"

// Files returns nil: this build has no web app.
func Files() (fs.FS, error) { return nil, nil }
