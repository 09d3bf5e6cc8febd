#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of docs/how-to/pq-signer.md runs as it is printed, in order, in one shell; what it leaves is the verified birth
that it promises. pq_signer_howto_dynamo.py does the same with the key records in DynamoDB."""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from flow import Client, free_port, program

SOURCE = pathlib.Path(os.environ["CS_SOURCE"])
BIN = pathlib.Path(os.environ["CS_BIN"])


def script_of(blocks, checks):
    script = "set -e\n"
    for block in blocks:
        script += block
        if "countersign dev" in block:
            script += 'dev=$!\ntrap \'kill "$dev"; wait "$dev"\' EXIT\n'
            script += 'for i in $(seq 600); do [ -s dev.json ] && break; sleep 0.1; done\n'
    return (script + checks).replace("8420", str(free_port()))


def run_page(work, blocks, env):
    os.makedirs(f"{work}/build")
    os.symlink(BIN, f"{work}/build/bin")
    checks = f'"{sys.executable}" "{__file__}" inside\n'
    page = subprocess.Popen(["bash", "-c", script_of(blocks, checks)], cwd=work, start_new_session=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **env})
    try:
        out, err = page.communicate(timeout=90)
    finally:
        try:
            os.killpg(page.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
    assert page.returncode == 0, f"exit {page.returncode}: {out}\n{err[-4000:]}"
    return out


def load(work, name):
    return json.loads(pathlib.Path(work, name).read_text())


def inside():
    """While the page's service still runs: the record as the service tells it, and what a stranger is told."""
    dev, key = load(".", "dev.json"), load(".", "key.json")
    client = Client(dev["url"], dev["apiKey"])
    told = client.get("/v1/pq-signer/record?userId=customer-wallet-123").data
    assert set(told) == {"keyRecord", "birthAttestation", "enclaveVersion", "keyRelease"}, told.keys()
    assert told["keyRecord"] == load(".", "key-record.json") and told["birthAttestation"] == key["birth_attestation"]
    assert told["keyRecord"]["mldsa_pubkey"] == key["mldsa_pubkey"] and told["keyRelease"] == "relayed"
    assert told["keyRecord"]["kms_key_arn"] == dev["pqSigner"]["kmsKeyArn"] and told["enclaveVersion"] == key["enclave_version"]
    for query, status, code in (("?userId=nobody", 404, "NOT_FOUND"), ("", 400, "MISSING_FIELD"), ("?userId=", 400, "BAD_FIELD"),
                                ("?userId=a&x=1", 400, "UNKNOWN_FIELD"), ("?userId=" + "a" * 257, 400, "BAD_FIELD")):
        answer = client.get("/v1/pq-signer/record" + query)
        assert (answer.status, answer.code) == (status, code), (query, answer)
    made = client.post("/v1/api-keys", {"name": "t", "type": "secret", "environment": "test", "scopes": ["keys"]}).data
    for api_key, status in ((made["apiKey"], 404), (dev["publishableKey"], 403), ("", 401)):
        answer = client.get("/v1/pq-signer/record?userId=customer-wallet-123", api_key=api_key)
        assert answer.status == status, (status, answer)
    state = pathlib.Path(dev["stateDir"])
    assert all(p.stat().st_mode & 0o077 == 0 for p in state.rglob("*") if p.is_file() and p.suffix == ".key"), "keys are open"


def check_left(work, out):
    key, verdict, dev = load(work, "key.json"), load(work, "verdict.json"), load(work, "dev.json")
    with open(program("countersign-enclave"), "rb") as f:
        image = hashlib.sha384(f.read()).hexdigest()
    assert verdict["ok"] and verdict["software_nsm"] and verdict["verified_pcrs"]["0"] == image, verdict
    assert load(work, "refused.json")["reason"] == "BIRTH_USER" and "BIRTH_USER" in out.split("\n"), out
    assert "verified: mldsa44 signature" in out and key["user_id"] in out.split("\n"), out
    # What dev says to pin, and what was computed without it, is the same.
    assert load(work, "measurement-manifest.json") == load(dev["stateDir"], dev["pqSigner"]["manifest"])
    for name, code, reason, *more in (("birth.b64", 2, "ATT_MOCK_REFUSED"), ("message.sig", 2, "ATT_EVIDENCE_FORMAT", "--allow-mock")):
        done = subprocess.run([BIN / "pq-attest", "verify", "--birth-attestation", name, "--manifest", "measurement-manifest.json",
                               "--metadata", "key-record.json", *more], cwd=work, capture_output=True, check=False)
        assert done.returncode == code and json.loads(done.stdout)["reason"] == reason, done


def run_and_check(env):
    text = (SOURCE / "docs/how-to/pq-signer.md").read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M)
    assert len(blocks) == 9, "the page lost its commands"
    with tempfile.TemporaryDirectory() as work:
        check_left(work, run_page(work, blocks, env))


def main():
    if shutil.which("curl") is None or shutil.which("bash") is None:
        print("curl or bash is not here")
        return 77
    run_and_check({"DYNAMODB": ""})
    return 0


if __name__ == "__main__":
    program("countersign-devkms")
    sys.exit(inside() if sys.argv[1:] == ["inside"] else main())
