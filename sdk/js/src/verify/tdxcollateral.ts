// SPDX-License-Identifier: Apache-2.0
//
// Intel's collateral (protocol/attestation.md §9): whether the platform of a quote is up to date, by what Intel signed.

import { equal, fromBase64, fromHex, toBase64, utf8 } from "./bytes.js";
import { childrenIn, INTEGER, OCTET_STRING, oidOf, parseDer, SEQUENCE, smallUintOf, type Element } from "./der.js";
import { judgeRevocation, MAX_CRL, parseCrl, type RevocationList } from "./crl.js";
import { policyError, Refusal } from "./errors.js";
import { Fields, isArray, isObject, isText } from "./fields.js";
import { objectOf, parseJsonObject, type JsonObject, type JsonValue } from "./json.js";
import { need, refuse } from "./refusal.js";
import type { RootPin } from "./roots.js";
import type { TdxQuote } from "./tdxquote.js";
import { verifyWith, type VendorKey } from "./vendorkey.js";
import { parseCertificate, parsePem, toPem, verifyChain, type Certificate } from "./x509.js";

const STATUSES = [
  "UpToDate", "SWHardeningNeeded", "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded", "OutOfDate",
  "OutOfDateConfigurationNeeded",
] as const;
const SIGNER_NAME = "Intel SGX TCB Signing";
const OID_PCK = "1.2.840.113741.1.13.1";
const MAX_TEXT = 64 * 1024;
const COMPONENTS = 16;

/** One of Intel's answers: the text, and what of it is signed. */
interface SignedText {
  readonly text: string;
  readonly body: string;
  readonly signature: Uint8Array;
}

export interface Collateral {
  readonly tcbInfo: SignedText;
  readonly qeIdentity: SignedText;
  readonly chain: readonly Uint8Array[];
  readonly rootCrl: RevocationList;
  readonly pckCrl: RevocationList;
  readonly accepted: readonly string[];
  readonly canonical: JsonObject;
}

// -- reading -------------------------------------------------------------------------------------------------------

/** Takes {"<name>":X,"signature":"<128 hex>"} apart without reading X. */
function split(text: string, name: string): SignedText | undefined {
  const head = `{"${name}":`;
  const match = /,"signature":"([0-9a-f]{128})"\}$/.exec(text);
  const signature = match === null ? undefined : fromHex(match[1] ?? "");
  const body = match === null ? "" : text.slice(head.length, match.index);
  return text.startsWith(head) && signature !== undefined && body.length > 0 ? { text, body, signature } : undefined;
}

function readStatuses(list: JsonValue | undefined, fail: (code: "BAD_FIELD" | "POLICY_ALLOWLIST_EMPTY") => never): string[] {
  if (list === undefined) return ["UpToDate"];
  if (!isArray(list)) return fail("BAD_FIELD");
  if (list.some((status) => !(STATUSES as readonly JsonValue[]).includes(status))) return fail("BAD_FIELD");
  return list.length > 0 ? STATUSES.filter((status) => list.includes(status)) : fail("POLICY_ALLOWLIST_EMPTY");
}

export function readCollateral(match: Fields, name: string): Collateral | undefined {
  const object = match.optional(name, isObject);
  if (object === undefined) return undefined;
  const members = new Fields(object, `${match.at(name)}.`);
  const text = (member: string, max: number): string => members.required(member, isText(0, max));
  const bad = (member: string): never => {
    throw policyError("BAD_FIELD", members.at(member));
  };
  const answer = (member: string, first: string): SignedText => split(text(member, MAX_TEXT), first) ?? bad(member);
  const list = (member: string): { der: Uint8Array; crl: RevocationList } => {
    const der = fromBase64(text(member, Math.ceil(MAX_CRL / 3) * 4));
    if (der === undefined) throw policyError("BAD_ENCODING", members.at(member));
    return { der, crl: parseCrl(der) ?? bad(member) };
  };
  const tcbInfo = answer("tcbInfo", "tcbInfo");
  const qeIdentity = answer("qeIdentity", "enclaveIdentity");
  const chain = parsePem(text("issuerChain", 192 * 1024), 2) ?? bad("issuerChain");
  const rootCrl = list("rootCrl");
  const pckCrl = list("pckCrl");
  const accepted = readStatuses(members.has("acceptedStatuses") ? object.get("acceptedStatuses") : undefined, (code) => {
    throw policyError(code, members.at("acceptedStatuses"));
  });
  members.refuseUnknown();
  const canonical = objectOf({
    acceptedStatuses: accepted,
    issuerChain: chain.map(toPem).join(""),
    pckCrl: toBase64(pckCrl.der),
    qeIdentity: qeIdentity.text,
    rootCrl: toBase64(rootCrl.der),
    tcbInfo: tcbInfo.text,
  });
  return { tcbInfo, qeIdentity, chain, rootCrl: rootCrl.crl, pckCrl: pckCrl.crl, accepted, canonical };
}

export function writeCollateral(collateral: Collateral): JsonObject {
  return collateral.canonical;
}

// -- the PCK certificate -------------------------------------------------------------------------------------------

interface Pck {
  readonly svn: readonly number[];
  readonly pceSvn: number;
  readonly pceId: Uint8Array;
  readonly fmspc: Uint8Array;
}

/** SEQUENCE OF SEQUENCE {OID, value}: the values by their OID; undefined if it is not that, or has an OID twice. */
function readEntries(list: Element | undefined): Map<string, Element> | undefined {
  const entries = new Map<string, Element>();
  for (const entry of childrenIn(list, SEQUENCE) ?? []) {
    const [id, value, more] = childrenIn(entry, SEQUENCE) ?? [];
    const oid = oidOf(id);
    if (oid === undefined || value === undefined || more !== undefined || entries.has(oid)) return undefined;
    entries.set(oid, value);
  }
  return entries;
}

function readPck(der: Uint8Array | undefined): Pck | undefined {
  const entries = der === undefined ? undefined : readEntries(parseDer(der));
  const tcb = readEntries(entries?.get(`${OID_PCK}.2`));
  const octets = (arc: number, length: number): Uint8Array | undefined => {
    const e = entries?.get(`${OID_PCK}.${arc}`);
    return e?.tag === OCTET_STRING && e.body.length === length ? e.body : undefined;
  };
  const number = (arc: number, max: number): number | undefined => {
    const e = tcb?.get(`${OID_PCK}.2.${arc}`);
    const value = e?.tag === INTEGER ? smallUintOf(e) : undefined;
    return value !== undefined && value <= max ? value : undefined;
  };
  const svn = Array.from({ length: COMPONENTS }, (_, i) => number(i + 1, 0xff));
  const pceSvn = number(COMPONENTS + 1, 0xffff);
  const [pceId, fmspc] = [octets(3, 2), octets(4, 6)];
  const whole = pceSvn !== undefined && pceId !== undefined && fmspc !== undefined && !svn.includes(undefined);
  return whole ? { svn: svn as number[], pceSvn, pceId, fmspc } : undefined;
}

// -- members of Intel's answers ------------------------------------------------------------------------------------

const bad = (): never => refuse("ATT_COLLATERAL");

function textIn(object: JsonObject, name: string): string {
  const value = object.get(name);
  return typeof value === "string" && utf8(value).length <= 64 ? value : bad();
}

function uintIn(object: JsonObject, name: string, max: number): number {
  const value = object.get(name);
  return typeof value === "number" && value >= 0 && value <= max ? value : bad();
}

function objectIn(object: JsonObject, name: string): JsonObject {
  const value = object.get(name);
  return isObject(value) ? value : bad();
}

function objectsIn(object: JsonObject, name: string): readonly JsonObject[] {
  const value = object.get(name);
  return isArray(value) && value.every((item) => isObject(item)) ? (value as readonly JsonObject[]) : bad();
}

/** Hex of either case, of this many bytes. */
function hexIn(object: JsonObject, name: string, length: number): Uint8Array {
  const bytes = fromHex(textIn(object, name).toLowerCase());
  return bytes !== undefined && bytes.length === length ? bytes : bad();
}

function dateIn(object: JsonObject, name: string): number {
  const text = textIn(object, name);
  const sound = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?Z$/.test(text);
  const ms = sound ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? bad() : Math.floor(ms / 1000);
}

function isMasked(object: JsonObject, name: string, mask: string, value: Uint8Array): boolean {
  const want = hexIn(object, name, value.length);
  const bits = hexIn(object, mask, value.length);
  return value.every((octet, i) => (octet & (bits[i] ?? 0)) === ((want[i] ?? 0) & (bits[i] ?? 0)));
}

// -- judging -------------------------------------------------------------------------------------------------------

class Judgement {
  constructor(
    readonly collateral: Collateral,
    readonly quote: TdxQuote,
    readonly pck: Pck,
    readonly at: number,
  ) {}

  async open(text: SignedText, signer: Certificate, id: string, version: number): Promise<JsonObject> {
    const signed = await verifyWith(signer.key as VendorKey, "ES256_RAW", utf8(text.body), text.signature);
    const object = signed ? parseJsonObject(text.body, 64) : undefined;
    if (object === undefined || textIn(object, "id") !== id || uintIn(object, "version", 0x7fffffff) !== version) return bad();
    const inForce = dateIn(object, "issueDate") <= this.at && this.at <= dateIn(object, "nextUpdate");
    return inForce ? object : bad();
  }

  judgeStatus(level: JsonObject): void {
    if (!this.collateral.accepted.includes(textIn(level, "tcbStatus"))) refuse("ATT_TCB");
  }

  /** The highest level that is reached counts; levels come in descending order. */
  judgeLevels(object: JsonObject, isReached: (tcb: JsonObject) => boolean): void {
    for (const level of objectsIn(object, "tcbLevels")) if (isReached(objectIn(level, "tcb"))) return this.judgeStatus(level);
    refuse("ATT_TCB");
  }

  judgePlatform(info: JsonObject): void {
    // From version 1 of the module on its own two numbers are judged by its identity.
    const from = this.quote.tcbSvn[1] !== 0 ? 2 : 0;
    const reach = (tcb: JsonObject, name: string, svn: ArrayLike<number>, first: number): boolean => {
      const components = objectsIn(tcb, name);
      if (components.length !== COMPONENTS) return bad();
      const least = components.map((component) => uintIn(component, "svn", 0xff));
      return least.every((value, i) => i < first || (svn[i] ?? 0) >= value);
    };
    this.judgeLevels(info, (tcb) => {
      const sgx = reach(tcb, "sgxtcbcomponents", this.pck.svn, 0);
      const tdx = reach(tcb, "tdxtcbcomponents", this.quote.tcbSvn, from);
      return uintIn(tcb, "pcesvn", 0xffff) <= this.pck.pceSvn && sgx && tdx;
    });
  }

  judgeSvn(object: JsonObject, svn: number): void {
    this.judgeLevels(object, (tcb) => uintIn(tcb, "isvsvn", 0xffff) <= svn);
  }

  judgeModule(info: JsonObject): void {
    const [svn, version] = [this.quote.tcbSvn[0] ?? 0, this.quote.tcbSvn[1] ?? 0];
    const id = `TDX_${version.toString(16).toUpperCase().padStart(2, "0")}`;
    const module = version === 0
      ? objectIn(info, "tdxModule")
      : need(objectsIn(info, "tdxModuleIdentities").find((identity) => textIn(identity, "id") === id), "ATT_TCB");
    const signer = equal(hexIn(module, "mrsigner", 48), this.quote.mrsignerSeam);
    const attributes = isMasked(module, "attributes", "attributesMask", this.quote.seamAttributes);
    if (!signer || !attributes) refuse("ATT_TCB");
    if (version !== 0) this.judgeSvn(module, svn);
  }

  async judgeTcbInfo(signer: Certificate): Promise<void> {
    const info = await this.open(this.collateral.tcbInfo, signer, "TDX", 3);
    if (!equal(hexIn(info, "fmspc", 6), this.pck.fmspc) || !equal(hexIn(info, "pceId", 2), this.pck.pceId)) bad();
    this.judgePlatform(info);
    this.judgeModule(info);
  }

  async judgeQe(signer: Certificate): Promise<void> {
    const { qe } = this.quote;
    const identity = await this.open(this.collateral.qeIdentity, signer, "TD_QE", 2);
    const fits = [
      equal(hexIn(identity, "mrsigner", 32), qe.mrsigner),
      isMasked(identity, "miscselect", "miscselectMask", qe.miscSelect),
      isMasked(identity, "attributes", "attributesMask", qe.attributes),
      uintIn(identity, "isvprodid", 0xffff) === qe.productId,
    ];
    if (fits.includes(false)) refuse("ATT_TCB");
    this.judgeSvn(identity, qe.svn);
  }
}

async function openIssuerChain(collateral: Collateral, pin: RootPin, at: number): Promise<Certificate[]> {
  const ders = collateral.chain.length === 1 && pin.der !== undefined ? [...collateral.chain, pin.der] : collateral.chain;
  const chain = ders.map((der) => need(parseCertificate(der), "ATT_COLLATERAL"));
  try {
    await verifyChain(chain, { roots: pin.roots, at, schemes: ["ES256_DER"], caKeyUsage: true, leafDigitalSignature: true });
  } catch (error) {
    if (error instanceof Refusal) bad();
    throw error;
  }
  return chain.length === 2 && chain[0]?.commonName === SIGNER_NAME ? chain : bad();
}

/** Of a quote whose chain (PCK, CA, root) and signatures were verified. */
export async function judgeCollateral(
  collateral: Collateral,
  quote: TdxQuote,
  chain: readonly Certificate[],
  pin: RootPin,
  at: number,
): Promise<void> {
  const [leaf, ca, root] = chain;
  const pck = readPck(leaf?.extensions.get(OID_PCK));
  if (pck === undefined || leaf === undefined || ca === undefined || root === undefined || chain.length !== 3) return bad();
  const [signer, issuer] = (await openIssuerChain(collateral, pin, at)) as [Certificate, Certificate];
  await judgeRevocation(collateral.rootCrl, ca, root, at);
  await judgeRevocation(collateral.rootCrl, signer, issuer, at);
  await judgeRevocation(collateral.pckCrl, leaf, ca, at);
  const judgement = new Judgement(collateral, quote, pck, at);
  await judgement.judgeTcbInfo(signer);
  await judgement.judgeQe(signer);
}
