package tagging

import "hash/maphash"

// wordTable gives words ids from 1 on. It is a flat hash table: looking up each
// word of a text is a large part of an analysis, and a map of strings costs twice
// as much. The seed is drawn for each table, so that nobody can choose words that
// collide; ids depend on the order of interning only.
type wordTable struct {
	seed  maphash.Seed
	slots []wordSlot
	ends  []uint32 // by id: where the word ends in bytes
	bytes []byte
}

// wordSlot keeps the whole hash of a word. Two words of one hash would be taken for
// the same; at 64 bits from a seed of its own that does not happen.
type wordSlot struct {
	hash uint64
	id   int32 // 0 is free
}

func (t *wordTable) len() int { return max(0, len(t.ends)-1) }

func (t *wordTable) word(id int32) []byte { return t.bytes[t.ends[id-1]:t.ends[id]] }

// get returns the id of a word, 0 if it has none.
func (t *wordTable) get(w []byte) int32 {
	if len(t.slots) == 0 {
		return 0
	}
	h := maphash.Bytes(t.seed, w)
	mask := uint64(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.hash == h || s.id == 0 {
			return s.id
		}
	}
}

// intern returns the id of a word, a new one if it has none.
func (t *wordTable) intern(w []byte) int32 {
	if id := t.get(w); id != 0 {
		return id
	}
	if t.ends == nil {
		t.seed = maphash.MakeSeed()
		t.ends = []uint32{0}
	}
	t.bytes = append(t.bytes, w...)
	t.ends = append(t.ends, uint32(len(t.bytes)))
	id := int32(t.len())
	if 2*t.len() > len(t.slots) {
		old := t.slots
		t.slots = make([]wordSlot, max(16, 2*len(old)))
		for _, s := range old {
			if s.id != 0 {
				t.put(s)
			}
		}
	}
	t.put(wordSlot{maphash.Bytes(t.seed, w), id})
	return id
}

func (t *wordTable) put(s wordSlot) {
	mask := uint64(len(t.slots) - 1)
	i := s.hash & mask
	for t.slots[i].id != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

// edgeTable maps a pair of numbers to a third: the children of trie nodes by
// word, learned weights by pairs of words. Pairs and values are not negative.
type edgeTable struct {
	slots []edge
	n     int
}

type edge struct {
	key   uint64 // the pair plus one, so that 0 is free
	value int32
}

func edgeKey(a, b int32) uint64 { return (uint64(uint32(a))<<32 | uint64(uint32(b))) + 1 }

func edgeHash(key uint64) uint64 {
	key ^= key >> 32
	key *= 0x9E3779B97F4A7C15
	return key ^ key>>29
}

// get returns the value of a pair and whether there is one.
func (t *edgeTable) get(a, b int32) (int32, bool) {
	if len(t.slots) == 0 {
		return 0, false
	}
	key := edgeKey(a, b)
	mask := uint64(len(t.slots) - 1)
	for i := edgeHash(key) & mask; ; i = (i + 1) & mask {
		switch t.slots[i].key {
		case key:
			return t.slots[i].value, true
		case 0:
			return 0, false
		}
	}
}

// put adds a pair that has no value yet.
func (t *edgeTable) put(a, b, value int32) {
	if 2*(t.n+1) > len(t.slots) {
		old := t.slots
		t.slots = make([]edge, max(16, 2*len(old)))
		for _, e := range old {
			if e.key != 0 {
				t.place(e)
			}
		}
	}
	t.place(edge{key: edgeKey(a, b), value: value})
	t.n++
}

func (t *edgeTable) place(e edge) {
	mask := uint64(len(t.slots) - 1)
	i := edgeHash(e.key) & mask
	for t.slots[i].key != 0 {
		i = (i + 1) & mask
	}
	t.slots[i] = e
}
