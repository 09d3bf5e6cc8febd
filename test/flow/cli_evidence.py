#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`attest verify --evidence` gives the verdict of every case of raw evidence; `attest inspect` shows what is there."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.environ["CS_BIN"], "countersign")
SOURCE = os.environ["CS_SOURCE"]
CASES = os.path.join(SOURCE, "test/vectors/attestation-evidence-cases.json")
VECTORS = os.path.join(SOURCE, "../shared/vectors")
SKIP = 77

# File -> what a person must find in it, as lines of name and value.
SHOWN = {
    "nitro/prod-indef-map-2025-12-25-a.cbor": [("moduleId", "i-0827e799ec9232d44-enc019b55a68bd2ed4b"), ("debug", "false")],
    "nitro/debug-2024-09-09.cbor": [("debug", "true"), ("time", "2024-09-09T19:49:12.400Z")],
    "nitro/prod-pcr16-2025-04-29.cbor": [("userData", "(empty)"), ("nonce", "-"), ("zeroPcrs", "3 5 6 7 8 9 10 11 12 13 14 15")],
    "snp/genoa-v5-report.bin": [("vendor", "amd-sev-snp"), ("reportVersion", "5"), ("vmpl", None)],
    "tdx/quote-v4-a.dat": [("vendor", "intel-tdx"), ("debug", "true"), ("mrtd", None)],
    "tdx/quote-v5-a.dat": [("quoteVersion", "5"), ("debug", "false")],
    "gcp/cs-pki-tdx-prod-2025-09-05.jwt": [("vendor", "gcp-confidential-space"), ("hwmodel", "GCP_INTEL_TDX")],
    "azure/maa-sevsnpvm-eus-2026-10-09.jwt": [("vendor", "azure-confidential-vm")],
    "azure/maa-azurevm-guest-weu-2023-03-30.jwt": [("vendor", "azure-confidential-vm")],
    "azure/hcl-report-snp.bin": [("vendor", "azure-confidential-vm")],
    "azure/vtpm-snp-evidence-a.json": [("vendor", "azure-confidential-vm"), ("hardware", "AMD SEV-SNP")],
    "azure/vtpm-snp-evidence-b.json": [("vendor", "azure-confidential-vm"), ("hardware", "AMD SEV-SNP")],
    "azure/vtpm-snp-evidence-genoa.json": [("vendor", "azure-confidential-vm"), ("hardware", "AMD SEV-SNP")],
}

failures = []


def run(*args, stdin=b""):
    done = subprocess.run([PROGRAM, *args], input=stdin, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def public(path):
    try:
        with open(os.path.join(VECTORS, path), "rb") as f:
            return f.read()
    except FileNotFoundError:
        return None


def certificate(path, number):
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", public(path), re.S)
    return base64.b64encode(base64.b64decode(b"".join(blocks[number].split()))).decode()


def assembled(what):
    text = re.sub(r"b64:([^\"#]+)", lambda m: base64.b64encode(public(m[1])).decode(), json.dumps(what))
    return re.sub(r"pem:([^\"#]+)#(\d+)", lambda m: certificate(m[1], int(m[2])), text).encode()


def evidence_of(case):
    """The bytes of a case; None if a public file that it needs is not here."""
    for file in case.get("files", []) + ([case["file"]] if "file" in case else []):
        data = public(file["path"])
        if data is None:
            return None
        assert hashlib.sha256(data).hexdigest() == file["sha256"], file["path"]
    if "file" in case:
        data = bytearray(public(case["file"]["path"]))
    else:
        data = bytearray(base64.b64decode(case["documentB64"]) if "documentB64" in case else assembled(case["assemble"]))
    change = case.get("mutate", {"how": None})
    at = change.get("offset", 0) % len(data)
    if change["how"] == "xor":
        data[at] ^= change["with"]
    elif change["how"] == "cut":
        del data[at:]
    elif change["how"] == "append":
        data.append(change["with"])
    return bytes(data)


def has_end_of_file(case, data):
    """Text with white space behind it, which the command drops: it is of the file."""
    return case.get("mutate", {}).get("how") == "append" and data[-1:].isspace() and data.isascii()


def run_case(folder, case):
    data = evidence_of(case)
    if data is None or case["clock"]["mode"] != "live" or has_end_of_file(case, data):
        return False
    paths = {}
    for name, content in (("policy", json.dumps(case["policy"]).encode()), ("evidence", data)):
        paths[name] = os.path.join(folder, name)
        with open(paths[name], "wb") as f:
            f.write(content)
    args = ["attest", "verify", "--json", "--policy", paths["policy"], "--evidence", paths["evidence"], "--at",
            str(case["clock"]["now"])]
    if "certificates" in case:
        paths["certificates"] = os.path.join(folder, "certificates")
        with open(paths["certificates"], "w", encoding="ascii") as f:
            for der in json.loads(assembled(case["certificates"])):
                f.write(f"-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
        args += ["--certificates", paths["certificates"]]
    if "nonce" in case:
        args += ["--nonce", case["nonce"]]
    for option, member in (("--binding", "binding"), ("--evidence-public-key", "publicKey")):
        if member in case:
            args += [option, base64.b64decode(case[member]).hex()]
    if case.get("allowMock"):
        args.append("--allow-mock")
    code, out, err = run(*args)
    verdict = json.loads(out) if out else {}
    if code != (0 if case["verdict"] else 2) or verdict.get("ok") != case["verdict"] or \
            verdict.get("reason") != case["reason"]:
        failures.append(f"{case['name']}: {code} {out} {err}")
    result = json.loads(run(*[a if a != "--json" else "--ear" for a in args])[1])
    part = result["submods"][case["policy"]["vendor"]]
    worst = max(part["ear.trustworthiness-vector"].values())
    if (part["ear.status"] == "affirming") != case["verdict"] or part["countersign.reason"] != case["reason"]:
        failures.append(f"{case['name']}: {part}")
    if (worst < 32) != case["verdict"] or 32 <= worst < 96:
        failures.append(f"{case['name']}: the status is not that of the worst of the vector: {part}")
    return True


def inspect(name, lines):
    path = os.path.join(VECTORS, "attestation", name)
    code, out, err = run("attest", "inspect", path)
    said = [line.split(None, 1) for line in out.splitlines()]
    for member, value in lines:
        if not any(s[0] == member and (value is None or s[1:] == [value]) for s in said):
            failures.append(f"inspect {name}: no line {member} {value or ''}:\n{out}{err}")
    if code != 0 or "NOTHING HAS BEEN VERIFIED" not in err:
        failures.append(f"inspect {name}: {code} {err}")
    code, out, _ = run("attest", "inspect", "--json", path)
    if code != 0 or json.loads(out)["vendor"] != dict(lines).get("vendor", json.loads(out)["vendor"]):
        failures.append(f"inspect --json {name}: {code}")
    again = run("attest", "inspect", "--json", "-", stdin=base64.encodebytes(public("attestation/" + name)))[1]
    if again != out:
        failures.append(f"inspect {name} as base64: {again}")
    code, _, err = run("attest", "inspect", "-", stdin=public("attestation/" + name)[:-1000])
    if code != 2 or "ATT_EVIDENCE_FORMAT" not in err:
        failures.append(f"inspect {name} without its end: {code} {err}")


def end_of_file(folder):
    """White space behind text is dropped; before it, inside it and behind other bytes it is not."""
    with open(CASES, encoding="utf-8") as f:
        cases = {c["name"]: c for c in json.load(f)["evidence"]}
    token, document = cases["gcp: production image, PKI"], cases["nitro: prod-2024-02-26"]
    path = [os.path.join(folder, n) for n in ("policy", "evidence")]
    rows = [(token, b"", b"", 0), (token, b"", b"\n", 0), (token, b"", b"\r\n \t\n", 0), (token, b"\n", b"", 2),
            (token, b"", b"\n.", 2), (token, b"", b"\0", 2), (token, b"", b"\v", 2), (document, b"", b"", 0),
            (document, b"", b"\n", 2)]
    for case, before, behind, want in rows:
        with open(path[0], "w", encoding="utf-8") as f:
            json.dump(case["policy"], f)
        with open(path[1], "wb") as f:
            f.write(before + evidence_of(case) + behind)
        code, out, err = run("attest", "verify", "--policy", path[0], "--evidence", path[1], "--at",
                             str(case["clock"]["now"]))
        if code != want or (want == 2 and "ATT_EVIDENCE_FORMAT" not in err):
            failures.append(f"{case['name']} with {behind!r} behind: {code}, expected {want}: {out}{err}")


def separate_certificates(folder):
    """A report of SEV-SNP with its certificates beside it, as the tools of its guests leave them."""
    files = [os.path.join(VECTORS, "attestation/snp", n) for n in
             ("milan-v2-report.bin", "milan-v2-vcek.der", "milan-ask-ark-asvk.pem", "genoa-v3-vcek.pem")]
    measurement = public("attestation/snp/milan-v2-report.bin")[0x90:0xc0].hex()
    policy = os.path.join(folder, "policy")
    with open(policy, "w", encoding="utf-8") as f:
        json.dump({"name": "snp", "vendor": "amd-sev-snp", "matchRules": {"measurements": [measurement]}}, f)
    report, vcek, others, foreign = files
    pems = re.findall(r"-----BEGIN.*?END CERTIFICATE-----\n", open(others, encoding="ascii").read(), re.S)
    chain = os.path.join(folder, "chain.pem")
    with open(chain, "w", encoding="ascii") as f:
        f.write("".join(pems[:2]))
    common = ["attest", "verify", "--policy", policy, "--evidence", report, "--at", "2026-01-01T00:00:00Z"]
    rows = [(0, [vcek, chain], "verified"), (2, [foreign, chain], ""), (2, [chain], ""), (2, [], "ATT_EVIDENCE_FORMAT"),
            (2, [report], "ATT_EVIDENCE_FORMAT"), (1, [folder + "/absent"], "IO")]
    for want, given, said in rows:
        args = [x for path in given for x in ("--certificates", path)]
        code, out, err = run(*common, *args)
        if code != want or said not in out + err:
            failures.append(f"certificates {given}: {code}, expected {want}: {out}{err}")


def main():
    with open(CASES, encoding="utf-8") as f:
        cases = json.load(f)["evidence"]
    with tempfile.TemporaryDirectory() as folder:
        ran = sum(run_case(folder, c) for c in cases)
        if public("SOURCES.md") is None:
            print("cli_evidence: the public vectors are not here")
            return 1 if failures else SKIP
        for name, lines in SHOWN.items():
            inspect(name, lines)
        separate_certificates(folder)
        end_of_file(folder)
    for failure in failures:
        print("cli_evidence:", failure, file=sys.stderr)
    print(f"cli_evidence: {ran} of {len(cases)} cases, {len(SHOWN)} documents shown")
    return 1 if failures or ran < 50 else 0


if __name__ == "__main__":
    sys.exit(main())
