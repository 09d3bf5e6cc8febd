// SPDX-License-Identifier: Apache-2.0
//
// A second verifier of attestation documents, written from protocol/attestation.md alone. It decides slowly and plainly;
// test/vectors/attestation-cases.json holds it and the verifier of the programs to the same verdicts.

import { createHash } from "node:crypto";

import { ed25519 } from "@noble/curves/ed25519.js";

import { ALGORITHMS, formatsOf } from "./composite.mjs";
import { parse } from "./strict-json.mjs";

const HEADER = new Map([["alg", "EdDSA"], ["typ", "PostQ-Attestation-Mock"]]);
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");
const MAX_SECONDS = 253402300799;

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
const bytesOf = (text) => Buffer.byteLength(text, "utf8");
const isText = (v, min, max) => typeof v === "string" && bytesOf(v) >= min && bytesOf(v) <= max;
const isInteger = (v, min, max = Number.MAX_SAFE_INTEGER) => Number.isInteger(v) && v >= min && v <= max;
const isSha256 = (v) => typeof v === "string" && /^sha256:[0-9a-f]{64}$/.test(v);

class Refusal extends Error {}
const refuse = (condition, reason) => {
  if (condition) throw new Refusal(reason);
};

function decode(text, encoding) {
  if (typeof text !== "string") return undefined;
  const bytes = Buffer.from(text, encoding);
  return bytes.toString(encoding) === text ? bytes : undefined;
}

function parseObject(bytes) {
  let object;
  try {
    object = parse(bytes);
  } catch {
    throw new Refusal("ATT_JSON");
  }
  refuse(!(object instanceof Map) || object.size > 64, "ATT_JSON");
  return object;
}

// The pre-hash that a composite of this algorithm signs, as §2 names it.
const preHashOf = (algorithm) =>
  algorithm === "mldsa87+ed448" ? ["shake256", 64] : algorithm === "mldsa44+ecdsa-p256" ? ["sha256", 32] : ["sha512", 64];

function checkSignClaims(c) {
  const hash = c.get("payloadSha256");
  const preHash = c.get("payloadPreHash");
  if (c.has("payloadSha256") === c.has("payloadPreHash")) return false;
  if (c.has("payloadSha256") && !isSha256(hash)) return false;
  if (c.has("payloadPreHash")) {
    const [name, length] = preHashOf(c.get("algorithm"));
    const canonical = new RegExp(`^${name}:[0-9a-f]{${2 * length}}$`);
    if (c.get("signatureFormat") !== "composite" || typeof preHash !== "string" || !canonical.test(preHash)) return false;
  }
  return isSha256(c.get("sigSha256")) && (!c.has("policyId") || isText(c.get("policyId"), 0, 64));
}

function checkClaims(c, kind) {
  const nonce = decode(c.get("nonce"), "base64");
  const common = isSha256(c.get("imageHash")) && /^[0-9a-f]{32}$/.test(c.get("epoch")) && isInteger(c.get("counter"), 1) &&
    nonce !== undefined && nonce.length >= 8 && nonce.length <= 64 && isInteger(c.get("iat"), 0, MAX_SECONDS) &&
    isText(c.get("enclaveVersion"), 1, 64) &&
    // Information only, but a document without it is not canonical.
    decode(c.get("rootPublicKeyB64"), "base64")?.length === 44 && isText(c.get("rootKeyId"), 1, 128);
  if (!common || kind === "boot") return common;
  const key = isInteger(c.get("keyCounter"), 1) && isText(c.get("keyId"), 1, 64) &&
    Object.hasOwn(ALGORITHMS, c.get("algorithm")) && formatsOf(c.get("algorithm")).includes(c.get("signatureFormat")) &&
    ["sign", "hybrid"].includes(c.get("purpose")) && isSha256(c.get("publicKeySha256"));
  if (!key) return false;
  if (kind === "sign") return checkSignClaims(c);
  return isSha256(c.get("sealedSha256")) && ["attested", "relayed", "agent-visible", "local"].includes(c.get("keyRelease"));
}

// The facts again, under the names of published clients.
function checkCompat(c, kind) {
  const again = c.get("claims");
  if (c.get("issuedAt") !== new Date(c.get("iat") * 1000).toISOString()) return false;
  if (!(again instanceof Map) || again.get("kind") !== kind || again.get("counter") !== c.get("counter")) return false;
  if (kind !== "sign") return true;
  return again.get("payloadSha256") === c.get("payloadSha256")?.slice(7) &&
    again.get("sigSha256") === c.get("sigSha256").slice(7);
}

function checkFreshness(c, policy, expect) {
  refuse(expect.nonce !== undefined && !decode(c.get("nonce"), "base64").equals(expect.nonce), "ATT_NONCE_MISMATCH");
  refuse(c.get("iat") > expect.time + 60, "ATT_FROM_FUTURE");
  refuse(expect.time - c.get("iat") > policy.maxDocAgeSeconds, "ATT_EXPIRED");
  refuse(expect.stored && policy.requireDated && !expect.dated, "ATT_UNDATED");
}

function checkBinding(c, expect) {
  if (expect.kind === "sign") {
    if (c.has("payloadSha256"))
      refuse(c.get("payloadSha256") !== expect.payloadSha256, "ATT_PAYLOAD_MISMATCH");
    else
      refuse(c.get("payloadPreHash") !== expect.payloadPreHash, "ATT_PREHASH_MISMATCH");
    refuse(expect.signature === undefined || c.get("sigSha256") !== `sha256:${sha256(expect.signature)}`,
      "ATT_SIGNATURE_MISMATCH");
  }
  if (expect.kind === "boot") return;
  refuse(expect.keyId !== undefined && c.get("keyId") !== expect.keyId, "ATT_KEY_MISMATCH");
  refuse(expect.publicKey !== undefined && c.get("publicKeySha256") !== `sha256:${sha256(expect.publicKey)}`,
    "ATT_KEY_MISMATCH");
  refuse(expect.algorithm !== undefined && c.get("algorithm") !== expect.algorithm, "ATT_ALGORITHM_MISMATCH");
  refuse(expect.format !== undefined && c.get("signatureFormat") !== expect.format, "ATT_ALGORITHM_MISMATCH");
  refuse(c.get("purpose") !== (expect.purpose ?? "sign"), "ATT_PURPOSE_MISMATCH");
}

function judge(document, policy, expect) {
  refuse(!expect.allowMock, "ATT_MOCK_REFUSED");
  refuse(document.length > 131072, "ATT_TOO_LARGE");
  const parts = document.toString("latin1").split(".");
  const [header, payload, proof] = parts.map((part) => decode(part, "base64url"));
  refuse(parts.length !== 3 || [header, payload, proof].some((part) => part === undefined || part.length === 0),
    "ATT_SHAPE");
  const head = parseObject(header);
  const c = parseObject(payload);

  refuse(c.get("vendor") !== policy.vendor, "ATT_VENDOR_MISMATCH");
  refuse(head.size !== HEADER.size || [...HEADER].some(([name, value]) => head.get(name) !== value),
    "ATT_HEADER_MISMATCH");
  const signed = document.subarray(0, parts[0].length + 1 + parts[1].length);
  refuse(proof.length !== 64 || !ed25519.verify(proof, signed, policy.root, { zip215: false }), "ATT_PROOF_INVALID");
  refuse(c.get("profile") !== "countersign/attestation/v1", "ATT_PROFILE");
  refuse(c.get("kind") !== expect.kind, "ATT_KIND");
  refuse(!checkClaims(c, expect.kind), "ATT_CLAIMS");
  refuse(!checkCompat(c, expect.kind), "ATT_COMPAT_CLAIMS");
  refuse(policy.images.length === 0, "ATT_ALLOWLIST_EMPTY");
  refuse(!policy.images.includes(c.get("imageHash").slice(7)), "ATT_IMAGE_NOT_ALLOWED");
  checkFreshness(c, policy, expect);
  checkBinding(c, expect);
}

/**
 * The reason, "OK" when everything holds. `expect`: {kind, allowMock, time, stored?, dated?, nonce?, payloadSha256?,
 * payloadPreHash?, signature?, keyId?, publicKey?, algorithm?, format?, purpose? (sign)}.
 */
export function verifyAttestation(document, policy, expect) {
  try {
    judge(document, policy, expect);
    return "OK";
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
}

const POLICY_MEMBERS = ["name", "vendor", "matchRules", "evidence", "maxDocAgeSeconds", "maxSessionAgeSeconds",
  "requireDated", "enforce", "metadata", "id", "version", "hash", "createdAt", "updatedAt"];

function readMatchRules(rules) {
  const hashes = rules.get("allowedImageHashes");
  refuse(rules.has("allowedImageHashes") && !Array.isArray(hashes), "BAD_FIELD");
  refuse(hashes === undefined || hashes.length === 0, "POLICY_ALLOWLIST_EMPTY");
  refuse(hashes.length > 64, "BAD_FIELD");
  for (const hash of hashes)
    refuse(typeof hash !== "string" || !/^(?:sha256:)?[0-9a-f]{64}$/.test(hash), "POLICY_HASH");
  refuse(!rules.has("rootPublicKeyB64"), "MISSING_FIELD");
  refuse(typeof rules.get("rootPublicKeyB64") !== "string", "BAD_FIELD");
  const root = decode(rules.get("rootPublicKeyB64"), "base64");
  const raw = root?.length === 44 && root.subarray(0, 12).equals(SPKI_PREFIX) ? root.subarray(12) : root;
  refuse(raw === undefined || raw.length !== 32, "POLICY_ROOT");
  for (const name of rules.keys()) refuse(!["allowedImageHashes", "rootPublicKeyB64"].includes(name), "UNKNOWN_FIELD");
  return { images: hashes.map((hash) => hash.slice(-64)), root: new Uint8Array(raw) };
}

function readPolicyObject(policy, allowMock) {
  const member = (name, isGood, otherwise) => {
    if (!policy.has(name) && otherwise !== undefined) return otherwise;
    refuse(!policy.has(name), "MISSING_FIELD");
    refuse(!isGood(policy.get(name)), "BAD_FIELD");
    return policy.get(name);
  };
  const isBoolean = (v) => typeof v === "boolean";
  const isAge = (v) => isInteger(v, 5, 86400);

  member("name", (v) => isText(v, 1, 128));
  const vendor = member("vendor", (v) => typeof v === "string");
  refuse(vendor !== "mock", "POLICY_VENDOR");
  refuse(!allowMock, "POLICY_MOCK");
  const rules = readMatchRules(member("matchRules", (v) => v instanceof Map));
  member("evidence", (v) => v === "operation", "operation");
  const maxDocAgeSeconds = member("maxDocAgeSeconds", isAge, 300);
  member("maxSessionAgeSeconds", isAge, 300);
  const requireDated = member("requireDated", isBoolean, false);
  member("enforce", isBoolean, true);
  member("metadata", (v) => v instanceof Map, new Map());
  for (const name of policy.keys()) refuse(!POLICY_MEMBERS.includes(name), "UNKNOWN_FIELD");
  return { vendor, ...rules, maxDocAgeSeconds, requireDated };
}

/** The policy of a text as {policy, reason}: the members that verification needs and "OK", or why it cannot be used. */
export function readPolicy(text, allowMock) {
  try {
    refuse(text.length > 196608, "TOO_LARGE");
    let object;
    try {
      object = parse(text);
    } catch {
      throw new Refusal("BAD_JSON");
    }
    refuse(!(object instanceof Map) || object.size > 64, "BAD_FIELD");
    return { policy: readPolicyObject(object, allowMock), reason: "OK" };
  } catch (error) {
    if (error instanceof Refusal) return { reason: error.message };
    throw error;
  }
}
