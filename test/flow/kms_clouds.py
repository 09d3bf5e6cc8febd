#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent asks Azure Key Vault and Google Cloud KMS: data keys for one context, signatures that others verify, tokens from
where the clouds' own tools take them; what is refused, damaged or sent elsewhere ends there, and no secret is told."""

import base64
import hashlib
import json
import os
import tempfile
import time
import urllib.parse

from flow import b64, is_sanitized, run
from flow_agent import Agent, Server, assert_untold, code_of
from flow_kms import DevKms, openssl_verifies
from memory import writable_memory

CONTEXT = {"org": "acme", "key_id": "vk_1"}
TOKEN = "eyJhbGciOiJub25lIn0.a-token-that-nobody-may-see.c2ln"
RING = "/v1/projects/p/locations/global/keyRings/r/cryptoKeys"


def unb64(text):
    return base64.b64decode(text, validate=True)


def generate(provider, key, **more):
    return {"type": "KmsGenerateDataKey", "provider": provider, "keyId": key, "encryptionContext": CONTEXT, **more}


def decrypt(provider, key, wrapped, **more):
    return {**generate(provider, key), "type": "KmsDecryptDataKey", "wrappedDk": wrapped, **more}


def sign(provider, key, algorithm, **what):
    return {"type": "KmsSign", "provider": provider, "keyId": key, "algorithm": algorithm, **what}


def public(agent, provider, key):
    return unb64(agent.ask({"type": "KmsPublicKey", "provider": provider, "keyId": key})["publicKey"])


def flipped(text):
    raw = bytearray(unb64(text))
    raw[len(raw) // 2] ^= 1
    return b64(bytes(raw))


def check_data_keys(agent, provider, key, other):
    first, second = agent.ask(generate(provider, key)), agent.ask(generate(provider, key))
    assert set(first) == {"type", "version", "dataKey", "wrappedDk"}, sorted(first)
    assert len(unb64(first["dataKey"])) == 32 and first["dataKey"] != second["dataKey"]
    assert unb64(first["dataKey"]) not in unb64(first["wrappedDk"])
    for made in (first, second):
        assert agent.ask(decrypt(provider, key, made["wrappedDk"]))["dataKey"] == made["dataKey"]
    turned = dict(reversed(CONTEXT.items()))
    assert agent.ask(decrypt(provider, key, first["wrappedDk"], encryptionContext=turned))["dataKey"] == first["dataKey"]
    for context in ({}, {"org": "acme"}, {**CONTEXT, "org": "evil"}, {**CONTEXT, "more": "x"}):
        assert code_of(agent.ask(decrypt(provider, key, first["wrappedDk"], encryptionContext=context))) == "KMS_DENIED", context
    for wrapped in (flipped(first["wrappedDk"]), b64(b"x"), b64(bytes(256))):
        assert code_of(agent.ask(decrypt(provider, key, wrapped))) == "KMS_DENIED"
    assert code_of(agent.ask(decrypt(provider, other, first["wrappedDk"]))) == "KMS_DENIED"
    for question in (generate(provider, key), decrypt(provider, key, first["wrappedDk"])):
        told = agent.ask({**question, "recipient": b64(b"an attestation document")})
        assert code_of(told) == "PROVIDER_NOT_AVAILABLE", "a data key for an enclave alone is not to be had"
    assert code_of(agent.ask(generate(provider, "arn:aws:kms:eu-central-1:111122223333:key/x"))) == "KMS_DENIED"
    return [first["dataKey"], second["dataKey"]]


def check_traces(agent, keys):
    """The data keys that went through the agent are not in its memory any more, in no form that they had on the way."""
    if is_sanitized("countersign-agent"):
        print("a sanitizer keeps what was freed; traces skipped")
        return
    raw = [unb64(text) for text in keys]
    forms = [form for key in raw for form in (key, key[16:], b64(key)[:40].encode(), base64.urlsafe_b64encode(key)[:40])]
    assert any(agent.folder.encode() in part for part in writable_memory(agent.process.pid)), "the memory is what is searched"
    for _ in range(100):  # the last answer's memory is given back just behind its last byte
        parts = list(writable_memory(agent.process.pid))
        left = sum(form in part for form in forms for part in parts)
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(f"{left} traces")


def check_faults(agent, kms, prefix, provider, wrap, unwrap, key, signer):
    """Asked again where that may help; never used where it lies."""
    rows = [
        (f"throttle,op={prefix}.{wrap},count=1", generate(provider, key), None), (f"error,op={prefix}.{wrap},count=2", generate(provider, key), None),
        (f"unavailable,op={prefix}.{wrap},count=1", generate(provider, key), None), (f"cut,op={prefix}.{wrap},count=1", generate(provider, key), None),
        (f"throttle,op={prefix}.{wrap}", generate(provider, key), "KMS_UNAVAILABLE"),
        (f"deny,op={prefix}.{wrap}", generate(provider, key), "KMS_DENIED"),
        (f"garbage,op={prefix}.{wrap}", generate(provider, key), "KMS_ANSWER"),
        ("wrong-key-id", sign(provider, signer, "P-256", message=b64(b"m")), "KMS_ANSWER"),
        ("deny", sign(provider, signer, "P-256", message=b64(b"m")), "KMS_DENIED"),
    ]
    for fault, question, code in rows:
        kms.faults(fault)
        told = agent.ask(question)
        assert told["type"] == question["type"] if code is None else code_of(told) == code, (fault, told)
    kms.faults()
    made = agent.ask(generate(provider, key))
    kms.faults(f"deny,op={prefix}.{unwrap}")
    assert code_of(agent.ask(decrypt(provider, key, made["wrappedDk"]))) == "KMS_DENIED"
    kms.faults()
    assert agent.ask(decrypt(provider, key, made["wrappedDk"]))["dataKey"] == made["dataKey"], "and it goes on without a restart"


class Vault:
    """Keys that are made in the development KMS, as their owner would."""

    def __init__(self, kms):
        self.kms = kms
        with open(os.path.join(kms.state, "azure.json")) as f:
            self.account = json.load(f)
        path = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net"
        self.head = {"Authorization": "Bearer " + json.loads(kms.send({"Metadata": "true"}, b"", "GET", path)[2])["access_token"]}

    def make(self, name, **how):
        status, _, raw = self.kms.send(self.head, json.dumps(how).encode(), "POST", f"/keys/{name}/create?api-version=7.4")
        assert status == 200, raw
        return "https://acme.vault.azure.net" + urllib.parse.urlparse(json.loads(raw)["key"]["kid"]).path

    def environment(self):
        a = self.account
        return {"AZURE_TENANT_ID": a["tenantId"], "AZURE_CLIENT_ID": a["clientId"], "AZURE_CLIENT_SECRET": a["clientSecret"],
                "AZURE_AUTHORITY_HOST": a["authorityHost"]}


def azure(kms):
    vault = Vault(kms)
    kek, other = (vault.make(n, kty="RSA", key_size=2048, key_ops=["wrapKey", "unwrapKey"]) for n in ("kek", "other"))
    signer = vault.make("signer", kty="EC", crv="P-256", key_ops=["sign", "verify"])
    with Agent("--kms-azure-endpoint", kms.url, environment=vault.environment()) as agent:
        secrets = check_data_keys(agent, "azure-kv", kek, other)
        check_traces(agent, secrets)
        spki = public(agent, "azure-kv", signer)
        digest = hashlib.sha256(b"pay").digest()
        for what in ({"message": b64(b"pay")}, {"digest": b64(digest)}):
            told = agent.ask(sign("azure-kv", signer, "P-256", **what))
            assert openssl_verifies(spki, unb64(told["signature"]), b"pay"), what
        for algorithm, what in (("Ed25519", {"message": b64(b"m")}), ("P-384", {"message": b64(b"m")}), ("ML-DSA-65", {"mu": b64(bytes(64))})):
            assert code_of(agent.ask(sign("azure-kv", signer, algorithm, **what))) == "PROVIDER_NOT_AVAILABLE"
            assert f"there are no {algorithm} keys, neither in Key Vault nor in Managed HSM" in agent.log()
        for name in (kek.rsplit("/", 1)[0], kek.replace("acme.vault.azure.net", "acme.example.com"), kek + "?x", kek.replace("https", "http"),
                     kek.replace("acme.", "127.0.0.1:1#acme.")):
            assert code_of(agent.ask(generate("azure-kv", name))) == "KMS_DENIED", name
        gone = kek[:-1] + ("0" if kek[-1] != "0" else "1")
        assert code_of(agent.ask(generate("azure-kv", gone))) == "KMS_DENIED"
        assert code_of(agent.ask(generate("azure-kv", signer))) == "KMS_DENIED", "a key that signs wraps nothing"
        kms.faults("wrong-key-id")
        assert code_of(agent.ask(generate("azure-kv", kek))) == "KMS_ANSWER", "wrapped by another version"
        kms.faults()
        check_faults(agent, kms, "azure", "azure-kv", "wrapkey", "unwrapkey", kek, signer)
        assert_untold(agent, [vault.account["clientSecret"], *secrets])
    wrong = {**vault.environment(), "AZURE_CLIENT_SECRET": "another-secret-than-the-right-one"}
    for environment, code in (({"AZURE_POD_IDENTITY_AUTHORITY_HOST": kms.url}, None), (wrong, "CLOUD_CREDENTIALS"),
                              ({**wrong, "AZURE_POD_IDENTITY_AUTHORITY_HOST": kms.url}, "CLOUD_CREDENTIALS"),
                              ({"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://10.0.0.1"}, "CLOUD_CREDENTIALS"),
                              ({**vault.environment(), "AZURE_TENANT_ID": "../x"}, "CLOUD_CREDENTIALS")):
        with Agent("--kms-azure-endpoint", kms.url, environment=environment) as agent:
            told = agent.ask(generate("azure-kv", kek))
            assert told["type"] == "KmsGenerateDataKey" if code is None else code_of(told) == code, (environment, told)
            assert_untold(agent, ["another-secret-than-the-right-one"])


def google(kms):
    with open(os.path.join(kms.state, "google.json")) as f:
        account = json.load(f)
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    token = json.loads(kms.send({"Metadata-Flavor": "Google"}, b"", "GET", path)[2])["access_token"]

    def make(name, purpose, algorithm=None):
        body = {"purpose": purpose}
        if algorithm:
            body["versionTemplate"] = {"algorithm": algorithm, "protectionLevel": "SOFTWARE"}
        status, _, raw = kms.send({"Authorization": "Bearer " + token}, json.dumps(body).encode(), "POST", f"{RING}?cryptoKeyId={name}")
        assert status == 200, raw
        return json.loads(raw)["name"] + ("/cryptoKeyVersions/1" if algorithm else "")

    kek, other = make("kek", "ENCRYPT_DECRYPT"), make("other", "ENCRYPT_DECRYPT")
    p256, ed25519 = make("p256", "ASYMMETRIC_SIGN", "EC_SIGN_P256_SHA256"), make("ed25519", "ASYMMETRIC_SIGN", "EC_SIGN_ED25519")
    environment = {"GOOGLE_APPLICATION_CREDENTIALS": os.path.join(kms.state, "google.json")}
    with Agent("--kms-gcp-endpoint", kms.url, environment=environment) as agent:
        secrets = check_data_keys(agent, "gcp-kms", kek, other)
        check_traces(agent, secrets)
        for key, algorithm in ((p256, "P-256"), (ed25519, "Ed25519")):
            told = agent.ask(sign("gcp-kms", key, algorithm, message=b64(b"pay")))
            assert openssl_verifies(public(agent, "gcp-kms", key), unb64(told["signature"]), b"pay"), algorithm
        told = agent.ask(sign("gcp-kms", p256, "P-256", digest=b64(hashlib.sha256(b"pay").digest())))
        assert openssl_verifies(public(agent, "gcp-kms", p256), unb64(told["signature"]), b"pay")
        assert len(unb64(agent.ask(sign("gcp-kms", ed25519, "Ed25519", message=""))["signature"])) == 64
        for size in ("44", "65", "87"):
            key = make("mldsa" + size, "ASYMMETRIC_SIGN", f"PQ_SIGN_ML_DSA_{size}_EXTERNAL_MU")
            spki = public(agent, "gcp-kms", key)
            tr = hashlib.shake_256(spki[22:]).digest(64)
            mu = hashlib.shake_256(tr + b"\0\0pay").digest(64)
            told = agent.ask(sign("gcp-kms", key, "ML-DSA-" + size, mu=b64(mu)))
            assert openssl_verifies(spki, unb64(told["signature"]), b"pay"), size
            assert code_of(agent.ask(sign("gcp-kms", key, "ML-DSA-" + size, message=b64(b"pay")))) == "PROVIDER_NOT_AVAILABLE"
        plain = make("mldsa", "ASYMMETRIC_SIGN", "PQ_SIGN_ML_DSA_65")
        assert code_of(agent.ask({"type": "KmsPublicKey", "provider": "gcp-kms", "keyId": plain})) == "PROVIDER_NOT_AVAILABLE"
        assert code_of(agent.ask(sign("gcp-kms", plain, "ML-DSA-65", mu=b64(bytes(64))))) == "KMS_DENIED"
        assert code_of(agent.ask(sign("gcp-kms", p256, "Ed25519", message=b64(b"m")))) == "KMS_DENIED"
        assert code_of(agent.ask(sign("gcp-kms", p256, "P-384", message=b64(b"m")))) == "PROVIDER_NOT_AVAILABLE"
        for name in (kek + "/cryptoKeyVersions/1", kek + "/", kek + "x:decrypt", "projects/p"):
            assert code_of(agent.ask(generate("gcp-kms", name))) == "KMS_DENIED", name
        assert code_of(agent.ask(sign("gcp-kms", kek, "P-256", message=b64(b"m")))) == "KMS_DENIED", "without a version"
        check_faults(agent, kms, "google", "gcp-kms", "encrypt", "decrypt", kek, p256)
        for question in (generate("gcp-kms", kek), sign("gcp-kms", ed25519, "Ed25519", message=b64(b"m"))):
            kms.faults("bad-checksum,count=1")
            assert agent.ask(question)["type"] == question["type"], "what was damaged is asked for again"
            kms.faults("bad-checksum")
            assert code_of(agent.ask(question)) == "KMS_ANSWER"
            kms.faults()
        assert_untold(agent, [account["private_key"].splitlines()[2], *secrets])
    host = kms.url.split("//")[1]
    broken = os.path.join(kms.folder, "account.json")
    with open(broken, "w") as f:
        json.dump({**account, "private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}, f)
    for environment, code in (({"GCE_METADATA_HOST": host}, None), ({"GCE_METADATA_HOST": "10.0.0.1"}, "CLOUD_CREDENTIALS"),
                              ({"GOOGLE_APPLICATION_CREDENTIALS": broken, "GCE_METADATA_HOST": host}, "CLOUD_CREDENTIALS"),
                              ({"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere", "GCE_METADATA_HOST": host}, "CLOUD_CREDENTIALS")):
        with Agent("--kms-gcp-endpoint", kms.url, environment=environment) as agent:
            told = agent.ask(generate("gcp-kms", kek))
            assert told["type"] == "KmsGenerateDataKey" if code is None else code_of(told) == code, (environment, told)


def federated():
    """Tokens of two sources that the development KMS has not, and answers that it would not give."""
    key = "https://acme.vault.azure.net/keys/k/" + "0" * 32
    state = {"tokens": 0, "refuse": 0, "answer": None}

    def answer(method, path, headers, body):
        if "oauth2" in path or "identity" in path:
            state["tokens"] += 1
            return 200, {}, json.dumps({"access_token": f"{TOKEN}{state['tokens']}", "token_type": "Bearer", "expires_in": 3600})
        assert headers["authorization"] == f"Bearer {TOKEN}{state['tokens']}"
        if state["refuse"] > 0:
            state["refuse"] -= 1
            return 401, {"WWW-Authenticate": 'Bearer authorization="https://evil.example/x", resource="https://evil.example"'}, "{}"
        if state["answer"] is not None:
            return state["answer"]
        return 200, {"Content-Type": "application/json"}, json.dumps({"kid": key, "value": "d3JhcHBlZA"})

    with Server(answer) as service, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "assertion")
        with open(path, "w") as f:
            f.write("an.assertion-of-the-platform.sig\n")
        common = {"AZURE_TENANT_ID": "t-1", "AZURE_CLIENT_ID": "c-1", "AZURE_AUTHORITY_HOST": service.url + "/"}
        with Agent("--kms-azure-endpoint", service.url + "/", environment={**common, "AZURE_FEDERATED_TOKEN_FILE": path}) as agent:
            assert agent.ask(generate("azure-kv", key))["wrappedDk"] == b64(b"wrapped")
            method, where, headers, body = service.requests[0]
            form = urllib.parse.parse_qs(body.decode(), strict_parsing=True)
            assert (method, where) == ("POST", "/t-1/oauth2/v2.0/token")
            assert headers["content-type"] == "application/x-www-form-urlencoded"
            assert form == {"grant_type": ["client_credentials"], "client_id": ["c-1"], "scope": ["https://vault.azure.net/.default"],
                            "client_assertion_type": ["urn:ietf:params:oauth:client-assertion-type:jwt-bearer"],
                            "client_assertion": ["an.assertion-of-the-platform.sig"]}
            assert service.requests[1][:2] == ("POST", f"/keys/k/{'0' * 32}/wrapkey?api-version=7.4")
            assert agent.ask(generate("azure-kv", key))["type"] == "KmsGenerateDataKey" and state["tokens"] == 1, "one token for both"
            state["refuse"] = 1
            assert agent.ask(generate("azure-kv", key))["type"] == "KmsGenerateDataKey" and state["tokens"] == 2, "and another if it is refused"
            state["refuse"] = 9
            assert code_of(agent.ask(generate("azure-kv", key))) == "CLOUD_CREDENTIALS" and state["tokens"] == 3
            state["refuse"] = 0
            with Server(answer) as elsewhere:
                for status in (301, 302, 307, 308):
                    state["answer"] = status, {"Location": elsewhere.url + "/keys"}, ""
                    assert code_of(agent.ask(generate("azure-kv", key))) == "KMS_ANSWER"
                assert elsewhere.connections == 0, "nobody is followed elsewhere"
            for body in ("[" * 70000, json.dumps({"kid": key, "value": "A" * 70000}), json.dumps({"kid": key, "value": "A" * 2000}), "{", "", "null"):
                state["answer"] = 200, {}, body
                assert code_of(agent.ask(generate("azure-kv", key))) == "KMS_ANSWER", body[:40]
            assert_untold(agent, [TOKEN, "an.assertion-of-the-platform.sig"])
        state["answer"] = None
        service.requests.clear()
        with Agent("--kms-azure-endpoint", service.url, environment={"IDENTITY_ENDPOINT": service.url + "/identity", "IDENTITY_HEADER": "shibboleth"}) as agent:
            assert agent.ask(generate("azure-kv", key.replace("vault.", "managedhsm.")))["type"] == "KmsGenerateDataKey"
            method, where, headers, _ = service.requests[0]
            assert (method, headers["x-identity-header"]) == ("GET", "shibboleth")
            assert where == "/identity?api-version=2019-08-01&resource=https%3A%2F%2Fmanagedhsm.azure.net"
            assert_untold(agent, ["shibboleth"])
        with Agent("--kms-azure-endpoint", service.url, environment={"AZURE_POD_IDENTITY_AUTHORITY_HOST": service.url}) as agent:
            state["answer"] = 503, {}, ""
            for _ in range(5):
                assert code_of(agent.ask(generate("azure-kv", key))) == "KMS_UNAVAILABLE"
            asked = len(service.requests)
            assert code_of(agent.ask(generate("azure-kv", key))) == "KMS_UNAVAILABLE" and len(service.requests) == asked, "it rests"
            state["answer"] = None
            assert agent.ask(generate("azure-kv", key.replace("acme", "other")))["type"] == "KmsGenerateDataKey", "others go on"


def google_federated():
    """Another platform's token for one of Google's, and that for a service account's; each asks for no more than it needs."""
    key, scope = "projects/p/locations/global/keyRings/r/cryptoKeys/k", "https://www.googleapis.com/auth/cloudkms"
    state = {"refuse": None}

    def answer(method, path, headers, body):
        if path == state["refuse"]:
            return 403, {}, "{}"
        if path == "/sts":
            return 200, {}, json.dumps({"access_token": TOKEN, "token_type": "Bearer", "expires_in": 3600})
        if path == "/impersonate":
            ends = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
            return 200, {}, json.dumps({"accessToken": "the-account-s-own-token", "expireTime": ends})
        return 403, {}, "{}"

    with Server(answer) as service, tempfile.TemporaryDirectory() as folder:
        subject, path = os.path.join(folder, "subject"), os.path.join(folder, "account.json")
        with open(subject, "w") as f:
            json.dump({"id_token": "a.platform-s-token.sig"}, f)
        account = {"type": "external_account", "audience": "//iam.googleapis.com/pool", "token_url": service.url + "/sts",
                   "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
                   "credential_source": {"file": subject, "format": {"type": "json", "subject_token_field_name": "id_token"}}}
        for behind, asked, bearer in ((False, scope, TOKEN), (True, "https://www.googleapis.com/auth/cloud-platform", "the-account-s-own-token")):
            with open(path, "w") as f:
                json.dump({**account, **({"service_account_impersonation_url": service.url + "/impersonate"} if behind else {})}, f)
            service.requests.clear()
            with Agent("--kms-gcp-endpoint", service.url, environment={"GOOGLE_APPLICATION_CREDENTIALS": path}) as agent:
                assert code_of(agent.ask(generate("gcp-kms", key))) == "KMS_DENIED", "by the KMS, under the right token"
                form = urllib.parse.parse_qs(service.requests[0][3].decode(), strict_parsing=True)
                assert form == {"grant_type": ["urn:ietf:params:oauth:grant-type:token-exchange"], "audience": ["//iam.googleapis.com/pool"],
                                "scope": [asked], "requested_token_type": ["urn:ietf:params:oauth:token-type:access_token"],
                                "subject_token_type": [account["subject_token_type"]], "subject_token": ["a.platform-s-token.sig"]}
                if behind:
                    method, where, headers, body = service.requests[1]
                    assert (method, where, headers["authorization"]) == ("POST", "/impersonate", "Bearer " + TOKEN)
                    assert json.loads(body) == {"scope": [scope], "lifetime": "3600s"}
                assert service.requests[-1][1] == f"/v1/{key}:encrypt" and service.requests[-1][2]["authorization"] == "Bearer " + bearer
                assert_untold(agent, [TOKEN, "a.platform-s-token.sig", "the-account-s-own-token"])
        for state["refuse"] in ("/sts", "/impersonate"):
            with Agent("--kms-gcp-endpoint", service.url, environment={"GOOGLE_APPLICATION_CREDENTIALS": path}) as agent:
                assert code_of(agent.ask(generate("gcp-kms", key))) == "CLOUD_CREDENTIALS"
                assert service.requests[-1][1] == state["refuse"], "and the KMS is not asked"


def main():
    for cloud, check in (("--azure", azure), ("--google", google)):
        with DevKms(cloud) as kms:
            check(kms)
    federated()
    google_federated()


if __name__ == "__main__":
    run(main)
