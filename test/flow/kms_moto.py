#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent's KMS calls against moto, which checks signatures and contexts and knows nothing of recipients."""

import base64
import re
import sys
import urllib.parse

from flow import b64, run
from flow_agent import Agent, assert_untold, code_of
from flow_moto import Moto

POLICY = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["kms:*","sts:*"],"Resource":"*"}]}'


def data_key_question(kind, arn, user, **more):
    return {"type": kind, "provider": "aws-kms", "keyId": arn, "encryptionContext": {"user_id": user},
            "recipient": b64(b"an attestation document"), **more}


def contexts(moto):
    """moto ignores the recipient and answers in the clear; before that it enforces the context."""
    key = moto.kms("CreateKey")["KeyMetadata"]["Arn"]
    born = moto.kms("GenerateDataKey", KeyId=key, KeySpec="AES_256", EncryptionContext={"user_id": "ann"})
    plain, blob = born["Plaintext"], born["CiphertextBlob"]
    broken = bytearray(base64.b64decode(blob))
    broken[-1] ^= 1
    rows = [
        ("ann", blob, "KMS_PLAINTEXT"),  # the context was right: the data key came, and went no further
        ("bob", blob, "KMS_DENIED"),
        ("Ann", blob, "KMS_DENIED"),
        ("ann", b64(bytes(broken)), "KMS_DENIED"),
        ("ann", b64(b"x" * 100), "KMS_DENIED"),
    ]
    env = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "sesame-sesame-sesame"}
    with Agent("--kms-endpoint", moto.url, environment=env) as agent:
        for user, wrapped, expected in rows:
            told = agent.ask(data_key_question("KmsDecryptDataKey", key, user, wrappedDk=wrapped))
            assert told == {"type": "Error", "version": 1, "code": expected}, (user, told)
        assert code_of(agent.ask(data_key_question("KmsGenerateDataKey", key, "ann"))) == "KMS_PLAINTEXT"
        other = key[:-12] + "0" * 12
        assert code_of(agent.ask(data_key_question("KmsGenerateDataKey", other, "ann"))) == "KMS_DENIED"
        for wrong in ("alias/x", "arn:aws:s3:us-east-1:123456789012:key/x", key.replace("us-east-1", "us.east.1")):
            assert code_of(agent.ask(data_key_question("KmsGenerateDataKey", wrong, "ann"))) == "KMS_DENIED"
        log = agent.log()
        assert log.count("A DATA KEY CAME IN THE CLEAR") == 2, "the operator must be told, loudly"
        assert "ann" not in log and key not in log, "who and which key is no business of the log"
        assert_untold(agent, [plain, blob, "sesame-sesame-sesame"])


def signatures(moto):
    """A half that lives in the KMS: moto's P-256 verifies outside of it."""
    sys.path.append(str(moto.packages))
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    key = moto.kms("CreateKey", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
    env = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "sesame-sesame-sesame"}
    with Agent("--kms-endpoint", moto.url, environment=env) as agent:
        ask = {"provider": "aws-kms", "keyId": key}
        spki = base64.b64decode(agent.ask({"type": "KmsPublicKey", **ask})["publicKey"])
        public = serialization.load_der_public_key(spki)
        for message in (b"m", b"x" * 4096):
            told = agent.ask({"type": "KmsSign", **ask, "algorithm": "P-256", "message": b64(message)})
            public.verify(base64.b64decode(told["signature"]), message, ec.ECDSA(hashes.SHA256()))
        refused = [({"algorithm": "Ed25519", "message": b64(b"m")}, "KMS_DENIED"),  # not the key's
                   ({"algorithm": "Ed448", "message": b64(b"m")}, "PROVIDER_NOT_AVAILABLE"),
                   ({"provider": "another-kms", "algorithm": "P-256", "message": b64(b"m")}, "PROVIDER_NOT_AVAILABLE")]
        for change, expected in refused:
            told = agent.ask({"type": "KmsSign", **ask, **change})
            assert code_of(told) == expected, (change, told)


def text_of(xml, name):
    return re.search(f"<{name}>([^<]*)</{name}>", xml).group(1)


def checked_signatures():
    """moto demands what AWS demands: a good signature of somebody who may."""
    with Moto(unchecked=4) as moto:
        moto.query("iam", "Action=CreateUser&UserName=agent&Version=2010-05-08")
        moto.query("iam", "Action=PutUserPolicy&UserName=agent&PolicyName=p&Version=2010-05-08&PolicyDocument="
                   + urllib.parse.quote(POLICY))
        xml = moto.query("iam", "Action=CreateAccessKey&UserName=agent&Version=2010-05-08")
        key_id, secret = text_of(xml, "AccessKeyId"), text_of(xml, "SecretAccessKey")
        key = moto.kms("CreateKey", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        question = {"type": "KmsSign", "provider": "aws-kms", "keyId": key, "algorithm": "P-256", "message": b64(b"m")}
        rows = [(key_id, secret, None), (key_id, secret[:-1] + ("a" if secret[-1] != "a" else "b"), "CLOUD_CREDENTIALS"),
                ("AKIAUNKNOWNUNKNOWN12", secret, "CLOUD_CREDENTIALS")]
        for name, word, expected in rows:
            env = {"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": word}
            with Agent("--kms-endpoint", moto.url, environment=env) as agent:
                told = agent.ask(question)
                assert (told["type"] == "KmsSign") if expected is None else (code_of(told) == expected), told
                assert_untold(agent, [word])


def test():
    with Moto() as moto:
        contexts(moto)
        signatures(moto)
    checked_signatures()


run(test)
