// Package client talks to a running Bedside: the types and calls generated from
// api-specs/openapi/gateway.yaml, how a Bedside on this machine is found, and how
// its errors read.
package client

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config oapi-codegen.yaml ../../api-specs/openapi/gateway.yaml

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Local is what `bedside up` leaves in its data folder for commands on the same
// machine. Only its owner can read the file, since the token acts as an
// administrator.
type Local struct {
	URL   string `json:"url"`
	Token string `json:"token"`
	// Brokers are the addresses of the embedded broker; empty where Kafka is elsewhere.
	Brokers []string `json:"brokers,omitempty"`
}

// localFile is the name of the file in the data folder.
const localFile = "local.json"

// WriteLocal stores l in a data folder, readable only by its owner. The file is
// replaced in one step, so that a reader never sees half of it.
func WriteLocal(dataDir string, l Local) error {
	content, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("encode %s: %w", localFile, err)
	}
	file, err := os.CreateTemp(dataDir, ".local-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", localFile, err)
	}
	defer os.Remove(file.Name())
	if _, err := file.Write(content); err != nil {
		file.Close()
		return fmt.Errorf("write %s: %w", localFile, err)
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write %s: %w", localFile, err)
	}
	if err := os.Rename(file.Name(), filepath.Join(dataDir, localFile)); err != nil {
		return fmt.Errorf("write %s: %w", localFile, err)
	}
	return nil
}

// RemoveLocal takes the file away when Bedside ends; one that is gone is no error.
func RemoveLocal(dataDir string) error {
	if err := os.Remove(filepath.Join(dataDir, localFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove %s: %w", localFile, err)
	}
	return nil
}

// ReadLocal reads what WriteLocal wrote.
func ReadLocal(dataDir string) (Local, error) {
	var l Local
	content, err := os.ReadFile(filepath.Join(dataDir, localFile))
	if err != nil {
		return l, fmt.Errorf("read %s: %w", localFile, err)
	}
	if err := json.Unmarshal(content, &l); err != nil {
		return l, fmt.Errorf("read %s: %w", localFile, err)
	}
	return l, nil
}

// Find says where Bedside is: BEDSIDE_URL with BEDSIDE_TOKEN, or else the file in
// BEDSIDE_DATA (by default ./data) of a Bedside that runs on this machine.
func Find(getenv func(string) string) (Local, error) {
	if url := getenv("BEDSIDE_URL"); url != "" {
		token := getenv("BEDSIDE_TOKEN")
		if token == "" {
			return Local{}, errors.New("BEDSIDE_URL is set but BEDSIDE_TOKEN is not: set it to an API token, or the token of POST /api/v1/session")
		}
		return Local{URL: url, Token: token}, nil
	}
	dir := getenv("BEDSIDE_DATA")
	if dir == "" {
		dir = "data"
	}
	l, err := ReadLocal(dir)
	if errors.Is(err, os.ErrNotExist) {
		return l, fmt.Errorf("no Bedside runs with its state in %q: start it with `bedside up`, name its folder with BEDSIDE_DATA, or set BEDSIDE_URL and BEDSIDE_TOKEN", dir)
	}
	if errors.Is(err, os.ErrPermission) {
		return l, fmt.Errorf("%s in %q belongs to another user: run this as the one who runs Bedside, or set BEDSIDE_URL and BEDSIDE_TOKEN", localFile, dir)
	}
	return l, err
}

// New makes a client that signs its requests with a token. Uploads may take long, so
// the client sets no time limit of its own beyond that for connecting: ctx does.
func New(l Local) (*ClientWithResponses, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 10 * time.Minute
	c, err := NewClientWithResponses(l.URL, WithHTTPClient(&http.Client{Transport: transport}),
		WithRequestEditorFn(func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer "+l.Token)
			return nil
		}))
	if err != nil {
		return nil, fmt.Errorf("make a client for %s: %w", l.URL, err)
	}
	return c, nil
}

// Failure turns an answer that is not of the wanted status into an error that reads
// well: the problem's detail where the body has one.
func Failure(status int, body []byte) error {
	var p Problem
	if err := json.Unmarshal(body, &p); err == nil && p.Code != "" {
		if p.Detail != nil && *p.Detail != "" {
			return fmt.Errorf("%s (%s)", *p.Detail, p.Code)
		}
		return fmt.Errorf("%s (%s)", p.Title, p.Code)
	}
	return fmt.Errorf("the answer was %d %s", status, http.StatusText(status))
}
