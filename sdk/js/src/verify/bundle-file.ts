// SPDX-License-Identifier: Apache-2.0
//
// The file of a bundle (protocol/bundle.md §1), read strictly, and the policy that is pinned beside it (§2).

import { fromBase64, fromHex, fromUtf8, utf8 } from "./bytes.js";
import { CountersignError, policyError, Refusal, refuseIf } from "./errors.js";
import { canonicalJson, isArray, isObject, type JsonObject, type JsonValue, parseJson } from "./json.js";
import { parsePolicyObject, type Policy, type PolicyInput, readPolicy } from "./policy.js";
import { type PublicKey, readPublicKey } from "./publickey.js";

export const MEDIA_TYPE = "application/vnd.countersign.bundle+json; version=1";
const MAX_BUNDLE = 1 << 20;
const MAX_PROOF = 63;
const MAX_SIGNATURE = 8192;
const MAX_DOCUMENT = 131072;
const MAX_ID = 64;

export interface BundlePolicy {
  readonly id: string;
  readonly version: number;
  /** `sha256:<hex>` of the canonical form, computed. */
  readonly hash: string;
}

export interface Bundle {
  readonly signatureId: string;
  readonly digestName: "payloadSha256" | "payloadPreHash";
  readonly digest: string;
  readonly keyId: string;
  readonly key: PublicKey;
  readonly signature: Uint8Array;
  readonly document: Uint8Array;
  /** Absent: signed without a policy. */
  readonly policy?: BundlePolicy;
  readonly entry: string;
  readonly leafIndex: bigint;
  readonly proof: readonly Uint8Array[];
  readonly checkpoint: string;
}

/** A pinned policy with what the service told about it. */
export interface PinnedPolicy {
  readonly policy: Policy;
  readonly id?: string;
  readonly version?: number;
}

const malformed = () => new Refusal("BUNDLE_FORMAT");

class Reader {
  readonly #object: JsonObject;
  readonly #known = new Set<string>();

  constructor(value: JsonValue | undefined) {
    if (!isObject(value)) throw malformed();
    this.#object = value;
  }

  has(name: string): boolean {
    this.#known.add(name);
    return this.#object.has(name);
  }

  get(name: string): JsonValue {
    const value = this.has(name) ? this.#object.get(name) : undefined;
    if (value === undefined) throw malformed();
    return value;
  }

  text(name: string, max = MAX_BUNDLE): string {
    const value = this.get(name);
    if (typeof value !== "string" || utf8(value).length > max) throw malformed();
    return value;
  }

  integer(name: string, min: number): number {
    const value = this.get(name);
    if (typeof value !== "number" || value < min) throw malformed();
    return value;
  }

  base64(name: string, max: number): Uint8Array {
    const bytes = fromBase64(this.text(name));
    if (bytes === undefined || bytes.length > max) throw malformed();
    return bytes;
  }

  done(): void {
    for (const name of this.#object.keys()) refuseIf(!this.#known.has(name), "BUNDLE_FORMAT");
  }
}

/** What another reader refuses makes the bundle malformed. */
async function orMalformed<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refusal || (error instanceof CountersignError && error.code !== "PRIMITIVE_MISSING"))
      throw malformed();
    throw error;
  }
}

async function readBundlePolicy(value: JsonValue): Promise<BundlePolicy> {
  const reader = new Reader(value);
  const id = reader.text("id", MAX_ID);
  const version = reader.integer("version", 1);
  const stated = reader.text("hash", 80);
  const content = reader.get("policy");
  reader.done();
  const text = isObject(content) ? canonicalJson(content) : undefined;
  if (text === undefined || id === "") throw malformed();
  const { hash } = await orMalformed(() => readPolicy(text, { allowDevelopment: true }));
  refuseIf(hash !== stated, "BUNDLE_FORMAT");
  return { id, version, hash };
}

function readInclusion(value: JsonValue): Pick<Bundle, "leafIndex" | "proof"> {
  const reader = new Reader(value);
  const leafIndex = BigInt(reader.integer("leafIndex", 0));
  const list = reader.get("proofHex");
  reader.done();
  if (!isArray(list) || list.length > MAX_PROOF) throw malformed();
  const proof = list.map((item) => {
    const hash = typeof item === "string" ? fromHex(item) : undefined;
    if (hash?.length !== 32) throw malformed();
    return hash;
  });
  return { leafIndex, proof };
}

export async function parseBundle(input: Uint8Array | string): Promise<Bundle> {
  const text = typeof input === "string" ? input : fromUtf8(input);
  if (text === undefined || utf8(text).length > MAX_BUNDLE) throw malformed();
  const reader = new Reader(parseJson(text));
  refuseIf(reader.text("mediaType") !== MEDIA_TYPE || reader.integer("version", 1) !== 1, "BUNDLE_FORMAT");
  const digestName = reader.has("payloadPreHash") ? "payloadPreHash" : "payloadSha256";
  refuseIf(digestName === "payloadPreHash" && reader.has("payloadSha256"), "BUNDLE_FORMAT");
  const keyText = reader.text("publicKey", 4096);
  const bundle = {
    signatureId: reader.text("signatureId", MAX_ID),
    digestName: digestName as Bundle["digestName"],
    digest: reader.text(digestName, 160),
    keyId: reader.text("keyId", MAX_ID),
    key: await orMalformed(() => readPublicKey(keyText)),
    signature: reader.base64("signature", MAX_SIGNATURE),
    document: reader.base64("docB64", MAX_DOCUMENT),
    ...(reader.has("policy") && { policy: await readBundlePolicy(reader.get("policy")) }),
    entry: reader.text("entry", 65535),
    ...readInclusion(reader.get("inclusion")),
    checkpoint: reader.text("checkpoint", 65536),
  };
  reader.done();
  return bundle;
}

/** Reads a policy with `id`, `version` and `hash` as the service told them. POLICY_HASH for a hash of another policy. */
export async function readPinnedPolicy(input: PolicyInput): Promise<PinnedPolicy> {
  const policy = await readPolicy(input, { allowDevelopment: true });
  const object = parsePolicyObject(input);
  const id = object.get("id");
  const version = object.get("version");
  const hash = object.get("hash");
  if (id !== undefined && (typeof id !== "string" || utf8(id).length > MAX_ID)) throw policyError("BAD_FIELD", "id");
  if (version !== undefined && (typeof version !== "number" || version < 1)) throw policyError("BAD_FIELD", "version");
  if (hash !== undefined && hash !== policy.hash) throw policyError("POLICY_HASH", "hash");
  return { policy, ...(id !== undefined && { id }), ...(version !== undefined && { version }) };
}

