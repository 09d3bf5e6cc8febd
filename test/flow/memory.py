#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a client sends and gets that is secret is nowhere in the memory of gateway and agent once it is answered; a private key
that was made for a caller is nowhere in the enclave's either."""

import base64
import json
import re
import sys
import time

from flow import SKIP, Client, Service, run

MAX_MAPPING = 1 << 30  # larger ones are the books of a sanitizer
GUID = "01234567-89ab-cdef-0123-456789abcdef"
CLIENT_SECRET = "what-the-vault-of-somebody-else-opens-for"


def writable_memory(pid):
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            start, end = (int(text, 16) for text in span.split("-"))
            if not rights.startswith("rw") or end - start > MAX_MAPPING:
                continue
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except OSError:
                continue  # of a device


def found(s, secrets):
    """Which of them are there, and what stands before them."""
    rows = set()
    for name in ("gateway", "agent", "enclave"):
        for bytes_of in writable_memory(s.processes[name].pid):
            for what, secret in secrets.items():
                secret = secret if isinstance(secret, bytes) else secret.encode()
                rows |= {(name, what, bytes_of[max(0, m.start() - 24):m.start()])
                         for m in re.finditer(re.escape(secret), bytes_of)}
    return rows


def expect_nothing(s, secrets):
    for _ in range(100):  # the last answer's memory is given back just behind its last byte
        rows = found(s, secrets)
        if not rows:
            return
        time.sleep(0.05)
    raise AssertionError(rows)


def private_keys(s, call):
    """Keys made for callers, as bytes and in the texts that they travel in; of a long one a piece that both texts share."""
    secrets = {}
    for form in ("seed", "expanded"):
        made = call("POST", "/v1/keys/generate", s.api_key, {"algorithm": "ml-dsa-65", "format": form})["data"]
        private = bytes.fromhex(made["privateKey"][2:])
        piece = private[-33:] if form == "expanded" else private  # rho in front is public
        secrets |= {form: piece, form + " in hex": piece.hex(), form + " in base64": base64.b64encode(piece)[:40]}
    return secrets


def use_secrets(s, call):
    """All the ways of a secret over HTTP; `call` sends one request with that API key and gives the answer."""
    new = {"name": "fresh", "type": "secret", "environment": "live", "scopes": ["keys", "admin"]}
    minted = call("POST", "/v1/api-keys", s.api_key, new)
    fresh = minted["data"]["apiKey"]
    rotated = call("POST", f"/v1/api-keys/{minted['data']['id']}/rotate", s.api_key, {})["data"]["apiKey"]
    settings = {"azure": {"vaultUrl": "https://abc.vault.azure.net", "kekName": "k", "tenantId": GUID, "clientId": GUID,
                          "clientSecret": CLIENT_SECRET}}
    call("PUT", "/v1/vault/settings", s.api_key, settings)
    call("GET", "/v1/hybrid-keys", fresh)
    login = call("POST", "/v1/session", "", {"apiKey": fresh}, {"Idempotency-Key": "once"})
    cookie = login["headers"]["Set-Cookie"].split(";")[0]
    csrf = login["data"]["csrfToken"]
    call("POST", "/v1/hybrid-keys", "", {"name": cookie[-8:]}, {"Cookie": cookie, "X-CSRF-Token": csrf})
    call("GET", "/v1/hybrid-keys", "", None, {"Cookie": cookie, "X-Padding": "x" * 3000})
    return {"API key": s.api_key, "new API key": fresh, "rotated API key": rotated, "client secret": CLIENT_SECRET,
            "session": cookie.split("=")[1], "CSRF token": csrf, **private_keys(s, call)}


def plain(s):
    def call(method, path, api_key, body=None, headers=None):
        client = Client(s.url, "")
        answer = client.call(method, path, body, api_key=api_key, headers=headers or {})
        client.close()
        assert answer.status in (200, 201), answer
        return {"data": answer.json["data"], "headers": answer.headers}

    def control():
        """The search finds what is there: a name stays with its key in the keyring."""
        name = "a name that stays in memory"
        key = s.key(name)
        assert s.sign(key["id"], b"x").status == 200
        assert found(s, {"name": name}), "the memory is not what is searched"

    control()
    expect_nothing(s, use_secrets(s, call))


def through_tls(s):
    from tls import Authority, client_context
    import http.client
    certificate = Authority(s.folder, "ca").issue("server", "serverAuth")
    s.stop("gateway")
    s.gateway_options += ["--tls-cert", certificate + ".pem", "--tls-key", certificate + ".key"]
    s.start_gateway()
    port = int(s.url.rsplit(":", 1)[1])

    def call(method, path, api_key, body=None, headers=None):
        connection = http.client.HTTPSConnection("localhost", port, timeout=30,
                                                 context=client_context(s.path("ca.pem")))
        head = {**({"Authorization": "Bearer " + api_key} if api_key else {}), "Content-Type": "application/json",
                **(headers or {})}
        connection.request(method, path, json.dumps(body) if body is not None else None, head)
        answer = connection.getresponse()
        raw = answer.read()
        assert answer.status in (200, 201), raw
        connection.close()
        return {"data": json.loads(raw)["data"], "headers": answer.headers}

    expect_nothing(s, use_secrets(s, call))


def test():
    with Service() as s:
        try:
            next(writable_memory(s.processes["gateway"].pid))
        except PermissionError:
            print("this user may not look into memory; skipped")
            sys.exit(SKIP)
        plain(s)
        through_tls(s)
        s.alive()


if __name__ == "__main__":
    run(test)
