package main

import (
	ethwallet "github.com/perun-network/perun-eth-backend/wallet"
	ethwire "github.com/perun-network/perun-eth-backend/wire"
	"perun.network/go-perun/wire"
)

// The backend makes addresses that have nothing to be read into, so that a client that restores its channels panics.
func init() {
	wire.SetNewAddressFunc(func() wire.Address { return &ethwire.Address{Address: new(ethwallet.Address)} })
}
