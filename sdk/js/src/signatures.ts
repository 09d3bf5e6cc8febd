// SPDX-License-Identifier: Apache-2.0

import type { CallOptions, Transport } from "./http.js";
import { listOf, type Pages } from "./pages.js";
import type { SignatureDetail, SignatureQuery, StoredSignature } from "./types.js";

/** Signatures that the service keeps. */
export class Signatures {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: SignatureQuery = {}, options: CallOptions = {}): Pages<StoredSignature> {
    return listOf(this.#transport, "listSignatures", { query }, options);
  }

  get(id: string, options?: CallOptions): Promise<SignatureDetail> {
    return this.#transport.call("getSignature", { path: { id } }, options);
  }

  /** The bundle: all that `verifyBundle` needs to judge the signature offline, as the text of a file. */
  async bundle(id: string, options?: CallOptions): Promise<string> {
    return (await this.#transport.answer("getBundle", { path: { id } }, options)).data as string;
  }
}
