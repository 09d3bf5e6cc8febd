// SPDX-License-Identifier: Apache-2.0
//
// What a virtual TPM of Azure signs and keeps: quotes (TPM 2.0 part 2, TPMS_ATTEST) and the report of the paravisor in
// NV index 0x01400001. Form only.

import { fromBase64Url, latin1 } from "./bytes.js";
import { isArray, isObject, parseJsonObject, type JsonValue } from "./json.js";
import { parseWith, type Reader } from "./reader.js";
import { REPORT_LENGTH } from "./snpreport.js";

export const PCRS = 24;
const TPM_GENERATED = 0xff544347;
const ATTEST_QUOTE = 0x8018;
const ALG_SHA256 = 0x000b;
const MAX_QUOTE = 1024;

export interface Quote {
  readonly extraData: Uint8Array;
  /** Numbers of the registers, ascending. */
  readonly selected: readonly number[];
  readonly pcrDigest: Uint8Array;
}

/** One bank, of SHA-256; PCR i is bit i % 8 of byte i / 8. */
function readSelection(r: Reader): number[] {
  r.demand(r.u32() === 1 && r.u16() === ALG_SHA256);
  const map = r.take(r.u8());
  const selected: number[] = [];
  for (let i = 0; i < 8 * map.length; i++) if (((map[i >> 3] ?? 0) >> (i & 7) & 1) !== 0) selected.push(i);
  r.demand(map.length <= 4 && selected.length > 0 && selected.every((register) => register < PCRS));
  return selected;
}

function readQuote(r: Reader): Quote {
  r.demand(r.u32() === TPM_GENERATED && r.u16() === ATTEST_QUOTE);
  const signer = r.take(r.u16());
  const extraData = r.take(r.u16());
  r.demand(signer.length <= 68 && extraData.length <= 66);
  r.take(16); // clock, counts of resets and restarts
  r.demand(r.u8() <= 1); // safe
  r.take(8); // firmware
  const selected = readSelection(r);
  const pcrDigest = r.take(r.u16());
  r.demand(pcrDigest.length === 32);
  r.end();
  return { extraData, selected, pcrDigest };
}

export function parseQuote(bytes: Uint8Array): Quote | undefined {
  return bytes.length <= MAX_QUOTE ? parseWith(bytes, readQuote) : undefined;
}

// -- the paravisor's report ----------------------------------------------------------------------------------------

const HEAD = 32;
const DATA_HEAD = 20;
const REQUEST_TYPE = 2;
const MAX_HCL = 16 * 1024;
const TYPES: Readonly<Record<number, "snp" | "tdx">> = { 2: "snp", 4: "tdx" };
const HASHES: Readonly<Record<number, "SHA-256" | "SHA-384" | "SHA-512">> = { 1: "SHA-256", 2: "SHA-384", 3: "SHA-512" };

export interface HclReport {
  readonly type: "snp" | "tdx";
  readonly hash: "SHA-256" | "SHA-384" | "SHA-512";
  /** The hardware's report. */
  readonly hardware: Uint8Array;
  /** JSON text, whose hash the hardware's report carries. */
  readonly runtime: Uint8Array;
}

function readHcl(r: Reader): HclReport {
  r.demand(latin1(r.take(4)) === "HCLA");
  const version = r.le32();
  const size = r.le32();
  r.demand((version === 1 || version === 2) && r.le32() === REQUEST_TYPE && r.le32() === 0);
  r.zeros(12);
  const hardware = r.take(REPORT_LENGTH);
  const dataSize = r.le32();
  r.demand(r.le32() === 1); // version of the data
  const type = TYPES[r.le32()];
  const hash = HASHES[r.le32()];
  const runtime = r.take(r.le32());
  r.demand(runtime.length > 0 && dataSize === runtime.length + DATA_HEAD && size === HEAD + REPORT_LENGTH + dataSize);
  r.demand(r.rest().every((octet) => octet === 0));
  r.demand(type !== undefined && hash !== undefined);
  return { type: type ?? "snp", hash: hash ?? "SHA-256", hardware, runtime };
}

export function parseHcl(bytes: Uint8Array): HclReport | undefined {
  return bytes.length <= MAX_HCL ? parseWith(bytes, readHcl) : undefined;
}

/** Modulus and exponent of the TPM's attestation key among the keys of runtime data; undefined unless there is one. */
export function attestationKeyIn(keys: JsonValue | undefined, forSigning = true): { n: Uint8Array; e: Uint8Array } | undefined {
  if (!isArray(keys) || !keys.every((key) => isObject(key) && typeof key.get("kid") === "string")) return undefined;
  const named = keys.filter((key) => isObject(key) && key.get("kid") === "HCLAkPub");
  const key = named[0];
  if (named.length !== 1 || !isObject(key) || key.get("kty") !== "RSA") return undefined;
  const uses = key.get("key_ops");
  // Its name says that it signs; the paravisors of 2023 wrote "encrypt" of it, as of the other one.
  if (forSigning && (!isArray(uses) || uses.length !== 1 || (uses[0] !== "sign" && uses[0] !== "encrypt"))) return undefined;
  const [n, e] = [key.get("n"), key.get("e")].map((text) => (typeof text === "string" ? fromBase64Url(text) : undefined));
  return n === undefined || e === undefined ? undefined : { n, e };
}

/** The same of the runtime JSON as it stands in a report. */
export function attestationKeyOf(runtime: Uint8Array): { n: Uint8Array; e: Uint8Array } | undefined {
  return attestationKeyIn(parseJsonObject(runtime, 64)?.get("keys"));
}
