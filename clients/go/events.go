package perunwatcher

import (
	"bytes"
	"encoding/hex"

	"perun.network/go-perun/channel"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// told hears an event of the current watch.
func (s *session) told(a *attachment, wire *watcherpb.Event) {
	if s.current != a || s.over {
		return
	}
	event := wire.GetEvent()
	entry, isNew := s.inbox.told(wire.GetSequence(), event)
	if !isNew {
		return
	}
	switch kind := event.GetKind().(type) {
	case *watcherpb.AdjudicatorEvent_Registered:
		s.fact(entry, factRegistered, kind.Registered)
	case *watcherpb.AdjudicatorEvent_Progressed:
		s.fact(entry, factProgressed, kind.Progressed)
	case *watcherpb.AdjudicatorEvent_Concluded:
		if kind.Concluded.GetFinality() == watcherpb.Finality_FINALITY_FINAL {
			s.isConcluded = true
			s.letGoIfDone()
		}
		s.fact(entry, factConcluded, kind.Concluded)
	case *watcherpb.AdjudicatorEvent_Removed:
		s.factRemoved(entry, kind.Removed)
	case *watcherpb.AdjudicatorEvent_Learned:
		s.learned(entry, kind.Learned.GetState())
	case *watcherpb.AdjudicatorEvent_Refuted:
		told := refutedOf(s.id, kind.Refuted)
		s.call(entry, s.client.config.OnRefuted != nil, func() { s.client.config.OnRefuted(told) })
	case *watcherpb.AdjudicatorEvent_Endangered:
		told := endangeredOf(s.id, kind.Endangered)
		s.client.log.Warn("Channel endangered", "channel", hexOf(s.id), "reason", told.Reason, "detail", told.Detail)
		s.call(entry, s.client.config.OnEndangered != nil, func() { s.client.config.OnEndangered(told) })
	case *watcherpb.AdjudicatorEvent_StateNeeded:
		s.client.stateNeeded(s, entry, event.GetChannelId(), kind.StateNeeded)
	default:
		s.inbox.handled(entry)
	}
}

// fact passes on what happened on the chain, once.
func (s *session) fact(entry *delivered, kind factKind, fact *watcherpb.ChainFact) {
	key := keyOf(kind, fact)
	if !s.facts.isNew(key) {
		s.inbox.handled(entry)
		return
	}
	event, err := s.perunEvent(kind, fact)
	if err != nil {
		s.client.report(s.id, err)
		s.inbox.handled(entry)
		return
	}
	s.feed.push(queued{event, key, entry})
}

// perunEvent is a fact as go-perun knows it.
func (s *session) perunEvent(kind factKind, fact *watcherpb.ChainFact) (channel.AdjudicatorEvent, error) {
	timeout := s.client.config.Timeouts(secondsOf(fact.GetTimeout()))
	version := fact.GetVersion()
	if kind == factConcluded {
		return channel.NewConcludedEvent(s.id, timeout, version), nil
	}
	signed := fact.GetState()
	if signed.GetState() == nil && kind == factRegistered {
		if known := s.history.ofVersion(version); known != nil {
			signed = known.signed
		}
	}
	if signed.GetState() == nil {
		if kind == factRegistered {
			return channel.NewRegisteredEvent(s.id, timeout, version, nil, nil), nil
		}
		// go-perun takes the state of such an event for its own.
		return nil, because(ErrStateMalformed, nil, "go-perun cannot be told of a forced execution whose state the watcher does not know.")
	}
	state, sigs, err := s.client.decodeSigned(s.app, signed)
	if err != nil && kind == factRegistered {
		s.client.report(s.id, err)
		return channel.NewRegisteredEvent(s.id, timeout, version, nil, nil), nil
	}
	if err != nil {
		return nil, err
	}
	if kind == factRegistered {
		return channel.NewRegisteredEvent(s.id, timeout, version, state, sigs), nil
	}
	return channel.NewProgressedEvent(s.id, timeout, state, channel.Index(fact.GetActor())), nil
}

// factRemoved hears that a reorg took out a fact. If go-perun did not take it yet, it never hears of it.
func (s *session) factRemoved(entry *delivered, removed *watcherpb.RemovedFact) {
	told := Removed{Channel: s.id}
	var fact *watcherpb.ChainFact
	switch kind := removed.GetFact().(type) {
	case *watcherpb.RemovedFact_Registered:
		told.Kind, fact = string(factRegistered), kind.Registered
	case *watcherpb.RemovedFact_Progressed:
		told.Kind, fact = string(factProgressed), kind.Progressed
	case *watcherpb.RemovedFact_Concluded:
		told.Kind, fact = string(factConcluded), kind.Concluded
		s.isConcluded = false
	}
	told.Version = fact.GetVersion()
	key := keyOf(factKind(told.Kind), fact)
	s.facts.removed(key)
	if waiting := s.feed.take(key); waiting != nil {
		s.inbox.handled(waiting)
	}
	s.call(entry, s.client.config.OnRemoved != nil, func() { s.client.config.OnRemoved(told) })
}

// learned takes over a state that the watcher has from the chain: the next StartWatching has to carry it.
func (s *session) learned(entry *delivered, signed *watcherpb.SignedState) {
	state, sigs, err := s.client.decodeSigned(s.app, signed)
	if err == nil {
		err = s.checkSigned(state, sigs)
	}
	if err != nil {
		s.client.report(s.id, err)
		s.inbox.handled(entry)
		return
	}
	known, _ := s.history.add(signed)
	if known.version() >= s.newest.version() {
		s.newest = known
	}
	s.markLocked(signed)
	s.confirm(versionOf(signed))
	told := Learned{Channel: s.id, Transaction: channel.Transaction{State: state, Sigs: sigs}}
	s.call(entry, s.client.config.OnLearned != nil, func() { s.client.config.OnLearned(told) })
}

// call runs a callback, if there is one. The event is handled when that has returned.
func (s *session) call(entry *delivered, isWanted bool, callback func()) {
	if !isWanted {
		s.inbox.handled(entry)
		return
	}
	s.client.callbacks.run(func() {
		callback()
		s.client.mu.Lock()
		defer s.client.mu.Unlock()
		s.inbox.handled(entry)
	})
}

// stateNeeded answers the watcher's question for a state, which may be one of another channel.
func (w *Watcher) stateNeeded(asking *session, entry *delivered, id []byte, needed *watcherpb.StateNeeded) {
	owner, known := w.find(id, needed)
	if known == nil {
		w.log.Warn("The watcher needs a state that this client does not have", "channel", hex.EncodeToString(id), "version", needed.GetVersion())
		asking.inbox.handled(entry)
		return
	}
	owner = w.revived(owner, known)
	owner.asked = append(owner.asked, &askedState{state: known, done: func() { asking.inbox.handled(entry) }})
	owner.pump()
}

func (w *Watcher) find(wireID []byte, needed *watcherpb.StateNeeded) (*session, *kept) {
	if len(wireID) != channel.IDLen {
		return nil, nil
	}
	id := channel.ID(wireID)
	for _, s := range []*session{w.sessions[id], w.retired.get(id)} {
		if s == nil {
			continue
		}
		if known := s.history.withHash(needed.GetVersion(), needed.GetStateHash(), w.config.Encoding.HashState); known != nil {
			return s, known
		}
	}
	return nil, nil
}

// revived is a session to which the state can be published. For a channel that is not watched any more it begins one.
func (w *Watcher) revived(s *session, state *kept) *session {
	if live := w.sessions[s.id]; live != nil {
		return live
	}
	again := newSession(w, sessionParts{id: s.id, parent: s.parent, app: s.app, parts: s.parts, params: s.params, opening: state.signed})
	w.admit(again)
	return again
}

// Endangered says that a refutation cannot be made, or may come too late.
type Endangered struct {
	Channel channel.ID
	// Reason is a word such as "late" or "underfunded"; later versions of the watcher may have others.
	Reason string
	// Version is the newest one that the watcher holds.
	Version uint64
	// RegisteredVersion is what the chain holds; nil if nothing.
	RegisteredVersion *uint64
	// Deadline is in seconds since 1970, in the time of the chain; zero if there is none.
	Deadline uint64
	// SecondsLeft is negative when the deadline has passed; nil if there is none.
	SecondsLeft *int64
	// Detail is for people.
	Detail string
}

// Learned is a state that somebody registered and that is newer than what the watcher knew. It is the newest now.
type Learned struct {
	Channel     channel.ID
	Transaction channel.Transaction
}

// Refuted says that the watcher put a newer state in the place of a registered one.
type Refuted struct {
	Channel         channel.ID
	Version         uint64
	TransactionHash []byte
	// SecondsLeft of the challenge duration, in the time of the chain.
	SecondsLeft int64
}

// Removed says that a reorg took out what was told before.
type Removed struct {
	Channel channel.ID
	// Kind is "registered", "progressed" or "concluded".
	Kind    string
	Version uint64
}

func endangeredOf(id channel.ID, wire *watcherpb.Endangered) Endangered {
	return Endangered{
		Channel: id, Reason: wire.GetReason(), Version: wire.GetVersion(), RegisteredVersion: wire.RegisteredVersion,
		Deadline: secondsOf(wire.GetDeadline()), SecondsLeft: wire.SecondsLeft, Detail: wire.GetDetail(),
	}
}

func refutedOf(id channel.ID, wire *watcherpb.Refuted) Refuted {
	return Refuted{
		Channel: id, Version: wire.GetVersion(), TransactionHash: bytes.Clone(wire.GetTransactionHash()),
		SecondsLeft: wire.GetSecondsLeft(),
	}
}
