package lexicons

import (
	"container/list"
	"sync"

	"github.com/bedside-health/bedside/libs/review"
)

// entry is an organization's analyzer, made from its lexicon at its first use.
type entry struct {
	org      string
	lexicon  review.Lexicon
	once     sync.Once
	analyzer Analyzer
}

// cache keeps the entries used last.
type cache struct {
	room  int
	byOrg map[string]*list.Element
	order *list.List // of *entry, used last in front
}

func newCache(room int) cache {
	return cache{room: room, byOrg: map[string]*list.Element{}, order: list.New()}
}

// get is nil for an organization that is not kept.
func (c *cache) get(org string) *entry {
	at := c.byOrg[org]
	if at == nil {
		return nil
	}
	c.order.MoveToFront(at)
	return at.Value.(*entry) //nolint:forcetypeassert // Nothing else is put in.
}

// put keeps e and drops what was used longest ago. An entry that is there already
// stays: it was learnt while e was fetched.
func (c *cache) put(e *entry) *entry {
	if there := c.get(e.org); there != nil {
		return there
	}
	if c.order.Len() >= c.room {
		last := c.order.Back()
		c.order.Remove(last)
		delete(c.byOrg, last.Value.(*entry).org) //nolint:forcetypeassert // Nothing else is put in.
	}
	c.byOrg[e.org] = c.order.PushFront(e)
	return e
}

// renew replaces an organization's entry, or keeps a new one if there is room.
func (c *cache) renew(e *entry) {
	if at := c.byOrg[e.org]; at != nil {
		at.Value = e
	} else if c.order.Len() < c.room {
		c.put(e)
	}
}
