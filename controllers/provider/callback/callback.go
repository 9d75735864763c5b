// Package callback receives what payment providers and carriers send by themselves. A
// callback is never believed: it leads to a look-up of what it is about, so
// that one that is sent twice, late, out of order or again by somebody else has no
// effect that the books of the provider do not have.
package callback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// Receiver verifies a callback and tells whom it concerns. Its errors are ErrNobody,
// port.ErrForged, or any other for what could not be handled this time.
type Receiver func(r *http.Request, body []byte) error

// ErrNobody means that there is no such provider.
var ErrNobody = errors.New("there is no such provider")

// Server receives callbacks. It runs where the controllers do; other replicas refuse the
// connection, and the provider tries again.
type Server struct {
	// Address to listen on.
	Address string
	// Receivers by the pattern of their path, as package net/http has it.
	Receivers map[string]Receiver
}

// Limits of a request. One that looks signed costs a read of a Secret, so that there
// are only some at a time; one that is sent slowly only takes a connection.
const (
	maxBody        = 64 << 10
	maxAtOnce      = 16
	maxConnections = 256
	readTimeout    = 10 * time.Second
)

// Start serves until ctx is done.
func (s *Server) Start(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Address)
	if err != nil {
		return fmt.Errorf("listening for callbacks: %w", err)
	}
	l = netutil.LimitListener(l, maxConnections)
	server := &http.Server{
		Handler: s.Handler(), ReadTimeout: readTimeout, WriteTimeout: 2 * readTimeout, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return log.IntoContext(context.Background(), log.FromContext(ctx)) },
	}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
		defer cancel()
		stopped <- server.Shutdown(patience)
	}()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving callbacks: %w", err)
	}
	return <-stopped
}

// Handler serves callbacks.
func (s *Server) Handler() http.Handler {
	turns := make(chan struct{}, maxAtOnce)
	mux := http.NewServeMux()
	for path, receiver := range s.Receivers {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			body, status := read(w, r)
			if status == 0 {
				select {
				case turns <- struct{}{}:
					defer func() { <-turns }()
					status = receive(receiver, r, body)
				default:
					status = http.StatusTooManyRequests
				}
			}
			w.WriteHeader(status) // no body: whoever is not the provider learns nothing
		})
	}
	return mux
}

// read reads a callback, or returns the status that refuses it.
func read(w http.ResponseWriter, r *http.Request) (body []byte, status int) {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/json" {
		return nil, http.StatusUnsupportedMediaType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, http.StatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, http.StatusBadRequest
	}
	return body, 0
}

// receive handles one callback and returns the status of the answer.
func receive(receiver Receiver, r *http.Request, body []byte) int {
	err := receiver(r, body)
	switch {
	case err == nil:
		return http.StatusNoContent
	case errors.Is(err, ErrNobody):
		return http.StatusNotFound
	case errors.Is(err, port.ErrForged):
		return http.StatusUnauthorized
	default:
		log.FromContext(r.Context()).Info("a callback could not be handled; the provider is asked to send it again", "path", r.URL.Path, "cause", err.Error())
		return http.StatusServiceUnavailable
	}
}
