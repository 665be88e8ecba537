package ethconv

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/perun-network/perun-eth-backend/bindings/adjudicator"
	ethchannel "github.com/perun-network/perun-eth-backend/channel"
	"perun.network/go-perun/channel"

	perunwatcher "perun.network/perun-watcher/clients/go"
	"perun.network/perun-watcher/clients/go/watcherpb"
)

// Encoding is the one of perun-eth-backend.
type Encoding struct{}

var _ perunwatcher.Encoding = Encoding{}

// EncodeParams returns an error for parameters that perun-eth-backend cannot encode.
func (Encoding) EncodeParams(params *channel.Params) (wire *watcherpb.Params, err error) {
	defer recovered(&err)
	eth := ethchannel.ToEthParams(params)
	wire = &watcherpb.Params{
		ChallengeDuration: eth.ChallengeDuration.Bytes(),
		Nonce:             eth.Nonce.Bytes(),
		LedgerChannel:     eth.LedgerChannel,
		VirtualChannel:    eth.VirtualChannel,
	}
	if eth.App != (common.Address{}) {
		wire.App = eth.App.Bytes()
	}
	for _, each := range eth.Participants {
		wire.Participants = append(wire.Participants, &watcherpb.Participant{
			Address: each.EthAddress.Bytes(), CrossChainAddress: each.CcAddress,
		})
	}
	return wire, nil
}

// EncodeState returns an error for a state that perun-eth-backend cannot encode.
func (Encoding) EncodeState(state *channel.State) (wire *watcherpb.State, err error) {
	defer recovered(&err)
	eth := ethchannel.ToEthState(state)
	return &watcherpb.State{
		ChannelId: eth.ChannelID[:],
		Version:   eth.Version,
		Outcome:   outcomeToWire(eth.Outcome),
		AppData:   eth.AppData,
		IsFinal:   eth.IsFinal,
	}, nil
}

func outcomeToWire(outcome adjudicator.ChannelAllocation) *watcherpb.Allocation {
	wire := &watcherpb.Allocation{Backends: amountsToWire(outcome.Backends)}
	for _, each := range outcome.Assets {
		wire.Assets = append(wire.Assets, &watcherpb.Asset{
			ChainId: each.ChainID.Bytes(), Holder: each.EthHolder.Bytes(), CrossChainHolder: each.CcHolder,
		})
	}
	for _, each := range outcome.Balances {
		wire.Balances = append(wire.Balances, &watcherpb.Amounts{Amounts: amountsToWire(each)})
	}
	for _, each := range outcome.Locked {
		lock := &watcherpb.SubAlloc{ChannelId: each.ID[:], Balances: amountsToWire(each.Balances)}
		for _, index := range each.IndexMap {
			lock.IndexMap = append(lock.IndexMap, uint32(index))
		}
		wire.Locked = append(wire.Locked, lock)
	}
	return wire
}

// amountsToWire has no leading zeros; zero is no bytes at all.
func amountsToWire(amounts []*big.Int) [][]byte {
	wire := make([][]byte, len(amounts))
	for i, each := range amounts {
		wire[i] = each.Bytes()
	}
	return wire
}

// recovered makes an error of a panic, which is how perun-eth-backend refuses what it cannot encode.
func recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = fmt.Errorf("perun-eth-backend refuses it: %v", cause)
	}
}
