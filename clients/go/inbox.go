package perunwatcher

import (
	"crypto/sha256"

	"google.golang.org/protobuf/proto"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// maxRemembered is how many handled events of a channel are remembered, to recognise them when the watcher repeats them.
const maxRemembered = 128

// inbox remembers under which sequence each event of a channel arrived, so that it is handled only once although the watcher
// repeats it, and acknowledged on the watch that delivered it last: a sequence only once everything is handled that this watch
// delivered up to it.
type inbox struct {
	watch      *attachment
	remembered []*delivered
	// unacknowledged is what the current watch delivered.
	unacknowledged []told
}

// delivered is an event. After a crash of the watcher a sequence may come with another one, so both identify it.
type delivered struct {
	sequence uint64
	digest   [sha256.Size]byte
	handled  bool
}

type told struct {
	sequence uint64
	event    *delivered
}

func (b *inbox) beginWatch(a *attachment) {
	b.watch, b.unacknowledged = a, nil
}

// told notes that the current watch delivered an event. It is new unless it was delivered before.
func (b *inbox) told(sequence uint64, event *watcherpb.AdjudicatorEvent) (entry *delivered, isNew bool) {
	wire, err := proto.MarshalOptions{Deterministic: true}.Marshal(event)
	if err != nil {
		// It came from the wire.
		panic(err)
	}
	digest := sha256.Sum256(wire)
	for _, each := range b.remembered {
		if each.sequence == sequence && each.digest == digest {
			b.unacknowledged = append(b.unacknowledged, told{sequence, each})
			b.acknowledge()
			return each, false
		}
	}
	entry = &delivered{sequence: sequence, digest: digest}
	b.remembered = append(b.remembered, entry)
	b.forget()
	b.unacknowledged = append(b.unacknowledged, told{sequence, entry})
	return entry, true
}

// handled notes that an event need not be told again.
func (b *inbox) handled(entry *delivered) {
	entry.handled = true
	b.forget()
	b.acknowledge()
}

func (b *inbox) forget() {
	for len(b.remembered) > maxRemembered && b.remembered[0].handled {
		b.remembered = b.remembered[1:]
	}
}

func (b *inbox) acknowledge() {
	count := 0
	for count < len(b.unacknowledged) && b.unacknowledged[count].event.handled {
		count++
	}
	if count == 0 {
		return
	}
	last := b.unacknowledged[count-1].sequence
	b.unacknowledged = b.unacknowledged[count:]
	if a := b.watch; !a.conn.over {
		a.conn.acknowledge(a.watch, last)
	}
}
