package perunwatcher

import (
	"context"

	"perun.network/go-perun/channel"
	"perun.network/go-perun/watcher"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// StartWatchingLedgerChannel has a ledger channel guarded. It may be called again for the same channel, with a newer state or
// the same one: after a restart, and also in between; the handles of the earlier call end then.
func (w *Watcher) StartWatchingLedgerChannel(ctx context.Context, opening channel.SignedState) (
	watcher.StatesPub, watcher.AdjudicatorSub, error,
) {
	return w.startWatching(ctx, nil, opening)
}

// StartWatchingSubChannel has a sub-channel or a virtual channel guarded, at any depth. Its parent must be watched already.
func (w *Watcher) StartWatchingSubChannel(ctx context.Context, parent channel.ID, opening channel.SignedState) (
	watcher.StatesPub, watcher.AdjudicatorSub, error,
) {
	return w.startWatching(ctx, &parent, opening)
}

func (w *Watcher) startWatching(ctx context.Context, parent *channel.ID, opening channel.SignedState) (
	watcher.StatesPub, watcher.AdjudicatorSub, error,
) {
	parts, err := w.partsOf(parent, opening)
	if err != nil {
		return nil, nil, err
	}
	w.mu.Lock()
	s, err := w.sessionFor(parts)
	if err != nil {
		w.mu.Unlock()
		return nil, nil, err
	}
	sub := s.resubscribe(true)
	w.mu.Unlock()
	if err := w.awaitStart(ctx, s); err != nil {
		return nil, nil, err
	}
	return &statesPub{s}, sub, nil
}

// awaitStart waits until the channel is guarded, but no longer than go-perun should be held up.
func (w *Watcher) awaitStart(ctx context.Context, s *session) error {
	waiting := ctx
	if w.config.StartTimeout > 0 {
		var cancel context.CancelFunc
		waiting, cancel = context.WithTimeout(ctx, w.config.StartTimeout)
		defer cancel()
	}
	err := until(waiting, &w.mu, func() (bool, *signal, error) {
		if s.over {
			return true, nil, s.whyOver()
		}
		return s.isConfirmed, &s.changed, nil
	})
	// Only the wait is over: what became of the watch is told.
	if err != nil && err == context.Cause(waiting) && ctx.Err() == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		s.tellUnguarded()
		return nil
	}
	return err
}

// tellUnguarded tells the program that go-perun takes a channel for watched that is not guarded yet, and why.
func (s *session) tellUnguarded() {
	switch {
	case s.isConfirmed || s.over:
	case s.refusal != nil:
		s.tellRefusal()
	case s.client.conn == nil && s.client.lastError != nil:
		s.client.report(s.id, s.client.lastError)
	default:
		s.client.report(s.id, because(ErrConnectionLost, nil, "The watcher has not answered yet; the channel is not guarded until it does."))
	}
}

func (w *Watcher) partsOf(parent *channel.ID, opening channel.SignedState) (sessionParts, error) {
	if opening.Params == nil || opening.State == nil {
		return sessionParts{}, because(ErrStateMalformed, nil, "A start needs parameters and a state.")
	}
	parts := sessionParts{id: opening.State.ID, parent: parent, app: opening.Params.App, parts: opening.Params.Parts}
	if parts.app == nil {
		parts.app = channel.NoApp()
	}
	var err error
	if parts.params, err = w.config.Encoding.EncodeParams(opening.Params); err != nil {
		return parts, because(ErrStateMalformed, err, "The parameters cannot be encoded.", err.Error())
	}
	if parts.opening, err = w.encodeSigned(channel.Transaction{State: opening.State, Sigs: opening.Sigs}); err != nil {
		return parts, err
	}
	receipt, err := w.config.Receipts.Load(parts.id)
	switch {
	case err != nil:
		// The channel is better guarded without its receipt than not at all.
		w.log.Error("Receipt not read", "channel", hexOf(parts.id), "error", err)
	case receipt != nil:
		parts.receipt = &watcherpb.Receipt{Body: receipt.Body, Signature: receipt.Signature}
	}
	return parts, nil
}

// sessionFor is the session of a channel, a new one if there is none.
func (w *Watcher) sessionFor(parts sessionParts) (*session, error) {
	if w.life.Err() != nil {
		return nil, context.Cause(w.life)
	}
	if p := w.stops[parts.id]; p != nil && !p.asking {
		// It is wanted again.
		delete(w.stops, parts.id)
		p.complete(because(ErrWatchEnded, nil, "The channel was started again."))
	}
	if s := w.sessions[parts.id]; s != nil {
		s.isClosed = false
		// An older state than the one that is known is no reason to complain: go-perun may have restored it.
		_ = s.add(parts.opening)
		return s, nil
	}
	s := newSession(w, parts)
	w.admit(s)
	return s, nil
}

// whyOver is why a session ended.
func (s *session) whyOver() error {
	if s.err != nil {
		return s.err
	}
	return because(ErrWatchEnded, nil, "The channel is not watched any more.")
}

// StopWatching ends go-perun's subscription. go-perun calls it whenever a channel is closed, also when the program is merely
// shut down; so the watcher keeps guarding until the conclusion of the channel is final, or its parent has released it.
// See Watcher.Forget.
func (w *Watcher) StopWatching(_ context.Context, id channel.ID) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.sessions[id]
	if s == nil {
		// Nobody reads the rest any more.
		if before := w.retired.get(id); before != nil {
			before.feed.leave()
		}
		return nil
	}
	s.resubscribe(false)
	s.isClosed = true
	s.letGoIfDone()
	return nil
}

// letGoIfDone lets go of a channel that go-perun has closed, as soon as nothing can come after that.
func (s *session) letGoIfDone() {
	if s.isClosed && (s.isConcluded || s.isRemoved || s.isReleased()) {
		s.client.forgetQuietly(s.id)
	}
}

// isReleased reports whether the parent locked this channel and does not any more, in the newest state that the watcher has as
// well as in all newer ones.
func (s *session) isReleased() bool {
	if s.parent == nil || !s.wasLocked {
		return false
	}
	parent := s.client.sessions[*s.parent]
	if parent == nil || !parent.isConfirmed || locks(parent.newest.signed, s.id) {
		return false
	}
	for _, each := range parent.history.states {
		if each.version() > parent.newest.version() && locks(each.signed, s.id) {
			return false
		}
	}
	return true
}

// channelRemoved hears from the persister that go-perun is done with a channel.
func (w *Watcher) channelRemoved(id channel.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.sessions[id]; s != nil {
		s.isRemoved = true
		w.forgetQuietly(id)
	}
}

// statesPub takes go-perun's states.
type statesPub struct{ session *session }

// Publish hands a newer state over. It does not wait for the watcher, because go-perun holds the lock of the channel: see
// Watcher.WaitAcknowledged.
func (p *statesPub) Publish(_ context.Context, tx channel.Transaction) error {
	s := p.session
	if tx.State != nil && tx.State.ID != s.id {
		return because(ErrChannelIDMismatch, nil, "The state belongs to another channel.")
	}
	signed, err := s.client.encodeSigned(tx)
	if err != nil {
		return err
	}
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	if s.over {
		return s.whyOver()
	}
	return s.add(signed)
}
