#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""protocol/openapi.yaml is the contract: a linter passes it, it has the gateway's routes and no others, every example
in it is replayed against the gateway, and every answer is what it says."""

import ast
import http.client
import json
import os
import re

from flow import Service, b64, run
from flow_node import JUDGE, SOURCE, Node
from flow_pair import Pq, Signer, hexed

DOCUMENT = os.path.join(SOURCE, "protocol", "openapi.yaml")
API_KEY = "cs_sec_live_0123456789012345678901234567890123456789012AAAAAA"  # as the document writes it


class Judge(Node):
    def lint(self):
        self.run("node_modules/@redocly/cli/bin/cli.js", "lint", DOCUMENT, "--config", os.path.join(JUDGE, "redocly.yaml"))

    def document(self):
        return json.loads(self.run("openapi.mjs", "json", DOCUMENT))

    def validate(self, answers):
        path = os.path.join(self.folder, "answers.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(answers, f)
        self.run("openapi.mjs", "validate", DOCUMENT, path)


# -- the document against the sources --------------------------------------------------------------------------------


def source(name):
    with open(os.path.join(SOURCE, "src", name), encoding="utf-8") as f:
        return re.sub(r'("[^"\n]*")|/\*.*?\*/', r"\1", f.read(), flags=re.S)  # without comments


def scopes_of(expression):
    """None for an open route, [] for any API key, else the names of which one is needed."""
    bits = dict(re.findall(r"#define CS_SCOPE_(\w+) (\d+)u", source("gateway/auth.h")))
    if expression in ("OPEN", "ANY_SCOPE"):
        return None if expression == "OPEN" else []
    numbers = re.sub(r"CS_SCOPES_SECRET", str(sum(map(int, bits.values()))), expression)
    value = eval(compile(ast.parse(re.sub(r"CS_SCOPE_(\w+)", lambda m: bits[m[1]], numbers), mode="eval"), "", "eval"))
    return [name.lower().replace("_", "-") for name, bit in bits.items() if value & int(bit)]


def routes():
    found = re.findall(r'\{"(\w+)", "(/[^"]*)", ([^,]*), ([^,]*), CS_POOL_\w+,\s*cs_\w+\}', source("gateway/routes.c"))
    assert len(found) > 40, "the table of routes is not read"
    return [(method, re.sub(r":(\w+)", r"{\1}", path), scopes_of(scopes), flags) for method, path, scopes, flags in found]


def same_routes(document):
    told = {(method.upper(), path): operation for path, methods in document["paths"].items()
            for method, operation in methods.items()}
    for method, path, scopes, flags in routes():
        if path in ("/", "/assets/*", "/licenses.txt"):  # the dashboard's files are no part of the API
            continue
        if path.endswith("*"):
            below = [key for key in told if key[1].startswith(path[:-1])]
            assert below and all(told.pop(key)["security"] == [{}] for key in below), path
            continue
        operation = told.pop((method, path), None)
        assert operation is not None, f"{method} {path} is not in the document"
        assert operation.get("x-scopes") == scopes, (method, path, scopes, operation.get("x-scopes"))
        parameters = [resolve(document, p) for p in operation.get("parameters", [])]
        assert any(p["in"] == "query" for p in parameters) == ("QUERY" in flags), (method, path)
        assert any(p["name"] == "Idempotency-Key" for p in parameters) == (method == "POST"), (method, path)
        assert ("requestBody" in operation) == ("BODY" in flags) or method == "POST", (method, path)
    assert not told, f"not in the gateway: {list(told)}"


def same_codes(document):
    codes = re.findall(r"CS_ERR\((\w+),", source("core/err_table.h"))
    assert document["components"]["schemas"]["Code"]["enum"] == codes[1:], "the codes of the document are not the table's"


# -- the replay --------------------------------------------------------------------------------------------------------


def resolve(document, value):
    while "$ref" in value:
        name = value["$ref"]
        value = document
        for part in name.split("/")[1:]:
            value = value[part]
    return value


def find(value, path):
    for part in path.split("."):
        value = value[int(part)] if part.isdigit() else value[part]
    return value


CHALLENGE, PROOF = "0x636f756e746572736967", "0x5f6e7d8c9bab"


def pair_of_the_examples(pq):
    """What really stands for the signatures and keys of the examples of Hybrid Attest."""
    signer, stranger, message = Signer(1), Pq("65"), bytes.fromhex("48656c6c6f20576f726c64")
    return {"0x3045022100c0ffee": hexed(signer.signature(message, form="der")), "0x04a1b2c3d4e5f6": hexed(signer.forms[65]),
            "0x7a8b9c0d1e2f3a4b": hexed(pq.sign(message)), "0x1a2b3c4d5e6f7a8b": hexed(pq.public),
            "0x7a8b9c0d1e2f3a4c": hexed(stranger.sign(message)), "0x1a2b3c4d5e6f7a8c": hexed(stranger.public)}


class Replay:
    def __init__(self, document, service):
        self.document, self.service = document, service
        self.pq = Pq("65")
        # what stands for the values of the examples
        self.live = {API_KEY: service.api_key, **pair_of_the_examples(self.pq)}
        self.session = {}
        self.answers = []

    def steps(self):
        """Every request of the document in its order, and where it stands."""
        found = []
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                for step in operation["x-replay"]:
                    found.append((step["at"], len(found), method.upper(), path, operation, step))
        return [entry[2:] for entry in sorted(found, key=lambda entry: entry[:2])]

    def put(self, value):
        if isinstance(value, dict):
            return {name: self.put(inner) for name, inner in value.items()}
        if isinstance(value, list):
            return [self.put(inner) for inner in value]
        if isinstance(value, str):
            for example in sorted(self.live, key=len, reverse=True):
                value = value.replace(example, self.live[example])
        return value

    def credentials(self, step):
        auth = step.get("auth", "secret")
        if auth == "session":
            csrf = {"X-CSRF-Token": self.session["csrf"]} if step.get("csrf", True) else {}
            return {"Cookie": self.session["cookie"], **csrf}
        key = {"secret": self.service.api_key, "publishable": self.service.publishable, "none": None}[auth]
        return {"Authorization": "Bearer " + key} if key else {}

    def body(self, operation, step):
        if "body" in step:
            return step["body"]
        if "example" not in step:
            return None
        return operation["requestBody"]["content"]["application/json"]["examples"][step["example"]]["value"]

    def path(self, path, step):
        for name, value in {**step.get("path", {}), **({"id": step["id"]} if "id" in step else {})}.items():
            path = path.replace("{" + name + "}", self.put(value))
        assert "{" not in path, f"no value for {path}"
        query = "&".join(f"{name}={self.put(value)}" for name, value in step.get("query", {}).items())
        return path + ("?" + query if query else "")

    def ask(self, method, path, operation, step):
        headers = self.credentials(step)
        body = self.body(operation, step)
        if body is not None:
            body = json.dumps(self.put(body))
            headers["Content-Type"] = "application/json"
        headers.update(step.get("headers", {}))
        connection = http.client.HTTPConnection(self.service.url.split("//")[1], timeout=30)
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        raw = self.read_event(response) if "stream" in step else response.read()
        response.close()
        connection.close()
        told = f"{method} {path}: {response.status} {raw[:1000]!r}"
        assert response.status == step["status"], told
        kind = response.headers["Content-Type"]
        answer = {"operationId": operation["operationId"], "status": response.status, "type": kind,
                  "headers": [name.lower() for name in response.headers], "event": step.get("stream"),
                  "body": json.loads(raw) if "json" in kind or "stream" in step else None}
        self.answers.append(answer)
        if step.get("session"):
            self.session = {"cookie": response.headers["Set-Cookie"].split(";")[0], "csrf": answer["body"]["data"]["csrfToken"]}
        return answer["body"]

    @staticmethod
    def read_event(response):
        while True:
            line = response.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: "):
                return line[6:]

    def follow(self, method, path, operation, step, body):
        """The next page of a listing that has one."""
        cursor = (body or {}).get("pagination", {}).get("nextCursor")
        if step["status"] == 200 and cursor:
            self.ask(method, path + ("&" if "?" in path else "?") + "cursor=" + cursor, operation, step)

    def run(self):
        for method, template, operation, step in self.steps():
            path = self.path(template, step)
            body = self.ask(method, path, operation, step)
            for where, example in step.get("save", {}).items():
                self.live[example] = find(body, where)
                if example == CHALLENGE:
                    self.live[PROOF] = hexed(self.pq.sign(bytes.fromhex(self.live[CHALLENGE][2:])))
            for where, value in step.get("holds", {}).items():
                assert find(body, where) == self.put(value), (operation["operationId"], where)
            self.follow(method, path, operation, step, body)


def everything_is_replayed(document):
    """Every request example and every parameter but the general ones."""
    for methods in document["paths"].values():
        for operation in methods.values():
            by = operation.get("x-replayed-by")
            assert by is None or os.path.exists(os.path.join(SOURCE, "test", "flow", by)), by
            steps = operation["x-replay"]
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            assert set(body.get("examples", {})) == {s["example"] for s in steps if "example" in s}, operation["operationId"]
            queries = {name for s in steps for name in s.get("query", {})}
            for p in (resolve(document, p) for p in operation.get("parameters", [])):
                asked = p["in"] != "query" or p["name"] in queries or p["name"] in ("limit", "cursor")
                assert asked, (operation["operationId"], p["name"])


def test():
    with Judge("openapi.mjs") as node:
        node.lint()
        document = node.document()
        same_routes(document)
        same_codes(document)
        everything_is_replayed(document)
        with Service(gateway_options=("--allow-mock", "--rate-limit", "1000", "--address-rate-limit", "0")) as s:
            filler = {"keyId": s.key("filler")["id"], "payload": b64(b"one of many")}
            assert s.client.post("/v1/sign/batch", {"items": [filler] * 256}).status == 200  # a tile that is full
            replay = Replay(document, s)
            replay.run()
            s.alive()
        node.validate(replay.answers)


if __name__ == "__main__":
    run(test)
