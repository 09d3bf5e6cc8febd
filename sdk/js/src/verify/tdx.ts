// SPDX-License-Identifier: Apache-2.0
//
// intel-tdx (protocol/attestation.md §9): a quote with its PCK chain, and Intel's collateral where the policy has it.

import { sha256, sha384 } from "@noble/hashes/sha2.js";
import { bindReport } from "./binding.js";
import { concat, equal, toHex } from "./bytes.js";
import { Fields } from "./fields.js";
import { objectOf, type JsonObject } from "./json.js";
import { isZero } from "./reader.js";
import { need, refuse } from "./refusal.js";
import { judgeRegisters, readMeasurements, readRegisters, writeRegisters, type Registers } from "./registers.js";
import { readRootPin, ROOTS, type RootPin } from "./roots.js";
import { judgeCollateral, readCollateral, writeCollateral, type Collateral } from "./tdxcollateral.js";
import { keyTypeOf, parseTdxQuote, type QeReport, type TdxQuote } from "./tdxquote.js";
import type { EvaluationTime, Proven, Vendor, VendorRules } from "./vendor.js";
import { ecKey, verifyWith, type VendorKey } from "./vendorkey.js";
import { parseCertificate, parsePem, verifyChain, type Certificate } from "./x509.js";

const CHAIN_LENGTH = 3;
const ECDSA_P256 = 2;
const PCK_NAME = "Intel SGX PCK Certificate";
/** Who signs Intel's quoting enclave for TDs, and its product number. */
const QE_SIGNER = "dc9e2a7c6f948f17474e34a7fc43ed030f7c1563f1babddf6340c82e0e54a8c5";
const QE_PRODUCT = 2;
const SGX_INIT = 1;
const SGX_DEBUG = 2;
const DEBUG = 0xffn; // bit 0 is DEBUG, and the others of its byte are kept for more of the kind
const MIGRATABLE = 1n << 29n;

const NOTES = {
  tcb: "TCB not evaluated: whether the platform's firmware is up to date needs Intel's collateral.",
  rtmr: "No RTMR judged: MRTD alone measures the firmware that the machine began with.",
  both: "TCB not evaluated, and no RTMR judged: MRTD alone measures the firmware that the machine began with.",
} as const;

interface Rules {
  readonly mrtd: readonly string[];
  readonly rtmr: Registers;
  readonly pin: RootPin;
  readonly collateral: Collateral | undefined;
}

function noteOf(rules: Rules): { note?: string } {
  if (rules.rtmr.size > 0) return rules.collateral === undefined ? { note: NOTES.tcb } : {};
  return { note: rules.collateral === undefined ? NOTES.both : NOTES.rtmr };
}

function isIntels(qe: QeReport): boolean {
  const flags = qe.attributes[0] ?? 0;
  return toHex(qe.mrsigner) === QE_SIGNER && qe.productId === QE_PRODUCT && (flags & SGX_INIT) !== 0 && (flags & SGX_DEBUG) === 0;
}

async function provePckChain(quote: TdxQuote, pin: RootPin, at: number): Promise<Certificate[]> {
  const ders = need(parsePem(quote.pckChain, CHAIN_LENGTH), "ATT_EVIDENCE_FORMAT");
  if (ders.length === CHAIN_LENGTH - 1 && pin.der !== undefined) ders.push(pin.der);
  const chain = ders.map((der) => need(parseCertificate(der), "ATT_EVIDENCE_FORMAT"));
  await verifyChain(chain, { roots: pin.roots, at, schemes: ["ES256_DER"], caKeyUsage: true, leafDigitalSignature: true });
  if (chain[0]?.commonName !== PCK_NAME) refuse("ATT_CHAIN");
  return chain;
}

async function proveSignatures(quote: TdxQuote, pck: VendorKey): Promise<void> {
  if (!(await verifyWith(pck, "ES256_RAW", quote.qe.bytes, quote.qeSignature))) refuse("ATT_PROOF_INVALID");
  const key = need(ecKey("P-256", quote.attestationKey), "ATT_PROOF_INVALID");
  if (!(await verifyWith(key, "ES256_RAW", quote.signed, quote.signature))) refuse("ATT_PROOF_INVALID");
  const vouched = concat(sha256(concat(quote.attestationKey, quote.qeAuth)), new Uint8Array(32));
  if (!equal(quote.qe.reportData, vouched) || !isIntels(quote.qe)) refuse("ATT_REPORT_MISMATCH");
}

async function allow(rules: Rules, quote: TdxQuote, chain: readonly Certificate[], at: number): Promise<void> {
  if ((quote.attributes & DEBUG) !== 0n) refuse("ATT_DEBUG");
  const intelsModule = isZero(quote.seamAttributes) && isZero(quote.mrsignerSeam);
  if ((quote.attributes & MIGRATABLE) !== 0n || !intelsModule) refuse("ATT_PLATFORM");
  if (!rules.mrtd.includes(`sha384:${toHex(quote.mrtd)}`)) refuse("ATT_IMAGE_NOT_ALLOWED");
  judgeRegisters(rules.rtmr, "sha384:", (register) => quote.rtmr[register]);
  if (rules.collateral !== undefined) await judgeCollateral(rules.collateral, quote, chain, rules.pin, at);
}

async function prove(rules: Rules, evidence: Uint8Array, time: EvaluationTime): Promise<Proven> {
  const keyType = keyTypeOf(evidence);
  if (keyType !== undefined && keyType !== ECDSA_P256) refuse("ATT_EVIDENCE_ALGORITHM");
  const quote = need(parseTdxQuote(evidence), "ATT_EVIDENCE_FORMAT");
  const chain = await provePckChain(quote, rules.pin, time.at);
  await proveSignatures(quote, chain[0]?.key as VendorKey);
  const root = chain[chain.length - 1]?.sha256 ?? "";
  return {
    imageHash: `sha384:${toHex(sha384(concat(quote.mrtd, ...quote.rtmr)))}`,
    hardware: (ROOTS["intel-tdx"] as readonly string[]).includes(root),
    rootSha256: `sha256:${root}`,
    ...noteOf(rules),
    bind: (expected) => bindReport(quote.reportData, expected),
    allow: () => allow(rules, quote, chain, time.at),
  };
}

function readRules(matchRules: JsonObject, allowDevelopment: boolean): VendorRules {
  const match = new Fields(matchRules, "matchRules.");
  const mrtd = readMeasurements(match.has("mrtd") ? matchRules.get("mrtd") : undefined, "sha384:", 48, match.at("mrtd"));
  const rtmr: Registers = match.has("rtmr") ? readRegisters(match, "rtmr", "sha384:", 48, 4) : new Map();
  const pin = readRootPin(match, "rootPem", "intel-tdx", allowDevelopment);
  const collateral = readCollateral(match, "collateral");
  match.refuseUnknown();
  return {
    canonical: objectOf({
      collateral: collateral && writeCollateral(collateral),
      mrtd,
      rootPem: pin.pem,
      rtmr: rtmr.size > 0 ? writeRegisters(rtmr) : undefined,
    }),
    development: pin.development,
    rootSha256: pin.sha256,
    prove: (evidence, time) => prove({ mrtd, rtmr, pin, collateral }, evidence, time),
  };
}

export const TDX: Vendor = { name: "intel-tdx", evidenceAlg: "tdx-quote", sessions: false, readRules };
