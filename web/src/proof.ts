// SPDX-License-Identifier: Apache-2.0
//
// The door to the offline verifier. A judgement is made here and nowhere else, from what the verifier of sdk/js said in
// this browser; <Verified> shows green for nothing else. The verifier is loaded when something is to be judged.

import type {
  AttestationOptions, BundleOptions, BundleVerdict, CheckpointOptions, CheckpointVerdict, HybridOptions, HybridVerdict, LedgerOptions,
  LedgerProofOptions, LedgerVerdict, LineageOptions, LineageVerdict, Reason, SignatureOptions, Verdict,
} from "@countersign/sdk/verify";

import { fromHex, toHex } from "./bytes.js";

declare const made: unique symbol;
const all = new WeakSet<object>();

export interface Judgement<T = unknown> {
  readonly [made]: true;
  readonly ok: boolean;
  /** What was judged: "signature", "attestation". */
  readonly subject: string;
  readonly reason: Reason | "OK";
  /** Why it was refused, as the end of "this is …". */
  readonly sentence: string;
  /** Of attestations: proven under a vendor's root. False: a development root, which proves nothing about hardware. */
  readonly hardware: boolean | undefined;
  readonly verdict: T;
}

export const isJudgement = (value: unknown): value is Judgement => typeof value === "object" && value !== null && all.has(value);

const verifier = () => import("@countersign/sdk/verify");
type Verifier = Awaited<ReturnType<typeof verifier>>;

async function judge<T extends { readonly ok: boolean; readonly reason: Reason | "OK" }>(
  subject: string, ask: (sdk: Verifier) => T | Promise<T>, hardware?: (verdict: T) => boolean | undefined,
): Promise<Judgement<T>> {
  const sdk = await verifier();
  const verdict = await ask(sdk);
  const judgement = Object.freeze({
    ok: verdict.ok === true && verdict.reason === "OK", subject, reason: verdict.reason, sentence: sdk.describeReason(verdict.reason),
    hardware: verdict.ok ? hardware?.(verdict) : undefined, verdict,
  }) as Judgement<T>;
  all.add(judgement);
  return judgement;
}

/** Both halves of a signature. */
export const judgeSignature = (options: SignatureOptions) => judge("signature", (sdk) => sdk.verifySignature(options));

/**
 * An attestation under a policy. Development roots are let in, since what is shown says that they prove nothing about
 * hardware (`hardware`).
 */
export const judgeAttestation = (options: Omit<AttestationOptions, "allowMock">): Promise<Judgement<Verdict>> =>
  judge("attestation", (sdk) => sdk.verifyAttestationDoc({ ...options, allowMock: true }), (verdict) => verdict.hardware);

export const judgeBundle = (options: Omit<BundleOptions, "allowMock">): Promise<Judgement<BundleVerdict>> =>
  judge("bundle", (sdk) => sdk.verifyBundle({ ...options, allowMock: true }), (verdict) => verdict.hardware);

/** That each key of a lineage named the next. */
export const judgeLineage = (options: Omit<LineageOptions, "allowMock">): Promise<Judgement<LineageVerdict>> =>
  judge("lineage", (sdk) => sdk.verifyLineage({ ...options, allowMock: true }));

/** That a signed note is a checkpoint of the ledger whose keys are given, and which of the witnesses signed it. */
export const judgeCheckpoint = (options: CheckpointOptions): Promise<Judgement<CheckpointVerdict>> =>
  judge("checkpoint", (sdk) => sdk.verifyCheckpoint(options));

/** Throws for what is no verifier key. */
export async function checkVerifierKeys(keys: readonly string[]): Promise<void> {
  (await verifier()).verifyCheckpoint({ note: "", ledgerKeys: keys });
}

/** That the newer of two checkpoints goes on from the older one: nothing was taken back. */
export const judgeGrowth = ({ from, to, proofHex, ledgerKeys }: { from: string; to: string; proofHex: readonly string[]; ledgerKeys: readonly string[] }) =>
  judge("history", (sdk): CheckpointVerdict => {
    const [before, now] = [from, to].map((note) => sdk.verifyCheckpoint({ note, ledgerKeys }));
    if (before?.checkpoint == null || now?.checkpoint == null) return { ok: false, reason: before?.ok === false ? before.reason : now?.reason ?? "NOTE_FORMAT", checkpoint: null };
    const holds = before.checkpoint.origin === now.checkpoint.origin && sdk.isConsistent({
      size1: before.checkpoint.size, root1: before.checkpoint.root, size2: now.checkpoint.size, root2: now.checkpoint.root,
      proof: proofHex.map(fromHex),
    });
    return holds ? now : { ok: false, reason: "LEDGER_FORK", checkpoint: null };
  });

/** That an entry is in the tree of a signed checkpoint. */
export const judgeInclusion = (options: LedgerProofOptions): Promise<Judgement<CheckpointVerdict>> =>
  judge("ledger entry", (sdk) => sdk.verifyLedgerProof(options));

/** A whole ledger, as `client.ledger.exportPages()` gives it. */
export const judgeLedger = (options: LedgerOptions): Promise<Judgement<LedgerVerdict>> =>
  judge("ledger", (sdk) => sdk.verifyLedger(options));

/** A recorded pair of signatures, and its countersignature where a bundle of it is given. */
export const judgeHybrid = ({ attestation, countersignature }: HybridOptions): Promise<Judgement<HybridVerdict>> =>
  judge(
    "recorded pair", (sdk) => sdk.verifyHybrid({ attestation, countersignature: countersignature && { ...countersignature, allowMock: true } }),
    (verdict) => verdict.countersignature?.hardware,
  );

/** The hashes on the way from an entry to the root, computed here: the entry's own first. `proofHex` is what they are joined with. */
export async function hashesUp(entry: Uint8Array, sides: readonly ("left" | "right")[], proofHex: readonly string[]): Promise<readonly string[]> {
  const sdk = await verifier();
  const way = [sdk.leafHash(entry)];
  sides.forEach((side, i) => {
    const [own, other] = [way[i] as Uint8Array, fromHex(proofHex[i] ?? "")];
    way.push(side === "left" ? sdk.nodeHash(other, own) : sdk.nodeHash(own, other));
  });
  return way.map(toHex);
}

/** The hash of what a policy demands, computed here from what it says. */
export async function policyHash(policy: AttestationOptions["policy"]): Promise<string> {
  return (await (await verifier()).readPolicy(policy, { allowDevelopment: true })).hash;
}
