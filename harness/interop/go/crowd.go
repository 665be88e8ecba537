package main

import (
	"context"

	"golang.org/x/sync/errgroup"
	"perun.network/go-perun/channel"
)

const crowd = 20

// twentyClients: one daemon for twenty clients, all of which are cheated at once.
func twentyClients(ctx context.Context, s *stage) error {
	ledgers, olds := make([]*pair, crowd), make([]channel.AdjudicatorReq, crowd)
	each := func(play func(context.Context, int) error) error {
		g, ctx := errgroup.WithContext(ctx)
		for i := range crowd {
			g.Go(func() error { return play(ctx, i) })
		}
		return g.Wait()
	}
	if err := each(func(ctx context.Context, i int) (err error) {
		ledgers[i], olds[i], err = s.paidTo(ctx)
		return err
	}); err != nil {
		return err
	}
	if err := each(func(ctx context.Context, i int) error {
		if err := ledgers[i].cheater.cheats(ctx, olds[i]); err != nil {
			return err
		}
		return s.refuted(ctx, ledgers[i].his.ID(), 0, 3)
	}); err != nil {
		return err
	}
	if err := s.afterWindow(); err != nil {
		return err
	}
	return each(func(ctx context.Context, i int) error {
		if err := ledgers[i].settle(ctx); err != nil {
			return err
		}
		return s.paidOut(ctx, map[*party]int64{ledgers[i].cheater: 70, ledgers[i].honest: 130})
	})
}
