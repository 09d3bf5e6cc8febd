#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hybrid Attest with the libraries that people use: ethers signs the one half, @noble/post-quantum the other. What comes out is
judged offline by a second verifier, and every changed copy by both."""

import json
import os

from flow import Service, program, run
from flow_node import SOURCE, Node
from flow_pair import Door, Pq, Signer

TYPED_DATA = os.path.join(SOURCE, "..", "shared", "vectors", "ethereum", "typed-data.json")


def offline(node, s):
    door, signer, pq, policy = Door(s), Signer(), Pq("44"), s.policy()
    s.key("countersigning", purpose="hybrid", attestationPolicyId=policy)
    door.register(pq)
    made = door.attest(signer, pq, b"Hello World", form="der", metadata={"label": "Treasury transfer approval"})
    assert s.client.post("/v1/ledger/seal", {}).status == 200
    files = {"attestation": door.call("GET", "/v1/attestations/" + made["id"]).raw,
             "bundle": door.call("GET", f"/v1/attestations/{made['id']}/bundle").raw,
             "policy": json.dumps(s.client.get("/v1/attestation-policies/" + policy).data).encode()}
    for name, content in files.items():
        with open(s.path(name), "wb") as f:
            f.write(content)
    print(node.run("hybrid_proof.mjs", program("countersign"), *map(s.path, files)).decode().strip())


def test():
    with Node("hybrid.mjs", "hybrid_proof.mjs", "attestation.mjs", "composite.mjs", "strict-json.mjs") as node, Service() as s:
        print(node.run("hybrid.mjs", s.url, s.api_key, TYPED_DATA).decode().strip())
        kinds = [e["eventType"] for e in s.entries()]
        assert kinds.count("hybrid_attestation.created") == len(Door(s).data("GET", "/v1/attestations?limit=200"))
        offline(node, s)
        s.alive()


if __name__ == "__main__":
    run(test)
