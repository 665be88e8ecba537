package perunwatcher

import "time"

// NewWithClock is New with another clock, and pauses of exactly their longest.
func NewWithClock(config Config, clock clock) (*Watcher, error) {
	return newWatcher(config, clock, backOff{first: 200 * time.Millisecond, longest: 30 * time.Second, random: func() float64 { return 1 }})
}

// Kinds are all kinds of errors.
func Kinds() []*Error { return kinds }
