package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	perunwatcher "perun.network/perun-watcher/clients/go"
)

// securityOf is who is who: with the keys of the file, which the first run makes, or without TLS.
func securityOf(serverKey, keyFile string) (perunwatcher.Security, error) {
	if serverKey == "" {
		return perunwatcher.Security{Plaintext: perunwatcher.PlaintextLoopback, Client: "example"}, nil
	}
	keys, err := keysOf(keyFile)
	if err != nil {
		return perunwatcher.Security{}, err
	}
	certificate, err := keys.TLS()
	if err != nil {
		return perunwatcher.Security{}, err
	}
	return perunwatcher.Security{ServerKey: serverKey, Certificate: certificate}, nil
}

// keysOf reads the keys, both of which are in one file, or makes them.
func keysOf(file string) (perunwatcher.Keys, error) {
	content, err := os.ReadFile(file)
	if err == nil {
		return perunwatcher.Keys{Certificate: content, PrivateKey: content}, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return perunwatcher.Keys{}, err
	}
	keys, err := perunwatcher.GenerateKeys()
	if err != nil {
		return keys, err
	}
	hash, err := keys.Hash()
	if err != nil {
		return keys, err
	}
	fmt.Println("The operator of the watcher has to allow this client:", hash)
	return keys, os.WriteFile(file, append(append([]byte(nil), keys.Certificate...), keys.PrivateKey...), 0o600)
}
