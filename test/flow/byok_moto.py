#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tier 1 and tier 2 against moto, a KMS that nobody here wrote: it checks signatures of requests and the role's permissions, and
enforces the encryption context. It knows no attestation, and neither Ed25519 nor ML-DSA keys."""

import json
import os
import re
import urllib.parse

from flow import run
from flow_byok import Byok, told, verifies
from flow_moto import Moto

ACTIONS = ["kms:GenerateDataKey", "kms:Decrypt", "kms:CreateKey", "kms:GetPublicKey", "kms:Sign"]
UNCHECKED = 5  # calls that set it up: two keys, user, policy, access key


def text_of(xml, name):
    return re.search(f"<{name}>([^<]*)</{name}>", xml).group(1)


def permissions(actions):
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
    return urllib.parse.quote(json.dumps(document))


class OnMoto(Byok):
    def __init__(self, moto, actions):
        self.moto, self.actions = moto, actions
        super().__init__(attestation="mock", kms=moto)

    def new_key(self, spec):
        return self.moto.kms("CreateKey")["KeyMetadata"]["Arn"]

    def cloud(self):
        self.half = self.moto.kms("CreateKey", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        self.moto.query("iam", "Action=CreateUser&UserName=agent&Version=2010-05-08")
        self.moto.query("iam", "Action=PutUserPolicy&UserName=agent&PolicyName=p&Version=2010-05-08&PolicyDocument="
                        + permissions(self.actions))
        xml = self.moto.query("iam", "Action=CreateAccessKey&UserName=agent&Version=2010-05-08")
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return {**clean, "AWS_ACCESS_KEY_ID": text_of(xml, "AccessKeyId"), "AWS_SECRET_ACCESS_KEY": text_of(xml, "SecretAccessKey"),
                "AWS_EC2_METADATA_DISABLED": "true"}


def create(s, name, **members):
    return s.create(name, algorithm="mldsa65+ecdsa-p256", **members)


def good(s, name, **members):
    answer = create(s, name, **members)
    assert answer.status == 200, (answer, s.log("agent")[-2000:])
    for payload in (b"m", bytes(5000)):
        signed = s.sign(name, payload)
        assert signed.status == 200 and verifies(s, signed.data, payload, answer.data["publicKey"]), signed
    return answer.data


def enough():
    with Moto(unchecked=UNCHECKED) as moto, OnMoto(moto, ACTIONS) as s:
        s.set_up()
        key = good(s, "tier-1", kekProvider="aws-kms")
        assert key["tier"] == 1 and key["keyRelease"] == "agent-visible", key
        assert good(s, "tier-2", kekProvider="aws-kms", keyProvider="aws-kms")["tier"] == 2
        adopted = good(s, "adopted", keyProvider="aws-kms", keyRef={"classical": s.half})
        assert adopted["keyRef"] == {"classical": s.half}
        answer = create(s, "wrong", keyProvider="aws-kms", keyRef={"classical": s.kek})
        assert answer.status == 422 and answer.code in ("KMS_DENIED", "KMS_KEY"), answer
        for members in ({"pqProvider": "aws-kms"}, {"keyProvider": "aws-kms", "algorithm": "mldsa65+ed25519"}):
            answer = s.create("no such key there", **members)
            assert answer.status in (422, 503) and answer.code.startswith("KMS_"), answer


def one_less(action, **members):
    """Without this permission what needs it is refused."""
    with Moto(unchecked=UNCHECKED) as moto, OnMoto(moto, [a for a in ACTIONS if a != action]) as s:
        s.set_up()
        answer = create(s, "without " + action.split(":")[1], **members)
        if answer.status == 200:
            answer = s.sign(answer.data["id"], b"m")
        told(answer, 422, "KMS_DENIED")


def test():
    enough()
    one_less("kms:GenerateDataKey", kekProvider="aws-kms")
    one_less("kms:Decrypt", kekProvider="aws-kms")
    for action in ("kms:CreateKey", "kms:GetPublicKey", "kms:Sign"):
        one_less(action, keyProvider="aws-kms")


run(test)
