#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""SIGTERM under load: what runs is answered, what was answered is recorded, streams end, and the gateway ends with 0."""

import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from flow import Client, Service, run

CLIENTS = 12


def sign_until_closed(s, signed, problems, enough):
    """Signs on one connection until the gateway closes it; an answer comes whole or not at all."""
    client = Client(s.url, s.api_key)
    while True:
        try:
            answer = s.sign("k", b"payload", client=client)
        except (ConnectionError, socket.timeout) as e:  # http.client's RemoteDisconnected is one
            if isinstance(e, socket.timeout):
                problems.append("no end")
            return
        except Exception as e:  # a cut answer: IncompleteRead, BadStatusLine, bad JSON
            problems.append(repr(e))
            return
        if answer.status == 200:
            signed.append(answer.data["ledger"]["entryId"])
        elif answer.status != 503:
            problems.append(repr(answer))
        if len(signed) >= 200:
            enough.set()
        if client.connection is None:  # the gateway has said that it closes
            return


def open_stream(s):
    """A live stream of the ledger that has shown an entry, and what it has shown."""
    stream = socket.create_connection(s.client.host.split(":"), timeout=30)
    stream.sendall(f"GET /v1/ledger/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {s.api_key}\r\n\r\n".encode())
    received = b""
    while b"\ndata:" not in received:
        chunk = stream.recv(256)
        assert chunk, received
        received += chunk
    assert received.startswith(b"HTTP/1.1 200 "), received
    return stream, received


def read_to_end(stream, received):
    while chunk := stream.recv(65536):
        received += chunk
    stream.close()
    return received


def test():
    with Service(gateway_options=["--allow-mock", "--metrics-bind", "127.0.0.1:0"]) as s:
        s.key("k")
        metrics = s.ready["metricsPort"]
        for sig in (signal.SIGTERM, signal.SIGINT):
            signed, problems, enough = [], [], threading.Event()
            idle = socket.create_connection(s.client.host.split(":"), timeout=30)
            threads = [threading.Thread(target=sign_until_closed, args=(s, signed, problems, enough))
                       for _ in range(CLIENTS)]
            for t in threads:
                t.start()
            with ThreadPoolExecutor() as readers:
                streams = [open_stream(s), open_stream(s)]
                assert enough.wait(60), problems
                gateway = s.processes.pop("gateway")
                gateway.send_signal(sig)
                ends = [readers.submit(read_to_end, *stream) for stream in streams]
                assert gateway.wait(30) == 0, s.log("gateway")
                for end in ends:
                    assert end.result().endswith(b"\n\n"), "a stream ends, and not within an event"
            for t in threads:
                t.join(60)
                assert not t.is_alive()
            assert not problems, problems[:3]
            assert idle.recv(1) == b"", "an idle connection is closed"
            idle.close()
            assert s.log("gateway").splitlines()[-1].endswith(" stopped")

            entries = s.entries()
            recorded = {e["id"] for e in entries}
            assert len(set(signed)) == len(signed) and set(signed) <= recorded
            for port in (int(s.url.rsplit(":", 1)[1]), metrics):
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=30).close()
                    raise AssertionError(f"port {port} is still served")
                except ConnectionRefusedError:
                    pass
            s.start_gateway()
            metrics = s.ready["metricsPort"]
            assert s.sign("k", b"after").data["ledger"]["seq"] == len(entries)


if __name__ == "__main__":
    sys.exit(run(test))
