// SPDX-License-Identifier: Apache-2.0
//
// Attestation policies (protocol/attestation.md §3): what a document must prove, pinned by whoever verifies.

import { sha256 } from "@noble/hashes/sha2.js";

import { fromBase64, toBase64, toHex, utf8 } from "./bytes.js";
import { policyError } from "./errors.js";
import { Fields, isBoolean, isInteger, isObject, isString, isText } from "./fields.js";
import { canonicalJson, type JsonObject, type JsonValue, objectOf, parseJson } from "./json.js";
import { ed25519OfSpki, spkiOfEd25519 } from "./spki.js";
import type { VendorName, VendorRules } from "./vendor.js";
import { VENDORS } from "./vendors.js";

const MAX_POLICY = 192 * 1024;
const MAX_MEMBERS = 64;
const READ_OVER = ["id", "version", "hash", "createdAt", "updatedAt"];

export type Evidence = "operation" | "session";

interface Common {
  readonly name: string;
  readonly evidence: Evidence;
  readonly maxDocAgeSeconds: number;
  readonly maxSessionAgeSeconds: number;
  readonly requireDated: boolean;
  readonly enforce: boolean;
  /** RFC 8785 of all that counts; what is stored and hashed. */
  readonly canonical: string;
  /** `sha256:<hex>` of the canonical form. */
  readonly hash: string;
}

/** Vendor mock: a pinned Ed25519 root and the images that it may vouch for. */
export interface MockPolicy extends Common {
  readonly vendor: "mock";
  /** 32 raw bytes. */
  readonly root: Uint8Array;
  /** With their prefix. */
  readonly images: readonly string[];
}

export interface HardwarePolicy extends Common {
  readonly vendor: Exclude<VendorName, "mock">;
  readonly evidenceAlg: string;
  readonly rules: VendorRules;
}

export type Policy = MockPolicy | HardwarePolicy;

function readRoot(fields: Fields): Uint8Array {
  const root = fromBase64(fields.required("rootPublicKeyB64", isString));
  const raw = root?.length === 32 ? root : root && ed25519OfSpki(root);
  if (raw === undefined) throw policyError("POLICY_ROOT", fields.at("rootPublicKeyB64"));
  return raw;
}

interface MatchRules {
  readonly canonical: JsonObject;
  readonly sessions: boolean;
  readonly rest: Pick<MockPolicy, "vendor" | "root" | "images"> | Pick<HardwarePolicy, "vendor" | "evidenceAlg" | "rules">;
}

function readMock(object: JsonObject): MatchRules {
  const fields = new Fields(object, "matchRules.");
  const images = fields.hashes("allowedImageHashes", "sha256:", 32);
  const root = readRoot(fields);
  fields.refuseUnknown();
  const rootPublicKeyB64 = toBase64(spkiOfEd25519(root));
  const canonical = objectOf({ allowedImageHashes: images, rootPublicKeyB64 });
  return { canonical, sessions: false, rest: { vendor: "mock", root, images } };
}

async function readMatchRules(fields: Fields, allowDevelopment: boolean): Promise<MatchRules> {
  const name = fields.required("vendor", isString);
  const vendor = VENDORS.find((v) => v.name === name);
  if (name !== "mock" && vendor === undefined) throw policyError("POLICY_VENDOR", "vendor");
  if (name === "mock" && !allowDevelopment) throw policyError("POLICY_MOCK", "vendor");
  const object = fields.required("matchRules", isObject);
  if (object.size > MAX_MEMBERS) throw policyError("BAD_FIELD", "matchRules");
  if (vendor === undefined) return readMock(object);
  const rules = await vendor.readRules(object, allowDevelopment);
  if (rules.development && !allowDevelopment) throw policyError("POLICY_FOREIGN_ROOT", "matchRules");
  const rest = { vendor: vendor.name as HardwarePolicy["vendor"], evidenceAlg: vendor.evidenceAlg, rules };
  return { canonical: rules.canonical, sessions: vendor.sessions, rest };
}

const isAge = isInteger(5, 86400);

async function readObject(object: JsonObject, allowDevelopment: boolean): Promise<Policy> {
  const fields = new Fields(object);
  const name = fields.required("name", isText(1, 128));
  const { canonical: matchRules, sessions, rest } = await readMatchRules(fields, allowDevelopment);
  const isEvidence = (value: JsonValue): value is Evidence =>
    value === "operation" || (value === "session" && sessions);
  const evidence = fields.optional("evidence", isEvidence) ?? "operation";
  const maxDocAgeSeconds = fields.optional("maxDocAgeSeconds", isAge) ?? 300;
  const maxSessionAgeSeconds = fields.optional("maxSessionAgeSeconds", isAge) ?? 300;
  const requireDated = fields.optional("requireDated", isBoolean) ?? rest.vendor !== "mock";
  const enforce = fields.optional("enforce", isBoolean) ?? true;
  fields.optional("metadata", isObject);
  fields.refuseUnknown(READ_OVER);

  const counts = { name, evidence, maxDocAgeSeconds, maxSessionAgeSeconds, requireDated, enforce };
  const canonical = canonicalJson(objectOf({ ...counts, matchRules, vendor: rest.vendor }));
  if (canonical === undefined) throw policyError("BAD_FIELD", "matchRules");
  const hash = `sha256:${toHex(sha256(utf8(canonical)))}`;
  return { ...counts, canonical, hash, ...rest };
}

/** The text of a policy, its bytes, or the object that JSON.parse made of it. */
export type PolicyInput = string | Uint8Array | object;

export function jsonText(input: PolicyInput): string | Uint8Array {
  return typeof input === "string" || input instanceof Uint8Array ? input : JSON.stringify(input);
}

/** As an object; TOO_LARGE, BAD_JSON, BAD_FIELD. */
export function parsePolicyObject(input: PolicyInput): JsonObject {
  const text = jsonText(input);
  if ((typeof text === "string" ? utf8(text) : text).length > MAX_POLICY) throw policyError("TOO_LARGE");
  const object = parseJson(text);
  if (object === undefined) throw policyError("BAD_JSON");
  if (!isObject(object) || object.size > MAX_MEMBERS) throw policyError("BAD_FIELD");
  return object;
}

/**
 * Reads a policy strictly. `allowDevelopment`: vendor mock, and roots that are not a vendor's own, are accepted; without
 * it they are POLICY_MOCK and POLICY_FOREIGN_ROOT. Throws a CountersignError with a code of §3.
 */
export async function readPolicy(input: PolicyInput, options: { allowDevelopment?: boolean } = {}): Promise<Policy> {
  return readObject(parsePolicyObject(input), options.allowDevelopment ?? false);
}

/** Whether the policy pins a root that proves something only to who runs it. */
export function isDevelopment(policy: Policy): boolean {
  return policy.vendor === "mock" || policy.rules.development;
}

/** Of the root that is pinned; null where the choice among roots that are compiled in is left. */
export function pinnedRootSha256(policy: Policy): string | null {
  if (policy.vendor !== "mock") return policy.rules.rootSha256;
  return `sha256:${toHex(sha256(spkiOfEd25519(policy.root)))}`;
}
