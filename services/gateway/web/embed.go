//go:build web

// Package web holds the built web app. It is built in with the build tag web, after
// `make web`; without the tag there is none, so that Go alone is enough to build.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built web app.
func Files() (fs.FS, error) { return fs.Sub(dist, "dist") }
