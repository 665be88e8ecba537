package perunwatcher

import (
	"perun.network/go-perun/channel"
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
