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

// checkSigned returns an error unless a state from the watcher is one of the channel that every participant has signed. What is
// not must not take the place of what is.
func (s *session) checkSigned(state *channel.State, sigs []wallet.Sig) error {
	if state.ID != s.id {
		return because(ErrChannelIDMismatch, nil, "The watcher told a state of another channel.")
	}
	if len(sigs) != len(s.parts) {
		return because(ErrSignatureCount, nil, "The watcher told a state that not everybody has signed.")
	}
	for i, addresses := range s.parts {
		if !isSignedBy(addresses, state, fullSig(sigs[i])) {
			return because(ErrSignatureInvalid, nil, "The watcher told a state that not everybody has signed.")
		}
	}
	return nil
}

func isSignedBy(addresses map[wallet.BackendID]wallet.Address, state *channel.State, sig wallet.Sig) bool {
	for _, address := range addresses {
		if isValid, err := channel.Verify(address, state, sig); err == nil && isValid {
			return true
		}
	}
	return false
}

const compactSigBytes = 64

// fullSig has the 65 bytes of a signature that the contract also takes in 64 (EIP-2098), and go-perun does not.
func fullSig(sig wallet.Sig) wallet.Sig {
	if len(sig) != compactSigBytes {
		return sig
	}
	full := append(bytes.Clone(sig), 27+sig[32]>>7)
	full[32] &= 0x7f
	return full
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
