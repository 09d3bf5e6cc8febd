// SPDX-License-Identifier: Apache-2.0
//
// What the page runs: the package, bundled as a web application would.

import { ApiError, Countersign, verifyAttestationDoc, verifyBundle, verifySignature } from "@countersign/sdk/development";
import { verifyBundle as verifyStrictly } from "@countersign/sdk/verify";

/** The client through the page's own origin, and the verifier over what it brought. */
export async function run({ apiKey, imageHash, rootPublicKey }) {
  const client = new Countersign({ baseUrl: location.origin, apiKey });
  const matchRules = { allowedImageHashes: [imageHash], rootPublicKeyB64: rootPublicKey };
  const policy = await client.attestationPolicies.create({ name: "browser", vendor: "mock", matchRules });
  const results = {};
  for (const algorithm of ["mldsa65+ed25519", "mldsa44+ecdsa-p256", "mldsa87+ecdsa-p384", "mldsa87+ed448"]) {
    const key = await client.hybridKeys.create({ name: algorithm, algorithm, pqProvider: "enclave-mock", attestationPolicyId: policy.id });
    const payload = crypto.getRandomValues(new Uint8Array(500));
    const signed = await client.sign({ keyId: key.id, payload });
    const document = { docB64: signed.attestation.docB64, signatureB64: signed.signatureB64, policy };
    const bundle = await client.signatures.bundle(signed.signatureId);
    const ledgerKeys = (await client.ledger.bundle()).signingKeys.map((signer) => signer.vkey);
    const other = new Uint8Array(500);
    results[algorithm] = {
      signature: (await verifySignature({ publicKey: key.publicKey, payload, signature: signed.signature })).ok,
      otherSignature: (await verifySignature({ publicKey: key.publicKey, payload: other, signature: signed.signature })).ok,
      document: (await verifyAttestationDoc({ ...document, payload })).reason,
      otherDocument: (await verifyAttestationDoc({ ...document, payload: other })).reason,
      bundle: (await verifyBundle({ bundle, payload, policy, ledgerKeys })).reason,
      strictly: (await verifyStrictly({ bundle, payload, policy, ledgerKeys })).reason,
      otherBundle: (await verifyBundle({ bundle, payload: other, policy, ledgerKeys })).reason,
    };
  }
  const refused = await client.hybridKeys.get(`key_${"0".repeat(26)}`).catch((error) => error);
  const seen = [];
  for await (const entry of client.ledger.stream({ since: 0 })) if (seen.push(entry.seq) === 3) break;
  return { results, seen, refused: refused instanceof ApiError ? [refused.code, refused.requestId.length] : String(refused) };
}

globalThis.run = run;
