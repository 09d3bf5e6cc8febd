# SPDX-License-Identifier: Apache-2.0
"""moto, somebody else's AWS: installed from PyPI into the user's cache, and started on a free port."""

import hashlib
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

from flow import SKIP

WANTED = pathlib.Path(__file__).parent.parent / "judge" / "moto.txt"


def packages():
    """The folder with moto, or None where PyPI cannot be reached."""
    base = pathlib.Path(os.environ.get("COUNTERSIGN_DEPS_DIR") or os.environ.get("XDG_CACHE_HOME")
                        or os.path.expanduser("~/.cache")) / "countersign"
    version = f"-{sys.version_info.major}.{sys.version_info.minor}-"
    folder = base / ("moto" + version + hashlib.sha256(WANTED.read_bytes()).hexdigest()[:16])
    if not folder.exists():
        base.mkdir(parents=True, exist_ok=True)
        fresh = tempfile.mkdtemp(dir=base)
        made = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
                               "--only-binary", ":all:", "--target", fresh, "-r", WANTED], stdin=subprocess.DEVNULL,
                              capture_output=True, check=False)
        if made.returncode == 0:
            try:
                os.rename(fresh, folder)
            except OSError:
                pass  # somebody else was faster
        shutil.rmtree(fresh, ignore_errors=True)
    return folder if folder.exists() else None


def moto_or_skip():
    folder = packages()
    if folder is None:
        print("moto cannot be installed from PyPI; skipped")
        assert os.environ.get("CS_REQUIRE_JUDGES") != "1", "moto is needed here"
        sys.exit(SKIP)
    return folder


class Moto:
    """A server of its own. `unchecked`: after so many calls it demands signatures and permissions; None: never."""

    def __init__(self, unchecked=None):
        self.packages = moto_or_skip()
        self.folder = tempfile.mkdtemp(prefix="cs-moto-")
        with socket.create_server(("127.0.0.1", 0)) as s:
            self.port = s.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        environment.update({"PYTHONPATH": str(self.packages), "HOME": self.folder})
        if unchecked is not None:
            environment["INITIAL_NO_AUTH_ACTION_COUNT"] = str(unchecked)
        start = "from moto.server import main; import sys; main(sys.argv[1:])"
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen([sys.executable, "-c", start, "-H", "127.0.0.1", "-p", str(self.port)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                                            env=environment)
        deadline = time.monotonic() + 60
        while True:
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.05)

    def log(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as f:
            return f.read()

    def post(self, body, headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("POST", "/", body, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        assert answer.status == 200, (answer.status, text)
        return text

    def unsigned(self, service, region="us-east-1"):
        """An Authorization header that names the service; the signature counts while nothing is checked."""
        return (f"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/{region}/{service}/aws4_request, "
                "SignedHeaders=host, Signature=00")

    def json(self, service, target, body, version="1.1"):
        return json.loads(self.post(json.dumps(body), {"X-Amz-Target": target, "Authorization": self.unsigned(service),
                                                       "Content-Type": f"application/x-amz-json-{version}"}))

    def query(self, service, form):
        return self.post(form, {"Authorization": self.unsigned(service),
                                "Content-Type": "application/x-www-form-urlencoded"}).decode()

    def kms(self, operation, **body):
        return self.json("kms", "TrentService." + operation, body)

    def close(self, failed=False):
        self.process.terminate()
        self.process.wait(30)
        if failed:
            print("--- moto\n" + self.log()[-3000:])
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        self.close(failed=kind is not None)
