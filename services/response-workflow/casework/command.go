package casework

import "github.com/bedside-health/bedside/libs/collections"

// Command says on which review a person acts.
type Command struct {
	OrgID    string
	ReviewID string
	By       collections.Actor
	// ExpectedRev is the revision the person saw; 0 means any. Saying again what is
	// so already needs no particular one.
	ExpectedRev int64
}

// Done is the review after a command.
type Done struct {
	ID  string
	Rev int64
}
