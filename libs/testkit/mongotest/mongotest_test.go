package mongotest

import (
	"context"
	"encoding/binary"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func connect(t *testing.T, uri string) *mongo.Client {
	t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(uri))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Disconnect(context.Background())) })
	return c
}

func TestStart_ManyClientsIncrement_LoseNothing(t *testing.T) {
	uri := Start(t)
	const clients, each = 4, 25
	var wg sync.WaitGroup
	errs := make(chan error, clients)
	for range clients {
		c := connect(t, uri)
		wg.Go(func() {
			for range each {
				_, err := c.Database("x").Collection("c").UpdateOne(t.Context(), bson.D{{Key: "_id", Value: "n"}},
					bson.D{{Key: "$inc", Value: bson.D{{Key: "n", Value: 1}}}}, options.UpdateOne().SetUpsert(true))
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wg.Wait()
	require.Empty(t, errs)
	var got struct{ N int }
	require.NoError(t, connect(t, uri).Database("x").Collection("c").FindOne(t.Context(), bson.D{{Key: "_id", Value: "n"}}).Decode(&got))
	require.Equal(t, clients*each, got.N)
}

func TestRun_StoppedAndStartedAgain_KeepsData(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for round := range 2 {
		uri, stop, err := Run(t.Context(), dir)
		require.NoError(t, err)
		c, err := mongo.Connect(options.Client().ApplyURI(uri))
		require.NoError(t, err)
		n, err := c.Database("x").Collection("c").CountDocuments(t.Context(), bson.D{})
		require.NoError(t, err)
		require.EqualValues(t, round, n)
		_, err = c.Database("x").Collection("c").InsertOne(t.Context(), bson.D{{Key: "_id", Value: round}})
		require.NoError(t, err)
		require.NoError(t, c.Disconnect(t.Context()))
		require.NoError(t, stop())
		require.NoError(t, stop())
	}
}

// An unacknowledged write gets no reply; the gate must not wait for one.
func TestGate_RequestWithoutReply_DoesNotBlockOthers(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer server.Close()
	received := make(chan []byte, 4)
	go func() {
		c, err := server.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for {
			m, err := readMessage(c)
			if err != nil {
				return
			}
			received <- m
			if !isOneWay(m) {
				_, _ = c.Write(m)
			}
		}
	}()
	g, err := openGate(t.Context(), "127.0.0.1:0", server.Addr().String())
	require.NoError(t, err)
	defer g.close()
	client, err := net.Dial("tcp", g.listener.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	for _, flags := range []uint32{moreToCome, 0} {
		_, err := client.Write(message(flags))
		require.NoError(t, err)
		require.Equal(t, message(flags), <-received)
	}
	reply, err := readMessage(client)
	require.NoError(t, err)
	require.Equal(t, message(0), reply)
}

func TestReadMessage_ImpossibleLength_Refused(t *testing.T) {
	for _, n := range []uint32{0, 15, maxMessage + 1} {
		a, b := net.Pipe()
		go func() {
			var header [headerBytes]byte
			binary.LittleEndian.PutUint32(header[:], n)
			_, _ = a.Write(header[:])
		}()
		_, err := readMessage(b)
		require.Error(t, err)
		require.NoError(t, a.Close())
	}
}

func message(flags uint32) []byte {
	m := make([]byte, headerBytes+9)
	binary.LittleEndian.PutUint32(m, uint32(len(m)))
	binary.LittleEndian.PutUint32(m[12:], opMsg)
	binary.LittleEndian.PutUint32(m[headerBytes:], flags)
	return m
}

func TestWithDatabase_ConnectionStrings_KeepHostsAndSignIn(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://h":                      "mongodb://h/db",
		"mongodb://a:1,b:2/?replicaSet=rs": "mongodb://a:1,b:2/db?replicaSet=rs",
		"mongodb://u:p@h":                  "mongodb://u:p@h/db?authSource=admin",
		"mongodb://u:p@h/own?x=1":          "mongodb://u:p@h/db?x=1&authSource=own",
		"mongodb://u:p@h/?authSource=a":    "mongodb://u:p@h/db?authSource=a",
	} {
		require.Equal(t, want, withDatabase(uri, "db"), uri)
	}
}
