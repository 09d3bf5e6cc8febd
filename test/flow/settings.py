#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Settings of the vault: saved, shown without their secret, tried, cleared; strange names are refused."""

import json
import os
import subprocess

from flow import Service, program, run

ROUTE = "/v1/vault/settings"
GUID = "01234567-89ab-cdef-0123-456789abcdef"
OTHER_GUID = "11234567-89ab-cdef-0123-456789abcdef"
SECRET = "Q8~the-secret-of-the-cloud-account"
AWS = {"keyArn": f"arn:aws:kms:eu-central-1:123456789012:key/{GUID}", "region": "eu-central-1",
       "roleArn": "arn:aws:iam::123456789012:role/signer", "externalId": "external-1"}
AZURE = {"vaultUrl": "https://my-vault.vault.azure.net", "kekName": "kek-1", "tenantId": GUID, "clientId": GUID}
RING = "projects/my-project/locations/europe-west3/keyRings/ring"
GCP = {"kekKeyName": RING + "/cryptoKeys/kek", "keyRingName": RING, "protectionLevel": "HSM"}


def put(s, body, **options):
    return s.client.call("PUT", ROUTE, body, **options)


def changed(base, **members):
    return {k: v for k, v in {**base, **members}.items() if v is not None}


def get(s):
    answer = s.client.get(ROUTE)
    assert answer.status == 200, answer
    return answer.data


def saved_and_shown(s):
    assert get(s) == {"defaultKekProvider": "env", "publishLedger": False}
    whole = {"defaultKekProvider": "aws-kms", "defaultSignatureFormat": "concat", "aws": AWS, "gcp": GCP,
             "azure": {**AZURE, "clientSecret": SECRET}, "publishLedger": True}
    answer = put(s, whole)
    assert answer.status == 200 and list(answer.data) == ["savedAt"], answer
    shown = {**whole, "azure": {**AZURE, "clientSecretConfigured": True}}
    assert get(s) == shown
    entry = s.entries()[-1]
    assert entry["eventType"] == "vault.settings_changed" and entry["data"]["change"] == "saved"
    assert set(entry["data"]) == {"requestId", "change", "settingsSha256"} and entry["time"] == answer.data["savedAt"]
    return shown


def sealed(s):
    text = s.database().execute("SELECT text FROM settings").fetchone()[0]
    return json.loads(text).get("azure", {}).get("clientSecretSealed")


def secrets(s):
    """Only ciphertext is stored; it lasts as long as it is for the same client of the same vault."""
    first = sealed(s)
    for folder, _, files in os.walk(s.folder):
        for name in files:
            if not os.path.isfile(os.path.join(folder, name)):
                continue  # a socket
            with open(os.path.join(folder, name), "rb") as f:
                assert SECRET.encode() not in f.read(), name
    assert put(s, {"azure": {**AZURE, "kekName": "kek-2"}}).status == 200
    assert sealed(s) == first and get(s)["azure"]["clientSecretConfigured"] is True
    for change in ({"vaultUrl": "https://other.vault.azure.net"}, {"tenantId": OTHER_GUID}, {"clientId": OTHER_GUID},
                   {"clientId": None}):
        assert put(s, {"azure": {**AZURE, "clientSecret": SECRET}}).status == 200
        assert sealed(s) not in (None, first), "sealed anew"
        assert put(s, {"azure": changed(AZURE, **change)}).status == 200
        assert sealed(s) is None and get(s)["azure"]["clientSecretConfigured"] is False, change
        assert put(s, {"azure": AZURE}).status == 200
        assert get(s)["azure"]["clientSecretConfigured"] is False, "what is gone stays gone"


# body → the member that is refused
BAD = [
    ({"defaultKekProvider": "none"}, "defaultKekProvider"),
    ({"defaultKekProvider": "aws-kms"}, "defaultKekProvider"),
    ({"defaultKekProvider": "azure-kv", "aws": AWS}, "defaultKekProvider"),
    ({"defaultKekProvider": "gcp-kms"}, "defaultKekProvider"),
    ({"defaultKekProvider": None}, "defaultKekProvider"),
    ({"defaultSignatureFormat": "pure"}, "defaultSignatureFormat"),
    ({"defaultSignatureFormat": "Composite"}, "defaultSignatureFormat"),
    ({"publishLedger": "yes"}, "publishLedger"),
    ({"more": 1}, "more"),
    ({"aws": None}, "aws"),
    ({"aws": {}}, "aws.keyArn"),
    ({"aws": changed(AWS, keyArn="arn:aws:kms:eu-central-1:1:key/x")}, "aws.keyArn"),
    ({"aws": changed(AWS, region="us-east-1")}, "aws.region"),
    ({"aws": changed(AWS, roleArn="signer")}, "aws.roleArn"),
    ({"aws": changed(AWS, roleArn=None)}, "aws.roleArn"),
    ({"aws": changed(AWS, externalId="a b")}, "aws.externalId"),
    ({"aws": changed(AWS, secretKey="x")}, "aws.secretKey"),
    ({"azure": changed(AZURE, vaultUrl="https://my-vault.vault.azure.net.evil.example")}, "azure.vaultUrl"),
    ({"azure": changed(AZURE, vaultUrl="http://my-vault.vault.azure.net")}, "azure.vaultUrl"),
    ({"azure": changed(AZURE, vaultUrl="https://169.254.169.254")}, "azure.vaultUrl"),
    ({"azure": changed(AZURE, kekName="a/b")}, "azure.kekName"),
    ({"azure": changed(AZURE, kekName=None)}, "azure.kekName"),
    ({"azure": changed(AZURE, tenantId="example.org")}, "azure.tenantId"),
    ({"azure": changed(AZURE, clientSecret="")}, "azure.clientSecret"),
    ({"azure": changed(AZURE, clientSecret="a\nb")}, "azure.clientSecret"),
    ({"azure": changed(AZURE, clientSecret="x" * 257)}, "azure.clientSecret"),
    ({"azure": changed(AZURE, clientSecret=SECRET, tenantId=None)}, "azure.tenantId"),
    ({"azure": changed(AZURE, clientSecret=SECRET, clientId=None)}, "azure.clientId"),
    ({"azure": changed(AZURE, clientSecretSealed="AAAA")}, "azure.clientSecretSealed"),
    ({"azure": changed(AZURE, clientSecretConfigured=True)}, "azure.clientSecretConfigured"),
    ({"gcp": changed(GCP, kekKeyName=RING)}, "gcp.kekKeyName"),
    ({"gcp": changed(GCP, kekKeyName=RING + "/cryptoKeys/kek/cryptoKeyVersions/1")}, "gcp.kekKeyName"),
    ({"gcp": changed(GCP, keyRingName="ring")}, "gcp.keyRingName"),
    ({"gcp": changed(GCP, protectionLevel="hsm")}, "gcp.protectionLevel"),
]


def changes(s):
    return sum(entry["eventType"] == "vault.settings_changed" for entry in s.entries())


def refusals(s, shown):
    before = changes(s)
    for body, field in BAD:
        answer = put(s, body)
        assert (answer.status, answer.details.get("field")) == (400, field), (body, answer)
        assert SECRET not in answer.raw.decode()
    assert put(s, b'{"aws":{},"aws":{}}').status == 400
    assert put(s, b"[]").status == 400
    for method, path in (("PUT", ROUTE), ("GET", ROUTE), ("DELETE", ROUTE), ("POST", ROUTE + "/test")):
        body = b"{}" if method in ("PUT", "POST") else None
        assert s.client.call(method, path, body, api_key=s.publishable).status == 403
    assert get(s) == shown and changes(s) == before, "nothing was changed by what was refused"


def tried(s):
    data = s.client.post(ROUTE + "/test", {}).data
    results = {r["provider"]: (r["ok"], r.get("code")) for r in data["results"]}
    absent = (False, "PROVIDER_NOT_AVAILABLE")
    assert data["ok"] is False, data
    assert results == {"env": (True, None), "aws-kms": absent, "azure-kv": absent, "gcp-kms": absent}, data


def env_is_asked(s):
    assert s.client.delete(ROUTE).status == 200
    assert s.client.post(ROUTE + "/test", {}).data == {"results": [{"provider": "env", "ok": True}], "ok": True}
    s.stop("enclave")
    result = s.client.post(ROUTE + "/test", {}).data
    assert result["ok"] is False and result["results"][0]["code"] == "ENCLAVE_UNAVAILABLE", result
    s.start_enclave()


def used(s):
    """Keys whose requests say nothing get the defaults, where their algorithm can."""
    def made(**members):
        answer = s.client.post("/v1/hybrid-keys", {"name": "key-%d" % len(s.entries()), **members})
        return answer.data["signatureFormat"] if answer.status == 200 else (answer.code, answer.details["field"])

    assert put(s, {"defaultSignatureFormat": "concat"}).status == 200
    assert made() == "concat" and made(algorithm="mldsa44+ecdsa-p256") == "concat"
    assert made(signatureFormat="composite") == "composite"
    assert made(algorithm="mldsa87+ed448") == "composite" and made(algorithm="mldsa65") == "pure"
    assert put(s, {"defaultKekProvider": "aws-kms", "aws": AWS}).status == 200
    assert made() == ("PROVIDER_NOT_AVAILABLE", "kekProvider")
    assert made(kekProvider="env") == "composite"
    assert s.client.delete(ROUTE).status == 200 and made() == "composite"


def published(s, realm):
    return bool(s.database().execute("SELECT publish FROM org WHERE id = ?", (realm,)).fetchone()[0])


def cleared(s):
    realm = s.database().execute("SELECT org FROM settings").fetchone()[0]
    assert published(s, realm)
    assert put(s, {}).status == 200 and not published(s, realm)
    assert put(s, {"publishLedger": True}).status == 200 and published(s, realm)
    answer = s.client.delete(ROUTE)
    assert answer.status == 200 and answer.data == {"cleared": True}
    assert s.client.delete(ROUTE).status == 200, "nothing to clear is clear"
    assert not published(s, realm) and get(s) == {"defaultKekProvider": "env", "publishLedger": False}
    entry = s.entries()[-1]
    assert entry["eventType"] == "vault.settings_changed" and entry["data"]["change"] == "cleared"


def without_the_agent(s):
    """No agent, no key of the agent: no secret is stored, in whatever form."""
    body = {"azure": {**AZURE, "clientSecret": SECRET}}
    s.stop("agent")
    assert put(s, body).status == 503
    s.spawn("agent", [program("countersign-agent"), "serve", "--listen", "unix:" + s.path("agent.sock"), "--enclave",
                      "unix:" + s.path("enclave.sock")])
    s.wait_for_socket("agent")
    answer = put(s, body)
    assert (answer.status, answer.code) == (422, "SEALING_NOT_AVAILABLE"), answer
    assert put(s, {"azure": AZURE}).status == 200
    s.stop("agent")
    s.start_agent()


def command_line(s):
    credentials = s.path("credentials.json")
    with open(os.open(credentials, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as f:
        f.write(json.dumps({"apiKey": s.api_key}))

    def cli(*args, stdin=None):
        return subprocess.run([program("countersign"), "settings", *args, "--server", s.url, "--api-key-file",
                               credentials], input=stdin, capture_output=True, text=True, timeout=60, check=False)

    assert cli("set", "--file", "-", stdin=json.dumps({"azure": {**AZURE, "clientSecret": SECRET}})).returncode == 0
    shown = cli("get")
    assert shown.returncode == 0 and json.loads(shown.stdout)["azure"]["clientSecretConfigured"] is True
    assert SECRET not in shown.stdout + shown.stderr
    tested = cli("test")
    assert tested.returncode == 1 and tested.stdout.splitlines()[0] == "ok    env", tested
    assert "azure-kv" in tested.stdout
    assert cli("set", "--file", "-", stdin='{"x":1}').returncode == 1
    assert cli("clear").returncode == 0 and "azure" not in json.loads(cli("get").stdout)
    assert cli("test", "--json").returncode == 0


def test():
    with Service() as s:
        shown = saved_and_shown(s)
        refusals(s, shown)
        tried(s)
        cleared(s)
        used(s)
        put(s, {"azure": {**AZURE, "clientSecret": SECRET}})
        secrets(s)
        env_is_asked(s)
        without_the_agent(s)
        command_line(s)
        s.entries()
        s.alive()


if __name__ == "__main__":
    run(test)
