package perunwatcher_test

import (
	"context"
	"errors"
	"testing"
	"time"

	perunwatcher "perun.network/perun-watcher/clients/go"
	"perun.network/perun-watcher/clients/go/watcherpb"
)

func TestPublishedStateIsAcknowledged(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, ch.signed(0))
	r.publish(w, ch.tx(1))
	publish := conn.publish()
	if publish.GetWatch() != number || versionOf(publish.GetState()) != 1 || len(publish.GetState().GetSigs()) != 2 {
		t.Fatal(publish)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.WaitAcknowledged(ctx, ch.id(), 1); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	conn.replyPublished(publish, nil)
	r.acknowledged(ch.id(), 1)
	r.acknowledged(ch.id(), 0)
}

func TestOnlyTheNewestWaitingStateIsSent(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, ch.signed(0))
	r.publish(w, ch.tx(1))
	first := conn.publish()
	for version := uint64(2); version <= 90; version++ {
		r.publish(w, ch.tx(version))
	}
	conn.replyPublished(first, nil)
	second := conn.publish()
	if versionOf(second.GetState()) != 90 {
		t.Fatal(second)
	}
	conn.replyPublished(second, nil)
	r.acknowledged(ch.id(), 90)
	conn.nothingElse()
}

func TestOlderStateIsRefused(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, ch.signed(5))
	if err := w.pub.Publish(t.Context(), ch.tx(4)); !errors.Is(err, perunwatcher.ErrVersionStale) {
		t.Fatal(err)
	}
	if err := w.pub.Publish(t.Context(), newChannel(t, 2, true).tx(9)); !errors.Is(err, perunwatcher.ErrChannelIDMismatch) {
		t.Fatal(err)
	}
	// The same one again.
	r.publish(w, ch.tx(5))
}

func TestRefusedStateIsReportedAndTheOneBeforeSent(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, ch.signed(0))
	r.publish(w, ch.tx(1))
	first := conn.publish()
	r.publish(w, ch.tx(2))
	r.publish(w, ch.tx(3))
	conn.replyPublished(first, nil)
	third := conn.publish()
	conn.refuse(third.GetRequest(), &watcherpb.Error{Code: "TREE_TOO_LARGE", Message: "No."})
	second := conn.publish()
	if versionOf(second.GetState()) != 2 {
		t.Fatal(second)
	}
	if err := got(t, r.errors); !errors.Is(err, perunwatcher.ErrTreeTooLarge) {
		t.Fatal(err)
	}
	if err := r.WaitAcknowledged(t.Context(), ch.id(), 3); !errors.Is(err, perunwatcher.ErrTreeTooLarge) {
		t.Fatal(err)
	}
	conn.replyPublished(second, nil)
	r.acknowledged(ch.id(), 2)
}

func TestTwoStatesOfOneVersionReachTheWatcher(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, ch.signed(3))
	other := ch.tx(3)
	other.State = other.State.Clone()
	other.State.IsFinal = true
	r.publish(w, ch.sign(other.State))
	publish := conn.publish()
	conn.refuse(publish.GetRequest(), &watcherpb.Error{Code: "VERSION_CONFLICT"})
	if err := got(t, r.errors); !errors.Is(err, perunwatcher.ErrVersionConflict) {
		t.Fatal(err)
	}
}

func TestStateIsSentAgainAfterThePauseThatTheWatcherAsksFor(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, ch.signed(0))
	r.publish(w, ch.tx(1))
	conn.refuse(conn.publish().GetRequest(), &watcherpb.Error{Code: "RATE_LIMITED", Retryable: true, RetryAfterMs: 7_000})
	if pause := r.clock.wake(t, 0, isBackOff); pause.Seconds() != 7 {
		t.Fatal(pause)
	}
	conn.replyPublished(conn.publish(), nil)
	r.acknowledged(ch.id(), 1)
}

func TestStateWhoseWatchHasEndedIsNotLost(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, ch.signed(0))
	r.publish(w, ch.tx(1))
	conn.refuse(conn.publish().GetRequest(), &watcherpb.Error{Code: "WATCH_ENDED"})
	conn.watchEnded(number, &watcherpb.Error{Code: "STORE_FAILED", Retryable: true, RetryAfterMs: 1_234})
	r.clock.wake(t, 0, func(pause time.Duration) bool { return pause == 1_234*time.Millisecond })
	conn.started()
	conn.replyPublished(conn.publish(), nil)
	r.acknowledged(ch.id(), 1)
}

func TestMessageThatIsTooLargeIsNotSent(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t, func(welcome *watcherpb.Welcome) { welcome.MaxMessageBytes = 100 })
	if w := got(t, r.begin(ch.signed(0))); !errors.Is(w.err, perunwatcher.ErrMessageTooLarge) {
		t.Fatal(w.err)
	}
	conn.nothingElse()
}

func TestShutdownWaitsForAcknowledgements(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, ch.signed(0))
	r.publish(w, ch.tx(1))
	publish := conn.publish()
	done := make(chan error, 1)
	go func() { done <- r.Shutdown(t.Context()) }()
	conn.replyPublished(publish, nil)
	if err := got(t, done); err != nil {
		t.Fatal(err)
	}
	if err := ends(t, w.sub); !errors.Is(err, perunwatcher.ErrWatcherClosed) {
		t.Fatal(err)
	}
	if err := w.pub.Publish(t.Context(), ch.tx(2)); !errors.Is(err, perunwatcher.ErrWatcherClosed) {
		t.Fatal(err)
	}
	if w := got(t, r.begin(ch.signed(2))); !errors.Is(w.err, perunwatcher.ErrWatcherClosed) {
		t.Fatal(w.err)
	}
}

func TestStateThatAFullQuotaRefusedIsSentOnTheNextConnection(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, ch.signed(0))
	r.publish(w, ch.tx(1))
	conn.refuse(conn.publish().GetRequest(), &watcherpb.Error{Code: "QUOTA_EXCEEDED", Retryable: true})
	if err := got(t, r.errors); !errors.Is(err, perunwatcher.ErrQuotaExceeded) {
		t.Fatal(err)
	}
	conn.lose()
	r.clock.wake(t, 0, isBackOff)
	again := r.fake.welcome(t)
	again.started()
	again.replyPublished(again.publish(), nil)
	r.acknowledged(ch.id(), 1)
}

func TestStateThatSomebodyElseHasOvertakenIsNoError(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	outcome := r.begin(ch.signed(0))
	start := conn.start()
	conn.reply(&watcherpb.Reply{Request: start.GetRequest(), Result: &watcherpb.Reply_Started{Started: &watcherpb.Started{Version: 8}}})
	r.publish(got(t, outcome), ch.tx(1))
	r.acknowledged(ch.id(), 8)
	conn.refuse(conn.publish().GetRequest(), &watcherpb.Error{Code: "VERSION_STALE"})
	r.roundTrip(conn)
	if len(r.errors) != 0 {
		t.Fatal(got(t, r.errors))
	}
}
