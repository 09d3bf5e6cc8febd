#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The statistics count what the realm holds, and nobody else's."""

from flow import Service, run

ROUTE = "/v1/stats"


def test():
    with Service(start=False) as s:
        other = s.other_org()
        s.start()
        empty = s.client.get(ROUTE).data
        assert empty["keys"] == {"active": 0, "superseded": 0, "suspended": 0, "revoked": 0}
        assert empty["signatures"] == {"pass": 0, "fail": 0, "absent": 0}
        assert empty["ledger"] == {"entries": 0, "checkpoints": 0}

        policy = s.policy()
        keys = [s.key(f"key {i}")["id"] for i in range(4)]
        bound = s.key("bound", pqProvider="enclave-mock", attestationPolicyId=policy)["id"]
        s.client.post(f"/v1/hybrid-keys/{keys[0]}/rotate", {})
        s.client.post(f"/v1/hybrid-keys/{keys[1]}/suspend", {})
        s.client.delete("/v1/hybrid-keys/" + keys[2])
        for key in (bound, bound, keys[3]):
            assert s.sign(key, b"x").status == 200
        s.client.post("/v1/policies", {"name": "p", "action": "audit", "rule": {"matchOperation": "sign",
                                                                               "minPqLevel": 2}})
        stats = s.client.get(ROUTE).data
        assert stats["keys"] == {"active": 3, "superseded": 1, "suspended": 1, "revoked": 1}, stats
        assert stats["signatures"] == {"pass": 2, "fail": 0, "absent": 1}, stats
        assert (stats["attestationPolicies"], stats["policies"]) == (1, 1), stats
        assert stats["ledger"]["entries"] == len(s.entries()), stats
        for stage in ("queue", "enclave", "verify", "commit", "request"):
            times = stats["stages"][stage]
            assert times["count"] >= 3 and 0 < times["p50Us"] <= times["p95Us"] <= times["p99Us"], (stage, times)

        theirs = s.client.get(ROUTE, api_key=other).data
        assert {k: theirs[k] for k in empty if k != "stages"} == {k: empty[k] for k in empty if k != "stages"}
        assert s.client.get(ROUTE, api_key=s.publishable).status == 403
        s.alive()


if __name__ == "__main__":
    run(test)
