#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The packed npm package, installed as users install it, against `countersign dev`: the published programs with other
names of imports, the quick start of its README, every part of the client, and the example that takes uploads."""

import json
import os
import re
import tempfile

from cli_dev import Dev
from flow import run
from flow_sdk import PACKAGE, SOURCE, Consumer, Sdk, environment, read

SHARED = os.path.join(SOURCE, "..", "shared", "requirements")


# -- the published programs ------------------------------------------------------------------------------------------


def program_of(page, last):
    """A published program to the first line that begins with what matches `last`, its imports renamed and nothing else."""
    lines = read(SHARED, page).splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("import { PostQ"))
    end = next(i for i in range(begin, len(lines)) if re.match(last, lines[i]))
    program = "\n".join([*lines[begin:end], re.match(last, lines[end])[0], ""])
    return program.replace("import { PostQ", "import { Countersign as PostQ").replace("@postq/sdk", "@countersign/sdk/development")


def attested_signing(consumer, facts):
    program = program_of("1-attested-signing.txt", r"\}$")
    assert "attestation rejected" in program
    env = {"COUNTERSIGN_SERVER": facts["url"], "POSTQ_API_KEY": facts["apiKey"], "ENCLAVE_IMAGE_HASH": facts["imageHash"],
           "ENCLAVE_ROOT_PUBKEY_B64": facts["rootPublicKeyB64"]}
    # What the page leaves to its reader: the artifact, and a word at the end.
    program = ('import { readFileSync } from "node:fs";\nconst artifact = readFileSync("artifact.tar");\n' + program
               + "console.log(verdict.reason);\n")
    assert consumer.run_typescript("attested.ts", program, **env) == "OK\n"
    # It refuses what it is there to refuse: another artifact, and what no development root may vouch for.
    again = program.replace('  name: "release-signing",', '  name: "release-signing-2",')
    swapped = again.replace("  payload: artifact,\n  signatureB64", '  payload: "another",\n  signatureB64')
    assert swapped.count("another") == 1
    consumer.run_typescript("swapped.ts", swapped, refused="attestation rejected: ATT_PAYLOAD_MISMATCH", **env)
    strict = program.replace('  name: "release-signing",', '  name: "release-signing-3",').replace("/development", "")
    consumer.run_typescript("strict.ts", strict, refused="attestation rejected: ATT_MOCK_REFUSED", **env)


def hybrid_vault(consumer, facts):
    env = {"COUNTERSIGN_SERVER": facts["url"], "POSTQ_API_KEY": facts["apiKey"]}
    key = json.loads(consumer.run("node", consumer.write("key.mjs", (
        'import { Countersign } from "@countersign/sdk";\n'
        "const key = await new Countersign({ apiKey: process.env.POSTQ_API_KEY }).hybridKeys.create({ name: 'vault' });\n"
        "console.log(JSON.stringify(key));\n")), **env))
    program = program_of("2-vault.txt", r"\}\);(?=And)").replace("key_01h...", key["id"])
    program += "console.log(JSON.stringify(ok));\n"
    verdict = json.loads(consumer.run_typescript("vault.ts", program, **env))
    assert verdict["ok"] and verdict["classicalOk"] and verdict["pqOk"], verdict


def published(consumer, facts):
    if not os.path.isdir(SHARED):
        print("the published pages are not here; their programs are skipped")
        return
    attested_signing(consumer, facts)
    hybrid_vault(consumer, facts)


# -- everything else -------------------------------------------------------------------------------------------------


def parts(consumer, facts):
    for name, *others in (("tour.mjs",), ("uploads_refused.mjs", "uploads.mjs")):
        for each in (name, *others):
            folder = "examples" if each in others else "test/live"
            consumer.write(each, read(PACKAGE, folder, each))
        assert consumer.run("node", name, **environment(facts)) == "ok\n", name


def quick_start(consumer, facts):
    blocks = re.findall(r"^```js\n(.*?)^```$", read(PACKAGE, "README.md"), re.S | re.M)
    assert len(blocks) >= 2, "the quick start is gone"
    for i, block in enumerate(blocks):
        consumer.run("node", consumer.write(f"readme{i}.mjs", block), **environment(facts))


def main():
    with tempfile.TemporaryDirectory() as folder, Sdk() as sdk, Consumer(sdk) as consumer:
        with open(os.path.join(consumer.folder, "artifact.tar"), "wb") as f:
            f.write(os.urandom(4096))
        d = Dev(os.path.join(folder, "state"), log=os.path.join(folder, "dev.log"))
        try:
            parts(consumer, d.facts)
            published(consumer, d.facts)
            quick_start(consumer, d.facts)
        except BaseException:
            print(d.said()[-4000:])
            raise
        finally:
            code = d.stop()
        assert code == 0, code


run(main)
