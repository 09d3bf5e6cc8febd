// SPDX-License-Identifier: Apache-2.0

import type { CallOptions, Transport } from "./http.js";
import { listOf, type Pages } from "./pages.js";
import type {
  AttestationPolicy, AttestationPolicyChange, AttestationPolicyDeleted, AttestationPolicyQuery, NewAttestationPolicy, PageQuery,
  StoredSignature,
} from "./types.js";

/** What an enclave has to prove before a signature of its leaves the service. */
export class AttestationPolicies {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  create(policy: NewAttestationPolicy, options?: CallOptions): Promise<AttestationPolicy> {
    return this.#transport.call("createAttestationPolicy", { body: policy }, options);
  }

  /** Newest first. */
  list(query: AttestationPolicyQuery = {}, options: CallOptions = {}): Pages<AttestationPolicy> {
    return listOf(this.#transport, "listAttestationPolicies", { query }, options);
  }

  /** The version in force, or an older one. */
  get(id: string, query: { readonly version?: number | undefined } = {}, options?: CallOptions): Promise<AttestationPolicy> {
    return this.#transport.call("getAttestationPolicy", { path: { id }, query: { version: query.version } }, options);
  }

  /** Makes the next version. Not sent again when no answer came: ask with `get` what became of it. */
  update(id: string, change: AttestationPolicyChange, options?: CallOptions): Promise<AttestationPolicy> {
    return this.#transport.call("updateAttestationPolicy", { path: { id }, body: change }, options);
  }

  delete(id: string, options?: CallOptions): Promise<AttestationPolicyDeleted> {
    return this.#transport.call("deleteAttestationPolicy", { path: { id } }, options);
  }

  /** What was signed under it. */
  signatures(id: string, query: PageQuery = {}, options: CallOptions = {}): Pages<StoredSignature> {
    return listOf(this.#transport, "listSignaturesOfPolicy", { path: { id }, query }, options);
  }
}
