package perunwatcher

import (
	"context"

	"perun.network/go-perun/channel"
	"perun.network/go-perun/channel/persistence"
	"perun.network/go-perun/wallet"
	"perun.network/go-perun/wire"
)

// Persister wraps the persistence of a go-perun client, so that the watcher hears of every fully signed state as soon as
// go-perun has it. Without it the state is lost that becomes current between the start of a watch and the moment in which
// go-perun begins to publish. It also tells the watcher when go-perun is done with a channel.
//
// For a client that persists nothing, wrap persistence.NonPersistRestorer.
func (w *Watcher) Persister(next persistence.PersistRestorer) persistence.PersistRestorer {
	return &persister{PersistRestorer: next, watcher: w}
}

type persister struct {
	persistence.PersistRestorer
	watcher *Watcher
}

// ChannelCreated has the fully signed opening state.
func (p *persister) ChannelCreated(
	ctx context.Context, source channel.Source, peers []map[wallet.BackendID]wire.Address, parent *channel.ID,
) error {
	if err := p.PersistRestorer.ChannelCreated(ctx, source, peers, parent); err != nil {
		return err
	}
	p.handOver(source)
	return nil
}

// Enabled hears that a state has become current.
func (p *persister) Enabled(ctx context.Context, source channel.Source) error {
	// Whether or not it can be stored here, it is signed, and the peer may use it.
	p.handOver(source)
	return p.PersistRestorer.Enabled(ctx, source)
}

// PhaseChanged comes with the current state, too.
func (p *persister) PhaseChanged(ctx context.Context, source channel.Source) error {
	p.handOver(source)
	return p.PersistRestorer.PhaseChanged(ctx, source)
}

// ChannelRemoved hears that a channel is settled.
func (p *persister) ChannelRemoved(ctx context.Context, id channel.ID) error {
	p.watcher.channelRemoved(id)
	return p.PersistRestorer.ChannelRemoved(ctx, id)
}

// handOver gives the current state to the watch of the channel, if there is one: go-perun starts a watch with the state that
// is current then. The state of a forced execution is not signed by everybody, and the watcher has it from the chain.
func (p *persister) handOver(source channel.Source) {
	tx := source.CurrentTX()
	if !isFullySigned(tx, len(source.Params().Parts)) {
		return
	}
	w, id := p.watcher, source.ID()
	if !w.wants(id, tx.Version) {
		return
	}
	signed, err := w.encodeSigned(tx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil {
		w.report(id, err)
		return
	}
	if s := w.sessions[id]; s != nil {
		// One that is known already is no error.
		_ = s.add(signed)
	}
}

// wants reports whether the state may be news.
func (w *Watcher) wants(id channel.ID, version uint64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.sessions[id]
	return s != nil && version > s.newest.version()
}
