#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Several orgs in one server: whatever id of one the other names, it is told the same as of an id that is nobody's.
The same holds between the live and the test records of one org."""

import os
import re
import subprocess

from flow import Client, Service, b64, program, run
from flow_pair import Door, Pq, Signer

ZEROS = "0" * 26


def make_org(s, name, *options):
    argv = [program("countersign-gateway"), "init", "--store", s.store, "--org", name, "--json", *options]
    return subprocess.run(argv, capture_output=True, check=False)


def init(s):
    again = make_org(s, "flow")
    assert again.returncode == 1 and b"has the name flow already" in again.stderr and again.stdout == b"", again
    for name in ("", "x" * 129, "a\u202eb"):
        assert make_org(s, name).returncode == 64, name
    for host in ("", "UPPER.example", "a/b", "a b", "-a", "x" * 256):
        assert make_org(s, "other", "--ledger-host", host).returncode == 64, host
    return s.other_org()


def in_use(s):
    busy = make_org(s, "third")
    assert busy.returncode == 1 and b"in use" in busy.stderr, busy


def environment_of(api_key):
    return "live" if "_live_" in api_key else "test"


class Things:
    """One of each kind, with the ids under which the owner finds it."""

    def __init__(self, s, api_key):
        self.client = Client(s.url, api_key)
        enclave = self.data("GET", "/v1/enclave")
        self.rules = {"allowedImageHashes": [enclave["imageHash"]], "rootPublicKeyB64": enclave["rootPublicKeyB64"]}
        self.ids = {
            "pol": self.data("POST", "/v1/attestation-policies",
                             {"name": "a", "vendor": enclave["vendor"], "matchRules": self.rules})["id"],
            "rule": self.data("POST", "/v1/policies", {"name": "watch", "action": "audit", "rule": {
                "matchOperation": "sign", "minPqLevel": 2}})["id"],
            "key": self.data("POST", "/v1/hybrid-keys", {"name": "release"})["id"],
            "own": self.data("POST", "/v1/hybrid-keys", {"name": "named " + api_key[-6:]})["id"],
            "ak": self.data("POST", "/v1/api-keys", {"name": "x", "type": "publishable", "scopes": ["verify"],
                                                     "environment": environment_of(api_key)})["id"],
        }
        signed = self.data("POST", "/v1/sign", {"keyId": self.ids["key"], "payload": b64(b"x")})
        self.signature = signed["signature"]
        self.ids["ent"] = signed["ledger"]["entryId"]
        self.ids["sig"] = self.data("GET", "/v1/signatures?limit=1")[0]["id"]
        self.door, self.pq = Door(s, api_key), Pq("44")
        self.ids["pqk"] = self.door.register(self.pq)["id"]
        self.pair = self.door.pair(Signer(), self.pq, b"x")
        self.ids["att"] = self.door.data("POST", "/v1/sign/hybrid", self.pair, status=201)["id"]

    def data(self, method, path, body=None):
        answer = self.client.call(method, path, body)
        assert answer.status == 200, (method, path, answer)
        return answer.data

    def unchanged(self):
        kept = [self.data("GET", f"/v1/{route}/{self.ids[kind]}") for route, kind in (
            ("attestation-policies", "pol"), ("policies", "rule"), ("hybrid-keys", "key"), ("api-keys", "ak"),
            ("signatures", "sig"))]
        kept += [self.door.data("GET", f"/v1/{route}/{self.ids[kind]}") for route, kind in (
            ("keys", "pqk"), ("attestations", "att"))]
        return kept, self.client.get("/v1/ledger/entries?limit=200").data


# Every route with an id, the kind of the id, and what is sent along.
ROUTES = [
    ("GET", "/v1/hybrid-keys/:id", "key", None), ("DELETE", "/v1/hybrid-keys/:id", "key", None),
    ("POST", "/v1/hybrid-keys/:id/rotate", "key", {}), ("POST", "/v1/hybrid-keys/:id/suspend", "key", {}),
    ("POST", "/v1/hybrid-keys/:id/resume", "key", {}), ("GET", "/v1/hybrid-keys/:id/audit", "key", None),
    ("GET", "/v1/attestation-policies/:id", "pol", None), ("DELETE", "/v1/attestation-policies/:id", "pol", None),
    ("PATCH", "/v1/attestation-policies/:id", "pol", {"name": "mine now"}),
    ("GET", "/v1/attestation-policies/:id/signatures", "pol", None),
    ("GET", "/v1/policies/:id", "rule", None), ("DELETE", "/v1/policies/:id", "rule", None),
    ("PATCH", "/v1/policies/:id", "rule", {"name": "mine now"}),
    ("GET", "/v1/signatures/:id", "sig", None), ("GET", "/v1/signatures/:id/bundle", "sig", None),
    ("GET", "/v1/ledger/proof/:id", "ent", None),
    ("GET", "/v1/api-keys/:id", "ak", None), ("DELETE", "/v1/api-keys/:id", "ak", None),
    ("POST", "/v1/api-keys/:id/rotate", "ak", {}),
    ("GET", "/v1/keys/:id", "pqk", None), ("DELETE", "/v1/keys/:id", "pqk", None),
    ("GET", "/v1/attestations/:id", "att", None), ("GET", "/v1/attestations/:id/bundle", "att", None),
]


def requests(signature, environment):
    """Those, and the requests that name ids elsewhere; ":id" stands for the id everywhere."""
    yield from ROUTES
    yield "POST", "/v1/sign", "key", {"keyId": ":id", "payload": b64(b"x")}
    yield "POST", "/v1/sign", "key", {"keyId": ":id", "payload": b64(b"x"), "dryRun": True}
    yield "POST", "/v1/sign/batch", "key", {"items": [{"keyId": ":id", "payload": b64(b"x")}]}
    yield "POST", "/v1/verify", "key", {"keyId": ":id", "payload": b64(b"x"), "signature": signature}
    yield "POST", "/v1/hybrid-keys", "pol", {"name": "bound", "attestationPolicyId": ":id"}
    yield "POST", "/v1/api-keys", "key", {"name": "x", "type": "secret", "environment": environment,
                                          "scopes": ["sign"], "keyIds": [":id"]}
    yield "GET", "/v1/signatures?keyId=:id", "key", None
    yield "GET", "/v1/signatures?policyId=:id", "pol", None
    yield "POST", "/v1/verify", "att", {"attestationId": ":id"}
    yield "GET", "/v1/attestations?keyId=:id", "pqk", None


def filled(value, thing):
    if isinstance(value, str):
        return value.replace(":id", thing)
    if isinstance(value, dict):
        return {k: filled(v, thing) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, thing) for v in value]
    return value


def ask(client, method, path, body, thing):
    answer = client.call(method, filled(path, thing), filled(body, thing))
    headers = {k: v for k, v in answer.headers.items()
               if k not in ("Date", "X-Request-Id") and not k.startswith("X-RateLimit-")}
    text = re.sub(r'"(requestId|timestamp)":"[^"]*"', "", answer.raw.decode())
    return answer.status, sorted(headers.items()), text


def wrong_environment(answer):
    return answer[0] == 403 and '"code":"AUTH_004"' in answer[2]


def isolated(s, owner, stranger_key, same_org=False):
    """The stranger's answers about the owner's things are those about nothing, byte for byte, and nothing changes. Only
    Hybrid Attest tells an org that it has a thing in its other environment."""
    before = owner.unchanged()
    stranger = Client(s.url, stranger_key)
    prefix = {"rule": owner.ids["rule"][:-26]}
    for method, path, kind, body in requests(owner.signature, environment_of(stranger_key)):
        theirs = owner.ids[kind]
        nobodys = prefix.get(kind, kind + "_") + ZEROS
        answers = [ask(stranger, method, path, body, thing) for thing in (theirs, nobodys)]
        if same_org and kind in ("pqk", "att") and ":id" in path + str(body) and "?" not in path:
            assert wrong_environment(answers[0]) and answers[1][0] == 404, (method, path, answers)
            continue
        assert answers[0] == answers[1], (method, path, answers)
        assert theirs not in answers[0][2] and answers[0][0] in (200, 404), (method, path, answers)
        if path in [p for _, p, _, _ in ROUTES]:
            assert answers[0][0] == 404, (method, path, answers)
    door = Door(s, stranger_key)
    expected = (403, "AUTH_004") if same_org else (422, "PQC_005")
    door.refused("POST", "/v1/sign/hybrid", owner.pair, *expected)
    assert door.data("POST", "/v1/verify", owner.pair)["valid"], "that needs no key of ours"
    for name in ("named " + owner.client.api_key[-6:], "nobody's"):
        answer = stranger.post("/v1/sign", {"keyId": name, "payload": ""})
        assert (answer.status, answer.code) == (404, "NOT_FOUND"), answer
    assert owner.unchanged() == before


def complete():
    """The list above has every route with an id that the gateway has."""
    source = os.environ.get("CS_SOURCE") or os.getcwd()
    with open(os.path.join(source, "src/gateway/routes.c")) as f:
        routes = set(re.findall(r'\{"([A-Z]+)", "(/v1/[^"]*:[^"]*)"', f.read()))
    assert len(routes) > 10 and routes <= {(m, p) for m, p, _, _ in ROUTES}, routes - {(m, p) for m, p, _, _ in ROUTES}


def same_names(s, mine, theirs):
    """Names belong to an org: both have a key of the same name, each signs with its own, and neither sees the other's."""
    for one in (mine, theirs):
        assert one.data("POST", "/v1/sign", {"keyId": "release", "payload": ""})["keyId"] == one.ids["key"]
        assert [k["id"] for k in one.data("GET", "/v1/hybrid-keys")] == [one.ids["own"], one.ids["key"]]
        seqs = [e["seq"] for e in one.data("GET", "/v1/ledger/entries?limit=200")]
        assert sorted(seqs) == list(range(len(seqs))), "a ledger of its own"


def test():
    complete()
    with Service(start=False) as s:
        other = init(s)
        s.start()
        in_use(s)
        mine, theirs = Things(s, s.api_key), Things(s, other)
        isolated(s, mine, other)
        isolated(s, theirs, s.api_key)
        same_names(s, mine, theirs)
        tester = mine.data("POST", "/v1/api-keys", {"name": "t", "type": "secret", "environment": "test", "scopes": [
            "keys", "sign", "verify", "policies", "ledger", "hybrid", "admin"]})["apiKey"]
        assert Client(s.url, tester).get("/v1/hybrid-keys").data == [], "a test key sees test records only"
        tested = Things(s, tester)
        isolated(s, mine, tester, same_org=True)
        same_names(s, mine, tested)
        s.alive()


if __name__ == "__main__":
    run(test)
