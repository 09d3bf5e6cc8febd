#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What packaging/aws gives to AWS: files that Terraform reads and formats so, names that are all declared, security groups
that let through what document 3 lists and nothing else, two roles without each other's rights, and a key policy that the
development KMS enforces: no data key without the attestation, for anybody."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from flow import SKIP, program, python_judges, run
from flow_kms import ACCOUNT, DevKms, Enclave, Refused, unb64

FOLDER = pathlib.Path(os.environ["CS_SOURCE"]) / "packaging/aws"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
IMAGE = "11" * 48  # PCR0 of test/fixture/enclave_recipient.c; its PCR8 is zero
CALLERS = "".join(f"[{name}]\naws_access_key_id = AKIA{name.upper()}\naws_secret_access_key = secret of {name}\n"
                  for name in ("host", "gateway", "admin"))


def read_all():
    """Every block of the folder: {kind: {address: members}}."""
    import hcl2
    blocks = {"resource": {}, "data": {}, "variable": {}, "output": {}, "locals": {}, "terraform": {}}
    plain = lambda v: v.strip('"') if isinstance(v, str) else v
    for path in sorted(FOLDER.glob("*.tf")):
        with open(path) as f:
            for kind, found in hcl2.load(f).items():
                for block in found:
                    if kind in ("locals", "terraform"):
                        blocks[kind].update(block)
                        continue
                    for first, rest in block.items():
                        for name, members in (rest.items() if kind in ("resource", "data") else [("", rest)]):
                            address = f"{plain(first)}.{plain(name)}" if name else plain(first)
                            assert address not in blocks[kind], f"{kind} {address} twice"
                            blocks[kind][address] = members
    return blocks


def text_of(path):
    return re.sub(r"#[^\n]*", "", path.read_text())


def names(blocks):
    """Whatever is named is declared, and whatever is declared is named."""
    text = "\n".join(map(text_of, sorted(FOLDER.glob("*.tf"))))
    used = {"variable": set(re.findall(r"\bvar\.(\w+)", text)), "locals": set(re.findall(r"\blocal\.(\w+)", text)),
            "data": {f"{a}.{b}" for a, b in re.findall(r"\bdata\.(\w+)\.(\w+)", text)},
            "resource": {f"{a}.{b}" for a, b in re.findall(r"(?<![\w.\"])(aws_\w+)\.(\w+)", text)}}
    for kind, found in used.items():
        assert found <= set(blocks[kind]), f"{kind} not declared: {found - set(blocks[kind])}"
    assert used["variable"] == set(blocks["variable"]) and used["locals"] == set(blocks["locals"])
    assert used["data"] == set(blocks["data"])
    for name, variable in blocks["variable"].items():
        assert variable["description"] and variable["type"], name
    policy = (FOLDER / "key-policy.json.tftpl").read_text()
    given = re.search(r"templatefile\([^{]*\"\$\{path\.module\}/key-policy\.json\.tftpl\", \{(.*?)\}\)", text, re.S)[1]
    assert set(re.findall(r"jsonencode\((\w+)\)", policy)) == set(re.findall(r"^\s+(\w+)\s+=", given, re.M))


def group(value):
    """The security group that a reference names."""
    return re.search(r"aws_security_group\.(\w+)", value)[1]


def networks(blocks):
    """Who may connect to whom, as it follows from the rules."""
    edges = set()
    for address, rule in blocks["resource"].items():
        kind, name = address.split(".")
        if not kind.startswith("aws_vpc_security_group_"):
            continue
        way = "in" if "ingress" in kind else "out"
        other = next((group(rule[m]) if m == "referenced_security_group_id" else m for m in
                      ("referenced_security_group_id", "cidr_ipv4", "prefix_list_id") if m in rule), None)
        assert other is not None and rule["ip_protocol"].strip('"') == "tcp" and rule["from_port"] == rule["to_port"], name
        edges.add((way, group(rule["security_group_id"]), other, str(rule["from_port"])))
    port = "${local.agent_port}"
    assert blocks["locals"]["agent_port"] == 8443
    assert edges == {("in", "gateway", "cidr_ipv4", "${var.client_port}"), ("out", "gateway", "nitro_host", port),
                     ("out", "gateway", "prefix_list_id", "443"), ("in", "nitro_host", "gateway", port),
                     ("out", "nitro_host", "kms_endpoint", "443"), ("in", "kms_endpoint", "nitro_host", "443")}, edges
    for path in FOLDER.glob("*.tf"):
        assert "0.0.0.0/0" not in text_of(path) and "::/0" not in text_of(path), path
    for address, machine in blocks["resource"].items():
        if address.startswith("aws_launch_template."):
            options = machine["metadata_options"][0]
            assert options["http_tokens"].strip('"') == "required" and options["http_put_response_hop_limit"] == 1, address
    assert blocks["resource"]["aws_launch_template.nitro_host"]["enclave_options"][0]["enabled"] is True


def roles(blocks):
    def rights(name):
        return [(s.get("effect", "Allow").strip('"'), sorted(a.strip('"') for a in s["actions"]))
                for s in blocks["data"][f"aws_iam_policy_document.{name}"]["statement"]]
    assert rights("gateway") == [("Allow", ["dynamodb:GetItem", "dynamodb:PutItem"]), ("Deny", ["kms:*"])]
    assert rights("nitro_host") == [("Allow", ["kms:Decrypt", "kms:GenerateDataKey"]), ("Deny", ["dynamodb:*"])]
    for role in ("gateway", "nitro_host"):
        bound = blocks["resource"][f"aws_iam_role_policy.{role}"]
        assert f"aws_iam_role.{role}." in bound["role"] and f"aws_iam_policy_document.{role}." in bound["policy"]
    table = blocks["resource"]["aws_dynamodb_table.keys"]
    assert table["hash_key"].strip('"') == "user_id" and table["deletion_protection_enabled"] is True


def render(blocks, **values):
    """The key policy, filled in."""
    values = {"uses": [a.strip('"') for a in blocks["locals"]["key_uses"]], **values}
    text = (FOLDER / "key-policy.json.tftpl").read_text()
    return json.loads(re.sub(r"\$\{jsonencode\((\w+)\)\}", lambda m: json.dumps(values[m[1]]), text)), values


def by_terraform(values, policy):
    """Terraform itself: the format of the files, and the template."""
    if shutil.which("terraform") is None:
        print("terraform is not here; its own reading was left out")
        return
    env = dict(os.environ, TF_CLI_CONFIG_FILE=os.devnull, CHECKPOINT_DISABLE="1")
    done = subprocess.run(["terraform", "fmt", "-check", "-diff", str(FOLDER)], env=env, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()
    given = ", ".join(f"{name} = {json.dumps(value)}" for name, value in values.items())
    with tempfile.TemporaryDirectory(prefix="cs-flow-") as empty:
        asked = f'base64encode(jsonencode(jsondecode(templatefile("{FOLDER}/key-policy.json.tftpl", {{{given}}}))))\n'
        done = subprocess.run(["terraform", "console"], input=asked.encode(), cwd=empty, env=env, capture_output=True, check=False)
    assert done.returncode == 0, done
    assert json.loads(unb64(done.stdout.decode().strip().strip('"'))) == policy


def by_tflint():
    if shutil.which("tflint") is None:
        print("tflint is not here; its rules were left out")
        return
    done = subprocess.run(["tflint", "--chdir", str(FOLDER)], capture_output=True, check=False)
    assert done.returncode == 0, done


def enforced(blocks):
    """The development KMS under this policy: the enclave gets its data key through the host's role, and nobody else."""
    policy, values = render(blocks, administrators=[ROLE + "admin"], host_role=ROLE + "host", images=["22" * 48, IMAGE],
                            signers=["00" * 48])
    by_terraform(values, policy)
    with DevKms(credentials=CALLERS) as k:
        enclave = Enclave(os.path.join(k.folder, "nsm"))
        with open(enclave.root) as f:
            root = f.read()
        k.stop()
        with open(os.path.join(k.folder, "root.pem"), "w") as f:
            f.write(root)
        with DevKms("--nsm-root", os.path.join(k.folder, "root.pem"), credentials=CALLERS) as kms:
            try:
                judge(kms, enclave, policy)
                denials(kms, enclave, policy)
            finally:
                enclave.close()


def denied(k, operation, members, profile):
    members = {name: value for name, value in members.items() if value is not None}
    try:
        k.call(operation, members, profile=profile)
    except Refused as e:
        assert e.type == "AccessDeniedException", (operation, members.keys(), e)
        return
    raise AssertionError(f"{operation} was not denied: {profile}, {list(members)}")


def judge(k, enclave, policy):
    key = k.call("CreateKey", {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Policy": json.dumps(policy)},
                 profile="admin")["KeyMetadata"]["Arn"]
    data = lambda **more: {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"user_id": "u"},
                           "Recipient": enclave.recipient(), **more}
    made = k.call("GenerateDataKey", data(), profile="host")
    assert len(enclave.open(made)) == 32
    opened = lambda **more: {"KeyId": key, "CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": {"user_id": "u"},
                             "Recipient": enclave.recipient(), **more}
    assert enclave.open(k.call("Decrypt", opened(), profile="host")) == enclave.open(made)

    deny = lambda operation, members, profile="host": denied(k, operation, members, profile)
    other = {"Recipient": enclave.recipient("other-pcr0")}
    for operation, members in (("GenerateDataKey", data), ("Decrypt", opened)):
        for profile in ("gateway", "admin"):
            deny(operation, members(), profile)
        deny(operation, members(Recipient=None))
        deny(operation, members(Recipient=None), "admin")
        deny(operation, members(**other))
        deny(operation, members(EncryptionContext=None))
        deny(operation, members(EncryptionContext={}))
        deny(operation, members(EncryptionContext={"org": "o"}))
        deny(operation, members(EncryptionContext={"user_id": "u", "org": "o"}))
    deny("GenerateDataKeyWithoutPlaintext", {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"user_id": "u"}})
    deny("Encrypt", {"KeyId": key, "Plaintext": "eA==", "EncryptionContext": {"user_id": "u"}}, "admin")
    for profile in ("host", "gateway"):
        deny("PutKeyPolicy", {"KeyId": key, "Policy": json.dumps(policy)}, profile)
    # The administrator can, and then another release is let in and this one is out.
    policy = json.loads(json.dumps(policy).replace(IMAGE, "33" * 48))
    k.call("PutKeyPolicy", {"KeyId": key, "Policy": json.dumps(policy)}, profile="admin")
    deny("Decrypt", opened())


def denials(k, enclave, policy):
    """What is denied stays denied where another statement, added later, allows everything to the account."""
    open_door = {"Sid": "Later", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*",
                 "Resource": "*"}
    policy = {**policy, "Statement": policy["Statement"] + [open_door]}
    members = {"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Policy": json.dumps(policy)}
    key = k.call("CreateKey", members, profile="admin")["KeyMetadata"]["Arn"]
    good = {"KeyId": key, "KeySpec": "AES_256", "EncryptionContext": {"user_id": "u"}, "Recipient": enclave.recipient()}
    assert len(enclave.open(k.call("GenerateDataKey", good, profile="gateway"))) == 32, "the door is not open"
    for change in ({"Recipient": None}, {"Recipient": enclave.recipient("other-pcr0")}, {"EncryptionContext": None},
                   {"EncryptionContext": {"org": "o"}}):
        for profile in ("host", "gateway", "admin"):
            denied(k, "GenerateDataKey", {**good, **change}, profile)
    strict = json.loads(json.dumps(policy))
    for statement in strict["Statement"]:
        if statement["Sid"] == "NoOtherSigner":
            statement["Condition"]["StringNotEqualsIgnoreCase"]["kms:RecipientAttestation:PCR8"] = ["44" * 48]
    k.call("PutKeyPolicy", {"KeyId": key, "Policy": json.dumps(strict)}, profile="admin")
    denied(k, "GenerateDataKey", good, "gateway")


def test():
    program("countersign-devkms")
    if not python_judges():
        sys.exit(SKIP)
    blocks = read_all()
    assert len(blocks["resource"]) >= 20 and len(blocks["data"]) >= 5, "the files are not read"
    for part in (names, networks, roles, enforced):
        part(blocks)
    by_tflint()


if __name__ == "__main__":
    run(test)
