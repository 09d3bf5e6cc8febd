#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A confidential VM of Azure, as far as a program inside it sees it: a TPM (swtpm, which computes for real) with the
attestation key at its handle and the paravisor's report in NV memory, under a processor whose certificates are made
here; and a relay to an attestation provider that judges the report as the real one does and signs with its own key."""

import base64
import hashlib
import http.server
import json
import os
import socket
import socketserver
import struct
import subprocess
import threading
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

AK, NV_REPORT = "0x81000003", "0x1400001"
TCB = {"3.1": (0, 3), "3.2": (1, 1), "3.3": (6, 200), "3.8": (7, 115)}  # arc: place among the eight bytes, value
AMD = "1.3.6.1.4.1.3704.1."


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Processor:
    """ARK, ASK and VCEK in AMD's form, and reports under them."""

    def __init__(self, folder):
        self.folder, self.chip_id = folder, bytes(range(1, 65))
        self.key = ec.generate_private_key(ec.SECP384R1())
        ark, ask = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
        authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
        values = {"2": b"\x16\x07Milan-B", "4": self.chip_id}
        values.update({arc: b"\x02\x02\0" + bytes([v]) if v > 127 else bytes([2, 1, v]) for arc, (_, v) in TCB.items()})
        vcek = "".join("%s%s=DER:%s\n" % (AMD, arc, value.hex(":")) for arc, value in values.items())
        self.make("ARK-Milan", ark, "ARK-Milan", authority)
        self.make("SEV-Milan", ask, "ARK-Milan", authority)
        self.make("SEV-VCEK", self.key, "SEV-Milan", vcek)
        self.certificates = ["SEV-VCEK", "SEV-Milan", "ARK-Milan"]

    def make(self, name, key, issuer, extensions):
        """RSASSA-PSS with SHA-384 by the command openssl, since older versions of the library offer it for no certificate."""
        path = lambda name: os.path.join(self.folder, name)
        with open(path(name + ".key"), "wb") as f:
            f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                      serialization.NoEncryption()))
        with open(path(name + ".ext"), "w", encoding="ascii") as f:
            f.write(extensions)
        by = ["-signkey", path(name + ".key")] if name == issuer else ["-CA", path(issuer + ".pem"), "-CAkey", path(issuer + ".key")]
        request = subprocess.run(["openssl", "req", "-new", "-key", path(name + ".key"), "-subj", "/CN=" + name],
                                 capture_output=True, check=True).stdout
        subprocess.run(["openssl", "x509", "-req", *by, "-set_serial", str(1 + len(name)), "-days", "365", "-sha384", "-sigopt",
                        "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:48", "-extfile", path(name + ".ext"), "-out",
                        path(name + ".pem")], input=request, capture_output=True, check=True)

    def report(self, report_data):
        tcb = bytearray(8)
        for place, value in TCB.values():
            tcb[place] = value
        r = bytearray(1184)
        struct.pack_into("<I", r, 0, 2)
        struct.pack_into("<Q", r, 8, 0x30000)
        struct.pack_into("<I", r, 0x34, 1)
        for at in (0x38, 0x180, 0x1e0, 0x1f0):
            r[at:at + 8] = tcb
        r[0x50:0x90] = report_data
        r[0x90:0xc0] = b"\x3c" * 48
        r[0xe0:0x110] = b"\x1d" * 48
        r[0x1a0:0x1e0] = self.chip_id
        numbers = utils.decode_dss_signature(self.key.sign(bytes(r[:0x2a0]), ec.ECDSA(hashes.SHA384())))
        r[0x2a0:0x2d0], r[0x2e8:0x318] = (n.to_bytes(48, "little") for n in numbers)
        return bytes(r)

    def pem(self, *which):
        text = b""
        for i in which or range(3):
            with open(os.path.join(self.folder, self.certificates[i] + ".pem"), "rb") as f:
                text += f.read()
        return text


class Machine:
    """The VM: its processor and its TPM, whose socket takes commands as they are."""

    def __init__(self, folder):
        self.folder, self.processor = folder, Processor(folder)
        self.socket = os.path.join(folder, "tpm")
        state = os.path.join(folder, "tpm.state")
        os.mkdir(state)
        self.tpm = subprocess.Popen(["swtpm", "socket", "--tpm2", "--tpmstate", "dir=" + state, "--server",
                                     "type=unixio,path=" + self.socket, "--ctrl", "type=unixio,path=" + self.socket + ".ctrl",
                                     "--flags", "not-need-init,startup-clear"], stderr=subprocess.DEVNULL)
        while not os.path.exists(self.socket) or not os.path.exists(self.socket + ".ctrl"):
            assert self.tpm.poll() is None, "swtpm did not start"
            time.sleep(0.02)
        self.provision()

    def tool(self, *argv):
        done = subprocess.run(argv, capture_output=True, check=False, cwd=self.folder,
                              env=dict(os.environ, TPM2TOOLS_TCTI="swtpm:path=" + self.socket))
        assert done.returncode == 0, (argv, done.stderr.decode())
        return done.stdout

    def provision(self):
        self.tool("tpm2_createprimary", "-Q", "-C", "e", "-G", "rsa2048:rsassa-sha256:null", "-c", "ak.ctx", "-a",
                  "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|restricted|sign")
        self.tool("tpm2_evictcontrol", "-Q", "-C", "o", "-c", "ak.ctx", AK)
        self.tool("tpm2_flushcontext", "-t")
        self.tool("tpm2_readpublic", "-Q", "-c", AK, "-f", "pem", "-o", "ak.pem")
        for i in range(8):
            self.extend(i, b"what ran, %d" % i)
        with open(os.path.join(self.folder, "ak.pem"), "rb") as f:
            key = serialization.load_pem_public_key(f.read()).public_numbers()
        self.runtime = json.dumps({"keys": [{"kid": "HCLAkPub", "key_ops": ["sign"], "kty": "RSA", "e": "AQAB",
                                             "n": b64url(key.n.to_bytes(256, "big"))}],
                                   "vm-configuration": {"secure-boot": True, "tpm-enabled": True}}).encode()
        report = self.processor.report(hashlib.sha256(self.runtime).digest() + bytes(32))
        data = struct.pack("<5I", 20 + len(self.runtime), 1, 2, 1, len(self.runtime)) + self.runtime
        hcl = b"HCLA" + struct.pack("<4I", 2, 32 + len(report) + len(data), 2, 0) + bytes(12) + report + data
        self.write("report.bin", hcl.ljust(2048, b"\0"))
        self.tool("tpm2_nvdefine", "-Q", NV_REPORT, "-C", "o", "-s", "2048", "-a", "ownerread|ownerwrite|authread|authwrite")
        self.tool("tpm2_nvwrite", "-Q", NV_REPORT, "-C", "o", "-i", "report.bin")
        self.write("certificates.pem", self.processor.pem())

    def write(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as f:
            f.write(data)

    def extend(self, index, data):
        self.tool("tpm2_pcrextend", "%d:sha256=%s" % (index, hashlib.sha256(data).hexdigest()))

    def pcr(self, *which):
        text = self.tool("tpm2_pcrread", "sha256:" + ",".join(map(str, which))).decode()
        values = [line.split("0x")[1].strip().lower() for line in text.splitlines() if "0x" in line]
        assert len(values) == len(which), text
        return dict(zip(map(str, which), values))

    def close(self):
        self.tpm.terminate()
        self.tpm.wait(30)


class Hypervisor(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Between a program and the TPM, where it can extend a register, or answer something else."""

    daemon_threads = True

    def __init__(self, machine):
        self.fault, self.lock = "", threading.Lock()
        self.tpm = socket.socket(socket.AF_UNIX)
        self.tpm.connect(machine.socket)
        self.path = os.path.join(machine.folder, "hypervisor")
        super().__init__(self.path, Commands)

    def ask(self, command):
        with self.lock:
            self.tpm.sendall(command)
            return take(self.tpm)

    def extend(self, index, data):
        session = struct.pack(">IIHBH", 9, 0x40000009, 0, 0, 0)
        body = struct.pack(">I", index) + session + struct.pack(">IH", 1, 0x0b) + hashlib.sha256(data).digest()
        answer = self.ask(struct.pack(">HII", 0x8002, 10 + len(body), 0x182) + body)
        assert struct.unpack(">I", answer[6:10]) == (0,), answer.hex()


def take(s):
    """One command or answer: its length stands in its head."""
    data = b""
    while len(data) < 10 or len(data) < struct.unpack(">I", data[2:6])[0]:
        more = s.recv(4096)
        if not more:
            return b""
        data += more
    return data


class Commands(socketserver.BaseRequestHandler):
    def handle(self):
        while command := take(self.request):
            answer, fault = self.server.ask(command), self.server.fault
            if fault == "closes":
                return
            if fault == "refuses":
                answer = struct.pack(">HII", 0x8001, 10, 0x922)
            if fault == "long":
                answer = answer[:2] + struct.pack(">I", 1 << 20) + answer[6:]
            if fault == "short":
                answer = answer[:2] + struct.pack(">I", len(answer) - 1) + answer[6:-1]
            if fault == "more":
                answer += b"x"
            if fault == "another quote" and command[6:10] == b"\0\0\x01\x58":
                answer = self.server.kept
            self.server.kept = answer
            self.request.sendall(answer)


class Provider(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """The relay and, at its other end, the attestation provider."""

    daemon_threads = True
    issuer = "https://test.weu.attest.azure.net"

    def __init__(self, machine):
        self.machine, self.fault, self.count = machine, "", 0
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.path = os.path.join(machine.folder, "relay")
        super().__init__(self.path, Handler)

    def jwks(self):
        n = self.key.public_key().public_numbers().n
        return {"keys": [{"kid": "test", "kty": "RSA", "n": b64url(n.to_bytes(256, "big")), "e": "AQAB"}]}

    def judge(self, request):
        """The claims for a request, or why there are none."""
        if set(request) != {"report", "runtimeData"} or request["runtimeData"].get("dataType") != "JSON":
            return None, "InvalidParameter"
        inner = json.loads(unb64url(request["report"]))
        report, runtime = unb64url(inner["SnpReport"]), unb64url(request["runtimeData"]["data"])
        if unb64url(inner["VcekCertChain"]) != self.machine.processor.pem():
            return None, "the certificates are not this processor's"
        r, s = (int.from_bytes(report[at:at + 48], "little") for at in (0x2a0, 0x2e8))
        self.machine.processor.key.public_key().verify(utils.encode_dss_signature(r, s), report[:0x2a0],
                                                       ec.ECDSA(hashes.SHA384()))
        if report[0x50:0x90] != hashlib.sha256(runtime).digest() + bytes(32):
            return None, "the runtime data are not the report's"
        now = int(time.time())
        return {
            "iss": "https://evil.test" if self.fault == "another-issuer" else self.issuer, "iat": now, "nbf": now,
            "exp": now + 28800, "jti": "1", "x-ms-attestation-type": "sevsnpvm", "x-ms-compliance-status": "azure-compliant-cvm",
            "x-ms-policy-hash": "x", "x-ms-runtime": json.loads(runtime), "x-ms-ver": "1.0",
            "x-ms-sevsnpvm-is-debuggable": self.fault == "debug", "x-ms-sevsnpvm-migration-allowed": False,
            "x-ms-sevsnpvm-vmpl": 0, "x-ms-sevsnpvm-launchmeasurement": report[0x90:0xc0].hex(),
            "x-ms-sevsnpvm-reportdata": report[0x50:0x90].hex(), "x-ms-sevsnpvm-guestsvn": 0,
            "x-ms-sevsnpvm-bootloader-svn": 3, "x-ms-sevsnpvm-tee-svn": 1, "x-ms-sevsnpvm-snpfw-svn": 200,
            "x-ms-sevsnpvm-microcode-svn": 115}, None

    def token(self, claims):
        header = {"alg": "RS256", "kid": "test", "jku": self.issuer + "/certs", "typ": "JWT"}
        text = b64url(json.dumps(header).encode()) + "." + b64url(json.dumps(claims).encode())
        return text + "." + b64url(self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.server.count += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path != "/attest/SevSnpVm?api-version=2022-08-01":
            return self.answer(404, {"error": "no such route"})
        claims, why = self.server.judge(json.loads(body))
        if why is not None or self.server.fault == "refuses":
            return self.answer(400, {"error": {"code": why}})
        return self.answer(200, {"tokn" if self.server.fault == "no-token" else "token": self.server.token(claims)})

    def answer(self, status, what):
        data = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True

    def address_string(self):
        return "unix"

    def log_message(self, format, *args):
        pass
