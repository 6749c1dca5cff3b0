package polite

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// blocked are the ranges that are not the public internet, beyond those netip
// knows by name. Ranges that embed an IPv4 address (mapped, compatible, NAT64,
// 6to4, Teredo) are here whole: the address inside could be a private one.
var blocked = mustPrefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64",
	"2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
)

func mustPrefixes(texts ...string) []netip.Prefix {
	prefixes := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		prefixes[i] = netip.MustParsePrefix(t)
	}
	return prefixes
}

// Public reports whether addr is an address of the public internet that a URL
// of a foreign site may lead to. Cloud metadata services live in link-local
// and unique-local ranges and are covered by those.
func Public(addr netip.Addr) bool {
	if !addr.IsValid() || addr.Zone() != "" || addr.Is4In6() {
		return false
	}
	if addr.IsPrivate() || addr.IsLoopback() || addr.IsUnspecified() || addr.IsMulticast() ||
		addr.IsLinkLocalUnicast() || addr.IsInterfaceLocalMulticast() {
		return false
	}
	return !slices.ContainsFunc(blocked, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// forbiddenAddressError is a refusal of the guard. It must not be retried: the
// address will not become another one.
type forbiddenAddressError struct{ addr string }

func (e *forbiddenAddressError) Error() string {
	return fmt.Sprintf("address %s is not on the public internet", e.addr)
}

type guard struct {
	allowed  []netip.AddrPort
	loopback bool
}

func newGuard(cfg Config) *guard {
	return &guard{allowed: slices.Clone(cfg.AllowedAddresses), loopback: cfg.AllowLoopback}
}

// dialer refuses addresses in its Control hook, which runs after DNS and right
// before connect for each address that is tried. Looking at the URL or resolving
// the name beforehand would leave room for DNS to answer differently in between.
func (g *guard) dialer() *net.Dialer {
	return &net.Dialer{
		Timeout:        10 * time.Second,
		KeepAlive:      30 * time.Second,
		ControlContext: g.control,
	}
}

func (g *guard) control(_ context.Context, network, address string, _ syscall.RawConn) error {
	if network != "tcp4" && network != "tcp6" {
		return &forbiddenAddressError{addr: network + " " + address}
	}
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return &forbiddenAddressError{addr: address}
	}
	if slices.Contains(g.allowed, target) || (g.loopback && target.Addr().IsLoopback()) || Public(target.Addr()) {
		return nil
	}
	return &forbiddenAddressError{addr: address}
}
