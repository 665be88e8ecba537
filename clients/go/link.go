package perunwatcher

import (
	"context"
	"errors"
	"io"
	"regexp"
	"strconv"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

const (
	// maxIncomingBytes is the longest message taken from the watcher.
	maxIncomingBytes = 256 << 10
	// openTimeout is how long connecting and the handshake may take.
	openTimeout = 30 * time.Second
	heartbeat   = 30 * time.Second

	maxBytesHeader = "perun-watcher-max-message-bytes"
	errorTrailer   = "perun-watcher-error"
)

// link is one call of Watcher/Connect on a gRPC channel of its own: one connection of the protocol.
type link struct {
	stream  grpc.BidiStreamingClient[watcherpb.ClientMessage, watcherpb.ServerMessage]
	channel *grpc.ClientConn
	cancel  context.CancelFunc
	// maxOutgoing is the longest message that the watcher takes, as its headers say.
	maxOutgoing int
	address     string
	stranger    func() *Error
}

// openLink connects. The context bounds the attempt, not the link.
func openLink(ctx context.Context, address string, security Security) (*link, *Error) {
	var mu sync.Mutex
	var stranger *Error
	credentials := security.credentials(func(err *Error) {
		mu.Lock()
		defer mu.Unlock()
		stranger = err
	})
	// Retrying is up to the caller, who knows what was acknowledged; only the address that was given counts, whatever the
	// environment says.
	channel, err := grpc.NewClient("passthrough:///"+address,
		grpc.WithTransportCredentials(credentials),
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithNoProxy(),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: heartbeat, Timeout: heartbeat}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxIncomingBytes)),
	)
	if err != nil {
		return nil, because(ErrAddressUnusable, err, "The address of the watcher cannot be used.", err.Error())
	}
	headers := security.headers()
	if headers == nil {
		headers = map[string]string{}
	}
	headers[maxBytesHeader] = strconv.Itoa(maxIncomingBytes)
	callCtx, cancel := context.WithCancel(metadata.NewOutgoingContext(context.Background(), metadata.New(headers)))
	stop := context.AfterFunc(ctx, cancel)
	l := &link{channel: channel, cancel: cancel, address: address, stranger: func() *Error {
		mu.Lock()
		defer mu.Unlock()
		return stranger
	}}
	if failure := l.open(callCtx); failure != nil {
		l.drop()
		if ctx.Err() != nil {
			failure = because(ErrConnectionLost, context.Cause(ctx), "The watcher did not answer in time.", "Address "+address+".")
		}
		return nil, failure
	}
	if !stop() {
		l.drop()
		return nil, because(ErrConnectionLost, context.Cause(ctx), "The watcher did not answer in time.", "Address "+address+".")
	}
	return l, nil
}

// open makes the call and waits for the headers, with which the watcher admits the client.
func (l *link) open(ctx context.Context) *Error {
	stream, err := watcherpb.NewWatcherClient(l.channel).Connect(ctx)
	if err != nil {
		return l.errorOf(err)
	}
	l.stream = stream
	headers, err := stream.Header()
	if err != nil {
		return l.errorOf(err)
	}
	if headers == nil {
		_, err := stream.Recv()
		return l.errorOf(err)
	}
	l.maxOutgoing = maxIncomingBytes
	if values := headers.Get(maxBytesHeader); len(values) > 0 {
		if most, err := strconv.Atoi(values[0]); err == nil && most > 0 {
			l.maxOutgoing = most
		}
	}
	return nil
}

func (l *link) send(message *watcherpb.ClientMessage) *Error {
	if err := l.stream.Send(message); err != nil {
		// Why it ended is what receiving says.
		return because(ErrConnectionLost, err, "The watcher takes nothing more.", "Address "+l.address+".")
	}
	return nil
}

func (l *link) receive() (*watcherpb.ServerMessage, *Error) {
	message, err := l.stream.Recv()
	if err != nil {
		return nil, l.errorOf(err)
	}
	return message, nil
}

// leave ends the connection in order: nothing more is sent, and receive returns soon.
func (l *link) leave() { _ = l.stream.CloseSend() }

// drop ends the connection at once.
func (l *link) drop() {
	l.cancel()
	_ = l.channel.Close()
}

// errorOf is what the end of the call means in the terms of the protocol.
func (l *link) errorOf(err error) *Error {
	where := "Address " + l.address + "."
	if stranger := l.stranger(); stranger != nil {
		return stranger
	}
	if errors.Is(err, io.EOF) {
		return because(ErrConnectionLost, nil, "The watcher ended the connection.", where)
	}
	told := status.Convert(err)
	details := []string{where, "gRPC says " + told.Code().String() + ": " + told.Message()}
	if kind := l.toldKind(); kind != nil {
		return because(kind, err, told.Message(), where)
	}
	switch told.Code() {
	case codes.Unauthenticated, codes.PermissionDenied:
		return because(ErrConnectionRefused, err, "The watcher does not admit this client.", details...)
	case codes.ResourceExhausted:
		if tooLong.MatchString(told.Message()) {
			return because(ErrMessageTooLarge, err, "A message was longer than its receiver takes.", details...)
		}
		return because(ErrOverloaded, err, "The watcher has no room for this connection.", details...)
	case codes.Unimplemented:
		return because(ErrConnectionLost, err, "What answers at this address is no watcher.", details...)
	default:
		return because(ErrConnectionLost, err, "The connection to the watcher broke, or was not made.", details...)
	}
}

// toldKind is the kind of error that the trailers of the ended call name.
func (l *link) toldKind() *Error {
	if l.stream == nil {
		return nil
	}
	for _, code := range l.stream.Trailer().Get(errorTrailer) {
		for _, kind := range kinds {
			if kind.Code == code {
				return kind
			}
		}
	}
	return nil
}

// tooLong is what gRPC says of a message, on either side.
var tooLong = regexp.MustCompile(`larger than`)
