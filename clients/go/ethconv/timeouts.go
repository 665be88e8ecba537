package ethconv

import (
	"context"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"perun.network/go-perun/channel"

	perunwatcher "perun.network/perun-watcher/clients/go"
)

// HeaderSource gives the newest block of the chain; an ethclient.Client is one.
type HeaderSource interface {
	HeaderByNumber(ctx context.Context, number *big.Int) (*types.Header, error)
}

// pollInterval is how often the chain is asked for its time.
const pollInterval = time.Second

// BlockTimeouts makes timeouts that elapse in the time of the chain. Unlike perun-eth-backend's they ask for the newest block
// again and again, so that they also work with nodes that offer no subscriptions.
func BlockTimeouts(source HeaderSource) perunwatcher.Timeouts {
	return func(seconds uint64) channel.Timeout { return &blockTimeout{source, seconds} }
}

type blockTimeout struct {
	source HeaderSource
	at     uint64
}

// IsElapsed is false if the chain cannot be reached.
func (t *blockTimeout) IsElapsed(ctx context.Context) bool {
	header, err := t.source.HeaderByNumber(ctx, nil)
	return err == nil && header.Time >= t.at
}

// Wait goes on while the chain cannot be reached.
func (t *blockTimeout) Wait(ctx context.Context) error {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for !t.IsElapsed(ctx) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (t *blockTimeout) String() string { return fmt.Sprintf("<Block timeout: %d>", t.at) }
