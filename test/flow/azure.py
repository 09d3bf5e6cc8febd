#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An enclave in a confidential VM of Azure: quotes of a TPM, tied to the processor by its report or by an attestation
provider's token, attest its signatures; a register that changes ends that."""

import base64
import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
from ctypes.util import find_library

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fakes"))
try:
    from confidential_vm import Hypervisor, Machine, Provider
except ImportError as e:
    print("skipped: the processor is made with python3-cryptography (%s)" % e)
    sys.exit(77)
if not all(map(shutil.which, ("swtpm", "tpm2_quote", "openssl"))) or find_library("tss2-tcti-swtpm") is None:
    print("skipped: the TPM is swtpm, prepared with tpm2-tools over libtss2-tcti-swtpm; openssl makes certificates")
    sys.exit(77)

from cli_dev import expect, write
from flow import Service

REGISTERS = (0, 1, 4, 7)


def options(machine, *more):
    return ("--attestation", "azure", "--attestation-device", machine.socket, "--attestation-pcrs",
            ",".join(map(str, REGISTERS)), "--attestation-certificates", os.path.join(machine.folder, "certificates.pem"), *more)


def image_of(values):
    return "sha256:" + hashlib.sha256(b"".join(bytes.fromhex(values[str(i)]) for i in REGISTERS)).hexdigest()


def verify(folder, policy, result, code, said):
    write(os.path.join(folder, "policy.json"), json.dumps(policy))
    write(os.path.join(folder, "result.json"), json.dumps(result))
    write(os.path.join(folder, "payload"), b"payload")
    return expect(code, said, "attest", "verify", "--allow-mock", "--policy", os.path.join(folder, "policy.json"),
                  "--sign-result", os.path.join(folder, "result.json"), "--payload", os.path.join(folder, "payload"))


def unb64url(data):
    return base64.urlsafe_b64decode(data + b"=" * (-len(data) % 4))


def sign(s, key):
    return s.client.post("/v1/sign", {"keyId": key, "payload": base64.b64encode(b"payload").decode()})


def check_signing(s, folder, rules, image, evidence="operation"):
    """A key under the policy that pins this VM, and policies that pin something else. The key's id."""
    policy = {"name": "vm", "vendor": "azure-confidential-vm", "requireDated": False, "matchRules": rules,
              "evidence": evidence}
    stored = s.client.post("/v1/attestation-policies", policy)
    assert stored.status == 200, stored
    key = s.key("vm", pqProvider="enclave-azure", attestationPolicyId=stored.data["id"])["id"]
    result = sign(s, key).data
    assert result["attestation"]["verdict"] == "pass" and result["attestation"]["imageHash"] == image
    verify(folder, policy, result, 0, "")
    for change, reason in (({"pcrs": dict(rules["pcrs"], **{"4": ["5e" * 32]})}, "ATT_IMAGE_NOT_ALLOWED"),
                           ({"pcrs": dict(rules["pcrs"], **{"9": ["5e" * 32]})}, "ATT_REGISTER_MISSING")):
        verify(folder, dict(policy, matchRules=dict(rules, **change)), result, 2, reason)
    return key, policy, result


def check_report(machine, folder):
    values = machine.pcr(*REGISTERS)
    rules = {"pcrs": {k: [v] for k, v in values.items()}, "arkPem": machine.processor.pem(2).decode(),
             "idKeyDigests": ["sha384:" + "1d" * 48]}
    with Service(enclave_options=options(machine)) as s:
        key, policy, result = check_signing(s, folder, rules, image_of(values))
        amd = {k: v for k, v in rules.items() if k == "pcrs"}
        verify(folder, dict(policy, matchRules=amd), result, 2, "ATT_ROOT_MISMATCH")
        told = s.client.get("/v1/enclave").data
        assert (told["vendor"], told["hardware"], told["imageHash"]) == ("azure-confidential-vm", False, image_of(values))
        assert "root that is not AMD's" in s.log("enclave")
        return s.log("enclave")


def check_session(s, folder, provider, key, policy, result):
    """Documents of one session share their evidence, whose quote names the token that dates it."""
    header = lambda r: json.loads(unb64url(base64.b64decode(r["attestation"]["docB64"]).split(b".")[0]))
    first, second = header(result), header(sign(s, key).data)
    assert first["typ"] == "countersign-session" and first == second, (first, second)
    evidence = json.loads(base64.b64decode(first["evidence"]))
    claims = json.loads(unb64url(evidence["maa"].encode().split(b".")[1]))
    token = dict(evidence, maa=provider.token(dict(claims, jti="2")))  # another one, of the same machine
    parts = base64.b64decode(result["attestation"]["docB64"]).split(b".")
    changed = dict(first, evidence=base64.b64encode(json.dumps(token).encode()).decode())
    parts[0] = base64.urlsafe_b64encode(json.dumps(changed).encode()).rstrip(b"=")
    forged = dict(result, attestation=dict(result["attestation"], docB64=base64.b64encode(b".".join(parts)).decode()))
    verify(folder, policy, forged, 2, "ATT_COMMITMENT_MISMATCH")
    verify(folder, dict(policy, evidence="operation"), result, 2, "ATT_HEADER_MISMATCH")
    reports = {k: v for k, v in policy["matchRules"].items() if k == "pcrs"}
    verify(folder, dict(policy, matchRules=reports), result, 1, "evidence")


def check_token(machine, folder):
    values = machine.pcr(*REGISTERS)
    with Provider(machine) as provider:
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        keys = write(os.path.join(folder, "jwks.json"), json.dumps(provider.jwks()))
        more = ("--attestation-relay", provider.path, "--attestation-jwks", keys)
        rules = {"pcrs": {k: [v] for k, v in values.items()}, "issuers": [provider.issuer], "jwks": provider.jwks()}
        with Service(enclave_options=options(machine, *more)) as s:
            key, policy, result = check_signing(s, folder, rules, image_of(values))
            assert provider.count == 1, provider.count  # a token serves for a while
            verify(folder, dict(policy, matchRules=dict(rules, issuers=["https://other.weu.attest.azure.net"])), result, 2,
                   "ATT_ISSUER_MISMATCH")
            told = s.client.get("/v1/enclave").data
            assert told["hardware"] is False and told["policy"]["matchRules"]["issuers"] == [provider.issuer]
        with Service(enclave_options=options(machine, *more, "--evidence", "session")) as s:
            check_session(s, folder, provider, *check_signing(s, folder, rules, image_of(values), "session"))
        for fault in ("refuses", "no-token"):
            provider.fault = fault
            check_no_start(options(machine, *more), fault)
        provider.fault = ""
        check_no_start(options(machine, "--attestation-relay", provider.path), "no key set")
        provider.shutdown()


def check_no_start(enclave_options, why):
    with Service(start=False, enclave_options=enclave_options) as s:
        try:
            s.start_enclave()
        except AssertionError:
            pass
        assert s.processes.pop("enclave").wait(30) == 1, why
        return s.log("enclave")


def check_options(machine, folder):
    usual = options(machine)
    for at, value in ((5, "0,24"), (5, "0,,1"), (5, "0,1,"), (5, "0,0"), (5, ""), (5, "a"), (5, "-1"), (3, "/nowhere/tpm"),
                      (7, "/nowhere/pem"), (7, write(os.path.join(folder, "empty.pem"), ""))):
        check_no_start((*usual[:at], value, *usual[at + 1:]), value)
    assert "needs a token" in check_no_start((*usual, "--evidence", "session"), "session")


def check_change(machine, folder):
    """Last, for what was extended stays. What the TPM says is looked at before it leaves the enclave."""
    with Hypervisor(machine) as between:
        threading.Thread(target=between.serve_forever, daemon=True).start()
        with Service(enclave_options=options(machine)[:3] + (between.path,) + options(machine)[4:]) as s:
            key = s.key("any")["id"]
            assert sign(s, key).data["attestation"]["verdict"] == "absent"
            for fault in ("another quote", "refuses", "short"):
                between.fault = fault
                answer = sign(s, key)
                assert answer.status == 503 and answer.code == "ROOT_UNAVAILABLE", (fault, answer)
            between.fault = ""
            assert sign(s, key).data["attestation"]["verdict"] == "absent"
            between.extend(9, b"nobody asked for this register")
            assert sign(s, key).data["attestation"]["verdict"] == "absent"
            between.extend(4, b"another kernel")
            answer = sign(s, key)
            assert (answer.status, answer.code) == (503, "ROOT_UNAVAILABLE"), answer
            assert "has changed since the start" in s.log("enclave")
            for fault in ("more", "long", "closes"):  # after these the connection is worth nothing
                between.fault = fault
                assert sign(s, key).code == "ROOT_UNAVAILABLE", fault
            s.alive()
        between.shutdown()


def main():
    with tempfile.TemporaryDirectory(prefix="cs-vm-") as folder:
        machine = Machine(folder)
        try:
            print("report")
            check_report(machine, folder)
            print("token")
            check_token(machine, folder)
            print("options")
            check_options(machine, folder)
            print("change")
            check_change(machine, folder)
        finally:
            machine.close()


if __name__ == "__main__":
    main()
