package polite_test

import (
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/polite"
	"github.com/bedside-health/bedside/libs/problem"
)

func TestDo_PrivateAddresses_AreNeverDialled(t *testing.T) {
	var calls atomic.Int32
	s := server(t, func(http.ResponseWriter, *http.Request) { calls.Add(1) })
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	require.NoError(t, err)
	cfg := quick()
	cfg.AllowLoopback = false
	c := client(t, cfg)
	for _, host := range []string{
		"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.1", "192.168.1.1", "172.16.0.1",
		"169.254.169.254", "100.64.0.1", "[fe80::1]", "[fd00:ec2::254]", "[64:ff9b::7f00:1]", "224.0.0.1", "[ff02::1]", "127.1", "2130706433",
	} {
		_, err := c.Do(t.Context(), polite.Request{URL: "http://" + host + ":" + port + "/"})
		if host == "127.1" || host == "2130706433" {
			// Old spellings of loopback are names to Go; what a resolver makes of
			// them does not matter as long as nothing is reached.
			require.Error(t, err)
			continue
		}
		requireProblem(t, err, problem.Forbidden, "address_not_allowed")
	}
	require.Zero(t, calls.Load())
}

func TestDo_AllowedAddress_IsDialledAndOnlyThat(t *testing.T) {
	s := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	other := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("no")) })
	cfg := quick()
	cfg.AllowLoopback = false
	cfg.AllowedAddresses = []netip.AddrPort{netip.MustParseAddrPort(s.Listener.Addr().String())}
	c := client(t, cfg)
	_, err := c.Do(t.Context(), polite.Request{URL: s.URL})
	require.NoError(t, err)
	_, err = c.Do(t.Context(), polite.Request{URL: other.URL})
	requireProblem(t, err, problem.Forbidden, "address_not_allowed")
}

func TestDo_RedirectToPrivateAddress_IsRefused(t *testing.T) {
	var reached atomic.Bool
	inner := server(t, func(http.ResponseWriter, *http.Request) { reached.Store(true) })
	outer := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inner.URL+"/secret", http.StatusFound)
	})
	cfg := quick()
	cfg.AllowLoopback = false
	cfg.AllowedAddresses = []netip.AddrPort{netip.MustParseAddrPort(outer.Listener.Addr().String())}
	_, err := client(t, cfg).Do(t.Context(), polite.Request{URL: outer.URL})
	requireProblem(t, err, problem.Forbidden, "address_not_allowed")
	require.False(t, reached.Load())
}

func TestDo_ProxyInEnvironment_IsIgnored(t *testing.T) {
	var proxied atomic.Bool
	proxy := server(t, func(http.ResponseWriter, *http.Request) { proxied.Store(true) })
	t.Setenv("HTTP_PROXY", proxy.URL)
	s := server(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("direct")) })
	resp, err := client(t, quick()).Do(t.Context(), polite.Request{URL: s.URL})
	require.NoError(t, err)
	require.Equal(t, "direct", string(resp.Body))
	require.False(t, proxied.Load())
}

func TestPublic_Table(t *testing.T) {
	for addr, want := range map[string]bool{
		"8.8.8.8": true, "93.184.216.34": true, "2606:4700:4700::1111": true,
		"10.1.2.3": false, "172.31.255.255": false, "172.32.0.1": true, "100.63.255.255": true, "100.127.255.255": false,
		"169.254.169.254": false, "198.19.0.1": false, "192.0.0.170": false, "255.255.255.255": false,
		"::": false, "::1": false, "::ffff:8.8.8.8": false, "::8.8.8.8": false, "64:ff9b::808:808": false, "2002:7f00:1::": false,
		"2001::1": false, "fc00::1": false, "fe80::1": false, "fec0::1": false, "ff0e::1": false,
	} {
		require.Equal(t, want, polite.Public(netip.MustParseAddr(addr)), addr)
	}
	require.False(t, polite.Public(netip.Addr{}))
	require.False(t, polite.Public(netip.MustParseAddr("2606:4700::1%eth0")))
}
