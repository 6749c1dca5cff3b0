package mongotest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

const (
	headerBytes = 16
	// maxMessage is MongoDB's own bound of one message.
	maxMessage = 48_000_000
	opMsg      = 2013
	moreToCome = 1 << 1
)

// gate forwards wire protocol messages to a server, one request at a time over
// all of its clients: the next request waits until the reply to the one before is
// complete.
type gate struct {
	listener net.Listener
	server   string
	turn     sync.Mutex // held from forwarding a request to having its reply

	mu     sync.Mutex
	conns  map[net.Conn]bool
	closed bool
	wg     sync.WaitGroup
}

func openGate(ctx context.Context, address, server string) (*gate, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening the gate: %w", err)
	}
	g := &gate{listener: l, server: server, conns: map[net.Conn]bool{}}
	g.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if !g.keep(c) {
				return
			}
			g.wg.Go(func() {
				defer g.drop(c)
				_ = g.serve(ctx, c)
			})
		}
	})
	return g, nil
}

// serve forwards one client's requests until it leaves, or until something is
// wrong; then its connection ends and the client dials again.
func (g *gate) serve(ctx context.Context, client net.Conn) error {
	var d net.Dialer
	server, err := d.DialContext(ctx, "tcp", g.server)
	if err != nil {
		return err
	}
	if !g.keep(server) {
		return net.ErrClosed
	}
	defer g.drop(server)
	for {
		request, err := readMessage(client)
		if err != nil {
			return err
		}
		reply, err := g.exchange(server, request)
		if err != nil {
			return err
		}
		if _, err := client.Write(reply); err != nil {
			return err
		}
	}
}

// exchange sends a request and reads its reply, which is empty for the requests
// that get none.
func (g *gate) exchange(server net.Conn, request []byte) ([]byte, error) {
	g.turn.Lock()
	defer g.turn.Unlock()
	if _, err := server.Write(request); err != nil {
		return nil, err
	}
	if isOneWay(request) {
		return nil, nil
	}
	return readMessage(server)
}

// isOneWay reports whether a request asks for no reply (an unacknowledged write).
func isOneWay(message []byte) bool {
	return len(message) >= headerBytes+4 &&
		binary.LittleEndian.Uint32(message[12:]) == opMsg &&
		binary.LittleEndian.Uint32(message[headerBytes:])&moreToCome != 0
}

// readMessage reads one whole message; its first four bytes are its length.
func readMessage(r io.Reader) ([]byte, error) {
	var header [headerBytes]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(header[:])
	if n < headerBytes || n > maxMessage {
		return nil, errors.New("a message of impossible length")
	}
	message := make([]byte, n)
	copy(message, header[:])
	_, err := io.ReadFull(r, message[headerBytes:])
	return message, err
}

func (g *gate) keep(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		_ = c.Close()
		return false
	}
	g.conns[c] = true
	return true
}

func (g *gate) drop(c net.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	_ = c.Close()
}

// close ends all connections and waits for their goroutines.
func (g *gate) close() {
	g.mu.Lock()
	g.closed = true
	_ = g.listener.Close()
	for c := range g.conns {
		_ = c.Close()
	}
	g.mu.Unlock()
	g.wg.Wait()
}
