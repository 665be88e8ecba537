package main

import (
	"context"

	"perun.network/go-perun/channel"
)

// subCooperative: a sub-channel that is settled in agreement; the watcher sends nothing.
func subCooperative(ctx context.Context, s *stage) error {
	ledger, err := s.duo(ctx)
	if err != nil {
		return err
	}
	sub, err := ledger.sub(ctx, 20, 20)
	if err != nil {
		return err
	}
	if err := sub.pays(ctx, 10); err != nil {
		return err
	}
	if err := sub.finalises(ctx); err != nil {
		return err
	}
	s.now("settling the sub-channel")
	if err := sub.settle(ctx); err != nil {
		return err
	}
	return ledger.closes(ctx, 90, 110)
}

// subOldState: the newest state of the ledger channel with an old one of its sub-channel.
func subOldState(ctx context.Context, s *stage) error {
	ledger, err := s.duo(ctx)
	if err != nil {
		return err
	}
	sub, err := ledger.sub(ctx, 20, 20)
	if err != nil {
		return err
	}
	old := signed(sub.now())
	if err := sub.pays(ctx, 10); err != nil {
		return err
	}
	if err := ledger.defends(ctx, sub, 1, old); err != nil {
		return err
	}
	return ledger.settled(ctx, 90, 110)
}

// defends has the cheater register old states below the newest one of the ledger channel, and waits for the newest of a sub-channel.
func (of *pair) defends(ctx context.Context, sub *pair, newest uint64, old ...channel.SignedState) error {
	if err := of.cheater.cheats(ctx, of.now(), old...); err != nil {
		return err
	}
	return of.cheater.stage.refuted(ctx, sub.his.ID(), 0, newest)
}

// nestedOldState: an old state of a sub-channel of a sub-channel.
func nestedOldState(ctx context.Context, s *stage) error {
	ledger, err := s.duo(ctx)
	if err != nil {
		return err
	}
	sub, err := ledger.sub(ctx, 40, 40)
	if err != nil {
		return err
	}
	nested, err := sub.sub(ctx, 20, 20)
	if err != nil {
		return err
	}
	old := signed(nested.now())
	if err := nested.pays(ctx, 10); err != nil {
		return err
	}
	if err := ledger.defends(ctx, nested, 1, signed(sub.now()), old); err != nil {
		return err
	}
	return ledger.settled(ctx, 90, 110)
}
