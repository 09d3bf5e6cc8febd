#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A pair of signatures is verified and recorded; whatever is wrong with it is refused with its documented code, and nothing
is stored."""

import copy
import hashlib
import json

from flow import Client, Service, run
from flow_pair import EVM, N, Door, Pq, Signer, der, hexed

ROUTE = "/v1/sign/hybrid"
MESSAGE = b"Hello World"


def accepted(s, door, signer, pqs):
    """All algorithms, chains, schemes and forms; the answer says what was found."""
    made = {}
    for pq in pqs:
        data = door.attest(signer, pq, MESSAGE, metadata={"txHash": "0xabc123", "amount": 1.50})
        assert data["status"] == "verified" and data["id"].startswith("att_"), data
        assert (data["message"], data["algorithm"], data["chain"]) == (hexed(MESSAGE), pq.algorithm, "ethereum"), data
        assert (data["ecdsaPublicKey"], data["pqcPublicKey"]) == (hexed(signer.forms[65]), hexed(pq.public)), data
        assert (data["ecdsaScheme"], data["signerAddress"]) == ("eip191", signer.address), data
        assert data["metadata"] == {"txHash": "0xabc123", "amount": 1.5}, data
        made[data["id"]] = data
    pq = pqs[0]
    for chain in EVM:
        for scheme in ("eip191", "keccak256"):
            data = door.attest(signer, pq, MESSAGE, scheme, chain=chain)
            assert (data["ecdsaScheme"], data["chain"], data["signerAddress"]) == (scheme, chain, signer.address), data
    for form in ("rsv", "rsv0", "rs", "der"):
        for key in (65, 64, 33):
            data = door.attest(signer, pq, MESSAGE, "eip191", form, key)
            assert data["ecdsaPublicKey"] == hexed(signer.forms[key]), data
    for scheme in ("keccak256", "sha256", "sha256d", "eip712-digest"):
        message = MESSAGE if scheme != "eip712-digest" else bytes(range(32))
        assert door.attest(signer, pq, message, scheme, ecdsaScheme=scheme)["ecdsaScheme"] == scheme
    data = door.attest(signer, pq, MESSAGE, "sha256d", chain="bitcoin")
    assert (data["ecdsaScheme"], data["signerAddress"]) == ("sha256d", None), data
    assert door.attest(signer, pq, b"")["message"] == "0x"
    pair = door.pair(signer, pq, MESSAGE)
    bare = {k: v[2:] if v.startswith("0x") else v for k, v in pair.items()}
    assert door.data("POST", ROUTE, bare, status=201)["message"] == hexed(MESSAGE), "0x may be left out"
    upper = {k: "0x" + v[2:].upper() if v.startswith("0x") else v for k, v in pair.items()}
    assert door.data("POST", ROUTE, upper, status=201)["message"] == hexed(MESSAGE)
    return made


def kept(s, door, made):
    """What is stored is what was sent; the ledger has its digest."""
    entries = {e["subjectId"]: e for e in s.entries() if e["eventType"] == "hybrid_attestation.created"}
    for thing, data in made.items():
        one = door.data("GET", "/v1/attestations/" + thing)
        assert {k: one[k] for k in data} == data, (one, data)
        record = json.loads(one["record"])
        entry = entries[thing]["data"]
        assert entry["recordSha256"] == "sha256:" + hashlib.sha256(one["record"].encode()).hexdigest(), entry
        assert record["id"] == thing and record["signerAddress"] == data["signerAddress"], record
        assert record["messageSha256"] == "sha256:" + hashlib.sha256(MESSAGE).hexdigest(), record
        assert one["ledger"]["seq"] == entries[thing]["seq"] and one["countersignature"] is None, one


def shown_as_sent(s, door, signer, pq):
    """Metadata is stored as given: no number, blank or order of it is another."""
    text = '{ "b":1.50,"a" : [1e3, "\\u00e4]}\\"", {}], "":null}'
    body = json.dumps(door.pair(signer, pq, MESSAGE))[:-1] + ', "metadata": ' + text + "}"
    answer = door.call("POST", ROUTE, body)
    assert answer.status == 201 and b'"metadata":' + text.encode() + b"," in answer.raw, answer
    one = door.call("GET", "/v1/attestations/" + answer.json["data"]["id"])
    assert b'"metadata":' + text.encode() + b"," in one.raw, one
    assert one.json["data"]["metadataText"] == text, one
    digest = json.loads(one.json["data"]["record"])["metadataSha256"]
    assert digest == "sha256:" + hashlib.sha256(text.encode()).hexdigest(), digest


def flipped(text, at):
    """One bit of hex text."""
    raw = bytearray.fromhex(text[2:])
    raw[at] ^= 1
    return hexed(raw)


def mutations(pair, signer, pq, other_signer, other_pq):
    """Each makes the pair false in one place."""
    digest_of = signer.signature
    r, s = (int.from_bytes(bytes.fromhex(pair["ecdsaSignature"][2:])[i:i + 32], "big") for i in (0, 32))
    yield "message", {"message": flipped(pair["message"], 0)}
    yield "message longer", {"message": pair["message"] + "00"}
    yield "message empty", {"message": "0x"}
    for at in (0, 31, 32, 63):
        yield f"ecdsa byte {at}", {"ecdsaSignature": flipped(pair["ecdsaSignature"], at)}
    yield "v says another key", {"ecdsaSignature": flipped(pair["ecdsaSignature"], 64)}
    for v in (2, 26, 29, 255):
        yield f"v {v}", {"ecdsaSignature": pair["ecdsaSignature"][:-2] + f"{v:02x}"}
    yield "high s", {"ecdsaSignature": hexed(r.to_bytes(32, "big") + (N - s).to_bytes(32, "big"))}
    yield "high s in DER", {"ecdsaSignature": hexed(der(r, N - s))}
    yield "r 0", {"ecdsaSignature": hexed(bytes(32) + s.to_bytes(32, "big"))}
    yield "s 0", {"ecdsaSignature": hexed(r.to_bytes(32, "big") + bytes(32))}
    yield "r + n", {"ecdsaSignature": hexed(r.to_bytes(32, "big") + N.to_bytes(32, "big"))}
    yield "DER with a byte behind", {"ecdsaSignature": hexed(der(r, s) + b"\0")}
    yield "63 bytes", {"ecdsaSignature": pair["ecdsaSignature"][:2 + 126]}
    yield "66 bytes", {"ecdsaSignature": pair["ecdsaSignature"] + "00"}
    yield "no bytes", {"ecdsaSignature": "0x"}
    yield "another signer's key", {"ecdsaPublicKey": hexed(other_signer.forms[65])}
    yield "another scheme's signature", {"ecdsaSignature": hexed(digest_of(MESSAGE, "sha256"))}
    yield "another scheme named", {"ecdsaScheme": "keccak256"}
    yield "another chain", {"chain": "bitcoin"}
    size = len(bytes.fromhex(pair["pqcSignature"][2:]))
    for at in (0, size // 2, size - 1):
        yield f"pqc byte {at}", {"pqcSignature": flipped(pair["pqcSignature"], at)}
    yield "pqc shorter", {"pqcSignature": pair["pqcSignature"][:-2]}
    yield "pqc longer", {"pqcSignature": pair["pqcSignature"] + "00"}
    yield "pqc empty", {"pqcSignature": "0x"}
    yield "another registered key", {"pqcPublicKey": hexed(other_pq.public)}
    yield "signature of another message", {"pqcSignature": hexed(pq.sign(b"other"))}


def malformed(pair, pq):
    """(what, change, code, member)"""
    half = pair["ecdsaPublicKey"]
    yield "odd hex", {"message": "0x123"}, "GEN_001", "message"
    yield "no hex", {"message": "0xzz"}, "GEN_001", "message"
    yield "0X", {"message": "0X00"}, "GEN_001", "message"
    yield "no string", {"message": 1}, "GEN_001", "message"
    yield "null", {"pqcSignature": None}, "GEN_001", "pqcSignature"
    yield "odd signature", {"ecdsaSignature": "0x1"}, "GEN_001", "ecdsaSignature"
    yield "message too long", {"message": "00" * (256 * 1024 + 1)}, "GEN_001", "message"
    for name in pair:
        yield "without " + name, {name: ...}, "GEN_001", name
    yield "unknown chain", {"chain": "dogecoin"}, "GEN_001", "chain"
    yield "unknown scheme", {"ecdsaScheme": "sha1"}, "GEN_001", "ecdsaScheme"
    yield "ed25519 on ethereum", {"ecdsaScheme": "ed25519"}, "GEN_001", "ecdsaScheme"
    yield "no digest", {"ecdsaScheme": "eip712-digest"}, "GEN_001", "message"
    yield "unknown member", {"mesage": "0x00"}, "GEN_001", "mesage"
    yield "metadata no object", {"metadata": []}, "GEN_001", "metadata"
    yield "metadata too large", {"metadata": {"a": "x" * 16384}}, "GEN_001", "metadata"
    yield "unknown environment", {"environment": "production"}, "GEN_001", "environment"
    for name in ("ml-dsa-66", "ML-DSA-65", "mldsa65", "", "slh-dsa-128s"):
        yield "algorithm " + name, {"algorithm": name}, "PQC_001", "algorithm"
    for what, key in (("64 hex digits", half[:66]), ("odd", half[:-1]), ("no hex", "0xgg"), ("hybrid form", "0x06" + half[4:]),
                      ("not on the curve", flipped(half, 64)), ("66 bytes", half + "00"), ("empty", "0x")):
        yield "ecdsa key: " + what, {"ecdsaPublicKey": key}, "PQC_002", "ecdsaPublicKey"
    for what, key in (("short", hexed(pq.public[:-1])), ("long", hexed(pq.public + b"\0")), ("odd", hexed(pq.public)[:-1])):
        yield "pqc key: " + what, {"pqcPublicKey": key}, "PQC_002", "pqcPublicKey"
    yield "the length of another level", {"algorithm": "ml-dsa-87"}, "PQC_002", "pqcPublicKey"


def changed(pair, change):
    body = {**copy.deepcopy(pair), **change}
    return {k: v for k, v in body.items() if v is not ...}


def refused(s, door, signer, pqs):
    pair = door.pair(signer, pqs[0], MESSAGE)
    others = Signer(), pqs[1] if pqs[1].algorithm == pqs[0].algorithm else Pq(pqs[0].algorithm[-2:])
    door.register(others[1])
    before = len(s.entries()), len(door.data("GET", "/v1/attestations?limit=200"))
    for what, change in mutations(pair, signer, pqs[0], *others):
        details = door.refused("POST", ROUTE, changed(pair, change), 422, "PQC_004")
        assert details["reason"] == "PQC_004" and details["field"] in ("ecdsaSignature", "pqcSignature"), (what, details)
    for what, change, code, field in malformed(pair, pqs[0]):
        details = door.refused("POST", ROUTE, changed(pair, change), 400, code)
        assert details["field"] == field, (what, details)
    stranger = Pq("44")
    door.refused("POST", ROUTE, door.pair(signer, stranger, MESSAGE), 422, "PQC_005")
    assert (len(s.entries()), len(door.data("GET", "/v1/attestations?limit=200"))) == before, "something was stored"
    door.data("POST", ROUTE, pair, status=201)


def solana(door, pq):
    """Ed25519 takes the place of ECDSA, in the same members."""
    pair = door.pair(Signer(), pq, MESSAGE)
    # [RFC 8032 §7.1, test 3]
    public = bytes.fromhex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025")
    signature = bytes.fromhex("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
                              "c6594a7c15e9716ed28dc027beceea1ec40a")
    message = b"\xaf\x82"
    pair = {**pair, "message": hexed(message), "ecdsaSignature": hexed(signature), "ecdsaPublicKey": hexed(public),
            "pqcSignature": hexed(pq.sign(message)), "chain": "solana"}
    data = door.data("POST", ROUTE, pair, status=201)
    assert (data["ecdsaScheme"], data["signerAddress"]) == ("ed25519", None), data
    door.refused("POST", ROUTE, {**pair, "ecdsaSignature": flipped(pair["ecdsaSignature"], 63)}, 422, "PQC_004")
    door.refused("POST", ROUTE, {**pair, "ecdsaPublicKey": pair["ecdsaPublicKey"] + "00"}, 400, "PQC_002")
    anybody = {"ecdsaPublicKey": "01" + "00" * 31, "ecdsaSignature": "01" + "00" * 63}  # S B = R + k A, all of them zero
    door.refused("POST", ROUTE, {**pair, **anybody}, 400, "PQC_002")
    door.refused("POST", ROUTE, {**pair, "ecdsaScheme": "sha256"}, 400, "GEN_001")
    verified = door.data("POST", "/v1/verify", {"attestationId": data["id"]})
    assert verified["valid"] and verified["chain"] == "solana", verified


def listed_large(door, signer, pq):
    """A page ends before it is larger than an answer may be; whoever goes on misses nothing."""
    pair = door.pair(signer, pq, bytes(262144), "sha256", ecdsaScheme="sha256")
    made = [door.data("POST", ROUTE, pair, status=201)["id"] for _ in range(9)]
    found, cursor, pages = [], "", 0
    while cursor is not None:
        answer = door.call("GET", "/v1/attestations?limit=200" + ("&cursor=" + cursor if cursor else ""))
        assert answer.status == 200 and answer.json["data"] and answer.json["pagination"]["limit"] == 200, answer
        found += [a["id"] for a in answer.json["data"]]
        cursor, pages = answer.json["pagination"]["nextCursor"], pages + 1
    assert found[:9] == made[::-1] and len(set(found)) == len(found) > 9 and pages > 1, (found, pages)


def listed(door, made):
    everything, cursor = [], ""
    while cursor is not None:
        answer = door.call("GET", "/v1/attestations?limit=7" + ("&cursor=" + cursor if cursor else ""))
        assert answer.status == 200 and len(answer.json["data"]) <= 7, answer
        everything += answer.json["data"]
        cursor = answer.json["pagination"]["nextCursor"]
    ids = [a["id"] for a in everything]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == len(ids) and set(made) <= set(ids)
    for chain in (*EVM, "bitcoin", "solana"):
        found = [a["id"] for a in door.data("GET", "/v1/attestations?limit=200&chain=" + chain)]
        assert found == [a["id"] for a in everything if a["chain"] == chain] and found, chain
    key = everything[-1]["pqcKeyId"]
    found = [a["id"] for a in door.data("GET", "/v1/attestations?limit=200&keyId=" + key)]
    assert found == [a["id"] for a in everything if a["pqcKeyId"] == key] and 0 < len(found) < len(everything)
    assert door.data("GET", "/v1/attestations?since=2100-01-01T00:00:00Z") == []
    for query in ("cursor=AAAA", "chain=x", "since=now", "limit=0", "limit=201", "colour=red", "limit=1&limit=1"):
        door.refused("GET", "/v1/attestations?" + query, None, 400, "GEN_001")
    for thing in ("att_" + "0" * 26, "att_1", "sig_" + "0" * 26):
        door.refused("GET", "/v1/attestations/" + thing, None, 404, "GEN_001")


def verified(s, door, signer, pq, made):
    pair = door.pair(signer, pq, MESSAGE)
    thing = next(iter(made))
    entries = len(s.entries())
    for body in (pair, {"attestationId": thing}):
        data = door.data("POST", "/v1/verify", body)
        assert (data["valid"], data["ecdsaValid"], data["pqcValid"]) == (True, True, True), data
        assert data["attestationId"] == body.get("attestationId") and data["chain"] == "ethereum", data
        assert data["verifiedAt"].endswith("Z") and data["signerAddress"] == signer.address, data
    stranger = Pq("44")
    assert door.data("POST", "/v1/verify", door.pair(signer, stranger, MESSAGE))["valid"], "no registration is needed"
    for half, other in (("ecdsa", "pqc"), ("pqc", "ecdsa")):
        name = half + "Signature"
        data = door.data("POST", "/v1/verify", {**pair, name: flipped(pair[name], 5)})
        assert (data["valid"], data[half + "Valid"], data[other + "Valid"]) == (False, False, True), data
    assert len(s.entries()) == entries
    door.refused("POST", "/v1/verify", {**pair, "attestationId": thing}, 400, "GEN_001")
    door.refused("POST", "/v1/verify", {"message": "0x00"}, 400, "GEN_001")
    door.refused("POST", "/v1/verify", {**pair, "payload": ""}, 400, "GEN_001")
    door.refused("POST", "/v1/verify", {**pair, "algorithm": "ml-dsa-1"}, 400, "PQC_001")
    door.refused("POST", "/v1/verify", {"attestationId": "att_" + "0" * 26}, 404, "GEN_001")
    door.refused("POST", "/v1/verify", {"attestationId": thing}, 403, "AUTH_003", api_key=s.publishable)
    # What cannot be told apart, or comes from nobody, is the Vault door's.
    vault = Client(s.url, s.api_key)
    assert vault.post("/v1/verify", "{").code == "BAD_JSON"
    assert vault.post("/v1/verify", {}).code == "MISSING_FIELD"
    assert vault.post("/v1/verify", {"attestationId": thing}, api_key="").code == "UNAUTHENTICATED"


def test():
    with Service() as s:
        door, signer = Door(s), Signer()
        pqs = [Pq(level) for level in ("44", "65", "87")]
        for pq in pqs:
            door.register(pq)
        made = accepted(s, door, signer, pqs)
        kept(s, door, made)
        shown_as_sent(s, door, signer, pqs[0])
        refused(s, door, signer, pqs)
        solana(door, pqs[0])
        listed(door, made)
        listed_large(door, signer, pqs[0])
        verified(s, door, signer, pqs[1], made)
        s.alive()


if __name__ == "__main__":
    run(test)
