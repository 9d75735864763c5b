// Package callback receives what payment providers send by themselves. A callback
// is never believed: it leads to a look-up of the operation that it is about, so
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
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	v1 "ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/controllers/provider/port"
)

// Verifier checks a callback of a provider and tells the operation that it is about.
type Verifier interface {
	Callback(ctx context.Context, namespace string, p *v1.PaymentProvider, h http.Header, body []byte) (operation string, err error)
}

// Server receives callbacks at POST /payments/{namespace}/{class}/{provider}. It
// runs where the controllers do; other replicas refuse the connection, and the
// provider tries again.
type Server struct {
	// Address to listen on.
	Address  string
	Classes  client.Reader
	Verifier Verifier
	// Heard is told the id of an operation of an Order of a namespace.
	Heard func(ctx context.Context, namespace, operation string) error
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
	mux.HandleFunc("POST /payments/{namespace}/{class}/{provider}", func(w http.ResponseWriter, r *http.Request) {
		body, status := read(w, r)
		if status == 0 {
			select {
			case turns <- struct{}{}:
				defer func() { <-turns }()
				status = s.receive(r, body)
			default:
				status = http.StatusTooManyRequests
			}
		}
		w.WriteHeader(status) // no body: whoever is not the provider learns nothing
	})
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
func (s *Server) receive(r *http.Request, body []byte) int {
	namespace := r.PathValue("namespace")
	described, err := s.describe(r.Context(), namespace, r.PathValue("class"), r.PathValue("provider"))
	if err == nil && described == nil {
		return http.StatusNotFound
	}
	var operation string
	if err == nil {
		operation, err = s.Verifier.Callback(r.Context(), namespace, described, r.Header, body)
	}
	if errors.Is(err, port.ErrForged) {
		return http.StatusUnauthorized
	}
	if err == nil && operation != "" {
		err = s.Heard(r.Context(), namespace, operation)
	}
	if err != nil {
		log.FromContext(r.Context()).Info("a callback could not be handled; the provider is asked to send it again", "namespace", namespace, "class", r.PathValue("class"), "provider", r.PathValue("provider"), "cause", err.Error())
		return http.StatusServiceUnavailable
	}
	return http.StatusNoContent
}

// describe finds a provider of a class, nil if there is none.
func (s *Server) describe(ctx context.Context, namespace, class, provider string) (*v1.PaymentProvider, error) {
	var c v1.OrderClass
	err := s.Classes.Get(ctx, client.ObjectKey{Namespace: namespace, Name: class}, &c)
	if apierrors.IsNotFound(err) || (err == nil && c.Spec.Payment == nil) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading OrderClass %s: %w", class, err)
	}
	for i := range c.Spec.Payment.Providers {
		if p := &c.Spec.Payment.Providers[i]; string(p.Name) == provider {
			return p, nil
		}
	}
	return nil, nil
}
