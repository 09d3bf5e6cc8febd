#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The command line program over TLS: it trusts the authority it is told, shows its certificate, and says what fails."""

import json
import os
import subprocess
import sys

from flow import Service, is_sanitized, program, run
from tls import Authority, openssl


def countersign(s, *args, **env):
    clean = {k: v for k, v in os.environ.items() if not k.startswith("COUNTERSIGN_")}
    return subprocess.run([program("countersign"), *args], env=dict(clean, COUNTERSIGN_API_KEY=s.api_key, **env),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)


def test():
    with Service(start=False) as s:
        ours, theirs = Authority(s.folder, "ours"), Authority(s.folder, "theirs")
        ours.issue("server", "serverAuth")
        client = ours.issue("client", "clientAuth")
        stranger = theirs.issue("stranger", "clientAuth")
        openssl("pkey", "-in", "client.key", "-aes256", "-passout", "pass:word", "-out", "locked.key", folder=s.folder)
        s.start_enclave()
        s.start_agent()
        s.gateway_options += ["--tls-cert", s.path("server.pem"), "--tls-key", s.path("server.key"), "--tls-client-ca",
                              s.path("ours.pem")]
        s.start_gateway()
        server = ["--server", "https://localhost:" + s.url.rsplit(":", 1)[1]]
        ca = ["--ca-file", s.path("ours.pem")]
        shown = ["--client-cert", client + ".pem", "--client-key", client + ".key"]

        def list_keys(*options, **env):
            return countersign(s, "keys", "list", "--json", *server, *options, **env)

        good = list_keys(*ca, *shown)
        assert good.returncode == 0, good.stderr
        good = list_keys(COUNTERSIGN_CA_FILE=s.path("ours.pem"), COUNTERSIGN_CLIENT_CERT=client + ".pem",
                         COUNTERSIGN_CLIENT_KEY=client + ".key")
        assert good.returncode == 0, good.stderr
        refused = {
            "the system's authorities": shown,
            "another authority": ["--ca-file", s.path("theirs.pem"), *shown],
            "no authority": ["--ca-file", s.path("kek"), *shown],
            "no certificate": ca,
            "of another authority": [*ca, "--client-cert", stranger + ".pem", "--client-key", stranger + ".key"],
            "another key": [*ca, "--client-cert", client + ".pem", "--client-key", stranger + ".key"],
            "a locked key": [*ca, "--client-cert", client + ".pem", "--client-key", s.path("locked.key")],
            "a missing file": [*ca, "--client-cert", client + ".pem", "--client-key", s.path("none.key")],
        }
        for name, options in refused.items():
            bad = list_keys(*options)
            assert bad.returncode == 1 and bad.stdout == "" and bad.stderr.startswith("error: https://"), (name, bad)
        found = countersign(s, "doctor", "--state", s.path("enclave"), "--json", *server, *ca, *shown)
        checks = {c["check"]: (c["status"], c["detail"]) for c in json.loads(found.stdout)["checks"]}
        assert found.returncode == is_sanitized("countersign"), found  # such a build is dumpable, and that it says
        assert checks["server"][0] == checks["ready"][0] == "ok", found
        assert checks["tls"][0] in ("ok", "warn") and "good for" in checks["tls"][1], checks
        found = countersign(s, "doctor", "--state", s.path("enclave"), "--json", *server, *shown)
        checks = {c["check"]: c["status"] for c in json.loads(found.stdout)["checks"]}
        assert found.returncode == 1 and checks["server"] == "fail" and "tls" not in checks, found
        for half in (shown[:2], shown[2:]):
            assert list_keys(*ca, *half).returncode == 64

        s.stop("gateway")
        ours.issue("server", "serverAuth", names="DNS:elsewhere.example")
        s.start_gateway()
        server[1] = "https://localhost:" + s.url.rsplit(":", 1)[1]
        bad = list_keys(*ca, *shown)
        assert bad.returncode == 1 and bad.stderr.startswith("error: https://"), bad
        assert "/v1/hybrid-keys" not in s.log("gateway").split(" stopped\n")[-1], "another server was asked"


if __name__ == "__main__":
    sys.exit(run(test))
