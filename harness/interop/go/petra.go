package main

import (
	"context"
	"fmt"
	"math/big"
	"testing"

	ethwallet "github.com/perun-network/perun-eth-backend/wallet"
	"perun.network/go-perun/channel/persistence/keyvalue"
	"perun.network/go-perun/client"
	clienttest "perun.network/go-perun/client/test"
	"perun.network/go-perun/wallet"
	"perun.network/go-perun/wire"
	"polycry.pt/poly-go/sortedkv/memorydb"
)

// rolePetraRobert: the roles of go-perun's own test of persistence. They open a channel, close both clients, restore the channel
// with new ones, and settle; nobody watches, nobody cheats. The guarded party's persister is wrapped by ours.
func rolePetraRobert(ctx context.Context, s *stage) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	var parties [2]*party
	var setups [2]clienttest.RoleSetup
	for i, name := range []string{"Petra", "Robert"} {
		p, err := s.newcomer(ctx, name, s.Node)
		if err != nil {
			return err
		}
		its := belongings{persister: keyvalue.NewPersistRestorer(memorydb.NewDatabase())}
		if setups[i], err = p.role(ctx, p.adj, s.kind == ours, its); err != nil {
			return err
		}
		parties[i] = p
	}
	config := clienttest.MakeBaseExecConfig(
		[2]map[wallet.BackendID]wire.Address{
			wire.AddressMapfromAccountMap(setups[0].Identity), wire.AddressMapfromAccountMap(setups[1].Identity),
		},
		s.asset, ethwallet.BackendID, [2]*big.Int{wei(100), wei(100)}, client.WithoutApp())
	var t testing.T
	s.now("playing")
	roles := [2]clienttest.Executer{clienttest.NewPetra(&t, setups[0]), clienttest.NewRobert(&t, setups[1])}
	if err := together(ctx, roles, &config); err != nil {
		return err
	}
	s.now("comparing the balances")
	for i, paid := range []int64{-1, 1} {
		got, err := s.balance(ctx, parties[i].receiver)
		if err != nil {
			return err
		}
		if want := new(big.Int).Add(wei(100), big.NewInt(paid)); got.Cmp(want) != 0 {
			return fmt.Errorf("%s got %v instead of %v", parties[i].name, got, want)
		}
	}
	return s.sent(ctx, 0)
}
