package kafkatest

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/bedside-health/bedside/libs/kafkaio"
)

// DeadMember asks to join a group as a consumer of a topic and hangs up before the answer, as a
// process does that is killed at that moment. Its client id is "dead".
func DeadMember(t testing.TB, conn kafkaio.Connection, group, topic string) {
	t.Helper()
	wire, err := net.Dial("tcp", conn.Brokers[0])
	require.NoError(t, err)
	meta := kmsg.NewConsumerMemberMetadata()
	meta.Topics = []string{topic}
	req := kmsg.NewPtrJoinGroupRequest()
	req.Version, req.Group, req.SessionTimeoutMillis, req.RebalanceTimeoutMillis, req.ProtocolType = 1, group, 6000, 6000, "consumer"
	protocol := kmsg.NewJoinGroupRequestProtocol()
	protocol.Name, protocol.Metadata = "range", meta.AppendTo(nil)
	req.Protocols = append(req.Protocols, protocol)
	_, err = wire.Write(kmsg.NewRequestFormatter(kmsg.FormatterClientID("dead")).AppendRequest(nil, req, 1))
	require.NoError(t, err)
	time.Sleep(50 * time.Millisecond) // The broker has read it.
	require.NoError(t, wire.Close())
}
