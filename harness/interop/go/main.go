// The program plays one scenario with real go-perun clients on a chain with Perun's own contracts. It is started by the runner
// of harness/interop, with which it speaks in lines of JSON; what people read goes to standard error.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"
)

// verdict is the last line that a play says.
type verdict struct {
	Verdict string `json:"verdict"`
	Reason  string `json:"reason,omitempty"`
	// Blocks from the cheat to what refuted it; missing where nobody cheated.
	Blocks *uint64 `json:"blocks,omitempty"`
}

// limit is how long any scenario may take.
const limit = 3 * time.Minute

// watcherKind is who watches for the honest party.
type watcherKind string

const (
	ours    watcherKind = "daemon"
	goPerun watcherKind = "go-perun"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: play <scenario> <daemon|go-perun>, started by the runner")
		os.Exit(2)
	}
	play, isKnown := scenarios[os.Args[1]]
	if !isKnown {
		fmt.Fprintln(os.Stderr, "unknown scenario", os.Args[1])
		os.Exit(2)
	}
	w, err := readWorld()
	if err != nil {
		fmt.Fprintln(os.Stderr, "no world to play in:", err)
		os.Exit(2)
	}
	_ = say(judge(w, watcherKind(os.Args[2]), play))
}

// judge plays, and says what came of it, also if it hangs.
func judge(w *world, kind watcherKind, play scenario) verdict {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	s := &stage{world: w, kind: kind}
	done := make(chan error, 1)
	go func() {
		defer func() {
			if failure := recover(); failure != nil {
				fmt.Fprintf(os.Stderr, "%s\n", debug.Stack())
				done <- fmt.Errorf("panic: %v", failure)
			}
		}()
		done <- play(ctx, s)
	}()
	var err error
	select {
	case err = <-done:
	case <-ctx.Done():
		// Whoever waits with this context says what for, if anybody does.
		select {
		case err = <-done:
		case <-time.After(time.Second):
			err = ctx.Err()
		}
	}
	if err != nil {
		return verdict{Verdict: "failed", Reason: s.doing() + ": " + err.Error(), Blocks: s.blocks}
	}
	return verdict{Verdict: "passed", Blocks: s.blocks}
}
