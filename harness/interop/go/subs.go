package main

import (
	"context"
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
	if err := ledger.finalises(ctx); err != nil {
		return err
	}
	if err := ledger.settle(ctx); err != nil {
		return err
	}
	if err := s.paidOut(ctx, map[*party]int64{ledger.cheater: 90, ledger.honest: 110}); err != nil {
		return err
	}
	return s.sent(ctx, 0)
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
	if err := ledger.cheater.cheats(ctx, ledger.now(), old); err != nil {
		return err
	}
	if err := s.refuted(ctx, sub.his.ID(), 0, 1); err != nil {
		return err
	}
	return ledger.settled(ctx, 90, 110)
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
	if err := ledger.cheater.cheats(ctx, ledger.now(), signed(sub.now()), old); err != nil {
		return err
	}
	if err := s.refuted(ctx, nested.his.ID(), 0, 1); err != nil {
		return err
	}
	return ledger.settled(ctx, 90, 110)
}
