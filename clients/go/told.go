package perunwatcher

import (
	"bytes"

	"perun.network/go-perun/channel"

	"perun.network/perun-watcher/clients/go/watcherpb"
)

// Endangered says that a refutation cannot be made, or may come too late.
type Endangered struct {
	Channel channel.ID
	// Reason is a word such as "late" or "underfunded"; later versions of the watcher may have others.
	Reason string
	// Version is the newest one that the watcher holds.
	Version uint64
	// RegisteredVersion is what the chain holds; nil if nothing.
	RegisteredVersion *uint64
	// Deadline is in seconds since 1970, in the time of the chain; zero if there is none.
	Deadline uint64
	// SecondsLeft is negative when the deadline has passed; nil if there is none.
	SecondsLeft *int64
	// Detail is for people.
	Detail string
}

// Learned is a state that somebody registered and that is newer than what the watcher knew. It is the newest now.
type Learned struct {
	Channel     channel.ID
	Transaction channel.Transaction
}

// Refuted says that the watcher put a newer state in the place of a registered one.
type Refuted struct {
	Channel         channel.ID
	Version         uint64
	TransactionHash []byte
	// SecondsLeft of the challenge duration, in the time of the chain.
	SecondsLeft int64
}

// Removed says that a reorg took out what was told before.
type Removed struct {
	Channel channel.ID
	// Kind is "registered", "progressed" or "concluded".
	Kind    string
	Version uint64
}

func endangeredOf(id channel.ID, wire *watcherpb.Endangered) Endangered {
	return Endangered{
		Channel: id, Reason: wire.GetReason(), Version: wire.GetVersion(), RegisteredVersion: wire.RegisteredVersion,
		Deadline: secondsOf(wire.GetDeadline()), SecondsLeft: wire.SecondsLeft, Detail: wire.GetDetail(),
	}
}

func refutedOf(id channel.ID, wire *watcherpb.Refuted) Refuted {
	return Refuted{
		Channel: id, Version: wire.GetVersion(), TransactionHash: bytes.Clone(wire.GetTransactionHash()),
		SecondsLeft: wire.GetSecondsLeft(),
	}
}
