#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of docs/how-to/hybrid-attest.md runs as it is printed, in order, in one shell; what it leaves is the attestation
that it promises, and no changed copy of that passes."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from flow import free_port

SOURCE = pathlib.Path(os.environ["CS_SOURCE"])
BIN = pathlib.Path(os.environ["CS_BIN"])


def script_of(blocks):
    script = "set -e\n"
    for block in blocks:
        script += block
        if "countersign dev" in block:
            script += 'dev=$!\ntrap \'kill "$dev"; wait "$dev"\' EXIT\n'
            script += 'for i in $(seq 600); do [ -s dev.json ] && break; sleep 0.1; done\n'
    return script.replace("8420", str(free_port()))


def run_page(work, blocks):
    os.makedirs(f"{work}/build")
    os.symlink(BIN, f"{work}/build/bin")
    page = subprocess.Popen(["sh", "-c", script_of(blocks)], cwd=work, start_new_session=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True)
    try:
        out, _ = page.communicate(timeout=90)
    finally:
        try:
            os.killpg(page.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
    assert page.returncode == 0, f"exit {page.returncode}: {out}"
    return out


def load(work, name):
    return json.loads(pathlib.Path(work, name).read_text())


def check_answers(work, out):
    lines = out.split("\n")
    assert ["verified", "eip191", "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"] == [
        line for line in lines if line in ("verified", "eip191") or re.fullmatch("0x[0-9A-Fa-f]{40}", line)], lines
    made, registered = load(work, "made.json"), load(work, "registered.json")
    assert set(made) == {"data", "meta"} and made["data"]["pqcKeyId"] == registered["data"]["id"], made
    assert "verified: both signatures, their record and its countersignature" in out, out


def verify(work, attestation="attestation.json", bundle="attestation.bundle", *more):
    done = subprocess.run([BIN / "countersign", "hybrid", "verify", "--attestation", attestation, "--bundle", bundle,
                           "--policy", "stored.json", "--json", *more], cwd=work, capture_output=True, text=True, env={},
                          stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout, done.stderr


def refused(work, code, reason, *args):
    got, out, err = verify(work, *args)
    assert got == code, (reason, got, out, err)
    assert reason in err, (reason, out, err)
    if code == 2:
        verdict = json.loads(out)
        assert verdict["ok"] is False and verdict["reason"] == reason, verdict


def changed(work, **members):
    """A copy of the attestation that says something else."""
    answer = load(work, "attestation.json")
    for name, change in members.items():
        answer["data"][name] = change(answer["data"][name])
    pathlib.Path(work, "changed.json").write_text(json.dumps(answer))
    return "changed.json"


def flip(text):
    return text[:-1] + ("0" if text[-1] != "0" else "1")


def check_refusals(work):
    key = load(work, "attest.json")["id"]
    code, out, _ = verify(work, "attestation.json", "attestation.bundle", "--allow-mock", "--key-id", key)
    verdict = json.loads(out)
    assert code == 0 and verdict["ok"] and verdict["countersignature"]["claims"]["purpose"] == "hybrid", verdict
    assert verdict["id"] == load(work, "made.json")["data"]["id"] and verdict["countersignature"]["claims"]["keyId"] == key
    mock, good = "--allow-mock", "attestation.bundle"
    refused(work, 2, "ATT_MOCK_REFUSED")
    refused(work, 2, "ATT_KEY_MISMATCH", "attestation.json", good, mock, "--key-id", "key_other")
    refused(work, 2, "PQC_004", changed(work, message=flip), good, mock)
    refused(work, 2, "PQC_004", changed(work, pqcSignature=flip), good, mock)
    refused(work, 2, "PQC_004", changed(work, ecdsaScheme=lambda _: "keccak256"), good, mock)
    refused(work, 2, "HYBRID_RECORD", changed(work, chain=lambda _: "polygon"), good, mock)
    refused(work, 2, "HYBRID_RECORD", changed(work, metadataText=lambda text: text.replace("abc123", "abc124")), good, mock)
    refused(work, 2, "HYBRID_RECORD", changed(work, record=lambda text: text.replace("{", "{ ")), good, mock)
    refused(work, 2, "BUNDLE_PAYLOAD", changed(work, record=lambda text: text.replace('"id":"att_', '"id":"att_0')), good, mock)
    refused(work, 2, "HYBRID_FORMAT", changed(work, message=lambda _: "0x4"), good, mock)
    refused(work, 2, "HYBRID_FORMAT", "attestation.bundle", good, mock)
    refused(work, 2, "BUNDLE_FORMAT", "attestation.json", "attestation.json", mock)
    refused(work, 1, "absent.json", "absent.json", good, mock)
    refused(work, 1, "absent.bundle", "attestation.json", "absent.bundle", mock)
    refused(work, 64, "cannot both be stdin", "-", "-", mock)
    done = subprocess.run([BIN / "countersign", "hybrid", "verify", "--attestation", "attestation.json"], cwd=work,
                          capture_output=True, env={}, check=False)
    assert done.returncode == 64, done


def main():
    if shutil.which("curl") is None:
        print("curl is not here")
        return 77
    text = (SOURCE / "docs/how-to/hybrid-attest.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M)
    assert len(blocks) == 8, "the page lost its commands"
    with tempfile.TemporaryDirectory() as work:
        out = run_page(work, blocks)
        check_answers(work, out)
        check_refusals(work)
    return 0


sys.exit(main())
