# SPDX-License-Identifier: Apache-2.0
"""dynalite, somebody else's DynamoDB; and a way to it that loses answers."""

import http.client
import http.server
import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from flow_node import JUDGE, Node

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1"}
TABLE = {"TableName": "pq-keys", "AttributeDefinitions": [{"AttributeName": "user_id", "AttributeType": "S"}],
         "KeySchema": [{"AttributeName": "user_id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}


def call(url, operation, body):
    connection = http.client.HTTPConnection(url.split("//")[1], timeout=60)
    connection.request("POST", "/", json.dumps(body), {
        "X-Amz-Target": "DynamoDB_20120810." + operation, "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Date": "20260101T000000Z", "Authorization":
        "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00"})
    answer = connection.getresponse()
    text = json.loads(answer.read())
    connection.close()
    assert answer.status == 200, text
    return text


def make_table(url):
    call(url, "CreateTable", TABLE)
    deadline = time.monotonic() + 30
    while call(url, "DescribeTable", {"TableName": TABLE["TableName"]})["Table"]["TableStatus"] != "ACTIVE":
        assert time.monotonic() < deadline
        time.sleep(0.05)


class Dynalite:
    """On a free port, with the table; ends the script as skipped where npm has no packages for it."""

    def __init__(self):
        self.node = Node(judge=os.path.join(JUDGE, "dynamo"))
        self.folder = tempfile.mkdtemp(prefix="cs-dynalite-")
        with socket.create_server(("127.0.0.1", 0)) as s:
            port = s.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(
                ["node", os.path.join(self.node.folder, "node_modules", "dynalite", "cli.js"), "--port", str(port),
                 "--createTableMs", "0"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)
        deadline = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)) != 0:
            assert self.process.poll() is None and time.monotonic() < deadline, "dynalite does not start"
            time.sleep(0.05)
        make_table(self.url)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, tb):
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.folder)
        self.node.__exit__(kind, value, tb)


class Way:
    """A way to a service: `plan` says for each request whether its answer arrives ("pass"), gets lost after it was done
    ("lose"), the request gets lost ("drop"), or the service is said to be overloaded, before ("busy") or after it was done
    ("late"). Behind the plan everything passes."""

    def __init__(self, to, plan=()):
        self.plan, self.seen = list(plan), []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                fate = outer.plan.pop(0) if outer.plan else "pass"
                outer.seen.append((fate, self.headers["X-Amz-Target"].split(".")[1], json.loads(body)))
                if fate not in ("drop", "busy"):
                    connection = http.client.HTTPConnection(to.split("//")[1], timeout=60)
                    connection.request("POST", "/", body, dict(self.headers))
                    answer = connection.getresponse()
                    text = answer.read()
                    connection.close()
                if fate in ("lose", "drop"):
                    self.close_connection = True
                    return
                if fate in ("busy", "late"):
                    self.reply(500, b'{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError"}')
                else:
                    self.reply(answer.status, text)

            def reply(self, status, text):
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
