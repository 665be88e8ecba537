package perunwatcher

import (
	"context"
	"time"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// keep holds a connection open until the client is closed, with pauses between attempts. They grow until a connection lasts
// longer than the pause before it, so that a watcher that ends every connection at once is tried less and less often. While
// the watcher refuses this client, every pause is of the longest kind: its operator may allow the key at any time.
func (w *Watcher) keep() {
	failures := 0
	for pause := time.Duration(0); ; {
		lasted, err, isFinal := w.connectOnce()
		switch {
		case w.life.Err() != nil:
			return
		case isFinal:
			w.log.Error("Watcher given up", "error", err)
			w.fail(err)
			return
		}
		if lasted > pause {
			failures = 0
		}
		failures++
		backOff := w.backOff
		if err.Code == ErrConnectionRefused.Code {
			backOff = backOff.slowest()
		}
		pause = backOff.pause(err, failures)
		w.log.Warn("No connection to the watcher; tried again", "pause", pause, "failures", failures, "error", err)
		if w.clock.Sleep(w.life, pause) != nil {
			return
		}
	}
}

// connectOnce makes one connection and serves it until it ends. It returns how long the connection lasted.
func (w *Watcher) connectOnce() (lasted time.Duration, err *Error, isFinal bool) {
	l, welcome, err := w.greet()
	if err != nil {
		w.lost(nil, err)
		return 0, err, !err.Retryable
	}
	c := newConnection(w, l, welcome)
	w.log.Info("Connected to the watcher", "software", welcome.GetSoftware(), "ledger", welcome.GetLedgerId())
	begin := w.clock.Now()
	w.connected(c)
	err, isFinal = c.run()
	w.lost(c, err)
	return w.clock.Now().Sub(begin), err, isFinal
}

// greet connects and exchanges Hello and Welcome.
func (w *Watcher) greet() (*link, *watcherpb.Welcome, *Error) {
	ctx, cancel := context.WithTimeout(w.life, openTimeout)
	defer cancel()
	l, err := openLink(ctx, w.config.Address, w.config.Security)
	if err != nil {
		return nil, nil, err
	}
	stop := context.AfterFunc(ctx, l.cancel)
	welcome, err := w.hello(l)
	if stopped := stop(); err == nil && !stopped {
		err = because(ErrConnectionLost, context.Cause(ctx), "The watcher did not say welcome.")
	}
	if err != nil {
		l.drop()
		return nil, nil, err
	}
	return l, welcome, nil
}

// protocolVersion is the one that this client speaks.
const protocolVersion = 1

func (w *Watcher) hello(l *link) (*watcherpb.Welcome, *Error) {
	w.mu.Lock()
	ledger := w.ledger
	w.mu.Unlock()
	hello := &watcherpb.Hello{Versions: []uint32{protocolVersion}, Software: w.config.Software, LedgerId: ledger}
	// If it cannot be sent, receiving says why.
	_ = l.send(&watcherpb.ClientMessage{Kind: &watcherpb.ClientMessage_Hello{Hello: hello}})
	message, err := l.receive()
	if err != nil {
		return nil, err
	}
	switch kind := message.GetKind().(type) {
	case *watcherpb.ServerMessage_Goodbye:
		return nil, fromWire(kind.Goodbye)
	case *watcherpb.ServerMessage_Welcome:
		return kind.Welcome, checkWelcome(kind.Welcome, ledger)
	default:
		return nil, violation("It did not answer with a welcome but with %T.", kind)
	}
}

func checkWelcome(welcome *watcherpb.Welcome, ledger string) *Error {
	if welcome.GetVersion() != protocolVersion {
		return because(ErrProtocolVersion, nil, "The watcher chose a version of the protocol that was not offered.")
	}
	if ledger != "" && welcome.GetLedgerId() != ledger {
		return because(ErrChainMismatch, nil, "The watcher guards another ledger.",
			"It has "+welcome.GetLedgerId()+"; expected is "+ledger+".")
	}
	return nil
}

func (w *Watcher) connected(c *connection) {
	w.mu.Lock()
	defer w.mu.Unlock()
	// From now on any other ledger means another watcher.
	w.ledger = c.welcome.GetLedgerId()
	w.conn, w.lastError = c, nil
	w.changes.tell()
	for _, s := range w.sessions {
		s.pump()
	}
	for id, p := range w.stops {
		p.resting = false
		w.pumpStop(id)
	}
}

// lost notes that a connection, or an attempt to make one, has ended.
func (w *Watcher) lost(c *connection, err *Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c != nil {
		c.over = true
		if w.conn == c {
			w.conn = nil
		}
		for _, s := range w.sessions {
			s.detach()
		}
		c.requests.end()
	}
	w.lastError = err
	w.changes.tell()
}
