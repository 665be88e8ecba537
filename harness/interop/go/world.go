package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"sync"
)

// world is where a scenario is played: what the runner has started. The runner writes it as the first line to standard input.
type world struct {
	// DirectNode is the node as the cheater reaches it; Node is a way to it that the runner can cut. Both are WebSockets.
	DirectNode  string `json:"directNode"`
	Node        string `json:"node"`
	ChainID     int64  `json:"chainId"`
	Adjudicator string `json:"adjudicator"`
	AssetHolder string `json:"assetHolder"`
	App         string `json:"app"`
	// Watcher is the address of the daemon, which stays through its lives.
	Watcher string `json:"watcher"`
	// ServerKey is the hash of its TLS key.
	ServerKey string `json:"serverKey"`
	// Payer is the account with which the daemon pays.
	Payer string `json:"payer"`
	// Folder is where clients may keep what survives them.
	Folder string `json:"folder"`
	// Resume is what a client that was killed has left behind; empty in a first life.
	Resume json.RawMessage `json:"resume"`

	mu    sync.Mutex
	input *bufio.Reader
}

func readWorld() (*world, error) {
	w := &world{input: bufio.NewReader(os.Stdin)}
	line, err := w.input.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	return w, json.Unmarshal(line, w)
}

type request struct {
	Do     string   `json:"do"`
	Depth  int      `json:"depth,omitempty"`
	Keep   []string `json:"keep,omitempty"`
	Skip   uint64   `json:"skip,omitempty"`
	Resume any      `json:"resume,omitempty"`
}

// ask has the runner do something to the world, and waits until it is done.
func (w *world) ask(r request) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := say(r); err != nil {
		return err
	}
	line, err := w.input.ReadBytes('\n')
	if err != nil {
		return err
	}
	var answer struct {
		Error string `json:"error"`
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return fmt.Errorf("the runner could not %s: %s", r.Do, answer.Error)
	}
	return nil
}

// say writes one line to the runner.
func say(message any) error {
	line, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(line))
	return err
}
