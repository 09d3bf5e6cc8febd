#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Azure's own SDK for JavaScript drives the development KMS as a Key Vault, over HTTPS and with its own sign-in."""

import json
import os
import sys
import tempfile
import urllib.parse

from flow_kms import DevKms, certificate
from flow_node import JUDGE, Node


def check_sign_in(k, account):
    """What the SDK does not show: the challenge, the managed identity, tokens of others."""
    status, headers, raw = k.send({}, b"", "GET", "/keys/x?api-version=7.4")
    assert status == 401 and json.loads(raw)["error"]["code"] == "Unauthorized"
    assert headers["WWW-Authenticate"] == f'Bearer authorization="{k.url}/{account["tenantId"]}", resource="https://vault.azure.net"'
    for token in ("", "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJhdWQiOiJodHRwczovL3ZhdWx0LmF6dXJlLm5ldCIsImV4cCI6OTk5OTk5OTk5OX0.eA"):
        assert k.send({"Authorization": "Bearer " + token}, b"", "GET", "/keys/x?api-version=7.4")[0] == 401
    path = "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net"
    status, _, raw = k.send({"Metadata": "true"}, b"", "GET", path)
    token = json.loads(raw)
    assert status == 200 and token["expires_in"] == "3599" and token["client_id"] == account["clientId"]
    assert k.send({"Authorization": "Bearer " + token["access_token"]}, b"", "GET", "/keys/x?api-version=7.4")[0] == 404
    assert k.send({}, b"", "GET", path)[0] == 400
    assert k.send({"Metadata": "true"}, b"", "GET", path.replace("vault", "storage"))[0] == 400
    form = {"grant_type": "client_credentials", "client_id": account["clientId"], "client_secret": account["clientSecret"],
            "scope": "https://vault.azure.net/.default"}
    for change, status in (({}, 200), ({"scope": "https://graph.microsoft.com/.default"}, 400), ({"grant_type": "password"}, 400),
                           ({"client_secret": "x"}, 401), ({"client_id": "x"}, 400)):
        body = urllib.parse.urlencode({**form, **change}).encode()
        got = k.send({"Content-Type": "application/x-www-form-urlencoded"}, body, path=f"/{account['tenantId']}/oauth2/v2.0/token")
        assert got[0] == status, (change, got)
    assert k.send({}, urllib.parse.urlencode(form).encode(), path="/00000000-0000-4000-8000-000000000000/oauth2/v2.0/token")[0] == 400
    return token["access_token"]


def check_faults(k, token):
    head, path = {"Authorization": "Bearer " + token}, "/keys/signer?api-version=7.4"
    for fault, status, code in (("throttle", 429, "Throttled"), ("error", 500, "InternalError"), ("unavailable", 503, "ServiceUnavailable"),
                                ("deny", 403, "Forbidden")):
        k.faults(fault + ",op=azure.get,count=1")
        got, headers, raw = k.send(head, b"", "GET", path)
        assert (got, json.loads(raw)["error"]["code"]) == (status, code)
        assert fault != "throttle" or headers["Retry-After"] == "1"
        assert k.send(head, b"", "GET", path)[0] == 200


def main():
    with Node("azure.mjs", judge=os.path.join(JUDGE, "clouds")) as node, tempfile.TemporaryDirectory() as folder:
        tls = certificate(folder)
        with DevKms("--azure", folder=folder, tls=tls) as k:
            with open(os.path.join(k.state, "azure.json")) as f:
                account = json.load(f)
            assert account["vaultUrl"] == k.url
            told = json.loads(node.run("azure.mjs", given=json.dumps({"account": account}).encode(),
                                       env={"NODE_EXTRA_CA_CERTS": tls[0]}))
            calls = k.faults()["calls"]
            assert all(calls["azure." + op] > 0 for op in ("create", "get", "update", "sign", "verify", "wrapkey", "unwrapkey")), calls
            token = check_sign_in(k, account)
            check_faults(k, token)
        with DevKms("--azure", folder=folder, tls=tls) as k:  # keys and account survive; tokens do not
            head, path = {"Authorization": "Bearer " + token}, urllib.parse.urlparse(told["kid"]).path + "?api-version=7.4"
            assert k.send(head, b"", "GET", path)[0] == 401
            again = check_sign_in(k, account)
            assert k.send({"Authorization": "Bearer " + again}, b"", "GET", path)[0] == 200
            assert account["clientSecret"] not in k.log() and again not in k.log()
        with DevKms(folder=folder, tls=tls) as k:
            assert k.send({}, b"", "GET", path)[0] == 400  # without --azure there is only AWS


if __name__ == "__main__":
    sys.exit(main())
