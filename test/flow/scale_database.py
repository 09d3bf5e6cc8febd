#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Two gateways, a pooler in transaction mode, and a primary that fails over to its replica: under load nothing that was
acknowledged is lost or doubled. What a store's address may say."""

import os
import subprocess
import sys
import time

import flow_postgres
from flow import Service, program, run
from flow_load import with_load


def refused(address, why):
    made = subprocess.run([program("countersign-gateway"), "init", "--store", address, "--pepper", "/nowhere/pepper",
                           "--org", "a"], capture_output=True, text=True)
    assert made.returncode == 1 and why in made.stderr, (address, made.stderr)
    assert "geheim" not in made.stderr


def addresses():
    refused("postgresql://a:geheim@/x?host=/tmp", "password")
    refused("postgresql://a@/x?host=/tmp&password=geheim", "password")
    refused("postgresql://a@db.example/x", "verify-full")
    refused("postgresql://a@db.example/x?sslmode=verify-ca", "verify-full")
    refused("postgresql://a@/x?host=/tmp,db.example", "verify-full")
    refused("postgresql://a@localhost/x?hostaddr=192.0.2.1", "verify-full")
    refused("postgresql://%zz", "cannot be read")
    refused("postgresql://a@127.0.0.1:1/x", "connect")


class Pooler:
    """pgbouncer in transaction mode: each transaction may get another connection of the server."""

    def __init__(self, server):
        self.server = server
        self.folder = server.folder
        path = os.path.join(self.folder, "pooler.ini")
        with open(path, "w", encoding="ascii") as f:
            f.write(f"""[databases]
* = host={server.folder} user=countersign
[pgbouncer]
listen_addr =
unix_socket_dir = {server.folder}
listen_port = 6432
auth_type = any
pool_mode = transaction
default_pool_size = 3
ignore_startup_parameters = extra_float_digits
""")
        os.chmod(path, 0o644)
        self.log = open(os.path.join(self.folder, "pooler.log"), "ab")
        self.process = subprocess.Popen([flow_postgres.which("pgbouncer"), "-q", path], stdout=self.log,
                                        stderr=self.log, cwd=self.folder, **server.as_user())
        while not os.path.exists(os.path.join(self.folder, ".s.PGSQL.6432")):
            assert self.process.poll() is None, open(self.log.name, encoding="utf-8").read()
            time.sleep(0.02)

    def url(self):
        return f"postgresql://countersign@/postgres?host={self.folder}&port=6432"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)
        self.log.close()


def through_a_pooler():
    with flow_postgres.Server() as server, Pooler(server) as pooler, Service(store=pooler.url()) as s:
        clients = [s.client, s.start_gateway("gateway-b")]
        s.key("k")
        with_load(s, clients, server, lambda: None)
        assert "prepared statements get lost" in s.log("gateway") + s.log("gateway-b")


def failover():
    synchronous = ["synchronous_standby_names=*", "synchronous_commit=on"]
    with flow_postgres.Server() as primary, flow_postgres.Server(primary=primary) as replica:
        for setting in synchronous:
            primary.sql("ALTER SYSTEM SET " + setting.replace("=", " = '") + "'")
        primary.sql("SELECT pg_reload_conf()")
        while primary.sql("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'") != "1":
            time.sleep(0.05)
        both = f"{primary.folder},{replica.folder}"
        address = f"postgresql://countersign@/postgres?host={both}&target_session_attrs=read-write"
        with Service(store=address) as s:
            clients = [s.client, s.start_gateway("gateway-b")]
            s.key("k")

            def switch():
                primary.kill()
                replica.run("pg_ctl", "-D", replica.data, "-w", "promote")
            with_load(s, clients, replica, switch)


def test():
    flow_postgres.need()
    addresses()
    if flow_postgres.which("pgbouncer") is not None:
        through_a_pooler()
    failover()


if __name__ == "__main__":
    sys.exit(run(test))
