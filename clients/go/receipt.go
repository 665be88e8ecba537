package perunwatcher

import (
	"bytes"
	"crypto/ed25519"
	"fmt"

	"google.golang.org/protobuf/proto"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

const (
	receiptKeyBytes = ed25519.PublicKeySize
	receiptPrefix   = "perun-watcher receipt v1\n"
)

// Receipt is the watcher's signed promise that it accepted a state: a proof to others.
type Receipt struct {
	// Body is a serialised watcherpb.ReceiptBody, as it was signed.
	Body []byte
	// Signature is Ed25519 over "perun-watcher receipt v1\n" and the body.
	Signature []byte
	// Key is the public key of the watcher.
	Key []byte
}

// Verify checks the signature and returns what the receipt says.
func (r Receipt) Verify() (*watcherpb.ReceiptBody, error) {
	if len(r.Key) != receiptKeyBytes || !ed25519.Verify(r.Key, append([]byte(receiptPrefix), r.Body...), r.Signature) {
		return nil, because(ErrReceiptInvalid, nil, "The receipt is not signed with the key of the watcher.")
	}
	body := &watcherpb.ReceiptBody{}
	if err := proto.Unmarshal(r.Body, body); err != nil {
		return nil, because(ErrReceiptInvalid, err, "The receipt is signed, but malformed.")
	}
	return body, nil
}

// takeReceipt checks the receipt for a state and keeps it.
func (s *session) takeReceipt(conn *connection, state *kept, wire *watcherpb.Receipt) *Error {
	key, err := s.client.receiptKeyFor(conn.welcome)
	if key == nil || err != nil {
		return err
	}
	if wire == nil {
		return invalidReceipt("The watcher gave no receipt for version %d.", state.version())
	}
	receipt := Receipt{Body: wire.GetBody(), Signature: wire.GetSignature(), Key: key}
	body, failure := receipt.Verify()
	if failure != nil {
		return failure.(*Error)
	}
	if err := s.checkReceipt(conn, state, body); err != nil {
		return err
	}
	s.receipt = wire
	s.client.disk.run(func() {
		if err := s.client.config.Receipts.Save(s.id, receipt); err != nil {
			s.client.report(s.id, fmt.Errorf("keeping a receipt: %w", err))
		}
	})
	return nil
}

func (s *session) checkReceipt(conn *connection, state *kept, body *watcherpb.ReceiptBody) *Error {
	switch {
	case body.GetLedgerId() != conn.welcome.GetLedgerId():
		return invalidReceipt("Ledger %s instead of %s.", body.GetLedgerId(), conn.welcome.GetLedgerId())
	case body.GetClient() != s.client.name:
		return invalidReceipt("Client %s instead of %s.", body.GetClient(), s.client.name)
	case !bytes.Equal(body.GetChannelId(), s.id[:]):
		return invalidReceipt("Channel %x instead of %x.", body.GetChannelId(), s.id)
	case body.GetVersion() < state.version():
		return invalidReceipt("Version %d instead of %d.", body.GetVersion(), state.version())
	case body.GetVersion() > state.version():
		return nil
	}
	hash, err := s.client.config.Encoding.HashState(state.signed.GetState())
	if err != nil || !bytes.Equal(hash[:], body.GetStateHash()) {
		return invalidReceipt("State hash %x instead of %x.", body.GetStateHash(), hash)
	}
	return nil
}

func invalidReceipt(format string, values ...any) *Error {
	return because(ErrReceiptInvalid, nil, "The receipt is about something else.", fmt.Sprintf(format, values...))
}

// receiptKeyFor is the key that the watcher has to sign with: the one of the config, or the first one that it ever said. Nil
// if it gives no receipts.
func (w *Watcher) receiptKeyFor(welcome *watcherpb.Welcome) ([]byte, *Error) {
	said := welcome.GetReceiptKey()
	if w.receiptKey == nil {
		if len(said) != receiptKeyBytes {
			return nil, nil
		}
		w.receiptKey = said
		w.disk.run(func() {
			if err := w.config.Receipts.SaveKey(said); err != nil {
				w.log.Error("Receipt key not kept", "error", err)
			}
		})
	}
	if !bytes.Equal(said, w.receiptKey) {
		return nil, because(ErrReceiptInvalid, nil, "The watcher signs with another key than it has to, or not at all.")
	}
	return w.receiptKey, nil
}
