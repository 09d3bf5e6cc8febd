#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Key records in DynamoDB (dynalite and moto): one winner for a user_id, and no doubt after an answer that got lost."""

import json
import os
import subprocess

from flow import program, run
from flow_dynamo import CREDENTIALS, Dynalite, Way, call, make_table
from flow_moto import Moto

USER = "customer/wället \n123"
RACERS = 200


def ask(url, *argv, table="pq-keys"):
    made = subprocess.run([program("dynamo_calls"), url, table, *argv], capture_output=True, text=True, check=False, timeout=120,
                          env={**os.environ, **CREDENTIALS})
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def record(url, user):
    return json.loads(ask(url, "get", user))


def size_of(item):
    """As DynamoDB counts it: names and values in bytes."""
    total = 0
    for name, value in item.items():
        (kind, inner), = value.items()
        total += len(name) + (len(inner) * 3 // 4 if kind == "B" else len(inner.encode()))
    return total


def keeps(url):
    assert ask(url, "get", USER) == "NOT_FOUND"
    assert ask(url, "put", USER, "first") == "OK"
    assert ask(url, "put", USER, "second") == "CONFLICT"
    assert record(url, USER) == {
        "org": "org_1", "algorithm": "ML-DSA-44", "kmsKeyArn": "arn:aws:kms:eu-central-1:111122223333:key/1",
        "keyRelease": "relayed", "createdAtMs": 1768473000123, "publicKeyBytes": 1312, "sealed": "first", "birth": "OK",
        "birthBytes": 5000, "wrappedBytes": 184, "enclaveVersion": "0.1.0"}
    assert ask(url, "put", USER + "/birth-attestation", "first") == "OK", "what follows a user_id is a user_id, too"
    items = call(url, "Scan", {"TableName": "pq-keys"})["Items"]
    assert len(items) == 4
    assert all(size_of(i) < 4096 for i in items if "sealed" in i)
    assert sorted(len(i["user_id"]["S"].encode()) > 256 for i in items) == [False, False, True, True]


def one_wins(url):
    lines = [line.split() for line in ask(url, "race", "raced", str(RACERS)).splitlines()]
    assert sorted(err for err, _ in lines) == ["CONFLICT"] * (RACERS - 1) + ["OK"], lines[:5]
    assert [seal for err, seal in lines if err == "OK"] == [record(url, "raced")["sealed"]]


def without_doubt(url):
    """(what becomes of the requests, how the put ends, what is there)"""
    for i, (plan, ends) in enumerate([(["lose"], "OK"), (["drop"], "OK"), (["busy"], "OK"), (["late"], "OK"),
                                      (["lose", "lose"], "OK"), (["lose", "busy"], "OK"), (["late", "pass", "lose"], "OK"),
                                      (["drop", "drop", "drop"], "STORE_UNAVAILABLE"),
                                      (["busy"] * 3, "STORE_UNAVAILABLE")]):
        user = f"lost-{i}"
        with Way(url, plan) as way:
            assert ask(way.url, "put", user, "mine") == ends, (plan, way.seen)
            puts = [body for _, operation, body in way.seen if operation == "PutItem"]
            assert all(p["ConditionExpression"] == "attribute_not_exists(user_id)" for p in puts)
        assert ask(url, "get", user) == "NOT_FOUND" if ends != "OK" else record(url, user)["sealed"] == "mine", plan
    assert ask(url, "put", "theirs", "theirs") == "OK"
    for plan in (["lose"], ["drop"], ["late"], ["lose", "lose"]):
        with Way(url, plan) as way:
            assert ask(way.url, "put", "theirs", "mine") == "CONFLICT", plan
    assert record(url, "theirs")["sealed"] == "theirs"
    with Way(url, ["lose", "pass", "busy", "busy", "busy"]) as way: # what is there cannot be read
        assert ask(way.url, "put", "unseen", "mine") == "STORE_UNAVAILABLE", way.seen


def reads(url):
    with Way(url, ["lose", "busy"]) as way:
        assert record(way.url, USER)["sealed"] == "first"
        assert all(body["ConsistentRead"] is True for _, operation, body in way.seen if operation == "GetItem")
    with Way(url, ["drop"] * 3) as way:
        assert ask(way.url, "get", USER) == "STORE_UNAVAILABLE"
    call(url, "PutItem", {"TableName": "pq-keys", "Item": {"user_id": {"S": "strange"}, "sealed": {"S": "text"}}})
    assert ask(url, "get", "strange") == "STORE_UNAVAILABLE"
    assert ask(url, "get", USER, table="nothing") == "STORE_UNAVAILABLE"


def everything(url):
    keeps(url)
    one_wins(url)
    without_doubt(url)
    reads(url)


def test():
    with Dynalite() as dynalite:
        everything(dynalite.url)
    moto = Moto()
    try:
        make_table(moto.url)
        everything(moto.url)
    except BaseException:
        moto.close(failed=True)
        raise
    moto.close()


if __name__ == "__main__":
    run(test)
