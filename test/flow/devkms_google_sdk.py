#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Google's own SDK for JavaScript drives the development KMS over REST, with the account's file that it wrote."""

import base64
import json
import os
import sys
import tempfile
import time
import urllib.parse

from flow_kms import DevKms, openssl, openssl_verifies, unb64
from flow_node import JUDGE, Node

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/cloudkms"


def b64u(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def assertion(folder, account, claims, key=None, header=None):
    """An assertion that OpenSSL signs with the account's key [RFC 7523]."""
    text = ".".join(b64u(json.dumps(part).encode()) for part in (header or {"alg": "RS256", "typ": "JWT"}, claims))
    for name, data in (("jwt-key", key or account["private_key"]), ("jwt-text", text)):
        with open(os.path.join(folder, name), "w") as f:
            f.write(data)
    made = openssl("dgst", "-sha256", "-sign", "jwt-key", "jwt-text", cwd=folder)
    assert made.returncode == 0, made.stderr
    return text + "." + b64u(made.stdout)


def other_key(folder):
    made = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", cwd=folder)
    return made.stdout.decode()


def check_tokens(k, folder, account, stranger):
    now = int(time.time())
    good = {"iss": account["client_email"], "scope": SCOPE, "aud": account["token_uri"], "iat": now, "exp": now + 3600}
    ask = lambda jwt, grant=GRANT: k.send({"Content-Type": "application/x-www-form-urlencoded"},
                                          urllib.parse.urlencode({"grant_type": grant, "assertion": jwt}).encode(), path="/token")
    status, _, raw = ask(assertion(folder, account, good))
    token = json.loads(raw)
    assert status == 200 and token["expires_in"] == 3599 and token["token_type"] == "Bearer"
    path = "/v1/projects/p-1/locations/global/keyRings/ring/cryptoKeys/kek"
    get = lambda bearer: k.send({"Authorization": "Bearer " + bearer}, b"", "GET", path)[0]
    assert get(token["access_token"]) == 200 and get("x") == 401 and get(token["access_token"] + "x") == 401
    for change in ({"iss": "x@y"}, {"aud": "https://oauth2.googleapis.com/token"}, {"scope": "https://www.googleapis.com/auth/drive"},
                   {"exp": now - 1}, {"iat": now + 120, "exp": now + 600}, {"exp": now + 3700}, {"iat": "now"}):
        status, _, raw = ask(assertion(folder, account, {**good, **change}))
        assert status == 400 and json.loads(raw)["error"] == "invalid_grant", change
    assert ask(assertion(folder, account, good, key=stranger))[0] == 400
    assert ask(assertion(folder, account, good, header={"alg": "none"}))[0] == 400
    assert ask(assertion(folder, account, good), grant="client_credentials")[0] == 400
    # The assertion itself as a bearer token.
    mine = {**good, "sub": account["client_email"], "aud": "https://cloudkms.googleapis.com/"}
    assert get(assertion(folder, account, mine)) == 200
    for change in ({"sub": "x"}, {"aud": "https://storage.googleapis.com/"}, {"exp": now - 1}):
        assert get(assertion(folder, account, {**mine, **change})) == 401, change
    assert get(assertion(folder, account, mine, key=stranger)) == 401
    metadata = "/computeMetadata/v1/instance/service-accounts/default/token"
    status, _, raw = k.send({"Metadata-Flavor": "Google"}, b"", "GET", metadata)
    assert status == 200 and get(json.loads(raw)["access_token"]) == 200
    assert k.send({}, b"", "GET", metadata)[0] == 403
    return token["access_token"], path


def check_faults(k, token, path):
    head = {"Authorization": "Bearer " + token}
    for fault, status, code in (("throttle", 429, "RESOURCE_EXHAUSTED"), ("error", 500, "INTERNAL"), ("unavailable", 503, "UNAVAILABLE"),
                                ("deny", 403, "PERMISSION_DENIED")):
        k.faults(fault + ",count=1")
        got, _, raw = k.send(head, b"", "GET", path)
        assert (got, json.loads(raw)["error"]["status"]) == (status, code)
        assert k.send(head, b"", "GET", path)[0] == 200
    k.faults("bad-checksum", "wrong-key-id")
    signer = path.replace("/kek", "/ec_sign_ed25519/cryptoKeyVersions/1")
    status, _, raw = k.send(head, b'{"data":"eA=="}', "POST", signer + ":asymmetricSign")
    answer = json.loads(raw)
    k.faults()
    again = json.loads(k.send(head, b'{"data":"eA=="}', "POST", signer + ":asymmetricSign")[2])
    assert status == 200 and again["signature"] == answer["signature"]  # Ed25519 says the same twice
    assert again["signatureCrc32c"] != answer["signatureCrc32c"] and again["name"] != answer["name"]


def main():
    with Node("google.mjs", judge=os.path.join(JUDGE, "clouds")) as node, tempfile.TemporaryDirectory() as folder:
        with DevKms("--google", folder=folder) as k:
            path = os.path.join(k.state, "google.json")
            with open(path) as f:
                account = json.load(f)
            stranger = other_key(folder)
            other = os.path.join(folder, "other.json")
            with open(other, "w") as f:
                json.dump({**account, "private_key": stranger}, f)
            given = {"port": int(k.url.rsplit(":", 1)[1]), "account": path, "other": other}
            told = json.loads(node.run("google.mjs", given=json.dumps(given).encode()))
            assert len(told["signatures"]) == 8
            for s in told["signatures"]:
                message = unb64(s["message"])
                assert openssl_verifies(unb64(s["spki"]), unb64(s["signature"]), message), s["what"]
                assert not openssl_verifies(unb64(s["spki"]), unb64(s["signature"]), message + b"x"), s["what"]
            token, key = check_tokens(k, folder, account, stranger)
            check_faults(k, token, key)
            assert token not in k.log()


if __name__ == "__main__":
    sys.exit(main())
