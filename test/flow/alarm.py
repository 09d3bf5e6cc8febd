#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An enclave whose two engines for ML-DSA disagree is an alarm: in each live ledger, once, and in the metrics."""

import http.client
import time

from flow import Service, run
from lying_agent import Liar, when


def alarms(s, realm=None):
    return [e for e in s.entries(realm) if e["eventType"] == "enclave.alarm"]


def wait_until(what):
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.05)


def metrics(s):
    c = http.client.HTTPConnection("127.0.0.1", s.ready["metricsPort"], timeout=30)
    c.request("GET", "/metrics")
    text = c.getresponse().read().decode()
    c.close()
    return text.split("\n")


def restart(s):
    """Another gateway, which has looked once before it ends."""
    looked = s.log("gateway").count("ALARM")
    s.stop("gateway")
    s.start_gateway()
    wait_until(lambda: s.log("gateway").count("ALARM") > looked)


def tell(liar, count):
    liar.lie = when("Boot", lambda q, r: {**r, "mldsaDisagreements": count, "mldsaEngine": "openssl"})


def test():
    with Service(gateway_options=["--allow-mock", "--metrics-bind", "127.0.0.1:0"], start=False) as s:
        s.other_org()
        realms = [r[0] for r in s.database().execute("SELECT id FROM org WHERE id NOT LIKE '%_test'")]
        assert len(realms) == 2
        s.start_enclave()
        s.start_agent()
        liar = Liar(s)
        liar.start()
        s.agent_socket = "liar.sock"
        s.start_gateway()
        found = s.client.get("/v1/enclave").data
        assert found["mldsaEngine"].startswith("native/") and found["mldsaDisagreements"] == 0, found
        wait_until(lambda: f'countersign_enclave_mldsa_info{{engine="{found["mldsaEngine"]}"}} 1' in metrics(s))
        assert "countersign_enclave_mldsa_disagreements 0" in metrics(s)

        tell(liar, 1)  # while it serves, and nobody asks
        wait_until(lambda: all(alarms(s, r) for r in realms))
        wait_until(lambda: "countersign_enclave_mldsa_disagreements 1" in metrics(s))
        assert 'countersign_enclave_mldsa_info{engine="openssl"} 1' in metrics(s)
        assert 'countersign_ledger_entries_total{type="enclave.alarm"} 2' in metrics(s)
        found = s.client.get("/v1/enclave").data
        assert (found["mldsaEngine"], found["mldsaDisagreements"]) == ("openssl", 1)
        for realm in realms:
            entry, = alarms(s, realm)
            assert (entry["actorId"], entry["subjectId"]) == ("system", found["epoch"])
            assert entry["data"] == {"mldsaDisagreements": 1, "mldsaEngine": "openssl"}

        restart(s)  # it has been told
        s.stop("gateway")
        assert [len(alarms(s, r)) for r in realms] == [1, 1]
        s.start_gateway()
        tell(liar, 3)
        restart(s)  # another count
        wait_until(lambda: [len(alarms(s, r)) for r in realms] == [2, 2])
        assert alarms(s)[1]["data"]["mldsaDisagreements"] == 3

        s.stop("enclave")  # another epoch begins from 0
        s.start_enclave()
        tell(liar, 1)
        restart(s)
        wait_until(lambda: [len(alarms(s, r)) for r in realms] == [3, 3])
        assert len({e["subjectId"] for e in alarms(s)}) == 2
        tested = s.database().execute("SELECT count(*) FROM ledger_entry WHERE org LIKE '%_test'").fetchone()[0]
        assert tested == 0, "test realms are told nothing"
        s.alive()


if __name__ == "__main__":
    run(test)
