#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The page docs/how-to/pq-signer.md once more, with the key records in DynamoDB, as dynalite plays it: the sequence diagram of
the door, from the client to the KMS and back, by one command."""

from flow import program, run
from flow_dynamo import Dynalite, call
from pq_signer_howto import run_and_check

TABLE = "countersign-pq-keys"


def test():
    program("countersign-devkms")
    with Dynalite() as dynalite:
        run_and_check({"DYNAMODB": dynalite.url})
        items = call(dynalite.url, "Scan", {"TableName": TABLE})["Items"]
        assert sorted(len(item["user_id"]["S"]) > 256 for item in items) == [False, True], items
        hot, = [item for item in items if len(item["user_id"]["S"]) <= 256]
        assert hot["user_id"]["S"] == "customer-wallet-123" and "birth_attestation" not in hot, hot.keys()


if __name__ == "__main__":
    run(test)
