package main

import (
	"context"
	"fmt"
	"math/big"
	"math/rand"
	"testing"

	ethwallet "github.com/perun-network/perun-eth-backend/wallet"
	"github.com/perun-network/perun-eth-backend/wallet/simple"
	ethwire "github.com/perun-network/perun-eth-backend/wire"
	"golang.org/x/sync/errgroup"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/client"
	clienttest "perun.network/go-perun/client/test"
	"perun.network/go-perun/wallet"
	wallettest "perun.network/go-perun/wallet/test"
	"perun.network/go-perun/wire"
	"polycry.pt/poly-go/test"
)

// cast is two of the roles of go-perun's own tests, with their script. They make their clients themselves; what they are given
// is our stage: a real chain, and the watcher.
type cast struct {
	names  [2]string
	first  func(*testing.T, clienttest.RoleSetup) clienttest.Executer
	second func(*testing.T, clienttest.RoleSetup) clienttest.Executer
	script func(clienttest.BaseExecConfig) clienttest.ExecConfig
	// newest is the version that refutes the old state, which is the one with version 0.
	newest uint64
	// paid is what the two get, in thousandths of an ether.
	paid [2]int64
}

// roleLimit is how long one role waits for the other one, and for the chain.
const roleLimit = refutationLimit

// perform plays what go-perun's tests play. The first role cheats, the second one is guarded.
func (s *stage) perform(ctx context.Context, c cast) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	s.now("setting up %s and %s", c.names[0], c.names[1])
	cheater, err := s.newcomer(ctx, c.names[0], s.DirectNode)
	if err != nil {
		return err
	}
	honest, err := s.newcomer(ctx, c.names[1], s.Node)
	if err != nil {
		return err
	}
	noticing := &noticingAdjudicator{Adjudicator: cheater.adj, cheat: make(chan channel.ID, 1)}
	setups := [2]clienttest.RoleSetup{}
	if setups[0], err = cheater.role(ctx, noticing, false, forgetful); err != nil {
		return err
	}
	if setups[1], err = honest.role(ctx, honest.adj, s.kind == ours, forgetful); err != nil {
		return err
	}
	config := c.script(clienttest.MakeBaseExecConfig(
		[2]map[wallet.BackendID]wire.Address{
			wire.AddressMapfromAccountMap(setups[0].Identity), wire.AddressMapfromAccountMap(setups[1].Identity),
		},
		s.asset, ethwallet.BackendID, [2]*big.Int{wei(100), wei(100)}, client.WithoutApp()))
	// All that they want of it is Helper.
	var t testing.T
	roles := [2]clienttest.Executer{c.first(&t, setups[0]), c.second(&t, setups[1])}
	s.now("playing")
	g, playing := errgroup.WithContext(ctx)
	g.Go(func() error { return together(playing, roles, config) })
	g.Go(func() error {
		// The roles wait for the end of the window; nobody else lets time pass.
		select {
		case id := <-noticing.cheat:
			if err := s.refuted(playing, id, 0, c.newest); err != nil {
				return err
			}
			return s.afterWindow()
		case <-playing.Done():
			return playing.Err()
		}
	})
	if err := g.Wait(); err != nil {
		return err
	}
	return s.paidOut(ctx, map[*party]int64{cheater: c.paid[0], honest: c.paid[1]})
}

// together is go-perun's ExecuteTwoPartyTest, but says what failed.
func together(ctx context.Context, roles [2]clienttest.Executer, config clienttest.ExecConfig) error {
	roles[1].SetStages(roles[0].EnableStages())
	done := make(chan struct{}, len(roles))
	for _, each := range roles {
		go func() {
			each.Execute(config)
			done <- struct{}{}
		}()
	}
	for range roles {
		select {
		case <-done:
		case err := <-roles[0].Errors():
			return fmt.Errorf("the cheater: %w", err)
		case err := <-roles[1].Errors():
			return fmt.Errorf("the honest party: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// role is what go-perun's roles are made of.
func (p *party) role(ctx context.Context, adj channel.Adjudicator, isGuardedByDaemon bool, its belongings) (
	clienttest.RoleSetup, error,
) {
	guard, err := p.guarding(ctx, isGuardedByDaemon, its)
	if err != nil {
		return clienttest.RoleSetup{}, err
	}
	persister := its.persister
	if p.daemon != nil {
		persister = p.daemon.Persister(persister)
	}
	identity := ethwire.NewRandomAccount(test.Prng(test.NameStr(p.name)))
	return clienttest.RoleSetup{
		Name:              p.name,
		Identity:          map[wallet.BackendID]wire.Account{ethwallet.BackendID: identity},
		Bus:               p.stage.bus,
		Funder:            p.funder,
		Adjudicator:       adj,
		Watcher:           guard,
		Wallet:            map[wallet.BackendID]wallettest.Wallet{ethwallet.BackendID: onlyAccount{p.wallet, p.account}},
		PR:                persister,
		Timeout:           roleLimit,
		ChallengeDuration: challengeDuration,
		Errors:            make(chan error),
	}, nil
}

// onlyAccount is a wallet for go-perun's roles that takes part with the account of the party. The backend's own ones make accounts
// by a curve that needs cgo.
type onlyAccount struct {
	*simple.Wallet
	account *simple.Account
}

func (w onlyAccount) NewRandomAccount(*rand.Rand) wallet.Account { return w.account }

// noticingAdjudicator tells of the first registration, which is the cheat.
type noticingAdjudicator struct {
	channel.Adjudicator
	cheat chan channel.ID
}

func (a *noticingAdjudicator) Register(ctx context.Context, req channel.AdjudicatorReq, subs []channel.SignedState) error {
	id := req.Tx.ID
	if len(subs) > 0 {
		id = subs[0].State.ID
	}
	err := a.Adjudicator.Register(ctx, req, subs)
	if err == nil {
		select {
		case a.cheat <- id:
		default:
		}
	}
	return err
}
