package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/bedside-health/bedside/libs/problem"
)

// Prefix begins the names of Bedside's own settings.
const Prefix = "BEDSIDE_"

// Kafka are the settings by which every service finds its brokers. Embed it.
type Kafka struct {
	Brokers   []string `env:"KAFKA_BROKERS" envSeparator:"," desc:"Kafka brokers as host:port, separated by commas."`
	User      string   `env:"KAFKA_USER" desc:"User for SASL; empty means none."`
	Password  Secret   `env:"KAFKA_PASSWORD" desc:"Password for SASL."`
	Mechanism string   `env:"KAFKA_MECHANISM" desc:"SASL mechanism: SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN. PLAIN without TLS sends the password readable."`
	TLS       bool     `env:"KAFKA_TLS" desc:"Talk TLS to the brokers."`
	TLSCAFile string   `env:"KAFKA_TLS_CA_FILE" desc:"File with the certificate authorities (PEM) that sign the brokers' certificates; empty means those of the system."`

	Partitions  int           `env:"KAFKA_TOPIC_PARTITIONS" desc:"Partitions of topics that have to be made."`
	Replication int           `env:"KAFKA_TOPIC_REPLICATION" desc:"Replicas of topics that have to be made; 0 is the cluster's default."`
	Retention   time.Duration `env:"KAFKA_TOPIC_RETENTION" desc:"How long topics that have to be made keep messages."`
	MaxBytes    int64         `env:"KAFKA_TOPIC_MAX_BYTES" desc:"Bound of a partition's size of topics that have to be made, in bytes; 0 is none."`
}

// DefaultKafka are the defaults of Kafka.
func DefaultKafka() Kafka {
	return Kafka{Mechanism: "SCRAM-SHA-512", Partitions: 6, Retention: 7 * 24 * time.Hour}
}

// Validate reports every fault. Addresses and the mechanism are checked where they are used.
func (k Kafka) Validate() error {
	var faults []error
	fault := func(bad bool, detail string) {
		if bad {
			faults = append(faults, problem.New(problem.Invalid, "kafka_settings", "%s", detail))
		}
	}
	fault(len(k.Brokers) == 0, "KAFKA_BROKERS is not set: give host:port[,host:port]")
	fault(k.Partitions < 1 || k.Partitions > 1000, "KAFKA_TOPIC_PARTITIONS must be between 1 and 1000")
	fault(k.Replication < 0, "KAFKA_TOPIC_REPLICATION must not be negative")
	fault(k.Retention < time.Hour, "KAFKA_TOPIC_RETENTION must be at least 1h, or an outage loses messages")
	fault(k.MaxBytes < 0, "KAFKA_TOPIC_MAX_BYTES must not be negative")
	fault(k.User == "" && k.Password != "", "KAFKA_PASSWORD is set without KAFKA_USER")
	fault(k.TLSCAFile != "" && !k.TLS, "KAFKA_TLS_CA_FILE is set without KAFKA_TLS=true")
	return errors.Join(faults...)
}

// TLSConfig is nil where TLS is off. It reads TLSCAFile.
func (k Kafka) TLSConfig() (*tls.Config, error) {
	if !k.TLS {
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12}
	if k.TLSCAFile == "" {
		return out, nil
	}
	pem, err := os.ReadFile(k.TLSCAFile)
	if err != nil {
		return nil, problem.Wrap(problem.Invalid, "kafka_ca_file", err, "read KAFKA_TLS_CA_FILE")
	}
	out.RootCAs = x509.NewCertPool()
	if !out.RootCAs.AppendCertsFromPEM(pem) {
		return nil, problem.New(problem.Invalid, "kafka_ca_file", "KAFKA_TLS_CA_FILE %s holds no certificate in PEM", k.TLSCAFile)
	}
	return out, nil
}

// Telemetry are the settings of logs, traces and the operators' endpoints. Embed it.
type Telemetry struct {
	LogLevel     string `env:"BEDSIDE_LOG_LEVEL" desc:"Least level of log lines: debug, info, warn or error."`
	AdminListen  string `env:"BEDSIDE_ADMIN_LISTEN" desc:"host:port of /livez, /readyz and /metrics; empty means none. Not for the internet."`
	OTLPEndpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" desc:"OpenTelemetry collector for traces (OTLP over HTTP), such as http://collector:4318; empty means none."`
}

// DefaultTelemetry are the defaults of Telemetry.
func DefaultTelemetry() Telemetry { return Telemetry{LogLevel: "info", AdminListen: ":9090"} }

// TelemetrySettings gives t to code that knows only that it is embedded.
func (t Telemetry) TelemetrySettings() Telemetry { return t }

// Store is the setting by which a service finds its documents. Embed it.
type Store struct {
	URL Secret `env:"BEDSIDE_STORE" desc:"Where documents are kept: mongodb://user:password@host/database or sqlite:PATH."`
}

// Validate reports a store that is missing or of no known kind. The address itself is
// checked where it is opened.
func (s Store) Validate() error {
	url := s.URL.Reveal()
	for _, scheme := range []string{"mongodb://", "mongodb+srv://", "sqlite:"} {
		if strings.HasPrefix(url, scheme) {
			return nil
		}
	}
	return problem.New(problem.Invalid, "store_settings", "BEDSIDE_STORE is neither mongodb://... nor sqlite:PATH")
}
