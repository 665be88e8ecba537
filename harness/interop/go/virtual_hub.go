package main

import (
	"context"

	"perun.network/go-perun/channel"
)

// guardedHub opens a virtual channel of which only the hub is guarded; old is the state of Alice's ledger channel before.
func (s *stage) guardedHub(ctx context.Context) (of *virtual, hub *party, old channel.AdjudicatorReq, err error) {
	if hub, err = s.honest(ctx, "Ingrid"); err != nil {
		return nil, nil, old, err
	}
	alice, bob, err := s.twoCheaters(ctx, "Alice", "Bob")
	if err != nil {
		return nil, nil, old, err
	}
	alices, err := s.ledger(ctx, alice, hub, 100, 100)
	if err != nil {
		return nil, nil, old, err
	}
	bobs, err := s.ledger(ctx, bob, hub, 100, 100)
	if err != nil {
		return nil, nil, old, err
	}
	old = alices.now()
	if of, err = s.virtual(ctx, alice, bob, alices, bobs); err != nil {
		return nil, nil, old, err
	}
	hubs, err := hub.channel(ctx, of.between.his.ID())
	if err != nil {
		return nil, nil, old, err
	}
	if err = hub.watch(ctx, hubs); err != nil {
		return nil, nil, old, err
	}
	for _, each := range []*pair{alices, bobs} {
		if err = hub.acknowledged(ctx, each.hers); err != nil {
			return nil, nil, old, err
		}
	}
	return of, hub, old, nil
}

// virtualHub: Bob is paid in the virtual channel and says so on the chain, from where alone the hub can know it. Alice denies
// it, and registers a state of her ledger channel from the time before.
func virtualHub(ctx context.Context, s *stage) error {
	of, hub, old, err := s.guardedHub(ctx)
	if err != nil {
		return err
	}
	if err := of.between.pays(ctx, 10); err != nil {
		return err
	}
	s.now("registering Bob's newest states")
	if err := of.between.honest.adj.Register(ctx, of.bobs.now(), []channel.SignedState{signed(of.between.honestly())}); err != nil {
		return err
	}
	if err := of.between.cheater.cheats(ctx, old); err != nil {
		return err
	}
	if err := s.refuted(ctx, of.alices.his.ID(), 0, 1); err != nil {
		return err
	}
	return of.settled(ctx, hub, 90, 110, 200)
}
