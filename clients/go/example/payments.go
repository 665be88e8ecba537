package main

import (
	"crypto/rand"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	ethchannel "github.com/perun-network/perun-eth-backend/channel"
	ethwallet "github.com/perun-network/perun-eth-backend/wallet"
	"github.com/perun-network/perun-eth-backend/wallet/simple"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/wallet"
)

// payments is a channel whose two participants are both this program.
type payments struct {
	params   *channel.Params
	accounts []wallet.Account
}

func newPayments() (*payments, error) {
	nonce, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 255))
	if err != nil {
		return nil, err
	}
	// Toy accounts; nonce and accounts of a real channel come from go-perun. NewRandomAccount would need cgo.
	p := &payments{}
	var parts []map[wallet.BackendID]wallet.Address
	for range 2 {
		key, err := crypto.GenerateKey()
		if err != nil {
			return nil, err
		}
		account, err := simple.NewWallet(key).Unlock(ethwallet.AsWalletAddr(crypto.PubkeyToAddress(key.PublicKey)))
		if err != nil {
			return nil, err
		}
		p.accounts = append(p.accounts, account)
		parts = append(parts, map[wallet.BackendID]wallet.Address{ethwallet.BackendID: account.Address()})
	}
	p.params, err = channel.NewParams(3600, parts, channel.NoApp(), nonce, true, false)
	return p, err
}

// signed is the state after so many payments of 1, signed by both.
func (p *payments) signed(version uint64) (channel.SignedState, error) {
	paid := new(big.Int).SetUint64(version)
	state := &channel.State{
		ID: p.params.ID(), Version: version, App: channel.NoApp(), Data: channel.NoData(),
		Allocation: channel.Allocation{
			Assets:   []channel.Asset{ethchannel.NewAsset(big.NewInt(1337), common.HexToAddress("0x0a"))},
			Backends: []wallet.BackendID{ethwallet.BackendID},
			Balances: channel.Balances{{new(big.Int).Sub(big.NewInt(100), paid), paid}},
		},
	}
	signed := channel.SignedState{Params: p.params, State: state}
	for _, account := range p.accounts {
		sig, err := channel.Sign(account, state, ethwallet.BackendID)
		if err != nil {
			return signed, err
		}
		signed.Sigs = append(signed.Sigs, sig)
	}
	return signed, nil
}
