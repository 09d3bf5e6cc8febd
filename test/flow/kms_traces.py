#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What passed through the agent and is not needed any more is nowhere in its memory: credentials that were replaced, and a data
key that came in the clear, unasked or for an enclave without attestation."""

import base64
import datetime
import json
import re
import ssl
import sys
import tempfile
import time

from flow import SKIP, b64, is_sanitized, run
from flow_agent import Agent, Server, code_of
from memory import writable_memory
from tls import Authority

ARN = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
SIGN = {"type": "KmsSign", "version": 1, "provider": "aws-kms", "keyId": ARN, "algorithm": "P-256", "message": b64(b"m")}
RELEASE = {"type": "KmsDecryptDataKey", "version": 1, "provider": "aws-kms", "keyId": ARN, "encryptionContext": {"user_id": "u"},
           "recipient": b64(b"document"), "wrappedDk": b64(b"wrapped")}
LEAK = "bGVha2VkLWRhdGEta2V5LWluLXRoZS1jbGVhci0zMmI="
VISIBLE = {name: value for name, value in RELEASE.items() if name != "recipient"}  # the agent is to pass it on
PAD = "//////" * 100  # tokens of AWS are long


def credentials(name):
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    return {"AccessKeyId": "ASIA" + name.upper(), "SecretAccessKey": f"secret-of-the-{name}-session", "Token": f"token-of-{name}-{PAD}",
            "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ")}


def count(agent, secrets):
    memory = list(writable_memory(agent.process.pid))
    return {s: sum(len(re.findall(re.escape(s.encode()), part)) for part in memory) for s in secrets}


def expect_nothing(agent, secrets):
    for _ in range(100):  # the last answer's memory is given back just behind its last byte
        left = {s: n for s, n in count(agent, secrets).items() if n}
        if not left:
            return
        time.sleep(0.05)
    raise AssertionError(left)


class TlsServer(Server):
    def __init__(self, answer, certificate):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate + ".pem", certificate + ".key")
        super().__init__(answer)
        self.url = f"https://localhost:{self.port}"

    def serve(self, connection):
        super().serve(self.context.wrap_socket(connection, server_side=True))


def answer_of(refused):
    def answer(method, path, headers, body):
        if any(f"Credential={key_id}/" in headers["authorization"] for key_id in refused):
            return 400, {}, json.dumps({"__type": "ExpiredTokenException", "message": "no"})
        if headers["x-amz-target"] == "TrentService.Decrypt":
            return 200, {}, json.dumps({"KeyId": ARN, "Plaintext": LEAK, "CiphertextForRecipient": b64(b"cms")})
        return 200, {}, json.dumps({"KeyId": ARN, "Signature": b64(b"signature"), "SigningAlgorithm": "ECDSA_SHA_256"})
    return answer


def ask(agent):
    """The credentials that count now have signed, and the leak has come."""
    told = agent.ask(SIGN)
    assert told["type"] == "KmsSign", (told, agent.log())
    assert code_of(agent.ask(RELEASE)) == "KMS_PLAINTEXT", agent.log()
    told = agent.ask(VISIBLE)
    assert told == {"type": "KmsDecryptDataKey", "version": 1, "dataKey": LEAK}, agent.log()


def nothing_stays(kms, refused, *options):
    told = ["first"]
    with Server(lambda *asked: (200, {}, json.dumps(credentials(told[0])))) as service, \
            Agent("--kms-endpoint", kms.url, *options, environment={"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url + "/c"}) as agent:
        ask(agent)
        first, second = credentials("first"), credentials("second")
        assert count(agent, [first["SecretAccessKey"]])[first["SecretAccessKey"]], "the memory is not what is searched"
        told[0] = "second"
        refused.append(first["AccessKeyId"])
        ask(agent)
        # Of a long text a buffer that was used again may have kept an end.
        expect_nothing(agent, [first["SecretAccessKey"], first["Token"][:24], LEAK, LEAK[:24], base64.b64decode(LEAK).decode()])
        assert count(agent, [second["SecretAccessKey"]])[second["SecretAccessKey"]] == 1, "in the one place where they are kept"


def test():
    if is_sanitized("countersign-agent"):
        print("a sanitizer keeps what was freed; skipped")
        sys.exit(SKIP)
    refused = []
    with Server(answer_of(refused)) as kms:
        nothing_stays(kms, refused)
    with tempfile.TemporaryDirectory(prefix="cs-traces-") as folder:
        refused = []
        authority = Authority(folder, "ca")
        with TlsServer(answer_of(refused), authority.issue("kms", "serverAuth")) as kms:
            nothing_stays(kms, refused, "--kms-ca", folder + "/ca.pem")


if __name__ == "__main__":
    run(test)
