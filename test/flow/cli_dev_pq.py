#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`countersign dev --pq-signer`: its KMS gives nobody a data key without an attestation, its link takes nobody else's certificate,
keys outlive a restart, and when one of its programs ends, all do."""

import json
import os
import signal
import socket
import ssl
import tempfile

from cli_dev import Dev, expect, mode
from flow import Client, b64, program, run
from flow_kms import DevKms, Refused
from nitro_image import certificate


def ask(d, request_type, **payload):
    client = Client(d.facts["url"], d.facts["apiKey"])
    answer = client.post("/v1/pq-signer", {"request_type": request_type, "payload": {"alg": "ML-DSA-44", **payload}})
    client.close()
    return answer


class Agent(DevKms):
    """What the agent's machine could do with its credentials, and no attestation."""

    def __init__(self, state, url):
        import configparser
        self.url, self.tls = url, None
        self.profiles = configparser.ConfigParser()
        self.profiles.read(os.path.join(state, "kms", "credentials"))


def nobody_gets_a_key(d, state, wrapped):
    agent = Agent(state, d.facts["pqSigner"]["kmsUrl"])
    key = d.facts["pqSigner"]["kmsKeyArn"]
    assert agent.call("DescribeKey", {"KeyId": key})["KeyMetadata"]["Arn"] == key, "the credentials are good"
    context = {"EncryptionContext": {"user_id": "kept"}}
    rows = [("Decrypt", {"KeyId": key, "CiphertextBlob": wrapped, **context}), ("Encrypt", {"KeyId": key, "Plaintext": "eA==", **context}),
            ("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256", **context}),
            ("GenerateDataKeyWithoutPlaintext", {"KeyId": key, "KeySpec": "AES_256", **context})]
    for operation, members in rows:
        try:
            agent.call(operation, members)
        except Refused as e:
            assert e.type == "AccessDeniedException", (operation, e)
            continue
        raise AssertionError(operation + " was not denied")


def link_is_closed(d, state, folder):
    """Without a certificate, and with one of another authority, the agent reads not a byte."""
    host, port = d.facts["pqSigner"]["agent"].split(":")
    stranger, _ = certificate(folder, "stranger")
    for chain in (None, (stranger, stranger.replace(".pem", ".key")),
                  (os.path.join(state, "pki", "agent.pem"), os.path.join(state, "pki", "agent.key"))):
        context = ssl.create_default_context(cafile=os.path.join(state, "pki", "ca.pem"))
        if chain is not None:
            context.load_cert_chain(*chain)
        try:
            with socket.create_connection((host, int(port)), timeout=30) as raw, context.wrap_socket(raw, server_hostname=host) as s:
                s.sendall(b"\0\0\0\2{}")
                assert s.recv(1) == b"", "the agent answers a stranger"
        except (ssl.SSLError, ConnectionError):
            continue


def files(state):
    for name in ("pki/agent.key", "pki/gateway.key", "kms/credentials", "kms/admin-token"):
        assert mode(state, name) == 0o600, name
    assert sorted(os.listdir(os.path.join(state, "pki"))) == ["agent.key", "agent.pem", "ca.pem", "gateway.key", "gateway.pem"]


def test():
    program("countersign-devkms")
    with tempfile.TemporaryDirectory(prefix="cs-flow-") as folder:
        state, log = os.path.join(folder, "state"), os.path.join(folder, "log")
        d = Dev(state, "--pq-signer", log=log)
        made = ask(d, "key_generation", user_id="kept")
        assert made.status == 200 and "DEVELOPMENT KMS" in d.said(), made
        record = json.loads(expect(0, "", "pq-signer", "record", "--user-id", "kept", env=d.client()))
        expect(1, "NOT_FOUND", "pq-signer", "record", "--user-id", "other", env=d.client())
        out = os.path.join(folder, "record.json")
        expect(0, "", "pq-signer", "record", "--user-id", "kept", "--out", out, env=d.client())
        expect(1, "CONFLICT", "pq-signer", "record", "--user-id", "kept", "--out", out, env=d.client())
        nobody_gets_a_key(d, state, record["wrapped_dk"])
        link_is_closed(d, state, folder)
        files(state)
        first = d.facts["pqSigner"]["kmsKeyArn"]
        assert d.stop() == 0

        d = Dev(state, "--pq-signer", log=log)
        assert d.facts["pqSigner"]["kmsKeyArn"] == first
        signed = ask(d, "sign", user_id="kept", message=b64(b"after a restart"))
        assert signed.status == 200 and signed.json["mldsa_public_key"] == made.json["mldsa_pubkey"], signed
        assert ask(d, "key_generation", user_id="kept").status == 403
        kms, = [p for p in d.children if "countersign-devkms" in open(f"/proc/{p}/cmdline").read()]
        os.kill(kms, signal.SIGKILL)
        assert d.wait() == 1, "one of the programs is gone"

        # Without the flag the same state goes on as the Vault door, under the root that it had.
        d = Dev(state, "--attestation", "softnsm", log=log)
        assert "pqSigner" not in d.facts and ask(d, "sign", user_id="kept", message=b64(b"x")).status == 503
        assert d.stop() == 0
        expect(64, "--pq-signer", "dev", "--state", state, "--dynamodb-endpoint", "http://127.0.0.1:1")
        with socket.create_server(("127.0.0.1", 0)) as s:
            nowhere = "http://127.0.0.1:%d" % s.getsockname()[1]
        expect(1, nowhere, "dev", "--state", state, "--pq-signer", "--dynamodb-endpoint", nowhere)


if __name__ == "__main__":
    run(test)
