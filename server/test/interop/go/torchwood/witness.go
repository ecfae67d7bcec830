package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/mod/sumdb/tlog"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const witnessName = "go.example/witness"

// serveAgent holds the witness's key: litewitness takes it from an SSH agent only.
func serveAgent(path string, key ed25519.PrivateKey) error {
	keyring := agent.NewKeyring()
	if err := keyring.Add(agent.AddedKey{PrivateKey: key}); err != nil {
		return err
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = agent.ServeAgent(keyring, connection) }()
		}
	}()
	return nil
}

// know puts a log into the witness's database, in whose tables its own tool would.
func know(path, vkey string) error {
	db, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return err
	}
	defer db.Close()
	origin, _, _ := strings.Cut(vkey, "+")
	empty, err := tlog.TreeHash(0, nil)
	if err != nil {
		return err
	}
	hash := base64.StdEncoding.EncodeToString(empty[:])
	options := func(values ...any) *sqlitex.ExecOptions { return &sqlitex.ExecOptions{Args: values} }
	return errors.Join(
		sqlitex.Execute(db, "INSERT INTO log (origin, tree_size, tree_hash) VALUES (?, 0, ?)", options(origin, hash)),
		sqlitex.Execute(db, "INSERT INTO key (origin, key) VALUES (?, ?)", options(origin, vkey)),
	)
}

// listening waits until the address takes connections, so that whoever reads our output can use it.
func listening(address string) error {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if connection, err := net.Dial("tcp", address); err == nil {
			return connection.Close()
		}
	}
	return errors.New("litewitness does not listen")
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// witness prints "VKEY URL" when litewitness is ready.
func witness(args []string) error {
	flags := flag.NewFlagSet("witness", flag.ExitOnError)
	bin := flags.String("bin", "", "litewitness")
	dir := flags.String("dir", "", "directory for its database and socket")
	log := flags.String("log", "", "verifier key of the log it is to know")
	if err := flags.Parse(args); err != nil {
		return err
	}
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{11}, ed25519.SeedSize))
	signer, err := torchwood.NewCosignatureSigner(witnessName, key)
	if err != nil {
		return err
	}
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return err
	}
	socket, db := filepath.Join(*dir, "agent"), filepath.Join(*dir, "litewitness.db")
	if err := serveAgent(socket, key); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	child := exec.Command(*bin, "-name", witnessName, "-db", db, "-ssh-agent", socket,
		"-key", ssh.FingerprintSHA256(public), "-listen", address)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		return err
	}
	// Whatever happens, it does not outlive us.
	defer func() { _, _ = child.Process.Kill(), child.Wait() }()
	if err := listening(address); err != nil {
		return err
	}
	if err := know(db, *log); err != nil {
		return err
	}
	fmt.Printf("%s http://%s\n", signer.Verifier(), address)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
