// SPDX-License-Identifier: Apache-2.0
//
// What pq.mjs left, judged without the service: answers.json with records.json, which is what the operator keeps of the
// keys, under manifest.json.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import { verifyBirth, verifyPqSignature } from "@countersign/sdk/verify";

const manifest = readFileSync("manifest.json");
const [answers, records] = ["answers.json", "records.json"].map((name) => JSON.parse(readFileSync(name)));
const { pcrs, root_sha256 } = JSON.parse(manifest);

async function judgeBirth({ key }, record) {
  const birth = { birthAttestation: key.birth_attestation, manifest, keyRecord: record, allowSoftwareNsm: true };
  const born = await verifyBirth(birth);
  assert.deepEqual([born.reason, born.software_nsm, born.verified_pcrs, born.nitro_root_der_sha256], ["OK", true, pcrs, root_sha256]);
  assert.equal(key.mldsa_pubkey, record.mldsa_pubkey);
  assert.equal((await verifyBirth({ ...birth, allowSoftwareNsm: false })).reason, "ATT_MOCK_REFUSED");
  assert.equal((await verifyBirth({ ...birth, keyRecord: { ...record, user_id: "another" } })).reason, "BIRTH_USER");
}

async function judgeSignatures({ alg, key, message, plain, attested }) {
  const options = { alg, publicKey: key.mldsa_pubkey, message, signature: plain.mldsa_signature };
  assert.equal((await verifyPqSignature(options)).reason, "OK");
  assert.equal((await verifyPqSignature({ ...options, message: "another" })).reason, "BAD_SIGNATURE");
  const attestation = { document: attested.attestation, manifest, allowSoftwareNsm: true };
  const proven = { ...options, signature: attested.mldsa_signature, attestation };
  const judged = await verifyPqSignature(proven);
  assert.deepEqual([judged.reason, judged.attestation.software_nsm], ["OK", true]);
  assert.equal((await verifyPqSignature({ ...options, attestation })).reason, "ATT_COMMITMENT_MISMATCH");
  const strict = { ...attestation, allowSoftwareNsm: false };
  assert.equal((await verifyPqSignature({ ...proven, attestation: strict })).reason, "ATT_MOCK_REFUSED");
}

assert.equal(answers.length, 3);
for (const answer of answers) {
  await judgeBirth(answer, records.find((record) => record.user_id === answer.key.user_id));
  await judgeSignatures(answer);
}
console.log("ok");
