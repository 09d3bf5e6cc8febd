// SPDX-License-Identifier: Apache-2.0
//
// Tokens of Microsoft Azure Attestation in both shapes: of guest attestation, where the hardware's claims stand in
// x-ms-isolation-tee, and direct ones, where they stand on top. Which software runs they do not say: azure.ts.

import { concat, equal, fromBase64, fromHex } from "./bytes.js";
import { policyError } from "./errors.js";
import { Fields, isArray, isObject, isText } from "./fields.js";
import { objectOf, type JsonObject, type JsonValue } from "./json.js";
import { checkKeyTime, MAX_KEYS, readKeySet, type KeySet, type SetKey } from "./jwks.js";
import {
  booleanIn, checkHeader, checkTimes, integerIn, judgedAt, listIn, objectIn, parseToken, requiredTextIn, textIn, verifyToken, type Token,
} from "./jwt.js";
import { need, refuse } from "./refusal.js";
import { readMeasurements } from "./registers.js";
import { isAboveFloor, readFloor, type Floor } from "./snp.js";
import { attestationKeyIn } from "./tpm.js";
import type { EvaluationTime } from "./vendor.js";
import { rsaKey, type VendorKey } from "./vendorkey.js";

const MAX_ISSUERS = 8;
const MAX_ISSUER = 255;
const MAX_TEXT = 128;
const MAX_SVN = 0xffffffff;
const USER_DATA = 64;
const LAUNCH = 48;
const SVNS = {
  bootloader: "x-ms-sevsnpvm-bootloader-svn",
  tee: "x-ms-sevsnpvm-tee-svn",
  snp: "x-ms-sevsnpvm-snpfw-svn",
  microcode: "x-ms-sevsnpvm-microcode-svn",
  guest: "x-ms-sevsnpvm-guestsvn",
} as const;

// -- rules ---------------------------------------------------------------------------------------------------------

export interface MaaRules {
  /** Empty: tokens are not accepted. */
  readonly issuers: readonly string[];
  readonly jwks: KeySet | undefined;
  readonly launchMeasurements: readonly string[] | undefined;
  readonly minSvn: Floor | undefined;
  /** An issuer is not Microsoft's. */
  readonly development: boolean;
}

function readIssuers(match: Fields): string[] | undefined {
  const list = match.optional("issuers", isArray);
  if (list === undefined) return undefined;
  if (list.length === 0) throw policyError("POLICY_ALLOWLIST_EMPTY", match.at("issuers"));
  const good = (url: JsonValue): boolean => isText(1, MAX_ISSUER)(url) && url.startsWith("https://");
  if (list.length > MAX_ISSUERS || !list.every(good)) throw policyError("BAD_FIELD", match.at("issuers"));
  return list as string[];
}

/** The members issuers, jwks, launchMeasurements and minSvn. */
export async function readMaaRules(match: Fields, matchRules: JsonObject, allowDevelopment: boolean): Promise<MaaRules> {
  const set = match.optional("jwks", isObject);
  const issuers = readIssuers(match);
  if (issuers === undefined && set !== undefined) throw policyError("MISSING_FIELD", match.at("issuers"));
  if (issuers !== undefined && set === undefined) throw policyError("MISSING_FIELD", match.at("jwks"));
  const development = (issuers ?? []).some((url) => !/^https:\/\/[a-z0-9.-]+\.attest\.azure\.net$/.test(url));
  if (development && !allowDevelopment) throw policyError("POLICY_FOREIGN_ROOT", match.at("issuers"));
  const jwks = set === undefined ? undefined : await readKeySet(set, issuers ?? [], match.at("jwks"));
  const name = "launchMeasurements";
  const launchMeasurements = match.has(name) ? readMeasurements(matchRules.get(name), "sha384:", LAUNCH, match.at(name)) : undefined;
  const minSvn = readFloor(match, "minSvn", Object.keys(SVNS), MAX_SVN, 1);
  return { issuers: issuers ?? [], jwks, launchMeasurements, minSvn, development };
}

export function writeMaaRules(rules: MaaRules): Record<string, JsonValue | undefined> {
  return {
    issuers: rules.issuers.length > 0 ? rules.issuers : undefined,
    jwks: rules.jwks?.canonical,
    launchMeasurements: rules.launchMeasurements,
    minSvn: rules.minSvn && objectOf(rules.minSvn as Record<string, number>),
  };
}

/** The launch measurement, then the security versions; of a processor that has none of these nothing is compared. */
export function allowLaunch(rules: MaaRules, measurement: string, svn: Readonly<Record<string, number>>): void {
  if (rules.launchMeasurements?.includes(measurement) === false) refuse("ATT_IMAGE_NOT_ALLOWED");
  if (!isAboveFloor(rules.minSvn, svn)) refuse("ATT_TCB");
}

// -- what a token says ---------------------------------------------------------------------------------------------

export interface MaaToken {
  readonly iat: number;
  readonly compliant: boolean;
  readonly debuggable: boolean;
  readonly migratable: boolean;
  readonly vmpl: number;
  /** `sha384:<hex>`: of SEV-SNP the launch measurement, of TDX MRTD. */
  readonly launch: string;
  readonly svn: Readonly<Record<string, number>>;
  readonly tcbUpToDate: boolean;
  /** Signs the quotes of the virtual TPM; undefined: the token names none. */
  readonly ak: VendorKey | undefined;
  readonly userData: Uint8Array | undefined;
  readonly nonce: Uint8Array | undefined;
}

type Hardware = Omit<MaaToken, "iat" | "nonce">;

function requiredBoolean(object: JsonObject, name: string): boolean {
  return need(booleanIn(object, name), "ATT_EVIDENCE_FORMAT");
}

/** Hex digits of either case. */
function hexIn(object: JsonObject, name: string, length: number): Uint8Array {
  const bytes = fromHex(requiredTextIn(object, name, MAX_TEXT).toLowerCase());
  return bytes?.length === length ? bytes : refuse("ATT_EVIDENCE_FORMAT");
}

function launchIn(object: JsonObject, name: string): string {
  hexIn(object, name, LAUNCH);
  return `sha384:${requiredTextIn(object, name, MAX_TEXT).toLowerCase()}`;
}

function readSnp(tee: JsonObject): Pick<Hardware, "debuggable" | "migratable" | "vmpl" | "launch" | "svn" | "tcbUpToDate"> {
  const svn = Object.entries(SVNS).map(([name, claim]) => [name, integerIn(tee, claim, 0, MAX_SVN)] as const);
  return {
    debuggable: requiredBoolean(tee, "x-ms-sevsnpvm-is-debuggable"),
    migratable: requiredBoolean(tee, "x-ms-sevsnpvm-migration-allowed"),
    vmpl: integerIn(tee, "x-ms-sevsnpvm-vmpl", 0, 3),
    launch: launchIn(tee, "x-ms-sevsnpvm-launchmeasurement"),
    svn: Object.fromEntries(svn),
    tcbUpToDate: true,
  };
}

function readTdx(tee: JsonObject): ReturnType<typeof readSnp> {
  const status = textIn(tee, "dbgstat", MAX_TEXT);
  const open = status !== undefined && !status.startsWith("disabled");
  return {
    debuggable: requiredBoolean(tee, "tdx_td_attributes_debug") || open,
    migratable: false,
    vmpl: 0,
    launch: launchIn(tee, "tdx_mrtd"),
    svn: {},
    tcbUpToDate: requiredTextIn(tee, "attester_tcb_status", MAX_TEXT) === "UpToDate",
  };
}

/** The attestation key of the virtual TPM; a second one of the name would make it a choice. */
function readAk(runtime: JsonObject): VendorKey | undefined {
  const all = listIn(runtime, "keys") ?? [];
  if (all.length > MAX_KEYS) refuse("ATT_EVIDENCE_FORMAT");
  const keys = all.filter((key) => isObject(key) && key.get("kid") === "HCLAkPub");
  if (keys.length === 0) return undefined;
  const numbers = need(attestationKeyIn(keys, false), "ATT_EVIDENCE_FORMAT");
  return need(rsaKey(numbers.n, numbers.e), "ATT_KEY_WEAK");
}

function readHardware(tee: JsonObject, type: string): Hardware {
  if (type !== "tdxvm" && type !== "sevsnpvm") refuse("ATT_PLATFORM");
  const compliant = textIn(tee, "x-ms-compliance-status", MAX_TEXT) === "azure-compliant-cvm";
  const machine = type === "tdxvm" ? readTdx(tee) : readSnp(tee);
  const runtime = need(objectIn(tee, "x-ms-runtime"), "ATT_EVIDENCE_FORMAT");
  const userData = runtime.has("user-data") ? hexIn(runtime, "user-data", USER_DATA) : undefined;
  return { compliant, ...machine, userData, ak: readAk(runtime) };
}

/** What the guest says through its TPM: whether a debugger can get in, and the caller's nonce. */
function readGuest(claims: JsonObject): { debuggable: boolean; nonce: Uint8Array | undefined } {
  const debuggers = ["x-ms-azurevm-bootdebug-enabled", "x-ms-azurevm-kerneldebug-enabled", "x-ms-azurevm-hypervisordebug-enabled"];
  const enabled = debuggers.map((name) => booleanIn(claims, name) ?? false).includes(true);
  const disabled = booleanIn(claims, "x-ms-azurevm-debuggersdisabled") ?? true;
  const debuggable = enabled || !disabled;
  const none: JsonObject = new Map();
  const payload = objectIn(objectIn(claims, "x-ms-runtime") ?? none, "client-payload") ?? none;
  const text = textIn(payload, "nonce", 4 * MAX_TEXT);
  const nonce = text === undefined ? undefined : need(fromBase64(text), "ATT_EVIDENCE_FORMAT");
  return nonce === undefined || nonce.length <= MAX_TEXT ? { debuggable, nonce } : refuse("ATT_EVIDENCE_FORMAT");
}

function readClaims(claims: JsonObject): Omit<MaaToken, "iat"> {
  const type = requiredTextIn(claims, "x-ms-attestation-type", MAX_TEXT);
  if (type !== "azurevm") return { ...readHardware(claims, type), nonce: undefined };
  const guest = readGuest(claims);
  const tee = need(objectIn(claims, "x-ms-isolation-tee"), "ATT_EVIDENCE_FORMAT");
  const hardware = readHardware(tee, requiredTextIn(tee, "x-ms-attestation-type", MAX_TEXT));
  return { ...hardware, debuggable: hardware.debuggable || guest.debuggable, nonce: guest.nonce };
}

// -- judging -------------------------------------------------------------------------------------------------------

function checkIssuer(token: Token, rules: MaaRules, key: SetKey): void {
  const value = token.claims.get("iss");
  const iss = isText(0, MAX_ISSUER)(value) ? value : undefined;
  if (iss === undefined || !rules.issuers.includes(iss) || (key.issuer !== undefined && key.issuer !== iss)) refuse("ATT_ISSUER_MISMATCH");
}

export async function proveToken(rules: MaaRules, bytes: Uint8Array, time: EvaluationTime): Promise<MaaToken> {
  const token = parseToken(bytes);
  checkHeader(token);
  const value = token.header.get("kid");
  const key = need(isText(0, 128)(value) ? rules.jwks?.keys.get(value) : undefined, "ATT_KEY_UNKNOWN");
  checkKeyTime(key, judgedAt(token, time));
  await verifyToken(token, key.key);
  checkIssuer(token, rules, key);
  const iat = checkTimes(token, time);
  return { iat, ...readClaims(token.claims) };
}

/** As nonce of the client payload, or as user data, which has 64 bytes and ends in zeros where there are fewer. */
export function carries(token: MaaToken, bytes: Uint8Array): boolean {
  if (token.nonce !== undefined && equal(token.nonce, bytes)) return true;
  if (token.userData === undefined || bytes.length === 0 || bytes.length > USER_DATA) return false;
  return equal(token.userData, concat(bytes, new Uint8Array(USER_DATA - bytes.length)));
}

export function allowToken(rules: MaaRules, token: MaaToken): void {
  if (!token.compliant || token.migratable || token.vmpl !== 0) refuse("ATT_PLATFORM");
  if (!token.tcbUpToDate) refuse("ATT_TCB");
  allowLaunch(rules, token.launch, token.svn);
}
