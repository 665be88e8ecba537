package perunwatcher_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestGeneratedCodeIsCurrent(t *testing.T) {
	if _, err := os.Stat("../../packages/protocol/node_modules/.bin/buf"); err != nil {
		t.Skip("buf is not installed:", err)
	}
	folder := t.TempDir()
	command := exec.Command("./generate.sh", folder)
	command.Env = append(os.Environ(), "BUF_CACHE_DIR="+t.TempDir())
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	files, err := filepath.Glob("watcherpb/*.pb.go")
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		committed, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		generated, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(committed, generated) {
			t.Errorf("%s is not what the schema says: run ./generate.sh", file)
		}
	}
}
