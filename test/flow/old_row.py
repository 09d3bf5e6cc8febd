#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Rows of the time before a revocation, put back into the store, bring nobody back: the gateway finds that the ledger knows
better, says what and where, and does not serve."""

import shutil
import sqlite3

from flow import Service, run

TABLES = {"hybrid_key": "id", "key_material": "key", "api_key": "id"}


def rows_of(s, ids):
    """Whole rows, as they are now."""
    db = s.database()
    return [(table, row) for table, column in TABLES.items() for row in
            db.execute(f"SELECT * FROM {table} WHERE {column} IN ({','.join('?' * len(ids))})", ids)]


def put_back(s, rows):
    db = sqlite3.connect(s.store)
    for table, row in rows:
        db.execute(f"REPLACE INTO {table} VALUES ({','.join('?' * len(row))})", row)
    db.commit()
    db.close()


def refuses_to_start(s, said):
    try:
        s.start_gateway()
    except AssertionError as e:
        assert said in str(e), e
        assert s.processes.pop("gateway").wait(30) == 1
        return
    raise AssertionError("it serves")


def test():
    with Service(("--allow-mock", "--checkpoint-seconds", "0")) as s:
        key = s.key("one")["id"]
        assert s.sign(key, b"x").status == 200
        minted = s.client.post("/v1/api-keys", {"name": "ci", "type": "secret", "environment": "live", "scopes": ["sign"]}).data
        before = {name: rows_of(s, [thing]) for name, thing in (("key", key), ("API key", minted["id"]))}
        assert [len(rows) for rows in before.values()] == [2, 1], before
        assert s.client.delete("/v1/hybrid-keys/" + key).status == 200
        assert s.client.delete("/v1/api-keys/" + minted["id"]).status == 200
        revoked = {e["eventType"]: e["seq"] for e in s.entries()}
        assert s.client.post("/v1/ledger/seal", {}).status == 200  # so the entries are of the past
        assert s.stop("gateway") == 0
        after = s.path("after.db")
        shutil.copy(s.store, after)
        for name, event in (("key", "key.revoked"), ("API key", "apikey.revoked")):
            put_back(s, before[name])
            refuses_to_start(s, f"entry {revoked[event]}: revoked a{'n' * (name[0] == 'A')} {name} that the store has not revoked")
            shutil.copy(after, s.store)
        s.start_gateway()
        assert s.sign(key, b"x").code == "KEY_NOT_ACTIVE"
        assert s.client.get("/v1/enclave", api_key=minted["apiKey"]).status == 401


if __name__ == "__main__":
    run(test)
