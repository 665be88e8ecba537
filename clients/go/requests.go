package perunwatcher

import "perun.network/perun-watcher/clients/go/watcherpb"

// answer is the outcome of a request.
type answer struct {
	reply *watcherpb.Reply
	// err is the watcher's refusal.
	err *Error
	// lost: the connection ended before the answer, or the request was withdrawn.
	lost bool
	// sent: the watcher may have got the request.
	sent bool
}

// request is one that waits for its reply.
type request struct {
	// build makes the message at the moment of sending; nil withdraws the request.
	build func(number uint64) *watcherpb.ClientMessage
	// done hears the outcome, once.
	done func(answer)
	// slow: the answer can take as long as a dispute, so such requests may use only half of the slots.
	slow bool

	sent bool
}

// requestTable has the requests of one connection: as many in flight as the watcher allows, the rest waiting.
type requestTable struct {
	most         int
	post         func(func() *watcherpb.ClientMessage)
	last         uint64
	underWay     map[uint64]*request
	slowUnderWay int
	quick, slow  []*request
}

func newRequestTable(most int, post func(func() *watcherpb.ClientMessage)) requestTable {
	return requestTable{most: max(1, most), post: post, underWay: map[uint64]*request{}}
}

func (t *requestTable) ask(r *request) {
	if r.slow {
		t.slow = append(t.slow, r)
	} else {
		t.quick = append(t.quick, r)
	}
	t.startNext()
}

func (t *requestTable) startNext() {
	for len(t.underWay) < t.most {
		switch {
		case len(t.quick) > 0:
			r := t.quick[0]
			t.quick = t.quick[1:]
			t.start(r)
		case len(t.slow) > 0 && t.slowUnderWay < max(1, t.most/2):
			r := t.slow[0]
			t.slow = t.slow[1:]
			t.start(r)
		default:
			return
		}
	}
}

func (t *requestTable) start(r *request) {
	t.last++
	number := t.last
	t.underWay[number] = r
	if r.slow {
		t.slowUnderWay++
	}
	t.post(func() *watcherpb.ClientMessage {
		message := r.build(number)
		if message == nil {
			t.settle(number, answer{lost: true})
			return nil
		}
		r.sent = true
		return message
	})
}

// settle reports whether such a request is in flight.
func (t *requestTable) settle(number uint64, a answer) bool {
	r := t.underWay[number]
	if r == nil {
		return false
	}
	delete(t.underWay, number)
	if r.slow {
		t.slowUnderWay--
	}
	r.done(a)
	t.startNext()
	return true
}

func (t *requestTable) answered(reply *watcherpb.Reply) bool {
	if e := reply.GetError(); e != nil {
		return t.settle(reply.GetRequest(), answer{err: fromWire(e), sent: true})
	}
	return t.settle(reply.GetRequest(), answer{reply: reply, sent: true})
}

func (t *requestTable) fail(number uint64, err *Error) { t.settle(number, answer{err: err}) }

// end settles everything as lost.
func (t *requestTable) end() {
	underWay, quick, slow := t.underWay, t.quick, t.slow
	t.underWay, t.quick, t.slow = map[uint64]*request{}, nil, nil
	for _, r := range underWay {
		r.done(answer{lost: true, sent: r.sent})
	}
	for _, r := range append(quick, slow...) {
		r.done(answer{lost: true})
	}
}

// requestOf is the number of the request in a message.
func requestOf(message *watcherpb.ClientMessage) uint64 {
	switch kind := message.GetKind().(type) {
	case *watcherpb.ClientMessage_StartWatching:
		return kind.StartWatching.GetRequest()
	case *watcherpb.ClientMessage_Publish:
		return kind.Publish.GetRequest()
	case *watcherpb.ClientMessage_StopWatching:
		return kind.StopWatching.GetRequest()
	}
	return 0
}
