package perunwatcher

import "sync"

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
