// SPDX-License-Identifier: Apache-2.0

import { readKeyInHand } from "./attestation.js";
import { type BundleVerdict, judgeBundle } from "./bundle.js";
import { readPinnedPolicy } from "./bundle-file.js";
import type { Purpose } from "./claims.js";
import { type Base64OrBytes, bytesOfBase64, bytesOfPayload, type Payload } from "./input.js";
import { readVerifierKeys } from "./ledger.js";
import type { PolicyInput } from "./policy.js";

export interface BundleOptions {
  /** The file: text or bytes. */
  readonly bundle: string | Uint8Array;
  readonly payload: Payload;
  /** The pinned policy, with `id`, `version` and `hash` as far as the service told them. */
  readonly policy: PolicyInput;
  /** Verifier keys of the ledger. Without them nobody knows who signed the checkpoint, and the verdict says so. */
  readonly ledgerKeys?: readonly string[] | undefined;
  readonly witnessKeys?: readonly string[] | undefined;
  /** The key that must have signed, as text. */
  readonly publicKey?: string | undefined;
  readonly keyId?: string | undefined;
  readonly nonce?: Base64OrBytes | undefined;
  readonly purpose?: Purpose | "any" | undefined;
  readonly allowMock?: boolean | undefined;
}

/** Judges a bundle, offline (protocol/bundle.md): signature, document, ledger entry, checkpoint and witnesses. */
export async function verifyBundle(options: BundleOptions): Promise<BundleVerdict> {
  return judgeBundle(options.bundle, {
    pin: await readPinnedPolicy(options.policy),
    payload: bytesOfPayload(options.payload),
    allowMock: options.allowMock ?? false,
    ledgerKeys: readVerifierKeys(options.ledgerKeys ?? []),
    witnessKeys: readVerifierKeys(options.witnessKeys ?? []),
    key: options.publicKey === undefined ? undefined : readKeyInHand(options.publicKey),
    keyId: options.keyId,
    nonce: options.nonce === undefined ? undefined : bytesOfBase64("nonce", options.nonce),
    purpose: options.purpose ?? "sign",
  });
}
