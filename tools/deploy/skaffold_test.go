// Package deploy holds the checks of what Bedside is deployed with.
package deploy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// TestSkaffold_File_FitsItsSchema needs skaffold's own schema, which is not ours to keep here.
func TestSkaffold_File_FitsItsSchema(t *testing.T) {
	schemaFile := filepath.Join(root, "../shared/facts/skaffold-schema.json")
	raw, err := os.Open(schemaFile)
	if err != nil {
		t.Skipf("SKIPPED: skaffold.yaml is not checked, because its schema is absent: %v", err)
	}
	defer raw.Close()
	schemaDocument, err := jsonschema.UnmarshalJSON(raw)
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("skaffold.json", schemaDocument))
	schema, err := compiler.Compile("skaffold.json")
	require.NoError(t, err)

	skaffold := readYAML(t, "skaffold.yaml")
	require.NoError(t, schema.Validate(skaffold))

	skaffold.(map[string]any)["buidl"] = map[string]any{}
	require.Error(t, schema.Validate(skaffold), "the schema accepts anything")
}

// TestSkaffold_Artifacts_AreTheImagesOfTheChart keeps the two lists of images the same.
func TestSkaffold_Artifacts_AreTheImagesOfTheChart(t *testing.T) {
	skaffold := readYAML(t, "skaffold.yaml").(map[string]any)
	built := []string{}
	for _, a := range skaffold["build"].(map[string]any)["artifacts"].([]any) {
		artifact := a.(map[string]any)
		built = append(built, artifact["image"].(string))
		require.DirExists(t, filepath.Join(root, artifact["context"].(string), artifact["ko"].(map[string]any)["main"].(string)))
	}
	raw, err := os.ReadFile(filepath.Join(root, "charts/bedside/values.schema.json"))
	require.NoError(t, err)
	var schema struct {
		Properties struct {
			Images struct {
				PropertyNames struct{ Enum []string }
			}
		}
	}
	require.NoError(t, json.Unmarshal(raw, &schema))
	require.ElementsMatch(t, schema.Properties.Images.PropertyNames.Enum, built)
}

// readYAML reads a file of the repository as the values that JSON has.
func readYAML(t *testing.T, name string) any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, name))
	require.NoError(t, err)
	asJSON, err := yaml.YAMLToJSON(raw)
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(asJSON, &value))
	return value
}
