#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A KMS that throttles, fails, hangs or lies costs its own keys something, never others, and the enclave sees no lie."""

import base64
import json
import os
import subprocess
import threading
import time

from flow import b64, program, run
from flow_agent import Agent, Server, assert_untold, code_of

ENV = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "sesame-sesame-sesame", "AWS_SESSION_TOKEN": "open-open-open-open",
       "AWS_REGION": "eu-central-1"}
CMS, BLOB = b64(b"only the enclave opens this"), b64(b"wrapped")


def arn(n=1):
    return f"arn:aws:kms:eu-central-1:111122223333:key/{n:08x}-2222-3333-4444-555555555555"


def question(kind="KmsGenerateDataKey", key=None, **more):
    more = {"wrappedDk": BLOB, **more} if kind == "KmsDecryptDataKey" else more
    return {"type": kind, "provider": "aws-kms", "keyId": key or arn(), "encryptionContext": {"user_id": "ann"},
            "recipient": b64(b"an attestation document"), **more}


def good(body):
    asked = json.loads(body)
    return 200, {}, json.dumps({"KeyId": asked["KeyId"], "CiphertextForRecipient": CMS, "CiphertextBlob": BLOB})


def changed(**members):
    def answer(method, path, headers, body):
        told = {**json.loads(good(body)[2]), **members}
        return 200, {}, json.dumps({k: v for k, v in told.items() if v != "absent"})
    return answer


def fault(status, kind):
    return lambda *asked: (status, {}, json.dumps({"__type": kind, "message": "no"}))


def what_is_sent(agent, kms):
    """The request says what the enclave asked for, and for whom."""
    for kind, operation in (("KmsGenerateDataKey", "GenerateDataKey"), ("KmsDecryptDataKey", "Decrypt")):
        told = agent.ask(question(kind))
        assert told["ciphertextForRecipient"] == CMS and told.get("wrappedDk") == (BLOB if "Generate" in kind else None)
        method, path, headers, body = kms.requests[-1]
        assert (method, path, headers["x-amz-target"]) == ("POST", "/", "TrentService." + operation)
        assert headers["content-type"] == "application/x-amz-json-1.1"
        sent = json.loads(body)
        assert sent["EncryptionContext"] == {"user_id": "ann"} and sent["KeyId"] == arn()
        assert sent["Recipient"] == {"KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256",
                                     "AttestationDocument": b64(b"an attestation document")}
        assert sent.get("CiphertextBlob") == (BLOB if operation == "Decrypt" else None)
    mu = {"type": "KmsSign", "provider": "aws-kms", "keyId": arn(), "algorithm": "ML-DSA-65", "mu": b64(b"m" * 64)}
    agent.ask(mu)
    sent = json.loads(kms.requests[-1][3])
    assert (sent["MessageType"], sent["SigningAlgorithm"]) == ("EXTERNAL_MU", "ML_DSA_SHAKE_256")
    assert kms.connections == 1, "one connection is kept"


def lies(agent, answers):
    """What the KMS may say to a question with a recipient; everything else ends here."""
    secret = b64(b"a data key in the clear!" + bytes(8))
    rows = [
        ({"Plaintext": None}, None), ({"Plaintext": ""}, None), ({"More": 1.5}, None),
        ({"KeyId": arn().split("/")[1]}, None),
        ({"Plaintext": secret}, "KMS_PLAINTEXT"),
        ({"Plaintext": secret, "CiphertextForRecipient": "absent"}, "KMS_PLAINTEXT"),
        ({"Plaintext": 5}, "KMS_PLAINTEXT"), ({"Plaintext": [secret]}, "KMS_PLAINTEXT"), ({"Plaintext": "A"}, "KMS_PLAINTEXT"),
        ({"CiphertextForRecipient": "absent"}, "KMS_ANSWER"), ({"CiphertextForRecipient": ""}, "KMS_ANSWER"),
        ({"CiphertextForRecipient": None}, "KMS_ANSWER"), ({"CiphertextForRecipient": "YQ"}, "KMS_ANSWER"),
        ({"CiphertextForRecipient": b64(bytes(4097))}, "KMS_ANSWER"), ({"CiphertextBlob": "absent"}, "KMS_ANSWER"),
        ({"CiphertextBlob": b64(bytes(1025))}, "KMS_ANSWER"), ({"KeyId": arn(2)}, "KMS_ANSWER"),
        ({"KeyId": "absent"}, "KMS_ANSWER"), ({"KeyId": ""}, "KMS_ANSWER"),
    ]
    for members, expected in rows:
        answers[0] = changed(**members)
        told = agent.ask(question())
        assert (told["type"] == "KmsGenerateDataKey") if expected is None else code_of(told) == expected, (members, told)
    for body in ("", "[]", "{", '{"KeyId":"a","KeyId":"b"}', "x" * 100000):
        answers[0] = lambda *asked, text=body: (200, {}, text)
        assert code_of(agent.ask(question())) == "KMS_ANSWER", body[:20]
    return [secret]


def classes(agent, answers):
    rows = [(400, "AccessDeniedException", "KMS_DENIED"), (400, "x#DisabledException", "KMS_DENIED"),
            (400, "com.amazonaws.kms#InvalidCiphertextException:http://x", "KMS_DENIED"),
            (400, "NotFoundException", "KMS_DENIED"), (403, "Anything", "KMS_DENIED"), (404, "", "KMS_DENIED"),
            (302, "Moved", "KMS_DENIED"), (400, "ExpiredTokenException", "CLOUD_CREDENTIALS"),
            (403, "UnrecognizedClientException", "CLOUD_CREDENTIALS")]
    for status, kind, expected in rows:
        answers[0] = fault(status, kind)
        told = agent.ask(question())
        assert code_of(told) == expected, (kind, told)


def repeated(agent, kms, answers):
    """What says to come again is asked again, three times at most, and not what says no."""
    rows = [([fault(400, "ThrottlingException")], 2, None), ([fault(500, "KMSInternalException")] * 2, 3, None),
            ([lambda *asked: None], 2, None), ([fault(503, "")], 2, None), ([fault(429, "")], 2, None),
            ([fault(400, "DependencyTimeoutException")] * 3, 3, "KMS_UNAVAILABLE"),
            ([fault(400, "AccessDeniedException")], 1, "KMS_DENIED")]
    for faults, requests, expected in rows:
        left = list(faults)
        answers[0] = lambda *asked: left.pop(0)(*asked) if left else good(asked[3])
        before = len(kms.requests)
        told = agent.ask(question())
        assert (told["type"] == "KmsGenerateDataKey") if expected is None else code_of(told) == expected, told
        assert len(kms.requests) - before == requests, (faults, len(kms.requests) - before)


def left_alone(agent, kms, answers):
    """A key that does not answer is not asked for a while; others are, at the same KMS."""
    sick = arn(7)
    answers[0] = lambda *asked: fault(500, "")(*asked) if json.loads(asked[3])["KeyId"] == sick else good(asked[3])
    for _ in range(5):
        assert code_of(agent.ask(question(key=sick))) == "KMS_UNAVAILABLE"
    before = len(kms.requests)
    assert code_of(agent.ask(question(key=sick))) == "KMS_UNAVAILABLE"
    assert len(kms.requests) == before, "a key that rests is not asked for"
    assert agent.ask(question())["type"] == "KmsGenerateDataKey"
    answers[0] = lambda *asked: good(asked[3])
    deadline = time.monotonic() + 60
    while agent.ask(question(key=sick))["type"] == "Error":
        assert time.monotonic() < deadline, "it rests for ever"
        time.sleep(0.1)


def hanging(agent, answers):
    """A KMS that says nothing leaves the enclave time to say so; its next request goes on the same connection."""
    stop = threading.Event()
    answers[0] = lambda *asked: stop.wait(60) and None
    told = agent.ask(question(key=arn(8)))
    assert code_of(told) == "KMS_UNAVAILABLE", told
    stop.set()
    answers[0] = lambda *asked: good(asked[3])
    assert agent.ask(question())["type"] == "KmsGenerateDataKey"


def malformed(agent):
    """A question that is none ends the enclave's connection, not the gateway's."""
    for bad in ({"type": "KmsNothing"}, {"type": "KmsSign", "provider": "aws-kms"}, question(more=1), question(recipient=None),
                question(encryptionContext={"a b": "c"}), question(encryptionContext={"a": ""})):
        line = agent.open_line()
        line.begin()
        assert line.question(dict(bad)) is None, bad
        line.enclave.close()
        line.enclave = None
        size = int.from_bytes(line.gateway.recv(4), "big")
        assert code_of(json.loads(line.gateway.recv(size))) == "ENCLAVE_UNAVAILABLE"
        assert line.ask(question())["type"] == "KmsGenerateDataKey"


def tunnel(agent, kms):
    """A pipe to the KMS and to nothing else; it ends with the request."""
    line = agent.open_line()
    line.begin()
    for host in ("kms.eu-west-1.amazonaws.com", "evil.example", "127.0.0.1", f"127.0.0.1:{kms.port}", "kms.eu-central-1.amazonaws.com:80",
                 "kms.eu-central-1.amazonaws.com.evil.example", "a@kms.eu-central-1.amazonaws.com", "KMS.eu-central-1.amazonaws.com",
                 "kms.eu-central-1.amazonaws.com:443:443", "kms.eu-central-1.amazonaws.com:0443", ":443"):
        assert code_of(line.question({"type": "KmsTunnel", "host": host})) == "KMS_DENIED", host
    assert code_of(line.question({"type": "KmsTunnelSend", "bytes": b64(b"x")})) == "KMS_UNAVAILABLE"
    for host in ("kms.eu-central-1.amazonaws.com", "kms.eu-central-1.amazonaws.com:443", "other.example:444"):
        lent = line.question({"type": "KmsTunnel", "host": host})
        assert lent == {"type": "KmsTunnel", "version": 1, "accessKeyId": ENV["AWS_ACCESS_KEY_ID"], "region": "eu-central-1",
                        "secretAccessKey": ENV["AWS_SECRET_ACCESS_KEY"], "sessionToken": ENV["AWS_SESSION_TOKEN"]}, lent
    body = json.dumps({"KeyId": arn()})
    text = f"POST / HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    for part in (text[:10], text[10:]):
        assert line.question({"type": "KmsTunnelSend", "bytes": b64(part)})["type"] == "KmsTunnelSend"
    got = b""
    while b"CiphertextForRecipient" not in got:
        told = base64.b64decode(line.question({"type": "KmsTunnelReceive", "max": 7})["bytes"])
        assert 0 < len(told) <= 7
        got += told
    line.end()
    line.begin()
    assert code_of(line.question({"type": "KmsTunnelReceive", "max": 1})) == "KMS_UNAVAILABLE", "it went on after the request"
    line.end()


def checked(kms, answers):
    """What check-kms makes of a key and of what it is given without attestation."""
    state, release = fault(400, "AccessDeniedException"), fault(400, "AccessDeniedException")

    def described(text):
        return lambda *asked: (200, {}, json.dumps({"KeyMetadata": {"KeyState": text, "CreationDate": 1.5}}))

    rows = [(described("Enabled"), release, 0, "ok    attestation"), (state, release, 0, "may not look at it"),
            (described("Disabled"), release, 2, "BAD   key"), (fault(400, "NotFoundException"), release, 2, "BAD   key"),
            (lambda *asked: (200, {}, "{}"), release, 2, "BAD   key"), (fault(500, ""), release, 1, "?     key"),
            (described("Enabled"), lambda *asked: good(asked[3]), 2, "BAD   attestation"),
            (described("Disabled"), fault(500, ""), 2, "?     attestation"),
            (described("Enabled"), fault(400, "DisabledException"), 1, "?     attestation")]
    for seen, given, code, text in rows:
        answers[0] = lambda *asked, a=seen, b=given: (a if asked[2]["x-amz-target"].endswith(".DescribeKey") else b)(*asked)
        done = subprocess.run([program("countersign-agent"), "check-kms", "--kms-endpoint", kms.url, "--kms-key-arn", arn()],
                              env={**os.environ, **ENV}, stdin=subprocess.DEVNULL, capture_output=True, check=False)
        told = done.stdout.decode()
        assert done.returncode == code and text in told, (text, told, done.stderr)
        assert CMS not in told + done.stderr.decode()
    done = subprocess.run([program("countersign-agent"), "check-kms", "--kms-endpoint", kms.url, "--kms-key-arn", "alias/x"],
                          env={**os.environ, **ENV}, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert done.returncode == 1, done


def bad_options():
    for options in (("--kms-region", "Europe"), ("--kms-region", "eu.central.1"), ("--kms-endpoint", "kms.example"),
                    ("--kms-endpoint", "https://kms.example/path"), ("--kms-endpoint", "https://a@kms.example"),
                    ("--kms-endpoint", "ftp://kms.example"), ("--kms-endpoint", "https://kms.example?x"),
                    ("--kms-host", "a b"), ("--kms-host", "h:99999")):
        agent = Agent(*options)
        assert agent.process.wait(30) == 1, options
        assert options[0] in agent.log(), agent.log()
        agent.close(expected=1)


def test():
    answers = [lambda *asked: good(asked[3])]
    options = ("--kms-host", "other.example:444")
    with Server(lambda *asked: answers[0](*asked)) as kms, Agent("--kms-endpoint", kms.url, *options, environment=ENV) as agent:
        what_is_sent(agent, kms)
        told = lies(agent, answers)
        classes(agent, answers)
        repeated(agent, kms, answers)
        left_alone(agent, kms, answers)
        malformed(agent)
        tunnel(agent, kms)
        hanging(agent, answers)
        assert_untold(agent, told + [CMS, BLOB, ENV["AWS_SECRET_ACCESS_KEY"], ENV["AWS_SESSION_TOKEN"], "111122223333"])
        checked(kms, answers)
    bad_options()


run(test)
