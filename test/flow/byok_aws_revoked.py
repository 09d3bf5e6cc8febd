#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A KMS that takes access away, throttles, lies or is gone: the keys that need it fail with an error that says so, all others go
on, and when it is back they sign again without a restart. Rows that the store has mixed up open nothing."""

import sqlite3

from flow import run
from flow_byok import Byok, told, verifies

PLACES = {"kek": {"kekProvider": "aws-kms"}, "classical": {"keyProvider": "aws-kms"}, "pq": {"pqProvider": "aws-kms"}}


def signs(s, name):
    answer = s.sign(name, b"m")
    assert answer.status == 200 and verifies(s, answer.data, b"m", s.keys[name]["publicKey"]), answer


def tried(s):
    answer = s.client.post("/v1/vault/settings/test", {}, timeout=60)
    assert answer.status == 200, answer
    result, = (r for r in answer.data["results"] if r["provider"] == "aws-kms")
    return result.get("code", result["ok"])


def settings_tried(s):
    assert tried(s) is True
    s.kms.call("DisableKey", {"KeyId": s.kek})
    assert tried(s) == "KMS_DENIED"
    s.kms.call("EnableKey", {"KeyId": s.kek})
    assert tried(s) is True


def access(s):
    for name in PLACES:
        arn = s.keys[name]["keyRef"][name]
        s.kms.call("DisableKey", {"KeyId": arn})
        for _ in range(7):  # a refusal is an answer: no key rests after it
            told(s.sign(name, b"m"), 422, "KMS_DENIED")
        for other in ("here", *(p for p in PLACES if p != name)):
            signs(s, other)
        s.kms.call("EnableKey", {"KeyId": arn})
        signs(s, name)


def faults(s):
    s.kms.faults("throttle,count=1")
    for name in PLACES:
        signs(s, name)  # asked again
    s.kms.faults("throttle")
    told(s.sign("classical", b"m"), 503, "KMS_UNAVAILABLE")
    signs(s, "here")
    s.kms.faults()
    signs(s, "pq")


def gone(s):
    """Nobody is there; then somebody is."""
    s.kms.stop()
    for name in PLACES:
        told(s.sign(name, b"m"), 503, "KMS_UNAVAILABLE")
    signs(s, "here")


def swapped(s):
    """Sealed records exchanged in the store, where whoever has the machine can do it."""
    other = s.key("other", keyProvider="aws-kms", kekProvider="aws-kms")
    mine = s.key("mine", keyProvider="aws-kms", kekProvider="aws-kms")
    assert s.stop("gateway") == 0
    db = sqlite3.connect(s.store)
    sealed = {i: db.execute("SELECT sealed FROM key_material WHERE key = ?", (i,)).fetchone()[0] for i in (other["id"], mine["id"])}
    db.execute("UPDATE key_material SET sealed = ? WHERE key = ?", (sealed[other["id"]], mine["id"]))
    db.commit()
    db.close()
    s.start_gateway()
    answer = s.sign("mine", b"m")
    assert answer.status in (422, 500) and answer.code in ("SEAL_BROKEN", "INTERNAL"), answer
    assert s.sign("other", b"m").status == 200
    assert "SEAL_BROKEN" in s.log("enclave")


def test():
    with Byok() as s:
        s.set_up()
        s.keys = {name: s.key(name, **members) for name, members in (("here", {}), *PLACES.items())}
        settings_tried(s)
        access(s)
        faults(s)
        swapped(s)
        gone(s)


run(test)
