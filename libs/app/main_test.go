package app_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/app"
	"github.com/bedside-health/bedside/libs/config"
)

type settings struct {
	config.Telemetry
	Workers int `env:"BEDSIDE_TEST_WORKERS" desc:"How many."`
}

func execute(t *testing.T, args, environ []string, run func(context.Context, app.Process) error) (code int, s settings, stdout, stderr string) {
	t.Helper()
	s = settings{Telemetry: config.DefaultTelemetry(), Workers: 2}
	var out, errs bytes.Buffer
	code = app.Execute(t.Context(), app.Invocation{Service: "demo", Settings: &s, Run: run, Args: args, Environ: environ, Stdout: &out, Stderr: &errs})
	return code, s, out.String(), errs.String()
}

func TestExecute_OrderlyEnd_IsZeroAndSettingsAreRead(t *testing.T) {
	ran := false
	code, s, _, stderr := execute(t, nil, []string{"BEDSIDE_TEST_WORKERS=7"}, func(_ context.Context, p app.Process) error {
		ran = p.Logger != nil && p.Registry != nil && p.TracerProvider != nil
		families, err := p.Registry.Gather()
		require.NoError(t, err)
		require.NotEmpty(t, families)
		return nil
	})
	require.Zero(t, code)
	require.True(t, ran)
	require.Equal(t, 7, s.Workers)
	require.Contains(t, stderr, `"service":"demo"`)
}

func TestExecute_RunFails_IsOne(t *testing.T) {
	code, _, _, stderr := execute(t, nil, nil, func(context.Context, app.Process) error { return errors.New("no store") })
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "no store")
}

func TestExecute_WrongSettings_IsTwoAndRunsNothing(t *testing.T) {
	for _, environ := range [][]string{{"BEDSIDE_TEST_WORKER=7"}, {"BEDSIDE_TEST_WORKERS=many"}, {"BEDSIDE_LOG_LEVEL=loud"}, {"OTEL_EXPORTER_OTLP_ENDPOINT=nowhere"}} {
		code, _, _, stderr := execute(t, nil, environ, func(context.Context, app.Process) error {
			require.Fail(t, "ran")
			return nil
		})
		require.Equal(t, 2, code, environ)
		require.NotEmpty(t, stderr)
	}
	code, _, _, stderr := execute(t, []string{"serve"}, nil, nil)
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "--help")
}

func TestExecute_Help_ListsEverySettingWithItsDefault(t *testing.T) {
	code, _, stdout, _ := execute(t, []string{"--help"}, nil, nil)
	require.Zero(t, code)
	require.Regexp(t, `BEDSIDE_TEST_WORKERS\s+2\s+How many\.`, stdout)
	require.Contains(t, stdout, "BEDSIDE_ADMIN_LISTEN")
	code, _, stdout, _ = execute(t, []string{"--version"}, nil, nil)
	require.Zero(t, code)
	require.Contains(t, stdout, "demo ")
}
