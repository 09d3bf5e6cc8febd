// SPDX-License-Identifier: Apache-2.0
//
// gcp-confidential-space (protocol/attestation.md §9): a token of Google's verifier, under pinned keys (OIDC) or under a
// root whose chain the token brings (PKI).

import { differs } from "./binding.js";
import { fromBase64, fromHex, utf8 } from "./bytes.js";
import { policyError } from "./errors.js";
import { Fields, isArray, isBoolean, isObject, isText } from "./fields.js";
import { objectOf, type JsonObject, type JsonValue } from "./json.js";
import { checkKeyTime, readKeySet, type KeySet } from "./jwks.js";
import { booleanIn, checkHeader, checkTimes, judgedAt, listIn, objectIn, parseToken, requiredTextIn, textIn, verifyToken, type Token } from "./jwt.js";
import { need, refuse } from "./refusal.js";
import { readRootPin, ROOTS, type RootPin } from "./roots.js";
import type { EvaluationTime, ExpectedBinding, Proven, Vendor, VendorRules } from "./vendor.js";
import type { VendorKey } from "./vendorkey.js";
import { parseCertificate, verifyChain } from "./x509.js";

const ISSUER = "https://confidentialcomputing.googleapis.com";
const DEFAULT_AUDIENCE = "https://sts.googleapis.com";
const HWMODELS = ["GCP_AMD_SEV", "GCP_AMD_SEV_ES", "GCP_INTEL_TDX"] as const;
const MAX_TEXT = 255;
const MAX_AUDIENCE = 512;
const MAX_KID = 128;
const MAX_X5C = 4;
const MAX_NAMES = 64;
const NOTE = "Google's verifier says nothing of the TCB version of this hardware.";

interface Rules {
  readonly imageDigests: readonly string[];
  readonly audience: string;
  readonly jwks: KeySet | undefined;
  readonly pin: RootPin;
  readonly serviceAccounts: readonly string[] | undefined;
  readonly projectIds: readonly string[] | undefined;
  readonly hwmodels: readonly string[];
  readonly allowEnvOverride: boolean;
}

// -- the key -------------------------------------------------------------------------------------------------------

async function verifyOidc(token: Token, keys: KeySet, time: EvaluationTime): Promise<void> {
  const kid = textIn(token.header, "kid", MAX_KID);
  const pinned = need(kid === undefined || token.header.has("x5c") ? undefined : keys.keys.get(kid), "ATT_KEY_UNKNOWN");
  checkKeyTime(pinned, judgedAt(token, time));
  await verifyToken(token, pinned.key);
}

/** Gives the root's hash. */
async function verifyPki(token: Token, pin: RootPin, time: EvaluationTime): Promise<string> {
  const at = judgedAt(token, time);
  const list = listIn(token.header, "x5c") ?? [];
  if (list.length > MAX_X5C) refuse("ATT_EVIDENCE_FORMAT");
  if (list.length === 0) refuse("ATT_KEY_UNKNOWN");
  const chain = list.map((item) => {
    const der = need(typeof item === "string" ? fromBase64(item) : undefined, "ATT_EVIDENCE_FORMAT");
    return need(parseCertificate(der), "ATT_EVIDENCE_FORMAT");
  });
  await verifyChain(chain, { roots: pin.roots, at, schemes: ["RS256"], caKeyUsage: true });
  await verifyToken(token, chain[0]?.key as VendorKey);
  return chain[chain.length - 1]?.sha256 ?? "";
}

// -- what a token says ---------------------------------------------------------------------------------------------

interface Facts {
  readonly debug: boolean;
  readonly image: string;
  readonly hwmodel: string;
  readonly platform: boolean;
  readonly envOverride: boolean;
  readonly cmdOverride: boolean;
  readonly tcb: string | undefined;
  readonly accounts: readonly JsonValue[];
  readonly project: string | undefined;
}

/** False for a member that is missing, and for an empty list or object. */
function isAnythingIn(object: JsonObject, name: string): boolean {
  const value = object.get(name);
  return value !== undefined && !(isArray(value) && value.length === 0) && !(isObject(value) && value.size === 0);
}

function readFacts(claims: JsonObject): Facts {
  const none: JsonObject = new Map();
  const swname = requiredTextIn(claims, "swname", MAX_TEXT);
  const dbgstat = requiredTextIn(claims, "dbgstat", MAX_TEXT);
  const secboot = booleanIn(claims, "secboot") ?? false;
  const hwmodel = requiredTextIn(claims, "hwmodel", MAX_TEXT);
  const accounts = listIn(claims, "google_service_accounts") ?? [];
  const tdx = hwmodel === "GCP_INTEL_TDX" ? (objectIn(claims, "tdx") ?? none) : none;
  const tcb = textIn(tdx, "gcp_attester_tcb_status", MAX_TEXT);
  const submods = objectIn(claims, "submods") ?? none;
  const container = objectIn(submods, "container") ?? none;
  const gce = objectIn(submods, "gce") ?? none;
  const space = objectIn(submods, "confidential_space") ?? none;
  const image = requiredTextIn(container, "image_digest", MAX_TEXT);
  if (!/^sha256:[0-9a-f]{64}$/.test(image)) refuse("ATT_EVIDENCE_FORMAT");
  const stable = (listIn(space, "support_attributes") ?? []).includes("STABLE");
  return {
    debug: dbgstat !== "disabled-since-boot",
    image,
    hwmodel,
    platform: swname === "CONFIDENTIAL_SPACE" && secboot && stable,
    envOverride: isAnythingIn(container, "env_override"),
    cmdOverride: isAnythingIn(container, "cmd_override"),
    tcb,
    accounts,
    project: textIn(gce, "project_id", MAX_TEXT),
  };
}

/** One text: of several nonces some were somebody else's. It is the text itself that is expected, or its bytes' hex. */
function bind(claims: JsonObject, expected: ExpectedBinding): void {
  const value = claims.get("eat_nonce");
  const nonce = isText(0, MAX_TEXT)(value) ? value : undefined;
  const isWanted = (wanted: Uint8Array | undefined): boolean => {
    if (wanted === undefined) return true;
    if (nonce === undefined) return false;
    const bytes = nonce.length > 0 ? fromHex(nonce) : undefined;
    return !differs(bytes, wanted) || (expected.raw && !differs(utf8(nonce), wanted));
  };
  if (expected.publicKey !== undefined) refuse("ATT_PUBLIC_KEY_MISMATCH");
  if (!isWanted(expected.binding)) refuse("ATT_COMMITMENT_MISMATCH");
  if (!isWanted(expected.nonce)) refuse("ATT_NONCE_MISMATCH");
}

function allow(rules: Rules, facts: Facts): void {
  if (facts.debug) refuse("ATT_DEBUG");
  if (!facts.platform || !rules.hwmodels.includes(facts.hwmodel)) refuse("ATT_PLATFORM");
  if (!rules.imageDigests.includes(facts.image)) refuse("ATT_IMAGE_NOT_ALLOWED");
  if (facts.cmdOverride || (facts.envOverride && !rules.allowEnvOverride)) refuse("ATT_OVERRIDE");
  const { serviceAccounts, projectIds } = rules;
  const accounts = serviceAccounts === undefined ||
    (facts.accounts.length > 0 && facts.accounts.every((account) => serviceAccounts.includes(account as string)));
  const project = projectIds === undefined || (facts.project !== undefined && projectIds.includes(facts.project));
  if (!accounts || !project) refuse("ATT_WORKLOAD");
  if (facts.hwmodel === "GCP_INTEL_TDX" && facts.tcb !== "UpToDate") refuse("ATT_TCB");
}

async function prove(rules: Rules, evidence: Uint8Array, time: EvaluationTime): Promise<Proven> {
  const token = parseToken(evidence);
  checkHeader(token);
  let rootSha256 = rules.jwks?.sha256;
  let hardware = false;
  if (rules.jwks !== undefined) {
    await verifyOidc(token, rules.jwks, time);
  } else {
    const root = await verifyPki(token, rules.pin, time);
    rootSha256 = `sha256:${root}`;
    hardware = (ROOTS["gcp-confidential-space"] as readonly string[]).includes(root);
  }
  const { claims } = token;
  if (claimText(claims, "iss", MAX_TEXT) !== ISSUER) refuse("ATT_ISSUER_MISMATCH");
  if (claimText(claims, "aud", MAX_AUDIENCE) !== rules.audience) refuse("ATT_AUDIENCE_MISMATCH");
  const iat = checkTimes(token, time);
  const facts = readFacts(claims);
  return {
    imageHash: facts.image,
    evidenceTime: iat,
    hardware,
    rootSha256: rootSha256 ?? null,
    ...(facts.hwmodel === "GCP_INTEL_TDX" ? {} : { note: NOTE }),
    bind: (expected) => bind(claims, expected),
    allow: () => allow(rules, facts),
  };
}

/** Of another type is another value. */
function claimText(claims: JsonObject, name: string, max: number): string | undefined {
  const value = claims.get(name);
  return isText(0, max)(value) ? value : undefined;
}

// -- rules ---------------------------------------------------------------------------------------------------------

function readNames(match: Fields, name: string): string[] | undefined {
  const list = match.optional(name, isArray);
  if (list === undefined) return undefined;
  if (list.length === 0) throw policyError("POLICY_ALLOWLIST_EMPTY", match.at(name));
  if (list.length > MAX_NAMES || !list.every((item) => isText(1, MAX_TEXT)(item))) throw policyError("BAD_FIELD", match.at(name));
  return list as string[];
}

function readHwmodels(match: Fields): readonly string[] {
  const list = match.optional("hwmodels", isArray);
  if (list === undefined) return HWMODELS;
  if (list.length === 0) throw policyError("POLICY_ALLOWLIST_EMPTY", match.at("hwmodels"));
  if (list.some((item) => !(HWMODELS as readonly JsonValue[]).includes(item))) throw policyError("BAD_FIELD", match.at("hwmodels"));
  return HWMODELS.filter((model) => list.includes(model));
}

async function readRules(matchRules: JsonObject, allowDevelopment: boolean): Promise<VendorRules> {
  const match = new Fields(matchRules, "matchRules.");
  const imageDigests = match.hashes("imageDigests", "sha256:", 32);
  if (imageDigests.some((digest) => /^sha256:0+$/.test(digest))) throw policyError("POLICY_HASH", match.at("imageDigests"));
  const audience = match.required("audience", isText(1, MAX_AUDIENCE));
  if (audience === DEFAULT_AUDIENCE) throw policyError("BAD_FIELD", match.at("audience"));
  const set = match.optional("jwks", isObject);
  if (set !== undefined && match.has("rootCertificatePem")) throw policyError("BAD_FIELD", match.at("rootCertificatePem"));
  const jwks = set && (await readKeySet(set, [ISSUER], match.at("jwks")));
  const pin = readRootPin(match, "rootCertificatePem", "gcp-confidential-space", allowDevelopment);
  const serviceAccounts = readNames(match, "serviceAccounts");
  const projectIds = readNames(match, "projectIds");
  const hwmodels = readHwmodels(match);
  const allowEnvOverride = match.optional("allowEnvOverride", isBoolean) ?? false;
  match.refuseUnknown();
  const rules: Rules = { imageDigests, audience, jwks, pin, serviceAccounts, projectIds, hwmodels, allowEnvOverride };
  return {
    canonical: objectOf({
      allowEnvOverride, audience, hwmodels, imageDigests, jwks: jwks?.canonical, projectIds, rootCertificatePem: pin.pem, serviceAccounts,
    }),
    development: pin.development,
    rootSha256: jwks?.sha256 ?? pin.sha256,
    prove: (evidence, time) => prove(rules, evidence, time),
  };
}

export const GCP: Vendor = { name: "gcp-confidential-space", evidenceAlg: "gcs-jwt", sessions: true, readRules };
