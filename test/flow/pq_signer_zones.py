#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The PQ Signer door as it is deployed: clients with certificates, gateway and agent on two machines with TLS between them,
key records in DynamoDB, the KMS behind the agent; the command lines are the documented ones. A thousand requests for one
user_id have one winner."""

import concurrent.futures
import http.client
import json
import os
import ssl
import threading

from agent_mtls import free_port
from flow import program, run
from flow_dynamo import CREDENTIALS, Dynalite, Way, call
from flow_pq import Door, Zones, good, refused, verify_birth
from tls import Authority

RACERS = 1000


class Deployed(Zones):
    def __init__(self, dynamo, **more):
        self.dynamo, self.port = dynamo, free_port()
        self.certificates = None
        super().__init__(environment=CREDENTIALS, **more)

    def issue(self):
        """An authority for the link between the zones, and one for clients."""
        if self.certificates is None:
            inside, outside = Authority(self.folder, "inside"), Authority(self.folder, "outside")
            self.inside, self.outside = self.path("inside.pem"), self.path("outside.pem")
            self.certificates = inside.issue("host", "serverAuth"), inside.issue("front", "clientAuth")
            self.front = outside.issue("door", "serverAuth")
            self.custodian = outside.issue("custodian", "clientAuth")
            self.stranger = inside.issue("stranger", "clientAuth")
            self.given = ["--table", "pq-keys", "--dynamodb-endpoint", self.dynamo, "--tls-cert", self.front + ".pem", "--tls-key",
                          self.front + ".key", "--tls-client-ca", self.outside, "--tls-client-auth", "optional"]
        return self.certificates

    def start_agent(self):
        host, _ = self.issue()
        self.spawn("agent", [program("countersign-agent"), "serve-mtls", "--enclave", "unix:" + self.path("enclave.sock"),
                             "--listen-host", "127.0.0.1", "--listen-port", str(self.port), "--client-ca", self.inside, "--server-cert",
                             host + ".pem", "--server-key", host + ".key", *self.kms_agent_options()], env=self.cloud_environment())

    def kept(self, user_id):
        connection = Certified(self, None).connection
        connection.request("GET", "/v1/pq-signer/record?userId=" + user_id, headers={"Authorization": "Bearer " + self.api_key})
        return json.loads(connection.getresponse().read())["data"]

    def agent_options(self):
        _, front = self.issue()
        return ["--host", f"localhost:{self.port}", "--ca", self.inside, "--client-cert", front + ".pem", "--client-key",
                front + ".key"]


class Certified(Door):
    """A client with a certificate and nothing else."""

    def __init__(self, z, certificate):
        context = ssl.create_default_context(cafile=z.outside)
        if certificate:
            context.load_cert_chain(certificate + ".pem", certificate + ".key")
        host, port = z.url.split("//")[1].split(":")
        host = "localhost" if host == "127.0.0.1" else host
        self.service, self.connection = z, http.client.HTTPSConnection(host, int(port), context=context, timeout=60)

    def ask(self, request_type, payload, headers=None):
        self.connection.request("POST", "/v1/pq-signer", json.dumps({"request_type": request_type, "payload": payload}),
                                {"Content-Type": "application/json", **(headers or {})})
        response = self.connection.getresponse()
        return response.status, dict(response.getheaders()), json.loads(response.read())


def is_shut_out(z, certificate):
    try:
        Certified(z, certificate).sign("wallet")
    except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
        return True
    return False


def clients(z):
    door = Certified(z, z.custodian)
    made = good(door.make("wallet"))
    z.birth = made["birth_attestation"]
    signed = good(door.sign("wallet", request_attestation=True))
    assert signed["mldsa_public_key"] == made["mldsa_pubkey"]
    key = {"Authorization": "Bearer " + z.api_key}
    good(Certified(z, None).ask("sign", {"alg": "ML-DSA-44", "user_id": "wallet", "message": "aGk="}, key))
    answer = Certified(z, None).sign("wallet")
    assert answer[0] == 401 and answer[2]["error"] == "malformed-request", answer
    bad = {"Authorization": "Bearer " + z.api_key[:-1] + "x"}
    assert door.ask("sign", {}, bad)[0] == 401, "who shows an API key is judged by it"
    assert is_shut_out(z, z.stranger), "a certificate of the inner authority"
    actors = {e["actorId"] for e in z.entries() if e["eventType"].startswith("pq_signer.")}
    assert any(a.startswith("cert_") and len(a) == 37 for a in actors) and z_is_key(actors), actors


def z_is_key(actors):
    return any(a.startswith("ak_") for a in actors)


def records(z):
    items = call(z.dynamo_url, "Scan", {"TableName": "pq-keys"})["Items"]
    mine = [i for i in items if i["user_id"]["S"] == "wallet"]
    assert len(mine) == 1 and set(mine[0]) == {"user_id", "org", "alg", "kms_key_arn", "key_release", "created_at_ms",
                                               "mldsa_pubkey", "sealed"}
    assert z.record("wallet") == (None, None), "nothing in the store"
    code, out, err = verify_birth(z, z.birth, "wallet")
    assert code == 0, (out, err)


def one_winner(z):
    """As many at a time as there are workers, and all answers but one are the same refusal."""
    local = threading.local()

    def make(_):
        if not hasattr(local, "door"):
            local.door = Certified(z, z.custodian)
        return local.door.make("contested")
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(make, range(RACERS)))
    winners = [a for a in answers if a[0] == 200]
    assert len(winners) == 1, [a[0] for a in answers][:40]
    for answer in answers:
        if answer[0] != 200:
            refused(answer)
    assert good(Certified(z, z.custodian).sign("contested"))["mldsa_public_key"] == winners[0][2]["mldsa_pubkey"]
    made = [e for e in z.entries() if e["eventType"] == "pq_signer.key_created"]
    assert len({e["subjectId"] for e in made}) == len(made), "one entry for each key"


def lost_answers(z):
    door = Certified(z, z.custodian)
    z.way.plan[:] = ["pass", "lose"] # the look at what is there, then the put
    made = good(door.make("lost"))
    assert good(door.sign("lost"))["mldsa_public_key"] == made["mldsa_pubkey"]
    z.way.plan[:] = ["busy"] * 50
    refused(door.sign("lost"), "internal-error")
    z.way.plan[:] = ["drop"] * 50
    refused(door.make("never"), "internal-error")
    z.way.plan[:] = []
    refused(door.sign("never"))


def roles(z):
    """Neither side has what is the other's: no option, and no library."""
    for name, options in (("countersign-gateway", "--kms-endpoint"), ("countersign-agent", "--table")):
        help_text = os.popen(f"{program(name)} serve{'-http' if 'gateway' in name else '-mtls'} --help").read()
        assert options not in help_text and "Usage" in help_text


def test():
    with Dynalite() as dynalite, Way(dynalite.url) as way:
        with Deployed(way.url) as z:
            z.way, z.dynamo_url = way, dynalite.url
            clients(z)
            records(z)
            one_winner(z)
            lost_answers(z)
            roles(z)
            z.alive()


if __name__ == "__main__":
    run(test)
