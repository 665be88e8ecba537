package main

import (
	"context"
	"errors"
)

// forcedUpdates: Paul and Paula of go-perun's tests, but Paul registers an old state first. Once that is refuted and the window
// is over, both force a move, which no watcher may fight.
func forcedUpdates(ctx context.Context, s *stage) error {
	ledger, err := s.playable(ctx)
	if err != nil {
		return err
	}
	paul, paula := ledger.cheater, ledger.honest
	old := ledger.now()
	for range 2 {
		if err := ledger.pays(ctx, 10); err != nil {
			return err
		}
	}
	if err := paul.cheats(ctx, old); err != nil {
		return err
	}
	if err := s.refuted(ctx, ledger.his.ID(), 0, 2); err != nil {
		return err
	}
	// From now on he wants to know, too; by go-perun's own watcher.
	if err := paul.watch(ctx, ledger.his); err != nil {
		return err
	}
	if err := s.afterWindow(); err != nil {
		return err
	}
	if err := s.forces(ctx, paul, ledger.his, -5); err != nil {
		return err
	}
	if err := ledger.bothHear(ctx, 3, 0, 85); err != nil {
		return err
	}
	if err := s.forces(ctx, paula, ledger.hers, 15); err != nil {
		return err
	}
	if err := ledger.bothHear(ctx, 4, 1, 70); err != nil {
		return err
	}
	if err := ledger.settled(ctx, 70, 130); err != nil {
		return err
	}
	return s.sent(ctx, 1)
}

// forcedByVictim: Paula registers her newest state herself and forces a move; her watcher lets her, and sends nothing.
func forcedByVictim(ctx context.Context, s *stage) error {
	ledger, err := s.playable(ctx)
	if err != nil {
		return err
	}
	paul, paula := ledger.cheater, ledger.honest
	old := ledger.now()
	if err := ledger.pays(ctx, 10); err != nil {
		return err
	}
	if err := paul.watch(ctx, ledger.his); err != nil {
		return err
	}
	s.now("registering Paula's newest state")
	if err := paula.adj.Register(ctx, ledger.honestly(), nil); err != nil {
		return err
	}
	if err := s.afterWindow(); err != nil {
		return err
	}
	if err := s.forces(ctx, paula, ledger.hers, 20); err != nil {
		return err
	}
	if err := ledger.bothHear(ctx, 2, 1, 70); err != nil {
		return err
	}
	if paul.cheats(ctx, old) == nil {
		return errors.New("the contract took an old state after a forced update")
	}
	if err := ledger.settled(ctx, 70, 130); err != nil {
		return err
	}
	return s.sent(ctx, 0)
}

// forcedSub: an old state of a sub-channel with an app is refuted; then the cheater forces a move of it.
func forcedSub(ctx context.Context, s *stage) error {
	ledger, err := s.duo(ctx)
	if err != nil {
		return err
	}
	sub, err := ledger.sub(ctx, 20, 20, s.withApp())
	if err != nil {
		return err
	}
	old := signed(sub.now())
	if err := sub.pays(ctx, 10); err != nil {
		return err
	}
	cheater := ledger.cheater
	if err := cheater.cheats(ctx, ledger.now(), old); err != nil {
		return err
	}
	if err := s.refuted(ctx, sub.his.ID(), 0, 1); err != nil {
		return err
	}
	for _, each := range []*pair{ledger, sub} {
		if err := cheater.watch(ctx, each.his); err != nil {
			return err
		}
	}
	if err := s.afterWindow(); err != nil {
		return err
	}
	if err := s.forces(ctx, cheater, sub.his, -5); err != nil {
		return err
	}
	if err := sub.bothHear(ctx, 2, 0, 15); err != nil {
		return err
	}
	if err := ledger.settled(ctx, 95, 105); err != nil {
		return err
	}
	return s.sent(ctx, 1)
}
