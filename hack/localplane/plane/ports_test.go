package plane

import (
	"context"
	"net"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func reserve(t *testing.T) *port {
	t.Helper()
	p, err := reservePort()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.release(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func TestReservedPortsAreDistinct(t *testing.T) {
	seen := map[int]bool{}
	for range 500 {
		p := reserve(t)
		if seen[p.number] {
			t.Fatalf("port %d was reserved twice", p.number)
		}
		seen[p.number] = true
	}
}

func TestAReservedPortIsForThoseWhoShareIt(t *testing.T) {
	p := reserve(t)
	address := strings.TrimPrefix(p.url("tcp"), "tcp://")
	if stranger, err := net.Listen("tcp", address); err == nil {
		stranger.Close()
		t.Error("a socket that does not share took the reserved port")
	}

	sharing := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		controlErr := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
		if err == nil {
			err = controlErr
		}
		return err
	}}
	server, err := sharing.Listen(context.Background(), "tcp", address)
	if err != nil {
		t.Fatalf("listening on the reserved port: %v", err)
	}
	defer server.Close()
	// Every connection must reach the one who listens.
	for range 50 {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		accepted, err := server.Accept()
		if err != nil {
			t.Fatal(err)
		}
		accepted.Close()
	}
}
