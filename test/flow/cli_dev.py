#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`countersign init` and `dev`: starting, signing through the service, stopping in every way, starting again."""

import base64
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

BIN = os.environ["CS_BIN"]
PROGRAM = os.path.join(BIN, "countersign")
WAIT = 60  # for what must happen; nothing is expected to take that long


def environment(**more):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("COUNTERSIGN_") or k == "COUNTERSIGN_DEPS_DIR"}
    return dict(clean, **more)


def run(*args, env=None):
    done = subprocess.run([PROGRAM, *args], env=environment(**(env or {})), stdin=subprocess.DEVNULL,
                          capture_output=True, check=False, timeout=WAIT)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def expect(code, said, *args, env=None):
    got, out, err = run(*args, env=env)
    assert got == code and said in err, (args, got, out, err)
    return out


def children_of(pid):
    with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
        return [int(p) for p in f.read().split()]


def is_alive(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def until(what, condition):
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


class Dev:
    """A running `countersign dev --json`."""

    def __init__(self, state, *args, env=None, log):
        self.log = open(log, "ab+")
        self.process = subprocess.Popen([PROGRAM, "dev", "--json", "--state", state, "--listen", "127.0.0.1:0", *args],
                                        env=environment(**(env or {})), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log)
        assert select.select([self.process.stdout], [], [], WAIT)[0], "dev says nothing"
        line = self.process.stdout.readline()
        assert line, "dev did not start:\n" + self.said()
        self.facts = json.loads(line)
        self.children = children_of(self.process.pid)
        assert len(self.children) == (4 if "--pq-signer" in args else 3), self.children

    def said(self):
        self.log.seek(0)
        return self.log.read().decode()

    def client(self):
        return {"COUNTERSIGN_SERVER": self.facts["url"], "COUNTERSIGN_API_KEY": self.facts["apiKey"]}

    def wait(self):
        """Its exit code; its only line stayed its only one, and nothing of it is left."""
        code = self.process.wait(timeout=WAIT)
        assert self.process.stdout.read() == b""
        until("children outlive dev", lambda: not any(is_alive(p) for p in self.children))
        self.log.close()
        return code

    def stop(self, by=signal.SIGTERM):
        self.process.send_signal(by)
        return self.wait()


def mode(*path):
    return os.stat(os.path.join(*path)).st_mode & 0o777


def check_start(d, state):
    facts = d.facts
    assert set(facts) == {"url", "org", "apiKey", "publishableKey", "policy", "imageHash", "rootPublicKeyB64", "stateDir"}
    assert facts["org"] == "development" and facts["stateDir"] == os.path.realpath(state)
    assert facts["apiKey"].startswith("cs_sec_") and facts["publishableKey"].startswith("cs_pub_")
    assert facts["policy"]["matchRules"] == {"allowedImageHashes": [facts["imageHash"]],
                                             "rootPublicKeyB64": facts["rootPublicKeyB64"]}
    digest = subprocess.run(["sha256sum", os.path.join(BIN, "countersign-enclave")], capture_output=True, check=True)
    assert facts["imageHash"] == "sha256:" + digest.stdout.decode().split()[0]
    assert mode(state) == 0o700 and mode(state, "kek") == 0o600 and mode(state, "credentials.json") == 0o600
    assert os.path.getsize(os.path.join(state, "kek")) == 32
    assert "DEVELOPMENT ROOT – NOT HARDWARE" in d.said()
    assert facts["apiKey"] not in d.said()
    with open(os.path.join(state, "credentials.json")) as f:
        assert json.load(f) == {"apiKey": facts["apiKey"], "publishableKey": facts["publishableKey"]}


def write(path, data):
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    return path


def check_service(d, folder):
    """The main job: policy, key, signatures small and large, verified offline; and what must be refused."""
    path = lambda name: os.path.join(folder, name)
    env = d.client()
    policy = write(path("policy.json"), json.dumps(d.facts["policy"]))
    stored = json.loads(expect(0, "", "attestation-policies", "create", "--file", policy, "--json", env=env))
    assert stored["id"] in expect(0, "", "attestation-policies", "list", env=env)
    shown = json.loads(expect(0, "", "attestation-policies", "show", stored["id"], "--json", env=env))
    assert shown["id"] == stored["id"]
    write(path("shown.json"), json.dumps(shown))
    key = json.loads(expect(0, "", "keys", "create", "--name", "release", "--pq-provider", "enclave-mock", "--policy",
                            stored["id"], "--json", env=env))
    write(path("key.pub"), key["publicKey"])
    assert key["id"] in expect(0, "", "keys", "list", env=env)
    assert "release" in expect(0, "", "keys", "show", key["id"], env=env)
    assert d.facts["imageHash"] in expect(0, "compare it", "enclave", env=env)

    nonce = base64.b64encode(os.urandom(16)).decode()
    attest = ["attest", "verify", "--allow-mock", "--policy", policy]
    for name, size in (("empty", 0), ("small", 1000), ("limit", 512 << 10), ("large", (512 << 10) + 1), ("huge", 3 << 20)):
        payload = write(path(name), os.urandom(size))
        result = write(path(name + ".json"), expect(0, "", "sign", "--key", "release", "--in", payload, "--nonce", nonce,
                                                    env=env))
        expect(0, "", "verify", "--public-key", path("key.pub"), "--sign-result", result, "--payload", payload)
        out = expect(0, "", *attest, "--json", "--sign-result", result, "--payload", payload, "--nonce", nonce,
                     "--public-key", path("key.pub"), "--key-id", key["id"])
        assert json.loads(out)["ok"] is True
        expect(0, "", *attest[:-1], path("shown.json"), "--sign-result", result, "--payload", payload)
        expect(2, "ATT_NONCE_MISMATCH", *attest, "--sign-result", result, "--payload", payload, "--nonce",
               base64.b64encode(bytes(16)).decode())
    pair = ["--sign-result", path("huge.json"), "--payload", path("huge")]
    assert "verified under the attested key" in expect(0, "", *attest, *pair)
    expect(2, "ATT_PREHASH_MISMATCH", *attest, *pair[:-1], path("large"))
    expect(2, "ATT_PAYLOAD_MISMATCH", *attest, "--sign-result", path("small.json"), "--payload", path("huge"))
    expect(2, "ATT_EXPIRED", *attest, *pair, "--at", str(int(time.time()) + 86400))
    expect(2, "ATT_MOCK_REFUSED", "attest", "verify", "--policy", policy, *pair)

    # a policy that does not allow this enclave: no key comes to be
    other = dict(d.facts["policy"], name="other",
                 matchRules=dict(d.facts["policy"]["matchRules"], allowedImageHashes=["sha256:" + "5e" * 32]))
    refusing = json.loads(expect(0, "", "attestation-policies", "create", "--file", write(path("other.json"), json.dumps(other)),
                                 "--json", env=env))
    expect(2, "ATTESTATION_REJECTED, ATT_IMAGE_NOT_ALLOWED", "keys", "create", "--name", "never", "--pq-provider",
           "enclave-mock", "--policy", refusing["id"], env=env)
    expect(1, "POLICY_REQUIRED", "keys", "create", "--name", "never", "--pq-provider", "enclave-mock", env=env)
    expect(1, "NAME_TAKEN", "keys", "create", "--name", "release", env=env)
    expect(1, "NOT_FOUND", "sign", "--key", "never", "--in", path("small"), env=env)
    for api_key in ("cs_sec_live_" + "x" * 49, d.facts["publishableKey"]):
        expect(1, "", "sign", "--key", "release", "--in", path("small"), env=dict(env, COUNTERSIGN_API_KEY=api_key))
    expect(0, "", "keys", "list", "--api-key-file", os.path.join(d.facts["stateDir"], "credentials.json"),
           env={"COUNTERSIGN_SERVER": d.facts["url"]})

    # revoked is for ever; what was signed still verifies
    expect(0, "", "keys", "create", "--name", "short-lived", "--algorithm", "mldsa44", env=env)
    result = write(path("last.json"), expect(0, "", "sign", "--key", "short-lived", "--in", path("small"), env=env))
    expect(0, "", "keys", "revoke", "--yes", "short-lived", env=env)
    expect(1, "NOT_FOUND", "sign", "--key", "short-lived", "--in", path("small"), env=env)
    write(path("last.pub"), json.loads(open(result).read())["publicKey"])
    expect(0, "", "verify", "--public-key", path("last.pub"), "--sign-result", result, "--payload", path("small"))


def check_restart(folder, state, before):
    """The same keys, the same root, the same enclave; the old key signs and the old policy still holds."""
    d = Dev(state, log=os.path.join(folder, "log"))
    for name in set(before) - {"url"}:
        assert d.facts[name] == before[name], name
    result = os.path.join(folder, "again.json")
    write(result, expect(0, "", "sign", "--key", "release", "--in", os.path.join(folder, "small"), env=d.client()))
    expect(0, "", "attest", "verify", "--allow-mock", "--policy", os.path.join(folder, "policy.json"), "--sign-result",
           result, "--payload", os.path.join(folder, "small"), "--public-key", os.path.join(folder, "key.pub"))
    return d


def check_failing_starts(folder, state, d):
    """While one runs on the state: another, and one on the port that is taken."""
    fresh = os.path.join(folder, "fresh")
    expect(1, "in use", "dev", "--state", state, "--listen", "127.0.0.1:0")
    expect(1, "countersign-gateway", "dev", "--state", fresh, "--listen", d.facts["url"].partition("//")[2])
    expect(1, "countersign-gateway", "dev", "--state", fresh, "--listen", "0.0.0.0:0")
    expect(1, "countersign-gateway", "dev", "--state", fresh, "--listen", "nonsense")
    expect(1, "belongs to org development", "dev", "--state", fresh, "--listen", "127.0.0.1:0", "--org", "another")
    assert is_alive(d.process.pid)


def check_init(folder):
    state = os.path.join(folder, "deep/er/init")
    out = expect(0, "will not be shown again", "init", "--state", state, "--org", "Org ü", "--json")
    made = json.loads(out)
    assert made["org"] == "Org ü" and made["stateDir"] == state and mode(state) == 0o700
    for root, _, files in os.walk(state):
        for name in files:
            with open(os.path.join(root, name), "rb") as f:
                content = f.read()
            assert made["apiKey"].encode() not in content and made["publishableKey"].encode() not in content, name
    before = sorted(os.listdir(state))
    expect(1, "holds a state already", "init", "--state", state)
    assert sorted(os.listdir(state)) == before
    other = json.loads(expect(0, "will not be shown again", "init", "--state", state, "--org", "second", "--json"))
    assert other["org"] == "second" and other["orgId"] != made["orgId"] and other["apiKey"] != made["apiKey"]
    expect(1, "did not add the org", "init", "--state", state, "--org", "second")
    expect(1, "did not add the org", "init", "--state", state, "--org", "third", "--ledger-host", "No/Host")
    assert [n for n in sorted(os.listdir(state)) if n not in ("lock", "store.db-shm", "store.db-wal")] == [
        n for n in before if n not in ("lock", "store.db-shm", "store.db-wal")]
    full = os.path.join(folder, "full")
    os.mkdir(full)
    write(os.path.join(full, "x"), b"")
    expect(1, "not empty", "init", "--state", full)
    assert os.listdir(full) == ["x"]
    expect(1, "", "init", "--state", os.path.join(full, "x", "y"))
    assert [n for n in os.listdir(folder) if n.startswith("full.")] == []  # nothing is left of the attempt
    assert "API key" in expect(0, "", "init", "--state", os.path.join(folder, "plain"))

    # its API key is kept nowhere: dev has to be told
    expect(64, "no API key", "dev", "--state", state, "--listen", "127.0.0.1:0")
    expect(1, "UNAUTHENTICATED", "dev", "--state", state, "--listen", "127.0.0.1:0",
           env={"COUNTERSIGN_API_KEY": "cs_sec_live_" + "x" * 49})
    config = os.path.join(folder, "countersign.conf")
    write(config, b"quiet = true\n")
    d = Dev(state, env={"COUNTERSIGN_API_KEY": made["apiKey"], "COUNTERSIGN_CONFIG": config,
                        "COUNTERSIGN_RATE_LIMIT": "none"}, log=os.path.join(folder, "log"))
    assert d.facts["apiKey"] == made["apiKey"] and d.facts["publishableKey"] is None
    for pid in d.children:
        with open("/proc/%d/environ" % pid, "rb") as f:
            environment = f.read()
        assert made["apiKey"].encode() not in environment and b"COUNTERSIGN_" not in environment
    assert d.stop() == 0


def check_kek(folder, state):
    """A key-encryption key that others could read, or none: dev names the enclave, which says why, and nothing stays."""
    kek = os.path.join(state, "kek")
    os.chmod(kek, 0o644)
    expect(1, "countersign-enclave ended with exit code 1", "dev", "--state", state, "--listen", "127.0.0.1:0")
    os.chmod(kek, 0o600)
    os.rename(kek, kek + ".away")
    expect(1, "countersign-enclave ended with exit code 1", "dev", "--state", state, "--listen", "127.0.0.1:0")
    os.rename(kek + ".away", kek)
    os.chmod(state, 0o755)
    expect(1, "0700", "dev", "--state", state, "--listen", "127.0.0.1:0")
    os.chmod(state, 0o700)


def check_human(folder, state):
    with open(os.path.join(folder, "human"), "wb+") as out:
        p = subprocess.Popen([PROGRAM, "dev", "--state", state, "--listen", "127.0.0.1:0"], env=environment(),
                             stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.DEVNULL)
        until("dev is ready", lambda: os.path.getsize(out.name) > 0 or p.poll() is not None)
        with open(out.name, encoding="utf-8") as said:
            dashboard = next(line.split()[1] for line in said if line.split()[:1] == ["dashboard"])
        with urllib.request.urlopen(dashboard) as page:
            assert b"<title>Countersign</title>" in page.read()
        p.send_signal(signal.SIGINT)
        assert p.wait(timeout=WAIT) == 0
        out.seek(0)
        text = out.read().decode()
    for word in ("http://127.0.0.1:", "cs_sec_", "cs_pub_", "sha256:", '"allowedImageHashes"', "COUNTERSIGN_SERVER="):
        assert word in text, (word, text)


def main():
    with tempfile.TemporaryDirectory() as folder:
        state, log = os.path.join(folder, "state"), os.path.join(folder, "log")

        def step(name, check, *args):
            print(name, flush=True)
            return check(*args)
        d = Dev(state, log=log)
        try:
            step("start", check_start, d, state)
            step("the main job", check_service, d, folder)
            step("starts that fail", check_failing_starts, folder, state, d)
            facts = d.facts
            print("SIGTERM")
            assert d.stop() == 0
            with socket.socket() as s:
                host, _, port = facts["url"].partition("//")[2].partition(":")
                assert s.connect_ex((host, int(port))) != 0
            d = step("restart", check_restart, folder, state, facts)
            print("kill -9")
            assert d.stop(signal.SIGKILL) == -signal.SIGKILL
            d = step("restart after kill -9", check_restart, folder, state, facts)
            for at, name in enumerate(("countersign-enclave", "countersign-agent", "countersign-gateway")):
                print(name + " is killed")
                os.kill(d.children[at], signal.SIGKILL)
                until("dev ends", lambda: d.process.poll() is not None)
                assert name + " was ended by signal 9" in d.said()
                assert d.wait() == 1
                d = check_restart(folder, state, facts)
            print("SIGINT")
            assert d.stop(signal.SIGINT) == 0
            step("for people", check_human, folder, state)
            step("init", check_init, folder)
            step("key-encryption key", check_kek, folder, state)
        finally:
            if d.process.poll() is None:
                d.process.terminate()
                d.process.wait()
            if sys.exc_info()[0] is not None:
                with open(log, "rb") as f:
                    sys.stderr.write(f.read().decode()[-4000:])
    print("done")


if __name__ == "__main__":
    main()
