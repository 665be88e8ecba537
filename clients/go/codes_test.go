package perunwatcher_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"testing"

	perunwatcher "perun.network/perun-watcher/clients/go"
)

func TestThereIsAnErrorForEachCodeOfTheWatcher(t *testing.T) {
	text, err := os.ReadFile("../../docs/errors.md")
	if err != nil {
		t.Skip("not in the repository of the watcher:", err)
	}
	known := map[string]bool{}
	for _, kind := range perunwatcher.Kinds() {
		known[kind.Code] = kind.Retryable
	}
	rows := regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| (yes|no) \\|").FindAllStringSubmatch(string(text), -1)
	if len(rows) < 50 {
		t.Fatal("the list has another form")
	}
	for _, row := range rows {
		if retryable, ok := known[row[1]]; !ok || retryable != (row[2] == "yes") {
			t.Errorf("%s is missing in errors.go, or its Retryable is wrong", row[1])
		}
	}
}

func TestErrorsAreComparedByTheirCode(t *testing.T) {
	err := fmt.Errorf("starting: %w", &perunwatcher.Error{Code: "CHANNEL_UNKNOWN", Message: "No.", Details: []string{"Channel 1."}})
	if !errors.Is(err, perunwatcher.ErrChannelUnknown) || errors.Is(err, perunwatcher.ErrWatchEnded) {
		t.Fatal(err)
	}
	if err.Error() != "starting: CHANNEL_UNKNOWN: No. Channel 1." {
		t.Fatal(err)
	}
}
