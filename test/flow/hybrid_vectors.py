#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Public vectors through the HTTP route: what Wycheproof says of secp256k1 and ML-DSA signatures, and what wallets signed."""

import functools
import json
import lzma
import os
import sys

from flow import SKIP, Service, run
from flow_pair import Door, N, Pq, Signer, hexed, sha

SOURCE = os.environ.get("CS_SOURCE") or os.getcwd()
VECTORS = os.path.join(SOURCE, "..", "shared", "vectors")
SIZES = {"44": 1312, "65": 1952, "87": 2592}


def read(*names):
    path = os.path.join(VECTORS, *names)
    if not os.path.exists(path):
        print(f"{path} is not here; skipped")
        sys.exit(SKIP)
    with (lzma.open if path.endswith(".xz") else open)(path, "rb") as f:
        return json.load(f)


def verdict(door, pair):
    answer = door.call("POST", "/v1/verify", pair)
    if answer.status != 200:
        return answer.json["error"]["code"]
    data = answer.json["data"]
    assert data["valid"] == (data["ecdsaValid"] and data["pqcValid"]), data
    return data["ecdsaValid"], data["pqcValid"]


def has_high_s(sig, p1363):
    """Of a signature that is a good one: the rule of this door is stricter than that of ECDSA."""
    raw = bytes.fromhex(sig)
    if p1363:
        return int.from_bytes(raw[32:], "big") > N // 2
    at = 4 + raw[3]
    return int.from_bytes(raw[at + 2:at + 2 + raw[at + 1]], "big") > N // 2


def ecdsa(door, pq):
    """All three files; what is valid there is valid here unless its s is high, and nothing else is."""
    counts = {True: 0, False: 0}
    for name in ("bitcoin_test", "test", "p1363_test"):
        for group in read("wycheproof", f"ecdsa_secp256k1_sha256_{name}.json")["testGroups"]:
            key = group["publicKey"]["uncompressed"]
            for t in group["tests"]:
                if name == "p1363_test" and len(t["sig"]) == 144 or len(t["sig"]) > 256:
                    continue  # DER of that length is another file's; longer is malformed here
                want = t["result"] == "valid" and not has_high_s(t["sig"], name == "p1363_test")
                pair = {"message": t["msg"], "ecdsaSignature": t["sig"], "ecdsaPublicKey": key, "pqcSignature": "",
                        "pqcPublicKey": hexed(pq.public), "algorithm": pq.algorithm, "chain": "bitcoin",
                        "ecdsaScheme": "sha256"}
                got = verdict(door, pair)
                assert got == (want, False), (name, t["tcId"], t["comment"], got)
                counts[want] += 1
    assert counts[True] > 200 and counts[False] > 500, counts


def mldsa(door, signer):
    """Those of the plain interface with no context; a key of another length is PQC_002."""
    counts = {True: 0, False: 0, "PQC_002": 0}
    signed = functools.cache(lambda message: hexed(signer.signature(bytes.fromhex(message), "sha256")))
    for level, size in SIZES.items():
        name = f"mldsa_{level}_verify_test.json" + ("" if level == "44" else ".xz")
        for group in read("wycheproof", name)["testGroups"]:
            for t in group["tests"]:
                if t.get("ctx", "") != "" or len(t["msg"]) > 20000:
                    continue
                ours = {"message": t["msg"], "ecdsaSignature": signed(t["msg"]), "ecdsaPublicKey": hexed(signer.forms[65])}
                pair = {**ours, "pqcSignature": t["sig"], "pqcPublicKey": group["publicKey"], "algorithm": "ml-dsa-" + level,
                        "ecdsaScheme": "sha256"}
                if len(group["publicKey"]) != 2 * size:
                    want = "PQC_002"
                elif len(t["sig"]) > 16384:
                    continue
                else:
                    want = (True, t["result"] == "valid")
                got = verdict(door, pair)
                assert got == want, (name, t["tcId"], t["comment"], got, want)
                counts[want if isinstance(want, str) else want[1]] += 1
                if got == (True, True):
                    door.refused("POST", "/v1/sign/hybrid", pair, 422, "PQC_005")  # which is said of good pairs only
    assert counts[True] > 100 and counts[False] > 100 and counts["PQC_002"] >= 3, counts


def ethereum(door, pq):
    """Transactions and typed data that others signed, as digests."""
    accepted = 0
    for case in read("ethereum", "typed-data.json")[:20]:
        digest = bytes.fromhex(case["digest"][2:])
        signer = Signer(int.from_bytes(sha(case["name"].encode()), "big") % N)
        data = door.attest(signer, pq, digest, "eip712-digest", ecdsaScheme="eip712-digest")
        assert data["signerAddress"] == signer.address and data["message"] == case["digest"], data
        accepted += 1
    assert accepted == 20
    for case in read("ethereum", "secp256k1-rfc6979.json")["valid"]:
        signer = Signer(int(case["d"], 16))
        pair = door.pair(signer, pq, bytes.fromhex(case["m"]), "eip712-digest", ecdsaScheme="eip712-digest", chain="bitcoin")
        pair["ecdsaSignature"] = case["signature"]
        assert verdict(door, pair) == (True, True), case
        door.data("POST", "/v1/sign/hybrid", pair, status=201)
    for case in read("ethereum", "accounts.json")[:20]:
        signer = Signer(int(case["privateKey"][2:], 16))
        data = door.attest(signer, pq, b"x")
        assert data["signerAddress"] == case["address"], (data, case)


def test():
    with Service(("--allow-mock", "--rate-limit", "0", "--address-rate-limit", "0")) as s:
        door, signer, pq = Door(s), Signer(), Pq("44")
        door.register(pq)
        ecdsa(door, pq)
        mldsa(door, signer)
        ethereum(door, pq)
        s.alive()


if __name__ == "__main__":
    run(test)
