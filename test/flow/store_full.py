#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A store that cannot grow stops signing with 503 and is not ready; verification and reading go on; with room again it is
ready and signs, all by itself."""

import os
import resource
import time

from flow import Service, b64, run


def limit(s, size):
    resource.prlimit(s.processes["gateway"].pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def ready(s):
    answer = s.client.get("/readyz?verbose", api_key="")
    return answer.status, answer.json["checks"]["ledger"]


def test():
    with Service() as s:
        key = s.key("full")["id"]
        signed = s.sign(key, b"before").data
        check = {"keyId": key, "payload": b64(b"before"), "signature": signed["signature"]}
        assert s.client.post("/v1/verify", check).data["recorded"]

        while os.path.getsize(s.store + "-wal") <= os.path.getsize(s.store):  # the log is what must not grow
            assert s.sign(key, b"before").status == 200
        before = len(s.entries())
        limit(s, os.path.getsize(s.store + "-wal"))
        answer = s.sign(key, b"during")
        assert (answer.status, answer.code) == (503, "STORE_UNAVAILABLE"), answer
        assert answer.headers["Retry-After"] == "1"
        answer = s.client.post("/v1/hybrid-keys", {"name": "during"})
        assert (answer.status, answer.code) == (503, "STORE_UNAVAILABLE"), answer
        answer = s.client.delete("/v1/hybrid-keys/" + key)
        assert (answer.status, answer.code) == (503, "STORE_UNAVAILABLE"), answer
        answer = s.client.post("/v1/verify", check).data
        assert answer["ok"] and not answer["recorded"], answer
        entries = s.entries()
        assert len(entries) == before, entries

        limit(s, resource.RLIM_INFINITY)
        assert s.sign(key, b"after").status == 200, "recovers alone"
        assert s.client.post("/v1/verify", check).data["recorded"]
        assert len(s.entries()) == before + 2
        s.alive()


if __name__ == "__main__":
    run(test)
