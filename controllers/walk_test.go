package controllers_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ordercycle.dev/ordercycle/hack/testenv"
)

// TestWalkCardAndCash runs a page of the documentation from top to bottom: every
// block of commands succeeds, and prints the block of text that follows it.
func TestWalkCardAndCash(t *testing.T) {
	t.Parallel()
	walk(t, testenv.Root("docs", "card-and-cash.md"))
}

// TestWalkDelivery does the same for the page about Partners and routes.
func TestWalkDelivery(t *testing.T) {
	t.Parallel()
	walk(t, testenv.Root("docs", "delivery.md"))
}

// walk runs the shell blocks of a page in a namespace of their own.
func walk(t *testing.T, page string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	ns := env.Namespace(t)
	env.StartManager(t, ns)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, env.AdminKubeconfig(t, ns), 0o600); err != nil {
		t.Fatal(err)
	}
	var printed string
	compared := 0
	for _, block := range fences(string(text)) {
		switch block.language {
		case "sh":
			command := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", block.text)
			command.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig, "PATH="+testenv.Root("bin", "k8s")+":"+os.Getenv("PATH"))
			var out, problems bytes.Buffer
			command.Stdout, command.Stderr = &out, &problems
			if err := command.Run(); err != nil {
				t.Fatalf("%v\n%s\nprinted %s%s", err, block.text, &out, &problems)
			}
			printed = out.String()
		case "text":
			if !strings.HasSuffix(printed, "\n"+block.text) {
				t.Errorf("the page promises\n%sthe commands print\n%s", block.text, printed)
			}
			compared++
		}
	}
	if compared == 0 {
		t.Error("the page promises nothing")
	}
}

type fence struct{ language, text string }

// fences are the code blocks of a page.
func fences(page string) []fence {
	var list []fence
	open := false
	for line := range strings.Lines(page) {
		switch language, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "```"); {
		case ok && !open:
			list, open = append(list, fence{language: language}), true
		case ok:
			open = false
		case open:
			list[len(list)-1].text += line
		}
	}
	return list
}
