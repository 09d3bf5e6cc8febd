#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Pinned keys that end: /readyz and the doctor tell of them in time, until the policy is changed, and sign on."""

import json
import sys
import time

from cli_tls import countersign
from flow import Service, run
from refresh_keys import PCRS, make_key

DAY = 86400
ISSUER = "https://shared.attest.azure.net"


def warns(s, expected):
    """Whether /readyz comes to warn of just that: it rests a moment between two readings of the policies."""
    for _ in range(300):
        plain, verbose = s.client.get("/readyz", api_key=""), s.client.get("/readyz?verbose", api_key="")
        assert plain.status == 200 and json.loads(plain.raw)["status"] == "ready", plain
        told = [json.loads(answer.raw).get("warnings", []) for answer in (plain, verbose)]
        if told == [expected, expected]:
            return True
        time.sleep(0.1)
    print(told)
    return False


def said(count, at):
    time_text = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(at))
    return [f"attestation policies that pin keys or collateral which end soon: {count}, the first at {time_text}"]


def test():
    now = int(time.time())
    with Service() as s:
        key, other = make_key(s.folder, "one"), make_key(s.folder, "two")

        def rules(*keys):
            return {"pcrs": PCRS, "issuers": [ISSUER], "jwks": {"keys": keys}}

        def policy(*keys):
            return s.policy(name="azure", vendor="azure-confidential-vm", matchRules=rules(*keys))

        def change(policy_id, *keys):
            answer = s.client.call("PATCH", "/v1/attestation-policies/" + policy_id, {"matchRules": rules(*keys)})
            assert answer.status == 200, answer

        def doctor():
            done = countersign(s, "doctor", "--json", "--server", s.url)
            return [c for c in json.loads(done.stdout)["checks"] if c["check"] == "pinned keys"]

        assert warns(s, []) and doctor() == []
        soon = policy(dict(key, exp=now + 13 * DAY))
        assert warns(s, said(1, now + 13 * DAY))
        assert doctor() == [{"check": "pinned keys", "status": "warn", "detail": said(1, now + 13 * DAY)[0]}], doctor()
        for keys in ([dict(key, exp=now + 15 * DAY)], [key], [dict(key, exp=now - DAY), other],
                     [dict(key, exp=now - DAY), dict(other, exp=now + 15 * DAY)]):
            policy(*keys)  # nothing to tell of
        assert warns(s, said(1, now + 13 * DAY))
        gone = policy(dict(key, exp=now - DAY))
        assert warns(s, said(2, now - DAY))
        assert "end soon: 2, the first is " + gone in s.log("gateway")
        change(gone, dict(key, exp=now + 15 * DAY))
        assert warns(s, said(1, now + 13 * DAY))
        assert s.client.delete("/v1/attestation-policies/" + soon).status == 200
        assert warns(s, []) and doctor() == []


if __name__ == "__main__":
    sys.exit(run(test))
