#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The launcher of a Confidential Space, as far as a container sees it: POST /v1/token over a unix socket gives a token of
an attestation verifier, here one with keys of its own. It refuses what the real one refuses; the claims are those of a
genuine token. A file `fault` beside the socket makes it misbehave: one word, read for each request."""

import base64
import datetime
import http.server
import json
import os
import socketserver
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

MEMBERS = {"audience": str, "token_type": str, "nonces": list}
MAX_AUDIENCE, MAX_NONCES, NONCE_BYTES = 512, 6, range(8, 89)


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "test"), x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Chain:
    """Root, intermediate, leaf: RSA, sha256WithRSA, the leaf without key usage, as Google's."""

    def __init__(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        self.certificates, issuer, issuer_key = [], None, None
        for text, days, length in (("Test Space Root CA", 3650, 1), ("Test Space Intermediate", 700, 0), ("leaf", 60, None)):
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            builder = (x509.CertificateBuilder().subject_name(name(text)).issuer_name(issuer or name(text))
                       .public_key(key.public_key()).serial_number(x509.random_serial_number())
                       .not_valid_before(now - datetime.timedelta(minutes=5))
                       .not_valid_after(now + datetime.timedelta(days=days))
                       .add_extension(x509.BasicConstraints(length is not None, length), critical=True))
            if length is not None:
                builder = builder.add_extension(x509.KeyUsage(
                    key_cert_sign=True, crl_sign=True, digital_signature=False, content_commitment=False,
                    key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
                    decipher_only=False), critical=True)
            self.certificates.insert(0, builder.sign(issuer_key or key, hashes.SHA256()))
            issuer, issuer_key = name(text), key
        self.key = issuer_key

    def pem_of_root(self):
        return self.certificates[-1].public_bytes(serialization.Encoding.PEM)

    def token(self, claims):
        ders = [c.public_bytes(serialization.Encoding.DER) for c in self.certificates]
        header = {"alg": "RS256", "kid": "test", "typ": "JWT", "x5c": [base64.b64encode(d).decode() for d in ders]}
        text = b64url(json.dumps(header).encode()) + "." + b64url(json.dumps(claims).encode())
        return text + "." + b64url(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))


def refusal(request):
    """Why the request is refused, as a text; None if it is not."""
    for member, value in request.items():
        if member not in MEMBERS:
            return "json: unknown field \"%s\"" % member
        if not isinstance(value, MEMBERS[member]):
            return "json: cannot unmarshal field " + member
    if not request.get("audience") or len(request["audience"].encode()) > MAX_AUDIENCE:
        return "use GET request for the default identity token"
    if request.get("token_type") not in ("OIDC", "PKI"):
        return "unsupported token type"
    nonces = request.get("nonces", [])
    if len(nonces) > MAX_NONCES or any(not isinstance(n, str) or len(n.encode()) not in NONCE_BYTES for n in nonces):
        return "nonces must be at most 6, of 8 to 88 bytes"
    return None


def claims_of(request, image, fault):
    now = int(time.time())
    nonces = list(request.get("nonces", []))
    if fault == "another-nonce":
        nonces = ["00" * 36]
    if fault == "two-nonces":
        nonces.append("00" * 36)
    if fault == "another-image":
        image = "sha256:" + "00" * 32
    return {
        "aud": "somebody" if fault == "another-audience" else request["audience"], "iat": now, "nbf": now, "exp": now + 3600,
        "iss": "https://confidentialcomputing.googleapis.com",
        "sub": "https://www.googleapis.com/compute/v1/projects/test/zones/us-west1-b/instances/test",
        "eat_nonce": nonces[0] if len(nonces) == 1 else nonces,
        "eat_profile": "https://cloud.google.com/confidential-computing/confidential-space/docs/reference/token-claims",
        "secboot": True, "oemid": 11129, "hwmodel": "GCP_INTEL_TDX", "swname": "CONFIDENTIAL_SPACE", "swversion": ["250800"],
        "attester_tcb": ["INTEL"], "dbgstat": "enabled" if fault == "debug" else "disabled-since-boot",
        "submods": {
            "confidential_space": {"support_attributes": ["LATEST", "STABLE", "USABLE"]},
            "container": {"image_reference": "registry.test/enclave@" + image, "image_digest": image,
                          "restart_policy": "Never", "image_id": "sha256:" + "1d" * 32,
                          "env": {"HOSTNAME": "test", "PATH": "/usr/bin"}, "args": ["countersign-enclave"]},
            "gce": {"zone": "us-west1-b", "project_id": "test", "project_number": "1", "instance_name": "test",
                    "instance_id": "1"}},
        "tdx": {"gcp_attester_tcb_status": "UpToDate", "gcp_attester_tcb_date": "2024-03-13T00:00:00Z"},
        "google_service_accounts": ["1-compute@developer.gserviceaccount.com"]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        with open(self.server.fault_file, encoding="ascii") as f:
            fault = f.read().strip()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.count += 1
        if self.path != "/v1/token":
            return self.answer(404, "404 page not found")
        if self.headers["Content-Type"] != "application/json":
            return self.answer(400, "unsupported content type")
        try:
            request = json.loads(body)
        except ValueError as e:
            return self.answer(400, "failed to parse POST body: %s" % e)
        why = refusal(request)
        if why is not None or fault == "refuses":
            return self.answer(400, why or "no")
        token = self.server.chain.token(claims_of(request, self.server.image, fault))
        return self.answer(200, {"long": token * 10, "garbage": "no token"}.get(fault, token))

    def answer(self, status, text):
        """In chunks, as a Go server writes what is longer than its buffer."""
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if status == 200 else "text/plain; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        for at in range(0, len(data), 2048):
            part = data[at:at + 2048]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def address_string(self):
        return "unix"

    def log_message(self, format, *args):
        pass


class Launcher(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def __init__(self, folder, image):
        self.chain, self.image, self.count = Chain(), image, 0
        self.fault_file = os.path.join(folder, "fault")
        self.set_fault("")
        self.path = os.path.join(folder, "teeserver.sock")
        super().__init__(self.path, Handler)

    def set_fault(self, word):
        with open(self.fault_file, "w", encoding="ascii") as f:
            f.write(word)


if __name__ == "__main__":
    with Launcher(sys.argv[1], "sha256:" + sys.argv[2]) as server:
        server.serve_forever()
