// SPDX-License-Identifier: Apache-2.0

import type { CallOptions, Transport } from "./http.js";
import { listOf, type Pages } from "./pages.js";
import type { AuditEntry, Key, KeyDetail, KeyQuery, KeyRevoked, NewKey, PageQuery } from "./types.js";

/** Keys that sign with a classical and a post-quantum half. */
export class HybridKeys {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  create(key: NewKey, options?: CallOptions): Promise<KeyDetail> {
    return this.#transport.call("createKey", { body: key }, options);
  }

  /** Newest first. */
  list(query: KeyQuery = {}, options: CallOptions = {}): Pages<Key> {
    return listOf(this.#transport, "listKeys", { query }, options);
  }

  /** With public key, lineage and birth attestation. */
  get(id: string, options?: CallOptions): Promise<KeyDetail> {
    return this.#transport.call("getKey", { path: { id } }, options);
  }

  /** For good: the sealed material is destroyed. What was signed stays signed. */
  revoke(id: string, options?: CallOptions): Promise<KeyRevoked> {
    return this.#transport.call("revokeKey", { path: { id } }, options);
  }

  /** A successor of the same kind, to which the name moves unless it gets another. */
  rotate(id: string, change: { readonly name?: string } = {}, options?: CallOptions): Promise<KeyDetail> {
    return this.#transport.call("rotateKey", { path: { id }, body: change }, options);
  }

  suspend(id: string, options?: CallOptions): Promise<Key> {
    return this.#transport.call("suspendKey", { path: { id } }, options);
  }

  resume(id: string, options?: CallOptions): Promise<Key> {
    return this.#transport.call("resumeKey", { path: { id } }, options);
  }

  audit(id: string, query: PageQuery = {}, options: CallOptions = {}): Pages<AuditEntry> {
    return listOf(this.#transport, "auditKey", { path: { id }, query }, options);
  }
}
