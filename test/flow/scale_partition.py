#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Between the gateways and their database the way is lost: a commit whose answer nobody got is never done twice, a way
that stands still is no reason to wait long, and everything comes back alone."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import flow_postgres
from flow import Client, Service, run
from flow_proxy import Proxy

ANSWER_S = 25  # at most, whatever the database does


def message(kind, **fields):
    body = b"".join(k.encode() + v.encode() + b"\0" for k, v in fields.items()) + b"\0"
    return kind + (len(body) + 4).to_bytes(4, "big") + body


def fresh(s):
    return Client(s.url, s.api_key)


def until_it_signs(s, within):
    deadline = time.monotonic() + within
    while s.sign("k", b"again").status != 200:
        assert time.monotonic() < deadline, "it does not come back"
        time.sleep(0.1)


def once(s, server, name):
    """An event whose commit nobody answered: one entry, and the ledger is what it should be."""
    assert server.sql(f"SELECT count(*) FROM entry_note WHERE name = '{name}'") == "1"
    server.entries(s.first["orgId"])


def lost_answer(s, server, proxy, name, away):
    """The commit is there, and for `away` seconds nobody can find out."""
    proxy.lost.clear()
    proxy.lose_answer.set()
    with ThreadPoolExecutor(1) as pool:
        told = pool.submit(s.client.post, "/v1/ledger/entries", {"name": name}, headers={"Idempotency-Key": name})
        assert proxy.lost.wait(20)
        time.sleep(away)
        proxy.mode = "pass"
        answer = told.result(60)
    assert answer.status in (200, 503), answer
    until_it_signs(s, 20)
    again = s.client.post("/v1/ledger/entries", {"name": name}, headers={"Idempotency-Key": name})
    assert again.status == 200, again  # the kept answer, whatever was told before
    once(s, server, name)
    return answer.status


def a_pooler_says_so(s, server, proxy):
    """It lost its server in the middle of a commit and says that in an error of its own."""
    proxy.instead = message(b"E", S="FATAL", V="FATAL", C="08P01", M="server conn crashed?") + b"Z\0\0\0\5I"
    proxy.lose_answer.set()
    answer = s.client.post("/v1/ledger/entries", {"name": "pooler"})
    proxy.instead = None
    once(s, server, "pooler")
    assert answer.status == 200, answer


def stands_still(s, proxy):
    """Neither answers nor errors: requests end all the same, and /readyz tells."""
    proxy.mode = "stall"
    began = time.monotonic()
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(lambda i: s.sign("k", b"%d" % i, client=fresh(s)), range(40)))
    took = time.monotonic() - began
    assert {a.status for a in answers} <= {503, 504}, answers
    assert took < ANSWER_S, f"{took:.1f} s"
    assert fresh(s).get("/readyz").status == 503
    proxy.mode = "pass"
    until_it_signs(s, 20)
    assert s.client.get("/readyz").status == 200


WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


def waits_for_its_replica(s, server):
    """A commit that no replica has confirmed is acknowledged by nobody, also when somebody ends its waiting."""
    server.sql("CREATE TABLE waits (n INTEGER)")
    server.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
    server.sql("SELECT pg_reload_conf()")
    with ThreadPoolExecutor() as pool:
        waits = pool.submit(server.sql, "INSERT INTO waits VALUES (1)")
        while server.sql(WAITING) == "0":
            time.sleep(0.02)
        told = pool.submit(fresh(s).post, "/v1/ledger/entries", {"name": "alone"})
        while server.sql(WAITING) == "1":
            time.sleep(0.02)
        server.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        answer = told.result(ANSWER_S)
        server.sql("ALTER SYSTEM RESET synchronous_standby_names")
        server.sql("SELECT pg_reload_conf()")
        waits.result(10)
    assert answer.status == 503, answer
    until_it_signs(s, 20)
    once(s, server, "alone")


def ledgers_in_one_order(s, server):
    """Two gateways with the same ledgers in their transactions never wait for each other in a circle."""
    made = s.client.post("/v1/api-keys", {"name": "test", "type": "secret", "environment": "test",
                                            "scopes": ["ledger"]})
    assert made.status == 200, made
    urls = [s.url, "http://" + s.start_gateway("gateway-b").host]

    def work(i):
        client = Client(urls[i % 2], s.api_key if i // 2 % 2 == 0 else made.data["apiKey"])
        return [client.post("/v1/ledger/entries", {"name": "x"}).status for _ in range(40)]
    before = server.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'")
    with ThreadPoolExecutor(24) as pool:
        assert {x for list_ in pool.map(work, range(24)) for x in list_} == {200}
    assert server.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'") == before


def test():
    flow_postgres.need()
    with flow_postgres.Server() as server, Proxy(server) as proxy, Service(store=proxy.url()) as s:
        s.key("k")
        assert s.sign("k", b"x").status == 200
        assert lost_answer(s, server, proxy, "short", 0.5) == 200
        lost_answer(s, server, proxy, "long", 4.5)
        a_pooler_says_so(s, server, proxy)
        stands_still(s, proxy)
        waits_for_its_replica(s, server)
        ledgers_in_one_order(s, server)


if __name__ == "__main__":
    sys.exit(run(test))
