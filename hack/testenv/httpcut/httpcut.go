// Package httpcut lets a fake server answer, or lose an answer.
package httpcut

import (
	"io"
	"net/http"
)

// Reply is an answer in JSON, or the cut of the connection in its place.
type Reply struct {
	Status int
	Body   []byte
	Lost   bool
}

// Write sends the answer, or loses it.
func (r Reply) Write(w http.ResponseWriter) {
	if r.Lost {
		Cut(w)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(r.Body) // who does not read the answer has none
}

// Cut closes the connection in the middle of the status line: had it sent no byte,
// net/http would repeat a look-up by itself.
func Cut(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(conn, "HTTP/1.1") // nobody is told whether it arrives
	conn.Close()
}
