package perunwatcher_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"perun.network/go-perun/channel"
	"perun.network/go-perun/watcher"

	perunwatcher "perun.network/perun-watcher/clients/go"
	"perun.network/perun-watcher/clients/go/ethconv"
	"perun.network/perun-watcher/clients/go/watcherpb"
)

// rig is a client of a fake watcher.
type rig struct {
	*perunwatcher.Watcher
	t          *testing.T
	fake       *fake
	clock      *testClock
	endangered chan perunwatcher.Endangered
	learned    chan perunwatcher.Learned
	refuted    chan perunwatcher.Refuted
	removed    chan perunwatcher.Removed
	errors     chan error
}

func newRig(t *testing.T, changes ...func(*perunwatcher.Config)) *rig {
	t.Helper()
	return newRigOf(t, serveFake(t), changes...)
}

func newRigOf(t *testing.T, f *fake, changes ...func(*perunwatcher.Config)) *rig {
	t.Helper()
	r := &rig{
		t: t, fake: f, clock: newTestClock(),
		endangered: make(chan perunwatcher.Endangered, 256), learned: make(chan perunwatcher.Learned, 256),
		refuted: make(chan perunwatcher.Refuted, 256), removed: make(chan perunwatcher.Removed, 256), errors: make(chan error, 256),
	}
	config := perunwatcher.Config{
		Address:      f.address,
		Security:     perunwatcher.Security{Plaintext: perunwatcher.PlaintextLoopback, Client: "meter-17"},
		Encoding:     ethconv.Encoding{},
		StartTimeout: -1,
		Logger:       slog.New(slog.NewTextHandler(testOutput{t}, nil)),
		OnEndangered: func(told perunwatcher.Endangered) { r.endangered <- told },
		OnLearned:    func(told perunwatcher.Learned) { r.learned <- told },
		OnRefuted:    func(told perunwatcher.Refuted) { r.refuted <- told },
		OnRemoved:    func(told perunwatcher.Removed) { r.removed <- told },
		OnError:      func(_ channel.ID, err error) { r.errors <- err },
	}
	for _, change := range changes {
		change(&config)
	}
	w, err := perunwatcher.NewWithClock(config, r.clock)
	if err != nil {
		t.Fatal(err)
	}
	r.Watcher = w
	t.Cleanup(func() { _ = w.Close() })
	return r
}

type testOutput struct{ t *testing.T }

func (o testOutput) Write(line []byte) (int, error) {
	if testing.Verbose() {
		o.t.Helper()
		o.t.Log(string(line[:min(len(line), 300)]))
	}
	return len(line), nil
}

// watch is what a start returns.
type watch struct {
	pub watcher.StatesPub
	sub watcher.AdjudicatorSub
	err error
}

// begin starts a watch and returns where its outcome comes.
func (r *rig) begin(signed channel.SignedState, parents ...channel.ID) <-chan watch {
	outcome := make(chan watch, 1)
	go func() {
		var w watch
		if len(parents) > 0 {
			w.pub, w.sub, w.err = r.StartWatchingSubChannel(r.t.Context(), parents[0], signed)
		} else {
			w.pub, w.sub, w.err = r.StartWatchingLedgerChannel(r.t.Context(), signed)
		}
		outcome <- w
	}()
	return outcome
}

// started begins a watch that the watcher confirms.
func (r *rig) started(conn *fakeConn, signed channel.SignedState, parents ...channel.ID) (watch, uint32) {
	r.t.Helper()
	outcome := r.begin(signed, parents...)
	number := conn.started().GetWatch()
	w := got(r.t, outcome)
	if w.err != nil {
		r.t.Fatal(w.err)
	}
	return w, number
}

func (r *rig) publish(w watch, tx channel.Transaction) {
	r.t.Helper()
	if err := w.pub.Publish(r.t.Context(), tx); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) acknowledged(id channel.ID, version uint64) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	if err := r.WaitAcknowledged(ctx, id, version); err != nil {
		r.t.Fatal(err)
	}
}

func got[T any](t *testing.T, values <-chan T) T {
	t.Helper()
	select {
	case value := <-values:
		return value
	case <-time.After(patience):
		t.Fatal("nothing comes")
		panic("unreachable")
	}
}

// ends waits until a subscription ends.
func ends(t *testing.T, sub watcher.AdjudicatorSub) error {
	t.Helper()
	for {
		select {
		case _, isOpen := <-sub.EventStream():
			if !isOpen {
				return sub.Err()
			}
		case <-time.After(patience):
			t.Fatal("the subscription does not end")
		}
	}
}

func versionOf(state *watcherpb.SignedState) uint64 { return state.GetState().GetVersion() }
