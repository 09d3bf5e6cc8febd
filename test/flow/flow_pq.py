# SPDX-License-Identifier: Apache-2.0
"""The PQ Signer door on one machine: gateway, agent, an enclave under the software NSM, and the development KMS."""

import hashlib
import http.client
import json
import os
import subprocess

from flow import Service, b64, program
from flow_kms import DevKms


class Door:
    """One keep-alive connection to the door."""

    def __init__(self, service, api_key=None):
        self.service = service
        self.api_key = api_key or service.api_key
        self.connection = http.client.HTTPConnection(service.url.split("//")[1], timeout=60)

    def ask(self, request_type, payload, headers=None):
        """Status, headers, body."""
        head = {"Content-Type": "application/json", "Authorization": "Bearer " + self.api_key, **(headers or {})}
        self.connection.request("POST", "/v1/pq-signer", json.dumps({"request_type": request_type, "payload": payload}), head)
        response = self.connection.getresponse()
        return response.status, dict(response.getheaders()), json.loads(response.read())

    def make(self, user_id=None, alg="ML-DSA-44", **more):
        return self.ask("key_generation", {"alg": alg, **({} if user_id is None else {"user_id": user_id})}, **more)

    def sign(self, user_id, message=b"hello", alg="ML-DSA-44", headers=None, **members):
        return self.ask("sign", {"alg": alg, "user_id": user_id, "message": b64(message), **members}, headers)


def good(answer):
    assert answer[0] == 200, answer
    return answer[2]


def refused(answer, error="signing-failed"):
    assert answer[0] == {"malformed-request": 400, "signing-failed": 403, "internal-error": 503}[error], answer
    assert set(answer[2]) == {"error", "request_id"} and answer[2]["error"] == error, answer
    return answer


class Zones(Service):
    """All four zones and the KMS; `gateway_options` are added to what the door needs."""

    def __init__(self, *, gateway_options=(), enclave_options=(), kms_options=(), agent_options=(), environment=None,
                 store=None):
        with open(program("countersign-enclave"), "rb") as f:
            self.pcr0 = hashlib.sha384(f.read()).hexdigest()
        self.given, self.kms_options, self.agent_more = list(gateway_options), list(kms_options), list(agent_options)
        self.environment = environment or {}
        super().__init__(start=False, enclave_options=("--attestation", "softnsm", *enclave_options), store=store)
        self.start_enclave()
        self.root = self.path(os.path.join("enclave", "software-nsm-root.pem"))
        self.kms = DevKms("--nsm-root", self.root, "--pcr0", self.pcr0, *self.kms_options)
        self.arn = self.kms.create_key()["Arn"]
        with open(self.root, encoding="ascii") as f:
            rules = {"pcrs": {"0": [self.pcr0]}, "rootCertificatePem": f.read()}
        self.policy_file = self.path("policy.json")
        with open(self.policy_file, "w", encoding="utf-8") as f:
            json.dump({"name": "release", "vendor": "aws-nitro-enclave", "matchRules": rules}, f)
        self.start_agent()
        self.gateway_options = ["--allow-mock", "--enclave-policy", self.policy_file, "--kms-key-arn", self.arn,
                                "--metrics-bind", "127.0.0.1:0", *self.given]
        self.start_gateway()
        self.door = Door(self)

    def start_agent(self):
        self.spawn("agent", [program("countersign-agent"), "serve", "--listen", "unix:" + self.path("agent.sock"),
                             "--enclave", "unix:" + self.path("enclave.sock"), *self.kms_agent_options()],
                   env=self.cloud_environment())
        self.wait_for_socket("agent")

    def kms_agent_options(self):
        return ["--kms-endpoint", self.kms.url, *self.agent_more]

    def cloud_environment(self):
        return {**os.environ, "AWS_SHARED_CREDENTIALS_FILE": os.path.join(self.kms.state, "credentials"),
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-east-1"}

    def start_gateway(self, name="gateway", **options):
        client = super().start_gateway(name, env={**os.environ, **self.environment}, **options)
        if name == "gateway":
            self.door = Door(self)
        return client

    def kept(self, user_id):
        """What the operator gets of a key."""
        return self.client.get("/v1/pq-signer/record?userId=" + user_id).data

    def record(self, user_id):
        """The hot row and the row of the birth, as the store has them."""
        db = self.database()
        key = db.execute("SELECT org, algorithm, kms_key, key_release, created_ms, public_key, sealed FROM pq_key "
                         "WHERE user_id = ?", (user_id,)).fetchone()
        birth = db.execute("SELECT enclave_version, wrapped, document FROM pq_birth WHERE user_id = ?", (user_id,)).fetchone()
        return key, birth

    def close(self, failed=False):
        try:
            super().close(failed)
        finally:
            self.kms.stop()
            self.kms.__exit__(None if not failed else AssertionError, None, None)


def ml_dsa_verifies(service, public_key, message, signature, alg="ML-DSA-44"):
    """By OpenSSL's own program."""
    from tls import openssl
    oid = {"ML-DSA-44": 17, "ML-DSA-65": 18, "ML-DSA-87": 19}[alg]
    bits = b"\0" + public_key
    algorithm = bytes.fromhex("300b06096086480165030403") + bytes([oid])
    def der(tag, body):
        n = len(body)
        size = bytes([n]) if n < 128 else bytes([0x82, n >> 8, n & 255])
        return bytes([tag]) + size + body
    names = [service.path(name) for name in ("judge.pub", "judge.msg", "judge.sig")]
    for name, content in zip(names, (der(0x30, algorithm + der(3, bits)), message, signature)):
        with open(name, "wb") as f:
            f.write(content)
    try:
        openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", names[0], "-rawin", "-in", names[1], "-sigfile",
                names[2], folder=service.folder)
    except AssertionError:
        return False
    return True


def verify_birth(service, birth, user_id, changes=None):
    """pq-attest's verdict about a birth and the record that is kept of it: exit code and JSON."""
    def write(name, content):
        with open(service.path(name), "w", encoding="utf-8") as f:
            f.write(content)
        return service.path(name)
    from tls import openssl
    der = openssl("x509", "-in", service.root, "-outform", "DER", folder=service.folder)
    manifest = {"version": 1, "enclave_version": "0.1.0", "pcrs": {"0": service.pcr0, "1": "00" * 48, "2": "00" * 48, "8": "00" * 48},
                "root_sha256": hashlib.sha256(der).hexdigest()}
    kept = service.kept(user_id)
    assert kept["birthAttestation"] == birth, "the operator has the same document"
    metadata = {**kept["keyRecord"], **(changes or {})}
    made = subprocess.run([program("pq-attest"), "verify", "--birth-attestation", write("birth.b64", birth), "--manifest",
                           write("manifest.json", json.dumps(manifest)), "--metadata", write("key-record.json", json.dumps(metadata)),
                           "--allow-mock"], capture_output=True, text=True, check=False)
    return made.returncode, made.stdout, made.stderr
