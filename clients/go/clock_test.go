package perunwatcher_test

import (
	"context"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what has to happen.
const patience = 20 * time.Second

// testClock stands still: a test ends each pause itself.
type testClock struct {
	mu       sync.Mutex
	now      time.Time
	sleepers map[*sleeper]struct{}
	changed  chan struct{}
}

type sleeper struct {
	pause time.Duration
	woken chan struct{}
}

func newTestClock() *testClock {
	return &testClock{now: time.Unix(1_800_000_000, 0), sleepers: map[*sleeper]struct{}{}, changed: make(chan struct{})}
}

func (c *testClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) Sleep(ctx context.Context, pause time.Duration) error {
	s := &sleeper{pause, make(chan struct{})}
	c.mu.Lock()
	c.sleepers[s] = struct{}{}
	close(c.changed)
	c.changed = make(chan struct{})
	c.mu.Unlock()
	select {
	case <-s.woken:
		return nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.sleepers, s)
		c.mu.Unlock()
		return context.Cause(ctx)
	}
}

// wake waits for a pause that the test is looking for and ends it; late is how much more time than that passes.
func (c *testClock) wake(t *testing.T, late time.Duration, isIt func(time.Duration) bool) time.Duration {
	t.Helper()
	return c.find(t, isIt, func(s *sleeper) {
		delete(c.sleepers, s)
		c.now = c.now.Add(s.pause + late)
		close(s.woken)
	})
}

// await waits for such a pause and lets it go on.
func (c *testClock) await(t *testing.T, isIt func(time.Duration) bool) time.Duration {
	t.Helper()
	return c.find(t, isIt, func(*sleeper) {})
}

func (c *testClock) find(t *testing.T, isIt func(time.Duration) bool, found func(*sleeper)) time.Duration {
	t.Helper()
	deadline := time.After(patience)
	for {
		c.mu.Lock()
		for s := range c.sleepers {
			if isIt(s.pause) {
				found(s)
				c.mu.Unlock()
				return s.pause
			}
		}
		changed := c.changed
		c.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			t.Fatal("nobody sleeps so long")
		}
	}
}

// The heartbeat of the fake watcher's clients; no pause between attempts is as long.
const idleTimeout, beat = 300 * time.Second, 100 * time.Second

func isBackOff(pause time.Duration) bool { return pause != beat }
func isBeat(pause time.Duration) bool    { return pause == beat }
