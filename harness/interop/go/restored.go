package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/channel/persistence/keyvalue"
	"polycry.pt/poly-go/sortedkv/leveldb"

	perunwatcher "perun.network/perun-watcher/clients/go"
)

// kept is what the honest client has on its disk beside its channels and receipts.
type kept struct {
	Key      hexutil.Bytes     `json:"key"`
	Receiver common.Address    `json:"receiver"`
	Keys     perunwatcher.Keys `json:"keys"`
	// Cheater is what the other one has left.
	Cheater legacy `json:"cheater"`
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
	if err := s.open(ctx); err != nil {
		return err
	}
	var left kept
	if err := json.Unmarshal(s.Resume, &left); err != nil {
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
	its, err := s.onDisk(left.Keys)
	if err != nil {
		return err
	}
	honest, newest, err := s.restored(ctx, left, its, id)
	if err != nil {
		return err
	}
	if err := s.afterWindow(); err != nil {
		return err
	}
	s.now("settling with the restored client")
	if err := honest.channels[id].Settle(ctx, false); err != nil {
		return err
	}
	old.Tx = newest
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
	if err := s.open(ctx); err != nil {
		return err
	}
	keys, err := perunwatcher.GenerateKeys()
	if err != nil {
		return err
	}
	its, err := s.onDisk(keys)
	if err != nil {
		return err
	}
	honest, err := s.newcomer(ctx, "Carol", s.Node)
	if err != nil {
		return err
	}
	if err := honest.begin(ctx, true, its); err != nil {
		return err
	}
	cheater, err := s.cheater(ctx, "Mallory")
	if err != nil {
		return err
	}
	ledger, err := s.ledger(ctx, cheater, honest, 100, 100)
	if err != nil {
		return err
	}
	left := kept{Key: crypto.FromECDSA(honest.key), Receiver: honest.receiver, Keys: keys}
	if left.Cheater, err = cheater.bequeath(ledger.now()); err != nil {
		return err
	}
	for range 3 {
		if err := ledger.pays(ctx, 10); err != nil {
			return err
		}
	}
	if err := s.ask(request{Do: "kill-me", Resume: left}); err != nil {
		return err
	}
	return errors.New("the runner killed nobody")
}

// restored is the honest party's next life, with its channel watched again, once it has heard that it was defended.
func (s *stage) restored(
	ctx context.Context, left kept, its belongings, id channel.ID,
) (*party, channel.Transaction, error) {
	var none channel.Transaction
	key, err := crypto.ToECDSA(left.Key)
	if err != nil {
		return nil, none, err
	}
	p, err := s.account(ctx, "Carol", s.Node, key, left.Receiver)
	if err != nil {
		return nil, none, err
	}
	if err := p.begin(ctx, true, its); err != nil {
		return nil, none, err
	}
	s.now("restoring the client")
	if err := p.client.Restore(ctx); err != nil {
		return nil, none, err
	}
	ch, err := p.channel(ctx, id)
	if err != nil {
		return nil, none, err
	}
	if version := ch.State().Version; version != 3 {
		return nil, none, fmt.Errorf("version %d was restored instead of 3", version)
	}
	newest := (&pair{hers: ch}).honestly().Tx
	if receipt, err := its.receipts.Load(id); err != nil || receipt == nil {
		return nil, none, fmt.Errorf("no receipt of the first life: %v", err)
	}
	if err := p.watch(ctx, ch); err != nil {
		return nil, none, err
	}
	s.now("waiting until the restored client hears of its defence")
	return p, newest, until(ctx, startLimit, func(context.Context) (bool, error) {
		for _, event := range p.heard(id) {
			if registered, is := event.(*channel.RegisteredEvent); is && registered.Version() == 3 {
				return true, nil
			}
		}
		return false, nil
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
