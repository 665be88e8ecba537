package main

import (
	"context"

	"perun.network/go-perun/channel"
)

// paidTo opens the duo, and pays three times; old is the state before.
func (s *stage) paidTo(ctx context.Context) (ledger *pair, old channel.AdjudicatorReq, err error) {
	if ledger, err = s.duo(ctx); err != nil {
		return nil, old, err
	}
	old = ledger.now()
	for range 3 {
		if err = ledger.pays(ctx, 10); err != nil {
			return nil, old, err
		}
	}
	return ledger, old, nil
}

// malloryCannotWithdraw: Mallory and Carol of go-perun's tests, played as a scenario: after the refutation nobody is paid by
// the old state.
func malloryCannotWithdraw(ctx context.Context, s *stage) error {
	ledger, old, err := s.paidTo(ctx)
	if err != nil {
		return err
	}
	if err := ledger.cheater.cheats(ctx, old); err != nil {
		return err
	}
	if err := s.refuted(ctx, ledger.his.ID(), 0, 3); err != nil {
		return err
	}
	if err := s.afterWindow(); err != nil {
		return err
	}
	if err := ledger.hers.Settle(ctx, false); err != nil {
		return err
	}
	if err := ledger.cheater.cannotWithdraw(ctx, old); err != nil {
		return err
	}
	if err := ledger.his.Settle(ctx, false); err != nil {
		return err
	}
	return s.paidOut(ctx, map[*party]int64{ledger.cheater: 70, ledger.honest: 130})
}
