#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what the judges are given from a service that runs: its export, its keys, a kept checkpoint, its proofs.

usage: live.py FOLDER      with CS_BIN and CS_SOURCE
"""

import base64
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.environ["CS_SOURCE"], "test", "flow"))
from flow import Service, program  # noqa: E402

folder = sys.argv[1]


def put(name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(text)


def from_hex(text):
    return base64.b64encode(bytes.fromhex(text)).decode()


def cli(s, *args):
    key = os.path.join(s.folder, "api.key")
    with open(os.open(key, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as f:
        f.write(s.api_key)
    return subprocess.run([program("countersign"), "--server", s.url, "--api-key-file", key, *args], check=True,
                          capture_output=True, text=True).stdout


def inclusion(s, entry):
    p = s.client.get("/v1/ledger/proof/" + entry).data
    return {"index": p["leafIndex"], "size": p["checkpoint"]["treeSize"], "leaf": from_hex(p["leafHashHex"]),
            "root": from_hex(p["checkpoint"]["merkleRootHex"]), "proof": [from_hex(h) for h in p["proofHex"]]}


def consistency(s, old, new):
    p = s.client.get(f"/v1/ledger/consistency?from={old}&to={new}").data
    return {"size1": old, "size2": new, "root1": from_hex(p["fromRootHex"]), "root2": from_hex(p["toRootHex"]),
            "proof": [from_hex(h) for h in p["proofHex"]]}


def main():
    with Service() as s:
        key = s.key("judged")["id"]
        put("kept.checkpoint", cli(s, "ledger", "seal"))
        for i in range(20):
            s.sign(key, b"payload %d" % i)
        size = int(cli(s, "ledger", "seal").splitlines()[1])
        cli(s, "ledger", "export", "--out", os.path.join(folder, "ledger.jsonl"))
        with open(os.path.join(folder, "ledger.jsonl"), encoding="utf-8") as f:
            for vkey in json.loads(f.readline())["keys"]:
                kind = {1: "ed25519", 6: "mldsa44"}[base64.b64decode(vkey.split("+", 2)[2])[0]]
                put(f"log-{kind}.vkey", vkey + "\n")
        entries = [json.loads(line)["id"] for line in cli(s, "--json", "ledger", "entries").splitlines()]
        assert len(entries) == size > 20, (len(entries), size)
        sizes = sorted({1, 2, 3, 8, size - 1, size})
        put("proofs.json", json.dumps({
            "inclusion": [inclusion(s, entry) for entry in entries],
            "consistency": [consistency(s, a, b) for a in sizes for b in sizes if a <= b],
        }))


main()
