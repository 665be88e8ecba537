package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/channel/persistence/keyvalue"
	"perun.network/go-perun/client"
	"polycry.pt/poly-go/sortedkv/leveldb"

	perunwatcher "perun.network/perun-watcher/clients/go"
)

// kept is what the honest client has on its disk beside its channels and receipts.
type kept struct {
	Key      hexutil.Bytes     `json:"key"`
	Receiver common.Address    `json:"receiver"`
	Keys     perunwatcher.Keys `json:"keys"`
	// Cheater is what the other one has left, and Sub its old state of a sub-channel, if there is one.
	Cheater legacy `json:"cheater"`
	Sub     legacy `json:"sub"`
}

// onDisk are belongings in a folder that outlives the process.
func (s *stage) onDisk(keys perunwatcher.Keys) (belongings, error) {
	if err := os.MkdirAll(s.Folder, 0o700); err != nil {
		return belongings{}, err
	}
	channels, err := leveldb.LoadDatabase(filepath.Join(s.Folder, "channels"))
	if err != nil {
		return belongings{}, err
	}
	receipts, err := perunwatcher.FileReceipts(filepath.Join(s.Folder, "receipts"))
	return belongings{keyvalue.NewPersistRestorer(channels), receipts, &keys}, err
}

// clientRestored: the honest client's process is killed after its last acknowledgement, and the cheat comes. After the
// refutation the client lives again, has its channel from its own disk, hears what it missed, and settles.
func clientRestored(ctx context.Context, s *stage) error {
	if len(s.Resume) == 0 {
		return s.livesOnDisk(ctx)
	}
	var left kept
	if err := s.livesAgain(ctx, &left); err != nil {
		return err
	}
	cheater, old, err := s.inherits(ctx, "Mallory", left.Cheater)
	if err != nil {
		return err
	}
	id := old.Params.ID()
	if err := cheater.cheats(ctx, old); err != nil {
		return err
	}
	if err := s.refuted(ctx, id, 0, 3); err != nil {
		return err
	}
	honest, its, err := s.restored(ctx, left)
	if err != nil {
		return err
	}
	ch, err := honest.resumes(ctx, its, id, 3)
	if err != nil {
		return err
	}
	old.Tx = (&pair{hers: ch}).honestly().Tx
	if err := honest.hearsRegistered(ctx, id, 3); err != nil {
		return err
	}
	if err := s.afterWindow(); err != nil {
		return err
	}
	s.now("settling with the restored client")
	if err := ch.Settle(ctx, false); err != nil {
		return err
	}
	if err := cheater.adj.Withdraw(ctx, old, channel.MakeStateMap()); err != nil {
		return err
	}
	if err := s.paidOut(ctx, map[*party]int64{cheater: 70, honest: 130}); err != nil {
		return err
	}
	return s.letGo(ctx, its, id)
}

// livesOnDisk is the first life, until it is killed.
func (s *stage) livesOnDisk(ctx context.Context) error {
	ledger, left, err := s.duoOnDisk(ctx)
	if err != nil {
		return err
	}
	if left.Cheater, err = ledger.cheater.bequeath(ledger.now()); err != nil {
		return err
	}
	for range 3 {
		if err := ledger.pays(ctx, 10); err != nil {
			return err
		}
	}
	return s.dies(left)
}

// duoOnDisk is the duo with an honest client that can be restored.
func (s *stage) duoOnDisk(ctx context.Context) (*pair, kept, error) {
	var left kept
	if err := s.open(ctx); err != nil {
		return nil, left, err
	}
	keys, err := perunwatcher.GenerateKeys()
	if err != nil {
		return nil, left, err
	}
	its, err := s.onDisk(keys)
	if err != nil {
		return nil, left, err
	}
	honest, err := s.newcomer(ctx, "Carol", s.Node)
	if err != nil {
		return nil, left, err
	}
	if err := honest.begin(ctx, true, its); err != nil {
		return nil, left, err
	}
	cheater, err := s.cheater(ctx, "Mallory")
	if err != nil {
		return nil, left, err
	}
	left = kept{Key: crypto.FromECDSA(honest.key), Receiver: honest.receiver, Keys: keys}
	ledger, err := s.ledger(ctx, cheater, honest, 100, 100)
	return ledger, left, err
}

// restored is the honest party's next life, with its channels from its disk.
func (s *stage) restored(ctx context.Context, left kept) (*party, belongings, error) {
	its, err := s.onDisk(left.Keys)
	if err != nil {
		return nil, its, err
	}
	key, err := crypto.ToECDSA(left.Key)
	if err != nil {
		return nil, its, err
	}
	p, err := s.account(ctx, "Carol", s.Node, key, left.Receiver)
	if err != nil {
		return nil, its, err
	}
	if err := p.begin(ctx, true, its); err != nil {
		return nil, its, err
	}
	s.now("restoring the client")
	return p, its, p.client.Restore(ctx)
}

// resumes the watch of a channel that was restored.
func (p *party) resumes(ctx context.Context, its belongings, id channel.ID, version uint64) (*client.Channel, error) {
	ch, err := p.channel(ctx, id)
	if err != nil {
		return nil, err
	}
	if restored := ch.State().Version; restored != version {
		return nil, fmt.Errorf("version %d was restored instead of %d", restored, version)
	}
	if receipt, err := its.receipts.Load(id); err != nil || receipt == nil {
		return nil, fmt.Errorf("no receipt of the first life: %v", err)
	}
	return ch, p.watch(ctx, ch)
}

// hearsRegistered waits until go-perun is told that a version of a channel is registered.
func (p *party) hearsRegistered(ctx context.Context, id channel.ID, version uint64) error {
	p.stage.now("waiting until the restored client hears of its defence")
	return until(ctx, startLimit, func(context.Context) (bool, error) {
		return slices.ContainsFunc(p.heard(id), func(event channel.AdjudicatorEvent) bool {
			registered, is := event.(*channel.RegisteredEvent)
			return is && registered.Version() == version
		}), nil
	})
}

// letGo waits until the client has let go of a channel that is settled: then there is no receipt of it any more.
func (s *stage) letGo(ctx context.Context, its belongings, id channel.ID) error {
	s.now("waiting until the channel is not watched any more")
	return until(ctx, startLimit, func(context.Context) (bool, error) {
		receipt, err := its.receipts.Load(id)
		return receipt == nil, err
	})
}
