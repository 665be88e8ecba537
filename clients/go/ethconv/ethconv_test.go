package ethconv_test

import (
	"context"
	"errors"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	ethchannel "github.com/perun-network/perun-eth-backend/channel"
	ethwallet "github.com/perun-network/perun-eth-backend/wallet"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/wallet"

	"perun.network/perun-watcher/clients/go/ethconv"
	"perun.network/perun-watcher/clients/go/watcherpb"
)

var holder = common.HexToAddress("0x00000000000000000000000000000000000000aa")

func newParams(t *testing.T) *channel.Params {
	t.Helper()
	var parts []map[wallet.BackendID]wallet.Address
	for _, each := range []string{"0x01", "0x02"} {
		parts = append(parts, map[wallet.BackendID]wallet.Address{ethwallet.BackendID: ethwallet.AsWalletAddr(common.HexToAddress(each))})
	}
	params, err := channel.NewParams(60, parts, channel.NoApp(), big.NewInt(256), true, false)
	if err != nil {
		t.Fatal(err)
	}
	return params
}

func newState(id channel.ID) *channel.State {
	return &channel.State{
		ID: id, Version: 3, App: channel.NoApp(), Data: channel.NoData(), IsFinal: true,
		Allocation: channel.Allocation{
			Assets:   []channel.Asset{ethchannel.NewAsset(big.NewInt(31_337), holder)},
			Backends: []wallet.BackendID{ethwallet.BackendID},
			Balances: channel.Balances{{big.NewInt(0), big.NewInt(256)}},
			Locked: []channel.SubAlloc{
				*channel.NewSubAlloc(channel.ID{1}, []channel.Bal{big.NewInt(5)}, nil),
				*channel.NewSubAlloc(channel.ID{2}, []channel.Bal{big.NewInt(6)}, []channel.Index{1, 0}),
			},
		},
	}
}

func TestParamsHaveTheFieldsOfTheContract(t *testing.T) {
	wire, err := ethconv.Encoding{}.EncodeParams(newParams(t))
	if err != nil {
		t.Fatal(err)
	}
	if string(wire.GetChallengeDuration()) != "\x3c" || string(wire.GetNonce()) != "\x01\x00" || wire.GetApp() != nil || !wire.GetLedgerChannel() {
		t.Fatal(wire)
	}
	for _, each := range wire.GetParticipants() {
		if len(each.GetAddress()) != 20 || len(each.GetCrossChainAddress()) != 32 {
			t.Fatal(each)
		}
	}
}

func TestStateHasTheHashThatIsSigned(t *testing.T) {
	state := newState(newParams(t).ID())
	wire, err := ethconv.Encoding{}.EncodeState(state)
	if err != nil {
		t.Fatal(err)
	}
	outcome := wire.GetOutcome()
	// Zero is no bytes, and index maps that go-perun leaves empty are full.
	if amounts := outcome.GetBalances()[0].GetAmounts(); len(amounts[0]) != 0 || string(amounts[1]) != "\x01\x00" {
		t.Fatal(amounts)
	}
	for i, expected := range [][2]uint32{{0, 1}, {1, 0}} {
		if index := outcome.GetLocked()[i].GetIndexMap(); len(index) != 2 || [2]uint32(index) != expected {
			t.Fatal(index)
		}
	}
	if asset := outcome.GetAssets()[0]; string(asset.GetHolder()) != string(holder[:]) || len(asset.GetCrossChainHolder()) != 32 {
		t.Fatal(asset)
	}
	hash, err := ethconv.Encoding{}.HashState(wire)
	if err != nil || hash != ethchannel.HashState(state) {
		t.Fatal(hash, err)
	}
	decoded, err := ethconv.Encoding{}.DecodeState(channel.NoApp(), wire)
	if err != nil || ethchannel.HashState(decoded) != hash || decoded.Version != 3 || !decoded.IsFinal {
		t.Fatal(decoded, err)
	}
}

func TestWhatCannotBeTranslatedIsAnError(t *testing.T) {
	state := newState(channel.ID{9})
	state.Data = nil
	if _, err := (ethconv.Encoding{}).EncodeState(state); err == nil {
		t.Fatal("no error")
	}
	if _, err := (ethconv.Encoding{}).EncodeParams(&channel.Params{Parts: make([]map[wallet.BackendID]wallet.Address, 1)}); err == nil {
		t.Fatal("no error")
	}
	good := func() *watcherpb.State {
		wire, err := ethconv.Encoding{}.EncodeState(newState(channel.ID{9}))
		if err != nil {
			t.Fatal(err)
		}
		return wire
	}
	changes := map[string]func(*watcherpb.State){
		"id":       func(wire *watcherpb.State) { wire.ChannelId = wire.ChannelId[:31] },
		"holder":   func(wire *watcherpb.State) { wire.Outcome.Assets[0].Holder = nil },
		"lock":     func(wire *watcherpb.State) { wire.Outcome.Locked[0].ChannelId = nil },
		"index":    func(wire *watcherpb.State) { wire.Outcome.Locked[0].IndexMap[0] = 65_536 },
		"app data": func(wire *watcherpb.State) { wire.AppData = []byte{1} },
		"rows":     func(wire *watcherpb.State) { wire.Outcome.Balances = nil },
		"nothing":  func(wire *watcherpb.State) { wire.Outcome = nil; wire.ChannelId = nil },
	}
	for name, change := range changes {
		wire := good()
		change(wire)
		if decoded, err := (ethconv.Encoding{}).DecodeState(channel.NoApp(), wire); err == nil {
			t.Errorf("%s: %v", name, decoded)
		}
	}
}

// headers is a chain whose time a test sets.
type headers struct {
	time uint64
	err  error
}

func (h *headers) HeaderByNumber(context.Context, *big.Int) (*types.Header, error) {
	return &types.Header{Time: h.time}, h.err
}

func TestTimeoutsElapseInTheTimeOfTheChain(t *testing.T) {
	chain := &headers{time: 99}
	timeout := ethconv.BlockTimeouts(chain)(100)
	if timeout.IsElapsed(t.Context()) {
		t.Fatal("too early")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := timeout.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	chain.time = 100
	if err := timeout.Wait(t.Context()); err != nil || !timeout.IsElapsed(t.Context()) {
		t.Fatal(err)
	}
	chain.err = errors.New("away")
	if timeout.IsElapsed(t.Context()) {
		t.Fatal("nobody knows")
	}
}
