#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`countersign doctor` finds nothing wrong with a service that is well, and each thing that is wrong by its name."""

import email.utils
import http.server
import json
import os
import resource
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from flow import is_sanitized, program, run


class Server:
    """A server that answers /livez and /readyz as it is told, at the time that it believes it is."""

    def __init__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, body = outer.answers.get(self.path.split("?")[0], (404, {}))
                raw = json.dumps(body).encode()
                self.send_response_only(status)
                if outer.ahead is not None:
                    self.send_header("Date", email.utils.formatdate(time.time() + outer.ahead, usegmt=True))
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *args):
                pass

        self.well()
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = "http://127.0.0.1:%d" % self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def well(self):
        self.ahead = 0
        self.answers = {"/livez": (200, {}), "/readyz": (200, {"status": "ready", "checks": {"db": "ok"}})}


def doctor(*args, limits=None, **environment):
    """Exit code and {check: (status, detail)}."""
    names = ("COUNTERSIGN_SERVER", "COUNTERSIGN_API_KEY")
    env = {k: v for k, v in os.environ.items() if k not in names}
    done = subprocess.run([program("countersign"), "doctor", "--json", *args], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=60, check=False, env={**env, **environment},
                          preexec_fn=limits)
    if not done.stdout:
        return done.returncode, {}
    told = json.loads(done.stdout)
    found = {c["check"]: (c["status"], c["detail"]) for c in told["checks"]}
    assert len(found) == len(told["checks"]) and told["ok"] is (done.returncode == 0)
    assert told["failed"] == sum(status == "fail" for status, _ in found.values())
    if is_sanitized("countersign"):  # it is dumpable, and the doctor says so
        assert found["core files"][0] == "fail", found
        found["core files"] = ("ok", "")
        return int(any(status == "fail" for status, _ in found.values())), found
    return done.returncode, found


def failed(name, code, found, text=""):
    wrong = [n for n, (status, _) in found.items() if status == "fail"]
    assert code == 1 and wrong == [name] and text in found[name][1], (name, code, found)


def well(folder, url, policy):
    state = os.path.join(folder, "state")
    code, found = doctor("--state", state, "--server", url, "--policy", policy, "--allow-mock", "--api-key-file",
                         os.path.join(state, "credentials.json"))
    assert code == 0, found
    for name in ("entropy", "core files", "state", "enclave socket", "agent socket", "durable write", "server",
                 "clock of server", "ready", "policy"):
        assert found[name][0] == "ok", (name, found)
    assert "clock" in found and "DEVELOPMENT ROOT" in found["policy"][1] and found["tls"][0] == "skip"
    table = subprocess.run([program("countersign"), "doctor", "--state", state, "--server", url], text=True,
                           capture_output=True, timeout=60, check=not is_sanitized("countersign")).stdout
    assert len(table.splitlines()) == len(found) - 1, table  # no policy was given


def policies(folder, url, policy):
    state = os.path.join(folder, "state")
    usual = ("--state", state, "--server", url, "--api-key-file", os.path.join(state, "credentials.json"), "--policy")
    failed("policy", *doctor(*usual, policy), "ATT_MOCK_REFUSED")
    other = os.path.join(folder, "other.json")
    with open(policy, encoding="utf-8") as f:
        pinned = json.load(f)
    pinned["matchRules"]["allowedImageHashes"] = ["sha256:" + "0" * 64]
    with open(other, "w", encoding="utf-8") as f:
        json.dump(pinned, f)
    failed("policy", *doctor(*usual, other, "--allow-mock"), "ATT_IMAGE_NOT_ALLOWED")
    failed("policy", *doctor(*usual[:4], "--policy", policy, "--allow-mock"), "could not be asked")
    assert doctor(*usual, os.path.join(folder, "none.json"))[0] == 1
    code, found = doctor("--state", state, "--policy", policy)
    failed("server", code, found)


def permissions(folder):
    state = os.path.join(folder, "state")
    for name in ("", "kek", "agent.key", "store.db", "store.db.pepper", "credentials.json", "enclave",
                 "enclave/attestation-root.key", "enclave/ledger.sealed", "agent.sock"):
        path = os.path.join(state, name)
        mode = os.stat(path).st_mode & 0o777
        os.chmod(path, mode | 0o040)
        failed("agent socket" if name == "agent.sock" else "state", *doctor("--state", state))
        os.chmod(path, mode)
    assert doctor("--state", state)[0] == 0
    failed("state", *doctor("--state", os.path.join(folder, "none")))
    code, found = doctor(COUNTERSIGN_SERVER="", HOME=folder, XDG_STATE_HOME=folder, XDG_DATA_HOME=folder)
    assert code == 0 and found["state"][0] == "skip" and found["server"][0] == "skip", found


def limits(folder):
    state = os.path.join(folder, "state")
    few = doctor("--state", state, limits=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)))
    failed("open files", *few, "256")
    some = doctor("--state", state, limits=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (2048, 2048)))
    assert some[0] == 0 and some[1]["open files"][0] == "warn", some

    def no_room():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    full = doctor("--state", state, limits=no_room)
    failed("durable write", *full)
    assert not [name for name in os.listdir(state) if name.startswith("doctor")], "nothing stays behind"


def servers(folder):
    server = Server()
    usual = ("--state", os.path.join(folder, "empty"), "--server", server.url)
    os.mkdir(os.path.join(folder, "empty"), 0o700)
    assert doctor(*usual)[0] == 0
    for ahead, status in ((20, "warn"), (-20, "warn"), (3600, "fail"), (-3600, "fail")):
        server.ahead = ahead
        code, found = doctor(*usual)
        assert found["clock of server"][0] == status and code == (status == "fail"), (ahead, found)
    server.ahead = None
    assert doctor(*usual)[1]["clock of server"][0] == "skip"
    server.well()
    server.answers["/readyz"] = (503, {"status": "not ready", "checks": {"enclave": "ENCLAVE_UNAVAILABLE"}})
    failed("ready", *doctor(*usual), "ENCLAVE_UNAVAILABLE")
    server.well()
    server.answers["/livez"] = (404, {})
    failed("server", *doctor(*usual), "404")
    server.http.shutdown()
    server.http.server_close()
    failed("server", *doctor(*usual), server.url)
    failed("server", *doctor(*usual[:3], "http://example.org"), "loopback")


def test():
    folder = tempfile.mkdtemp(prefix="cs-flow-")
    policy = os.path.join(folder, "policy.json")
    with open(os.path.join(folder, "log"), "wb") as log:
        dev = subprocess.Popen([program("countersign"), "dev", "--state", os.path.join(folder, "state"), "--listen",
                                "127.0.0.1:0", "--json"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
    try:
        ready, _, _ = select.select([dev.stdout], [], [], 60)
        started = json.loads(dev.stdout.readline() if ready else b"{}")
        with open(policy, "w", encoding="utf-8") as f:
            json.dump(started["policy"], f)
        well(folder, started["url"], policy)
        policies(folder, started["url"], policy)
        permissions(folder)
        limits(folder)
        servers(folder)
    finally:
        dev.terminate()
        dev.wait(30)
        dev.stdout.close()
        if dev.returncode != 0:
            with open(os.path.join(folder, "log"), encoding="utf-8", errors="replace") as f:
                print(f.read()[-4000:])
        shutil.rmtree(folder)
    assert dev.returncode == 0


if __name__ == "__main__":
    run(test)
