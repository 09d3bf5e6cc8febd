#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is installed is complete: the example of the documents builds with it by pkg-config, judges a genuine document."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

from flow import is_sanitized

BUILD = os.path.dirname(os.environ["CS_BIN"])
SOURCE = os.environ["CS_SOURCE"]
EXAMPLE = os.path.join(SOURCE, "docs/example/verify_nitro.c")
DOCUMENT = os.path.join(SOURCE, "../shared/vectors/attestation/nitro/prod-pcr16-2025-04-29.cbor")
IMAGE = "2984ab215649c40ffe8f8b80cfadee47f1b06760f7d9257981f64b2758c347fafa6c733591b25e75ae7e9d1cb86ad5df"
MADE = 1745922759
SKIP = 77


def install(prefix, **env):
    subprocess.run([os.path.join(SOURCE, "tools/install"), BUILD, prefix], env=dict(os.environ, **env), check=True,
                   stdout=subprocess.DEVNULL)


def packaged(folder):
    """An installation for somewhere else knows where it will be."""
    stage = os.path.join(folder, "stage")
    install(stage + "/usr", DESTDIR=stage)
    with open(stage + "/usr/lib/pkgconfig/countersign.pc", encoding="ascii") as f:
        text = f.read()
    assert "prefix=/usr\n" in text and stage not in text and BUILD not in text, text
    for name in ("countersign", "countersign-gateway", "countersign-agent", "countersign-enclave", "pq-attest"):
        assert os.access(f"{stage}/usr/bin/{name}", os.X_OK), name
    told = subprocess.run([stage + "/usr/bin/countersign", "--version"], capture_output=True, check=True, text=True).stdout
    assert told.startswith("countersign "), told


def build(folder):
    """The example as a stranger builds it; the one of this build where a stranger could not: with sanitizers."""
    if is_sanitized():
        return os.path.join(BUILD, "bin/verify_nitro")
    prefix = subprocess.run([os.path.join(SOURCE, "tools/deps"), "--prefix"], capture_output=True, check=True, text=True)
    prefix = prefix.stdout.strip()
    installed = os.path.join(folder, "installed")
    install(installed)
    places = [installed + "/lib/pkgconfig"] + ([prefix + "/lib/pkgconfig"] if prefix else [])
    env = dict(os.environ, PKG_CONFIG_PATH=":".join(places))
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "countersign"], env=env, capture_output=True, check=True,
                           text=True).stdout.split()
    assert "-I" + installed + "/include" in flags and not [f for f in flags if SOURCE in f or BUILD in f], flags
    program = os.path.join(folder, "verify_nitro")
    subprocess.run(["cc", "-Wall", "-Wextra", "-Werror", EXAMPLE, "-o", program, *flags] +
                   ([f"-Wl,-rpath,{prefix}/lib"] if prefix else []), check=True)
    return program


def main():
    if shutil.which("pkg-config") is None:
        print("library: no pkg-config")
        return SKIP
    with tempfile.TemporaryDirectory() as folder:
        program = build(folder)
        packaged(folder)
        if not os.path.exists(DOCUMENT):
            print("library: it builds; the public vectors are not here")
            return SKIP
        paths = {}
        for name, image in (("right", IMAGE), ("wrong", IMAGE.replace("2", "3"))):
            paths[name] = os.path.join(folder, name)
            with open(paths[name], "w", encoding="ascii") as f:
                json.dump({"name": name, "vendor": "aws-nitro-enclave", "matchRules": {"pcrs": {"0": [image]}}}, f)
        broken = os.path.join(folder, "broken")
        with open(DOCUMENT, "rb") as f, open(broken, "wb") as to:
            to.write(f.read()[:-1] + b"!")
        rows = [(0, "(OK)", "right", DOCUMENT, MADE + 60),
                (2, "ATT_IMAGE_NOT_ALLOWED", "wrong", DOCUMENT, MADE + 60),
                (2, "ATT_PROOF_INVALID", "right", broken, MADE + 60),
                (2, "ATT_EXPIRED", "right", DOCUMENT, MADE + 301),
                (2, "ATT_CERT_EXPIRED", "right", DOCUMENT, MADE + 4 * 3600),
                (1, "BAD_JSON", "right", None, MADE)]
        for code, said, policy, document, now in rows:
            args = [paths[policy], document] if document else [DOCUMENT, DOCUMENT]
            done = subprocess.run([program, *args, str(now)], capture_output=True, text=True, check=False)
            assert done.returncode == code and said in done.stdout, (code, said, done)
    print("library: the example builds and judges as the programs do")
    return 0


if __name__ == "__main__":
    sys.exit(main())
