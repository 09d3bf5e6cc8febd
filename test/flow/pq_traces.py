#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Behind a signature of the PQ Signer door there is nothing left of its data key in any zone's memory, and nothing in the
enclave's of the credentials that it was lent."""

import base64
import configparser
import os
import shutil
import sys
import tempfile
import time

import flow_pq
from flow import SKIP, is_sanitized, run
from flow_host import KMS_NAME, Kms, certificates
from flow_pq import Zones, good
from memory import writable_memory

ZONES = ("gateway", "agent", "enclave")


def found(z, secrets, zones):
    memory = {name: list(writable_memory(z.processes[name].pid)) for name in zones}
    return {(name, what) for name in zones for what, secret in secrets.items() if any(secret in part for part in memory[name])}


def expect_nothing(z, secrets, zones):
    for _ in range(100):  # the last answer's memory is given back just behind its last byte
        left = found(z, secrets, zones)
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(left)


def data_key(z, user):
    """The KMS gives it to whoever has written its key's policy."""
    _, birth = z.record(user)
    told = z.kms.call("Decrypt", {"CiphertextBlob": base64.b64encode(birth[1]).decode(), "EncryptionContext": {"user_id": user}})
    key = base64.b64decode(told["Plaintext"])
    assert len(key) == 32
    return {"data key of " + user: key, "half of it": key[16:], "as text": base64.b64encode(key)[:40]}


def use(z):
    for user in ("anna", "bert"):
        good(z.door.make(user))
        good(z.door.sign(user))
    good(z.door.sign("anna", request_attestation=True))
    for user in ("anna", "bert"):
        expect_nothing(z, data_key(z, user), ZONES)


def credentials(z):
    file = configparser.ConfigParser()
    file.read(os.path.join(z.kms.state, "credentials"))
    return {"secret": file["default"]["aws_secret_access_key"].encode()}


def test():
    if is_sanitized("countersign-enclave"):
        print("a sanitizer keeps what was freed; skipped")
        sys.exit(SKIP)
    with Zones() as z:
        use(z)
    folder = tempfile.mkdtemp(prefix="cs-traces-")
    try:
        tls = certificates(folder)
        flow_pq.DevKms = lambda *options: Kms(tls, *options)
        with Zones(enclave_options=("--kms-path", "tunnel", "--kms-roots", tls[2], "--kms-host", KMS_NAME)) as z:
            use(z)
            assert found(z, credentials(z), ("agent",)), "the memory is not what is searched"
            expect_nothing(z, credentials(z), ("enclave", "gateway"))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    run(test)
