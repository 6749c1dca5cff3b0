package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/config"
	"github.com/bedside-health/bedside/libs/problem"
)

type service struct {
	config.Kafka
	config.Store
	Delay  time.Duration `env:"BEDSIDE_TEST_DELAY" desc:"How long."`
	Key    config.Secret `env:"BEDSIDE_TEST_KEY" desc:"A secret."`
	Logger *slog.Logger
	Ready  func()
}

func defaults() service {
	return service{Kafka: config.DefaultKafka(), Delay: time.Second, Logger: slog.New(slog.DiscardHandler)}
}

func TestLoad_EnvironmentAndDefaults_EnvironmentWins(t *testing.T) {
	s := defaults()
	require.NoError(t, config.Load(&s, []string{
		"KAFKA_BROKERS=a:1,b:2", "KAFKA_PASSWORD=p", "KAFKA_TLS=true", "KAFKA_TOPIC_RETENTION=2h",
		"BEDSIDE_STORE=sqlite:x", "BEDSIDE_TEST_DELAY=3s", "BEDSIDE_TEST_KEY=", "PATH=/bin", "nonsense",
	}, config.Prefix))
	require.Equal(t, []string{"a:1", "b:2"}, s.Brokers)
	require.Equal(t, "p", s.Password.Reveal())
	require.True(t, s.TLS)
	require.Equal(t, 2*time.Hour, s.Retention, "a default is overridden")
	require.Equal(t, 3*time.Second, s.Delay)
	require.Equal(t, 6, s.Partitions, "what is not set keeps its default")
	require.Equal(t, "sqlite:x", s.URL.Reveal())
	require.Empty(t, s.Key)
	require.NotNil(t, s.Logger)
}

func TestLoad_UnknownKey_IsNamedUnlessAllowedOrOfKubernetes(t *testing.T) {
	s := defaults()
	err := config.Load(&s, []string{"BEDSIDE_TEST_DELYA=3s", "BEDSIDE_TSET=1"}, config.Prefix)
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	require.ErrorContains(t, err, "BEDSIDE_TEST_DELYA, BEDSIDE_TSET")
	require.NoError(t, config.Load(&s, []string{"BEDSIDE_OTHER=1"}, config.Prefix, "BEDSIDE_OTHER"))
	require.NoError(t, config.Load(&s, []string{
		"BEDSIDE_GATEWAY_SERVICE_HOST=10.0.0.1", "BEDSIDE_GATEWAY_SERVICE_PORT=80", "BEDSIDE_GATEWAY_SERVICE_PORT_HTTP=80",
		"BEDSIDE_GATEWAY_PORT=tcp://10.0.0.1:80", "BEDSIDE_GATEWAY_PORT_80_TCP=tcp://10.0.0.1:80",
		"BEDSIDE_GATEWAY_PORT_80_TCP_PROTO=tcp", "BEDSIDE_GATEWAY_PORT_80_TCP_PORT=80", "BEDSIDE_GATEWAY_PORT_80_TCP_ADDR=10.0.0.1",
	}, config.Prefix))
	require.Error(t, config.Load(&s, []string{"BEDSIDE_GATEWAY_PORT=80"}, config.Prefix))
}

func TestLoad_ValuesThatCannotBeRead_AreNamedTogetherAndSecretsKept(t *testing.T) {
	type odd struct {
		A int           `env:"A" desc:"a"`
		B time.Duration `env:"B" desc:"b"`
		S config.Secret `env:"S" desc:"s"`
	}
	var o odd
	err := config.Load(&o, []string{"A=hunter2", "B=soon", "S=hunter2"}, config.Prefix)
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	require.ErrorContains(t, err, `"A"`)
	require.ErrorContains(t, err, `"B"`)
	require.NotContains(t, err.Error(), "hunter2")
}

func TestDescribe_Settings_HaveNameDefaultAndDescription(t *testing.T) {
	s := defaults()
	s.Key = "hunter2"
	all, err := config.Describe(&s)
	require.NoError(t, err)
	by := map[string]config.Setting{}
	for _, one := range all {
		by[one.Name] = one
	}
	require.Equal(t, config.Setting{Name: "BEDSIDE_TEST_DELAY", Description: "How long.", Default: "1s"}, by["BEDSIDE_TEST_DELAY"])
	require.Equal(t, config.Setting{Name: "BEDSIDE_TEST_KEY", Description: "A secret.", Default: "[redacted]", Secret: true}, by["BEDSIDE_TEST_KEY"])
	require.Equal(t, "168h0m0s", by["KAFKA_TOPIC_RETENTION"].Default)
	table, err := config.Markdown(&s)
	require.NoError(t, err)
	require.Contains(t, table, "| `BEDSIDE_TEST_DELAY` | `1s` | How long. |\n")
	require.NotContains(t, table, "hunter2")

	type undocumented struct {
		A string `env:"A"`
	}
	_, err = config.Describe(undocumented{})
	require.ErrorContains(t, err, "no desc tag")
	type twice struct {
		A string `env:"A" desc:"a"`
		B string `env:"A" desc:"b"`
	}
	_, err = config.Describe(twice{})
	require.ErrorContains(t, err, "declared twice")
	_, err = config.Describe(5)
	require.Error(t, err)
}

func TestSecret_EveryWayOfPrinting_ShowsNothing(t *testing.T) {
	secret := config.Secret("hunter2")
	holder := struct{ S config.Secret }{secret}
	var out bytes.Buffer
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(&out, format+"\n", secret)
		fmt.Fprintf(&out, format+"\n", holder)
	}
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "s", secret, "h", holder)
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "s", secret, "h", holder)
	data, err := json.Marshal(holder)
	require.NoError(t, err)
	out.Write(data)
	require.NotContains(t, out.String(), "hunter2")
	require.Contains(t, out.String(), "[redacted]")
	require.Equal(t, "hunter2", secret.Reveal())
}

func TestKafka_Faults_AreNamedTogether(t *testing.T) {
	k := config.Kafka{Partitions: 0, Replication: -1, Password: "p", TLSCAFile: "x"}
	err := k.Validate()
	for _, part := range []string{"KAFKA_BROKERS", "KAFKA_TOPIC_PARTITIONS", "KAFKA_TOPIC_REPLICATION", "KAFKA_TOPIC_RETENTION", "without KAFKA_USER", "without KAFKA_TLS"} {
		require.ErrorContains(t, err, part)
	}
	good := config.DefaultKafka()
	good.Brokers = []string{"a:1"}
	require.NoError(t, good.Validate())
}

func TestKafka_CAFile_MustHoldACertificate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	k := config.Kafka{TLS: true, TLSCAFile: file}
	_, err := k.TLSConfig()
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	require.NoError(t, os.WriteFile(file, []byte("no certificate"), 0o600))
	_, err = k.TLSConfig()
	require.ErrorContains(t, err, "no certificate in PEM")
	k = config.Kafka{}
	c, err := k.TLSConfig()
	require.NoError(t, err)
	require.Nil(t, c)
}

func TestStore_URLs_KnownKindsOnly(t *testing.T) {
	for _, good := range []string{"sqlite:./data/x.db", "mongodb://u:p@h/db", "mongodb+srv://h/db"} {
		require.NoError(t, config.Store{URL: config.Secret(good)}.Validate())
	}
	err := config.Store{URL: "postgres://u:hunter2@h"}.Validate()
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	require.NotContains(t, err.Error(), "hunter2")
}

func FuzzLoad(f *testing.F) {
	f.Add("KAFKA_BROKERS=a:1", "BEDSIDE_TEST_DELAY=1s")
	f.Fuzz(func(t *testing.T, a, b string) {
		s := defaults()
		if err := config.Load(&s, []string{a, b}, config.Prefix); err != nil && problem.KindOf(err) != problem.Invalid {
			t.Fatal(err)
		}
	})
}
