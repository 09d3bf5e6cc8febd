#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An agent that changes, swaps, repeats or invents answers gets no signature and no key past the gateway."""

import base64
import concurrent.futures
import contextlib
import json
import os
import shutil
import socket
import subprocess
import threading
import time

from flow import Client, Service, b64, program, run, sha256
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
        self.others = None  # another agent, which is asked for everything but the introduction

    def run(self):
        while True:
            gateway, _ = self.listener.accept()
            threading.Thread(target=self.relay, args=(gateway,), daemon=True).start()

    def relay(self, gateway):
        with gateway, socket.socket(socket.AF_UNIX) as agent, socket.socket(socket.AF_UNIX) as other:
            agent.connect(self.agent)
            if self.others is not None:
                other.connect(self.others)
            while (request := read_frame(gateway)) is not None:
                asked = other if self.others is not None and request["type"] != "Boot" else agent
                write_frame(asked, self.twist(request))
                reply = read_frame(asked)
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


def changed(items, at, **members):
    return [{**item, **members} if i == at else item for i, item in enumerate(items)]


def replaced(items, at, item):
    return [item if i == at else other for i, other in enumerate(items)]


NONCE = "ATT_NONCE_MISMATCH"
# what is done to the items of a group's answer → what becomes of some of eight items; the others are signed
GROUP_LIES = [
    (lambda r: [r[1], r[0], *r[2:]], {0: NONCE, 1: NONCE}),
    (lambda r: [*r[1:], r[0]], dict.fromkeys(range(8), NONCE)),
    (lambda r: r[::-1], dict.fromkeys(range(8), NONCE)),
    (lambda r: replaced(r, 5, r[0]), {5: NONCE}),
    (lambda r: [r[3]] * 8, dict.fromkeys((0, 1, 2, 4, 5, 6, 7), NONCE)),
    (lambda r: changed(r, 2, signature=r[1]["signature"]), {2: "ATT_SIGNATURE_MISMATCH"}),
    (lambda r: changed(r, 2, document=r[1]["document"]), {2: NONCE}),
    (lambda r: changed(r, 7, signature=change_bytes(r[7]["signature"])), {7: "ATT_SIGNATURE_MISMATCH"}),
    (lambda r: changed(r, 0, document=change_document(r[0]["document"])), {0: "ATT_PROOF_INVALID"}),
    (lambda r: changed(r, 4, document="a.b"), {4: "ATT_SHAPE"}),
    (lambda r: changed(r, 4, document="."), {4: "ATT_SHAPE"}),
    (lambda r: replaced(r, 6, {"code": "SEAL_BROKEN"}), {6: "SEAL_BROKEN"}),
    (lambda r: replaced(r, 6, {"code": "SELF_CHECK"}), {6: "INTERNAL"}),
    (lambda r: replaced(r, 6, {"code": "OK"}), {6: "INTERNAL"}),
    (lambda r: replaced(r, 6, {"code": "NO_SUCH_CODE"}), {6: "INTERNAL"}),
    (lambda r: replaced(r, 6, {"code": "POLICY_VIOLATED"}), {6: "POLICY_VIOLATED"}),
    (lambda r: replaced(r, 6, {"code": "ATTESTATION_REJECTED"}), {6: "ATTESTATION_REJECTED"}),
    (lambda r: r[:7], dict.fromkeys(range(8), "ENCLAVE_UNAVAILABLE")),
    (lambda r: [*r, r[0]], dict.fromkeys(range(8), "ENCLAVE_UNAVAILABLE")),
    (lambda r: [], dict.fromkeys(range(8), "ENCLAVE_UNAVAILABLE")),
    (lambda r: {"0": r[0]}, dict.fromkeys(range(8), "ENCLAVE_UNAVAILABLE")),
    (lambda r: replaced(r, 1, None), dict.fromkeys(range(8), "ENCLAVE_UNAVAILABLE")),
    (lambda r: replaced(r, 1, {}), dict.fromkeys(range(8), "ENCLAVE_UNAVAILABLE")),
    (lambda r: changed(r, 1, counter=0), dict.fromkeys(range(8), "ENCLAVE_UNAVAILABLE")),
    (lambda r: changed(r, 1, code="SEAL_BROKEN"), dict.fromkeys(range(8), "ENCLAVE_UNAVAILABLE")),
    (lambda r: changed(r, 1, more=[]), dict.fromkeys(range(8), "ENCLAVE_UNAVAILABLE")),
]


def batch(s, key, n, **members):
    items = [{"keyId": key, "payload": b64(b"%d" % i), **members} for i in range(n)]
    answer = s.client.post("/v1/sign/batch", {"items": items})
    if answer.status != 200:
        return [answer.code] * n
    return ["" if i["ok"] else i["details"].get("reason", i["code"]) for i in answer.data["items"]]


def groups(s, liar):
    """Each item of a group is believed by itself, and only for what it was asked."""
    policy = s.policy()
    keys = [s.key("grouped", pqProvider="enclave-mock", attestationPolicyId=policy), s.key("grouped, free")]
    for key in keys:
        for lie, expected in GROUP_LIES:
            before = len(s.entries())
            liar.lie = when("SignGroup", lambda q, r, f=lie: {**r, "items": f(r["items"])})
            found = batch(s, key["id"], 8)
            assert found == [expected.get(i, "") for i in range(8)], (expected, found)
            told = [e for e in s.entries()[before:] if e["eventType"] == "attestation.violation"]
            assert len(told) == sum(reason.startswith("ATT_") for reason in expected.values())
        # what concerns one item is no outage for those that were not even asked for
        liar.lie = when("SignGroup", lambda q, r: {**r, "items": replaced(r["items"], 3, {"code": "COUNTERS_FULL"})})
        assert batch(s, key["id"], 56) == ["COUNTERS_FULL" if i % 8 == 3 else "" for i in range(56)]
        # requests that are equal in everything: the answers may be swapped, but none counts twice
        liar.lie = when("SignGroup", lambda q, r: {**r, "items": [r["items"][0]] * len(r["items"])})
        items = [{"keyId": key["id"], "payload": b64(b"x"), "nonce": b64(b"a nonce for all")}] * 8
        answer = s.client.post("/v1/sign/batch", {"items": items})
        assert (answer.data["signed"], answer.data["refused"]) == (1, 7), answer
        assert {i["details"].get("reason") for i in answer.data["items"] if not i["ok"]} == {"COUNTER_NOT_FRESH"}
        liar.lie = lambda request, reply: reply
        assert batch(s, key["id"], 24) == [""] * 24


def side_by_side(s, liar):
    """Requests of two orgs that wait at the same time go in one frame; answers that are exchanged there reach nobody."""
    clients = [Client(s.url, s.api_key), Client(s.url, s.other)]
    keys = [client.post("/v1/hybrid-keys", {"name": "side by side"}).data["id"] for client in clients]
    exchanged = []

    def ask(n):
        payload = b"request %d" % n
        with contextlib.closing(Client(s.url, clients[n % 2].api_key)) as client:
            return payload, s.sign(keys[n % 2], payload, client=client)

    def exchange(request, reply):
        if request["type"] != "SignGroup":
            return reply
        items = reply["items"]
        exchanged.append(request["items"][0]["org"] != request["items"][1]["org"])
        return {**reply, "items": [items[1], items[0], *items[2:]]}

    liar.lie = exchange
    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        for _ in range(50):
            del exchanged[:]
            answers = list(pool.map(ask, range(48)))
            refused = [answer for _, answer in answers if answer.status != 200]
            assert {(a.code, a.details.get("reason")) for a in refused} <= {("ATTESTATION_REJECTED", NONCE)}, refused
            assert len(refused) == 2 * len(exchanged)
            for payload, answer in answers:
                assert answer.status != 200 or answer.data["payloadSha256"] == "sha256:" + sha256(payload)
            if any(exchanged):
                break
        assert any(exchanged), "no frame ever held requests of both orgs"
    liar.lie = lambda request, reply: reply


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


@contextlib.contextmanager
def other_program(s):
    """An enclave of another image under the same root and the same KEK, with an agent of its own: its image hash."""
    shutil.copytree(s.path("enclave"), s.path("enclave2"))
    shutil.copy(program("countersign-enclave"), s.path("other-enclave"))
    with open(s.path("other-enclave"), "ab") as f:
        f.write(b"\0")
    try:
        s.spawn("enclave2", [s.path("other-enclave"), "serve", "--listen", "unix:" + s.path("enclave2.sock"), "--state",
                             s.path("enclave2"), "--kek-file", s.path("kek")])
        s.wait_for_socket("enclave2")
        s.spawn("agent2", [program("countersign-agent"), "serve", "--listen", "unix:" + s.path("agent2.sock"), "--enclave",
                           "unix:" + s.path("enclave2.sock"), "--settings-key", s.path("agent2.key")])
        s.wait_for_socket("agent2")
        yield subprocess.check_output([s.path("other-enclave"), "measure"], text=True).split()[-1]
    finally:
        for name in ("agent2", "enclave2"):
            if name in s.processes:
                s.stop(name)


def another_behind_the_pinned():
    """The enclave that the operator pins introduces itself, and another one does the work of keys without a policy."""
    with Service(start=False) as s:
        s.agent_socket = "liar.sock"
        s.start_enclave()
        s.start_agent()
        liar = Liar(s)
        liar.start()
        with other_program(s) as other:
            behind_the_pinned(s, liar, other)


def behind_the_pinned(s, liar, other):
    told = {}

    def allow_both(request, reply):
        if reply["type"] == "Error":
            return reply  # there is no second enclave
        told.update(json.loads(reply["matchRules"]))
        return {**reply, "matchRules": json.dumps({**told, "allowedImageHashes": told["allowedImageHashes"] + [other]})}

    liar.others = s.path("agent2.sock")
    liar.lie = when("Boot", allow_both)
    s.start_gateway()
    key = s.key("free")["id"]
    assert s.sign(key, b"payload").data["attestation"]["imageHash"] == other
    assert s.stop("gateway") == 0
    with open(s.path("pinned.json"), "w", encoding="utf-8") as f:
        json.dump({"name": "pinned", "vendor": "mock", "matchRules": told}, f)
    s.gateway_options += ["--enclave-policy", s.path("pinned.json")]
    s.start_gateway()
    for answer in (s.sign(key, b"payload"), s.client.post("/v1/hybrid-keys", {"name": "unborn"})):
        assert (answer.code, answer.details.get("reason")) == ("ATTESTATION_REJECTED", "ATT_IMAGE_NOT_ALLOWED"), answer
    liar.others = None
    assert s.stop("gateway") == 0  # connections to the other one end with it
    s.start_gateway()
    assert s.sign(key, b"payload").status == 200


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
        liar.lie = when("Boot", lambda q, r, m=member, v=value: r if r["type"] == "Error" else {**r, m: v})
        answer = s.client.get("/v1/enclave")
        while answer.status == 200 and answer.data.get(member) != value:  # asked at most once a second
            time.sleep(0.05)  # fewer questions than a key may ask
            answer = s.client.get("/v1/enclave")
        assert (answer.status, answer.code) == (422, "ATTESTATION_REJECTED"), (member, answer)


def test():
    with Service(start=False) as s:
        s.other = s.other_org()
        s.start_enclave()
        s.start_agent()
        liar = Liar(s)
        liar.start()
        s.agent_socket = "liar.sock"
        s.start_gateway()
        signatures(s, liar)
        groups(s, liar)
        side_by_side(s, liar)
        births(s, liar)
        forgetting(s, liar)
        caller_keys(s, liar)
        introduction(s, liar)
        s.entries()
        s.alive()
    another_behind_the_pinned()


if __name__ == "__main__":
    run(test)
