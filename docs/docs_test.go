// Package docs_test keeps the pages of this directory true where a program can:
// names, links, targets and manifests.
package docs_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"

	"ordercycle.dev/ordercycle/api/v1alpha1"
	"ordercycle.dev/ordercycle/hack/gauntlet/fault"
	"ordercycle.dev/ordercycle/hack/gauntlet/judge"
	"ordercycle.dev/ordercycle/hack/gauntlet/mutant"
	"ordercycle.dev/ordercycle/hack/gauntlet/scene"
)

// TestConditionsAreDocumented compares the tables of conditions.md with the
// constants, in both directions.
func TestConditionsAreDocumented(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../api/v1alpha1/conditions.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	p := read(t, "conditions.md")
	for _, c := range []struct{ prefix, section string }{
		{"Condition", "Conditions"}, {"Reason", "Reasons"},
	} {
		declared, documented := constants(t, file, c.prefix), p.firstCells(c.section)
		for _, name := range slices.Sorted(maps.Keys(declared)) {
			if !documented[name] {
				t.Errorf("conditions.md: section %s has no row for `%s`", c.section, name)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(documented)) {
			if !declared[name] {
				t.Errorf("conditions.md: section %s documents `%s`, and conditions.go has no %s of that value", c.section, name, c.prefix)
			}
		}
	}
}

// constants is the values of the string constants whose name begins with a prefix.
func constants(t *testing.T, file *ast.File, prefix string) map[string]bool {
	t.Helper()
	values := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			if !strings.HasPrefix(name.Name, prefix) {
				continue
			}
			if i >= len(spec.Values) {
				t.Fatalf("%s has no value of its own", name.Name)
			}
			literal, ok := spec.Values[i].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s is not a literal", name.Name)
			}
			value, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatalf("%s: %v", name.Name, err)
			}
			values[value] = true
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("no constant begins with %s", prefix)
	}
	return values
}

// TestLinksResolve follows every relative link to a file and, where it names
// one, to a heading.
func TestLinksResolve(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^()\s]+)\)`)
	for _, p := range pages(t) {
		for _, l := range p.prose {
			for _, m := range link.FindAllStringSubmatch(codeSpan.ReplaceAllString(l.text, ""), -1) {
				if problem := broken(t, p.path, m[1]); problem != "" {
					t.Errorf("%s:%d: link %s: %s", p.path, l.number, m[1], problem)
				}
			}
		}
	}
	records, err := filepath.Glob("../hack/adr/0*.md")
	if err != nil {
		t.Fatal(err)
	}
	index := read(t, "../hack/adr/README.md")
	for _, r := range records {
		if !strings.Contains(index.text, "]("+filepath.Base(r)+")") {
			t.Errorf("%s: the index does not link to %s", index.path, filepath.Base(r))
		}
	}
}

// broken says why a link of a page leads nowhere, "" if it does not.
func broken(t *testing.T, from, link string) string {
	target, err := url.Parse(link)
	if err != nil {
		return err.Error()
	}
	if target.Scheme != "" {
		return ""
	}
	path := from
	if target.Path != "" {
		path = filepath.Join(filepath.Dir(from), target.Path)
		if _, err := os.Stat(path); err != nil {
			return "there is no such file"
		}
	}
	if target.Fragment == "" {
		return ""
	}
	if filepath.Ext(path) != ".md" {
		return "only a page has headings"
	}
	if !read(t, path).anchors()[target.Fragment] {
		return "the page has no such heading"
	}
	return ""
}

// TestTargetsExist looks every `make <target>` up in the Makefile.
func TestTargetsExist(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	targets := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`).FindAllSubmatch(makefile, -1) {
		targets[string(m[1])] = true
	}
	call := regexp.MustCompile(`\bmake((?: [A-Za-z0-9_./:=-]+)+)`)
	target := regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
	found := 0
	for _, p := range pages(t) {
		for _, l := range p.code() {
			for _, m := range call.FindAllStringSubmatch(l.text, -1) {
				for word := range strings.FieldsSeq(m[1]) {
					if !target.MatchString(word) {
						continue // an assignment
					}
					found++
					if !targets[word] {
						t.Errorf("%s:%d: the Makefile has no target %s", p.path, l.number, word)
					}
				}
			}
		}
	}
	if found == 0 {
		t.Error("no page mentions a target: does this test still find them?")
	}
}

// TestManifestsDecode reads the YAML blocks of the kinds of Ordercycle as
// strictly as the API server can.
func TestManifestsDecode(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	decoder := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme, scheme, json.SerializerOptions{Yaml: true, Strict: true})
	ours := regexp.MustCompile(`(?m)^apiVersion: ordercycle\.dev/`)
	found := 0
	for _, p := range pages(t) {
		for _, b := range p.blocks {
			if b.language != "yaml" && b.language != "yml" {
				continue
			}
			for document := range bytes.SplitSeq([]byte(b.text), []byte("\n---\n")) {
				if !ours.Match(document) {
					continue
				}
				found++
				if _, _, err := decoder.Decode(document, nil, nil); err != nil {
					t.Errorf("%s:%d: %v", p.path, b.number, err)
				}
			}
		}
	}
	if found == 0 {
		t.Error("no page has a manifest: does this test still find them?")
	}
}

// page is a Markdown file, its prose apart from its code blocks.
type page struct {
	path, text string
	prose      []line
	blocks     []block
}

type line struct {
	number int
	text   string
}

// block is a fenced code block; number is the line of its first line.
type block struct {
	number         int
	language, text string
}

var (
	fence    = regexp.MustCompile("^\\s*```(.*)$")
	codeSpan = regexp.MustCompile("`[^`]+`")
	heading  = regexp.MustCompile(`^(#+)\s+(.*?)\s*$`)
)

// pages are all pages that this test looks after; a README may be missing.
func pages(t *testing.T) []*page {
	t.Helper()
	var list []*page
	for _, pattern := range []string{"../README.md", "*.md", "*/*.md", "../hack/*/*.md"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			list = append(list, read(t, path))
		}
	}
	if len(list) == 0 {
		t.Fatal("there are no pages")
	}
	return list
}

func read(t *testing.T, path string) *page {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	p := &page{path: path, text: string(content)}
	open := false
	number := 0
	for text := range strings.SplitSeq(p.text, "\n") {
		number++
		switch m := fence.FindStringSubmatch(text); {
		case m != nil && !open:
			p.blocks = append(p.blocks, block{number: number + 1, language: strings.TrimSpace(m[1])})
			open = true
		case m != nil:
			open = false
		case open:
			p.blocks[len(p.blocks)-1].text += text + "\n"
		default:
			p.prose = append(p.prose, line{number, text})
		}
	}
	if open {
		t.Errorf("%s: a code block has no end", path)
	}
	return p
}

// code lists the code of a page: spans in the prose, and the lines of its blocks.
func (p *page) code() []line {
	var list []line
	for _, l := range p.prose {
		for _, span := range codeSpan.FindAllString(l.text, -1) {
			list = append(list, line{l.number, strings.Trim(span, "`")})
		}
	}
	for _, b := range p.blocks {
		number := b.number
		for text := range strings.SplitSeq(b.text, "\n") {
			list = append(list, line{number, text})
			number++
		}
	}
	return list
}

// firstCells is the code spans in the first cells of the tables of a section,
// which ends with the next heading of its own level.
func (p *page) firstCells(section string) map[string]bool {
	return p.cells(section, regexp.MustCompile("^\\|\\s*`([^`]+)`\\s*\\|"))
}

// plainCells are the first cells of the tables of a section that are no code, but for
// those of their heads.
func (p *page) plainCells(section string) map[string]bool {
	return p.cells(section, regexp.MustCompile(`^\|\s*([^|`+"`"+`-][^|`+"`"+`]*?)\s*\|`))
}

func (p *page) cells(section string, cell *regexp.Regexp) map[string]bool {
	cells := map[string]bool{}
	inside := false
	for i, l := range p.prose {
		if m := heading.FindStringSubmatch(l.text); m != nil && len(m[1]) <= 2 {
			inside = m[2] == section
		}
		head := i+1 < len(p.prose) && strings.HasPrefix(p.prose[i+1].text, "|-")
		if m := cell.FindStringSubmatch(l.text); inside && !head && m != nil {
			cells[m[1]] = true
		}
	}
	return cells
}

// anchors is what links can name in a page, made from its headings as GitHub
// does: lower case, hyphens for spaces, without punctuation, counted if repeated.
func (p *page) anchors() map[string]bool {
	drop := regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
	seen := map[string]int{}
	anchors := map[string]bool{}
	for _, l := range p.prose {
		m := heading.FindStringSubmatch(l.text)
		if m == nil {
			continue
		}
		name := strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(m[2]), ""), " ", "-")
		if n := seen[name]; n > 0 {
			anchors[fmt.Sprintf("%s-%d", name, n)] = true
		} else {
			anchors[name] = true
		}
		seen[name]++
	}
	return anchors
}

// TestReliabilityTellsWhatThereIs compares reliability.md with the campaign: its scenes,
// kinds of faults, invariants and mutants.
func TestReliabilityTellsWhatThereIs(t *testing.T) {
	p := read(t, "reliability.md")
	documented := func(section string) map[string]bool {
		names := map[string]bool{}
		for cell := range p.plainCells(section) {
			for name := range strings.SplitSeq(cell, ",") {
				names[strings.TrimSpace(name)] = true
			}
		}
		return names
	}
	compare := func(section string, want map[string]bool) {
		t.Helper()
		have := documented(section)
		for name := range want {
			if !have[name] {
				t.Errorf("section %s does not have %s", section, name)
			}
		}
		for name := range have {
			if !want[name] {
				t.Errorf("section %s has %s, which there is not", section, name)
			}
		}
	}
	scenes, kinds, ids := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, s := range scene.All() {
		scenes[s.Name] = true
	}
	for _, k := range slices.Concat(fault.AtWrites(), fault.AtReads(), fault.AtWatches(), fault.AtSteps(), fault.AtSends(), fault.AtLookUps(), fault.AtBookings(), fault.AtVoids(), fault.AtPhases(), fault.AtPlane(), fault.AtProcesses()) {
		kinds[string(k)] = true
	}
	for _, id := range judge.IDs() {
		ids[id] = true
	}
	compare("Scenes", scenes)
	compare("Faults", kinds)
	compare("Invariants", ids)
	if want := fmt.Sprintf("There are %d.", len(mutant.All())); !strings.Contains(p.text, want) {
		t.Errorf("the page does not say of the mutants: %s", want)
	}
}
