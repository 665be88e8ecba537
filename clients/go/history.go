package perunwatcher

import (
	"bytes"

	"google.golang.org/protobuf/proto"
	"perun.network/go-perun/channel"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// maxHistory is how many states of a channel are kept, the newest ones, in case the watcher asks for one of them or refuses a
// newer one.
const maxHistory = 64

// history has the states of one channel that this client knows, by ascending version.
type history struct{ states []*kept }

type kept struct {
	signed *watcherpb.SignedState
	// refused: the watcher will never take it.
	refused *Error
	// uncertain: it was sent before, and the connection was lost before the answer arrived.
	uncertain bool
}

func (k *kept) version() uint64 { return versionOf(k.signed) }

// add keeps a state unless it is kept already. It returns the entry, and whether that is new.
func (h *history) add(signed *watcherpb.SignedState) (entry *kept, isNew bool) {
	at := len(h.states)
	for at > 0 && h.states[at-1].version() >= versionOf(signed) {
		at--
		if before := h.states[at]; proto.Equal(before.signed.GetState(), signed.GetState()) {
			return before, false
		}
	}
	for at < len(h.states) && h.states[at].version() <= versionOf(signed) {
		at++
	}
	entry = &kept{signed: signed}
	h.states = append(h.states, nil)
	copy(h.states[at+1:], h.states[at:])
	h.states[at] = entry
	if len(h.states) > maxHistory {
		h.states = append([]*kept(nil), h.states[1:]...)
	}
	return entry, true
}

// forgive lets states be sent again that were refused for reasons that pass: a full quota, a receipt that was not valid.
func (h *history) forgive() {
	for _, each := range h.states {
		if each.refused != nil && (each.refused.Retryable || each.refused.Code == ErrReceiptInvalid.Code) {
			each.refused = nil
		}
	}
}

// newest is the newest state that is not refused, newer than the version; nil if there is none.
func (h *history) newest(above uint64) *kept {
	for i := len(h.states) - 1; i >= 0 && h.states[i].version() > above; i-- {
		if h.states[i].refused == nil {
			return h.states[i]
		}
	}
	return nil
}

// ofVersion is a state with this version that is not refused.
func (h *history) ofVersion(version uint64) *kept {
	for _, each := range h.states {
		if each.version() == version && each.refused == nil {
			return each
		}
	}
	return nil
}

// withHash is the state with this version and hash.
func (h *history) withHash(version uint64, hash []byte, hashOf func(*watcherpb.State) ([32]byte, error)) *kept {
	for _, each := range h.states {
		if each.version() != version {
			continue
		}
		if found, err := hashOf(each.signed.GetState()); err == nil && bytes.Equal(found[:], hash) {
			return each
		}
	}
	return nil
}

// refusal is why the watcher does not take this version, if it has refused it.
func (h *history) refusal(version uint64) error {
	for _, each := range h.states {
		if each.version() == version && each.refused != nil {
			return each.refused
		}
	}
	return nil
}

// locks reports whether some state locks the channel.
func (h *history) locks(id channel.ID) bool {
	for _, each := range h.states {
		if locks(each.signed, id) {
			return true
		}
	}
	return false
}
