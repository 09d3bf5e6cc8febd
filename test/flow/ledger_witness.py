#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The gateway has its checkpoints cosigned: by witnesses that run, not by those that refuse, lie or are gone."""

import http.server
import json
import subprocess
import threading
import time

from flow import Service, b64, program, run
from witness import Witness, vkey


def ledger_keys(s):
    """What the witness is told of the log."""
    origin = "localhost/org/" + s.first["orgId"]
    keys = s.client.get("/v1/ledger/bundle?limit=1").data["signingKeys"]
    assert [k["vkey"].split("+")[0] for k in keys] == [origin, origin]
    return [k["vkey"] for k in keys]


class Liar(http.server.ThreadingHTTPServer):
    """Stands where a witness should and answers what it is told; counts who asks."""

    def __init__(self):
        self.answer, self.asked = (500, b""), 0
        liar = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                liar.asked += 1
                status, body = liar.answer
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


def wait_for(what):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it never came")


def add(s):
    assert s.client.post("/v1/ledger/entries", {"name": "more"}).status == 200


def seal(s):
    add(s)
    answer = s.client.post("/v1/ledger/seal", None)
    assert answer.status == 200 and answer.data["fresh"], answer
    return answer.data


def names(checkpoint):
    return [line.split(" ")[1] for line in checkpoint["note"].partition("\n\n")[2].splitlines()]


def is_cosigned(checkpoint):
    origin = checkpoint["note"].split("\n")[0]
    assert names(checkpoint)[:2] == [origin, origin]
    return names(checkpoint)[2:] == 2 * ["witness.example"] and checkpoint["publishedTo"] == ["witness.example"]


def latest(s):
    return s.client.get("/v1/ledger/checkpoints/latest").data


def cosigned(s, witness):
    """By both of its keys, at once when sealed, and again when it comes back from somewhere."""
    first = seal(s)
    assert is_cosigned(first), first
    assert is_cosigned(seal(s))
    witness.stop()
    gone = seal(s)  # that nobody answers fails nothing
    assert names(gone)[2:] == [] and gone["publishedTo"] == [], gone
    witness.start()
    assert names(latest(s))[2:] == []
    return gone


def ask(s, witness, *more):
    """The gateway starts anew, with this witness where it listens now."""
    s.stop("gateway")
    s.gateway_options = ["--allow-mock", "--checkpoint-seconds", "0", *more]
    for key in witness.told["vkeys"]:
        s.gateway_options += ["--witness", f"{witness.told['url']}={key}"]
    s.start_gateway()


def dates(s, witness):
    """A checkpoint that nobody cosigned is not the one by which a bundle is dated, if one soon behind it is."""
    witness.stop()
    policy = s.policy(requireDated=True)
    key = s.key("dated", pqProvider="enclave-mock", attestationPolicyId=policy)["id"]
    signed = s.client.post("/v1/sign", {"keyId": key, "payload": b64(b"dated")}).data
    path = "/v1/signatures?keyId=" + signed["keyId"]
    bundle_of = f"/v1/signatures/{s.client.get(path).data[0]['id']}/bundle"
    passed_over = seal(s)

    def bundle():
        return s.client.get(bundle_of).json["checkpoint"]

    def judged(*options):
        """Exit code, reason and date, offline, under a policy that wants a date."""
        files = {"bundle": s.client.get(bundle_of).raw, "payload": b"dated", "policy": pinned}
        for name, content in files.items():
            with open(s.path(name), "wb") as f:
                f.write(content)
        argv = [program("countersign"), "verify", "--allow-mock", "--json", *options]
        for name in files:
            argv += ["--" + name, s.path(name)]
        done = subprocess.run(argv, capture_output=True, check=False, stdin=subprocess.DEVNULL, env={})
        verdict = json.loads(done.stdout)
        return done.returncode, verdict["reason"], verdict.get("datedBy")

    pinned = json.dumps(s.client.get("/v1/attestation-policies/" + policy).data).encode()
    ledger = [x for k in ledger_keys(s) for x in ("--ledger-key", k)]
    witnesses = [x for k in witness.told["vkeys"] for x in ("--witness", k)]
    assert bundle() == passed_over["note"], "better than none"
    assert judged(*ledger, *witnesses)[:2] == (2, "ATT_UNDATED")
    seal(s)
    witness.start()
    ask(s, witness)
    last = seal(s)
    assert is_cosigned(last) and not is_cosigned(passed_over)
    dated = bundle()
    assert names({"note": dated})[2:] == 2 * ["witness.example"], names({"note": dated})
    seal(s)
    assert bundle() == dated, "the oldest that dates it"
    for one in (witnesses, witnesses[:2], witnesses[2:]):
        assert judged(*ledger, *one) == (0, "OK", "witness"), one
    assert judged(*ledger)[:2] == (2, "ATT_UNDATED"), "by nobody who is pinned"
    assert judged(*witnesses)[:2] == (2, "BUNDLE_NOT_PINNED")
    stranger = vkey("witness.example", 4, bytes(range(32)))
    assert judged(*ledger, "--witness", stranger)[:2] == (2, "ATT_UNDATED")


def restarted(s, witness, liar):
    """A gateway that knows nothing of where its witness stands learns so from the witness."""
    ask(s, witness, "--witness", f"{liar.url}={vkey('liar.example', 4, bytes(range(32)))}")
    assert wait_for(lambda: is_cosigned(latest(s))), "asked for what was left behind"
    for answer in ((200, b""), (200, b"OK\n"), (403, b""), (409, b"0\n"), (409, b"999999\n"), (409, b"x"),
                   (200, "— liar.example ".encode() + b64(bytes(76)).encode() + b"\n")):
        liar.answer, asked = answer, liar.asked
        assert is_cosigned(seal(s)), answer
        assert wait_for(lambda: liar.asked > asked)
    assert "liar.example" in s.log("gateway") and "does not cosign" in s.log("gateway")


def test():
    liar = Liar()
    with Service(("--allow-mock", "--checkpoint-seconds", "0")) as s:
        add(s)
        witness = Witness(s, ledger_keys(s))
        try:
            ask(s, witness)
            dates(s, witness)
            gone = cosigned(s, witness)
            liar.answer = (403, b"")
            restarted(s, witness, liar)
            listed = s.client.get("/v1/ledger/checkpoints?limit=200").data
            assert [c["treeSize"] for c in listed].count(gone["treeSize"]) == 1
        finally:
            witness.stop()
            liar.shutdown()
            liar.server_close()
        s.alive()


if __name__ == "__main__":
    run(test)
