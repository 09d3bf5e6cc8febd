#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A gateway that lies gets no second tree signed for a ledger within an epoch of the enclave."""

import base64
import hashlib
import socket
import threading

from flow import Service, b64, run
from lying_agent import read_frame, write_frame

ORG = "org_1"
ORIGIN = "log.example/org/" + ORG


class Gateway:
    """Frames straight to the agent, as a gateway in the wrong hands would send them."""

    def __init__(self, s, name="agent.sock"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(s.path(name))

    def ask(self, **members):
        write_frame(self.socket, {"version": 1, **members})
        return read_frame(self.socket)

    def checkpoint(self, leaves, old=None, proof=b"", org=ORG, origin=ORIGIN, root=None, size=None):
        members = {} if old is None else {"oldNote": old}
        return self.ask(type="LedgerSign", org=org, origin=origin, newSize=len(leaves) if size is None else size,
                        newRoot=b64(tree(leaves) if root is None else root), proof=b64(proof), **members)

    def close(self):
        self.socket.close()


def tree(leaves):
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + tree(leaves[:k]) + tree(leaves[k:])).digest()


def proof(m, leaves, whole=True):
    if m == len(leaves):
        return b"" if whole else tree(leaves)
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    if m <= k:
        return proof(m, leaves[:k], whole) + tree(leaves[k:])
    return proof(m - k, leaves[k:], False) + tree(leaves[:k])


def signed(reply, leaves, stale=False, origin=ORIGIN):
    """The note, which must be of exactly this tree."""
    assert reply["type"] == "LedgerSign", reply
    text, _, lines = reply["note"].partition("\n\n")
    assert text == f"{origin}\n{len(leaves)}\n{b64(tree(leaves))}", reply
    assert reply["size"] == len(leaves) and reply["stale"] is stale, reply
    names = [line.split(" ")[1] for line in lines.splitlines()]
    sizes = [len(base64.b64decode(line.split(" ")[2])) for line in lines.splitlines()]
    assert names == [origin, origin] and sizes == [4 + 64, 4 + 8 + 2420], lines
    return reply["note"]


def refused(reply, code):
    assert reply == {"type": "Error", "version": 1, "code": code}, reply


HONEST = [b"entry %d" % i for i in range(20)]
FORGED = HONEST[:3] + [b"forged %d" % i for i in range(17)]


def one_epoch(g):
    """From nothing to ten leaves; then every way of having another tree signed."""
    first = signed(g.checkpoint(HONEST[:5]), HONEST[:5])
    assert signed(g.checkpoint(HONEST[:5], first), HONEST[:5]).split("\n\n")[0] == first.split("\n\n")[0]
    note = signed(g.checkpoint(HONEST[:10], first, proof(5, HONEST[:10])), HONEST[:10])

    # another tree of the same size: with the note, with an older one, with none
    for old in (note, first, None):
        refused(g.checkpoint(FORGED[:10], old, proof(5, FORGED[:10]) if old == first else b""), "LEDGER_FORK")
    # a larger one that does not contain what was signed
    for p in (b"", proof(10, FORGED), proof(10, HONEST), proof(5, FORGED), bytes(32), b"x"):
        refused(g.checkpoint(FORGED, note, p), "LEDGER_PROOF")
    # ... and without the note it is told what was signed, not given what it wants
    for old in (None, first):
        for leaves in (FORGED, FORGED[:7], HONEST[:7], HONEST):
            signed(g.checkpoint(leaves, old, proof(5, leaves) if old else b""), HONEST[:10], stale=True)
    # back
    for leaves in (HONEST[:9], FORGED[:9]):
        refused(g.checkpoint(leaves, note), "LEDGER_FORK")
    # under another name of the ledger, or another ledger's
    refused(g.checkpoint(FORGED, origin="other.example/org/" + ORG), "LEDGER_FORK")
    refused(g.checkpoint(FORGED, org="org_2"), "BAD_FIELD")
    refused(g.checkpoint(FORGED, org="org_2", origin="log.example/org/org_2", old=note), "LEDGER_NOTE")
    # notes that it has written itself
    for changed in (note.replace("\n10\n", "\n9\n"), note[:-8] + "AAAA" + note[-4:], note.split("— ")[0], "",
                    note.rpartition("— ")[0]):
        refused(g.checkpoint(HONEST, changed, proof(10, HONEST)), "BAD_FIELD" if changed == "" else "LEDGER_NOTE")
    # no tree at all
    refused(g.checkpoint(HONEST, size=0), "BAD_FIELD")
    refused(g.checkpoint(HONEST, root=bytes(31)), "BAD_FIELD")
    refused(g.checkpoint(HONEST, size=2 ** 53), "BAD_FIELD")
    # nothing of this moved the ledger
    return signed(g.checkpoint(HONEST[:11], note, proof(10, HONEST[:11])), HONEST[:11])


def many_at_once(s, note):
    """Two trees raced over many connections: whatever comes first, all notes are of one tree a size."""
    replies, threads = [], []

    def race(leaves):
        g = Gateway(s)
        replies.append(g.checkpoint(leaves, note, proof(11, leaves)))
        g.close()

    other = HONEST[:11] + FORGED[11:]
    for i in range(16):
        threads.append(threading.Thread(target=race, args=((HONEST if i % 2 else other)[:18],)))
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    roots = {r["note"].split("\n")[2] for r in replies if r["type"] == "LedgerSign"}
    assert len(replies) == 16 and len(roots) == 1, replies
    assert all(r["type"] == "LedgerSign" or r["code"] == "LEDGER_FORK" for r in replies), replies


def keys_apart(s, g):
    """The ledger's record signs no payload, and a payload's key no ledger: not even in the folder of the enclave."""
    with open(s.path("enclave/ledger.sealed"), "rb") as f:
        record = f.read()
    for org in (ORG, "vault", "ledger"):
        refused(g.ask(type="Sign", org=org, keyId="ledger", sealed=b64(record), payload=b64(b"x")), "SEAL_BROKEN")
    made = {"org": ORG, "keyId": "ledger", "algorithm": "mldsa44+ed25519", "signatureFormat": "composite"}
    refused(g.ask(type="GenerateKey", purpose="ledger", **made), "BAD_FIELD")
    key = g.ask(type="GenerateKey", purpose="sign", **made)
    return record, base64.b64decode(key["sealed"])


def later_epochs(s, note):
    """The enclave is stopped: the keys are the same, what it remembered is gone, the note that it is shown binds it."""
    g = Gateway(s)
    before = g.ask(type="Boot")
    g.close()
    s.stop("enclave")
    s.start_enclave()
    g = Gateway(s)
    after = g.ask(type="Boot")
    assert before["epoch"] != after["epoch"]
    assert all(before[k] == after[k] for k in ("ledgerEd25519", "ledgerMldsa44"))
    refused(g.checkpoint(FORGED, note, proof(11, FORGED)), "LEDGER_PROOF")
    refused(g.checkpoint(FORGED[:11], note), "LEDGER_FORK")
    refused(g.checkpoint(HONEST[:10], note), "LEDGER_FORK")
    signed(g.checkpoint(HONEST, note, proof(11, HONEST)), HONEST)
    refused(g.checkpoint(FORGED, note, proof(11, FORGED)), "LEDGER_FORK")
    record, stranger = keys_apart(s, g)
    g.close()
    s.stop("enclave")
    with open(s.path("enclave/ledger.sealed"), "wb") as f:
        f.write(stranger)
    try:
        s.start_enclave()
        raise SystemExit("an enclave started on a key that signs payloads")
    except AssertionError:
        assert "not a record of ledger keys" in s.log("enclave"), s.log("enclave")
        s.processes.pop("enclave")
    with open(s.path("enclave/ledger.sealed"), "wb") as f:
        f.write(record)
    s.start_enclave()
    # Without the note a new epoch cannot know better: such a fork is for witnesses and kept checkpoints to show.
    g = Gateway(s)
    signed(g.checkpoint(FORGED), FORGED)
    refused(g.checkpoint(HONEST, note, proof(11, HONEST)), "LEDGER_FORK")
    g.close()


def test():
    with Service(start=False) as s:
        s.start_enclave()
        s.start_agent()
        g = Gateway(s)
        note = one_epoch(g)
        g.close()
        many_at_once(s, note)
        later_epochs(s, note)
        s.alive()


if __name__ == "__main__":
    run(test)
