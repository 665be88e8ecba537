package perunwatcher

import (
	"perun.network/go-perun/channel"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// feed is go-perun's subscription to the events of one channel. Its queue has no bound: go-perun does not read while it
// settles, and nobody waits for it. The lock of the client guards it.
type feed struct {
	session *session
	queue   []queued
	events  chan channel.AdjudicatorEvent
	// hasReader: go-perun has the stream. Without it the queue waits for the next subscription.
	hasReader bool
	// finished: the rest of the queue is delivered, then the stream ends. left: it ends at once.
	finished, isLeft bool
	left             chan struct{}
	err              error
	changed          signal
}

// queued is an event that go-perun did not take yet.
type queued struct {
	event channel.AdjudicatorEvent
	key   factKey
	entry *delivered
}

func newFeed(s *session, queue []queued, hasReader bool) *feed {
	f := &feed{
		session: s, queue: queue, hasReader: hasReader,
		events: make(chan channel.AdjudicatorEvent), left: make(chan struct{}),
	}
	s.client.work.Go(f.deliver)
	return f
}

// EventStream returns the channel of the events. It is closed when the watch ends.
func (f *feed) EventStream() <-chan channel.AdjudicatorEvent { return f.events }

// Err returns why the watch ended; nil while it goes on, after a stop, and when the channel is settled.
func (f *feed) Err() error {
	f.session.client.mu.Lock()
	defer f.session.client.mu.Unlock()
	return f.err
}

func (f *feed) push(each queued) {
	f.queue = append(f.queue, each)
	f.changed.tell()
}

// take removes an event that go-perun did not take yet.
func (f *feed) take(key factKey) *delivered {
	for i, each := range f.queue {
		if each.key == key {
			f.queue = append(f.queue[:i:i], f.queue[i+1:]...)
			return each.entry
		}
	}
	return nil
}

func (f *feed) finish(err error) {
	if !f.finished {
		f.finished, f.err = true, err
		f.changed.tell()
	}
	if !f.hasReader {
		f.leave()
	}
}

// leave ends the subscription at once and returns what was not delivered.
func (f *feed) leave() []queued {
	rest := f.queue
	f.queue = nil
	f.finished = true
	if !f.isLeft {
		f.isLeft = true
		close(f.left)
	}
	return rest
}

// deliver hands one event after the other to go-perun. Without the lock.
func (f *feed) deliver() {
	defer close(f.events)
	client := f.session.client
	for {
		client.mu.Lock()
		if len(f.queue) == 0 && f.finished {
			client.mu.Unlock()
			return
		}
		changed := f.changed.next()
		var offered chan<- channel.AdjudicatorEvent
		var next queued
		if len(f.queue) > 0 {
			offered, next = f.events, f.queue[0]
		}
		client.mu.Unlock()
		select {
		case offered <- next.event:
			client.mu.Lock()
			if len(f.queue) > 0 && f.queue[0].entry == next.entry {
				f.queue = f.queue[1:]
			}
			f.session.inbox.handled(next.entry)
			client.mu.Unlock()
		case <-changed:
		case <-f.left:
			return
		case <-client.life.Done():
			return
		}
	}
}

// factKind is what happened on the chain.
type factKind string

const (
	factRegistered factKind = "registered"
	factProgressed factKind = "progressed"
	factConcluded  factKind = "concluded"
)

// factKey identifies a fact: the watcher tells it when it is seen and again when it is final, and go-perun wants it once.
type factKey struct {
	kind    factKind
	version uint64
	timeout string
}

func keyOf(kind factKind, fact *watcherpb.ChainFact) factKey {
	return factKey{kind, fact.GetVersion(), string(fact.GetTimeout())}
}

// maxFacts is how many facts of a channel are remembered.
const maxFacts = 256

// factFilter remembers which facts of a channel go-perun was told.
type factFilter struct{ told []factKey }

// isNew reports whether a fact was not told before, and notes it.
func (f *factFilter) isNew(key factKey) bool {
	for _, each := range f.told {
		if each == key {
			return false
		}
	}
	f.told = append(f.told, key)
	if len(f.told) > maxFacts {
		f.told = f.told[1:]
	}
	return true
}

// removed forgets a fact that a reorg took out, so that it is told when it comes again.
func (f *factFilter) removed(key factKey) {
	for i, each := range f.told {
		if each == key {
			f.told = append(f.told[:i:i], f.told[i+1:]...)
			return
		}
	}
}
