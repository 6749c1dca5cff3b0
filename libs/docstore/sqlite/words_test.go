package sqlite

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/docstore"
)

// FuzzSpell holds the spelling of words to what makes search exact: nothing the
// tokenizer would touch, no two words alike, prefixes kept.
func FuzzSpell(f *testing.F) {
	f.Add("late", "la")
	f.Add("o'hara", "Þß")
	f.Add("\x00", "ÿ")
	f.Fuzz(func(t *testing.T, a, b string) {
		a, b = strings.ToValidUTF8(a, "?"), strings.ToValidUTF8(b, "?")
		var sa, sb strings.Builder
		spell(&sa, a)
		spell(&sb, b)
		require.Equal(t, a == b, sa.String() == sb.String())
		if strings.HasPrefix(a, b) {
			require.True(t, strings.HasPrefix(sa.String(), sb.String()))
		}
		require.NotContains(t, sa.String(), string(wordEnd))
		for _, r := range sa.String() {
			require.True(t, r >= 0x80 || r >= 'a' && r <= 'z' || r >= '0' && r <= '9')
		}
	})
}

func FuzzPackMany(f *testing.F) {
	f.Add("a", "", "\x1f")
	f.Add("\x1e", "\x00", "\x1es")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		values := []any{a, b, c}
		packed, ok := packMany(values).(string)
		require.True(t, ok)
		require.Equal(t, values, unpackMany(packed, docstore.String))
		require.NotContains(t, packed, "\x00")
		for _, v := range []string{a, b, c, a + b} {
			has := v == a || v == b || v == c
			require.Equal(t, has, strings.Contains(packed, separator+packOne(v)+separator))
		}
	})
}
