package perunwatcher_test

import (
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"
	"perun.network/go-perun/channel"

	perunwatcher "perun.network/perun-watcher/clients/go"
	"perun.network/perun-watcher/clients/go/ethconv"
	"perun.network/perun-watcher/clients/go/watcherpb"
)

// wireOf is a state as it travels.
func wireOf(t *testing.T, tx channel.Transaction) *watcherpb.SignedState {
	t.Helper()
	state, err := ethconv.Encoding{}.EncodeState(tx.State)
	if err != nil {
		t.Fatal(err)
	}
	signed := &watcherpb.SignedState{State: state}
	for _, sig := range tx.Sigs {
		signed.Sigs = append(signed.Sigs, sig)
	}
	return signed
}

func fact(version uint64, finality watcherpb.Finality) *watcherpb.ChainFact {
	return &watcherpb.ChainFact{Version: version, Timeout: []byte{0x69, 0x55, 0xb9, 0x3c}, Finality: finality}
}

const seen, final = watcherpb.Finality_FINALITY_SEEN, watcherpb.Finality_FINALITY_FINAL

func registered(fact *watcherpb.ChainFact) *watcherpb.AdjudicatorEvent {
	return &watcherpb.AdjudicatorEvent{Kind: &watcherpb.AdjudicatorEvent_Registered{Registered: fact}}
}

func concluded(fact *watcherpb.ChainFact) *watcherpb.AdjudicatorEvent {
	return &watcherpb.AdjudicatorEvent{Kind: &watcherpb.AdjudicatorEvent_Concluded{Concluded: fact}}
}

func endangered(reason string) *watcherpb.AdjudicatorEvent {
	return &watcherpb.AdjudicatorEvent{Kind: &watcherpb.AdjudicatorEvent_Endangered{Endangered: &watcherpb.Endangered{
		Reason: reason, Version: 4, RegisteredVersion: proto.Uint64(2), SecondsLeft: proto.Int64(-12), Detail: "Late.",
	}}}
}

func TestFactsBecomeEventsOfGoPerun(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, ch.signed(7))

	withState := fact(2, seen)
	withState.State = wireOf(t, ch.tx(2))
	conn.event(number, 1, registered(withState))
	// The state is known here, though not to the watcher.
	conn.event(number, 2, registered(fact(7, seen)))
	unknown := fact(3, seen)
	conn.event(number, 3, registered(unknown))
	forced := fact(8, seen)
	forced.State, forced.Actor = wireOf(t, ch.tx(8)), proto.Uint32(1)
	forced.State.Sigs = nil
	conn.event(number, 4, &watcherpb.AdjudicatorEvent{Kind: &watcherpb.AdjudicatorEvent_Progressed{Progressed: forced}})
	conn.event(number, 5, concluded(fact(8, seen)))

	for _, version := range []uint64{2, 7} {
		event, ok := got(t, w.sub.EventStream()).(*channel.RegisteredEvent)
		if !ok || event.ID() != ch.id() || event.Version() != version || event.State.Equal(ch.tx(version).State) != nil || len(event.Sigs) != 2 {
			t.Fatal(event)
		}
		if !event.Timeout().IsElapsed(t.Context()) {
			t.Fatal(event.Timeout())
		}
	}
	if event, ok := got(t, w.sub.EventStream()).(*channel.RegisteredEvent); !ok || event.Version() != 3 || event.State != nil {
		t.Fatal(event)
	}
	if event, ok := got(t, w.sub.EventStream()).(*channel.ProgressedEvent); !ok || event.State.Version != 8 || event.Idx != 1 {
		t.Fatal(event)
	}
	if event, ok := got(t, w.sub.EventStream()).(*channel.ConcludedEvent); !ok || event.Version() != 8 {
		t.Fatal(event)
	}
	for last := uint64(0); last < 5; {
		last = conn.acknowledged().GetSequence()
	}
}

func TestForcedExecutionWithoutItsStateIsReported(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t)
	_, number := r.started(conn, newChannel(t, 1, true).signed(0))
	conn.event(number, 1, &watcherpb.AdjudicatorEvent{Kind: &watcherpb.AdjudicatorEvent_Progressed{Progressed: fact(1, seen)}})
	if err := got(t, r.errors); !errors.Is(err, perunwatcher.ErrStateMalformed) {
		t.Fatal(err)
	}
	if acknowledged := conn.acknowledged(); acknowledged.GetSequence() != 1 {
		t.Fatal(acknowledged)
	}
}

func TestEachFactComesOnce(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, newChannel(t, 1, true).signed(9))
	conn.event(number, 1, registered(fact(1, seen)))
	conn.event(number, 2, registered(fact(4, seen)))
	conn.event(number, 3, registered(fact(1, final)))
	conn.event(number, 4, registered(fact(4, final)))
	conn.event(number, 5, concluded(fact(4, final)))
	for _, version := range []uint64{1, 4} {
		if event, ok := got(t, w.sub.EventStream()).(*channel.RegisteredEvent); !ok || event.Version() != version {
			t.Fatal(event)
		}
	}
	if event, ok := got(t, w.sub.EventStream()).(*channel.ConcludedEvent); !ok {
		t.Fatal(event)
	}
}

func TestEventsAreRecognisedOnTheNextConnection(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, newChannel(t, 1, true).signed(9))
	conn.event(number, 1, endangered("late"))
	conn.event(number, 2, registered(fact(1, seen)))
	got(t, r.endangered)
	if acknowledged := conn.acknowledged(); acknowledged.GetSequence() != 1 {
		t.Fatal(acknowledged)
	}
	// Nobody has read the second yet.
	conn.lose()
	r.clock.wake(t, 0, isBackOff)
	again := r.fake.welcome(t)
	again.started()
	again.event(1, 1, endangered("late"))
	if acknowledged := again.acknowledged(); acknowledged.GetSequence() != 1 {
		t.Fatal(acknowledged)
	}
	again.event(1, 2, registered(fact(1, seen)))
	// After a crash of the watcher a sequence may be given to another event.
	again.event(1, 3, endangered("underfunded"))
	if told := got(t, r.endangered); told.Reason != "underfunded" {
		t.Fatal(told)
	}
	if event := got(t, w.sub.EventStream()); event.Version() != 1 {
		t.Fatal(event)
	}
	for last := uint64(0); last < 3; {
		last = again.acknowledged().GetSequence()
	}
	if len(r.endangered) != 0 {
		t.Fatal("told twice")
	}
}

func TestSlowReaderHoldsUpNothing(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, newChannel(t, 1, true).signed(9))
	const count = 1_000
	for version := uint64(1); version <= count; version++ {
		conn.event(number, version, registered(fact(version, seen)))
	}
	conn.event(number, count+1, endangered("late"))
	told := got(t, r.endangered)
	if told.Version != 4 || *told.RegisteredVersion != 2 || *told.SecondsLeft != -12 || told.Detail != "Late." {
		t.Fatal(told)
	}
	for version := uint64(1); version <= count; version++ {
		if event := got(t, w.sub.EventStream()); event.Version() != version {
			t.Fatal(event)
		}
	}
}

func TestFactThatAReorgRemovedMayComeAgain(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, newChannel(t, 1, true).signed(9))
	conn.event(number, 1, registered(fact(1, seen)))
	if event := got(t, w.sub.EventStream()); event.Version() != 1 {
		t.Fatal(event)
	}
	conn.event(number, 2, &watcherpb.AdjudicatorEvent{Kind: &watcherpb.AdjudicatorEvent_Removed{Removed: &watcherpb.RemovedFact{
		Fact: &watcherpb.RemovedFact_Registered{Registered: fact(1, seen)},
	}}})
	if told := got(t, r.removed); told.Kind != "registered" || told.Version != 1 {
		t.Fatal(told)
	}
	conn.event(number, 3, registered(fact(1, seen)))
	if event := got(t, w.sub.EventStream()); event.Version() != 1 {
		t.Fatal(event)
	}
	conn.event(number, 4, &watcherpb.AdjudicatorEvent{Kind: &watcherpb.AdjudicatorEvent_Refuted{Refuted: &watcherpb.Refuted{
		Version: 9, TransactionHash: []byte{1}, SecondsLeft: 48,
	}}})
	if told := got(t, r.refuted); told.Version != 9 || told.SecondsLeft != 48 {
		t.Fatal(told)
	}
}

func TestLearnedStateIsTheNextToStartWith(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	_, number := r.started(conn, ch.signed(1))
	conn.event(number, 1, &watcherpb.AdjudicatorEvent{Kind: &watcherpb.AdjudicatorEvent_Learned{Learned: &watcherpb.Learned{
		State: wireOf(t, ch.tx(6)),
	}}})
	if told := got(t, r.learned); told.Transaction.Version != 6 || len(told.Transaction.Sigs) != 2 {
		t.Fatal(told)
	}
	r.acknowledged(ch.id(), 6)
	conn.lose()
	r.clock.wake(t, 0, isBackOff)
	if start := r.fake.welcome(t).start(); versionOf(start.GetNewest()) != 6 {
		t.Fatal(start)
	}
}

func needed(t *testing.T, tx channel.Transaction) *watcherpb.AdjudicatorEvent {
	t.Helper()
	wire := wireOf(t, tx).GetState()
	hash, err := ethconv.Encoding{}.HashState(wire)
	if err != nil {
		t.Fatal(err)
	}
	return &watcherpb.AdjudicatorEvent{ChannelId: tx.ID[:], Kind: &watcherpb.AdjudicatorEvent_StateNeeded{
		StateNeeded: &watcherpb.StateNeeded{Version: tx.Version, StateHash: hash[:]},
	}}
}

func TestStateThatTheWatcherNeedsIsPublished(t *testing.T) {
	r := newRig(t)
	root, child := newChannel(t, 1, true), newChannel(t, 2, false)
	conn := r.fake.welcome(t)
	_, number := r.started(conn, root.signed(0))
	w, _ := r.started(conn, child.signed(0), root.id())
	for version := uint64(1); version <= 3; version++ {
		r.publish(w, child.tx(version))
		conn.replyPublished(conn.publish(), nil)
		r.acknowledged(child.id(), version)
	}
	conn.event(number, 1, needed(t, child.tx(2)))
	publish := conn.publish()
	if publish.GetWatch() != 2 || versionOf(publish.GetState()) != 2 {
		t.Fatal(publish)
	}
	conn.replyPublished(publish, nil)
	if acknowledged := conn.acknowledged(); acknowledged.GetWatch() != number || acknowledged.GetSequence() != 1 {
		t.Fatal(acknowledged)
	}
	// Nobody has that one.
	conn.event(number, 2, needed(t, newChannel(t, 3, true).tx(2)))
	if acknowledged := conn.acknowledged(); acknowledged.GetSequence() != 2 {
		t.Fatal(acknowledged)
	}
}

func TestStateOfAForgottenChannelIsStillThere(t *testing.T) {
	r := newRig(t)
	root, child := newChannel(t, 1, true), newChannel(t, 2, false)
	conn := r.fake.welcome(t)
	_, number := r.started(conn, root.signed(0))
	r.started(conn, child.signed(4), root.id())
	forgotten := make(chan error, 1)
	go func() { forgotten <- r.Forget(t.Context(), child.id()) }()
	conn.replyStopped(conn.stop())
	if err := got(t, forgotten); err != nil {
		t.Fatal(err)
	}
	conn.event(number, 1, needed(t, child.tx(4)))
	start := conn.start()
	if versionOf(start.GetNewest()) != 4 || len(start.GetParent()) != 32 {
		t.Fatal(start)
	}
	conn.replyStarted(start, nil)
	conn.replyPublished(conn.publish(), nil)
	if acknowledged := conn.acknowledged(); acknowledged.GetSequence() != 1 {
		t.Fatal(acknowledged)
	}
}

func TestSettledChannelEndsQuietly(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, ch.signed(0))
	conn.event(number, 1, concluded(fact(0, final)))
	conn.watchEnded(number, &watcherpb.Error{Code: "CHANNEL_SETTLED"})
	if event := got(t, w.sub.EventStream()); event.Version() != 0 {
		t.Fatal(event)
	}
	if err := ends(t, w.sub); err != nil {
		t.Fatal(err)
	}
	if len(r.errors) != 0 {
		t.Fatal(got(t, r.errors))
	}
}

func TestWatchThatSomebodyElseStoppedSaysSo(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, newChannel(t, 1, true).signed(0))
	conn.watchEnded(number, nil)
	if err := ends(t, w.sub); !errors.Is(err, perunwatcher.ErrWatchEnded) {
		t.Fatal(err)
	}
}

func TestSequenceThatWasGivenToAnotherEventIsNoRepetition(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t)
	_, number := r.started(conn, newChannel(t, 1, true).signed(0))
	conn.event(number, 1, endangered("late"))
	got(t, r.endangered)
	conn.acknowledged()
	conn.lose()
	r.clock.wake(t, 0, isBackOff)
	again := r.fake.welcome(t)
	again.started()
	again.event(1, 1, endangered("underfunded"))
	if told := got(t, r.endangered); told.Reason != "underfunded" {
		t.Fatal(told)
	}
}
