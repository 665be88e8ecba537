package perunwatcher

import (
	"context"
	"math"
	"math/big"
	"time"

	"perun.network/go-perun/channel"
)

// wallTimeout elapses by the clock of this machine. (go-perun's own TimeTimeout says the opposite of whether it has elapsed.)
type wallTimeout struct{ at time.Time }

func clockTimeout(seconds uint64) channel.Timeout {
	// Far enough, and no overflow.
	return wallTimeout{time.Unix(int64(min(seconds, math.MaxInt32*1000)), 0)}
}

func (t wallTimeout) IsElapsed(context.Context) bool { return !time.Now().Before(t.at) }

func (t wallTimeout) Wait(ctx context.Context) error {
	return systemClock{}.Sleep(ctx, time.Until(t.at))
}

func (t wallTimeout) String() string { return "<Timeout: " + t.at.UTC().String() + ">" }

// secondsOf reads a time of the chain from the wire; beyond 64 bits it is the latest there is.
func secondsOf(wire []byte) uint64 {
	number := new(big.Int).SetBytes(wire)
	if !number.IsUint64() {
		return math.MaxUint64
	}
	return number.Uint64()
}
