package notify

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
)

// MaxListed is how many notifications a message lists; it says how many more there are.
const MaxListed = 50

// Message is what one recipient gets at once.
type Message struct {
	Recipient string
	// Subject is one line without control characters.
	Subject string
	Text    string
	// HTML is a whole page without scripts and without anything to load.
	HTML string
	// Urgent says that something of it broke through.
	Urgent bool
	// Items are what is listed, most urgent first; More is how many are not.
	Items []Item
	More  int
	// IDs are all notifications the message is made of.
	IDs []string
}

// Item is one line of a message.
type Item struct {
	ID         string    `json:"id"`
	Kind       string    `json:"kind"`
	Urgent     bool      `json:"urgent"`
	Title      string    `json:"title"`
	ReviewID   string    `json:"review_id"`
	LocationID string    `json:"location_id"`
	At         time.Time `json:"at"`
	URL        string    `json:"url"`
}

// Group makes one message for each recipient, in the order of the recipients. Links lead to
// the web app at base.
func Group(notifications []collections.Notification, base string) []Message {
	byRecipient := map[string][]collections.Notification{}
	var order []string
	for _, n := range notifications {
		if byRecipient[n.Recipient] == nil {
			order = append(order, n.Recipient)
		}
		byRecipient[n.Recipient] = append(byRecipient[n.Recipient], n)
	}
	slices.Sort(order)
	out := make([]Message, 0, len(order))
	for _, recipient := range order {
		out = append(out, compose(recipient, byRecipient[recipient], base))
	}
	return out
}

func compose(recipient string, ns []collections.Notification, base string) Message {
	ns = slices.Clone(ns)
	slices.SortFunc(ns, func(a, b collections.Notification) int {
		return cmp.Or(cmp.Compare(weight(a), weight(b)), a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	m := Message{Recipient: recipient, More: max(0, len(ns)-MaxListed)}
	for i, n := range ns {
		m.IDs = append(m.IDs, n.ID)
		m.Urgent = m.Urgent || n.Urgent
		if i < MaxListed {
			m.Items = append(m.Items, Item{
				ID: n.ID, Kind: n.Kind, Urgent: n.Urgent, Title: Line(n.Title, maxTitleRunes), ReviewID: n.ReviewID,
				LocationID: n.LocationID, At: n.At, URL: ReviewURL(base, n.ReviewID),
			})
		}
	}
	m.Subject = subject(ns, m.Items)
	page := page{Subject: m.Subject, Items: m.Items, More: m.More, All: base + "/notifications", Settings: base + "/settings/notifications"}
	m.Text, m.HTML = page.text(), page.html()
	return m
}

const maxTitleRunes = 300

// kindsByWeight are the kinds, the most urgent first, with the words that count them.
var kindsByWeight = []struct{ kind, one, many string }{
	{Urgent, "urgent", "urgent"}, {Overdue, "overdue", "overdue"}, {DueSoon, "due soon", "due soon"},
	{Approval, "about approval", "about approval"}, {Commitment, "about a promise", "about promises"},
	{Reply, "about a reply", "about replies"}, {Mention, "mention", "mentions"}, {Assigned, "assigned", "assigned"},
}

// weight sorts: what is urgent first, then by kind.
func weight(n collections.Notification) int {
	i := slices.IndexFunc(kindsByWeight, func(k struct{ kind, one, many string }) bool { return k.kind == n.Kind })
	if i < 0 {
		i = len(kindsByWeight)
	}
	if !n.Urgent {
		i += len(kindsByWeight) + 1
	}
	return i
}

func subject(ns []collections.Notification, items []Item) string {
	if len(ns) == 1 {
		return items[0].Title
	}
	counts := map[string]int{}
	for _, n := range ns {
		counts[n.Kind]++
	}
	var parts []string
	for _, k := range kindsByWeight {
		switch n := counts[k.kind]; n {
		case 0:
		case 1:
			parts = append(parts, "1 "+k.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, k.many))
		}
	}
	return fmt.Sprintf("%d updates on reviews: %s", len(ns), strings.Join(parts, ", "))
}

// ReviewURL is a review's page in the web app at base.
func ReviewURL(base, reviewID string) string { return base + "/reviews/" + url.PathEscape(reviewID) }

type page struct {
	Subject, All, Settings string
	Items                  []Item
	More                   int
}

func (p page) text() string {
	var b strings.Builder
	for _, item := range p.Items {
		fmt.Fprintf(&b, "%s\n%s\n\n", item.Title, item.URL)
	}
	if p.More > 0 {
		fmt.Fprintf(&b, "And %d more: %s\n\n", p.More, p.All)
	}
	fmt.Fprintf(&b, "Choose what you hear and when: %s\n", p.Settings)
	return b.String()
}

//go:embed message.html
var messageHTML string

var messagePage = template.Must(template.New("message").Parse(messageHTML))

func (p page) html() string {
	var b strings.Builder
	if err := messagePage.Execute(&b, p); err != nil {
		// A strings.Builder takes everything and the page has only fields the template knows.
		panic(fmt.Sprintf("notify: the message's template: %v", err))
	}
	return b.String()
}
