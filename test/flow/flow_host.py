# SPDX-License-Identifier: Apache-2.0
"""The enclave and the KMS, with a script in the place of the agent between them: the host, honest or not."""

import http.client
import os
import socket
import ssl
import subprocess
import time

from flow import program
from flow_agent import read_frame, write_frame
from flow_kms import DevKms, Refused, b64, openssl, unb64

KMS_NAME = "kms.us-east-1.amazonaws.com"  # the enclave pins it; where it leads is the host's to say
ENDED = "ENDED"
ORG = "org_1"


def certificates(folder, issuer="kms-ca", name="kms", subject=KMS_NAME, **more):
    """A certificate for a host under a root that is made if it is not there; (chain, key, root)."""
    root, root_key = os.path.join(folder, issuer + ".pem"), os.path.join(folder, issuer + ".key")
    cert, key = os.path.join(folder, name + ".pem"), os.path.join(folder, name + ".key")
    if not os.path.exists(root):
        must("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", root_key, "-out",
             root, "-days", "30", "-subj", "/CN=" + issuer)
    usage, days = more.get("usage", "serverAuth"), more.get("days", "30")
    must("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", cert,
         "-days", days, "-subj", "/CN=" + name, "-CA", root, "-CAkey", root_key, "-addext", "subjectAltName=DNS:" + subject,
         "-addext", "basicConstraints=critical,CA:FALSE", *(("-addext", "extendedKeyUsage=" + usage) if usage else ()))
    return cert, key, root


def must(*argv):
    done = openssl(*argv)
    assert done.returncode == 0, done.stderr.decode()


class Kms(DevKms):
    """The development KMS behind TLS, with one key. Its certificate is for a name that does not lead here."""

    def __init__(self, tls, *options):
        super().__init__(*options, tls=tls[:2])
        self.arn = self.create_key()["Arn"]

    def connection(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection(self.url.split("//")[1], timeout=30, context=context)


class Enclave:
    """countersign-enclave with the software NSM."""

    def __init__(self, folder, name, *options):
        self.folder, self.name = folder, name
        self.state, self.address = os.path.join(folder, "enclave"), os.path.join(folder, name + ".sock")
        kek = os.path.join(folder, "kek")
        if not os.path.exists(kek):
            with open(os.open(kek, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as f:
                f.write(os.urandom(32))
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                [program("countersign-enclave"), "serve", "--listen", "unix:" + self.address, "--state", self.state,
                 "--kek-file", kek, "--attestation", "softnsm", *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.root = os.path.join(self.state, "software-nsm-root.pem")
        self.connect().close()

    def path(self, ending):
        return os.path.join(self.folder, self.name + "." + ending)

    def log(self):
        with open(self.path("log"), errors="replace") as f:
            return f.read()

    def connect(self):
        deadline = time.monotonic() + 30
        while True:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.address)
                return s
            except OSError:
                s.close()
                assert self.process.poll() is None and time.monotonic() < deadline, self.log()
                time.sleep(0.02)

    def stop(self, failed=False):
        self.process.terminate()
        code = self.process.wait(30)
        if failed:
            print(f"--- enclave {self.name}\n" + self.log()[-4000:])
        else:
            assert code == 0, f"the enclave ended with {code}:\n" + self.log()


def measure():
    done = subprocess.run([program("countersign-enclave"), "measure", "--attestation", "softnsm"], capture_output=True,
                          check=True, text=True)
    return done.stdout.strip().removeprefix("sha384:")


class Host:
    """The agent's place: brings requests to the enclave and answers its questions by `self.kms`, as a host would that
    means well. What it does otherwise is put into `self.twist`, a function of the question and of the honest answer."""

    def __init__(self, enclave, kms):
        self.enclave, self.kms, self.key = enclave, kms, kms.arn
        self.twist = lambda question, answer: answer()
        self.pipe_to = self.open_pipe
        self.pipe, self.line, self.questions = None, None, []

    # -- what the enclave asks for -----------------------------------------------------------------------------

    def call(self, kms, operation, question, **more):
        try:
            return kms.call(operation, {
                "KeyId": kms.arn, "EncryptionContext": question["encryptionContext"], "Recipient": {
                    "AttestationDocument": question["recipient"], "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"}, **more})
        except Refused as e:
            return {"refused": "KMS_DENIED" if e.status == 400 else "KMS_UNAVAILABLE"}

    def answer(self, question, kms=None):
        kind = question["type"]
        if kind in ("KmsGenerateDataKey", "KmsDecryptDataKey"):
            generate = kind == "KmsGenerateDataKey"
            more = {"KeySpec": "AES_256"} if generate else {"CiphertextBlob": question["wrappedDk"]}
            a = self.call(kms or self.kms, "GenerateDataKey" if generate else "Decrypt", question, **more)
            if "refused" in a:
                return error(a["refused"])
            wrapped = {"wrappedDk": a["CiphertextBlob"]} if generate else {}
            return {"type": kind, "version": 1, "ciphertextForRecipient": a["CiphertextForRecipient"], **wrapped}
        if kind == "KmsTunnel":
            assert question["host"] == KMS_NAME, question
            self.pipe = self.pipe_to()
            who = self.kms.profiles["default"]
            return {"type": kind, "version": 1, "accessKeyId": who["aws_access_key_id"],
                    "secretAccessKey": who["aws_secret_access_key"], "region": "us-east-1"}
        if kind == "KmsTunnelSend":
            self.pipe.sendall(unb64(question["bytes"]))
            return {"type": kind, "version": 1}
        assert kind == "KmsTunnelReceive", kind
        return {"type": kind, "version": 1, "bytes": b64(self.pipe.recv(question["max"]))}

    def open_pipe(self, kms=None):
        host, port = (kms or self.kms).url.split("//")[1].rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=30)

    # -- what the gateway asks for -----------------------------------------------------------------------------

    def ask(self, request):
        """The reply, the code of an error, or ENDED: the enclave said no more."""
        self.questions = []
        if self.line is None:
            self.line = self.enclave.connect()
        write_frame(self.line, request)
        while (frame := read_frame(self.line)) is not None and frame["type"].startswith("Kms"):
            self.questions.append(frame)
            write_frame(self.line, self.twist(frame, lambda: self.answer(frame)))
        if self.pipe is not None:
            self.pipe.close()
            self.pipe = None
        if frame is None:
            self.close()
            return ENDED
        return frame["code"] if frame["type"] == "Error" else frame

    def close(self):
        if self.line is not None:
            self.line.close()
            self.line = None

    def generate(self, user, algorithm="mldsa44"):
        return self.ask({"type": "PqGenerateKey", "version": 1, "org": ORG, "userId": user, "algorithm": algorithm, "kmsKeyArn": self.key})

    def sign(self, user, born, message=b"transaction", algorithm="mldsa44", attest=False, org=ORG):
        return self.ask({"type": "PqSign", "version": 1, "org": org, "userId": user, "algorithm": algorithm, "sealed": born["sealed"],
                         "message": b64(message), "requestAttestation": attest})


def error(code):
    return {"type": "Error", "version": 1, "code": code}
