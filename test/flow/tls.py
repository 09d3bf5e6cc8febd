#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""TLS of the front door: who may connect is decided in the handshake; SIGHUP brings new certificates, limits and log
levels without dropping a connection."""

import hashlib
import os
import pathlib
import pty
import select
import signal
import socket
import ssl
import subprocess
import sys
import time

from flow import SKIP, Service, program, run

ROOT = pathlib.Path(__file__).parent.parent.parent
REQUEST = b"GET /v1/enclave HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n"


def openssl_program():
    """OpenSSL's own program, of the libraries that the gateway runs with."""
    made = subprocess.run([ROOT / "tools" / "deps", "--prefix"], capture_output=True, text=True, check=True)
    prefix = made.stdout.strip()
    path = os.path.join(prefix, "bin", "openssl") if prefix else "openssl"
    env = dict(os.environ, LD_LIBRARY_PATH=os.path.join(prefix, "lib")) if prefix else None
    try:
        subprocess.run([path, "version"], env=env, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        print("there is no openssl program; skipped")
        sys.exit(SKIP)
    return path, env


OPENSSL, ENVIRONMENT = openssl_program()


def openssl(*args, folder, stdin=b""):
    made = subprocess.run([OPENSSL, *args], cwd=folder, env=ENVIRONMENT, input=stdin, capture_output=True, check=False,
                          timeout=60)
    assert made.returncode == 0, (args, made.stderr.decode())
    return made.stdout


class Authority:
    """A certificate authority in files of its folder."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.pem", "-subj", f"/CN={name}", "-days", "30", "-addext",
                "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign", folder=folder)

    def issue(self, name, usage, start=None, names="DNS:localhost,IP:127.0.0.1"):
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key",
                "-out", f"{name}.csr", "-subj", f"/CN={name}", folder=self.folder)
        with open(os.path.join(self.folder, f"{name}.ext"), "w") as f:
            f.write(f"basicConstraints=CA:FALSE\nsubjectAltName={names}\n" + (f"extendedKeyUsage={usage}\n" if usage else ""))
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key", "-out",
                f"{name}.pem", "-extfile", f"{name}.ext", *(["-not_before", start[0], "-not_after", start[1]] if start
                                                            else ["-days", "30"]), folder=self.folder)
        return os.path.join(self.folder, name)


def client_context(ca, certificate=None):
    context = ssl.create_default_context(cafile=ca)
    if certificate:
        context.load_cert_chain(certificate + ".pem", certificate + ".key")
    return context


def ask(connection, api_key):
    connection.sendall(REQUEST % api_key.encode())
    received = b""
    while b"\r\n\r\n" not in received or len(received.split(b"\r\n\r\n", 1)[1]) < length_of(received):
        chunk = connection.recv(65536)
        assert chunk, "closed within an answer"
        received += chunk
    return int(received.split(b" ")[1]), received


def length_of(head):
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def connect(port, context):
    raw = socket.create_connection(("127.0.0.1", port), timeout=30)
    try:
        return context.wrap_socket(raw, server_hostname="localhost")
    except BaseException:
        raw.close()
        raise


def is_refused(port, context, api_key):
    """True if no byte of HTTP comes back, whether the handshake itself or the first reading says so."""
    try:
        with connect(port, context) as c:
            c.sendall(REQUEST % api_key.encode())
            return c.recv(1) == b""
    except (ssl.SSLError, ConnectionError):
        return True


def negotiated(port, ca, *options):
    """What OpenSSL's client reports; None where no connection came about."""
    made = subprocess.run([OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", ca, "-brief",
                           "-verify_return_error", *options], env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False, timeout=60)
    text = made.stdout + made.stderr
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line) if made.returncode == 0 else None


def replace(path, other):
    for end in (".key", ".pem"):
        with open(other + end, "rb") as f, open(path + end, "wb") as to:
            to.write(f.read())


def hang_up(s, *words):
    """Reads again and waits until the log has all the words since."""
    before = len(s.log("gateway"))
    s.processes["gateway"].send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 30
    while not all(w in s.log("gateway")[before:] for w in words):
        assert time.monotonic() < deadline, s.log("gateway")[before:]
        time.sleep(0.01)


def write_config(s, **options):
    with open(s.path("gateway.conf"), "w") as f:
        for name, value in options.items():
            f.write(f"{name.replace('_', '-')} = {value}\n")


def check_groups(port, ca):
    seen = negotiated(port, ca)
    assert seen["Protocol version"] == "TLSv1.3", seen
    assert seen["Negotiated TLS1.3 group"] == "X25519MLKEM768", seen
    for group, name in (("X25519", "X25519"), ("P-256", "prime256v1")):
        seen = negotiated(port, ca, "-groups", group)
        assert seen["Protocol version"] == "TLSv1.3" and name.lower() in str(seen).lower(), seen
    seen = negotiated(port, ca, "-tls1_2")
    assert seen["Protocol version"] == "TLSv1.2" and seen["Ciphersuite"].startswith("ECDHE-"), seen
    for options in (("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"), ("-tls1", "-cipher", "ALL:@SECLEVEL=0"),
                    ("-tls1_2", "-cipher", "AES128-GCM-SHA256"), ("-groups", "P-521")):
        assert negotiated(port, ca, *options) is None, options


def check_cookie(port, context, api_key):
    """A session's cookie goes through TLS only."""
    body = b'{"apiKey":"%s"}' % api_key.encode()
    with connect(port, context) as c:
        c.sendall(b"POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                  b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        head = c.recv(65536).split(b"\r\n\r\n")[0].decode()
    cookies = [line for line in head.split("\r\n") if line.startswith("Set-Cookie: ")]
    assert head.startswith("HTTP/1.1 200 ") and len(cookies) == 1, head
    assert set(cookies[0].split("; ")[1:]) == {"Path=/", "Max-Age=28800", "HttpOnly", "Secure", "SameSite=Strict"}, head


def server_names(port, context):
    with connect(port, context) as c:
        return hashlib.sha256(c.getpeercert(binary_form=True)).hexdigest()


def check_clients(s, port, ours, theirs):
    ca = s.path("ours.pem")
    good = ours.issue("client", "clientAuth")
    refused = {
        "none": None,
        "of another authority": theirs.issue("stranger", "clientAuth"),
        "expired": ours.issue("late", "clientAuth", start=("20240101000000Z", "20240201000000Z")),
        "not yet valid": ours.issue("early", "clientAuth", start=("20990101000000Z", "20990201000000Z")),
        "a server's": ours.issue("wrong-usage", "serverAuth"),
        "self-signed": s.path("theirs"),
    }
    for name, certificate in refused.items():
        before = s.log("gateway").count("/v1/enclave")
        assert is_refused(port, client_context(ca, certificate), s.api_key), name
        assert s.log("gateway").count("/v1/enclave") == before, name
    with connect(port, client_context(ca, good)) as c:
        status, _ = ask(c, s.api_key)
        assert status == 200
        status, answer = ask(c, "cs_sec_live_wrong")
        assert status == 401, "a certificate is no API key"
    with open(good + ".pem") as f:
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(f.read())).hexdigest()
    line = [x for x in s.log("gateway").splitlines() if "/v1/enclave 200" in x][-1]
    assert f" {digest} " in line, line
    return good


def check_reload(s, port, ours, theirs, good):
    context = client_context(s.path("ours.pem"), good)
    with connect(port, context) as kept:
        assert ask(kept, s.api_key)[0] == 200
        first = server_names(port, context)
        assert b"X-RateLimit-Limit: 1000\r\n" in ask(kept, s.api_key)[1]

        replace(s.path("server"), ours.issue("server-2", "serverAuth"))
        write_config(s, tls_client_ca=s.path("theirs.pem"), tls_client_auth="required", rate_limit=500, log_level="debug")
        # The path of the CAs is fixed while the gateway runs; what is in the file is not.
        with open(s.path("client-ca.pem"), "wb") as to:
            for name in ("ours.pem", "theirs.pem"):
                with open(s.path(name), "rb") as f:
                    to.write(f.read())
        hang_up(s, "certificate read again", "log level, rate limits and suspended orgs read again")
        second = server_names(port, context)
        assert second != first
        assert ask(kept, s.api_key)[0] == 200, "the connection lives on"
        assert b"X-RateLimit-Limit: 500\r\n" in ask(kept, s.api_key)[1]
        with connect(port, client_context(s.path("ours.pem"), s.path("stranger"))) as c:
            assert ask(c, s.api_key)[0] == 200, "the other authority counts now"

        # What cannot be used leaves all as it was.
        with open(s.path("server.key"), "w") as f:
            f.write("no key\n")
        write_config(s, rate_limit="many")
        hang_up(s, "the certificate in use stays", "the configuration in use stays: --config: line 1: not a number in range")
        assert server_names(port, context) == second
        assert b"X-RateLimit-Limit: 500\r\n" in ask(kept, s.api_key)[1]
        replace(s.path("server"), s.path("server-2"))
        replace(s.path("server"), ours.issue("server-3", "serverAuth"))
        write_config(s, log_level="error")
        hang_up(s, "certificate read again")
        assert server_names(port, context) not in (first, second)
        requests = s.log("gateway").count("/v1/enclave 200")
        assert b"X-RateLimit-Limit: 2000\r\n" in ask(kept, s.api_key)[1]
        assert s.log("gateway").count("/v1/enclave 200") == requests, "errors only are logged"


def check_passphrase(s):
    """A key that only a passphrase opens is refused; nobody is asked for it, not even where there is a terminal."""
    openssl("pkey", "-in", "server.key", "-aes256", "-passout", "pass:secret", "-out", "closed.key", folder=s.folder)
    argv = [program("countersign-gateway"), "serve-http", "--bind", "127.0.0.1:0", "--store", s.store, "--agent",
            "unix:" + s.path("agent.sock"), "--allow-mock", "--tls-cert", s.path("server.pem"), "--tls-key",
            s.path("closed.key")]
    try:
        pid, terminal = pty.fork()
    except OSError as e:
        print("nobody can be asked where there is no terminal:", e)  # a chroot without /dev/pts
        return
    if pid == 0:
        os.execv(argv[0], argv)
    said = b""
    while b"not started" not in said:
        ready, _, _ = select.select([terminal], [], [], 20)
        try:
            said += os.read(terminal, 65536) if ready else b""
        except OSError:  # its end
            ready = []
        if not ready:
            break
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    os.close(terminal)
    assert b"closed.key" in said and b"not started" in said and b"pass phrase" not in said, said


def test():
    with Service(start=False) as s:
        ours, theirs = Authority(s.folder, "ours"), Authority(s.folder, "theirs")
        ours.issue("server", "serverAuth")
        ca = s.path("ours.pem")
        s.start_enclave()
        s.start_agent()
        s.gateway_options += ["--tls-cert", s.path("server.pem"), "--tls-key", s.path("server.key")]
        s.start_gateway()
        assert s.url.startswith("https://")
        port = int(s.url.rsplit(":", 1)[1])
        check_groups(port, ca)
        with connect(port, client_context(ca)) as c:
            assert ask(c, s.api_key)[0] == 200
        check_cookie(port, client_context(ca), s.api_key)
        s.stop("gateway")
        check_passphrase(s)

        # With an authority for clients; the rest of the configuration is in the file.
        with open(s.path("client-ca.pem"), "wb") as to, open(ca, "rb") as f:
            to.write(f.read())
        write_config(s, tls_client_ca=s.path("client-ca.pem"), rate_limit=1000)
        s.gateway_options += ["--config", s.path("gateway.conf")]
        s.start_gateway()
        port = int(s.url.rsplit(":", 1)[1])
        good = check_clients(s, port, ours, theirs)
        check_reload(s, port, ours, theirs, good)
        s.stop("gateway")

        write_config(s, tls_client_ca=s.path("client-ca.pem"), tls_client_auth="optional")
        s.start_gateway()
        port = int(s.url.rsplit(":", 1)[1])
        with connect(port, client_context(ca)) as c:
            assert ask(c, s.api_key)[0] == 200, "a certificate is optional"
        assert is_refused(port, client_context(ca, s.path("late")), s.api_key), "a bad one is not"
        with connect(port, client_context(ca, good)) as c:
            assert ask(c, s.api_key)[0] == 200
        s.stop("gateway")

        # An unusable file for the clients' authorities is no reason to let everybody in.
        for content in ("", "no certificate\n"):
            with open(s.path("client-ca.pem"), "w") as f:
                f.write(content)
            try:
                s.start_gateway()
            except AssertionError as e:
                assert "TLS: " in str(e)
            else:
                raise AssertionError("started without an authority")
            assert s.processes.pop("gateway").wait(30) == 1


if __name__ == "__main__":
    sys.exit(run(test))
