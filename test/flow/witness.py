#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A witness cosigns one history of a ledger: no fork, no rollback, whatever it is asked and however it ends."""

import base64
import hashlib
import http.client
import json
import os
import select
import signal
import subprocess
import threading

from flow import Service, b64, program, run
from lying_gateway import FORGED, HONEST, ORIGIN, Gateway, proof, signed


def vkey(name, kind, public):
    typed = bytes([kind]) + public
    key_id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    return f"{name}+{key_id.hex()}+{b64(typed)}"


class Witness:
    def __init__(self, s, logs, *more):
        self.s = s
        self.argv = [program("countersign"), "witness", "--name", "witness.example", "--state", s.path("witness"),
                     "--listen", "127.0.0.1:0", "--json", *more]
        for log in logs:
            self.argv += ["--log", log]
        self.start()

    def start(self):
        with open(self.s.path("witness.log"), "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if ready else b""
        assert line, self.s.log("witness")
        self.told = json.loads(line)
        self.host = self.told["url"].split("//")[1]

    def stop(self, sig=signal.SIGTERM):
        self.process.send_signal(sig)
        code = self.process.wait(30)
        self.process.stdout.close()
        return code

    def post(self, body, path="/add-checkpoint", method="POST"):
        connection = http.client.HTTPConnection(self.host, timeout=30)
        connection.request(method, path, body)
        response = connection.getresponse()
        raw = response.read()
        connection.close()
        return response.status, response.headers["Content-Type"], raw.decode()

    def add(self, old, note, hashes=b""):
        lines = [b64(hashes[i:i + 32]) + "\n" for i in range(0, len(hashes), 32)]
        return self.post(f"old {old}\n{''.join(lines)}\n{note}".encode())


def cosigned(answer):
    """The two cosignature lines: a time and 64 bytes of Ed25519, a time and 2,420 bytes of ML-DSA-44."""
    status, _, text = answer
    assert status == 200, answer
    lines = text.splitlines()
    assert [line.split(" ")[:2] for line in lines] == [["—", "witness.example"]] * 2, text
    assert [len(base64.b64decode(line.split(" ")[2])) for line in lines] == [4 + 8 + 64, 4 + 8 + 2420], text
    return lines


def one_history(w, notes):
    assert w.add(0, notes[5])[0] == 200
    cosigned(w.add(5, notes[5]))
    assert w.add(0, notes[10], proof(5, HONEST[:10])) == (409, "text/x.tlog.size", "5\n")
    assert w.add(7, notes[10], proof(7, HONEST[:10])) == (409, "text/x.tlog.size", "5\n")
    assert w.add(5, notes[10], proof(4, HONEST[:10]))[0] == 422
    assert w.add(5, notes[10])[0] == 422
    cosigned(w.add(5, notes[10], proof(5, HONEST[:10])))
    assert w.add(10, notes[5])[0] == 400, "back"
    assert w.add(5, notes[5]) == (409, "text/x.tlog.size", "10\n")


def no_fork(w, forks):
    assert w.add(10, forks[10])[0] == 409
    assert w.add(10, forks[20], proof(10, FORGED))[0] == 422
    assert w.add(10, forks[20], proof(10, HONEST))[0] == 422
    assert w.add(0, forks[20]) == (409, "text/x.tlog.size", "10\n")


def strangers(w, notes, g):
    other = signed(g.checkpoint(HONEST[:3], org="org_2", origin="log.example/org/org_2"), HONEST[:3],
                   origin="log.example/org/org_2")
    assert w.add(0, other)[0] == 404
    text, lines = notes[10].split("\n\n")
    first, second = lines.splitlines()
    assert w.add(10, f"{text}\n\n{first}\n")[0] == 403, "half signed"
    assert w.add(10, f"{text}\n\n{second}\n")[0] == 403, "half signed"
    assert w.add(10, notes[10].replace(ORIGIN + "\n10\n", ORIGIN + "\n11\n", 1))[0] == 403
    assert w.post(b"")[0] == 400
    assert w.post(b"old 10\n\n")[0] == 400
    assert w.post(b"old 10\n\n" + notes[10].encode() + b"x")[0] == 400
    assert w.post(b"", path="/other")[0] == 404
    assert w.post(None, method="GET")[0] == 405
    assert w.post(None, path="/livez", method="GET")[0] == 200


def killed(w, notes, forks):
    """Killed at once behind its answer, it knows what it said."""
    for size in (11, 12, 13):
        cosigned(w.add(size - 1, notes[size], proof(size - 1, HONEST[:size])))
        w.stop(signal.SIGKILL)
        keys = w.told["vkeys"]
        w.start()
        assert w.told["vkeys"] == keys
        assert w.add(size - 1, notes[size], proof(size - 1, HONEST[:size])) == (409, "text/x.tlog.size", f"{size}\n")
    assert w.add(13, forks[20], proof(13, FORGED))[0] == 422


def many_at_once(w, notes, forks):
    answers = []

    def race(note, leaves):
        answers.append((note, w.add(13, note, proof(13, leaves))))

    mixed = [(notes[20], HONEST), (forks[20], FORGED)] * 8
    threads = [threading.Thread(target=race, args=pair) for pair in mixed]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    won = {note for note, answer in answers if answer[0] == 200}
    assert len(answers) == 16 and won == {notes[20]}, [a[0] for _, a in answers]


def starts(s, w, logs):
    """Two on one state, a state without keys, keys without a state, a log key that is none: refused."""
    def code(*more):
        argv = [a for a in w.argv if a not in logs and a != "--log"]
        return subprocess.run(argv + list(more), stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                              check=False).returncode

    assert code() == 1, "a second one on the same state"
    assert w.stop() == 0
    assert code("--log", "x") == 1
    assert code("--log", w.told["vkeys"][0]) == 1, "a witness is no log"
    printed = subprocess.run(w.argv + ["--print-keys"], capture_output=True, timeout=60, check=True).stdout
    assert json.loads(printed)["vkeys"] == w.told["vkeys"]
    for name in ("witness.json", "witness-ed25519.key"):
        os.rename(s.path("witness/" + name), s.path("kept"))
        assert code() == 1, name
        os.rename(s.path("kept"), s.path("witness/" + name))
    for name in ("witness-ed25519.key", "witness-mldsa44.key"):
        assert os.stat(s.path("witness/" + name)).st_mode & 0o777 == 0o600


def test():
    with Service(start=False) as s:
        s.start_enclave()
        s.start_agent()
        g = Gateway(s)
        boot = g.ask(type="Boot")
        logs = [vkey(ORIGIN, 1, base64.b64decode(boot["ledgerEd25519"])),
                vkey(ORIGIN, 6, base64.b64decode(boot["ledgerMldsa44"]))]
        notes, forks, last = {}, {}, None
        for size in (5, 10, 11, 12, 13, 20):
            steps = proof(last, HONEST[:size]) if last else b""
            notes[size] = signed(g.checkpoint(HONEST[:size], notes.get(last), steps), HONEST[:size])
            last = size
        g.close()
        s.stop("enclave")  # what only a witness notices: an epoch that knows nothing of the one before
        s.start_enclave()
        g = Gateway(s)
        forks[10] = signed(g.checkpoint(FORGED[:10]), FORGED[:10])
        forks[20] = signed(g.checkpoint(FORGED, forks[10], proof(10, FORGED)), FORGED)
        w = Witness(s, logs)
        try:
            one_history(w, notes)
            no_fork(w, forks)
            strangers(w, notes, g)
            killed(w, notes, forks)
            many_at_once(w, notes, forks)
            starts(s, w, logs)
        finally:
            if w.process.poll() is None:
                w.process.kill()
                w.process.wait()
        g.close()
        s.alive()


if __name__ == "__main__":
    run(test)
