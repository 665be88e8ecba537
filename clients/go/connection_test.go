package perunwatcher_test

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	perunwatcher "perun.network/perun-watcher/clients/go"
	"perun.network/perun-watcher/clients/go/watcherpb"
)

func TestPausesDoubleWhileTheWatcherIsAway(t *testing.T) {
	f := serveFake(t)
	f.refuseWith(status.Error(codes.Unavailable, "away"))
	r := newRigOf(t, f)
	for _, expected := range []time.Duration{200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000} {
		if pause := r.clock.wake(t, 0, isBackOff); pause != expected*time.Millisecond {
			t.Fatal(pause)
		}
	}
	r.clock.await(t, isBackOff)
	f.refuseWith(nil)
	r.clock.wake(t, 0, isBackOff)
	f.welcome(t)
	if err := r.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestRefusedClientKeepsTryingWithTheLongestPause(t *testing.T) {
	f := serveFake(t)
	f.refuseWith(status.Error(codes.PermissionDenied, "who?"))
	r := newRigOf(t, f)
	if pause := r.clock.await(t, isBackOff); pause != 30*time.Second {
		t.Fatal(pause)
	}
	if err := r.Connected(t.Context()); !errors.Is(err, perunwatcher.ErrConnectionRefused) {
		t.Fatal(err)
	}
	r.clock.await(t, isBackOff)
	f.refuseWith(nil)
	r.clock.wake(t, 0, isBackOff)
	f.welcome(t)
}

func TestWatchIsResumedWithTheNewestAcknowledgedState(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, ch.signed(0))
	r.publish(w, ch.tx(1))
	conn.replyPublished(conn.publish(), nil)
	r.publish(w, ch.tx(2))
	if version := versionOf(conn.publish().GetState()); version != 2 {
		t.Fatal(version)
	}
	// Was it taken?
	conn.lose()
	r.clock.wake(t, 0, isBackOff)
	again := r.fake.welcome(t)
	start := again.start()
	if versionOf(start.GetNewest()) != 1 || len(start.GetParams().GetParticipants()) != 2 {
		t.Fatal(start)
	}
	again.replyStarted(start, nil)
	publish := again.publish()
	if versionOf(publish.GetState()) != 2 {
		t.Fatal(publish)
	}
	// It was, and somebody has published an even newer one.
	again.refuse(publish.GetRequest(), &watcherpb.Error{Code: "VERSION_STALE"})
	r.acknowledged(ch.id(), 2)
	if len(r.errors) != 0 {
		t.Fatal(got(t, r.errors))
	}
}

func TestAfterALostStoreParentsComeFirst(t *testing.T) {
	r := newRig(t)
	root, child, grandchild := newChannel(t, 1, true), newChannel(t, 2, false), newChannel(t, 3, false)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, root.signed(0))
	r.started(conn, child.signed(0, grandchild.id()), root.id())
	r.started(conn, grandchild.signed(0), child.id())
	r.publish(w, root.tx(1, child.id()))
	conn.replyPublished(conn.publish(), nil)
	r.acknowledged(root.id(), 1)
	conn.lose()
	r.clock.wake(t, 0, isBackOff)
	again := r.fake.welcome(t)
	first := again.start()
	if len(first.GetParent()) != 0 || versionOf(first.GetNewest()) != 1 {
		t.Fatal(first)
	}
	// A start that is put off holds up those below it.
	again.refuse(first.GetRequest(), &watcherpb.Error{Code: "STORE_FAILED", Retryable: true})
	r.clock.wake(t, 0, isBackOff)
	again.started()
	for _, each := range []*testChannel{child, grandchild} {
		id := each.id()
		if start := again.started(); string(start.GetNewest().GetState().GetChannelId()) != string(id[:]) || len(start.GetParent()) != 32 {
			t.Fatal(start)
		}
	}
}

func TestRefusedStartIsToldToTheCaller(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	outcome := r.begin(ch.signed(0))
	conn.refuse(conn.start().GetRequest(), &watcherpb.Error{Code: "QUOTA_EXCEEDED", Message: "Full.", Details: []string{"10 channels."}, Retryable: true})
	w := got(t, outcome)
	if !errors.Is(w.err, perunwatcher.ErrQuotaExceeded) || w.err.Error() != "QUOTA_EXCEEDED: Full. 10 channels." {
		t.Fatal(w.err)
	}
	if err := r.WaitAcknowledged(t.Context(), ch.id(), 0); !errors.Is(err, perunwatcher.ErrQuotaExceeded) {
		t.Fatal(err)
	}
}

func TestStartReturnsInTimeAlthoughTheWatcherIsAway(t *testing.T) {
	r := newRig(t, func(config *perunwatcher.Config) { config.StartTimeout = time.Millisecond })
	ch := newChannel(t, 1, true)
	w := got(t, r.begin(ch.signed(0)))
	if w.err != nil {
		t.Fatal(w.err)
	}
	if err := got(t, r.errors); !errors.Is(err, perunwatcher.ErrConnectionLost) {
		t.Fatal(err)
	}
	r.publish(w, ch.tx(1))
	conn := r.fake.welcome(t)
	conn.started()
	conn.replyPublished(conn.publish(), nil)
	r.acknowledged(ch.id(), 1)
}

func TestChannelThatIsRefusedForNowIsNotUnguardedInSilence(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	outcome := r.begin(ch.signed(0))
	for range 7 {
		conn.refuse(conn.start().GetRequest(), &watcherpb.Error{Code: "ACCOUNT_UNDERFUNDED", Retryable: true})
		r.clock.wake(t, 0, isBackOff)
	}
	if err := got(t, r.errors); !errors.Is(err, perunwatcher.ErrAccountUnderfunded) {
		t.Fatal(err)
	}
	conn.started()
	if w := got(t, outcome); w.err != nil {
		t.Fatal(w.err)
	}
	// Told once.
	r.roundTrip(conn)
	if len(r.errors) > 0 {
		t.Fatal(<-r.errors)
	}
}

func TestStartThatReturnsUnguardedSaysWhy(t *testing.T) {
	r := newRig(t, func(config *perunwatcher.Config) { config.StartTimeout = time.Second })
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	outcome := r.begin(ch.signed(0))
	conn.refuse(conn.start().GetRequest(), &watcherpb.Error{Code: "ACCOUNT_UNDERFUNDED", Retryable: true})
	if w := got(t, outcome); w.err != nil {
		t.Fatal(w.err)
	}
	if err := got(t, r.errors); !errors.Is(err, perunwatcher.ErrAccountUnderfunded) {
		t.Fatal(err)
	}
}

func TestPingsKeepTheConnectionAndNoticeWhenItIsDead(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t)
	for number := uint64(1); number <= 2; number++ {
		r.clock.wake(t, 0, isBeat)
		if ping := conn.receive().GetPing(); ping.GetNumber() != number {
			t.Fatal(ping)
		}
		if number == 1 {
			conn.send(&watcherpb.ServerMessage{Kind: &watcherpb.ServerMessage_Pong{Pong: &watcherpb.Pong{Number: number}}})
			// The answer to it tells that the pong has arrived.
			r.roundTrip(conn)
		}
	}
	r.clock.wake(t, 0, isBeat)
	r.clock.wake(t, 0, isBackOff)
	r.fake.welcome(t)
}

// roundTrip returns once the client has handled what was sent to it.
func (r *rig) roundTrip(conn *fakeConn) {
	r.t.Helper()
	ch := newChannel(r.t, 99, true)
	outcome := r.begin(ch.signed(0))
	conn.refuse(conn.start().GetRequest(), &watcherpb.Error{Code: "FUNDS_CHANGED"})
	got(r.t, outcome)
	<-r.errors
}

func TestConnectionIsGoneAfterALongSleep(t *testing.T) {
	r := newRig(t)
	r.fake.welcome(t)
	r.clock.wake(t, 3*idleTimeout, isBeat)
	r.clock.wake(t, 0, isBackOff)
	r.fake.welcome(t)
}

func TestFinalGoodbyeEndsEverything(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t)
	w, _ := r.started(conn, ch.signed(0))
	conn.goodbye(&watcherpb.Error{Code: "PROTOCOL_VIOLATION", Message: "No."})
	if err := ends(t, w.sub); !errors.Is(err, perunwatcher.ErrProtocolViolation) {
		t.Fatal(err)
	}
	if err := r.Connected(t.Context()); !errors.Is(err, perunwatcher.ErrProtocolViolation) {
		t.Fatal(err)
	}
}

func TestRetryableGoodbyeIsFollowedByAnotherConnection(t *testing.T) {
	r := newRig(t)
	r.fake.welcome(t).goodbye(&watcherpb.Error{Code: "OVERLOADED", Retryable: true, RetryAfterMs: 5_000})
	if pause := r.clock.wake(t, 0, isBackOff); pause != 5*time.Second {
		t.Fatal(pause)
	}
	r.fake.welcome(t)
}

func TestWatcherOfAnotherLedgerIsRefused(t *testing.T) {
	r := newRig(t)
	r.fake.welcome(t).lose()
	r.clock.wake(t, 0, isBackOff)
	r.fake.welcome(t, func(welcome *watcherpb.Welcome) { welcome.LedgerId = "eip155:1:other" })
	_ = waitFor(t, func() error { return r.Connected(t.Context()) }, perunwatcher.ErrChainMismatch)
}

// waitFor repeats a call until it returns an error of this kind.
func waitFor(t *testing.T, call func() error, kind error) error {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if err := call(); errors.Is(err, kind) {
			return err
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("no such error")
	return nil
}

func TestViolationEndsTheConnectionOnly(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t)
	conn.reply(&watcherpb.Reply{Request: 77, Result: &watcherpb.Reply_Stopped{}})
	r.clock.wake(t, 0, isBackOff)
	r.fake.welcome(t)
}

func TestRequestsInFlightAreBounded(t *testing.T) {
	r := newRig(t)
	conn := r.fake.welcome(t, func(welcome *watcherpb.Welcome) { welcome.MaxRequests = 2 })
	var outcomes []<-chan watch
	for seed := int64(1); seed <= 5; seed++ {
		outcomes = append(outcomes, r.begin(newChannel(t, seed, true).signed(0)))
	}
	one, two := conn.start(), conn.start()
	conn.nothingElse()
	conn.replyStarted(two, nil)
	conn.replyStarted(conn.start(), nil)
	conn.replyStarted(conn.start(), nil)
	conn.replyStarted(conn.start(), nil)
	conn.replyStarted(one, nil)
	for _, outcome := range outcomes {
		if w := got(t, outcome); w.err != nil {
			t.Fatal(w.err)
		}
	}
}
