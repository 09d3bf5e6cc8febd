// SPDX-License-Identifier: Apache-2.0
//
// What the API's words mean, for people.

import type { Algorithm, Key, NewKey, SignatureFormat, Vendor } from "@countersign/sdk";

export const ALGORITHMS: readonly { readonly name: Algorithm; readonly title: string; readonly text: string }[] = [
  { name: "mldsa65+ed25519", title: "ML-DSA-65 + Ed25519", text: "Security level 3. The usual choice." },
  { name: "mldsa44+ed25519", title: "ML-DSA-44 + Ed25519", text: "Security level 2; smaller and faster." },
  { name: "mldsa87+ed25519", title: "ML-DSA-87 + Ed25519", text: "Security level 5 with a common classical half." },
  { name: "mldsa44+ecdsa-p256", title: "ML-DSA-44 + ECDSA P-256", text: "Level 2; every cloud KMS can hold the classical half." },
  { name: "mldsa65+ecdsa-p256", title: "ML-DSA-65 + ECDSA P-256", text: "Level 3; every cloud KMS can hold the classical half." },
  { name: "mldsa87+ecdsa-p256", title: "ML-DSA-87 + ECDSA P-256", text: "Level 5; every cloud KMS can hold the classical half." },
  { name: "mldsa87+ecdsa-p384", title: "ML-DSA-87 + ECDSA P-384", text: "Level 5 in both halves, with a NIST curve." },
  { name: "mldsa87+ed448", title: "ML-DSA-87 + Ed448", text: "Level 5 in both halves." },
  { name: "mldsa44", title: "ML-DSA-44 alone", text: "No classical half: not hybrid." },
  { name: "mldsa65", title: "ML-DSA-65 alone", text: "No classical half: not hybrid." },
  { name: "mldsa87", title: "ML-DSA-87 alone", text: "No classical half: not hybrid." },
];

export const FORMATS: readonly { readonly name: SignatureFormat; readonly title: string; readonly text: string }[] = [
  { name: "composite", title: "Composite", text: "As the LAMPS draft of the IETF defines it. Other programs can verify it." },
  { name: "concat", title: "Concatenated", text: "One half behind the other, as the published clients expect it." },
  { name: "envelope", title: "Envelope", text: "JSON with both halves, for people who look inside." },
  { name: "pure", title: "Pure", text: "ML-DSA alone." },
];

/** Formats that an algorithm may have; the first is the usual one. */
export function formatsOf(algorithm: Algorithm): readonly SignatureFormat[] {
  if (!algorithm.includes("+")) return ["pure"];
  if (algorithm === "mldsa87+ecdsa-p384" || algorithm === "mldsa87+ed448") return ["composite"];
  return ["composite", "concat", "envelope"];
}

export const TIERS: readonly { readonly title: string; readonly text: string }[] = [
  { title: "Tier 0: this service", text: "Sealed under a key of this machine, opened in the enclave only." },
  { title: "Tier 1: wrapped by your KMS", text: "Sealed under a key of your KMS; take its rights away and nothing opens any more." },
  { title: "Tier 2: classical half in your KMS", text: "The classical half never leaves your KMS." },
  { title: "Tier 3: both halves with you", text: "Both halves are in your KMS or token." },
];

export const RELEASES: Readonly<Record<Key["keyRelease"], string>> = {
  local: "released on this machine",
  "agent-visible": "released through the agent, which sees the data key",
  relayed: "released through the agent, which cannot read it",
  attested: "released by your KMS to the attested enclave alone",
};

interface Provider<T> {
  readonly value: T;
  readonly title: string;
  readonly text: string;
}

export const KEK_PROVIDERS: readonly Provider<NonNullable<NewKey["kekProvider"]>>[] = [
  { value: "env", title: "This service", text: "A wrapping key on this machine. The operator holds it." },
  { value: "aws-kms", title: "Your AWS KMS", text: "You hold the wrapping key. Revoke the role, and every key becomes ciphertext." },
  { value: "azure-kv", title: "Your Azure Key Vault", text: "You hold the wrapping key, as RSA in your vault." },
  { value: "gcp-kms", title: "Your Google Cloud KMS", text: "You hold the wrapping key." },
];

export const CLASSICAL_PROVIDERS: readonly Provider<NonNullable<NewKey["keyProvider"]>>[] = [
  { value: "managed", title: "The enclave", text: "Made and used inside the enclave; sealed everywhere else." },
  { value: "aws-kms", title: "Your AWS KMS", text: "Never leaves your KMS; each signature is a call to it." },
  { value: "azure-kv", title: "Your Azure Key Vault", text: "Never leaves your vault; each signature is a call to it." },
  { value: "gcp-kms", title: "Your Google Cloud KMS", text: "Never leaves your KMS; each signature is a call to it." },
];

export const PQ_PROVIDERS: readonly Provider<NonNullable<NewKey["pqProvider"]>>[] = [
  { value: "enclave-mock", title: "Attested enclave: development", text: "Each signature is bound to the program's hash; the root is software and proves nothing about hardware." },
  { value: "enclave-nitro", title: "Attested enclave: AWS Nitro", text: "Each signature carries proof under Amazon's root." },
  { value: "enclave-azure", title: "Attested enclave: Azure confidential VM", text: "Each signature carries proof by Microsoft's attestation service and AMD's root." },
  { value: "enclave-gcp", title: "Attested enclave: GCP Confidential Space", text: "Each signature carries proof by Google's attestation service." },
  { value: "managed", title: "The enclave, without a policy", text: "The same custody, and nothing judges the attestation: signatures come without a verdict." },
  { value: "aws-kms", title: "Your AWS KMS", text: "Never leaves your KMS." },
  { value: "gcp-kms", title: "Your Google Cloud KMS", text: "Never leaves your KMS." },
  { value: "pkcs11", title: "Your token (PKCS #11)", text: "Never leaves your hardware token." },
  { value: "azure-managed-hsm", title: "Your Azure Managed HSM", text: "Azure does not offer ML-DSA yet: the service refuses this." },
];

/** Which vendor's policy an enclave provider needs. */
export const VENDOR_OF: Readonly<Record<string, Vendor>> = {
  "enclave-mock": "mock", "enclave-nitro": "aws-nitro-enclave", "enclave-azure": "azure-confidential-vm", "enclave-gcp": "gcp-confidential-space",
};

export const PROVIDER_OF: Readonly<Record<string, NonNullable<NewKey["pqProvider"]>>> = Object.fromEntries(Object.entries(VENDOR_OF).map(([provider, vendor]) => [vendor, provider])) as Record<string, NonNullable<NewKey["pqProvider"]>>;

export const VENDORS: Readonly<Record<Vendor, string>> = {
  mock: "Development, with a root of software", "aws-nitro-enclave": "AWS Nitro Enclaves", "azure-confidential-vm": "Azure confidential VM",
  "gcp-confidential-space": "GCP Confidential Space", "amd-sev-snp": "AMD SEV-SNP", "intel-tdx": "Intel TDX",
};

export const titleOf = (providers: readonly Provider<string>[], value: string): string => providers.find((p) => p.value === value)?.title ?? value;
