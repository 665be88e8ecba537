package perunwatcher

import (
	"context"
	"math/rand/v2"
	"time"
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
