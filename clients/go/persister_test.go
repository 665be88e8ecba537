package perunwatcher_test

import (
	"testing"

	"perun.network/go-perun/channel"
	"perun.network/go-perun/channel/persistence"
)

func TestStateBetweenStartAndFirstPublishIsNotLost(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	persister := r.Persister(persistence.NonPersistRestorer)
	conn := r.fake.welcome(t)
	// Nobody watches it yet.
	if err := persister.ChannelCreated(t.Context(), source{ch, ch.tx(0)}, nil, nil); err != nil {
		t.Fatal(err)
	}
	w, _ := r.started(conn, ch.signed(0))
	// go-perun does not publish yet.
	if err := persister.Enabled(t.Context(), source{ch, ch.tx(1)}); err != nil {
		t.Fatal(err)
	}
	publish := conn.publish()
	if versionOf(publish.GetState()) != 1 || len(publish.GetState().GetSigs()) != 2 {
		t.Fatal(publish)
	}
	conn.replyPublished(publish, nil)
	r.acknowledged(ch.id(), 1)
	// From now on it does both.
	if err := persister.Enabled(t.Context(), source{ch, ch.tx(2)}); err != nil {
		t.Fatal(err)
	}
	r.publish(w, ch.tx(2))
	conn.replyPublished(conn.publish(), nil)
	r.acknowledged(ch.id(), 2)
	r.roundTrip(conn)
	conn.nothingElse()
}

func TestStateThatNotEverybodySignedIsNotHandedOver(t *testing.T) {
	r := newRig(t)
	ch := newChannel(t, 1, true)
	persister := r.Persister(persistence.NonPersistRestorer)
	conn := r.fake.welcome(t)
	r.started(conn, ch.signed(0))
	forced := ch.tx(1)
	forced.Sigs[1] = nil
	for _, tx := range []channel.Transaction{forced, {}} {
		if err := persister.Enabled(t.Context(), source{ch, tx}); err != nil {
			t.Fatal(err)
		}
	}
	r.roundTrip(conn)
	conn.nothingElse()
}
