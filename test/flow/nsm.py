#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An enclave with a Nitro Security Module, played by a module of software behind the device's own ioctl: it asks the
module behind the seccomp filter, per operation and per session, and does not start on one that proves nothing."""

import base64
import hashlib
import json
import os
import struct
import sys
import time

from cli_dev import expect, write
from enclave import ENCLAVE, Machine, b64, claims, generate, sign

HOUR = 3600
SHIFT = os.path.join(os.path.dirname(os.environ["CS_BIN"]), "lib", "libshift_clock.so")
LIBRARY = os.path.join(os.path.dirname(os.environ["CS_BIN"]), "lib", "libfake_nsm.so")


def environment(m, fault=None):
    env = {"LD_PRELOAD": LIBRARY, "FAKE_NSM": "/dev/nsm", "FAKE_NSM_STATE": m.path("module"),
           "COUNTERSIGN_KEK": b64(m.kek)}
    return dict(env, FAKE_NSM_FAULT=fault) if fault else env


def policy_of(m, evidence):
    with open(m.path("module/software-nsm-root.pem")) as f:
        root = f.read()
    return {"name": "nitro", "vendor": "aws-nitro-enclave", "evidence": evidence, "requireDated": False,
            "matchRules": {"pcrs": {"0": ["ab" * 48], "1": ["bc" * 48], "2": ["cd" * 48]}, "rootCertificatePem": root}}


def check_evidence(m, evidence):
    m.start_enclave("--attestation", "nsm", "--evidence", evidence, env=environment(m))
    c = m.connect("e")
    boot = c.ask(type="Boot", nonce=b64(b"12345678"))
    assert (boot["vendor"], boot["evidence"], boot["imageHash"]) == ("aws-nitro-enclave", evidence, "sha384:" + "ab" * 48)
    # What it tells of itself names no root: that is Amazon's, which this module's is not.
    assert json.loads(boot["matchRules"]) == {"pcrs": {"0": ["ab" * 48], "1": ["bc" * 48], "2": ["cd" * 48]}}
    key = generate(c)
    done = sign(c, key["sealed"])
    assert claims(done["document"])["imageHash"] == boot["imageHash"]
    policy = policy_of(m, evidence)
    document = write(m.path("doc"), done["document"])
    arguments = ["--doc", document, "--signature", write(m.path("signature"), base64.b64decode(done["signature"])), "--payload", write(m.path("payload"), b"payload")]
    verify = lambda p, code, said: expect(code, said, "attest", "verify", "--allow-mock", "--policy",
                                          write(m.path("policy.json"), json.dumps(p)), *arguments)
    verify(policy, 0, "")
    verify(dict(policy, matchRules={"pcrs": policy["matchRules"]["pcrs"]}), 2, "ATT_ROOT_MISMATCH")
    assert "root nsm" in "".join(m.enclave.log) and "NOT HARDWARE" not in "".join(m.enclave.log)
    c.close()
    m.enclave.terminate()
    assert m.enclave.wait(60) == 0, "".join(m.enclave.log)  # a filter that ended it would say so


def check_years(m):
    """Certificates are made anew behind the filter, before they are too old."""
    clock = write(m.path("clock"), bytes(8))
    env = dict(environment(m), SHIFT_CLOCK=clock)
    del env["FAKE_NSM"]
    env["LD_PRELOAD"] = SHIFT
    m.start_enclave("--attestation", "softnsm", env=env)
    with open(m.path("state/software-nsm-root.pem")) as f:
        rules = {"pcrs": {"0": [image_of(ENCLAVE)]}, "rootCertificatePem": f.read()}
    policy = write(m.path("policy.json"), json.dumps({"name": "years", "vendor": "aws-nitro-enclave", "matchRules": rules}))
    c = m.connect("e")
    key = generate(c)
    leaves = set()
    for ahead in (0, 3 * HOUR - 300, 23 * HOUR, 30 * 24 * HOUR, 365 * 24 * HOUR):
        with open(clock, "r+b") as f:
            f.write(struct.pack("<q", ahead))
        done = sign(c, key["sealed"])
        assert done["type"] == "Sign", done
        arguments = ["--doc", write(m.path("doc"), done["document"]), "--signature", write(m.path("signature"), base64.b64decode(done["signature"])), "--payload",
                     write(m.path("payload"), b"payload"), "--allow-mock", "--policy", policy]
        expect(0, "", "attest", "verify", *arguments, "--at", str(int(time.time()) + ahead + 1))
        proof = base64.urlsafe_b64decode(done["document"].split(".")[2] + "==")
        at = proof.index(b"kcertificate") + len(b"kcertificate")
        leaves.add(proof[at:at + 600])
    assert len(leaves) == 5
    c.close()
    m.enclave.terminate()
    assert m.enclave.wait(60) == 0, "".join(m.enclave.log)


def image_of(path):
    with open(path, "rb") as f:
        return hashlib.sha384(f.read()).hexdigest()


def check_bad_modules(m):
    for fault, said in (("zero", "debug mode"), ("unlocked", "not locked"), ("absent", "Input/output error"),
                        ("error", "InvalidOperation")):
        args = [ENCLAVE, "serve", "--listen", "unix:" + m.path("x"), "--state", m.path("state"), "--attestation", "nsm"]
        p = m.spawn(args, environment(m, fault))
        log = p.communicate(timeout=60)[1].decode()
        assert p.returncode == 1 and said in log, (fault, log)
    code, log = m.refused_start("--state", m.path("state"), "--kek-file", m.kek_file, "--attestation", "nsm",
                                "--attestation-device", m.path("nothing"))
    assert code == 1 and "No such file" in log, log


def main():
    if not os.path.exists(LIBRARY):
        print("skipped: the module is not built with sanitizers")
        return 77
    m = Machine()
    try:
        for evidence in ("operation", "session"):
            print(evidence)
            check_evidence(m, evidence)
        print("years")
        check_years(m)
        print("bad modules")
        check_bad_modules(m)
    finally:
        m.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
