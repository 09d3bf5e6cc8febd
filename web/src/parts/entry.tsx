// SPDX-License-Identifier: Apache-2.0
//
// Entries of the ledger, in words.

import { href } from "../router.js";
import { Chip } from "./text.js";

/** What is recorded, as the service names it (protocol/ledger.md). */
export const EVENTS = [
  "signature.attested",
  "signature.issued",
  "signature.verified",
  "attestation.violation",
  "policy.violated",
  "key.created",
  "key.rotated",
  "key.suspended",
  "key.resumed",
  "key.revoked",
  "attestation_policy.created",
  "attestation_policy.updated",
  "attestation_policy.deleted",
  "policy.created",
  "policy.updated",
  "policy.deleted",
  "hybrid_attestation.created",
  "hybrid_attestation.key_registered",
  "hybrid_attestation.key_revoked",
  "pq_signer.key_created",
  "pq_signer.signed",
  "vault.settings_changed",
  "apikey.created",
  "apikey.rotated",
  "apikey.revoked",
  "apikey.refused",
  "apikey.session_created",
  "apikey.session_ended",
  "enclave.alarm",
  "custom.event",
] as const;

const BAD = new Set(["attestation.violation", "policy.violated", "apikey.refused", "enclave.alarm"]);

export function EventChip({ of }: { of: string }) {
  return <Chip kind={BAD.has(of) ? "bad" : "plain"}>{of}</Chip>;
}

const PAGES_OF: Readonly<Record<string, string>> = {
  sig: "signatures",
  key: "keys",
  att: "hybrid",
  ak: "api-keys",
  vpol: "policies",
  pol: "attestation-policies",
};

/** What an id stands for, with the way to its page where it has one. */
export function Subject({ of }: { of: string }) {
  const kind = /^([a-z]+)_[0-9a-z]{26}$/.exec(of)?.[1] ?? "";
  const page = Object.hasOwn(PAGES_OF, kind) ? PAGES_OF[kind] : undefined;
  const text = <code class="wrap">{of === "" ? "–" : of}</code>;
  return page === undefined ? text : <a href={page === "api-keys" ? href(page) : href(page, of)}>{text}</a>;
}
