// Package mongo is the docstore backend for production: MongoDB through its
// native calls. Documents are stored under their JSON names, times as dates,
// with the key "organization/id", so that other tools can read them.
//
// It uses what every MongoDB offers, also a single server: no transactions,
// change streams, collation, or partial, text and expiring indexes. Writes are
// acknowledged by a majority; a document is changed by replacing the revision
// that was read.
package mongo

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"

	"github.com/bedside-health/bedside/libs/problem"
)

// defaultDatabase is used where the URL names none.
const defaultDatabase = "bedside"

// Config says which server to use. URI is required.
type Config struct {
	// URI is a MongoDB connection string; the database stands in its path.
	URI    string
	Logger *slog.Logger // slog.DiscardHandler if nil
	// SelectionTimeout bounds the wait for a server that can answer; 0 means 5 s.
	SelectionTimeout time.Duration
	// Timeout bounds an operation whose context has no deadline; 0 means 60 s.
	Timeout time.Duration
}

// Backend is one database.
type Backend struct {
	client *mongo.Client
	db     *mongo.Database
	logger *slog.Logger
}

// Open prepares the client; it does not wait for a server, so that a service can
// start before its database. The caller closes the backend.
func Open(_ context.Context, cfg Config) (*Backend, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.SelectionTimeout <= 0 {
		cfg.SelectionTimeout = 5 * time.Second
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 60 * time.Second
	}
	opts := options.Client().ApplyURI(cfg.URI).
		SetAppName("bedside").
		SetServerSelectionTimeout(cfg.SelectionTimeout).
		SetTimeout(cfg.Timeout).
		SetWriteConcern(writeconcern.Majority()).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetRetryWrites(true).
		SetRetryReads(true)
	client, err := mongo.Connect(opts)
	if err != nil {
		// The driver quotes parts of the URL, which may hold a password.
		return nil, problem.New(problem.Invalid, "bad_store", "the MongoDB URL is not valid")
	}
	return &Backend{client: client, db: client.Database(databaseOf(cfg.URI)), logger: cfg.Logger}, nil
}

// databaseOf finds the path of a connection string, which may list several hosts.
func databaseOf(uri string) string {
	head, _, _ := strings.Cut(uri, "?")
	_, rest, _ := strings.Cut(head, "://")
	_, name, _ := strings.Cut(rest, "/")
	if name == "" {
		return defaultDatabase
	}
	return name
}

// Kind is "mongodb".
func (b *Backend) Kind() string { return "mongodb" }

// Ping asks the primary.
func (b *Backend) Ping(ctx context.Context) error {
	if err := b.client.Ping(ctx, readpref.Primary()); err != nil {
		return problem.Wrap(problem.Unavailable, "store_unavailable", err, "reaching MongoDB")
	}
	return nil
}

// Close ends the connections. It may be called again.
func (b *Backend) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := b.client.Disconnect(ctx); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
		return problem.Wrap(problem.Unavailable, "store_unavailable", err, "leaving MongoDB")
	}
	return nil
}
