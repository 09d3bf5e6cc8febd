// SPDX-License-Identifier: Apache-2.0
//
// The corpus of births, run as its member `about` says; and signatures of the PQ Signer door.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ml_dsa44 } from "@noble/post-quantum/ml-dsa.js";

import { verifyBirth, verifyPqSignature } from "../src/verify/birth.js";
import { CountersignError } from "../src/verify/errors.js";
import { readVectors } from "./files.js";

interface Edit {
  readonly from: string;
  readonly to: string;
}

interface BirthCase {
  readonly name: string;
  readonly of: number;
  readonly reason?: string;
  readonly unusable?: boolean;
  readonly document?: string;
  readonly manifest?: Edit;
  readonly record?: Edit;
  readonly allowSoftwareNsm?: boolean;
}

interface Corpus {
  readonly births: readonly { readonly manifest: string; readonly record: string }[];
  readonly cases: readonly BirthCase[];
}

const { births, cases } = readVectors<Corpus>("birth-cases.json");

function edited(text: string, edit: Edit | undefined): string {
  if (edit === undefined) return text;
  assert.ok(text.includes(edit.from), edit.from);
  return text.replace(edit.from, () => edit.to);
}

const goodOf = (of: number) => cases.find((c) => c.of === of && c.reason === "OK" && c.document !== undefined)?.document as string;

function optionsOf(c: BirthCase) {
  const { manifest, record } = births[c.of] as { manifest: string; record: string };
  return {
    birthAttestation: c.document ?? goodOf(c.of),
    manifest: edited(manifest, c.manifest),
    keyRecord: edited(record, c.record),
    allowSoftwareNsm: c.allowSoftwareNsm ?? true,
  };
}

for (const [i, c] of cases.entries())
  test(`birth ${i}: ${c.name}`, async () => {
    const run = () => verifyBirth(optionsOf(c));
    if (c.unusable === true) return void (await assert.rejects(run, CountersignError));
    const verdict = await run();
    assert.deepEqual([verdict.reason, verdict.ok, verdict.verified_pcrs !== null], [c.reason, c.reason === "OK", c.reason === "OK"]);
    assert.equal(verdict.software_nsm, true);
    return undefined;
  });

test("what a verdict on a birth shows", async () => {
  const good = await verifyBirth(optionsOf({ name: "", of: 0 }));
  const manifest = JSON.parse(births[0]?.manifest ?? "") as { pcrs: object; root_sha256: string };
  assert.deepEqual(good.verified_pcrs, manifest.pcrs);
  assert.equal(good.nitro_root_der_sha256, manifest.root_sha256);
  assert.equal(good.attested_at, "2026-01-15T10:30:00.000Z");
  const production = await verifyBirth({ ...optionsOf({ name: "", of: 0 }), allowSoftwareNsm: undefined });
  assert.deepEqual([production.reason, production.attested_at], ["ATT_MOCK_REFUSED", null]);
});

test("a signature, and a document that is not of it", async () => {
  const { publicKey, secretKey } = ml_dsa44.keygen(new Uint8Array(32).fill(9));
  const message = Buffer.from("a transaction");
  const signature = ml_dsa44.sign(message, secretKey);
  const options = { publicKey, message, signature };
  assert.deepEqual(await verifyPqSignature(options), { ok: true, reason: "OK", attestation: null });
  const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  assert.equal((await verifyPqSignature({ publicKey: b64(publicKey), message, signature: b64(signature) })).ok, true);
  assert.equal((await verifyPqSignature({ ...options, message: "another" })).reason, "BAD_SIGNATURE");
  assert.equal((await verifyPqSignature({ ...options, publicKey: publicKey.subarray(1) })).reason, "BAD_PUBLIC_KEY");
  assert.equal((await verifyPqSignature({ ...options, alg: "ML-DSA-65" })).reason, "BAD_PUBLIC_KEY");
  const attestation = { document: goodOf(0), manifest: births[0]?.manifest ?? "", allowSoftwareNsm: true };
  assert.equal((await verifyPqSignature({ ...options, attestation })).reason, "ATT_COMMITMENT_MISMATCH");
  const strict = await verifyPqSignature({ ...options, attestation: { ...attestation, allowSoftwareNsm: false } });
  assert.deepEqual([strict.ok, strict.reason], [false, "ATT_MOCK_REFUSED"]);
});
