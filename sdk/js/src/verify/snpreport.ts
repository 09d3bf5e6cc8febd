// SPDX-License-Identifier: Apache-2.0
//
// The attestation report of SEV-SNP firmware (AMD 56860, table of ATTESTATION_REPORT) and what the extensions of its
// signing certificate say (AMD 57230). Form only; trust is snp.ts.

import { concat, latin1 } from "./bytes.js";
import { INTEGER, OCTET_STRING, parseDer, smallUintOf } from "./der.js";
import { parseWith, Reader } from "./reader.js";

export type Product = "Milan" | "Genoa" | "Turin";
export const PARTS = ["bootloader", "fmc", "microcode", "snp", "tee"] as const;
export type Part = (typeof PARTS)[number];
export type Tcb = Readonly<Record<Part, number>>;

export const REPORT_LENGTH = 1184;
const SIGNED_LENGTH = 0x2a0;
const COMPONENT = 72;
const SCALAR = 48;
const POLICY_RESERVED_ONE = 1n << 17n;
const POLICY_DEFINED = (1n << 26n) - 1n;

export interface SnpReport {
  readonly version: number;
  readonly guestSvn: number;
  readonly policy: bigint;
  readonly vmpl: number;
  readonly algorithm: number;
  readonly signer: "VCEK" | "VLEK" | undefined;
  readonly reportData: Uint8Array;
  readonly measurement: Uint8Array;
  readonly idKeyDigest: Uint8Array;
  readonly reportedTcb: Uint8Array;
  /** Version 2 does not say it. */
  readonly product: Product | undefined;
  readonly chipId: Uint8Array;
  readonly signed: Uint8Array;
  /** r and s, big-endian. */
  readonly signature: Uint8Array;
}

/** Family 19h model 0h is Milan, 1h and Ah are Genoa and its smaller siblings; 1Ah models 0h and 1h are Turin. */
function productOfCpu(family: number, model: number): Product | undefined {
  const group = model >> 4;
  if (family === 0x19) return group === 0 ? "Milan" : group === 1 || group === 0xa ? "Genoa" : undefined;
  return family === 0x1a && group <= 1 ? "Turin" : undefined;
}

function readComponent(r: Reader): Uint8Array {
  const value = r.take(SCALAR).slice().reverse();
  r.zeros(COMPONENT - SCALAR);
  return value;
}

function readCpu(r: Reader, version: number): Product | undefined {
  if (version < 3) {
    r.zeros(24);
    return undefined;
  }
  const product = productOfCpu(r.u8(), r.u8());
  r.take(1);
  r.zeros(21);
  r.demand(product !== undefined);
  return product;
}

function readReport(bytes: Uint8Array, r: Reader): SnpReport {
  const version = r.le32();
  const guestSvn = r.le32();
  const policy = r.le64();
  r.take(32); // family and image
  const vmpl = r.le32();
  const algorithm = r.le32();
  r.take(16); // current TCB, platform information
  const keyInfo = r.le32();
  r.zeros(4);
  r.demand([2, 3, 5].includes(version) && vmpl <= 3 && keyInfo <= 0x1f);
  r.demand(policy <= POLICY_DEFINED && (policy & POLICY_RESERVED_ONE) !== 0n);
  const reportData = r.take(64);
  const measurement = r.take(48);
  r.take(32); // host data
  const idKeyDigest = r.take(48);
  r.take(112); // author key digest, report id, report id of the migration agent
  const reportedTcb = r.take(8);
  const product = readCpu(r, version);
  const chipId = r.take(64);
  r.take(8); // committed TCB
  for (let i = 0; i < 2; i++) {
    r.take(3); // firmware: build, minor, major
    r.zeros(1);
  }
  r.take(8); // launch TCB
  if (version >= 5) r.take(16); // mitigations at launch and now
  r.zeros(SIGNED_LENGTH - r.position);
  const signature = concat(readComponent(r), readComponent(r));
  r.zeros(REPORT_LENGTH - SIGNED_LENGTH - 2 * COMPONENT);
  r.end();
  const signer = (["VCEK", "VLEK"] as const)[keyInfo >> 2];
  const signed = bytes.subarray(0, SIGNED_LENGTH);
  return { version, guestSvn, policy, vmpl, algorithm, signer, reportData, measurement, idKeyDigest, reportedTcb, product, chipId, signed, signature };
}

export function parseReport(bytes: Uint8Array): SnpReport | undefined {
  return bytes.length === REPORT_LENGTH ? parseWith(bytes, (r) => readReport(bytes, r)) : undefined;
}

const PLACES: Readonly<Record<"older" | "turin", Readonly<Partial<Record<Part, number>>>>> = {
  older: { bootloader: 0, tee: 1, snp: 6, microcode: 7 },
  turin: { fmc: 0, bootloader: 1, tee: 2, snp: 3, microcode: 7 },
};

/** The parts of a TCB version; undefined if a byte is set that the layout reserves. */
export function readTcb(product: Product, bytes: Uint8Array): Tcb | undefined {
  const places = PLACES[product === "Turin" ? "turin" : "older"];
  const rest = bytes.slice();
  const tcb: Record<Part, number> = { bootloader: 0, fmc: 0, microcode: 0, snp: 0, tee: 0 };
  for (const part of PARTS) {
    const place = places[part];
    if (place === undefined) continue;
    tcb[part] = bytes[place] ?? 0;
    rest[place] = 0;
  }
  return rest.every((octet) => octet === 0) ? tcb : undefined;
}

// -- extensions of the certificate ---------------------------------------------------------------------------------

export const OID_PRODUCT = "1.3.6.1.4.1.3704.1.2";
export const OID_HARDWARE_ID = "1.3.6.1.4.1.3704.1.4";
export const PART_OIDS: Readonly<Record<Part, string>> = {
  bootloader: "1.3.6.1.4.1.3704.1.3.1",
  tee: "1.3.6.1.4.1.3704.1.3.2",
  snp: "1.3.6.1.4.1.3704.1.3.3",
  microcode: "1.3.6.1.4.1.3704.1.3.8",
  fmc: "1.3.6.1.4.1.3704.1.3.9",
};

/** "Milan-B0" as IA5String: the product up to the dash. */
export function productOf(der: Uint8Array | undefined): Product | undefined {
  const e = der === undefined ? undefined : parseDer(der);
  const name = e?.tag === 0x16 ? latin1(e.body).split("-")[0] : undefined;
  return (["Milan", "Genoa", "Turin"] as const).find((product) => product === name);
}

/** INTEGER 0..255. */
export function svnOf(der: Uint8Array | undefined): number | undefined {
  const e = der === undefined ? undefined : parseDer(der);
  const value = e?.tag === INTEGER ? smallUintOf(e) : undefined;
  return value !== undefined && value <= 0xff ? value : undefined;
}

/** 64 bytes, or 8 on Turin; bare, or in an OCTET STRING as some certificates have it. */
export function hardwareIdOf(value: Uint8Array | undefined): Uint8Array | undefined {
  const fits = (id: Uint8Array | undefined): boolean => id?.length === 64 || id?.length === 8;
  if (value === undefined || fits(value)) return value;
  const e = parseDer(value);
  return e?.tag === OCTET_STRING && fits(e.body) ? e.body : undefined;
}
