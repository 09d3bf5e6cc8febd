#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tools together, as a release pipeline would use them: boot the enclave, mint a policy, sign, verify with the
command line (exit 0), pin a wrong image (exit 2). Then a client that knows only the published routes does the rest."""

import base64
import hashlib
import json
import os
import tempfile

from cli_dev import Dev, run, write
from flow import Client, b64, run as run_test, sha256


def cli(d, code, *args):
    got, out, err = run(*args, env=d.client())
    assert got == code, (args, got, out, err)
    return out


def check_tools(d, folder):
    """Document 1's smoke test."""
    policy = write(os.path.join(folder, "policy.json"), json.dumps(d.facts["policy"]))
    artifact = write(os.path.join(folder, "artifact.tar"), os.urandom(100_000))
    stored = json.loads(cli(d, 0, "attestation-policies", "create", "--file", policy, "--json"))
    key = json.loads(cli(d, 0, "keys", "create", "--name", "release-signing", "--algorithm", "mldsa65+ed25519",
                         "--pq-provider", "enclave-mock", "--policy", stored["id"], "--json"))
    result = write(os.path.join(folder, "sig.json"), cli(d, 0, "sign", "--key", "release-signing", "--in", artifact))
    public = write(os.path.join(folder, "key.pub"), key["publicKey"])
    verify = ["--sign-result", result, "--payload"]
    cli(d, 0, "attest", "verify", "--allow-mock", "--policy", policy, *verify, artifact)
    cli(d, 0, "verify", "--public-key", public, *verify, artifact)

    wrong = json.loads(json.dumps(d.facts["policy"]))
    wrong["matchRules"]["allowedImageHashes"] = ["sha256:" + "0" * 64]
    wrong = write(os.path.join(folder, "wrong.json"), json.dumps(wrong))
    out = cli(d, 2, "attest", "verify", "--allow-mock", "--policy", wrong, "--json", *verify, artifact)
    assert json.loads(out)["reason"] == "ATT_IMAGE_NOT_ALLOWED", out
    other = write(os.path.join(folder, "other.tar"), b"another artifact")
    cli(d, 2, "attest", "verify", "--allow-mock", "--policy", policy, *verify, other)
    cli(d, 2, "verify", "--public-key", public, *verify, other)
    cli(d, 2, "attest", "verify", "--policy", policy, *verify, artifact)  # a development root, and nobody allowed it

    # The wrong image in the policy of the service: the next signature is refused.
    change = write(os.path.join(folder, "change.json"), json.dumps(
        {"matchRules": dict(d.facts["policy"]["matchRules"], allowedImageHashes=["0" * 64])}))
    changed = json.loads(cli(d, 0, "attestation-policies", "update", stored["id"], "--file", change, "--json"))
    assert changed["version"] == 2, changed
    cli(d, 2, "sign", "--key", "release-signing", "--in", artifact)
    cli(d, 0, "attest", "verify", "--allow-mock", "--policy", policy, *verify, artifact)  # what was signed stays signed
    cli(d, 1, "attestation-policies", "delete", stored["id"])
    listed = json.loads(cli(d, 0, "signatures", "list", "--key", key["id"], "--json"))
    assert (listed["verdict"], listed["policyVersion"]) == ("pass", 1), listed
    bundle = os.path.join(folder, "sig.bundle")
    cli(d, 0, "bundle", "--signature", listed["id"], "--out", bundle)
    offline = ["verify", "--allow-mock", "--bundle", bundle, "--payload"]
    cli(d, 0, *offline, artifact, "--policy", policy)
    cli(d, 2, *offline, other, "--policy", policy)
    cli(d, 2, *offline, artifact, "--policy", wrong)
    cli(d, 0, "keys", "revoke", "--yes", "release-signing")
    cli(d, 0, "attestation-policies", "delete", stored["id"])


class PostQ:
    """What the published clients do, and nothing else: their routes, their members, base64 payloads."""

    def __init__(self, base_url, api_key):
        self.http = Client(base_url, api_key)

    def __call__(self, method, path, body=None, status=200):
        answer = self.http.call(method, path, body)
        assert answer.status == status, (method, path, answer)
        assert answer.json["success"] is (status == 200), answer
        return answer.json.get("data", answer.json)


def check_policy_and_key(pq, facts):
    body = {"name": "release-signing-prod", "vendor": "mock", "maxDocAgeSeconds": 300, "enforce": True,
            "matchRules": {"allowedImageHashes": [facts["imageHash"]], "rootPublicKeyB64": facts["rootPublicKeyB64"]}}
    policy = pq("POST", "/v1/attestation-policies", body)
    assert policy["vendor"] == "mock" and policy["maxDocAgeSeconds"] == 300 and policy["enforce"] is True
    assert pq("GET", "/v1/attestation-policies/" + policy["id"]) == policy
    key = pq("POST", "/v1/hybrid-keys", {"name": "release", "algorithm": "mldsa65+ed25519", "signatureFormat": "envelope",
                                         "pqProvider": "enclave-mock", "attestationPolicyId": policy["id"]})
    assert key["id"] in [k["id"] for k in pq("GET", "/v1/hybrid-keys")]
    pq("POST", "/v1/hybrid-keys", {"name": "unbound", "pqProvider": "enclave-mock"}, status=400)
    plain = pq("POST", "/v1/hybrid-keys", {"name": "vault", "algorithm": "mldsa65+ecdsa-p256", "kekProvider": "env",
                                           "keyProvider": "postq-managed", "pqProvider": "postq-managed"})
    assert plain["status"] == "active"
    return policy, key, plain


def check_document(signed, payload):
    """What verifyAttestationDoc of the published SDK reads in a document."""
    attestation = signed["attestation"]
    header, claims, _ = base64.b64decode(attestation["docB64"]).decode().split(".")
    header, claims = [json.loads(base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))) for t in (header, claims)]
    signature = base64.b64decode(signed["signatureB64"])
    assert header == {"alg": "EdDSA", "typ": "PostQ-Attestation-Mock"} and attestation["verdict"] == "pass"
    assert claims["vendor"] == attestation["vendor"] == "mock" and claims["imageHash"] == attestation["imageHash"]
    assert claims["payloadSha256"] == "sha256:" + sha256(payload)
    assert claims["sigSha256"] == "sha256:" + sha256(signature)
    assert claims["counter"] >= 1 and claims["nonce"] and claims["iat"] and claims["rootPublicKeyB64"]


def check_sign_and_verify(pq, key):
    payload = os.urandom(1000)
    signed = pq("POST", "/v1/sign", {"keyId": key["id"], "payload": b64(payload)})
    assert signed["keyId"] == key["id"] and signed["payloadSha256"] == "sha256:" + sha256(payload)
    assert signed["signature"] == signed["signatureB64"] == signed["signatureBase64"]
    if key["signatureFormat"] == "envelope":
        envelope = json.loads(base64.b64decode(signed["signature"]))
        assert list(envelope) == ["v", "alg", "classical", "pq"] and envelope["alg"] == key["algorithm"]
    body = {"keyId": key["id"], "payload": b64(payload), "signature": signed["signatureB64"]}
    verdict = pq("POST", "/v1/verify", body)
    assert verdict["ok"] and verdict["classicalOk"] and verdict["pqOk"], verdict
    assert not pq("POST", "/v1/verify", dict(body, payload=b64(payload + b"x")))["ok"]
    assert pq("POST", "/v1/verify", {"publicKey": signed["publicKey"], "payload": b64(payload),
                                     "signature": signed["signatureB64"]})["ok"]
    return payload, signed


def check_rotation(pq, key):
    successor = pq("POST", f"/v1/hybrid-keys/{key['id']}/rotate", {})
    assert successor["id"] != key["id"] and successor["attestationPolicyId"] == key["attestationPolicyId"]
    assert [successor[m] for m in ("algorithm", "signatureFormat", "providers")] == [
        key[m] for m in ("algorithm", "signatureFormat", "providers")]
    assert pq("GET", "/v1/hybrid-keys/" + key["id"])["status"] == "superseded"
    assert pq("POST", "/v1/sign", {"keyId": key["name"], "payload": b64(b"x")})["keyId"] == successor["id"]
    return successor


def check_audit(pq, key, operations):
    audit = pq("GET", f"/v1/hybrid-keys/{key['id']}/audit?limit=100")
    seen = [a["operation"] for a in audit]
    for operation in operations:
        assert operation in seen, (operation, seen)
    assert all(a["id"] and a["createdAt"] for a in audit)


def root_of(index, size, leaf, proof):
    """RFC 9162 §2.1.3.2."""
    node, last = index, size - 1
    for sibling in proof:
        if node & 1 or node == last:
            leaf = hashlib.sha256(b"\1" + sibling + leaf).digest()
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            leaf = hashlib.sha256(b"\1" + leaf + sibling).digest()
        node, last = node >> 1, last >> 1
    assert last == 0
    return leaf


def check_ledger(pq, signed):
    sealed = pq("POST", "/v1/ledger/seal", {})
    assert sealed["treeSize"] > signed["ledger"]["seq"] and isinstance(sealed["fresh"], bool), sealed
    assert pq("GET", "/v1/ledger/checkpoints/latest")["treeSize"] >= sealed["treeSize"]
    assert sealed["id"] in [c["id"] for c in pq("GET", "/v1/ledger/checkpoints")]
    entries = pq("GET", f"/v1/ledger/entries?since={signed['ledger']['seq']}&limit=1")
    assert entries[0]["id"] == signed["ledger"]["entryId"] and entries[0]["eventType"] == "signature.attested"
    assert entries[0]["payload"]["data"]["sigSha256"] == "sha256:" + sha256(base64.b64decode(signed["signature"]))
    proof = pq("GET", "/v1/ledger/proof/" + signed["ledger"]["entryId"])
    root = root_of(proof["leafIndex"], proof["checkpoint"]["treeSize"], bytes.fromhex(proof["leafHashHex"]),
                   [bytes.fromhex(h) for h in proof["proofHex"]])
    assert proof["leafIndex"] == signed["ledger"]["seq"] and root.hex() == proof["checkpoint"]["merkleRootHex"]
    bundle = pq("GET", "/v1/ledger/bundle")
    assert bundle["entries"] and bundle["checkpoints"] and bundle["signingKeys"], list(bundle)


def check_settings(pq):
    assert "savedAt" in pq("PUT", "/v1/vault/settings", {"defaultKekProvider": "env",
                                                         "defaultSignatureFormat": "envelope"})
    assert pq("GET", "/v1/vault/settings")["defaultSignatureFormat"] == "envelope"
    assert pq("DELETE", "/v1/vault/settings") == {"cleared": True}


def check_revocation(pq, key, payload, signed):
    revoked = pq("DELETE", "/v1/hybrid-keys/" + key["id"])
    assert revoked["id"] == key["id"] and revoked["revokedAt"]
    pq("POST", "/v1/sign", {"keyId": key["id"], "payload": b64(payload)}, status=409)
    assert pq("POST", "/v1/verify", {"keyId": key["id"], "payload": b64(payload),
                                     "signature": signed["signatureB64"]})["ok"], "what was signed stays signed"


def check_published_client(d):
    pq = PostQ(d.facts["url"], d.facts["apiKey"])
    policy, key, plain = check_policy_and_key(pq, d.facts)
    payload, signed = check_sign_and_verify(pq, key)
    check_document(signed, payload)
    check_sign_and_verify(pq, plain)
    successor = check_rotation(pq, key)
    check_audit(pq, key, ["create", "sign", "verify", "rotate"])
    made = pq("GET", f"/v1/attestation-policies/{policy['id']}/signatures")
    assert {s["keyId"] for s in made} == {key["id"], successor["id"]}, made
    check_ledger(pq, signed)
    check_settings(pq)
    bundle = pq.http.get(f"/v1/signatures/{made[-1]['id']}/bundle")
    assert bundle.status == 200 and bundle.json["signatureId"] == made[-1]["id"]
    pq("DELETE", "/v1/attestation-policies/" + policy["id"], status=409)
    for k in (key, successor, plain):
        check_revocation(pq, k, *((payload, signed) if k is key else check_before_revoking(pq, k)))
    assert pq("DELETE", "/v1/attestation-policies/" + policy["id"]) == {"id": policy["id"], "deleted": True}
    pq("GET", "/v1/attestation-policies/" + policy["id"], status=404)


def check_before_revoking(pq, key):
    payload = b"last"
    return payload, pq("POST", "/v1/sign", {"keyId": key["id"], "payload": b64(payload)})


def test():
    with tempfile.TemporaryDirectory() as folder:
        d = Dev(os.path.join(folder, "state"), log=os.path.join(folder, "dev.log"))
        try:
            check_tools(d, folder)
            check_published_client(d)
        except BaseException:
            print(d.said()[-4000:])
            raise
        finally:
            code = d.stop()
        assert code == 0, code


if __name__ == "__main__":
    run_test(test)
