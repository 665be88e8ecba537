package perunwatcher_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"perun.network/go-perun/channel"

	perunwatcher "perun.network/perun-watcher/clients/go"
	"perun.network/perun-watcher/clients/go/ethconv"
	"perun.network/perun-watcher/clients/go/watcherpb"
)

var receiptKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))

func withReceipts(welcome *watcherpb.Welcome) {
	welcome.ReceiptKey = receiptKey.Public().(ed25519.PublicKey)
}

// receiptFor signs a promise, after the changes.
func receiptFor(t *testing.T, signed *watcherpb.SignedState, changes ...func(*watcherpb.ReceiptBody)) *watcherpb.Receipt {
	t.Helper()
	hash, err := ethconv.Encoding{}.HashState(signed.GetState())
	if err != nil {
		t.Fatal(err)
	}
	body := &watcherpb.ReceiptBody{
		LedgerId: fakeLedger, Client: "plain:meter-17", ChannelId: signed.GetState().GetChannelId(), Version: versionOf(signed),
		StateHash: hash[:], IssuedAt: 1_767_225_600,
	}
	for _, change := range changes {
		change(body)
	}
	wire, err := proto.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return &watcherpb.Receipt{Body: wire, Signature: ed25519.Sign(receiptKey, append([]byte("perun-watcher receipt v1\n"), wire...))}
}

func TestReceiptsAreCheckedKeptAndShown(t *testing.T) {
	folder := t.TempDir()
	store, err := perunwatcher.FileReceipts(folder)
	if err != nil {
		t.Fatal(err)
	}
	f := serveFake(t)
	r := newRigOf(t, f, func(config *perunwatcher.Config) { config.Receipts = store })
	ch := newChannel(t, 1, true)
	conn := f.welcome(t, withReceipts)
	outcome := r.begin(ch.signed(0))
	start := conn.start()
	conn.replyStarted(start, receiptFor(t, start.GetNewest()))
	w := got(t, outcome)
	r.publish(w, ch.tx(1))
	publish := conn.publish()
	newest := receiptFor(t, publish.GetState())
	conn.replyPublished(publish, newest)
	r.acknowledged(ch.id(), 1)
	if len(r.errors) != 0 {
		t.Fatal(got(t, r.errors))
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	kept, err := store.Load(ch.id())
	if err != nil || kept == nil {
		t.Fatal(kept, err)
	}
	if body, err := kept.Verify(); err != nil || body.GetVersion() != 1 {
		t.Fatal(body, err)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}

	// The next run of the program shows it, and knows the key of the watcher.
	next := newRigOf(t, f, func(config *perunwatcher.Config) { config.Receipts = store })
	again := f.welcome(t)
	failing := next.begin(ch.signed(1))
	start = again.start()
	if !proto.Equal(start.GetReceipt(), newest) {
		t.Fatal(start)
	}
	again.replyStarted(start, nil)
	if w := got(t, failing); !errors.Is(w.err, perunwatcher.ErrReceiptInvalid) {
		t.Fatal(w.err)
	}
}

func TestReceiptAboutSomethingElseIsReported(t *testing.T) {
	other := newChannel(t, 2, true).id()
	changes := map[string]func(*watcherpb.ReceiptBody){
		"ledger":  func(body *watcherpb.ReceiptBody) { body.LedgerId = "eip155:1:other" },
		"client":  func(body *watcherpb.ReceiptBody) { body.Client = "plain:meter-18" },
		"channel": func(body *watcherpb.ReceiptBody) { body.ChannelId = other[:] },
		"version": func(body *watcherpb.ReceiptBody) { body.Version = 0 },
		"hash":    func(body *watcherpb.ReceiptBody) { body.StateHash = make([]byte, 32) },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			ch := newChannel(t, 1, true)
			conn := r.fake.welcome(t, withReceipts)
			outcome := r.begin(ch.signed(0))
			start := conn.start()
			conn.replyStarted(start, receiptFor(t, start.GetNewest()))
			w := got(t, outcome)
			r.publish(w, ch.tx(1))
			publish := conn.publish()
			conn.replyPublished(publish, receiptFor(t, publish.GetState(), change))
			if err := got(t, r.errors); !errors.Is(err, perunwatcher.ErrReceiptInvalid) {
				t.Fatal(err)
			}
			if err := r.WaitAcknowledged(t.Context(), ch.id(), 1); !errors.Is(err, perunwatcher.ErrReceiptInvalid) {
				t.Fatal(err)
			}
		})
	}
}

func TestWatcherMustSignWithTheKeyOfTheConfig(t *testing.T) {
	r := newRig(t, func(config *perunwatcher.Config) { config.ReceiptKey = bytes.Repeat([]byte{7}, 32) })
	conn := r.fake.welcome(t, withReceipts)
	outcome := r.begin(newChannel(t, 1, true).signed(0))
	start := conn.start()
	conn.replyStarted(start, receiptFor(t, start.GetNewest()))
	if w := got(t, outcome); !errors.Is(w.err, perunwatcher.ErrReceiptInvalid) {
		t.Fatal(w.err)
	}
}

func TestReceiptOfAForgottenChannelIsDeleted(t *testing.T) {
	store := perunwatcher.MemoryReceipts()
	r := newRig(t, func(config *perunwatcher.Config) { config.Receipts = store })
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t, withReceipts)
	outcome := r.begin(ch.signed(0))
	start := conn.start()
	conn.replyStarted(start, receiptFor(t, start.GetNewest()))
	got(t, outcome)
	conn.watchEnded(start.GetWatch(), &watcherpb.Error{Code: "CHANNEL_SETTLED"})
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		if kept, err := store.Load(ch.id()); err == nil && kept == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("it is still there")
		}
	}
}

func (r *rig) notAcknowledged(id channel.ID, version uint64) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	cancel()
	if err := r.WaitAcknowledged(ctx, id, version); !errors.Is(err, context.Canceled) {
		r.t.Fatalf("version %d: %v", version, err)
	}
}

func TestWatcherThatGivesReceiptsProvesWhatItHolds(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	conn := r.fake.welcome(t, withReceipts)
	outcome := r.begin(ch.signed(0))
	start := conn.start()
	// It says that it has more than anybody signed.
	conn.reply(&watcherpb.Reply{Request: start.GetRequest(), Result: &watcherpb.Reply_Started{Started: &watcherpb.Started{
		Version: 1 << 60, Receipt: receiptFor(t, start.GetNewest()),
	}}})
	w := got(t, outcome)
	r.acknowledged(ch.id(), 0)
	r.notAcknowledged(ch.id(), 1)
	r.publish(w, ch.tx(1))
	publish := conn.publish()
	r.notAcknowledged(ch.id(), 1)
	conn.reply(&watcherpb.Reply{Request: publish.GetRequest(), Result: &watcherpb.Reply_Published{Published: &watcherpb.Published{
		Version: 1 << 60, Receipt: receiptFor(t, publish.GetState()),
	}}})
	r.acknowledged(ch.id(), 1)
	r.notAcknowledged(ch.id(), 2)
}

func TestLearnedStateMustBeSignedByEverybody(t *testing.T) {
	r := newRig(t)
	ch, other := newChannel(t, 1, true), newChannel(t, 2, true)
	conn := r.fake.welcome(t)
	w, number := r.started(conn, ch.signed(0))
	forged, half, good := wireOf(t, ch.tx(9)), wireOf(t, ch.tx(8)), wireOf(t, ch.tx(2))
	forged.Sigs[1] = forged.Sigs[0]
	half.Sigs = half.Sigs[:1]
	compact := wireOf(t, ch.tx(3))
	for i, sig := range compact.Sigs {
		compact.Sigs[i] = bytes.Clone(sig[:64])
		compact.Sigs[i][32] |= (sig[64] - 27) << 7
	}
	for at, state := range []*watcherpb.SignedState{forged, half, wireOf(t, other.tx(7)), good, compact} {
		conn.event(number, uint64(at)+1, &watcherpb.AdjudicatorEvent{Kind: &watcherpb.AdjudicatorEvent_Learned{Learned: &watcherpb.Learned{State: state}}})
	}
	for range 3 {
		got(t, r.errors)
	}
	for _, version := range []uint64{2, 3} {
		if told := got(t, r.learned); told.Transaction.Version != version {
			t.Fatal(told)
		}
	}
	r.notAcknowledged(ch.id(), 4)
	r.publish(w, ch.tx(4))
	for {
		message := conn.receive()
		if publish := message.GetPublish(); publish != nil {
			if versionOf(publish.GetState()) != 4 {
				t.Fatal(publish)
			}
			return
		}
	}
}
