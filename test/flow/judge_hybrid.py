#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hybrid Attest with the libraries that people use: ethers signs the one half, @noble/post-quantum the other."""

import os

from flow import Service, run
from flow_node import SOURCE, Node
from flow_pair import Door

TYPED_DATA = os.path.join(SOURCE, "..", "shared", "vectors", "ethereum", "typed-data.json")


def test():
    with Node("hybrid.mjs") as node, Service() as s:
        print(node.run("hybrid.mjs", s.url, s.api_key, TYPED_DATA).decode().strip())
        kinds = [e["eventType"] for e in s.entries()]
        assert kinds.count("hybrid_attestation.created") == len(Door(s).data("GET", "/v1/attestations?limit=200"))
        s.alive()


if __name__ == "__main__":
    run(test)
