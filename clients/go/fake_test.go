package perunwatcher_test

import (
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

const fakeLedger = "eip155:1337:0x0000000000000000000000000000000000000001:v1"

// fake is a watcher whose answers a test writes.
type fake struct {
	watcherpb.UnimplementedWatcherServer
	address string
	conns   chan *fakeConn

	mu sync.Mutex
	// refuse ends calls before they are admitted.
	refuse error
	// header is what the last call carried.
	header metadata.MD
}

// fakeConn is one connection of a client.
type fakeConn struct {
	t        *testing.T
	stream   grpc.BidiStreamingServer[watcherpb.ClientMessage, watcherpb.ServerMessage]
	received chan *watcherpb.ClientMessage
	end      chan error
}

var errLost = errors.New("lost")

// serveFake listens on loopback until the end of the test.
func serveFake(t *testing.T, options ...grpc.ServerOption) *fake {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{address: listener.Addr().String(), conns: make(chan *fakeConn, 16)}
	server := grpc.NewServer(options...)
	watcherpb.RegisterWatcherServer(server, f)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return f
}

func (f *fake) refuseWith(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = err
}

func (f *fake) headers() metadata.MD {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.header
}

func (f *fake) Connect(stream grpc.BidiStreamingServer[watcherpb.ClientMessage, watcherpb.ServerMessage]) error {
	f.mu.Lock()
	refuse := f.refuse
	f.header, _ = metadata.FromIncomingContext(stream.Context())
	f.mu.Unlock()
	if refuse != nil {
		return refuse
	}
	if err := stream.SendHeader(metadata.Pairs("perun-watcher-max-message-bytes", "262144")); err != nil {
		return err
	}
	conn := &fakeConn{stream: stream, received: make(chan *watcherpb.ClientMessage, 256), end: make(chan error, 1)}
	f.conns <- conn
	go func() {
		defer close(conn.received)
		for {
			message, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				// An end in order is answered.
				conn.finish(nil)
			}
			if err != nil {
				return
			}
			conn.received <- message
		}
	}()
	select {
	case err := <-conn.end:
		return err
	case <-stream.Context().Done():
		return nil
	}
}

// accept is the next connection, before its Hello.
func (f *fake) accept(t *testing.T) *fakeConn {
	t.Helper()
	select {
	case conn := <-f.conns:
		conn.t = t
		return conn
	case <-time.After(patience):
		t.Fatal("no connection")
		return nil
	}
}

// welcome is the next connection, after its Welcome.
func (f *fake) welcome(t *testing.T, changes ...func(*watcherpb.Welcome)) *fakeConn {
	t.Helper()
	conn := f.accept(t)
	if hello := conn.receive().GetHello(); hello == nil {
		t.Fatal("no hello")
	}
	welcome := &watcherpb.Welcome{
		Version: 1, Software: "fake/1", LedgerId: fakeLedger, MaxMessageBytes: 262144, MaxRequests: 64,
		IdleTimeoutSeconds: uint32(idleTimeout / time.Second),
	}
	for _, change := range changes {
		change(welcome)
	}
	conn.send(&watcherpb.ServerMessage{Kind: &watcherpb.ServerMessage_Welcome{Welcome: welcome}})
	return conn
}

// lose ends the connection without a word.
func (c *fakeConn) lose() { c.finish(errLost) }

func (c *fakeConn) finish(err error) {
	select {
	case c.end <- err:
	default:
	}
}

func (c *fakeConn) receive() *watcherpb.ClientMessage {
	c.t.Helper()
	select {
	case message, ok := <-c.received:
		if !ok {
			c.t.Fatal("the client has ended the connection")
		}
		return message
	case <-time.After(patience):
		c.t.Fatal("the client sends nothing")
	}
	return nil
}

// nothingElse fails the test if something has come that the test did not take.
func (c *fakeConn) nothingElse() {
	c.t.Helper()
	select {
	case message := <-c.received:
		c.t.Fatalf("the client sends %v", message)
	default:
	}
}

func (c *fakeConn) send(message *watcherpb.ServerMessage) {
	c.t.Helper()
	if err := c.stream.Send(message); err != nil {
		c.t.Fatal(err)
	}
}

func (c *fakeConn) start() *watcherpb.StartWatching {
	c.t.Helper()
	message := c.receive()
	if message.GetStartWatching() == nil {
		c.t.Fatalf("the client sends %v", message)
	}
	return message.GetStartWatching()
}

func (c *fakeConn) publish() *watcherpb.Publish {
	c.t.Helper()
	message := c.receive()
	if message.GetPublish() == nil {
		c.t.Fatalf("the client sends %v", message)
	}
	return message.GetPublish()
}

func (c *fakeConn) stop() *watcherpb.StopWatching {
	c.t.Helper()
	message := c.receive()
	if message.GetStopWatching() == nil {
		c.t.Fatalf("the client sends %v", message)
	}
	return message.GetStopWatching()
}

func (c *fakeConn) acknowledged() *watcherpb.Acknowledge {
	c.t.Helper()
	message := c.receive()
	if message.GetAcknowledge() == nil {
		c.t.Fatalf("the client sends %v", message)
	}
	return message.GetAcknowledge()
}

func (c *fakeConn) reply(reply *watcherpb.Reply) {
	c.t.Helper()
	c.send(&watcherpb.ServerMessage{Kind: &watcherpb.ServerMessage_Reply{Reply: reply}})
}

// started answers a start that has come, and returns it.
func (c *fakeConn) started() *watcherpb.StartWatching {
	c.t.Helper()
	start := c.start()
	c.replyStarted(start, nil)
	return start
}

func (c *fakeConn) replyStarted(start *watcherpb.StartWatching, receipt *watcherpb.Receipt) {
	c.t.Helper()
	c.reply(&watcherpb.Reply{Request: start.GetRequest(), Result: &watcherpb.Reply_Started{
		Started: &watcherpb.Started{Version: start.GetNewest().GetState().GetVersion(), Receipt: receipt},
	}})
}

func (c *fakeConn) replyPublished(publish *watcherpb.Publish, receipt *watcherpb.Receipt) {
	c.t.Helper()
	c.reply(&watcherpb.Reply{Request: publish.GetRequest(), Result: &watcherpb.Reply_Published{
		Published: &watcherpb.Published{Version: publish.GetState().GetState().GetVersion(), Receipt: receipt},
	}})
}

func (c *fakeConn) refuse(request uint64, err *watcherpb.Error) {
	c.t.Helper()
	c.reply(&watcherpb.Reply{Request: request, Result: &watcherpb.Reply_Error{Error: err}})
}

func (c *fakeConn) replyStopped(stop *watcherpb.StopWatching) {
	c.t.Helper()
	c.reply(&watcherpb.Reply{Request: stop.GetRequest(), Result: &watcherpb.Reply_Stopped{Stopped: &watcherpb.Stopped{}}})
}

func (c *fakeConn) event(watch uint32, sequence uint64, event *watcherpb.AdjudicatorEvent) {
	c.t.Helper()
	c.send(&watcherpb.ServerMessage{Kind: &watcherpb.ServerMessage_Event{Event: &watcherpb.Event{
		Watch: watch, Sequence: sequence, Event: proto.CloneOf(event),
	}}})
}

func (c *fakeConn) watchEnded(watch uint32, err *watcherpb.Error) {
	c.t.Helper()
	c.send(&watcherpb.ServerMessage{Kind: &watcherpb.ServerMessage_WatchEnded{
		WatchEnded: &watcherpb.WatchEnded{Watch: watch, Error: err},
	}})
}

func (c *fakeConn) goodbye(err *watcherpb.Error) {
	c.t.Helper()
	c.send(&watcherpb.ServerMessage{Kind: &watcherpb.ServerMessage_Goodbye{Goodbye: err}})
}
