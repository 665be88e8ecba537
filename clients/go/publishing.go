package perunwatcher

import "perun.network/perun-watcher/clients/go/watcherpb"

// publishNext puts a state in flight: first what the watcher has asked for, else the newest one.
func (s *session) publishNext(a *attachment) {
	if len(s.asked) > 0 {
		s.publish(a, s.asked[0].state)
	} else if newest := s.pending(); newest != nil {
		s.publish(a, newest)
	}
}

func (s *session) publish(a *attachment, state *kept) {
	s.sending = state
	a.conn.ask(&request{
		build: func(number uint64) *watcherpb.ClientMessage {
			if s.over || s.current != a || !a.started {
				return nil
			}
			// The newest one at the moment of sending; what was asked for stays what it is.
			if newest := s.pending(); newest != nil && len(s.asked) == 0 {
				state = newest
				s.sending = newest
			}
			return &watcherpb.ClientMessage{Kind: &watcherpb.ClientMessage_Publish{
				Publish: &watcherpb.Publish{Request: number, Watch: a.watch, State: state.signed},
			}}
		},
		done: func(answer answer) {
			s.sending = nil
			if !s.over {
				s.publishAnswered(a, state, answer)
				s.pump()
			}
		},
	})
}

func (s *session) publishAnswered(a *attachment, state *kept, answer answer) {
	switch {
	case answer.lost:
		state.uncertain = state.uncertain || answer.sent
	case answer.err != nil && (isRepeated(answer.err) || isOfWatch(answer.err)):
		s.publishLater(a, answer.err)
	case answer.err != nil && answer.err.Code == ErrVersionStale.Code && (state.uncertain || state.version() <= s.held):
		// An earlier attempt may have succeeded, and only its answer was lost, or somebody else was faster. Either way a newer
		// state is defended.
		s.taken(state)
		s.confirm(state.version())
	case answer.err != nil:
		s.refuse(state, answer.err)
	case answer.reply.GetPublished() == nil:
		a.conn.fail(violation("It answered a publish with %T.", answer.reply.GetResult()))
	case answer.reply.GetPublished().GetVersion() < state.version():
		a.conn.fail(violation("It acknowledged version %d instead of %d.", answer.reply.GetPublished().GetVersion(), state.version()))
	default:
		s.failures = 0
		if err := s.takeReceipt(a.conn, state, answer.reply.GetPublished().GetReceipt()); err != nil {
			s.refuse(state, err)
			return
		}
		s.taken(state)
		// Whatever else it says it holds: this is what it has promised.
		s.confirm(state.version())
	}
}

// isOfWatch reports whether the watch has ended rather than the state been refused. What becomes of the watch is told apart.
func isOfWatch(err *Error) bool {
	return err.Code == ErrWatchEnded.Code || err.Code == ErrChannelUnknown.Code
}

// taken notes that the watcher has a state.
func (s *session) taken(state *kept) {
	if state.version() >= s.newest.version() {
		s.newest = state
	}
	s.answeredAsked(state)
	for id := range s.client.children[s.id] {
		if child := s.client.sessions[id]; child != nil {
			child.letGoIfDone()
		}
	}
}

// refuse notes that the watcher will never take a state. Older ones still may be taken.
func (s *session) refuse(state *kept, err *Error) {
	state.refused = err
	s.answeredAsked(state)
	s.client.report(s.id, err)
	s.changed.tell()
}

func (s *session) answeredAsked(state *kept) {
	for i, each := range s.asked {
		if each.state == state {
			s.asked = append(s.asked[:i:i], s.asked[i+1:]...)
			each.done()
			return
		}
	}
}

func (s *session) publishLater(a *attachment, err *Error) {
	s.failures++
	s.client.log.Warn("State not taken yet; tried again", "channel", hexOf(s.id), "failures", s.failures, "error", err)
	a.resting = true
	a.conn.after(s.client.backOff.pause(err, s.failures), func() {
		a.resting = false
		s.pump()
	})
}
