package main

import (
	"context"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi/bind"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/perun-network/perun-eth-backend/bindings/adjudicator"
	ethchannel "github.com/perun-network/perun-eth-backend/channel"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/wire"
)

type scenario func(context.Context, *stage) error

// stage is a world with the parties that play in it.
type stage struct {
	*world
	kind   watcherKind
	blocks *uint64

	once     sync.Once
	bus      *wire.LocalBus
	raw      *rpc.Client
	chain    *ethclient.Client
	contract *adjudicator.Adjudicator
	asset    *ethchannel.Asset
	opened   error

	mu   sync.Mutex
	step string
}

// now says what is being done, for whoever asks why it hangs.
func (s *stage) now(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step = fmt.Sprintf(format, args...)
}

func (s *stage) doing() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.step
}

// open connects to the chain directly, to see what is so.
func (s *stage) open(ctx context.Context) error {
	s.once.Do(func() {
		s.bus = wire.NewLocalBus()
		if s.raw, s.opened = rpc.DialContext(ctx, s.DirectNode); s.opened != nil {
			return
		}
		s.chain = ethclient.NewClient(s.raw)
		s.contract, s.opened = adjudicator.NewAdjudicator(common.HexToAddress(s.Adjudicator), s.chain)
		s.asset = ethchannel.NewAsset(big.NewInt(s.ChainID), common.HexToAddress(s.AssetHolder))
	})
	return s.opened
}

// registration is an entry in the record of a channel.
type registration struct {
	version, block uint64
	tx             common.Hash
}

// registrations of a channel, in the order of the chain.
func (s *stage) registrations(ctx context.Context, id channel.ID) ([]registration, error) {
	logs, err := s.contract.FilterChannelUpdate(&bind.FilterOpts{Context: ctx}, [][32]byte{id})
	if err != nil {
		return nil, err
	}
	defer logs.Close()
	var found []registration
	for logs.Next() {
		if logs.Event.Phase == phaseDispute {
			found = append(found, registration{logs.Event.Version, logs.Event.Raw.BlockNumber, logs.Event.Raw.TxHash})
		}
	}
	return found, logs.Error()
}

const phaseDispute = 0

const (
	pollInterval = 200 * time.Millisecond
	// refutationLimit is how long a refutation may take; channels can be disputed for longer.
	refutationLimit = 30 * time.Second
)

// until polls until it is so.
func until(ctx context.Context, limit time.Duration, isSo func(context.Context) (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		is, err := isSo(ctx)
		if is || err != nil {
			return err
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// refuted waits until the newest version stands in the place of the old one, and notes how many blocks that took.
func (s *stage) refuted(ctx context.Context, id channel.ID, old, newest uint64) error {
	s.now("waiting until version %d stands in the place of %d", newest, old)
	var found []registration
	err := until(ctx, refutationLimit, func(ctx context.Context) (is bool, err error) {
		if found, err = s.registrations(ctx, id); err != nil {
			return false, err
		}
		var cheat *registration
		for i := range found {
			switch each := &found[i]; {
			case each.version == old && cheat == nil:
				cheat = each
			case cheat != nil && each.version == newest:
				s.took(each.block - cheat.block)
				return true, nil
			}
		}
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("%w; the chain has the versions %v", err, versionsOf(found))
	}
	return nil
}

func versionsOf(found []registration) []uint64 {
	versions := make([]uint64, len(found))
	for i, each := range found {
		versions[i] = each.version
	}
	return versions
}

// took notes the longest of several refutations.
func (s *stage) took(blocks uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blocks == nil || *s.blocks < blocks {
		s.blocks = &blocks
	}
}

// afterWindow lets the time of the chain pass.
func (s *stage) afterWindow() error {
	s.now("waiting for the end of the window")
	return s.ask(request{Do: "skip", Skip: challengeDuration})
}

// minedBlocks waits for so many blocks.
func (s *stage) minedBlocks(ctx context.Context, count uint64) error {
	s.now("waiting for %d blocks", count)
	before, err := s.chain.BlockNumber(ctx)
	if err != nil {
		return err
	}
	return until(ctx, refutationLimit, func(ctx context.Context) (bool, error) {
		head, err := s.chain.BlockNumber(ctx)
		return head >= before+count, err
	})
}

// balance of an account, on the chain.
func (s *stage) balance(ctx context.Context, of common.Address) (*big.Int, error) {
	return s.chain.BalanceAt(ctx, of, nil)
}

// paidOut compares what the parties got with what they should have.
func (s *stage) paidOut(ctx context.Context, want map[*party]int64) error {
	s.now("comparing the balances")
	for p, amount := range want {
		got, err := s.balance(ctx, p.receiver)
		if err != nil {
			return err
		}
		if got.Cmp(wei(amount)) != 0 {
			return fmt.Errorf("%s got %v instead of %v", p.name, got, wei(amount))
		}
	}
	return nil
}

// sent fails unless the daemon, if there is one, has sent exactly so many transactions.
func (s *stage) sent(ctx context.Context, want uint64) error {
	if s.kind != ours {
		return nil
	}
	sent, err := s.chain.NonceAt(ctx, common.HexToAddress(s.Payer), nil)
	if err == nil && sent != want {
		err = fmt.Errorf("the daemon sent %d transactions", sent)
	}
	return err
}

// wei of so many thousandths of an ether.
func wei(amount int64) *big.Int { return new(big.Int).Mul(big.NewInt(amount), big.NewInt(1e15)) }
