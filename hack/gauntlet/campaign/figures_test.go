package campaign

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
	"ordercycle.dev/ordercycle/hack/gauntlet/mutant"
)

// Only the whole of a tier stands for it: neither a part nor what was interrupted
// replaces its figures.
func TestFiguresAreOfWholeTiers(t *testing.T) {
	dir := t.TempDir()
	write := func(o Options, complete bool, ran int) {
		t.Helper()
		o.Dir, o.Tier = dir, Tier{Name: "full"}
		c := &runs{Options: o}
		if err := c.write(&Report{Tier: "full", Only: o.part(), Complete: complete, Ran: ran}); err != nil {
			t.Fatal(err)
		}
	}
	write(Options{}, true, 1)
	write(Options{}, false, 2)
	write(Options{Scenes: []string{"happy"}}, true, 3)
	write(Options{Shard: 1, Shards: 2}, true, 4)
	write(Options{Hunt: true}, true, 5)
	if err := WriteMatrix(dir, []Kill{{Name: "a", By: []string{"I2"}}, {Name: "b"}}); err != nil {
		t.Fatal(err)
	}
	if err := WriteBranches(dir, Ratio{Hit: 7, All: 9}); err != nil {
		t.Fatal(err)
	}
	f := &Figures{}
	if there, err := readJSON(dir+"/"+FiguresFile, f); err != nil || !there {
		t.Fatal(there, err)
	}
	if len(f.Tiers) != 1 || f.Tiers["full"] == nil || f.Tiers["full"].Ran != 1 {
		t.Errorf("tiers %+v", f.Tiers)
	}
	if f.Mutants != (Ratio{1, len(mutant.All())}) || f.Branches == nil || *f.Branches != (Ratio{7, 9}) {
		t.Errorf("mutants %+v, branches %+v", f.Mutants, f.Branches)
	}
	if hunt, err := ReadReport(HuntFile(dir)); err != nil || hunt.Ran != 5 {
		t.Errorf("hunt %+v, %v", hunt, err)
	}
}

// What the parts of a campaign have cost is added up, that of other code is not.
func TestCostsOfAllParts(t *testing.T) {
	o := Options{Dir: t.TempDir(), Tier: Tier{Name: "full"}}
	path := partsFile(o.Dir, o.Tier.Name)
	for _, p := range []part{{Build: "this", Ran: 3, Wall: time.Hour, CPU: 6 * time.Hour, Reconciles: 30}, {Build: "other", Ran: 100, CPU: time.Hour}} {
		if err := writePart(path, p); err != nil {
			t.Fatal(err)
		}
	}
	parts, err := readParts(path, "this")
	if err != nil {
		t.Fatal(err)
	}
	now, err := reconciles()
	if err != nil {
		t.Fatal(err)
	}
	c := &runs{Options: o, results: &results{build: "this", parts: parts}, began: time.Now(), cpu: cpuTime(), reconciled: now - 10}
	r := &Report{Build: "this", Now: 1}
	if err := c.costs(r); err != nil {
		t.Fatal(err)
	}
	if r.Wall.Round(time.Minute) != time.Hour || r.CPUEach.Round(time.Minute) != 90*time.Minute || r.Reconciles != 10 {
		t.Errorf("wall %v, CPU %v each, %v reconciles", r.Wall, r.CPUEach, r.Reconciles)
	}
}

// A campaign that goes on tries the points that it began with, unless the code is another.
func TestLessonsAreKept(t *testing.T) {
	o := Options{Dir: t.TempDir()}
	first, second := learnt(), learnt()
	second.Scene = "cash"
	kept := lessons{Build: "this", Learned: []*Learned{first, second}, References: map[string]*judge.Reference{"happy": {End: "end", Writes: 7}}, Quiet: 8}
	if err := writeJSON(o.Dir+"/"+lessonsFile, kept); err != nil {
		t.Fatal(err)
	}
	c := &runs{Options: o, results: &results{build: "this"}}
	if err := c.lessons(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(kept.Learned, c.learned); diff != "" || c.quiet != 8 || *c.references["happy"] != *kept.References["happy"] {
		t.Errorf("quiet %d, references %+v, learned (-kept +read):\n%s", c.quiet, c.references, diff)
	}
	c = &runs{Options: Options{Dir: o.Dir, Scenes: []string{"cash"}}, results: &results{build: "this"}}
	if err := c.lessons(t.Context()); err != nil || len(c.learned) != 1 || c.learned[0].Scene != "cash" {
		t.Errorf("of one scene: %+v, %v", c.learned, err)
	}
}

// A plan is found by its id, or is what it says.
func TestOnlyPlan(t *testing.T) {
	literal := Plan{Scene: "cancel-held", Faults: []fault.Fault{{Kind: fault.Lost, Point: "update orders/status o #2"}}}
	for name, plan := range map[string]string{"by its id": literal.ID(), "as JSON": `{"scene":"cancel-held","faults":[{"kind":"K2","point":"update orders/status o #2"}]}`} {
		o := Options{Plan: plan}
		got, err := o.only()
		if err != nil || o.Plan != literal.ID() || len(o.Scenes) != 1 || o.Scenes[0] != "cancel-held" || (got != nil) != (name == "as JSON") {
			t.Errorf("%s: %+v, %+v, %v", name, o, got, err)
		}
	}
	for _, plan := range []string{"happy", "nowhere-0123456789", "{", `{"scene":"nowhere"}`} {
		if _, err := (&Options{Plan: plan}).only(); err == nil {
			t.Errorf("%q is a plan", plan)
		}
	}
}
