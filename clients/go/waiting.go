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

// serial runs functions one after the other, in their order, in a goroutine of its own. Its queue has no bound, so that
// whoever adds to it never waits.
type serial struct {
	mu      sync.Mutex
	queue   []func()
	running bool
	idle    *sync.Cond
}

func newSerial() *serial {
	s := &serial{}
	s.idle = sync.NewCond(&s.mu)
	return s
}

func (s *serial) run(task func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queue = append(s.queue, task)
	if !s.running {
		s.running = true
		go s.work()
	}
}

func (s *serial) work() {
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.running = false
			s.idle.Broadcast()
			s.mu.Unlock()
			return
		}
		task := s.queue[0]
		s.queue = s.queue[1:]
		s.mu.Unlock()
		task()
	}
}

// wait returns when nothing is queued or running.
func (s *serial) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.running {
		s.idle.Wait()
	}
}
