#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who may do what: no key, wrong keys, publishable keys; and nothing of a key in store or log."""

import os
import re
import sqlite3
import subprocess

from flow import Service, b64, program, run

ROUTES = [
    ("POST", "/v1/hybrid-keys"), ("GET", "/v1/hybrid-keys"), ("GET", "/v1/hybrid-keys/x"), ("DELETE", "/v1/hybrid-keys/x"),
    ("POST", "/v1/attestation-policies"), ("GET", "/v1/attestation-policies"), ("GET", "/v1/attestation-policies/x"),
    ("POST", "/v1/sign"), ("POST", "/v1/verify"), ("GET", "/v1/enclave"),
]


def wrong_keys(s):
    last = "x" if s.api_key[-1] != "x" else "y"
    tested = s.api_key.replace("_live_", "_test_")
    for header in ("", "Bearer", "Bearer ", "Basic " + s.api_key, s.api_key, "Bearer " + s.api_key[:-1],
                   "Bearer " + s.api_key + "x", "Bearer " + s.api_key[:-1] + last, "Bearer " + s.api_key.lower(),
                   "Bearer " + tested, "Bearer " + s.publishable.replace("_pub_", "_sec_"), "Bearer  " + s.api_key,
                   "Bearer cs_sec_live_" + "A" * 49, "Bearer " + s.first["orgId"]):
        for method, path in ROUTES:
            body = "{" if method == "POST" else None
            answer = s.client.call(method, path, body, api_key="", headers={"Authorization": header} if header else {})
            assert (answer.status, answer.code) == (401, "UNAUTHENTICATED"), (header, path, answer)


def refusals(s):
    return [(e["data"]["code"], e["data"]["reason"]) for e in s.entries() if e["eventType"] == "apikey.refused"]


def publishable_key(s):
    key = s.key("public")
    signed = s.sign(key["id"], b"x").data
    mine = dict(api_key=s.publishable)
    for method, path in ROUTES:
        allowed = path in ("/v1/hybrid-keys", "/v1/hybrid-keys/x", "/v1/verify", "/v1/enclave") and method != "DELETE"
        if not allowed or (method, path) == ("POST", "/v1/hybrid-keys"):
            answer = s.client.call(method, path, "{" if method == "POST" else None, **mine)
            assert (answer.status, answer.code) == (403, "FORBIDDEN"), (method, path, answer)
    assert s.client.get("/v1/hybrid-keys/" + key["id"], **mine).data["publicKey"] == key["publicKey"]
    check = {"keyId": key["id"], "payload": b64(b"x"), "signature": signed["signature"]}
    assert s.client.post("/v1/verify", check, **mine).data["ok"]
    assert s.sign(key["id"], b"x", client=None, nonce=b64(bytes(8))).status == 200
    assert refusals(s) == [("FORBIDDEN", "scope")], "once, however often"


def traces(s):
    """Neither the keys nor their random parts are in store, write-ahead log or process logs."""
    for path, _, files in os.walk(s.folder):
        for name in files:
            if name.endswith(".sock"):
                continue
            with open(os.path.join(path, name), "rb") as f:
                content = f.read()
            for text in (s.api_key, s.publishable):
                assert text.encode() not in content and text[12:55].encode() not in content, name
    for name in ("store.db", "store.db.pepper"):
        assert os.stat(s.path(name)).st_mode & 0o777 == 0o600, name


def first_keys(s):
    assert re.fullmatch(r"cs_sec_live_[0-9A-Za-z]{49}", s.api_key)
    assert re.fullmatch(r"cs_pub_live_[0-9A-Za-z]{49}", s.publishable)
    argv = [program("countersign-gateway"), "init", "--store", s.store, "--org", "flow"]
    again = subprocess.run(argv, capture_output=True, check=False)
    assert again.returncode == 1 and b"in use" in again.stderr and again.stdout == b"", again


def one_gateway(s):
    """A second gateway on the same store does not start, under whatever name it finds the file."""
    os.symlink(s.store, s.path("alias.db"))
    os.symlink(s.store + ".pepper", s.path("alias.db.pepper"))
    for store in (s.store, s.path("alias.db")):
        argv = [program("countersign-gateway"), "serve-http", "--bind", "127.0.0.1:0", "--allow-mock", "--store", store,
                "--agent", "unix:" + s.path("agent.sock")]
        second = subprocess.run(argv, capture_output=True, check=False, timeout=30)
        assert second.returncode == 1 and b"in use" in second.stderr, second


def revoked_key(s):
    """A revoked API key is answered like one that never was."""
    unknown = s.client.get("/v1/enclave", api_key="")
    s.stop("gateway")
    db = sqlite3.connect(s.store)
    assert db.execute("UPDATE api_key SET revoked_ms = 1 WHERE publishable").rowcount == 1
    db.commit()
    db.close()
    s.start_gateway()
    for _ in range(2):  # from the store, then from memory
        answer = s.client.get("/v1/enclave", api_key=s.publishable)
        assert answer.status == 401 and {**answer.json, "requestId": 0} == {**unknown.json, "requestId": 0}, answer
    assert refusals(s) == [("FORBIDDEN", "scope"), ("UNAUTHENTICATED", "revoked")]
    assert s.client.get("/v1/enclave").status == 200


def test():
    with Service() as s:
        first_keys(s)
        wrong_keys(s)
        publishable_key(s)
        one_gateway(s)
        revoked_key(s)
        traces(s)
        s.alive()
        os.chmod(s.store + ".pepper", 0o644)
        s.stop("gateway")
        try:
            s.start_gateway()
            raise SystemExit("started with a pepper that others can read")
        except AssertionError as e:
            assert "pepper" in str(e), e
            s.processes.pop("gateway").wait(30)


if __name__ == "__main__":
    run(test)
