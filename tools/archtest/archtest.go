// Package archtest states the import rules of the workspace and checks them over
// what the Go toolchain itself reports, so that they hold for every build.
package archtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// Root is the path all modules of the workspace share.
const Root = "github.com/bedside-health/bedside/"

// Package is what the rules look at of one Go package; imports of its tests are
// not among Imports.
type Package struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

// Workspace lists the packages of the workspace whose root is dir.
func Workspace(ctx context.Context, dir string) ([]Package, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-json=ImportPath,Standard,Imports", "work")
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list work: %w: %s", err, stderr.String())
	}
	var packages []Package
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p Package
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("read go list's answer: %w", err)
		}
		packages = append(packages, p)
	}
}

// domains are the packages of pure rules: they see the standard library, the
// domain's words and data files, and no driver or transport.
var domains = []string{
	"services/sentiment/tagging",
	"services/response-workflow/notify",
	"services/response-workflow/digest",
	"services/response-workflow/casework",
	"libs/review",
	"libs/routing",
	"libs/sla",
}

// drivers may not be seen by a domain package, not even through the standard library.
var drivers = []string{
	"net/http", "database/sql", "github.com/gin-gonic/gin", "github.com/segmentio/kafka-go",
	"go.mongodb.org/mongo-driver", "modernc.org/sqlite", Root + "libs/kafkaio",
	Root + "libs/docstore/sqlite", Root + "libs/docstore/mongo", Root + "libs/docstore/connect",
}

// embedded engines run in tools and in tests only.
var embedded = []string{"github.com/twmb/franz-go/pkg/kfake", "github.com/FerretDB/FerretDB", Root + "libs/testkit"}

// Violations returns a sentence for every import that a rule forbids.
func Violations(packages []Package) []string {
	var found []string
	for _, p := range packages {
		from, ours := strings.CutPrefix(p.ImportPath, Root)
		if !ours {
			continue
		}
		for _, imported := range p.Imports {
			if why := forbidden(from, imported); why != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", from, strings.TrimPrefix(imported, Root), why))
			}
		}
	}
	return found
}

func forbidden(from, imported string) string {
	to, ours := strings.CutPrefix(imported, Root)
	if ours {
		switch {
		case strings.HasPrefix(from, "libs/") && !strings.HasPrefix(to, "libs/"):
			return "libs know no service and no tool"
		case service(from) != "" && service(to) != "" && service(from) != service(to):
			return "a service never imports another"
		case service(from) != "" && strings.HasPrefix(to, "tools/"):
			return "services never import tools"
		case adapter(from) != "" && adapter(to) != "" && adapter(from) != adapter(to):
			return "adapters never import each other"
		}
	}
	for _, domain := range domains {
		if from == domain || strings.HasPrefix(from, domain+"/") {
			for _, d := range drivers {
				if within(imported, d) {
					return "a domain package knows no driver"
				}
			}
		}
	}
	if service(from) != "" || strings.HasPrefix(from, "libs/") && !strings.HasPrefix(from, "libs/testkit/") && !strings.HasSuffix(from, "test") {
		for _, e := range embedded {
			if within(imported, e) {
				return "embedded engines belong to tools and tests"
			}
		}
	}
	return ""
}

func within(path, prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }

// service is "scraper" for services/scraper/..., else empty.
func service(path string) string {
	rest, ok := strings.CutPrefix(path, "services/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// adapter is "services/NAME/internal/bus" for a package in or below it, else empty.
func adapter(path string) string {
	parts := strings.Split(path, "/")
	if len(parts) >= 4 && parts[0] == "services" && parts[2] == "internal" {
		return strings.Join(parts[:4], "/")
	}
	return ""
}
