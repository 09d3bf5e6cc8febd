#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The live stream: every entry once and in order, also for a client that comes back, whatever became of it before."""

import http.client
import json
import signal
import socket
import threading

from flow import Service, run


class Stream:
    """A server-sent event stream, read line by line."""

    def __init__(self, s, query="", **headers):
        self.connection = http.client.HTTPConnection(s.client.host, timeout=30)
        if "Cookie" not in headers:
            headers = {"Authorization": "Bearer " + s.api_key, **headers}
        self.connection.request("GET", "/v1/ledger/stream" + query, headers=headers)
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()

    def events(self, count):
        """The next events; comments and retry times are read over."""
        got, event = [], {}
        while len(got) < count:
            line = self.response.readline()
            assert line, "the stream has ended"
            line = line.decode().rstrip("\n")
            if line == "":
                if "id" in event:
                    got.append(event)
                event = {}
            elif not line.startswith(":"):
                name, _, value = line.partition(": ")
                event[name] = value
        return got

    def close(self):
        self.response.close()
        self.connection.close()

    def tear(self):
        """As when the machine of a client is switched off."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()


def check(s, events, first):
    listed = {str(i["seq"]): i for i in s.client.get(f"/v1/ledger/entries?since={first}&limit=200").data}
    assert [int(e["id"]) for e in events] == list(range(first, first + len(events))), events
    for e in events:
        assert json.loads(e["data"]) == listed[e["id"]] and e["event"] == listed[e["id"]]["eventType"]


def add(s, count):
    for i in range(count):
        assert s.client.post("/v1/ledger/entries", {"name": f"entry {i}", "message": "line\nbreak"}).status == 200


def follows_and_resumes(s):
    add(s, 3)
    stream = Stream(s)
    assert stream.response.headers["Content-Type"] == "text/event-stream"
    assert stream.response.headers["Content-Length"] is None
    stream.response.readline()  # greeted: what is added from here on must come
    adder = threading.Thread(target=add, args=(s, 5))
    adder.start()
    events = stream.events(5)
    adder.join()
    check(s, events, 3)
    stream.tear()
    add(s, 70)  # more than one read of the store
    resumed = Stream(s, **{"Last-Event-ID": events[2]["id"]})
    check(s, resumed.events(72), 6)
    add(s, 1)
    check(s, resumed.events(1), 78)
    resumed.close()
    whole = Stream(s, "?since=0")
    check(s, whole.events(79), 0)
    whole.close()


def many(s):
    streams = [Stream(s, "?since=0") for _ in range(8)]
    add(s, 2)
    for i, stream in enumerate(streams):
        if i % 2:
            stream.tear()
    for stream in streams[::2]:
        check(s, stream.events(81), 0)
        stream.close()


def refusals(s):
    for query, headers, field in (("?since=82", {}, "since"), ("?since=x", {}, "since"), ("?from=1", {}, "from"),
                                  ("", {"Last-Event-ID": "81"}, "Last-Event-ID"),
                                  ("", {"Last-Event-ID": "1.5"}, "Last-Event-ID")):
        stream = Stream(s, query, **headers)
        answer = json.loads(stream.response.read())
        assert (stream.response.status, answer["details"]["field"]) == (400, field), answer
        stream.close()
    assert s.client.get("/v1/ledger/stream", api_key=s.publishable).status == 403
    assert s.client.get("/v1/ledger/stream", api_key="").status == 401


def large(s):
    """An entry whose words grow sixfold on their way out is one event all the same, and those behind it come, too."""
    s.start_gateway()
    words = {"name": "x", "message": "\x01" * 16384, "data": {"x": "\x01" * 2700}}
    first = s.client.post("/v1/ledger/entries", words)
    assert first.status == 200, first
    add(s, 1)
    stream = Stream(s, f"?since={first.data['seq']}")
    check(s, stream.events(2), first.data["seq"])
    stream.close()


def ends_with_its_key(s):
    """Not even the entry that says that the key is revoked goes to the key."""
    body = {"name": "watcher", "type": "secret", "environment": "live", "scopes": ["ledger"]}
    key = s.client.post("/v1/api-keys", body).data
    stream = Stream(s, Authorization="Bearer " + key["apiKey"])
    stream.response.readline()
    add(s, 1)
    assert stream.events(1)[0]["event"] == "custom.event"
    assert s.client.delete("/v1/api-keys/" + key["id"]).status == 200
    add(s, 1)
    assert stream.response.read() in (b"", b"\n")  # what is left of the last event
    stream.close()


def ends_with_its_session(s):
    login = s.client.post("/v1/session", {"apiKey": s.api_key}, api_key="")
    browser = {"Cookie": login.headers["Set-Cookie"].split(";")[0]}
    stream = Stream(s, **browser)
    stream.response.readline()
    add(s, 1)
    assert stream.events(1)[0]["event"] == "custom.event"
    end = s.client.delete("/v1/session", api_key="", headers={**browser, "X-CSRF-Token": login.data["csrfToken"]})
    assert end.status == 200
    add(s, 1)
    assert stream.response.read() in (b"", b"\n")
    stream.close()


def one_org_leaves_places(s):
    s.stop("gateway")
    other = s.other_org("neighbour")
    s.start_gateway()
    streams = [Stream(s)]
    while streams[-1].response.status == 200:
        assert len(streams) < 64
        streams.append(Stream(s))
    answer = streams[-1].response
    assert (answer.status, json.loads(answer.read())["code"], len(streams)) == (503, "OVERLOADED", 17)
    assert answer.headers["Retry-After"] is not None
    neighbour = Stream(s, Authorization="Bearer " + other)
    assert neighbour.response.status == 200
    streams.pop(0).tear()
    again = Stream(s)
    while again.response.status != 200:  # until the server has noticed
        assert again.response.status == 503
        again.close()
        again = Stream(s)
    for stream in (*streams, neighbour, again):
        stream.close()


def restart(s):
    """A gateway that dies takes its streams with it; the client goes on where it was."""
    stream = Stream(s, "?since=81")  # the refusal of a moment ago
    check(s, stream.events(1), 81)
    s.stop("gateway", signal.SIGKILL)
    rest = stream.response.read(1 << 20)
    assert rest == b"", rest
    stream.close()
    s.start_gateway()
    resumed = Stream(s, **{"Last-Event-ID": "81"})
    add(s, 2)
    check(s, resumed.events(2), 82)
    s.stop("gateway")  # the open stream does not keep it
    assert resumed.response.readline() == b""
    resumed.close()


def test():
    with Service(("--allow-mock", "--checkpoint-seconds", "0")) as s:
        follows_and_resumes(s)
        many(s)
        refusals(s)
        restart(s)
        large(s)
        s.alive()
    with Service(("--allow-mock", "--checkpoint-seconds", "0")) as s:
        ends_with_its_key(s)
        ends_with_its_session(s)
        one_org_leaves_places(s)
        s.alive()


if __name__ == "__main__":
    run(test)
