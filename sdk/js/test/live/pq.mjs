// SPDX-License-Identifier: Apache-2.0
//
// The PQ Signer door of a service with a KMS: keys and signatures, left in answers.json for pq_judged.mjs.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";

import { ApiError, Countersign } from "@countersign/sdk";

const { pqSigner } = new Countersign({ apiKey: process.env.COUNTERSIGN_API_KEY });
const message = "a transaction";
const answers = [];
for (const alg of ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]) {
  const key = await pqSigner.generateKey({ alg, userId: `wallet ü ${alg}` });
  const plain = await pqSigner.sign({ alg, userId: key.user_id, message });
  const attested = await pqSigner.sign({ alg, userId: key.user_id, message, requestAttestation: true });
  assert.deepEqual([plain.attestation, plain.mldsa_public_key], [undefined, key.mldsa_pubkey]);
  answers.push({ alg, key, message, plain, attested });
}
const minted = await pqSigner.generateKey();
assert.match(minted.user_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
const isRefused = (e) => e instanceof ApiError && e.code === "signing-failed" && e.status === 403;
await assert.rejects(pqSigner.generateKey({ userId: minted.user_id }), isRefused);
await assert.rejects(pqSigner.sign({ userId: "nobody", message }), isRefused);
writeFileSync("answers.json", JSON.stringify(answers));
console.log("ok");
