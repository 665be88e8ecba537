package perunwatcher

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"perun.network/go-perun/channel"
	"perun.network/go-perun/watcher"
)

// Watcher is go-perun's watcher on another machine. It connects by itself and again after every loss; meanwhile states wait,
// the newest of each channel first.
type Watcher struct {
	config  Config
	log     *slog.Logger
	clock   clock
	backOff backOff
	// name is how the watcher knows this client.
	name string

	// life ends with Close, and when there will be no further connection.
	life context.Context
	end  context.CancelCauseFunc
	// work is every goroutine but the two below.
	work      sync.WaitGroup
	callbacks *serial
	disk      *serial

	mu sync.Mutex
	// What follows is guarded by mu.
	conn       *connection
	ledger     string
	receiptKey []byte
	lastError  *Error
	sessions   map[channel.ID]*session
	// children are the channels whose sessions name a parent.
	children map[channel.ID]map[channel.ID]struct{}
	retired  retired
	stops    map[channel.ID]*stop
	// changes tells of connections and of sessions that begin.
	changes signal
}

var _ watcher.Watcher = (*Watcher)(nil)

// New makes the client of a watcher, which connects in the background.
func New(config Config) (*Watcher, error) {
	return newWatcher(config, systemClock{}, defaultBackOff())
}

func newWatcher(config Config, clock clock, backOff backOff) (*Watcher, error) {
	config, err := config.prepared()
	if err != nil {
		return nil, err
	}
	name, err := config.Security.clientName()
	if err != nil {
		return nil, err
	}
	key := config.ReceiptKey
	if key == nil {
		if key, err = config.Receipts.LoadKey(); err != nil {
			return nil, err
		}
	}
	life, end := context.WithCancelCause(context.Background())
	w := &Watcher{
		config: config, log: config.Logger, clock: clock, backOff: backOff, name: name,
		life: life, end: end, callbacks: newSerial(), disk: newSerial(),
		ledger: config.LedgerID, receiptKey: key,
		sessions: map[channel.ID]*session{}, children: map[channel.ID]map[channel.ID]struct{}{}, stops: map[channel.ID]*stop{},
	}
	w.work.Go(w.keep)
	return w, nil
}

// Connected returns once there is a connection. Call it when a program starts, to learn whether the watcher knows this client:
// it returns ErrConnectionRefused if not, although attempts go on.
func (w *Watcher) Connected(ctx context.Context) error {
	return until(ctx, &w.mu, func() (bool, *signal, error) {
		switch {
		case w.life.Err() != nil:
			return true, nil, context.Cause(w.life)
		case w.conn != nil:
			return true, nil, nil
		case w.lastError != nil && w.lastError.Code == ErrConnectionRefused.Code:
			return true, nil, w.lastError
		}
		return false, &w.changes, nil
	})
}

// WaitAcknowledged returns once the watcher has this version of the channel, or a newer one, on its disk: from then on it is
// defended. It waits for the start of the watch, too. An application that hands out goods for a payment waits for this,
// because go-perun returns before its peer has published the state.
//
// It returns the watcher's refusal if it will not take that state, and why the watch ended if it has, unless the channel is
// concluded. A watcher that gives receipts has to give one for this version or a newer one, or to call it outdated.
func (w *Watcher) WaitAcknowledged(ctx context.Context, id channel.ID, version uint64) error {
	return until(ctx, &w.mu, func() (bool, *signal, error) {
		s := w.sessions[id]
		if s == nil {
			s = w.retired.get(id)
		}
		switch {
		case s != nil && s.isConfirmed && s.confirmed >= version && (!s.over || s.isConcluded):
			return true, nil, nil
		case w.life.Err() != nil:
			return true, nil, context.Cause(w.life)
		case s == nil:
			return false, &w.changes, nil
		case s.over:
			return true, nil, s.whyOver()
		}
		if refused := s.history.refusal(version); refused != nil {
			return true, nil, refused
		}
		return false, &s.changed, nil
	})
}

// Shutdown waits until everything published is acknowledged, then closes the client. The context bounds the wait. The watcher
// keeps guarding.
func (w *Watcher) Shutdown(ctx context.Context) error {
	err := w.flushed(ctx)
	return errors.Join(err, w.Close())
}

func (w *Watcher) flushed(ctx context.Context) error {
	for {
		w.mu.Lock()
		var waiting *session
		for _, s := range w.sessions {
			if !s.isSettled() {
				waiting = s
				break
			}
		}
		w.mu.Unlock()
		if waiting == nil {
			return nil
		}
		err := until(ctx, &w.mu, func() (bool, *signal, error) {
			return waiting.over || waiting.isSettled() || w.life.Err() != nil, &waiting.changed, nil
		})
		if err != nil || w.life.Err() != nil {
			return err
		}
	}
}

// Close ends all subscriptions and the connection at once. The watcher keeps guarding. Do not call it from a callback.
func (w *Watcher) Close() error {
	w.fail(because(ErrWatcherClosed, nil, "The client was closed."))
	w.work.Wait()
	w.disk.wait()
	return nil
}

// fail ends everything, because the client was closed or no further attempt can succeed.
func (w *Watcher) fail(err *Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life.Err() != nil {
		return
	}
	w.end(err)
	// Nothing new is sent.
	w.conn = nil
	for _, s := range w.sessions {
		s.finish(err)
	}
	for _, stop := range w.stops {
		stop.complete(err)
	}
	w.changes.tell()
}

// report tells the program of an error that has no caller.
func (w *Watcher) report(id channel.ID, err error) {
	if errors.Is(err, ErrWatcherClosed) {
		return
	}
	w.log.Error("Channel in trouble", "channel", hexOf(id), "error", err)
	if w.config.OnError != nil {
		w.callbacks.run(func() { w.config.OnError(id, err) })
	}
}

// admit begins a session.
func (w *Watcher) admit(s *session) {
	w.sessions[s.id] = s
	if s.parent != nil {
		if w.children[*s.parent] == nil {
			w.children[*s.parent] = map[channel.ID]struct{}{}
		}
		w.children[*s.parent][s.id] = struct{}{}
		if parent := w.sessions[*s.parent]; parent != nil {
			s.wasLocked = parent.history.locks(s.id)
		}
	}
	w.changes.tell()
	s.pump()
}

// retire takes a session out that is over.
func (w *Watcher) retire(s *session) {
	if w.sessions[s.id] == s {
		delete(w.sessions, s.id)
	}
	if s.parent != nil {
		delete(w.children[*s.parent], s.id)
		if len(w.children[*s.parent]) == 0 {
			delete(w.children, *s.parent)
		}
		// It may have waited for this channel.
		w.pumpStop(*s.parent)
	}
	w.retired.add(s)
	if s.err == nil {
		w.disk.run(func() {
			if err := w.config.Receipts.Delete(s.id); err != nil {
				w.report(s.id, err)
			}
		})
	}
	w.changes.tell()
}
