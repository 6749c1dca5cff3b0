package intake

import (
	"context"
	"sync"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// progress counts how many rows of an import are in the inbox. Reviews that came by
// this import alone are counted by its listing, which is one look at an index. Rows
// that were known before belong to another listing and are looked up part by part;
// the parts come in order, so that a part that is all there is never looked at
// again. Both counts only grow, and the second is exact at the end.
type progress struct {
	store   Store
	mu      sync.Mutex
	imports map[string]*reached
}

// reached is how far one import is known to be.
type reached struct {
	mu      sync.Mutex
	parts   int // complete in the inbox
	present int64
}

// maxFollowed bounds the imports that are remembered, and lookTime how long one
// answer looks through parts.
const (
	maxFollowed = 1000
	lookTime    = 200 * time.Millisecond
)

func newProgress(store Store) *progress {
	return &progress{store: store, imports: map[string]*reached{}}
}

func (p *progress) of(org, id string) *reached {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := org + "\x00" + id
	at, found := p.imports[key]
	if !found {
		if len(p.imports) >= maxFollowed {
			for other := range p.imports {
				delete(p.imports, other)
				break
			}
		}
		at = &reached{}
		p.imports[key] = at
	}
	return at
}

func (p *progress) inInbox(ctx context.Context, doc collections.Import) (int64, error) {
	accepted := int64(doc.Accepted)
	at := p.of(doc.OrgID, doc.ID)
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.present >= accepted {
		return accepted, nil
	}
	alone, err := p.store.ReviewsOfListing(ctx, doc.OrgID, doc.ListingID)
	if err != nil {
		return 0, err
	}
	if alone >= accepted {
		at.present = accepted
		return accepted, nil
	}
	partial, err := p.advance(ctx, doc, at)
	if err != nil {
		return 0, err
	}
	return min(accepted, max(alone, at.present+partial)), nil
}

// advance looks through parts from the first that is not complete, and returns how
// many rows of the next are there.
func (p *progress) advance(ctx context.Context, doc collections.Import, at *reached) (int64, error) {
	began := time.Now()
	for at.parts < doc.Chunks && time.Since(began) < lookTime {
		chunk, err := p.store.ImportChunk(ctx, doc.OrgID, doc.ID, at.parts)
		if err != nil {
			return 0, err
		}
		ids := make([]string, len(chunk.Reviews))
		for i, r := range chunk.Reviews {
			ids[i] = reviewID(doc, r.ExternalID)
		}
		present, err := p.store.PresentReviews(ctx, doc.OrgID, ids)
		if err != nil {
			return 0, err
		}
		if present < len(ids) {
			return int64(present), nil
		}
		at.parts++
		at.present += int64(present)
	}
	return 0, nil
}
