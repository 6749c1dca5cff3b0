package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/libs/sla"
	"github.com/bedside-health/bedside/services/sentiment/enrich"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// routeFlags are the options of `bedside route test`.
type routeFlags struct {
	names                            namesFlags
	plan, location, region, site     string
	polarity, rating, language, text string
	at, age                          string
	topics, urgent, mentions, expect []string
	tag, asJSON                      bool
}

func newRouteTest(env Environment) *cobra.Command {
	var f routeFlags
	cmd := &cobra.Command{
		Use:   "test --plan FILE [flags that describe a review]",
		Short: "Show where a review would go by a plan",
		Long: `Shows the way of a review through the tree of a routing plan and what comes of it: owner,
priority, SLA policy, approval and channels. With --people or --running it also says who of the
people would get it now and when it would be due, and checks the names in the plan. With
--running and without --plan the plan is the one that counts there. With --tag the topics,
verdict, urgent flags and names come from the text, as Bedside itself tags it.

Each --expect KEY=VALUE is compared, and the exit code is 1 where one differs, so that a plan can
be tested before it counts. The keys are owner (team:NAME, person:ID, least_loaded, round_robin,
location_manager, mentioned_manager; or the id, e-mail address or name of who gets it), priority,
sla, approval (true, false), route (names with "/" between, or the last one) and channels (with
"," between; none is empty).`,
		Example: `  bedside route test --plan plan.yaml --topic billing:negative --rating 2 --expect owner=team:billing --expect sla=critical
  bedside route test --plan plan.yaml --people people.yaml --location harbor-eye --tag --text "They charged me twice." --at "2026-11-25 16:00"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return tryRoute(cmd.Context(), env, f) },
	}
	f.names.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.plan, "plan", "", "file of the plan")
	flags.StringVar(&f.location, "location", "", "id or name of the location the review is about")
	flags.StringVar(&f.region, "region", "", "region of the location; that of a known location is known")
	flags.StringVar(&f.site, "site", "", "site the review is on")
	flags.StringArrayVar(&f.topics, "topic", nil, "topic with its polarity, as billing:negative; may be repeated")
	flags.StringVar(&f.polarity, "polarity", "", "verdict of the whole review: positive, negative or mixed")
	flags.StringVar(&f.rating, "rating", "", "stars, 1 to 5")
	flags.StringArrayVar(&f.urgent, "urgent", nil, "urgent flag, as safety_harm; may be repeated")
	flags.StringVar(&f.language, "language", "", "language of the text, as en")
	flags.StringArrayVar(&f.mentions, "mention", nil, "person of the practice the text names; may be repeated")
	flags.StringVar(&f.text, "text", "", "text of the review")
	flags.BoolVar(&f.tag, "tag", false, "tag the text instead of saying its topics")
	flags.StringVar(&f.age, "age", "", "how long ago the review was posted, as 200d")
	flags.StringVar(&f.at, "at", "", "when it arrives, as 2026-11-25 16:00 at the location; now if left out")
	flags.StringArrayVar(&f.expect, "expect", nil, "what should come of it, as owner=team:billing; may be repeated")
	flags.BoolVar(&f.asJSON, "json", false, "print JSON")
	return cmd
}

// verdict is what `bedside route test` prints.
type verdict struct {
	Route    []string             `json:"route"`
	Owner    string               `json:"owner"`
	OwnerID  string               `json:"owner_id,omitempty"`
	GetsIt   string               `json:"gets_it,omitempty"`
	Reason   string               `json:"reason,omitempty"`
	Priority collections.Priority `json:"priority"`
	SLA      string               `json:"sla"`
	Due      []dueTime            `json:"due,omitempty"`
	Approval bool                 `json:"approval"`
	Channels []string             `json:"channels"`

	owners []string // all that an expectation may call the owner
}

// dueTime is one target of the policy.
type dueTime struct {
	Target  string    `json:"target"`
	Allowed string    `json:"allowed"`
	SoonAt  time.Time `json:"soon_at"`
	DueAt   time.Time `json:"due_at"`
}

func tryRoute(ctx context.Context, env Environment, f routeFlags) error {
	roster, err := f.names.roster(ctx, env)
	if err != nil {
		return err
	}
	var plan routing.Plan
	switch {
	case f.plan != "":
		plan, err = readPlan(env, f.plan, roster)
	case f.names.running:
		plan, err = currentPlan(ctx, env)
	default:
		err = errors.New("--plan is needed: it names the file of the plan")
	}
	if err != nil {
		return err
	}
	where, err := f.place(roster)
	if err != nil {
		return err
	}
	now, err := f.arrival(where)
	if err != nil {
		return err
	}
	subject, err := f.subject(where, now)
	if err != nil {
		return err
	}
	v := decide(plan, subject, where, roster, now)
	if err := f.print(env, v, where); err != nil {
		return err
	}
	return f.compare(env, v)
}

// place is the location of the review. Without a roster it is made of the flags.
func (f routeFlags) place(roster *routing.Roster) (*collections.Location, error) {
	if roster == nil || f.location == "" {
		return &collections.Location{Base: docstore.Base{ID: f.location}, Name: f.location, Region: f.region}, nil
	}
	for i, l := range roster.Locations {
		if l.ID == f.location || strings.EqualFold(l.Name, f.location) {
			if f.region != "" && !strings.EqualFold(f.region, l.Region) {
				return nil, fmt.Errorf("%s is in the region %q, not %q", l.Name, l.Region, f.region)
			}
			return &roster.Locations[i], nil
		}
	}
	return nil, fmt.Errorf("there is no location %q", f.location)
}

// arrival is the time of --at on the clock of the location.
func (f routeFlags) arrival(at *collections.Location) (time.Time, error) {
	if f.at == "" {
		return time.Now(), nil
	}
	if t, err := time.Parse(time.RFC3339, f.at); err == nil {
		return t, nil
	}
	loc, err := time.LoadLocation(at.TimeZone)
	if err != nil {
		return time.Time{}, fmt.Errorf("the location's time zone: %w", err)
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", f.at, loc)
	if err != nil {
		return t, errors.New("--at: want a time such as \"2026-11-25 16:00\" or 2026-11-25T16:00:00-06:00")
	}
	return t, nil
}

func (f routeFlags) subject(at *collections.Location, now time.Time) (routing.Subject, error) {
	doc := collections.Review{LocationID: at.ID, Site: f.site, Text: f.text}
	if f.tag {
		if len(f.topics)+len(f.urgent) > 0 || f.polarity != "" {
			return routing.Subject{}, errors.New("--tag takes topics, verdict and urgent flags from the text: leave out --topic, --polarity and --urgent")
		}
		lane := enrich.New()
		engine, err := tagging.NewWith(tagging.Options{Clauses: lane, Names: lane})
		if err != nil {
			return routing.Subject{}, err
		}
		doc.Analysis = engine.Analyze(f.text)
	}
	s := routing.SubjectOf(doc, *at)
	for _, t := range f.topics {
		topic, polarity, sided := strings.Cut(strings.ToLower(t), ":")
		if !review.Topic(topic).Known() || sided && !review.Polarity(polarity).Valid() {
			return s, fmt.Errorf("--topic: want a topic such as billing:negative, not %q", t)
		}
		if s.Topics = append(s.Topics, topic); sided {
			s.Topics = append(s.Topics, topic+":"+polarity)
		}
	}
	for _, u := range f.urgent {
		if !slices.Contains(review.UrgentFlags(), review.Urgent(u)) {
			return s, fmt.Errorf("--urgent: want safety_harm, discrimination, legal_threat or privacy, not %q", u)
		}
		s.Urgent = append(s.Urgent, review.Urgent(u))
	}
	if f.polarity != "" {
		if s.Overall = review.Polarity(f.polarity); !s.Overall.Valid() {
			return s, fmt.Errorf("--polarity: want positive, negative or mixed, not %q", f.polarity)
		}
	}
	if f.rating != "" {
		stars, err := strconv.ParseFloat(f.rating, 64)
		if err != nil || !(stars >= 1 && stars <= 5) { // NaN, too
			return s, fmt.Errorf("--rating: want 1 to 5 stars, not %q", f.rating)
		}
		s.Rating = &stars
	}
	if f.age != "" {
		age, err := sla.ParseDuration(f.age)
		if err != nil {
			return s, fmt.Errorf("--age: %w", err)
		}
		s.PostedAt = now.Add(-time.Duration(age))
	}
	s.Language = cmp.Or(f.language, s.Language)
	s.Mentions = append(s.Mentions, f.mentions...)
	return s, nil
}

func decide(plan routing.Plan, s routing.Subject, at *collections.Location, roster *routing.Roster, now time.Time) verdict {
	out := plan.Outcome(s)
	v := verdict{Route: out.Route, Owner: out.Owner.String(), Priority: out.Priority, SLA: out.SLA, Approval: out.Approval, Channels: out.Channels}
	if v.Channels == nil {
		v.Channels = []string{}
	}
	v.owners = append(v.owners, v.Owner, cmp.Or(out.Owner.Person, out.Owner.Team))
	if roster == nil || at.ID == "" {
		if plan.Stale(s, now) {
			v.Reason = "posted too long ago to be somebody's work unasked"
		}
		return v
	}
	stale := plan.Stale(s, now)
	d := routing.Choose(routing.Input{Plan: plan, Outcome: out, Location: at, People: roster.People, Urgent: len(s.Urgent) > 0, Stale: stale, Now: now})
	v.Reason = d.Reason
	if p := routing.FindPerson(roster.People, d.OwnerID); p != nil && d.OwnerID != "" {
		v.OwnerID, v.GetsIt = p.ID, cmp.Or(p.Name, p.Email, p.ID)
		v.owners = append(v.owners, p.ID, p.Email, p.Name, "person:"+p.ID, "person:"+p.Email)
	}
	if policy, ok := plan.Policies[out.SLA]; ok && !stale {
		hours := plan.Hours(out.SLA, at)
		for _, t := range []struct {
			name string
			d    sla.Duration
		}{{"first reply", policy.FirstReply}, {"next step", policy.NextStep}, {"resolution", policy.Resolution}} {
			if t.d > 0 {
				c := sla.Start(policy.Terms(t.d, hours), now)
				v.Due = append(v.Due, dueTime{Target: t.name, Allowed: t.d.String(), SoonAt: c.SoonAt, DueAt: c.DueAt})
			}
		}
	}
	return v
}

func (f routeFlags) print(env Environment, v verdict, at *collections.Location) error {
	if f.asJSON {
		e := json.NewEncoder(env.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	line := func(key, format string, args ...any) {
		fmt.Fprintf(env.Stdout, "%-10s%s\n", key, fmt.Sprintf(format, args...))
	}
	line("route", "%s", strings.Join(v.Route, " > "))
	line("owner", "%s", v.Owner)
	switch {
	case v.GetsIt != "":
		line("gets it", "%s (%s)", v.GetsIt, v.Reason)
	case v.Reason != "":
		line("gets it", "nobody (%s)", v.Reason)
	}
	line("priority", "%s", v.Priority)
	line("sla", "%s", cmp.Or(v.SLA, "none"))
	loc, err := time.LoadLocation(at.TimeZone)
	if err != nil {
		loc = time.UTC
	}
	for _, d := range v.Due {
		line("", "%s in %s: due %s, due soon %s", d.Target, d.Allowed, shown(d.DueAt, loc), shown(d.SoonAt, loc))
	}
	approval := "not needed"
	if v.Approval {
		approval = "needed"
	}
	line("approval", "%s", approval)
	line("channels", "%s", cmp.Or(strings.Join(v.Channels, ", "), "none"))
	return nil
}

func shown(t time.Time, loc *time.Location) string {
	return t.In(loc).Format("Mon 2006-01-02 15:04 MST")
}

// compare reports each expectation that does not hold.
func (f routeFlags) compare(env Environment, v verdict) error {
	differ := 0
	for _, e := range f.expect {
		key, want, ok := strings.Cut(e, "=")
		if !ok {
			return fmt.Errorf("--expect: want KEY=VALUE, not %q", e)
		}
		same, got, err := v.holds(key, want)
		if err != nil {
			return err
		}
		if !same {
			differ++
			fmt.Fprintf(env.Stderr, "expected %s=%s, got %s\n", key, want, got)
		}
	}
	switch differ {
	case 0:
		return nil
	case 1:
		return errors.New("an expectation does not hold")
	default:
		return fmt.Errorf("%d expectations do not hold", differ)
	}
}

func (v verdict) holds(key, want string) (same bool, got string, err error) {
	switch key {
	case "owner":
		got = v.Owner
		if v.GetsIt != "" {
			got += " (" + v.GetsIt + ")"
		}
		return want != "" && slices.ContainsFunc(v.owners, func(o string) bool { return strings.EqualFold(o, want) }), got, nil
	case "priority":
		return want == string(v.Priority), string(v.Priority), nil
	case "sla":
		return want == v.SLA, v.SLA, nil
	case "approval":
		got = strconv.FormatBool(v.Approval)
		return want == got, got, nil
	case "route":
		got = strings.Join(v.Route, "/")
		return want == got || len(v.Route) > 0 && want == v.Route[len(v.Route)-1], got, nil
	case "channels":
		var names []string
		for name := range strings.SplitSeq(want, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
		sorted := slices.Sorted(slices.Values(v.Channels))
		return slices.Equal(slices.Sorted(slices.Values(names)), sorted), strings.Join(sorted, ","), nil
	}
	return false, "", fmt.Errorf("--expect: there is no key %q; want owner, priority, sla, approval, route or channels", key)
}
