package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/tools/client"
)

// run carries out a command line and returns its exit code and what it printed.
func run(t *testing.T, stdin string, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(context.Background(), Environment{Version: "test", Args: args, Environ: environ, Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs})
	return code, out.String(), errs.String()
}

func TestHelp_EveryCommand_SaysWhatItDoesWithAnExample(t *testing.T) {
	var visit func(cmd *cobra.Command)
	seen := 0
	visit = func(cmd *cobra.Command) {
		if cmd.Hidden || cmd.Name() == "help" {
			return
		}
		seen++
		require.NotEmpty(t, cmd.Short, cmd.CommandPath())
		require.Contains(t, cmd.Example, strings.Join(strings.Fields(cmd.CommandPath() + " up")[:2], " "), cmd.CommandPath())
		code, out, _ := run(t, "", nil, append(strings.Fields(cmd.CommandPath())[1:], "--help")...)
		require.Zero(t, code)
		require.Contains(t, out, "Examples:", cmd.CommandPath())
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(newRoot(Environment{}))
	require.Greater(t, seen, 9)
}

func TestUpHelp_Settings_AreAllListed(t *testing.T) {
	_, out, _ := run(t, "", nil, "up", "--help")
	for _, key := range []string{"BEDSIDE_LISTEN", "BEDSIDE_DATA", "BEDSIDE_STORE", "KAFKA_BROKERS", "BEDSIDE_DEMO_PASSWORD", "BEDSIDE_SETUP"} {
		require.Contains(t, out, key)
	}
}

func TestUp_MisspeltSetting_IsRefused(t *testing.T) {
	code, _, stderr := run(t, "", []string{"BEDSIDE_LISTN=127.0.0.1:1", "BEDSIDE_DATA=" + t.TempDir()}, "up")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "BEDSIDE_LISTN")
}

func TestUp_PortThatIsTaken_SaysWhatToDo(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	code, _, stderr := run(t, "", []string{"BEDSIDE_LISTEN=" + other.Listener.Addr().String(), "BEDSIDE_DATA=" + t.TempDir()}, "up")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "BEDSIDE_LISTEN")
}

func TestRun_UnknownFlag_IsACommandLineError(t *testing.T) {
	code, _, stderr := run(t, "", nil, "tag", "--nonsense")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "bedside tag --help")
}

func TestRun_UnknownCommandOrArgument_IsACommandLineError(t *testing.T) {
	for _, args := range [][]string{{"nonsense"}, {"dlq", "replya"}, {"pages"}, {"tag", "file.jsonl"}} {
		code, _, stderr := run(t, "", nil, args...)
		require.Equal(t, 2, code, args)
		require.NotEmpty(t, stderr, args)
	}
	code, out, _ := run(t, "", nil, "dlq")
	require.Zero(t, code)
	require.Contains(t, out, "bedside dlq replay")
}

func TestTag_Lines_GiveOneLineEachInOrder(t *testing.T) {
	code, out, _ := run(t, `{"id":"a","text":"I waited two hours. The staff were rude."}`+"\nnot json\n"+`{"id":"c","text":""}`+"\n", nil, "tag")
	require.Zero(t, code)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	require.Len(t, lines, 3)
	var first struct {
		ID     string
		Topics []struct {
			Topic, Polarity string
			Evidence        []struct{ Quote string }
		}
		Overall string
		Urgent  []string
	}
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &first))
	require.Equal(t, "a", first.ID)
	require.Len(t, first.Topics, 2)
	require.Contains(t, lines[1], `"error"`)
	require.Contains(t, lines[2], `"c"`)
}

func TestPages_FileThatIsAbsent_IsAnError(t *testing.T) {
	code, _, stderr := run(t, "", nil, "pages", filepath.Join(t.TempDir(), "none.html"))
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "none.html")
}

func TestImport_NoBedsideRunning_SaysHowToFindOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "reviews.csv")
	require.NoError(t, os.WriteFile(file, []byte("external_id,text\n1,x\n"), 0o600))
	code, _, stderr := run(t, "", []string{"BEDSIDE_DATA=" + t.TempDir()}, "import", file, "--location", "main", "--site", "google")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "bedside up")
	require.Contains(t, stderr, "BEDSIDE_URL")

	code, _, stderr = run(t, "", nil, "import", file)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "--location and --site")
}

func TestDLQ_IdOfAnotherForm_IsRefusedBeforeAnythingIsAsked(t *testing.T) {
	code, _, stderr := run(t, "", nil, "dlq", "show", "nonsense")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "bedside dlq list")
}

func TestOneLine_ControlCharacters_AreMadeVisible(t *testing.T) {
	require.Equal(t, "a\uFFFD[31mb\uFFFDc\uFFFD\uFFFD\uFFFD", oneLine("a\x1b[31mb\nc\u202e\u2066\u2029"))
}

func TestLocal_File_IsReadableByItsOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, client.WriteLocal(dir, client.Local{URL: "http://127.0.0.1:1", Token: "secret"}))
	info, err := os.Stat(filepath.Join(dir, "local.json"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	l, err := client.ReadLocal(dir)
	require.NoError(t, err)
	require.Equal(t, "secret", l.Token)
}
