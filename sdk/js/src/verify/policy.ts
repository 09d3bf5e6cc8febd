// SPDX-License-Identifier: Apache-2.0
//
// Attestation policies (protocol/attestation.md §3): what a document must prove, pinned by whoever verifies.

import { sha256 } from "@noble/hashes/sha2.js";

import { fromBase64, toBase64, toHex, utf8 } from "./bytes.js";
import { policyError } from "./errors.js";
import { Fields, isBoolean, isInteger, isObject, isString, isText } from "./fields.js";
import { canonicalJson, type JsonObject, type JsonValue, objectOf, parseJson } from "./json.js";
import { ed25519OfSpki, spkiOfEd25519 } from "./spki.js";
import type { Vendor, VendorName, VendorRules } from "./vendor.js";
import { VENDORS } from "./vendors.js";

const MAX_POLICY = 192 * 1024;
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
  readonly rest: Pick<MockPolicy, "vendor" | "root" | "images"> | Pick<HardwarePolicy, "vendor" | "evidenceAlg" | "rules">;
}

function readMock(object: JsonObject): MatchRules {
  const fields = new Fields(object, "matchRules.");
  const images = fields.hashes("allowedImageHashes", "sha256:", 32);
  const root = readRoot(fields);
  fields.refuseUnknown();
  const rootPublicKeyB64 = toBase64(spkiOfEd25519(root));
  const canonical = objectOf({ allowedImageHashes: images, rootPublicKeyB64 });
  return { canonical, rest: { vendor: "mock", root, images } };
}

type VendorOfPolicy = { readonly name: "mock" } | Vendor;

/** The vendor decides what else is read, so its errors come first. */
function readVendor(fields: Fields, allowDevelopment: boolean): VendorOfPolicy {
  const name = fields.required("vendor", isText(0, 128));
  if (name === "mock") {
    if (!allowDevelopment) throw policyError("POLICY_MOCK", "vendor");
    return { name };
  }
  const vendor = VENDORS.find((v) => v.name === name);
  if (vendor === undefined) throw policyError("POLICY_VENDOR", "vendor");
  return vendor;
}

async function readMatchRules(vendor: VendorOfPolicy, object: JsonObject, allowDevelopment: boolean): Promise<MatchRules> {
  if (!("readRules" in vendor)) return readMock(object);
  const rules = await vendor.readRules(object, allowDevelopment);
  if (rules.development && !allowDevelopment) throw policyError("POLICY_FOREIGN_ROOT", "matchRules");
  const rest = { vendor: vendor.name as HardwarePolicy["vendor"], evidenceAlg: vendor.evidenceAlg, rules };
  return { canonical: rules.canonical, rest };
}

const isAge = isInteger(5, 86400);
const isOfSomeLength = isText(1, 128);

// Characters that show nothing of themselves (protocol/access.md §5).
const INVISIBLE =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Noncharacter_Code_Point}]/u;

const isName = (value: JsonValue): value is string => isOfSomeLength(value) && !INVISIBLE.test(value);

async function readObject(object: JsonObject, allowDevelopment: boolean): Promise<Policy> {
  const fields = new Fields(object);
  const vendor = readVendor(fields, allowDevelopment);
  const hasSessions = "sessions" in vendor && vendor.sessions;
  const isEvidence = (value: JsonValue): value is Evidence =>
    value === "operation" || (value === "session" && hasSessions);

  const name = fields.required("name", isName);
  const evidence = fields.optional("evidence", isEvidence) ?? "operation";
  const maxDocAgeSeconds = fields.optional("maxDocAgeSeconds", isAge) ?? 300;
  const maxSessionAgeSeconds = fields.optional("maxSessionAgeSeconds", isAge) ?? 300;
  const requireDated = fields.optional("requireDated", isBoolean) ?? vendor.name !== "mock";
  const enforce = fields.optional("enforce", isBoolean) ?? true;
  fields.optional("metadata", isObject);
  const rules = fields.required("matchRules", isObject);
  fields.refuseUnknown(READ_OVER);
  const { canonical: matchRules, rest } = await readMatchRules(vendor, rules, allowDevelopment);
  if (evidence === "session" && "rules" in rest && rest.rules.sessions === false) throw policyError("BAD_FIELD", "evidence");

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
  if (!isObject(object)) throw policyError("BAD_FIELD");
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
