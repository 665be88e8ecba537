package perunwatcher

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"perun.network/go-perun/channel"
)

// ReceiptStore keeps the newest receipt of each channel, and the key of the watcher. A watcher that was restored from an old
// backup can notice it only by the receipts of its clients, so let them survive the program.
type ReceiptStore interface {
	// Load returns nil if there is no receipt.
	Load(channel.ID) (*Receipt, error)
	Save(channel.ID, Receipt) error
	Delete(channel.ID) error
	// LoadKey returns nil if there is no key.
	LoadKey() ([]byte, error)
	SaveKey([]byte) error
}

// MemoryReceipts keeps receipts as long as the program runs.
func MemoryReceipts() ReceiptStore {
	return &memoryReceipts{receipts: map[channel.ID]Receipt{}}
}

type memoryReceipts struct {
	mu       sync.Mutex
	receipts map[channel.ID]Receipt
	key      []byte
}

func (m *memoryReceipts) Load(id channel.ID) (*Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if receipt, ok := m.receipts[id]; ok {
		return &receipt, nil
	}
	return nil, nil
}

func (m *memoryReceipts) Save(id channel.ID, receipt Receipt) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.receipts[id] = receipt
	return nil
}

func (m *memoryReceipts) Delete(id channel.ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.receipts, id)
	return nil
}

func (m *memoryReceipts) LoadKey() ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.key), nil
}

func (m *memoryReceipts) SaveKey(key []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.key = bytes.Clone(key)
	return nil
}

// FileReceipts keeps receipts in a folder, one file for each channel.
func FileReceipts(folder string) (ReceiptStore, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return fileReceipts(folder), nil
}

type fileReceipts string

func (f fileReceipts) Load(id channel.ID) (*Receipt, error) {
	content, err := f.read(receiptFile(id))
	if content == nil || err != nil {
		return nil, err
	}
	receipt := &Receipt{}
	return receipt, json.Unmarshal(content, receipt)
}

func (f fileReceipts) Save(id channel.ID, receipt Receipt) error {
	content, err := json.Marshal(receipt)
	if err != nil {
		return err
	}
	return f.write(receiptFile(id), content)
}

func (f fileReceipts) Delete(id channel.ID) error {
	err := os.Remove(filepath.Join(string(f), receiptFile(id)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

const keyFile = "receipt-key"

func (f fileReceipts) LoadKey() ([]byte, error) {
	content, err := f.read(keyFile)
	if content == nil || err != nil {
		return nil, err
	}
	return hex.DecodeString(string(bytes.TrimSpace(content)))
}

func (f fileReceipts) SaveKey(key []byte) error {
	return f.write(keyFile, []byte(hex.EncodeToString(key)))
}

func receiptFile(id channel.ID) string { return hexOf(id) + ".json" }

func hexOf(id channel.ID) string { return hex.EncodeToString(id[:]) }

func (f fileReceipts) read(name string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(string(f), name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

// write replaces a file as a whole: after a crash it has the old content or the new one.
func (f fileReceipts) write(name string, content []byte) (err error) {
	file, err := os.CreateTemp(string(f), name+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), filepath.Join(string(f), name))
}
