# SPDX-License-Identifier: Apache-2.0
"""What the flow scripts share: the three programs in a folder of their own, and a client for the API."""

import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback

BIN = os.environ.get("CS_BIN") or os.path.join(os.getcwd(), "build", "bin")
SKIP = 77
COMPOSITES = [
    "mldsa44+ed25519", "mldsa44+ecdsa-p256", "mldsa65+ed25519", "mldsa65+ecdsa-p256", "mldsa87+ecdsa-p384",
    "mldsa87+ed448", "mldsa87+ed25519", "mldsa87+ecdsa-p256",
]
VAULT_NAMES = [a for a in COMPOSITES if a.endswith(("ed25519", "ecdsa-p256"))]
PURE = ["mldsa44", "mldsa65", "mldsa87"]
PREHASH = {a: "sha512" for a in COMPOSITES}
PREHASH["mldsa44+ed25519"] = "sha512"
PREHASH["mldsa44+ecdsa-p256"] = "sha256"
PREHASH["mldsa87+ed448"] = "shake256"


def free_port():
    """For a page that prints its port. Below those that the system gives to connections, one of which would else take it before
    the service does."""
    for port in random.sample(range(20000, 32000), 100):
        with socket.socket() as s:
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("no port is free")


def is_stopped(task):
    try:
        return "State:\tT" in (task / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True  # a thread that has ended runs no more


def freeze(pid):
    """Stops a process and waits until none of its threads runs any more: the signal takes effect in its own time."""
    os.kill(pid, signal.SIGSTOP)
    tasks = pathlib.Path(f"/proc/{pid}/task")
    while not all(is_stopped(task) for task in tasks.iterdir()):
        time.sleep(0.005)


def program(name):
    path = os.path.join(BIN, name)
    if not os.path.exists(path):
        print(f"{name} has not been built; skipped")
        sys.exit(SKIP)
    return path


def python_judges():
    """Makes the packages of judge/requirements.txt importable; False where they cannot be had."""
    wanted = pathlib.Path(__file__).parent.parent / "judge" / "requirements.txt"
    base = pathlib.Path(os.environ.get("COUNTERSIGN_DEPS_DIR") or os.environ.get("XDG_CACHE_HOME")
                        or os.path.expanduser("~/.cache")) / "countersign"
    # Outside the clone, named by what is installed there; complete or absent.
    packages = base / ("python-judges-" + sha256(wanted.read_bytes())[:16])
    if not packages.exists():
        base.mkdir(parents=True, exist_ok=True)
        fresh = tempfile.mkdtemp(dir=base)
        made = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
                               "--only-binary", ":all:", "--target", fresh, "-r", wanted], stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
        if made.returncode == 0:
            try:
                os.rename(fresh, packages)
            except OSError:
                pass  # somebody else was faster
        shutil.rmtree(fresh, ignore_errors=True)
    if packages.exists():
        sys.path.append(str(packages))
        return True
    print("the judges from PyPI cannot be installed")
    assert os.environ.get("CS_REQUIRE_JUDGES") != "1", "the judges are needed here"
    return False


def is_sanitized(name="countersign-enclave"):
    """Sanitizers keep what was freed, read what nobody else may read, and leave the process dumpable."""
    with open(program(name), "rb") as f:
        binary = f.read()
    return b"__asan_init" in binary or b"__tsan_init" in binary


def b64(data):
    return base64.b64encode(data).decode()


def hmac256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Answer:
    def __init__(self, status, headers, raw):
        self.status, self.headers, self.raw = status, headers, raw
        self.json = json.loads(raw) if raw else None

    @property
    def data(self):
        assert self.json["success"] is True, self.raw
        return self.json["data"]

    @property
    def code(self):
        return self.json["code"]

    @property
    def details(self):
        return self.json["details"]

    def __repr__(self):
        return f"{self.status} {self.raw[:2000]!r}"


class Client:
    """One keep-alive connection."""

    def __init__(self, url, api_key):
        self.host = url.split("//")[1]
        self.api_key = api_key
        self.connection = None

    def call(self, method, path, body=None, headers=None, api_key=None, timeout=30):
        key = self.api_key if api_key is None else api_key
        head = {"Authorization": "Bearer " + key} if key else {}
        if body is not None:
            head["Content-Type"] = "application/json"
            body = body if isinstance(body, (bytes, str)) else json.dumps(body)
        head.update(headers or {})
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.host, timeout=timeout)
        try:
            self.connection.request(method, path, body, head)
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            response = self.connection.getresponse()
            raw = response.read()
        except BaseException:
            self.close()
            raise
        if response.headers.get("Connection") == "close":
            self.close()
        return Answer(response.status, response.headers, raw)

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body, **options):
        return self.call("POST", path, body, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)


class Service:
    """Enclave, agent and gateway on sockets in a temporary folder; port 0. `store`: postgresql:// instead of a file."""

    def __init__(self, gateway_options=("--allow-mock",), start=True, enclave_options=(), store=None):
        self.folder = tempfile.mkdtemp(prefix="cs-flow-")
        self.processes = {}
        self.gateway_options = list(gateway_options)
        self.enclave_options = list(enclave_options)
        self.agent_socket = "agent.sock"
        self.enclave_program = program("countersign-enclave")
        self.store = store or os.path.join(self.folder, "store.db")
        self.store_options = ["--store", self.store]
        if store is not None:
            self.store_options += ["--pepper", os.path.join(self.folder, "pepper")]
        os.mkdir(os.path.join(self.folder, "enclave"), 0o700)
        with open(os.open(os.path.join(self.folder, "kek"), os.O_CREAT | os.O_WRONLY, 0o600), "wb") as f:
            f.write(os.urandom(32))
        made = subprocess.run([program("countersign-gateway"), "init", *self.store_options, "--org", "flow",
                               "--json"], capture_output=True, check=False)
        assert made.returncode == 0, made.stderr.decode()
        self.first = json.loads(made.stdout)
        self.api_key, self.publishable = self.first["apiKey"], self.first["publishableKey"]
        if start:
            self.start()

    def path(self, name):
        return os.path.join(self.folder, name)

    def spawn(self, name, argv, **options):
        log = open(self.path(name + ".log"), "ab")
        self.processes[name] = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                cwd=self.folder, **options)
        log.close()

    def start_enclave(self):
        self.spawn("enclave", [self.enclave_program, "serve", "--listen", "unix:" + self.path("enclave.sock"),
                               "--state", self.path("enclave"), "--kek-file", self.path("kek"),
                               *self.enclave_options])
        self.wait_for_socket("enclave")

    def start_agent(self):
        self.spawn("agent", [program("countersign-agent"), "serve", "--listen", "unix:" + self.path("agent.sock"),
                             "--enclave", "unix:" + self.path("enclave.sock"), "--settings-key",
                             self.path("agent.key")])
        self.wait_for_socket("agent")

    def agent_options(self):
        return ["--agent", "unix:" + self.path(self.agent_socket)]

    def start_gateway(self, name="gateway", **options):
        """Of a further one (another name) the client is returned, and s.url stays that of the first."""
        reader, writer = os.pipe()
        self.spawn(name, [program("countersign-gateway"), "serve-http", "--bind", "127.0.0.1:0", *self.store_options,
                          *self.agent_options(), "--ready-fd", str(writer), *self.gateway_options],
                   pass_fds=(writer,), **options)
        os.close(writer)
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([reader], [], [], 30)
            chunk = os.read(reader, 1024) if ready else b""
            if not chunk:
                os.close(reader)
                raise AssertionError(f"{name} not ready:\n" + self.log(name))
            line += chunk
        os.close(reader)
        if name != "gateway":
            return Client(json.loads(line)["url"], self.api_key)
        self.ready = json.loads(line)
        self.url = self.ready["url"]
        self.client = Client(self.url, self.api_key)
        return self.client

    def start(self):
        self.start_enclave()
        self.start_agent()
        self.start_gateway()

    def wait_for_socket(self, name):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self.processes[name].poll() is not None:
                break
            with socket.socket(socket.AF_UNIX) as s:
                try:
                    s.connect(self.path(name + ".sock"))
                    return
                except OSError:
                    time.sleep(0.02)
        raise AssertionError(f"{name} not ready:\n" + self.log(name))

    def stop(self, name, sig=signal.SIGTERM):
        p = self.processes.pop(name)
        p.send_signal(sig)
        return p.wait(30)

    def alive(self):
        for name, p in self.processes.items():
            assert p.poll() is None, f"{name} ended with {p.returncode}:\n" + self.log(name)

    def log(self, name):
        with open(self.path(name + ".log"), errors="replace") as f:
            return f.read()

    def close(self, failed=False):
        names = [n for n in self.processes if n not in ("agent", "enclave")]
        for name in (*names, "agent", "enclave"):
            if name in self.processes:
                code = self.stop(name)
                if not failed:
                    assert code == 0, f"{name} ended with {code}:\n" + self.log(name)
        if failed:
            for name in ("enclave", "agent", "gateway", *names):
                if os.path.exists(self.path(name + ".log")):
                    print(f"--- {name}\n" + self.log(name)[-4000:])
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        self.close(failed=kind is not None)

    # -- the usual things ---------------------------------------------------------------------------------------

    def policy(self, **changes):
        """A policy that accepts the enclave as it is; its id."""
        enclave = self.client.get("/v1/enclave").data
        told = enclave["policy"]
        body = {"name": "flow", "vendor": told["vendor"], "evidence": told["evidence"], "matchRules": told["matchRules"]}
        body.update(changes)
        answer = self.client.post("/v1/attestation-policies", body)
        assert answer.status == 200, answer
        return answer.data["id"]

    def key(self, name, **members):
        answer = self.client.post("/v1/hybrid-keys", {"name": name, **members})
        assert answer.status == 200, answer
        return answer.data

    def sign(self, key, payload, client=None, **members):
        return (client or self.client).post("/v1/sign", {"keyId": key, "payload": b64(payload), **members})

    def other_org(self, name="other", *more):
        """Puts another org into the store of a stopped gateway; its secret API key."""
        argv = [program("countersign-gateway"), "init", "--store", self.store, "--org", name, "--json", *more]
        made = subprocess.run(argv, capture_output=True, check=False)
        assert made.returncode == 0, made.stderr.decode()
        return json.loads(made.stdout)["apiKey"]

    def database(self):
        """The store as it is now, from a copy: nobody else opens the gateway's."""
        copy = tempfile.mkdtemp(dir=self.folder)
        for suffix in ("", "-wal"):
            if os.path.exists(self.store + suffix):
                shutil.copy(self.store + suffix, os.path.join(copy, "store.db" + suffix))
        return sqlite3.connect(os.path.join(copy, "store.db"))

    def entries(self, realm=None):
        """All ledger entries of a realm, after recomputing chain and tree from them."""
        db = self.database()
        realm = (realm or self.first["orgId"],)
        rows = db.execute("SELECT seq, bytes, event_type, subject, id FROM ledger_entry WHERE org = ? ORDER BY seq",
                          realm).fetchall()
        head = db.execute("SELECT last, tree FROM ledger_head WHERE org = ?", realm).fetchone()
        db.close()
        return recompute(rows, head)


def recompute(rows, head):
    """Rows of a ledger (seq, bytes, event type, subject, id), its head (last, tree) or None; the entries, if all fits."""
    last, tree = head or (bytes(32), bytes(8))
    previous, leaves = bytes(32), []
    entries = []
    for expected, (seq, raw, event_type, subject, entry_id) in enumerate(rows):
        entry = json.loads(raw)
        assert seq == expected == entry["seq"], "a gap in the ledger"
        assert entry["prev"] == previous.hex(), f"entry {seq} is not chained to the one before"
        assert (event_type, subject) == (entry["eventType"], entry["subjectId"])
        assert raw == json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        previous = hashlib.sha256(raw).digest()
        leaves.append(hashlib.sha256(b"\0" + raw).digest())
        entries.append({**entry, "id": entry_id})
    assert last == previous, "the head is not the last entry's"
    assert tree == frontier(leaves), "the tree is not that of the entries"
    return entries


def frontier(leaves):
    """Storage form of an RFC 6962 tree: size and the roots of its complete subtrees."""
    out, at = len(leaves).to_bytes(8, "big"), 0
    for bit in reversed(range(len(leaves).bit_length())):
        if len(leaves) >> bit & 1:
            level = leaves[at:at + (1 << bit)]
            at += 1 << bit
            while len(level) > 1:
                level = [hashlib.sha256(b"\1" + level[i] + level[i + 1]).digest() for i in range(0, len(level), 2)]
            out += level[0]
    return out


def run(test):
    """Runs the script's behaviour; the exit code says whether it held."""
    try:
        test()
    except SystemExit:
        raise
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
    print("ok")
