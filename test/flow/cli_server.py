#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The client against servers that answer badly: exit codes, what is said, what is sent, and to whom."""

import base64
import http.server
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading

PROGRAM = os.path.join(os.environ["CS_BIN"], "countersign")
API_KEY = "cs_sec_test_" + "k" * 49


class Server:
    """Answers every request with what was set last, and keeps what it was sent."""

    def __init__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length", 0))
                outer.requests.append((self.command, self.path, dict(self.headers), self.rfile.read(length)))
                status, headers, body = outer.reply(self) if callable(outer.reply) else outer.reply
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    pass  # the client had enough

            do_GET = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *args):
                pass

        self.requests = []
        self.reply = (500, {}, b"")
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def set(self, status, value, **headers):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.reply = (status, headers, body)


def run(*args, server=None, env=None, stdin=subprocess.DEVNULL):
    environment = dict(os.environ, COUNTERSIGN_API_KEY=API_KEY, **(env or {}))
    if server is not None:
        environment["COUNTERSIGN_SERVER"] = server
    done = subprocess.run([PROGRAM, *args], env=environment, stdin=stdin, capture_output=True, check=False,
                          timeout=60)
    out, err = done.stdout.decode(), done.stderr.decode()
    assert API_KEY not in out and API_KEY not in err, (args, out, err)
    return done.returncode, out, err


def expect(code, said, *args, **more):
    got, out, err = run(*args, **more)
    assert got == code and said in err, (args, got, out, err)
    assert code == 0 or out == "", (args, out)
    return out


def failure(code, sentence, **more):
    return dict({"success": False, "error": sentence, "code": code, "requestId": "req-1"}, **more)


def check_envelopes(s):
    """Each status and each odd answer, with the exit code and the sentence."""
    rows = [
        (401, failure("UNAUTHENTICATED", "No valid API key."), 1, "error: No valid API key. (UNAUTHENTICATED, request id req-1)"),
        (403, failure("FORBIDDEN", "No scope."), 1, "FORBIDDEN"),
        (404, failure("NOT_FOUND", "No such thing."), 1, "NOT_FOUND"),
        (409, failure("CONFLICT", "Taken."), 1, "CONFLICT"),
        (400, failure("BAD_FIELD", "name: Wrong.", details={"field": "name"}), 1, "error: name: Wrong. (BAD_FIELD, req"),
        (422, failure("ATTESTATION_REJECTED", "Refused.", details={"reason": "ATT_EXPIRED"}), 2,
         "refused: Refused. (ATTESTATION_REJECTED, ATT_EXPIRED, request id req-1)"),
        (422, failure("POLICY_VIOLATED", "Refused.", details={"policyId": "vpol_1", "rule": "minTier"}), 2,
         "refused: Refused. (POLICY_VIOLATED, minTier of policy vpol_1, request id req-1)"),
        (429, failure("RATE", "Slow down."), 1, "RATE"),
        (503, failure("OVERLOADED", "Busy."), 1, "OVERLOADED"),
        (500, failure("X", "a\x1b[31mb\nc"), 1, "a\\x1b[31mb\\x0ac"),
        (500, {"success": False, "error": {"code": "X"}}, 1, "status 500 and no reason"),
        (500, {}, 1, "status 500 and no reason"),
        (500, b"", 1, "not in JSON"),
        (502, b"<html>", 1, "status 502 and not in JSON"),
        (200, b"<html>", 1, "not in JSON"),
        (200, b"", 1, "not in JSON"),
        (200, b'{"success":true,"success":true,"data":{}}', 1, "not in JSON"),
        (200, b"[" * 100000, 1, "not in JSON"),
        (200, {"data": {}}, 1, "another form"),
        (200, {"success": True}, 1, "another form"),
        (200, {"success": "yes", "data": {}}, 1, "another form"),
        (200, {"success": True, "data": "text"}, 1, "another form"),
        (200, {"success": True, "data": None}, 1, "another form"),
        (200, failure("X", "no"), 1, "another form"),
        (200, {"success": True, "data": {"x": 1}, "pagination": []}, 1, "another form"),
        (200, b" " * (4 << 20) + b"{}", 1, "TOO_LARGE"),
        (200, {"success": True, "data": {"vendor": "mock"}}, 0, ""),
    ]
    for status, body, code, said in rows:
        s.set(status, body)
        expect(code, said, "enclave", server=s.url)


def check_requests(s):
    s.set(200, {"success": True, "data": {"id": "x"}})
    s.requests.clear()
    expect(0, "", "keys", "create", "--name", 'a"b\n', "--pq-provider", "enclave-mock", "--policy", "pol_1", server=s.url)
    method, path, headers, body = s.requests[0]
    assert (method, path) == ("POST", "/v1/hybrid-keys"), s.requests
    assert headers["Authorization"] == "Bearer " + API_KEY and headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"name": 'a"b\n', "pqProvider": "enclave-mock", "attestationPolicyId": "pol_1"}
    s.requests.clear()
    expect(0, "", "attestation-policies", "show", "../a?b", server=s.url + "/")
    assert s.requests[0][1] == "/v1/attestation-policies/..%2Fa%3Fb", s.requests
    change = os.path.join(tempfile.gettempdir(), "cs-change-%d" % os.getpid())
    with open(change, "w") as f:
        f.write('{"enforce": false}')
    for command, route in (("attestation-policies", "/v1/attestation-policies/p"), ("policies", "/v1/policies/p")):
        s.requests.clear()
        expect(0, "", command, "update", "p", "--file", change, server=s.url)
        expect(0, "", command, "delete", "p", server=s.url)
        assert [r[:2] + r[3:] for r in s.requests] == [
            ("PATCH", route, b'{"enforce": false}'), ("DELETE", route, b"")], s.requests
    os.unlink(change)
    for answer in (b"", b"{}", b'{"success":true,"data":{}}', b"[1]"):
        s.set(200, answer)
        expect(1, "no bundle", "bundle", "--signature", "sig_1", server=s.url)
    s.set(404, failure("NOT_FOUND", "No such thing."))
    s.requests.clear()
    expect(1, "NOT_FOUND", "bundle", "--signature", "sig/1", server=s.url)
    assert s.requests[0][:2] == ("GET", "/v1/signatures/sig%2F1/bundle"), s.requests
    s.set(200, {"success": True, "data": [], "pagination": {"limit": 200, "nextCursor": None}})
    s.requests.clear()
    expect(0, "", "signatures", "list", "--key", "key_1&x", "--verdict", "fail", "--since", "2026-01-01T00:00:00Z",
           server=s.url)
    assert s.requests[0][1] == ("/v1/signatures?limit=200&keyId=key_1%26x&verdict=fail"
                                "&since=2026-01-01T00%3A00%3A00Z"), s.requests
    s.set(200, {"success": True, "data": {"id": "x"}})
    s.requests.clear()
    expect(0, "", "keys", "revoke", "--yes", "key_" + "0" * 26, server=s.url)
    assert [r[0] for r in s.requests] == ["GET", "DELETE"] and not s.requests[1][3]


def check_redirect(s, other):
    """The API key goes to nobody else."""
    other.requests.clear()
    for status in (301, 302, 303, 307, 308):
        s.set(status, b"", Location=other.url + "/v1/enclave")
        expect(1, "status %d" % status, "enclave", server=s.url)
    assert other.requests == []


def check_proxy(s, proxy):
    s.set(200, {"success": True, "data": {}})
    proxy.requests.clear()
    expect(0, "", "enclave", server=s.url, env={"http_proxy": proxy.url, "all_proxy": proxy.url})
    assert proxy.requests == []


def check_lists(s):
    """Pages are followed to the end, and a name is looked for on each of them."""
    pages = {"": (["a", "b"], "c/1"), "c/1": (["c"], "c2"), "c2": ([], None)}

    def item(name):
        return {"id": "key_" + name * 26, "name": name, "status": "active", "algorithm": "mldsa65", "signatureFormat": "pure"}

    def reply(handler):
        path, _, query = handler.path.partition("?")
        if path != "/v1/hybrid-keys":
            return 200, {}, json.dumps({"success": True, "data": item(path[-1])}).encode()
        cursor = dict(p.split("=") for p in query.split("&")).get("cursor", "").replace("%2F", "/")
        names, following = pages[cursor]
        return 200, {}, json.dumps({"success": True, "data": [item(n) for n in names],
                                    "pagination": {"limit": 200, "nextCursor": following}}).encode()
    s.reply = reply
    out = expect(0, "", "keys", "list", "--json", server=s.url)
    assert [json.loads(line)["name"] for line in out.splitlines()] == ["a", "b", "c"], out
    out = expect(0, "", "keys", "list", server=s.url)
    assert [line.split()[-1] for line in out.splitlines()] == ["a", "b", "c"], out
    assert json.loads(expect(0, "", "keys", "show", "c", "--json", server=s.url))["id"] == "key_" + "c" * 26
    expect(1, "key d: No such thing. (NOT_FOUND)", "keys", "show", "d", server=s.url)


def check_signing(s, folder):
    """What the server returns is printed only if it is a signature of this key over this payload."""
    path = lambda name: os.path.join(folder, name)
    with open(path("payload"), "wb") as f:
        f.write(os.urandom(600 << 10))
    with open(path("small"), "wb") as f:
        f.write(b"small")
    public = run("keygen", "--quiet", "--out", path("key"))[1].strip()
    run("keygen", "--quiet", "--out", path("key2"), "--public", path("key2.pub"))
    sign = lambda key, payload: json.loads(run("sign", "--local", "--key-file", path(key), "--in", path(payload))[1])
    good, small = sign("key", "payload"), sign("key", "small")
    key = {"id": "key_1", "name": "k", "status": "active", "publicKey": public}

    def serve(result):
        def reply(handler):
            data = result if handler.command == "POST" else key if "/key_" in handler.path else [key]
            return 200, {}, json.dumps({"success": True, "data": data}).encode()
        s.reply = reply
        s.requests.clear()

    def last_body():
        return json.loads(s.requests[-1][3])

    serve(good)
    nonce = base64.b64encode(b"12345678").decode()
    out = expect(0, "", "sign", "--key", "k", "--in", path("payload"), "--nonce", nonce, server=s.url)
    assert json.loads(out) == good
    body = last_body()
    assert set(body) == {"keyId", "preHash", "payloadSize", "nonce"} and body["payloadSize"] == 600 << 10, body
    assert body["preHash"]["alg"] == "sha512" and len(base64.b64decode(body["preHash"]["value"])) == 64
    serve(small)
    expect(0, "", "sign", "--key", "k", "--in", path("small"), server=s.url)
    assert last_body() == {"keyId": "key_1", "payload": base64.b64encode(b"small").decode()}
    with open(path("small"), "rb") as f:
        expect(0, "", "sign", "--key", "k", "--in", "-", server=s.url, stdin=f)
    with open(path("empty"), "wb"):
        pass
    serve(sign("key", "empty"))
    expect(0, "", "sign", "--key", "k", "--in", path("empty"), server=s.url)
    assert last_body() == {"keyId": "key_1", "payload": ""}

    for result, code, said in [(small, 2, "BAD_SIGNATURE"), (sign("key2", "payload"), 2, "BAD_SIGNATURE"),
                               (dict(good, signature="AAAA"), 2, "BAD_SIGNATURE"), ({}, 1, "signature"),
                               (dict(good, signature="?"), 1, "signature"), ([], 1, "BAD_FIELD"),
                               (dict(good, attestation={"docB64": 1}), 1, "attestation.docB64")]:
        serve(result)
        expect(code, said, "sign", "--key", "k", "--in", path("payload"), server=s.url)
    for bad in ({}, dict(key, publicKey="{}"), dict(key, publicKey=None), {"publicKey": public}):
        key_was, key = key, dict(bad, name="k", status="active", id=bad.get("id", ""))
        serve(good)
        expect(1, "", "sign", "--key", "k", "--in", path("payload"), server=s.url)
        key = key_was
    serve(good)
    expect(1, "IO", "sign", "--key", "k", "--in", path("absent"), server=s.url)
    assert all(r[0] == "GET" for r in s.requests)

    # formats that sign the payload itself do not take a larger one, and nothing is sent
    concat = run("keygen", "--quiet", "--format", "concat", "--out", path("concat"))[1].strip()
    key = dict(key, publicKey=concat)
    serve(good)
    expect(1, "512 KiB", "sign", "--key", "k", "--in", path("payload"), server=s.url)
    assert all(r[0] == "GET" for r in s.requests)


def check_offline(s, folder):
    """Offline commands say nothing to anybody, whatever the environment offers."""
    path = lambda name: os.path.join(folder, name)
    s.requests.clear()
    expect(0, "", "sign", "--local", "--key-file", path("key"), "--in", path("small"), server=s.url)
    expect(2, "BAD_SIGNATURE", "verify", "--public-key", path("key2.pub"), "--payload", path("small"), "--signature",
           "AAAA", server=s.url)
    expect(1, "", "attest", "verify", "--policy", path("small"), "--sign-result", path("small"), "--payload",
           path("small"), server=s.url)
    expect(0, "", "completion", "bash", server=s.url)
    assert s.requests == []


def check_broken_connections():
    """A server that hangs up, one that speaks no HTTP, and none at all."""
    listener = socket.create_server(("127.0.0.1", 0))
    url = "http://127.0.0.1:%d" % listener.getsockname()[1]

    def serve(answer):
        def one():
            connection, _ = listener.accept()
            connection.recv(65536)
            connection.sendall(answer)
            connection.close()
        thread = threading.Thread(target=one, daemon=True)
        thread.start()
        return thread
    for answer in (b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", b"HTTP/1.1 200"):
        thread = serve(answer)
        expect(1, url, "enclave", server=url)
        thread.join()
    listener.close()
    expect(1, url, "enclave", server=url)
    expect(1, "https://127.0.0.1", "enclave", server=url.replace("http:", "https:"))


def main():
    server, other = Server(), Server()
    with tempfile.TemporaryDirectory() as folder:
        check_envelopes(server)
        check_requests(server)
        check_redirect(server, other)
        check_proxy(server, other)
        check_lists(server)
        check_signing(server, folder)
        check_offline(server, folder)
        check_broken_connections()
    print("done")


if __name__ == "__main__":
    sys.exit(main())
