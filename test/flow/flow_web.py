# SPDX-License-Identifier: Apache-2.0
"""The dashboard of web/ with its packages, in a folder of its own."""

import json
import os
import shutil
import subprocess
import tempfile

from cli_dev import Dev
from flow_sdk import MADE, SOURCE, missing, packages

WEB = os.path.join(SOURCE, "web")


class Web:
    """A copy of web/ and of the sources that it is built from, packages beside it; gone at the end."""

    def __init__(self):
        installed = packages(WEB, "web")
        self.root = tempfile.mkdtemp(prefix="cs-web-")
        self.folder = os.path.join(self.root, "web")
        shutil.copytree(WEB, self.folder, ignore=lambda at, names: [n for n in names if n in MADE])
        os.makedirs(os.path.join(self.root, "sdk", "js"))
        shutil.copytree(os.path.join(SOURCE, "sdk", "js", "src"), os.path.join(self.root, "sdk", "js", "src"))
        shutil.copy(os.path.join(SOURCE, "sdk", "js", "package.json"), os.path.join(self.root, "sdk", "js"))
        os.symlink(os.path.join(installed, "node_modules"), os.path.join(self.folder, "node_modules"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        shutil.rmtree(self.root)

    def run(self, *argv, timeout=300, **env):
        """Standard output; an error with the end of what was said unless it exits with 0."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("COUNTERSIGN_") and k != "NODE_ENV"}
        done = subprocess.run(argv, cwd=self.folder, env={**clean, "CS_SOURCE": SOURCE, **env}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False, timeout=timeout)
        assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout[-6000:]}{done.stderr[-4000:]}"
        return done.stdout


def browse(script, *options, **env):
    """Runs a script of web/test in headless Chromium, on a `countersign dev` of its own, with these options."""
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("there is no Chromium")
    with Web() as web:
        d = Dev(os.path.join(web.root, "state"), *options, log=os.path.join(web.root, "dev.log"))
        try:
            print(web.run("node", os.path.join("test", script), timeout=900, CHROMIUM=chromium, FACTS=json.dumps(d.facts), **env).strip())
        except BaseException:
            print(d.said()[-4000:])
            raise
        finally:
            code = d.stop()
        assert code == 0, code
