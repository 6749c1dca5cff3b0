package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/sites/directory"
)

// listed makes a page whose reviews are given as JSON-LD members, the newest first.
func listed(reviews ...string) string {
	return ld(`{"@type":"Dentist","name":"X","telephone":"1","review":[` + strings.Join(reviews, ",") + `]}`)
}

func ids(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for _, r := range mustRead(t, page).Reviews {
		out = append(out, r.ExternalID)
	}
	return out
}

func rev(author, date, text string) string {
	return fmt.Sprintf(`{"@type":"Review","author":%q,"datePublished":%q,"reviewBody":%q}`, author, date, text)
}

func TestExternalID_EditOfTheText_KeepsIt(t *testing.T) {
	before := ids(t, listed(rev("Ana Paz", "2026-03-01", "good"), rev("Anonymous", "2026-03-01T10:11:12Z", "fine")))
	after := ids(t, listed(rev("Ana Paz", "2026-03-01", "good, edited"), rev("Anonymous", "2026-03-01T10:11:12Z", "fine, edited")))
	require.Equal(t, before, after)
}

func TestExternalID_NewReviewsAbove_KeepIt(t *testing.T) {
	old := []string{rev("Ana Paz", "2026-03-01", "a"), rev("Anonymous", "2026-03-01", "b"), rev("Anonymous", "2026-03-01", "c")}
	before := ids(t, listed(old...))
	after := ids(t, listed(append([]string{rev("Ana Paz", "2026-03-01", "a second one"), rev("Anonymous", "2026-03-01", "d")}, old...)...))
	require.Equal(t, before, after[2:])
	seen := map[string]bool{}
	for _, id := range after {
		require.False(t, seen[id])
		seen[id] = true
	}
}

func TestExternalID_NumbersOfPlaces_AreNotTrusted(t *testing.T) {
	item := func(n int, author string) string {
		return fmt.Sprintf(`{"@type":"Review","@id":"#review-%d","author":%q,"datePublished":"2026-03-01","reviewBody":"by %s"}`, n, author, author)
	}
	before := ids(t, listed(item(1, "Ana Paz"), item(2, "Bo Quist")))
	after := ids(t, listed(item(1, "Cy Rand"), item(2, "Ana Paz"), item(3, "Bo Quist")))
	require.Equal(t, before, after[1:])
}

func TestExternalID_SameIDOnDifferentTexts_IsNotTrusted(t *testing.T) {
	got := ids(t, listed(`{"@type":"Review","url":"https://directory.example/doc#reviews","author":"Ana Paz","reviewBody":"one"}`,
		`{"@type":"Review","url":"https://directory.example/doc#reviews","author":"Bo Quist","reviewBody":"two"}`))
	require.Len(t, got, 2)
	require.NotEqual(t, got[0], got[1])
}

func TestExternalID_ShortOnes_DifferBetweenListings(t *testing.T) {
	page := []byte(`<div itemscope itemtype="http://schema.org/Dentist"><b itemprop=name>X</b>
		<div itemprop=review itemscope itemtype="http://schema.org/Review" data-id="a77"><p itemprop=reviewBody>t</p></div></div>`)
	a, err := directory.Read(page, "", "https://directory.example/one?page=2")
	require.NoError(t, err)
	b, err := directory.Read(page, "", "https://directory.example/two")
	require.NoError(t, err)
	again, err := directory.Read(page, "", "https://directory.example/one")
	require.NoError(t, err)
	require.NotEqual(t, a.Reviews[0].ExternalID, b.Reviews[0].ExternalID)
	require.Equal(t, a.Reviews[0].ExternalID, again.Reviews[0].ExternalID, "the page of the list does not matter")
}

func TestExternalID_TheSitesOwn_InOrderOfMeaning(t *testing.T) {
	require.Equal(t, []string{"rv-1234567"}, ids(t, listed(
		`{"@type":"Review","@id":"#x-999999","identifier":{"@type":"PropertyValue","value":"rv-1234567"},"reviewBody":"t","author":"A"}`)))
	require.Equal(t, []string{"https://directory.example/r/55"}, ids(t, listed(
		`{"@type":"Review","@id":"_:b0","url":"/r/55","reviewBody":"t","author":"A"}`)))
}
