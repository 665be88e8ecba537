package ethconv

import (
	"errors"
	"fmt"
	"math"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/perun-network/perun-eth-backend/bindings/adjudicator"
	ethchannel "github.com/perun-network/perun-eth-backend/channel"
	"google.golang.org/protobuf/proto"
	"perun.network/go-perun/channel"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// DecodeState returns an error for a state that is not one of Ethereum, or of another app.
func (Encoding) DecodeState(app channel.App, wire *watcherpb.State) (state *channel.State, err error) {
	defer recovered(&err)
	eth, err := stateFromWire(wire)
	if err != nil {
		return nil, err
	}
	decoded := ethchannel.FromEthState(app, eth)
	// What is lost on the way, such as app data of a channel without an app, would change the hash.
	again, err := Encoding{}.EncodeState(&decoded)
	if err != nil {
		return nil, err
	}
	if !proto.Equal(again, wire) {
		return nil, errors.New("go-perun has no such state")
	}
	return &decoded, nil
}

// HashState is the hash that the contract computes, without the prefix of signed messages.
func (Encoding) HashState(wire *watcherpb.State) (hash [32]byte, err error) {
	defer recovered(&err)
	eth, err := stateFromWire(wire)
	if err != nil {
		return hash, err
	}
	encoded, err := ethchannel.EncodeState(eth)
	if err != nil {
		return hash, err
	}
	return crypto.Keccak256Hash(encoded), nil
}

func stateFromWire(wire *watcherpb.State) (*adjudicator.ChannelState, error) {
	id, err := idFromWire(wire.GetChannelId())
	if err != nil {
		return nil, err
	}
	outcome, err := outcomeFromWire(wire.GetOutcome())
	if err != nil {
		return nil, err
	}
	return &adjudicator.ChannelState{
		ChannelID: id, Version: wire.GetVersion(), Outcome: outcome, AppData: wire.GetAppData(), IsFinal: wire.GetIsFinal(),
	}, nil
}

func outcomeFromWire(wire *watcherpb.Allocation) (adjudicator.ChannelAllocation, error) {
	outcome := adjudicator.ChannelAllocation{Backends: amountsFromWire(wire.GetBackends())}
	for _, each := range wire.GetAssets() {
		if len(each.GetHolder()) != common.AddressLength {
			return outcome, fmt.Errorf("an address has %d bytes", len(each.GetHolder()))
		}
		outcome.Assets = append(outcome.Assets, adjudicator.ChannelAsset{
			ChainID:   new(big.Int).SetBytes(each.GetChainId()),
			EthHolder: common.BytesToAddress(each.GetHolder()),
			CcHolder:  each.GetCrossChainHolder(),
		})
	}
	for _, each := range wire.GetBalances() {
		outcome.Balances = append(outcome.Balances, amountsFromWire(each.GetAmounts()))
	}
	for _, each := range wire.GetLocked() {
		lock, err := lockFromWire(each)
		if err != nil {
			return outcome, err
		}
		outcome.Locked = append(outcome.Locked, lock)
	}
	return outcome, nil
}

func lockFromWire(wire *watcherpb.SubAlloc) (adjudicator.ChannelSubAlloc, error) {
	lock := adjudicator.ChannelSubAlloc{Balances: amountsFromWire(wire.GetBalances())}
	var err error
	if lock.ID, err = idFromWire(wire.GetChannelId()); err != nil {
		return lock, err
	}
	for _, index := range wire.GetIndexMap() {
		if index > math.MaxUint16 {
			return lock, errors.New("an index is too large")
		}
		lock.IndexMap = append(lock.IndexMap, uint16(index))
	}
	return lock, nil
}

func idFromWire(wire []byte) (channel.ID, error) {
	if len(wire) != channel.IDLen {
		return channel.ID{}, fmt.Errorf("a channel id has %d bytes", len(wire))
	}
	return channel.ID(wire), nil
}

func amountsFromWire(wire [][]byte) []*big.Int {
	amounts := make([]*big.Int, len(wire))
	for i, each := range wire {
		amounts[i] = new(big.Int).SetBytes(each)
	}
	return amounts
}
