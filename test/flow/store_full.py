#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A store that cannot grow stops signing with 503; verification goes on; with room again, signing does too."""

import os
import resource

from flow import Service, b64, run


def limit(s, size):
    resource.prlimit(s.processes["gateway"].pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test():
    with Service() as s:
        key = s.key("full")["id"]
        signed = s.sign(key, b"before").data
        check = {"keyId": key, "payload": b64(b"before"), "signature": signed["signature"]}
        assert s.client.post("/v1/verify", check).data["recorded"]

        limit(s, max(os.path.getsize(s.store + suffix) for suffix in ("", "-wal")))
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
        assert len(entries) == 3, entries

        limit(s, resource.RLIM_INFINITY)
        assert s.sign(key, b"after").status == 200, "recovers alone"
        assert s.client.post("/v1/verify", check).data["recorded"]
        assert len(s.entries()) == 5
        s.alive()


if __name__ == "__main__":
    run(test)
