#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A store goes from SQLite to PostgreSQL and back: cut off at any table it goes on, unfinished it opens for nobody, and
at the end everything is there: API keys, keys that sign, the ledger. A source that has changed between two attempts is
noticed."""

import os
import shutil
import signal
import subprocess
import sys
import time

import flow_postgres
from flow import Service, program, run


def migrate(to, source, *more, kill_after=None):
    argv = [program("countersign-gateway"), "migrate", "--from", source, "--to", to, *more]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if kill_after is not None:
        time.sleep(kill_after)
        process.send_signal(signal.SIGKILL)
    _, err = process.communicate(timeout=120)
    return process.returncode, err


def use(s):
    """Everything works and goes on where it was."""
    answer = s.sign("k", b"after")
    assert answer.status == 200, answer
    return answer.data["ledger"]["seq"]


def opens_for_nobody(s, address):
    opened = subprocess.run([program("countersign-gateway"), "init", "--store", address, "--pepper", s.path("other"),
                             "--org", "x"], capture_output=True, text=True)
    assert opened.returncode == 1 and "migration" in opened.stderr, opened.stderr


def cut_off(s, server, database, source):
    """Killed between the keys and the signatures, in tables that an attempt before it has made."""
    address = server.url(database)
    server.sql("CREATE DATABASE " + database)
    subprocess.run([program("countersign-gateway"), "init", "--store", address, "--pepper", s.path(database), "--org",
                    "x"], check=True, capture_output=True)
    server.sql("DELETE FROM api_key; DELETE FROM org; INSERT INTO countersign (n, version) VALUES (2, 0)", database)
    held = flow_postgres.Held(server, "signature", "SHARE", database)
    process = subprocess.Popen([program("countersign-gateway"), "migrate", "--from", source, "--to", address,
                                "--to-pepper", s.path("pepper")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    server.until_waiting(1)
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    held.release()
    names = server.sql("SELECT name FROM migration", database).split()
    assert "hybrid_key" in names and "ledger_head" not in names, names
    opens_for_nobody(s, address)
    return address


def source_changes(s, server, source, pepper):
    """Cut off, and then a gateway works with the source: what was copied before may be old."""
    address = cut_off(s, server, "changed", source)
    client = s.start_gateway()
    key = client.get("/v1/hybrid-keys").data[0]["id"]
    assert client.post(f"/v1/hybrid-keys/{key}/suspend", {}).status == 200
    s.stop("gateway")
    code, err = migrate(address, source, *pepper)
    assert code == 1 and "source has changed" in err, err


def test():
    flow_postgres.need()
    with flow_postgres.Server() as server, Service() as s:
        s.key("k")
        s.policy()
        for i in range(700):
            assert s.sign("k", b"%d" % i).status == 200
        address = server.url()
        pepper = ("--to-pepper", s.path("pepper"))
        code, err = migrate(address, s.store, *pepper)
        assert code == 1 and "in use" in err, err  # a gateway works with it
        s.stop("gateway")
        entries = s.entries()

        # Killed again and again, at any place.
        for i in range(12):
            code, err = migrate(address, s.store, *pepper, kill_after=0.02 * i)
            if code == 0 or "already" in err:  # killed behind its end
                code = 0
                break
            if server.sql("SELECT to_regclass('countersign') IS NOT NULL") == "t" and \
                    server.sql("SELECT count(*) FROM countersign WHERE n = 2") == "1":
                opens_for_nobody(s, address)
        else:
            code, err = migrate(address, s.store, *pepper)
        assert code == 0, err
        assert server.entries(s.first["orgId"]) == entries
        goes_on = cut_off(s, server, "cut", s.store)
        code, err = migrate(goes_on, s.store, *pepper)
        assert code == 0, err
        assert server.entries(s.first["orgId"], "cut") == entries
        code, err = migrate(address, s.store, *pepper)
        assert code == 1 and "already" in err, err

        # Cut off behind everything but the last step.
        server.sql("INSERT INTO countersign (n, version) VALUES (2, 0)")
        code, err = migrate(address, s.store, *pepper)
        assert code == 0, err
        assert server.entries(s.first["orgId"]) == entries

        file = s.store
        s.store_options = ["--store", address, "--pepper", s.path("pepper")]
        s.start_gateway()
        assert use(s) == len(entries)
        key = s.key("made on the server")["id"]
        assert s.sign(key, b"x").status == 200
        code, err = migrate(s.path("back.db"), address, "--from-pepper", s.path("pepper"))
        assert code == 1 and "a gateway works with" in err, err
        s.stop("gateway")
        time.sleep(6)  # until it counts as gone

        # Back into a file, and there something is not as it was: told.
        there = server.entries(s.first["orgId"])
        code, err = migrate(s.path("back.db"), address, "--from-pepper", s.path("pepper"))
        assert code == 0, err
        assert os.path.exists(s.path("back.db.pepper"))
        s.store = s.path("back.db")
        s.store_options = ["--store", s.store]
        assert s.entries() == there
        s.start_gateway()
        assert use(s) == len(there)
        assert s.sign(key, b"x").status == 200
        s.stop("gateway")

        # A ledger that is not what it was is not migrated at all.
        shutil.copy(file, s.path("bad.db"))
        shutil.copy(file + ".pepper", s.path("bad.db.pepper"))
        subprocess.run([sys.executable, "-c", "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]);"
                        "d.execute('DROP TRIGGER ledger_entry_fixed');"
                        "d.execute(\"UPDATE ledger_entry SET subject = 'x' WHERE seq = 699\"); d.commit()",
                        s.path("bad.db")], check=True)
        code, err = migrate(s.path("never.db"), s.path("bad.db"))
        assert code == 1 and "699" in err, err
        assert not os.path.exists(s.path("never.db"))

        source_changes(s, server, s.store, pepper)


if __name__ == "__main__":
    sys.exit(run(test))
