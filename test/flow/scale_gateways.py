#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three gateways on one PostgreSQL store: one order, one revocation, one answer for a repeated request; kill -9 of a
gateway and of the database under load loses nothing that was acknowledged and doubles nothing. CS_ROUNDS more of such
rounds in an order that CS_SEED gives."""

import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import flow_postgres
from flow import Client, Service, b64, run
from flow_load import with_load

NAMES = ("gateway", "gateway-b", "gateway-c")


def one_order(s, clients, server):
    """Every gateway appends to the same ledger at once."""
    def work(client):
        mine = Client("http://" + client.host, s.api_key)
        return [s.sign("k", b"payload %d" % i, client=mine) for i in range(25)]
    with ThreadPoolExecutor() as pool:
        answers = [a for list_ in pool.map(work, clients * 3) for a in list_]
    assert all(a.status == 200 for a in answers), [a for a in answers if a.status != 200][:3]
    entries = server.entries(s.first["orgId"])
    by_id = {e["id"]: e for e in entries}
    assert len({a.data["ledger"]["entryId"] for a in answers}) == len(answers) == 225
    for a in answers:
        assert by_id[a.data["ledger"]["entryId"]]["seq"] == a.data["ledger"]["seq"]


def one_answer(s, clients, server):
    """The same idempotency key at all gateways at once."""
    before = len(server.entries(s.first["orgId"]))
    body = {"keyId": "k", "payload": b64(b"once")}

    def work(client):
        mine = Client("http://" + client.host, s.api_key)
        return mine.post("/v1/sign", body, headers={"Idempotency-Key": "the same"})
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(work, clients * 8))
    assert {a.status for a in answers} == {200}, answers
    assert len({a.data["signature"] for a in answers}) == 1
    assert len(server.entries(s.first["orgId"])) == before + 1
    other = clients[1].post("/v1/sign", {**body, "payload": b64(b"twice")}, headers={"Idempotency-Key": "the same"})
    assert other.code == "IDEMPOTENCY_MISMATCH", other


def one_revocation(s, clients, server):
    """What one gateway has acknowledged holds at all of them in the same moment."""
    for i in range(5):
        name = f"short-lived {i}"
        key = s.key(name)["id"]
        for client in clients:
            assert s.sign(key, b"alive", client=client).status == 200
        assert clients[i % 3].delete(f"/v1/hybrid-keys/{key}").status == 200
        for client in clients:
            answer = s.sign(key, b"dead", client=client)
            assert answer.status != 200 and answer.code == "KEY_NOT_ACTIVE", answer
    signed = {e["subjectId"] for e in server.entries(s.first["orgId"]) if e["eventType"] == "key.revoked"}
    assert len(signed) == 5


def policies_reach_all(s, clients):
    """A vault policy and an API key that one gateway changed: the others know within the time of a look."""
    made = clients[0].post("/v1/policies", {"name": "none", "action": "enforce", "enabled": True,
                                            "rule": {"matchOperation": "sign", "algorithmNotIn": ["mldsa65+ed25519"]}})
    assert made.status == 200, made
    deadline = time.monotonic() + 20
    for client in clients:
        while s.sign("k", b"x", client=client).status == 200:
            assert time.monotonic() < deadline
    assert clients[2].delete(f"/v1/policies/{made.data['id']}").status == 200
    for client in clients:
        while s.sign("k", b"x", client=client).status != 200:
            assert time.monotonic() < deadline


def test():
    flow_postgres.need()
    with flow_postgres.Server() as server, Service(store=server.url()) as s:
        clients = [s.client, *(s.start_gateway(name) for name in NAMES[1:])]
        s.key("k")
        one_order(s, clients, server)
        one_answer(s, clients, server)
        one_revocation(s, clients, server)
        policies_reach_all(s, clients)

        def kill_gateway(name="gateway-b"):
            s.processes[name].send_signal(signal.SIGKILL)
            s.processes.pop(name).wait(30)

        def kill_database():
            server.kill()
            server.start()

        def kill_both():
            server.kill()
            kill_gateway("gateway-c")
            server.start()
        with_load(s, clients, server, kill_gateway)
        clients[1] = s.start_gateway("gateway-b")
        with_load(s, clients, server, kill_database)
        dice = random.Random(int(os.environ.get("CS_SEED", "8")))
        for i in range(int(os.environ.get("CS_ROUNDS", "0"))):
            disturb = dice.choice([kill_gateway, kill_database, kill_both])
            print("round", i, disturb.__name__, flush=True)
            with_load(s, clients, server, disturb)
            for n in (1, 2):
                if NAMES[n] not in s.processes:
                    clients[n] = s.start_gateway(NAMES[n])


if __name__ == "__main__":
    sys.exit(run(test))
