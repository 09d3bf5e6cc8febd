// SPDX-License-Identifier: Apache-2.0

/** Thrown where bytes are not there, or not as they must be; whoever reads a format catches it. */
export class Malformed extends Error {}

/** Reads fields from the front of bytes. */
export class Reader {
  #at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get position(): number {
    return this.#at;
  }

  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new Malformed();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  rest(): Uint8Array {
    return this.take(this.#bytes.length - this.#at);
  }

  demand(holds: boolean): void {
    if (!holds) throw new Malformed();
  }

  zeros(length: number): void {
    this.demand(isZero(this.take(length)));
  }

  end(): void {
    this.demand(this.#at === this.#bytes.length);
  }

  #uint(length: number, little: boolean): bigint {
    const bytes = [...this.take(length)];
    return (little ? bytes.reverse() : bytes).reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  }

  u8 = (): number => Number(this.#uint(1, false));
  u16 = (): number => Number(this.#uint(2, false));
  u32 = (): number => Number(this.#uint(4, false));
  le16 = (): number => Number(this.#uint(2, true));
  le32 = (): number => Number(this.#uint(4, true));
  le64 = (): bigint => this.#uint(8, true);
}

export function isZero(bytes: Uint8Array): boolean {
  return bytes.every((octet) => octet === 0);
}

/** What `read` makes of the bytes; undefined if they are not of its format. */
export function parseWith<T>(bytes: Uint8Array, read: (reader: Reader) => T): T | undefined {
  try {
    return read(new Reader(bytes));
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}
