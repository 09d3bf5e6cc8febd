# SPDX-License-Identifier: Apache-2.0
"""The npm package of sdk/js, built in a folder of its own."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile

from flow import SKIP

SOURCE = os.environ.get("CS_SOURCE") or os.getcwd()
PACKAGE = os.path.join(SOURCE, "sdk", "js")
MADE = ("node_modules", "dist", "build")


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def environment(facts):
    """What programs are told of a `countersign dev`."""
    return {"COUNTERSIGN_SERVER": facts["url"], "COUNTERSIGN_API_KEY": facts["apiKey"], "PUBLISHABLE_KEY": facts["publishableKey"],
            "IMAGE_HASH": facts["imageHash"], "ROOT_PUBLIC_KEY": facts["rootPublicKeyB64"]}


def missing(why):
    print(f"sdk: {why}", file=sys.stderr)
    sys.exit(1 if os.environ.get("CS_REQUIRE_JUDGES") == "1" else SKIP)


def packages(package=PACKAGE, name="sdk"):
    """The folder with node_modules, outside the clone and named by what is installed there; complete or absent."""
    if not (shutil.which("node") and shutil.which("npm")):
        missing("node and npm are not installed")
    base = os.environ.get("COUNTERSIGN_DEPS_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ["HOME"], ".cache"), "countersign")
    with open(os.path.join(package, "package-lock.json"), "rb") as f:
        folder = os.path.join(base, name + "-" + hashlib.sha256(f.read()).hexdigest()[:16])
    if os.path.isdir(folder):
        return folder
    os.makedirs(base, exist_ok=True)
    fresh = tempfile.mkdtemp(prefix=name + ".", dir=base)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(package, file), fresh)
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=fresh,
                          stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        shutil.rmtree(fresh)
        missing("the packages cannot be installed")
    try:
        os.rename(fresh, folder)
    except OSError:  # another run was faster
        shutil.rmtree(fresh)
    return folder


class Sdk:
    """A copy of the package with its dependencies beside it; gone at the end."""

    def __init__(self):
        installed = packages()
        self.folder = tempfile.mkdtemp(prefix="cs-sdk-")
        shutil.copytree(PACKAGE, self.folder, dirs_exist_ok=True, ignore=lambda at, names: [n for n in names if n in MADE])
        os.symlink(os.path.join(installed, "node_modules"), os.path.join(self.folder, "node_modules"))

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        shutil.rmtree(self.folder)

    def run(self, *argv, **env):
        """Standard output; an error with the end of what was said unless it exits with 0."""
        done = subprocess.run(argv, cwd=self.folder, env={**os.environ, "CS_SOURCE": SOURCE, **env}, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, check=False)
        assert done.returncode == 0, f"{' '.join(argv)}\n{done.stdout[-6000:]}{done.stderr[-4000:]}"
        return done.stdout


class Consumer:
    """A project that has the packed package among its dependencies, and the compiler."""

    def __init__(self, sdk):
        sdk.run("npm", "run", "build", "--silent")
        self.folder = tempfile.mkdtemp(prefix="cs-consumer-")
        modules = os.path.join(self.folder, "node_modules")
        packed = json.loads(sdk.run("npm", "pack", "--json", "--ignore-scripts", "--pack-destination", self.folder))[0]["filename"]
        for name in os.listdir(os.path.join(sdk.folder, "node_modules")):
            os.makedirs(modules, exist_ok=True)
            os.symlink(os.path.realpath(os.path.join(sdk.folder, "node_modules", name)), os.path.join(modules, name))
        with tarfile.open(os.path.join(self.folder, packed)) as tar:
            tar.extractall(self.folder)
        os.makedirs(os.path.join(modules, "@countersign"))
        os.rename(os.path.join(self.folder, "package"), os.path.join(modules, "@countersign", "sdk"))
        self.write("package.json", '{"type":"module","private":true}')

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        shutil.rmtree(self.folder)

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
            f.write(text)
        return name

    def run(self, *argv, refused=None, **env):
        """Standard output; with `refused` what is said while it fails."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("COUNTERSIGN_")}
        done = subprocess.run(argv, cwd=self.folder, env={**clean, **env}, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False, timeout=120)
        assert (done.returncode == 0) is (refused is None), f"{' '.join(argv)}\n{done.stdout[-6000:]}{done.stderr[-4000:]}"
        assert refused is None or refused in done.stderr, done.stderr[-4000:]
        return done.stdout

    def run_typescript(self, name, text, **options):
        """Compiled under `strict`, against the package's own types."""
        self.run("node_modules/typescript/bin/tsc", "--strict", "--target", "es2022", "--module", "nodenext", "--types", "node",
                 self.write(name, text))
        return self.run("node", name.removesuffix(".ts") + ".js", **options)
