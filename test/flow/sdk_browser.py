#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The npm package in headless Chromium: the verifier, and the client through a page's own origin."""

import os
import shutil
import tempfile

from cli_dev import Dev
from flow import run
from flow_sdk import PACKAGE, Consumer, Sdk, environment, missing, read


def main():
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("there is no Chromium")
    with tempfile.TemporaryDirectory() as folder, Sdk() as sdk, Consumer(sdk) as consumer:
        for name in ("page.mjs", "run.mjs"):
            consumer.write(name, read(PACKAGE, "test", "browser", name))
        d = Dev(os.path.join(folder, "state"), log=os.path.join(folder, "dev.log"))
        try:
            print(consumer.run("node", "run.mjs", CHROMIUM=chromium, **environment(d.facts)).strip())
        except BaseException:
            print(d.said()[-4000:])
            raise
        finally:
            code = d.stop()
        assert code == 0, code


run(main)
