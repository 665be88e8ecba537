// The example guards one channel of go-perun's kind without go-perun's client: it makes the channel by itself, starts the
// watch, publishes a payment, and prints what happens until it is interrupted.
//
//	go run ./example -address 127.0.0.1:7351 -server-key <hash> -keys meter-17.pem
//
// The first run makes the keys and prints their hash, which the operator of the watcher has to allow. A real program hands the
// watcher to client.New of go-perun instead: see the README.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"time"

	"perun.network/go-perun/channel"

	perunwatcher "perun.network/perun-watcher/clients/go"
	"perun.network/perun-watcher/clients/go/ethconv"
)

func main() {
	address := flag.String("address", "127.0.0.1:7351", "of the watcher")
	serverKey := flag.String("server-key", "", "hash of the watcher's public key; empty: without TLS, on loopback")
	keyFile := flag.String("keys", "perun-watcher-keys.pem", "certificate and private key of this client")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *address, *serverKey, *keyFile); err != nil && !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

func run(ctx context.Context, address, serverKey, keyFile string) error {
	security, err := securityOf(serverKey, keyFile)
	if err != nil {
		return err
	}
	w, err := perunwatcher.New(perunwatcher.Config{
		Address:      address,
		Security:     security,
		Encoding:     ethconv.Encoding{},
		Logger:       slog.Default(),
		OnEndangered: func(told perunwatcher.Endangered) { log.Printf("endangered: %s %s", told.Reason, told.Detail) },
		OnRefuted:    func(told perunwatcher.Refuted) { log.Printf("refuted with version %d", told.Version) },
		OnError:      func(id channel.ID, err error) { log.Printf("channel %x: %v", id[:4], err) },
	})
	if err != nil {
		return err
	}
	defer func() {
		// What is published is to arrive, but not at any price.
		flushing, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = w.Shutdown(flushing)
	}()
	if err := w.Connected(ctx); err != nil {
		return fmt.Errorf("the watcher does not let this client in: %w", err)
	}
	return guard(ctx, w)
}

// guard watches a channel and prints its events.
func guard(ctx context.Context, w *perunwatcher.Watcher) error {
	payments, err := newPayments()
	if err != nil {
		return err
	}
	opening, err := payments.signed(0)
	if err != nil {
		return err
	}
	statesPub, events, err := w.StartWatchingLedgerChannel(ctx, opening)
	if err != nil {
		return err
	}
	paid, err := payments.signed(1)
	if err != nil {
		return err
	}
	if err := statesPub.Publish(ctx, channel.Transaction{State: paid.State, Sigs: paid.Sigs}); err != nil {
		return err
	}
	if err := w.WaitAcknowledged(ctx, paid.State.ID, 1); err != nil {
		return err
	}
	log.Print("version 1 is defended; interrupt to end")
	for {
		select {
		case event, isOpen := <-events.EventStream():
			if !isOpen {
				return events.Err()
			}
			log.Printf("%T: version %d", event, event.Version())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
