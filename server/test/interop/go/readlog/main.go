// Command readlog checks a log with the checksum database's own packages: the checkpoint's signature, that every
// leaf is included, and that the log has grown from an earlier checkpoint. It prints one line of JSON.
//
//	readlog -dir DIR -vkey VKEY [-earlier FILE]
package main

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// tiles reads c2sp.org/tlog-tiles: the same coordinates as the checksum database, under other paths.
type tiles struct{ dir string }

func (t tiles) Height() int                         { return height }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (t tiles) ReadTiles(want []tlog.Tile) ([][]byte, error) {
	out := make([][]byte, len(want))
	for i, tile := range want {
		data, err := t.read(tile)
		if err != nil {
			return nil, err
		}
		out[i] = data
	}
	return out, nil
}

func (t tiles) read(tile tlog.Tile) ([]byte, error) {
	path := strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
	path = strings.Replace(path, "data/", "entries/", 1)
	data, err := os.ReadFile(filepath.Join(t.dir, "tile", path))
	if errors.Is(err, os.ErrNotExist) && tile.W < 1<<height {
		// A partial tile may be gone once the full one is there.
		full := tile
		full.W = 1 << height
		if data, err = t.read(full); err == nil && tile.L >= 0 {
			data = data[:tile.W*tlog.HashSize]
		}
	}
	return data, err
}

// tree opens a checkpoint: three lines, origin first.
func tree(signed []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return tlog.Tree{}, errors.New("this is not a checkpoint of the log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	hash, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: hash}, err
}

func included(t tiles, latest tlog.Tree) (int64, error) {
	hashes := tlog.TileHashReader(latest, t)
	var checked int64
	for bundle := int64(0); bundle*(1<<height) < latest.N; bundle++ {
		width := min(latest.N-bundle*(1<<height), 1<<height)
		data, err := t.read(tlog.Tile{H: height, L: -1, N: bundle, W: int(width)})
		if err != nil {
			return checked, err
		}
		for i := int64(0); i < width; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return checked, fmt.Errorf("bundle %d is cut off", bundle)
			}
			length := 2 + int(binary.BigEndian.Uint16(data))
			entry := data[2:length]
			data = data[length:]
			leaf := bundle*(1<<height) + i
			proof, err := tlog.ProveRecord(latest.N, leaf, hashes)
			if err != nil {
				return checked, err
			}
			if err := tlog.CheckRecord(proof, latest.N, latest.Hash, leaf, tlog.RecordHash(entry)); err != nil {
				return checked, fmt.Errorf("leaf %d: %w", leaf, err)
			}
			checked++
		}
	}
	return checked, nil
}

func grown(t tiles, earlier, latest tlog.Tree) error {
	proof, err := tlog.ProveTree(latest.N, earlier.N, tlog.TileHashReader(latest, t))
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, latest.N, latest.Hash, earlier.N, earlier.Hash)
}

func run() error {
	dir := flag.String("dir", "", "directory of the log")
	vkey := flag.String("vkey", "", "verifier key of the log")
	earlier := flag.String("earlier", "", "checkpoint kept from earlier")
	flag.Parse()
	signed, err := os.ReadFile(filepath.Join(*dir, "checkpoint"))
	if err != nil {
		return err
	}
	latest, err := tree(signed, *vkey)
	if err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	t := tiles{*dir}
	checked, err := included(t, latest)
	if err != nil {
		return err
	}
	from := int64(-1)
	if *earlier != "" {
		kept, err := os.ReadFile(*earlier)
		if err != nil {
			return err
		}
		before, err := tree(kept, *vkey)
		if err != nil {
			return fmt.Errorf("earlier checkpoint: %w", err)
		}
		if err := grown(t, before, latest); err != nil {
			return fmt.Errorf("consistency: %w", err)
		}
		from = before.N
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]int64{"size": latest.N, "leaves": checked, "from": from})
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "readlog:", err)
		os.Exit(1)
	}
}
