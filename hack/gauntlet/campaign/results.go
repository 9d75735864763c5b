package campaign

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
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
// goes on where it was, as long as the code is the same.
const resultsFile = "gauntlet.ndjson"

// results are those of this campaign and of an earlier part of it.
type results struct {
	mu    sync.Mutex
	file  *os.File
	build string
	list  []*Result
	// known counts the results of a plan that count, and tried all of them.
	known, tried map[string]int
	// earlier is how many were there already.
	earlier int
}

func openResults(o Options) (*results, error) {
	r := &results{known: map[string]int{}, tried: map[string]int{}}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("making the directory for the results: %w", err)
	}
	if o.Plan != "" {
		return r, nil // it is run for its record, and changes no figures
	}
	var err error
	if r.build, err = build(); err != nil {
		return nil, err
	}
	path := filepath.Join(o.Dir, resultsFile)
	if o.Fresh {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("forgetting the earlier results: %w", err)
		}
	}
	earlier, err := readResults(o.Dir)
	if err != nil {
		return nil, err
	}
	for _, result := range earlier {
		if result.Build == r.build { // those of other code say nothing of this
			r.note(result)
			r.earlier++
		}
	}
	if r.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("opening the results: %w", err)
	}
	return r, nil
}

// readResults reads the results in a directory, none if there are none.
func readResults(dir string) ([]*Result, error) {
	file, err := os.Open(filepath.Join(dir, resultsFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("opening the earlier results: %w", err)
	}
	defer file.Close()
	var list []*Result
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		result := &Result{}
		if json.Unmarshal(lines.Bytes(), result) == nil { // the last line may be cut off
			list = append(list, result)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the earlier results: %w", err)
	}
	return list, nil
}

// build names the code that runs: the product is in this program.
func build() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading this program: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
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
	result.Build = r.build
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
	if r.Verdict != Violated && r.ID != c.Plan {
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
