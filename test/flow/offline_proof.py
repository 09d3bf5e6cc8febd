#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What was signed and recorded is judged with files alone: bundles, exported ledgers, directories of tiles."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

BIN = os.environ["CS_BIN"]
failures = []
count = 0


def run(*args):
    """countersign without an environment that could name a server."""
    done = subprocess.run([os.path.join(BIN, "countersign"), *args], capture_output=True, text=True, env={},
                          cwd=folder, check=False)
    return done.returncode, done.stdout, done.stderr


def expect(what, code, args, *said):
    global count
    count += 1
    got, out, err = run(*args)
    if got != code or not all(s in out + err for s in said):
        failures.append(f"{what}: exit {got} instead of {code}\n{out}{err}")
    return out


def put(name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
        f.write(text)
    return name


def get(name):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        return f.read()


def bundles():
    pinned = ["--policy", "policy.json", "--payload", "payload", "--allow-mock"]
    ledger = ["--ledger-key", "log-ed25519.vkey", "--ledger-key", "log-mldsa44.vkey"]
    good = ["verify", "--bundle", "bundle.json", *pinned]
    expect("good", 0, [*good, *ledger, "--witness", "witness.vkey"], "datedBy      witness witness.example/w1")
    expect("keys as values", 0, [*good, "--ledger-key", get("log-ed25519.vkey").strip()], "signed by the pinned ledger")
    out = expect("no ledger key", 0, [*good, "--json"], "not pinned")
    verdict = json.loads(out)
    assert verdict["ok"] and verdict["datedBy"] == "none" and not verdict["ledger"]["pinned"], verdict
    verdict = json.loads(expect("json", 0, [*good, *ledger, "--witness", "witness.vkey", "--json"]))
    assert verdict["datedBy"] == "witness" and verdict["ledger"]["pinned"], verdict
    assert verdict["ledger"]["witness"]["name"] == "witness.example/w1", verdict

    policy = json.loads(get("policy.json"))
    put("dated.json", json.dumps({**policy, "requireDated": True}))
    expect("another policy", 2, ["verify", "--bundle", "bundle.json", "--policy", "dated.json", *pinned[2:]],
           "BUNDLE_POLICY")
    expect("development root", 2, good[:-1], "ATT_MOCK_REFUSED")
    expect("another payload", 2, ["verify", "--bundle", "bundle.json", "--policy", "policy.json", "--payload",
                                  "policy.json", "--allow-mock"], "BUNDLE_PAYLOAD")
    expect("another ledger", 2, [*good, "--ledger-key", "witness.vkey"], "NOTE_ORIGIN")
    bundle = get("bundle.json")
    put("cut.json", bundle[:-20])
    out = expect("no JSON", 2, ["verify", "--bundle", "cut.json", *pinned, "--json"], "BUNDLE_FORMAT")
    verdict = json.loads(out.splitlines()[0])
    assert verdict["reason"] == "BUNDLE_FORMAT" and not verdict["ok"], out
    said = run("verify", "--bundle", "cut.json", *pinned, "--json")[2]
    if said.count("BUNDLE_FORMAT") != 1:
        failures.append(f"a malformed bundle is refused once, not {said}")
    put("entry.json", bundle.replace("ak_1", "ak_2"))
    expect("a changed entry", 2, ["verify", "--bundle", "entry.json", *pinned], "BUNDLE_INCLUSION")

    expect("no such bundle", 1, ["verify", "--bundle", "none", *pinned], "error: none")
    put("broken-policy.json", "{}")
    expect("no policy in the file", 1, ["verify", "--bundle", "bundle.json", "--policy", "broken-policy.json", "--payload",
                                        "payload"], "broken-policy.json")
    expect("no key in the file", 1, [*good, "--ledger-key", "policy.json"], "BAD_VKEY")
    expect("no key", 1, [*good, "--witness", "nobody+00000000+AAAA"], "BAD_VKEY")
    expect("no policy", 64, ["verify", "--bundle", "bundle.json", "--payload", "payload"], "--policy")
    expect("two signatures", 64, [*good, "--signature", "AAAA"], "--signature")
    expect("a pin without a bundle", 64, ["verify", "--public-key", "k", "--payload", "payload", "--signature", "AAAA",
                                          "--ledger-key", "log-ed25519.vkey"], "go with --bundle")
    expect("no public key", 64, ["verify", "--payload", "payload", "--signature", "AAAA"], "--public-key")


def entry_lines(lines):
    return [i for i, line in enumerate(lines) if line.startswith('{"actorId"')]


def ledgers():
    pinned = ["--ledger-key", "log-ed25519.vkey", "--ledger-key", "log-mldsa44.vkey"]
    kept = ["--checkpoint", "kept.checkpoint"]
    lines = get("ledger.jsonl").splitlines()
    entries = entry_lines(lines)
    assert len(entries) == 300

    def damaged(what, code, reason, seq, change, *options):
        changed = change(list(lines))
        put("damaged.jsonl", "\n".join(changed) + "\n")
        out = expect(what, code, ["ledger", "verify", "damaged.jsonl", *pinned, *options, "--json"], reason)
        verdict = json.loads(out)
        if verdict.get("seq") != seq or verdict["reason"] != reason:
            failures.append(f"{what}: {verdict}")

    for form in ("ledger.jsonl", "tiles"):
        expect(form, 0, ["ledger", "verify", form, *pinned, *kept], "verified: 300 entries, 300 of them under a signed")
        expect(f"{form}, nothing pinned", 0, ["ledger", "verify", form], "an UNVERIFIED checkpoint", "no --ledger-key")
        expect(f"{form}, another key", 2, ["ledger", "verify", form, "--ledger-key", "witness.vkey", "--json"], "NOTE_ORIGIN")

    def replaced(at, old, new):
        def change(text):
            assert old in text[entries[at]], text[entries[at]]
            text[entries[at]] = text[entries[at]].replace(old, new)
            return text
        return change

    def removed(at):
        return lambda text: text[:entries[at]] + text[entries[at] + 1:]

    def exchanged(a, b):
        def change(text):
            text[entries[a]], text[entries[b]] = text[entries[b]], text[entries[a]]
            return text
        return change

    def spoiled(text):
        note = json.loads(text[2])["checkpoint"]
        at = note.index(" ", note.index("\u2014 ledger.example") + 2) + 20
        note = note[:at] + ("A" if note[at] != "A" else "B") + note[at + 1:]
        return text[:2] + [json.dumps({"checkpoint": note})] + text[3:]

    for at in (0, 1, 98, 99, 100, 255, 256, 298, 299):
        damaged(f"entry {at} changed", 2, "LEDGER_CHANGED", at, replaced(at, "ak_1", "ak_2"))
    for at in (0, 99, 256, 298):
        damaged(f"entry {at} removed", 2, "LEDGER_REMOVED", at, removed(at))
        damaged(f"entry {at} exchanged", 2, "LEDGER_REORDERED", at, exchanged(at, 299))
    damaged("an entry twice", 2, "LEDGER_ADDED", 6, lambda t: t[:entries[6]] + [t[entries[2]]] + t[entries[6]:])
    damaged("the tail behind a checkpoint removed", 0, "OK", None, lambda t: t[:entries[200]])
    damaged("the tail below a kept checkpoint removed", 2, "LEDGER_TRUNCATED", 90, lambda t: t[:entries[90]], *kept)
    damaged("no checkpoint at all", 2, "NOTE_UNSIGNED", 0,
            lambda t: [line for line in t if not line.startswith('{"checkpoint"')])

    damaged("nothing at all", 2, "NOTE_UNSIGNED", 0, lambda t: t[:1])
    damaged("an entry longer than any", 2, "LEDGER_CHANGED", 6,
            replaced(6, '"actorId":"', '"actorId":"' + 300000 * "a"))
    checkpoint = next(line for line in reversed(lines) if line.startswith('{"checkpoint"'))
    damaged("all entries removed, many checkpoints left", 2, "LEDGER_TRUNCATED", 0,
            lambda t: t[:1] + 100 * [checkpoint])
    put("other.jsonl", "\n".join(lines[1:]) + "\n")
    expect("no head", 1, ["ledger", "verify", "other.jsonl"], "is no exported ledger")
    damaged("a bit of a checkpoint's signature", 2, "NOTE_SIGNATURE", 1, spoiled)
    expect("no such file", 1, ["ledger", "verify", "none.jsonl"], "none.jsonl")
    expect("no operand", 64, ["ledger", "verify"], "give one")

    tile = os.path.join(folder, "tiles/tile/entries/000")
    with open(tile, "r+b") as f:
        f.seek(40000)
        byte = f.read(1)
        f.seek(40000)
        f.write(bytes([byte[0] ^ 1]))
    expect("a bit of a tile", 2, ["ledger", "verify", "tiles", *pinned], "LEDGER_CHANGED")
    os.remove(os.path.join(folder, "tiles/tile/entries/001.p/44"))
    shutil.copy(tile, tile + ".old")
    with open(tile, "r+b") as f:
        f.seek(40000)
        f.write(byte)
    expect("a tile less", 2, ["ledger", "verify", "tiles", *pinned], "LEDGER_TRUNCATED", "entry 256")


folder = tempfile.mkdtemp()
try:
    subprocess.run([os.path.join(BIN, "proof_files"), folder], check=True)
    bundles()
    ledgers()
finally:
    shutil.rmtree(folder)
for failure in failures:
    print(failure, file=sys.stderr)
print(f"{count - len(failures)} of {count} as expected")
sys.exit(1 if failures else 0)
