#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Enclave and agent as processes: real frames, refusals, faults, and what a process outside can see of them."""
import base64, ctypes, hashlib, json, os, resource, shutil, signal, socket, stat, struct, subprocess, sys, tempfile
import threading

from flow import freeze

BIN = os.environ.get("CS_BIN", "build/bin")
ENCLAVE, AGENT = os.path.join(BIN, "countersign-enclave"), os.path.join(BIN, "countersign-agent")
PR_CAPBSET_DROP = 24
WAIT = 20  # seconds after which something that must happen has not happened
MAX_FRAME = 1 << 20

COMPOSITES = ["mldsa44+ed25519", "mldsa44+ecdsa-p256", "mldsa65+ed25519", "mldsa65+ecdsa-p256", "mldsa87+ecdsa-p384",
              "mldsa87+ed448", "mldsa87+ed25519", "mldsa87+ecdsa-p256"]
PURE = ["mldsa44", "mldsa65", "mldsa87"]


def b64(data):
    return base64.b64encode(data).decode()


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims(document):
    return json.loads(unb64url(document.split(".")[1]))


class Closed(Exception):
    pass


class Connection:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.s.settimeout(WAIT)
        self.s.connect(path)

    def close(self):
        self.s.close()

    def send_raw(self, data):
        try:
            self.s.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the reader says Closed

    def send(self, **message):
        message.setdefault("version", 1)
        text = json.dumps(message).encode()
        self.send_raw(struct.pack(">I", len(text)) + text)

    def take(self, n):
        data = b""
        while len(data) < n:
            try:
                more = self.s.recv(n - len(data))
            except ConnectionResetError:
                raise Closed()
            if not more:
                raise Closed()
            data += more
        return data

    def receive(self):
        n = struct.unpack(">I", self.take(4))[0]
        assert 1 <= n <= MAX_FRAME
        return json.loads(self.take(n))

    def ask(self, **message):
        self.send(**message)
        return self.receive()

    def is_closed(self):
        try:
            self.receive()
        except Closed:
            return True
        return False


libc = ctypes.CDLL(None)


def become_ordinary():
    """In a child: core files as far as allowed, and, for root, no capability, so that root's name opens nothing."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    cap = 0
    while os.geteuid() == 0 and libc.prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0:
        cap += 1


class Machine:
    """A state directory and the two programs."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="cs-flow-")
        self.kek = os.urandom(32)
        self.kek_file = self.path("kek")
        self.write("kek", self.kek, 0o600)
        self.agent = self.enclave = None

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, data, mode):
        fd = os.open(self.path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        os.fchmod(fd, mode)
        os.write(fd, data)
        os.close(fd)

    def spawn(self, args, env=None):
        environment = {k: v for k, v in os.environ.items() if k != "COUNTERSIGN_KEK"}
        environment.update(env or {})
        return subprocess.Popen(args, stderr=subprocess.PIPE, preexec_fn=become_ordinary, env=environment)

    def wait_ready(self, process):
        """The log is read until the ready line, then by a thread, so that the pipe never fills."""
        lines = []
        for line in process.stderr:
            lines.append(line.decode())
            if " ready: " in lines[-1]:
                process.log = lines
                process.reader = threading.Thread(target=lambda: lines.extend(l.decode() for l in process.stderr))
                process.reader.daemon = True
                process.reader.start()
                return process
        raise AssertionError("not ready: " + "".join(lines))

    def start_enclave(self, *more, env=None):
        args = [ENCLAVE, "serve", "--listen", "unix:" + self.path("e"), "--state", self.path("state")]
        if env is None:
            args += ["--kek-file", self.kek_file]
        self.enclave = self.wait_ready(self.spawn(args + list(more), env))

    def start_agent(self, *more):
        args = [AGENT, "serve", "--listen", "unix:" + self.path("a"), "--enclave", "unix:" + self.path("e")]
        self.agent = self.wait_ready(self.spawn(args + list(more)))

    def connect(self, name="a"):
        return Connection(self.path(name))

    def refused_start(self, *args):
        """Exit code and log of an enclave that must not start."""
        p = self.spawn([ENCLAVE, "serve", "--listen", "unix:" + self.path("x"), *args])
        log = p.communicate(timeout=WAIT)[1].decode()
        return p.returncode, log

    def stop(self):
        for p in (self.agent, self.enclave):
            if p is not None and p.poll() is None:
                p.kill()
                p.wait()
        shutil.rmtree(self.dir)


def generate(c, org="org", key="key-1", algorithm="mldsa65+ed25519", fmt="composite", purpose="sign"):
    return c.ask(type="GenerateKey", org=org, keyId=key, algorithm=algorithm, signatureFormat=fmt, purpose=purpose)


def sign(c, sealed, org="org", key="key-1", payload=b"payload", **more):
    return c.ask(type="Sign", org=org, keyId=key, sealed=sealed, payload=b64(payload), **more)


def refused(reply, code):
    assert reply == {"type": "Error", "version": 1, "code": code}, reply


def check_boot(m):
    c = m.connect()
    reply = c.ask(type="Boot", nonce=b64(b"12345678"))
    found = claims(reply["document"])
    with open(ENCLAVE, "rb") as f:
        image = "sha256:" + hashlib.sha256(f.read()).hexdigest()
    assert reply["imageHash"] == found["imageHash"] == image
    assert reply["epoch"] == found["epoch"] and len(found["epoch"]) == 32
    assert reply["vendor"] == found["vendor"] == "mock" and found["kind"] == "boot"
    assert found["nonce"] == b64(b"12345678")
    assert reply["evidence"] == "operation"
    rules = json.loads(reply["matchRules"])
    assert rules == {"allowedImageHashes": [image], "rootPublicKeyB64": found["rootPublicKeyB64"]}
    assert len(base64.b64decode(reply["ledgerEd25519"])) == 32 and len(base64.b64decode(reply["ledgerMldsa44"])) == 1312
    assert found["ledgerKeys"] == {"ed25519": reply["ledgerEd25519"], "mldsa44": reply["ledgerMldsa44"]}
    c.close()


def check_algorithms(m):
    c = m.connect()
    rows = [(a, "composite") for a in COMPOSITES] + [(a, "pure") for a in PURE]
    rows += [("mldsa65+ed25519", "concat"), ("mldsa44+ecdsa-p256", "envelope")]
    for i, (algorithm, fmt) in enumerate(rows):
        key = generate(c, key="k%d" % i, algorithm=algorithm, fmt=fmt)
        birth = claims(key["document"])
        public = hashlib.sha256(base64.b64decode(key["publicKey"])).hexdigest()
        assert birth["kind"] == "birth" and birth["keyRelease"] == key["keyRelease"] == "local"
        assert birth["sealedSha256"].endswith(hashlib.sha256(base64.b64decode(key["sealed"])).hexdigest())
        done = sign(c, key["sealed"], key="k%d" % i, payload=b"x" * i, policyId="pol-1")
        found = claims(done["document"])
        assert found["kind"] == "sign" and found["algorithm"] == algorithm and found["signatureFormat"] == fmt
        assert found["payloadSha256"] == "sha256:" + hashlib.sha256(b"x" * i).hexdigest()
        assert found["sigSha256"] == "sha256:" + hashlib.sha256(base64.b64decode(done["signature"])).hexdigest()
        assert found["publicKeySha256"].endswith(public) and birth["publicKeySha256"].endswith(public)
        assert found["keyId"] == "k%d" % i and found["policyId"] == "pol-1"
        assert found["counter"] == done["counter"] == birth["counter"] + 1
        assert (birth["keyCounter"], found["keyCounter"]) == (1, 2)
    c.close()


def check_prehash(m):
    c = m.connect()
    value = b64(hashlib.sha512(b"big").digest())
    sealed = generate(c, key="pre")["sealed"]
    pure = generate(c, key="pure", algorithm="mldsa65", fmt="pure")["sealed"]
    ask = lambda key, record, pre: c.ask(type="Sign", org="org", keyId=key, sealed=record, preHash=pre)
    found = claims(ask("pre", sealed, {"alg": "sha512", "value": value})["document"])
    assert "payloadSha256" not in found
    assert found["payloadPreHash"] == "sha512:" + hashlib.sha512(b"big").hexdigest()
    refused(ask("pure", pure, {"alg": "sha512", "value": value}), "PREHASH_NOT_OFFERED")
    refused(ask("pre", sealed, {"alg": "sha384", "value": b64(hashlib.sha384(b"big").digest())}), "PREHASH_ALGORITHM")
    refused(ask("pre", sealed, {"alg": "sha512", "value": value[:-4]}), "PREHASH_ALGORITHM")
    refused(ask("pre", sealed, {"alg": "md5", "value": value}), "PREHASH_ALGORITHM")
    refused(c.ask(type="Sign", org="org", keyId="pre", sealed=sealed), "MISSING_FIELD")
    refused(sign(c, sealed, key="pre", preHash={"alg": "sha512", "value": value}), "BAD_FIELD")
    c.close()


def check_refusals(m):
    c = m.connect()
    sealed = generate(c)["sealed"]
    other = generate(c, key="key-2")["sealed"]
    refused(generate(c, key="key-3", purpose="ledger"), "BAD_FIELD")
    with open(m.path("state/ledger.sealed"), "rb") as f:
        ledger = b64(f.read())
    pure = generate(c, key="key-4", algorithm="mldsa44", fmt="pure")["sealed"]
    refused(sign(c, sealed, org="other"), "SEAL_BROKEN")
    refused(sign(c, sealed, key="key-2"), "SEAL_BROKEN")
    refused(sign(c, other), "SEAL_BROKEN")
    refused(sign(c, ledger, key="ledger"), "SEAL_BROKEN")
    refused(sign(c, ledger, org="", key="ledger"), "BAD_FIELD")
    raw = bytearray(base64.b64decode(sealed))
    raw[-1] ^= 1
    refused(sign(c, b64(raw)), "SEAL_BROKEN")
    refused(sign(c, b64(b"x")), "SEAL_BROKEN")
    refused(sign(c, b64(raw + b"x")), "SEAL_BROKEN")
    refused(sign(c, sealed, payload=b"countersign/hybrid/v1\nx"), "RESERVED_PAYLOAD")
    hybrid = generate(c, key="key-5", purpose="hybrid")["sealed"]
    assert "signature" in sign(c, hybrid, key="key-5", payload=b"countersign/hybrid/v1\n{}")
    refused(sign(c, hybrid, key="key-5", payload=b"countersign/hybrid/v1"), "KEY_PURPOSE")
    refused(sign(c, hybrid, key="key-5"), "KEY_PURPOSE")
    refused(c.ask(type="Sign", org="org", keyId="key-5", sealed=hybrid,
                  preHash={"alg": "sha512", "value": b64(b"x" * 64)}), "KEY_PURPOSE")
    refused(sign(c, pure, key="key-4", payload=b"CompositeAlgorithmSignatures2025x"), "RESERVED_PREFIX")
    refused(sign(c, sealed, nonce=b64(b"1234567")), "BAD_FIELD")
    refused(sign(c, sealed, surprise=1), "UNKNOWN_FIELD")
    refused(generate(c, algorithm="rsa"), "UNKNOWN_ALGORITHM")
    refused(generate(c, fmt="raw"), "UNKNOWN_SIGNATURE_FORMAT")
    refused(generate(c, fmt="pure"), "FORMAT_NOT_OFFERED")
    refused(generate(c, purpose="all"), "BAD_FIELD")
    refused(generate(c, org=""), "BAD_FIELD")
    for algorithm, form, size in (("mldsa44", "seed", 32), ("mldsa65", "expanded", 4032), ("mldsa87", "expanded", 4896)):
        pair = c.ask(type="CallerKey", algorithm=algorithm, privateKeyFormat=form)
        assert set(pair) == {"type", "version", "publicKey", "privateKey"}, pair.keys()
        assert len(base64.b64decode(pair["privateKey"])) == size
    refused(c.ask(type="CallerKey", algorithm="mldsa65+ed25519", privateKeyFormat="seed"), "UNKNOWN_ALGORITHM")
    refused(c.ask(type="CallerKey", algorithm="mldsa65"), "MISSING_FIELD")
    refused(c.ask(type="Forget", recordSha256=b64(b"x" * 31)), "BAD_FIELD")
    assert "signature" in sign(c, sealed)  # the connection has survived them all
    c.close()


def check_bad_frames(m, name):
    frame = lambda text: struct.pack(">I", len(text)) + text
    rows = [struct.pack(">I", 0), struct.pack(">I", MAX_FRAME + 1), b"\xff\xff\xff\xff", frame(b"x"), frame(b"[]"),
            frame(b"{}"), frame(b'{"type":"Boot"}'), frame(b'{"version":1}'), frame(b'{"type":"Boot","version":2}'),
            frame(b'{"type":"Boot","version":1} '[:-1] + b"x"), frame(b'{"type":"boot","version":1}'),
            frame(b'{"type":"Error","version":1}'), frame(b'{"type":1,"version":1}'),
            frame(b'{"type":"Boot","type":"Boot","version":1}'), frame(b'{"type":"Boot","version":1.0}'),
            frame(b'{"type":"KmsSign","version":1}'), frame(b'{"type":"Boot","version":1,"a":"' + b"x" * 5000 + b'"}'),
            frame(b"[" * 100000), frame(b'{"type":"Bo\xff\xfet","version":1}'), frame(b"x" * MAX_FRAME),
            frame(b'{"type":"Boot","version":1}'.ljust(MAX_FRAME)), b"\0\0\0\x10half", b"\0", b"\0\0\0"]
    for row in rows:
        c = m.connect(name)
        c.send_raw(row)
        if row.endswith(b"half") or len(row) < 4:
            c.s.shutdown(socket.SHUT_WR)
        assert c.is_closed(), row[:80]
        c.close()
    c = m.connect(name)
    assert c.ask(type="Boot")["type"] == "Boot"
    text = b'{"type":"Boot","version":1}'
    c.send_raw(frame(text) + frame(text))
    first, second = c.receive(), c.receive()
    assert claims(second["document"])["counter"] == claims(first["document"])["counter"] + 1
    c.close()


def check_largest(m):
    c = m.connect()
    sealed = generate(c)["sealed"]
    assert "signature" in sign(c, sealed, payload=b"x" * (512 << 10))
    refused(sign(c, sealed, payload=b"x" * ((512 << 10) + 1)), "BAD_FIELD")
    assert "signature" in sign(c, sealed, payload=b"")
    c.close()


def check_forget(m):
    c = m.connect()
    sealed = generate(c)["sealed"]
    index = b64(hashlib.sha256(base64.b64decode(sealed)).digest())
    for _ in range(2):
        assert "signature" in sign(c, sealed)
        assert c.ask(type="Forget", recordSha256=index) == {"type": "Forget", "version": 1}
    assert c.ask(type="Forget", recordSha256=index) == {"type": "Forget", "version": 1}
    c.close()


def check_parallel(m, clients=32, each=6):
    """No two documents share a counter, and none is missing."""
    c = m.connect()
    sealed = generate(c, key="parallel")["sealed"]
    before = claims(c.ask(type="Boot")["document"])["counter"]
    documents, failures = [], []

    def work():
        try:
            mine = m.connect()
            for _ in range(each):
                documents.append(claims(sign(mine, sealed, key="parallel")["document"]))
            mine.close()
        except Exception as e:  # seen by the main thread
            failures.append(e)
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not failures, failures
    total = clients * each
    assert sorted(d["counter"] for d in documents) == list(range(before + 1, before + 1 + total))
    assert sorted(d["keyCounter"] for d in documents) == list(range(2, 2 + total))
    assert len({d["nonce"] for d in documents}) == total
    c.close()


def check_connection_limit(m, limit=256):
    """What is above the limit is closed at once; the others go on, and a place that is left can be taken."""
    crowd, turned_away = [], 0
    while turned_away == 0:
        c = m.connect("e")
        try:
            assert c.ask(type="Boot")["type"] == "Boot"
            crowd.append(c)
        except Closed:
            turned_away += 1
    assert limit // 2 <= len(crowd) <= limit, len(crowd)
    assert crowd[0].ask(type="Boot")["type"] == "Boot"
    for c in crowd:
        c.close()
    c = m.connect("a")
    while c.ask(type="Boot")["type"] == "Error":  # until the threads have seen the ends
        pass
    c.close()


def status_of(process):
    with open("/proc/%d/status" % process.pid) as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def is_readable(process):
    """Whether another process of the same user may look into it, as ptrace would: not if it is not dumpable."""
    return subprocess.run(["cat", "/proc/%d/environ" % process.pid], preexec_fn=become_ordinary,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def check_hardening(m, sanitized):
    for p in (m.enclave, m.agent):
        assert status_of(p)["NoNewPrivs"] == "1"
        with open("/proc/%d/limits" % p.pid) as f:
            core = [line.split() for line in f if line.startswith("Max core file size")]
        assert core[0][4:6] == ["0", "0"], core
    if sanitized:
        print("  (a sanitized build: no filter, and dumpable for the leak check)")
        return
    assert status_of(m.enclave)["Seccomp"] == "2"
    control = subprocess.Popen(["sleep", "100"], preexec_fn=become_ordinary)
    assert is_readable(control)
    control.kill()
    control.wait()
    assert not is_readable(m.enclave) and not is_readable(m.agent)


def memory_holds(process, needle):
    with open("/proc/%d/maps" % process.pid) as maps, open("/proc/%d/mem" % process.pid, "rb", 0) as mem:
        for line in maps:
            ends, rights = line.split()[:2]
            start, end = (int(x, 16) for x in ends.split("-"))
            if not rights.startswith("rw"):
                continue
            try:
                mem.seek(start)
                if needle in mem.read(end - start):
                    return True
            except OSError:
                pass
    return False


def check_environment_kek(m, sanitized):
    """The key of the environment is gone from it, text and all; a record of the one start opens in the next."""
    text = b64(m.kek)
    m.start_enclave(env={"COUNTERSIGN_KEK": text})
    c = m.connect("e")
    sealed = generate(c)["sealed"]
    assert "signature" in sign(c, sealed)
    c.close()
    if os.geteuid() == 0:
        with open("/proc/%d/environ" % m.enclave.pid, "rb") as f:
            assert text.encode() not in f.read()
        if not sanitized:  # its run time keeps a copy of the environment
            assert memory_holds(m.enclave, m.kek)  # so the search finds what is there
            assert not memory_holds(m.enclave, text.encode())
    stop_politely(m.enclave)
    return sealed


def check_killed(m, sealed):
    """Kill -9 in the middle: an error within the bound, and the same connection works with the next enclave."""
    c = m.connect()
    before = c.ask(type="Boot")
    freeze(m.enclave.pid)  # the request is under way for certain
    c.send(type="Sign", org="org", keyId="key-1", sealed=sealed, payload=b64(b"x"))
    m.enclave.kill()
    m.enclave.wait()
    refused(c.receive(), "ENCLAVE_UNAVAILABLE")
    refused(c.ask(type="Boot"), "ENCLAVE_UNAVAILABLE")
    m.start_enclave()
    after = c.ask(type="Boot")
    assert after["matchRules"] == before["matchRules"] and after["epoch"] != before["epoch"]
    assert claims(after["document"])["ledgerKeys"] == claims(before["document"])["ledgerKeys"]
    assert claims(after["document"])["counter"] == 1
    assert sign(c, sealed)["counter"] == 2
    c.close()


def check_stalled(m, sealed):
    c = m.connect()
    assert "signature" in sign(c, sealed)
    freeze(m.enclave.pid)
    refused(sign(c, sealed), "FRAME_DEADLINE")
    assert c.is_closed()
    os.kill(m.enclave.pid, signal.SIGCONT)
    c = m.connect()
    assert "signature" in sign(c, sealed, payload=b"next")
    c.close()


def check_other_kek(m, sealed):
    """Another key-encryption key opens nothing: not the ledger keys of the state, nor records in a state of its own."""
    m.write("kek", os.urandom(32), 0o600)
    code, log = m.refused_start("--state", m.path("state"), "--kek-file", m.kek_file)
    assert code == 1 and "ledger keys" in log and "sealed under another key-encryption key" in log, (code, log)
    os.rename(m.path("state/ledger.sealed"), m.path("kept"))
    m.start_enclave()
    c = m.connect("e")
    refused(sign(c, sealed), "KEK_UNUSABLE")
    c.close()
    stop_politely(m.enclave)
    os.rename(m.path("kept"), m.path("state/ledger.sealed"))
    m.write("kek", m.kek, 0o600)


def check_ledger_record(m, sealed):
    """What is no record of ledger keys is refused and never replaced."""
    name = m.path("state/ledger.sealed")
    with open(name, "rb") as f:
        good = f.read()
    assert stat.S_IMODE(os.stat(name).st_mode) == 0o600
    flipped = good[:-1] + bytes([good[-1] ^ 1])
    for data in (b"", good[:-1], good + b"x", flipped, base64.b64decode(sealed), bytes(5000)):
        m.write("state/ledger.sealed", data, 0o600)
        code, log = m.refused_start("--state", m.path("state"), "--kek-file", m.kek_file)
        assert code == 1 and "not a record of ledger keys" in log, (code, log)
        with open(name, "rb") as f:
            assert f.read() == data, "the record was replaced"
    m.write("state/ledger.sealed", good, 0o600)


def check_bad_starts(m):
    """Each with exit code 1, a precise sentence, nothing of the key, and no socket."""
    state = ("--state", m.path("state"))
    with open(m.path("state/attestation-root.key"), "rb") as f:
        root = f.read()
    rows = [("no key", 0o600, None, "no key-encryption key"), ("missing", 0o600, b"", "cannot be read"),
            ("short", 0o600, m.kek[:31], "not 32 bytes"), ("long", 0o600, m.kek + b"x", "not 32 bytes"),
            ("empty", 0o600, b"", "not 32 bytes"), ("readable by others", 0o644, m.kek, "mode 0600"),
            ("bad base64", 0o600, b64(m.kek).encode()[:-1], "not 32 bytes")]
    for name, mode, data, sentence in rows:
        args = list(state)
        if data is not None:
            m.write("kek2", data, mode)
            args += ["--kek-file", m.path("kek2")]
        if name == "missing":
            os.unlink(m.path("kek2"))
        code, log = m.refused_start(*args)
        assert code == 1 and sentence in log, (name, code, log)
        assert b64(m.kek)[:20] not in log and m.kek.hex()[:20] not in log
    for name, mode, data in [("short", 0o600, root[:31]), ("long", 0o600, root + b"x"), ("empty", 0o600, b""),
                             ("readable by others", 0o644, root)]:
        m.write("state/attestation-root.key", data, mode)
        code, log = m.refused_start(*state, "--kek-file", m.kek_file)
        assert code == 1 and "attestation root" in log, (name, code, log)
        with open(m.path("state/attestation-root.key"), "rb") as f:
            assert f.read() == data, "the root was replaced"
    m.write("state/attestation-root.key", root, 0o600)
    assert not os.path.exists(m.path("x"))
    for args in ([], ["--state"], ["--state", "s", "--threads", "0"], ["--state", "s", "--key-cache-seconds", "-1"],
                 ["--state", "s", "extra"]):
        assert m.refused_start(*args)[0] == 64, args


def check_unlocked_memory(m):
    """Where memory may not be locked, --require-mlock does not start, and without it the log says so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (4096, hard))
    args = ("--state", m.path("state"), "--kek-file", m.kek_file)
    code, log = m.refused_start(*args, "--require-mlock")
    assert code == 1 and "cannot be locked" in log, (code, log)
    m.start_enclave()
    resource.setrlimit(resource.RLIMIT_MEMLOCK, (soft, hard))
    assert "memory is not locked" in stop_politely(m.enclave)


def check_second_instance(m):
    p = m.spawn([ENCLAVE, "serve", "--listen", "unix:" + m.path("e"), "--state", m.path("state"), "--kek-file",
                 m.kek_file])
    p.communicate(timeout=WAIT)
    assert p.returncode == 1
    c = m.connect("e")
    assert c.ask(type="Boot")["type"] == "Boot"
    c.close()


def stop_politely(process):
    process.terminate()
    assert process.wait(timeout=WAIT) == 0
    process.reader.join()
    text = "".join(process.log)
    assert "stopped" in text and "Sanitizer" not in text, text
    return text


def check_stop_under_load(m, sealed, clients=8):
    """A request gets its signature or the end of the connection; the wiping of the keys shows in no answer."""
    m.start_enclave("--key-cache-seconds", "0")  # every signature opens its key
    replies, begun = [], threading.Barrier(clients + 1, timeout=WAIT)

    def work():
        mine = m.connect("e")
        replies.append(sign(mine, sealed))
        begun.wait()
        try:
            while True:
                replies.append(sign(mine, sealed))
        except Closed:
            mine.close()
    threads = [threading.Thread(target=work) for _ in range(clients)]
    for t in threads:
        t.start()
    begun.wait()
    stop_politely(m.enclave)
    for t in threads:
        t.join()
    assert len(replies) >= clients
    assert all(r["type"] == "Sign" for r in replies), [r for r in replies if r["type"] != "Sign"]


def main():
    with open(ENCLAVE, "rb") as f:
        program = f.read()
    sanitized = b"__asan_init" in program or b"__tsan_init" in program
    m = Machine()

    def step(name, check, *args):
        print(name, flush=True)
        return check(m, *args)
    try:
        sealed = step("key from the environment", check_environment_kek, sanitized)
        m.start_enclave()
        m.start_agent("--timeout-ms", "10000")
        step("boot", check_boot)
        step("hardening", check_hardening, sanitized)
        step("all algorithms", check_algorithms)
        step("pre-hash", check_prehash)
        step("refusals", check_refusals)
        step("bad frames, agent", check_bad_frames, "a")
        step("bad frames, enclave", check_bad_frames, "e")
        step("largest payload", check_largest)
        step("forget", check_forget)
        step("parallel counters", check_parallel)
        step("second instance", check_second_instance)
        step("connection limit", check_connection_limit)
        step("killed in the middle", check_killed, sealed)
        stop_politely(m.agent)
        m.start_agent("--timeout-ms", "1000")
        step("stalled", check_stalled, sealed)
        print("stop")
        for text in (stop_politely(m.agent), stop_politely(m.enclave)):
            assert b64(m.kek) not in text and b64(b"payload") not in text
        for _ in range(3):
            step("stop under load", check_stop_under_load, sealed)
        step("another key-encryption key", check_other_kek, sealed)
        step("ledger keys", check_ledger_record, sealed)
        step("bad starts", check_bad_starts)
        if not sanitized:  # its run time locks nothing and says that it did
            step("unlocked memory", check_unlocked_memory)
    finally:
        m.stop()
    print("done")


if __name__ == "__main__":
    main()
