#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AWS's own reader judges our images: CRC, metadata, all measurements, and the signature. Its crate brings 500 others,
which take minutes to compile, so it is built only where CS_JUDGE_EIF=1 asks for it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

from flow import SKIP, program, run
from nitro_image import build, certificate, told

JUDGE = os.path.join(os.environ["CS_SOURCE"], "test/judge/eif")


def judge_of():
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "countersign", "judge-eif-0.8.1")
    if os.environ.get("CS_JUDGE_EIF") != "1" or shutil.which("cargo") is None:
        print("skipped: CS_JUDGE_EIF=1 builds the judge, with cargo, in some minutes")
        sys.exit(SKIP)
    source = os.path.join(cache, "source")
    shutil.copytree(JUDGE, source, dirs_exist_ok=True)
    subprocess.run(["cargo", "build", "--quiet", "--manifest-path", os.path.join(source, "Cargo.toml"), "--target-dir", cache],
                   check=True, stdout=sys.stderr)
    return os.path.join(cache, "debug", "judge-eif")


def test():
    judge = judge_of()
    with tempfile.TemporaryDirectory(prefix="cs-flow-") as folder:
        path = lambda name: os.path.join(folder, name)
        with open(path("kernel"), "wb") as f:
            f.write(os.urandom(100000))
        facts = build(folder, path("plain.eif"))
        pem, _ = certificate(folder, "signer")
        told(0, "image", "sign", "--in", path("plain.eif"), "--key", path("signer.key"), "--certificate", pem, "--out",
             path("signed.eif"))
        for name, signed in (("plain.eif", False), ("signed.eif", True)):
            got = json.loads(subprocess.run([judge, path(name)], capture_output=True, check=True).stdout)
            ours = json.loads(told(0, "manifest", "--image", path(name)))["pcrs"]
            assert got["crc"] and got["signed"] is signed and got["signature"] is (True if signed else None), got
            assert got["version"] == "0.1.0" and {"8": "00" * 48, **got["pcrs"]} == ours, (got, ours)
            assert [ours[n] for n in "012"] == [facts["pcrs"][n] for n in "012"]


if __name__ == "__main__":
    program("nitro-init")
    run(test)
