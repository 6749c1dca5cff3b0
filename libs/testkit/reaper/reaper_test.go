package reaper_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
	"github.com/bedside-health/bedside/libs/testkit/kafkatest"
	"github.com/bedside-health/bedside/libs/testkit/reaper"
)

func TestReaper_MemberKilledWhileJoining_LosesItsPartitions(t *testing.T) {
	cluster, conn := kafkatest.Cluster(t, kfake.NumBrokers(1))
	kafkatest.EnsureTopics(t, conn)
	r := reaper.Start(cluster, 2*time.Second, nil)
	defer r.Stop()
	// Whether kfake forgets a dead member is a matter of chance, hence several groups.
	var groups []string
	for i := range 6 {
		group := fmt.Sprint("g", i)
		groups = append(groups, group)
		c, err := kafkaio.NewConsumer(kafkaio.ConsumerConfig{
			Connection: conn, Group: group, Topics: []string{events.TopicReviewsCollected}, Producer: kafkatest.Producer(t, conn),
			Handle: func(context.Context, []kafkaio.Message) []error { return nil },
		})
		require.NoError(t, err)
		kafkatest.Run(t, c.Run)
		require.Eventually(t, func() bool { return c.Ready() == nil }, 20*time.Second, 10*time.Millisecond)
		kafkatest.DeadMember(t, conn, group, events.TopicReviewsCollected)
	}
	alive := func(group string) bool {
		info := cluster.GroupInfo(group)
		return info.State == "Stable" && len(info.Members) == 1 && info.Members[0].ClientID != "dead" && info.NumAssigned() == kafkatest.Partitions
	}
	for _, group := range groups {
		require.Eventually(t, func() bool { return alive(group) }, 30*time.Second, 50*time.Millisecond, group)
	}
	time.Sleep(3 * time.Second)
	for _, group := range groups {
		require.True(t, alive(group), "a living member stays")
	}
}
