#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`pq-attest verify` as it is documented: documents, certificates and commitments made here, by other code than ours;
its exit code for each of them, its one line of JSON, and that software never passes for hardware."""

import base64
import datetime
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile

from flow import SKIP, program, run

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.serialization import Encoding
    from cryptography.x509.oid import NameOID
except ImportError as e:
    print("skipped: the documents are made with python3-cryptography (%s)" % e)
    sys.exit(SKIP)

BORN = datetime.datetime(2024, 3, 1, 12, 0, 0, tzinfo=datetime.timezone.utc)  # every certificate has ended since
MS = int(BORN.timestamp() * 1000)
ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
PCRS = {0: b"\xa0" * 48, 1: b"\xa1" * 48, 2: b"\xa2" * 48, 8: b"\xa8" * 48}
AWS = "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"


def head(major, n):
    for size, code, form in ((24, None, "B"), (1 << 8, 24, "B"), (1 << 16, 25, ">H"), (1 << 32, 26, ">I")):
        if n < size:
            return bytes([major << 5 | n]) if code is None else bytes([major << 5 | code]) + struct.pack(form, n)
    return bytes([major << 5 | 27]) + struct.pack(">Q", n)


def cbor(v):
    if v is None:
        return b"\xf6"
    if isinstance(v, int):
        return head(0, v) if v >= 0 else head(1, -1 - v)
    if isinstance(v, bytes):
        return head(2, len(v)) + v
    if isinstance(v, str):
        return head(3, len(v)) + v.encode()
    if isinstance(v, list):
        return head(4, len(v)) + b"".join(map(cbor, v))
    return head(5, len(v)) + b"".join(cbor(k) + cbor(x) for k, x in v.items())


class Authority:
    """Five certificates, as Nitro's: a root for decades, a leaf for three hours."""

    def __init__(self):
        self.keys = [ec.generate_private_key(ec.SECP384R1()) for _ in range(5)]
        self.ders = [self.issue(i) for i in range(5)]
        self.root = hashlib.sha256(self.ders[0]).hexdigest()

    def issue(self, i):
        name = lambda n: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"step {n} of software")])
        days = [9000, 20, 6, 1, 0][i]
        usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign",
                               "encipher_only", "decipher_only"), False)
        made = (x509.CertificateBuilder().subject_name(name(i)).issuer_name(name(max(0, i - 1)))
                .public_key(self.keys[i].public_key()).serial_number(i + 1)
                .not_valid_before(BORN - datetime.timedelta(days=days, seconds=3))
                .not_valid_after(BORN + datetime.timedelta(days=days if i == 0 else days / 2, hours=3))
                .add_extension(x509.BasicConstraints(i < 4, [None, 2, 1, 0, None][i]), True)
                .add_extension(x509.KeyUsage(digital_signature=i != 3, key_cert_sign=i < 4, **usage), True)
                .sign(self.keys[max(0, i - 1)], hashes.SHA384()))
        return made.public_bytes(Encoding.DER)

    def document(self, user_data, pcrs=None, timestamp=MS):
        payload = cbor({"module_id": "i-0123-enc0123", "digest": "SHA384", "timestamp": timestamp,
                        "pcrs": pcrs or PCRS, "certificate": self.ders[4], "cabundle": self.ders[:4],
                        "public_key": None, "user_data": user_data, "nonce": None})
        protected = cbor({1: -35})
        der = self.keys[4].sign(cbor(["Signature1", protected, b"", payload]), ec.ECDSA(hashes.SHA384()))
        r, s = decode_dss_signature(der)
        return b"\x84" + cbor(protected) + b"\xa0" + cbor(payload) + cbor(r.to_bytes(48, "big") + s.to_bytes(48, "big"))


def commitment(record, hashed=False):
    b = lambda name: base64.b64decode(record[name])
    user, arn, alg = record["user_id"].encode(), record["kms_key_arn"].encode(), record["alg"].encode()
    data = (b"CSB1" + hashlib.sha256(b("mldsa_pubkey")).digest() + hashlib.sha256(b("wrapped_dk")).digest() +
            struct.pack(">H", len(user)) + user + struct.pack(">H", len(arn)) + arn + bytes([len(alg)]) + alg +
            struct.pack(">Q", record["created_at_ms"]))
    return b"CSH1" + hashlib.sha256(data).digest() if hashed or len(data) > 512 else data


def b64(data):
    return base64.b64encode(data).decode()


RECORD = {"user_id": "customer-wallet-123", "alg": "ML-DSA-44", "mldsa_pubkey": b64(b"\x11" * 1312),
          "wrapped_dk": b64(b"\x22" * 184), "kms_key_arn": ARN, "created_at_ms": MS + 40}


class Case:
    """The three files of a good birth, with what a row changes in them."""

    def __init__(self, folder):
        self.folder, self.authority = folder, Authority()
        self.rows = 0

    def manifest(self, **changes):
        return {"version": 1, "enclave_version": "0.1.0", "pcrs": {str(i): v.hex() for i, v in PCRS.items()},
                "root_sha256": self.authority.root, **changes}

    def write(self, name, content):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as f:
            f.write(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def told(self, code, said, document=None, manifest=None, metadata=None, options=("--allow-mock",)):
        self.rows += 1
        if document is None:
            document = b64(self.authority.document(commitment(RECORD))).encode() + b"\n"
        argv = [program("pq-attest"), "verify", "--birth-attestation", self.write("birth.b64", document), "--manifest",
                self.write("measurement-manifest.json", self.manifest() if manifest is None else manifest), "--metadata",
                self.write("key-record.json", RECORD if metadata is None else metadata), *options]
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        err = done.stderr.decode()
        assert done.returncode == code, (code, said, done.returncode, done.stdout, err)
        out = json.loads(done.stdout) if code in (0, 2) else None
        if code in (1, 64):
            assert done.stdout == b"" and said in err, (said, done.stdout, err)
        else:
            assert done.stdout.count(b"\n") == 1 and out["reason"] == said and out["ok"] == (code == 0), (said, out, err)
            assert (out["verified_pcrs"] is not None) == (code == 0), out
            assert code == 0 or f"({said})" in err, err
        return out, err


def good(c):
    out, err = c.told(0, "OK")
    assert out == {"ok": True, "reason": "OK", "verified_pcrs": {str(i): v.hex() for i, v in PCRS.items()},
                   "user_data_sha256": hashlib.sha256(commitment(RECORD)).hexdigest(),
                   "nitro_root_der_sha256": c.authority.root, "software_nsm": True,
                   "attested_at": "2024-03-01T12:00:00.000Z"}, out
    assert "SOFTWARE NSM" in err, err
    long = dict(RECORD, kms_key_arn="arn:" + "k" * 400)
    assert commitment(long).startswith(b"CSH1")
    c.told(0, "OK", document=b64(c.authority.document(commitment(long))).encode(), metadata=long)
    c.told(2, "BIRTH_HASH", document=b64(c.authority.document(commitment(long))).encode(),
           metadata=dict(long, user_id="customer-wallet-124"))


def software_is_not_hardware(c):
    out, err = c.told(2, "ATT_MOCK_REFUSED", options=())
    assert out["software_nsm"] and out["nitro_root_der_sha256"] is None and "SOFTWARE NSM" in err, (out, err)
    out, _ = c.told(2, "ATT_ROOT_MISMATCH", manifest=c.manifest(root_sha256=AWS), options=())
    assert out["software_nsm"] is False
    c.told(2, "ATT_ROOT_MISMATCH", manifest=c.manifest(root_sha256=AWS))
    c.told(2, "ATT_ROOT_MISMATCH", manifest=c.manifest(root_sha256=Authority().root))
    # What gives protection up is written out, not inherited.
    os.environ["COUNTERSIGN_ALLOW_MOCK"] = "true"
    c.told(2, "ATT_MOCK_REFUSED", options=())
    del os.environ["COUNTERSIGN_ALLOW_MOCK"]


def refusals(c):
    sign = lambda record=RECORD, **more: b64(c.authority.document(commitment(record), **more)).encode()
    for i, name in ((0, "0"), (1, "1"), (2, "2"), (8, "8")):
        c.told(2, "ATT_IMAGE_NOT_ALLOWED", document=sign(pcrs={**PCRS, i: b"\x55" * 48}))
        c.told(2, "ATT_IMAGE_NOT_ALLOWED", manifest=c.manifest(pcrs={**c.manifest()["pcrs"], name: "55" * 48}))
        c.told(2, "ATT_REGISTER_MISSING", document=sign(pcrs={k: v for k, v in PCRS.items() if k != i}))
    c.told(2, "ATT_DEBUG", document=sign(pcrs={**PCRS, 0: bytes(48), 1: bytes(48), 2: bytes(48)}))
    c.told(2, "ATT_CERT_EXPIRED", document=sign(timestamp=MS + 4 * 3600 * 1000))
    c.told(2, "ATT_CERT_NOT_YET_VALID", document=sign(timestamp=MS - 3600 * 1000))
    c.told(2, "BIRTH_CLOCK", document=sign(timestamp=MS + 60041))
    for member, value, said in (("user_id", "customer-wallet-124", "BIRTH_USER"),
                                ("user_id", "customer-wallet-123 ", "BIRTH_USER"),
                                ("mldsa_pubkey", b64(b"\x12" * 1312), "BIRTH_PUBLIC_KEY"),
                                ("wrapped_dk", b64(b"\x22" * 183), "BIRTH_WRAPPED_DK"),
                                ("kms_key_arn", ARN[:-1], "BIRTH_KMS_KEY"),
                                ("created_at_ms", MS + 41, "BIRTH_CREATED")):
        c.told(2, said, metadata=dict(RECORD, **{member: value}))
    c.told(2, "BIRTH_PUBLIC_KEY", metadata=dict(RECORD, alg="ML-DSA-65", mldsa_pubkey=b64(b"\x11" * 1952)))
    c.told(2, "BIRTH_FORMAT", document=b64(c.authority.document(commitment(RECORD, hashed=True))).encode())
    c.told(2, "BIRTH_FORMAT", document=b64(c.authority.document(hashlib.sha256(b"signature").digest())).encode())
    # The fields one after another, as a reader of the published document would write them: no lengths, no certainty.
    plain = commitment(RECORD)[4:68] + RECORD["user_id"].encode() + ARN.encode() + b"ML-DSA-44" + struct.pack(">Q", MS)
    c.told(2, "BIRTH_FORMAT", document=b64(c.authority.document(plain)).encode())

    document = bytearray(c.authority.document(commitment(RECORD)))
    document[-1] ^= 1
    c.told(2, "ATT_PROOF_INVALID", document=b64(bytes(document)).encode())
    other = Authority().document(commitment(RECORD))
    c.told(2, "ATT_ROOT_MISMATCH", document=b64(other).encode())
    for text in (b"", b"\n", b"not base64", b64(bytes(document)).encode()[:-4], b64(b"\x84").encode(),
                 b64(bytes(document)).encode().replace(b"\n", b"") + b"AAAA", bytes(document)):
        c.told(2, "ATT_EVIDENCE_FORMAT", document=text)


def unusable(c):
    """A file that is none says nothing about the document."""
    broken = c.manifest()
    del broken["pcrs"]["8"]
    c.told(1, "pcrs.8: A required member is missing. (MISSING_FIELD)", manifest=broken)
    c.told(1, "pcrs.0", manifest=c.manifest(pcrs={**c.manifest()["pcrs"], "0": "00" * 48}))
    c.told(1, "version", manifest=c.manifest(version=2))
    c.told(1, "UNKNOWN_FIELD", manifest=c.manifest(note="trust me"))
    c.told(1, "BAD_JSON", manifest=b"{")
    c.told(1, "created_at_ms", metadata={k: v for k, v in RECORD.items() if k != "created_at_ms"})
    c.told(1, "UNKNOWN_ALGORITHM", metadata=dict(RECORD, alg="ML-DSA-45"))
    c.told(1, "mldsa_pubkey", metadata=dict(RECORD, mldsa_pubkey=b64(b"\x11" * 1311)))
    c.told(1, "BAD_JSON", metadata=json.dumps(RECORD).encode().replace(b'"alg"', b'"user_id": "x", "alg"'))
    c.told(1, "TOO_LARGE", metadata=b" " * 20000)
    c.told(64, "option", options=("--manifest",))
    c.told(64, "option", options=("--allow-anything",))
    for missing in ("--birth-attestation", "--manifest", "--metadata"):
        argv = ["verify", "--birth-attestation", "birth.b64", "--manifest", "m.json", "--metadata", "k.json"]
        at = argv.index(missing)
        done = subprocess.run([program("pq-attest"), *argv[:at], *argv[at + 2:]], capture_output=True, check=False,
                              cwd=c.folder)
        assert done.returncode == 64, (missing, done)
    done = subprocess.run([program("pq-attest"), *argv], capture_output=True, check=False, cwd=c.folder)
    assert done.returncode == 1 and b"m.json" in done.stderr and done.stdout == b"", done


def full_disk(c):
    """A verdict that nobody could read is no success."""
    c.told(0, "OK")
    if not os.path.exists("/dev/full"):
        return
    argv = [program("pq-attest"), "verify", "--birth-attestation", "birth.b64", "--manifest", "measurement-manifest.json",
            "--metadata", "key-record.json", "--allow-mock"]
    with open("/dev/full", "wb") as full:
        done = subprocess.run(argv, stdout=full, stderr=subprocess.DEVNULL, check=False, cwd=c.folder)
    assert done.returncode == 1, done


def test():
    with tempfile.TemporaryDirectory(prefix="cs-flow-") as folder:
        c = Case(folder)
        for part in (good, software_is_not_hardware, refusals, unusable, full_disk):
            part(c)
        assert c.rows > 50, c.rows


if __name__ == "__main__":
    run(test)
