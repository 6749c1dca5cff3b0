// Package bus joins the cases to Kafka: tagged reviews come in, changes go out. It
// promises that a message that cannot be read is refused with its reason and holds
// nobody up, and that changes are told with acknowledgement of all replicas.
package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/bedside-health/bedside/libs/events"
	"github.com/bedside-health/bedside/libs/kafkaio"
)

// Publisher stores messages; *kafkaio.Producer is one.
type Publisher interface {
	Publish(ctx context.Context, messages ...kafkaio.Message) error
}

// Receiver applies observations; the answer is parallel to the batch.
type Receiver interface {
	Receive(ctx context.Context, batch []events.ReviewTagged) []error
}

// Handler gives the tagged reviews of messages to a Receiver.
type Handler struct{ receiver Receiver }

// NewHandler makes a Handler.
func NewHandler(receiver Receiver) (*Handler, error) {
	if receiver == nil {
		return nil, errors.New("a handler of tagged reviews needs a receiver")
	}
	return &Handler{receiver: receiver}, nil
}

// Handle is a kafkaio.Handler. Messages that are no tagged reviews are
// problem.Invalid, which no repetition heals.
func (h *Handler) Handle(ctx context.Context, batch []kafkaio.Message) []error {
	errs := make([]error, len(batch))
	reviews := make([]events.ReviewTagged, 0, len(batch))
	at := make([]int, 0, len(batch))
	for i, m := range batch {
		event, err := events.DecodeReviewTagged(m.Value)
		if err != nil {
			errs[i] = fmt.Errorf("read a tagged review: %w", err)
			continue
		}
		reviews, at = append(reviews, event), append(at, i)
	}
	for n, err := range h.receiver.Receive(ctx, reviews) {
		errs[at[n]] = err
	}
	return errs
}

// Announcer publishes changes of reviews.
type Announcer struct{ publisher Publisher }

// NewAnnouncer makes an Announcer.
func NewAnnouncer(publisher Publisher) (*Announcer, error) {
	if publisher == nil {
		return nil, errors.New("an announcer needs a publisher")
	}
	return &Announcer{publisher: publisher}, nil
}

// Announce stores all changes on reviews.changed or returns an error, after which
// any of them may be stored.
func (a *Announcer) Announce(ctx context.Context, changes []events.ReviewChanged) error {
	messages := make([]kafkaio.Message, len(changes))
	for i, change := range changes {
		m, err := kafkaio.EventMessage(change)
		if err != nil {
			return fmt.Errorf("encode a change of a review: %w", err)
		}
		messages[i] = m
	}
	return a.publisher.Publish(ctx, messages...)
}
