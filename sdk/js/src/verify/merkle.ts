// SPDX-License-Identifier: Apache-2.0
//
// Merkle trees of RFC 6962 over SHA-256, and the proofs of RFC 9162 §2.1.

import { sha256 } from "@noble/hashes/sha2.js";

import { concat, equal } from "./bytes.js";

export function leafHash(entry: Uint8Array): Uint8Array {
  return sha256(concat(Uint8Array.of(0), entry));
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(concat(Uint8Array.of(1), left, right));
}

const isHash = (hash: Uint8Array) => hash.length === 32;

export interface Inclusion {
  readonly index: bigint;
  readonly size: bigint;
  readonly leaf: Uint8Array;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** RFC 9162 §2.1.3.2 */
export function isIncluded({ index, size, leaf, proof, root }: Inclusion): boolean {
  if (index < 0n || index >= size || ![leaf, root, ...proof].every(isHash)) return false;
  let fn = index;
  let sn = size - 1n;
  let r = leaf;
  for (const p of proof) {
    if (sn === 0n) return false;
    if ((fn & 1n) === 1n || fn === sn) {
      r = nodeHash(p, r);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      r = nodeHash(r, p);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && equal(r, root);
}

export interface Consistency {
  readonly size1: bigint;
  readonly root1: Uint8Array;
  readonly size2: bigint;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** RFC 9162 §2.1.4.2; size 1 of 0 says nothing and is refused. */
export function isConsistent({ size1, root1, size2, root2, proof }: Consistency): boolean {
  if (size1 < 1n || size1 > size2 || ![root1, root2, ...proof].every(isHash)) return false;
  if (size1 === size2) return proof.length === 0 && equal(root1, root2);
  const isPowerOfTwo = (size1 & (size1 - 1n)) === 0n;
  const [first, ...rest] = isPowerOfTwo ? [root1, ...proof] : proof;
  if (first === undefined || proof.length === 0) return false;
  let fn = size1 - 1n;
  let sn = size2 - 1n;
  while ((fn & 1n) === 1n) {
    fn >>= 1n;
    sn >>= 1n;
  }
  let fr = first;
  let sr = first;
  for (const c of rest) {
    if (sn === 0n) return false;
    if ((fn & 1n) === 1n || fn === sn) {
      fr = nodeHash(c, fr);
      sr = nodeHash(c, sr);
      while ((fn & 1n) === 0n && fn !== 0n) {
        fn >>= 1n;
        sn >>= 1n;
      }
    } else {
      sr = nodeHash(sr, c);
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n && equal(fr, root1) && equal(sr, root2);
}

/** A tree that grows leaf by leaf: the roots of its complete subtrees, left to right. */
export class Frontier {
  #size = 0n;
  #roots: Uint8Array[] = [];

  copy(): Frontier {
    const copied = new Frontier();
    copied.#size = this.#size;
    copied.#roots = [...this.#roots];
    return copied;
  }

  get size(): bigint {
    return this.#size;
  }

  append(leaf: Uint8Array): void {
    let root = leaf;
    for (let n = this.#size; (n & 1n) === 1n; n >>= 1n) root = nodeHash(this.#roots.pop() ?? leaf, root);
    this.#roots.push(root);
    this.#size++;
  }

  root(): Uint8Array {
    if (this.#roots.length === 0) return sha256(new Uint8Array());
    return this.#roots.reduceRight((right, left) => nodeHash(left, right));
  }
}
