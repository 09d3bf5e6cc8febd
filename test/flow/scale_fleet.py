#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three gateways, two agents and three enclaves on PostgreSQL: kill -9 of any of them under load loses nothing that was
acknowledged and doubles nothing; every enclave opens every key; checkpoints stay with one of them; a new image takes
the old one's place while signatures go on."""

import pathlib
import shutil
import signal
import sys
import time

import flow_postgres
from flow import Service, freeze, program, run, sha256
from flow_load import with_load

ENCLAVES = ("enclave", "enclave-b", "enclave-c")
AGENTS = ("agent", "agent-b")
GATEWAYS = ("gateway", "gateway-b", "gateway-c")
OPTIONS = ("--allow-mock", "--checkpoint-seconds", "0")


class Fleet(Service):
    """Enclaves with the same key-encryption key and, since they are software, the same attestation root, but for one that has
    its own. Where the enclaves are stands in the agents' configuration."""

    def start(self):
        for name in ENCLAVES:
            self.start_enclave(name)
        self.list_enclaves(*ENCLAVES)
        for name in AGENTS:
            self.start_agent(name)
        self.start_gateway()

    def start_enclave(self, name="enclave", image=None):
        state = pathlib.Path(self.path(name + ".state"))
        if not state.exists():
            state.mkdir(0o700)
            root = pathlib.Path(self.path("enclave.state/attestation-root.key"))
            if root.exists() and name != "enclave-c":
                shutil.copy(root, state)
        self.spawn(name, [image or self.enclave_program, "serve", "--listen", "unix:" + self.path(name + ".sock"),
                          "--state", str(state), "--kek-file", self.path("kek")])
        self.wait_for_socket(name)

    def list_enclaves(self, *names):
        text = "".join(f"enclave = unix:{self.path(name)}.sock\n" for name in names)
        pathlib.Path(self.path("agent.conf")).write_text(text, encoding="ascii")

    def start_agent(self, name="agent"):
        self.spawn(name, [program("countersign-agent"), "serve", "--listen", "unix:" + self.path(name + ".sock"),
                          "--config", self.path("agent.conf"), "--settings-key", self.path("agent.key")])
        self.wait_for_socket(name)

    def agent_options(self):
        return [x for name in AGENTS for x in ("--agent", "unix:" + self.path(name + ".sock"))]

    def enclaves_are(self, *names):
        """From now on the agents use these, which they are told while they work."""
        self.list_enclaves(*names)
        for agent in AGENTS:
            before = self.log(agent).count("enclaves read again")
            self.processes[agent].send_signal(signal.SIGHUP)
            self.until(lambda a=agent, n=before: self.log(a).count("enclaves read again") > n)

    @staticmethod
    def until(done):
        deadline = time.monotonic() + 60
        while not done():
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def kill(self, name):
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes.pop(name).wait(30)


def epochs(server):
    """How many signatures are recorded of each epoch; a counter is there once."""
    rows = server.sql("SELECT epoch, count(*), count(DISTINCT counter) FROM signature WHERE epoch IS NOT NULL GROUP BY epoch")
    found = {}
    for line in rows.splitlines():
        epoch, n, distinct = line.split("|")
        assert n == distinct, line
        found[epoch] = int(n)
    return found


def every_enclave_signs(s, server):
    """A key that one of them made."""
    for i in range(12):
        assert s.sign("k", b"payload %d" % i).status == 200
    assert len(epochs(server)) == len(ENCLAVES)


def any_of_them_dies(s, clients, server):
    for enclave in ENCLAVES:
        with_load(s, clients, server, lambda e=enclave: s.kill(e))
        s.start_enclave(enclave)
    for agent in AGENTS:
        with_load(s, clients, server, lambda a=agent: s.kill(a))
        s.start_agent(agent)
    for n in (1, 2):
        with_load(s, clients, server, lambda g=GATEWAYS[n]: s.kill(g))
        clients[n] = s.start_gateway(GATEWAYS[n])
    for name in ("enclave-b", "agent-b"):  # it takes requests, and does not answer
        with_load(s, clients, server, lambda n=name: freeze(s.processes[n].pid))
        s.processes[name].send_signal(signal.SIGCONT)
    with_load(s, clients, server, lambda: None)


def checkpoints(s):
    """The second enclave signs them, because the first was away when it began; while that one is away there are none, and
    signatures go on."""
    def seal():
        return s.client.post("/v1/ledger/seal", {})
    s.kill("enclave")
    first = seal()
    assert first.status == 200, first
    s.start_enclave("enclave")
    assert s.sign("k", b"x").status == 200
    second = seal()
    assert second.data["fresh"] and second.data["signingKeyId"] == first.data["signingKeyId"], second
    bundle = s.client.get("/v1/ledger/bundle")
    assert bundle.data["signingKeys"][0]["id"] == first.data["signingKeyId"], bundle
    s.kill("enclave-b")
    assert all(s.sign("k", b"%d" % i).status == 200 for i in range(5))
    refused = seal()
    assert refused.status == 503, refused
    s.start_enclave("enclave-b")
    s.until(lambda: seal().status == 200)
    assert s.client.get("/v1/ledger/checkpoints/latest").data["signingKeyId"] == first.data["signingKeyId"]


def revocation(s, clients):
    """All enclaves have the key open; all of them forget it. One that was killed has nothing to forget."""
    key = s.key("short-lived")["id"]
    assert all(s.sign(key, b"%d" % i).status == 200 for i in range(9))
    s.kill("enclave-c")
    assert s.client.delete(f"/v1/hybrid-keys/{key}").status == 200
    assert all(s.sign(key, b"x", client=c).code == "KEY_NOT_ACTIVE" for c in clients)
    s.start_enclave("enclave-c")


def rotation(s, clients, server):
    """Another image beside the old one, then instead of it. The policy pins one root."""
    s.enclaves_are("enclave", "enclave-b")
    image = s.path("countersign-enclave-new")
    shutil.copy(s.enclave_program, image)
    with open(image, "ab") as f:
        f.write(b"\0")
    told = s.client.get("/v1/enclave").data
    old = told["imageHash"]
    new = "sha256:" + sha256(pathlib.Path(image).read_bytes())

    def policy(*images):
        return {"name": "rotation", "vendor": "mock", "evidence": told["evidence"],
                "matchRules": {**told["policy"]["matchRules"], "allowedImageHashes": list(images)}}
    made = s.client.post("/v1/attestation-policies", policy(old, new))
    assert made.status == 200, made
    key = s.key("rotated", attestationPolicyId=made.data["id"])["id"]
    s.start_enclave("enclave-new", image)
    s.enclaves_are("enclave", "enclave-b", "enclave-new")
    seen = set()
    for i in range(24):
        answer = s.sign(key, b"both %d" % i)
        assert answer.status == 200, answer
        seen.add(answer.data["attestation"]["imageHash"])
    assert seen == {old, new}
    with_load(s, clients, server, lambda: s.enclaves_are("enclave-new", "enclave"))
    only = {k: v for k, v in policy(new).items() if k in ("name", "matchRules")}
    changed = s.client.call("PATCH", f"/v1/attestation-policies/{made.data['id']}", only)
    assert changed.status == 200, changed
    codes = set()
    for i in range(12):
        answer = s.sign(key, b"new alone %d" % i)
        codes.add((answer.status, answer.data["attestation"]["imageHash"] if answer.status == 200 else answer.code))
    assert codes == {(200, new), (422, "ATTESTATION_REJECTED")}, codes
    s.enclaves_are("enclave-new")
    assert all(s.sign(key, b"%d" % i).status == 200 for i in range(12))
    for name in ENCLAVES:
        assert s.stop(name) == 0
    assert all(s.sign(key, b"%d" % i).status == 200 for i in range(3))


def test():
    flow_postgres.need()
    with flow_postgres.Server() as server, Fleet(OPTIONS, store=server.url()) as s:
        clients = [s.client, *(s.start_gateway(name) for name in GATEWAYS[1:])]
        s.key("k")
        every_enclave_signs(s, server)
        checkpoints(s)
        revocation(s, clients)
        any_of_them_dies(s, clients, server)
        rotation(s, clients, server)
        assert len(epochs(server)) > 2 * len(ENCLAVES)


if __name__ == "__main__":
    sys.exit(run(test))
