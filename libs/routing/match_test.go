package routing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/routing"
	"github.com/bedside-health/bedside/libs/sla"
)

func stars(r float64) *float64 { return &r }

func TestOutcome_EachKindOfMatch_TakesWhatItNames(t *testing.T) {
	subject := routing.Subject{
		LocationID: "l1", LocationName: "Harbor Eye", Region: "North", Site: "google",
		Topics: []string{"billing", "billing:negative", "own.parking", "own.parking:mixed"}, Overall: review.Negative, Rating: stars(2),
		Urgent: []review.Urgent{review.LegalThreat}, Language: "en-US", Mentions: []string{"Doctor Bee"},
		Text: "They charged me twice!! My attorney’s letter, re-funding the CAFÉ… won't do.",
	}
	const plan = `
providers: [{name: Dr. Beatrice Okafor, aliases: [Dr. Bee, Okafor]}]
tree: {routes: [{name: hit, match: {%s}}]}
`
	for match, want := range map[string]bool{
		"locations: l1": true, "locations: harbor eye": true, "locations: [l2, l3]": false, "locations: [l2, l1]": true, "locations: L1": false,
		"regions: north": true, "regions: south": false,
		"sites: [yelp, Google]": true, "sites: yelp": false,
		"topics: billing": true, "topics: billing:negative": true, "topics: 'billing: negative'": true, "topics: billing:positive": false, "topics: [facility, own.parking]": true, "topics: wait_times": false,
		"polarity: negative": true, "polarity: [positive, mixed]": false,
		"rating_min: 2": true, "rating_min: 2.1": false, "rating_max: 2": true, "rating_max: 1.5": false, "rating_min: 1, rating_max: 3": true,
		"unrated: true": false, "unrated: true, rating_max: 3": true, "unrated: false": true,
		"urgent: true": true, "urgent: false": false, "urgent: any": true, "urgent: none": false, "urgent: [privacy, legal_threat]": true, "urgent: privacy": false,
		"languages: en": true, "languages: [es, fr]": false,
		"mentions: any": true, "mentions: dr beatrice okafor": true, "mentions: Okafor": true, "mentions: Dr. Lee": false,
		"text: twice": true, "text: TWICE": true, "text: charge": false, "text: 'charge*'": true, "text: charged me twice": true, "text: me charged": false,
		"text: '\"charged me\"'": true, "text: 'charged me tw*'": true, "text: cafe": true, "text: \"attorney's letter\"": true, "text: attorney": true, "text: attorneys": false, "text: wont": true, "text: [nothing, letter]": true,
		"locations: l1, sites: google, topics: billing, polarity: negative": true, "locations: l1, sites: yelp": false,
	} {
		t.Run(match, func(t *testing.T) {
			out := parse(t, replace(plan, match)).Outcome(subject)
			if want {
				require.Equal(t, []string{"all", "hit"}, out.Route)
			} else {
				require.Equal(t, []string{"all"}, out.Route)
			}
		})
	}
}

func TestOutcome_ReviewOfWhichNothingIsKnown_MatchesOnlyWhatAsksForThat(t *testing.T) {
	const plan = "tree: {routes: [{name: hit, match: {%s}}]}"
	for match, want := range map[string]bool{
		"unrated: true": true, "unrated: true, rating_min: 4": true, "rating_min: 0": false, "urgent: false": true, "urgent: true": false,
		"mentions: any": false, "regions: north": false, "text: a": false, "locations: x": false, "languages: en": false, "polarity: mixed": false,
	} {
		out := parse(t, replace(plan, match)).Outcome(routing.Subject{})
		require.Equal(t, want, len(out.Route) == 2, match)
	}
}

func replace(plan, match string) string {
	for i := 0; i+1 < len(plan); i++ {
		if plan[i:i+2] == "%s" {
			return plan[:i] + match + plan[i+2:]
		}
	}
	return plan
}

func TestOutcome_Tree_FirstMatchDepthFirstWithInheritance(t *testing.T) {
	plan := parse(t, `
teams: {desk: {members: [a]}, money: {members: [b]}}
policies: {slow: {first_reply: 2d}, fast: {first_reply: 4h}, mid: {first_reply: 1d}}
tree:
  name: root
  owner: {team: desk}
  sla: slow
  approval: false
  notify: [everyone]
  routes:
    - {name: watch, match: {polarity: negative}, continue: true, notify: [watch, everyone], approval: true, owner: {person: nobody}, priority: low, sla: fast}
    - {name: tell, match: {sites: google}, continue: true, notify: [google]}
    - name: money
      match: {topics: billing}
      owner: {team: money}
      sla: mid
      routes:
        - {name: big, match: {text: lawsuit}, priority: high, approval: true, notify: [legal]}
        - {name: yelp, match: {sites: yelp}, continue: true, notify: [yelp]}
        - {match: {rating_max: 1}, sla: fast, approval: false}
    - {name: rest, notify: [rest]}
`)
	for _, c := range []struct {
		name    string
		subject routing.Subject
		want    routing.Outcome
	}{
		{"the last route", routing.Subject{}, routing.Outcome{Route: []string{"root", "rest"}, Owner: routing.Owner{Team: "desk"}, Priority: "normal", SLA: "slow", Channels: []string{"everyone", "rest"}}},
		{"the node itself where no child matches", routing.Subject{Topics: []string{"billing"}}, routing.Outcome{Route: []string{"root", "money"}, Owner: routing.Owner{Team: "money"}, Priority: "normal", SLA: "mid", Channels: []string{"everyone"}}},
		{"the first child, not the later", routing.Subject{Topics: []string{"billing"}, Text: "lawsuit", Rating: stars(1)}, routing.Outcome{Route: []string{"root", "money", "big"}, Owner: routing.Owner{Team: "money"}, Priority: "high", SLA: "mid", Approval: true, Channels: []string{"everyone", "legal"}}},
		{"a continuing child decides and the next adds", routing.Subject{Topics: []string{"billing"}, Site: "yelp", Rating: stars(1)}, routing.Outcome{Route: []string{"root", "money", "yelp"}, Owner: routing.Owner{Team: "money"}, Priority: "normal", SLA: "mid", Channels: []string{"everyone", "yelp"}}},
		{"a child without a name", routing.Subject{Topics: []string{"billing"}, Rating: stars(1)}, routing.Outcome{Route: []string{"root", "money", "routes[2]"}, Owner: routing.Owner{Team: "money"}, Priority: "normal", SLA: "fast", Channels: []string{"everyone"}}},
		{"the first of those that continue decides", routing.Subject{Overall: review.Negative, Site: "google", Topics: []string{"billing"}}, routing.Outcome{Route: []string{"root", "watch"}, Owner: routing.Owner{Person: "nobody"}, Priority: "low", SLA: "fast", Approval: true, Channels: []string{"everyone", "watch", "google"}}},
		{"later ones ask for approval", routing.Subject{Site: "google", Topics: []string{"billing"}, Text: "A lawsuit!"}, routing.Outcome{Route: []string{"root", "tell"}, Owner: routing.Owner{Team: "desk"}, Priority: "normal", SLA: "slow", Approval: true, Channels: []string{"everyone", "google", "legal"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, plan.Outcome(c.subject))
		})
	}
}

func TestOutcome_MentionedProviders_FirstWithAManager(t *testing.T) {
	plan := parse(t, `
providers:
  - {name: Dr. Lee}
  - {name: Dr. Beatrice Okafor, aliases: [Dr. Bee], manager: gil}
  - {name: Dr. Zed, manager: hana}
`)
	for _, c := range []struct {
		mentions []string
		want     string
	}{
		{nil, ""}, {[]string{"Dr. Lee"}, ""}, {[]string{"DR BEE"}, "gil"}, {[]string{"Nobody", "Dr. Lee", "Doctor Zed", "Dr. Bee"}, "hana"}, {[]string{"Zed"}, ""},
	} {
		require.Equal(t, c.want, plan.Outcome(routing.Subject{Mentions: c.mentions}).Manager, "%v", c.mentions)
	}
}

func TestDefault_KindsOfReviews_SameTargetsAsBeforeThereWerePlans(t *testing.T) {
	plan := routing.Default(4*time.Hour, 24*time.Hour, 48*time.Hour)
	require.Empty(t, plan.Validate())
	for _, c := range []struct {
		name string
		s    routing.Subject
		want time.Duration
	}{
		{"urgent and positive", routing.Subject{Urgent: []review.Urgent{review.Privacy}, Overall: review.Positive, Rating: stars(5)}, 4 * time.Hour},
		{"negative", routing.Subject{Overall: review.Negative, Rating: stars(5)}, 24 * time.Hour},
		{"mixed", routing.Subject{Overall: review.Mixed}, 24 * time.Hour},
		{"three stars, kind words", routing.Subject{Overall: review.Positive, Rating: stars(3)}, 24 * time.Hour},
		{"just above three", routing.Subject{Overall: review.Positive, Rating: stars(3.5)}, 48 * time.Hour},
		{"positive without stars", routing.Subject{Overall: review.Positive}, 48 * time.Hour},
		{"stars without text", routing.Subject{Rating: stars(5)}, 48 * time.Hour},
		{"few stars without text", routing.Subject{Rating: stars(1)}, 24 * time.Hour},
		{"nothing known", routing.Subject{}, 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := plan.Outcome(c.s)
			require.Equal(t, c.want, time.Duration(plan.Policies[out.SLA].FirstReply))
			require.Equal(t, routing.Owner{}, out.Owner)
			require.False(t, out.Approval)
			now := time.Date(2026, 3, 7, 23, 0, 0, 0, time.UTC)
			clock := sla.Start(plan.Policies[out.SLA].Terms(plan.Policies[out.SLA].FirstReply, plan.Hours(out.SLA, nil)), now)
			require.Equal(t, now.Add(c.want), clock.DueAt)
		})
	}
}

func TestValidateDurations_Faults_AllTold(t *testing.T) {
	require.NoError(t, routing.ValidateDurations(4*time.Hour, 24*time.Hour, 48*time.Hour))
	err := routing.ValidateDurations(time.Second, 100*24*time.Hour, time.Hour)
	require.ErrorContains(t, err, "urgent is 1s")
	require.ErrorContains(t, err, "critical is")
	require.ErrorContains(t, err, "more serious")
	require.NotContains(t, err.Error(), "favourable is")
}

func TestSubjectOf_Review_WhatTheTreeLooksAt(t *testing.T) {
	posted := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	doc := collections.Review{
		Base: docstore.Base{ID: "r1"}, LocationID: "l1", Site: "google", Rating: stars(2), Title: "Twice", Text: "charged", PostedAt: posted, PostedAtKnown: true,
		Analysis: review.Analysis{
			Language: "en", Overall: review.Negative, Urgent: []review.Urgent{review.Privacy},
			Tags: []review.Tag{{Topic: review.Billing, Polarity: review.Negative}}, Mentions: []review.Mention{{Name: "Dr. Lee"}},
		},
	}
	require.Equal(t, routing.Subject{
		ID: "r1", LocationID: "l1", LocationName: "Harbor Eye", Region: "North", Site: "google", Topics: []string{"billing", "billing:negative"}, Overall: review.Negative,
		Rating: stars(2), Urgent: []review.Urgent{review.Privacy}, Language: "en", Mentions: []string{"Dr. Lee"}, Text: "Twice\ncharged", PostedAt: posted,
	}, routing.SubjectOf(doc, *location("m")))
	doc.PostedAtKnown = false
	require.Zero(t, routing.SubjectOf(doc, *location("m")).PostedAt)
}

func TestStale_AgeOnArrival_OnlyBeyondTheBound(t *testing.T) {
	now := time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)
	plan := parse(t, "stale_after: 30d")
	require.False(t, plan.Stale(routing.Subject{PostedAt: now.AddDate(0, 0, -30)}, now))
	require.True(t, plan.Stale(routing.Subject{PostedAt: now.AddDate(0, 0, -31)}, now))
	require.False(t, plan.Stale(routing.Subject{}, now), "without the site's time")
	require.False(t, routing.Plan{}.Stale(routing.Subject{PostedAt: now.AddDate(-5, 0, 0)}, now))
}
