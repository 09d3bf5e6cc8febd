#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`countersign doctor --cloud-role`: each role of the PQ Signer door is denied what is the other's; moto has the roles."""

import json
import os
import re
import subprocess
import urllib.parse

from flow import program, run
from flow_dynamo import TABLE
from flow_moto import Moto

TABLE_ONLY = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
KEYS_ONLY = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}
NOTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}
USERS = {"front": [TABLE_ONLY], "host": [NOTHING], "loose-front": [TABLE_ONLY, KEYS_ONLY], "loose-host": [TABLE_ONLY]}


def make_users(moto):
    """Access keys by the user's name."""
    found = {}
    for name, statements in USERS.items():
        moto.query("iam", f"Action=CreateUser&UserName={name}&Version=2010-05-08")
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        moto.query("iam", f"Action=PutUserPolicy&UserName={name}&PolicyName=p&Version=2010-05-08&PolicyDocument="
                   + urllib.parse.quote(policy))
        xml = moto.query("iam", f"Action=CreateAccessKey&UserName={name}&Version=2010-05-08")
        found[name] = [re.search(f"<{part}>([^<]*)<", xml)[1] for part in ("AccessKeyId", "SecretAccessKey")]
    return found


def doctor(moto, keys, key, role):
    env = {**os.environ, "AWS_ACCESS_KEY_ID": keys[0], "AWS_SECRET_ACCESS_KEY": keys[1], "AWS_REGION": "us-east-1"}
    made = subprocess.run([program("countersign"), "doctor", "--json", "--server", "http://127.0.0.1:9", "--cloud-role", role,
                           "--table", "pq-keys", "--kms-key-arn", key, "--dynamodb-endpoint", moto.url, "--kms-endpoint",
                           moto.url], capture_output=True, text=True, env=env, check=False, timeout=60)
    checks = {c["check"]: c for c in json.loads(made.stdout)["checks"]}
    return checks["role: table"]["status"], checks["role: data keys"]["status"], checks


def test():
    moto = Moto(unchecked=3 * len(USERS) + 2) # then it demands permissions
    try:
        users = make_users(moto)
        moto.json("dynamodb", "DynamoDB_20120810.CreateTable", TABLE, version="1.0")
        key = moto.kms("CreateKey")["KeyMetadata"]["Arn"]
        for user, role, expected in [("front", "gateway", ("ok", "ok")), ("host", "agent", ("ok", "ok")),
                                     ("host", "gateway", ("fail", "ok")), ("front", "agent", ("fail", "ok")),
                                     ("loose-front", "gateway", ("ok", "fail")), ("loose-host", "agent", ("fail", "ok"))]:
            *found, told = doctor(moto, users[user], key, role)
            assert tuple(found) == expected, (user, role, told)
        wrong = [users["front"][0], users["front"][1][:-1] + "x"]
        assert doctor(moto, wrong, key, "gateway")[:2] == ("warn", "warn"), "credentials that are none"
    except BaseException:
        moto.close(failed=True)
        raise
    moto.close()


if __name__ == "__main__":
    run(test)
