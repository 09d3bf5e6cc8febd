#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the service does for a key under Nitro's evidence, of a module of software: batches, rotations, vault policies,
policies that only watch, and an enclave that starts anew under the same root."""

import base64
import json
import os
import sys

from cli_dev import until
from cli_tls import countersign
from flow import Service, b64, run

WRONG = "5e" * 48


def judge(s, policy, result, payload, *more):
    """Exit code and verdict of one signature, offline."""
    paths = {}
    for name, content in (("policy", json.dumps(policy).encode()), ("payload", payload),
                          ("doc", base64.b64decode(result["attestation"]["docB64"])),
                          ("signature", base64.b64decode(result["signature"]))):
        paths[name] = s.path("judge-" + name)
        with open(paths[name], "wb") as f:
            f.write(content)
    done = countersign(s, "attest", "verify", "--json", "--allow-mock", *more,
                       *(x for name in paths for x in ("--" + name, paths[name])))
    return done.returncode, json.loads(done.stdout)


def batches(s, policy, evidence):
    key = s.key("batched", pqProvider="enclave-nitro", attestationPolicyId=policy["id"])
    payloads = [os.urandom(n) for n in range(8)]
    answer = s.client.post("/v1/sign/batch", {"items": [{"keyId": "batched", "payload": b64(p)} for p in payloads]})
    results = [i["data"] for i in answer.data["items"]]
    assert len(results) == len(payloads) and all(r["attestation"]["verdict"] == "pass" for r in results), answer
    counters = set()
    for r, payload in zip(results, payloads):
        code, verdict = judge(s, policy, r, payload, "--key-id", key["id"])
        assert code == 0 and verdict["evidence"] == evidence and verdict["hardware"] is False, verdict
        assert verdict["evidenceTime"] > 0 and verdict["rootSha256"] and verdict["imageHash"].startswith("sha384:")
        counters.add(verdict["counter"])
    assert len(counters) == len(payloads)
    assert judge(s, policy, results[0], payloads[1])[1]["reason"] == "ATT_PAYLOAD_MISMATCH"
    assert judge(s, policy, dict(results[0], signature=results[1]["signature"]), payloads[0])[1]["reason"] == \
        "ATT_SIGNATURE_MISMATCH"


def rotations(s, policy):
    first = newest = s.key("turned", pqProvider="enclave-nitro", attestationPolicyId=policy["id"])
    for _ in range(2):
        answer = s.client.post(f"/v1/hybrid-keys/{newest['id']}/rotate", {})
        assert answer.status == 200, answer
        newest = s.client.get("/v1/hybrid-keys/" + answer.data["id"]).data
    assert len(newest["lineage"]) == 2
    for name, content in (("first.pub", first["publicKey"]), ("newest.json", json.dumps(newest)),
                          ("pinned.json", json.dumps(policy)), ("others.json", json.dumps(
                              dict(policy, matchRules=dict(policy["matchRules"], pcrs={"0": [WRONG]}))))):
        with open(s.path(name), "w", encoding="utf-8") as f:
            f.write(content)
    walk = ["lineage", "verify", "--lineage", s.path("newest.json"), "--public-key", s.path("first.pub"), "--key-id",
            first["id"], "--policy"]
    done = countersign(s, *walk, s.path("pinned.json"), "--allow-mock")
    assert done.returncode == 0 and done.stdout.strip() == newest["publicKey"], done
    for pinned, more, said in (("others.json", ["--allow-mock"], "ATT_IMAGE_NOT_ALLOWED"),
                               ("pinned.json", [], "ATT_MOCK_REFUSED")):
        done = countersign(s, *walk, s.path(pinned), *more)
        assert done.returncode == 2 and said in done.stderr, done


def watching(s, policy, evidence):
    """A policy that another image satisfies: enforced it lets nothing out, else it is told and never called verified."""
    rules = dict(policy["matchRules"], pcrs={"0": [WRONG]})
    common = {"vendor": policy["vendor"], "matchRules": rules, "evidence": evidence}
    strict = s.policy(name="strict", **common)
    refused = s.client.post("/v1/hybrid-keys", {"name": "never", "pqProvider": "enclave-nitro", "attestationPolicyId": strict})
    assert (refused.status, refused.code) == (422, "ATTESTATION_REJECTED"), refused
    watched = s.policy(name="watched", enforce=False, **common)
    s.key("watched", pqProvider="enclave-nitro", attestationPolicyId=watched)
    result = s.sign("watched", b"x").data
    assert (result["attestation"]["verdict"], result["attestation"]["reason"]) == ("fail", "ATT_IMAGE_NOT_ALLOWED"), result
    kept = s.client.get("/v1/signatures/" + result["signatureId"]).data
    assert kept["attestation"]["verdict"] == "fail", kept
    assert [e for e in s.entries() if e["eventType"] == "attestation.violation"]


def vault_policies(s):
    s.key("free")
    answer = s.client.post("/v1/policies", {"name": "attested", "rule": {"matchOperation": "sign", "requireAttested": True}})
    assert answer.status == 200, answer
    refused = s.client.post("/v1/sign", {"keyId": "free", "payload": b64(b"x")})
    assert refused.code == "POLICY_VIOLATED", refused
    assert s.client.post("/v1/sign", {"keyId": "watched", "payload": b64(b"x")}).code == "POLICY_VIOLATED"
    assert s.sign("batched", b"x").data["attestation"]["verdict"] == "pass"
    dry = s.client.post("/v1/sign", {"keyId": "batched", "payload": b64(b"x"), "dryRun": True})
    assert dry.status == 200, dry


def started_anew(s, policy):
    """Another life of the enclave: another epoch and chain, the same root and keys."""
    before = s.client.get("/v1/enclave").data
    assert s.stop("enclave") == 0
    s.start_enclave()
    until("another epoch", lambda: s.client.get("/v1/enclave").data["epoch"] != before["epoch"])  # asked once a second
    after = s.client.get("/v1/enclave").data
    assert before["rootSha256"] == after["rootSha256"] and before["imageHash"] == after["imageHash"], (before, after)
    code, verdict = judge(s, policy, s.sign("batched", b"again").data, b"again")
    assert code == 0 and verdict["claims"]["epoch"] == after["epoch"], verdict


def test():
    for evidence in ("operation", "session"):
        with Service(enclave_options=("--attestation", "softnsm", "--evidence", evidence)) as s:
            told = s.client.get("/v1/enclave").data["policy"]
            made = s.policy(name="pinned", vendor=told["vendor"], matchRules=told["matchRules"], evidence=evidence)
            policy = s.client.get("/v1/attestation-policies/" + made).data
            assert told["evidence"] == evidence and policy["evidence"] == evidence
            batches(s, policy, evidence)
            rotations(s, policy)
            watching(s, policy, evidence)
            vault_policies(s)
            started_anew(s, policy)


if __name__ == "__main__":
    sys.exit(run(test))
