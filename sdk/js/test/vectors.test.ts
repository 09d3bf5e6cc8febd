// SPDX-License-Identifier: Apache-2.0
//
// Public vectors through the verifier: what others say is good and bad.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";

import { ALGORITHMS, P256 } from "../src/verify/alg.js";
import { checkSignature } from "../src/verify/composite.js";
import { ED25519 } from "../src/verify/eddsa.js";
import { isConsistent, isIncluded } from "../src/verify/merkle.js";
import { parseNote, readVerifierKey, signersOf } from "../src/verify/note.js";
import { publicKeyOf, readPublicKey } from "../src/verify/publickey.js";
import { reasonOf } from "../src/verify/signature.js";
import { bytes, fromHexText, readShared } from "./files.js";

/** A test over a public file; skipped, and said so, where the file is not beside the clone. */
function shared<T>(path: string, check: (content: T) => void): void {
  const text = readShared(...path.split("/"));
  test(path, { skip: text === undefined && "public vectors are not here" }, () => check(JSON.parse(text ?? "") as T));
}

interface CompositeFile {
  readonly m: string;
  readonly ctx?: string;
  readonly tests: readonly { tcId: string; pk: string; s: string; sWithContext?: string }[];
}

// Names of the draft, as the labels have them: id-MLDSA44-Ed25519-SHA512.
function algorithmOfId(id: string) {
  const pure = /^id-ML-DSA-(\d\d)$/.exec(id)?.[1];
  return ALGORITHMS.find((a) => (pure ? a.name === `mldsa${pure}` : a.composite?.label === `COMPSIG-${id.slice(3)}`));
}

function judgeComposite(file: CompositeFile): readonly string[] {
  return file.tests.flatMap((t) => {
    const algorithm = algorithmOfId(t.tcId);
    const format = algorithm?.formats[0];
    if (!algorithm || !format) return [];
    const key = publicKeyOf(algorithm, format, bytes(t.pk));
    const judge = (signature: string, context: Uint8Array) =>
      reasonOf(() => checkSignature(key, { payload: bytes(file.m) }, bytes(signature), context));
    const withContext = algorithm.composite && t.sWithContext !== undefined && file.ctx !== undefined;
    const own = judge(t.s, new Uint8Array());
    return withContext ? [own, judge(t.sWithContext ?? "", bytes(file.ctx ?? ""))] : [own];
  });
}

for (const name of ["draft19", "1abc3ed", "2b704a5", "167f1ad"])
  shared<CompositeFile>(`composite/testvectors-${name}.json`, (file) => {
    const reasons = judgeComposite(file);
    assert.ok(reasons.length >= 4, `${reasons.length} signatures`);
    assert.deepEqual(new Set(reasons), new Set(["OK"]));
  });

shared<CompositeFile>("composite/negative-oldlabel-5ba4655.json", (file) =>
  assert.deepEqual(judgeComposite(file), ["BAD_SIGNATURE"]),
);

interface Acvp {
  readonly testGroups: readonly {
    parameterSet: string;
    pk: string;
    tests: readonly { tcId: number; testPassed: boolean; message: string; signature: string }[];
  }[];
}

const MLDSA = { "ML-DSA-44": ml_dsa44, "ML-DSA-65": ml_dsa65, "ML-DSA-87": ml_dsa87 };

shared<Acvp>("acvp/mldsa-sigVer-FIPS204.internalProjection.json", ({ testGroups }) => {
  for (const group of testGroups)
    for (const t of group.tests) {
      const mldsa = MLDSA[group.parameterSet as keyof typeof MLDSA];
      const [signature, message, pk] = [t.signature, t.message, group.pk].map((h) => fromHexText(h));
      assert.equal(mldsa.internal.verify(signature!, message!, pk!), t.testPassed, `${group.parameterSet} ${t.tcId}`);
    }
});

interface Wycheproof<Group> {
  readonly testGroups: readonly (Group & { tests: readonly { tcId: number; msg: string; ctx?: string; sig: string; result: string }[] })[];
}

shared<Wycheproof<{ publicKey: { pk: string } }>>("wycheproof/ed25519_test.json", ({ testGroups }) => {
  for (const group of testGroups)
    for (const t of group.tests) {
      const verdict = ED25519.verify(fromHexText(group.publicKey.pk), fromHexText(t.msg), fromHexText(t.sig));
      assert.equal(verdict, t.result === "valid", `case ${t.tcId}`);
    }
});

for (const form of ["", "_p1363"])
  shared<Wycheproof<{ publicKey: { uncompressed: string } }>>(`wycheproof/ecdsa_secp256r1_sha256${form}_test.json`, (file) => {
    for (const group of file.testGroups)
      for (const t of group.tests) {
        const [key, message, signature] = [group.publicKey.uncompressed, t.msg, t.sig].map((h) => fromHexText(h));
        const verdict = form ? P256.verifyRaw(key!, message!, signature!) : P256.verify(key!, message!, signature!);
        assert.equal(verdict, t.result === "valid", `case ${t.tcId}`);
      }
  });

const PURE = ["44", "65", "87"].map((set) => [set, ALGORITHMS.find((a) => a.name === `mldsa${set}`)!] as const);

for (const [set, algorithm] of PURE)
  shared<Wycheproof<{ publicKey: string }>>(`wycheproof/mldsa_${set}_verify_test.json${set === "44" ? "" : ".xz"}`, ({ testGroups }) => {
    for (const group of testGroups)
      for (const t of group.tests) {
        const context = fromHexText(t.ctx ?? "");
        const reason = reasonOf(() => {
          const key = publicKeyOf(algorithm, "pure", fromHexText(group.publicKey));
          checkSignature(key, { payload: fromHexText(t.msg) }, fromHexText(t.sig), context);
        });
        // The service has no context, so what was signed with one is not for its keys.
        if (context.length > 0) assert.ok(reason === "BAD_CONTEXT" || reason === "BAD_PUBLIC_KEY", `case ${t.tcId}: ${reason}`);
        else assert.equal(reason === "OK", t.result === "valid", `case ${t.tcId}`);
      }
  });

/** Known answers of the reference implementation, as `name = hex` lines. */
for (const [set, algorithm] of PURE)
  for (const how of ["det", "hedged"]) {
    const path = `kat/mldsa${set}_${how}_pure.rsp${set === "87" ? ".xz" : ""}`;
    const text = readShared(...path.split("/"));
    test(path, { skip: text === undefined && "public vectors are not here" }, () => {
      const cases = (text ?? "").split(/^count = /m).slice(1);
      assert.ok(cases.length >= 10, `${cases.length} cases`);
      for (const [i, one] of cases.entries()) {
        const value = (name: string) => fromHexText(new RegExp(`^${name} = ?(.*)$`, "m").exec(one)?.[1]?.trim() ?? assert.fail(name));
        const [pk, message, context] = [value("pk"), value("msg"), value("ctx")];
        const signature = value("sm").subarray(0, value("sm").length - message.length);
        assert.ok(algorithm.mldsa.verify(signature, message, pk, { context }), `case ${i}`);
        assert.ok(!algorithm.mldsa.verify(signature, Uint8Array.of(...message, 0), pk, { context }), `case ${i}`);
      }
    });
  }

for (const set of ["44", "87"]) {
  const text = readShared("rfc9881", `ML-DSA-${set}.pub`);
  test(`rfc9881/ML-DSA-${set}.pub`, { skip: text === undefined && "public vectors are not here" }, () => {
    const key = readPublicKey(text ?? "");
    assert.deepEqual([key.algorithm.name, key.format], [`mldsa${set}`, "pure"]);
  });
}

type Edge = readonly { number: number; key: string; sig: string; msg: string; flags: readonly string[] | null }[];

shared<Edge>("cctv/ed25519vectors.json", (cases) => {
  for (const c of cases) {
    const refused = c.flags?.some((flag) => flag === "non_canonical_R" || flag === "low_order_residue") ?? false;
    const verdict = ED25519.verify(fromHexText(c.key), Buffer.from(c.msg), fromHexText(c.sig));
    assert.equal(verdict, !refused, `case ${c.number}`);
  }
});

interface MerkleCase {
  readonly file: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

const hashes = (proof: readonly string[] | null) => (proof ?? []).map(bytes);
/** A number that is none of ours (negative, above 2^53) is written as it stands there. */
const big = (n: number) => BigInt(n);

type Inclusion = MerkleCase & { leafIdx: number; treeSize: number; root: string; leafHash: string };

shared<readonly Inclusion[]>("merkle/inclusion.json", (cases) => {
  for (const c of cases) {
    const made = { index: big(c.leafIdx), size: big(c.treeSize), leaf: bytes(c.leafHash), root: bytes(c.root) };
    assert.equal(isIncluded({ ...made, proof: hashes(c.proof) }), !c.wantErr, c.file);
  }
});

type Consistency = MerkleCase & { size1: number; size2: number; root1: string; root2: string };

shared<readonly Consistency[]>("merkle/consistency.json", (cases) => {
  for (const c of cases) {
    const made = { size1: big(c.size1), size2: big(c.size2), root1: bytes(c.root1), root2: bytes(c.root2) };
    // Roots that are words, of 12 bytes, are never consistent here.
    const isWord = bytes(c.root1).length !== 32;
    if (isWord) assert.equal(isConsistent({ ...made, proof: hashes(c.proof) }), false, c.file);
    else assert.equal(isConsistent({ ...made, proof: hashes(c.proof) }), !c.wantErr, c.file);
  }
});

shared<{ vkey: string; note: string }>("signed-note/example.json", ({ vkey, note }) => {
  const key = readVerifierKey(vkey);
  assert.equal(signersOf(parseNote(note), [key]).length, 1);
  assert.throws(() => signersOf(parseNote(note.replace("This", "That")), [key]), { reason: "NOTE_SIGNATURE" });
});
