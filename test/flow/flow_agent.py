# SPDX-License-Identifier: Apache-2.0
"""The agent alone, between a gateway and an enclave that are this script: the enclave asks what it is told to."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from flow import program

REQUEST = {"type": "Forget", "version": 1, "recordSha256": "A" * 43 + "="}
REPLY = {"type": "Forget", "version": 1}


def read_frame(connection):
    head = b""
    while len(head) < 4:
        part = connection.recv(4 - len(head))
        if not part:
            return None
        head += part
    size, text = int.from_bytes(head, "big"), b""
    while len(text) < size:
        part = connection.recv(size - len(text))
        if not part:
            return None
        text += part
    return json.loads(text)


def write_frame(connection, message):
    """In the order in which it is written down: a question begins with its type."""
    text = json.dumps(message, separators=(",", ":")).encode()
    connection.sendall(len(text).to_bytes(4, "big") + text)


class Agent:
    """countersign-agent in a folder of its own. The environment has no AWS_ variables but those given."""

    def __init__(self, *options, environment=None):
        self.folder = tempfile.mkdtemp(prefix="cs-agent-")
        self.enclave_listener = socket.socket(socket.AF_UNIX)
        self.enclave_listener.bind(self.path("e"))
        self.enclave_listener.listen()
        clean = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        clean.update({"HOME": self.folder, **(environment or {})})
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen(
                [program("countersign-agent"), "serve", "--listen", "unix:" + self.path("a"), "--enclave",
                 "unix:" + self.path("e"), "--log-level", "debug", *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, env=clean)
        self.lines = []

    def path(self, name):
        return os.path.join(self.folder, name)

    def log(self):
        with open(self.path("log"), errors="replace") as f:
            return f.read()

    def open_line(self):
        """A connection of the gateway."""
        deadline = time.monotonic() + 30
        while True:
            gateway = socket.socket(socket.AF_UNIX)
            try:
                gateway.connect(self.path("a"))
                break
            except OSError:
                gateway.close()
                assert self.process.poll() is None and time.monotonic() < deadline, self.log()
                time.sleep(0.02)
        line = Line(self, gateway)
        self.lines.append(line)
        return line

    def ask(self, question):
        """On a connection that is kept."""
        line = self.lines[0] if self.lines else self.open_line()
        return line.ask(question)

    def command_line(self):
        with open(f"/proc/{self.process.pid}/cmdline", "rb") as f:
            return f.read()

    def close(self, failed=False, expected=0):
        for line in self.lines:
            line.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.enclave_listener.close()
        text = self.log()
        shutil.rmtree(self.folder)
        if failed:
            print("--- agent\n" + text[-4000:])
        else:
            assert code == expected, f"the agent ended with {code}:\n{text}"

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        self.close(failed=kind is not None)


class Line:
    """A gateway's connection and the enclave's that the agent pairs it with."""

    def __init__(self, agent, gateway):
        self.agent, self.gateway, self.enclave = agent, gateway, None

    def begin(self):
        """A request has reached the enclave."""
        write_frame(self.gateway, REQUEST)
        if self.enclave is None:
            self.enclave, _ = self.agent.enclave_listener.accept()
        assert read_frame(self.enclave) == REQUEST

    def question(self, question):
        write_frame(self.enclave, {"type": question.pop("type"), "version": 1, **question})
        return read_frame(self.enclave)

    def end(self):
        """The enclave replies, and the gateway gets that and nothing else."""
        write_frame(self.enclave, REPLY)
        assert read_frame(self.gateway) == REPLY

    def ask(self, question):
        self.begin()
        answer = self.question(dict(question))
        self.end()
        return answer

    def close(self):
        self.gateway.close()
        if self.enclave is not None:
            self.enclave.close()


def code_of(frame):
    assert frame is not None and frame["type"] == "Error", frame
    return frame["code"]


class Server(threading.Thread):
    """An HTTP service on 127.0.0.1; answer(method, path, headers, body) gives (status, headers, body), or None to close.

    Connections are counted, requests are kept."""

    def __init__(self, answer):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.answer, self.requests, self.connections = answer, [], 0
        self.start()

    def run(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError), connection, connection.makefile("rb") as stream:
            while line := stream.readline():
                method, path, _ = line.decode().split(" ")
                headers = {}
                while (header := stream.readline().decode().rstrip("\r\n")) != "":
                    name, value = header.split(":", 1)
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                self.requests.append((method, path, headers, body))
                told = self.answer(method, path, headers, body)
                if told is None:
                    return
                status, more, text = told
                text = text if isinstance(text, bytes) else text.encode()
                head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\n"
                head += "".join(f"{k}: {v}\r\n" for k, v in more.items())
                connection.sendall(head.encode() + b"\r\n" + text)

    def close(self):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.close()


def assert_untold(agent, secrets):
    """None of the secrets is in what the agent has written, or in its command line."""
    told = agent.log().encode() + agent.command_line()
    for secret in secrets:
        assert secret.encode() not in told, "the agent has told a secret"
        assert not re.search(re.escape(secret[:16]).encode(), told), "the agent has told part of a secret"
