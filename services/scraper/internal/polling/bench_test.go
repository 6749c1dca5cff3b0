package polling

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites"
)

// BenchmarkConfirm20000 finds 20,000 published reviews in the inbox and forgets their
// payloads: go test -bench Confirm -run - -benchtime 1x.
func BenchmarkConfirm20000(b *testing.B) {
	const n = 20_000
	for b.Loop() {
		b.StopTimer()
		d := newDesk(b)
		l := d.listing("a")
		for i := range n {
			d.place.listings[l.Ref] = append(d.place.listings[l.Ref], writing(fmt.Sprint("r", i), fmt.Sprint("text ", i)))
		}
		d.place.pageSize = 500
		s := d.scraper()
		c := newConfirmer(s)
		d.poll(s)
		d.clock.pass(2 * time.Minute)
		b.StartTimer()
		require.NoError(b, c.look(context.Background()))
		b.StopTimer()
		require.True(b, d.fingerprint("r19999").Confirmed)
		b.StartTimer()
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "reviews/s")
}

// BenchmarkIdleListings looks at 2,000 listings of which none is due:
// go test -bench Idle -run - -benchtime 20x.
func BenchmarkIdleListings(b *testing.B) {
	d := newDesk(b)
	d.place.etags = true
	for i := range 2000 {
		l := d.listing(fmt.Sprint("l", i))
		d.place.listings[l.Ref] = []sites.Review{writing(fmt.Sprint("x", i), "text")}
	}
	s := d.scraper()
	for range 3 {
		d.poll(s)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for b.Loop() {
		d.poll(s)
	}
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(b.N), "B/look")
}
