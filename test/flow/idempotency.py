#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A request that is repeated under one idempotency key is done once and answered with the first answer."""

import base64
import concurrent.futures
import hashlib
import signal
import socket
import time

from flow import Client, Service, b64, run

AT_ONCE = 100


def repeat(client, path, body, key, **options):
    return client.post(path, body, headers={"Idempotency-Key": key}, **options)


def mint(s, **changes):
    body = {"name": "caller", "type": "secret", "environment": "live", "scopes": ["keys", "sign"], **changes}
    answer = s.client.post("/v1/api-keys", body)
    assert answer.status == 200, answer
    return answer.data


def issued(s):
    return [e for e in s.entries() if e["eventType"] in ("signature.issued", "signature.attested")]


def same_answer(s, key):
    body = {"keyId": key, "payload": b64(b"once")}
    first = repeat(s.client, "/v1/sign", body, "k-1")
    assert first.status == 200 and "Idempotency-Replayed" not in first.headers, first
    again = repeat(s.client, "/v1/sign", body, "k-1")
    assert again.raw == first.raw and again.headers["Idempotency-Replayed"] == "true", again
    assert len(issued(s)) == 1
    # anything else under that key is a mistake
    other = repeat(s.client, "/v1/sign", {**body, "payload": b64(b"twice")}, "k-1")
    assert (other.status, other.code) == (409, "IDEMPOTENCY_MISMATCH"), other
    # another route, another API key: another scope
    check = {"keyId": key, "payload": body["payload"], "signature": first.data["signature"]}
    verified = repeat(s.client, "/v1/verify", check, "k-1")
    assert verified.data["ok"] and repeat(s.client, "/v1/verify", check, "k-1").raw == verified.raw
    theirs = repeat(Client(s.url, mint(s)["apiKey"]), "/v1/sign", body, "k-1")
    assert theirs.status == 200 and theirs.data["signature"] != first.data["signature"]
    assert len(issued(s)) == 2


def paths_differ(s):
    """Two keys of one route: the answer about one is never given for the other."""
    one, two = s.key("one")["id"], s.key("two")["id"]
    rotated = repeat(s.client, f"/v1/hybrid-keys/{one}/rotate", {}, "k-rotate")
    assert rotated.status == 200, rotated
    answer = repeat(s.client, f"/v1/hybrid-keys/{two}/rotate", {}, "k-rotate")
    assert (answer.status, answer.code) == (409, "IDEMPOTENCY_MISMATCH"), answer
    assert repeat(s.client, f"/v1/hybrid-keys/{one}/rotate", {}, "k-rotate").raw == rotated.raw


def failures_are_not_kept(s):
    body = {"keyId": "later", "payload": ""}
    assert repeat(s.client, "/v1/sign", body, "k-later").status == 404
    s.key("later")
    assert repeat(s.client, "/v1/sign", body, "k-later").status == 200


def unusable(s, key):
    body = {"keyId": key, "payload": ""}
    for bad in ("", "x" * 256):
        answer = repeat(s.client, "/v1/sign", body, bad)
        assert (answer.status, answer.code, answer.details) == (400, "BAD_FIELD", {"field": "Idempotency-Key"}), answer
    assert repeat(s.client, "/v1/sign", body, "x" * 255).status == 200
    answer = s.client.get("/v1/hybrid-keys", headers={"Idempotency-Key": "k"})
    assert (answer.status, answer.code) == (400, "BAD_FIELD"), answer


def secrets_are_not_kept(s):
    body = {"name": "shown once", "type": "secret", "environment": "live", "scopes": ["sign"]}
    first = repeat(s.client, "/v1/api-keys", body, "k-secret")
    assert first.status == 200, first
    again = repeat(s.client, "/v1/api-keys", body, "k-secret")
    assert (again.status, again.code) == (409, "SECRET_NOT_REPLAYABLE"), again
    login = {"apiKey": first.data["apiKey"]}
    assert repeat(s.client, "/v1/session", login, "k-secret", api_key="").status == 200
    again = repeat(s.client, "/v1/session", login, "k-secret", api_key="")
    assert (again.status, again.code) == (409, "SECRET_NOT_REPLAYABLE"), again
    other = repeat(s.client, "/v1/session", {"apiKey": s.api_key}, "k-secret", api_key="")
    assert other.status == 200, "somebody else's key"
    with open(s.store + "-wal", "rb") as log, open(s.store, "rb") as db:
        assert first.data["apiKey"].encode() not in log.read() + db.read()


def asked_who_it_is(s, key):
    """What was signed for a caller is not given to it once its API key is revoked."""
    caller = mint(s)
    client = Client(s.url, caller["apiKey"])
    body = {"keyId": key, "payload": b64(b"mine")}
    assert repeat(client, "/v1/sign", body, "k-mine").status == 200
    assert repeat(client, "/v1/sign", body, "k-mine").status == 200
    assert s.client.delete("/v1/api-keys/" + caller["id"]).status == 200
    assert repeat(client, "/v1/sign", body, "k-mine").status == 401


def all_at_once(s, key):
    body = {"keyId": key, "payload": b64(b"at once")}
    before = len(issued(s))
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(lambda _: repeat(Client(s.url, s.api_key), "/v1/sign", body, "k-many"), range(AT_ONCE)))
    assert {a.status for a in answers} == {200}, {a.status for a in answers}
    assert len({a.raw for a in answers}) == 1, "two answers to one request"
    assert sum("Idempotency-Replayed" not in a.headers for a in answers) == 1
    assert len(issued(s)) == before + 1


def survives_a_crash(s, key):
    """The gateway dies after it signed; the client never read the answer."""
    body = f'{{"keyId":"{key}","payload":"{b64(b"crash")}"}}'
    head = (f"POST /v1/sign HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {s.api_key}\r\nIdempotency-Key: k-crash\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n")
    before = len(issued(s))
    host, port = s.url.split("//")[1].split(":")
    with socket.create_connection((host, int(port))) as stalled:
        stalled.sendall((head + body).encode())
        deadline = time.monotonic() + 30
        while len(issued(s)) == before:
            assert time.monotonic() < deadline, "never signed"
        s.stop("gateway", signal.SIGKILL)
    s.start_gateway()
    answer = repeat(s.client, "/v1/sign", body, "k-crash")
    assert answer.status == 200 and answer.headers["Idempotency-Replayed"] == "true", answer
    entries = issued(s)
    assert len(entries) == before + 1, "signed twice"
    assert entries[-1]["id"] == answer.data["ledger"]["entryId"]
    signature = base64.b64decode(answer.data["signature"])
    assert entries[-1]["data"]["sigSha256"] == "sha256:" + hashlib.sha256(signature).hexdigest()


def test():
    with Service() as s:
        key = s.key("signer")["id"]
        same_answer(s, key)
        paths_differ(s)
        failures_are_not_kept(s)
        unusable(s, key)
        secrets_are_not_kept(s)
        asked_who_it_is(s, key)
        all_at_once(s, key)
        survives_a_crash(s, key)


if __name__ == "__main__":
    run(test)
