package main

import (
	"context"

	"perun.network/go-perun/channel"
)

// clientRestoredWithSub: the same with a sub-channel, an old state of which is the cheat. The client has both channels from its
// disk, in the order in which they depend on each other.
func clientRestoredWithSub(ctx context.Context, s *stage) error {
	if len(s.Resume) == 0 {
		return s.livesOnDiskWithSub(ctx)
	}
	var left kept
	if err := s.livesAgain(ctx, &left); err != nil {
		return err
	}
	cheater, ledger, err := s.inherits(ctx, "Mallory", left.Cheater)
	if err != nil {
		return err
	}
	_, old, err := s.inherits(ctx, "Mallory", left.Sub)
	if err != nil {
		return err
	}
	id, subID := ledger.Params.ID(), old.Params.ID()
	if err := cheater.cheats(ctx, ledger, signed(old)); err != nil {
		return err
	}
	if err := s.refuted(ctx, subID, 0, 1); err != nil {
		return err
	}
	honest, its, err := s.restored(ctx, left)
	if err != nil {
		return err
	}
	hers, err := honest.resumes(ctx, its, id, ledger.Tx.Version)
	if err != nil {
		return err
	}
	sub, err := honest.resumes(ctx, its, subID, 1)
	if err != nil {
		return err
	}
	newest := sub.State().Clone()
	if err := honest.hearsRegistered(ctx, subID, 1); err != nil {
		return err
	}
	if err := s.afterWindow(); err != nil {
		return err
	}
	s.now("settling with the restored client")
	if err := hers.Settle(ctx, false); err != nil {
		return err
	}
	states := channel.MakeStateMap()
	states.Add(newest)
	if err := cheater.adj.Withdraw(ctx, ledger, states); err != nil {
		return err
	}
	if err := s.paidOut(ctx, map[*party]int64{cheater: 90, honest: 110}); err != nil {
		return err
	}
	if err := s.letGo(ctx, its, subID); err != nil {
		return err
	}
	return s.letGo(ctx, its, id)
}

// livesOnDiskWithSub is the first life, until it is killed.
func (s *stage) livesOnDiskWithSub(ctx context.Context) error {
	ledger, left, err := s.duoOnDisk(ctx)
	if err != nil {
		return err
	}
	sub, err := ledger.sub(ctx, 20, 20)
	if err != nil {
		return err
	}
	if left.Cheater, err = ledger.cheater.bequeath(ledger.now()); err != nil {
		return err
	}
	if left.Sub, err = ledger.cheater.bequeath(sub.now()); err != nil {
		return err
	}
	if err := sub.pays(ctx, 10); err != nil {
		return err
	}
	return s.dies(left)
}
