#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`attestation-policies refresh`: the keys of a pinned issuer, fetched from it alone, become a new version of the policy."""

import base64
import http.server
import json
import ssl
import sys
import threading

from cli_tls import countersign
from flow import Service, run
from tls import Authority, openssl

POLICIES = "/v1/attestation-policies/"
PCRS = {"4": ["44" * 32]}


class Issuer:
    """An HTTPS server that publishes a key set, or what `answer` says: (status, headers, body)."""

    def __init__(self, folder, certificate):
        issuer, self.folder = self, folder
        self.answer, self.paths = None, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.paths.append(self.path)
                status, headers, body = issuer.answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate + ".pem", certificate + ".key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, *keys):
        self.answer = (200, {}, json.dumps({"keys": keys}).encode())

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def make_key(folder, kid, bits=2048):
    openssl("genrsa", "-out", f"{kid}.pem", str(bits), folder=folder)
    modulus = openssl("rsa", "-in", f"{kid}.pem", "-noout", "-modulus", folder=folder).decode().strip().split("=")[1]
    n = base64.urlsafe_b64encode(bytes.fromhex(modulus)).rstrip(b"=").decode()
    return {"kty": "RSA", "kid": kid, "n": n, "e": "AQAB", "use": "sig"}


def stored(key, **more):
    return {k: v for k, v in {**key, **more}.items() if k != "use"}


def test():
    with Service() as s:
        ours = Authority(s.folder, "ours")
        Authority(s.folder, "theirs")
        issuers = [Issuer(s.folder, ours.issue(f"issuer{i}", "serverAuth")) for i in range(2)]
        one, two = issuers
        old, new, other, weak = (make_key(s.folder, kid) if kid != "weak" else make_key(s.folder, kid, 1024)
                                 for kid in ("old", "new", "other", "weak"))

        def policy(*pinned, keys):
            return s.policy(name="azure", vendor="azure-confidential-vm",
                            matchRules={"pcrs": PCRS, "issuers": [i.url for i in pinned], "jwks": {"keys": keys}})

        def refresh(policy_id, *options, ca="ours"):
            return countersign(s, "attestation-policies", "refresh", policy_id, "--json", "--server", s.url,
                               *(["--issuer-ca-file", s.path(ca + ".pem")] if ca else []), *options)

        first = policy(one, keys=[old])
        before = s.client.get(POLICIES + first).data
        one.publish(old, weak)
        same = refresh(first)
        assert same.returncode == 0 and "no new version" in same.stderr, same
        assert s.client.get(POLICIES + first).data == before and before["version"] == 1

        one.publish(new, weak, old)
        made = refresh(first)
        after = s.client.get(POLICIES + first).data
        assert made.returncode == 0 and json.loads(made.stdout)["hash"] == after["hash"], made
        assert after["version"] == 2 and after["matchRules"] == {
            **before["matchRules"], "jwks": {"keys": [stored(new), stored(old)]}}, after
        assert s.client.get(POLICIES + first + "?version=1").data["matchRules"] == before["matchRules"]
        assert one.paths == ["/certs", "/certs"] and two.paths == []

        # several issuers: each key says whose it is
        both = policy(one, two, keys=[dict(old, issuer=one.url)])
        one.publish(old)
        two.publish(other)
        made = refresh(both)
        assert made.returncode == 0, made
        assert s.client.get(POLICIES + both).data["matchRules"]["jwks"]["keys"] == [
            stored(old, issuer=one.url), stored(other, issuer=two.url)]

        # what is refused changes nothing
        version = s.client.get(POLICIES + first).data
        rows = [
            ("a weak key alone", (200, {}, json.dumps({"keys": [weak]}).encode()), "ours", "POLICY_KEYS"),
            ("no keys", (200, {}, b'{"keys":[]}'), "ours", "POLICY_KEYS"),
            ("a private key", (200, {}, json.dumps({"keys": [dict(new, d="AQAB")]}).encode()), "ours", "POLICY_KEYS"),
            ("no JSON", (200, {}, b"<html>"), "ours", "BAD_JSON"),
            ("too much", (200, {}, b" " * (2 << 20)), "ours", "error: https://localhost"),
            ("not found", (404, {}, b'{"keys":[]}'), "ours", "status 404"),
            ("somewhere else", (302, {"Location": two.url + "/certs"}, b""), "ours", "status 302"),
            ("another authority", (200, {}, json.dumps({"keys": [new]}).encode()), "theirs", "error: https://localhost"),
            ("the system's authorities", (200, {}, json.dumps({"keys": [new]}).encode()), None,
             "error: https://localhost"),
        ]
        asked = len(two.paths)
        for name, answer, ca, said in rows:
            one.answer = answer
            bad = refresh(first, ca=ca)
            assert bad.returncode == 1 and said in bad.stderr and bad.stdout == "", (name, bad)
        assert len(two.paths) == asked, "no redirect is followed"
        assert s.client.get(POLICIES + first).data == version
        for unpinned in (s.policy(name="mock"), s.policy(name="reports", vendor="azure-confidential-vm",
                                                         matchRules={"pcrs": PCRS})):
            bad = refresh(unpinned)
            assert bad.returncode == 1 and "pins no key set" in bad.stderr, bad
        assert refresh("ap_none").returncode == 1
        for issuer in issuers:
            issuer.close()


if __name__ == "__main__":
    sys.exit(run(test))
