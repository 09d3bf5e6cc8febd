#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`countersign backup` while signing goes on, `restore --verify` elsewhere: what was acknowledged before is there, every
key signs, old signatures and their bundles verify, what was revoked stays so; what was recorded after the backup is missed
by whoever kept a checkpoint; a damaged backup is refused and nothing is left of it."""

import http.client
import json
import os
import select
import shutil
import signal
import sqlite3
import stat
import subprocess
import tempfile
import threading

from flow import Client, b64, program, run

WAIT = 60
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith("COUNTERSIGN_") or k == "COUNTERSIGN_DEPS_DIR"}


def execute(*args, **env):
    return subprocess.run([program("countersign"), *args], env={**CLEAN, **env}, stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=WAIT)


def countersign(*args):
    done = execute(*args)
    return done.returncode, done.stderr.decode()


def write(name, text):
    with open(name, "wb") as f:
        f.write(text)
    return name


class Dev:
    def __init__(self, state):
        self.process = subprocess.Popen([program("countersign"), "dev", "--json", "--state", state, "--listen",
                                         "127.0.0.1:0"], env=CLEAN, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
        assert select.select([self.process.stdout], [], [], WAIT)[0]
        line = self.process.stdout.readline()
        assert line, "dev did not start"
        self.facts = json.loads(line)
        self.client = self.another_client()

    def another_client(self):
        return Client(self.facts["url"], self.facts["apiKey"])

    def tool(self, *args):
        """What the command line program writes about this server."""
        done = execute(*args, COUNTERSIGN_SERVER=self.facts["url"], COUNTERSIGN_API_KEY=self.facts["apiKey"])
        assert done.returncode == 0, (args, done)
        return done.stdout

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=WAIT)
        assert kind is not None or code == 0, code


def sign(client, key, payload):
    answer = client.post("/v1/sign", {"keyId": key, "payload": b64(payload)})
    return answer.status, answer.json.get("data")


class Load(threading.Thread):
    def __init__(self, dev, keys):
        super().__init__(daemon=True)
        self.client, self.keys, self.signed, self.stopping = dev.another_client(), keys, [], threading.Event()

    def run(self):
        try:
            while not self.stopping.is_set():
                payload = os.urandom(200)
                key = self.keys[len(self.signed) % len(self.keys)]
                status, data = sign(self.client, key, payload)
                assert status == 200, status
                self.signed.append((key, payload, data))
        except (OSError, http.client.HTTPException):
            pass
        self.client.close()


def make_keys(dev):
    """Ids of keys that sign; and one that is revoked."""
    client = dev.client
    policy = client.post("/v1/attestation-policies", dev.facts["policy"]).data["id"]

    def key(name, **members):
        answer = client.post("/v1/hybrid-keys", {"name": name, **members})
        assert answer.status == 200, answer
        return answer.data["id"]

    keys = [key("plain"), key("bound", attestationPolicyId=policy), key("pure", algorithm="mldsa44")]
    successor = client.post(f"/v1/hybrid-keys/{keys[0]}/rotate", {})
    assert successor.status == 200, successor
    keys.append(successor.data["id"])
    revoked = key("revoked")
    assert client.delete("/v1/hybrid-keys/" + revoked).status == 200
    return keys, revoked


def is_private(folder):
    for path, folders, names in os.walk(folder):
        for name in folders:
            assert stat.S_IMODE(os.stat(os.path.join(path, name)).st_mode) == 0o700, name
        for name in names:
            assert stat.S_IMODE(os.stat(os.path.join(path, name)).st_mode) == 0o600, name
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700


def check_restored(dev, keys, revoked, signed):
    client = dev.client
    entries = {}
    for key, payload, data in signed:
        check = {"keyId": key, "payload": b64(payload), "signature": data["signature"]}
        assert client.post("/v1/verify", check).data["ok"], data["ledger"]
        entries[data["ledger"]["seq"]] = data["ledger"]["entryId"]
    for seq, entry_id in entries.items():
        found = client.get(f"/v1/ledger/entries?since={seq}&limit=1").data[0]
        assert (found["seq"], found["id"]) == (seq, entry_id)
    for key in keys:
        assert sign(client, key, b"again")[0] == 200, key
    assert sign(client, revoked, b"never")[0] == 409
    assert sign(client, "plain", b"by its name")[1]["keyId"] == keys[3]


def check_bundles(dev, folder, keys, signed):
    """The bundle of everything that was signed under a policy, made by the restored service, verifies without it."""
    policy = write(os.path.join(folder, "policy.json"), json.dumps(dev.facts["policy"]).encode())
    bound = [(payload, data) for key, payload, data in signed if key == keys[1]]
    assert len(bound) >= 5
    dev.tool("ledger", "seal")
    for payload, data in bound:
        bundle = write(os.path.join(folder, "bundle"), dev.tool("bundle", "--signature", data["signatureId"]))
        offline = ("verify", "--allow-mock", "--policy", policy, "--bundle", bundle, "--payload")
        code, err = countersign(*offline, write(os.path.join(folder, "payload"), payload))
        assert code == 0, err
        assert countersign(*offline, write(os.path.join(folder, "payload"), payload + b"x"))[0] == 2


def check_kept(dev, folder, keys, kept):
    """Ledger and enclave are those of the backup, and sign what they hold; a checkpoint of later tells what is missing,
    before the ledger has grown over it and after."""
    path = os.path.join(folder, "ledger.jsonl")
    note = write(os.path.join(folder, "kept"), kept)
    size = int(kept.splitlines()[1])
    reasons = []
    for grown in (False, True):
        while grown and sign(dev.client, keys[0], b"instead")[1]["ledger"]["seq"] <= size:
            pass
        dev.tool("ledger", "seal")
        dev.tool("ledger", "export", "--out", path)
        with open(path, encoding="utf-8") as f:
            pinned = [x for i, key in enumerate(json.loads(f.readline())["keys"])
                      for x in ("--ledger-key", write(os.path.join(folder, f"{i}.vkey"), key.encode() + b"\n"))]
        assert execute("ledger", "verify", path, *pinned).returncode == 0
        done = execute("ledger", "verify", path, *pinned, "--checkpoint", note, "--json")
        assert done.returncode == 2, done
        reasons.append(json.loads(done.stdout)["reason"])
        os.remove(path)
    assert reasons == ["LEDGER_TRUNCATED", "LEDGER_FORK"], reasons


def damaged_backups(folder, backup):
    """What is wrong is found, and nothing is left behind."""
    def damage_ledger(copy):
        db = sqlite3.connect(os.path.join(copy, "store.db"))
        db.executescript("DROP TRIGGER ledger_entry_fixed; UPDATE ledger_entry SET created_ms = 1 WHERE seq = 0")
        db.close()

    def lose_sealed(copy):
        db = sqlite3.connect(os.path.join(copy, "store.db"))
        db.executescript("UPDATE key_material SET sealed = NULL")
        db.close()

    def lose(name):
        return lambda copy: os.unlink(os.path.join(copy, name))

    for damage, code, said in ((damage_ledger, 2, "entry 0"), (lose_sealed, 2, "its sealed record is missing"),
                               (lose("kek"), 1, "kek"), (lose("store.db.pepper"), 1, "pepper"),
                               (lose("store.db"), 1, "store.db"), (lose("state.json"), 1, "holds no state")):
        copy, target = os.path.join(folder, "damaged"), os.path.join(folder, "target")
        shutil.copytree(backup, copy)
        damage(copy)
        got, err = countersign("restore", "--from", copy, "--state", target, "--verify")
        assert got == code and said in err, (got, err)
        assert not [name for name in os.listdir(folder) if name.startswith("target")]
        shutil.rmtree(copy)


def back_up_under_load(state, backup):
    """Keys, a revoked one, what had been signed when the backup began, and a checkpoint of after it."""
    with Dev(state) as dev:
        keys, revoked = make_keys(dev)
        load = [Load(dev, keys) for _ in range(3)]
        for thread in load:
            thread.start()
        while sum(len(thread.signed) for thread in load) < 60:
            assert all(thread.is_alive() for thread in load)
        before = [item for thread in load for item in list(thread.signed)]
        code, err = countersign("backup", "--state", state, "--to", backup)
        assert code == 0, err
        behind = sum(len(thread.signed) for thread in load)
        while sum(len(thread.signed) for thread in load) < behind + 30:
            assert all(thread.is_alive() for thread in load), "signing goes on"
        for thread in load:
            thread.stopping.set()
            thread.join()
        code, err = countersign("backup", "--state", state, "--to", backup)
        assert code == 1 and "not touched" in err, (code, err)
        code, err = countersign("restore", "--from", backup, "--state", state)
        assert code == 1 and "not touched" in err, (code, err)
        return keys, revoked, before, dev.tool("ledger", "seal")


def test():
    with tempfile.TemporaryDirectory(prefix="cs-backup-") as folder:
        state, backup, restored = (os.path.join(folder, name) for name in ("state", "backup", "restored"))
        keys, revoked, before, kept = back_up_under_load(state, backup)
        is_private(backup)
        shutil.rmtree(state)
        code, err = countersign("restore", "--from", backup, "--state", restored, "--verify")
        assert code == 0 and "verified: 5 keys" in err, (code, err)
        is_private(restored)
        with Dev(restored) as dev:
            with tempfile.TemporaryDirectory(prefix="cs-kept-") as elsewhere:
                check_kept(dev, elsewhere, keys, kept)
                check_bundles(dev, elsewhere, keys, before)
            check_restored(dev, keys, revoked, before)
        damaged_backups(folder, backup)
        assert sorted(os.listdir(folder)) == ["backup", "restored"]


if __name__ == "__main__":
    run(test)
