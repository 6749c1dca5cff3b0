package credentials_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/credentials"
	"github.com/bedside-health/bedside/libs/problem"
)

func TestSecret_ByOrganization(t *testing.T) {
	fixed, err := credentials.Parse([]byte(`{"open":"s1","closed":{"secret":"s2","organizations":["a"]}}`))
	require.NoError(t, err)
	v, err := credentials.New(fixed, "")
	require.NoError(t, err)
	got, err := v.Secret("b", "open")
	require.NoError(t, err)
	require.Equal(t, "s1", got)
	got, err = v.Secret("a", "closed")
	require.NoError(t, err)
	require.Equal(t, "s2", got)
	_, foreign := v.Secret("b", "closed")
	_, unknown := v.Secret("b", "never heard of")
	require.Equal(t, problem.Forbidden, problem.KindOf(foreign))
	require.Equal(t, unknown, foreign, "the answer does not tell which names exist")
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", fixed, fixed, fixed), "s2")
}

func TestNew_FileWinsOverValues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "credentials.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"a":"of the file"}`), 0o600))
	v, err := credentials.New(map[string]credentials.Credential{"a": {Secret: "value"}, "b": {Secret: "value"}}, path)
	require.NoError(t, err)
	got, err := v.Secret("o", "a")
	require.NoError(t, err)
	require.Equal(t, "of the file", got)
	got, err = v.Secret("o", "b")
	require.NoError(t, err)
	require.Equal(t, "value", got)
}

func TestNew_FileMissing_IsAnError(t *testing.T) {
	_, err := credentials.New(nil, filepath.Join(t.TempDir(), "none.json"))
	require.Equal(t, problem.Invalid, problem.KindOf(err))
	require.True(t, errors.Is(err, os.ErrNotExist))
}

func TestParse_Faults_NeverQuoteASecret(t *testing.T) {
	for _, content := range []string{
		`{"a":"zq-secret"`, `["zq-secret"]`, `"zq-secret"`, `{"a":{"secret":"zq-secret","organizations":[1]}}`,
		`{"a":{"secret":["zq-secret"]}}`, `{"b":"zq-secret","a":""}`, `zq-secret`,
	} {
		_, err := credentials.Parse([]byte(content))
		require.Error(t, err, content)
		require.NotContains(t, err.Error(), "zq-secret")
	}
}
