package events_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/stretchr/testify/require"
)

// TestAsyncAPI_ChannelsAndPayloads_AreThoseOfThisPackage keeps the description of the
// topics true: every topic is there with its schema, and nothing else.
func TestAsyncAPI_ChannelsAndPayloads_AreThoseOfThisPackage(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(specs, "..", "asyncapi.yaml"))
	require.NoError(t, err)
	type ref struct {
		Ref string `yaml:"$ref"`
	}
	var doc struct {
		AsyncAPI string `yaml:"asyncapi"`
		Channels map[string]struct {
			Address    string         `yaml:"address"`
			Messages   map[string]ref `yaml:"messages"`
			Parameters map[string]struct {
				Enum []string `yaml:"enum"`
			} `yaml:"parameters"`
		} `yaml:"channels"`
		Operations map[string]struct {
			Channel ref `yaml:"channel"`
		} `yaml:"operations"`
		Components struct {
			Messages map[string]struct {
				Name    string `yaml:"name"`
				Payload struct {
					Schema ref `yaml:"schema"`
				} `yaml:"payload"`
			} `yaml:"messages"`
		} `yaml:"components"`
	}
	require.NoError(t, yaml.Unmarshal(data, &doc))
	require.Equal(t, "3.0.0", doc.AsyncAPI)
	topics := map[string]bool{}
	for name, channel := range doc.Channels {
		if channel.Address == "{topic}.dlq" {
			require.Len(t, channel.Parameters["topic"].Enum, len(kinds))
			for _, topic := range channel.Parameters["topic"].Enum {
				require.Contains(t, kinds, topic)
			}
			continue
		}
		require.Contains(t, kinds, channel.Address, name)
		topics[channel.Address] = true
		for id, message := range channel.Messages {
			require.Equal(t, "#/components/messages/"+id, message.Ref)
			schema := doc.Components.Messages[id].Payload.Schema.Ref
			require.Equal(t, "./events/"+channel.Address+".schema.json", schema)
			require.FileExists(t, filepath.Join(specs, "..", schema))
		}
	}
	require.Len(t, topics, len(kinds))
	for name, operation := range doc.Operations {
		id, ok := strings.CutPrefix(operation.Channel.Ref, "#/channels/")
		require.True(t, ok, name)
		require.Contains(t, doc.Channels, id, name)
	}
}
