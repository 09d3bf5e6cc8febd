#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The agent finds credentials where AWS's own tools would, keeps them fresh, and tells nobody what they are."""

import datetime
import hashlib
import hmac
import json
import os
import struct
import tempfile
import urllib.parse

from flow import BIN, b64, is_sanitized, run
from flow_agent import Agent, Server, assert_untold, code_of

ARN = "arn:aws:kms:eu-central-1:111122223333:key/11111111-2222-3333-4444-555555555555"
QUESTION = {"type": "KmsSign", "provider": "aws-kms", "keyId": ARN, "algorithm": "P-256", "message": b64(b"m")}
SHIFT = os.path.join(os.path.dirname(BIN), "lib", "libshift_clock.so")
HOUR = 3600


def rfc3339(seconds_ahead):
    t = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_ahead)
    return t.strftime("%Y-%m-%dT%H:%M:%SZ")


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Kms:
    """Checks the signature as AWS does and answers with it; knows three credentials."""

    def __init__(self):
        self.known = {}  # access key id: (secret, token)
        self.refused = {}  # access key id: what it is answered with
        self.ahead = 0
        self.last = None
        self.server = Server(self.answer)

    def knows(self, key_id, secret, token=None):
        self.known[key_id] = (secret, token)

    def answer(self, method, path, headers, body):
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.ahead)
        date = {"Date": now.strftime("%a, %d %b %Y %H:%M:%S GMT"), "x-amzn-RequestId": "1-2-3"}
        code = self.judge(method, path, headers, body, now)
        if code is not None:
            return 400, date, json.dumps({"__type": "com.amazonaws.kms#" + code, "message": "no"})
        return 200, date, json.dumps({"KeyId": ARN, "Signature": b64(b"signature"), "SigningAlgorithm": "ECDSA_SHA_256"})

    def judge(self, method, path, headers, body, now):
        scheme, rest = headers["authorization"].split(" ", 1)
        parts = dict(p.strip().split("=", 1) for p in rest.split(","))
        key_id, day, region, service, end = parts["Credential"].split("/")
        self.last = key_id
        if key_id in self.refused:
            return self.refused[key_id]
        if key_id not in self.known:
            return "UnrecognizedClientException"
        secret, token = self.known[key_id]
        if headers.get("x-amz-security-token") != token:
            return "UnrecognizedClientException"
        when = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs((when - now).total_seconds()) > 300 or headers["x-amz-date"][:8] != day:
            return "InvalidSignatureException"
        names = parts["SignedHeaders"].split(";")
        assert {"host", "x-amz-date", "x-amz-target"} <= set(names) and names == sorted(names), names
        assert token is None or "x-amz-security-token" in names, "the token is not signed"
        canonical = f"{method}\n{path}\n\n" + "".join(f"{n}:{headers[n]}\n" for n in names) + "\n"
        canonical += ";".join(names) + "\n" + hashlib.sha256(body).hexdigest()
        text = f"{scheme}\n{headers['x-amz-date']}\n{day}/{region}/{service}/{end}\n"
        text += hashlib.sha256(canonical.encode()).hexdigest()
        key = ("AWS4" + secret).encode()
        for part in (day, region, service, end):
            key = mac(key, part)
        assert (scheme, region, service, end) == ("AWS4-HMAC-SHA256", "eu-central-1", "kms", "aws4_request")
        return None if mac(key, text).hex() == parts["Signature"] else "InvalidSignatureException"


def expect(kms, environment, key_id, secrets=(), options=()):
    """The question is answered under these credentials; None: there are none to be had."""
    kms.last = None
    with Agent("--kms-endpoint", kms.server.url, *options, environment=environment) as agent:
        told = agent.ask(QUESTION)
        if key_id is None:
            assert code_of(told) == "CLOUD_CREDENTIALS", told
            assert kms.last is None, "credentials came from elsewhere"
        else:
            assert told["type"] == "KmsSign", (told, agent.log())
            assert kms.last == key_id, kms.last
        assert_untold(agent, secrets)
        return agent.log()


def files(kms, folder):
    path = os.path.join(folder, "credentials")
    with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
        f.write("# mine\n[other]\naws_access_key_id=AKIAOTHER\naws_secret_access_key=other-secret-words\n\n[default]\r\n"
                "aws_access_key_id = AKIAFILE\r\naws_secret_access_key = file/secret+words\r\nregion = x\r\n"
                "[half]\naws_access_key_id = AKIAHALF\n")
    kms.knows("AKIAFILE", "file/secret+words")
    kms.knows("AKIAOTHER", "other-secret-words")
    env = {"AWS_SHARED_CREDENTIALS_FILE": path, "AWS_EC2_METADATA_DISABLED": "true"}
    log = expect(kms, env, "AKIAFILE", ["file/secret+words"])
    assert "others than its owner" not in log
    expect(kms, {**env, "AWS_PROFILE": "other"}, "AKIAOTHER")
    expect(kms, {**env, "AWS_PROFILE": "half"}, None)
    expect(kms, {**env, "AWS_PROFILE": "nobody"}, None)
    expect(kms, {**env, "AWS_SHARED_CREDENTIALS_FILE": path + "x"}, None)
    kms.knows("AKIAENV", "environment-secret", "environment-token")
    both = {**env, "AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "environment-secret"}
    expect(kms, {**both, "AWS_SESSION_TOKEN": "environment-token"}, "AKIAENV", ["environment-secret", "environment-token"])
    expect(kms, {**env, "AWS_ACCESS_KEY_ID": "AKIAENV"}, None)  # half of them is not none
    os.chmod(path, 0o644)
    assert "others than its owner" in expect(kms, env, "AKIAFILE")


def sts_answer(key_id, secret, token, expires):
    return ("<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
            f"<AccessKeyId>{key_id}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>"
            f"<SessionToken>{token}</SessionToken><Expiration>{expires}</Expiration></Credentials>"
            "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>")


def web_identity(kms, folder):
    path = os.path.join(folder, "token")
    with open(path, "w") as f:
        f.write("web.identity.token/+=&\n")
    answers = [(200, {}, sts_answer("ASIAWEB", "web-secret-words", "web-token-words//+=", rfc3339(HOUR)))]
    kms.knows("ASIAWEB", "web-secret-words", "web-token-words//+=")
    with Server(lambda *asked: answers[0]) as sts:
        env = {"AWS_WEB_IDENTITY_TOKEN_FILE": path, "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/agent",
               "AWS_ENDPOINT_URL_STS": sts.url}
        secrets = ["web-secret-words", "web-token-words//+=", "web.identity.token/+=&"]
        expect(kms, env, "ASIAWEB", secrets)
        method, _, headers, body = sts.requests[0]
        assert method == "POST" and "authorization" not in headers
        assert dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True)) == {
            "Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleSessionName": "countersign",
            "RoleArn": "arn:aws:iam::111122223333:role/agent", "WebIdentityToken": "web.identity.token/+=&"}
        with metadata_service("ASIAMACHINE", HOUR) as machine:
            for answers[0] in [(403, {}, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"),
                               (200, {}, sts_answer("ASIAWEB", "web-secret-words", "t", rfc3339(-1))),
                               (200, {}, sts_answer("ASIAWEB", "", "t", rfc3339(HOUR))),
                               (200, {}, sts_answer("ASIAWEB", "a&lt;b", "t", rfc3339(HOUR))),
                               (200, {}, sts_answer("ASIAWEB", "web-secret-words", "t", "soon")),
                               (200, {}, "")]:
                expect(kms, {**env, "AWS_EC2_METADATA_SERVICE_ENDPOINT": machine.url}, None, secrets)
            assert machine.requests == [], "a source that fails is not replaced by the next one"


def credentials_json(key_id, seconds, **change):
    return json.dumps({"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key_id, "SecretAccessKey": "near-secret-words",
                       "Token": "near-token-words", "Expiration": rfc3339(seconds), **change})


def container(kms, folder):
    path = os.path.join(folder, "authorization")
    with open(path, "w") as f:
        f.write("container-word")
    kms.knows("ASIACONTAINER", "near-secret-words", "near-token-words")

    def answer(method, where, headers, body):
        if (method, where, headers.get("authorization")) != ("GET", "/v2/credentials", "container-word"):
            return 401, {}, ""
        return 200, {}, credentials_json("ASIACONTAINER", HOUR)

    with Server(answer) as service:
        env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url + "/v2/credentials"}
        secrets = ["near-secret-words", "near-token-words", "container-word"]
        expect(kms, {**env, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path}, "ASIACONTAINER", secrets)
        expect(kms, {**env, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "container-word"}, "ASIACONTAINER", secrets)
        expect(kms, {**env, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "another"}, None)
        expect(kms, {**env, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path + "x"}, None)
        # A file that says more than a word would add lines to the request.
        with open(path, "w") as f:
            f.write("container-word\r\nX-More: yes")
        expect(kms, {**env, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path}, None)
        assert all("x-more" not in headers for _, _, headers, _ in service.requests)
    for far in ("http://192.0.2.1/c", "http://169.254.170.2.example/c", "http://169.254.170.2@192.0.2.1/c", "ftp://x/"):
        expect(kms, {"AWS_CONTAINER_CREDENTIALS_FULL_URI": far}, None)
    expect(kms, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@192.0.2.1/c"}, None)


def metadata_service(key_id, seconds, **change):
    """IMDSv2: nothing without a session's token."""
    def answer(method, where, headers, body):
        if method == "PUT" and where == "/latest/api/token":
            good = headers.get("x-aws-ec2-metadata-token-ttl-seconds") == "21600"
            return (200, {}, "session-of-the-machine") if good else (400, {}, "")
        if headers.get("x-aws-ec2-metadata-token") != "session-of-the-machine":
            return 401, {}, ""
        roles = "/latest/meta-data/iam/security-credentials/"
        if where == roles:
            return 200, {}, change.get("role", "agent-role")
        assert where == roles + "agent-role" or "role" in change, where
        return 200, {}, credentials_json(key_id, seconds, **change)
    return Server(answer)


def machine(kms):
    kms.knows("ASIAMACHINE", "near-secret-words", "near-token-words")
    rows = [({}, HOUR, "ASIAMACHINE"), ({}, -1, None), ({"role": "../../other"}, HOUR, None), ({"role": ""}, HOUR, None),
            ({"Token": ""}, HOUR, None), ({"Token": 5}, HOUR, None), ({"SecretAccessKey": "a b"}, HOUR, None),
            ({"Expiration": "tomorrow"}, HOUR, None)]
    for change, seconds, expected in rows:
        with metadata_service("ASIAMACHINE", seconds, **change) as service:
            env = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url + "/"}
            expect(kms, env, expected, ["near-secret-words", "near-token-words", "session-of-the-machine"])
    expect(kms, {"AWS_EC2_METADATA_DISABLED": "true"}, None)


def renewal(kms, folder):
    """New ones are asked for five minutes early; while there are none, the old ones count until they end."""
    shift = os.path.join(folder, "shift")

    def pass_time(seconds):
        with open(shift, "r+b" if os.path.exists(shift) else "wb") as f:
            f.write(struct.pack("<q", seconds))

    pass_time(0)
    names = ["ASIAFIRST", "ASIASECOND"]
    for name in names:
        kms.knows(name, "near-secret-words", "near-token-words")
    told = [names[0], HOUR]
    with Server(lambda *asked: (200, {}, credentials_json(*told)) if told[0] else (500, {}, "")) as service:
        env = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": service.url + "/c", "LD_PRELOAD": SHIFT, "SHIFT_CLOCK": shift}
        with Agent("--kms-endpoint", kms.server.url, environment=env) as agent:
            def asked_as(name, after):
                pass_time(after)
                kms.ahead = after
                answer = agent.ask(QUESTION)
                if name is None:
                    assert code_of(answer) == "CLOUD_CREDENTIALS", answer
                else:
                    assert answer["type"] == "KmsSign" and kms.last == name, (name, answer)
                return len(service.requests)

            assert asked_as(names[0], 0) == 1
            assert asked_as(names[0], HOUR - 360) == 1, "they are asked for once"
            told[0] = None
            assert asked_as(names[0], HOUR - 240) == 2, "renewed before they end; the old ones still count"
            kms.last = None
            assert asked_as(None, HOUR + 10) == 3 and kms.last is None, "they have ended and are not used"
            told[:] = [names[1], 2 * HOUR]
            assert asked_as(names[1], HOUR + 20) == 4
            # What AWS does not take any more is read again at once.
            kms.refused[names[1]] = "ExpiredTokenException"
            told[0] = names[0]
            assert asked_as(names[0], HOUR + 20) == 5
            kms.refused.clear()


def wrong_clock(kms):
    """AWS's clock counts, and the difference is remembered."""
    env = {"AWS_ACCESS_KEY_ID": "AKIAFILE", "AWS_SECRET_ACCESS_KEY": "file/secret+words"}
    for kms.ahead in (2 * HOUR, -2 * HOUR):
        before = len(kms.server.requests)
        with Agent("--kms-endpoint", kms.server.url, environment=env) as agent:
            for _ in range(2):
                assert agent.ask(QUESTION)["type"] == "KmsSign"
            assert "clock is" in agent.log()
        assert len(kms.server.requests) - before == 3
    kms.ahead = 0
    kms.refused["AKIAFILE"] = "InvalidSignatureException"  # for another reason: once is enough
    before = len(kms.server.requests)
    with Agent("--kms-endpoint", kms.server.url, environment=env) as agent:
        assert code_of(agent.ask(QUESTION)) == "CLOUD_CREDENTIALS"
    assert len(kms.server.requests) - before == 1
    kms.refused.clear()


def test():
    kms = Kms()
    with tempfile.TemporaryDirectory(prefix="cs-aws-") as folder:
        files(kms, folder)
        web_identity(kms, folder)
        container(kms, folder)
        machine(kms)
        if not is_sanitized("countersign-agent"):
            renewal(kms, folder)
        wrong_clock(kms)
    kms.server.close()


run(test)
