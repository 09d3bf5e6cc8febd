#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A host that means no good between enclave and KMS. Over the relay it can put its own data key into the birth of a key,
which nobody can notice then, and no other key is lost by it; through the tunnel it gains nothing at all."""

import shutil
import subprocess
import tempfile

from flow import program, run
from flow_kms import b64, openssl_verifies, unb64
from flow_host import ENDED, KMS_NAME, Enclave, Host, Kms, certificates, error, measure

MLDSA44_SPKI = bytes.fromhex("30820532300b0609608648016503040311038205210000")[:-1]


def read_record(dek, sealed):
    done = subprocess.run([program("open_record"), b64(dek), sealed], capture_output=True, text=True, check=False)
    return done.stdout.split()


def is_good(reply, born, message=b"transaction"):
    assert isinstance(reply, dict) and reply["publicKey"] == born["publicKey"], reply
    assert openssl_verifies(MLDSA44_SPKI + unb64(born["publicKey"]), unb64(reply["signature"]), message)


def own_data_key(own, born, user):
    """What the attacker's own KMS tells it: the data key in the clear."""
    return unb64(own.call("Decrypt", {"CiphertextBlob": born["wrappedDk"], "EncryptionContext": {"user_id": user}})["Plaintext"])


def relay(host, own):
    born = host.generate("customer-1")
    assert born["keyRelease"] == "relayed" and [q["type"] for q in host.questions] == ["KmsGenerateDataKey"], born
    assert host.questions[0]["encryptionContext"] == {"user_id": "customer-1"}
    is_good(host.sign("customer-1", born), born)
    is_good(host.sign("customer-1", born, attest=True), born)
    other = host.generate("customer-2")

    # The birth of a key out of the attacker's own KMS: the enclave's documents are genuine there, too.
    host.twist = lambda q, answer: host.answer(q, own)
    stolen = host.generate("customer-3")
    assert stolen["keyRelease"] == "relayed", stolen
    read = read_record(own_data_key(own, stolen, "customer-3"), stolen["sealed"])
    assert read == ["mldsa44", "relayed", stolen["publicKey"]], read  # documented: this is what "relayed" means
    # The KMS whose key the record names has never seen it.
    host.twist = lambda q, answer: answer()
    assert host.sign("customer-3", stolen) == "KMS_DENIED"

    # Keys that were born honestly: no answer but the right one opens them.
    host.twist = lambda q, answer: host.answer(q, own)
    assert host.sign("customer-1", born) == "KMS_DENIED"
    wrapped = own.call("GenerateDataKey", {"KeyId": own.arn, "KeySpec": "AES_256",
                                           "EncryptionContext": {"user_id": "customer-1"}})["CiphertextBlob"]
    host.twist = lambda q, answer: host.answer({**q, "wrappedDk": wrapped}, own)
    assert host.sign("customer-1", born) == "SEAL_BROKEN"
    swapped(host, born, other)
    return born


def swapped(host, born, other):
    """Rows, names, contexts, questions and answers in places that are not theirs."""
    host.twist = lambda q, answer: answer()
    assert host.sign("customer-1", other) == "SEAL_BROKEN" and not host.questions
    assert host.sign("customer-2", born) == "SEAL_BROKEN" and not host.questions
    assert host.sign("customer-1", born, org="org_2") == "SEAL_BROKEN" and not host.questions
    assert host.sign("customer-1", born, algorithm="mldsa65") == "SEAL_BROKEN" and not host.questions
    for context in ({"user_id": "customer-2"}, {}, {"user_id": "customer-1", "more": "1"}):
        host.twist = lambda q, answer: host.answer({**q, "encryptionContext": context})
        assert host.sign("customer-1", born) == "KMS_DENIED"
    host.twist = lambda q, answer: host.answer({**q, "wrappedDk": other["wrappedDk"]})
    assert host.sign("customer-1", born) == "KMS_DENIED"
    host.twist = lambda q, answer: host.answer({**q, "wrappedDk": other["wrappedDk"],
                                                "encryptionContext": {"user_id": "customer-2"}})
    assert host.sign("customer-1", born) == "SEAL_BROKEN"

    seen = []
    host.twist = lambda q, answer: seen.append(answer()) or seen[0]
    is_good(host.sign("customer-1", born), born)
    assert host.sign("customer-1", born) == "SEAL_BROKEN"  # the same answer once more
    host.twist = lambda q, answer: {**answer(), "plaintext": b64(bytes(32))}
    assert host.sign("customer-1", born) == ENDED
    host.twist = lambda q, answer: {**answer(), "type": "KmsGenerateDataKey"}
    assert host.sign("customer-1", born) == ENDED
    host.twist = lambda q, answer: error("SELF_CHECK")
    assert host.sign("customer-1", born) == "KMS_UNAVAILABLE"
    host.twist = lambda q, answer: answer()
    is_good(host.sign("customer-1", born), born)


class Changing:
    """A pipe with somebody at it who changes a byte of what comes back, from the `at`-th on."""

    def __init__(self, pipe, at):
        self.pipe, self.left = pipe, at
        self.sendall, self.close = pipe.sendall, pipe.close

    def recv(self, n):
        data = bytearray(self.pipe.recv(n))
        if 0 <= self.left < len(data):
            data[self.left] ^= 1
        self.left -= len(data)
        return bytes(data)


class Recorded:
    def __init__(self, pipe, into):
        self.pipe, self.into = pipe, into
        self.sendall, self.close = pipe.sendall, pipe.close

    def recv(self, n):
        self.into.append(self.pipe.recv(n))
        return self.into[-1]


class Played:
    """Says what somebody else said."""

    def __init__(self, parts):
        self.parts = list(parts)

    def sendall(self, data):
        pass

    def recv(self, n):
        return self.parts.pop(0) if self.parts else b""

    def close(self):
        pass


def tunnel(host, own, wrong_name, wrong_use, no_use, born_before):
    host.twist = lambda q, answer: answer()
    host.pipe_to = host.open_pipe
    born = host.generate("customer-5")
    assert isinstance(born, dict) and born["keyRelease"] == "attested", born
    assert {q["type"] for q in host.questions} == {"KmsTunnel", "KmsTunnelSend", "KmsTunnelReceive"}
    is_good(host.sign("customer-5", born, attest=True), born)
    is_good(host.sign("customer-1", born_before), born_before)  # one of the relay's days
    assert host.sign("customer-5", born_before) == "SEAL_BROKEN"

    # The same attack, and every other that comes to mind: not one key comes out of it.
    for name, pipe_to, expected in (
            ("its own KMS", lambda: host.open_pipe(own), "KMS_TLS"),
            ("another host's certificate", lambda: host.open_pipe(wrong_name), "KMS_TLS"),
            ("a certificate for clients", lambda: host.open_pipe(wrong_use), "KMS_TLS"),
            ("a certificate for nothing in particular", lambda: host.open_pipe(no_use), "KMS_TLS"),
            ("no TLS", lambda: Played([b"HTTP/1.1 400 Bad Request\r\n\r\n"]), "KMS_TLS"),
            ("nothing", lambda: Played([]), "KMS_UNAVAILABLE"),
            ("a changed handshake", lambda: Changing(host.open_pipe(), 200), "KMS_TLS")):
        host.pipe_to = pipe_to
        assert host.generate("customer-6") == expected, name
        assert host.sign("customer-5", born) == expected, name

    heard = []
    host.pipe_to = lambda: Recorded(host.open_pipe(), heard)
    is_good(host.sign("customer-5", born), born)
    host.pipe_to = lambda: Played(heard)
    assert host.sign("customer-5", born) == "KMS_TLS"
    total = sum(len(part) for part in heard)
    for at in (total - 40, total - 400):
        host.pipe_to = lambda: Changing(host.open_pipe(), at)
        answer = host.sign("customer-5", born)
        # The last records are the KMS's good bye, which nobody waits for.
        assert answer == "KMS_TLS" or isinstance(answer, dict), answer
    host.pipe_to = host.open_pipe

    lent = {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "secret", "region": "us-east-1"}
    for change in (lent, {"secretAccessKey": "x"}, {"sessionToken": "t"}):
        host.twist = lambda q, answer: {**answer(), **change} if q["type"] == "KmsTunnel" else answer()
        assert host.sign("customer-5", born) == "KMS_DENIED", change
    host.twist = lambda q, answer: {**answer(), "region": "eu-central-1"} if q["type"] == "KmsTunnel" else answer()
    is_good(host.sign("customer-5", born), born)  # the key's own name says where it is
    for change in ({"accessKeyId": "a\r\nx-evil: 1"}, {"sessionToken": "a\nb"}):
        host.twist = lambda q, answer: {**answer(), **change} if q["type"] == "KmsTunnel" else answer()
        assert host.sign("customer-5", born) == "KMS_UNAVAILABLE", change
    host.twist = lambda q, answer: error("KMS_DENIED") if q["type"] == "KmsTunnel" else answer()
    assert host.generate("customer-6") == "KMS_DENIED"
    host.twist = lambda q, answer: answer() if q["type"] == "KmsTunnel" else error("KMS_UNAVAILABLE")
    assert host.generate("customer-6") == "KMS_UNAVAILABLE"
    host.twist = lambda q, answer: answer()
    is_good(host.sign("customer-5", born), born)
    return born


def kms_that_lies(host, born):
    for fault, expected in (("throttle", "KMS_UNAVAILABLE"), ("error", "KMS_UNAVAILABLE"), ("unavailable", "KMS_UNAVAILABLE"),
                            ("deny", "KMS_DENIED"), ("wrong-key-id", "SEAL_BROKEN"), ("plaintext", "KMS_PLAINTEXT"),
                            ("other-recipient", "SEAL_BROKEN"), ("other-key", "SEAL_BROKEN"), ("garbage", "SEAL_BROKEN"),
                            ("cut", None)):
        host.kms.faults(fault)
        answer = host.sign("customer-5", born)
        assert answer == expected if expected else answer in ("SEAL_BROKEN", "KMS_UNAVAILABLE"), (fault, answer)
    host.kms.faults()
    is_good(host.sign("customer-5", born), born)


def meet(folder, relayed, tunnelled, kms_tls):
    """The honest KMS, the attacker's own, and three more with certificates of the right root that are for something else."""
    trust = ("--nsm-root", relayed.root, "--pcr0", measure())
    with Kms(kms_tls, *trust) as kms, Kms(certificates(folder, "own-ca", "own"), *trust) as own, \
            Kms(certificates(folder, name="other", subject="kms.eu-west-1.amazonaws.com"), *trust) as wrong_name, \
            Kms(certificates(folder, name="client", usage="clientAuth"), *trust) as wrong_use, \
            Kms(certificates(folder, name="plain", usage=None), *trust) as no_use:
        host = Host(relayed, kms)
        before = relay(host, own)
        host.close()
        host = Host(tunnelled, kms)
        born = tunnel(host, own, wrong_name, wrong_use, no_use, before)
        kms_that_lies(host, born)
        host.close()


def test():
    folder = tempfile.mkdtemp(prefix="cs-pq-")
    failed, enclaves = True, []
    try:
        kms_tls = certificates(folder)
        enclaves.append(Enclave(folder, "relay"))
        enclaves.append(Enclave(folder, "tunnel", "--kms-path", "tunnel", "--kms-roots", kms_tls[2], "--kms-host", KMS_NAME,
                                "--recipient-key-lifetime", "60"))
        meet(folder, *enclaves, kms_tls)
        failed = False
    finally:
        for e in enclaves:
            e.stop(failed)
        shutil.rmtree(folder)


run(test)
