# SPDX-License-Identifier: Apache-2.0
"""The development KMS for scripts: the service, a client that signs its requests itself, and an enclave's half."""

import base64
import configparser
import datetime
import hashlib
import hmac
import http.client
import json
import os
import select
import shutil
import ssl
import subprocess
import tempfile

from flow import program

SOURCE = os.environ.get("CS_SOURCE") or os.getcwd()
REGION, ACCOUNT = "us-east-1", "111122223333"


class Refused(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status} {body}")
        self.status, self.body = status, body
        self.type = body.get("__type") if isinstance(body, dict) else None


def hmac_of(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def sign_v4(headers, body, key_id, secret, when=None, region=REGION, service="kms", leave_out=()):
    """The headers of a signed POST of / [AWS General Reference, Signature Version 4]."""
    when = when or datetime.datetime.now(datetime.timezone.utc)
    headers = {k.lower(): v for k, v in headers.items()}
    headers["x-amz-date"] = when.strftime("%Y%m%dT%H%M%SZ")
    names = sorted(n for n in headers if n not in leave_out)
    canonical = "POST\n/\n\n" + "".join(f"{n}:{headers[n].strip()}\n" for n in names)
    canonical += "\n" + ";".join(names) + "\n" + hashlib.sha256(body).hexdigest()
    scope = f"{when:%Y%m%d}/{region}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{headers['x-amz-date']}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = hmac_of(key, part)
    signature = hmac_of(key, text).hex()
    headers["authorization"] = (f"AWS4-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={';'.join(names)}, "
                                f"Signature={signature}")
    return headers


class DevKms:
    """countersign-devkms on a free port, in a folder of its own."""

    def __init__(self, *options, folder=None, credentials=None, tls=None):
        self.own = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="cs-devkms-")
        self.state = os.path.join(self.folder, "kms")
        self.tls = tls
        argv = [program("countersign-devkms"), "serve", "--listen", "127.0.0.1:0", "--state", self.state]
        if tls:
            argv += ["--tls-cert", tls[0], "--tls-key", tls[1]]
        if credentials:
            path = os.path.join(self.folder, "given-credentials")
            with open(path, "w") as f:
                f.write(credentials)
            argv += ["--credentials", path]
        self.log_path = os.path.join(self.folder, "kms.log")
        reader, writer = os.pipe()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([*argv, "--ready-fd", str(writer), *options], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, pass_fds=(writer,))
        os.close(writer)
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([reader], [], [], 30)
            chunk = os.read(reader, 1024) if ready else b""
            if not chunk:
                os.close(reader)
                self.stop()
                raise AssertionError("the development KMS did not become ready:\n" + self.log())
            line += chunk
        os.close(reader)
        self.url = json.loads(line)["url"]
        self.profiles = configparser.ConfigParser()
        self.profiles.read(path if credentials else os.path.join(self.state, "credentials"))

    def log(self):
        with open(self.log_path) as f:
            return f.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        self.stop()
        if kind is not None:
            print(self.log()[-4000:])
        if self.own:
            shutil.rmtree(self.folder)

    def connection(self):
        host = self.url.split("//")[1]
        if self.tls:
            return http.client.HTTPSConnection(host, timeout=30, context=ssl.create_default_context(cafile=self.tls[0]))
        return http.client.HTTPConnection(host, timeout=30)

    def send(self, headers, body, method="POST", path="/"):
        """(status, headers, bytes) of an answer, whatever it says."""
        c = self.connection()
        try:
            c.request(method, path, body, headers)
            r = c.getresponse()
            return r.status, r.headers, r.read()
        finally:
            c.close()

    def call(self, operation, members=None, profile="default", body=None, **how):
        """The answer of an operation; Refused for an error."""
        who = self.profiles[profile]
        body = json.dumps(members or {}).encode() if body is None else body
        headers = {"Host": self.url.split("//")[1], "Content-Type": "application/x-amz-json-1.1",
                   "X-Amz-Target": "TrentService." + operation}
        if "aws_session_token" in who:
            headers["X-Amz-Security-Token"] = who["aws_session_token"]
        headers.update(how.pop("headers", {}))
        signed = sign_v4(headers, body, who["aws_access_key_id"], who["aws_secret_access_key"], **how)
        status, _, raw = self.send(signed, body)
        answer = json.loads(raw) if raw else {}
        if status != 200:
            raise Refused(status, answer)
        return answer

    def faults(self, *faults):
        with open(os.path.join(self.state, "admin-token")) as f:
            head = {"Authorization": "Bearer " + f.read()}
        status, _, raw = self.send(head, json.dumps({"faults": faults}), "PUT", "/_devkms/faults")
        assert status == 200, (status, raw)
        return json.loads(raw)

    def create_key(self, spec="SYMMETRIC_DEFAULT", **more):
        usage = "ENCRYPT_DECRYPT" if spec == "SYMMETRIC_DEFAULT" else "SIGN_VERIFY"
        return self.call("CreateKey", {"KeySpec": spec, "KeyUsage": usage, **more})["KeyMetadata"]


class Enclave:
    """A recipient key and the software NSM's documents for it."""

    def __init__(self, state):
        os.makedirs(state, mode=0o700, exist_ok=True)
        self.root = os.path.join(state, "software-nsm-root.pem")
        self.process = subprocess.Popen([program("enclave_recipient"), state], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.document()  # the root is there now

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer.endswith("\n"), "the enclave's half has ended"
        return answer.strip()

    def document(self, word=""):
        return self.ask(("document " + word).strip())

    def recipient(self, word=""):
        return {"AttestationDocument": self.document(word), "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"}

    def open(self, answer, n=32):
        """The bytes for this enclave, or the name of the error."""
        text = self.ask(f"open {n} {answer['CiphertextForRecipient']}")
        return text if text.isupper() or "_" in text else bytes.fromhex(text)

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()


def b64(data):
    return base64.b64encode(data).decode()


def unb64(text):
    return base64.b64decode(text, validate=True)


def openssl(*argv, **options):
    """The OpenSSL that the programs are linked with: it knows ML-DSA."""
    made = subprocess.run([os.path.join(SOURCE, "tools", "deps"), "--prefix"], capture_output=True, text=True, check=True)
    prefix = made.stdout.strip()
    tool = os.path.join(prefix, "bin", "openssl") if prefix else "openssl"
    env = {**os.environ, "LD_LIBRARY_PATH": os.path.join(prefix, "lib")} if prefix else None
    return subprocess.run([tool, *argv], capture_output=True, check=False, env=env, **options)


def openssl_verifies(spki, signature, message):
    """Whether that OpenSSL verifies a signature of the message, as it is, under a SubjectPublicKeyInfo."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (("k", spki), ("s", signature), ("m", message)):
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
        return openssl("pkeyutl", "-verify", "-pubin", "-inkey", "k", "-keyform", "DER", "-rawin", "-in", "m", "-sigfile", "s",
                       cwd=folder).returncode == 0


def certificate(folder):
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    made = openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=devkms",
                   "-addext", "subjectAltName=IP:127.0.0.1", "-out", cert, "-keyout", key)
    assert made.returncode == 0, made.stderr
    return cert, key
