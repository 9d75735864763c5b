// Package metrics holds the operator's own metrics; those of the framework
// stand beside them on the same endpoint.
package metrics

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
)

// Writers of the API, the values of label "writer".
const (
	// WriterOperator is everything that the controllers do by themselves.
	WriterOperator = "operator"
	// WriterSimulation is what simulated warehouses, carriers and payment
	// providers write in the place of people and systems outside.
	WriterSimulation = "simulation"
)

// APIWrites counts the write requests at the transport: every attempt counts,
// because each one costs the API server.
var APIWrites = prometheus.NewCounterVec(prometheus.CounterOpts{
	Name: "ordercycle_api_writes_total",
	Help: "Write requests sent to the API server, by who asked for them, verb, resource and status code; 0 is a request without an answer.",
}, []string{"writer", "verb", "resource", "code"})

// Register adds the metrics to the framework's registry. It must be called once.
func Register() error { return metrics.Registry.Register(APIWrites) }

// CountWrites returns a copy of a client configuration whose transport counts
// the writes of a writer.
func CountWrites(config *rest.Config, writer string) *rest.Config {
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return &counter{next, writer} })
	return config
}

type counter struct {
	next   http.RoundTripper
	writer string
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(r)
	if r.Method != http.MethodGet {
		code := 0
		if err == nil {
			code = response.StatusCode
		}
		APIWrites.WithLabelValues(c.writer, strings.ToLower(r.Method), resource(r.URL.Path), strconv.Itoa(code)).Inc()
	}
	return response, err
}

// resource is the resource and subresource in the path of a request:
// /apis/<group>/<version>[/namespaces/<namespace>]/<resource>[/<name>[/<subresource>]],
// or the same under /api/<version>. Names are left out: they are without bound.
func resource(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	skip := 3
	if len(parts) > 0 && parts[0] == "api" {
		skip = 2
	}
	if len(parts) <= skip {
		return "other"
	}
	parts = parts[skip:]
	if parts[0] == "namespaces" && len(parts) > 2 {
		parts = parts[2:]
	}
	if len(parts) > 2 {
		return parts[0] + "/" + parts[2]
	}
	return parts[0]
}
