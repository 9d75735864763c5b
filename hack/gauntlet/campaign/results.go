package campaign

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"ordercycle.dev/ordercycle/hack/testenv"
)

// resultsFile has a line for each result of a tier, so that a campaign that was
// interrupted goes on where it was, as long as the code is the same.
func resultsFile(dir, tier string) string { return filepath.Join(dir, "gauntlet-"+tier+".ndjson") }

// recordDir is where the record of a plan of a tier goes that broke an invariant.
func recordDir(dir, tier, id string) string { return filepath.Join(dir, "records", tier, id) }

// results are those of this campaign and of an earlier part of it.
type results struct {
	mu    sync.Mutex
	file  *os.File
	build string
	// parts are those of the campaign so far, before this one.
	parts []part
	list  []*Result
	// known counts the results of a plan that count, and tried those since the last one
	// that did.
	known, tried map[string]int
	// earlier is how many were there already.
	earlier int
}

func openResults(o Options) (*results, error) {
	r := &results{known: map[string]int{}, tried: map[string]int{}}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("making the directory for the results: %w", err)
	}
	var err error
	if r.build, err = build(); err != nil || o.Plan != "" {
		return r, err // one plan is run for its record, and changes no figures
	}
	path := resultsFile(o.Dir, o.Tier.Name)
	earlier, err := readResults(path)
	if err != nil {
		return nil, err
	}
	if o.Fresh {
		if err := forget(o, path, earlier); err != nil {
			return nil, err
		}
		earlier = nil
	}
	for _, result := range earlier {
		if result.Build == r.build { // those of other code say nothing of this
			r.note(result)
			r.earlier++
		}
	}
	if r.parts, err = readParts(partsFile(o.Dir, o.Tier.Name), r.build); err != nil {
		return nil, err
	}
	if r.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600); err != nil {
		return nil, fmt.Errorf("opening the results: %w", err)
	}
	return r, nil
}

// forget removes the results of a tier, with the records that belong to them.
func forget(o Options, path string, earlier []*Result) error {
	for _, result := range earlier {
		if err := os.RemoveAll(recordDir(o.Dir, o.Tier.Name, result.ID)); err != nil {
			return fmt.Errorf("forgetting an earlier record: %w", err)
		}
	}
	for _, file := range []string{path, partsFile(o.Dir, o.Tier.Name)} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("forgetting the earlier results: %w", err)
		}
	}
	return nil
}

// readResults reads the results of a tier, none if there are none.
func readResults(path string) ([]*Result, error) {
	file, err := os.Open(path)
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

// build names what runs: this program, in which the product is, and the files that it
// reads: the CRDs and permissions, and the code of a manager that is its own process.
func build() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	return BuildOf(path)
}

// BuildOf names the same of another program.
func BuildOf(path string) (string, error) {
	sum := sha256.New()
	files := []string{path}
	for _, dir := range []string{"config", "cmd"} {
		err := filepath.WalkDir(testenv.Root(dir), func(path string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return "", fmt.Errorf("looking for what is run: %w", err)
		}
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("reading what is run: %w", err)
		}
		fmt.Fprintln(sum, path, len(text))
		sum.Write(text) // a hash takes everything
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

func (r *results) note(result *Result) {
	r.list = append(r.list, result)
	r.tried[result.ID]++
	if result.Verdict != Unreached || r.tried[result.ID] >= maxTries {
		r.known[result.ID]++
		r.tried[result.ID] = 0
	}
}

// reached are the plans that have reached their points at once. What becomes of them
// later does not change that: a campaign that goes on repeats the same ones.
func (r *results) reached() []Plan {
	r.mu.Lock()
	defer r.mu.Unlock()
	var plans []Plan
	seen := map[string]bool{}
	for _, one := range r.list {
		if !seen[one.ID] && one.Verdict != Unreached {
			plans = append(plans, one.Plan)
		}
		seen[one.ID] = true
	}
	return plans
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
	result.Learned, result.Build = nil, r.build // thousands are kept
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
	if r.record == nil || (r.Verdict != Violated && r.ID != c.Plan) {
		r.record = nil
		return nil
	}
	err := r.record.save(recordDir(c.Dir, c.Tier.Name, r.ID), r)
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
