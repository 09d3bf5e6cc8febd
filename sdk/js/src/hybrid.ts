// SPDX-License-Identifier: Apache-2.0

import { MalformedAnswerError } from "./errors.js";
import type { CallOptions, Transport } from "./http.js";
import { listOf, type Pages } from "./pages.js";
import type {
  AttestationQuery, Challenge, GeneratedKey, GenerateKeyRequest, HybridAttestation, HybridAttestationWhole, HybridSignRequest,
  HybridVerifyRequest, HybridVerifyResult, RegisteredKey, RegisteredKeyQuery, RegisterKeyRequest, RevokedKey,
} from "./types.js";

/** ML-DSA public keys under which pairs are attested. */
export class RegisteredKeys {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Bytes that prove possession once they are signed; good once, for five minutes. */
  challenge(options?: CallOptions): Promise<Challenge> {
    return this.#transport.call("createChallenge", {}, options);
  }

  register(key: RegisterKeyRequest, options?: CallOptions): Promise<RegisteredKey> {
    return this.#transport.call("registerKey", { body: key }, options);
  }

  /** The private key is in this answer and nowhere else. */
  generate(key: GenerateKeyRequest, options?: CallOptions): Promise<GeneratedKey> {
    return this.#transport.call("generateKey", { body: key }, options);
  }

  list(query: RegisteredKeyQuery = {}, options: CallOptions = {}): Pages<RegisteredKey> {
    return listOf(this.#transport, "listRegisteredKeys", { query }, options);
  }

  get(id: string, options?: CallOptions): Promise<RegisteredKey> {
    return this.#transport.call("getRegisteredKey", { path: { id } }, options);
  }

  revoke(id: string, options?: CallOptions): Promise<RevokedKey> {
    return this.#transport.call("revokeRegisteredKey", { path: { id } }, options);
  }
}

/** Pairs that were attested. */
export class HybridAttestations {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  list(query: AttestationQuery = {}, options: CallOptions = {}): Pages<HybridAttestation> {
    return listOf(this.#transport, "listAttestations", { query }, options);
  }

  get(id: string, options?: CallOptions): Promise<HybridAttestationWhole> {
    return this.#transport.call("getAttestation", { path: { id } }, options);
  }

  /** The bundle of the signature over the record, as the text of a file. */
  async bundle(id: string, options?: CallOptions): Promise<string> {
    return (await this.#transport.answer("getAttestationBundle", { path: { id } }, options)).data as string;
  }
}

/** Hybrid Attest: pairs of an ECDSA and an ML-DSA signature, verified and recorded. Its errors have codes of their own. */
export class Hybrid {
  readonly #transport: Transport;
  readonly keys: RegisteredKeys;
  readonly attestations: HybridAttestations;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
    this.keys = new RegisteredKeys(transport);
    this.attestations = new HybridAttestations(transport);
  }

  /** Verifies both halves and records the pair; `PQC_004` where either fails. */
  sign(pair: HybridSignRequest, options?: CallOptions): Promise<HybridAttestation> {
    return this.#transport.call("signHybrid", { body: pair }, options);
  }

  /** A recorded pair by its id, or any pair. */
  async verify(pair: HybridVerifyRequest, options?: CallOptions): Promise<HybridVerifyResult> {
    const answer = await this.#transport.answer("verifyHybrid", { body: pair }, options);
    const said = answer.data as HybridVerifyResult;
    if (said.valid && !(said.ecdsaValid && said.pqcValid))
      throw new MalformedAnswerError("valid is not what its halves are", 200, answer.facts);
    return said;
  }
}
