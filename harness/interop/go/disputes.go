package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
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

// clientShutDown: the honest client has ended in order when the cheat comes; that un-guards nobody.
func clientShutDown(ctx context.Context, s *stage) error {
	ledger, old, err := s.paidTo(ctx)
	if err != nil {
		return err
	}
	newest := ledger.honestly()
	s.now("shutting down")
	if err := ledger.honest.client.Close(); err != nil {
		return err
	}
	if ledger.honest.daemon != nil {
		if err := ledger.honest.daemon.Shutdown(ctx); err != nil {
			return err
		}
	}
	if err := ledger.cheater.cheats(ctx, old); err != nil {
		return err
	}
	if err := s.refuted(ctx, ledger.his.ID(), 0, 3); err != nil {
		return err
	}
	return ledger.settledPast(ctx, newest)
}

// daemonKilled: the daemon does not exist when the cheat comes, and is started again.
func daemonKilled(ctx context.Context, s *stage) error {
	ledger, old, err := s.paidTo(ctx)
	if err != nil {
		return err
	}
	if err := s.ask(request{Do: "kill-daemon"}); err != nil {
		return err
	}
	if err := ledger.cheater.cheats(ctx, old); err != nil {
		return err
	}
	s.now("starting the daemon again")
	if err := s.ask(request{Do: "start-daemon"}); err != nil {
		return err
	}
	if err := s.refuted(ctx, ledger.his.ID(), 0, 3); err != nil {
		return err
	}
	return ledger.settledPast(ctx, ledger.honestly())
}

// nodeCut: the node breaks all connections and lets nobody in for a while, in which the cheat comes.
func nodeCut(ctx context.Context, s *stage) error {
	ledger, old, err := s.paidTo(ctx)
	if err != nil {
		return err
	}
	newest := ledger.honestly()
	if err := s.ask(request{Do: "cut-node"}); err != nil {
		return err
	}
	if err := ledger.cheater.cheats(ctx, old); err != nil {
		return err
	}
	time.Sleep(outage)
	if err := s.ask(request{Do: "mend-node"}); err != nil {
		return err
	}
	if err := s.refuted(ctx, ledger.his.ID(), 0, 3); err != nil {
		return err
	}
	// The honest client's own connection is one of those that broke.
	if ledger.honest, err = s.account(ctx, "Carol", s.DirectNode, ledger.honest.key, ledger.honest.receiver); err != nil {
		return err
	}
	return ledger.settledPast(ctx, newest)
}

const outage = 3 * time.Second

// storeLost: the daemon loses its store, and gets everything again from the client, parents first.
func storeLost(ctx context.Context, s *stage) error {
	ledger, err := s.duo(ctx)
	if err != nil {
		return err
	}
	sub, err := ledger.sub(ctx, 20, 20)
	if err != nil {
		return err
	}
	old := signed(sub.now())
	if err := sub.pays(ctx, 5); err != nil {
		return err
	}
	s.now("losing the store")
	if err := s.ask(request{Do: "lose-store"}); err != nil {
		return err
	}
	for _, each := range []*pair{ledger, sub} {
		if err := each.pays(ctx, 5); err != nil {
			return err
		}
	}
	if err := ledger.cheater.cheats(ctx, ledger.now(), old); err != nil {
		return err
	}
	if err := s.refuted(ctx, sub.his.ID(), 0, 2); err != nil {
		return err
	}
	return ledger.settled(ctx, 85, 115)
}

// reorged: a reorg leaves the cheat, and takes out what refuted it.
func reorged(ctx context.Context, s *stage) error {
	ledger, old, err := s.paidTo(ctx)
	if err != nil {
		return err
	}
	id := ledger.his.ID()
	if err := ledger.cheater.cheats(ctx, old); err != nil {
		return err
	}
	if err := s.refuted(ctx, id, 0, 3); err != nil {
		return err
	}
	found, err := s.registrations(ctx, id)
	if err != nil {
		return err
	}
	s.now("replacing blocks")
	head, err := s.chain.BlockNumber(ctx)
	if err != nil {
		return err
	}
	// Until it is done there may be one more block, which only makes the fork later.
	depth := int(head-found[0].block) + 2
	if err := s.ask(request{Do: "reorg", Depth: depth, Keep: []string{found[0].tx.Hex()}}); err != nil {
		return err
	}
	if err := s.refuted(ctx, id, 0, 3); err != nil {
		return err
	}
	return ledger.settledPast(ctx, ledger.honestly())
}

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
