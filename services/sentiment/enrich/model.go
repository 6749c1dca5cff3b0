package enrich

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jdkato/prose/v2"
)

// model is what prose's model knows, packed: prose keeps half a million strings in maps
// of maps, which take 40 MB and most of an answer's time. Here a feature is a hash, so the same
// takes a few MB and nothing that a garbage collector has to look at.
type model struct {
	speech table
	fixed  map[string]uint8 // the tag of words that have but one, as an index of speech.labels
	names  table            // empty unless names were asked for
}

// table gives each feature its weight for some of the labels.
type table struct {
	labels  []string
	slots   []slot // open addressing; its length is a power of two
	classes []uint8
	weights []float32
}

// slot is a feature: its weights are those from first up to first+count. A count of 0
// marks a free slot.
type slot struct {
	feature uint64
	first   uint32
	count   uint32
}

func newTable(labels []string, features int) table {
	size := 1
	for size < features*3/2 {
		size *= 2
	}
	return table{labels: labels, slots: make([]slot, size)}
}

// find is the slot of a feature, or the free one where it belongs.
func (t *table) find(feature uint64) *slot {
	mask := uint64(len(t.slots) - 1)
	for i := feature & mask; ; i = (i + 1) & mask {
		if s := &t.slots[i]; s.count == 0 || s.feature == feature {
			return s
		}
	}
}

// add adds a feature's weights to the scores of labels.
func (t *table) add(scores []float64, feature uint64) {
	s := t.find(feature)
	for i := s.first; i < s.first+s.count; i++ {
		scores[t.classes[i]] += float64(t.weights[i])
	}
}

// best is the label with the highest score.
func best(scores []float64) int {
	at := 0
	for i, score := range scores {
		if score > scores[at] {
			at = i
		}
	}
	return at
}

// load packs prose's default model, which prose hands out only with a document. A model that
// does not look as expected is an error: prose is of another version then.
func load(names bool) (m *model, err error) {
	defer func() {
		if r := recover(); r != nil {
			m, err = nil, fmt.Errorf("read the model of prose: %v", r)
		}
	}()
	doc, err := prose.NewDocument("x", prose.WithExtraction(names), prose.WithSegmentation(false))
	if err != nil {
		return nil, fmt.Errorf("load the model of prose: %w", err)
	}
	// prose exports none of this; reflection may read it all the same.
	source := reflect.ValueOf(doc.Model).Elem()
	perceptron := source.FieldByName("tagger").Elem().FieldByName("model").Elem()
	m = &model{}
	m.speech, m.fixed = packSpeech(perceptron)
	if names {
		m.names = packNames(source.FieldByName("extracter").Elem().FieldByName("model").Elem())
	}
	return m, nil
}

// packSpeech packs the weights of parts of speech, which are for each feature a map of labels,
// and the tags of words that have but one.
func packSpeech(perceptron reflect.Value) (t table, fixed map[string]uint8) {
	known := map[string]uint8{}
	label := func(name string) uint8 {
		i, ok := known[name]
		if !ok {
			i = uint8(len(known)) //nolint:gosec // There are some fifty labels.
			known[name] = i
			t.labels = append(t.labels, name)
		}
		return i
	}
	features := perceptron.FieldByName("weights")
	t = newTable(nil, features.Len())
	for all := features.MapRange(); all.Next(); {
		feature := hashOf(all.Key().String())
		s := t.find(feature)
		s.feature, s.first = feature, uint32(len(t.classes)) //nolint:gosec // There are some 270,000 weights.
		for each := all.Value().MapRange(); each.Next(); {
			t.classes = append(t.classes, label(each.Key().String()))
			t.weights = append(t.weights, float32(each.Value().Float()))
			s.count++
		}
	}
	t.classes, t.weights = slices.Clip(t.classes), slices.Clip(t.weights)
	fixed = map[string]uint8{}
	for tags := perceptron.FieldByName("tagMap").MapRange(); tags.Next(); {
		fixed[tags.Key().String()] = label(tags.Value().String())
	}
	return t, fixed
}

// packNames packs the weights of names: a map from "feature-value-label" to a place in a list.
func packNames(maxent reflect.Value) table {
	mapping, weights, names := maxent.FieldByName("mapping"), maxent.FieldByName("weights"), maxent.FieldByName("labels")
	var labels []string
	for i := range names.Len() {
		labels = append(labels, names.Index(i).String())
	}
	type part struct {
		feature uint64
		class   uint8
		weight  float32
	}
	parts := make([]part, 0, mapping.Len())
	for all := mapping.MapRange(); all.Next(); {
		key := all.Key().String()
		for class, label := range labels {
			if feature, ok := strings.CutSuffix(key, label); ok && strings.HasSuffix(feature, "-") {
				parts = append(parts, part{hashOf(feature[:len(feature)-1]), uint8(class), float32(weights.Index(int(all.Value().Int())).Float())}) //nolint:gosec // There are nine labels.
			}
		}
	}
	slices.SortFunc(parts, func(a, b part) int {
		switch {
		case a.feature < b.feature:
			return -1
		case a.feature > b.feature:
			return 1
		}
		return int(a.class) - int(b.class)
	})
	features := 0
	for i := range parts {
		if i == 0 || parts[i].feature != parts[i-1].feature {
			features++
		}
	}
	t := newTable(labels, features)
	t.classes, t.weights = make([]uint8, len(parts)), make([]float32, len(parts))
	for i, p := range parts {
		t.classes[i], t.weights[i] = p.class, p.weight
		s := t.find(p.feature)
		if s.count == 0 {
			s.feature, s.first = p.feature, uint32(i) //nolint:gosec // There are some 150,000 weights.
		}
		s.count++
	}
	return t
}

// hash is FNV-1a, fed in parts.
type hash uint64

const hashStart hash = 14695981039346656037

func (h hash) text(s string) hash {
	for i := range len(s) {
		h = (h ^ hash(s[i])) * 1099511628211
	}
	return h
}

func hashOf(s string) uint64 { return uint64(hashStart.text(s)) }
