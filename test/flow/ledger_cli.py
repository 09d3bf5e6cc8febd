#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ledger of a running service from the command line: sealed, exported, verified offline, damaged, compared with a
checkpoint that was kept; and the lineage of a key."""

import json
import os
import subprocess

from flow import Service, program, run


class Cli:
    def __init__(self, s):
        self.s = s
        self.key_file = self.write("api.key", s.api_key)

    def write(self, name, text):
        path = self.s.path(name)
        with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def offline(self, *args):
        return subprocess.run([program("countersign"), *args], capture_output=True, check=False, text=True, env={},
                              stdin=subprocess.DEVNULL)

    def online(self, *args):
        return self.offline("--server", self.s.url, "--api-key-file", self.key_file, *args)

    def ok(self, *args):
        done = self.online(*args)
        assert done.returncode == 0, (args, done)
        return done.stdout

    def verify(self, code, said, *args):
        done = self.offline("ledger", "verify", *args)
        assert done.returncode == code and said in done.stdout + done.stderr, (args, done)


def keys_of(cli, exported):
    head = json.loads(exported.splitlines()[0])
    return [cli.write(f"log-{i}.vkey", key + "\n") for i, key in enumerate(head["keys"])]


def ledger(cli, s):
    key = s.key("release")["id"]
    s.sign(key, b"first")
    kept = cli.write("kept.checkpoint", cli.ok("ledger", "seal"))
    assert cli.ok("ledger", "checkpoint") == open(kept, encoding="utf-8").read()
    for i in range(5):
        s.sign(key, b"payload %d" % i)
    last = cli.ok("ledger", "seal").splitlines()
    entries = [json.loads(line) for line in cli.ok("--json", "ledger", "entries").splitlines()]
    assert int(last[1]) == len(entries) >= 7, (last, len(entries))
    assert len(cli.ok("ledger", "entries", "--event-type", "key.created").splitlines()) == 1

    path = s.path("ledger.jsonl")
    cli.ok("ledger", "export", "--out", path)
    exported = open(path, encoding="utf-8").read()
    pinned = [x for vkey in keys_of(cli, exported) for x in ("--ledger-key", vkey)]
    assert len(pinned) == 4, "Ed25519 and ML-DSA-44"
    cli.verify(0, f"verified: {len(entries)} entries, {len(entries)} of them under a signed", path, *pinned,
               "--checkpoint", kept)
    done = cli.online("ledger", "export", "--out", path)
    assert done.returncode == 1 and "exists already" in done.stderr, done

    lines = exported.splitlines()
    at = next(i for i, line in enumerate(lines) if '"seq":3,' in line)
    cut = cli.write("cut.jsonl", "\n".join(lines[:at] + lines[at + 1:]) + "\n")
    cli.verify(2, "entry 3: An entry of the ledger was removed", cut, *pinned)
    changed = cli.write("changed.jsonl", "\n".join(lines).replace('"seq":3,"subjectId":"', '"seq":3,"subjectId":"x') + "\n")
    cli.verify(2, "entry 3: An entry of the ledger was changed", changed, *pinned)

    proof = cli.ok("ledger", "proof", entries[-1]["id"]).splitlines()
    assert proof[0] == "c2sp.org/tlog-proof@v1" and proof[1] == f"index {entries[-1]['seq']}", proof


def lineage(cli, s):
    old = s.key("rotated")
    shown = s.client.get("/v1/hybrid-keys/" + old["id"]).data
    pinned = cli.write("old.pub", shown["publicKey"] if isinstance(shown["publicKey"], str) else
                       json.dumps(shown["publicKey"]))
    for _ in range(2):
        cli.ok("keys", "rotate", "rotated")
    key = cli.ok("--json", "keys", "get", "rotated")
    file = cli.write("key.json", key)
    args = ["lineage", "verify", "--lineage", file, "--public-key", pinned, "--key-id", old["id"]]
    done = cli.offline(*args)
    assert done.returncode == 0 and "2 successions" in done.stderr, done
    newest = json.loads(key)["publicKey"]
    assert json.loads(done.stdout) == (json.loads(newest) if isinstance(newest, str) else newest), done
    policy = cli.write("policy.json", json.dumps(s.client.get("/v1/attestation-policies/" + s.policy()).data))
    done = cli.offline(*args, "--policy", policy, "--allow-mock")
    assert done.returncode == 0, done
    done = cli.offline(*args, "--policy", policy)
    assert done.returncode == 2 and "ATT_MOCK_REFUSED" in done.stderr, done
    text = json.loads(key)
    text["lineage"] = text["lineage"][1:]
    done = cli.offline("lineage", "verify", "--lineage", cli.write("cut.json", json.dumps(text)), "--public-key", pinned)
    assert done.returncode == 2 and "LINEAGE_START" in done.stderr, done


def test():
    with Service() as s:
        cli = Cli(s)
        ledger(cli, s)
        lineage(cli, s)


run(test)
