// Package connect opens the store a URL names.
package connect

import (
	"context"
	"log/slog"
	"strings"

	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/docstore/mongo"
	"github.com/bedside-health/bedside/libs/docstore/sqlite"
	"github.com/bedside-health/bedside/libs/problem"
)

// Open opens "mongodb://..." (or "mongodb+srv://...", with the database in the
// path) or "sqlite:PATH". The caller closes the backend.
func Open(ctx context.Context, uri string, logger *slog.Logger) (docstore.Backend, error) {
	if path, ok := strings.CutPrefix(uri, "sqlite:"); ok {
		return sqlite.Open(ctx, sqlite.Config{Path: path, Logger: logger})
	}
	if strings.HasPrefix(uri, "mongodb://") || strings.HasPrefix(uri, "mongodb+srv://") {
		return mongo.Open(ctx, mongo.Config{URI: uri, Logger: logger})
	}
	// The URL may hold a password and is not repeated.
	return nil, problem.New(problem.Invalid, "bad_store", "the store's URL begins neither with sqlite: nor with mongodb://")
}
