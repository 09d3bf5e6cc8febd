#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every test of the store, and of what writes into it, on a real PostgreSQL server."""

import os
import subprocess
import sys

import flow_postgres
from flow import run

TESTS = ("store_access", "store_hybrid", "store_keys", "store_ledger",
         "store_policies", "store_signatures", "commit", "commit_calls", "keyring")


def test():
    flow_postgres.need()
    with flow_postgres.Server() as server:
        for name in TESTS:
            done = subprocess.run([os.path.join(os.environ["CS_BIN"], "test_" + name)], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  env={**os.environ, "CS_TEST_POSTGRES": server.url()})
            assert done.returncode == 0, f"{name}:\n{done.stdout[-4000:]}"
        assert server.sql("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'cs-store-%'") == "0"


if __name__ == "__main__":
    sys.exit(run(test))
