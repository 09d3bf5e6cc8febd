#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Bad requests get an error that names the member, change nothing, and hurt nobody."""

from flow import Service, b64, run

HASH = "0" * 64
ROOT = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
RULES = {"allowedImageHashes": [HASH], "rootPublicKeyB64": ROOT}
NO_KEY = "key_00000000000000000000000000"

# path, body, status, code, field
POSTS = [
    ("/v1/hybrid-keys", {}, 400, "MISSING_FIELD", "name"),
    ("/v1/hybrid-keys", {"name": ""}, 400, "BAD_FIELD", "name"),
    ("/v1/hybrid-keys", {"name": "a\nb"}, 400, "BAD_FIELD", "name"),
    ("/v1/hybrid-keys", {"name": "a\u0085b"}, 400, "BAD_FIELD", "name"),
    ("/v1/hybrid-keys", {"name": "a\u202eb"}, 400, "BAD_FIELD", "name"),
    ("/v1/hybrid-keys", {"name": "a\u200b"}, 400, "BAD_FIELD", "name"),
    ("/v1/hybrid-keys", {"name": "x", "environment": "a\u2066"}, 400, "BAD_FIELD", "environment"),
    ("/v1/hybrid-keys", {"name": "n" * 129}, 400, "BAD_FIELD", "name"),
    ("/v1/hybrid-keys", {"name": NO_KEY}, 400, "BAD_FIELD", "name"),
    ("/v1/hybrid-keys", {"name": 7}, 400, "BAD_FIELD", "name"),
    ("/v1/hybrid-keys", {"name": "taken"}, 409, "NAME_TAKEN", "name"),
    ("/v1/hybrid-keys", {"name": "x", "algorithm": "rsa"}, 400, "UNKNOWN_ALGORITHM", "algorithm"),
    ("/v1/hybrid-keys", {"name": "x", "algorithm": "MLDSA65+ED25519"}, 400, "UNKNOWN_ALGORITHM", "algorithm"),
    ("/v1/hybrid-keys", {"name": "x", "algorithm": None}, 400, "BAD_FIELD", "algorithm"),
    ("/v1/hybrid-keys", {"name": "x", "signatureFormat": "jws"}, 400, "UNKNOWN_SIGNATURE_FORMAT", "signatureFormat"),
    ("/v1/hybrid-keys", {"name": "x", "algorithm": "mldsa87+ed448", "signatureFormat": "concat"}, 400,
     "FORMAT_NOT_OFFERED", "signatureFormat"),
    ("/v1/hybrid-keys", {"name": "x", "kekProvider": "aws-kms"}, 422, "PROVIDER_NOT_AVAILABLE", "kekProvider"),
    ("/v1/hybrid-keys", {"name": "x", "kekProvider": "vault"}, 400, "BAD_FIELD", "kekProvider"),
    ("/v1/hybrid-keys", {"name": "x", "keyProvider": "gcp-kms"}, 422, "PROVIDER_NOT_AVAILABLE", "keyProvider"),
    ("/v1/hybrid-keys", {"name": "x", "pqProvider": "azure-managed-hsm"}, 422, "PROVIDER_NOT_AVAILABLE", "pqProvider"),
    ("/v1/hybrid-keys", {"name": "x", "pqProvider": "aws-cloudhsm"}, 422, "PROVIDER_NOT_AVAILABLE", "pqProvider"),
    ("/v1/hybrid-keys", {"name": "x", "pqProvider": "enclave-nitro"}, 400, "POLICY_REQUIRED", "attestationPolicyId"),
    ("/v1/hybrid-keys", {"name": "x", "keyRef": {"pq": "x"}}, 400, "BAD_FIELD", "keyRef.pq"),
    ("/v1/hybrid-keys", {"name": "x", "pqProvider": "enclave-mock"}, 400, "POLICY_REQUIRED", "attestationPolicyId"),
    ("/v1/hybrid-keys", {"name": "x", "attestationPolicyId": "pol_no"}, 404, "NOT_FOUND", "attestationPolicyId"),
    ("/v1/hybrid-keys", {"name": "x", "purpose": "ledger"}, 400, "BAD_FIELD", "purpose"),
    ("/v1/hybrid-keys", {"name": "x", "metadata": []}, 400, "BAD_FIELD", "metadata"),
    ("/v1/hybrid-keys", {"name": "x", "metadata": {"pi": 3.14}}, 400, "BAD_FIELD", "metadata"),
    ("/v1/hybrid-keys", {"name": "x", "metadata": {"x": "y" * 16384}}, 413, "TOO_LARGE", "metadata"),
    ("/v1/hybrid-keys", {"name": "x", "nmae": "y"}, 400, "UNKNOWN_FIELD", "nmae"),
    ("/v1/hybrid-keys", {"name": "x", "ä" * 40: "y"}, 400, "UNKNOWN_FIELD", "ä" * 31),
    ("/v1/attestation-policies", {"vendor": "mock", "matchRules": RULES}, 400, "MISSING_FIELD", "name"),
    ("/v1/attestation-policies", {"name": "p", "vendor": "intel-sgx", "matchRules": {}}, 400, "POLICY_VENDOR", "vendor"),
    ("/v1/attestation-policies", {"name": "p", "vendor": "mock", "matchRules": {**RULES, "allowedImageHashes": []}}, 400,
     "POLICY_ALLOWLIST_EMPTY", "matchRules.allowedImageHashes"),
    ("/v1/attestation-policies", {"name": "p", "vendor": "mock", "matchRules": {"rootPublicKeyB64": ROOT}}, 400,
     "POLICY_ALLOWLIST_EMPTY", "matchRules.allowedImageHashes"),
    ("/v1/attestation-policies", {"name": "p", "vendor": "mock", "matchRules": {**RULES, "allowedImageHashes":
     ["SHA256:" + HASH]}}, 400, "POLICY_HASH", "matchRules.allowedImageHashes"),
    ("/v1/attestation-policies", {"name": "p", "vendor": "mock", "matchRules": {**RULES, "rootPublicKeyB64": "AAAA"}}, 400,
     "POLICY_ROOT", "matchRules.rootPublicKeyB64"),
    ("/v1/attestation-policies", {"name": "p", "vendor": "mock", "matchRules": RULES, "maxDocAgeSeconds": 4}, 400,
     "BAD_FIELD", "maxDocAgeSeconds"),
    ("/v1/attestation-policies", {"name": "p", "vendor": "mock", "matchRules": RULES, "id": "pol_mine"}, 400,
     "UNKNOWN_FIELD", "id"),
    ("/v1/attestation-policies", {"name": "p", "vendor": "mock", "matchRules": RULES, "extra": 1}, 400,
     "UNKNOWN_FIELD", "extra"),
    ("/v1/sign", {"keyId": "taken", "payloadBase64": "AA=="}, 400, "MISSING_FIELD", "payload"),
    ("/v1/sign", {"keyId": "taken", "payload": "AA==", "payloadBase64": "AA=="}, 400, "UNKNOWN_FIELD", "payloadBase64"),
    ("/v1/verify", {"keyId": "taken", "payload": "AA==", "signature": "AA==", "signatureBase64": "AA=="}, 400,
     "UNKNOWN_FIELD", "signatureBase64"),
    ("/v1/sign", {}, 400, "MISSING_FIELD", "keyId"),
    ("/v1/sign", {"keyId": "taken"}, 400, "MISSING_FIELD", "payload"),
    ("/v1/sign", {"keyId": "taken", "payload": "AAA"}, 400, "BAD_ENCODING", "payload"),
    ("/v1/sign", {"keyId": "taken", "payload": "QUJ="}, 400, "BAD_ENCODING", "payload"),
    ("/v1/sign", {"keyId": "taken", "payload": "QU\nJD"}, 400, "BAD_ENCODING", "payload"),
    ("/v1/sign", {"keyId": "taken", "payload": b64(bytes(512 * 1024 + 1))}, 413, "PAYLOAD_TOO_LARGE", "payload"),
    ("/v1/sign", {"keyId": "taken", "payload": b64(bytes(600 * 1024))}, 413, "PAYLOAD_TOO_LARGE", "payload"),
    ("/v1/sign", {"keyId": "taken", "payload": "", "nonce": b64(bytes(7))}, 400, "BAD_FIELD", "nonce"),
    ("/v1/sign", {"keyId": "taken", "payload": "", "nonce": b64(bytes(65))}, 400, "BAD_FIELD", "nonce"),
    ("/v1/sign", {"keyId": "taken", "payload": "", "payloadSize": 0}, 400, "UNKNOWN_FIELD", "payloadSize"),
    ("/v1/sign", {"keyId": "taken", "payload": "", "dryRun": 1}, 400, "BAD_FIELD", "dryRun"),
    ("/v1/sign", {"keyId": "taken", "payload": "", "preHash": {}}, 400, "BAD_FIELD", "payload"),
    ("/v1/sign", {"keyId": "taken", "preHash": {"alg": "md5", "value": ""}, "payloadSize": 1}, 400, "PREHASH_ALGORITHM",
     "preHash.alg"),
    ("/v1/sign", {"keyId": "taken", "preHash": {"alg": "sha256", "value": b64(bytes(32))}, "payloadSize": 1}, 400,
     "PREHASH_ALGORITHM", "preHash.alg"),
    ("/v1/sign", {"keyId": "taken", "preHash": {"alg": "sha512", "value": b64(bytes(63))}, "payloadSize": 1}, 400,
     "PREHASH_ALGORITHM", "preHash.value"),
    ("/v1/sign", {"keyId": "taken", "preHash": {"alg": "sha512", "value": b64(bytes(64))}}, 400, "MISSING_FIELD",
     "payloadSize"),
    ("/v1/sign", {"keyId": "concat", "preHash": {"alg": "sha512", "value": b64(bytes(64))}, "payloadSize": 9}, 400,
     "PREHASH_NOT_OFFERED", "preHash"),
    ("/v1/sign", {"keyId": "concat", "payload": b64(b"CompositeAlgorithmSignatures2025...")}, 422, "RESERVED_PREFIX", None),
    ("/v1/sign", {"keyId": "taken", "payload": b64(b"countersign/hybrid/v1\n{}")}, 422, "RESERVED_PAYLOAD", None),
    ("/v1/sign", {"keyId": "hybrid", "payload": ""}, 422, "KEY_PURPOSE", "keyId"),
    ("/v1/sign", {"keyId": "revoked", "payload": ""}, 404, "NOT_FOUND", "keyId"),
    ("/v1/sign", {"keyId": NO_KEY, "payload": ""}, 404, "NOT_FOUND", "keyId"),
    ("/v1/sign", {"keyId": "taken' OR 1=1 --", "payload": ""}, 404, "NOT_FOUND", "keyId"),
    ("/v1/sign", {"keyId": "", "payload": ""}, 400, "BAD_FIELD", "keyId"),
    ("/v1/verify", {"payload": "", "signature": ""}, 400, "MISSING_FIELD", "publicKey"),
    ("/v1/verify", {"payload": "", "signature": "", "keyId": "taken", "publicKey": "{}"}, 400, "BAD_FIELD", "publicKey"),
    ("/v1/verify", {"payload": "", "signature": "", "publicKey": "{}"}, 400, "MISSING_FIELD", "publicKey"),
    ("/v1/verify", {"payload": "", "keyId": "taken"}, 400, "MISSING_FIELD", "signature"),
    ("/v1/verify", {"payload": "", "keyId": "taken", "signature": "*"}, 400, "BAD_ENCODING", "signature"),
    ("/v1/verify", {"payload": "", "keyId": "taken", "signature": b64(bytes(9000))}, 400, "BAD_FIELD", "signature"),
    ("/v1/verify", {"payload": "", "keyId": NO_KEY, "signature": ""}, 404, "NOT_FOUND", "keyId"),
]

# bodies that are no JSON object, wherever they are sent
BODIES = [
    (b"", "BAD_JSON"), (b"{", "BAD_JSON"), (b"[]", "BAD_JSON"), (b"null", "BAD_JSON"), (b'{"name":"x"}x', "BAD_JSON"),
    (b'{"name":"x","name":"y"}', "BAD_JSON"), (b'{"name":"x","n\\u0061me":"y"}', "BAD_JSON"),
    (b'{"name":"\xff"}', "BAD_JSON"), (b'{"name":"a\\u0000b"}', "BAD_JSON"), (b'\xef\xbb\xbf{"name":"x"}', "BAD_JSON"),
    (b'{"metadata":' + b'{"a":' * 40 + b"1" + b"}" * 40 + b',"name":"x"}', "BAD_JSON"),
    (b"[" * 100000, "BAD_JSON"), (b'{"name":NaN}', "BAD_JSON"),
]

# method, path, headers, status, code, field
OTHERS = [
    ("GET", "/v1/hybrid-keys?limit=0", {}, 400, "BAD_FIELD", "limit"),
    ("GET", "/v1/hybrid-keys?limit=201", {}, 400, "BAD_FIELD", "limit"),
    ("GET", "/v1/hybrid-keys?limit=1e1", {}, 400, "BAD_FIELD", "limit"),
    ("GET", "/v1/hybrid-keys?limit=1&limit=2", {}, 400, "BAD_FIELD", "limit"),
    ("GET", "/v1/hybrid-keys?lim%69t=0", {}, 400, "BAD_FIELD", "limit"),
    ("GET", "/v1/hybrid-keys?algorithm=rsa", {}, 400, "UNKNOWN_ALGORITHM", "algorithm"),
    ("GET", "/v1/hybrid-keys?includeRevoked=yes", {}, 400, "BAD_FIELD", "includeRevoked"),
    ("GET", "/v1/hybrid-keys?colour=red", {}, 400, "UNKNOWN_FIELD", "colour"),
    ("GET", "/v1/hybrid-keys?%ff=1", {}, 400, "BAD_FIELD", "%ff"),
    ("GET", "/v1/hybrid-keys/" + NO_KEY, {}, 404, "NOT_FOUND", None),
    ("GET", "/v1/hybrid-keys/" + NO_KEY + "?x=1", {}, 400, "UNKNOWN_FIELD", "x"),
    ("GET", "/v1/hybrid-keys/", {}, 404, "NOT_FOUND", None),
    ("GET", "/v1/hybrid-keys/a/b", {}, 404, "NOT_FOUND", None),
    ("GET", "/v2/sign", {}, 404, "NOT_FOUND", None),
    ("GET", "/v1", {}, 404, "NOT_FOUND", None),
    ("GET", "/v1/sign", {}, 405, "METHOD_NOT_ALLOWED", None),
    ("PUT", "/v1/hybrid-keys", {}, 405, "METHOD_NOT_ALLOWED", None),
    ("DELETE", "/v1/hybrid-keys/" + NO_KEY, {}, 404, "NOT_FOUND", None),
    ("DELETE", "/v1/hybrid-keys/taken", {}, 404, "NOT_FOUND", None),
    ("GET", "/v1/enclave", {"Idempotency-Key": "k"}, 400, "BAD_FIELD", "Idempotency-Key"),
]


def check(what, answer, status, code, field):
    assert (answer.status, answer.code, answer.details.get("field")) == (status, code, field), (what, answer)
    assert answer.json["success"] is False and answer.json["requestId"] == answer.headers["X-Request-Id"]
    assert isinstance(answer.json["error"], str) and (field is None or field in answer.json["error"])


def test():
    with Service() as s:
        taken = s.key("taken")["id"]
        s.key("concat", signatureFormat="concat")
        s.key("hybrid", purpose="hybrid")
        s.client.delete("/v1/hybrid-keys/" + s.key("revoked")["id"])
        before = s.entries()
        for path, body, status, code, field in POSTS:
            check((path, str(body)[:200]), s.client.post(path, body), status, code, field)
        for path in ("/v1/hybrid-keys", "/v1/attestation-policies", "/v1/sign", "/v1/verify"):
            for body, code in BODIES:
                check((path, body[:80]), s.client.post(path, body), 400, code, None)
            for kind in ("text/plain", "application/jsonx", "application/json; charset=latin1", ""):
                answer = s.client.post(path, "{}", headers={"Content-Type": kind})
                check((path, kind), answer, 415, "BAD_MEDIA_TYPE", "Content-Type")
            for key in ("", "x" * 256):
                answer = s.client.post(path, "{}", headers={"Idempotency-Key": key})
                check((path, "idempotency", key), answer, 400, "BAD_FIELD", "Idempotency-Key")
            answer = s.client.post(path, b" " * (1 << 20) + b"{}")
            assert answer.status == 413, answer
        for method, path, headers, status, code, field in OTHERS:
            check((method, path), s.client.call(method, path, headers=headers), status, code, field)
        assert s.client.get("/v1/sign").headers["Allow"] == "POST"
        assert s.client.call("PUT", "/v1/hybrid-keys").headers["Allow"] == "POST, GET, HEAD"
        unknown = s.client.get("/v1/hybrid-keys", api_key="cs_sec_live_x")
        assert (unknown.status, unknown.headers["WWW-Authenticate"]) == (401, "Bearer"), unknown
        for path in ("/v1/hybrid-keys/" + taken + "/suspend", "/v1/hybrid-keys/" + taken + "/resume", "/v1/ledger/seal",
                     "/v1/vault/settings/test"):
            check(path, s.client.post(path, {"reason": "x"}), 400, "UNKNOWN_FIELD", "reason")
            check(path, s.client.post(path, b"[]"), 400, "BAD_JSON", None)
        answer = s.client.post("/v1/hybrid-keys", '{"name":"typed"}',
                               headers={"Content-Type": "Application/JSON; charset=UTF-8"})
        assert answer.status == 200, answer
        assert s.client.get("/health", api_key="").json["status"] == "ok"
        assert len(s.entries()) == len(before) + 1, "only the last of these changed anything"
        s.alive()


if __name__ == "__main__":
    run(test)
