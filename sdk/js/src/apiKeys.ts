// SPDX-License-Identifier: Apache-2.0

import type { CallOptions, Transport } from "./http.js";
import { listOf, type Pages } from "./pages.js";
import type { ApiKey, ApiKeyMinted, ApiKeyRevoked, NewApiKey, PageQuery, Session } from "./types.js";

/**
 * Who may ask for what. The text of an API key is in one answer: where that was lost, a retry ends with
 * `SECRET_NOT_REPLAYABLE`, and the key that nobody knows has to be revoked.
 */
export class ApiKeys {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  create(apiKey: NewApiKey, options?: CallOptions): Promise<ApiKeyMinted> {
    return this.#transport.call("createApiKey", { body: apiKey }, options);
  }

  list(query: PageQuery = {}, options: CallOptions = {}): Pages<ApiKey> {
    return listOf(this.#transport, "listApiKeys", { query }, options);
  }

  get(id: string, options?: CallOptions): Promise<ApiKey> {
    return this.#transport.call("getApiKey", { path: { id } }, options);
  }

  revoke(id: string, options?: CallOptions): Promise<ApiKeyRevoked> {
    return this.#transport.call("revokeApiKey", { path: { id } }, options);
  }

  /** A successor with another text; the old one counts for `overlapSeconds` (86,400) more. */
  rotate(id: string, change: { readonly overlapSeconds?: number } = {}, options?: CallOptions): Promise<ApiKeyMinted> {
    return this.#transport.call("rotateApiKey", { path: { id }, body: change }, options);
  }
}

/** Logging in with a browser. The cookie that comes with it is seen by the browser alone. */
export class Sessions {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The answer's `csrfToken` makes a client of its own: `new Countersign({baseUrl, csrfToken})`. */
  begin(apiKey: string, options?: CallOptions): Promise<Session> {
    return this.#transport.call("beginSession", { body: { apiKey } }, options);
  }

  /** The session of the browser's cookie, with its `csrfToken`, for a page that was loaded again. */
  get(options?: CallOptions): Promise<Session> {
    return this.#transport.call("getSession", {}, options);
  }

  end(options?: CallOptions): Promise<{ ended: true }> {
    return this.#transport.call("endSession", {}, options);
  }
}
