#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""GET /metrics on a listener of its own: what happened is counted, in the text format that Prometheus reads."""

import http.client
import json
import re
import sys

from flow import Service, python_judges, run

LABELS = r'(?:\{(?:[a-z_]+="[^"\\\n]*",?)+\})?'
SAMPLE = re.compile(r"([a-z_]+)(" + LABELS + r") (-?[0-9]+(?:\.[0-9]+)?)\Z")


def read_strictly(text):
    """{name: {labels: value}} of a page on which every line is in its place."""
    assert text.endswith("\n")
    family, kind, helped, samples, seen = None, None, None, {}, set()
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            helped, sentence = line[7:].split(" ", 1)
            assert sentence and helped not in seen, line
            seen.add(helped)
        elif line.startswith("# TYPE "):
            family, kind = line[7:].split(" ")
            assert family == helped and kind in ("counter", "gauge", "histogram"), line
        else:
            name, labels, value = SAMPLE.match(line).groups()
            suffixes = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            assert name in [family + s for s in suffixes], line
            assert kind == "gauge" or name.endswith("_total") or kind == "histogram", line
            assert labels not in samples.setdefault(name, {}), "twice: " + line
            samples[name][labels] = float(value)
    return samples


def check_histograms(samples):
    name = "countersign_stage_seconds"
    for stage in ("queue", "enclave", "verify", "commit", "request"):
        label = f'{{stage="{stage}"'
        buckets = [(k, v) for k, v in samples[name + "_bucket"].items() if k.startswith(label)]
        ends = [float(re.search(r'le="([^"]+)"', k).group(1)) for k, _ in buckets]
        values = [v for _, v in buckets]
        assert ends == sorted(ends) and ends[-1] == float("inf") and values == sorted(values), stage
        count = samples[name + "_count"][label + "}"]
        assert values[-1] == count and count > 0, (stage, count)
        assert 0 < samples[name + "_sum"][label + "}"] <= 60 * count, stage


def check_with_judge(text, samples):
    if not python_judges():
        print("the page was read by our own parser only")
        return
    from prometheus_client.parser import text_string_to_metric_families
    theirs = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation and family.type in ("counter", "gauge", "histogram"), family
        for s in family.samples:
            theirs[(s.name, tuple(sorted(s.labels.items())))] = s.value
    ours = {(name, tuple(sorted(re.findall(r'([a-z_]+)="([^"]*)"', labels)))): value
            for name, rows in samples.items() for labels, value in rows.items()}
    assert theirs == ours, set(theirs.items()) ^ set(ours.items())


def get(port, path="/metrics", method="GET"):
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    c.request(method, path)
    answer = c.getresponse()
    body = answer.read().decode()
    c.close()
    return answer, body


def requests_of(samples, method, route, status):
    return samples["countersign_requests_total"].get(
        f'{{method="{method}",route="{route}",status="{status}"}}', 0)


def test():
    with Service(gateway_options=["--allow-mock", "--metrics-bind", "127.0.0.1:0"]) as s:
        port = s.ready["metricsPort"]
        assert f":{port}" not in s.url
        policy = s.policy()
        key = s.key("k", attestationPolicyId=policy)
        for i in range(7):
            assert s.sign("k", b"%d" % i).status == 200
        assert s.sign("nobody", b"x").status == 404
        assert s.client.get("/no/such/route").status == 404
        assert s.client.call("GET", "/metrics").status == 404, "the API's own listener has no metrics"
        wrong = s.policy(matchRules={"allowedImageHashes": ["0" * 64],
                                     "rootPublicKeyB64": s.client.get("/v1/enclave").data["rootPublicKeyB64"]})
        assert s.client.post("/v1/hybrid-keys", {"name": "bad", "attestationPolicyId": wrong}).status == 422

        answer, text = get(port)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        samples = read_strictly(text)
        check_histograms(samples)
        check_with_judge(text, samples)
        assert requests_of(samples, "POST", "/v1/sign", 200) == 7
        assert requests_of(samples, "POST", "/v1/sign", 404) == 1
        assert requests_of(samples, "other", "other", 404) == 2
        assert samples["countersign_stage_seconds_count"]['{stage="enclave"}'] == 7
        entries = samples["countersign_ledger_entries_total"]
        assert entries['{type="signature.attested"}'] == 7
        assert samples["countersign_violations_total"][""] == entries['{type="attestation.violation"}'] == 1
        assert samples["countersign_connections"][""] >= 1
        assert samples["countersign_store_broken"][""] == 0
        assert samples["process_start_time_seconds"][""] > 1.6e9
        for secret in (s.api_key, key["id"], s.first["orgId"], policy):
            assert secret not in text, "a metric names somebody"

        assert get(port, "/v1/enclave")[0].status == 404
        assert get(port, method="POST")[0].status in (400, 405)
        answer, text = get(port, method="DELETE")
        assert answer.status == 405 and json.loads(text)["code"] == "METHOD_NOT_ALLOWED"
        assert answer.headers["Allow"] == "GET"

        # A request that is none is counted, too.
        before = requests_of(samples, "other", "other", 400)
        c = http.client.HTTPConnection(s.url.split("//")[1], timeout=30)
        c.connect()
        c.sock.sendall(b"GET /x HTTP/1.0\r\n\r\n")
        assert b" 400 " in c.sock.recv(4096)
        c.close()
        assert requests_of(read_strictly(get(port)[1]), "other", "other", 400) == before + 1


if __name__ == "__main__":
    sys.exit(run(test))
