package perunwatcher_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"os"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

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
