#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A counter that repeats or runs back within its epoch is a violation, also across a restart of the gateway."""

import sqlite3

from flow import Service, run


def push_back(s):
    """Makes the store remember a higher counter than the enclave has reached; the gateway learns so when it serves."""
    s.stop("gateway")
    s.stop("agent")
    db = sqlite3.connect(s.store)
    assert db.execute("UPDATE signature SET counter = counter + 1000000").rowcount > 0
    db.commit()
    db.close()
    s.start_gateway()
    s.start_agent()


def restart_enclave(s):
    s.stop("enclave")
    s.start_enclave()


def violation(s, key):
    """What the last entry says."""
    entry = s.entries()[-1]
    assert entry["eventType"] == "attestation.violation", entry
    assert (entry["data"]["reason"], entry["data"]["keyId"]) == ("COUNTER_NOT_FRESH", key), entry
    return entry["data"]


def test():
    with Service() as s:
        bound = s.key("bound", attestationPolicyId=s.policy())["id"]
        watched = s.key("watched", attestationPolicyId=s.policy(enforce=False))["id"]
        free = s.key("free")["id"]
        for key in (bound, watched, free):
            assert s.sign(key, b"x").status == 200
        push_back(s)
        for key in (bound, free):
            before = s.database().execute("SELECT count(*) FROM signature").fetchone()
            answer = s.sign(key, b"x")
            assert (answer.status, answer.details.get("reason")) == (422, "COUNTER_NOT_FRESH"), answer
            assert "sigSha256" not in violation(s, key)
            assert s.database().execute("SELECT count(*) FROM signature").fetchone() == before
        attestation = s.sign(watched, b"x").data["attestation"]
        assert (attestation["verdict"], attestation["reason"]) == ("fail", "COUNTER_NOT_FRESH")
        assert "sigSha256" in violation(s, watched)
        restart_enclave(s)
        for key in (bound, watched, free):
            answer = s.sign(key, b"x")
            assert answer.status == 200 and "reason" not in answer.data["attestation"], "a new epoch counts anew"
        s.alive()


if __name__ == "__main__":
    run(test)
