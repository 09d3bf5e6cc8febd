#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of docs/how-to/scale-out.md runs as it is printed, in order, in one shell, on a real PostgreSQL server."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

import flow_postgres
from flow import free_port, run

SOURCE = pathlib.Path(os.environ["CS_SOURCE"])
BIN = pathlib.Path(os.environ["CS_BIN"])


def script_of(blocks):
    script = "set -e\ntrap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n"
    for block in blocks:
        script += block
        if "countersign dev" in block:
            script += 'for i in $(seq 600); do [ -s dev.json ] && break; sleep 0.1; done\n'
    for port in ("8420", "8421", "8422"):
        script = script.replace(port, str(free_port()))
    return script


def test():
    flow_postgres.need()
    page = (SOURCE / "docs/how-to/scale-out.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```$", page, re.S | re.M)
    assert len(blocks) == 6, "blocks of the page"
    work = tempfile.mkdtemp(prefix="cs-flow-")
    try:
        os.makedirs(f"{work}/build")
        os.symlink(BIN, f"{work}/build/bin")
        with flow_postgres.Server() as server:
            shell = subprocess.Popen(["bash", "-c", script_of(blocks)], cwd=work, start_new_session=True,
                                     stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                     env={**os.environ, "STORE": server.url()})
            try:
                out, err = shell.communicate(timeout=100)
            finally:
                try:
                    os.killpg(shell.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            assert shell.returncode == 0, f"exit {shell.returncode}: {out}\n{err[-4000:]}"
            org = json.loads(pathlib.Path(work, "state/state.json").read_text())["orgId"]
            kinds = [e["eventType"] for e in server.entries(org)]
            assert kinds.count("signature.issued") == 3 and kinds[-1] == "key.revoked", kinds
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(run(test))
