package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// history is a log in memory.
type history struct {
	size   int64
	hashes []tlog.Hash
}

func (h *history) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		out[i] = h.hashes[index]
	}
	return out, nil
}

func (h *history) grow(to int64, word string) error {
	for ; h.size < to; h.size++ {
		stored, err := tlog.StoredHashes(h.size, fmt.Appendf(nil, "%s %d", word, h.size), h)
		if err != nil {
			return err
		}
		h.hashes = append(h.hashes, stored...)
	}
	return nil
}

// logKey makes the signer of a log out of one number, so that its verifier key can be told before it signs.
func logKey(name string, seed byte) (note.Signer, string, error) {
	random := bytes.NewReader(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	secret, public, err := note.GenerateKey(random, name)
	if err != nil {
		return nil, "", err
	}
	signer, err := note.NewSigner(secret)
	return signer, public, err
}

type client struct {
	url    string
	signer note.Signer
}

// add asks for a cosignature of the log at its present size and gives the status and body of the reply.
func (c client) add(h *history, old int64) (string, int, []byte, error) {
	root, err := tlog.TreeHash(h.size, h)
	if err != nil {
		return "", 0, nil, err
	}
	text := torchwood.Checkpoint{Origin: c.signer.Name(), Tree: tlog.Tree{N: h.size, Hash: root}}.String()
	signed, err := note.Sign(&note.Note{Text: text}, c.signer)
	if err != nil {
		return "", 0, nil, err
	}
	var proof tlog.TreeProof
	if old > 0 && old <= h.size {
		if proof, err = tlog.ProveTree(h.size, old, h); err != nil {
			return "", 0, nil, err
		}
	}
	body := fmt.Sprintf("old %d\n", old)
	for _, hash := range proof {
		body += hash.String() + "\n"
	}
	body += "\n" + string(signed)
	response, err := http.Post(c.url+"/add-checkpoint", "", strings.NewReader(body))
	if err != nil {
		return "", 0, nil, err
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	return string(signed), response.StatusCode, reply, err
}

// cosigned checks the reply with another implementation's verifier, by opening the note it completes.
func cosigned(signed string, reply []byte, verifier *torchwood.CosignatureVerifier) error {
	opened, err := note.Open(append([]byte(signed), reply...), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	stamp, err := torchwood.CosignatureTimestamp(opened.Sigs[0])
	if err != nil {
		return err
	}
	if age := time.Since(time.Unix(stamp, 0)); age < -time.Minute || age > time.Minute {
		return fmt.Errorf("the cosignature is %v old", age)
	}
	return nil
}

// submit prints the log's verifier key when it is given no address, else the statuses of a conversation.
func submit(args []string) error {
	flags := flag.NewFlagSet("submit", flag.ExitOnError)
	url := flags.String("url", "", "submission prefix of the witness")
	vkey := flags.String("vkey", "", "verifier key of the witness")
	if err := flags.Parse(args); err != nil {
		return err
	}
	signer, public, err := logKey("go.example/log", 7)
	if err != nil {
		return err
	}
	if *url == "" {
		fmt.Println(public)
		return nil
	}
	verifier, err := torchwood.NewCosignatureVerifier(*vkey)
	if err != nil {
		return err
	}
	c := client{*url, signer}
	h := &history{}
	old := int64(0)
	for _, size := range []int64{1, 1, 2, 255, 256, 300, 70000} {
		if err := h.grow(size, "entry"); err != nil {
			return err
		}
		signed, status, reply, err := c.add(h, old)
		if err != nil {
			return err
		}
		if status != http.StatusOK {
			return fmt.Errorf("%d to %d: status %d: %s", old, size, status, reply)
		}
		if err := cosigned(signed, reply, verifier); err != nil {
			return fmt.Errorf("%d to %d: %w", old, size, err)
		}
		old = size
	}
	return refusals(c, h, old)
}

// refusals has the witness asked for what it must not sign.
func refusals(c client, h *history, seen int64) error {
	statuses := map[string]int{}
	ask := func(what string, c client, h *history, old int64) error {
		_, status, reply, err := c.add(h, old)
		if status == http.StatusConflict && string(reply) != fmt.Sprintf("%d\n", seen) {
			return errors.New("409 without the size of the witness")
		}
		statuses[what] = status
		return err
	}
	stranger, _, err := logKey("stranger.example/log", 8)
	if err != nil {
		return err
	}
	thief, _, err := logKey(c.signer.Name(), 9)
	if err != nil {
		return err
	}
	fork, split := &history{}, &history{}
	if err := errors.Join(fork.grow(seen+5, "other"), split.grow(seen, "other")); err != nil {
		return err
	}
	if err := errors.Join(
		ask("stranger", client{c.url, stranger}, h, seen),
		ask("thief", client{c.url, thief}, h, seen),
		ask("larger", c, h, seen+1),
		ask("behind", c, h, 1),
		ask("split", c, split, seen),
		ask("fork", c, fork, seen),
	); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(statuses)
}
