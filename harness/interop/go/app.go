package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	ethchannel "github.com/perun-network/perun-eth-backend/channel"
	ethwallet "github.com/perun-network/perun-eth-backend/wallet"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/client"
)

// withApp makes a channel one with an app, which allows every move. go-perun has to be told of the app only once.
func (s *stage) withApp() client.ProposalOpts {
	app := channel.NewMockApp(&ethchannel.AppID{Address: ethwallet.AsWalletAddr(common.HexToAddress(s.App))})
	channel.RegisterApp(app)
	return client.WithApp(app, channel.NewMockOp(channel.OpValid))
}

// playable sets up a ledger channel with an app, between a cheater and an honest party.
func (s *stage) playable(ctx context.Context) (*pair, error) {
	paula, err := s.honest(ctx, "Paula")
	if err != nil {
		return nil, err
	}
	paul, err := s.cheater(ctx, "Paul")
	if err != nil {
		return nil, err
	}
	proposal, err := s.ledgerProposal(paul, paula, 100, 100, s.withApp())
	if err != nil {
		return nil, err
	}
	return s.guarded(ctx, paul, paula, proposal)
}

// forces moves money to the second party by a transaction, whether the other one likes it or not.
func (s *stage) forces(ctx context.Context, p *party, ch *client.Channel, amount int64) error {
	s.now("a forced update by %s", p.name)
	return ch.ForceUpdate(ctx, func(state *channel.State) { move(state, amount) })
}

// hearsProgress waits until go-perun hears of a forced update, and sees that it is told what has become the state, and by whom.
func (p *party) hearsProgress(ctx context.Context, of *client.Channel, version uint64, actor channel.Index, first int64) error {
	p.stage.now("waiting until %s hears of the forced update to version %d", p.name, version)
	return until(ctx, refutationLimit, func(context.Context) (bool, error) {
		for _, event := range p.heard(of.ID()) {
			progressed, is := event.(*channel.ProgressedEvent)
			if !is || progressed.Version() != version {
				continue
			}
			switch state := progressed.State; {
			case state == nil:
				return false, errors.New("it comes without a state")
			case state.Version != version || state.Balances[0][0].Cmp(wei(first)) != 0:
				return false, fmt.Errorf("it comes with another state: version %d, %v", state.Version, state.Balances)
			case progressed.Idx != actor:
				return false, fmt.Errorf("it is said to be participant %d's", progressed.Idx)
			}
			return true, nil
		}
		return false, nil
	})
}

// bothHear is hearsProgress of both parties.
func (of *pair) bothHear(ctx context.Context, version uint64, actor channel.Index, first int64) error {
	if err := of.honest.hearsProgress(ctx, of.hers, version, actor, first); err != nil {
		return err
	}
	return of.cheater.hearsProgress(ctx, of.his, version, actor, first)
}
