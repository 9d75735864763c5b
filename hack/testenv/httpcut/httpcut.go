// Package httpcut lets a fake server lose an answer.
package httpcut

import (
	"io"
	"net/http"
)

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
