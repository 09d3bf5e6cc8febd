#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An agent that changes, swaps, repeats or invents answers gets no signature and no key past the gateway."""

import base64
import json
import os
import socket
import threading
import time

from flow import Service, b64, run
from flow_pair import Door


def read_frame(connection):
    head = b""
    while len(head) < 4:
        part = connection.recv(4 - len(head))
        if not part:
            return None
        head += part
    size, text = int.from_bytes(head, "big"), b""
    while len(text) < size:
        part = connection.recv(size - len(text))
        if not part:
            return None
        text += part
    return json.loads(text)


def write_frame(connection, message):
    text = json.dumps(message, separators=(",", ":")).encode()
    connection.sendall(len(text).to_bytes(4, "big") + text)


class Liar(threading.Thread):
    """Stands between the gateway and the real agent."""

    def __init__(self, s):
        super().__init__(daemon=True)
        self.agent = s.path("agent.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(s.path("liar.sock"))
        self.listener.listen()
        self.lie = lambda request, reply: reply
        self.twist = lambda request: request
        self.last = None

    def run(self):
        while True:
            gateway, _ = self.listener.accept()
            threading.Thread(target=self.relay, args=(gateway,), daemon=True).start()

    def relay(self, gateway):
        with gateway, socket.socket(socket.AF_UNIX) as agent:
            agent.connect(self.agent)
            while (request := read_frame(gateway)) is not None:
                write_frame(agent, self.twist(request))
                reply = read_frame(agent)
                told = self.lie(request, reply)
                self.last = reply if request["type"] == "Sign" else self.last
                if told is None:
                    return
                write_frame(gateway, told)


def change_bytes(text):
    raw = bytearray(base64.b64decode(text))
    raw[len(raw) // 2] ^= 1
    return b64(bytes(raw))


def change_document(text):
    head, payload, proof = text.split(".")
    raw = bytearray(base64.urlsafe_b64decode(proof + "=" * (-len(proof) % 4)))
    raw[7] ^= 1
    return ".".join((head, payload, base64.urlsafe_b64encode(raw).decode().rstrip("=")))


def when(kind, lie):
    return lambda request, reply: lie(request, reply) if request["type"] == kind else reply


# what is done to the answer of Sign → (status, code, reason)
REJECTED = (422, "ATTESTATION_REJECTED")
LIES = [
    (lambda q, r: {**r, "signature": change_bytes(r["signature"])}, *REJECTED, "ATT_SIGNATURE_MISMATCH"),
    (lambda q, r: {**r, "document": change_document(r["document"])}, *REJECTED, "ATT_PROOF_INVALID"),
    (lambda q, r: {**r, "document": r["document"][:-10]}, *REJECTED, "ATT_PROOF_INVALID"),
    (lambda q, r: {**r, "document": "a.b"}, *REJECTED, "ATT_SHAPE"),
    (lambda q, r: {"type": "Error", "version": 1, "code": "NOT_FOUND"}, 500, "INTERNAL", None),
    (lambda q, r: {"type": "Error", "version": 1, "code": "NO_SUCH_CODE"}, 500, "INTERNAL", None),
    (lambda q, r: {"type": "Error", "version": 1, "code": "SEAL_BROKEN"}, 422, "SEAL_BROKEN", None),
    (lambda q, r: {"type": "Forget", "version": 1}, 503, "ENCLAVE_UNAVAILABLE", None),
    (lambda q, r: {**r, "extra": 1}, 503, "ENCLAVE_UNAVAILABLE", None),
    (lambda q, r: {**r, "counter": 0}, 503, "ENCLAVE_UNAVAILABLE", None),
    (lambda q, r: {**r, "signature": ""}, 503, "ENCLAVE_UNAVAILABLE", None),
    (lambda q, r: [], 503, "ENCLAVE_UNAVAILABLE", None),
    (lambda q, r: None, 503, "ENCLAVE_UNAVAILABLE", None),
]


def twisted(s, liar, key):
    """The enclave is asked for something else than the gateway asked for: its true answer says so."""
    other = s.database().execute("SELECT id, sealed FROM hybrid_key JOIN key_material ON key = id WHERE id <> ?",
                                 (key["id"],)).fetchone()
    for changes, code, reason in (
            ({"payload": b64(b"other")}, "ATTESTATION_REJECTED", "ATT_PAYLOAD_MISMATCH"),
            ({"nonce": b64(bytes(32))}, "ATTESTATION_REJECTED", "ATT_NONCE_MISMATCH"),
            ({"keyId": other[0], "sealed": b64(other[1])}, "ATTESTATION_REJECTED", "ATT_KEY_MISMATCH"),
            ({"keyId": other[0]}, "SEAL_BROKEN", None), ({"sealed": b64(other[1])}, "SEAL_BROKEN", None),
            ({"org": "org_other"}, "SEAL_BROKEN", None)):
        liar.twist = lambda q, c=changes: {**q, **c} if q["type"] == "Sign" else q
        answer = s.sign(key["id"], b"payload")
        assert (answer.status, answer.code, answer.details.get("reason")) == (422, code, reason), (changes, answer)
    liar.twist = lambda request: request


def signatures(s, liar):
    policy = s.policy()
    keys = [s.key("bound", pqProvider="enclave-mock", attestationPolicyId=policy), s.key("free")]
    stored = 0
    for key in keys:
        first = s.sign(key["id"], b"payload")
        assert first.status == 200, first
        stored += 1
        earlier = liar.last
        for lie, status, code, reason in LIES + [(lambda q, r: earlier, *REJECTED, "ATT_NONCE_MISMATCH")]:
            liar.lie = when("Sign", lie)
            answer = s.sign(key["id"], b"payload")
            assert (answer.status, answer.code, answer.details.get("reason")) == (status, code, reason), answer
            if reason is not None:
                entry = s.entries()[-1]
                assert entry["eventType"] == "attestation.violation" and entry["data"]["reason"] == reason
                assert entry["subjectId"] == key["id"]
        liar.lie = lambda request, reply: reply
        twisted(s, liar, key)
        assert s.sign(key["id"], b"payload").status == 200
        stored += 1
    count = s.database().execute("SELECT count(*) FROM signature").fetchone()[0]
    assert count == stored, "nothing that was refused is stored"


def births(s, liar):
    other = {}

    def remember(request, reply):
        other.update(reply)
        return reply

    liar.lie = when("GenerateKey", remember)
    s.key("remembered")
    lies = [
        (lambda q, r: {**r, "sealed": change_bytes(r["sealed"])}, "ATT_KEY_MISMATCH"),
        (lambda q, r: {**r, "publicKey": other["publicKey"]}, "ATT_KEY_MISMATCH"),
        (lambda q, r: {**r, "keyRelease": "attested"}, "ATT_KEY_MISMATCH"),
        (lambda q, r: {**r, "document": change_document(r["document"])}, "ATT_PROOF_INVALID"),
        (lambda q, r: {**r, "document": other["document"]}, "ATT_NONCE_MISMATCH"),
        (lambda q, r: dict(other), "ATT_NONCE_MISMATCH"),
    ]
    policy = s.policy()
    for members in ({}, {"pqProvider": "enclave-mock", "attestationPolicyId": policy}):
        for lie, reason in lies:
            liar.lie = when("GenerateKey", lie)
            answer = s.client.post("/v1/hybrid-keys", {"name": "unborn", **members})
            assert (answer.code, answer.details.get("reason")) == ("ATTESTATION_REJECTED", reason), answer
            assert s.entries()[-1]["eventType"] == "attestation.violation"
    liar.lie = when("GenerateKey", lambda q, r: {**r, "publicKey": b64(os.urandom(40))})
    assert s.client.post("/v1/hybrid-keys", {"name": "unborn"}).status == 500
    liar.lie = lambda request, reply: reply
    for changes, reason in (({"keyId": "key_00000000000000000000000000"}, "ATT_KEY_MISMATCH"),
                            ({"nonce": b64(bytes(32))}, "ATT_NONCE_MISMATCH"),
                            ({"signatureFormat": "concat"}, "ATT_ALGORITHM_MISMATCH"),
                            ({"purpose": "hybrid"}, "ATT_PURPOSE_MISMATCH")):
        liar.twist = lambda q, c=changes: {**q, **c} if q["type"] == "GenerateKey" else q
        answer = s.client.post("/v1/hybrid-keys", {"name": "unborn"})
        assert (answer.code, answer.details.get("reason")) == ("ATTESTATION_REJECTED", reason), (changes, answer)
    liar.twist = lambda request: request
    assert s.key("unborn")["status"] == "active", "the name was never taken"


def forgetting(s, liar):
    """No word of the enclave that it forgot, no acknowledgement."""
    key = s.key("kept")["id"]
    liar.lie = when("Forget", lambda q, r: {"type": "Error", "version": 1, "code": "ENCLAVE_UNAVAILABLE"})
    assert s.client.delete("/v1/hybrid-keys/" + key).status == 503
    liar.lie = lambda request, reply: reply
    assert s.client.delete("/v1/hybrid-keys/" + key).status == 200


def caller_keys(s, liar):
    """No pair whose halves do not belong together, and no key at all instead of none."""
    door, other = Door(s), {}

    def remember(request, reply):
        other.update(reply)
        return reply

    for form in ("seed", "expanded"):
        body = {"algorithm": "ml-dsa-44", "format": form}
        liar.lie = when("CallerKey", remember)
        door.data("POST", "/v1/keys/generate", body, status=201)
        kept = len(door.data("GET", "/v1/keys?limit=200"))
        for lie in (lambda q, r: {**r, "publicKey": other["publicKey"]}, lambda q, r: {**r, "privateKey": other["privateKey"]},
                    lambda q, r: {"type": "Error", "version": 1, "code": "SELF_CHECK"}):
            liar.lie = when("CallerKey", lie)
            door.refused("POST", "/v1/keys/generate", body, 400, "PQC_003")
        liar.lie = when("CallerKey", lambda q, r: {**r, "privateKey": r["privateKey"][:12]})
        door.refused("POST", "/v1/keys/generate", body, 503, "GEN_002")
        assert len(door.data("GET", "/v1/keys?limit=200")) == kept, "nothing is registered"
    liar.lie = lambda request, reply: reply


def introduction(s, liar):
    fake = "sha256:" + "0" * 64
    rules = '{"allowedImageHashes":["%s"],"rootPublicKeyB64":"%s"}'
    spki = bytes.fromhex("302a300506032b6570032100")
    others = (fake, b64(spki + bytes(31) + b"\1"))
    for member, value in (("imageHash", fake), ("epoch", "0" * 32), ("enclaveVersion", "9"),
                          ("matchRules", rules % others), ("matchRules", "{}"), ("matchRules", '{},"enforce":false'),
                          ("matchRules", "no JSON"), ("evidence", "session"), ("evidence", "none"),
                          ("vendor", "aws-nitro-enclave"), ("vendor", "nobody"),
                          ("ledgerEd25519", b64(bytes(32))), ("ledgerMldsa44", b64(bytes(1312)))):
        liar.lie = when("Boot", lambda q, r, m=member, v=value: {**r, m: v})
        answer = s.client.get("/v1/enclave")
        while answer.status == 200 and answer.data.get(member) != value:  # asked at most once a second
            time.sleep(0.05)  # fewer questions than a key may ask
            answer = s.client.get("/v1/enclave")
        assert (answer.status, answer.code) == (422, "ATTESTATION_REJECTED"), (member, answer)


def test():
    with Service(start=False) as s:
        s.start_enclave()
        s.start_agent()
        liar = Liar(s)
        liar.start()
        s.agent_socket = "liar.sock"
        s.start_gateway()
        signatures(s, liar)
        births(s, liar)
        forgetting(s, liar)
        caller_keys(s, liar)
        introduction(s, liar)
        s.entries()
        s.alive()


if __name__ == "__main__":
    run(test)
