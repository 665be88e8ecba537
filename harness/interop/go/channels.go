package main

import (
	"context"
	"errors"
	"math/big"
	"strings"

	ethwallet "github.com/perun-network/perun-eth-backend/wallet"
	"golang.org/x/sync/errgroup"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/client"
	"perun.network/go-perun/wallet"
	"perun.network/go-perun/wire"
)

func lower(text string) string { return strings.ToLower(text) }

// pair is a channel as both of its parties have it. The first one proposes, pays, and cheats; the second one is honest.
type pair struct {
	cheater, honest *party
	// his and hers.
	his, hers *client.Channel
}

func (s *stage) allocation(first, second int64) *channel.Allocation {
	return &channel.Allocation{
		Assets:   []channel.Asset{s.asset},
		Backends: []wallet.BackendID{ethwallet.BackendID},
		Balances: channel.Balances{{wei(first), wei(second)}},
	}
}

// ledger opens a ledger channel, watched by whoever guards the honest party.
func (s *stage) ledger(ctx context.Context, cheater, honest *party, first, second int64) (*pair, error) {
	proposal, err := s.ledgerProposal(cheater, honest, first, second)
	if err != nil {
		return nil, err
	}
	return s.guarded(ctx, cheater, honest, proposal)
}

func (s *stage) ledgerProposal(
	proposer, responder *party, first, second int64, opts ...client.ProposalOpts,
) (client.ChannelProposal, error) {
	return client.NewLedgerChannelProposal(challengeDuration, proposer.walletAddress(), s.allocation(first, second),
		[]map[wallet.BackendID]wire.Address{proposer.wireAddress(), responder.wireAddress()}, opts...)
}

// sub opens a sub-channel of it.
func (of *pair) sub(ctx context.Context, first, second int64, opts ...client.ProposalOpts) (*pair, error) {
	s := of.cheater.stage
	proposal, err := client.NewSubChannelProposal(of.his.ID(), challengeDuration, s.allocation(first, second), opts...)
	if err != nil {
		return nil, err
	}
	return s.guarded(ctx, of.cheater, of.honest, proposal)
}

// guarded opens a channel, and has the honest party watch it.
func (s *stage) guarded(ctx context.Context, cheater, honest *party, proposal client.ChannelProposal) (*pair, error) {
	of, err := s.unwatched(ctx, cheater, honest, proposal)
	if err != nil {
		return nil, err
	}
	return of, honest.watch(ctx, of.hers)
}

// unwatched opens a channel that nobody watches.
func (s *stage) unwatched(ctx context.Context, cheater, honest *party, proposal client.ChannelProposal) (*pair, error) {
	s.now("opening a channel")
	his, err := cheater.client.ProposeChannel(ctx, proposal)
	if err != nil {
		return nil, err
	}
	hers, err := honest.channel(ctx, his.ID())
	if err != nil {
		return nil, err
	}
	return &pair{cheater, honest, his, hers}, nil
}

// pays moves money to the honest party, and returns once that is defended.
func (of *pair) pays(ctx context.Context, amount int64) error {
	of.cheater.stage.now("paying")
	err := of.his.Update(ctx, func(state *channel.State) { move(state, amount) })
	if err != nil {
		return err
	}
	return of.honest.acknowledged(ctx, of.hers)
}

// move so much from the first party to the second one.
func move(state *channel.State, amount int64) {
	balances := state.Balances[0]
	balances[0] = new(big.Int).Sub(balances[0], wei(amount))
	balances[1] = new(big.Int).Add(balances[1], wei(amount))
}

// finalises the channel, in agreement.
func (of *pair) finalises(ctx context.Context) error {
	of.cheater.stage.now("agreeing on a final state")
	return of.his.Update(ctx, func(state *channel.State) { state.IsFinal = true })
}

// now is what the cheater could register at the moment.
func (of *pair) now() channel.AdjudicatorReq { return client.NewTestChannel(of.his).AdjudicatorReq() }

// honestly is the same for the honest party.
func (of *pair) honestly() channel.AdjudicatorReq {
	return client.NewTestChannel(of.hers).AdjudicatorReq()
}

func signed(of channel.AdjudicatorReq) channel.SignedState {
	return channel.SignedState{Params: of.Params, State: of.Tx.State, Sigs: of.Tx.Sigs}
}

// cheats registers an old state behind the back of everybody's client.
func (p *party) cheats(ctx context.Context, old channel.AdjudicatorReq, subs ...channel.SignedState) error {
	p.stage.now("registering an old state")
	return p.adj.Register(ctx, old, subs)
}

// settle has both parties settle by their clients.
func (of *pair) settle(ctx context.Context) error {
	of.cheater.stage.now("settling")
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return of.hers.Settle(ctx, false) })
	g.Go(func() error { return of.his.Settle(ctx, false) })
	return g.Wait()
}

// cannotWithdraw tries to get the money of the old state.
func (p *party) cannotWithdraw(ctx context.Context, old channel.AdjudicatorReq, subs ...*channel.State) error {
	p.stage.now("withdrawing the old state")
	states := channel.MakeStateMap()
	states.Add(subs...)
	if p.adj.Withdraw(ctx, old, states) == nil {
		return errors.New("the old state was paid out")
	}
	return nil
}
