#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A dry run tells what would be refused and why; it signs nothing, records nothing and never reaches the enclave."""

import signal

from flow import Service, b64, run


def ask(s, key, **members):
    answer = s.client.post("/v1/sign", {"keyId": key, "payload": b64(b"dry"), "dryRun": True, **members})
    assert answer.status == 200, answer
    assert answer.data["dryRun"] is True and "signature" not in answer.data
    assert answer.data["wouldSign"] == (answer.data["refusals"] == []), answer
    return answer.data


def codes(told):
    return [r["code"] for r in told["refusals"]]


def test():
    with Service() as s:
        policy = s.policy()
        root = s.client.get("/v1/enclave").data["rootPublicKeyB64"]
        attested = s.key("attested", pqProvider="enclave-mock", attestationPolicyId=policy)["id"]
        plain = s.key("plain", algorithm="mldsa44+ed25519", environment="staging")["id"]
        before = len(s.entries())

        told = ask(s, attested)
        assert told["attestation"] == {"policyId": policy, "policyVersion": 1, "enforce": True, "expected": "pass"}
        assert (told["keyId"], told["payloadSize"], told["wouldSign"]) == (attested, 3, True)
        told = ask(s, "plain")
        assert told["wouldSign"] and told["keyId"] == plain
        assert told["attestation"] == {"policyId": None, "policyVersion": None, "enforce": False, "expected": "absent"}
        assert len(s.entries()) == before, "a dry run has left something"

        # what cannot be asked about is refused as ever
        for body, status, code in (({"keyId": "nobody", "payload": ""}, 404, "NOT_FOUND"),
                                   ({"keyId": plain, "payload": "!"}, 400, "BAD_ENCODING"),
                                   ({"keyId": plain}, 400, "MISSING_FIELD")):
            answer = s.client.post("/v1/sign", {**body, "dryRun": True})
            assert (answer.status, answer.code) == (status, code), answer
        answer = s.client.post("/v1/sign", {"keyId": plain, "payload": "", "dryRun": "yes"})
        assert (answer.status, answer.code) == (400, "BAD_FIELD"), answer

        # an enclave that the policy does not allow
        changed = s.client.call("PATCH", "/v1/attestation-policies/" + policy, {
            "matchRules": {"allowedImageHashes": ["sha256:" + "11" * 32], "rootPublicKeyB64": root}})
        assert changed.status == 200, changed
        told = ask(s, attested)
        assert (told["attestation"]["expected"], told["attestation"]["reason"]) == ("fail", "ATT_IMAGE_NOT_ALLOWED")
        assert codes(told) == ["ATTESTATION_REJECTED"] and told["refusals"][0]["reason"] == "ATT_IMAGE_NOT_ALLOWED"
        answer = s.sign(attested, b"dry")
        assert (answer.status, answer.code, answer.details["reason"]) == (422, "ATTESTATION_REJECTED",
                                                                         "ATT_IMAGE_NOT_ALLOWED"), answer
        assert s.client.call("PATCH", "/v1/attestation-policies/" + policy, {"enforce": False}).status == 200
        told = ask(s, attested)
        assert told["wouldSign"] and told["attestation"]["expected"] == "fail", told
        assert s.sign(attested, b"dry").data["attestation"]["verdict"] == "fail"

        # everything at once: suspended, another pre-hash than the key's, two vault policies, one that warns
        ids = [s.client.post("/v1/policies", {"name": name, "action": action, "rule": rule}).data["id"]
               for name, action, rule in (("strong", "enforce", {"minPqLevel": 3}),
                                          ("attested", "enforce", {"requireAttested": True}),
                                          ("kms", "warn", {"minTier": 1}), ("quiet", "audit", {"minTier": 2}))]
        assert s.client.post(f"/v1/hybrid-keys/{plain}/suspend", {}).status == 200
        before = len(s.entries())
        answer = s.client.post("/v1/sign", {"keyId": plain, "preHash": {"alg": "sha256", "value": b64(bytes(32))},
                                            "payloadSize": 5, "dryRun": True})
        told = answer.data
        assert codes(told) == ["KEY_NOT_ACTIVE", "PREHASH_ALGORITHM", "POLICY_VIOLATED", "POLICY_VIOLATED"], told
        assert {(r["policyId"], r["rule"]) for r in told["refusals"][2:]} == {
            (ids[0], "minPqLevel"), (ids[1], "requireAttested")}
        assert [(w["policyId"], w["rule"]) for w in told["warnings"]] == [(ids[2], "minTier")]
        assert "payloadPreHash" in told and not told["wouldSign"]
        assert all(r["error"] for r in told["refusals"])
        assert len(s.entries()) == before

        # there is nobody to ask, and nobody is asked
        s.stop("agent", signal.SIGKILL)
        s.stop("enclave", signal.SIGKILL)
        assert codes(ask(s, attested)) == ["POLICY_VIOLATED"], "its attestation policy is not enforced any more"
        for policy_id in ids:
            assert s.client.delete("/v1/policies/" + policy_id).status == 200
        assert ask(s, attested)["wouldSign"]
        answer = s.sign(attested, b"dry")
        assert (answer.status, answer.code) == (503, "ENCLAVE_UNAVAILABLE"), answer


if __name__ == "__main__":
    run(test)
