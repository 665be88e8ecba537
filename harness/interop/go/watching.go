package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/ethclient"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/client"
	"perun.network/go-perun/watcher"
	"perun.network/go-perun/watcher/local"

	perunwatcher "perun.network/perun-watcher/clients/go"
	"perun.network/perun-watcher/clients/go/ethconv"
)

// guarding is the watcher of the party: the daemon, or go-perun's own.
func (p *party) guarding(ctx context.Context, isDaemon bool, its belongings) (*noting, error) {
	if !isDaemon {
		own, err := local.NewWatcher(p.adj)
		return &noting{Watcher: own, begun: map[channel.ID]chan struct{}{}}, err
	}
	keys := its.keys
	if keys == nil {
		fresh, err := perunwatcher.GenerateKeys()
		if err != nil {
			return nil, err
		}
		keys = &fresh
	}
	certificate, err := keys.TLS()
	if err != nil {
		return nil, err
	}
	chain, err := ethclient.DialContext(ctx, p.stage.Node)
	if err != nil {
		return nil, err
	}
	p.daemon, err = perunwatcher.New(perunwatcher.Config{
		Address:  p.stage.Watcher,
		Security: perunwatcher.Security{ServerKey: p.stage.ServerKey, Certificate: certificate},
		Encoding: ethconv.Encoding{},
		Timeouts: ethconv.BlockTimeouts(chain),
		Receipts: its.receipts,
		LedgerID: fmt.Sprintf("eip155:%d:%s:v1", p.stage.ChainID, lower(p.stage.Adjudicator)),
		Logger:   slog.New(slog.NewTextHandler(os.Stderr, nil)).With("party", p.name),
		OnError: func(id channel.ID, err error) {
			fmt.Fprintf(os.Stderr, "%s: channel %x: %v\n", p.name, id[:4], err)
		},
		OnEndangered: func(told perunwatcher.Endangered) {
			fmt.Fprintf(os.Stderr, "%s: endangered: %s %s\n", p.name, told.Reason, told.Detail)
		},
	})
	if err != nil {
		return nil, err
	}
	connecting, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	return &noting{Watcher: p.daemon, begun: map[channel.ID]chan struct{}{}}, p.daemon.Connected(connecting)
}

// noting tells when a watch has begun, which go-perun tells nobody.
type noting struct {
	watcher.Watcher
	mu    sync.Mutex
	begun map[channel.ID]chan struct{}
}

func (n *noting) signal(id channel.ID) chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.begun[id] == nil {
		n.begun[id] = make(chan struct{})
	}
	return n.begun[id]
}

func (n *noting) StartWatchingLedgerChannel(
	ctx context.Context, signed channel.SignedState,
) (watcher.StatesPub, watcher.AdjudicatorSub, error) {
	pub, sub, err := n.Watcher.StartWatchingLedgerChannel(ctx, signed)
	if err == nil {
		close(n.signal(signed.State.ID))
	}
	return pub, sub, err
}

func (n *noting) StartWatchingSubChannel(
	ctx context.Context, parent channel.ID, signed channel.SignedState,
) (watcher.StatesPub, watcher.AdjudicatorSub, error) {
	pub, sub, err := n.Watcher.StartWatchingSubChannel(ctx, parent, signed)
	if err == nil {
		close(n.signal(signed.State.ID))
	}
	return pub, sub, err
}

// HandleAdjudicatorEvent notes what go-perun hears.
func (p *party) HandleAdjudicatorEvent(event channel.AdjudicatorEvent) {
	fmt.Fprintf(os.Stderr, "%s hears %T: version %d\n", p.name, event, event.Version())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events[event.ID()] = append(p.events[event.ID()], event)
}

// heard is what go-perun was told of a channel.
func (p *party) heard(id channel.ID) []channel.AdjudicatorEvent {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.events[id])
}

// watch begins, and returns once the channel is guarded.
func (p *party) watch(ctx context.Context, ch *client.Channel) error {
	p.stage.now("beginning to watch for %s", p.name)
	failed := make(chan error, 1)
	go func() { failed <- ch.Watch(p) }()
	select {
	case <-p.guard.signal(ch.ID()):
	case err := <-failed:
		return fmt.Errorf("watching: %w", err)
	case <-time.After(startLimit):
		return errors.New("the watch does not begin")
	}
	return p.acknowledged(ctx, ch)
}

// acknowledged waits until the newest state is defended.
func (p *party) acknowledged(ctx context.Context, ch *client.Channel) error {
	if p.daemon == nil {
		// go-perun's own watcher acknowledges nothing; it has had time then.
		time.Sleep(pollInterval)
		return nil
	}
	version := ch.State().Version
	p.stage.now("waiting for the acknowledgement of version %d", version)
	ctx, cancel := context.WithTimeout(ctx, acknowledgement)
	defer cancel()
	return p.daemon.WaitAcknowledged(ctx, ch.ID(), version)
}
