# SPDX-License-Identifier: Apache-2.0
"""Signatures without a pause while something is disturbed: what was acknowledged is there, once."""

import http.client
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from flow import Client


def work_until(s, client, signed, unsure, stop):
    """Signs until `stop`; what was answered 200 goes into `signed`. A gateway that is away is asked again."""
    mine = Client("http://" + client.host, s.api_key)
    i = 0
    while not stop.is_set():
        i += 1
        try:
            answer = s.sign("k", b"load %d" % i, client=mine)
        except (OSError, http.client.HTTPException):
            unsure.append(1)
            mine.close()
            stop.wait(0.05)
            continue
        if answer.status == 200:
            signed.append((answer.data["ledger"]["entryId"], answer.data["ledger"]["seq"]))
        else:
            assert answer.status in (503, 429), answer


def with_load(s, clients, server, disturb):
    signed, unsure, stop = [], [], threading.Event()
    with ThreadPoolExecutor() as pool:
        workers = [pool.submit(work_until, s, c, signed, unsure, stop) for c in clients * 3]
        while len(signed) < 50:
            assert not any(w.done() for w in workers), [w.exception() for w in workers if w.done()]
            time.sleep(0.01)
        try:
            disturb()
            n, deadline = len(signed), time.monotonic() + 60
            while len(signed) < n + 50:
                assert time.monotonic() < deadline, "it does not recover"
                time.sleep(0.01)
        finally:
            stop.set()
        for w in workers:
            w.result()
    entries = server.entries(s.first["orgId"])
    by_id = {e["id"]: e["seq"] for e in entries}
    assert len({i for i, _ in signed}) == len(signed)
    for entry_id, seq in signed:
        assert by_id.get(entry_id) == seq, "an acknowledged signature without its entry"
    subjects = [e["subjectId"] for e in entries if e["eventType"].startswith("signature.")]
    assert len(set(subjects)) == len(subjects), "a signature is there twice"
