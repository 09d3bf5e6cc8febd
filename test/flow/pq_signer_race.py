#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A thousand requests at once for keys of one user_id have one winner: in SQLite, and at three gateways on PostgreSQL. The same
over DynamoDB is in pq_signer_zones.py."""

import http.client
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import flow_postgres
from flow import run
from flow_pq import Door, Zones, good, refused

RACERS = 1000


def race(z, urls):
    local = threading.local()

    def make(i):
        if not hasattr(local, "door"):
            local.door = Door(z)
            local.door.connection = http.client.HTTPConnection(urls[i % len(urls)].split("//")[1], timeout=60)
        return local.door.make("contested")
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(make, range(RACERS)))
    winners = [a for a in answers if a[0] == 200]
    assert len(winners) == 1, [a[0] for a in answers][:40]
    for answer in answers:
        if answer[0] != 200:
            refused(answer)
    assert good(z.door.sign("contested"))["mldsa_public_key"] == winners[0][2]["mldsa_pubkey"]


def made(entries):
    return [e for e in entries if e["eventType"] == "pq_signer.key_created"]


def test():
    with Zones(enclave_options=("--recipient-key-lifetime", "60")) as z:
        race(z, [z.url])
        assert len(made(z.entries())) == 1
    if flow_postgres.find("initdb") is None:
        print("without a PostgreSQL server the second half is left out")
        return
    with flow_postgres.Server() as server, \
            Zones(enclave_options=("--recipient-key-lifetime", "60"), store=server.url()) as z:
        others = [z.start_gateway(name) for name in ("gateway-b", "gateway-c")]
        race(z, [z.url, *("http://" + o.host for o in others)])
        assert len(made(server.entries(z.first["orgId"]))) == 1


if __name__ == "__main__":
    sys.exit(run(test))
