package perunwatcher

import (
	"bytes"

	"perun.network/go-perun/channel"
	"perun.network/go-perun/wallet"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// encodeSigned makes a copy of the state in the form of the wire.
func (w *Watcher) encodeSigned(tx channel.Transaction) (*watcherpb.SignedState, error) {
	if tx.State == nil {
		return nil, because(ErrStateMalformed, nil, "There is no state.")
	}
	state, err := w.config.Encoding.EncodeState(tx.State)
	if err != nil {
		return nil, because(ErrStateMalformed, err, "The state cannot be encoded.", err.Error())
	}
	signed := &watcherpb.SignedState{State: state, Sigs: make([][]byte, len(tx.Sigs))}
	for i, sig := range tx.Sigs {
		signed.Sigs[i] = bytes.Clone(sig)
	}
	return signed, nil
}

// decodeSigned is the state as go-perun has it; nil signatures if there are none.
func (w *Watcher) decodeSigned(app channel.App, signed *watcherpb.SignedState) (*channel.State, []wallet.Sig, error) {
	if signed.GetState() == nil {
		return nil, nil, because(ErrStateMalformed, nil, "There is no state.")
	}
	state, err := w.config.Encoding.DecodeState(app, signed.GetState())
	if err != nil {
		return nil, nil, because(ErrStateMalformed, err, "The state cannot be decoded.", err.Error())
	}
	var sigs []wallet.Sig
	for _, sig := range signed.GetSigs() {
		sigs = append(sigs, wallet.Sig(sig))
	}
	return state, sigs, nil
}

// isFullySigned reports whether every participant has signed.
func isFullySigned(tx channel.Transaction, participants int) bool {
	if tx.State == nil || len(tx.Sigs) != participants {
		return false
	}
	for _, sig := range tx.Sigs {
		if len(sig) == 0 {
			return false
		}
	}
	return true
}

func versionOf(signed *watcherpb.SignedState) uint64 { return signed.GetState().GetVersion() }

// locks reports whether a state locks funds for a channel.
func locks(signed *watcherpb.SignedState, id channel.ID) bool {
	for _, lock := range signed.GetState().GetOutcome().GetLocked() {
		if bytes.Equal(lock.GetChannelId(), id[:]) {
			return true
		}
	}
	return false
}
