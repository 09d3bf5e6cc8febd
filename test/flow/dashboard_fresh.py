#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""web/dist is what the sources of web/ and sdk/js make, to the byte."""

import os

from flow import run
from flow_web import WEB, Web


def files(folder):
    found = {}
    for at, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(at, name)
            with open(path, "rb") as f:
                found[os.path.relpath(path, folder)] = f.read()
    return found


def main():
    with Web() as web:
        web.run("node", "node_modules/typescript/bin/tsc", "-p", "tsconfig.json")
        web.run("node", "node_modules/vite/bin/vite.js", "build")
        made, kept = files(os.path.join(web.folder, "dist")), files(os.path.join(WEB, "dist"))
    others = sorted(name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name))
    assert not others, f"web/dist is not what the sources make; npm run build in web/: {others}"
    assert "index.html" in made and len(made) > 5, sorted(made)
    sizes = {name: len(data) for name, data in made.items()}
    assert sum(sizes.values()) < 1 << 20, sizes


run(main)
