package tagging_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/bedside-health/bedside/libs/review"
	"github.com/bedside-health/bedside/services/sentiment/tagging"
)

// requireSound checks what every analysis promises, whatever the text.
func requireSound(t require.TestingT, text string, a review.Analysis) {
	require.Equal(t, tagging.Version, a.Version)
	require.True(t, a.Overall.Valid(), "overall %q", a.Overall)
	require.NotNil(t, a.Tags)
	require.NotNil(t, a.Urgent)
	seen := map[review.Topic]bool{}
	for _, tag := range a.Tags {
		require.True(t, tag.Topic.Valid(), "topic %q", tag.Topic)
		require.False(t, seen[tag.Topic], "topic %s twice", tag.Topic)
		seen[tag.Topic] = true
		require.True(t, tag.Polarity.Valid(), "polarity %q", tag.Polarity)
		require.NotEmpty(t, tag.Evidence)
		require.LessOrEqual(t, len(tag.Evidence), 24)
		last := 0
		for _, ev := range tag.Evidence {
			require.GreaterOrEqual(t, ev.Start, last, "evidence is sorted and does not overlap")
			require.Less(t, ev.Start, ev.End)
			require.LessOrEqual(t, ev.End, len(text))
			require.Equal(t, text[ev.Start:ev.End], ev.Quote)
			require.NotEmpty(t, ev.Rule)
			last = ev.End
		}
	}
	for _, m := range a.Mentions {
		require.Equal(t, text[m.Start:m.End], m.Name)
	}
}

// built is the engine that tests share: compiling the rules takes longer than most
// of them.
var built = sync.OnceValues(tagging.New)

func engine(t testing.TB) *tagging.Engine {
	t.Helper()
	e, err := built()
	require.NoError(t, err)
	return e
}

func TestVersion_Form_ComparesAsAString(t *testing.T) {
	require.Regexp(t, `^20\d\d\.(0[1-9]|1[0-2])\.\d\d$`, tagging.Version)
}

func TestAnalyze_ForeignText_KeepsItsPromises(t *testing.T) {
	e := engine(t)
	for name, text := range map[string]string{
		"empty":             "",
		"spaces":            " \t \u00a0 ",
		"emoji":             "Staff 👩🏽‍⚕️ was rude 😡😡 and the wait was 2 hours ⏰. ❤️ Dr. Lee 👍🏿",
		"right to left":     "הצוות היה נהדר. The staff was rude. شكرا جزيلا",
		"bidi controls":     "The staff \u202ewas rude\u202c.",
		"carriage returns":  "Great doctor!\r\n\r\nThe staff was rude.\r\n",
		"curly quotes":      "“The receptionist wasn’t friendly,” she said — ‘awful’.",
		"invalid UTF-8":     "The staff \xff\xfe was rude\xc3 and \xe2\x28\xa1 the wait was long\xf0\x9f",
		"zero bytes":        "The staff\x00was rude\x00.",
		"combining letters": "The cafe\u0301 staff was ru\u0301de.",
		"one long word":     strings.Repeat("a", 100_000),
		"only punctuation":  strings.Repeat("?!.,;-", 10_000),
		"only currency":     strings.Repeat("$ ", 10_000),
		"only apostrophes":  strings.Repeat("'", 10_000),
		"script":            "<script>alert('staff was rude')</script>",
	} {
		t.Run(name, func(t *testing.T) { requireSound(t, text, e.Analyze(text)) })
	}
}

// TestAnalyze_InvalidBytesBetweenWords_DoNotHideThem: broken bytes separate
// words and change nothing else, so that offsets still fit.
func TestAnalyze_InvalidBytesBetweenWords_DoNotHideThem(t *testing.T) {
	text := "\xff\xfe The staff was very rude.\xc3"
	a := engine(t).Analyze(text)
	require.Len(t, a.Tags, 1)
	require.Equal(t, review.StaffAttitude, a.Tags[0].Topic)
	require.Equal(t, review.Negative, a.Tags[0].Polarity)
	require.Equal(t, "staff was very rude", a.Tags[0].Evidence[0].Quote)
	require.Equal(t, strings.Index(text, "staff"), a.Tags[0].Evidence[0].Start)
}

func TestAnalyze_ManyAtOnce_GiveTheSameAsOneByOne(t *testing.T) {
	e := engine(t)
	texts := make([]string, 64)
	want := make([]review.Analysis, len(texts))
	for i := range texts {
		texts[i] = strings.Repeat(fmt.Sprintf("Visit %d: the staff was rude but Dr. Lee is great. ", i), i%7+1)
		want[i] = e.Analyze(texts[i])
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range texts {
				if got := e.Analyze(texts[i]); fmt.Sprint(got) != fmt.Sprint(want[i]) {
					t.Errorf("text %d: got %v, want %v", i, got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

// hostile are texts that would show a step that is not linear.
func hostile(n int) map[string]string {
	fill := func(s string) string { return strings.Repeat(s, n/len(s)+1)[:n] }
	return map[string]string{
		"no punctuation":  fill("the staff was rude and "),
		"one clause":      fill("wait "),
		"commas":          fill("rude, "),
		"negators":        fill("not never no "),
		"contexts":        fill("i wish he unlike my old dentist "),
		"urgent":          fill("lawsuit racist botched surgery he hipaa "),
		"targets":         fill("staff and doctor and "),
		"wait and hours":  fill("waited for a very long long long time "),
		"money":           fill("$400 bill charged me "),
		"plain sentences": fill("The doctor explained everything. "),
		"capital names":   fill("Dr. Lee Smith Jones Nurse Amy "),
		"negated opinion": fill("not not not friendly "),
		"quotes":          fill("“\"('rude')\"” "),
		"cue starts":      fill("i wish they would have been worth the "),
		"own terms":       fill("gentle smiles gentle smiles club dr "),
		"one word":        strings.Repeat("rude", n/4),
		"elongated":       strings.Repeat("sooo", n/4),
		"digits":          strings.Repeat("1,2.", n/4),
		"marks":           "e" + strings.Repeat("\u0301", n/2),
		"Spanish":         fill("el personal no fue amable y esperé dos horas "),
		"Cyrillic":        fill("врач не был вежлив "),
		"emoji":           fill("😡👍🏿"),
		"thanks":          fill("thanks to Dr. Lee and she was rude "),
	}
}

func FuzzAnalyze(f *testing.F) {
	for _, s := range hostile(200) {
		f.Add(s)
	}
	f.Add("Dr. O’Neil\xff’s staff — “rude”! 2hrs, $400… 👍🏿")
	e := engine(f)
	f.Fuzz(func(t *testing.T, text string) {
		start := time.Now()
		a := e.Analyze(text)
		took := time.Since(start)
		requireSound(t, text, a)
		if len(text) > 4096 {
			require.Less(t, took, time.Duration(len(text))*20*time.Microsecond, "%d bytes", len(text))
		}
	})
}

// TestAnalyze_Allocations_AreTheResult: beside the tags, their evidence, flags and
// mentions an analysis allocates nothing to speak of; its scratch memory is reused.
func TestAnalyze_Allocations_AreTheResult(t *testing.T) {
	if raced {
		t.Skip("the race detector makes pools forget, and with them the reuse that is counted here")
	}
	e := engine(t)
	for _, text := range []string{sample, "", "Nothing of note.", strings.Repeat("The staff was rude. ", 50)} {
		a := e.Analyze(text)
		result := len(a.Tags) // their evidence
		for _, has := range []bool{len(a.Tags) > 0, len(a.Urgent) > 0, len(a.Mentions) > 0} {
			if has {
				result++
			}
		}
		require.Less(t, testing.AllocsPerRun(50, func() { e.Analyze(text) }), float64(result+2), "%.40q", text)
	}
}
