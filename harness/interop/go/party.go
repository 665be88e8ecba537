package main

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"os"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
	ethchannel "github.com/perun-network/perun-eth-backend/channel"
	ethwallet "github.com/perun-network/perun-eth-backend/wallet"
	"github.com/perun-network/perun-eth-backend/wallet/simple"
	ethwire "github.com/perun-network/perun-eth-backend/wire"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/channel/persistence"
	"perun.network/go-perun/client"
	"perun.network/go-perun/wallet"
	"perun.network/go-perun/wire"

	perunwatcher "perun.network/perun-watcher/clients/go"
)

const (
	// challengeDuration of all channels, in seconds.
	challengeDuration = 60
	// finality is how many blocks the backend waits for.
	finality        = 1
	adjudicatorGas  = 2_000_000
	depositGas      = 100_000
	startLimit      = 20 * time.Second
	acknowledgement = 30 * time.Second
)

// party is a go-perun client with an account on the chain.
type party struct {
	stage    *stage
	name     string
	key      *ecdsa.PrivateKey
	account  *simple.Account
	wallet   *simple.Wallet
	receiver common.Address
	adj      *ethchannel.Adjudicator
	funder   *ethchannel.Funder
	client   *client.Client
	// daemon is the client of ours, if it guards.
	daemon *perunwatcher.Watcher
	guard  *noting

	mu       sync.Mutex
	channels map[channel.ID]*client.Channel
	events   map[channel.ID][]channel.AdjudicatorEvent
}

// account makes a party without a client: keys, money, and the contracts.
func (s *stage) account(ctx context.Context, name, node string, key *ecdsa.PrivateKey, receiver common.Address) (*party, error) {
	chain, err := ethclient.DialContext(ctx, node)
	if err != nil {
		return nil, err
	}
	w := simple.NewWallet(key)
	address := crypto.PubkeyToAddress(key.PublicKey)
	unlocked, err := w.Unlock(ethwallet.AsWalletAddr(address))
	if err != nil {
		return nil, err
	}
	p := &party{stage: s, name: name, key: key, account: unlocked.(*simple.Account), wallet: w, receiver: receiver,
		channels: map[channel.ID]*client.Channel{}, events: map[channel.ID][]channel.AdjudicatorEvent{}}
	id := ethchannel.MakeChainID(big.NewInt(s.ChainID))
	backend := ethchannel.NewContractBackend(
		chain, id, simple.NewTransactor(w, types.LatestSignerForChainID(id.Int)), finality)
	p.adj = ethchannel.NewAdjudicator(backend, common.HexToAddress(s.Adjudicator), receiver, p.account.Account, adjudicatorGas)
	p.funder = ethchannel.NewFunder(backend)
	if !p.funder.RegisterAsset(*s.asset, ethchannel.NewETHDepositor(depositGas), p.account.Account) {
		return nil, errors.New("the funder has the asset already")
	}
	return p, s.raw.CallContext(ctx, nil, "anvil_setBalance", address, hexutil.EncodeBig(wei(1_000_000)))
}

// newcomer is an account with keys of its own.
func (s *stage) newcomer(ctx context.Context, name, node string) (*party, error) {
	key, err := crypto.GenerateKey()
	if err != nil {
		return nil, err
	}
	purse, err := crypto.GenerateKey()
	if err != nil {
		return nil, err
	}
	return s.account(ctx, name, node, key, crypto.PubkeyToAddress(purse.PublicKey))
}

// honest makes a party that is guarded, by a node that can be cut off.
func (s *stage) honest(ctx context.Context, name string) (*party, error) {
	return s.party(ctx, name, s.Node, true)
}

// cheater makes a party that watches nothing.
func (s *stage) cheater(ctx context.Context, name string) (*party, error) {
	return s.party(ctx, name, s.DirectNode, false)
}

func (s *stage) party(ctx context.Context, name, node string, isGuarded bool) (*party, error) {
	s.now("setting up %s", name)
	if err := s.open(ctx); err != nil {
		return nil, err
	}
	p, err := s.newcomer(ctx, name, node)
	if err != nil {
		return nil, err
	}
	return p, p.begin(ctx, isGuarded, forgetful)
}

// belongings are what a client may keep through its lives.
type belongings struct {
	persister persistence.PersistRestorer
	// receipts of the watcher; nil: in memory.
	receipts perunwatcher.ReceiptStore
	// keys by which the watcher knows the client; nil: new ones.
	keys *perunwatcher.Keys
}

// forgetful is a client that keeps nothing.
var forgetful = belongings{persister: persistence.NonPersistRestorer}

// begin gives the party a client.
func (p *party) begin(ctx context.Context, isGuarded bool, its belongings) (err error) {
	if p.guard, err = p.guarding(ctx, isGuarded && p.stage.kind == ours, its); err != nil {
		return err
	}
	p.client, err = client.New(p.wireAddress(), p.stage.bus, p.funder, p.adj,
		map[wallet.BackendID]wallet.Wallet{ethwallet.BackendID: p.wallet}, p.guard)
	if err != nil {
		return err
	}
	persister := its.persister
	if p.daemon != nil {
		persister = p.daemon.Persister(persister)
	}
	p.client.EnablePersistence(persister)
	p.client.OnNewChannel(p.add)
	go p.client.Handle(client.ProposalHandlerFunc(p.handleProposal), client.UpdateHandlerFunc(p.handleUpdate))
	return nil
}

func (p *party) wireAddress() map[wallet.BackendID]wire.Address {
	return map[wallet.BackendID]wire.Address{
		ethwallet.BackendID: &ethwire.Address{Address: ethwallet.AsWalletAddr(p.account.Account.Address)},
	}
}

func (p *party) walletAddress() map[wallet.BackendID]wallet.Address {
	return map[wallet.BackendID]wallet.Address{ethwallet.BackendID: p.account.Address()}
}

func (p *party) add(ch *client.Channel) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.channels[ch.ID()] = ch
}

// channel waits until the party has it.
func (p *party) channel(ctx context.Context, id channel.ID) (ch *client.Channel, err error) {
	p.stage.now("waiting until %s has the channel", p.name)
	return ch, until(ctx, startLimit, func(context.Context) (bool, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		ch = p.channels[id]
		return ch != nil, nil
	})
}

func (p *party) complain(what string, err error) {
	fmt.Fprintf(os.Stderr, "%s could not %s: %v\n", p.name, what, err)
}

// handleProposal accepts everything; in another goroutine, because go-perun holds the lock of the parent until it returns.
func (p *party) handleProposal(proposal client.ChannelProposal, responder *client.ProposalResponder) {
	var acc client.ChannelProposalAccept
	switch proposal := proposal.(type) {
	case *client.LedgerChannelProposalMsg:
		acc = proposal.Accept(p.walletAddress(), client.WithRandomNonce())
	case *client.SubChannelProposalMsg:
		acc = proposal.Accept(client.WithRandomNonce())
	case *client.VirtualChannelProposalMsg:
		acc = proposal.Accept(p.walletAddress())
	}
	go func() {
		ctx, cancel := context.WithTimeout(p.client.Ctx(), limit)
		defer cancel()
		if _, err := responder.Accept(ctx, acc); err != nil {
			p.complain("accept a channel", err)
		}
	}()
}

func (p *party) handleUpdate(_ *channel.State, _ client.ChannelUpdate, responder *client.UpdateResponder) {
	ctx, cancel := context.WithTimeout(p.client.Ctx(), limit)
	defer cancel()
	if err := responder.Accept(ctx); err != nil {
		p.complain("accept an update", err)
	}
}
