package main

import (
	"context"
	"errors"

	"perun.network/go-perun/channel"
	"perun.network/go-perun/client"
	"perun.network/go-perun/wallet"
	"perun.network/go-perun/wire"
)

// virtual is a virtual channel between Alice, who pays, and Bob, by way of a hub with which each has a ledger channel.
type virtual struct {
	alices, bobs *pair
	between      *pair
}

// virtual opens one with 20 each. The pairs are the ledger channels of its two parties with the hub.
func (s *stage) virtual(ctx context.Context, alice, bob *party, alices, bobs *pair) (*virtual, error) {
	a, b := alices.position(alice), bobs.position(bob)
	proposal, err := client.NewVirtualChannelProposal(challengeDuration, alice.walletAddress(), s.allocation(20, 20),
		[]map[wallet.BackendID]wire.Address{alice.wireAddress(), bob.wireAddress()},
		[]channel.ID{alices.his.ID(), bobs.his.ID()},
		[][]channel.Index{{a, 1 - a}, {1 - b, b}})
	if err != nil {
		return nil, err
	}
	between, err := s.unwatched(ctx, alice, bob, proposal)
	return &virtual{alices, bobs, between}, err
}

func (of *pair) position(p *party) channel.Index {
	if of.cheater == p {
		return 0
	}
	return 1
}

// settled has all three take their money with their clients, once the windows are over.
func (of *virtual) settled(ctx context.Context, hub *party, alice, bob, hubs int64) error {
	s := hub.stage
	if err := s.afterWindow(); err != nil {
		return err
	}
	if err := errors.Join(of.alices.settle(ctx), of.bobs.settle(ctx)); err != nil {
		return err
	}
	return s.paidOut(ctx, map[*party]int64{of.between.cheater: alice, of.between.honest: bob, hub: hubs})
}

// guardedBob opens a virtual channel of which only Bob's end is guarded, and has Alice pay 10; old is the state before.
func (s *stage) guardedBob(ctx context.Context) (of *virtual, old channel.SignedState, err error) {
	bob, err := s.honest(ctx, "Bob")
	if err != nil {
		return nil, old, err
	}
	alice, hub, err := s.twoCheaters(ctx, "Alice", "Ingrid")
	if err != nil {
		return nil, old, err
	}
	proposal, err := s.ledgerProposal(alice, hub, 100, 100)
	if err != nil {
		return nil, old, err
	}
	alices, err := s.unwatched(ctx, alice, hub, proposal)
	if err != nil {
		return nil, old, err
	}
	bobs, err := s.ledger(ctx, hub, bob, 100, 100)
	if err != nil {
		return nil, old, err
	}
	if of, err = s.virtual(ctx, alice, bob, alices, bobs); err != nil {
		return nil, old, err
	}
	if err = bob.watch(ctx, of.between.hers); err != nil {
		return nil, old, err
	}
	old = signed(of.between.now())
	return of, old, of.between.pays(ctx, 10)
}

func (s *stage) twoCheaters(ctx context.Context, first, second string) (a, b *party, err error) {
	if a, err = s.cheater(ctx, first); err != nil {
		return nil, nil, err
	}
	b, err = s.cheater(ctx, second)
	return a, b, err
}

// virtualFarParty: Alice registers the old state below her own ledger channel, of which Bob knows nothing.
func virtualFarParty(ctx context.Context, s *stage) error {
	of, old, err := s.guardedBob(ctx)
	if err != nil {
		return err
	}
	if err := of.between.cheater.cheats(ctx, of.alices.now(), old); err != nil {
		return err
	}
	if err := s.refuted(ctx, old.State.ID, 0, 1); err != nil {
		return err
	}
	return of.settled(ctx, of.bobs.cheater, 90, 110, 200)
}

// virtualHubCheats: the hub registers the old state below the ledger channel that it has with Bob.
func virtualHubCheats(ctx context.Context, s *stage) error {
	of, old, err := s.guardedBob(ctx)
	if err != nil {
		return err
	}
	hub := of.bobs.cheater
	if err := hub.cheats(ctx, of.bobs.now(), old); err != nil {
		return err
	}
	if err := s.refuted(ctx, old.State.ID, 0, 1); err != nil {
		return err
	}
	s.now("registering Alice's newest states, so that her window ends with the other one")
	if err := client.NewTestChannel(of.alices.his).Register(ctx); err != nil {
		return err
	}
	return of.settled(ctx, hub, 90, 110, 200)
}
