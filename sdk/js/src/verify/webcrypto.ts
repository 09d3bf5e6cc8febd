// SPDX-License-Identifier: Apache-2.0

import { missingPrimitive } from "./errors.js";

function isUnsupported(error: unknown): boolean {
  return error instanceof Error && error.name === "NotSupportedError";
}

/** Verifies by WebCrypto; what this runtime does not know is an error with the algorithm's name, and no verdict. */
export async function verifyByWebCrypto(
  format: "jwk" | "raw",
  key: JsonWebKey | Uint8Array,
  algorithm: RsaHashedImportParams | EcKeyImportParams,
  how: RsaPssParams | EcdsaParams | { name: string },
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const subtle = (globalThis.crypto as Crypto | undefined)?.subtle;
  if (subtle === undefined) throw missingPrimitive("WebCrypto");
  try {
    const opened = await (format === "jwk"
      ? subtle.importKey("jwk", key as JsonWebKey, algorithm, false, ["verify"])
      : subtle.importKey("raw", key as BufferSource, algorithm, false, ["verify"]));
    return await subtle.verify(how, opened, signature as BufferSource, message as BufferSource);
  } catch (error) {
    throw isUnsupported(error) ? missingPrimitive(algorithm.name, error) : error;
  }
}
