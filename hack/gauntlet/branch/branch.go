// Package branch tells which branches for errors a campaign has taken: the bodies of if
// statements that ask whether an error is none.
package branch

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/cover"
)

// Branch is one of them.
type Branch struct {
	// File, from the root of the module, and Line where its body begins.
	File string
	Line int
	// Taken says that it was taken at least once.
	Taken bool
}

// Of lists the branches of the files that a coverage profile is about. module is the
// path of the module, and root the directory that it is in. The error says what could
// not be read.
func Of(profile, module, root string) ([]Branch, error) {
	files, err := cover.ParseProfiles(profile)
	if err != nil {
		return nil, fmt.Errorf("reading the coverage: %w", err)
	}
	var list []Branch
	for _, f := range files {
		name := strings.TrimPrefix(f.FileName, module+"/")
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, filepath.Join(root, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, fmt.Errorf("reading what was covered: %w", err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, ok := n.(*ast.IfStmt); ok && asks(s.Cond) {
				at := set.Position(s.Body.Lbrace)
				list = append(list, Branch{File: name, Line: at.Line, Taken: taken(f.Blocks, at)})
			}
			return true
		})
	}
	slices.SortFunc(list, func(a, b Branch) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return list, nil
}

// asks says whether a condition asks whether an error is there: err != nil, alone or with
// others.
func asks(condition ast.Expr) bool {
	found := false
	ast.Inspect(condition, func(n ast.Node) bool {
		b, ok := n.(*ast.BinaryExpr)
		if !ok || b.Op != token.NEQ {
			return true
		}
		left, isName := b.X.(*ast.Ident)
		right, isNil := b.Y.(*ast.Ident)
		if isName && isNil && right.Name == "nil" && strings.HasSuffix(strings.ToLower(left.Name), "err") {
			found = true
		}
		return true
	})
	return found
}

// taken says whether the block that begins with a brace was run.
func taken(blocks []cover.ProfileBlock, brace token.Position) bool {
	return slices.ContainsFunc(blocks, func(b cover.ProfileBlock) bool {
		return b.Count > 0 && b.StartLine == brace.Line && b.StartCol >= brace.Column && b.StartCol <= brace.Column+1
	})
}
