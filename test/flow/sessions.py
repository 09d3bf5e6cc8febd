#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A browser exchanges an API key for a cookie; what it changes needs the CSRF token, too; both end when they should."""

from flow import Client, Service, run

ROUTE = "/v1/session"


def login(s, api_key):
    answer = Client(s.url, "").post(ROUTE, {"apiKey": api_key})
    assert answer.status == 200, answer
    return answer, answer.headers["Set-Cookie"].split(";")[0], answer.data["csrfToken"]


def cookie_of(answer):
    parts = [p.strip() for p in answer.headers["Set-Cookie"].split(";")]
    return parts[0], set(parts[1:])


def call(s, method, path, cookie, csrf=None, body=None, **headers):
    head = {"Cookie": cookie, **({"X-CSRF-Token": csrf} if csrf is not None else {}), **headers}
    return s.client.call(method, path, body, api_key="", headers=head)


def refused(answer, status, code):
    assert (answer.status, answer.code) == (status, code), answer


def begin(s):
    answer, cookie, csrf = login(s, s.api_key)
    data = answer.data
    assert data["org"] == "flow" and data["orgId"] == s.first["orgId"] and data["environment"] == "live"
    assert "admin" in data["scopes"] and data["expiresAt"].endswith("Z")
    pair, attributes = cookie_of(answer)
    assert pair.startswith("cs_session=") and len(pair) == len("cs_session=") + 43
    assert attributes == {"Path=/", "Max-Age=28800", "HttpOnly", "SameSite=Strict"}, "plain loopback: not Secure"
    assert csrf not in cookie
    return cookie, csrf, data


def ask_again(s, cookie, csrf, first):
    """A page that was loaded anew has the cookie alone; who has an API key, or nothing, has no session."""
    answer = call(s, "GET", ROUTE, cookie)
    assert answer.data == first and answer.data["csrfToken"] == csrf, answer
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Set-Cookie"] is None
    assert answer.headers["Access-Control-Allow-Origin"] is None
    refused(s.client.get(ROUTE), 404, "NOT_FOUND")
    refused(s.client.get(ROUTE, api_key=""), 401, "UNAUTHENTICATED")
    refused(call(s, "GET", ROUTE, "cs_session=" + "A" * 43), 401, "UNAUTHENTICATED")
    refused(call(s, "GET", ROUTE, cookie, Authorization="Bearer " + s.api_key), 404, "NOT_FOUND")


def use(s, cookie, csrf):
    assert call(s, "GET", "/v1/hybrid-keys", cookie).status == 200
    assert call(s, "HEAD", "/v1/hybrid-keys", cookie).status == 200
    assert call(s, "GET", "/v1/hybrid-keys", "a=b; " + cookie + "; c=d").status == 200
    key = call(s, "POST", "/v1/hybrid-keys", cookie, csrf, {"name": "from a browser"}).data["id"]
    signed = call(s, "POST", "/v1/sign", cookie, csrf, {"keyId": key, "payload": ""})
    assert signed.status == 200
    return key


def without_token(s, cookie, csrf, key):
    """Nothing changes without the session's own token, whatever else is sent."""
    before = len(s.entries())
    _, _, other = login(s, s.api_key)
    for token in (None, "", "x", csrf[:-1], csrf + "A", csrf.lower(), other, cookie.split("=")[1]):
        for method, path, body in (("POST", "/v1/hybrid-keys", {"name": "forged"}),
                                   ("POST", "/v1/sign", {"keyId": key, "payload": ""}),
                                   ("DELETE", "/v1/hybrid-keys/" + key, None), ("DELETE", ROUTE, None),
                                   ("POST", "/v1/api-keys", {"name": "x", "type": "secret", "environment": "live",
                                                             "scopes": ["admin"]})):
            refused(call(s, method, path, cookie, token, body), 403, "CSRF")
    events = [e["eventType"] for e in s.entries()[before:]]
    assert events in (["apikey.session_created", "apikey.refused"], ["apikey.session_created"]), events
    assert s.client.get("/v1/hybrid-keys/" + key).data["status"] == "active"


def bearer_wins(s, cookie, csrf):
    both = {"Authorization": "Bearer " + s.publishable}
    refused(call(s, "POST", "/v1/hybrid-keys", cookie, csrf, {"name": "x"}, **both), 403, "FORBIDDEN")
    refused(call(s, "GET", "/v1/hybrid-keys", cookie, csrf, Authorization="Bearer nonsense"), 401, "UNAUTHENTICATED")
    refused(call(s, "GET", "/v1/hybrid-keys", cookie, csrf, Authorization="nonsense"), 401, "UNAUTHENTICATED")
    with_key = {"Authorization": "Bearer " + s.api_key}
    assert call(s, "POST", "/v1/hybrid-keys", cookie, None, {"name": "by key"}, **with_key).status == 200
    refused(call(s, "DELETE", ROUTE, cookie, None, **with_key), 404, "NOT_FOUND")


def bad_logins(s):
    for body, status, code in (({}, 400, "MISSING_FIELD"), ({"apiKey": ""}, 401, "UNAUTHENTICATED"),
                               ({"apiKey": 1}, 400, "BAD_FIELD"), ({"apiKey": "x" * 300}, 400, "BAD_FIELD"),
                               ({"apiKey": s.api_key, "x": 1}, 400, "UNKNOWN_FIELD"),
                               ({"apiKey": s.api_key[:-1]}, 401, "UNAUTHENTICATED"),
                               ({"apiKey": "Bearer " + s.api_key}, 401, "UNAUTHENTICATED")):
        answer = s.client.post(ROUTE, body, api_key="")
        refused(answer, status, code)
        assert answer.headers["Set-Cookie"] is None
    for cookie in ("cs_session=", "cs_session=" + "A" * 43, "x=y", "cs_session=" + s.api_key):
        refused(call(s, "GET", "/v1/hybrid-keys", cookie), 401, "UNAUTHENTICATED")
    plain = s.client.call("POST", ROUTE, '{"apiKey":"%s"}' % s.api_key, api_key="",
                          headers={"Content-Type": "text/plain"})
    refused(plain, 415, "BAD_MEDIA_TYPE")  # what a form of another site can send


def end(s, cookie, csrf):
    refused(call(s, "DELETE", ROUTE, cookie), 403, "CSRF")
    answer = call(s, "DELETE", ROUTE, cookie, csrf)
    assert answer.status == 200
    pair, attributes = cookie_of(answer)
    assert pair == "cs_session=" and "Max-Age=0" in attributes
    refused(call(s, "GET", "/v1/hybrid-keys", cookie), 401, "UNAUTHENTICATED")
    refused(call(s, "DELETE", ROUTE, cookie, csrf), 401, "UNAUTHENTICATED")
    refused(call(s, "GET", ROUTE, cookie), 401, "UNAUTHENTICATED")


def dies_with_its_key(s):
    body = {"name": "login", "type": "secret", "environment": "live", "scopes": ["keys"]}
    key = s.client.post("/v1/api-keys", body).data
    _, cookie, csrf = login(s, key["apiKey"])
    assert call(s, "GET", "/v1/hybrid-keys", cookie).status == 200
    refused(call(s, "POST", "/v1/sign", cookie, csrf, {"keyId": "x", "payload": ""}), 403, "FORBIDDEN")
    s.client.delete("/v1/api-keys/" + key["id"])
    refused(call(s, "GET", "/v1/hybrid-keys", cookie), 401, "UNAUTHENTICATED")
    refused(s.client.post(ROUTE, {"apiKey": key["apiKey"]}, api_key=""), 401, "UNAUTHENTICATED")


def survives(s, cookie):
    """A session is in the store, as a keyed hash; a restart does not end it. One of another org is of that org."""
    s.stop("gateway")
    other = s.other_org()
    s.start_gateway()
    assert call(s, "GET", "/v1/hybrid-keys", cookie).status == 200
    answer, theirs, csrf = login(s, other)
    found = call(s, "GET", ROUTE, theirs).data
    assert found == answer.data and found["org"] == "other" and found["orgId"] != s.first["orgId"], found
    assert call(s, "GET", ROUTE, cookie).data["org"] == "flow"
    assert call(s, "GET", "/v1/hybrid-keys", theirs).data == []
    refused(call(s, "DELETE", ROUTE, cookie, csrf), 403, "CSRF")
    token = cookie.split("=")[1].encode()
    for suffix in ("", "-wal"):
        with open(s.store + suffix, "rb") as f:
            assert token not in f.read()
    assert token.decode() not in s.log("gateway")


def test():
    with Service() as s:
        cookie, csrf, first = begin(s)
        ask_again(s, cookie, csrf, first)
        key = use(s, cookie, csrf)
        without_token(s, cookie, csrf, key)
        bearer_wins(s, cookie, csrf)
        bad_logins(s)
        dies_with_its_key(s)
        survives(s, cookie)
        end(s, cookie, csrf)
        events = [e["eventType"] for e in s.entries()]
        assert events.count("apikey.session_created") == 3 and events.count("apikey.session_ended") == 1, events
        s.alive()


if __name__ == "__main__":
    run(test)
