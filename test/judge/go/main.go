// SPDX-License-Identifier: Apache-2.0

// Another implementation, Go's checksum database (golang.org/x/mod/sumdb), judges our ledger: checkpoints under their
// verifier key, inclusion and consistency proofs, and a ledger that it recomputes itself. What was changed must be
// refused.
//
// usage: judge FOLDER...
//
//	FOLDER  log-ed25519.vkey, ledger.jsonl, and as far as they are there kept.checkpoint and proofs.json
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

var count, failed int

func judge(name string, holds bool) {
	count++
	if !holds {
		failed++
		fmt.Fprintln(os.Stderr, "not as expected:", name)
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

type checkpoint struct {
	origin string
	tree   tlog.Tree
}

// open verifies a note under the log's key and reads the checkpoint in it.
func open(text []byte, key note.Verifier) (checkpoint, error) {
	n, err := note.Open(text, note.VerifierList(key))
	if err != nil {
		return checkpoint{}, err
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return checkpoint{}, fmt.Errorf("not three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return checkpoint{}, fmt.Errorf("size %q", lines[1])
	}
	hash, err := tlog.ParseHash(lines[2])
	return checkpoint{lines[0], tlog.Tree{N: size, Hash: hash}}, err
}

// changed gives the text with one byte of its line about the log changed, and of each line of its body.
func changed(text []byte, key note.Verifier) [][]byte {
	var all [][]byte
	flip := func(at int) {
		other := append([]byte(nil), text...)
		if other[at] == 'A' {
			other[at] = 'B'
		} else {
			other[at] = 'A'
		}
		all = append(all, other)
	}
	body := strings.Index(string(text), "\n\n")
	flip(0)
	flip(strings.Index(string(text), "\n") + 1)
	flip(body - 10)
	flip(strings.Index(string(text), "\u2014 "+key.Name()+" ") + len("\u2014 "+key.Name()+" ") + 30)
	return all
}

func judgeCheckpoint(name string, text []byte, key note.Verifier) (checkpoint, bool) {
	c, err := open(text, key)
	judge(name, err == nil && c.origin == key.Name())
	for i, other := range changed(text, key) {
		_, err := open(other, key)
		judge(fmt.Sprintf("%s, change %d", name, i), err != nil)
	}
	return c, err == nil
}

// hashes is a tree in memory: what Go stores of a log.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, len(indexes))
	for _, i := range indexes {
		if i >= int64(len(h)) {
			return nil, fmt.Errorf("hash %d is not there", i)
		}
		out = append(out, h[i])
	}
	return out, nil
}

func judgeLedger(folder string, key note.Verifier) {
	f, err := os.Open(filepath.Join(folder, "ledger.jsonl"))
	must(err)
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var stored hashes
	var size int64
	checkpoints := 0
	for first := true; lines.Scan(); first = false {
		line := append([]byte(nil), lines.Bytes()...)
		if first {
			continue
		}
		var c struct{ Checkpoint string }
		if strings.HasPrefix(string(line), `{"checkpoint":`) {
			must(json.Unmarshal(line, &c))
			signed, ok := judgeCheckpoint(fmt.Sprintf("checkpoint of %d", size), []byte(c.Checkpoint), key)
			root, err := tlog.TreeHash(size, stored)
			must(err)
			judge(fmt.Sprintf("root of %d", size), ok && signed.tree.N == size && signed.tree.Hash == root)
			checkpoints++
			continue
		}
		added, err := tlog.StoredHashes(size, line, stored)
		must(err)
		stored = append(stored, added...)
		size++
	}
	must(lines.Err())
	judge("there are entries and checkpoints", size > 0 && checkpoints > 0)
	fmt.Printf("%s: %d entries, %d checkpoints\n", filepath.Base(folder), size, checkpoints)
}

type proofs struct {
	Inclusion []struct {
		Index, Size int64
		Leaf, Root  tlog.Hash
		Proof       tlog.RecordProof
	}
	Consistency []struct {
		Size1, Size2 int64
		Root1, Root2 tlog.Hash
		Proof        tlog.TreeProof
	}
}

func judgeProofs(text []byte) {
	var p proofs
	must(json.Unmarshal(text, &p))
	for _, c := range p.Inclusion {
		name := fmt.Sprintf("leaf %d of %d", c.Index, c.Size)
		judge(name, tlog.CheckRecord(c.Proof, c.Size, c.Root, c.Index, c.Leaf) == nil)
		other := c.Leaf
		other[0] ^= 1
		judge(name+", another leaf", tlog.CheckRecord(c.Proof, c.Size, c.Root, c.Index, other) != nil)
	}
	for _, c := range p.Consistency {
		name := fmt.Sprintf("from %d to %d", c.Size1, c.Size2)
		judge(name, tlog.CheckTree(c.Proof, c.Size2, c.Root2, c.Size1, c.Root1) == nil)
		other := c.Root1
		other[31] ^= 1
		judge(name+", another root", tlog.CheckTree(c.Proof, c.Size2, c.Root2, c.Size1, other) != nil)
	}
	judge("there are proofs", len(p.Inclusion) > 0 && len(p.Consistency) > 0)
	fmt.Printf("%d inclusion and %d consistency proofs\n", len(p.Inclusion), len(p.Consistency))
}

func main() {
	for _, folder := range os.Args[1:] {
		text, err := os.ReadFile(filepath.Join(folder, "log-ed25519.vkey"))
		must(err)
		key, err := note.NewVerifier(strings.TrimSpace(string(text)))
		must(err)
		judgeLedger(folder, key)
		if kept, err := os.ReadFile(filepath.Join(folder, "kept.checkpoint")); err == nil {
			judgeCheckpoint("kept checkpoint", kept, key)
		}
		if text, err := os.ReadFile(filepath.Join(folder, "proofs.json")); err == nil {
			judgeProofs(text)
		}
	}
	fmt.Printf("sumdb: %d of %d as expected\n", count-failed, count)
	if failed > 0 || count == 0 {
		os.Exit(1)
	}
}
