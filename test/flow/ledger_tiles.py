#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tlog-tiles: every hash and entry of a published ledger, as bytes that anybody can check, and nothing of the others."""

import base64
import hashlib
import http.client
import json

from flow import Service, run
from lying_gateway import tree

ENTRIES = 600


def fetch(s, path):
    connection = http.client.HTTPConnection(s.client.host, timeout=30)
    connection.request("GET", path)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response.headers, body


def tile(s, realm, path):
    status, headers, body = fetch(s, f"/ledger/{realm}/tile/{path}")
    assert status == 200, (path, status, body)
    assert headers["Content-Type"] == "application/octet-stream" and "immutable" in headers["Cache-Control"]
    return body


def split(body):
    """u16be length and bytes, again and again."""
    entries = []
    while body:
        n = int.from_bytes(body[:2], "big")
        assert len(body) >= 2 + n
        entries.append(body[2:2 + n])
        body = body[2 + n:]
    return entries


def published(s, realm):
    status, headers, note = fetch(s, f"/ledger/{realm}/checkpoint")
    assert status == 200 and headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Cache-Control"] == "no-cache"
    origin, size, root = note.decode().split("\n")[:3]
    size = int(size)
    assert origin == "localhost/org/" + realm and size == ENTRIES
    raws = []
    for n in range(size // 256):
        raws += split(tile(s, realm, f"entries/{n:03}"))
    raws += split(tile(s, realm, f"entries/{size // 256:03}.p/{size % 256}"))
    assert len(raws) == size and [json.loads(r)["seq"] for r in raws] == list(range(size))
    leaves = [hashlib.sha256(b"\0" + r).digest() for r in raws]
    assert base64.b64decode(root) == tree(raws)
    for n in range(size // 256):
        assert tile(s, realm, f"0/{n:03}") == b"".join(leaves[256 * n:256 * n + 256])
        for width in (1, 7, 255):
            assert tile(s, realm, f"0/{n:03}.p/{width}") == b"".join(leaves[256 * n:256 * n + width])
    assert tile(s, realm, f"0/002.p/{size % 256}") == b"".join(leaves[512:])
    assert tile(s, realm, "1/000.p/2") == tree(raws[:256]) + tree(raws[256:512])


def missing(s, realm):
    size = ENTRIES % 256
    for path in ("0/003", "0/002", f"0/002.p/{size + 1}", "0/000.p/0", "0/000.p/256", "0/000.p/01", "0/000.p/", "0/000.p",
                 "0/000/", "0/0", "0/0000", "0/x000/000", "0/x001/000", "0/-01", "0/00a", "8/000", "01/000", "1/000",
                 "1/000.p/3", "2/000.p/1", "entries/003", "entries/002", f"entries/002.p/{size + 1}", "entries", "0", "",
                 "0/x999/x999/x999/x999/x999/x999/999", "0/x999/x999/x999/x999/x999/999"):
        status, headers, body = fetch(s, f"/ledger/{realm}/tile/{path}")
        assert status == 404 and json.loads(body)["code"] == "NOT_FOUND", (path, status, body)
        assert headers["Cache-Control"] == "no-store" and headers["Content-Type"] == "application/json"
    for path in ("", "checkpoint/", "checkpoints", "tiles/0/000", "tile"):
        assert fetch(s, f"/ledger/{realm}/{path}")[0] == 404


def hidden(s):
    """A ledger that is not published, one of test records, and one that is not there: the same answer."""
    answers = set()
    for realm in (s.first["orgId"], s.first["orgId"] + "_test", "org_00000000000000000000000000"):
        for path in ("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1"):
            status, _, body = fetch(s, f"/ledger/{realm}/{path}")
            answer = json.loads(body)
            answer.pop("requestId")
            answers.add((status, json.dumps(answer)))
    assert len(answers) == 1 and answers.pop()[0] == 404


def test():
    with Service(("--allow-mock", "--checkpoint-seconds", "0", "--rate-limit", "0", "--address-rate-limit", "0")) as s:
        assert s.client.post("/v1/ledger/entries", {"name": "hidden"}).status == 200
        assert s.client.post("/v1/ledger/seal", None).status == 200
        s.stop("gateway")
        api_key = s.other_org("other", "--publish-ledger")
        s.start_gateway()
        hidden(s)
        realm = s.client.post("/v1/ledger/entries", {"name": "first"}, api_key=api_key).status
        assert realm == 200
        for i in range(1, ENTRIES):
            assert s.client.post("/v1/ledger/entries", {"name": f"entry {i}"}, api_key=api_key).status == 200
        realm = s.client.get("/v1/ledger/bundle?limit=1", api_key=api_key).data["org"]
        assert fetch(s, f"/ledger/{realm}/checkpoint")[0] == 404, "nothing was signed yet"
        assert s.client.post("/v1/ledger/seal", None, api_key=api_key).status == 200
        published(s, realm)
        missing(s, realm)
        assert fetch(s, f"/ledger/{realm}_test/checkpoint")[0] == 404
        s.alive()


if __name__ == "__main__":
    run(test)
