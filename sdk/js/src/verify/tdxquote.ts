// SPDX-License-Identifier: Apache-2.0
//
// TDX quotes of version 4 and 5 (Intel TDX DCAP Quote Generation Library, appendix A), taken apart. Form only.

import { equal, fromHex, latin1 } from "./bytes.js";
import { parseWith, Reader } from "./reader.js";

const MAX_QUOTE = 64 * 1024;
const TEE_TDX = 0x81;
const BODY_10 = 584;
const BODY_15 = 648;
/** Of Intel's quoting enclaves. */
const QE_VENDOR = /* @__PURE__ */ fromHex("939a7233f79c4ca9940a0db3957f0607") as Uint8Array;

/** The report of the quoting enclave, an enclave of SGX. */
export interface QeReport {
  readonly bytes: Uint8Array;
  readonly miscSelect: Uint8Array;
  readonly attributes: Uint8Array;
  readonly mrsigner: Uint8Array;
  readonly productId: number;
  readonly svn: number;
  readonly reportData: Uint8Array;
}

export interface TdxQuote {
  readonly keyType: number;
  readonly tcbSvn: Uint8Array;
  readonly mrsignerSeam: Uint8Array;
  readonly seamAttributes: Uint8Array;
  /** Little-endian. */
  readonly attributes: bigint;
  readonly mrtd: Uint8Array;
  readonly rtmr: readonly Uint8Array[];
  readonly reportData: Uint8Array;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly attestationKey: Uint8Array;
  readonly qe: QeReport;
  readonly qeSignature: Uint8Array;
  readonly qeAuth: Uint8Array;
  readonly pckChain: string;
}

function readBodyLength(r: Reader, version: number): number {
  if (version === 4) return BODY_10;
  const type = r.le16();
  const size = r.le32();
  r.demand((type === 2 && size === BODY_10) || (type === 3 && size === BODY_15));
  return size;
}

function readBody(r: Reader) {
  const tcbSvn = r.take(16);
  r.take(48); // MRSEAM
  const mrsignerSeam = r.take(48);
  const seamAttributes = r.take(8);
  const attributes = r.le64();
  r.take(8); // XFAM
  const mrtd = r.take(48);
  r.take(144); // MRCONFIGID, MROWNER, MROWNERCONFIG
  const rtmr = [r.take(48), r.take(48), r.take(48), r.take(48)];
  return { tcbSvn, mrsignerSeam, seamAttributes, attributes, mrtd, rtmr, reportData: r.take(64) };
}

function readQe(r: Reader): QeReport {
  const bytes = r.take(384);
  const in_ = new Reader(bytes);
  in_.take(16); // CPUSVN
  const miscSelect = in_.take(4);
  in_.take(28);
  const attributes = in_.take(16);
  in_.take(64); // MRENCLAVE, reserved
  const mrsigner = in_.take(32);
  in_.take(96);
  const productId = in_.le16();
  const svn = in_.le16();
  in_.take(60);
  return { bytes, miscSelect, attributes, mrsigner, productId, svn, reportData: in_.take(64) };
}

/** PEM; most quotes end it with a NUL. Its last character is a line feed or a hyphen. */
function readPckChain(r: Reader): string {
  r.demand(r.le16() === 5);
  const text = latin1(r.take(r.le32())).replace(/\0$/, "");
  r.demand(/[\n-]$/.test(text) && !text.includes("\0"));
  return text;
}

function readCertification(r: Reader) {
  r.demand(r.le16() === 6);
  const inner = new Reader(r.take(r.le32()));
  const qe = readQe(inner);
  const qeSignature = inner.take(64);
  const qeAuth = inner.take(inner.le16());
  const pckChain = readPckChain(inner);
  inner.end();
  return { qe, qeSignature, qeAuth, pckChain };
}

/** Version and key type of anything that is long enough for a header; what is behind them depends on the key type. */
export function keyTypeOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < 48 || bytes.length > MAX_QUOTE) return undefined;
  return parseWith(bytes, (r) => ([4, 5].includes(r.le16()) ? r.le16() : undefined));
}

export function parseTdxQuote(bytes: Uint8Array): TdxQuote | undefined {
  if (bytes.length > MAX_QUOTE) return undefined;
  return parseWith(bytes, (r) => {
    const version = r.le16();
    const keyType = r.le16();
    r.demand((version === 4 || version === 5) && r.le32() === TEE_TDX);
    r.take(4);
    r.demand(equal(r.take(16), QE_VENDOR));
    r.take(20); // data of the platform's provisioning
    const start = readBodyLength(r, version);
    const body = new Reader(r.take(start));
    const fields = readBody(body);
    const signed = bytes.subarray(0, r.position);
    const inner = new Reader(r.take(r.le32()));
    const signature = inner.take(64);
    const attestationKey = inner.take(64);
    const certification = readCertification(inner);
    inner.end();
    r.demand(r.rest().every((octet) => octet === 0));
    return { keyType, ...fields, signed, signature, attestationKey, ...certification };
  });
}
