#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The npm package of sdk/js: it builds, its tests pass, it holds what it should and is as small as it says; its
reference can be made."""

import filecmp
import json
import os
import re

from flow import run
from flow_sdk import PACKAGE, SOURCE, Sdk

CONTENT = re.compile(r"package\.json|README\.md|LICENSE|dist/[\w/.-]+\.(?:js|d\.ts)")


def tests_pass(sdk):
    said = sdk.run("npm", "test", "--silent")
    counts = dict(re.findall(r"^# (pass|fail|skipped|tests) (\d+)$", said, re.M))
    assert int(counts["pass"]) > 0 and counts["fail"] == "0", counts
    print(", ".join(f"{n} {what}" for what, n in counts.items()))


def builds_and_is_small(sdk):
    sdk.run("npm", "run", "build", "--silent")
    print(sdk.run("npm", "run", "size", "--silent").strip())


def holds_what_it_should(sdk):
    (packed,) = json.loads(sdk.run("npm", "pack", "--dry-run", "--json", "--ignore-scripts"))
    paths = [f["path"] for f in packed["files"]]
    strangers = [p for p in paths if not CONTENT.fullmatch(p)]
    assert not strangers, strangers
    for wanted in ("LICENSE", "README.md", "dist/index.js", "dist/index.d.ts", "dist/verify.js", "dist/verify.d.ts", "dist/development.js"):
        assert wanted in paths, wanted
    assert filecmp.cmp(os.path.join(PACKAGE, "LICENSE"), os.path.join(SOURCE, "LICENSE"), shallow=False)
    print(f"{packed['filename']}: {len(paths)} files, {packed['size']} bytes")


def has_a_reference(sdk):
    sdk.run("npm", "run", "docs", "--silent")
    for page in ("classes/index.Countersign.html", "functions/index.verifyAttestationDoc.html", "functions/index.verifyBundle.html",
                 "functions/index.verifyBirth.html", "functions/index.verifyLedgerTiles.html"):
        assert os.path.exists(os.path.join(sdk.folder, "docs", page)), page


def main():
    with Sdk() as sdk:
        builds_and_is_small(sdk)
        tests_pass(sdk)
        holds_what_it_should(sdk)
        has_a_reference(sdk)


run(main)
