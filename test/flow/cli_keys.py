#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`countersign keys` and `api-keys`: the life of a key and of an API key from the command line."""

import json
import os
import subprocess

from flow import Client, Service, program, run


class Cli:
    def __init__(self, s):
        self.s = s
        self.key_file = self.write("api.key", s.api_key)

    def write(self, name, text):
        path = self.s.path(name)
        with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
            f.write(text)
        return path

    def run(self, *args, key_file=None, **options):
        argv = [program("countersign"), "--server", self.s.url, "--api-key-file", key_file or self.key_file, *args]
        return subprocess.run(argv, capture_output=True, check=False, stdin=subprocess.DEVNULL, text=True, **options)

    def ok(self, *args, **options):
        done = self.run(*args, **options)
        assert done.returncode == 0, (args, done)
        return done.stdout

    def json(self, *args, **options):
        return json.loads(self.ok("--json", *args, **options))

    def lines(self, *args):
        return [json.loads(line) for line in self.ok("--json", *args).splitlines()]

    def fails(self, code, text, *args, **options):
        done = self.run(*args, **options)
        assert done.returncode == code and text in done.stderr and done.stdout == "", (args, done)


def keys(c):
    made = c.json("keys", "create", "--name", "release", "--algorithm", "mldsa44+ed25519", "--environment", "staging",
                  "--purpose", "sign", "--kek-provider", "env", "--key-provider", "managed")
    assert made["environment"] == "staging" and made["name"] == "release"
    assert c.json("keys", "get", "release") == c.json("keys", "show", made["id"]) == made
    successor = c.json("keys", "rotate", "release")
    assert successor["name"] == "release" and len(successor["lineage"]) == 1
    assert c.json("keys", "get", "release")["id"] == successor["id"], "the name is the newest one's"
    assert c.json("keys", "get", made["id"])["status"] == "superseded"
    renamed = c.json("keys", "rotate", "--name", "release 2", "release")
    assert renamed["name"] == "release 2"
    c.fails(1, "NOT_FOUND", "keys", "get", "release")

    payload = c.write("payload", "x")
    assert "suspended" in c.ok("keys", "suspend", "release 2")
    c.fails(1, "KEY_NOT_ACTIVE", "sign", "--key", "release 2", "--in", payload)
    assert "active" in c.ok("keys", "resume", "release 2")
    assert c.json("sign", "--key", "release 2", "--in", payload)["keyId"] == renamed["id"]
    c.fails(64, "--yes", "keys", "revoke", "release 2")
    c.ok("keys", "revoke", "--yes", "release 2")
    assert [k["id"] for k in c.lines("keys", "list")] == [successor["id"], made["id"]]
    assert c.lines("keys", "list", "--include-revoked")[0]["status"] == "revoked"
    assert c.lines("keys", "list", "--algorithm", "mldsa87") == []
    events = [e["operation"] for e in c.lines("keys", "audit", renamed["id"])]
    assert events == ["revoke", "sign", "resume", "suspend", "rotate"], events
    table = c.ok("keys", "audit", renamed["id"]).splitlines()
    assert len(table) == 5 and "  revoke  " in table[0]


def lineage(c):
    """From a pinned key to the newest, offline; with a policy, that shows in which program each of them signed."""
    policy = c.s.client.get("/v1/attestation-policies/" + c.s.policy()).data
    pinned = c.write("policy.json", json.dumps(policy))
    generations = [c.json("keys", "create", "--name", "walked", "--policy", policy["id"], "--pq-provider", "enclave-mock")]
    for _ in range(3):
        generations.append(c.json("keys", "rotate", "walked"))
    newest = c.json("keys", "get", "walked")
    shown = c.write("newest.json", json.dumps(newest))
    for n, key in enumerate(generations):
        start = c.write(f"generation-{n}", key["publicKey"])
        walk = ("lineage", "verify", "--public-key", start, "--key-id", key["id"], "--allow-mock", "--policy", pinned)
        assert c.ok(*walk, "--lineage", shown).strip() == newest["publicKey"], n
    start = c.s.path("generation-0")
    stranger = c.write("stranger", c.json("keys", "create", "--name", "stranger")["publicKey"])
    c.fails(2, "LINEAGE_START", "lineage", "verify", "--public-key", stranger, "--lineage", shown)
    for n, (member, value) in enumerate((("successor", generations[3]["id"]), ("statement", "countersign/lineage/v1\n{}"),
                                         ("publicKey", generations[3]["publicKey"]),
                                         ("signature", newest["lineage"][0]["signature"]))):
        touched = json.loads(json.dumps(newest["lineage"]))
        touched[1][member] = value
        path = c.write(f"touched-{n}", json.dumps(touched))
        c.fails(2, "LINEAGE_", "lineage", "verify", "--public-key", start, "--lineage", path)
    path = c.write("without", json.dumps([newest["lineage"][0], newest["lineage"][2]]))
    c.fails(2, "LINEAGE_BROKEN", "lineage", "verify", "--public-key", start, "--lineage", path)


def api_keys(c):
    made = c.json("api-keys", "create", "--name", "ci", "--scopes", "sign,verify")
    assert made["scopes"] == ["sign", "verify"] and made["type"] == "secret" and made["environment"] == "live"
    assert Client(c.s.url, made["apiKey"]).get("/v1/enclave").status == 200
    shown = c.run("api-keys", "create", "--name", "shown", "--scopes", "verify", "--type", "publishable")
    assert "cs_pub_live_" in shown.stdout and "cs_" not in shown.stderr and "not be shown again" in shown.stderr

    path = c.s.path("ci.key")
    kept = c.run("--json", "api-keys", "create", "--name", "kept", "--scopes", "keys", "--environment", "test",
                 "--out", path)
    assert kept.returncode == 0 and "cs_sec" not in kept.stdout + kept.stderr
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert c.run("keys", "list", key_file=path).stdout == "", "a test key sees test records only"
    before = len(c.lines("api-keys", "list"))
    c.fails(1, "exists", "api-keys", "create", "--name", "again", "--scopes", "keys", "--out", path)
    assert len(c.lines("api-keys", "list")) == before, "nothing was minted for nowhere"

    rotated = c.s.path("rotated.key")
    answer = c.json("api-keys", "rotate", "--overlap-seconds", "0", "--out", rotated, json.loads(kept.stdout)["id"])
    c.fails(1, "UNAUTHENTICATED", "keys", "list", key_file=path)
    assert c.ok("keys", "list", key_file=rotated) == ""
    c.fails(64, "--yes", "api-keys", "revoke", answer["id"])
    assert c.json("api-keys", "revoke", "--yes", answer["id"])["id"] == answer["id"]
    c.fails(1, "UNAUTHENTICATED", "keys", "list", key_file=rotated)
    key = c.json("keys", "create", "--name", "only this")["id"]
    assert c.json("api-keys", "create", "--name", "one", "--scopes", "sign", "--key-ids", key)["keyIds"] == [key]
    for args, code in ((("create", "--name", "x", "--scopes", "sign,,verify"), 1), (("create", "--name", "x"), 64),
                       (("create", "--name", "x", "--scopes", ""), 1), (("rotate",), 64), (("revoke", "--yes"), 64),
                       (("rotate", "--overlap-seconds", "2592001", "ak_x"), 64), (("revoke", "--yes", "ak_x"), 1)):
        assert c.run("api-keys", *args).returncode == code, args


def test():
    with Service() as s:
        c = Cli(s)
        keys(c)
        lineage(c)
        api_keys(c)
        s.alive()


if __name__ == "__main__":
    run(test)
