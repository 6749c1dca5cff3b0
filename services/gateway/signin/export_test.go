package signin

import "time"

// BackoffForTest shows the size of a backoff.
type BackoffForTest struct{ b *backoff }

// NewBackoffForTest makes one.
func NewBackoffForTest(cfg BackoffConfig, now func() time.Time) BackoffForTest {
	return BackoffForTest{newBackoff(cfg, now)}
}

// Begin begins an attempt.
func (b BackoffForTest) Begin(email, address string) { b.b.begin(email, address) }

// Len is how many entries there are.
func (b BackoffForTest) Len() int {
	if len(b.b.entries) != b.b.recent.Len() {
		return -1
	}
	return len(b.b.entries)
}
