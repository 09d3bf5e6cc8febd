// SPDX-License-Identifier: Apache-2.0
//
// Runs test/vectors/attestation-cases.json, as its member `about` says, through the verifier of this folder, which
// knows vendor mock. Cases of the vendors of hardware are left out, by the names of the vendors, and counted.

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

const HARDWARE = ["aws-nitro-enclave", "azure-confidential-vm", "gcp-confidential-space", "amd-sev-snp", "intel-tdx"];
const isOfHardware = (policy) => HARDWARE.includes(policy?.vendor);

function parsePolicy(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // what becomes of it is the case
  }
}

/** Calls `judge(name, holds)` for every case of the file that is about vendor mock; says how many others there are. */
export function runCases(file, judge) {
  const { cases, policies } = JSON.parse(readFileSync(file, "utf8"));
  let left = 0;
  for (const c of cases) {
    if (isOfHardware(c.policy)) {
      left++;
      continue;
    }
    const reason = verdictOf(c);
    judge(`case "${c.name}": ${c.reason}, here ${reason}`, reason === c.reason && (reason === "OK") === c.verdict);
  }
  for (const p of policies) {
    if (isOfHardware(parsePolicy(p.policyText))) {
      left++;
      continue;
    }
    const { reason } = readPolicy(Buffer.from(p.policyText, "utf8"), p.allowMock);
    judge(`policy "${p.name}": ${p.reason}, here ${reason}`, reason === p.reason);
  }
  console.log(`${left} cases of hardware vendors left out`);
}
