#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An API key that asks too often is told so and when to come back; nobody else notices."""

import sys

from flow import Service, run

NAMES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def test():
    with Service(gateway_options=["--allow-mock", "--address-rate-limit", "0", "--rate-limit", "3"]) as s:
        entries = len(s.entries())
        statuses = []
        while 429 not in statuses:
            assert len(statuses) < 1000
            answer = s.client.get("/v1/hybrid-keys")
            statuses.append(answer.status)
            limit, remaining, reset = (int(answer.headers[n]) for n in NAMES)
            assert limit == 3 and 0 <= remaining <= 2 and reset == 1
        assert set(statuses[:-1]) == {200} and len(statuses) > 3
        assert (answer.code, answer.headers["Retry-After"], remaining) == ("RATE_LIMITED", "1", 0), answer
        assert len(s.entries()) == entries, "to be limited is no event"

        # The other key of the same org has a bucket of its own; what needs no key has no limit.
        other = s.client.get("/v1/hybrid-keys", api_key=s.publishable)
        assert other.status == 200 and other.headers[NAMES[1]] == "2", other
        for _ in range(10):
            assert s.client.get("/health").status == 200
        for path in ("/health", "/v1/hybrid-keys"):
            answer = s.client.get(path, api_key="")
            assert not any(n in answer.headers for n in NAMES), answer
        # An authenticated answer has them, whatever it says.
        for path, status in (("/v1/attestation-policies", 403), ("/v1/hybrid-keys/none", 404)):
            answer = s.client.get(path, api_key=s.publishable)
            assert answer.status in (status, 429) and all(n in answer.headers for n in NAMES), answer

        # A login costs a request of its API key, which may be one that everybody knows.
        answers = []
        while {a.status for a in answers} != {200, 429}:
            assert len(answers) < 100000
            answers.append(s.client.post("/v1/session", {"apiKey": s.publishable}, api_key=""))
            assert answers[-1].status in (200, 429), answers[-1]
        assert all(n in a.headers for a in answers for n in NAMES)
        logins = [e["eventType"] for e in s.entries()].count("apikey.session_created")
        assert logins == [a.status for a in answers].count(200)

        s.stop("gateway")
        s.gateway_options[-1] = "0"
        s.start_gateway()
        for _ in range(50):
            answer = s.client.get("/v1/hybrid-keys")
            assert answer.status == 200 and not any(n in answer.headers for n in NAMES), answer


if __name__ == "__main__":
    sys.exit(run(test))
