package perunwatcher

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"time"

	"perun.network/go-perun/channel"
)

// clock is time as the pauses and heartbeats of the client see it; tests bring their own.
type clock interface {
	Now() time.Time
	// Sleep returns the error of the context if that ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

type systemClock struct{}

func (systemClock) Now() time.Time {
	// Without the monotonic part, which stands still while the machine sleeps.
	return time.Now().Round(0)
}

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// backOff is how long pauses are between attempts.
type backOff struct {
	first, longest time.Duration
	// random draws from [0, 1).
	random func() float64
}

func defaultBackOff() backOff {
	return backOff{first: 200 * time.Millisecond, longest: 30 * time.Second, random: rand.Float64}
}

// pause is the one after so many failures in a row, from 1 on: drawn from the upper half of a span that doubles, so that
// clients that failed together do not come back together, and never shorter than the watcher asked for.
func (b backOff) pause(err *Error, failures int) time.Duration {
	span := b.longest
	if doublings := failures - 1; doublings < 32 {
		span = min(span, b.first<<doublings)
	}
	drawn := time.Duration(float64(span) * (0.5 + b.random()/2))
	return max(drawn, err.RetryAfter)
}

// slowest has the longest pauses only.
func (b backOff) slowest() backOff {
	b.first = b.longest
	return b
}

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
