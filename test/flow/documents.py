#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What documents name is there: files, links, make targets, commands and options of the programs, codes of errors, ledger events."""

import os
import pathlib
import re
import subprocess

from flow import program, run

SOURCE = pathlib.Path(os.environ["CS_SOURCE"])
DOCUMENTS = sorted([*SOURCE.glob("*.md"), *SOURCE.glob("protocol/*.md"), *SOURCE.glob("packaging/*/*.md")])
FOLDERS = ("", "src", "include", "protocol", "test")
ENVIRONMENTS = ("AWS_", "AZURE_", "COUNTERSIGN_", "CS_", "GCE_", "GOOGLE_", "IDENTITY_")  # variables begin so
PROGRAMS = ("countersign", "countersign-gateway", "countersign-agent", "countersign-enclave", "countersign-devkms", "pq-attest")


def told(name, *argv):
    done = subprocess.run([program(name), *argv, "--help"], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert done.returncode == 0, (name, argv, done.stderr)
    return done.stdout.decode()


def commands_and_options():
    """Of all programs: {"countersign ledger verify", …}, {"--witness", …}; and the options of the measurements and of the
    image's builder."""
    commands, options = set(), {"--help", "--version", *re.findall(r"^  (--[a-z0-9-]+)", told("countersign-bench"), re.M)}
    for name in PROGRAMS:
        listed = re.search(r"^Commands:\n(.*?)\n\n", told(name), re.S | re.M)[1]
        for command in re.findall(r"^  (\S+(?: \S+)?)  ", listed, re.M):
            commands.add(f"{name} {command}")
            options.update(re.findall(r"^  (--[a-z0-9-]+)", told(name, *command.split()), re.M))
    builder = subprocess.run([SOURCE / "packaging/nitro/build-image", "--help"], capture_output=True, check=True)
    options.update(re.findall(r"^  (--[a-z-]+)", builder.stdout.decode(), re.M))
    assert len(commands) > 50 and len(options) > 60, "--help is not read"
    return commands, options


def links(document, text):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", text):
        assert (document.parent / target).exists(), f"{document.name}: no {target}"


def files(document, code):
    """`gateway/flow.c` is below src, `flow.c` somewhere below it."""
    for name in re.findall(r"(?<![\w./-])((?:[\w-]+/)*[\w-]+\.(?:c|h|py|sh|md|mjs|json|yaml))(?![\w/])", code):
        if name.endswith(".json") and not name.startswith("test/"):
            continue  # what a command of the document makes
        if "/" in name:
            found = any((SOURCE / folder / name).exists() for folder in FOLDERS)
        else:
            found = any(True for folder in FOLDERS[1:] for _ in (SOURCE / folder).rglob(name)) or (SOURCE / name).exists()
        assert found, f"{document.name}: no {name}"


def words(document, code, commands, options):
    """A command is two or three words; an option may be told of without its command."""
    for name, rest in re.findall(r"^ *(countersign(?:-\w+)?|pq-attest) ([a-z][a-z -]*)", code, re.M):
        said = rest.split()
        known = {f"{name} {said[0]}", f"{name} {' '.join(said[:2])}"} & commands
        assert known, f"{document.name}: no command {name} {rest}"
    for option in re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*)", code):
        assert option in options, f"{document.name}: no option {option}"


def codes(document, code, table):
    for name in re.findall(r"^[A-Z]+(?:_[A-Z0-9]+)+$", code):
        assert name.startswith(ENVIRONMENTS) or name in table, f"{document.name}: no code {name}"


def targets(document, code, makefile):
    for target in re.findall(r"^make ([a-z]+)", code, re.M):
        assert re.search(rf"^{target}:", makefile, re.M), f"{document.name}: no target {target}"


def events():
    """The ledger's page names those that the gateway records, and no others."""
    page = (SOURCE / "protocol/ledger.md").read_text()
    table = re.search(r"\| of \| `eventType` \|\n(.*?)\n\n", page, re.S)[1]
    sources = "".join(path.read_text() for path in (SOURCE / "src/gateway").glob("*.[ch]"))
    recorded = set(re.findall(r'"((?:key|signature|attestation|attestation_policy|policy|apikey|vault|custom|enclave'
                              r'|hybrid_attestation|pq_signer)\.[a-z_]+)"', sources))
    assert set(re.findall(r"`(\w+\.\w+)`", table)) == recorded, recorded


def test():
    events()
    commands, options = commands_and_options()
    makefile = (SOURCE / "Makefile").read_text()
    table = re.findall(r"CS_ERR\((\w+),", (SOURCE / "src/core/err_table.h").read_text())
    assert len(DOCUMENTS) >= 12, DOCUMENTS
    for document in DOCUMENTS:
        text = document.read_text()
        links(document, text)
        blocks = re.findall(r"^```\w*\n(.*?)^```|^((?:    .*\n)+)", text, re.S | re.M)
        spans = re.findall(r"`([^`\n]+(?:\n[^`\n]+)?)`", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))
        for code in [a or b for a, b in blocks] + [" ".join(span.split()) for span in spans]:
            files(document, code)
            words(document, code, commands, options)
            codes(document, code, table)
            targets(document, code, makefile)


if __name__ == "__main__":
    run(test)
