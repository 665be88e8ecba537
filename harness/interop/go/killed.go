package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	ethwallet "github.com/perun-network/perun-eth-backend/wallet"
	"perun.network/go-perun/channel"
	"perun.network/go-perun/wallet"
)

// legacy is what is left of a party whose process was killed: its key, who is to be paid, and what it could register.
type legacy struct {
	Key      hexutil.Bytes  `json:"key"`
	Receiver common.Address `json:"receiver"`
	Params   hexutil.Bytes  `json:"params"`
	// Tx is a state with its signatures.
	Tx  hexutil.Bytes `json:"tx"`
	Idx channel.Index `json:"idx"`
}

// legacies of both parties: the cheater's old state, and the honest one's newest.
type legacies struct {
	Cheater legacy `json:"cheater"`
	Honest  legacy `json:"honest"`
}

func (p *party) bequeath(req channel.AdjudicatorReq) (legacy, error) {
	var params, tx bytes.Buffer
	left := legacy{Key: crypto.FromECDSA(p.key), Receiver: p.receiver, Idx: req.Idx}
	err := errors.Join(req.Params.Encode(&params), req.Tx.Encode(&tx))
	left.Params, left.Tx = params.Bytes(), tx.Bytes()
	return left, err
}

// inherits makes the party of another life, without a client, and what it could register.
func (s *stage) inherits(ctx context.Context, name string, left legacy) (*party, channel.AdjudicatorReq, error) {
	var req channel.AdjudicatorReq
	key, err := crypto.ToECDSA(left.Key)
	if err != nil {
		return nil, req, err
	}
	p, err := s.account(ctx, name, s.DirectNode, key, left.Receiver)
	if err != nil {
		return nil, req, err
	}
	req.Params = new(channel.Params)
	req.Idx = left.Idx
	req.Acc = map[wallet.BackendID]wallet.Account{ethwallet.BackendID: p.account}
	return p, req, errors.Join(req.Params.Decode(bytes.NewReader(left.Params)), req.Tx.Decode(bytes.NewReader(left.Tx)))
}

// clientKilled: kill -9 of the honest client's process after its last acknowledgement; then the cheat comes.
func clientKilled(ctx context.Context, s *stage) error {
	if len(s.Resume) == 0 {
		return s.untilKilled(ctx)
	}
	var left legacies
	if err := s.livesAgain(ctx, &left); err != nil {
		return err
	}
	cheater, old, err := s.inherits(ctx, "Mallory", left.Cheater)
	if err != nil {
		return err
	}
	honest, newest, err := s.inherits(ctx, "Carol", left.Honest)
	if err != nil {
		return err
	}
	if err := cheater.cheats(ctx, old); err != nil {
		return err
	}
	if err := s.refuted(ctx, old.Params.ID(), old.Tx.Version, newest.Tx.Version); err != nil {
		return err
	}
	return s.withdrawn(ctx, cheater, old, honest, newest)
}

// untilKilled is the first life of both clients.
func (s *stage) untilKilled(ctx context.Context) error {
	ledger, old, err := s.paidTo(ctx)
	if err != nil {
		return err
	}
	var left legacies
	if left.Cheater, err = ledger.cheater.bequeath(old); err != nil {
		return err
	}
	if left.Honest, err = ledger.honest.bequeath(ledger.honestly()); err != nil {
		return err
	}
	return s.dies(left)
}

// dies has the process killed. left is what its next life finds.
func (s *stage) dies(left any) error {
	if err := s.ask(request{Do: "kill-me", Resume: left}); err != nil {
		return err
	}
	return errors.New("the runner killed nobody")
}

// livesAgain reads what the life before has left.
func (s *stage) livesAgain(ctx context.Context, left any) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	return json.Unmarshal(s.Resume, left)
}
