#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs as JSON: every line of all three programs is an object, a request's line has members, and nothing secret is in."""

import base64
import json
import os
import sys

from flow import Service, b64, run

MEMBERS = {"time", "level", "program", "message", "requestId", "method", "path", "status", "code", "apiKeyId",
           "peerSha256", "durationUs"}


def no_duplicates(pairs):
    assert len({k for k, _ in pairs}) == len(pairs), pairs
    return dict(pairs)


def lines_of(s, name):
    lines = [json.loads(line, object_pairs_hook=no_duplicates) for line in s.log(name).splitlines()]
    for line in lines:
        assert set(line) <= MEMBERS and {"time", "level", "program", "message"} <= set(line), line
        assert line["program"] == "countersign-" + name and line["level"] in ("ERROR", "WARN", "INFO"), line
    return lines


def test():
    os.environ["COUNTERSIGN_LOG_FORMAT"] = "json"
    payload = b"a payload that nobody else has to see"
    with Service() as s:
        key = s.key("quoted \" name")
        answer = s.client.call("POST", "/v1/sign", {"keyId": key["id"], "payload": b64(payload)},
                               headers={"X-Request-Id": 'mine "7" \\x0a'})
        assert answer.status == 200
        assert s.client.call("GET", '/v1/hybrid-keys/x%22y', api_key="cs_sec_live_wrong").status == 401
        s.stop("agent")
        assert s.sign(key["id"], payload).status == 503
        s.start_agent()
        assert s.sign(key["id"], payload).status == 200

        lines = {name: lines_of(s, name) for name in ("enclave", "agent", "gateway")}
        for name, some in lines.items():
            assert any(line["message"].startswith("ready") for line in some), name
        requests = [line for line in lines["gateway"] if line["message"] == "request"]
        mine = [line for line in requests if line["requestId"].startswith("mine")]
        assert len(mine) == 1 and mine[0]["requestId"] == 'mine "7" \\x5cx0a', mine
        assert (mine[0]["method"], mine[0]["path"], mine[0]["status"]) == ("POST", "/v1/sign", 200)
        assert mine[0]["apiKeyId"].startswith("ak_") and "code" not in mine[0] and mine[0]["durationUs"] > 0
        nobody = [line for line in requests if line["status"] == 401]
        assert len(nobody) == 1 and nobody[0]["code"] == "UNAUTHENTICATED" and "apiKeyId" not in nobody[0], nobody
        assert [line["code"] for line in requests if line["status"] == 503] == ["ENCLAVE_UNAVAILABLE"]

        everything = "".join(s.log(name) for name in lines)
        with open(s.path("kek"), "rb") as f:
            kek = f.read()
        for secret in (s.api_key, s.api_key[-20:], s.publishable, "wrong", payload.decode(), b64(payload)[:20],
                       answer.data["signature"][:40], kek.hex(), base64.b64encode(kek).decode()):
            assert secret not in everything, secret


if __name__ == "__main__":
    sys.exit(run(test))
