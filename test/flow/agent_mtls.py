#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gateway and agent on two machines: TLS 1.3 with certificates of one authority at both ends. Who is somebody else is
refused in the handshake, before a byte of a frame is read."""

import json
import os
import socket
import ssl
import struct
import subprocess
import threading
import time

from flow import Service, program, run
from tls import Authority

BOOT = b'{"type":"Boot","version":1}'
PAST = ("20200101000000Z", "20200201000000Z")
FUTURE = ("20400101000000Z", "20400201000000Z")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Zones(Service):
    """The agent behind a port, the gateway reaching it by a name."""

    def __init__(self):
        super().__init__(start=False)
        self.port = free_port()
        self.ca = Authority(self.folder, "internal")
        self.agent_certificate = self.ca.issue("host", "serverAuth")
        self.gateway_certificate = self.ca.issue("front", "clientAuth")
        self.start_enclave()

    def agent_command(self, certificate, ca):
        return [program("countersign-agent"), "serve-mtls", "--enclave", "unix:" + self.path("enclave.sock"), "--listen-host",
                "127.0.0.1", "--listen-port", str(self.port), "--client-ca", ca, "--server-cert", certificate + ".pem",
                "--server-key", certificate + ".key", "--settings-key", self.path("agent.key")]

    def start_agent(self, certificate=None, ca=None):
        self.spawn("agent", self.agent_command(certificate or self.agent_certificate, ca or self.path("internal.pem")))
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return
            except OSError:
                assert self.processes["agent"].poll() is None and time.monotonic() < deadline, self.log("agent")
                time.sleep(0.02)

    def agent_options(self):
        return ["--host", f"localhost:{self.port}", "--ca", self.path("internal.pem"), "--client-cert", self.gateway_certificate + ".pem",
                "--client-key", self.gateway_certificate + ".key"]


def handshake(port, ca, certificate=None, name="localhost", **limits):
    context = ssl.create_default_context(cafile=ca)
    if certificate:
        context.load_cert_chain(certificate + ".pem", certificate + ".key")
    for member, value in limits.items():
        setattr(context, member, value)
    raw = socket.create_connection(("127.0.0.1", port), timeout=30)
    try:
        return context.wrap_socket(raw, server_hostname=name)
    except BaseException:
        raw.close()
        raise


def boot(connection):
    connection.sendall(struct.pack(">I", len(BOOT)) + BOOT)
    received = b""
    while len(received) < 4 or len(received) < 4 + struct.unpack(">I", received[:4])[0]:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        received += chunk
    return json.loads(received[4:])


def is_refused(port, ca, certificate=None, **limits):
    """No frame comes back, and the connection ends with an alert or a reset, whichever side is first."""
    try:
        with handshake(port, ca, certificate, **limits) as c:
            return boot(c) is None
    except (ssl.SSLError, ConnectionError):
        return True


def clients(z):
    other = Authority(z.folder, "other")
    good = z.gateway_certificate
    with handshake(z.port, z.path("internal.pem"), good) as c:
        assert c.version() == "TLSv1.3" and boot(c)["type"] == "Boot"
        assert boot(c)["type"] == "Boot", "one connection takes one request after the other"
    refusals = z.log("agent").count("PEER_REFUSED")
    for what, certificate in {
        "none": None,
        "of another authority": other.issue("stranger", "clientAuth"),
        "expired": z.ca.issue("expired", "clientAuth", PAST),
        "not yet valid": z.ca.issue("early", "clientAuth", FUTURE),
        "for servers": z.agent_certificate,
        "for nothing in particular": z.ca.issue("any", None),
        "for mail": z.ca.issue("mail", "emailProtection"),
    }.items():
        assert is_refused(z.port, z.path("internal.pem"), certificate), what
        refusals += 1
        deadline = time.monotonic() + 30  # the client hears of it before the log does
        while z.log("agent").count("PEER_REFUSED") < refusals:
            assert time.monotonic() < deadline, (what, z.log("agent")[-500:])
            time.sleep(0.02)
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_1):
        assert is_refused(z.port, z.path("internal.pem"), good, minimum_version=ssl.TLSVersion.TLSv1, maximum_version=version), version
    with socket.create_connection(("127.0.0.1", z.port), timeout=30) as c:
        c.sendall(struct.pack(">I", len(BOOT)) + BOOT)
        try:
            assert b"vendor" not in c.recv(65536), "plain bytes are no handshake"
        except ConnectionError:
            pass
    with handshake(z.port, z.path("internal.pem"), good) as c:
        assert boot(c)["type"] == "Boot", "the agent goes on"


def refused_server(z, what, certificate):
    """The gateway does not talk to this agent: it starts, and its enclave is not there."""
    z.stop("agent")
    z.start_agent(certificate)
    z.start_gateway()
    answer = z.client.get("/v1/enclave")
    assert answer.status == 503 and answer.code == "ENCLAVE_UNAVAILABLE", (what, answer)
    assert "PEER_REFUSED" in z.log("gateway") or "TLS:" in z.log("gateway"), what
    assert z.stop("gateway") == 0
    os.unlink(z.path("gateway.log"))


def servers(z):
    other = Authority(z.folder, "another")
    refused_server(z, "of another authority", other.issue("foreign", "serverAuth"))
    refused_server(z, "expired", z.ca.issue("old", "serverAuth", PAST))
    refused_server(z, "another name", z.ca.issue("elsewhere", "serverAuth", names="DNS:elsewhere.example"))
    refused_server(z, "the name in the subject alone", z.ca.issue("localhost", "serverAuth", names="DNS:x.example"))
    refused_server(z, "a wildcard", z.ca.issue("wild", "serverAuth", names="DNS:*"))


class Impostor(threading.Thread):
    """Somebody at the agent's port with a certificate of the authority; what a gateway says to it after the handshake is kept."""

    def __init__(self, z, certificate, **limits):
        super().__init__(daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate + ".pem", certificate + ".key")
        for member, value in limits.items():
            setattr(self.context, member, value)
        self.listener = socket.create_server(("127.0.0.1", z.port))
        self.met, self.heard = 0, b""
        self.start()

    def run(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            self.met += 1
            raw.settimeout(30)
            try:
                with self.context.wrap_socket(raw, server_side=True) as c:
                    self.heard += c.recv(65536)
            except OSError:
                raw.close()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.join(30)


def impostors(z):
    """Servers that the agent's program would never be: no frame is sent to them."""
    old = {"minimum_version": ssl.TLSVersion.TLSv1, "maximum_version": ssl.TLSVersion.TLSv1_2}
    for what, certificate, limits, said in (
            ("TLS 1.2 alone", z.agent_certificate, old, "protocol version"),
            ("TLS 1.1 alone", z.agent_certificate, {**old, "maximum_version": ssl.TLSVersion.TLSv1_1}, "TLS:"),
            ("a client's certificate", z.gateway_certificate, {}, "purpose"),
            ("for nothing in particular", z.ca.issue("anything", None), {}, "purpose"),
            ("not yet valid", z.ca.issue("soon", "serverAuth", FUTURE), {}, "not yet valid")):
        server = Impostor(z, certificate, **limits)
        z.start_gateway()
        answer = z.client.get("/v1/enclave")
        assert answer.status == 503 and answer.code == "ENCLAVE_UNAVAILABLE", (what, answer)
        assert z.stop("gateway") == 0
        server.close()
        assert server.met > 0 and server.heard == b"", (what, server.met, server.heard[:64])
        assert said in z.log("gateway"), (what, z.log("gateway")[-600:])
        os.unlink(z.path("gateway.log"))
    server = Impostor(z, z.agent_certificate)
    z.start_gateway()
    assert z.client.get("/v1/enclave").status == 503
    assert z.stop("gateway") == 0
    server.close()
    assert b"Boot" in server.heard, "with all that is asked for it is spoken to: the rows above are refused for their own reason"
    os.unlink(z.path("gateway.log"))


def files_that_do_not_fit(z):
    """A program whose own certificate is for the other role, or not its key's, does not start."""
    for certificate, said in ((z.gateway_certificate, "serverAuth"), (z.path("nowhere"), "nowhere.pem")):
        made = subprocess.run(z.agent_command(certificate, z.path("internal.pem")), capture_output=True, text=True, timeout=30)
        assert made.returncode == 1 and said in made.stderr, made.stderr
    swapped = z.agent_options()
    swapped[-1] = z.agent_certificate + ".key"
    for options, said in ((swapped, "key"), (z.agent_options()[:-2], "--client-key"),
                          (["--agent", "unix:x", *z.agent_options()], "either --agent"), ([], "either --agent")):
        argv = [program("countersign-gateway"), "serve-http", "--bind", "127.0.0.1:0", "--store", z.store, "--allow-mock"]
        made = subprocess.run([*argv, *options], capture_output=True, text=True, timeout=30)
        assert made.returncode == 1 and said in made.stderr, (options, made.stderr)


def test():
    with Zones() as z:
        z.start_agent()
        clients(z)
        z.start_gateway()
        key = z.key("through TLS")["id"]
        assert z.sign(key, bytes(300000)).status == 200, "a frame of many records"
        batch = {"items": [{"keyId": key, "payload": "eA=="}] * 64}
        assert z.client.post("/v1/sign/batch", batch).status == 200
        assert z.stop("agent") == 0
        assert z.sign(key, b"x").code == "ENCLAVE_UNAVAILABLE"
        z.start_agent()
        assert z.sign(key, b"x").status == 200, "it comes back by itself"
        assert z.stop("gateway") == 0
        os.unlink(z.path("gateway.log"))
        servers(z)
        z.stop("agent")
        impostors(z)
        files_that_do_not_fit(z)


if __name__ == "__main__":
    run(test)
