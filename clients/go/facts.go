package perunwatcher

import "perun.network/perun-watcher/clients/go/watcherpb"

// factKind is what happened on the chain.
type factKind string

const (
	factRegistered factKind = "registered"
	factProgressed factKind = "progressed"
	factConcluded  factKind = "concluded"
)

// factKey identifies a fact: the watcher tells it when it is seen and again when it is final, and go-perun wants it once.
type factKey struct {
	kind    factKind
	version uint64
	timeout string
}

func keyOf(kind factKind, fact *watcherpb.ChainFact) factKey {
	return factKey{kind, fact.GetVersion(), string(fact.GetTimeout())}
}

// maxFacts is how many facts of a channel are remembered.
const maxFacts = 256

// factFilter remembers which facts of a channel go-perun was told.
type factFilter struct{ told []factKey }

// isNew reports whether a fact was not told before, and notes it.
func (f *factFilter) isNew(key factKey) bool {
	for _, each := range f.told {
		if each == key {
			return false
		}
	}
	f.told = append(f.told, key)
	if len(f.told) > maxFacts {
		f.told = f.told[1:]
	}
	return true
}

// removed forgets a fact that a reorg took out, so that it is told when it comes again.
func (f *factFilter) removed(key factKey) {
	for i, each := range f.told {
		if each == key {
			f.told = append(f.told[:i:i], f.told[i+1:]...)
			return
		}
	}
}
