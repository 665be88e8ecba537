package perunwatcher_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/channel/persistence"

	perunwatcher "perun.network/perun-watcher/clients/go"
	"perun.network/perun-watcher/clients/go/ethconv"
	"perun.network/perun-watcher/clients/go/watcherpb"
)

// realWatcher is the watcher of this repository, in a process of its own.
type realWatcher struct {
	t       *testing.T
	address string
	input   io.Writer
	output  *bufio.Scanner
}

func startRealWatcher(t *testing.T) *realWatcher {
	t.Helper()
	const program = "../../node_modules/.bin/tsx"
	if _, err := os.Stat(program); err != nil {
		t.Skip("the watcher is not installed here: run pnpm install at the root of its repository:", err)
	}
	command := exec.Command(program, "--tsconfig", "../../tsconfig.json", "testdata/serve.ts")
	command.Stderr = testOutput{t}
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// It ends with its input.
		_ = input.Close()
		_ = command.Wait()
	})
	w := &realWatcher{t: t, input: input, output: bufio.NewScanner(output)}
	w.address = w.line()
	return w
}

func (w *realWatcher) line() string {
	w.t.Helper()
	if !w.output.Scan() {
		w.t.Fatal("the watcher has ended; run the test with -v to see why")
	}
	return strings.TrimSpace(w.output.Text())
}

func (w *realWatcher) command(line string) {
	w.t.Helper()
	if _, err := fmt.Fprintln(w.input, line); err != nil {
		w.t.Fatal(err)
	}
	if answer := w.line(); answer != "done" {
		w.t.Fatal(answer)
	}
}

// registers has somebody register a state on the chain.
func (w *realWatcher) registers(ch *testChannel, tx channel.Transaction) {
	w.t.Helper()
	params, err := ethconv.Encoding{}.EncodeParams(ch.params)
	if err != nil {
		w.t.Fatal(err)
	}
	message, err := proto.Marshal(&watcherpb.ClientMessage{Kind: &watcherpb.ClientMessage_StartWatching{
		StartWatching: &watcherpb.StartWatching{Request: 1, Watch: 1, Params: params, Newest: wireOf(w.t, tx)},
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.command("register " + hex.EncodeToString(message))
}

func TestWithTheRealWatcher(t *testing.T) {
	real := startRealWatcher(t)
	refuted := make(chan perunwatcher.Refuted, 16)
	errs := make(chan error, 16)
	receipts := perunwatcher.MemoryReceipts()
	w, err := perunwatcher.New(perunwatcher.Config{
		Address:      real.address,
		Security:     perunwatcher.Security{Plaintext: perunwatcher.PlaintextLoopback, Client: "meter-17"},
		Encoding:     ethconv.Encoding{},
		StartTimeout: -1,
		Receipts:     receipts,
		OnRefuted:    func(told perunwatcher.Refuted) { refuted <- told },
		OnError:      func(_ channel.ID, err error) { errs <- err },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	r := &rig{Watcher: w, t: t}
	root := newChannel(t, 1, true)
	child := newChannelOf(t, 2, false, root.accounts...)
	persister := w.Persister(persistence.NonPersistRestorer)

	// States, also those that only the persister tells, with receipts.
	of := got(t, r.begin(root.signed(0)))
	if of.err != nil {
		t.Fatal(of.err)
	}
	if err := persister.Enabled(t.Context(), source{root, root.tx(1)}); err != nil {
		t.Fatal(err)
	}
	r.acknowledged(root.id(), 1)
	r.publish(of, root.tx(2))
	r.acknowledged(root.id(), 2)
	if receipt, err := receipts.Load(root.id()); err != nil || receipt == nil {
		t.Fatal(receipt, err)
	}

	// A sub-channel, whose parent locks 5 for it.
	opening := child.tx(5)
	opening.State.Balances[0][0].SetInt64(0)
	opening = child.sign(opening.State)
	r.publish(of, root.tx(3, child.id()))
	sub := got(t, r.begin(channel.SignedState{Params: child.params, State: opening.State, Sigs: opening.Sigs}, root.id()))
	if sub.err != nil {
		t.Fatal(sub.err)
	}
	r.acknowledged(root.id(), 3)

	// The watcher loses its store: everything comes again, parents first.
	real.command("forget")
	r.publish(of, root.tx(4))
	r.acknowledged(root.id(), 4)

	// Somebody cheats.
	real.registers(root, root.tx(1))
	if event, ok := got(t, of.sub.EventStream()).(*channel.RegisteredEvent); !ok || event.Version() != 1 || event.ID() != root.id() {
		t.Fatal(event)
	}
	if told := got(t, refuted); told.Version != 4 || told.Channel != root.id() {
		t.Fatal(told)
	}
	if event, ok := got(t, of.sub.EventStream()).(*channel.RegisteredEvent); !ok || event.Version() != 4 || event.State.Version != 4 {
		t.Fatal(event)
	}
	select {
	case err := <-errs:
		t.Fatal(err)
	default:
	}
}
