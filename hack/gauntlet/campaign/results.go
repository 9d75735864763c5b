package campaign

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"
)

// resultsFile has a line for each result, so that a campaign that was interrupted
// goes on where it was.
const resultsFile = "gauntlet.ndjson"

// results are those of this campaign and of an earlier part of it.
type results struct {
	mu   sync.Mutex
	file *os.File
	list []*Result
	// known counts the results of a plan that count, and tried all of them.
	known, tried map[string]int
}

func openResults(o Options) (*results, error) {
	r := &results{known: map[string]int{}, tried: map[string]int{}}
	if o.Plan != "" {
		return r, nil // it is run for its record, and changes no figures
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("making the directory for the results: %w", err)
	}
	path := filepath.Join(o.Dir, resultsFile)
	if o.Fresh {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("forgetting the earlier results: %w", err)
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the results: %w", err)
	}
	r.file = file
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		result := &Result{}
		if json.Unmarshal(lines.Bytes(), result) == nil { // the last line may be cut off
			r.note(result)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the earlier results: %w", err)
	}
	return r, nil
}

func (r *results) note(result *Result) {
	r.list = append(r.list, result)
	r.tried[result.ID]++
	if result.Verdict != Unreached || r.tried[result.ID] >= maxTries {
		r.known[result.ID]++
	}
}

// missing is how many more results a plan should have.
func (r *results) missing(id string, want int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return max(0, want-r.known[id])
}

func (r *results) add(result *Result) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(result)
	if r.file == nil {
		return nil
	}
	line, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("encoding a result: %w", err)
	}
	if _, err := r.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing a result: %w", err)
	}
	return nil
}

// all are the results so far.
func (r *results) all() []*Result {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}

func (r *results) close() {
	if r.file != nil {
		r.file.Close()
	}
}

// keep saves the record of a plan that somebody will want to read.
func (c *runs) keep(r *Result) error {
	if r.Verdict != Violated && c.Plan == "" {
		r.record = nil
		return nil
	}
	err := r.record.save(filepath.Join(c.Dir, "records", r.ID), r)
	r.record = nil
	return err
}

// cpuTime is what this process and those of the control planes that have ended have
// used.
func cpuTime() time.Duration {
	var sum time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if syscall.Getrusage(who, &u) == nil { // it fails only for a who that is none
			sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return sum
}
