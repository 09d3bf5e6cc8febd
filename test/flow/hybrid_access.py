#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may use Hybrid Attest, and how each refusal is told: its own codes and statuses, whatever refuses."""

import json
import os
import signal
import socket
import time

from flow import Client, Service, run
from flow_pair import Door, Pq, Signer

ROUTES = [("POST", "/v1/sign/hybrid", {}), ("POST", "/v1/keys/challenge", {}), ("POST", "/v1/keys/register", {}),
          ("POST", "/v1/keys/generate", {}), ("GET", "/v1/keys", None), ("GET", "/v1/keys/pqk_1", None),
          ("DELETE", "/v1/keys/pqk_1", None), ("GET", "/v1/attestations", None), ("GET", "/v1/attestations/att_1", None)]


def mint(s, **members):
    body = {"name": "x", "type": "secret", "environment": "live", "scopes": ["hybrid"], **members}
    return s.client.post("/v1/api-keys", body).data


def codes(s, door):
    """Every route tells every kind of caller the same."""
    revoked = mint(s)
    assert s.client.delete("/v1/api-keys/" + revoked["id"]).status == 200
    unknown = "cs_sec_live_0123456789012345678901234567890123456789012"
    callers = [("", 401, "AUTH_001"), ("nonsense", 401, "AUTH_001"), ("qs_sec_live_sk_abc123", 401, "AUTH_001"),
               (unknown + "AAAAAA", 401, "AUTH_001"), (revoked["apiKey"], 401, "AUTH_002"), (s.publishable, 403, "AUTH_003"),
               (mint(s, scopes=["sign", "verify"])["apiKey"], 403, "AUTH_003")]
    for method, path, body in ROUTES:
        for key, status, code in callers:
            answer = door.call(method, path, body, api_key=key)
            assert (answer.status, answer.json["error"]["code"]) == (status, code), (method, path, key, answer)
            assert ("WWW-Authenticate" in answer.headers) == (status == 401), answer
    narrow = mint(s)["apiKey"]
    assert door.data("GET", "/v1/keys", api_key=narrow) == []
    assert Client(s.url, narrow).get("/v1/hybrid-keys").status == 403, "and nothing else"


def rotated(s, door):
    """The old API key and the new one both count for a day."""
    old = mint(s)
    new = s.client.post(f"/v1/api-keys/{old['id']}/rotate", {}).data
    ends = s.client.get("/v1/api-keys/" + old["id"]).data["expiresAt"]
    seconds = time.mktime(time.strptime(ends[:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())
    assert 86400 - 60 < seconds <= 86400, ends
    pq = Pq("44")
    for key in (old["apiKey"], new["apiKey"]):
        assert door.data("GET", "/v1/keys", api_key=key) == []
    challenge = door.registration(pq)
    door.data("POST", "/v1/keys/register", challenge, status=201, api_key=old["apiKey"])
    assert len(door.data("GET", "/v1/keys", api_key=new["apiKey"])) == 1
    short = mint(s)
    s.client.post(f"/v1/api-keys/{short['id']}/rotate", {"overlapSeconds": 0})
    door.refused("GET", "/v1/keys", None, 401, "AUTH_002", api_key=short["apiKey"])


def environments(s, door):
    pq, signer = Pq("44"), Signer()
    live = door.register(pq)
    attested = door.attest(signer, pq, b"x")["id"]
    tester = Door(s, mint(s, environment="test")["apiKey"])
    for path in ("/v1/keys/" + live["id"], "/v1/attestations/" + attested):
        details = tester.refused("GET", path, None, 403, "AUTH_004")
        assert details == {"reason": "WRONG_ENVIRONMENT"}, details
    tester.refused("DELETE", "/v1/keys/" + live["id"], None, 403, "AUTH_004")
    tester.refused("POST", "/v1/verify", {"attestationId": attested}, 403, "AUTH_004")
    pair = tester.pair(signer, pq, b"x")
    assert tester.refused("POST", "/v1/sign/hybrid", pair, 403, "AUTH_004")["field"] == "pqcPublicKey"
    for environment, caller in (("live", tester), ("test", door)):
        for path, body in (("/v1/sign/hybrid", pair), ("/v1/keys/generate", {"algorithm": "ml-dsa-44"})):
            details = caller.refused("POST", path, {**body, "environment": environment}, 403, "AUTH_004")
            assert details["field"] == "environment", details
    assert tester.data("GET", "/v1/keys") == tester.data("GET", "/v1/attestations") == []
    assert door.data("GET", "/v1/keys/" + live["id"])["status"] == "active"
    mine = tester.register(pq)
    assert mine["environment"] == "test" and mine["id"] != live["id"]
    tester.data("POST", "/v1/sign/hybrid", {**pair, "environment": "test"}, status=201)
    door.refused("GET", "/v1/keys/" + mine["id"], None, 403, "AUTH_004")


def repeated(s, door):
    """The same request under the same idempotency key has the same answer, but for its meta."""
    pq, signer = Pq("44"), Signer()
    door.register(pq)
    pair, head = door.pair(signer, pq, b"x"), {"Idempotency-Key": "a"}
    first = door.data("POST", "/v1/sign/hybrid", pair, status=201, headers=head)
    entries = len(s.entries())
    answer = door.call("POST", "/v1/sign/hybrid", pair, headers=head)
    assert answer.status == 201 and answer.json["data"] == first and answer.headers["Idempotency-Replayed"] == "true", answer
    assert answer.json["meta"]["requestId"] == answer.headers["X-Request-Id"], answer
    other = door.pair(signer, pq, b"y")
    details = door.refused("POST", "/v1/sign/hybrid", other, 409, "GEN_001", headers=head)
    assert details["reason"] == "IDEMPOTENCY_MISMATCH", details
    door.refused("POST", "/v1/sign/hybrid", pair, 400, "GEN_001", headers={"Idempotency-Key": "x" * 256})
    door.refused("GET", "/v1/keys", None, 400, "GEN_001", headers=head)
    challenge = door.data("POST", "/v1/keys/challenge", {}, status=201, headers=head)
    assert door.data("POST", "/v1/keys/challenge", {}, status=201, headers=head) == challenge
    by_id = {"attestationId": first["id"]}
    verified = door.data("POST", "/v1/verify", by_id, headers=head)
    assert door.data("POST", "/v1/verify", by_id, headers=head) == verified, "the time of it, too"
    assert len(s.entries()) == entries


def raw(s, text):
    host, port = s.url.split("//")[1].split(":")
    with socket.create_connection((host, int(port)), timeout=30) as c:
        c.sendall(text)
        c.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := c.recv(65536):
            answer += chunk
    head, body = answer.split(b"\r\n\r\n", 1)
    return int(head.split()[1]), json.loads(body)


def shared_failures(s, door):
    """What every door refuses alike is told in the words of this one."""
    auth = f"Authorization: Bearer {s.api_key}\r\nHost: x\r\n".encode()
    json_type = b"Content-Type: application/json\r\n"
    head = b"POST /v1/sign/hybrid HTTP/1.1\r\n" + auth
    cases = [
        (head + json_type + b"Content-Length: 1048577\r\n\r\n", 413, "BODY_TOO_LARGE"),
        (head + json_type + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400, "BAD_REQUEST"),
        (head + b"Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415, "BAD_MEDIA_TYPE"),
        (head + json_type + b"Content-Length: 1\r\n\r\n{", 400, "BAD_JSON"),
        (head + json_type + b'Content-Length: 25\r\n\r\n{"message":1,"message":2} ', 400, "BAD_REQUEST"),
        (head + json_type + b'Content-Length: 25\r\n\r\n{"message":1,"message":2}', 400, "BAD_JSON"),
        (head + json_type + b'Content-Length: 15\r\n\r\n{"message":"\xff"}', 400, "BAD_JSON"),
        (b"GET /v1/keys?a=%zz HTTP/1.1\r\n" + auth + b"\r\n", 400, None),
        (b"GET /v1/keys/x?a=1 HTTP/1.1\r\n" + auth + b"\r\n", 400, "UNKNOWN_FIELD"),
        (b"PATCH /v1/keys HTTP/1.1\r\n" + auth + b"Content-Length: 0\r\n\r\n", 405, "METHOD_NOT_ALLOWED"),
    ]
    for text, status, reason in cases:
        got, answer = raw(s, text)
        assert got == status and set(answer) == {"error", "meta"}, (text[:60], got, answer)
        assert answer["error"]["code"] == "GEN_001", answer
        assert reason in (None, answer["error"]["details"]["reason"]), (text[:60], answer)
        assert answer["meta"]["requestId"] and answer["meta"]["timestamp"], answer
    got, answer = raw(s, b"POST /v1/sign HTTP/1.1\r\n" + auth + b"Content-Length: 1048577\r\n\r\n")
    assert (got, answer["code"]) == (413, "BODY_TOO_LARGE"), "the other doors have their own"


def unavailable(s, door):
    """Without the enclave nobody gets a key, and is told to come back; a key of purpose hybrid is needed for records."""
    pq, signer = Pq("44"), Signer()
    door.register(pq)
    pair = door.pair(signer, pq, b"x")
    s.stop("enclave")
    answer = door.call("POST", "/v1/keys/generate", {"algorithm": "ml-dsa-44"})
    assert (answer.status, answer.json["error"]["code"]) == (503, "GEN_002") and answer.headers["Retry-After"], answer
    door.data("POST", "/v1/sign/hybrid", pair, status=201)
    s.start_enclave()
    s.key("countersigner", purpose="hybrid")
    before = len(s.entries())
    s.stop("enclave")
    answer = door.call("POST", "/v1/sign/hybrid", pair)
    assert (answer.status, answer.json["error"]["code"]) == (503, "GEN_002"), answer
    assert len(s.entries()) == before, "without its countersignature there is no attestation"
    s.start_enclave()
    assert door.data("POST", "/v1/sign/hybrid", pair, status=201)["countersignatureId"].startswith("sig_")


def suspended(s, door):
    """The operator's list is read again at SIGHUP; a suspended account can do nothing on any door."""
    tester, fresh = mint(s, environment="test")["apiKey"], mint(s)
    session = s.client.post("/v1/session", {"apiKey": s.api_key}, api_key="")
    cookie = {"Cookie": session.headers["Set-Cookie"].split(";")[0]}

    def write(text):
        with open(s.path("gateway.conf"), "w", encoding="utf-8") as f:
            f.write(text)
        entries = s.log("gateway").count("suspended orgs read again")
        os.kill(s.processes["gateway"].pid, signal.SIGHUP)
        deadline = time.monotonic() + 30
        while s.log("gateway").count("suspended orgs read again") == entries:
            assert time.monotonic() < deadline, s.log("gateway")[-2000:]
            time.sleep(0.01)

    write(f"suspend = {s.first['orgId']}\n")
    for key in (s.api_key, tester, fresh["apiKey"]):
        details = door.refused("GET", "/v1/keys", None, 401, "AUTH_005", api_key=key)
        assert details == {"reason": "ACCOUNT_SUSPENDED"}, details
        answer = s.client.get("/v1/hybrid-keys", api_key=key)
        assert (answer.status, answer.code) == (401, "ACCOUNT_SUSPENDED"), answer
    assert s.client.get("/v1/stats", api_key="", headers=cookie).code == "ACCOUNT_SUSPENDED"
    assert s.client.post("/v1/session", {"apiKey": s.api_key}, api_key="").code == "ACCOUNT_SUSPENDED"
    assert Door(s, s.other).data("GET", "/v1/keys") == [], "nobody else is"
    refusals = [e["data"] for e in s.entries() if e["eventType"] == "apikey.refused" and e["subjectId"] == fresh["id"]]
    assert [(r["code"], r["reason"]) for r in refusals] == [("ACCOUNT_SUSPENDED", "suspended")], refusals
    write("suspend = nonsense\n")
    door.refused("GET", "/v1/keys", None, 401, "AUTH_005")
    assert "no id of an org" in s.log("gateway")
    write("")
    assert door.data("GET", "/v1/keys")


def limited(s):
    """Requests are limited by API key and by where they come from, known or not."""
    s.stop("gateway")
    usual = s.gateway_options
    s.gateway_options = usual + ["--rate-limit", "3", "--address-rate-limit", "0"]
    s.start_gateway()
    door = Door(s)
    answer = door.call("GET", "/v1/keys")
    while answer.status == 200:
        answer = door.call("GET", "/v1/keys")
    assert (answer.status, answer.json["error"]["code"], answer.headers["Retry-After"]) == (429, "RATE_001", "1"), answer
    assert door.call("GET", "/v1/keys", api_key=s.other).status == 200
    s.stop("gateway")
    s.gateway_options = usual + ["--rate-limit", "0", "--address-rate-limit", "3"]
    s.start_gateway()
    door = Door(s)
    seen = {}
    while "RATE_001" not in seen.values():
        for key in (s.api_key, s.other, "nonsense", ""):
            answer = door.call("GET", "/v1/keys", api_key=key)
            seen[key] = answer.json["error"]["code"] if "error" in answer.json else answer.status
            assert answer.status in (200, 401, 429), answer
    assert answer.headers.get("Retry-After") == "1" or "RATE_001" != seen[""], answer
    assert s.client.get("/health").status == 200


def test():
    with Service(start=False) as s:
        s.other = s.other_org()
        with open(s.path("gateway.conf"), "w", encoding="utf-8"):
            pass
        s.gateway_options += ["--config", s.path("gateway.conf")]
        s.start()
        door = Door(s)
        codes(s, door)
        rotated(s, door)
        environments(s, door)
        repeated(s, door)
        shared_failures(s, door)
        unavailable(s, door)
        suspended(s, door)
        limited(s)
        s.alive()


if __name__ == "__main__":
    run(test)
