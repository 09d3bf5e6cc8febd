#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""API keys are minted, restricted, rotated and revoked; none can make more of itself; each text is shown once."""

import re

from flow import Service, run

ROUTE = "/v1/api-keys"
SECRET_SCOPES = ["keys", "sign", "verify", "policies", "ledger", "settings", "pq-signer", "hybrid", "admin"]


def body(**changes):
    made = {"name": "ci", "type": "secret", "environment": "live", "scopes": ["sign"]}
    made.update(changes)
    return {k: v for k, v in made.items() if v is not None}


def mint(s, client_key=None, **changes):
    answer = s.client.post(ROUTE, body(**changes), api_key=client_key)
    assert answer.status == 200, answer
    return answer.data


def refused(answer, status, code, field=None):
    assert (answer.status, answer.code) == (status, code), answer
    if field is not None:
        assert answer.details == {"field": field}, answer


def create(s):
    made = mint(s, name="ci ü", scopes=["sign", "verify"])
    assert re.fullmatch(r"cs_sec_live_[0-9A-Za-z]{49}", made["apiKey"])
    shown = {k: v for k, v in made.items() if k != "apiKey"}
    assert shown["scopes"] == ["sign", "verify"] and shown["keyIds"] == [] and shown["type"] == "secret"
    assert shown["environment"] == "live" and shown["expiresAt"] is None and shown["revokedAt"] is None
    assert s.client.get(f"{ROUTE}/{made['id']}").data == shown, "the text is shown once"
    publishable = mint(s, type="publishable", environment="test", scopes=["verify"])
    assert re.fullmatch(r"cs_pub_test_[0-9A-Za-z]{49}", publishable["apiKey"])
    key = s.key("signed with it")["id"]
    assert s.client.post("/v1/sign", {"keyId": key, "payload": ""}, api_key=made["apiKey"]).status == 200
    refused(s.client.post("/v1/hybrid-keys", {"name": "x"}, api_key=made["apiKey"]), 403, "FORBIDDEN")
    refused(s.client.get(ROUTE, api_key=made["apiKey"]), 403, "FORBIDDEN")


def malformed(s):
    for changes, code, field in (
            ({"name": None}, "MISSING_FIELD", "name"), ({"name": "a\u202eb"}, "BAD_FIELD", "name"),
            ({"name": ""}, "BAD_FIELD", "name"), ({"type": "root"}, "BAD_FIELD", "type"),
            ({"type": None}, "MISSING_FIELD", "type"), ({"environment": "prod"}, "BAD_FIELD", "environment"),
            ({"environment": None}, "MISSING_FIELD", "environment"), ({"scopes": None}, "MISSING_FIELD", "scopes"),
            ({"scopes": []}, "BAD_FIELD", "scopes"), ({"scopes": ["root"]}, "BAD_FIELD", "scopes"),
            ({"scopes": ["sign", "sign"]}, "BAD_FIELD", "scopes"), ({"scopes": [1]}, "BAD_FIELD", "scopes"),
            ({"scopes": ["sign", "verify"], "type": "publishable"}, "BAD_FIELD", "scopes"),
            ({"keyIds": []}, "BAD_FIELD", "keyIds"), ({"keyIds": ["name"]}, "BAD_FIELD", "keyIds"),
            ({"keyIds": ["key_00000000000000000000000000"] * 17}, "BAD_FIELD", "keyIds"),
            ({"extra": 1}, "UNKNOWN_FIELD", "extra")):
        refused(s.client.post(ROUTE, body(**changes)), 400, code, field)
    refused(s.client.post(ROUTE, body(keyIds=["key_00000000000000000000000000"])), 404, "NOT_FOUND", "keyIds")


def pages(s):
    ids = [mint(s, name=f"page {i}")["id"] for i in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        answer = s.client.get(f"{ROUTE}?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        seen += answer.data
        assert all("apiKey" not in k for k in answer.data)
        cursor = answer.json["pagination"]["nextCursor"]
    listed = [k["id"] for k in seen]
    assert set(ids) < set(listed) and len(listed) == len(set(listed)), "each once"
    made = [k["createdAt"] for k in seen]
    assert made == sorted(made, reverse=True), "newest first"


def no_more_than_itself(s):
    """What a caller mints or rotates has nothing that the caller has not."""
    key, other = s.key("mine")["id"], s.key("theirs")["id"]
    signer = mint(s, scopes=["sign", "admin"])["apiKey"]
    for extra in set(SECRET_SCOPES) - {"sign", "admin"}:
        refused(s.client.post(ROUTE, body(scopes=["sign", extra]), api_key=signer), 403, "FORBIDDEN", "scopes")
    mint(s, signer, scopes=["admin", "sign"])
    powerful = mint(s, scopes=SECRET_SCOPES)
    refused(s.client.post(f"{ROUTE}/{powerful['id']}/rotate", {}, api_key=signer), 403, "FORBIDDEN", "scopes")

    one = mint(s, scopes=["sign", "admin"], keyIds=[key])["apiKey"]
    refused(s.client.post(ROUTE, body(), api_key=one), 403, "FORBIDDEN", "keyIds")
    refused(s.client.post(ROUTE, body(keyIds=[other]), api_key=one), 403, "FORBIDDEN", "keyIds")
    refused(s.client.post(ROUTE, body(keyIds=[key, other]), api_key=one), 403, "FORBIDDEN", "keyIds")
    assert mint(s, one, keyIds=[key])["keyIds"] == [key]

    tester = mint(s, environment="test", scopes=["sign", "admin"])["apiKey"]
    refused(s.client.post(ROUTE, body(), api_key=tester), 403, "FORBIDDEN", "environment")
    mint(s, tester, environment="test")
    live = powerful["id"]
    for answer in (s.client.get(f"{ROUTE}/{live}", api_key=tester), s.client.delete(f"{ROUTE}/{live}", api_key=tester),
                   s.client.post(f"{ROUTE}/{live}/rotate", {}, api_key=tester)):
        refused(answer, 404, "NOT_FOUND")
    assert {k["environment"] for k in s.client.get(ROUTE, api_key=tester).data} == {"test"}
    assert s.client.post("/v1/enclave", None, api_key=powerful["apiKey"]).status == 405, "it still counts"


def restricted(s):
    """An API key that names its keys knows of no others."""
    key, other = s.key("named"), s.key("not named")
    mine = mint(s, scopes=["keys", "sign", "verify"], keyIds=[key["id"]])["apiKey"]
    assert s.client.post("/v1/sign", {"keyId": key["id"], "payload": ""}, api_key=mine).status == 200
    assert s.client.post("/v1/sign", {"keyId": "named", "payload": ""}, api_key=mine).status == 200
    assert s.client.get("/v1/hybrid-keys/" + key["id"], api_key=mine).status == 200
    assert [k["id"] for k in s.client.get("/v1/hybrid-keys", api_key=mine).data] == [key["id"]]
    signature = s.sign(other["id"], b"x").data["signature"]
    for ref in (other["id"], "not named"):
        refused(s.client.post("/v1/sign", {"keyId": ref, "payload": ""}, api_key=mine), 404, "NOT_FOUND", "keyId")
        refused(s.client.post("/v1/verify", {"keyId": ref, "payload": "eA==", "signature": signature}, api_key=mine),
                404, "NOT_FOUND", "keyId")
    route = "/v1/hybrid-keys/" + other["id"]
    for answer in (s.client.get(route, api_key=mine), s.client.delete(route, api_key=mine),
                   s.client.get(route + "/audit", api_key=mine), s.client.post(route + "/suspend", {}, api_key=mine),
                   s.client.post(route + "/resume", {}, api_key=mine), s.client.post(route + "/rotate", {}, api_key=mine)):
        refused(answer, 404, "NOT_FOUND")
    refused(s.client.post("/v1/hybrid-keys", {"name": "new"}, api_key=mine), 403, "FORBIDDEN")
    assert s.client.get(route).data["status"] == "active"


def rotate(s):
    old = mint(s, scopes=["verify", "ledger"])
    s.client.get("/v1/enclave", api_key=old["apiKey"])
    new = s.client.post(f"{ROUTE}/{old['id']}/rotate", {"overlapSeconds": 3600}).data
    assert new["id"] != old["id"] and new["apiKey"] != old["apiKey"]
    for member in ("name", "type", "environment", "scopes", "keyIds"):
        assert new[member] == old[member], member
    assert new["predecessor"]["id"] == old["id"] and new["predecessor"]["expiresAt"] is not None
    assert s.client.get(f"{ROUTE}/{old['id']}").data["expiresAt"] == new["predecessor"]["expiresAt"]
    for key in (old, new):
        assert s.client.get("/v1/enclave", api_key=key["apiKey"]).status == 200, "both count for a while"
    refused(s.client.post(f"{ROUTE}/{old['id']}/rotate", {}), 409, "CONFLICT")

    newest = s.client.post(f"{ROUTE}/{new['id']}/rotate", {"overlapSeconds": 0}).data
    refused(s.client.get("/v1/enclave", api_key=new["apiKey"]), 401, "UNAUTHENTICATED")
    assert s.client.get("/v1/enclave", api_key=newest["apiKey"]).status == 200
    default = s.client.call("POST", f"{ROUTE}/{newest['id']}/rotate").data
    assert s.client.get("/v1/enclave", api_key=default["apiKey"]).status == 200
    for overlap in (-1, 2592001, "1", 1.5, None):
        refused(s.client.post(f"{ROUTE}/{default['id']}/rotate", {"overlapSeconds": overlap}), 400, "BAD_FIELD",
                "overlapSeconds")


def revoke(s):
    """At once, whatever was in memory; and again gives the same answer."""
    key = mint(s, scopes=["sign"])
    for _ in range(3):
        assert s.client.get("/v1/enclave", api_key=key["apiKey"]).status == 200
    first = s.client.delete(f"{ROUTE}/{key['id']}").data
    unknown = s.client.get("/v1/enclave", api_key="")
    for _ in range(3):
        answer = s.client.get("/v1/enclave", api_key=key["apiKey"])
        assert answer.status == 401 and {**answer.json, "requestId": 0} == {**unknown.json, "requestId": 0}, answer
    assert s.client.delete(f"{ROUTE}/{key['id']}").data == first and first["revokedAt"] is not None
    refused(s.client.post(f"{ROUTE}/{key['id']}/rotate", {}), 409, "CONFLICT")
    s.stop("gateway")
    s.start_gateway()
    refused(s.client.get("/v1/enclave", api_key=key["apiKey"]), 401, "UNAUTHENTICATED")
    return key


def recorded(s, revoked):
    """The ledger tells what became of API keys, and who tried in vain: once, however often."""
    needed = mint(s, scopes=["ledger"])
    for _ in range(4):
        refused(s.client.post("/v1/sign", {"keyId": "x", "payload": ""}, api_key=needed["apiKey"]), 403, "FORBIDDEN")
    entries = s.entries()
    events = [(e["eventType"], e["data"].get("reason")) for e in entries if e["subjectId"] == revoked["id"]]
    assert events == [("apikey.created", None), ("apikey.refused", "revoked"), ("apikey.revoked", None),
                      ("apikey.refused", "revoked")] or events == [
                          ("apikey.created", None), ("apikey.revoked", None), ("apikey.refused", "revoked"),
                          ("apikey.refused", "revoked")], events
    events = [(e["eventType"], e["data"].get("reason")) for e in entries if e["subjectId"] == needed["id"]]
    assert events == [("apikey.created", None), ("apikey.refused", "scope")], events
    rotated = [e for e in entries if e["eventType"] == "apikey.rotated"]
    assert len(rotated) == 3 and all(e["data"]["predecessor"].startswith("ak_") for e in rotated)
    assert f"API key {needed['id']} refused: scope" in s.log("gateway")
    assert "cs_sec_" not in s.log("gateway")


def wrong_environment(s):
    """A test API key that asks for a live key is told what it is told of nobody's; and that it did is recorded."""
    key, nobody = s.key("live one"), "key_00000000000000000000000000"
    signature = s.sign(key["id"], b"x").data["signature"]
    realm = s.first["orgId"] + "_test"
    route = "/v1/hybrid-keys/"
    ways = {
        "sign": lambda of, **o: s.client.post("/v1/sign", {"keyId": of, "payload": ""}, **o),
        "batch": lambda of, **o: s.client.post("/v1/sign/batch", {"items": [{"keyId": of, "payload": ""}]}, **o),
        "verify": lambda of, **o: s.client.post("/v1/verify", {"keyId": of, "payload": "eA==", "signature": signature}, **o),
        "get": lambda of, **o: s.client.get(route + of, **o),
        "audit": lambda of, **o: s.client.get(f"{route}{of}/audit", **o),
        "revoke": lambda of, **o: s.client.delete(route + of, **o),
        "suspend": lambda of, **o: s.client.post(f"{route}{of}/suspend", {}, **o),
        "rotate": lambda of, **o: s.client.post(f"{route}{of}/rotate", {}, **o),
    }
    expected = []
    for name, ask in ways.items():
        tester = mint(s, environment="test", scopes=["keys", "sign", "verify"])
        told = ask(nobody, api_key=tester["apiKey"])
        assert all(e["subjectId"] != tester["id"] or e["eventType"] == "apikey.created" for e in s.entries(realm))
        for _ in range(2):
            answer = ask(key["id"], api_key=tester["apiKey"])
            assert (answer.status, {**answer.json, "requestId": 0}) == (told.status, {**told.json, "requestId": 0}), name
        expected.append((tester["id"], "NOT_FOUND", "environment"))
    found = [(e["subjectId"], e["data"]["code"], e["data"]["reason"]) for e in s.entries(realm)
             if e["eventType"] == "apikey.refused"]
    assert found == expected, "once for each"
    assert s.client.get(route + key["id"]).data["status"] == "active"


def secrets_are_not_kept(s):
    """The same request again does not give the text again."""
    headers = {"Idempotency-Key": "mint once"}
    first = s.client.post(ROUTE, body(), headers=headers)
    assert first.status == 200 and "apiKey" in first.data
    again = s.client.post(ROUTE, body(), headers=headers)
    refused(again, 409, "SECRET_NOT_REPLAYABLE")
    with open(s.store, "rb") as f:
        stored = f.read()
    with open(s.store + "-wal", "rb") as f:
        stored += f.read()
    assert first.data["apiKey"].encode() not in stored and first.data["apiKey"][12:55].encode() not in stored


def test():
    with Service() as s:
        create(s)
        malformed(s)
        pages(s)
        no_more_than_itself(s)
        restricted(s)
        rotate(s)
        secrets_are_not_kept(s)
        recorded(s, revoke(s))
        wrong_environment(s)
        s.alive()


if __name__ == "__main__":
    run(test)
