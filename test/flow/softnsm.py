#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`countersign dev` under the software NSM: signatures attested by documents of Nitro's shape, per operation and per
session, verified offline; and the root that is software never passes for hardware."""

import base64
import hashlib
import json
import os
import sys
import tempfile

from cli_dev import BIN, Dev, expect, run, until, write
from flow import Service, is_sanitized


def claims(document):
    parts = base64.b64decode(document).split(b".")
    return [base64.urlsafe_b64decode(p + b"=" * (-len(p) % 4)) for p in parts]


def check_documents(evidence, results):
    """What the header is, and that evidence is shared by the documents of a session and by no others."""
    headers, proofs, epochs = [], [], set()
    for r in results:
        header, payload, proof = claims(r["attestation"]["docB64"])
        headers.append(json.loads(header))
        proofs.append(proof)
        payload = json.loads(payload)
        epochs.add(payload["epoch"])
        assert payload["vendor"] == "aws-nitro-enclave" and payload["imageHash"].startswith("sha384:")
        assert "rootPublicKeyB64" not in payload and "claims" not in payload and "issuedAt" not in payload
    assert len(epochs) == 1
    if evidence == "operation":
        assert headers == [{"alg": "nitro-cose", "typ": "countersign-operation"}] * len(results)
        assert len(set(proofs)) == len(proofs) and all(p[0] == 0x84 for p in proofs)
        return
    assert all(set(h) == {"alg", "typ", "evidence", "spki", "epoch"} for h in headers)
    assert all((h["alg"], h["typ"], h["epoch"]) == ("EdDSA", "countersign-session", *epochs) for h in headers)
    assert len({h["evidence"] for h in headers}) == 1 and all(len(p) == 64 for p in proofs)


def check_refusals(d, folder, evidence, pair):
    """The same result under policies that pin something else."""
    good = d.facts["policy"]
    rules = good["matchRules"]
    without_root = {"pcrs": rules["pcrs"]}
    other = "session" if evidence == "operation" else "operation"
    rows = [
        (dict(good, evidence=other), 2, "ATT_HEADER_MISMATCH"),
        (dict(good, matchRules=dict(rules, pcrs={"0": ["5e" * 48]})), 2, "ATT_IMAGE_NOT_ALLOWED"),
        (dict(good, matchRules=dict(rules, pcrs={"0": rules["pcrs"]["0"], "1": ["5e" * 48]})), 2, "ATT_IMAGE_NOT_ALLOWED"),
        (dict(good, matchRules=dict(rules, pcrs={})), 1, "POLICY_ALLOWLIST_EMPTY"),
        (dict(good, matchRules=without_root), 2, "ATT_ROOT_MISMATCH"),  # the root of AWS
    ]
    for i, (policy, code, said) in enumerate(rows):
        name = write(os.path.join(folder, "policy-%d.json" % i), json.dumps(policy))
        expect(code, said, "attest", "verify", "--allow-mock", "--policy", name, *pair)


def check_dev(folder, evidence):
    path = lambda name: os.path.join(folder, evidence + "-" + name)
    d = Dev(path("state"), "--attestation", "softnsm", "--evidence", evidence, log=path("log"))
    try:
        with open(os.path.join(BIN, "countersign-enclave"), "rb") as f:
            image = hashlib.sha384(f.read()).hexdigest()
        with open(os.path.join(path("state"), "enclave", "software-nsm-root.pem")) as f:
            root = f.read()
        assert d.facts["imageHash"] == "sha384:" + image and d.facts["rootCertificatePem"] == root
        assert d.facts["policy"]["matchRules"] == {"pcrs": {"0": [image]}, "rootCertificatePem": root}

        env = d.client()
        policy = write(path("policy.json"), json.dumps(d.facts["policy"]))
        stored = json.loads(expect(0, "", "attestation-policies", "create", "--file", policy, "--json", env=env))
        key = json.loads(expect(0, "", "keys", "create", "--name", "release", "--pq-provider", "enclave-nitro", "--policy",
                                stored["id"], "--json", env=env))
        write(path("key.pub"), key["publicKey"])
        expect(1, "POLICY_VENDOR", "keys", "create", "--name", "never", "--pq-provider", "enclave-mock", "--policy",
               stored["id"], env=env)
        expect(0, "", "keys", "create", "--name", "free", env=env)

        results = []
        for size in (0, 1000, (512 << 10) + 1):
            payload = write(path("payload"), os.urandom(size))
            out = expect(0, "", "sign", "--key", "release", "--in", payload, "--nonce",
                         base64.b64encode(b"a nonce of ours.").decode(), env=env)
            result = write(path("result.json"), out)
            results.append(json.loads(out))
            pair = ["--sign-result", result, "--payload", payload]
            verdict = json.loads(expect(0, "", "attest", "verify", "--allow-mock", "--json", "--policy", policy, *pair, "--nonce",
                                        base64.b64encode(b"a nonce of ours.").decode(), "--public-key", path("key.pub"),
                                        "--key-id", key["id"]))
            assert (verdict["ok"], verdict["vendor"], verdict["evidence"]) == (True, "aws-nitro-enclave", evidence)
            assert verdict["hardware"] is False and verdict["imageHash"] == "sha384:" + image
            assert results[-1]["attestation"]["verdict"] == "pass"
        check_documents(evidence, results)
        expect(2, "ATT_MOCK_REFUSED", "attest", "verify", "--policy", policy, *pair)
        expect(2, "ATT_NONCE_MISMATCH", "attest", "verify", "--allow-mock", "--policy", policy, *pair, "--nonce",
               base64.b64encode(b"another nonce....").decode())
        expect(2, "ATT_PREHASH_MISMATCH", "attest", "verify", "--allow-mock", "--policy", policy, *pair[:-1], path("key.pub"))
        check_refusals(d, folder, evidence, pair)
        assert "NOT HARDWARE" in run("attest", "verify", "--allow-mock", "--policy", policy, *pair)[1]
        if not is_sanitized("countersign"):  # which cannot turn core files off
            assert "NOT HARDWARE" in expect(0, "", "doctor", "--policy", policy, "--allow-mock", env=env)
        # Years later, by its bundle: judged at the time that the module's document bears.
        until("bundle", lambda: run("bundle", "--signature", results[-1]["signatureId"], "--out", path("bundle"), env=env)[0] == 0)
        stored = ["verify", "--bundle", path("bundle"), "--payload", path("payload")]
        assert "NOT HARDWARE" in expect(0, "", *stored, "--policy", policy, "--allow-mock")
        expect(2, "ATT_MOCK_REFUSED", *stored, "--policy", policy)
        dated = write(path("dated.json"), json.dumps({k: v for k, v in d.facts["policy"].items() if k != "requireDated"}))
        expect(2, "BUNDLE_POLICY", *stored, "--policy", dated, "--allow-mock")
        absent = json.loads(expect(0, "", "sign", "--key", "free", "--in", path("payload"), env=env))
        assert absent["attestation"]["verdict"] == "absent"
        told = json.loads(expect(0, "compare it", "enclave", "--json", env=env))
        assert told["hardware"] is False and told["rootSha256"] == verdict["rootSha256"] and told["evidence"] == evidence
        assert told["policy"]["matchRules"]["rootCertificatePem"] == root and "rootPublicKeyB64" not in told
        assert "DEVELOPMENT ROOT – NOT HARDWARE" in d.said()
    finally:
        code = d.stop()
    assert code == 0, d.said()


def check_production():
    """A gateway without --allow-mock does not start on it, and takes no policy that pins such a root."""
    with Service(gateway_options=(), start=False, enclave_options=("--attestation", "softnsm")) as s:
        s.start_enclave()
        s.start_agent()
        try:
            s.start_gateway()
        except AssertionError:
            pass
        else:
            raise AssertionError("a production gateway started on a software NSM")
        assert s.processes.pop("gateway").wait(30) == 1
        log = s.log("gateway")
        assert "the enclave is refused" in log and "--allow-mock" in log, log
        assert "root softnsm" in s.log("enclave") and "NOT HARDWARE" in s.log("enclave")
        with open(os.path.join(s.folder, "enclave", "software-nsm-root.pem")) as f:
            root = f.read()
    with Service(gateway_options=(), start=False) as s:
        s.start_agent()
        s.start_gateway()  # the enclave may come later
        pcrs = {"0": ["5e" * 48]}
        for vendor, rules, status, code in (
                ("aws-nitro-enclave", {"pcrs": pcrs}, 200, None),
                ("aws-nitro-enclave", {"pcrs": pcrs, "rootCertificatePem": root}, 400, "POLICY_FOREIGN_ROOT"),
                ("gcp-confidential-space", {"imageDigests": ["sha256:" + "5e" * 32], "audience": "a"}, 200, None),
                ("azure-confidential-vm", {"pcrs": {"4": ["5e" * 32]}}, 200, None),
                ("mock", {"allowedImageHashes": ["5e" * 32], "rootPublicKeyB64": base64.b64encode(bytes(32)).decode()}, 400,
                 "POLICY_MOCK")):
            answer = s.client.post("/v1/attestation-policies", {"name": vendor, "vendor": vendor, "matchRules": rules})
            assert answer.status == status and (code is None or answer.code == code), (vendor, answer)


def check_pinned():
    """Who the enclave has to be, the operator may say: then no other one serves, whatever it says of itself."""
    with open(os.path.join(BIN, "countersign-enclave"), "rb") as f:
        image = hashlib.sha384(f.read()).hexdigest()
    with Service(start=False, enclave_options=("--attestation", "softnsm")) as s:
        s.start_enclave()
        s.start_agent()
        with open(os.path.join(s.folder, "enclave", "software-nsm-root.pem")) as f:
            rules = {"pcrs": {"0": [image]}, "rootCertificatePem": f.read()}
        good = {"name": "ours", "vendor": "aws-nitro-enclave", "matchRules": rules}
        for policy, said in ((dict(good, matchRules=dict(rules, pcrs={"0": ["5e" * 48]})), "not on the allow-list"),
                             (dict(good, matchRules={"pcrs": rules["pcrs"]}), "root"),
                             (dict(good, evidence="session"), "header"), ({"name": "none"}, "missing"), (None, "nothing")):
            if policy is not None:
                write(s.path("pinned.json"), json.dumps(policy))
            s.gateway_options = ["--allow-mock", "--enclave-policy", s.path("pinned.json" if policy else "nothing")]
            try:
                s.start_gateway()
            except AssertionError:
                pass
            assert s.processes.pop("gateway").wait(30) == 1, policy
            assert said in s.log("gateway"), (policy, s.log("gateway"))
        write(s.path("pinned.json"), json.dumps(good))
        s.gateway_options = ["--allow-mock", "--enclave-policy", s.path("pinned.json")]
        s.start_gateway()
        assert s.client.get("/v1/enclave").data["imageHash"] == "sha384:" + image
        assert s.client.post("/v1/sign", {"keyId": s.key("k")["id"], "payload": "eA=="}).status == 200
        # Another one takes its place while the gateway runs.
        assert s.stop("enclave") == 0
        s.enclave_options = []
        s.start_enclave()
        answer = s.client.post("/v1/hybrid-keys", {"name": "late"})
        assert answer.status in (422, 503), answer
        until("refusal", lambda: s.client.get("/v1/enclave").status == 422)


def check_options():
    """Vendor mock has no sessions, and an option is one of its words."""
    for args, code, said in ((("--evidence", "session"), 1, "no session evidence"),
                             (("--attestation", "aws"), 64, "not one of the choices"),
                             (("--attestation", "softnsm", "--session-seconds", "9"), 64, "session-seconds")):
        with Service(start=False, enclave_options=args) as s:
            try:
                s.start_enclave()
            except AssertionError:
                pass
            assert s.processes.pop("enclave").wait(30) == code, args
            assert said in s.log("enclave"), s.log("enclave")
    with tempfile.TemporaryDirectory() as folder:
        expect(1, "no session evidence", "dev", "--state", os.path.join(folder, "s"), "--evidence", "session")


def main():
    with tempfile.TemporaryDirectory() as folder:
        for evidence in ("operation", "session"):
            print(evidence)
            check_dev(folder, evidence)
    print("production")
    check_production()
    print("pinned")
    check_pinned()
    print("options")
    check_options()


if __name__ == "__main__":
    sys.exit(main())
