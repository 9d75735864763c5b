package plane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	// readyTimeout is far above what a start takes: it must hold on a machine that
	// compiles and tests at the same time.
	readyTimeout = 2 * time.Minute
	// requestTimeout ends a request that hangs, so that the next one gets its chance.
	requestTimeout = 5 * time.Second
	pollInterval   = 25 * time.Millisecond
)

// answer is what a program says when it is ready: status 200 at url, and a body that
// has all the words.
type answer struct {
	url   string
	words []string
}

// await polls until the program answers. It gives up when the program exits.
func (p *process) await(ctx context.Context, client *http.Client, want answer) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	last := errors.New("none yet")
	err := wait.PollUntilContextCancel(ctx, pollInterval, true, func(ctx context.Context) (bool, error) {
		select {
		case <-p.exited:
			return false, p.died()
		default:
		}
		err := want.get(ctx, client)
		// A request that the end of ctx cut short says nothing about the program.
		if err != nil && ctx.Err() == nil {
			last = err
		}
		return err == nil, nil
	})
	if wait.Interrupted(err) {
		return fmt.Errorf("waiting for %s to be ready: %w (last answer: %w); its log ends:\n%s", p.name, err, last, p.logTail())
	}
	return err
}

// get asks once, and returns nil if the answer is the wanted one.
func (a answer) get(ctx context.Context, client *http.Client) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return err
	}
	body := strings.TrimSpace(string(content))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", response.Status, body)
	}
	for _, word := range a.words {
		if !strings.Contains(body, word) {
			return fmt.Errorf("no %s in %q", word, body)
		}
	}
	return nil
}
