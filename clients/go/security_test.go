package perunwatcher_test

import (
	"crypto/tls"
	"errors"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	perunwatcher "perun.network/perun-watcher/clients/go"
)

func newKeys(t *testing.T) (*tls.Certificate, string) {
	t.Helper()
	keys, err := perunwatcher.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := keys.TLS()
	if err != nil {
		t.Fatal(err)
	}
	hash, err := keys.Hash()
	if err != nil {
		t.Fatal(err)
	}
	return certificate, hash
}

func serveTLS(t *testing.T, certificate *tls.Certificate) *fake {
	t.Helper()
	return serveFake(t, grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS13, ClientAuth: tls.RequestClientCert,
	})))
}

const token = "meter-17.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

func TestWatcherIsRecognisedByItsKey(t *testing.T) {
	server, hash := newKeys(t)
	client, _ := newKeys(t)
	f := serveTLS(t, server)
	r := newRigOf(t, f, func(config *perunwatcher.Config) {
		config.Security = perunwatcher.Security{ServerKey: hash, Certificate: client}
	})
	f.welcome(t)
	if err := r.Connected(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestStrangerAtTheAddressGetsNothing(t *testing.T) {
	server, _ := newKeys(t)
	_, other := newKeys(t)
	f := serveTLS(t, server)
	r := newRigOf(t, f, func(config *perunwatcher.Config) {
		config.Security = perunwatcher.Security{ServerKey: other, Token: token}
	})
	r.clock.wake(t, 0, isBackOff)
	r.clock.await(t, isBackOff)
	if len(f.conns) != 0 || f.headers() != nil {
		t.Fatal("it got the token")
	}
}

func TestTokenTravelsInTheHeaders(t *testing.T) {
	server, hash := newKeys(t)
	f := serveTLS(t, server)
	newRigOf(t, f, func(config *perunwatcher.Config) {
		config.Security = perunwatcher.Security{ServerKey: hash, Token: token}
	})
	f.welcome(t)
	if sent := f.headers().Get("authorization"); len(sent) != 1 || sent[0] != "Bearer "+token {
		t.Fatal(sent)
	}
}

func TestCertificateMustBeValidWithoutTheKey(t *testing.T) {
	server, _ := newKeys(t)
	f := serveTLS(t, server)
	r := newRigOf(t, f, func(config *perunwatcher.Config) { config.Security = perunwatcher.Security{Token: token} })
	r.clock.await(t, isBackOff)
	if f.headers() != nil {
		t.Fatal("it got the token")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	certificate, hash := newKeys(t)
	changes := map[string]struct {
		change func(*perunwatcher.Config)
		kind   error
	}{
		"address":    {func(c *perunwatcher.Config) { c.Address = "watcher.example" }, perunwatcher.ErrAddressUnusable},
		"encoding":   {func(c *perunwatcher.Config) { c.Encoding = nil }, perunwatcher.ErrOptionInvalid},
		"software":   {func(c *perunwatcher.Config) { c.Software = "é" }, perunwatcher.ErrOptionInvalid},
		"key":        {func(c *perunwatcher.Config) { c.ReceiptKey = []byte{1} }, perunwatcher.ErrOptionInvalid},
		"nobody":     {func(c *perunwatcher.Config) { c.Security = perunwatcher.Security{ServerKey: hash} }, perunwatcher.ErrOptionInvalid},
		"server key": {func(c *perunwatcher.Config) { c.Security = perunwatcher.Security{ServerKey: "x", Token: token} }, perunwatcher.ErrOptionInvalid},
		"token":      {func(c *perunwatcher.Config) { c.Security = perunwatcher.Security{Token: "x"} }, perunwatcher.ErrOptionInvalid},
		"both": {func(c *perunwatcher.Config) {
			c.Security = perunwatcher.Security{Token: token, Certificate: certificate}
		}, perunwatcher.ErrOptionInvalid},
		"plain text": {func(c *perunwatcher.Config) { c.Address = "watcher.example:7000" }, perunwatcher.ErrPlaintextRefused},
	}
	for name, each := range changes {
		t.Run(name, func(t *testing.T) {
			config := perunwatcher.Config{
				Address:  "127.0.0.1:7000",
				Security: perunwatcher.Security{Plaintext: perunwatcher.PlaintextLoopback, Client: "meter-17"},
				Encoding: encodingOfNothing{},
			}
			each.change(&config)
			if w, err := perunwatcher.New(config); !errors.Is(err, each.kind) {
				t.Fatal(w, err)
			}
		})
	}
}

type encodingOfNothing struct{ perunwatcher.Encoding }
