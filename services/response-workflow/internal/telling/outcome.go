package telling

import "time"

// outcome is how an attempt to send ended. reason is of a closed set, which is the metric's label.
type outcome struct {
	reason string
	// why is for people; it holds no secret and no address.
	why string
	// after is how long the other side asks to wait.
	after time.Duration
}

// The outcomes of an attempt.
const (
	sent = "sent"
	// refused: the other side will not take it, now or later.
	refused = "refused"
	// deferred: the other side did not take it and may do so later.
	deferred = "deferred"
	// unreachable: the other side was not spoken to.
	unreachable = "unreachable"
	// unclear: the message was handed over and the answer did not come.
	unclear = "unclear"
	// forbidden: the address is not one that messages may go to.
	forbidden = "forbidden"
)

// lasting reports that trying again is of no use.
func (o outcome) lasting() bool { return o.reason == refused || o.reason == forbidden }

// How long is waited between attempts, and after which time nobody wants the message any more.
const (
	firstPause  = time.Minute
	longPause   = time.Hour
	giveUpAfter = 72 * time.Hour
)

// pause doubles with every attempt, and is at least what the other side asks for within a day.
func pause(attempts int, asked time.Duration) time.Duration {
	wait := longPause
	if attempts < 7 {
		wait = min(firstPause<<max(attempts-1, 0), longPause)
	}
	return max(wait, min(asked, 24*time.Hour))
}
