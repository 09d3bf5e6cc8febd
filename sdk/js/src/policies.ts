// SPDX-License-Identifier: Apache-2.0

import type { CallOptions, Transport } from "./http.js";
import { listOf, type Pages } from "./pages.js";
import type { NewVaultPolicy, PageQuery, VaultPolicy, VaultPolicyChange, VaultPolicyDeleted } from "./types.js";

/** Vault policies: what is demanded of keys. */
export class Policies {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  create(policy: NewVaultPolicy, options?: CallOptions): Promise<VaultPolicy> {
    return this.#transport.call("createVaultPolicy", { body: policy }, options);
  }

  list(query: PageQuery = {}, options: CallOptions = {}): Pages<VaultPolicy> {
    return listOf(this.#transport, "listVaultPolicies", { query }, options);
  }

  get(id: string, options?: CallOptions): Promise<VaultPolicy> {
    return this.#transport.call("getVaultPolicy", { path: { id } }, options);
  }

  /** Not sent again when no answer came: ask with `get` what became of it. */
  update(id: string, change: VaultPolicyChange, options?: CallOptions): Promise<VaultPolicy> {
    return this.#transport.call("updateVaultPolicy", { path: { id }, body: change }, options);
  }

  delete(id: string, options?: CallOptions): Promise<VaultPolicyDeleted> {
    return this.#transport.call("deleteVaultPolicy", { path: { id } }, options);
  }
}
