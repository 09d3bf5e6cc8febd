#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The npm package at the PQ Signer door: keys born in an enclave under the software NSM, with a KMS, their signatures, and the
proofs of both, judged by the package without the service."""

import hashlib
import json

from flow import b64, run
from flow_pq import Zones
from flow_sdk import PACKAGE, Consumer, Sdk, read
from tls import openssl


def manifest_of(z):
    der = openssl("x509", "-in", z.root, "-outform", "DER", folder=z.folder)
    zero = "00" * 48
    return {"version": 1, "enclave_version": "0.1.0", "pcrs": {"0": z.pcr0, "1": zero, "2": zero, "8": zero},
            "root_sha256": hashlib.sha256(der).hexdigest()}


def records_of(z):
    """What the operator keeps of each key."""
    db = z.database()
    rows = db.execute("SELECT user_id, algorithm, public_key, wrapped, kms_key, created_ms FROM pq_key JOIN pq_birth USING (user_id)")
    names = ("user_id", "alg", "mldsa_pubkey", "wrapped_dk", "kms_key_arn", "created_at_ms")
    return [dict(zip(names, (b64(value) if isinstance(value, bytes) else value for value in row))) for row in rows]


def test():
    with Sdk() as sdk, Consumer(sdk) as consumer, Zones() as z:
        for name in ("pq.mjs", "pq_judged.mjs"):
            consumer.write(name, read(PACKAGE, "test", "live", name))
        assert consumer.run("node", "pq.mjs", COUNTERSIGN_SERVER=z.url, COUNTERSIGN_API_KEY=z.api_key) == "ok\n"
        consumer.write("manifest.json", json.dumps(manifest_of(z)))
        consumer.write("records.json", json.dumps(records_of(z)))
        assert consumer.run("node", "pq_judged.mjs") == "ok\n"


run(test)
