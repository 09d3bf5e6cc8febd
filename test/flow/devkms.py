#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The development KMS: who may call, what is bound to a ciphertext, which enclave gets a data key, and faults."""

import datetime
import hashlib
import json
import os
import stat
import subprocess
import sys
import tempfile

from flow import program
from flow_kms import ACCOUNT, REGION, DevKms, Enclave, Refused, b64, certificate, openssl, openssl_verifies, unb64

PCR0 = "11" * 48  # what test/fixture/enclave_recipient.c measures
TWO = """# two callers
[default]
aws_access_key_id = AKIAFIRST
aws_secret_access_key = first-secret
[enclave-host]
aws_access_key_id = ASIASECOND
aws_secret_access_key = second-secret
aws_session_token = second-token
"""


def refused(kind, function, *args, **options):
    try:
        answer = function(*args, **options)
    except Refused as e:
        assert e.type == kind, (kind, e)
        assert e.status == (500 if kind == "KMSInternalException" else 503 if kind == "DependencyTimeoutException" else 400)
        return e.body.get("message", "")
    raise AssertionError(f"not refused with {kind}: {answer}")


def check_callers(k):
    key = k.create_key()["Arn"]
    assert key.startswith(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/")
    assert k.call("DescribeKey", {"KeyId": key}, profile="enclave-host")["KeyMetadata"]["Arn"] == key
    good = {"KeyId": key}
    now = datetime.datetime.now(datetime.timezone.utc)
    refused("InvalidSignatureException", k.call, "DescribeKey", good, when=now - datetime.timedelta(minutes=6))
    refused("InvalidSignatureException", k.call, "DescribeKey", good, when=now + datetime.timedelta(minutes=6))
    refused("InvalidSignatureException", k.call, "DescribeKey", good, region="eu-west-1")
    refused("InvalidSignatureException", k.call, "DescribeKey", good, service="dynamodb")
    for name in ("host", "x-amz-target", "x-amz-date"):
        refused("InvalidSignatureException", k.call, "DescribeKey", good, leave_out=(name,))
    refused("UnrecognizedClientException", k.call, "DescribeKey", good, profile="enclave-host",
            headers={"X-Amz-Security-Token": "another"})
    refused("UnrecognizedClientException", k.call, "DescribeKey", good, headers={"X-Amz-Security-Token": "x"})
    refused("InvalidSignatureException", k.call, "DescribeKey", good, headers={"X-Amz-Content-Sha256": "00" * 32})
    refused("UnknownOperationException", k.call, "ListGrants", {})
    refused("SerializationException", k.call, "DescribeKey", body=b"{")
    refused("SerializationException", k.call, "DescribeKey", body=b"[]")
    refused("ValidationException", k.call, "DescribeKey", {})
    refused("ValidationException", k.call, "DescribeKey", {"KeyId": key, "GrantTokens": ["t"]})
    k.profiles["stranger"] = {"aws_access_key_id": "AKIANOBODY", "aws_secret_access_key": "x"}
    refused("UnrecognizedClientException", k.call, "DescribeKey", good, profile="stranger")
    k.profiles["guess"] = {"aws_access_key_id": "AKIAFIRST", "aws_secret_access_key": "first-secreT"}
    refused("InvalidSignatureException", k.call, "DescribeKey", good, profile="guess")
    target = {"X-Amz-Target": "TrentService.DescribeKey"}
    for head, kind in (({}, "MissingAuthenticationTokenException"), ({"Authorization": "Basic eA=="}, "IncompleteSignatureException")):
        status, headers, raw = k.send({**target, **head}, b"{}")
        assert (status, json.loads(raw)["__type"]) == (400, kind)
        assert headers["Content-Type"] == "application/x-amz-json-1.1" and len(headers["x-amzn-RequestId"]) == 36


def check_data_keys(k):
    key, other = k.create_key()["Arn"], k.create_key()["Arn"]
    context = {"user_id": "u-1", "b": "2", "a": "ü"}
    made = k.call("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context})
    plain, blob = unb64(made["Plaintext"]), made["CiphertextBlob"]
    assert len(plain) == 32 and made["KeyId"] == key and "CiphertextForRecipient" not in made
    backwards = dict(reversed(list(context.items())))
    for members in ({}, {"KeyId": key}, {"KeyId": key.rsplit("/", 1)[1]}):
        opened = k.call("Decrypt", {"CiphertextBlob": blob, "EncryptionContext": backwards, **members})
        assert unb64(opened["Plaintext"]) == plain and opened["KeyId"] == key
    for wrong in ({}, {"user_id": "u-1"}, {**context, "user_id": "u-2"}, {**context, "c": ""},
                  {"user_idu": "-1", "b": "2", "a": "ü"}):
        refused("InvalidCiphertextException", k.call, "Decrypt", {"CiphertextBlob": blob, "EncryptionContext": wrong})
    raw = bytearray(unb64(blob))
    for at in (0, 4, 20, 32, len(raw) - 1):
        raw[at] ^= 1
        refused("InvalidCiphertextException", k.call, "Decrypt", {"CiphertextBlob": b64(bytes(raw)), "EncryptionContext": context})
        raw[at] ^= 1
    refused("InvalidCiphertextException", k.call, "Decrypt", {"CiphertextBlob": b64(bytes(raw[:40])), "EncryptionContext": context})
    refused("IncorrectKeyException", k.call, "Decrypt", {"CiphertextBlob": blob, "EncryptionContext": context, "KeyId": other})
    for bad in ({"KeySpec": "AES_256", "NumberOfBytes": 32}, {}, {"KeySpec": "AES_512"}, {"NumberOfBytes": 1025},
                {"NumberOfBytes": 32, "EncryptionContext": {"n": 1}}, {"NumberOfBytes": 32, "EncryptionContext": ["a"]}):
        refused("ValidationException", k.call, "GenerateDataKey", {"KeyId": key, **bad})
    without = k.call("GenerateDataKeyWithoutPlaintext", {"KeyId": key, "NumberOfBytes": 64})
    assert "Plaintext" not in without and len(unb64(k.call("Decrypt", {"CiphertextBlob": without["CiphertextBlob"]})["Plaintext"])) == 64
    sealed = k.call("Encrypt", {"KeyId": key, "Plaintext": b64(b"x" * 4096)})
    assert unb64(k.call("Decrypt", {"CiphertextBlob": sealed["CiphertextBlob"]})["Plaintext"]) == b"x" * 4096
    refused("ValidationException", k.call, "Encrypt", {"KeyId": key, "Plaintext": b64(b"x" * 4097)})
    for name in (key[:-1] + "z", "11111111-1111-4111-8111-111111111111", "alias/none", key.replace("us-east-1", "eu-west-1")):
        refused("NotFoundException", k.call, "GenerateDataKey", {"KeyId": name, "KeySpec": "AES_256"})
    signer = k.create_key("ML_DSA_44")["Arn"]
    refused("InvalidKeyUsageException", k.call, "GenerateDataKey", {"KeyId": signer, "KeySpec": "AES_256"})

    k.call("CreateAlias", {"AliasName": "alias/door", "TargetKeyId": key})
    refused("AlreadyExistsException", k.call, "CreateAlias", {"AliasName": "alias/door", "TargetKeyId": other})
    assert k.call("Encrypt", {"KeyId": "alias/door", "Plaintext": "eA=="})["KeyId"] == key
    k.call("DisableKey", {"KeyId": key})
    refused("DisabledException", k.call, "Decrypt", {"CiphertextBlob": blob, "EncryptionContext": context})
    k.call("EnableKey", {"KeyId": key})
    assert unb64(k.call("Decrypt", {"CiphertextBlob": blob, "EncryptionContext": context})["Plaintext"]) == plain
    k.call("ScheduleKeyDeletion", {"KeyId": other, "PendingWindowInDays": 7})
    refused("KMSInvalidStateException", k.call, "GenerateDataKey", {"KeyId": other, "KeySpec": "AES_256"})
    return key, blob, context, plain


def check_signing(k):
    message, digest, mu = b"message", hashlib.sha256(b"message").digest(), os.urandom(64)
    rows = [("ECC_NIST_P256", "ECDSA_SHA_256", [("RAW", message), ("DIGEST", digest)], [("DIGEST", digest + b"x"), ("EXTERNAL_MU", mu)]),
            ("ECC_NIST_EDWARDS25519", "ED25519_SHA_512", [("RAW", message)], [("DIGEST", mu)]),
            ("ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512", [("DIGEST", mu)], [("RAW", mu), ("DIGEST", digest)])]
    rows += [(f"ML_DSA_{n}", "ML_DSA_SHAKE_256", [("RAW", message), ("RAW", b""), ("EXTERNAL_MU", mu)],
              [("DIGEST", mu), ("EXTERNAL_MU", digest)]) for n in (44, 65, 87)]
    for spec, algorithm, good, bad in rows:
        key = k.create_key(spec)["KeyId"]
        public = k.call("GetPublicKey", {"KeyId": key})
        assert public["KeySpec"] == spec and algorithm in public["SigningAlgorithms"]
        for kind, text in good:
            members = {"KeyId": key, "SigningAlgorithm": algorithm, "MessageType": kind, "Message": b64(text)}
            made = k.call("Sign", members)
            signature = unb64(made["Signature"])
            assert made["SigningAlgorithm"] == algorithm and made["KeyId"].endswith(key)
            assert k.call("Verify", {**members, "Signature": made["Signature"]})["SignatureValid"] is True
            if kind == "RAW" and text:  # the tool reads no empty file
                assert openssl_verifies(unb64(public["PublicKey"]), signature, text), (spec, algorithm)
            broken = b64(signature[:-1] + bytes([signature[-1] ^ 1]))
            refused("KMSInvalidSignatureException", k.call, "Verify", {**members, "Signature": broken})
        for kind, text in bad:
            refused("ValidationException", k.call, "Sign",
                    {"KeyId": key, "SigningAlgorithm": algorithm, "MessageType": kind, "Message": b64(text)})
        refused("ValidationException", k.call, "Sign", {"KeyId": key, "SigningAlgorithm": algorithm, "Message": b64(b"x" * 4097)})
        refused("ValidationException", k.call, "Sign", {"KeyId": key, "SigningAlgorithm": "RSASSA_PSS_SHA_256", "Message": ""})
        other = "ECDSA_SHA_256" if algorithm != "ECDSA_SHA_256" else "ED25519_SHA_512"
        refused("InvalidKeyUsageException", k.call, "Sign", {"KeyId": key, "SigningAlgorithm": other, "Message": ""})
    refused("UnsupportedOperationException", k.call, "CreateKey", {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"})
    refused("ValidationException", k.call, "CreateKey", {"KeySpec": "ML_DSA_44", "KeyUsage": "ENCRYPT_DECRYPT"})
    refused("ValidationException", k.call, "CreateKey", {"KeySpec": "ML_DSA_44"})
    refused("UnsupportedOperationException", k.call, "GetPublicKey", {"KeyId": k.create_key()["KeyId"]})


def check_enclaves(k, enclave, shapes):
    key = k.create_key()["Arn"]
    context = {"EncryptionContext": {"user_id": "u-1"}}
    for _ in range(4):
        made = k.call("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256", "Recipient": enclave.recipient(), **context})
        assert "Plaintext" not in made
        plain = enclave.open(made)
        opened = k.call("Decrypt", {"CiphertextBlob": made["CiphertextBlob"], "Recipient": enclave.recipient(), **context})
        assert "Plaintext" not in opened and enclave.open(opened) == plain and len(plain) == 32
        assert k.call("Decrypt", {"CiphertextBlob": made["CiphertextBlob"], **context})["Plaintext"] == b64(plain)
        for answer in (made, opened):
            ber = unb64(answer["CiphertextForRecipient"])
            shapes.add("primitive" if ber[-58:-56] == b"\x80\x30" else "constructed" if ber[-64:-60] == b"\xa0\x80\x04\x20" else "unknown")
            with open(os.path.join(k.folder, "cms"), "wb") as f:
                f.write(ber)
            read = openssl("cms", "-cmsout", "-print", "-inform", "DER", "-in", os.path.join(k.folder, "cms")).stdout.decode()
            assert "pkcs7-envelopedData" in read and "rsaesOaep" in read and "aes-256-cbc" in read
    for word, kind, reason in (("old", "AccessDeniedException", "ATT_EXPIRED"), ("future", "AccessDeniedException", "ATT_CERT_NOT_YET_VALID"),
                               ("debug", "AccessDeniedException", "ATT_DEBUG"), ("other-pcr0", "AccessDeniedException", "ATT_IMAGE_NOT_ALLOWED"),
                               ("no-key", "ValidationException", "BAD_PUBLIC_KEY"), ("ec-key", "ValidationException", "BAD_PUBLIC_KEY")):
        said = refused(kind, k.call, "GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256", "Recipient": enclave.recipient(word)})
        assert reason in said, (word, said)
    raw = bytearray(unb64(enclave.document()))
    for at, kind in ((0, "ValidationException"), (len(raw) - 1, "AccessDeniedException")):
        raw[at] ^= 1
        refused(kind, k.call, "Decrypt", {"CiphertextBlob": made["CiphertextBlob"], **context,
                                          "Recipient": {**enclave.recipient(), "AttestationDocument": b64(bytes(raw))}})
        raw[at] ^= 1
    for broken in ({"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_1"}, {"AttestationDocument": ""}, {"More": 1}):
        refused("ValidationException", k.call, "GenerateDataKey",
                {"KeyId": key, "KeySpec": "AES_256", "Recipient": {**enclave.recipient(), **broken}})
    refused("InvalidCiphertextException", k.call, "Decrypt", {"CiphertextBlob": made["CiphertextBlob"], "Recipient": enclave.recipient(),
                                                              "EncryptionContext": {"user_id": "u-2"}})


def statement(effect, action, condition=None, principal=f"arn:aws:iam::{ACCOUNT}:root"):
    s = {"Effect": effect, "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}
    return {**s, "Condition": condition} if condition else s


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def check_policies(k, enclave):
    image = {"StringEqualsIgnoreCase": {"kms:RecipientAttestation:ImageSha384": PCR0}}
    host = f"arn:aws:iam::{ACCOUNT}:role/enclave-host"
    text = policy(statement("Allow", ["kms:DescribeKey", "kms:PutKeyPolicy", "kms:GetKeyPolicy"]),
                  statement("Allow", ["kms:GenerateDataKey", "kms:Decrypt"], {**image, "StringLike": {"kms:EncryptionContext:user_id": "u-*"}}, host))
    key = k.create_key(Policy=text)["Arn"]
    assert k.call("GetKeyPolicy", {"KeyId": key})["Policy"] == text
    members = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"user_id": "u-1"}}
    made = k.call("GenerateDataKey", {**members, "Recipient": enclave.recipient()}, profile="enclave-host")
    assert len(enclave.open(made)) == 32
    said = refused("AccessDeniedException", k.call, "GenerateDataKey", {**members, "Recipient": enclave.recipient()})
    assert said == f"User: arn:aws:iam::{ACCOUNT}:role/default is not authorized to perform: kms:GenerateDataKey on resource: {key}"
    for change in ({}, {"EncryptionContext": {"user_id": "v-1"}, "Recipient": enclave.recipient()}):  # none is no enclave
        refused("AccessDeniedException", k.call, "GenerateDataKey", {**members, **change}, profile="enclave-host")
    refused("AccessDeniedException", k.call, "Decrypt",
            {"CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": {"user_id": "u-1"}}, profile="enclave-host")
    for bad in ("{", "[]", policy(), policy({**statement("Allow", "kms:*"), "NotAction": "x"}), policy(statement("Permit", "kms:*")),
                policy(statement("Allow", "s3:*")), policy(statement("Allow", "kms:*", {"IpAddress": {"aws:SourceIp": "::/0"}})),
                policy(statement("Allow", "kms:*", {"StringEquals": {"kms:RecipientAttestation:PCR32": "x"}}))):
        refused("MalformedPolicyDocumentException", k.call, "PutKeyPolicy", {"KeyId": key, "Policy": bad})
    other = {"StringEquals": {"kms:RecipientAttestation:PCR0": "22" * 48}}
    k.call("PutKeyPolicy", {"KeyId": key, "Policy": policy(statement("Allow", "kms:*", other), statement("Allow", "kms:DescribeKey"))})
    refused("AccessDeniedException", k.call, "GenerateDataKey", {**members, "Recipient": enclave.recipient()}, profile="enclave-host")
    return key


def check_faults(k, enclave):
    key = k.create_key()["Arn"]
    members = {"KeyId": key, "KeySpec": "AES_256", "Recipient": enclave.recipient()}
    first = k.call("GenerateDataKey", members)
    signed = k.faults()["calls"]["Sign"]
    k.faults("throttle,op=GenerateDataKey,count=1", "error,op=GenerateDataKey,skip=1,count=1", "unavailable,op=Decrypt")
    refused("ThrottlingException", k.call, "GenerateDataKey", members)
    refused("KMSInternalException", k.call, "GenerateDataKey", members)
    assert k.call("GenerateDataKey", members)["KeyId"] == key
    refused("DependencyTimeoutException", k.call, "Decrypt", {"CiphertextBlob": first["CiphertextBlob"]})
    k.faults("wrong-key-id")
    assert k.call("GenerateDataKey", members)["KeyId"] != key
    k.faults("plaintext")
    leaked = k.call("GenerateDataKey", members)
    assert unb64(leaked["Plaintext"]) == enclave.open(leaked)
    k.faults("replay")
    one, two = k.call("GenerateDataKey", members), k.call("GenerateDataKey", members)
    assert one["CiphertextForRecipient"] == two["CiphertextForRecipient"] and one["CiphertextBlob"] != two["CiphertextBlob"]
    k.faults("other-recipient")
    assert enclave.open(k.call("GenerateDataKey", members)) == "KMS_RECIPIENT"
    k.faults("other-key")
    swapped = k.call("GenerateDataKey", members)
    k.faults("deny,op=Sign")
    assert unb64(k.call("Decrypt", {"CiphertextBlob": swapped["CiphertextBlob"]})["Plaintext"]) != enclave.open(swapped)
    signer = {"KeyId": k.create_key("ML_DSA_44")["KeyId"], "SigningAlgorithm": "ML_DSA_SHAKE_256", "Message": "eA=="}
    refused("AccessDeniedException", k.call, "Sign", signer)
    k.faults("bad-signature")
    refused("KMSInvalidSignatureException", k.call, "Verify", {**signer, "Signature": k.call("Sign", signer)["Signature"]})
    for fault in ("cut", "garbage"):
        k.faults(fault)
        try:
            k.call("GenerateDataKey", members)
        except Exception as e:
            assert not isinstance(e, (Refused, AssertionError)), e
        else:
            raise AssertionError(fault + " was not noticed")
    k.faults("latency,ms=300")
    begin = datetime.datetime.now()
    k.call("DescribeKey", {"KeyId": key})
    assert (datetime.datetime.now() - begin).total_seconds() >= 0.3
    assert k.faults()["calls"]["Sign"] == signed + 2
    for path, head in (("/_devkms/faults", {}), ("/_devkms/faults", {"Authorization": "Bearer x"})):
        assert k.send(head, b"", "GET", path)[0] == 401


def check_restart(folder, key, blob, context, plain):
    """Keys survive, nobody else can read them, and what others can read is not used."""
    made = json.loads(subprocess.run([program("countersign-devkms"), "create-key", "--state", os.path.join(folder, "kms"), "--alias",
                                      "alias/made"], capture_output=True, check=True).stdout)
    with DevKms(folder=folder, credentials=TWO) as k:
        assert unb64(k.call("Decrypt", {"CiphertextBlob": blob, "EncryptionContext": context})["Plaintext"]) == plain
        assert k.call("DescribeKey", {"KeyId": "alias/made"})["KeyMetadata"]["Arn"] == made["arn"]
        later = json.loads(subprocess.run([program("countersign-devkms"), "create-key", "--state", k.state, "--spec", "ML_DSA_65"],
                                          capture_output=True, check=True).stdout)
        assert k.call("GetPublicKey", {"KeyId": later["arn"]})["KeySpec"] == "ML_DSA_65"
        assert "DEVELOPMENT KMS" in k.log() and b64(plain) not in k.log()
        refused("AccessDeniedException", k.call, "GenerateDataKey",
                {"KeyId": key, "KeySpec": "AES_256", "Recipient": {"AttestationDocument": "eA==", "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256"}})
        keys = os.path.join(k.state, "keys")
        for name in os.listdir(keys):
            assert stat.S_IMODE(os.stat(os.path.join(keys, name)).st_mode) == 0o600
    os.chmod(os.path.join(keys, made["keyId"] + ".json"), 0o644)
    try:
        DevKms(folder=folder, credentials=TWO)
    except AssertionError as e:
        assert "readable by others" in str(e)
    else:
        raise AssertionError("it serves a key that others can read")


def check_tls(folder):
    with DevKms(tls=certificate(folder)) as k:
        assert k.url.startswith("https://") and k.create_key()["Enabled"] is True


def main():
    with tempfile.TemporaryDirectory() as folder:
        enclave = Enclave(os.path.join(folder, "enclave"))
        shapes = set()
        with DevKms("--nsm-root", enclave.root, "--pcr0", PCR0, "--pcr0", "00" * 48, folder=folder, credentials=TWO) as k:
            print("callers")
            check_callers(k)
            print("data keys")
            kept = check_data_keys(k)
            print("signing")
            check_signing(k)
            print("enclaves")
            check_enclaves(k, enclave, shapes)
            assert shapes == {"constructed", "primitive"}, shapes
            print("policies")
            check_policies(k, enclave)
            print("faults")
            check_faults(k, enclave)
        assert k.process.returncode == 0, k.log()
        print("restart")
        check_restart(folder, *kept)
        print("tls")
        check_tls(folder)
        enclave.close()


if __name__ == "__main__":
    sys.exit(main())
