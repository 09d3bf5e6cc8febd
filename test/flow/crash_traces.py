#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A crash in the middle of a signature leaves no core, and no secret in whatever else it leaves: not in store, write-ahead
log, state or logs, nor, before it, in the memory of the programs that are to have none."""

import base64
import http.client
import itertools
import json
import os
import resource
import signal
import subprocess
import sys
import threading

from enclave import memory_holds
from flow import SKIP, Client, Service, b64, is_sanitized, run
from tls import openssl

ED25519 = bytes.fromhex("302e020100300506032b657004220420")  # PKCS #8 before the 32 bytes [RFC 8410]


def decrypt(key, nonce, text, folder):
    """AES-256-GCM without its tag: the counter begins at 2."""
    return openssl("enc", "-d", "-aes-256-ctr", "-K", key.hex(), "-iv", nonce.hex() + "00000002", folder=folder, stdin=text)


def parts(record):
    """The sealed record's: wrapped data key, nonce, ciphertext."""
    def lp16(at):
        end = at + 2 + int.from_bytes(record[at:at + 2], "big")
        return record[at + 2:end], end
    _, at = lp16(0)
    wrapped, at = lp16(at)
    ciphertext, end = lp16(at + 12)
    assert end == len(record)
    return wrapped, record[at:at + 12], ciphertext


def private_key(s, kek, key):
    """Data key and private key, opened as the enclave opens them."""
    record = s.database().execute("SELECT sealed FROM key_material WHERE key = ?", (key["id"],)).fetchone()[0]
    wrapped, nonce, ciphertext = parts(record)
    data_key = decrypt(kek, wrapped[:12], wrapped[12:-16], s.folder)
    private = decrypt(data_key, nonce, ciphertext[:-16], s.folder)
    public = openssl("pkey", "-inform", "DER", "-pubout", "-outform", "DER", folder=s.folder, stdin=ED25519 + private[32:])
    assert len(private) == 64 and public[-32:] == base64.b64decode(json.loads(key["publicKey"])["classical"])
    return data_key, private


def spellings(secret):
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for at in range(3):  # wherever in a longer text it begins
        text = base64.b64encode(bytes(at) + secret)[4 if at else 0:len(secret) // 3 * 4 - 4]
        yield text
        yield text.replace(b"+", b"-").replace(b"/", b"_")


def find(folder, needles):
    """Which secret is in which file."""
    for path, _, files in os.walk(folder):
        for name in files:
            if name.endswith(".sock"):
                continue
            with open(os.path.join(path, name), "rb") as f:
                content = f.read()
            for what, secret in needles.items():
                if any(text in content for text in spellings(secret)):
                    yield what, name


class Load(threading.Thread):
    """Asks for signatures all the time, whatever becomes of them."""

    def __init__(self, s, key):
        super().__init__(daemon=True)
        self.s, self.key, self.signed, self.stopping = s, key, 0, threading.Event()

    def run(self):
        while not self.stopping.is_set():
            client = Client(self.s.url, self.s.api_key)  # of the gateway that runs now
            try:
                while not self.stopping.is_set():
                    answer = client.post("/v1/sign", {"keyId": self.key, "payload": b64(b"in the middle")})
                    self.signed += answer.status == 200
            except (OSError, http.client.HTTPException):
                client.close()


def left_a_core(process, sig):
    process.send_signal(sig)
    _, status = os.waitpid(process.pid, 0)
    process.returncode = -sig
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == sig, status
    return os.WCOREDUMP(status)


def crash(s, key, name, sig):
    """While signatures are made all the time."""
    load = [Load(s, key) for _ in range(4)]
    for thread in load:
        thread.start()
    while sum(thread.signed for thread in load) < 40:
        s.alive()
    assert not left_a_core(s.processes.pop(name), sig), name
    getattr(s, "start_" + name)()
    assert s.sign(key, b"again").status == 200
    for thread in load:
        thread.stopping.set()
    for thread in load:
        thread.join()


def check_memory(s, needles):
    """The search finds in the enclave what the others do not have."""
    if os.geteuid() != 0:
        print("only root can look into the memory of the programs")
        return
    assert memory_holds(s.processes["enclave"], needles["KEK"])
    for name in ("agent", "gateway"):
        for what in ("KEK", "data key", "private key", "ML-DSA seed", "Ed25519 key"):
            assert not memory_holds(s.processes[name], needles[what]), (name, what)


def test():
    if is_sanitized():
        print("a sanitized build keeps what it was given; skipped")
        sys.exit(SKIP)
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    with Service() as s:
        if not left_a_core(subprocess.Popen(["sleep", "1000"], cwd=s.folder), signal.SIGABRT):
            print("nothing leaves a core on this machine")
        for name in os.listdir(s.folder):
            if name.startswith("core"):
                os.remove(s.path(name))
        with open(s.path("kek"), "rb") as f:
            kek = f.read()
        key = s.key("precious", algorithm="mldsa65+ed25519")
        data_key, private = private_key(s, kek, key)
        needles = {"KEK": kek, "data key": data_key, "private key": private, "ML-DSA seed": private[:32],
                   "Ed25519 key": private[32:], "API key": s.api_key[12:].encode(), "publishable": s.publishable[12:].encode()}
        for name, sig in itertools.product(("enclave", "agent", "gateway"), (signal.SIGSEGV, signal.SIGABRT)):
            check_memory(s, needles)
            crash(s, key["id"], name, sig)
        assert list(find(s.folder, needles)) == [("KEK", "kek")], "the search finds the one that is there"
        s.entries()
        s.alive()


if __name__ == "__main__":
    run(test)
