// Package digest makes the week of a location or a group out of its reviews: numbers against the
// week before, who was praised, what is open, and one moment worth reading out at the staff
// meeting. It is pure.
//
// A review belongs to the week in which it was posted, in the time zone of the reader; one that is
// no longer on its site belongs to none. The same reviews in any order give the same digest. The
// mail names no author and quotes nothing but the moment, which is what the public reads on the site.
package digest

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/libs/review"
)

// Bounds of what a digest lists.
const (
	MaxCommitments = 50
	MaxPraised     = 20
)

// Week is a week from Monday to Sunday in a time zone.
type Week struct {
	Name     string // ISO 8601, "2026-W47"
	From, To time.Time
}

var weekName = regexp.MustCompile(`^(\d{4})-W(\d{2})$`)

// ParseWeek reads "2026-W47".
func ParseWeek(name string, zone *time.Location) (Week, error) {
	m := weekName.FindStringSubmatch(name)
	if m == nil {
		return Week{}, problem.New(problem.Invalid, "bad_week", "a week is written as 2026-W47")
	}
	year, _ := strconv.Atoi(m[1])
	n, _ := strconv.Atoi(m[2])
	// The fourth of January is always in the first week.
	first := monday(time.Date(year, time.January, 4, 0, 0, 0, 0, zone))
	w := weekOf(time.Date(first.Year(), first.Month(), first.Day()+7*(n-1), 0, 0, 0, 0, zone))
	if w.Name != name {
		return Week{}, problem.New(problem.Invalid, "bad_week", "the year %d has no week %d", year, n)
	}
	return w, nil
}

// Last is the last week that was complete at a time.
func Last(now time.Time, zone *time.Location) Week {
	local := now.In(zone)
	return weekOf(monday(time.Date(local.Year(), local.Month(), local.Day()-7, 0, 0, 0, 0, zone)))
}

func monday(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()-(int(t.Weekday())+6)%7, 0, 0, 0, 0, t.Location())
}

func weekOf(from time.Time) Week {
	year, n := from.ISOWeek()
	return Week{
		Name: fmt.Sprintf("%04d-W%02d", year, n), From: from,
		To: time.Date(from.Year(), from.Month(), from.Day()+7, 0, 0, 0, 0, from.Location()),
	}
}

// Before is when the week before begins.
func (w Week) Before() time.Time {
	return time.Date(w.From.Year(), w.From.Month(), w.From.Day()-7, 0, 0, 0, 0, w.From.Location())
}

// Count is a number of the week and of the week before; nil where there is nothing to count.
type Count struct {
	Now    *float64 `json:"now"`
	Before *float64 `json:"before"`
}

// Topic is how often a topic was spoken of.
type Topic struct {
	Topic          string `json:"topic"`
	Positive       int    `json:"positive"`
	Negative       int    `json:"negative"`
	Mixed          int    `json:"mixed"`
	BeforePositive int    `json:"before_positive"`
	BeforeNegative int    `json:"before_negative"`
	BeforeMixed    int    `json:"before_mixed"`
}

// Mentions is how often the topic was spoken of in the week.
func (t Topic) Mentions() int { return t.Positive + t.Negative + t.Mixed }

// BeforeMentions is how often it was in the week before.
func (t Topic) BeforeMentions() int { return t.BeforePositive + t.BeforeNegative + t.BeforeMixed }

// Location is one location of a digest of several.
type Location struct {
	LocationID string `json:"location_id"`
	Name       string `json:"name"`
	Reviews    Count  `json:"reviews"`
	Rating     Count  `json:"rating"`
}

// Commitment is an open promise.
type Commitment struct {
	ID         string            `json:"id"`
	Text       string            `json:"text"`
	OwnerID    string            `json:"owner_id"`
	DueAt      time.Time         `json:"due_at"`
	By         collections.Actor `json:"by"`
	At         time.Time         `json:"at"`
	State      string            `json:"state"` // open, missed
	ReviewID   string            `json:"review_id"`
	LocationID string            `json:"location_id"`
	// OwnerName is for the mail.
	OwnerName string `json:"-"`
}

// Praised is a person of the practice whom reviews praise.
type Praised struct {
	Name  string `json:"name"`
	Count int    `json:"count"` // reviews
}

// Digest is the week. Its JSON is the Digest of the gateway's API.
type Digest struct {
	Week  string    `json:"week"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Title string    `json:"title"`
	// Reviews counts them, Rating is their mean (1 to 5), Answered the share of them that has a reply
	// (0 to 1), MedianReplySeconds the median time to the first reply on the clock of the SLA policy.
	Reviews            Count `json:"reviews"`
	Rating             Count `json:"rating"`
	Answered           Count `json:"answered"`
	MedianReplySeconds Count `json:"median_reply_seconds"`
	// Overdue is how many cases are overdue when the digest is made, of whatever week.
	Overdue     int          `json:"overdue"`
	Topics      []Topic      `json:"topics"`    // most spoken of first
	Locations   []Location   `json:"locations"` // by name
	Commitments []Commitment `json:"commitments"`
	Praised     []Praised    `json:"praised"`
	Moment      *Moment      `json:"moment,omitempty"`
}

// Empty reports that there is nothing to tell.
func (d Digest) Empty() bool {
	return *d.Reviews.Now == 0 && *d.Reviews.Before == 0 && d.Overdue == 0 && len(d.Commitments) == 0
}

// Input is what a digest is made of.
type Input struct {
	Title string
	// Locations are those of the digest; reviews of others are left out.
	Locations []collections.Location
	People    []collections.Person
	// Reviews are those posted in the week and the week before; others are left out.
	Reviews []collections.Review
	// Promised are the reviews with an open commitment.
	Promised []collections.Review
	Overdue  int
	Now      time.Time
}

// Make makes the digest of a week.
func Make(in Input, week Week) Digest {
	b := New(week, in.Locations)
	for i := range in.Reviews {
		b.Add(&in.Reviews[i])
	}
	for i := range in.Promised {
		b.Promise(&in.Promised[i], in.People, in.Now)
	}
	return b.Digest(in.Title, in.Overdue)
}

// Builder makes a digest of reviews that come one by one, so that not all are in memory.
type Builder struct {
	week      Week
	names     map[string]string
	now, was  figures
	locations map[string]*[2]figures
	topics    map[string]*Topic
	praise    praise
	moment    choice
	promises  []Commitment
}

// figures are the sums of one week.
type figures struct {
	reviews, rated, answered int
	stars                    float64
	reply                    []int64
}

// New begins a digest of a week and some locations.
func New(week Week, locations []collections.Location) *Builder {
	b := &Builder{week: week, names: map[string]string{}, locations: map[string]*[2]figures{}, topics: map[string]*Topic{}, praise: praise{}}
	for _, l := range locations {
		b.names[l.ID], b.locations[l.ID] = l.Name, &[2]figures{}
	}
	return b
}

// Add counts a review that is of the week or the week before.
func (b *Builder) Add(doc *collections.Review) {
	both := b.locations[doc.LocationID]
	if both == nil || doc.Removed || doc.PostedAt.Before(b.week.Before()) || !doc.PostedAt.Before(b.week.To) {
		return
	}
	current := !doc.PostedAt.Before(b.week.From)
	sums, location := &b.was, &both[1]
	if current {
		sums, location = &b.now, &both[0]
	}
	sums.add(doc)
	location.add(doc)
	b.addTopics(doc, current)
	if current {
		b.praise.add(doc)
		b.moment.consider(doc)
	}
}

func (f *figures) add(doc *collections.Review) {
	f.reviews++
	if doc.Rating != nil {
		f.rated++
		f.stars += *doc.Rating
	}
	if answered(doc) {
		f.answered++
	}
	if c := doc.Case.FirstReply; !c.MetAt.IsZero() && answered(doc) {
		f.reply = append(f.reply, c.SpentSeconds)
	}
}

// answered reports whether the public can read a reply, or will once the site has looked at it.
func answered(doc *collections.Review) bool {
	if p := doc.Publication; p != nil {
		switch p.State {
		case collections.PublicationPublished, collections.PublicationPending, collections.PublicationCopied, collections.PublicationChanged:
			return true
		}
	}
	return doc.SourceReply != nil && doc.SourceReply.State != "rejected"
}

func (b *Builder) addTopics(doc *collections.Review, current bool) {
	for _, tag := range doc.Analysis.Tags {
		t := b.topics[string(tag.Topic)]
		if t == nil {
			t = &Topic{Topic: string(tag.Topic)}
			b.topics[t.Topic] = t
		}
		counter := map[review.Polarity][2]*int{
			review.Positive: {&t.Positive, &t.BeforePositive},
			review.Negative: {&t.Negative, &t.BeforeNegative},
			review.Mixed:    {&t.Mixed, &t.BeforeMixed},
		}[tag.Polarity]
		switch {
		case counter[0] == nil:
		case current:
			*counter[0]++
		default:
			*counter[1]++
		}
	}
}

// Promise lists the open commitments of a review, the first to be due first.
func (b *Builder) Promise(doc *collections.Review, people []collections.Person, now time.Time) {
	if b.locations[doc.LocationID] == nil {
		return
	}
	for _, c := range doc.Commitments {
		if !c.DoneAt.IsZero() || c.Dropped {
			continue
		}
		out := Commitment{
			ID: c.ID, Text: c.Text, OwnerID: c.OwnerID, DueAt: c.DueAt, By: c.By, At: c.At, State: "open",
			ReviewID: doc.ID, LocationID: doc.LocationID,
		}
		if c.DueAt.Before(now) {
			out.State = "missed"
		}
		if i := slices.IndexFunc(people, func(p collections.Person) bool { return p.ID == c.OwnerID }); i >= 0 {
			out.OwnerName = people[i].Name
		}
		b.promises = append(b.promises, out)
	}
	slices.SortFunc(b.promises, func(x, y Commitment) int {
		return cmp.Or(x.DueAt.Compare(y.DueAt), cmp.Compare(x.ReviewID, y.ReviewID), cmp.Compare(x.ID, y.ID))
	})
	b.promises = b.promises[:min(len(b.promises), MaxCommitments)]
}

// Digest is the digest of what was added.
func (b *Builder) Digest(title string, overdue int) Digest {
	d := Digest{
		Week: b.week.Name, From: b.week.From.UTC(), To: b.week.To.UTC(), Title: title, Overdue: overdue,
		Reviews: count(b.now, b.was, figures.volume), Rating: count(b.now, b.was, figures.rating),
		Answered: count(b.now, b.was, figures.share), MedianReplySeconds: count(b.now, b.was, figures.median),
		Topics: []Topic{}, Locations: []Location{}, Commitments: []Commitment{}, Praised: b.praise.list(), Moment: b.moment.moment(),
	}
	for _, t := range b.topics {
		d.Topics = append(d.Topics, *t)
	}
	slices.SortFunc(d.Topics, func(x, y Topic) int {
		return cmp.Or(cmp.Compare(y.Mentions(), x.Mentions()), cmp.Compare(y.BeforeMentions(), x.BeforeMentions()), cmp.Compare(x.Topic, y.Topic))
	})
	for id, both := range b.locations {
		d.Locations = append(d.Locations, Location{
			LocationID: id, Name: b.names[id],
			Reviews: count(both[0], both[1], figures.volume), Rating: count(both[0], both[1], figures.rating),
		})
	}
	slices.SortFunc(d.Locations, func(x, y Location) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.LocationID, y.LocationID))
	})
	d.Commitments = append(d.Commitments, b.promises...)
	return d
}

func count(now, was figures, of func(figures) (float64, bool)) Count {
	var c Count
	if v, ok := of(now); ok {
		c.Now = &v
	}
	if v, ok := of(was); ok {
		c.Before = &v
	}
	return c
}

func (f figures) volume() (float64, bool) { return float64(f.reviews), true }

func (f figures) rating() (float64, bool) { return f.stars / float64(max(f.rated, 1)), f.rated > 0 }

func (f figures) share() (float64, bool) {
	return float64(f.answered) / float64(max(f.reviews, 1)), f.reviews > 0
}

func (f figures) median() (float64, bool) {
	n := len(f.reply)
	if n == 0 {
		return 0, false
	}
	sorted := slices.Sorted(slices.Values(f.reply))
	if n%2 == 1 {
		return float64(sorted[n/2]), true
	}
	return float64(sorted[n/2-1]+sorted[n/2]) / 2, true
}
