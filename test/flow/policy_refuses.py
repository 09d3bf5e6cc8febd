#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An enclave that a policy does not allow signs nothing under it, and the ledger says so."""

import shutil
import subprocess

from flow import Service, program, run


def change_enclave(s, other):
    """Restarts the enclave, as itself or with another measurement."""
    s.stop("enclave")
    s.enclave_program = program("countersign-enclave")
    if other:
        changed = s.path("countersign-enclave")
        shutil.copy(s.enclave_program, changed)
        with open(changed, "ab") as f:
            f.write(b"\0")
        s.enclave_program = changed
    s.start_enclave()


def signatures(s):
    return s.database().execute("SELECT count(*) FROM signature").fetchone()[0]


def refused(answer, reason):
    assert (answer.status, answer.code) == (422, "ATTESTATION_REJECTED"), answer
    assert answer.details["reason"] == reason and "signature" not in answer.raw.decode().split('"code"')[1], answer


def enforced(s):
    key = s.key("enforced", pqProvider="enclave-mock", attestationPolicyId=s.policy())
    watching = s.policy(enforce=False)
    watched = s.key("watched", pqProvider="enclave-mock", attestationPolicyId=watching)
    free = s.key("free")
    assert s.sign("enforced", b"x").data["attestation"]["verdict"] == "pass"
    change_enclave(s, other=True)
    before = signatures(s)
    refused(s.sign("enforced", b"x"), "ATT_IMAGE_NOT_ALLOWED")
    refused(s.client.post("/v1/hybrid-keys", {"name": "late", "attestationPolicyId": key["attestationPolicyId"]}),
            "ATT_IMAGE_NOT_ALLOWED")
    assert signatures(s) == before, "nothing was stored"
    assert "late" not in [k["name"] for k in s.client.get("/v1/hybrid-keys?includeRevoked=true").data]
    violations = [e for e in s.entries() if e["eventType"] == "attestation.violation"]
    assert len(violations) == 2 and violations[0]["subjectId"] == key["id"]
    assert violations[0]["data"]["reason"] == "ATT_IMAGE_NOT_ALLOWED" and "sigSha256" not in violations[0]["data"]

    attestation = s.sign("watched", b"x").data["attestation"]
    assert (attestation["verdict"], attestation["reason"]) == ("fail", "ATT_IMAGE_NOT_ALLOWED")
    entry = s.entries()[-1]
    assert entry["eventType"] == "attestation.violation" and "sigSha256" in entry["data"]
    assert signatures(s) == before + 1
    assert s.sign(free["id"], b"x").data["attestation"]["verdict"] == "absent", "no policy, no opinion"
    assert watched["status"] == "active"
    change_enclave(s, other=False)
    assert s.sign("enforced", b"x").data["attestation"]["verdict"] == "pass", "as before"


def wrong_root(s):
    enclave = s.client.get("/v1/enclave").data
    root = "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    policy = s.policy(matchRules={"allowedImageHashes": [enclave["imageHash"]], "rootPublicKeyB64": root})
    answer = s.client.post("/v1/hybrid-keys", {"name": "x", "pqProvider": "enclave-mock",
                                               "attestationPolicyId": policy})
    refused(answer, "ATT_PROOF_INVALID")


def production(s):
    """Without --allow-mock the vendor mock is refused at start, at creation, and where a stored policy names it."""
    s.gateway_options = []
    s.stop("gateway")
    argv = [program("countersign-gateway"), "serve-http", "--bind", "127.0.0.1:0", "--store", s.store,
            "--agent", "unix:" + s.path("agent.sock")]
    started = subprocess.run(argv, capture_output=True, check=False, timeout=30)
    assert started.returncode == 1 and b"--allow-mock" in started.stderr, started
    s.stop("enclave")
    s.start_gateway()  # it cannot know yet
    s.start_enclave()
    refused(s.sign("enforced", b"x"), "POLICY_MOCK")
    refused(s.sign("free", b"x"), "ATT_MOCK_REFUSED")
    body = {"name": "mock", "vendor": "mock", "matchRules": {"allowedImageHashes": ["0" * 64], "rootPublicKeyB64": ""}}
    answer = s.client.post("/v1/attestation-policies", body)
    assert (answer.status, answer.code, answer.details["field"]) == (400, "POLICY_MOCK", "vendor"), answer
    assert s.client.get("/readyz", api_key="").status == 503


def test():
    with Service() as s:
        enforced(s)
        wrong_root(s)
        production(s)
        s.entries()
        s.alive()


if __name__ == "__main__":
    run(test)
