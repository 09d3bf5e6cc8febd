// SPDX-License-Identifier: Apache-2.0
//
// azure-confidential-vm (protocol/attestation.md §9). The registers of the virtual TPM, which a quote signs, say what
// runs; that the hardware protects this TPM is said by Microsoft's token or by the processor's own report.

import { sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { differs, expectedHash } from "./binding.js";
import { concat, equal, fromBase64, fromHex, latin1, toHex, utf8 } from "./bytes.js";
import { policyError } from "./errors.js";
import { Fields, isObject, isText } from "./fields.js";
import { objectOf, parseJsonObject, type JsonObject, type JsonValue } from "./json.js";
import { allowLaunch, allowToken, carries, proveToken, readMaaRules, writeMaaRules, type MaaRules, type MaaToken } from "./maa.js";
import { isZero } from "./reader.js";
import { need, refuse } from "./refusal.js";
import { judgeRegisters, readMeasurements, readRegisters, writeRegisters, type Registers } from "./registers.js";
import { readRootPin, ROOTS, type RootPin } from "./roots.js";
import { MAX_MEMBERS, POLICY_DEBUG, POLICY_MIGRATION, proveReport, readCertificates, type SnpProof } from "./snp.js";
import { attestationKeyOf, parseHcl, parseQuote, PCRS, type HclReport } from "./tpm.js";
import type { EvaluationTime, ExpectedBinding, Proven, Vendor, VendorRules } from "./vendor.js";
import { rsaKey, verifyWith, type VendorKey } from "./vendorkey.js";

const PCR_LENGTH = 32;
const ID_KEY_LENGTH = 48;
const MAX_HCL = 16 * 1024;
const MAX_QUOTE = 1024;
/** Of the keys that Microsoft identifies its paravisor with, as its tokens name them since 2023 and in 2026. */
const ID_KEYS = [
  "sha384:0356215882a825279a85b300b0b742931d113bf7e32dde2e50ffde7ec743ca491ecdd7f336dc28a6e0b2bb57af7a44a3",
  "sha384:942fd93ebde6ea7a96efadeafc60f1c6b3d10e703b1dafd7555b92f7f3d32d0e006767648cba5b102af3d65756af4177",
] as const;

interface Rules {
  readonly maa: MaaRules;
  readonly pcrs: Registers;
  readonly idKeyDigests: readonly string[];
  readonly takesReports: boolean;
  readonly pin: RootPin;
}

// -- the evidence --------------------------------------------------------------------------------------------------

interface Quoted {
  readonly quote: Uint8Array;
  readonly signature: Uint8Array;
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
}

interface Evidence {
  /** undefined: a report of the hardware stands for it. */
  readonly token: Uint8Array | undefined;
  readonly hcl: Uint8Array;
  readonly certificates: readonly Uint8Array[];
  /** undefined: a token alone. */
  readonly quoted: Quoted | undefined;
}

const malformed = (): never => refuse("ATT_EVIDENCE_FORMAT");

function bytesIn(object: JsonObject, name: string, max: number): Uint8Array {
  const text = object.get(name);
  const bytes = typeof text === "string" ? fromBase64(text) : undefined;
  return bytes !== undefined && bytes.length <= max ? bytes : malformed();
}

function pcrsIn(object: JsonObject): Map<number, Uint8Array> {
  const values = object.get("pcrs");
  if (!isObject(values)) return malformed();
  const pcrs = new Map<number, Uint8Array>();
  for (const [number, text] of values) {
    const value = typeof text === "string" ? fromHex(text) : undefined;
    if (!/^(?:0|[1-9][0-9]?)$/.test(number) || Number(number) >= PCRS || value?.length !== PCR_LENGTH) return malformed();
    pcrs.set(Number(number), value);
  }
  return pcrs;
}

function readEvidence(bytes: Uint8Array): Evidence {
  const none = new Uint8Array();
  if (bytes.length > 0 && latin1(bytes.subarray(0, 1)) !== "{") return { token: bytes, hcl: none, certificates: [], quoted: undefined };
  const object = need(parseJsonObject(bytes, MAX_MEMBERS), "ATT_EVIDENCE_FORMAT");
  const quoted = { quote: bytesIn(object, "quote", MAX_QUOTE), signature: bytesIn(object, "signature", MAX_QUOTE), pcrs: pcrsIn(object) };
  const token = object.get("maa");
  if (object.has("maa")) {
    const good = isText(0, 131072)(token) && object.size === 4;
    return good ? { token: utf8(token), hcl: none, certificates: [], quoted } : malformed();
  }
  const certificates = need(readCertificates(object.get("certificates")), "ATT_EVIDENCE_FORMAT");
  const hcl = bytesIn(object, "hclReport", MAX_HCL);
  return object.size === 5 ? { token: undefined, hcl, certificates, quoted } : malformed();
}

// -- proof ---------------------------------------------------------------------------------------------------------

const HASHES = { "SHA-256": sha256, "SHA-384": sha384, "SHA-512": sha512 } as const;

/** That the processor's report was asked for with this runtime data. */
function matchRuntime(hcl: HclReport, reportData: Uint8Array): void {
  const hash = HASHES[hcl.hash](hcl.runtime);
  const same = equal(reportData.subarray(0, hash.length), hash) && isZero(reportData.subarray(hash.length));
  if (!same) refuse("ATT_REPORT_MISMATCH");
}

async function proveHardware(rules: Rules, evidence: Evidence, at: number): Promise<{ proof: SnpProof; key: VendorKey }> {
  if (!rules.takesReports) refuse("ATT_ROOT_MISMATCH");
  const hcl = need(parseHcl(evidence.hcl), "ATT_EVIDENCE_FORMAT");
  if (hcl.type !== "snp") refuse("ATT_EVIDENCE_FORMAT");
  const proof = await proveReport(hcl.hardware, evidence.certificates, rules.pin, at);
  matchRuntime(hcl, proof.report.reportData);
  const numbers = need(attestationKeyOf(hcl.runtime), "ATT_EVIDENCE_FORMAT");
  return { proof, key: need(rsaKey(numbers.n, numbers.e), "ATT_KEY_WEAK") };
}

interface QuoteProof {
  readonly extraData: Uint8Array;
  readonly pcrs: ReadonlyMap<number, Uint8Array>;
  readonly imageHash: string;
}

async function proveQuote(quoted: Quoted, key: VendorKey | undefined): Promise<QuoteProof> {
  const quote = need(parseQuote(quoted.quote), "ATT_EVIDENCE_FORMAT");
  const signer = need(key, "ATT_REPORT_MISMATCH");
  if (!(await verifyWith(signer, "RS256", quoted.quote, quoted.signature))) refuse("ATT_PROOF_INVALID");
  const values = quote.selected.map((register) => need(quoted.pcrs.get(register), "ATT_REPORT_MISMATCH"));
  const digest = sha256(concat(...values));
  if (quoted.pcrs.size !== values.length || !equal(digest, quote.pcrDigest)) refuse("ATT_REPORT_MISMATCH");
  return { extraData: quote.extraData, pcrs: quoted.pcrs, imageHash: `sha256:${toHex(digest)}` };
}

/** Of a session the quote names the token, too: neither can then be exchanged for a newer one. */
function expectedExtraData(expected: ExpectedBinding, token: Uint8Array | undefined): Uint8Array | undefined {
  const hash = expectedHash(expected);
  if (hash === undefined || token === undefined || expected.session !== true) return hash;
  return sha256(concat(hash, sha256(token)));
}

interface Bound {
  readonly maa?: MaaToken;
  readonly token?: Uint8Array;
  readonly quote: QuoteProof | undefined;
}

function bind({ maa: token, token: bytes, quote }: Bound, expected: ExpectedBinding): void {
  if (expected.publicKey !== undefined) refuse("ATT_PUBLIC_KEY_MISMATCH");
  const wanted = expectedExtraData(expected, bytes);
  const carried = quote !== undefined ? !differs(quote.extraData, wanted) : wanted === undefined || (token !== undefined && carries(token, wanted));
  if (!carried) refuse("ATT_COMMITMENT_MISMATCH");
  if (differs(token?.nonce, expected.nonce)) refuse("ATT_NONCE_MISMATCH");
}

function allowReport(rules: Rules, { report, tcb }: SnpProof): void {
  if ((report.policy & POLICY_DEBUG) !== 0n) refuse("ATT_DEBUG");
  const idKey = rules.idKeyDigests.includes(`sha384:${toHex(report.idKeyDigest)}`);
  if ((report.policy & POLICY_MIGRATION) !== 0n || report.vmpl !== 0 || !idKey) refuse("ATT_PLATFORM");
  allowLaunch(rules.maa, `sha384:${toHex(report.measurement)}`, { ...tcb, guest: report.guestSvn });
}

async function proveByToken(rules: Rules, token: Uint8Array, quoted: Quoted | undefined, time: EvaluationTime): Promise<Proven> {
  if (rules.maa.jwks === undefined) return refuse("ATT_KEY_UNKNOWN");
  const maa = await proveToken(rules.maa, token, time);
  const quote = quoted && (await proveQuote(quoted, maa.ak));
  return {
    imageHash: quote?.imageHash ?? "",
    evidenceTime: maa.iat,
    hardware: false,
    rootSha256: rules.maa.jwks.sha256,
    bind: (expected) => bind({ maa, token, quote }, expected),
    allow: () => {
      if (maa.debuggable) refuse("ATT_DEBUG");
      allowToken(rules.maa, maa);
      judgeRegisters(rules.pcrs, "sha256:", (register) => quote?.pcrs.get(register));
    },
  };
}

async function proveByReport(rules: Rules, evidence: Evidence, time: EvaluationTime): Promise<Proven> {
  const { proof, key } = await proveHardware(rules, evidence, time.at);
  const quote = await proveQuote(need(evidence.quoted, "ATT_EVIDENCE_FORMAT"), key);
  return {
    imageHash: quote.imageHash,
    hardware: (ROOTS["azure-confidential-vm"] as readonly string[]).includes(proof.rootSha256),
    rootSha256: `sha256:${proof.rootSha256}`,
    bind: (expected) => bind({ quote }, expected),
    allow: () => {
      allowReport(rules, proof);
      judgeRegisters(rules.pcrs, "sha256:", (register) => quote.pcrs.get(register));
    },
  };
}

async function prove(rules: Rules, bytes: Uint8Array, time: EvaluationTime): Promise<Proven> {
  const evidence = readEvidence(bytes);
  return evidence.token === undefined ? proveByReport(rules, evidence, time) : proveByToken(rules, evidence.token, evidence.quoted, time);
}

// -- rules ---------------------------------------------------------------------------------------------------------

function readIdKeys(match: Fields, list: JsonValue | undefined, takesReports: boolean): readonly string[] {
  if (!match.has("idKeyDigests")) return ID_KEYS;
  const digests = readMeasurements(list, "sha384:", ID_KEY_LENGTH, match.at("idKeyDigests"));
  if (!takesReports) throw policyError("BAD_FIELD", match.at("idKeyDigests")); // nothing would be compared with them
  return digests;
}

async function readRules(matchRules: JsonObject, allowDevelopment: boolean): Promise<VendorRules> {
  const match = new Fields(matchRules, "matchRules.");
  const pcrs = readRegisters(match, "pcrs", "sha256:", PCR_LENGTH, PCRS);
  const pin = readRootPin(match, "arkPem", "azure-confidential-vm", allowDevelopment);
  const maa = await readMaaRules(match, matchRules, allowDevelopment);
  const takesReports = maa.jwks === undefined || pin.der !== undefined;
  const idKeyDigests = readIdKeys(match, matchRules.get("idKeyDigests"), takesReports);
  match.refuseUnknown();
  const rules: Rules = { maa, pcrs, idKeyDigests, takesReports, pin };
  return {
    canonical: objectOf({
      arkPem: pin.pem,
      idKeyDigests: takesReports ? idKeyDigests : undefined,
      ...writeMaaRules(maa),
      pcrs: writeRegisters(pcrs),
    }),
    sessions: maa.jwks !== undefined,
    development: maa.development || pin.development,
    rootSha256: maa.jwks?.sha256 ?? pin.sha256,
    prove: (evidence, time) => prove(rules, evidence, time),
  };
}

export const AZURE: Vendor = { name: "azure-confidential-vm", evidenceAlg: "maa-tpm", sessions: true, readRules };
