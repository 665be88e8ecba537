package perunwatcher_test

import (
	"math/big"
	"math/rand"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	ethchannel "github.com/perun-network/perun-eth-backend/channel"
	ethwallet "github.com/perun-network/perun-eth-backend/wallet"
	"github.com/perun-network/perun-eth-backend/wallet/simple"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/wallet"
)

// testChannel is a payment channel of two, with real signatures.
type testChannel struct {
	t        *testing.T
	params   *channel.Params
	accounts []wallet.Account
}

func newChannel(t *testing.T, seed int64, isLedger bool) *testChannel {
	t.Helper()
	random := rand.New(rand.NewSource(seed))
	return newChannelOf(t, seed, isLedger, newAccount(t, random), newAccount(t, random))
}

// newAccount is one without cgo, which the wallet's own NewRandomAccount needs.
func newAccount(t *testing.T, random *rand.Rand) wallet.Account {
	t.Helper()
	var secret [32]byte
	random.Read(secret[:])
	key, err := crypto.ToECDSA(secret[:])
	if err != nil {
		t.Fatal(err)
	}
	account, err := simple.NewWallet(key).Unlock(ethwallet.AsWalletAddr(crypto.PubkeyToAddress(key.PublicKey)))
	if err != nil {
		t.Fatal(err)
	}
	return account
}

func newChannelOf(t *testing.T, nonce int64, isLedger bool, accounts ...wallet.Account) *testChannel {
	t.Helper()
	var parts []map[wallet.BackendID]wallet.Address
	for _, account := range accounts {
		parts = append(parts, map[wallet.BackendID]wallet.Address{ethwallet.BackendID: account.Address()})
	}
	params, err := channel.NewParams(60, parts, channel.NoApp(), big.NewInt(nonce), isLedger, false)
	if err != nil {
		t.Fatal(err)
	}
	return &testChannel{t: t, params: params, accounts: accounts}
}

func (c *testChannel) id() channel.ID { return c.params.ID() }

// tx is the state of a version, signed by both; the first participant gives 5 for each of the channels that it locks.
func (c *testChannel) tx(version uint64, locked ...channel.ID) channel.Transaction {
	c.t.Helper()
	left := 100 - int64(version) - 5*int64(len(locked))
	state := &channel.State{
		ID: c.id(), Version: version, App: channel.NoApp(), Data: channel.NoData(),
		Allocation: channel.Allocation{
			Assets:   []channel.Asset{ethchannel.NewAsset(big.NewInt(1337), common.HexToAddress("0x0a"))},
			Backends: []wallet.BackendID{ethwallet.BackendID},
			Balances: channel.Balances{{big.NewInt(left), new(big.Int).SetUint64(version)}},
		},
	}
	for _, id := range locked {
		state.Locked = append(state.Locked, *channel.NewSubAlloc(id, []channel.Bal{big.NewInt(5)}, nil))
	}
	return c.sign(state)
}

func (c *testChannel) sign(state *channel.State) channel.Transaction {
	c.t.Helper()
	tx := channel.Transaction{State: state}
	for _, account := range c.accounts {
		sig, err := channel.Sign(account, state, ethwallet.BackendID)
		if err != nil {
			c.t.Fatal(err)
		}
		tx.Sigs = append(tx.Sigs, sig)
	}
	return tx
}

func (c *testChannel) signed(version uint64, locked ...channel.ID) channel.SignedState {
	tx := c.tx(version, locked...)
	return channel.SignedState{Params: c.params, State: tx.State, Sigs: tx.Sigs}
}

// source is the channel as go-perun's persistence sees it.
type source struct {
	channel *testChannel
	current channel.Transaction
}

func (s source) ID() channel.ID                 { return s.channel.id() }
func (s source) Idx() channel.Index             { return 0 }
func (s source) Params() *channel.Params        { return s.channel.params }
func (s source) StagingTX() channel.Transaction { return channel.Transaction{} }
func (s source) CurrentTX() channel.Transaction { return s.current }
func (s source) Phase() channel.Phase           { return channel.Acting }
