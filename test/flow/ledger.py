#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The ledger as its clients see it: entries, pages, custom entries, checkpoints, proofs and the bundle, recomputed here."""

import base64
import hashlib
import json
import os
import sqlite3
import subprocess

from flow import Service, program, run, sha256
from lying_gateway import proof, tree


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def pages(s, path, limit):
    """Everything of a listing, page by page."""
    items, cursor = [], None
    while True:
        answer = s.client.get(f"{path}limit={limit}" + (f"&cursor={cursor}" if cursor else ""))
        assert answer.status == 200, answer
        assert answer.json["pagination"]["limit"] == limit
        items.append(answer.data)
        cursor = answer.json["pagination"]["nextCursor"]
        if cursor is None:
            return items


def all_of(s, path, limit):
    return [item for page in pages(s, path, limit) for item in page]


def root_of(index, size, leaf, path):
    """RFC 9162 §2.1.3.2."""
    fn, sn, node = index, size - 1, leaf
    for sibling in path:
        assert sn > 0, "the proof is too long"
        if fn & 1 or fn == sn:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0, "the proof is too short"
    return node


def check_entries(items):
    """Chain, hashes and shape; the bytes of the entries."""
    previous, raws = bytes(32).hex(), []
    for seq, item in enumerate(items):
        raw = canonical(item["payload"])
        assert item["seq"] == seq == item["payload"]["seq"], item
        assert item["prevHashHex"] == previous == item["payload"]["prev"], item
        assert item["entryHashHex"] == sha256(raw), item
        assert item["createdAt"] == item["payload"]["time"]
        for name in ("eventType", "subjectId", "actorId"):
            assert item[name] == item["payload"][name]
        previous = item["entryHashHex"]
        raws.append(raw)
    return raws


def entries(s, made):
    items = all_of(s, "/v1/ledger/entries?since=0&", 200)
    raws = check_entries(items)
    for limit in (1, 7, 50):
        assert all_of(s, "/v1/ledger/entries?since=0&", limit) == items
        assert all_of(s, "/v1/ledger/entries?", limit) == items[::-1], "newest first, if nobody asks since when"
    assert all_of(s, "/v1/ledger/entries?since=5&", 3) == items[5:]
    assert s.client.get(f"/v1/ledger/entries?since={len(items)}").data == []
    since = items[9]["createdAt"]
    assert all_of(s, f"/v1/ledger/entries?since={since}&", 200)[0]["createdAt"] == since
    assert s.client.get("/v1/ledger/entries?since=2200-01-01T00:00:00Z").data == []
    custom = all_of(s, "/v1/ledger/entries?since=0&eventType=custom.event&", 4)
    assert [i["id"] for i in custom] == [i["id"] for i in items if i["eventType"] == "custom.event"] == made
    for query, field in (("since=", "since"), ("since=yesterday", "since"), ("since=-1", "since"), ("limit=0", "limit"),
                         ("limit=201", "limit"), ("cursor=AAAA", "cursor"), ("order=up", "order")):
        answer = s.client.get("/v1/ledger/entries?" + query)
        assert (answer.status, answer.details["field"]) == (400, field), answer
    return items, raws


def custom_entries(s):
    """Digests in the entry, words beside it."""
    made = []
    data = {"b": [1, "ü"], "a": {"deep": True}}
    body = {"name": "release", "message": "version 1 is out", "subjectId": "artifact-1", "data": data}
    item = s.client.post("/v1/ledger/entries", body).data
    digests = item["payload"]["data"]
    assert digests["nameSha256"] == "sha256:" + sha256(b"release")
    assert digests["messageSha256"] == "sha256:" + sha256(b"version 1 is out")
    assert digests["dataSha256"] == "sha256:" + sha256(canonical(data))
    assert "version 1" not in json.dumps(item["payload"]) and item["subjectId"] == "artifact-1"
    assert item["custom"] == {"name": "release", "message": "version 1 is out", "data": data}
    made.append(item["id"])
    shown = [i for i in s.client.get("/v1/ledger/entries").data if i["id"] == item["id"]]
    assert shown == [item], "the listing shows what the answer showed"
    bare = s.client.post("/v1/ledger/entries", {"name": "x"}).data
    assert bare["custom"] == {"name": "x", "message": None, "data": None} and bare["subjectId"] == ""
    made.append(bare["id"])
    for body, code, field in (({}, "MISSING_FIELD", "name"), ({"name": ""}, "BAD_FIELD", "name"),
                              ({"name": "a\u200bb"}, "BAD_FIELD", "name"), ({"name": "x" * 129}, "BAD_FIELD", "name"),
                              ({"name": "x", "data": []}, "BAD_FIELD", "data"),
                              ({"name": "x", "data": {"a": 1.5}}, "BAD_FIELD", "data"),
                              ({"name": "x", "message": "m" * 16385}, "BAD_FIELD", "message"),
                              ({"name": "x", "subjectId": "s" * 65}, "BAD_FIELD", "subjectId"),
                              ({"name": "x", "eventType": "key.revoked"}, "UNKNOWN_FIELD", "eventType")):
        answer = s.client.post("/v1/ledger/entries", body)
        assert (answer.status, answer.code, answer.details["field"]) == (400, code, field), answer
    for i in range(12):
        made.append(s.client.post("/v1/ledger/entries", {"name": f"event {i}"}).data["id"])
    return made


def check_checkpoint(cp, raws, origin):
    size = cp["treeSize"]
    assert cp["merkleRootHex"] == tree(raws[:size]).hex(), cp
    text, _, lines = cp["note"].partition("\n\n")
    assert text == f"{origin}\n{size}\n{base64.b64encode(tree(raws[:size])).decode()}"
    first = base64.b64decode(lines.splitlines()[0].split(" ")[2])
    assert first[:4].hex() == cp["signingKeyId"] and first[4:] == base64.b64decode(cp["signatureBase64"])
    assert cp["publishedTo"] == []
    return size


def checkpoints(s, raws, origin):
    sealed = s.client.post("/v1/ledger/seal", None).data
    assert sealed.pop("fresh") is True
    assert check_checkpoint(sealed, raws, origin) == len(raws)
    again = s.client.post("/v1/ledger/seal", {}).data
    assert again.pop("fresh") is False and again == sealed
    assert s.client.get("/v1/ledger/checkpoints/latest").data == sealed
    assert s.client.post("/v1/ledger/seal", {"force": True}).code == "UNKNOWN_FIELD"
    raws.append(canonical(s.client.post("/v1/ledger/entries", {"name": "after"}).data["payload"]))
    later = s.client.post("/v1/ledger/seal", None).data
    assert later.pop("fresh") and check_checkpoint(later, raws, origin) == len(raws)
    listed = all_of(s, "/v1/ledger/checkpoints?", 1)
    assert listed == [later, sealed]
    return listed


def proofs(s, items, raws):
    for item in items:
        p = s.client.get("/v1/ledger/proof/" + item["id"]).data
        leaf = hashlib.sha256(b"\0" + raws[item["seq"]]).digest()
        assert (p["entryId"], p["leafIndex"], p["leafHashHex"]) == (item["id"], item["seq"], leaf.hex())
        path = [bytes.fromhex(h) for h in p["proofHex"]]
        size = p["checkpoint"]["treeSize"]
        assert root_of(item["seq"], size, leaf, path).hex() == p["checkpoint"]["merkleRootHex"]
    for bad in ("ent_00000000000000000000000000", "x", "key_00000000000000000000000000"):
        assert s.client.get("/v1/ledger/proof/" + bad).status == 404
    # of an entry that no checkpoint has yet
    fresh = s.client.post("/v1/ledger/entries", {"name": "fresh"}).data
    raws.append(canonical(fresh["payload"]))
    p = s.client.get("/v1/ledger/proof/" + fresh["id"]).data
    assert p["checkpoint"]["treeSize"] == len(raws)
    assert root_of(p["leafIndex"], len(raws), bytes.fromhex(p["leafHashHex"]),
                   [bytes.fromhex(h) for h in p["proofHex"]]) == tree(raws)
    for first in range(1, len(raws) + 1):
        for second in (first, len(raws)):
            c = s.client.get(f"/v1/ledger/consistency?from={first}&to={second}").data
            assert bytes.fromhex("".join(c["proofHex"])) == proof(first, raws[:second]), c
            assert c["fromRootHex"] == tree(raws[:first]).hex() and c["toRootHex"] == tree(raws[:second]).hex()
    assert s.client.get("/v1/ledger/consistency?from=3").data["to"] == len(raws), "up to the last checkpoint"
    for query, field in (("", "from"), ("from=0", "from"), ("from=5&to=4", "from"), (f"from=1&to={len(raws) + 1}", "to")):
        answer = s.client.get("/v1/ledger/consistency?" + query)
        assert (answer.status, answer.details["field"]) == (400, field), answer


def bundle(s, raws, listed):
    for limit in (200, 5, 1):
        parts = pages(s, "/v1/ledger/bundle?", limit)
        got = [e for part in parts for e in part["entries"]]
        assert check_entries(got) == raws
        found = [c for part in parts for c in part["checkpoints"]]
        assert [c["treeSize"] for c in found] == sorted(c["treeSize"] for c in found)
        assert [c for c in found if c in listed] == listed[::-1] and len(found) == len(listed) + 1
        for part in parts:
            assert part["version"] == 1 and part["org"] == s.first["orgId"]
            assert [k["algorithm"] for k in part["signingKeys"]] == ["ed25519", "mldsa44"]
        key = parts[0]["signingKeys"][0]
        enclave = s.client.get("/v1/enclave").data["ledgerKeys"]
        assert key["id"] == listed[0]["signingKeyId"]
        assert [k["publicKeyBase64"] for k in parts[0]["signingKeys"]] == [enclave["ed25519"], enclave["mldsa44"]]


def command(s, *argv):
    made = subprocess.run([program("countersign"), *argv], capture_output=True, check=False,
                          env={**os.environ, "COUNTERSIGN_SERVER": s.url, "COUNTERSIGN_API_KEY": s.api_key})
    assert made.returncode == 0, made.stderr.decode()
    return made.stdout.decode()


def exported(s, listed):
    """What the command line makes of it, checked offline under the enclave's keys."""
    note = command(s, "ledger", "seal")
    assert note == command(s, "ledger", "checkpoint") == s.client.get("/v1/ledger/checkpoints/latest").data["note"]
    command(s, "ledger", "export", "--out", s.path("ledger.jsonl"))
    pins = []
    for key in s.client.get("/v1/ledger/bundle?limit=1").data["signingKeys"]:
        pins += ["--ledger-key", key["vkey"]]
    with open(s.path("kept"), "w") as f:
        f.write(listed[0]["note"])
    command(s, "ledger", "verify", s.path("ledger.jsonl"), "--checkpoint", s.path("kept"), *pins)


def changed(s, items):
    """What is not as it was signed leaves with no proof, be it the entry's own bytes or a hash beside it."""
    signed = s.client.get("/v1/signatures").data[0]
    seq = signed["ledger"]["seq"]
    paths = ["/v1/ledger/proof/" + items[seq]["id"], f"/v1/signatures/{signed['id']}/bundle"]
    org = s.first["orgId"]
    row = "org = ? AND level = 0 AND n = ?"
    db = sqlite3.connect(s.store)
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name IN"
                          " ('ledger_node_fixed', 'ledger_entry_fixed')").fetchall()
    assert len(triggers) == 2
    for name, _ in triggers:
        db.execute("DROP TRIGGER " + name)
    for read, write, args in (
            (f"SELECT hash FROM ledger_node WHERE {row}", f"UPDATE ledger_node SET hash = ? WHERE {row}", (org, seq ^ 1)),
            ("SELECT bytes FROM ledger_entry WHERE org = ? AND seq = ?", "UPDATE ledger_entry SET bytes = ? WHERE org = ? AND seq = ?",
             (org, seq))):
        for path in paths:
            assert s.client.get(path).status == 200
        [[right]] = db.execute(read, args).fetchall()
        wrong = right[:20] + bytes([right[20] ^ 1]) + right[21:]
        for value, status in ((wrong, 500), (right, 200)):
            assert db.execute(write, (value, *args)).rowcount == 1
            db.commit()
            for path in paths:
                answer = s.client.get(path)
                assert answer.status == status, (path, status, answer.status)
    for _, sql in triggers:
        db.execute(sql)
    db.commit()
    db.close()
    assert f"entry {seq}: what is stored is not what was signed" in s.log("gateway")


def test():
    with Service(("--allow-mock", "--checkpoint-seconds", "0")) as s:
        assert s.client.post("/v1/ledger/seal", None).code == "LEDGER_EMPTY"
        assert s.client.get("/v1/ledger/checkpoints/latest").status == 404
        assert s.client.get("/v1/ledger/entries").data == []
        key = s.key("ledger")["id"]
        for i in range(3):
            assert s.sign(key, b"%d" % i).status == 200
        made = custom_entries(s)
        items, raws = entries(s, made)
        origin = "localhost/org/" + s.first["orgId"]
        listed = checkpoints(s, raws, origin)
        proofs(s, items, raws)
        bundle(s, raws, listed)
        exported(s, listed)
        changed(s, items)
        assert s.client.get("/v1/ledger/entries", api_key=s.publishable).status == 403
        s.alive()


if __name__ == "__main__":
    run(test)
