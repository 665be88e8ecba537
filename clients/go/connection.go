package perunwatcher

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// connection is one connection to the watcher, after the handshake. All of it but the fields that never change is guarded by
// the lock of its client, which is held in every call unless the method says otherwise.
type connection struct {
	client  *Watcher
	link    *link
	welcome *watcherpb.Welcome
	// ctx ends with the connection, with its reason as the cause.
	ctx context.Context
	end context.CancelCauseFunc

	requests  requestTable
	watches   map[uint32]*attachment
	lastWatch uint32
	lastPing  uint64
	// acks are acknowledgements not sent yet, the newest of each watch; they go first.
	acks []acknowledgement
	out  []func() *watcherpb.ClientMessage
	wake chan struct{}
	// heard counts what arrived.
	heard uint64
	over  bool
}

type acknowledgement struct {
	watch    uint32
	sequence uint64
}

func newConnection(client *Watcher, l *link, welcome *watcherpb.Welcome) *connection {
	ctx, end := context.WithCancelCause(client.life)
	c := &connection{
		client: client, link: l, welcome: welcome, ctx: ctx, end: end,
		watches: map[uint32]*attachment{},
		wake:    make(chan struct{}, 1),
	}
	c.requests = newRequestTable(int(welcome.GetMaxRequests()), c.post)
	return c
}

// leaveTimeout is how long the watcher may take to answer the end of a connection.
const leaveTimeout = 2 * time.Second

// run serves the connection until it ends; isFinal says that there is no point in another one. Without the lock.
func (c *connection) run() (err *Error, isFinal bool) {
	defer c.link.drop()
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		c.write()
	}()
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		c.beat()
	}()
	// In order, unless the watcher does not take part in it.
	giveUp := context.AfterFunc(c.ctx, func() { time.AfterFunc(leaveTimeout, c.link.cancel) })
	defer giveUp()
	err, isFinal = c.read()
	c.end(err)
	c.link.drop()
	<-writing
	<-beating
	return err, isFinal
}

// fail ends the connection because of what the watcher did.
func (c *connection) fail(err *Error) {
	c.end(err)
	c.link.cancel()
}

func (c *connection) read() (*Error, bool) {
	for {
		message, err := c.link.receive()
		if err != nil {
			if cause, ok := context.Cause(c.ctx).(*Error); ok {
				return cause, false
			}
			return err, false
		}
		if goodbye := message.GetGoodbye(); goodbye != nil {
			reason := fromWire(goodbye)
			return reason, !reason.Retryable
		}
		c.client.mu.Lock()
		c.heard++
		violated := c.dispatch(message)
		c.client.mu.Unlock()
		if violated != nil {
			return violated, false
		}
	}
}

func (c *connection) dispatch(message *watcherpb.ServerMessage) *Error {
	switch kind := message.GetKind().(type) {
	case *watcherpb.ServerMessage_Reply:
		if !c.requests.answered(kind.Reply) {
			return violation("Request %d is not open.", kind.Reply.GetRequest())
		}
	case *watcherpb.ServerMessage_Event:
		if a := c.watches[kind.Event.GetWatch()]; a != nil {
			a.session.told(a, kind.Event)
		}
	case *watcherpb.ServerMessage_WatchEnded:
		watch := kind.WatchEnded.GetWatch()
		if a := c.watches[watch]; a != nil {
			delete(c.watches, watch)
			a.session.watchEnded(a, kind.WatchEnded.GetError())
		}
	case *watcherpb.ServerMessage_Pong:
	default:
		return violation("It sent %T.", kind)
	}
	return nil
}

// openWatch gives a watch its number on this connection.
func (c *connection) openWatch(a *attachment) {
	c.lastWatch++
	a.watch = c.lastWatch
	c.watches[a.watch] = a
}

// closeWatch ignores whatever still arrives for this watch.
func (c *connection) closeWatch(a *attachment) { delete(c.watches, a.watch) }

func (c *connection) ask(r *request) {
	if c.over {
		r.done(answer{lost: true})
		return
	}
	c.requests.ask(r)
}

func (c *connection) acknowledge(watch uint32, sequence uint64) {
	for i := range c.acks {
		if c.acks[i].watch == watch {
			c.acks[i].sequence = sequence
			return
		}
	}
	c.acks = append(c.acks, acknowledgement{watch, sequence})
	c.wakeWriter()
}

// post queues a message that is made at the moment of sending; one that is no longer wanted is nil then.
func (c *connection) post(message func() *watcherpb.ClientMessage) {
	c.out = append(c.out, message)
	c.wakeWriter()
}

func (c *connection) wakeWriter() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// write sends what is queued until the connection ends. Without the lock.
func (c *connection) write() {
	for {
		c.client.mu.Lock()
		message := c.next()
		c.client.mu.Unlock()
		if message == nil {
			select {
			case <-c.wake:
				continue
			case <-c.ctx.Done():
				c.link.leave()
				return
			}
		}
		if c.link.send(message) != nil {
			// The reading half hears the reason.
			return
		}
	}
}

func (c *connection) next() *watcherpb.ClientMessage {
	if len(c.acks) > 0 {
		first := c.acks[0]
		c.acks = c.acks[1:]
		return &watcherpb.ClientMessage{Kind: &watcherpb.ClientMessage_Acknowledge{
			Acknowledge: &watcherpb.Acknowledge{Watch: first.watch, Sequence: first.sequence},
		}}
	}
	for len(c.out) > 0 {
		message := c.out[0]()
		c.out = c.out[1:]
		if message == nil {
			continue
		}
		if size, most := proto.Size(message), c.maxOutgoing(); size > most {
			c.requests.fail(requestOf(message), because(ErrMessageTooLarge, nil,
				"The watcher does not take messages of this size.", fmt.Sprintf("%d bytes; at most %d are taken.", size, most)))
			continue
		}
		return message
	}
	return nil
}

func (c *connection) maxOutgoing() int {
	if most := int(c.welcome.GetMaxMessageBytes()); most > 0 {
		return min(most, c.link.maxOutgoing)
	}
	return c.link.maxOutgoing
}

// isIdle reports whether everything that was queued is sent.
func (c *connection) isIdle() bool { return len(c.acks) == 0 && len(c.out) == 0 }

// beat sends pings, so that the watcher keeps the connection, and notices when nothing comes back. Without the lock.
func (c *connection) beat() {
	interval := time.Duration(max(1, c.welcome.GetIdleTimeoutSeconds())) * time.Second / 3
	clock := c.client.clock
	isFirst := true
	for before := uint64(0); ; isFirst = false {
		begin := clock.Now()
		if clock.Sleep(c.ctx, interval) != nil {
			return
		}
		pause := clock.Now().Sub(begin)
		c.client.mu.Lock()
		heard := c.heard
		switch {
		case pause > 3*interval:
			// The watcher has dropped the connection by now, though this end has not noticed.
			c.fail(because(ErrConnectionLost, nil, "The watcher does not answer.", fmt.Sprintf("This machine was asleep for about %s.", pause.Round(time.Second))))
		case !isFirst && heard == before:
			c.fail(because(ErrConnectionLost, nil, "The watcher does not answer.", fmt.Sprintf("Nothing came for %s, not even a pong.", pause.Round(time.Second))))
		default:
			c.lastPing++
			number := c.lastPing
			c.post(func() *watcherpb.ClientMessage {
				return &watcherpb.ClientMessage{Kind: &watcherpb.ClientMessage_Ping{Ping: &watcherpb.Ping{Number: number}}}
			})
		}
		c.client.mu.Unlock()
		before = heard
	}
}

// after runs a function with the lock held after a pause, unless the connection ends first.
func (c *connection) after(pause time.Duration, then func()) {
	c.client.work.Go(func() {
		if c.client.clock.Sleep(c.ctx, pause) != nil {
			return
		}
		c.client.mu.Lock()
		defer c.client.mu.Unlock()
		if !c.over {
			then()
		}
	})
}
