// SPDX-License-Identifier: Apache-2.0
//
// The example of uploads, with bundles of a service that runs: what verifies is kept, and nothing else.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Countersign } from "@countersign/sdk";

const { COUNTERSIGN_API_KEY: apiKey, IMAGE_HASH, ROOT_PUBLIC_KEY } = process.env;
const client = new Countersign({ apiKey });
const matchRules = { allowedImageHashes: [IMAGE_HASH], rootPublicKeyB64: ROOT_PUBLIC_KEY };
const policy = await client.attestationPolicies.create({ name: "uploads", vendor: "mock", matchRules });
const key = await client.hybridKeys.create({ name: "uploads", pqProvider: "enclave-mock", attestationPolicyId: policy.id });
const other = await client.hybridKeys.create({ name: "uploads of others", pqProvider: "enclave-mock", attestationPolicyId: policy.id });
const payload = randomBytes(2000);
const bundleOf = async (keyId, bytes) => client.signatures.bundle((await client.sign({ keyId, payload: bytes })).signatureId);
const bundle = await bundleOf(key.id, payload);
const ledgerKeys = (await client.ledger.bundle()).signingKeys.map((signer) => signer.vkey);

const work = mkdtempSync(join(tmpdir(), "cs-uploads-"));

async function serve(config) {
  const folder = mkdtempSync(join(work, "kept-"));
  writeFileSync(join(work, "config.json"), JSON.stringify(config));
  const child = spawn(process.execPath, ["uploads.mjs", join(work, "config.json"), folder], { stdio: ["ignore", "pipe", "ignore"] });
  const [line] = await once(child.stdout, "data");
  const send = async (parts, url = String(line).trim()) => {
    const form = new FormData();
    for (const [name, bytes] of parts) form.append(name, typeof bytes === "string" && name === "text" ? bytes : new Blob([bytes]), name);
    const response = await fetch(url, { method: "POST", body: form });
    return [response.status, (await response.json()).refused];
  };
  return { url: String(line).trim(), folder, send, stop: async () => (child.kill(), once(child, "exit")) };
}

const pinned = { policy, ledgerKeys, keyId: key.id, allowMock: true };
const files = (file = payload, proof = bundle) => [["file", file], ["bundle", proof]];
const change = (edit) => {
  const value = JSON.parse(bundle);
  edit(value);
  return JSON.stringify(value);
};

async function refuses() {
  const s = await serve(pinned);
  try {
    const changed = Buffer.from(payload);
    changed[0] ^= 1;
    const rows = [
      [files(changed), 422, "BUNDLE_PAYLOAD"],
      [files(Buffer.alloc(0)), 422, "BUNDLE_PAYLOAD"],
      [files(payload, "{}"), 422, "BUNDLE_FORMAT"],
      [files(payload, change((b) => (b.more = 1))), 422, "BUNDLE_FORMAT"],
      [files(payload, change((b) => (b.signature = `AAAA${b.signature.slice(4)}`))), 422, "BAD_SIGNATURE"],
      [files(payload, change((b) => (b.inclusion.leafIndex += 1))), 422, "BUNDLE_POSITION"],
      [files(payload, await bundleOf(other.id, payload)), 422, "ATT_KEY_MISMATCH"],
      [files(payload, "x".repeat((1 << 20) + 1)), 413, "TOO_LARGE"],
      [[["file", payload]], 400, "ONE_BUNDLE_IS_NEEDED"],
      [[["bundle", bundle]], 400, "ONE_FILE_IS_NEEDED"],
      [[...files(), ["file", changed]], 400, "ONE_FILE_IS_NEEDED"],
    ];
    for (const [parts, ...wanted] of rows) assert.deepEqual(await s.send(parts), wanted);
    assert.equal((await fetch(s.url, { method: "POST", body: payload })).status, 400);
    assert.equal((await fetch(s.url)).status, 405);
    assert.deepEqual(readdirSync(s.folder), [], "something was kept");
    assert.deepEqual(await s.send(files()), [201, undefined]);
    const kept = readdirSync(s.folder).sort();
    assert.deepEqual([kept.length, readFileSync(join(s.folder, kept[0])), readFileSync(join(s.folder, kept[1]), "utf8")], [2, payload, bundle]);
  } finally {
    await s.stop();
  }
}

async function refusesUnder(config, ...wanted) {
  const s = await serve(config);
  try {
    assert.deepEqual(await s.send(files()), wanted);
    assert.deepEqual(readdirSync(s.folder), []);
  } finally {
    await s.stop();
  }
}

try {
  await refuses();
  await refusesUnder({ ...pinned, allowMock: false }, 422, "ATT_MOCK_REFUSED");
  await refusesUnder({ ...pinned, ledgerKeys: [] }, 422, "LEDGER_NOT_PINNED");
  const elsewhere = { ...matchRules, allowedImageHashes: [`sha256:${"0".repeat(64)}`] };
  await refusesUnder({ ...pinned, policy: { name: "uploads", vendor: "mock", matchRules: elsewhere } }, 422, "BUNDLE_POLICY");
  await refusesUnder({ ...pinned, policy: {} }, 500, "INTERNAL");
} finally {
  rmSync(work, { recursive: true });
}
console.log("ok");
