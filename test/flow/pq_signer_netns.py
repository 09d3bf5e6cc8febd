#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Gateway and agent in network namespaces of their own: the gateway reaches the table and not the KMS, the agent the KMS and
not the table, and the door works through both."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.parse

from flow import SKIP, run
from flow_dynamo import Dynalite
from flow_pq import good
from pq_signer_zones import Certified, Deployed
from tls import Authority

FRONT, HOST = f"cs-front-{os.getpid()}", f"cs-host-{os.getpid()}"
LINK_FRONT, LINK_HOST = "10.213.1.1", "10.213.1.2"        # gateway and agent
OUR_FRONT, FRONT_OUTSIDE = "10.213.3.1", "10.213.3.2"     # clients and the table, and the gateway
OUR_HOST, HOST_OUTSIDE = "10.213.2.1", "10.213.2.2"       # the KMS, and the agent


def ip(*argv):
    made = subprocess.run(["ip", *argv], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise OSError(made.stderr)


def wire(space, name, address, other_space, other_name, other_address):
    ip("link", "add", name, "type", "veth", "peer", "name", other_name)
    for link, at, where in ((name, address, space), (other_name, other_address, other_space)):
        if where:
            ip("link", "set", link, "netns", where)
        inside = ["-n", where] if where else []
        ip(*inside, "addr", "add", at + "/30", "dev", link)
        ip(*inside, "link", "set", link, "up")


def make_spaces():
    for space in (FRONT, HOST):
        ip("netns", "add", space)
        ip("-n", space, "link", "set", "lo", "up")
    n = os.getpid() % 100000
    wire(FRONT, f"csa{n}", LINK_FRONT, HOST, f"csb{n}", LINK_HOST)
    wire(None, f"csc{n}", OUR_FRONT, FRONT, f"csd{n}", FRONT_OUTSIDE)
    wire(None, f"cse{n}", OUR_HOST, HOST, f"csf{n}", HOST_OUTSIDE)


def remove_spaces():
    for space in (FRONT, HOST):
        subprocess.run(["ip", "netns", "del", space], capture_output=True, check=False)


def pump(a, b):
    try:
        while chunk := a.recv(65536):
            b.sendall(chunk)
    except OSError:
        pass
    finally:
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def lead(address, url):
    """A port at `address` that leads to a service of this machine; its URL."""
    port = urllib.parse.urlparse(url).port
    listener = socket.create_server((address, 0))

    def serve():
        while True:
            client, _ = listener.accept()
            service = socket.create_connection(("127.0.0.1", port))
            for pair in ((client, service), (service, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()
    return f"http://{address}:{listener.getsockname()[1]}"


class Apart(Deployed):
    def spawn(self, name, argv, **options):
        space = {"gateway": FRONT, "agent": HOST}.get(name)
        if space:
            there = {"127.0.0.1:0": FRONT_OUTSIDE + ":0", "127.0.0.1": LINK_HOST, f"localhost:{self.port}": f"{LINK_HOST}:{self.port}"}
            metrics = argv.index("--metrics-bind") + 1 if "--metrics-bind" in argv else -1
            argv = ["ip", "netns", "exec", space, *[word if i == metrics else there.get(word, word) for i, word in enumerate(argv)]]
        super().spawn(name, argv, **options)

    def issue(self):
        if self.certificates is None:
            super().issue()
            inside, outside = Authority(self.folder, "inside2"), Authority(self.folder, "outside2")
            self.inside, self.outside = self.path("inside2.pem"), self.path("outside2.pem")
            self.certificates = inside.issue("host2", "serverAuth", names=f"IP:{LINK_HOST}"), inside.issue("front2", "clientAuth")
            self.front = outside.issue("door2", "serverAuth", names=f"IP:{FRONT_OUTSIDE}")
            self.custodian = outside.issue("custodian2", "clientAuth")
            self.given[5], self.given[7], self.given[9] = self.front + ".pem", self.front + ".key", self.outside
        return self.certificates

    def kms_agent_options(self):
        self.kms_there = lead(OUR_HOST, self.kms.url)
        return ["--kms-endpoint", self.kms_there]


def reaches(space, url):
    """Whether a program in that namespace gets a connection."""
    place = urllib.parse.urlparse(url)
    code = f"import socket; socket.create_connection(({place.hostname!r}, {place.port}), timeout=3)"
    return subprocess.run(["ip", "netns", "exec", space, sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def zones(table):
    with Apart(table) as z:
        door = Certified(z, z.custodian)
        made = good(door.make("apart"))
        assert good(door.sign("apart", request_attestation=True))["mldsa_public_key"] == made["mldsa_pubkey"]
        assert reaches(FRONT, table) and not reaches(HOST, table), "the table is the gateway's alone"
        assert reaches(HOST, z.kms_there) and not reaches(FRONT, z.kms_there), "the KMS is the agent's alone"
        link = f"http://{LINK_HOST}:{z.port}"
        assert reaches(FRONT, link), "and one port leads from one to the other"
        z.alive()


def test():
    if os.geteuid() != 0 or shutil.which("ip") is None:
        print("network namespaces take root and ip(8); skipped")
        sys.exit(SKIP)
    with Dynalite() as dynalite:
        try:
            try:
                make_spaces()
            except OSError as e:
                print(f"no network namespaces here; skipped: {e}")
                sys.exit(SKIP)
            zones(lead(OUR_FRONT, dynalite.url))
        finally:
            remove_spaces()


if __name__ == "__main__":
    run(test)
