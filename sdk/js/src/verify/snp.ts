// SPDX-License-Identifier: Apache-2.0
//
// amd-sev-snp (protocol/attestation.md §9): a report of the processor with its certificates. What Azure's raw evidence
// has in common with it is here, too.

import { bindReport } from "./binding.js";
import { equal, fromBase64, toHex } from "./bytes.js";
import { policyError } from "./errors.js";
import { Fields, isArray, isInteger, isObject, isString } from "./fields.js";
import { objectOf, parseJsonObject, type JsonObject, type JsonValue } from "./json.js";
import { isZero } from "./reader.js";
import { need, refuse } from "./refusal.js";
import { readMeasurements } from "./registers.js";
import { readRootPin, ROOTS, type RootPin } from "./roots.js";
import {
  hardwareIdOf, OID_HARDWARE_ID, OID_PRODUCT, parseReport, PARTS, PART_OIDS, productOf, readTcb, REPORT_LENGTH, svnOf,
  type SnpReport, type Tcb,
} from "./snpreport.js";
import type { EvaluationTime, Proven, Vendor, VendorRules } from "./vendor.js";
import { verifyWith, type VendorKey } from "./vendorkey.js";
import { parseCertificate, verifyChain, type Certificate } from "./x509.js";

export const MAX_CERTIFICATES = 3;
export const MAX_MEMBERS = 64;
export const POLICY_MIGRATION = 1n << 18n;
export const POLICY_DEBUG = 1n << 19n;

export interface SnpProof {
  readonly report: SnpReport;
  readonly tcb: Tcb;
  /** Lower-case hex. */
  readonly rootSha256: string;
}

/** An array of 1 to 3 certificates in base64; undefined for anything else. */
export function readCertificates(value: JsonValue | undefined): Uint8Array[] | undefined {
  if (!isArray(value) || value.length < 1 || value.length > MAX_CERTIFICATES) return undefined;
  const ders = value.map((item) => (isString(item) ? fromBase64(item) : undefined));
  return ders.includes(undefined) ? undefined : (ders as Uint8Array[]);
}

/** Whether certificate and report speak of the same kind of key, processor, TCB version and chip. */
function matchCertificate(report: SnpReport, leaf: Certificate): Tcb {
  const product = productOf(leaf.extensions.get(OID_PRODUCT));
  if (leaf.commonName !== `SEV-${report.signer ?? ""}` || product === undefined) refuse("ATT_REPORT_MISMATCH");
  if (report.product !== undefined && report.product !== product) refuse("ATT_REPORT_MISMATCH");
  const tcb = need(readTcb(product, report.reportedTcb), "ATT_EVIDENCE_FORMAT");
  for (const part of PARTS) {
    if (part === "fmc" && product !== "Turin") continue;
    if (svnOf(leaf.extensions.get(PART_OIDS[part])) !== tcb[part]) refuse("ATT_REPORT_MISMATCH");
  }
  if (report.signer === "VLEK" || isZero(report.chipId)) return tcb; // of a provider, or masked: nothing to compare
  const id = need(hardwareIdOf(leaf.extensions.get(OID_HARDWARE_ID)), "ATT_REPORT_MISMATCH");
  if (!equal(report.chipId.subarray(0, id.length), id)) refuse("ATT_REPORT_MISMATCH");
  return tcb;
}

export async function proveReport(bytes: Uint8Array, certificates: readonly Uint8Array[], pin: RootPin, at: number): Promise<SnpProof> {
  const report = need(parseReport(bytes), "ATT_EVIDENCE_FORMAT");
  if (report.algorithm !== 1 || report.signer === undefined) refuse("ATT_EVIDENCE_ALGORITHM");
  const ders = certificates.length === MAX_CERTIFICATES - 1 && pin.der !== undefined ? [...certificates, pin.der] : certificates;
  const chain = ders.map((der) => need(parseCertificate(der), "ATT_EVIDENCE_FORMAT"));
  await verifyChain(chain, { roots: pin.roots, at, schemes: ["PSS384"], caKeyUsage: true });
  const leaf = chain[0] as Certificate;
  if (!(await verifyWith(leaf.key as VendorKey, "ES384_RAW", report.signed, report.signature))) refuse("ATT_PROOF_INVALID");
  return { report, tcb: matchCertificate(report, leaf), rootSha256: chain[chain.length - 1]?.sha256 ?? "" };
}

// -- floors --------------------------------------------------------------------------------------------------------

export type Floor = Readonly<Partial<Record<string, number>>>;

/** The optional member `name`: an object with at least one of `parts`, integers from `min` to `max`. */
export function readFloor(match: Fields, name: string, parts: readonly string[], max: number, min = 0): Floor | undefined {
  const object = match.optional(name, isObject);
  if (object === undefined) return undefined;
  for (const [part, least] of object) {
    if (!parts.includes(part)) throw policyError("UNKNOWN_FIELD", match.at(name));
    if (!isInteger(min, max)(least)) throw policyError("BAD_FIELD", match.at(name));
  }
  if (object.size === 0) throw policyError("BAD_FIELD", match.at(name));
  return Object.fromEntries(object as ReadonlyMap<string, number>);
}

export function isAboveFloor(floor: Floor | undefined, values: Readonly<Record<string, number>>): boolean {
  return Object.entries(floor ?? {}).every(([part, least]) => (values[part] ?? 0) >= (least ?? 0));
}

// -- the vendor ----------------------------------------------------------------------------------------------------

interface Rules {
  readonly measurements: readonly string[];
  readonly minTcb: Floor | undefined;
  readonly maxVmpl: number;
  readonly pin: RootPin;
}

function readEvidence(evidence: Uint8Array): { report: Uint8Array; certificates: Uint8Array[] } {
  const object = need(parseJsonObject(evidence, MAX_MEMBERS), "ATT_EVIDENCE_FORMAT");
  const text = object.get("report");
  const report = isString(text) ? fromBase64(text) : undefined;
  const certificates = readCertificates(object.get("certificates"));
  const good = object.size === 2 && report !== undefined && report.length <= REPORT_LENGTH && certificates !== undefined;
  return good ? { report, certificates } : refuse("ATT_EVIDENCE_FORMAT");
}

async function prove(rules: Rules, evidence: Uint8Array, time: EvaluationTime): Promise<Proven> {
  const parts = readEvidence(evidence);
  const { report, tcb, rootSha256 } = await proveReport(parts.report, parts.certificates, rules.pin, time.at);
  const imageHash = `sha384:${toHex(report.measurement)}`;
  return {
    imageHash,
    hardware: (ROOTS["amd-sev-snp"] as readonly string[]).includes(rootSha256),
    rootSha256: `sha256:${rootSha256}`,
    bind: (expected) => bindReport(report.reportData, expected),
    allow: () => {
      if ((report.policy & POLICY_DEBUG) !== 0n) refuse("ATT_DEBUG");
      if ((report.policy & POLICY_MIGRATION) !== 0n || report.vmpl > rules.maxVmpl) refuse("ATT_PLATFORM");
      if (!rules.measurements.includes(imageHash)) refuse("ATT_IMAGE_NOT_ALLOWED");
      if (!isAboveFloor(rules.minTcb, tcb)) refuse("ATT_TCB");
    },
  };
}

function readRules(matchRules: JsonObject, allowDevelopment: boolean): VendorRules {
  const match = new Fields(matchRules, "matchRules.");
  const list = match.has("measurements") ? matchRules.get("measurements") : undefined;
  const measurements = readMeasurements(list, "sha384:", 48, match.at("measurements"));
  const minTcb = readFloor(match, "minTcb", PARTS, 0xff);
  const maxVmpl = match.optional("maxVmpl", isInteger(0, 3)) ?? 3;
  const pin = readRootPin(match, "arkPem", "amd-sev-snp", allowDevelopment);
  match.refuseUnknown();
  return {
    canonical: objectOf({ arkPem: pin.pem, maxVmpl, measurements, minTcb: minTcb && objectOf(minTcb as Record<string, number>) }),
    development: pin.development,
    rootSha256: pin.sha256,
    prove: (evidence, time) => prove({ measurements, minTcb, maxVmpl, pin }, evidence, time),
  };
}

export const SNP: Vendor = { name: "amd-sev-snp", evidenceAlg: "snp-report", sessions: false, readRules };
