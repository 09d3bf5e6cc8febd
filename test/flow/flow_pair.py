# SPDX-License-Identifier: Apache-2.0
"""The callers of Hybrid Attest: keys of their own, an ECDSA half made here from the definitions [SEC 1, FIPS 180-4, Keccak,
EIP-191] and an ML-DSA half by `countersign sign --local`."""

import base64
import hashlib
import json
import os
import subprocess
import tempfile

from flow import Client, program

P = 2**256 - 2**32 - 977
N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
G = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
     0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)
EVM = ("ethereum", "polygon", "avalanche")


def double(p):
    """Of points (X, Y, Z) that stand for (X / Z^2, Y / Z^3); Z 0 is the point at infinity."""
    x, y, z = p
    s, m = 4 * x * y * y % P, 3 * x * x % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * pow(y, 4, P)) % P, 2 * y * z % P


def add(p, q):
    if p[2] == 0 or q[2] == 0:
        return q if p[2] == 0 else p
    z1, z2 = p[2] * p[2] % P, q[2] * q[2] % P
    u1, u2, s1, s2 = p[0] * z2 % P, q[0] * z1 % P, p[1] * z2 * q[2] % P, q[1] * z1 * p[2] % P
    if u1 == u2:
        return double(p) if s1 == s2 else (1, 1, 0)
    h, r = (u2 - u1) % P, (s2 - s1) % P
    h2, h3 = h * h % P, h * h * h % P
    x = (r * r - h3 - 2 * u1 * h2) % P
    return x, (r * (u1 * h2 - x) - s1 * h3) % P, h * p[2] * q[2] % P


def multiply(k, point):
    """(x, y) of k times a point."""
    total, power = (1, 1, 0), (*point, 1)
    while k:
        if k & 1:
            total = add(total, power)
        power = double(power)
        k >>= 1
    z = pow(total[2], -1, P)
    return total[0] * z * z % P, total[1] * z * z * z % P


def keccak256(data):
    rate, mask = 136, 2**64 - 1
    padded = bytearray(data) + b"\x01" + bytes(-(len(data) + 1) % rate)
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]

    def rotate(v, n):
        return ((v << n) | (v >> (64 - n))) & mask if n else v

    for start in range(0, len(padded), rate):
        for i in range(rate // 8):
            lanes[i % 5][i // 5] ^= int.from_bytes(padded[start + 8 * i:start + 8 * i + 8], "little")
        register = 1
        for _ in range(24):
            c = [lanes[x][0] ^ lanes[x][1] ^ lanes[x][2] ^ lanes[x][3] ^ lanes[x][4] for x in range(5)]
            for x in range(5):
                d = c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1)
                lanes[x] = [lane ^ d for lane in lanes[x]]
            x, y, current = 1, 0, lanes[1][0]
            for t in range(24):
                x, y = y, (2 * x + 3 * y) % 5
                current, lanes[x][y] = lanes[x][y], rotate(current, (t + 1) * (t + 2) // 2 % 64)
            for y in range(5):
                row = [lanes[x][y] for x in range(5)]
                for x in range(5):
                    lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & mask & row[(x + 2) % 5])
            for j in range(7):
                register = (register << 1) ^ (0x171 if register & 0x80 else 0)
                if register & 2:
                    lanes[0][0] ^= 1 << ((1 << j) - 1)
    return b"".join(lanes[i % 5][i // 5].to_bytes(8, "little") for i in range(4))


assert keccak256(b"").hex() == "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"


def sha(data):
    return hashlib.sha256(data).digest()


DIGESTS = {
    "eip191": lambda m: keccak256(b"\x19Ethereum Signed Message:\n%d" % len(m) + m),
    "keccak256": keccak256, "eip712-digest": lambda m: m, "sha256": sha, "sha256d": lambda m: sha(sha(m)),
}


def integer_der(v):
    raw = v.to_bytes((v.bit_length() + 8) // 8, "big")
    return b"\x02" + bytes([len(raw)]) + raw


def der(r, s):
    body = integer_der(r) + integer_der(s)
    return b"\x30" + bytes([len(body)]) + body


class Signer:
    """A secp256k1 key."""

    def __init__(self, d=None):
        self.d = d or int.from_bytes(os.urandom(32), "big") % (N - 1) + 1
        self.point = multiply(self.d, G)
        x, y = (v.to_bytes(32, "big") for v in self.point)
        self.forms = {65: b"\x04" + x + y, 64: x + y, 33: bytes([2 + self.point[1] % 2]) + x}

    @property
    def address(self):
        plain = keccak256(self.forms[64])[-20:].hex()
        check = keccak256(plain.encode()).hex()
        return "0x" + "".join(c.upper() if int(h, 16) > 7 else c for c, h in zip(plain, check))

    def sign(self, digest):
        """(r, s, v) with a low s."""
        z = int.from_bytes(digest, "big")
        while True:
            k = int.from_bytes(os.urandom(32), "big") % (N - 1) + 1
            point = multiply(k, G)
            r = point[0] % N
            s = pow(k, -1, N) * (z + r * self.d) % N
            if r == point[0] and r and s:
                break
        v = point[1] % 2
        return (r, s, v) if s <= N // 2 else (r, N - s, v ^ 1)

    def signature(self, message, scheme="eip191", form="rsv"):
        r, s, v = self.sign(DIGESTS[scheme](message))
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return {"rsv": raw + bytes([27 + v]), "rsv0": raw + bytes([v]), "rs": raw, "der": der(r, s)}[form]


class Pq:
    """An ML-DSA key of `countersign keygen`."""

    def __init__(self, level="65"):
        self.algorithm = "ml-dsa-" + level
        self.folder = tempfile.TemporaryDirectory(prefix="cs-pq-")
        made = self.run("keygen", "--algorithm", "mldsa" + level, "--out", self.path("key"))
        self.public = base64.b64decode(json.loads(made)["pq"])

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def run(self, *argv):
        done = subprocess.run([program("countersign"), *argv], stdin=subprocess.DEVNULL, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def sign(self, message):
        with open(self.path("payload"), "wb") as f:
            f.write(message)
        result = self.run("sign", "--local", "--key-file", self.path("key"), "--in", self.path("payload"))
        return base64.b64decode(json.loads(result)["signature"])


def hexed(data):
    return "0x" + data.hex()


class Door:
    """The Hybrid Attest door of a service."""

    def __init__(self, service, api_key=None):
        self.client = Client(service.url, api_key or service.api_key)

    def call(self, method, path, body=None, **options):
        return self.client.call(method, path, body, **options)

    def data(self, method, path, body=None, status=200, **options):
        answer = self.call(method, path, body, **options)
        assert answer.status == status, (method, path, answer)
        assert set(answer.json) - {"pagination"} == {"data", "meta"}, answer
        assert answer.json["meta"]["requestId"] == answer.headers["X-Request-Id"], answer
        assert answer.json["meta"]["timestamp"].endswith("Z"), answer
        return answer.json["data"]

    def refused(self, method, path, body, status, code, **options):
        """The error's details."""
        answer = self.call(method, path, body, **options)
        assert set(answer.json) == {"error", "meta"} and set(answer.json["error"]) == {"code", "message", "details"}, answer
        assert (answer.status, answer.json["error"]["code"]) == (status, code), (method, path, answer)
        assert answer.json["meta"]["requestId"] == answer.headers["X-Request-Id"], answer
        assert isinstance(answer.json["error"]["message"], str) and answer.json["error"]["message"], answer
        return answer.json["error"]["details"]

    def challenge(self):
        return self.data("POST", "/v1/keys/challenge", {}, status=201)["challenge"]

    def registration(self, pq, **changes):
        challenge = self.challenge()
        return {"publicKey": hexed(pq.public), "algorithm": pq.algorithm, "challenge": challenge,
                "proof": hexed(pq.sign(bytes.fromhex(challenge[2:]))), **changes}

    def register(self, pq, **changes):
        return self.data("POST", "/v1/keys/register", self.registration(pq, **changes), status=201)

    def pair(self, signer, pq, message, scheme="eip191", form="rsv", key=65, **members):
        return {"message": hexed(message), "ecdsaSignature": hexed(signer.signature(message, scheme, form)),
                "ecdsaPublicKey": hexed(signer.forms[key]), "pqcSignature": hexed(pq.sign(message)),
                "pqcPublicKey": hexed(pq.public), "algorithm": pq.algorithm, **members}

    def attest(self, *args, **members):
        return self.data("POST", "/v1/sign/hybrid", self.pair(*args, **members), status=201)
