// Package realkafka starts a real Apache Kafka for tests: three brokers in KRaft mode on
// loopback, from jars that Maven fetches by the pinned pom.xml beside this file. It needs Java 17
// or later and Maven.
//
// It promises that brokers can be killed and started again with what they had on disk, and that
// nothing of it is left when the cluster is closed.
package realkafka

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/segmentio/kafka-go"
)

// Brokers is how many there are.
const Brokers = 3

// User and Password sign in on the listener with SASL and TLS.
const (
	User     = "bedside"
	Password = "a password for tests only"
)

// startWithin bounds the start of a broker, stopWithin an orderly end.
const (
	startWithin = 90 * time.Second
	stopWithin  = 30 * time.Second
)

//go:embed pom.xml
var pom []byte

// mavenDependency copies what a pom depends on.
const mavenDependency = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"

// Cluster is a running Kafka.
type Cluster struct {
	dir  string
	jars string
	// plain and secure are the addresses of the listeners without and with SASL and TLS; quorum
	// those of the controllers.
	plain, secure, quorum [Brokers]string
	ca                    string

	mu      sync.Mutex
	running [Brokers]*broker
}

type broker struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{}
}

// Missing says what a machine lacks for Start; empty if nothing.
func Missing() string {
	for _, program := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(program); err != nil {
			return program + " is not installed"
		}
	}
	return ""
}

// Jars fetches Kafka into a folder, unless it is there.
func Jars(ctx context.Context, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of Kafka's jars: %w", err)
	}
	there, err := os.ReadFile(filepath.Join(dir, "pom.xml"))
	if err == nil && string(there) == string(pom) {
		return nil
	}
	work := filepath.Join(dir, "pom.part.xml")
	if err := os.WriteFile(work, pom, 0o600); err != nil {
		return fmt.Errorf("write the pom of Kafka: %w", err)
	}
	out, err := exec.CommandContext(ctx, "mvn", "-q", "-B", "-f", work, mavenDependency, "-DoutputDirectory="+dir).CombinedOutput()
	if err != nil {
		return fmt.Errorf("fetch Kafka with Maven: %w\n%s", err, out)
	}
	return os.Rename(work, filepath.Join(dir, "pom.xml"))
}

// Start starts a cluster whose state is in dir, from the jars in jars, and waits until all brokers
// are there.
func Start(ctx context.Context, dir, jars string) (*Cluster, error) {
	c := &Cluster{dir: dir, jars: jars}
	ports, err := freePorts(3 * Brokers)
	if err != nil {
		return nil, err
	}
	for i := range Brokers {
		c.plain[i], c.secure[i], c.quorum[i] = ports[3*i], ports[3*i+1], ports[3*i+2]
	}
	if err := c.certificates(); err != nil {
		return nil, err
	}
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return nil, fmt.Errorf("choose the cluster's id: %w", err)
	}
	cluster := base64.RawURLEncoding.EncodeToString(id)
	for i := range Brokers {
		if err := c.format(ctx, i, cluster); err != nil {
			return nil, err
		}
	}
	for i := range Brokers {
		if err := c.StartBroker(i); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	if err := c.Wait(ctx, Brokers); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Plain are the addresses without authentication; Secure those with SASL/SCRAM over TLS, whose
// certificates CAFile signs.
func (c *Cluster) Plain() []string  { return c.plain[:] }
func (c *Cluster) Secure() []string { return c.secure[:] }

// CAFile is the file with the authority that signed the brokers' certificates, in PEM.
func (c *Cluster) CAFile() string { return c.ca }

// StartBroker starts a broker that does not run.
func (c *Cluster) StartBroker(i int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running[i] != nil {
		return fmt.Errorf("broker %d runs already", i)
	}
	log, err := os.OpenFile(filepath.Join(c.home(i), "log.txt"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open the log of a broker: %w", err)
	}
	cmd := c.java("kafka.Kafka", filepath.Join(c.home(i), "server.properties"))
	cmd.Stdout, cmd.Stderr = log, log
	// A test that is killed takes its brokers with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("start broker %d: %w", i, err), log.Close())
	}
	b := &broker{cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // How it ended is in its log.
		_ = log.Close()
		close(b.done)
	}()
	c.running[i] = b
	return nil
}

// Kill ends a broker as a power cut does.
func (c *Cluster) Kill(i int) { c.end(i, syscall.SIGKILL) }

// Stop ends a broker in an orderly way: its leaders move first.
func (c *Cluster) Stop(i int) { c.end(i, syscall.SIGTERM) }

func (c *Cluster) end(i int, signal syscall.Signal) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.running[i]
	if b == nil {
		return
	}
	c.running[i] = nil
	_ = b.cmd.Process.Signal(signal) // It may have ended by itself.
	select {
	case <-b.done:
	case <-time.After(stopWithin):
		_ = b.cmd.Process.Kill()
		<-b.done
	}
}

// Close ends all brokers.
func (c *Cluster) Close() error {
	for i := range Brokers {
		c.Kill(i)
	}
	return nil
}

// Wait waits until n brokers are in the cluster.
func (c *Cluster) Wait(ctx context.Context, n int) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	client := &kafka.Client{Addr: kafka.TCP(c.plain[:]...), Timeout: 5 * time.Second}
	var last error
	for {
		meta, err := client.Metadata(ctx, &kafka.MetadataRequest{})
		if err == nil && len(meta.Brokers) >= n {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("%d of %d brokers are there", len(meta.Brokers), n)
		}
		last = err
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %d brokers: %w\n%s", n, last, c.Logs())
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// Logs are the last lines of the brokers' logs.
func (c *Cluster) Logs() string {
	var out strings.Builder
	for i := range Brokers {
		content, err := os.ReadFile(filepath.Join(c.home(i), "log.txt"))
		if err != nil {
			continue
		}
		fmt.Fprintf(&out, "broker %d:\n%s\n", i, content[max(0, len(content)-2000):])
	}
	return out.String()
}

func (c *Cluster) home(i int) string { return filepath.Join(c.dir, "broker"+strconv.Itoa(i)) }

func (c *Cluster) java(args ...string) *exec.Cmd {
	return exec.CommandContext(context.Background(), "java", append([]string{ //nolint:gosec // The program and its arguments are ours.
		"-Xmx384m", "-Xms128m", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", filepath.Join(c.jars, "*"),
	}, args...)...)
}

// format writes a broker's settings and prepares its disk.
func (c *Cluster) format(ctx context.Context, i int, cluster string) error {
	home := c.home(i)
	if err := os.MkdirAll(home, 0o700); err != nil {
		return fmt.Errorf("make the folder of a broker: %w", err)
	}
	voters := make([]string, Brokers)
	for n := range voters {
		voters[n] = fmt.Sprintf("%d@%s", n, c.quorum[n])
	}
	settings := map[string]string{
		"process.roles": "broker,controller", "node.id": strconv.Itoa(i),
		"controller.quorum.voters": strings.Join(voters, ","), "controller.listener.names": "CONTROLLER",
		"listeners":                                             "PLAINTEXT://" + c.plain[i] + ",SASL_SSL://" + c.secure[i] + ",CONTROLLER://" + c.quorum[i],
		"advertised.listeners":                                  "PLAINTEXT://" + c.plain[i] + ",SASL_SSL://" + c.secure[i],
		"listener.security.protocol.map":                        "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
		"inter.broker.listener.name":                            "PLAINTEXT",
		"sasl.enabled.mechanisms":                               "SCRAM-SHA-512",
		"listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": "org.apache.kafka.common.security.scram.ScramLoginModule required;",
		"ssl.keystore.type":                                     "PEM", "ssl.keystore.location": filepath.Join(c.dir, "broker.pem"),
		"log.dirs": filepath.Join(home, "data"),
		// As production is set up: a reply of acks=all is on two disks.
		"default.replication.factor": "3", "min.insync.replicas": "2", "offsets.topic.replication.factor": "3",
		"transaction.state.log.replication.factor": "3", "transaction.state.log.min.isr": "2",
		"offsets.topic.num.partitions": "5", "auto.create.topics.enable": "false",
		"group.initial.rebalance.delay.ms": "0", "group.min.session.timeout.ms": "1000",
		"broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "500",
		"log.retention.check.interval.ms": "1000", "log.initial.task.delay.ms": "1000", "log.segment.delete.delay.ms": "100",
		"num.network.threads": "2", "num.io.threads": "2", "background.threads": "2", "num.recovery.threads.per.data.dir": "1",
	}
	var file strings.Builder
	for name, value := range settings {
		fmt.Fprintf(&file, "%s=%s\n", name, value)
	}
	path := filepath.Join(home, "server.properties")
	if err := os.WriteFile(path, []byte(file.String()), 0o600); err != nil {
		return fmt.Errorf("write the settings of a broker: %w", err)
	}
	cmd := c.java("kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", path,
		"--add-scram", "SCRAM-SHA-512=[name="+User+",password="+Password+"]")
	out, err := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...).CombinedOutput() //nolint:gosec // As above.
	if err != nil {
		return fmt.Errorf("prepare the disk of broker %d: %w\n%s", i, err, out)
	}
	return nil
}

// certificates makes an authority and a certificate of the brokers for loopback.
func (c *Cluster) certificates() error {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the cluster: %w", err)
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	ca := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Kafka for tests"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "broker"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: ca.NotBefore, NotAfter: ca.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &key.PublicKey, caKey)
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("write a key: %w", err)
	}
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	c.ca = filepath.Join(c.dir, "ca.pem")
	chain := append(block("PRIVATE KEY", secret), append(block("CERTIFICATE", der), block("CERTIFICATE", caDER)...)...)
	return errors.Join(os.WriteFile(c.ca, block("CERTIFICATE", caDER), 0o600), os.WriteFile(filepath.Join(c.dir, "broker.pem"), chain, 0o600))
}

// freePorts finds ports of loopback that nobody listens on.
func freePorts(n int) ([]string, error) {
	var held []net.Listener
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	out := make([]string, n)
	for i := range out {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		held = append(held, l)
		out[i] = l.Addr().String()
	}
	return out, nil
}
