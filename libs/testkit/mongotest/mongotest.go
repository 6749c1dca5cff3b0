// Package mongotest gives tests something that speaks MongoDB's wire protocol: a
// real server where MONGODB_URI names one, and otherwise an embedded FerretDB
// behind a gate.
//
// FerretDB is for tests with little data. Alone it loses concurrent updates,
// because it finds and updates in separate steps; the gate lets one command
// through at a time, over all clients, and makes each of them atomic.
package mongotest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/FerretDB/FerretDB/ferretdb"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// URIVariable names the environment variable with the address of a real server.
const URIVariable = "MONGODB_URI"

// Real reports whether tests run on a real server.
func Real() bool { return os.Getenv(URIVariable) != "" }

// Start gives the address of an empty database that ends with the test.
func Start(t testing.TB) (uri string) {
	t.Helper()
	if server := os.Getenv(URIVariable); server != "" {
		return freshDatabase(t, server)
	}
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	uri, stop, err := Run(ctx, t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return uri
}

// Run starts FerretDB with its data in dir, behind a gate on a free port of
// 127.0.0.1. It ends with ctx or with stop, which waits and may be called again.
func Run(ctx context.Context, dir string) (uri string, stop func() error, err error) {
	return RunOn(ctx, dir, "127.0.0.1:0")
}

// RunOn is Run with the address to listen on. There is no sign-in: the address
// must be one that only tests reach.
func RunOn(ctx context.Context, dir, address string) (uri string, stop func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, fmt.Errorf("making the data folder: %w", err)
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", nil, fmt.Errorf("finding the data folder: %w", err)
	}
	db, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: "127.0.0.1:0"},
		Logger:    slog.New(slog.DiscardHandler),
		Handler:   "sqlite",
		SQLiteURL: (&url.URL{Scheme: "file", OmitHost: true, Path: dir + "/"}).String(),
	})
	if err != nil {
		return "", nil, fmt.Errorf("starting FerretDB: %w", err)
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- db.Run(ctx) }()
	behind, err := url.Parse(db.MongoDBURI())
	if err != nil {
		cancel()
		return "", nil, errors.Join(fmt.Errorf("finding FerretDB's address: %w", err), <-ended)
	}
	g, err := openGate(ctx, address, behind.Host)
	if err != nil {
		cancel()
		return "", nil, errors.Join(err, <-ended)
	}
	done := make(chan struct{})
	var result error
	go func() {
		defer close(done)
		<-ctx.Done()
		g.close()
		result = <-ended
	}()
	stop = func() error {
		cancel()
		<-done
		return result
	}
	return "mongodb://" + g.listener.Addr().String() + "/bedside", stop, nil
}

// freshDatabase names a new database on a server and drops it after the test.
func freshDatabase(t testing.TB, server string) string {
	t.Helper()
	name := "bedside_test_" + strings.ToLower(rand.Text()[:12])
	uri := withDatabase(server, name)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		client, err := mongo.Connect(options.Client().ApplyURI(server))
		require.NoError(t, err)
		defer func() { require.NoError(t, client.Disconnect(ctx)) }()
		require.NoError(t, client.Database(name).Drop(ctx))
	})
	return uri
}

// withDatabase puts a database into a connection string. Several hosts may stand
// in it, which url.Parse refuses.
func withDatabase(uri, name string) string {
	head, query, _ := strings.Cut(uri, "?")
	scheme, rest, _ := strings.Cut(head, "://")
	hosts, old, _ := strings.Cut(rest, "/")
	if query != "" {
		query = "?" + query
	}
	if strings.Contains(hosts, "@") && !strings.Contains(query, "authSource=") {
		// Signing in happens in the database of the path unless told otherwise.
		if old == "" {
			old = "admin"
		}
		if query == "" {
			query = "?"
		} else {
			query += "&"
		}
		query += "authSource=" + old
	}
	return scheme + "://" + hosts + "/" + name + query
}
