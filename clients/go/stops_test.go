package perunwatcher_test

import (
	"context"
	"errors"
	"testing"

	"perun.network/go-perun/channel/persistence"

	perunwatcher "perun.network/perun-watcher/clients/go"
	"perun.network/perun-watcher/clients/go/watcherpb"
)

// closes is what go-perun does when a channel is closed: a stop with a context that has ended.
func (r *rig) closes(ch *testChannel) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	cancel()
	if err := r.StopWatching(ctx, ch.id()); err != nil {
		r.t.Fatal(err)
	}
}

func TestOrderlyShutdownOfGoPerunStopsNothing(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, ch.signed(0))
	r.closes(ch)
	if err := ends(t, w.sub); err != nil {
		t.Fatal(err)
	}
	// An event of this time waits for the next start.
	conn.event(number, 1, registered(fact(0, seen)))
	r.roundTrip(conn)
	conn.nothingElse()
	again := got(t, r.begin(ch.signed(0)))
	if again.err != nil {
		t.Fatal(again.err)
	}
	if event := got(t, again.sub.EventStream()); event.Version() != 0 {
		t.Fatal(event)
	}
	if acknowledged := conn.acknowledged(); acknowledged.GetSequence() != 1 {
		t.Fatal(acknowledged)
	}
	conn.nothingElse()
}

func TestConcludedChannelIsStopped(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, ch.signed(0))
	conn.event(number, 1, concluded(fact(0, final)))
	got(t, w.sub.EventStream())
	conn.acknowledged()
	r.closes(ch)
	conn.replyStopped(conn.stop())
}

func TestConclusionThatAReorgMayTakeOutStopsNothingYet(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, ch.signed(0))
	conn.event(number, 1, concluded(fact(0, seen)))
	got(t, w.sub.EventStream())
	conn.acknowledged()
	r.closes(ch)
	r.roundTrip(conn)
	conn.nothingElse()
	conn.event(number, 2, concluded(fact(0, final)))
	// go-perun has closed it long ago, and nobody has to do it again.
	for {
		message := conn.receive()
		if message.GetAcknowledge() != nil {
			continue
		}
		if message.GetStopWatching() == nil {
			t.Fatal(message)
		}
		conn.replyStopped(message.GetStopWatching())
		break
	}
}

func TestSubChannelClosedBeforeItsReleaseIsAcknowledgedIsStoppedThen(t *testing.T) {
	r := newRig(t)
	root, child := newChannel(t, 1, true), newChannel(t, 2, false)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, root.signed(1, child.id()))
	r.started(conn, child.signed(0), root.id())
	r.publish(w, root.tx(2))
	release := conn.publish()
	r.closes(child)
	r.roundTrip(conn)
	conn.nothingElse()
	conn.replyPublished(release, nil)
	conn.replyStopped(conn.stop())
}

func TestChannelThatIsWantedAgainIsNotStopped(t *testing.T) {
	r := newRig(t)
	root, child := newChannel(t, 1, true), newChannel(t, 2, false)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, root.signed(1, child.id()))
	r.started(conn, child.signed(0), root.id())
	r.publish(w, root.tx(2))
	release := conn.publish()
	r.closes(child)
	if again := got(t, r.begin(child.signed(0), root.id())); again.err != nil {
		t.Fatal(again.err)
	}
	conn.replyPublished(release, nil)
	r.acknowledged(root.id(), 2)
	r.roundTrip(conn)
	conn.nothingElse()
}

func TestNothingIsAcknowledgedOfAWatchThatHasEnded(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, ch.signed(3))
	r.acknowledged(ch.id(), 3)
	conn.watchEnded(number, nil)
	_ = ends(t, w.sub)
	if err := r.WaitAcknowledged(t.Context(), ch.id(), 3); !errors.Is(err, perunwatcher.ErrWatchEnded) {
		t.Fatal(err)
	}
}

func TestRemovedChannelsAreForgottenFromBelow(t *testing.T) {
	r := newRig(t)
	root, child := newChannel(t, 1, true), newChannel(t, 2, false)
	persister := r.Persister(persistence.NonPersistRestorer)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, root.signed(0))
	r.started(conn, child.signed(0), root.id())
	for _, ch := range []*testChannel{root, child} {
		if err := persister.ChannelRemoved(t.Context(), ch.id()); err != nil {
			t.Fatal(err)
		}
	}
	for _, ch := range []*testChannel{child, root} {
		stop := conn.stop()
		if id := ch.id(); string(stop.GetChannelId()) != string(id[:]) {
			t.Fatal(stop)
		}
		conn.replyStopped(stop)
	}
	if err := ends(t, w.sub); err != nil {
		t.Fatal(err)
	}
	r.closes(root)
}

func TestSubChannelIsStoppedOnceItsParentHasReleasedIt(t *testing.T) {
	r := newRig(t)
	root, child := newChannel(t, 1, true), newChannel(t, 2, false)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, root.signed(1))
	r.started(conn, child.signed(0), root.id())
	// Nothing has locked it yet.
	r.closes(child)
	r.publish(w, root.tx(2, child.id()))
	conn.replyPublished(conn.publish(), nil)
	r.acknowledged(root.id(), 2)
	r.closes(child)
	r.publish(w, root.tx(3))
	release := conn.publish()
	// Not acknowledged.
	r.closes(child)
	r.roundTrip(conn)
	conn.nothingElse()
	conn.replyPublished(release, nil)
	r.acknowledged(root.id(), 3)
	r.closes(child)
	conn.replyStopped(conn.stop())
}

func TestForgetIsRepeatedUntilItIsAnswered(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, ch.signed(0))
	forgotten := make(chan error, 1)
	go func() { forgotten <- r.Forget(t.Context(), ch.id()) }()
	conn.stop()
	conn.lose()
	r.clock.wake(t, 0, isBackOff)
	again := r.fake.welcome(t)
	// A stop that waits for a dispute was forgotten with its connection: the start of the channel comes first.
	again.started()
	stop := again.stop()
	again.refuse(stop.GetRequest(), &watcherpb.Error{Code: "CHANNEL_UNKNOWN"})
	if err := got(t, forgotten); err != nil {
		t.Fatal(err)
	}
	if err := ends(t, w.sub); err != nil {
		t.Fatal(err)
	}
	if err := r.WaitAcknowledged(t.Context(), ch.id(), 1); !errors.Is(err, perunwatcher.ErrWatchEnded) {
		t.Fatal(err)
	}
}

func TestForgetOfAnUnknownChannelSaysSo(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t)
	forgotten := make(chan error, 1)
	go func() { forgotten <- r.Forget(t.Context(), newChannel(t, 1, true).id()) }()
	conn.refuse(conn.stop().GetRequest(), &watcherpb.Error{Code: "CHANNEL_UNKNOWN"})
	if err := got(t, forgotten); !errors.Is(err, perunwatcher.ErrChannelUnknown) {
		t.Fatal(err)
	}
}

func TestAbandonedForgetIsNotSent(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Forget(ctx, ch.id()); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	conn := r.fake.welcome(t)
	r.started(conn, ch.signed(0))
	r.roundTrip(conn)
	conn.nothingElse()
}

func TestChannelThatIsStoppingCanBeStartedAgain(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	r.started(conn, ch.signed(0))
	forgotten := make(chan error, 1)
	go func() { forgotten <- r.Forget(t.Context(), ch.id()) }()
	stop := conn.stop()
	conn.watchEnded(1, nil)
	conn.replyStopped(stop)
	if err := got(t, forgotten); err != nil {
		t.Fatal(err)
	}
	r.started(conn, ch.signed(0))
}

func TestNobodyWaitsForEventsOfAClosedChannel(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, ch.signed(0))
	conn.event(number, 1, registered(fact(0, seen)))
	conn.event(number, 2, concluded(fact(0, seen)))
	conn.watchEnded(number, &watcherpb.Error{Code: "CHANNEL_SETTLED"})
	r.roundTrip(conn)
	// go-perun has not read a single one.
	r.closes(ch)
	if err := ends(t, w.sub); err != nil {
		t.Fatal(err)
	}
}

func TestSubChannelThatANewerStateLocksIsNotStopped(t *testing.T) {
	r := newRig(t)
	root, child := newChannel(t, 1, true), newChannel(t, 2, false)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, root.signed(1, child.id()))
	r.started(conn, child.signed(0), root.id())
	r.publish(w, root.tx(2))
	conn.replyPublished(conn.publish(), nil)
	r.acknowledged(root.id(), 2)
	// Not acknowledged, but signed.
	r.publish(w, root.tx(3, child.id()))
	conn.publish()
	r.closes(child)
	r.roundTrip(conn)
	conn.nothingElse()
}
