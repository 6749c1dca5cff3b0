// Package credentials resolves the names by which listings refer to secrets of
// sites. Listings and the store never hold the secrets themselves.
//
// A file of credentials is a JSON object of names. A value is the secret itself, which
// every organization of the installation may then name, or an object that says who
// may:
//
//	{
//	  "google-lakeside": {"secret": "ya29...", "organizations": ["org_lakeside"]},
//	  "directory-key": "k-123"
//	}
package credentials

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/sites"
)

// maxFileBytes bounds the file; more is a mistake.
const maxFileBytes = 1 << 20

// lookAgain is how often the file is looked at: secrets are rotated under a running
// service.
const lookAgain = 5 * time.Second

// Credential is a secret and who may use it.
type Credential struct {
	Secret config.Secret `json:"secret"`
	// Organizations that may name it; empty means all.
	Organizations []string `json:"organizations,omitempty"`
}

// UnmarshalJSON takes a plain secret too.
func (c *Credential) UnmarshalJSON(b []byte) error {
	var plain string
	if json.Unmarshal(b, &plain) == nil {
		c.Secret = config.Secret(plain)
		return nil
	}
	var full struct {
		Secret        string   `json:"secret"`
		Organizations []string `json:"organizations"`
	}
	if err := json.Unmarshal(b, &full); err != nil {
		// The error of encoding/json could quote the secret.
		return errors.New("want a string or an object with secret and organizations")
	}
	c.Secret, c.Organizations = config.Secret(full.Secret), full.Organizations
	return nil
}

// Vault resolves names. It is safe for concurrent use.
type Vault struct {
	fixed map[string]Credential
	path  string

	mu      sync.Mutex
	looked  time.Time
	changed time.Time
	size    int64
	held    map[string]Credential
}

// New makes a Vault of given credentials and of a file, which wins and is read again
// when it changes; path may be empty. A file that cannot be read is an error now,
// later the last good one stays.
func New(fixed map[string]Credential, path string) (*Vault, error) {
	v := &Vault{fixed: fixed, path: path}
	if path == "" {
		return v, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.read(); err != nil {
		return nil, problem.Wrap(problem.Invalid, "credentials_file", err, "read the file of credentials")
	}
	return v, nil
}

// Secret resolves a name for an organization, or tells Forbidden.
func (v *Vault) Secret(org, name string) (string, error) {
	c, ok := v.find(name)
	if !ok || c.Secret == "" || len(c.Organizations) > 0 && !slices.Contains(c.Organizations, org) {
		// The same answer for both, so that names of other organizations cannot be guessed.
		return "", problem.New(problem.Forbidden, sites.CodeCredentialMissing, "the credential is not configured for this organization")
	}
	return c.Secret.Reveal(), nil
}

func (v *Vault) find(name string) (Credential, bool) {
	if v.path != "" {
		v.mu.Lock()
		if time.Since(v.looked) > lookAgain {
			_ = v.read() // a file in the middle of being replaced: the last good one stays
		}
		c, ok := v.held[name]
		v.mu.Unlock()
		if ok {
			return c, true
		}
	}
	c, ok := v.fixed[name]
	return c, ok
}

// read reads the file if it changed. The caller holds the lock.
func (v *Vault) read() error {
	v.looked = time.Now()
	info, err := os.Stat(v.path)
	if err != nil {
		return fmt.Errorf("find %s: %w", v.path, err)
	}
	if v.held != nil && info.ModTime().Equal(v.changed) && info.Size() == v.size {
		return nil
	}
	if info.Size() > maxFileBytes {
		return fmt.Errorf("%s is larger than %d bytes", v.path, maxFileBytes)
	}
	content, err := os.ReadFile(v.path)
	if err != nil {
		return fmt.Errorf("read %s: %w", v.path, err)
	}
	held, err := Parse(content)
	if err != nil {
		return fmt.Errorf("%s: %w", v.path, err)
	}
	v.held, v.changed, v.size = held, info.ModTime(), info.Size()
	return nil
}

// Parse reads a JSON object of credentials. Its errors never quote a secret.
func Parse(content []byte) (map[string]Credential, error) {
	out := map[string]Credential{}
	if err := json.Unmarshal(content, &out); err != nil {
		return nil, errors.New("not a JSON object of names with secrets")
	}
	for name, c := range out {
		if c.Secret == "" {
			return nil, fmt.Errorf("credential %q has no secret", name)
		}
	}
	return out, nil
}
