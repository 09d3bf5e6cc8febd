#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`countersign attest verify` gives the verdict, the reason and the exit code of every case of the corpus."""

import base64
import json
import os
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.environ["CS_BIN"], "countersign")
CASES = os.path.join(os.environ["CS_SOURCE"], "test/vectors/attestation-cases.json")
HARDWARE = os.path.join(os.environ["CS_SOURCE"], "test/vectors/attestation-hardware-cases.json")

failures = []
runs = 0


def write(path, data):
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass"))
    return path


def run(*args):
    global runs
    runs += 1
    done = subprocess.run([PROGRAM, *args], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def judge(name, result, code, reason):
    """`result` must have this exit code, and this reason in its verdict and, if it is a refusal, on stderr."""
    got, out, err = result
    verdict = json.loads(out) if out else {"ok": None, "reason": None}
    expected = {"ok": code == 0, "reason": reason}
    said = code == 0 or f"({reason})" in err
    if got != code or {k: verdict[k] for k in expected} != expected or not said:
        failures.append(f"{name}: expected {code} {reason}, got {got} {verdict['reason']}: {err.strip()}")


def expressible(case):
    """Whether the command line can say what is in hand: a payload, a signature, now or another time."""
    if case["name"] == "only the payload in hand":  # the program makes the pre-hash from it
        return False
    return ({"payload", "signature"} <= case.keys() and case.get("kind", "sign") == "sign" and
            case["clock"]["mode"] == "live" and
            not {"preHash", "emptyAllowList", "algorithm", "signatureFormat"} & (case.keys() - {"publicKey"})
            or case["name"] == "valid, everything in hand")


def run_case(folder, case):
    document = case.get("document")
    if document is None:
        document = case["documentRepeat"]["text"] * case["documentRepeat"]["count"]
    signature = base64.b64decode(case["signature"])
    common = ["--json", "--policy", write(folder + "/policy", json.dumps(case["policy"])), "--at",
              str(case["clock"]["now"]), "--payload", write(folder + "/payload", base64.b64decode(case["payload"]))]
    for option, member in (("--nonce", "nonce"), ("--key-id", "keyId"), ("--purpose", "purpose")):
        if member in case:
            common += [option, case[member]]
    if case["allowMock"]:
        common.append("--allow-mock")
    code, reason = (0, "OK") if case["verdict"] else (2, case["reason"])
    if "publicKey" in case:
        common += ["--public-key", write(folder + "/key", case["publicKey"])]
        if code == 0:  # the corpus has no real signature: with a key at hand that is the last check
            code, reason = 2, "BAD_SIGNATURE"

    parts = ["--doc", write(folder + "/document", document), "--signature", write(folder + "/signature", signature)]
    judge(case["name"], run("attest", "verify", *common, *parts), code, reason)
    data = {"signature": case["signature"],
            "attestation": {"docB64": base64.b64encode(document.encode("utf-8", "surrogatepass")).decode()}}
    form = {"success": True, "data": data} if case["name"].startswith("valid") else data  # with and without envelope
    result = ["--sign-result", write(folder + "/result", json.dumps(form))]
    if document:
        judge(case["name"] + " (result)", run("attest", "verify", *common, *result), code, reason)


def run_policy(folder, policy, valid):
    """A malformed policy is an operational error, whatever the document."""
    parts = ["--doc", write(folder + "/document", valid["document"]), "--signature",
             write(folder + "/signature", base64.b64decode(valid["signature"])), "--payload",
             write(folder + "/payload", base64.b64decode(valid["payload"])), "--at", str(valid["clock"]["now"])]
    got, out, err = run("attest", "verify", "--allow-mock", "--policy",
                        write(folder + "/policy", policy["policyText"]), *parts)
    if policy["reason"] in ("OK", "POLICY_MOCK"):
        expected = got in (0, 2)  # it was read; the verdict is another matter
    else:
        expected = got == 1 and out == "" and f"({policy['reason']})" in err
    if not expected:
        failures.append(f"policy {policy['name']}: {got} {err.strip()}")


def main():
    with open(CASES, encoding="utf-8") as f:
        corpus = json.load(f)
    cases = [c for c in corpus["cases"] if expressible(c)]
    assert len(cases) > len(corpus["cases"]) * 3 // 4, len(cases)
    with open(HARDWARE, encoding="utf-8") as f:
        hardware = [c for c in json.load(f)["cases"] if expressible(c)]
    assert len(hardware) > 60, len(hardware)
    cases += hardware
    with tempfile.TemporaryDirectory() as folder:
        for case in cases:
            run_case(folder, case)
        for policy in corpus["policies"]:
            run_policy(folder, policy, corpus["cases"][0])
    for failure in failures:
        print("FAILED", failure)
    print(f"{len(cases)} cases, {len(corpus['policies'])} policies, {runs} runs, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
