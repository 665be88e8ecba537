package perunwatcher

import (
	"context"

	"perun.network/go-perun/channel"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// stop is a request to let go of a channel, on one connection after another until it is answered.
type stop struct {
	// waiters are calls of Forget. Without any, and not quiet, nobody wants it any more.
	waiters int
	// quiet: go-perun is done with the channel. It stops after its sub-channels, and nobody waits for it.
	quiet bool
	// asking: the request is on its way. uncertain: an earlier one may have succeeded.
	asking, uncertain bool
	// resting: it was put off.
	resting bool

	done    bool
	err     error
	changed signal
}

func (p *stop) complete(err error) {
	if !p.done {
		p.done, p.err = true, err
		p.changed.tell()
	}
}

// Forget tells the watcher to let go of a channel, whatever state it is in. It returns once the watcher has, which takes as
// long as a dispute if one is in progress; the context bounds the wait. Channels that go-perun has settled are forgotten
// without it. Sub-channels must be forgotten before their parent: otherwise it returns ErrSubChannelsWatched.
func (w *Watcher) Forget(ctx context.Context, id channel.ID) error {
	w.mu.Lock()
	if w.life.Err() != nil {
		w.mu.Unlock()
		return context.Cause(w.life)
	}
	p := w.stopOf(id)
	p.waiters++
	w.pumpStop(id)
	w.mu.Unlock()
	err := until(ctx, &w.mu, func() (bool, *signal, error) { return p.done, &p.changed, p.err })
	w.mu.Lock()
	defer w.mu.Unlock()
	p.waiters--
	if !p.done && p.isUnwanted() && !p.asking {
		delete(w.stops, id)
	}
	return err
}

func (p *stop) isUnwanted() bool { return p.waiters == 0 && !p.quiet }

func (w *Watcher) stopOf(id channel.ID) *stop {
	p := w.stops[id]
	if p == nil {
		p = &stop{}
		w.stops[id] = p
	}
	return p
}

// forgetQuietly lets go of a channel that go-perun is done with.
func (w *Watcher) forgetQuietly(id channel.ID) {
	w.stopOf(id).quiet = true
	w.pumpStop(id)
}

// pumpStop sends the request if it is its turn.
func (w *Watcher) pumpStop(id channel.ID) {
	p, conn := w.stops[id], w.conn
	if p == nil || conn == nil || p.asking || p.resting {
		return
	}
	if s := w.sessions[id]; s != nil && (s.current == nil || !s.current.settled) {
		// A start behind the stop would undo it.
		return
	}
	if p.quiet && len(w.children[id]) > 0 {
		// The watcher would refuse it.
		return
	}
	p.asking = true
	wasSent := false
	conn.ask(&request{
		slow: true,
		build: func(number uint64) *watcherpb.ClientMessage {
			if p.isUnwanted() {
				return nil
			}
			wasSent = true
			return &watcherpb.ClientMessage{Kind: &watcherpb.ClientMessage_StopWatching{
				StopWatching: &watcherpb.StopWatching{Request: number, ChannelId: id[:]},
			}}
		},
		done: func(answer answer) {
			p.asking = false
			w.stopAnswered(conn, id, p, wasSent, answer)
		},
	})
}

// isLetGo reports whether the watcher had nothing left to guard, as far as this client knows.
func (w *Watcher) isLetGo(id channel.ID) bool {
	s := w.retired.get(id)
	return w.sessions[id] == nil && s != nil && s.err == nil
}

func (w *Watcher) stopAnswered(conn *connection, id channel.ID, p *stop, wasSent bool, answer answer) {
	switch {
	case answer.lost && p.isUnwanted():
		delete(w.stops, id)
		w.pumpSession(id)
	case answer.lost:
		p.uncertain = p.uncertain || wasSent
	case answer.err != nil && answer.err.Code == ErrChannelUnknown.Code && (p.uncertain || p.quiet || w.isLetGo(id)):
		w.stopped(id, p, nil)
	case answer.err != nil && isRepeated(answer.err):
		p.resting = true
		w.log.Warn("Channel not stopped yet; tried again", "channel", hexOf(id), "error", answer.err)
		conn.after(w.backOff.pause(answer.err, 1), func() {
			p.resting = false
			w.pumpStop(id)
		})
	case answer.err != nil:
		if p.quiet {
			w.report(id, answer.err)
		}
		w.stopped(id, p, answer.err)
	case answer.reply.GetStopped() == nil:
		conn.fail(violation("It answered a stop with %T.", answer.reply.GetResult()))
	default:
		w.stopped(id, p, nil)
	}
}

// stopped ends a stop, and the session with it if the watcher has let go of the channel.
func (w *Watcher) stopped(id channel.ID, p *stop, err error) {
	delete(w.stops, id)
	if s := w.sessions[id]; s != nil && err == nil {
		s.finish(nil)
	}
	p.complete(err)
	w.pumpSession(id)
}

func (w *Watcher) pumpSession(id channel.ID) {
	if s := w.sessions[id]; s != nil {
		s.pump()
	}
}
