package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"filippo.io/torchwood"
)

// verify opens the checkpoint of a log under a policy and reads every entry, each checked against the tree.
func verify(args []string) error {
	flags := flag.NewFlagSet("verify", flag.ExitOnError)
	dir := flags.String("dir", "", "directory of the log")
	file := flags.String("policy", "", "c2sp.org/tlog-policy file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	text, err := os.ReadFile(*file)
	if err != nil {
		return err
	}
	policy, err := torchwood.ParsePolicy(text)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	signed, err := os.ReadFile(filepath.Join(*dir, "checkpoint"))
	if err != nil {
		return err
	}
	checkpoint, opened, err := torchwood.VerifyCheckpoint(signed, policy)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	files, err := torchwood.NewTileFS(os.DirFS(*dir))
	if err != nil {
		return err
	}
	client, err := torchwood.NewClient(files)
	if err != nil {
		return err
	}
	entries := 0
	for range client.AllEntries(context.Background(), checkpoint.Tree, 0) {
		entries++
	}
	if err := client.Err(); err != nil {
		return err
	}
	names := []string{}
	for _, signature := range opened.Sigs {
		names = append(names, signature.Name)
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"size": checkpoint.N, "entries": entries, "signatures": names,
	})
}
