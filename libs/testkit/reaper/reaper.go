// Package reaper removes dead members from the consumer groups of an in-process kfake.
//
// A broker expires a member that stops sending heartbeats. kfake starts that clock only
// when its answer to the member's JoinGroup could be delivered: a process that is killed while it
// waits for that answer keeps its share of the partitions, and nobody reads them until
// another member comes or goes. The reaper notes when each member was last heard and lets those that
// are silent leave.
package reaper

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Patience is how long a member may be silent: twice the session of Bedside's consumers.
const Patience = 12 * time.Second

// member names a member of a group.
type member struct{ group, id string }

// Reaper watches one cluster.
type Reaper struct {
	cluster *kfake.Cluster
	logger  *slog.Logger
	cancel  context.CancelFunc
	done    chan struct{}

	mu    sync.Mutex
	heard map[member]time.Time
}

// Start watches a cluster until Stop, which comes before the cluster's Close.
func Start(cluster *kfake.Cluster, patience time.Duration, logger *slog.Logger) *Reaper {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Reaper{cluster: cluster, logger: logger, cancel: cancel, done: make(chan struct{}), heard: map[member]time.Time{}}
	for _, key := range []kmsg.Key{kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat} {
		cluster.ControlKey(int16(key), func(req kmsg.Request) (kmsg.Response, error, bool) {
			cluster.KeepControl()
			r.note(req)
			return nil, nil, false
		})
	}
	go r.run(ctx, patience)
	return r
}

// Stop ends the watch and waits for it.
func (r *Reaper) Stop() {
	r.cancel()
	<-r.done
}

func (r *Reaper) note(req kmsg.Request) {
	var m member
	switch req := req.(type) {
	case *kmsg.JoinGroupRequest:
		m = member{req.Group, req.MemberID}
	case *kmsg.SyncGroupRequest:
		m = member{req.Group, req.MemberID}
	case *kmsg.HeartbeatRequest:
		m = member{req.Group, req.MemberID}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard[m] = time.Now()
}

func (r *Reaper) run(ctx context.Context, patience time.Duration) {
	defer close(r.done)
	ticker := time.NewTicker(patience / 4)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			r.look(ctx, patience)
		}
	}
}

// look lets silent members of settled groups leave. While a group rebalances its members
// wait in silence, and kfake has a clock for that.
func (r *Reaper) look(ctx context.Context, patience time.Duration) {
	r.mu.Lock()
	groups := map[string]bool{}
	for m := range r.heard {
		groups[m.group] = true
	}
	r.mu.Unlock()
	for group := range groups {
		info := r.cluster.GroupInfo(group)
		present := map[string]bool{}
		var silent []string
		if info != nil {
			for _, m := range info.Members {
				present[m.MemberID] = true
				if r.silent(member{group, m.MemberID}, patience) && info.State == "Stable" {
					silent = append(silent, m.MemberID)
				}
			}
		}
		r.forget(group, present)
		for _, id := range silent {
			r.leave(ctx, group, id)
		}
	}
}

// silent starts the clock of a member that it sees for the first time.
func (r *Reaper) silent(m member, patience time.Duration) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok := r.heard[m]
	if !ok {
		r.heard[m] = time.Now()
		return false
	}
	return time.Since(last) >= patience
}

// forget drops what is known of members that are gone, so that memory stays bounded. The entry
// without an id, which first joins leave, keeps the group known.
func (r *Reaper) forget(group string, present map[string]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for m := range r.heard {
		if m.group == group && m.id != "" && !present[m.id] {
			delete(r.heard, m)
		}
	}
}

func (r *Reaper) leave(ctx context.Context, group, id string) {
	transport := &kafka.Transport{}
	defer transport.CloseIdleConnections()
	client := &kafka.Client{Addr: kafka.TCP(r.cluster.ListenAddrs()...), Transport: transport, Timeout: 5 * time.Second}
	res, err := client.LeaveGroup(ctx, &kafka.LeaveGroupRequest{GroupID: group, Members: []kafka.LeaveGroupRequestMember{{ID: id}}})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		r.logger.DebugContext(ctx, "a silent member could not be removed", "group", group, "error", err.Error())
		return
	}
	r.logger.WarnContext(ctx, "a silent member was removed from its group", "group", group)
}
