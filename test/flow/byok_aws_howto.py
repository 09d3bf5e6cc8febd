#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every command of docs/how-to/byok-aws.md runs as it is printed, in order, in one shell; the key policies that it prints are enough
for a key of each tier, and without any one of their actions or conditions something is refused that they are there for."""

import copy
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile

from flow import free_port, run
from flow_byok import ACCOUNT, Byok, told, verifies

SOURCE = pathlib.Path(os.environ["CS_SOURCE"])
BIN = pathlib.Path(os.environ["CS_BIN"])
PAGE = (SOURCE / "docs/how-to/byok-aws.md").read_text(encoding="utf-8")
USERS = "[owner]\naws_access_key_id = AKIAOWNER\naws_secret_access_key = the-owners-secret-of-this-test\n" \
        "[countersign-agent]\naws_access_key_id = AKIAAGENT\naws_secret_access_key = the-agents-secret-of-this-test\n"


def script_of(blocks):
    script = "set -e\n"
    for block in blocks:
        script += block
        if "countersign dev" in block:
            script += 'dev=$!\ntrap \'kill "$dev"; wait "$dev"\' EXIT\n'
            script += 'for i in $(seq 600); do [ -s dev.json ] && break; sleep 0.1; done\n'
    return script.replace("8420", str(free_port()))


def run_page(work, blocks):
    os.makedirs(f"{work}/build")
    os.symlink(BIN, f"{work}/build/bin")
    page = subprocess.Popen(["bash", "-c", script_of(blocks)], cwd=work, start_new_session=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = page.communicate(timeout=120)
    finally:
        try:
            os.killpg(page.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass
    assert page.returncode == 0, f"exit {page.returncode}: {out}\n{err[-4000:]}"
    return out


def commands():
    work = tempfile.mkdtemp(prefix="cs-byok-")
    try:
        out = run_page(work, re.findall(r"^```sh\n(.*?)^```$", PAGE, re.M | re.S)).split("\n")
        for n in (1, 2, 3):
            key = json.loads(pathlib.Path(work, f"tier-{n}.json").read_text())
            assert key["tier"] == n and key["keyRelease"] == "relayed", key
            assert str(n) in out
        assert out.count("relayed") == 3 and "refused, as it should be" in out, out
        assert json.loads(pathlib.Path(work, "signed-again.json").read_text())["signature"]
    finally:
        shutil.rmtree(work)


def policy(name, **words):
    text = re.search(rf"^```json {name}\n(.*?)^```$", PAGE, re.M | re.S).group(1)
    for word, value in words.items():
        text = text.replace(f'"{word}"', f'"{value}"')
    return json.loads(text)


class Owned(Byok):
    """The KMS belongs to role/owner, the agent is role/countersign-agent."""

    def __init__(self):
        super().__init__(kms_options=("--account", ACCOUNT))

    def new_key(self, spec):
        if "countersign-agent" not in self.kms.profiles:
            self.take_users()
        return self.as_owner("CreateKey", KeySpec=spec, KeyUsage="ENCRYPT_DECRYPT" if spec == "SYMMETRIC_DEFAULT"
                             else "SIGN_VERIFY")["KeyMetadata"]["Arn"]

    def take_users(self):
        """The same service again, with these two as its callers."""
        from flow_kms import DevKms
        self.kms.stop()
        root = self.path("enclave/software-nsm-root.pem")
        self.kms = DevKms("--nsm-root", root, "--pcr0", self.pcr0, folder=self.kms.folder, credentials=USERS)
        self.kms.own = True
        self.kms.profiles.read_string(USERS)

    def as_owner(self, operation, **members):
        return self.kms.call(operation, members, profile="owner")

    def cloud(self):
        with open(self.path("agents-credentials"), "w", encoding="utf-8") as f:
            f.write(USERS)
        return {**super().cloud(), "AWS_SHARED_CREDENTIALS_FILE": self.path("agents-credentials"), "AWS_PROFILE": "countersign-agent"}

    def put_policy(self, arn, document):
        self.as_owner("PutKeyPolicy", KeyId=arn, Policy=json.dumps(document))


def without(document, action):
    changed = copy.deepcopy(document)
    changed["Statement"][1]["Action"].remove(action)
    return changed


def permissions():
    with Owned() as s:
        s.set_up()
        org = s.client.get("/v1/hybrid-keys").data
        org = s.first["orgId"]
        kek = policy("kek", ORG=org, PCR0=s.pcr0)
        half = policy("half")
        halves = {"classical": s.new_key("ECC_NIST_P256"), "pq": s.new_key("ML_DSA_65")}
        both = dict(algorithm="mldsa65+ecdsa-p256", kekProvider="aws-kms", keyProvider="aws-kms", pqProvider="aws-kms", keyRef=halves)
        s.put_policy(s.kek, kek)
        for arn in halves.values():
            s.put_policy(arn, half)
        key = s.create("enough", **both)
        assert key.status == 200 and key.data["tier"] == 3, key
        signed = s.sign("enough", b"m")
        assert signed.status == 200 and verifies(s, signed.data, b"m", key.data["publicKey"]), signed

        s.put_policy(s.kek, without(kek, "kms:GenerateDataKey"))
        assert s.sign("enough", b"m").status == 200
        told(s.create("no data key", **both), 422, "KMS_DENIED")
        s.put_policy(s.kek, without(kek, "kms:Decrypt"))
        told(s.sign("enough", b"m"), 422, "KMS_DENIED")
        s.put_policy(s.kek, policy("kek", ORG="another", PCR0=s.pcr0))
        told(s.sign("enough", b"m"), 422, "KMS_DENIED")
        s.put_policy(s.kek, policy("kek", ORG=org, PCR0="00" * 48))
        told(s.sign("enough", b"m"), 422, "KMS_DENIED")
        s.put_policy(s.kek, kek)
        assert s.sign("enough", b"m").status == 200
        for arn in halves.values():
            s.put_policy(arn, without(half, "kms:GetPublicKey"))
            assert s.sign("enough", b"m").status == 200
            told(s.create("no public key", **both), 422, "KMS_DENIED")
            s.put_policy(arn, without(half, "kms:Sign"))
            told(s.sign("enough", b"m"), 422, "KMS_DENIED")
            s.put_policy(arn, half)
        assert s.sign("enough", b"m").status == 200


def test():
    commands()
    permissions()


if __name__ == "__main__":
    run(test)
