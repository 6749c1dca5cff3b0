package docstoretest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every function of package collections that gives a definition is named in
// ExplainCollections: a collection declared later cannot be forgotten there.
func TestExplainCollections_EveryDeclaredCollection_IsExplained(t *testing.T) {
	notTests := func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }
	fset := token.NewFileSet()
	packages, err := parser.ParseDir(fset, "../../collections", notTests, 0) //nolint:staticcheck // no build tags there
	require.NoError(t, err)
	declared := map[string]bool{}
	for _, file := range packages["collections"].Files {
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() && givesDefinition(f) {
				declared[f.Name.Name] = true
			}
		}
	}
	require.GreaterOrEqual(t, len(declared), 15, "the declarations were not found")

	file, err := parser.ParseFile(fset, "collections.go", nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "collections" {
				delete(declared, s.Sel.Name)
			}
		}
		return true
	})
	require.Empty(t, declared, "these collections are not explained")
}

// givesDefinition reports whether a function returns a docstore.Definition[T].
func givesDefinition(f *ast.FuncDecl) bool {
	if f.Type.Results == nil || len(f.Type.Results.List) != 1 {
		return false
	}
	generic, ok := f.Type.Results.List[0].Type.(*ast.IndexExpr)
	if !ok {
		return false
	}
	s, ok := generic.X.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "Definition"
}
