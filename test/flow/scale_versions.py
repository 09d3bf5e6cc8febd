#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Versions of a store on a server: a newer one is refused, an upgrade that was killed half-way goes on, and of two
gateways that start it at once both get ready."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import flow_postgres
from flow import Service, program, run


def back_to_3(server):
    server.sql("DROP TABLE pq_birth; DROP TABLE pq_key; UPDATE countersign SET version = 3 WHERE n = 1")


def version(server):
    return server.sql("SELECT version, to_regclass('pq_key') IS NOT NULL FROM countersign WHERE n = 1")


def serve(s):
    return [program("countersign-gateway"), "serve-http", "--bind", "127.0.0.1:0", *s.store_options, *s.agent_options(),
            *s.gateway_options]


def test():
    flow_postgres.need()
    with flow_postgres.Server() as server, Service(store=server.url()) as s:
        s.key("k")
        assert version(server) == "4|t"
        s.stop("gateway")

        server.sql("UPDATE countersign SET version = 5 WHERE n = 1")
        done = subprocess.run(serve(s), capture_output=True, text=True, timeout=30)
        assert done.returncode == 1 and "of version 5; this program works with" in done.stderr, done.stderr
        assert version(server) == "5|t"
        server.sql("UPDATE countersign SET version = 4 WHERE n = 1")

        back_to_3(server)
        held = flow_postgres.Held(server, "org", "ROW EXCLUSIVE")
        s.spawn("killed", serve(s))
        server.until_waiting(1)
        s.processes["killed"].send_signal(signal.SIGKILL)
        s.processes.pop("killed").wait(30)
        held.release()
        while server.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") != "0":
            time.sleep(0.02)
        server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign-gateway'")
        while server.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'countersign-gateway'") != "0":
            time.sleep(0.02)
        assert version(server) == "3|f"

        held = flow_postgres.Held(server, "org", "ROW EXCLUSIVE")
        with ThreadPoolExecutor() as pool:
            started = [pool.submit(s.start_gateway, name) for name in ("gateway", "gateway-b")]
            server.until_waiting(2)
            held.release()
            clients = [x.result() for x in started]
        assert version(server) == "4|t"
        for client in clients:
            answer = s.sign("k", b"after", client=client)
            assert answer.status == 200, answer


if __name__ == "__main__":
    sys.exit(run(test))
