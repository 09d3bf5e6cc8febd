#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of README's `sh` blocks runs as it is printed, in order, in one shell; make targets must exist."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from flow import free_port

source = pathlib.Path(os.environ["CS_SOURCE"])
binaries = pathlib.Path(os.environ["CS_BIN"])


def main():
    text = (source / "README.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M)
    assert len(blocks) >= 4, "README lost its commands"

    # make demo and make test run this very test's build; here it is enough that the targets are there.
    makefile = (source / "Makefile").read_text()
    for command in blocks[0].split("\n"):
        if command:
            target = command.removeprefix("make ")
            assert re.search(rf"^{target}:", makefile, re.M), f"no such target: {command}"

    with tempfile.TemporaryDirectory() as work:
        shutil.copy(source / "README.md", work)
        os.makedirs(f"{work}/build")
        os.symlink(binaries, f"{work}/build/bin")
        script = "set -e\n"
        for block in blocks[1:]:
            script += block
            if "countersign dev" in block:
                script += 'dev=$!\ntrap \'kill "$dev"; wait "$dev"\' EXIT\n'
                script += 'for i in $(seq 600); do [ -s dev.json ] && break; sleep 0.1; done\n'
        script = script.replace("8420", str(free_port()))
        run = subprocess.Popen(["sh", "-c", script], cwd=work, start_new_session=True, stdin=subprocess.DEVNULL)
        try:
            code = run.wait(timeout=90)
        finally:
            try:
                os.killpg(run.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
    return code


sys.exit(main())
