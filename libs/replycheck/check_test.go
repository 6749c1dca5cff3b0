package replycheck

import (
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func rules(r Report) map[string]Finding {
	out := map[string]Finding{}
	for _, f := range r.Findings {
		out[f.Rule] = f
	}
	return out
}

func TestCheck_EmptyReply_Passes(t *testing.T) {
	r := checker(t).Check(Input{})
	require.Equal(t, Pass, r.Verdict)
	require.NotNil(t, r.Findings)
	require.Empty(t, r.Findings)
}

func TestCheck_Finding_SaysAllThereIsToSay(t *testing.T) {
	r := checker(t).Check(exampleInput("Thank you. Our records show that you signed."))
	f := rules(r)["record.shown"]
	require.Equal(t, Block, f.Severity)
	require.Equal(t, Block, r.Verdict)
	require.Contains(t, f.Quote, "records show")
	require.NotEmpty(t, f.Why)
	require.NotEmpty(t, f.Source)
	require.NotEmpty(t, f.Suggestion)
}

// TestCheck_DisguisedWord_QuotesTheBytesAsGiven: the offsets are those of the
// reply, not of its folded form.
func TestCheck_DisguisedWord_QuotesTheBytesAsGiven(t *testing.T) {
	for reply, quote := range map[string]string{
		"¡Ñandú! Your rооt саnаl":       "Your rооt саnаl",
		"😀 Your c r o w n is fine":      "Your c r o w n",
		"We saw your ch\u200ba\u200brt": "ch\u200ba\u200brt",
		"Your 𝐢𝐦𝐩𝐥𝐚𝐧𝐭 is fine":          "Your 𝐢𝐦𝐩𝐥𝐚𝐧𝐭",
		"Ya vimos su ｂｉｏｐｓｉａ":           "su ｂｉｏｐｓｉａ",
	} {
		r := checker(t).Check(exampleInput(reply))
		require.Equal(t, Block, r.Verdict, reply)
		var quotes []string
		for _, f := range r.Findings {
			quotes = append(quotes, f.Quote)
		}
		require.Contains(t, quotes, quote, reply)
	}
}

func TestCheck_NameBehindAnAlias_IsBlockedButTheDisplayedOnePasses(t *testing.T) {
	c := checker(t)
	for _, reply := range []string{"Thank you, Glenda!", "Hi Glenda, thanks.", "Thanks for the comment G\u2060l\u2060e\u2060n\u2060d\u2060a, and all the best."} {
		in := exampleInput(reply)
		in.ReviewerName = "DesertRose"
		require.Contains(t, rules(c.Check(in)), "name.real", reply)
		in.ReviewerName = "Glenda R."
		require.Equal(t, Pass, c.Check(in).Verdict, reply)
	}
}

func TestCheck_PracticeCalledByAProcedure_MayNameItself(t *testing.T) {
	in := exampleInput("Thank you from all of us at Root Canal Specialists of Dayton.")
	in.Practice.Name = "Root Canal Specialists of Dayton"
	c := checker(t)
	require.Equal(t, Pass, c.Check(in).Verdict)
	in.Reply = "We are sorry your root canal did not go well."
	require.Equal(t, Block, c.Check(in).Verdict)
}

func TestCheck_ForeignPhoneAndMail_AreBlocked(t *testing.T) {
	c := checker(t)
	for _, own := range []string{"(555) 201-0100", "555.201.0100", "+1 555 201 0100", "1-555-201-0100 ext. 4", "5552010100", "HELLO@maplerow.example", "nora@maplerow.example", "800-555-0199"} {
		require.Equal(t, Pass, c.Check(exampleInput("Please write or call: "+own)).Verdict, own)
	}
	for _, other := range []string{"555-201-0101", "212 555 0147", "jordan@post.example", "５５５-９９９-１２３４"} {
		require.Contains(t, rules(c.Check(exampleInput("Please write or call: "+other))), "person.contact", other)
	}
	require.Equal(t, Pass, c.Check(exampleInput("Our new phone lines were put in on 2026-03-14.")).Verdict, "a date is no telephone number")
	in := exampleInput("Ring 0113 496 0142.")
	in.Practice.Phones = []string{"+44 113 496 0142"}
	require.Equal(t, Pass, c.Check(in).Verdict)
	in.Practice.Emails = []string{"office@gmail.com"}
	in.Reply = "Write to someone.else@gmail.com."
	require.Equal(t, Block, c.Check(in).Verdict, "anybody has an address there")
}

func TestCheck_SiteLimits_AreKept(t *testing.T) {
	c := checker(t)
	for _, x := range []struct {
		site, reply string
		rule        string
	}{
		{"google", strings.Repeat("é", 2048), ""},
		{"google", strings.Repeat("é", 2049), ruleLength},
		{"Google ", strings.Repeat("é", 2049), ruleLength},
		{"yelp", strings.Repeat("é", 5000), ""},
		{"yelp", strings.Repeat("é", 5001), ruleLength},
		{"yelp", "Thank you 👍", ruleEmoji},
		{"google", "Thank you 👍", ""},
		{"elsewhere", strings.Repeat("é", 10_001), ruleLength},
		{"", strings.Repeat("x", MaxReply+1), ruleLength},
	} {
		in := exampleInput(x.reply)
		in.Site = x.site
		r := c.Check(in)
		if x.rule == "" {
			require.Equal(t, Pass, r.Verdict, x.site)
			continue
		}
		f, ok := rules(r)[x.rule]
		require.True(t, ok, "%s %d", x.site, len(x.reply))
		require.True(t, utf8.ValidString(f.Quote), "the cut is between characters")
	}
}

func TestCheck_SameAsALastReply_IsAScript(t *testing.T) {
	c := checker(t)
	last := []string{"We are open until ten.", "Thank you, Ann! Notes like this are read aloud at our Monday meeting and pinned to the wall."}
	in := exampleInput("Thank you, Bob! Notes like this are read aloud at our Monday meeting and pinned to the wall.")
	in.RecentReplies = last
	require.Contains(t, rules(c.Check(in)), ruleRecent)
	in.Reply = "The door you mention was planed on Friday, and the hooks are on order."
	require.NotContains(t, rules(c.Check(in)), ruleRecent)
	in.Reply = "Thank you!"
	in.RecentReplies = []string{"Thank you for the tip about the door."}
	require.NotContains(t, rules(c.Check(in)), ruleRecent)
}

func TestCheck_OtherLanguage_IsWarned(t *testing.T) {
	c := checker(t)
	in := exampleInput("Thank you for writing to us. We would like to hear more.")
	in.Review = "Muy mal trato en la entrada, la verdad no lo recomiendo"
	require.Equal(t, Warn, c.Check(in).Verdict)
	in.Reply = "Gracias por escribirnos. Queremos saber más de usted por teléfono."
	require.NotContains(t, rules(c.Check(in)), ruleLanguage)
	in.Review = "The desk was rude and the phone is never answered"
	require.Contains(t, rules(c.Check(in)), ruleLanguage)
	in.Review, in.Language = "ok", "es-MX"
	require.NotContains(t, rules(c.Check(in)), ruleLanguage)
}

func TestCheck_ManyFindings_AreBoundedAndBlocksStay(t *testing.T) {
	reply := strings.Repeat("Please calm down. ", 200) + "You signed the form."
	r := checker(t).Check(exampleInput(reply))
	require.Len(t, r.Findings, 50)
	require.Equal(t, Block, r.Verdict)
	for i := 1; i < len(r.Findings); i++ {
		require.LessOrEqual(t, r.Findings[i-1].Start, r.Findings[i].Start)
	}
}

func TestCheck_ManyAtOnce_SaysTheSame(t *testing.T) {
	c := checker(t)
	in := exampleInput("Your crown was placed on Monday, as you know. Please calm down.")
	want := c.Check(in)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				if got := c.Check(in); len(got.Findings) != len(want.Findings) {
					t.Errorf("differs: %+v", got)
				}
			}
		})
	}
	wg.Wait()
}

func TestNew_ConfigOutOfRange_IsRefused(t *testing.T) {
	_, err := New(Config{MaxFindings: -1})
	require.ErrorContains(t, err, "MaxFindings")
}

func TestLoadLexicon_MistakeInADataFile_NamesFileAndLine(t *testing.T) {
	for src, want := range map[string]string{
		"  match a\n":                            "x.txt:1",
		"rule\n":                                 "x.txt:1",
		"nonsense x\n":                           "no kind of entry",
		"list a\n  words b\nlist a\n  words c\n": "x.txt:3",
		"rule a\n  match (b\n":                   "not closed",
		"rule a\n  match b )\n":                  "too much",
		"rule a\n  match ..3\n":                  "nothing at all",
		"rule a\n  match b ..99 c\n":             "..99",
		"rule a\n  match @b\n":                   "no list",
		"rule a\n  match <b>\n":                  "no class",
		"rule a\n  severity loud\n":              "severity",
		"rule a\n  frames b\n":                   "no frame",
		"rule a\n  match b\n":                    "needs severity",
		"examples a\n  + b\n":                    "is no rule",
		"list a\n  words ..2\n":                  "nothing at all",
	} {
		_, err := loadLexicon(fstest.MapFS{"x.txt": {Data: []byte(src)}})
		require.ErrorContains(t, err, want, src)
	}
}

// FuzzCheck looks for panics and for offsets that do not fit.
func FuzzCheck(f *testing.F) {
	f.Add("Your c r o w n was placed on Tuesday, Glenda!", "DesertRose", "Great")
	f.Add("s.u s.e.g.u.r.o\u200b раtiеnt 555-201-0100 a@b.co $40 20% 👨‍👩‍👧", "Al", "")
	f.Add("\xff\xfe(((\u0301\u0301 ----", "\xff", "\xff")
	c := checker(f)
	f.Fuzz(func(t *testing.T, reply, name, review string) {
		r := c.Check(Input{Reply: reply, ReviewerName: name, Review: review, Practice: ours, Site: "yelp", RecentReplies: []string{review, name}})
		require.LessOrEqual(t, len(r.Findings), 50)
		last := 0
		for _, f := range r.Findings {
			require.True(t, 0 <= f.Start && f.Start <= f.End && f.End <= len(reply))
			require.Equal(t, reply[f.Start:f.End], f.Quote)
			require.GreaterOrEqual(t, f.Start, last)
			last = f.Start
		}
		require.Equal(t, r.Verdict == Pass, len(r.Findings) == 0)
	})
}

// TestCheck_NameBeforeAGeneralRule_IsNotTiedToIt: a comma parts the person
// spoken to from what is said, however many words the name has.
func TestCheck_NameBeforeAGeneralRule_IsNotTiedToIt(t *testing.T) {
	c := checker(t)
	for _, name := range []string{"Gil F.", "The Hendersons", "Dad of Ellie", "ana_bonita", "Jean-Luc P.", "K.L.", "June"} {
		for _, rest := range []string{", referrals leave here within one working day, whoever asks.", ", braces cost the same for every family.", ", Medicare pays for one wellness visit a year, and most people are surprised."} {
			in := exampleInput(name + rest)
			in.ReviewerName = name
			require.NotEqual(t, Block, c.Check(in).Verdict, "%s: %+v", in.Reply, c.Check(in).Findings)
		}
	}
	in := exampleInput("We did find Gil's braces.")
	in.ReviewerName = "Gil F."
	require.Equal(t, Block, c.Check(in).Verdict)
}

func TestCheck_InitialsAsTheSiteShowsThem_Pass(t *testing.T) {
	in := exampleInput("Thank you, K.L.! Notes like this make the whole team smile.")
	in.ReviewerName = "K.L."
	require.Equal(t, Pass, checker(t).Check(in).Verdict)
	in.ReviewerName = "M.B."
	require.Contains(t, rules(checker(t).Check(in)), ruleName)
}
