package perunwatcher

import (
	"perun.network/perun-watcher/clients/go/watcherpb"
)

// start asks the watcher to begin or to resume the watch.
func (s *session) start(conn *connection) {
	a := &attachment{session: s, conn: conn}
	conn.openWatch(a)
	s.current = a
	s.inbox.beginWatch(a)
	sent := s.newest
	conn.ask(&request{
		build: func(number uint64) *watcherpb.ClientMessage {
			if s.over || s.current != a {
				return nil
			}
			sent = s.newest
			return &watcherpb.ClientMessage{Kind: &watcherpb.ClientMessage_StartWatching{
				StartWatching: &watcherpb.StartWatching{
					Request: number, Watch: a.watch, Params: s.params, Newest: sent.signed,
					Parent: parentBytes(s), Receipt: s.receipt,
				},
			}}
		},
		done: func(answer answer) {
			if s.current == a && !a.ended && !s.over {
				s.startAnswered(a, sent, answer)
			}
		},
	})
}

func parentBytes(s *session) []byte {
	if s.parent == nil {
		return nil
	}
	return s.parent[:]
}

func (s *session) startAnswered(a *attachment, sent *kept, answer answer) {
	switch {
	case answer.lost:
	case answer.err != nil && isRepeated(answer.err):
		s.startAgain(a, answer.err)
	case answer.err != nil:
		s.finish(settledOr(answer.err))
	case answer.reply.GetStarted() == nil:
		a.conn.fail(violation("It answered a start with %T.", answer.reply.GetResult()))
	case answer.reply.GetStarted().GetVersion() < sent.version():
		a.conn.fail(violation("It started with version %d instead of %d.", answer.reply.GetStarted().GetVersion(), sent.version()))
	default:
		s.started(a, sent, answer.reply.GetStarted())
	}
}

func (s *session) started(a *attachment, sent *kept, started *watcherpb.Started) {
	// For a state that is newer than the one sent the watcher issues no receipt.
	if started.GetVersion() == sent.version() || started.GetReceipt() != nil {
		err := s.takeReceipt(a.conn, sent, started.GetReceipt())
		if err != nil && !s.isConfirmed {
			s.finish(err)
			return
		}
		// To be watched without a receipt is better than not to be watched any more.
		if err != nil {
			s.client.report(s.id, err)
		}
	}
	s.failures, s.refusal, s.isRefusalTold = 0, nil, false
	a.started = true
	s.held = max(s.held, started.GetVersion())
	if s.client.receiptKey == nil {
		s.confirm(started.GetVersion())
	} else {
		// Whatever else it says it holds has to be published before anybody relies on it: of that there is no receipt.
		s.confirm(sent.version())
	}
	s.settle(a)
	s.pump()
}

// lastingFailures in a row do not pass by themselves soon.
const lastingFailures = 5

// tellRefusal tells the program once why its channel is not guarded.
func (s *session) tellRefusal() {
	if !s.isRefusalTold {
		s.isRefusalTold = true
		s.client.report(s.id, s.refusal)
	}
}

// startAgain repeats a start after a pause.
func (s *session) startAgain(a *attachment, err *Error) {
	a.started, a.settled, a.ended = false, false, true
	a.conn.closeWatch(a)
	s.failures++
	s.client.log.Warn("Channel not watched yet; tried again", "channel", hexOf(s.id), "failures", s.failures, "error", err)
	s.refusal = err
	if s.failures >= lastingFailures {
		s.tellRefusal()
	}
	a.conn.after(s.client.backOff.pause(err, s.failures), func() {
		if s.current == a {
			s.current = nil
			s.pump()
		}
	})
}

// watchEnded hears that the watcher has ended the watch.
func (s *session) watchEnded(a *attachment, wire *watcherpb.Error) {
	if s.current != a || s.over {
		return
	}
	switch err := fromWire(wire); {
	case wire == nil && s.client.stops[s.id] != nil:
		s.finish(nil)
	case wire == nil:
		s.finish(because(ErrWatchEnded, nil, "The watch was stopped, perhaps on another connection of this client."))
	case isRepeated(err):
		s.startAgain(a, err)
	default:
		s.finish(settledOr(err))
	}
}

// settledOr is nil if there is nothing left to guard.
func settledOr(err *Error) error {
	if err.Code == ErrChannelSettled.Code {
		return nil
	}
	return err
}

// confirm notes which version the watcher holds.
func (s *session) confirm(version uint64) {
	s.confirmed = max(s.confirmed, version)
	s.held = max(s.held, version)
	s.isConfirmed = true
	s.changed.tell()
}
