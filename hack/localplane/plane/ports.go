package plane

import (
	"fmt"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// port is a TCP port of 127.0.0.1 that nobody else on this machine can get.
type port struct {
	number int
	socket *os.File
}

// reservePort binds a free port without listening on it. The usual way, to bind,
// close and hope, loses the port now and then when many tests start at once. Here
// the socket stays bound, and the process that the port is meant for joins it
// through SO_REUSEPORT, which the kernel allows to the same user alone. A socket
// that does not listen receives no connections, so all of them reach the process.
func reservePort() (*port, error) {
	// As in package net: no process may be started between socket and close-on-exec,
	// or it would keep the port reserved after the plane has stopped.
	syscall.ForkLock.RLock()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err == nil {
		unix.CloseOnExec(fd)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return nil, fmt.Errorf("reserving a port: opening a socket: %w", err)
	}
	p := &port{socket: os.NewFile(uintptr(fd), "reserved port")}
	if err := p.bind(fd); err != nil {
		p.socket.Close()
		return nil, fmt.Errorf("reserving a port of 127.0.0.1: %w", err)
	}
	return p, nil
}

func (p *port) bind(fd int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1); err != nil {
		return fmt.Errorf("setting SO_REUSEPORT: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return fmt.Errorf("binding: %w", err)
	}
	address, err := unix.Getsockname(fd)
	if err != nil {
		return fmt.Errorf("reading the bound address: %w", err)
	}
	p.number = address.(*unix.SockaddrInet4).Port
	return nil
}

func (p *port) url(scheme string) string {
	return fmt.Sprintf("%s://127.0.0.1:%d", scheme, p.number)
}

// release gives the port back.
func (p *port) release() error { return p.socket.Close() }
