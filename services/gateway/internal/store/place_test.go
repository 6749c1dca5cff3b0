package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/problem"
)

func FuzzDecodePlace(f *testing.F) {
	f.Add(promisePlace{Due: 1, Review: "r", ID: "c"}.encode())
	f.Add("bm9uc2Vuc2U")
	f.Add("")
	f.Fuzz(func(t *testing.T, cursor string) {
		place, err := decodePlace(cursor)
		if err != nil {
			require.Equal(t, problem.Invalid, problem.KindOf(err))
			return
		}
		again, err := decodePlace(place.encode())
		require.NoError(t, err)
		require.Equal(t, place, again)
	})
}
