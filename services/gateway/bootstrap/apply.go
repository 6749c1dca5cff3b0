package bootstrap

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/bedside-health/bedside/libs/collections"
	"github.com/bedside-health/bedside/libs/docstore"
	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/problem"
	"github.com/bedside-health/bedside/services/gateway/internal/store"
	"github.com/bedside-health/bedside/services/gateway/signin"
	"github.com/bedside-health/bedside/services/gateway/sources"
)

// Report says how many documents a plan added.
type Report struct {
	Locations, People, Listings int
}

// applied remembers what plans have stored, so that what people remove is not
// stored again. Its id is "plan".
type applied struct {
	docstore.Base
	Keys []string `json:"keys"`
}

func marks() docstore.Definition[applied] {
	return docstore.Definition[applied]{
		Name: "applied_plans", Base: func(d *applied) *docstore.Base { return &d.Base },
	}
}

const marksID = "plan"

// run is one application of a plan.
type run struct {
	plan   *Plan
	scope  docstore.Scope
	base   func(id string) docstore.Base
	shared *collections.Store
	marks  *docstore.Collection[applied]
	hasher *signin.Hasher
	known  map[string]bool
	now    time.Time
	report Report
}

// Apply stores what the plan names and was never stored before. It may be called at
// every start, by several processes at once.
func Apply(ctx context.Context, backend docstore.Backend, plan *Plan) (Report, error) {
	if err := plan.Validate(); err != nil {
		return Report{}, fmt.Errorf("check the start plan: %w", err)
	}
	opened, err := store.Open(ctx, backend, time.Now)
	if err != nil {
		return Report{}, err
	}
	hasher, err := signin.NewHasher(signin.HasherConfig{Params: signin.Params(), Concurrent: 1, Wait: time.Minute})
	if err != nil {
		return Report{}, err
	}
	org := plan.Organization.Key
	r := &run{
		plan: plan, scope: docstore.Org(org), shared: opened.Shared(), hasher: hasher, now: time.Now(),
		base:  func(id string) docstore.Base { return docstore.Base{ID: id, OrgID: org} },
		known: map[string]bool{},
	}
	if r.marks, err = docstore.Bind(ctx, backend, marks()); err != nil {
		return Report{}, fmt.Errorf("open what plans have stored: %w", err)
	}
	mark, err := r.marks.Get(ctx, r.scope, marksID)
	if err != nil && !errors.Is(err, docstore.ErrNotFound) {
		return Report{}, fmt.Errorf("read what plans have stored: %w", err)
	}
	for _, key := range mark.Keys {
		r.known[key] = true
	}
	if err := r.free(ctx, opened); err != nil {
		return r.report, err
	}
	// People come before locations and listings after, so that nothing names what is
	// not there yet.
	for _, step := range []func(context.Context) error{r.organization, r.people, r.locations, r.listings} {
		if err := step(ctx); err != nil {
			return r.report, err
		}
	}
	return r.report, r.remember(ctx)
}

// free refuses a plan with an e-mail address that belongs to somebody else before
// anything of it is stored.
func (r *run) free(ctx context.Context, opened *store.Store) error {
	for _, p := range r.plan.People {
		if r.known["person "+p.Key] {
			continue
		}
		there, err := opened.PersonByEmail(ctx, signin.CleanEmail(p.Email))
		switch {
		case err != nil && problem.KindOf(err) == problem.NotFound:
		case err != nil:
			return fmt.Errorf("look up the e-mail address of person %s: %w", p.Key, err)
		case there.OrgID != r.scope.OrgID() || there.ID != p.Key:
			return emailTaken(p.Key)
		}
	}
	return nil
}

func emailTaken(key string) error {
	return problem.New(problem.Conflict, "email_taken", "The e-mail address of person %s belongs to somebody else.", key)
}

func (r *run) organization(ctx context.Context) error {
	doc := collections.Organization{Base: r.base(r.plan.Organization.Key), Name: r.plan.Organization.Name, CreatedAt: r.now}
	if _, err := r.shared.Organizations.InsertIfAbsent(ctx, r.scope, &doc); err != nil {
		return fmt.Errorf("store organization %s: %w", doc.ID, err)
	}
	return nil
}

func (r *run) people(ctx context.Context) error {
	for _, p := range r.plan.People {
		if r.known["person "+p.Key] {
			if err := r.keepPassword(ctx, p); err != nil {
				return err
			}
			continue
		}
		hash, err := r.hash(ctx, p)
		if err != nil {
			return err
		}
		doc := collections.Person{
			Base: r.base(p.Key), Name: p.Name, Email: signin.CleanEmail(p.Email), PasswordHash: hash, Role: p.Role,
			Locations: slices.Clone(p.Locations), Active: true, Away: p.Away, CreatedAt: r.now,
		}
		added, err := r.shared.People.InsertIfAbsent(ctx, r.scope, &doc)
		if errors.Is(err, docstore.ErrDup) {
			return emailTaken(p.Key)
		}
		if err != nil {
			return fmt.Errorf("store person %s: %w", p.Key, err)
		}
		if added {
			r.report.People++
		}
		r.known["person "+p.Key] = true
	}
	return nil
}

func (r *run) hash(ctx context.Context, p Person) (string, error) {
	if p.Password == "" {
		return p.PasswordHash.Reveal(), nil
	}
	hash, err := r.hasher.Hash(ctx, p.Password.Reveal())
	if err != nil {
		return "", fmt.Errorf("hash the password of person %s: %w", p.Key, err)
	}
	return hash, nil
}

// keepPassword brings a password that the plan manages back to the plan's.
func (r *run) keepPassword(ctx context.Context, p Person) error {
	if !p.KeepPassword {
		return nil
	}
	doc, err := r.shared.People.Get(ctx, r.scope, p.Key)
	if errors.Is(err, docstore.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read person %s: %w", p.Key, err)
	}
	hash := p.PasswordHash.Reveal()
	if p.Password != "" {
		same, err := r.hasher.Verify(ctx, p.Password.Reveal(), doc.PasswordHash)
		if err != nil {
			return fmt.Errorf("compare the password of person %s: %w", p.Key, err)
		}
		if same {
			return nil
		}
		if hash, err = r.hash(ctx, p); err != nil {
			return err
		}
	}
	_, err = r.shared.People.Update(ctx, r.scope, p.Key, func(doc *collections.Person) error {
		if doc.PasswordHash == hash {
			return docstore.ErrSkip
		}
		doc.PasswordHash = hash
		return nil
	})
	if err != nil {
		return fmt.Errorf("set the password of person %s: %w", p.Key, err)
	}
	return nil
}

func (r *run) locations(ctx context.Context) error {
	for i, l := range r.plan.Locations {
		if r.known["location "+l.Key] {
			continue
		}
		doc := collections.Location{
			Base: r.base(l.Key), Name: l.Name, Kind: l.Kind, Region: l.Region, TimeZone: l.TimeZone,
			Telephone: l.Telephone, Address: events.Address(l.Address), ManagerID: l.Manager, Sort: i + 1,
			Website: l.Website, Hours: slices.Clone(l.Hours), AcceptsNewPatients: l.AcceptsNewPatients, Categories: slices.Clone(l.Categories),
		}
		added, err := r.shared.Locations.InsertIfAbsent(ctx, r.scope, &doc)
		if err != nil {
			return fmt.Errorf("store location %s: %w", l.Key, err)
		}
		if added {
			r.report.Locations++
		}
		r.known["location "+l.Key] = true
	}
	return nil
}

func (r *run) listings(ctx context.Context) error {
	for _, l := range r.plan.Listings {
		ref, err := sources.CheckRef(l.Adapter, l.Ref)
		if err != nil {
			return err
		}
		if r.known["listing "+l.id()] {
			if err := r.follow(ctx, l, ref); err != nil {
				return err
			}
			continue
		}
		doc := collections.Listing{
			Base: r.base(l.id()), LocationID: l.Location, Site: l.Site, Adapter: l.Adapter, Ref: ref,
			Credential: l.Credential, Interval: l.IntervalSeconds, Enabled: true, CreatedAt: r.now,
		}
		added, err := r.shared.Listings.InsertIfAbsent(ctx, r.scope, &doc)
		if err != nil && !errors.Is(err, docstore.ErrDup) { // somebody watches it already
			return fmt.Errorf("store listing %s: %w", l.id(), err)
		}
		if added {
			r.report.Listings++
		}
		r.known["listing "+l.id()] = true
	}
	return nil
}

// follow gives a listing with a key the plan's address: nobody can change it elsewhere.
func (r *run) follow(ctx context.Context, l Listing, ref string) error {
	if l.Key == "" {
		return nil
	}
	_, err := r.shared.Listings.Update(ctx, r.scope, l.id(), func(doc *collections.Listing) error {
		if doc.Ref == ref {
			return docstore.ErrSkip
		}
		doc.Ref = ref
		return nil
	})
	if err != nil && !errors.Is(err, docstore.ErrNotFound) {
		return fmt.Errorf("change the address of listing %s: %w", l.id(), err)
	}
	return nil
}

// id is the listing's id: from its key, or else from what it is.
func (l Listing) id() string {
	if l.Key != "" {
		return "l_" + l.Key
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%s", len(l.Site), l.Site, l.Ref))
	return "l_" + hex.EncodeToString(sum[:10])
}

func (r *run) remember(ctx context.Context) error {
	_, err := r.marks.Upsert(ctx, r.scope, marksID, func(doc *applied, _ bool) error {
		known := map[string]bool{}
		for _, key := range doc.Keys {
			known[key] = true
		}
		before := len(doc.Keys)
		for key := range r.known {
			if !known[key] {
				doc.Keys = append(doc.Keys, key)
			}
		}
		if len(doc.Keys) == before {
			return docstore.ErrSkip
		}
		slices.Sort(doc.Keys)
		return nil
	})
	if err != nil {
		return fmt.Errorf("remember what the start plan has stored: %w", err)
	}
	return nil
}
