#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An enclave in a Confidential Space: tokens of a launcher attest its signatures, per operation and per session; a
launcher that misbehaves makes it sign nothing."""

import base64
import hashlib
import json
import os
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fakes"))
try:
    from launcher import Launcher
except ImportError as e:
    print("skipped: the fake launcher needs python3-cryptography (%s)" % e)
    sys.exit(77)

from cli_dev import expect, write
from flow import Service

IMAGE = "sha256:" + hashlib.sha256(b"an image").hexdigest()


def policy_of(launcher, **more):
    return {"name": "space", "vendor": "gcp-confidential-space", "requireDated": False,
            "matchRules": {"imageDigests": [IMAGE], "audience": "countersign",
                           "rootCertificatePem": launcher.chain.pem_of_root().decode()}, **more}


def options(launcher, evidence):
    return ("--attestation", "gcp", "--attestation-device", launcher.path, "--evidence", evidence)


def verify(folder, policy, result, code, said):
    write(os.path.join(folder, "policy.json"), json.dumps(policy))
    write(os.path.join(folder, "result.json"), json.dumps(result))
    return expect(code, said, "attest", "verify", "--allow-mock", "--policy", os.path.join(folder, "policy.json"),
                  "--sign-result", os.path.join(folder, "result.json"), "--payload", os.path.join(folder, "payload"))


def sign(s, key):
    answer = s.client.post("/v1/sign", {"keyId": key, "payload": base64.b64encode(b"payload").decode()})
    return answer


def check_evidence(launcher, folder, evidence):
    with Service(enclave_options=options(launcher, evidence)) as s:
        policy = policy_of(launcher, evidence=evidence)
        stored = s.client.post("/v1/attestation-policies", policy).data["id"]
        key = s.key("space", pqProvider="enclave-gcp", attestationPolicyId=stored)["id"]
        before = launcher.count
        results = [sign(s, key).data for _ in range(3)]
        assert [r["attestation"]["verdict"] for r in results] == ["pass"] * 3
        assert all(r["attestation"]["imageHash"] == IMAGE for r in results)
        asked = launcher.count - before
        assert asked == (3 if evidence == "operation" else 0), asked
        write(os.path.join(folder, "payload"), b"payload")
        verify(folder, policy, results[0], 0, "")
        other = dict(policy["matchRules"], imageDigests=["sha256:" + "11" * 32])
        verify(folder, dict(policy, matchRules=other), results[0], 2, "ATT_IMAGE_NOT_ALLOWED")
        verify(folder, dict(policy, matchRules=dict(policy["matchRules"], audience="other")), results[0], 2,
               "ATT_AUDIENCE_MISMATCH")
        verify(folder, dict(policy, evidence="session" if evidence == "operation" else "operation"), results[0], 2,
               "ATT_HEADER_MISMATCH")
        google = {k: v for k, v in policy["matchRules"].items() if k != "rootCertificatePem"}
        verify(folder, dict(policy, matchRules=google), results[0], 2, "ATT_ROOT_MISMATCH")
        told = s.client.get("/v1/enclave").data
        assert (told["vendor"], told["hardware"], told["imageHash"]) == ("gcp-confidential-space", False, IMAGE)
        return s.log("enclave") if evidence == "session" else check_faults(launcher, s, key)


def check_faults(launcher, s, key):
    """Each is noticed in the enclave, but for what only a verifier can judge."""
    for fault in ("another-nonce", "two-nonces", "another-audience", "another-image", "refuses", "long", "garbage"):
        launcher.set_fault(fault)
        answer = sign(s, key)
        assert (answer.status, answer.code) == (503, "ROOT_UNAVAILABLE"), (fault, answer)
    launcher.set_fault("debug")
    answer = sign(s, key)
    assert (answer.status, answer.code, answer.details["reason"]) == (422, "ATTESTATION_REJECTED", "ATT_DEBUG"), answer
    launcher.set_fault("")
    assert sign(s, key).data["attestation"]["verdict"] == "pass"
    s.alive()
    return s.log("enclave")


def check_start(launcher):
    """It does not start where it could not prove anything."""
    for fault in ("another-nonce", "another-audience", "garbage", "refuses"):
        launcher.set_fault(fault)
        with Service(start=False, enclave_options=options(launcher, "operation")) as s:
            try:
                s.start_enclave()
            except AssertionError:
                pass
            assert s.processes.pop("enclave").wait(30) == 1, fault
    launcher.set_fault("")


def main():
    with tempfile.TemporaryDirectory(prefix="cs-space-") as folder:
        with Launcher(folder, IMAGE) as launcher:
            threading.Thread(target=launcher.serve_forever, daemon=True).start()
            for evidence in ("operation", "session"):
                print(evidence)
                log = check_evidence(launcher, folder, evidence)
                assert "root that is not Google's" in log, log
            print("start")
            check_start(launcher)
            launcher.shutdown()


if __name__ == "__main__":
    main()
