package perunwatcher

import (
	"context"
	"sync"
)

// signal tells everybody who waits for a change of something. The lock that guards the something guards the signal too.
type signal struct{ changed chan struct{} }

func (s *signal) next() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *signal) tell() {
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

// until waits until the check, which runs with the lock held, says that it is done. The check returns the signal that tells
// when to look again.
func until(ctx context.Context, mu sync.Locker, check func() (done bool, again *signal, err error)) error {
	for {
		mu.Lock()
		done, again, err := check()
		if done {
			mu.Unlock()
			return err
		}
		next := again.next()
		mu.Unlock()
		select {
		case <-next:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
