# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL server on a unix socket, from the machine's own packages, for the time of a test."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

from flow import recompute


def find(program):
    """The newest of the machine, or None."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{program}"), key=lambda p: int(p.split("/")[4]))
    return found[-1] if found else shutil.which(program)


def which(program):
    return shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def need():
    """Ends the test as skipped where there is no server to start."""
    if find("initdb") is None or find("postgres") is None:
        print("skipped: no PostgreSQL server is installed")
        sys.exit(77)


class Server:
    """`folder` holds socket and data; postgresql:// addresses come from url()."""

    def __init__(self, options=(), primary=None):
        # In memory if there is such a place: it syncs all the same, only faster.
        self.folder = tempfile.mkdtemp(prefix="cs-postgres-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.data = os.path.join(self.folder, "data")
        self.options = list(options)
        self.process = None
        # The server refuses to run as root.
        self.user = None
        if os.geteuid() == 0:
            self.user = pwd.getpwnam("postgres" if any(u.pw_name == "postgres" for u in pwd.getpwall()) else "nobody")
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        if primary is None:
            self.run("initdb", "-D", self.data, "-U", "countersign", "-A", "trust", "-E", "UTF8", "--locale=C")
        else:
            self.run("pg_basebackup", "-D", self.data, "-h", primary.folder, "-U", "countersign", "-R", "-X", "stream")
        self.start()

    def as_user(self):
        if self.user is None:
            return {}
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []}

    def run(self, program, *args):
        done = subprocess.run([find(program), *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              cwd=self.folder, **self.as_user())
        assert done.returncode == 0, done.stdout
        return done.stdout

    def start(self):
        log = open(os.path.join(self.folder, "log"), "ab")
        settings = ["listen_addresses=", f"unix_socket_directories={self.folder}", "max_connections=200",
                    "log_min_messages=fatal",
                    "client_min_messages=warning", *self.options]
        self.process = subprocess.Popen(
            [find("postgres"), "-D", self.data, *(x for s in settings for x in ("-c", s))],
            stdout=log, stderr=log, cwd=self.folder, **self.as_user())
        log.close()
        for _ in range(600):
            if subprocess.run([find("pg_isready"), "-q", "-h", self.folder]).returncode == 0:
                return
            assert self.process.poll() is None, self.log()
            signal.sigtimedwait([], 0.05)
        raise AssertionError("the server did not get ready:\n" + self.log())

    def log(self):
        with open(os.path.join(self.folder, "log"), errors="replace") as f:
            return f.read()[-4000:]

    def url(self, database="postgres"):
        return f"postgresql://countersign@/{database}?host={self.folder}"

    def sql(self, text, database="postgres"):
        return self.run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-U", "countersign",
                        "-d", database, "-c", text).strip()

    def entries(self, org, database="postgres"):
        """As Service.entries, of a store on this server."""
        out = self.sql("SELECT seq, encode(bytes, 'hex'), event_type, subject, id FROM ledger_entry"
                       f" WHERE org = '{org}' ORDER BY seq", database)
        rows = [line.split("|") for line in out.splitlines()]
        head = self.sql(f"SELECT encode(last, 'hex'), encode(tree, 'hex') FROM ledger_head WHERE org = '{org}'", database)
        return recompute([(int(r[0]), bytes.fromhex(r[1]), r[2], r[3], r[4]) for r in rows],
                         tuple(bytes.fromhex(x) for x in head.split("|")) if head else None)

    def until_waiting(self, count):
        """As many sessions wait for locks."""
        for _ in range(1500):
            if int(self.sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")) >= count:
                return
            signal.sigtimedwait([], 0.02)
        raise AssertionError("nobody waits")

    def kill(self):
        """Immediate stop: no farewell, recovery at the next start."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(60)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Held:
    """A table that is locked until it is released."""

    def __init__(self, server, table, mode, database="postgres"):
        self.psql = subprocess.Popen([find("psql"), "-X", "-q", "-A", "-t", "-h", server.folder, "-U", "countersign",
                                      "-d", database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.psql.stdin.write(f"BEGIN; LOCK TABLE {table} IN {mode} MODE; SELECT 'held';\n")
        self.psql.stdin.flush()
        assert self.psql.stdout.readline() == "held\n"

    def release(self):
        self.psql.communicate("COMMIT;\n", 30)
