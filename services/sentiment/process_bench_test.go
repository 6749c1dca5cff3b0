package sentiment_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/services/sentiment"
)

// BenchmarkProcess_Memory measures the service as a process of its own, as it comes: how soon
// it is ready and the first of a backlog is tagged, and the most memory it ever held, in MiB, while it worked through ordinary
// reviews, through texts of 200 kB, and through both mixed.
func BenchmarkProcess_Memory(b *testing.B) {
	broker := startBroker(b)
	program := buildService(b)
	texts := loadTexts(b, loadReviews)
	long := make([]string, 500)
	for i := range long {
		long[i] = strings.ToValidUTF8(strings.Repeat(texts[i]+" ", 1+200_000/(len(texts[i])+1))[:200_000], "")
	}
	mixed := append([]string(nil), texts[:5000]...)
	for i := range 500 {
		mixed[10*i] = long[i]
	}
	tagged := 0
	for b.Loop() {
		for round, load := range []struct {
			name  string
			texts []string
		}{{"ordinary", texts}, {"200-kB", long}, {"mixed", mixed}} {
			publishLoad(b, broker.conn, load.texts, round)
			p := startService(b, program, broker.conn)
			drain(b, broker, tagged+1)
			first := time.Since(p.began)
			tagged += len(load.texts)
			perSecond := drain(b, broker, tagged)
			if load.name == "ordinary" {
				b.ReportMetric(p.ready.Seconds(), "s-to-ready")
				b.ReportMetric(first.Seconds(), "s-to-first-review")
				time.Sleep(2 * time.Second)
				b.ReportMetric(p.status(b, "VmRSS")/1024, "MiB-idle")
			}
			b.ReportMetric(perSecond, load.name+"/s")
			b.ReportMetric(p.peak(b), "MiB-peak-"+load.name)
			b.Logf("%s: %.0f MiB of anonymous memory and %.0f MiB of the program file in the end", load.name, p.status(b, "RssAnon")/1024, p.status(b, "RssFile")/1024)
			p.stop(b)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkProcess_Replicas shows what a second replica does to a backlog, and prints the lag of
// the group over time. Each replica has one processor if nobody else wants it; on a machine that
// is busy otherwise, reviews for each second of processor time say what a second replica costs: it
// doubles the speed where both figures are the same.
func BenchmarkProcess_Replicas(b *testing.B) {
	broker := startBroker(b)
	program := buildService(b)
	texts := loadTexts(b, loadReviews)
	client := &kafka.Client{Addr: kafka.TCP(broker.conn.Brokers...), Timeout: 10 * time.Second}
	for b.Loop() {
		var backlogs [2]backlog
		for extra := range backlogs {
			begin := partitionEnds(b, client, events.TopicReviewsCollected)
			publishLoad(b, broker.conn, texts, 0)
			rewind(b, broker.conn, sentiment.Group, begin)
			var replicas []*process
			for range 1 + extra {
				replicas = append(replicas, launchService(b, program, broker.conn, "GOMAXPROCS=1"))
			}
			backlogs[extra] = workOff(b, broker, replicas)
			for _, p := range replicas {
				p.stop(b)
			}
		}
		one, two := backlogs[0], backlogs[1]
		// A benchmark's own log is cut after ten lines.
		fmt.Println("\nlag after seconds, one replica and two:")
		for i := range max(len(one.lag), len(two.lag)) {
			fmt.Printf("%4.1f %8s %8s\n", float64(i)/2, at(one.lag, i), at(two.lag, i))
		}
		b.ReportMetric(one.perSecond, "one-replica/s")
		b.ReportMetric(two.perSecond, "two-replicas/s")
		b.ReportMetric(two.perSecond/one.perSecond, "times-as-fast")
		b.ReportMetric(one.perProcessorSecond, "one-replica/cpu-s")
		b.ReportMetric(two.perProcessorSecond, "two-replicas/cpu-s")
	}
	b.ReportMetric(0, "ns/op")
}

func at(curve []int64, i int) string {
	if i >= len(curve) {
		return "-"
	}
	return fmt.Sprint(curve[i])
}

// drain waits until the tagged topic holds n messages and returns messages a second.
func drain(b *testing.B, broker *process, n int) float64 {
	b.Helper()
	client := &kafka.Client{Addr: kafka.TCP(broker.conn.Brokers...), Timeout: 10 * time.Second}
	began, first := time.Now(), ends(b, client, events.TopicReviewsTagged)
	for time.Since(began) < 5*time.Minute {
		if at := ends(b, client, events.TopicReviewsTagged); at >= int64(n) {
			return float64(at-first) / time.Since(began).Seconds()
		}
		time.Sleep(10 * time.Millisecond)
	}
	require.FailNow(b, "not drained")
	return 0
}

// backlog is how a backlog was worked off. The figures count from where nine tenths are left, so
// that joining the group does not count, until one tenth is.
type backlog struct {
	lag                           []int64 // after each half second
	perSecond, perProcessorSecond float64 // reviews; the latter of all replicas together
}

// workOff looks at the lag of the group until it is zero.
func workOff(b *testing.B, broker *process, replicas []*process) (out backlog) {
	b.Helper()
	client := &kafka.Client{Addr: kafka.TCP(broker.conn.Brokers...), Timeout: 10 * time.Second}
	used := func() (sum time.Duration) {
		for _, p := range replicas {
			sum += p.processorTime(b)
		}
		return sum
	}
	var first int64
	var from time.Time
	var usedBefore time.Duration
	for began := time.Now(); time.Since(began) < 5*time.Minute; time.Sleep(10 * time.Millisecond) {
		lag := groupLag(b, client)
		if time.Since(began) >= time.Duration(len(out.lag))*500*time.Millisecond {
			out.lag = append(out.lag, lag)
		}
		switch {
		case from.IsZero() && lag <= loadReviews*9/10:
			from, first, usedBefore = time.Now(), lag, used()
		case out.perSecond == 0 && lag <= loadReviews/10:
			out.perSecond = float64(first-lag) / time.Since(from).Seconds()
			out.perProcessorSecond = float64(first-lag) / (used() - usedBefore).Seconds()
		}
		if lag == 0 {
			out.lag = append(out.lag, 0)
			return out
		}
	}
	require.FailNow(b, "not drained")
	return out
}

// groupLag is how many collected reviews the service has not committed.
func groupLag(b *testing.B, client *kafka.Client) (lag int64) {
	b.Helper()
	var partitions []int
	for p := range kafkatest.Partitions {
		partitions = append(partitions, p)
	}
	res, err := client.OffsetFetch(b.Context(), &kafka.OffsetFetchRequest{GroupID: sentiment.Group, Topics: map[string][]int{events.TopicReviewsCollected: partitions}})
	require.NoError(b, err)
	require.NoError(b, res.Error)
	end := partitionEnds(b, client, events.TopicReviewsCollected)
	for _, p := range res.Topics[events.TopicReviewsCollected] {
		lag += end[p.Partition] - max(p.CommittedOffset, 0)
	}
	return lag
}
