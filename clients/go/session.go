package perunwatcher

import (
	"perun.network/go-perun/channel"
	"perun.network/go-perun/wallet"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// session is the watch of one channel as long as the program wants it. It outlives connections, each of which resumes it, and
// the handles of go-perun. The lock of the client guards it, and is held in every call.
type session struct {
	client *Watcher
	id     channel.ID
	parent *channel.ID
	app    channel.App
	parts  []map[wallet.BackendID]wallet.Address
	params *watcherpb.Params

	history history
	// newest is the newest state that the watcher is known to have had; before the first answer the opening one.
	newest *kept
	// confirmed is the highest version that the watcher is known to defend, once isConfirmed; held is the highest that it has
	// said it holds, without a proof.
	confirmed   uint64
	held        uint64
	isConfirmed bool
	receipt     *watcherpb.Receipt
	// sending is the state in flight.
	sending *kept
	// asked are states to be sent whatever their version: the watcher needs them, or they contradict another one.
	asked []*askedState

	current  *attachment
	failures int
	// refusal is the last one of a start that is tried again; nil once a start succeeds.
	refusal       *Error
	isRefusalTold bool

	inbox inbox
	facts factFilter
	feed  *feed

	// wasLocked: some state of the parent locked this channel.
	wasLocked bool
	// isConcluded and isRemoved: the chain, for good, or go-perun is done with the channel. isClosed: go-perun has closed it,
	// and it is let go of as soon as nothing can come after that.
	isConcluded, isRemoved, isClosed bool

	over    bool
	err     error
	changed signal
}

type askedState struct {
	state *kept
	// done is called once the watcher has answered.
	done func()
}

// attachment is the watch on one connection.
type attachment struct {
	session *session
	conn    *connection
	watch   uint32
	// started: the watcher guards the channel. settled: the attempt to start it is over, successful or not.
	started, settled bool
	// resting: a publish was put off.
	resting bool
	// ended: nothing more is expected of it.
	ended bool
}

// add keeps a state and sends it as soon as possible if it is new.
func (s *session) add(signed *watcherpb.SignedState) error {
	entry, isNew := s.history.add(signed)
	if !isNew {
		return nil
	}
	s.markLocked(signed)
	if entry.version() <= s.newest.version() {
		if other := s.history.ofVersion(entry.version()); other != nil && other != entry {
			// Two states with one version: the watcher has to see both, and will say so.
			s.asked = append(s.asked, &askedState{state: entry, done: func() {}})
		} else {
			return because(ErrVersionStale, nil, "A newer state is published already.")
		}
	}
	s.pump()
	return nil
}

// markLocked notes at the children that a state of this channel locks them.
func (s *session) markLocked(signed *watcherpb.SignedState) {
	for id := range s.client.children[s.id] {
		if child := s.client.sessions[id]; child != nil && locks(signed, id) {
			child.wasLocked = true
		}
	}
}

// pending is the newest state that the watcher does not have yet; nil if there is none.
func (s *session) pending() *kept { return s.history.newest(s.newest.version()) }

// isSettled reports whether nothing waits for an acknowledgement.
func (s *session) isSettled() bool {
	return s.isConfirmed && s.sending == nil && len(s.asked) == 0 && s.pending() == nil
}

// pump takes the next step on the current connection: start the watch, or publish what waits.
func (s *session) pump() {
	conn := s.client.conn
	if conn == nil || s.over {
		return
	}
	switch a := s.current; {
	case a == nil:
		if s.mayStart(conn) {
			s.start(conn)
		}
	case a.started && !a.resting && s.sending == nil:
		s.publishNext(a)
	}
}

// mayStart reports whether it is this channel's turn: parents first, and no start while a stop is under way that it would undo.
func (s *session) mayStart(conn *connection) bool {
	if stop := s.client.stops[s.id]; stop != nil && stop.asking {
		return false
	}
	if s.parent == nil {
		return true
	}
	parent := s.client.sessions[*s.parent]
	return parent == nil || (parent.current != nil && parent.current.conn == conn && parent.current.settled)
}

// settle notes that an attempt to start is over, which children and stops may wait for.
func (s *session) settle(a *attachment) {
	a.settled = true
	for id := range s.client.children[s.id] {
		if child := s.client.sessions[id]; child != nil {
			child.pump()
		}
	}
	s.client.pumpStop(s.id)
}

// sessionParts are what a session begins with.
type sessionParts struct {
	id      channel.ID
	parent  *channel.ID
	app     channel.App
	parts   []map[wallet.BackendID]wallet.Address
	params  *watcherpb.Params
	opening *watcherpb.SignedState
	receipt *watcherpb.Receipt
}

func newSession(client *Watcher, parts sessionParts) *session {
	s := &session{
		client: client, id: parts.id, parent: parts.parent, app: parts.app, parts: parts.parts, params: parts.params,
		receipt: parts.receipt,
	}
	s.newest, _ = s.history.add(parts.opening)
	s.feed = newFeed(s, nil, false)
	return s
}

// resubscribe ends go-perun's subscription and begins another one, which has what was not delivered.
func (s *session) resubscribe(hasReader bool) *feed {
	s.feed = newFeed(s, s.feed.leave(), hasReader)
	return s.feed
}

// detach notes that the connection is gone. The next one may take what this one refused for reasons that pass.
func (s *session) detach() {
	s.current = nil
	s.history.forgive()
}

// finish ends the session. go-perun still gets what is queued.
func (s *session) finish(err error) {
	if s.over {
		return
	}
	s.over, s.err = true, err
	if err != nil {
		s.client.report(s.id, err)
	}
	if a := s.current; a != nil {
		a.conn.closeWatch(a)
		s.settle(a)
	}
	s.client.retire(s)
	s.feed.finish(err)
	s.changed.tell()
}

// maxRetired is how many sessions that are over are remembered.
const maxRetired = 256

// retired has the sessions that are over, the newest of each channel: the watcher may ask for one of their states, and
// somebody may ask what became of them.
type retired struct {
	sessions map[channel.ID]*session
	order    []*session
}

func (r *retired) get(id channel.ID) *session { return r.sessions[id] }

func (r *retired) add(s *session) {
	if r.sessions == nil {
		r.sessions = map[channel.ID]*session{}
	}
	r.sessions[s.id] = s
	r.order = append(r.order, s)
	if len(r.order) > maxRetired {
		oldest := r.order[0]
		r.order = r.order[1:]
		if r.sessions[oldest.id] == oldest {
			delete(r.sessions, oldest.id)
		}
	}
}
