package digest

import (
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"github.com/bedside-health/bedside/services/response-workflow/notify"
)

// How much of a digest the mail shows; the page shows all.
const (
	mailTopics    = 8
	mailLocations = 15
	mailPromises  = 10
	mailPraised   = 8
)

//go:embed mail.html
var mailHTML string

var mailPage = template.Must(template.New("digest").Parse(mailHTML))

// Mail is a digest as an e-mail.
type Mail struct {
	Subject, Text, HTML string
}

// view is what the mail shows, in words.
type view struct {
	Title, Week, Dates string
	Figures            []figure
	Topics             []topicRow
	MoreTopics         int
	Locations          []locationRow
	MoreLocations      int
	Promises           []promiseRow
	MorePromises       int
	Praised            []Praised
	Moment             *momentRow
	Page, Settings     string
}

type figure struct{ Name, Now, Before string }

type topicRow struct {
	Name               string
	Count              int
	Change             string
	Positive, Negative int
}

type locationRow struct{ Name, Reviews, Rating, Change string }

type promiseRow struct {
	Due, Owner, URL string
	Missed          bool
}

type momentRow struct{ Quote, Where, URL string }

// Compose writes the mail. Links lead to the web app at base; times are of zone. Of commitments it
// gives owner and date and not the text, which staff write for each other and which may name a
// patient.
func Compose(d Digest, base string, zone *time.Location) Mail {
	v := view{
		Title: notify.Line(d.Title, 120), Week: d.Week,
		Dates: d.From.In(zone).Format("January 2") + " to " + d.To.In(zone).Add(-time.Second).Format("January 2, 2006"),
		Page:  base + "/digest?week=" + d.Week, Settings: base + "/settings/notifications",
	}
	v.Figures = []figure{
		{"Reviews", whole(d.Reviews.Now), whole(d.Reviews.Before)},
		{"Rating", stars(d.Rating.Now), stars(d.Rating.Before)},
		{"Answered", percent(d.Answered.Now), percent(d.Answered.Before)},
		{"Median time to first reply", duration(d.MedianReplySeconds.Now), duration(d.MedianReplySeconds.Before)},
		{"Overdue now", fmt.Sprint(d.Overdue), ""},
	}
	for i, t := range d.Topics {
		if i == mailTopics {
			v.MoreTopics = len(d.Topics) - i
			break
		}
		v.Topics = append(v.Topics, topicRow{
			Name: notify.TopicName(t.Topic), Count: t.Mentions(), Change: change(t.Mentions() - t.BeforeMentions()),
			Positive: t.Positive, Negative: t.Negative,
		})
	}
	if len(d.Locations) > 1 {
		for i, l := range d.Locations {
			if i == mailLocations {
				v.MoreLocations = len(d.Locations) - i
				break
			}
			v.Locations = append(v.Locations, locationRow{
				Name: notify.Line(l.Name, 120), Reviews: plural(int(*l.Reviews.Now), "review"), Rating: stars(l.Rating.Now),
				Change: change(int(*l.Reviews.Now - *l.Reviews.Before)),
			})
		}
	}
	for i, c := range d.Commitments {
		if i == mailPromises {
			v.MorePromises = len(d.Commitments) - i
			break
		}
		v.Promises = append(v.Promises, promiseRow{
			Due: c.DueAt.In(zone).Format("Monday, January 2"), Owner: notify.Line(c.OwnerName, 80),
			URL: notify.ReviewURL(base, c.ReviewID), Missed: c.State == "missed",
		})
	}
	v.Praised = d.Praised[:min(len(d.Praised), mailPraised)]
	if d.Moment != nil {
		where := notify.SiteName(d.Moment.Site)
		for _, l := range d.Locations {
			if l.LocationID == d.Moment.LocationID {
				where += ", " + notify.Line(l.Name, 120)
			}
		}
		v.Moment = &momentRow{Quote: d.Moment.Quote, Where: where, URL: notify.ReviewURL(base, d.Moment.ReviewID)}
	}
	var b strings.Builder
	if err := mailPage.Execute(&b, v); err != nil {
		// A strings.Builder takes everything and the view has only fields the template knows.
		panic(fmt.Sprintf("digest: the mail's template: %v", err))
	}
	return Mail{Subject: "Your week at " + v.Title + ": " + plural(int(*d.Reviews.Now), "review"), Text: v.text(), HTML: b.String()}
}

func (v view) text() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s\n%s\n", v.Title, v.Dates)
	if v.Moment != nil {
		line("Worth reading out\n\"%s\"\n%s\n%s\n", v.Moment.Quote, v.Moment.Where, v.Moment.URL)
	}
	for _, f := range v.Figures {
		if f.Before == "" {
			line("%s: %s", f.Name, f.Now)
		} else {
			line("%s: %s (week before: %s)", f.Name, f.Now, f.Before)
		}
	}
	section := func(title string, n int) bool {
		if n > 0 {
			line("\n%s", title)
		}
		return n > 0
	}
	more := func(n int) {
		if n > 0 {
			line("and %d more", n)
		}
	}
	if section("Topics", len(v.Topics)) {
		for _, t := range v.Topics {
			line("%s: %d (%s), %d positive, %d negative", t.Name, t.Count, t.Change, t.Positive, t.Negative)
		}
		more(v.MoreTopics)
	}
	if section("Praised by name", len(v.Praised)) {
		for _, p := range v.Praised {
			line("%s: %s", p.Name, plural(p.Count, "review"))
		}
	}
	if section("Open promises", len(v.Promises)) {
		for _, p := range v.Promises {
			late := ""
			if p.Missed {
				late = ", overdue"
			}
			line("%s, %s%s\n%s", p.Due, p.Owner, late, p.URL)
		}
		more(v.MorePromises)
	}
	if section("Locations", len(v.Locations)) {
		for _, l := range v.Locations {
			line("%s: %s (%s), rating %s", l.Name, l.Reviews, l.Change, l.Rating)
		}
		more(v.MoreLocations)
	}
	line("\nAll of it: %s\nChoose what you hear: %s", v.Page, v.Settings)
	return b.String()
}

const nothing = "none"

func whole(v *float64) string {
	if v == nil {
		return nothing
	}
	return fmt.Sprintf("%.0f", *v)
}

func stars(v *float64) string {
	if v == nil {
		return nothing
	}
	return fmt.Sprintf("%.1f", *v)
}

func percent(v *float64) string {
	if v == nil {
		return nothing
	}
	return fmt.Sprintf("%.0f%%", *v*100)
}

// duration is a time in the largest units that matter.
func duration(v *float64) string {
	switch {
	case v == nil:
		return nothing
	case *v < 2*60*60:
		return plural(int(math.Round(*v/60)), "minute")
	default:
		return plural(int(math.Round(*v/3600)), "hour")
	}
}

func change(n int) string {
	switch {
	case n > 0:
		return fmt.Sprintf("up %d", n)
	case n < 0:
		return fmt.Sprintf("down %d", -n)
	}
	return "as before"
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
