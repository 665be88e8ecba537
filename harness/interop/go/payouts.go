package main

import (
	"context"

	"perun.network/go-perun/channel"
)

// settled has both parties settle with their clients once the window is over, and sees what each is paid.
func (of *pair) settled(ctx context.Context, cheater, honest int64) error {
	s := of.cheater.stage
	if err := s.afterWindow(); err != nil {
		return err
	}
	if err := of.settle(ctx); err != nil {
		return err
	}
	return s.paidOut(ctx, map[*party]int64{of.cheater: cheater, of.honest: honest})
}

// settledPast has both parties take their money without their clients.
func (of *pair) settledPast(ctx context.Context, newest channel.AdjudicatorReq) error {
	return of.cheater.stage.withdrawn(ctx, of.cheater, of.now(), of.honest, newest)
}

// withdrawn has both take what the newest state gives them, once the window is over.
func (s *stage) withdrawn(
	ctx context.Context, cheater *party, his channel.AdjudicatorReq, honest *party, newest channel.AdjudicatorReq,
) error {
	if err := s.afterWindow(); err != nil {
		return err
	}
	s.now("withdrawing")
	his.Tx = newest.Tx
	if err := honest.adj.Withdraw(ctx, newest, channel.MakeStateMap()); err != nil {
		return err
	}
	if err := cheater.adj.Withdraw(ctx, his, channel.MakeStateMap()); err != nil {
		return err
	}
	return s.paidOut(ctx, map[*party]int64{cheater: 70, honest: 130})
}
