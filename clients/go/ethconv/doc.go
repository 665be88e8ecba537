// Package ethconv translates between go-perun's channels on Ethereum (perun-eth-backend) and the wire of the watcher.
//
// The fields that go into ids and hashes come from perun-eth-backend's own functions, so that they are what the participants
// sign: index maps that go-perun leaves empty, addresses of 20 bytes, and the zero bytes of cross-chain fields.
package ethconv
