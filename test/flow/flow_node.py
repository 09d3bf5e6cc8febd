# SPDX-License-Identifier: Apache-2.0
"""A program of test/judge, beside the packages from npm that it needs."""

import os
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ.get("CS_SOURCE") or os.getcwd()
JUDGE = os.path.join(SOURCE, "test", "judge")
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}


class Node:
    """Ends the script as skipped where there are no packages, or with an error where CS_REQUIRE_JUDGES=1 wants them."""

    def __init__(self, *programs, judge=JUDGE):
        made = subprocess.run(["bash", "-c", '. "$CS_SOURCE/test/judge/packages.sh"; install_packages; echo "$packages"'],
                              stdout=subprocess.PIPE, env={**os.environ, "CS_SOURCE": SOURCE, "CS_JUDGE": judge}, check=False)
        if made.returncode != 0:
            sys.exit(made.returncode)
        self.folder = tempfile.mkdtemp(prefix="cs-node-")
        for program in programs:
            shutil.copy(os.path.join(judge, program), self.folder)
        os.symlink(os.path.join(made.stdout.decode().strip(), "node_modules"), os.path.join(self.folder, "node_modules"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        shutil.rmtree(self.folder)

    def run(self, *argv, given=b"", env=None):
        done = subprocess.run(["node", *argv], cwd=self.folder, env={**os.environ, **QUIET, **(env or {})}, input=given,
                              capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode()[-4000:] + done.stderr.decode()[-8000:]
        return done.stdout
