# SPDX-License-Identifier: Apache-2.0
"""The Vault door with a KMS behind the agent: an org that has set up AWS, and judges of what comes out."""

import base64
import hashlib
import json
import os
import subprocess

from flow import Service, program
from flow_kms import ACCOUNT, REGION, DevKms


class Byok(Service):
    """Enclave (`attestation`: softnsm or mock), agent, gateway, and a KMS that the settings of the org name. `kms`: one
    that runs already; it is left running."""

    def __init__(self, attestation="softnsm", kms=None, gateway_options=(), kms_options=()):
        super().__init__(start=False, enclave_options=("--attestation", attestation),
                         gateway_options=("--allow-mock", *gateway_options))
        self.start_enclave()
        self.own = kms is None
        if kms is None:
            with open(program("countersign-enclave"), "rb") as f:
                self.pcr0 = hashlib.sha384(f.read()).hexdigest()
            root = ["--nsm-root", self.path("enclave/software-nsm-root.pem"), "--pcr0", self.pcr0]
            kms = DevKms(*(root if attestation == "softnsm" else []), *kms_options)
        self.kms = kms
        self.kek = self.new_key("SYMMETRIC_DEFAULT")
        self.start_agent()
        self.start_gateway()

    def new_key(self, spec):
        return self.kms.create_key(spec)["Arn"]

    def cloud(self):
        """What the agent finds in its environment."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return {**clean, "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.kms.state, "credentials"),
                "AWS_EC2_METADATA_DISABLED": "true"}

    def start_agent(self):
        self.spawn("agent", [program("countersign-agent"), "serve", "--listen", "unix:" + self.path("agent.sock"), "--enclave",
                             "unix:" + self.path("enclave.sock"), "--settings-key", self.path("agent.key"), "--kms-endpoint",
                             self.kms.url], env=self.cloud())
        self.wait_for_socket("agent")

    def set_up(self, client=None, **settings):
        answer = (client or self.client).call("PUT", "/v1/vault/settings", {"aws": {"keyArn": self.kek}, **settings})
        assert answer.status == 200, answer

    def create(self, name, **members):
        return self.client.post("/v1/hybrid-keys", {"name": name, **members}, timeout=60)

    def close(self, failed=False):
        try:
            super().close(failed)
        finally:
            if self.own and hasattr(self, "kms"):
                self.kms.__exit__(AssertionError if failed else None, None, None)


def verifies(s, result, payload, public_key):
    """By the program, offline, under a key that was pinned when it was created."""
    with open(s.path("pinned.json"), "w", encoding="utf-8") as f:
        f.write(public_key if isinstance(public_key, str) else json.dumps(public_key))
    with open(s.path("payload"), "wb") as f:
        f.write(payload)
    done = subprocess.run([program("countersign"), "verify", "--signature", result["signature"], "--public-key",
                           s.path("pinned.json"), "--payload", s.path("payload")], capture_output=True, check=False)
    assert done.returncode == 0 or b"BAD_SIGNATURE" in done.stderr, done.stderr
    return done.returncode == 0


def half_key(spki, algorithm):
    """The public bytes in the SubjectPublicKeyInfo of a KMS."""
    size = {"p256": 65, "ed25519": 32, "mldsa44": 1312, "mldsa65": 1952, "mldsa87": 2592}[algorithm]
    return base64.b64decode(spki)[-size:]


def told(answer, status, code, *words):
    """A refusal, with these words in its sentence."""
    assert answer.status == status and answer.code == code, answer
    sentence = json.loads(answer.raw)["error"]
    for word in words:
        assert word in sentence, (word, sentence)
    return sentence


__all__ = ["ACCOUNT", "REGION", "Byok", "half_key", "told", "verifies"]
