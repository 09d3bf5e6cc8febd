// SPDX-License-Identifier: Apache-2.0
//
// Runs test/vectors/attestation-cases.json, as its member `about` says, through the verifier of this folder.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { readPolicy, verifyAttestation } from "./attestation.mjs";
import { publicBytesOf, readPublicText } from "./composite.mjs";

const bytes = (text) => (text === undefined ? undefined : Buffer.from(text, "base64"));

function expectationOf(c) {
  const publicKey = c.publicKey && readPublicText(c.publicKey);
  return {
    kind: c.kind ?? "sign",
    allowMock: c.allowMock,
    stored: c.clock.mode === "stored",
    time: c.clock.mode === "stored" ? c.clock.entryTime : c.clock.now,
    dated: c.clock.dated ?? false,
    nonce: bytes(c.nonce),
    payloadSha256: c.payload !== undefined && `sha256:${createHash("sha256").update(bytes(c.payload)).digest("hex")}`,
    payloadPreHash: c.preHash && `${c.preHash.alg}:${bytes(c.preHash.value).toString("hex")}`,
    signature: bytes(c.signature),
    keyId: c.keyId,
    publicKey: publicKey && publicBytesOf(publicKey),
    algorithm: c.algorithm ?? publicKey?.name,
    format: c.signatureFormat ?? publicKey?.format,
    purpose: c.purpose,
  };
}

function verdictOf(c) {
  const { policy, reason } = readPolicy(Buffer.from(JSON.stringify(c.policy)), true);
  if (policy === undefined) return reason;
  if (c.emptyAllowList) policy.images = [];
  const document = c.documentRepeat ? c.documentRepeat.text.repeat(c.documentRepeat.count) : c.document;
  return verifyAttestation(Buffer.from(document, "utf8"), policy, expectationOf(c));
}

/** Calls `judge(name, holds)` for every case of the file. */
export function runCases(file, judge) {
  const { cases, policies } = JSON.parse(readFileSync(file, "utf8"));
  for (const c of cases) {
    const reason = verdictOf(c);
    judge(`case "${c.name}": ${c.reason}, here ${reason}`, reason === c.reason && (reason === "OK") === c.verdict);
  }
  for (const p of policies) {
    const { reason } = readPolicy(Buffer.from(p.policyText, "utf8"), p.allowMock);
    judge(`policy "${p.name}": ${p.reason}, here ${reason}`, reason === p.reason);
  }
}
