#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A KMS that does not answer: whoever needs it waits, in any number, and nobody else does."""

import threading

from flow import Client, run
from flow_byok import Byok

WAITING, OTHERS = 40, 60  # more than there are workers


def test():
    with Byok() as s:
        s.set_up()
        s.key("away", keyProvider="aws-kms")
        s.key("here")
        for name in ("away", "here"):
            assert s.sign(name, b"m").status == 200
        s.kms.faults("latency,ms=8000")
        ended, threads = [], []

        def wait():
            answer = s.sign("away", b"m", client=Client(s.url, s.api_key))
            ended.append((answer.status, answer.code if answer.status != 200 else None))

        for _ in range(WAITING):
            threads.append(threading.Thread(target=wait))
            threads[-1].start()
        for i in range(OTHERS):
            answer = s.sign("here", str(i).encode())
            assert answer.status == 200, answer
        kept = len([e for e in ended if e[0] == 200])
        assert kept == 0, "the KMS was to be slower than all the others together"
        for thread in threads:
            thread.join()
        assert all(status in (200, 503) for status, _ in ended) and len(ended) == WAITING, ended
        s.kms.faults()
        answer = s.sign("here", b"m")
        assert answer.status == 200, answer


run(test)
