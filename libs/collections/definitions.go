package collections

import "github.com/bedside-health/bedside/libs/docstore"

func field(path string) docstore.Field { return docstore.Field{Path: path, Type: docstore.String} }

func times(path string) docstore.Field { return docstore.Field{Path: path, Type: docstore.Time} }

func flag(path string) docstore.Field { return docstore.Field{Path: path, Type: docstore.Bool} }

func number(path string) docstore.Field { return docstore.Field{Path: path, Type: docstore.Number} }

func asc(fields ...string) []docstore.Order { return orders(false, fields) }

func desc(fields ...string) []docstore.Order { return orders(true, fields) }

func orders(desc bool, fields []string) []docstore.Order {
	out := make([]docstore.Order, len(fields))
	for i, f := range fields {
		out[i] = docstore.Order{Field: f, Desc: desc}
	}
	return out
}

// Organizations declares the gateway's organizations. The id of an organization is
// also its org_id.
func Organizations() docstore.Definition[Organization] {
	return docstore.Definition[Organization]{
		Name: "organizations", Base: func(d *Organization) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{field("name")},
		Indexes: []docstore.Index{{Name: "all", Sort: asc("name"), Global: true}},
	}
}

// Locations declares the gateway's locations.
func Locations() docstore.Definition[Location] {
	return docstore.Definition[Location]{
		Name: "locations", Base: func(d *Location) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{number("sort")},
		Indexes: []docstore.Index{{Name: "by_sort", Sort: asc("sort")}},
	}
}

// People declares the gateway's people.
func People() docstore.Definition[Person] {
	return docstore.Definition[Person]{
		Name: "people", Base: func(d *Person) *docstore.Base { return &d.Base },
		Fields: []docstore.Field{field("email"), field("name")},
		Indexes: []docstore.Index{
			{Name: "by_name", Sort: asc("name")},
			{Name: "by_email", Equal: []string{"email"}, Unique: true, Global: true},
		},
	}
}

// Listings declares the gateway's listings.
func Listings() docstore.Definition[Listing] {
	return docstore.Definition[Listing]{
		Name: "listings", Base: func(d *Listing) *docstore.Base { return &d.Base },
		Fields: []docstore.Field{field("location_id"), field("site"), field("adapter"), field("ref"), flag("enabled"), times("created_at")},
		Indexes: []docstore.Index{
			{Name: "by_created", Sort: asc("created_at"), Filter: []string{"location_id", "site", "adapter", "enabled"}},
			{Name: "by_ref", Equal: []string{"site", "ref"}, Unique: true},
			// Which listings a site's notification is about.
			{Name: "by_adapter_ref", Equal: []string{"adapter", "ref"}, Sort: asc("created_at"), Global: true},
			// What the scrapers of an adapter have to poll, over all organizations.
			{Name: "to_poll", Equal: []string{"adapter", "enabled"}, Sort: asc("created_at"), Filter: []string{"site"}, Global: true},
		},
	}
}

// Imports declares the gateway's imports.
func Imports() docstore.Definition[Import] {
	return docstore.Definition[Import]{
		Name: "imports", Base: func(d *Import) *docstore.Base { return &d.Base },
		Fields: []docstore.Field{times("created_at"), field("location_id"), flag("complete")},
		Indexes: []docstore.Index{
			{Name: "newest", Sort: desc("created_at"), Filter: []string{"location_id"}},
			// Uploads that may never come to their end, over all organizations.
			{Name: "unfinished", Equal: []string{"complete"}, Sort: asc("created_at"), Global: true},
		},
	}
}

// ImportChunks declares the parts of imports.
func ImportChunks() docstore.Definition[ImportChunk] {
	return docstore.Definition[ImportChunk]{
		Name: "import_chunks", Base: func(d *ImportChunk) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{field("import_id"), number("n")},
		Indexes: []docstore.Index{{Name: "by_import", Equal: []string{"import_id"}, Sort: asc("n")}},
	}
}

// PollStates declares the scraper's poll states.
func PollStates() docstore.Definition[PollState] {
	return docstore.Definition[PollState]{
		Name: "poll_states", Base: func(d *PollState) *docstore.Base { return &d.Base },
		// One scraper at a time changes the state of a listing: the one that holds its lease.
		Remember: 512,
		Fields:   []docstore.Field{field("adapter"), field("site"), field("health"), times("due_at"), times("lease_until")},
		Indexes: []docstore.Index{
			{Name: "by_site", Sort: asc("site"), Filter: []string{"health"}},
			{Name: "due", Equal: []string{"adapter"}, Sort: asc("due_at"), Filter: []string{"lease_until", "site"}, Global: true},
		},
	}
}

// Fingerprints declares the scraper's fingerprints.
func Fingerprints() docstore.Definition[Fingerprint] {
	return docstore.Definition[Fingerprint]{
		Name: "fingerprints", Base: func(d *Fingerprint) *docstore.Base { return &d.Base },
		Fields: []docstore.Field{field("listing_id"), times("seen_at"), times("updated_at"), flag("removed"), flag("confirmed")},
		Indexes: []docstore.Index{
			{Name: "by_listing", Equal: []string{"listing_id"}, Sort: asc("seen_at"), Filter: []string{"removed"}},
			{Name: "unconfirmed", Equal: []string{"confirmed"}, Sort: asc("updated_at"), Global: true},
		},
	}
}

// ListingFacts declares what sites show about the practice.
func ListingFacts() docstore.Definition[ListingFact] {
	return docstore.Definition[ListingFact]{
		Name: "listing_facts", Base: func(d *ListingFact) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{field("location_id"), field("site")},
		Indexes: []docstore.Index{{Name: "by_location", Sort: asc("location_id", "site")}},
	}
}

// Reviews declares response-workflow's reviews. The inbox indexes carry all filters
// of the inbox, so that one walk serves any combination of them.
func Reviews() docstore.Definition[Review] {
	filters := func(sort string) []string {
		all := []string{"posted_at", "rating", "case.due_at", "location_id", "site", "case.status", "case.owner_id", "urgent", "removed", "analysis.overall", "topic_keys", "case.snoozed_until"}
		out := make([]string, 0, len(all))
		for _, f := range all {
			if f != sort {
				out = append(out, f)
			}
		}
		return out
	}
	return docstore.Definition[Review]{
		Name: "reviews", Base: func(d *Review) *docstore.Base { return &d.Base },
		Fields: []docstore.Field{
			times("posted_at"), times("received_at"), times("case.due_at"), number("rating"),
			field("location_id"), field("listing_id"), field("site"), field("case.status"), field("case.owner_id"),
			field("analysis.overall"), flag("urgent"), flag("removed"), flag("has_outbox"),
			flag("corrected"), field("analysis.version"),
			times("case.assigned_at"), times("case.wake_at"), times("send_at"), flag("case.queued"), times("commitment_due_at"), field("twin_key"), times("case.snoozed_until"),
			{Path: "topic_keys", Type: docstore.String, Many: true},
		},
		Terms: "terms",
		Indexes: []docstore.Index{
			{Name: "newest", Sort: desc("posted_at"), Filter: filters("posted_at")},
			{Name: "by_rating", Sort: asc("rating", "posted_at"), Filter: filters("rating")[1:]},
			{Name: "by_due", Sort: asc("case.due_at"), Filter: filters("case.due_at")},
			{Name: "by_listing", Equal: []string{"listing_id"}, Sort: asc("received_at")},
			// Open work of each owner, to give the next case to the least loaded.
			{Name: "load", Equal: []string{"case.status"}, Sort: asc("case.owner_id"), Filter: []string{"case.assigned_at"}},
			// What people corrected, to be given out as labelled texts.
			{Name: "corrected", Equal: []string{"corrected"}, Sort: asc("received_at")},
			// History in the order it came, for tagging it anew.
			{Name: "by_received", Sort: asc("received_at"), Filter: []string{"analysis.version", "removed"}},
			{Name: "outbox", Equal: []string{"has_outbox"}, Sort: asc("received_at"), Global: true},
			// What happens by itself, and replies that want to be sent, by when.
			{Name: "by_wake", Sort: asc("case.wake_at"), Global: true},
			{Name: "by_send", Sort: asc("send_at"), Global: true},
			// Cases that wait for somebody with room, oldest first.
			{Name: "queued", Equal: []string{"case.queued"}, Sort: asc("received_at"), Global: true},
			{Name: "by_commitment", Sort: asc("commitment_due_at"), Filter: []string{"location_id"}},
			{Name: "twins", Equal: []string{"twin_key"}, Sort: asc("received_at")},
		},
	}
}

// CaseEvents declares response-workflow's append-only history.
func CaseEvents() docstore.Definition[CaseEvent] {
	return docstore.Definition[CaseEvent]{
		Name: "case_events", Base: func(d *CaseEvent) *docstore.Base { return &d.Base },
		Fields: []docstore.Field{field("review_id"), field("type"), number("seq"), times("at")},
		Indexes: []docstore.Index{
			{Name: "by_review", Equal: []string{"review_id"}, Sort: asc("seq")},
			{Name: "by_time", Sort: desc("at"), Filter: []string{"type"}},
		},
	}
}

// Lexicons declares the gateway's terms of organizations. Sentiment reads those that
// changed since it looked last.
func Lexicons() docstore.Definition[Lexicon] {
	return docstore.Definition[Lexicon]{
		Name: "lexicons", Base: func(d *Lexicon) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{times("updated_at")},
		Indexes: []docstore.Index{{Name: "by_update", Sort: asc("updated_at"), Global: true}},
	}
}

// PollHints declares the gateway's wishes for a poll, which the scrapers of an adapter
// read by time.
func PollHints() docstore.Definition[PollHint] {
	return docstore.Definition[PollHint]{
		Name: "poll_hints", Base: func(d *PollHint) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{field("adapter"), times("at")},
		Indexes: []docstore.Index{{Name: "by_time", Equal: []string{"adapter"}, Sort: asc("at"), Global: true}},
	}
}

// Findings declares the scraper's findings about listings.
func Findings() docstore.Definition[Finding] {
	return docstore.Definition[Finding]{
		Name: "listing_findings", Base: func(d *Finding) *docstore.Base { return &d.Base },
		Fields: []docstore.Field{field("location_id"), field("listing_id"), field("site"), field("field"), field("kind"), flag("open"), times("since")},
		Indexes: []docstore.Index{
			{Name: "newest", Sort: desc("since"), Filter: []string{"open", "location_id", "site", "field", "kind"}},
			{Name: "by_listing", Equal: []string{"listing_id"}, Sort: asc("since")},
		},
	}
}

// Dismissals declares the gateway's findings that people want to hear no more of.
func Dismissals() docstore.Definition[Dismissal] {
	return docstore.Definition[Dismissal]{
		Name: "finding_dismissals", Base: func(d *Dismissal) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{times("at")},
		Indexes: []docstore.Index{{Name: "newest", Sort: desc("at")}},
	}
}

// Routing declares the gateway's routing plans.
func Routing() docstore.Definition[RoutingPlan] {
	return docstore.Definition[RoutingPlan]{
		Name: "routing", Base: func(d *RoutingPlan) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{times("at")},
		Indexes: []docstore.Index{{Name: "by_update", Sort: asc("at"), Global: true}},
	}
}

// RoutingVersions declares the gateway's history of routing plans.
func RoutingVersions() docstore.Definition[RoutingVersion] {
	return docstore.Definition[RoutingVersion]{
		Name: "routing_versions", Base: func(d *RoutingVersion) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{number("version")},
		Indexes: []docstore.Index{{Name: "newest", Sort: desc("version")}},
	}
}

// Templates declares the gateway's reply templates.
func Templates() docstore.Definition[Template] {
	return docstore.Definition[Template]{
		Name: "templates", Base: func(d *Template) *docstore.Base { return &d.Base },
		Fields: []docstore.Field{field("name"), field("name_key"), field("language")},
		Indexes: []docstore.Index{
			{Name: "by_name", Sort: asc("name"), Filter: []string{"language"}},
			{Name: "one_name", Equal: []string{"name_key"}, Unique: true},
		},
	}
}

// Channels declares the gateway's channels.
func Channels() docstore.Definition[Channel] {
	return docstore.Definition[Channel]{
		Name: "channels", Base: func(d *Channel) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{field("name")},
		Indexes: []docstore.Index{{Name: "by_name", Sort: asc("name")}},
	}
}

// SettingsOfNotifications declares the gateway's settings of who is told what.
func SettingsOfNotifications() docstore.Definition[NotificationSettings] {
	return docstore.Definition[NotificationSettings]{
		Name: "notification_settings", Base: func(d *NotificationSettings) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{times("at")},
		Indexes: []docstore.Index{{Name: "by_update", Sort: asc("at")}},
	}
}

// Notifications declares response-workflow's messages.
func Notifications() docstore.Definition[Notification] {
	return docstore.Definition[Notification]{
		Name: "notifications", Base: func(d *Notification) *docstore.Base { return &d.Base },
		Fields: []docstore.Field{field("recipient"), flag("unread"), flag("pending"), times("at"), times("send_at"), field("batch")},
		Indexes: []docstore.Index{
			{Name: "newest", Equal: []string{"recipient"}, Sort: desc("at"), Filter: []string{"unread"}},
			{Name: "by_send", Equal: []string{"pending"}, Sort: asc("send_at"), Global: true},
			{Name: "pending_of", Equal: []string{"recipient", "pending"}, Sort: asc("send_at")},
			{Name: "by_batch", Equal: []string{"batch"}, Sort: asc("send_at")},
		},
	}
}

// DigestsSent declares response-workflow's record of weekly digests.
func DigestsSent() docstore.Definition[DigestSent] {
	return docstore.Definition[DigestSent]{
		Name: "digests_sent", Base: func(d *DigestSent) *docstore.Base { return &d.Base },
		Fields:  []docstore.Field{times("at")},
		Indexes: []docstore.Index{{Name: "by_time", Sort: asc("at")}},
	}
}
