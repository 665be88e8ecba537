package main

import (
	"context"
	"time"
)

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
	if err := ledger.defends(ctx, sub, 2, old); err != nil {
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
	// The block before the cheat is replaced, too: the cheater's deposit must not be in it.
	if err := s.minedBlocks(ctx, 2); err != nil {
		return err
	}
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
