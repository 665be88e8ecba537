package perunwatcher

import (
	"log/slog"
	"net"
	"time"

	"perun.network/go-perun/channel"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// Config is what a Watcher needs to know.
type Config struct {
	// Address of the watcher, host:port or [IPv6 address]:port.
	Address string
	// Security says who is who.
	Security Security
	// Encoding is the one of the ledger; see package ethconv.
	Encoding Encoding
	// Timeouts makes go-perun's timeouts, see ethconv.BlockTimeouts. Nil: by the clock of this machine, which may differ
	// from the time of the chain.
	Timeouts Timeouts

	// LedgerID is the ledger that the watcher must guard, such as eip155:<chain id>:<adjudicator, lower case>:v1. Empty:
	// whichever it guards at the first connection.
	LedgerID string
	// Software is the name and version of this program for the watcher's log. Default: perun-watcher-go.
	Software string
	// StartTimeout is how long StartWatching waits for the watcher, because go-perun holds the lock of the channel meanwhile.
	// After that it returns all the same, OnError hears why the channel is not guarded yet, and it is as soon as the watcher
	// can be reached and takes it: see Watcher.WaitAcknowledged. Default: 10 s. Negative: as long as the context allows.
	StartTimeout time.Duration
	// Logger hears of lost connections and the like. Nil: silence.
	Logger *slog.Logger

	// ReceiptKey is the Ed25519 key with which the watcher must sign its receipts. Nil: the one that it says at the first
	// connection; if there is none, it gives no receipts.
	ReceiptKey []byte
	// Receipts keeps them. Nil: in memory. See FileReceipts.
	Receipts ReceiptStore

	// The callbacks run one after the other. An event counts as handled once its callback has returned; one that was not
	// handled when the program ended is told again.

	// OnEndangered hears that a refutation cannot be made, or may come too late.
	OnEndangered func(Endangered)
	// OnLearned hears of a state that somebody registered and that is newer than what the watcher knew.
	OnLearned func(Learned)
	// OnRefuted hears that the watcher put a newer state in the place of a registered one.
	OnRefuted func(Refuted)
	// OnRemoved hears that a reorg took out what go-perun was told before.
	OnRemoved func(Removed)
	// OnError hears what has no caller: channels that are not guarded yet although their start has returned, or that the
	// watcher keeps refusing for now; states that it refuses, receipts that do not verify, events that go-perun cannot be told.
	OnError func(channel.ID, error)
}

// Encoding translates between go-perun and the wire, for one kind of ledger.
type Encoding interface {
	EncodeParams(*channel.Params) (*watcherpb.Params, error)
	EncodeState(*channel.State) (*watcherpb.State, error)
	DecodeState(channel.App, *watcherpb.State) (*channel.State, error)
	// HashState is the hash that the participants sign.
	HashState(*watcherpb.State) ([32]byte, error)
}

// Timeouts makes a timeout that elapses at the given second since 1970, in the time of the chain.
type Timeouts func(seconds uint64) channel.Timeout

const maxSoftwareBytes, maxLedgerBytes = 100, 256

// prepared is the config with defaults filled in.
func (c Config) prepared() (Config, error) {
	if c.Software == "" {
		c.Software = "perun-watcher-go"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Timeouts == nil {
		c.Timeouts = clockTimeout
	}
	if c.Receipts == nil {
		c.Receipts = MemoryReceipts()
	}
	if c.StartTimeout == 0 {
		c.StartTimeout = 10 * time.Second
	}
	if host, port, err := net.SplitHostPort(c.Address); err != nil || host == "" || port == "" || port == "0" {
		return c, because(ErrAddressUnusable, err, "The address of the watcher is host:port.", "Got "+c.Address+".")
	}
	switch {
	case c.Encoding == nil:
		return c, invalidOption("Encoding is missing; on Ethereum it is ethconv.Encoding{}.")
	case !isVisible(c.Software, maxSoftwareBytes):
		return c, invalidOption("Software must be at most %d bytes of visible ASCII.", maxSoftwareBytes)
	case !isVisible(c.LedgerID, maxLedgerBytes):
		return c, invalidOption("LedgerID must be at most %d bytes of visible ASCII.", maxLedgerBytes)
	case c.ReceiptKey != nil && len(c.ReceiptKey) != receiptKeyBytes:
		return c, invalidOption("ReceiptKey must have %d bytes.", receiptKeyBytes)
	}
	return c, c.Security.check(c.Address)
}

func isVisible(text string, most int) bool {
	for _, each := range []byte(text) {
		if each < 0x20 || each > 0x7e {
			return false
		}
	}
	return len(text) <= most
}
