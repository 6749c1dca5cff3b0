package signin

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// The prefixes tell what a token is, to Bedside and to programs that look for
// secrets in places where they should not be.
const (
	sessionPrefix = "bss_"
	tokenPrefix   = "bst_"
	tokenBytes    = 32
)

// Digest is what is stored of a token. Tokens are random, so one round of SHA-256
// is enough: there is nothing to guess.
func Digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// NewAPIToken makes a long-lived token for programs.
func NewAPIToken() string { return newToken(tokenPrefix) }

func newToken(prefix string) string {
	b := make([]byte, tokenBytes)
	rand.Read(b) // never fails: the process ends instead
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

// kind returns the prefix of a well-formed token, or nothing, so that what cannot
// be a token never reaches the store.
func kind(token string) string {
	for _, prefix := range []string{sessionPrefix, tokenPrefix} {
		rest, found := strings.CutPrefix(token, prefix)
		if found && len(rest) == base64.RawURLEncoding.EncodedLen(tokenBytes) {
			return prefix
		}
	}
	return ""
}
