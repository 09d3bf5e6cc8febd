#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Enclave, agent and a KMS that judges attestation: data keys are released to the enclave alone, through the agent."""

import base64
import os
import socket
import subprocess

from flow import Service, b64, program, run
from flow_agent import code_of, read_frame, write_frame
from flow_kms import DevKms, openssl, openssl_verifies

USER = "ann@example"
SPKI_MLDSA44 = bytes.fromhex("30820532300b06096086480165030403110382052100")  # [RFC 9881]


class Machine(Service):
    """Enclave and agent of the service; the script is its gateway."""

    def __init__(self, kms, key):
        super().__init__(start=False, enclave_options=["--attestation", "softnsm"])
        who = kms.profiles["default"]
        self.environment = {"AWS_ACCESS_KEY_ID": who["aws_access_key_id"], "AWS_SECRET_ACCESS_KEY": who["aws_secret_access_key"],
                            "AWS_EC2_METADATA_DISABLED": "true"}
        if "aws_session_token" in who:
            self.environment["AWS_SESSION_TOKEN"] = who["aws_session_token"]
        self.url, self.roots, self.key_arn, self.gateway = kms.url, (), key, None
        self.start_enclave()
        self.start_agent()

    def start_agent(self):
        self.spawn("agent", [program("countersign-agent"), "serve", "--listen", "unix:" + self.path("agent.sock"), "--enclave",
                             "unix:" + self.path("enclave.sock"), "--kms-endpoint", self.url, *self.roots],
                   env={**os.environ, **self.environment})
        self.wait_for_socket("agent")
        self.gateway = socket.socket(socket.AF_UNIX)
        self.gateway.connect(self.path("agent.sock"))

    def ask(self, kind, **members):
        write_frame(self.gateway, {"type": kind, "version": 1, **members})
        return read_frame(self.gateway)

    def generate(self):
        return self.ask("PqGenerateKey", org="org_1", userId=USER, algorithm="mldsa44", kmsKeyArn=self.key_arn)

    def sign(self, born, user=USER, algorithm="mldsa44"):
        return self.ask("PqSign", org="org_1", userId=user, algorithm=algorithm, sealed=born["sealed"], message=b64(b"m"),
                        requestAttestation=False)

    def close(self, failed=False):
        if self.gateway is not None:
            self.gateway.close()
        super().close(failed)


def measured():
    done = subprocess.run([program("countersign-enclave"), "measure", "--attestation", "softnsm"], capture_output=True, check=True)
    return done.stdout.decode().strip().split(":")[1]


def certificate(folder, name):
    cert, key = (os.path.join(folder, name.split(":")[1] + end) for end in (".pem", ".key"))
    made = openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=kms",
                   "-addext", "subjectAltName=" + name, "-out", cert, "-keyout", key)
    assert made.returncode == 0, made.stderr
    return cert, key


def released(m):
    born = m.generate()
    assert born["type"] == "PqGenerateKey" and born["keyRelease"] == "relayed", (born, m.log("agent"), m.log("enclave"))
    signed = m.sign(born)
    assert signed["type"] == "PqSign" and signed["publicKey"] == born["publicKey"], signed
    spki = SPKI_MLDSA44 + base64.b64decode(born["publicKey"])
    assert openssl_verifies(spki, base64.b64decode(signed["signature"]), b"m"), "the signature does not verify"
    return born


def test():
    with DevKms() as first:  # it makes the folder with keys and credentials
        key = first.call("CreateKey", {})["KeyMetadata"]["Arn"]
        with Machine(first, key) as m:
            root = m.path("enclave/software-nsm-root.pem")
            assert code_of(m.generate()) == "KMS_DENIED", "a KMS that pins no root releases nothing"

            def served_by(*options, tls=None, roots=()):
                first.stop()
                kms = DevKms("--nsm-root", root, *options, folder=first.folder, tls=tls)
                m.gateway.close()
                m.stop("agent")
                m.url, m.roots = kms.url, roots
                m.start_agent()
                return kms

            with served_by("--pcr0", measured()):
                born = released(m)
                assert code_of(m.sign(born, user="bob@example")) == "SEAL_BROKEN"
                assert code_of(m.sign(born, algorithm="mldsa65")) == "SEAL_BROKEN"
                assert m.sign(born)["type"] == "PqSign"
            with served_by("--pcr0", "00" * 48):
                assert code_of(m.sign(born)) == "KMS_DENIED", "another image"
            with served_by("--pcr0", measured(), "--fault", "throttle,count=1"):
                released(m)
            with served_by("--pcr0", measured(), "--fault", "plaintext"):
                assert code_of(m.sign(born)) == "KMS_PLAINTEXT"
                assert code_of(m.generate()) == "KMS_PLAINTEXT"
                assert "A DATA KEY CAME IN THE CLEAR" in m.log("agent")
            assert code_of(m.sign(born)) == "KMS_UNAVAILABLE", "nobody is there"
            good, other = certificate(first.folder, "IP:127.0.0.1"), certificate(first.folder, "DNS:kms.example")
            for tls, roots, expected in ((good, ("--kms-ca", good[0]), None), (good, (), "KMS_UNAVAILABLE"),
                                         (good, ("--kms-ca", other[0]), "KMS_UNAVAILABLE"),
                                         (other, ("--kms-ca", other[0]), "KMS_UNAVAILABLE")):
                with served_by("--pcr0", measured(), tls=tls, roots=roots):
                    told = m.sign(born)
                    assert told["type"] == "PqSign" if expected is None else code_of(told) == expected, (roots, told)
            told = m.log("agent") + m.log("enclave")
            for secret in (*m.environment.values(), USER, key):
                assert secret == "true" or secret not in told, "told in a log"


run(test)
