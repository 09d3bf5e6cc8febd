#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard over the wire: small, kept by browsers, not sent again; and gone with --no-dashboard."""

import gzip
import re
import urllib.request
from urllib.error import HTTPError

from flow import Service, run


def get(s, path, method="GET", **headers):
    request = urllib.request.Request(s.url + path, method=method, headers={k.replace("_", "-"): v for k, v in headers.items()})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.headers, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


def served(s):
    status, headers, page = get(s, "/")
    assert status == 200 and headers["Content-Type"] == "text/html; charset=utf-8" and headers["Cache-Control"] == "no-cache"
    assert headers["X-Content-Type-Options"] == "nosniff" and "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    status, again, body = get(s, "/", If_None_Match=headers["ETag"])
    assert (status, body) == (304, b"") and again["ETag"] == headers["ETag"] and again["Content-Length"] is None
    assert get(s, "/", "HEAD")[1]["Content-Length"] == str(len(page))
    for path in re.findall(rb'(?:src|href)="\.(/assets/[^"]+)"', page):
        _, plain, whole = get(s, path.decode())
        _, packed, small = get(s, path.decode(), Accept_Encoding="gzip, br")
        assert "immutable" in plain["Cache-Control"] and gzip.decompress(small) == whole if packed["Content-Encoding"] else small == whole
        assert packed["Vary"] == "Accept-Encoding" and (packed["ETag"] == plain["ETag"]) == (packed["Content-Encoding"] is None)
    # The connection goes on behind a 304.
    answers = [s.client.call("GET", "/livez"), s.client.call("GET", "/livez")]
    assert all(answer.status == 200 for answer in answers)


def test():
    with Service() as s:
        served(s)
    with Service(gateway_options=("--allow-mock", "--no-dashboard")) as s:
        for path in ("/", "/assets/x.js", "/licenses.txt"):
            status, headers, _ = get(s, path)
            assert status == 404 and headers["Content-Type"] == "application/json" and headers["ETag"] is None, path
        assert s.client.get("/v1/hybrid-keys").status == 200


run(test)
