package sitesim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Streams keep the random choices of bulk reviews and arrivals apart.
const (
	bulkStream    = 2
	arrivalStream = 3
)

// bulkSpacing is the time between two bulk reviews of all locations together.
const bulkSpacing = 7 * time.Minute

// generatedBulk is the i-th review of Config.Generate. All of them lie before the
// epoch, so that they do not come and go with the clock.
func (w *world) generatedBulk(i int) *review {
	r := synthetic(w.cfg.Seed, bulkStream, i)
	r.Posted = w.state.Epoch.Add(-24*time.Hour - time.Duration(i)*bulkSpacing)
	r.Updated = r.Posted
	return &r
}

// synthetic composes a review of phrases. It depends on seed, stream and n only;
// n also spreads the reviews over the locations.
func synthetic(seed uint64, stream, n int) review {
	random := rand.New(rand.NewPCG(seed, uint64(stream)<<40|uint64(n)))
	l := locations[n%len(locations)]
	stars := []int{1, 2, 3, 4, 5, 5, 5, 4, 1, 5}[random.IntN(10)]
	prefix := map[int]string{bulkStream: "bulk", arrivalStream: "new"}[stream]
	return review{
		ID:     fmt.Sprintf("%s-%07d", prefix, 1_000_000+n),
		Author: firstNames[random.IntN(len(firstNames))] + " " + string(rune('A'+random.IntN(26))) + ".",
		Stars:  stars,
		Text:   compose(random, stars),
		shelf:  shelf{site: Google, location: l.key},
	}
}

// compose writes an opening and two to four remarks on different topics. A
// middling rating mixes good and bad.
func compose(random *rand.Rand, stars int) string {
	var b strings.Builder
	say := func(phrase string) {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(capital(fill(random, phrase)))
	}
	tone := func() int {
		switch {
		case stars >= 4:
			return boolInt(random.IntN(6) == 0)
		case stars <= 2:
			return boolInt(random.IntN(5) != 0)
		}
		return random.IntN(2)
	}
	say(pick(random, openings[min(stars/2, 2)]))
	topics := random.Perm(len(remarks))
	for _, topic := range topics[:2+random.IntN(3)] {
		say(pick(random, remarks[topic][tone()]))
	}
	if random.IntN(2) == 0 {
		say(pick(random, endings[min(stars/2, 2)]))
	}
	return b.String()
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func pick(random *rand.Rand, phrases []string) string { return phrases[random.IntN(len(phrases))] }

// fill replaces the slots of a phrase.
func fill(random *rand.Rand, phrase string) string {
	if !strings.Contains(phrase, "{") {
		return phrase
	}
	return strings.NewReplacer(
		"{min}", fmt.Sprint(5*(3+random.IntN(20))),
		"{few}", fmt.Sprint(2+random.IntN(8)),
		"{usd}", fmt.Sprint(15+5*random.IntN(120)),
		"{weeks}", fmt.Sprint(2+random.IntN(9)),
		"{day}", pick(random, []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}),
		"{staff}", pick(random, []string{"the receptionist", "the hygienist", "the assistant", "the lady at the front desk", "the technician", "the nurse"}),
		"{doctor}", pick(random, []string{"the doctor", "the dentist", "the optometrist", "the specialist", "my doctor"}),
		"{visit}", pick(random, []string{"a cleaning", "an eye exam", "a filling", "a check-up", "new glasses", "a crown", "contact lenses", "a follow-up"}),
		"{who}", pick(random, []string{"my son", "my daughter", "my husband", "my wife", "my mother", "my father", "me"}),
	).Replace(phrase)
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

var firstNames = []string{
	"Adaora", "Alma", "Bela", "Calvin", "Chidi", "Dagny", "Elio", "Esme", "Farid", "Greta", "Hana", "Imre", "Jonas", "Kaia", "Leona",
	"Mateo", "Nadia", "Orla", "Pilar", "Quinn", "Rosa", "Stellan", "Tariq", "Una", "Vera", "Wren", "Yusuf", "Zelda",
}

// openings, endings: by rating, low, middle, high.
var openings = [3][]string{
	{"came in for {visit} and left angry.", "not again.", "I wanted to like this place.", "very disappointed after {visit} on {day}.", "what a mess.", "save yourself the trouble."},
	{"mixed feelings about {visit}.", "some good, some bad.", "it was okay.", "{visit} on {day}, here is how it went.", "second visit here."},
	{"great experience with {visit}.", "so happy I found this office.", "came here for {visit} with {who}.", "highly recommend.", "a pleasant surprise on a {day}.", "I have been a patient for {few} years."},
}

var endings = [3][]string{
	{"I will not be back.", "looking for another office now.", "do better.", "I have asked for my records."},
	{"we will see next time.", "I may give it another try.", "could be better, could be worse."},
	{"thank you all!", "see you in six months.", "five stars from {who} too.", "would send anyone here."},
}

// remarks: by topic, what is good and what is bad.
var remarks = [8][2][]string{
	{ // billing
		{"the price was exactly what they quoted.", "billing was clear, and my insurance was filed the same day.", "they split the ${usd} over several months for me.", "no surprise charges."},
		{"I was quoted ${usd} and billed twice that.", "the bill had a charge of ${usd} that nobody can explain.", "my insurance was billed wrong and now they want ${usd} from me.", "still waiting for a refund of ${usd}."},
	},
	{ // waiting
		{"I was seen within {few} minutes.", "no waiting at all.", "they run on time, every time.", "in and out before my parking ran out."},
		{"I waited {min} minutes past my appointment.", "sat in the lobby for over an hour.", "{min} minutes in the chair before anyone came in.", "they were running late again and said nothing."},
	},
	{ // staff
		{"{staff} was kind and patient.", "everyone greeted us with a smile.", "{staff} went out of her way for {who}.", "friendly people from the door to the chair."},
		{"{staff} was rude to {who}.", "{staff} rolled her eyes at a simple question.", "nobody looked up when I came in.", "{staff} talked to me as if I were a child."},
	},
	{ // scheduling
		{"got an appointment for the same week.", "booking online took a minute.", "they found a slot for {who} on short notice.", "rescheduling was easy."},
		{"the next opening is in {weeks} weeks.", "they moved my appointment {few} times.", "on hold for {min} minutes to change a date.", "nobody picks up the phone."},
	},
	{ // care
		{"{doctor} was thorough and gentle.", "painless from start to finish.", "{doctor} found what two others had missed.", "the work has held up perfectly."},
		{"{doctor} was in a hurry and missed the problem.", "it hurt for {weeks} weeks afterwards.", "the result does not fit and had to be redone.", "{doctor} did not listen to what I said."},
	},
	{ // communication
		{"{doctor} explained every step.", "they called the next day to ask how I was.", "all my questions were answered.", "the instructions were easy to follow."},
		{"nobody explained what was going to happen.", "I left {few} messages and got no call back.", "I was told one thing by {staff} and another by {doctor}.", "no one told me about the change of plans."},
	},
	{ // facility
		{"the office is spotless.", "plenty of parking and easy to find.", "a bright, calm waiting room.", "modern equipment everywhere."},
		{"the bathroom was dirty.", "there is nowhere to park.", "the waiting room was cold and crowded.", "the chairs are worn out and so is the carpet."},
	},
	{ // selling
		{"no pressure to buy anything.", "they told me honestly that I did not need it.", "never once tried to sell us extras."},
		{"they pushed a ${usd} treatment that I do not need.", "every visit ends in a sales pitch.", "I came for {visit} and was sold a plan for ${usd}.", "a second opinion said I needed none of it."},
	},
}
