// SPDX-License-Identifier: Apache-2.0

import { ApiKeys, Sessions } from "./apiKeys.js";
import { AttestationPolicies } from "./attestationPolicies.js";
import { type CallOptions, type ClientOptions, Transport } from "./http.js";
import { Hybrid } from "./hybrid.js";
import { HybridKeys } from "./hybridKeys.js";
import { Ledger } from "./ledger.js";
import { Policies } from "./policies.js";
import { PqSigner } from "./pqSigner.js";
import { Signatures } from "./signatures.js";
import { sign, signBatch, type SignInput, verify, type VerifyInput } from "./signing.js";
import type { BatchResult, DryRun, Enclave, Health, Readiness, SignResult, Stats, VerifyResult } from "./types.js";
import { VaultSettings } from "./vaultSettings.js";

/**
 * A client of one service with one API key.
 *
 * What it returns is what the service says. That a signature was made by the enclave that you pinned is what
 * `verifyAttestationDoc` and `verifyBundle` say, without asking anybody.
 */
export class Countersign {
  readonly #transport: Transport;
  readonly hybridKeys: HybridKeys;
  readonly attestationPolicies: AttestationPolicies;
  readonly policies: Policies;
  readonly signatures: Signatures;
  readonly ledger: Ledger;
  readonly apiKeys: ApiKeys;
  readonly session: Sessions;
  readonly vaultSettings: VaultSettings;
  readonly hybrid: Hybrid;
  readonly pqSigner: PqSigner;

  constructor(options: ClientOptions) {
    const transport = new Transport(options);
    this.#transport = transport;
    this.hybridKeys = new HybridKeys(transport);
    this.attestationPolicies = new AttestationPolicies(transport);
    this.policies = new Policies(transport);
    this.signatures = new Signatures(transport);
    this.ledger = new Ledger(transport);
    this.apiKeys = new ApiKeys(transport);
    this.session = new Sessions(transport);
    this.vaultSettings = new VaultSettings(transport);
    this.hybrid = new Hybrid(transport);
    this.pqSigner = new PqSigner(transport);
  }

  /** Signs. With `dryRun` nothing is signed: the answer tells every check that would fail. */
  sign(input: SignInput & { readonly dryRun?: false | undefined }, options?: CallOptions): Promise<SignResult>;
  sign(input: SignInput & { readonly dryRun: true }, options?: CallOptions): Promise<DryRun>;
  sign(input: SignInput & { readonly dryRun?: boolean | undefined }, options: CallOptions = {}): Promise<SignResult | DryRun> {
    return sign(this.#transport, input, options);
  }

  /** Up to 1,000 at once; each item has its own result or error. */
  signBatch(items: readonly SignInput[], options: CallOptions = {}): Promise<BatchResult> {
    return signBatch(this.#transport, items, options);
  }

  /** Asks the service whether a signature verifies. The answer is an object: look at its `ok`. */
  verify(input: VerifyInput, options: CallOptions = {}): Promise<VerifyResult> {
    return verify(this.#transport, input, options);
  }

  /** `sign` under the name that published programs call it by. */
  hybridSign(input: SignInput, options?: CallOptions): Promise<SignResult> {
    return this.sign({ ...input, dryRun: false }, options);
  }

  /** `verify` under the name that published programs call it by. */
  hybridVerify(input: VerifyInput, options?: CallOptions): Promise<VerifyResult> {
    return this.verify(input, options);
  }

  /** Who the enclave says it is, to be compared with what was pinned elsewhere. */
  enclave(options?: CallOptions): Promise<Enclave> {
    return this.#transport.call("getEnclave", {}, options);
  }

  stats(options?: CallOptions): Promise<Stats> {
    return this.#transport.call("getStats", {}, options);
  }

  /** The process answers. */
  health(options?: CallOptions): Promise<Health> {
    return this.#transport.call("health", {}, options);
  }

  /** As `health`, for those who restart it. */
  live(options?: CallOptions): Promise<Health> {
    return this.#transport.call("livez", {}, options);
  }

  /** Whether it can sign: look at `status`. */
  ready(query: { readonly verbose?: boolean | undefined } = {}, options?: CallOptions): Promise<Readiness> {
    return this.#transport.call("readyz", { query: { verbose: query.verbose } }, options);
  }
}
