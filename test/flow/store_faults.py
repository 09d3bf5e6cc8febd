#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A disk that refuses writes stops signing as long as it does. One that has not confirmed a write stops it for good:
only a restart, which reads back what is really there, acknowledges anything again. Verification goes on meanwhile."""

import os
import sys
import time

from flow import BIN, SKIP, Service, b64, run

LIBRARY = os.path.join(os.path.dirname(BIN.rstrip("/")), "lib", "libfail_disk.so")


def ready(s):
    answer = s.client.get("/readyz?verbose", api_key="")
    return answer.status, answer.json["checks"]["ledger"]


def tell(s, fault):
    """From now on."""
    with open(s.path("fault.new"), "w") as f:
        f.write(fault)
    os.rename(s.path("fault.new"), s.path("fault"))


def start(s):
    s.start_gateway(env={**os.environ, "LD_PRELOAD": LIBRARY, "CS_FAIL_DISK": s.path("fault")})


def expect_refusal(s, key, check):
    answer = s.sign(key, b"during")
    assert (answer.status, answer.code) == (503, "STORE_UNAVAILABLE"), answer
    answer = s.client.delete("/v1/hybrid-keys/" + key)
    assert (answer.status, answer.code) == (503, "STORE_UNAVAILABLE"), answer
    answer = s.client.post("/v1/verify", check).data
    assert answer["ok"] and not answer["recorded"], answer
    assert ready(s) == (503, "STORE_UNAVAILABLE")
    assert s.client.get("/livez", api_key="").status == 200


def recovers(s, key, check, fault):
    before = len(s.entries())
    tell(s, fault)
    expect_refusal(s, key, check)
    tell(s, "")
    while ready(s) != (200, "ok"):
        time.sleep(0.1)
    assert s.sign(key, b"after").status == 200
    assert s.client.post("/v1/verify", check).data["recorded"]
    assert len(s.entries()) == before + 2, "nothing of what was refused"


def is_final(s, key, check):
    before = len(s.entries())
    tell(s, "sync")
    expect_refusal(s, key, check)
    tell(s, "")
    expect_refusal(s, key, check)  # the disk may say what it likes now
    time.sleep(1.1)  # longer than it takes between two tries
    expect_refusal(s, key, check)
    assert "nothing more is acknowledged" in s.log("gateway")
    assert s.stop("gateway") == 0
    start(s)
    assert ready(s) == (200, "ok")
    assert s.sign(key, b"after").status == 200
    entries = s.entries()
    # The write that was not confirmed may be there or not; nobody was told that it is.
    assert before + 1 <= len(entries) <= before + 2, entries


def test():
    if not os.path.exists(LIBRARY):
        print("libfail_disk.so has not been built; skipped")
        sys.exit(SKIP)
    with Service(gateway_options=["--allow-mock", "--checkpoint-seconds", "0"], start=False) as s:
        s.start_enclave()
        s.start_agent()
        start(s)
        key = s.key("faults")["id"]
        signature = s.sign(key, b"before").data["signature"]
        check = {"keyId": key, "payload": b64(b"before"), "signature": signature}
        for fault in ("full", "readonly", "write"):
            recovers(s, key, check, fault)
        is_final(s, key, check)
        s.alive()


if __name__ == "__main__":
    run(test)
