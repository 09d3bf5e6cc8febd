// SPDX-License-Identifier: Apache-2.0
//
// Reads the cases of test/vectors/attestation-evidence-cases.json as their member `about` says.

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { CaseClock } from "./cases.js";
import { bytes, SHARED } from "./files.js";

interface PublicFile {
  readonly path: string;
  readonly sha256: string;
}

export interface EvidenceCase {
  readonly name: string;
  readonly policy: Readonly<Record<string, unknown>>;
  readonly file?: PublicFile;
  readonly assemble?: unknown;
  readonly files?: readonly PublicFile[];
  readonly documentB64?: string;
  /** Parts as in `assemble`: of evidence in a shape of others, which leaves them out. */
  readonly certificates?: readonly string[];
  readonly mutate?: { readonly how: "xor" | "cut" | "append"; readonly offset?: number; readonly with?: number };
  readonly clock: CaseClock;
  readonly allowMock: boolean;
  readonly nonce?: string;
  readonly binding?: string;
  readonly publicKey?: string;
  readonly verdict: boolean;
  readonly reason: string;
  readonly proven?: { readonly imageHash: string; readonly evidenceTime?: number; readonly hardware: boolean };
}

function readPublic({ path, sha256 }: PublicFile): Buffer | undefined {
  const place = join(SHARED, path);
  if (!existsSync(place)) return undefined;
  const content = readFileSync(place);
  if (createHash("sha256").update(content).digest("hex") !== sha256)
    throw new Error(`${place} is another file than the corpus means`);
  return content;
}

/** The base64 of the DER of the n-th certificate of a PEM text. */
function pemPart(text: string, n: number): string {
  const match = [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g)][n];
  if (match === undefined) throw new Error("no such certificate");
  return (match[1] ?? "").replace(/\s/g, "");
}

function assemble(value: unknown, files: ReadonlyMap<string, Buffer>): unknown {
  if (Array.isArray(value)) return value.map((item) => assemble(item, files));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, assemble(member, files)]));
  const part = typeof value === "string" ? /^(b64|pem):([^#]*)(?:#([0-9]+))?$/.exec(value) : null;
  if (part === null) return value;
  const content = files.get(part[2] ?? "");
  if (content === undefined) throw new Error(`no such file: ${part[2]}`);
  return part[1] === "b64" ? content.toString("base64") : pemPart(content.toString("latin1"), Number(part[3]));
}

interface TpmParts {
  readonly hcl: Buffer;
  readonly vcek: Buffer;
  readonly quote: Buffer;
  readonly signature: Buffer;
  readonly pcrs: readonly Buffer[];
}

interface OfAttestationRs {
  readonly evidence: {
    readonly hcl_report: string;
    readonly vcek: string;
    readonly tpm_quote: { readonly message: string; readonly signature: string; readonly pcrs: readonly string[] };
  };
}

interface OfTrustee {
  readonly report: readonly number[];
  readonly vcek: string;
  readonly quote: { readonly message: number[]; readonly signature: number[]; readonly pcrs: readonly number[][] };
}

function readTpmParts(text: string): TpmParts {
  const value = JSON.parse(text) as OfAttestationRs | OfTrustee;
  if ("evidence" in value) {
    const { hcl_report, vcek, tpm_quote: q } = value.evidence;
    const [quote, signature] = [q.message, q.signature].map((hex) => Buffer.from(hex, "hex")) as [Buffer, Buffer];
    const pcrs = q.pcrs.map((hex) => Buffer.from(hex, "hex"));
    return { hcl: Buffer.from(hcl_report, "base64url"), vcek: Buffer.from(vcek, "base64url"), quote, signature, pcrs };
  }
  const { report, vcek, quote: q } = value;
  const pcrs = q.pcrs.map((octets) => Buffer.from(octets));
  const der = Buffer.from(pemPart(vcek, 0), "base64");
  return { hcl: Buffer.from(report), vcek: der, quote: Buffer.from(q.message), signature: Buffer.from(q.signature), pcrs };
}

/** Evidence of a virtual TPM in a shape of others, as this project has it. */
function withCertificates(text: string, certificates: unknown): Uint8Array {
  const parts = readTpmParts(text);
  const value = {
    hclReport: parts.hcl.toString("base64"),
    certificates: [parts.vcek.toString("base64"), ...(certificates as string[])],
    quote: parts.quote.toString("base64"),
    signature: parts.signature.toString("base64"),
    pcrs: Object.fromEntries(parts.pcrs.map((pcr, i) => [i, pcr.toString("hex")])),
  };
  return new Uint8Array(Buffer.from(JSON.stringify(value)));
}

function original(c: EvidenceCase): Uint8Array | undefined {
  if (c.documentB64 !== undefined) return bytes(c.documentB64);
  const content = c.file && readPublic(c.file);
  if (c.file !== undefined && (content === undefined || c.certificates === undefined))
    return content && new Uint8Array(content);
  const files = new Map<string, Buffer>();
  for (const file of c.files ?? []) {
    const content = readPublic(file);
    if (content === undefined) return undefined;
    files.set(file.path, content);
  }
  if (content !== undefined) return withCertificates(content.toString("utf8"), assemble(c.certificates, files));
  return new Uint8Array(Buffer.from(JSON.stringify(assemble(c.assemble, files))));
}

/** The evidence of a case; undefined where its public files are not here. */
export function evidenceOf(c: EvidenceCase): Uint8Array | undefined {
  const from = original(c);
  if (from === undefined || c.mutate === undefined) return from;
  const { how, offset = 0, with: octet = 0 } = c.mutate;
  const at = offset < 0 ? from.length + offset : offset;
  if (how === "cut") return from.slice(0, at);
  const changed = new Uint8Array(how === "append" ? [...from, octet] : from);
  if (how === "xor") changed[at] = (changed[at] ?? 0) ^ octet;
  return changed;
}
