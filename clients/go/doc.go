// Package perunwatcher lets a program that is built on go-perun have its channels guarded by a Perun watcher on another
// machine.
//
// A [Watcher] is go-perun's watcher.Watcher: hand it to client.New in place of the local one. [Watcher.Persister] wraps the
// persistence of the same client, so that no state is lost between two calls of go-perun; use both.
//
//	w, err := perunwatcher.New(perunwatcher.Config{
//		Address:  "watcher.example:7351",
//		Security: perunwatcher.Security{ServerKey: key, Certificate: &certificate},
//		Encoding: ethconv.Encoding{},
//		Timeouts: ethconv.BlockTimeouts(ethClient),
//	})
//	perun, err := client.New(address, bus, funder, adjudicator, wallets, w)
//	perun.EnablePersistence(w.Persister(persistRestorer))
//
// The watcher keeps guarding while this program is offline, crashed or shut down. It lets go of a channel when the channel is
// settled, or after [Watcher.Forget].
package perunwatcher
