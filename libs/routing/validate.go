package routing

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/libs/sla"
)

// Bounds of what a plan holds.
const (
	maxName       = 100 // bytes
	maxRootCauses = 50
	maxCases      = 10_000
	maxReach      = 104 // weeks in which a target has to fit
)

var language = regexp.MustCompile(`^[a-z]{2,3}$`)

// Validate returns the faults of the plan itself, at most MaxFaults.
func (p *Plan) Validate() []Fault {
	c := checker{plan: p}
	c.lists()
	c.people()
	c.policies()
	c.tree()
	return c.faults
}

// checker collects faults.
type checker struct {
	plan   *Plan
	faults []Fault
	// hints counts the names that were looked for.
	hints int
}

func (c *checker) fault(path, detail string, args ...any) {
	if len(c.faults) < MaxFaults {
		c.faults = append(c.faults, Fault{Path: path, Detail: fmt.Sprintf(detail, args...)})
	}
}

// name checks the spelling of something's name.
func (c *checker) name(path, name string) {
	switch {
	case strings.TrimSpace(name) == "":
		c.fault(path, "is empty")
	case len(name) > maxName:
		c.fault(path, "is longer than %d bytes", maxName)
	case strings.ContainsFunc(name, unicode.IsControl):
		c.fault(path, "holds characters that are no text")
	}
}

// names checks a list of names that are each there once.
func (c *checker) names(path string, names []string) {
	seen := map[string]bool{}
	for i, n := range names {
		at := fmt.Sprintf("%s[%d]", path, i)
		c.name(at, n)
		key := strings.ToLower(strings.TrimSpace(n))
		if seen[key] {
			c.fault(at, "%q comes twice", short(n))
		}
		seen[key] = true
	}
}

func (c *checker) lists() {
	p := c.plan
	if len(p.RootCauses) > maxRootCauses {
		c.fault("root_causes", "has more than %d entries", maxRootCauses)
	}
	c.names("root_causes", p.RootCauses)
	for _, n := range slices.Sorted(maps.Keys(p.Teams)) {
		at := join("teams", n)
		c.name(at, n)
		if len(p.Teams[n].Members) == 0 {
			c.fault(at, "has no members")
		}
		c.names(at+".members", p.Teams[n].Members)
	}
	whose := map[string]int{}
	for i, provider := range p.Providers {
		at := fmt.Sprintf("providers[%d]", i)
		c.name(at+".name", provider.Name)
		c.names(at+".aliases", provider.Aliases)
		for j, alias := range append([]string{provider.Name}, provider.Aliases...) {
			folded, path := foldName(alias), at+".name"
			if j > 0 {
				path = fmt.Sprintf("%s.aliases[%d]", at, j-1)
			}
			if other, taken := whose[folded]; taken && other != i && folded != "" {
				c.fault(path, "%q is a name of %s too", short(alias), short(p.Providers[other].Name))
			}
			whose[folded] = i
		}
	}
	if s := time.Duration(p.StaleAfter); s != 0 && s < time.Hour {
		c.fault("stale_after", "%s is too short: want 1h or longer, or 0 for any age", p.StaleAfter)
	}
}

func (c *checker) people() {
	capacity := c.plan.Capacity
	if capacity.Cases < 0 || capacity.Cases > maxCases {
		c.fault("capacity.cases", "want 1 to %d, or 0 for any number", maxCases)
	}
	if per := time.Duration(capacity.Per); per != 0 && (per < time.Hour || per > 30*24*time.Hour) {
		c.fault("capacity.per", "want 1h to 30d")
	}
	for _, ref := range slices.Sorted(maps.Keys(capacity.People)) {
		at := join("capacity.people", ref)
		c.name(at, ref)
		if n := capacity.People[ref]; n < 0 || n > maxCases {
			c.fault(at, "want 0 to %d", maxCases)
		}
	}
}

func (c *checker) policies() {
	p := c.plan
	weekly := map[string]time.Duration{"": 7 * 24 * time.Hour}
	for _, n := range slices.Sorted(maps.Keys(p.Calendars)) {
		at := join("calendars", n)
		c.name(at, n)
		faults := p.Calendars[n].Validate()
		for _, f := range fromSLA(at, faults) {
			c.fault(f.Path, "%s", f.Detail)
		}
		if len(faults) == 0 {
			hours, _ := p.Calendars[n].At(time.UTC)
			weekly[n] = hours.Weekly()
		}
	}
	for _, n := range slices.Sorted(maps.Keys(p.Policies)) {
		at, policy := join("policies", n), p.Policies[n]
		c.name(at, n)
		for _, f := range fromSLA(at, policy.Validate()) {
			c.fault(f.Path, "%s", f.Detail)
		}
		if _, ok := p.Calendars[policy.Calendar]; !ok && policy.Calendar != "" {
			c.fault(at+".calendar", "there is no calendar %q%s", short(policy.Calendar), c.nearest(policy.Calendar, slices.Collect(maps.Keys(p.Calendars))))
		}
		if open := weekly[policy.Calendar]; open > 0 {
			for _, t := range []struct {
				name string
				d    sla.Duration
			}{{"first_reply", policy.FirstReply}, {"next_step", policy.NextStep}, {"resolution", policy.Resolution}} {
				if time.Duration(t.d) <= sla.MaxTarget && time.Duration(t.d) > maxReach*open {
					c.fault(at+"."+t.name, "takes longer than two years on a calendar of %s a week", sla.Duration(open))
				}
			}
		}
		for i, s := range policy.Escalation {
			if kind, team, ok := s.Target(); ok && kind == "team" {
				c.team(fmt.Sprintf("%s.escalation[%d].to", at, i), team)
			}
		}
	}
}

func (c *checker) team(path, name string) {
	if _, ok := c.plan.Teams[name]; !ok {
		c.fault(path, "there is no team %q%s", short(name), c.nearest(name, slices.Collect(maps.Keys(c.plan.Teams))))
	}
}

func (c *checker) tree() {
	root := &c.plan.Tree
	if !root.Match.empty() {
		c.fault("tree.match", "the root takes every review: match in its routes")
	}
	if root.Continue {
		c.fault("tree.continue", "the root has nothing after it")
	}
	nodes := 0
	root.each("tree", 1, func(path string, depth int, n *Node) bool {
		if nodes++; nodes > MaxNodes {
			c.fault("tree", "has more than %d nodes", MaxNodes)
			return false
		}
		if depth > MaxDepth {
			c.fault(path, "is deeper than %d nodes", MaxDepth)
			return false
		}
		c.node(path, n)
		for i := range n.Routes {
			if r := &n.Routes[i]; r.Match.empty() && !r.Continue && i+1 < len(n.Routes) {
				c.fault(fmt.Sprintf("%s.routes[%d].match", path, i), "takes every review, so that the routes after it are never reached: match something, continue, or move it to the end")
			}
		}
		return true
	})
}

func (c *checker) node(path string, n *Node) {
	if n.Name != "" {
		c.name(path+".name", n.Name)
	}
	if n.Owner != (Owner{}) {
		c.owner(path+".owner", n.Owner)
	}
	if n.Priority != "" && !sla.ValidPriority(n.Priority) {
		c.fault(path+".priority", "want low, normal, high or urgent")
	}
	if _, ok := c.plan.Policies[n.SLA]; !ok && n.SLA != "" {
		c.fault(path+".sla", "there is no policy %q%s", short(n.SLA), c.nearest(n.SLA, slices.Collect(maps.Keys(c.plan.Policies))))
	}
	c.names(path+".notify", n.Notify)
	c.match(path+".match", &n.Match)
}

func (c *checker) owner(path string, o Owner) {
	switch how := o.How(); {
	case !slices.Contains(Strategies(), how):
		c.fault(path+".strategy", "want person, least_loaded, round_robin, location_manager or mentioned_manager")
	case how == ByPerson && o.Person == "":
		c.fault(path+".person", "is missing")
	case how != ByPerson && o.Person != "":
		c.fault(path+".person", "goes only with the strategy person")
	case how != ByLeastLoad && how != ByTurn && o.Team != "":
		c.fault(path+".team", "goes only with the strategies least_loaded and round_robin")
	}
	if o.Team != "" {
		c.team(path+".team", o.Team)
	}
}

func (m *Match) empty() bool {
	return len(m.Locations)+len(m.Regions)+len(m.Sites)+len(m.Topics)+len(m.Polarity)+len(m.Urgent)+len(m.Languages)+len(m.Mentions)+len(m.Text) == 0 &&
		m.RatingMin == nil && m.RatingMax == nil && !m.Unrated
}

func (c *checker) match(path string, m *Match) {
	for _, l := range []struct {
		key    string
		values []string
	}{{"locations", m.Locations}, {"regions", m.Regions}, {"sites", m.Sites}, {"topics", m.Topics}, {"polarity", m.Polarity}, {"urgent", m.Urgent}, {"languages", m.Languages}, {"mentions", m.Mentions}, {"text", m.Text}} {
		c.names(path+"."+l.key, l.values)
	}
	each := func(key string, values []string, bad func(string) string) {
		for i, v := range values {
			if detail := bad(v); detail != "" && v != "" {
				c.fault(fmt.Sprintf("%s.%s[%d]", path, key, i), "%s", detail)
			}
		}
	}
	each("topics", m.Topics, func(v string) string {
		topic, polarity, sided := strings.Cut(v, ":")
		if t := review.Topic(topic); !t.Known() {
			return fmt.Sprintf("there is no topic %q%s", short(topic), c.nearest(topic, topics()))
		}
		if sided && !review.Polarity(polarity).Valid() {
			return "want positive, negative or mixed after the topic"
		}
		return ""
	})
	each("polarity", m.Polarity, func(v string) string {
		if !review.Polarity(v).Valid() {
			return "want positive, negative or mixed"
		}
		return ""
	})
	each("urgent", m.Urgent, func(v string) string {
		switch {
		case v == AnyFlag || v == NoFlag:
			if len(m.Urgent) > 1 {
				return v + " goes with no other flag"
			}
		case !slices.Contains(review.UrgentFlags(), review.Urgent(v)):
			return "want true, false, safety_harm, discrimination, legal_threat or privacy"
		}
		return ""
	})
	each("languages", m.Languages, func(v string) string {
		if !language.MatchString(v) {
			return "want the code of a language, such as en or es"
		}
		return ""
	})
	each("mentions", m.Mentions, func(v string) string {
		if foldName(v) == "" {
			return "holds no letters"
		}
		return ""
	})
	each("text", m.Text, func(v string) string {
		words := fold(v)
		switch before, _, open := strings.Cut(v, "*"); {
		case len(words) == 0:
			return "holds no letters"
		case open && strings.Trim(strings.TrimPrefix(v, before), "* \"'") != "":
			return "has a * that is not at its end"
		case open && len(words) == 1 && len([]rune(words[0])) < 3:
			return "want at least three letters before *"
		}
		return ""
	})
	c.rating(path, m)
}

func (c *checker) rating(path string, m *Match) {
	for _, r := range []struct {
		key string
		v   *float64
	}{{"rating_min", m.RatingMin}, {"rating_max", m.RatingMax}} {
		if r.v != nil && (*r.v < 0 || *r.v > 5 || math.IsNaN(*r.v)) {
			c.fault(path+"."+r.key, "want 0 to 5 stars")
		}
	}
	if m.RatingMin != nil && m.RatingMax != nil && *m.RatingMin > *m.RatingMax {
		c.fault(path+".rating_min", "is more than rating_max")
	}
}

func topics() []string {
	var out []string
	for _, t := range review.Topics() {
		out = append(out, string(t))
	}
	return out
}
