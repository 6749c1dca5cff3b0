package cli

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckReply_Lines_ComeOutWithVerdicts(t *testing.T) {
	in := `{"id":"a","reviewer_name":"Al","reply":"We are sorry about your visit last Tuesday.","practice":{"name":"Maple Row","phones":["555-201-0100"]},"site":"google"}
{"id":"b","reply":"Thank you for your feedback. Please call 555-201-0100.","practice":{"phones":["555-201-0100"]}}
`
	code, stdout, stderr := run(t, in, nil, "check-reply")
	require.Zero(t, code, stderr)
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	require.Len(t, lines, 2)
	var first struct {
		ID, Verdict string
		Findings    []struct {
			Rule, Severity, Quote, Why, Source, Suggestion string
			Start, End                                     int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &first))
	require.Equal(t, "a", first.ID)
	require.Equal(t, "block", first.Verdict)
	require.NotEmpty(t, first.Findings)
	require.NotEmpty(t, first.Findings[0].Source)
	require.JSONEq(t, `{"id":"b","verdict":"pass","findings":[]}`, lines[1])
}

func TestCheckReply_BrokenLine_FailsAtTheEnd(t *testing.T) {
	code, stdout, stderr := run(t, "nonsense\n{\"id\":2,\"reply\":\"Thank you.\"}\n", nil, "check-reply")
	require.Equal(t, 1, code)
	require.Equal(t, 2, strings.Count(stdout, "\n"))
	require.Contains(t, stderr, "could not be checked")
}
