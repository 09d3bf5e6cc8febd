// SPDX-License-Identifier: Apache-2.0

export type Bytes = Uint8Array<ArrayBuffer>;

export const utf8 = (text: string): Bytes => new TextEncoder().encode(text);

/** Undefined where it is no base64. */
export function fromBase64(text: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return undefined;
  }
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

const toUrl = (base64: string) => base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
export const toBase64Url = (bytes: Uint8Array): string => toUrl(toBase64(bytes));
export const fromBase64Url = (text: string): Bytes | undefined => fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));

/** Empty where it is no hex. */
export const fromHex = (text: string): Bytes => Uint8Array.from(/^([0-9a-f]{2})*$/.test(text) ? text.match(/../g) ?? [] : [], (two) => Number.parseInt(two, 16));
export const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The same bytes with one bit turned over. */
export function flipped(bytes: Uint8Array, at: number): Bytes {
  const out = Uint8Array.from(bytes);
  if (at >= 0 && at < out.length) out[at] = (out[at] as number) ^ 1;
  return out;
}

export function sizeOf(n: number): string {
  if (n < 1024) return `${n} byte${n === 1 ? "" : "s"}`;
  return n < 1 << 20 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / (1 << 20)).toFixed(1)} MiB`;
}
