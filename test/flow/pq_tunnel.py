#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The PQ Signer door with the tunnel: the enclave ends TLS with the KMS itself, the agent passes bytes on."""

import base64
import shutil
import tempfile

import flow_pq
from flow import run
from flow_host import KMS_NAME, Kms, certificates
from flow_pq import Zones, good, ml_dsa_verifies, refused


def attested(z):
    made = good(z.door.make("customer-1"))
    key, _ = z.record("customer-1")
    assert key[3] == "attested", key
    signed = good(z.door.sign("customer-1", b"transaction", request_attestation=True))
    assert signed["mldsa_public_key"] == made["mldsa_pubkey"] and signed["attestation"]
    public_key, signature = (base64.b64decode(signed[n]) for n in ("mldsa_public_key", "mldsa_signature"))
    assert ml_dsa_verifies(z, public_key, b"transaction", signature)
    assert not ml_dsa_verifies(z, public_key, b"transactioN", signature)


def failing(z):
    """The three classes of the door, for what goes wrong at the end of the tunnel."""
    for fault, error in (("deny", "signing-failed"), ("plaintext", "signing-failed"), ("other-key", "signing-failed"),
                         ("throttle", "internal-error"), ("unavailable", "internal-error")):
        z.kms.faults(fault)
        refused(z.door.sign("customer-1"), error)
    z.kms.faults()
    good(z.door.sign("customer-1"))


def a_host_that_leads_astray(z, other):
    """The agent leads the pipe to somebody else, who has a certificate of other roots."""
    honest, z.kms = z.kms, other
    z.stop("agent")
    z.start_agent()
    try:
        refused(z.door.sign("customer-1"))
        refused(z.door.make("customer-2"))
        assert "certificate is refused" in z.log("enclave"), z.log("enclave")[-2000:]
    finally:
        z.kms = honest
    z.stop("agent")
    z.start_agent()
    good(z.door.sign("customer-1"))


def test():
    folder = tempfile.mkdtemp(prefix="cs-tunnel-")
    try:
        tls, own = certificates(folder), certificates(folder, "own-ca", "own")
        flow_pq.DevKms = lambda *options: Kms(tls, *options)
        path = ("--kms-path", "tunnel", "--kms-roots", tls[2], "--kms-host", KMS_NAME, "--recipient-key-lifetime", "60")
        with Zones(enclave_options=path) as z:
            attested(z)
            failing(z)
            with Kms(own, "--nsm-root", z.root, "--pcr0", z.pcr0) as other:
                a_host_that_leads_astray(z, other)
            z.alive()
    finally:
        shutil.rmtree(folder)


run(test)
