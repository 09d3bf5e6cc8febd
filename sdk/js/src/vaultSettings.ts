// SPDX-License-Identifier: Apache-2.0

import type { CallOptions, Transport } from "./http.js";
import type { NewSettings, Settings, SettingsCleared, SettingsSaved, SettingsTest } from "./types.js";

/** Providers and defaults. */
export class VaultSettings {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get(options?: CallOptions): Promise<Settings> {
    return this.#transport.call("getSettings", {}, options);
  }

  /** All of them: what is left out is cleared. */
  put(settings: NewSettings, options?: CallOptions): Promise<SettingsSaved> {
    return this.#transport.call("putSettings", { body: settings }, options);
  }

  clear(options?: CallOptions): Promise<SettingsCleared> {
    return this.#transport.call("clearSettings", {}, options);
  }

  /** Asks every provider that is set up. */
  test(options?: CallOptions): Promise<SettingsTest> {
    return this.#transport.call("testSettings", {}, options);
  }
}
