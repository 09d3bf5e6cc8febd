#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""AWS's own SDK for JavaScript drives the development KMS with every call, so that it is no mirror of our client."""

import json
import os
import sys
import tempfile

from flow_kms import ACCOUNT, REGION, DevKms, Enclave, openssl_verifies, unb64
from flow_node import JUDGE, Node

PCR0 = "11" * 48
CALLERS = """[default]
aws_access_key_id = AKIAFIRST
aws_secret_access_key = first-secret
[other]
aws_access_key_id = ASIASECOND
aws_secret_access_key = second-secret
aws_session_token = second-token
"""


def main():
    with Node("aws.mjs", judge=os.path.join(JUDGE, "clouds")) as node, tempfile.TemporaryDirectory() as folder:
        enclave = Enclave(os.path.join(folder, "enclave"))
        with DevKms("--nsm-root", enclave.root, "--pcr0", PCR0, folder=folder, credentials=CALLERS) as k:
            given = {"endpoint": k.url, "region": REGION, "pcr0": PCR0, "root": f"arn:aws:iam::{ACCOUNT}:root",
                     "credentials": {"accessKeyId": "AKIAFIRST", "secretAccessKey": "first-secret"},
                     "other": {"accessKeyId": "ASIASECOND", "secretAccessKey": "second-secret", "sessionToken": "second-token"},
                     "documents": {w or "good": enclave.document(w) for w in ("", "old", "other-pcr0", "debug", "no-key")}}
            told = json.loads(node.run("aws.mjs", given=json.dumps(given).encode()))
        assert len(told["envelopes"]) == 4 and len(told["signatures"]) == 8
        for e in told["envelopes"]:
            assert enclave.open({"CiphertextForRecipient": e["envelope"]}) == unb64(e["plaintext"])
        for s in told["signatures"]:
            message = unb64(s["message"])
            assert openssl_verifies(unb64(s["spki"]), unb64(s["signature"]), message), s["what"]
            assert not openssl_verifies(unb64(s["spki"]), unb64(s["signature"]), message + b"x"), s["what"]
        enclave.close()


if __name__ == "__main__":
    sys.exit(main())
