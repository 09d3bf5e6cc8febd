// SPDX-License-Identifier: Apache-2.0
//
// Listings: `await` gives one page, `for await` all items of it and of the pages behind it.

import { type CallFacts, MalformedAnswerError } from "./errors.js";
import type { CallOptions, Input, RouteId, Transport } from "./http.js";

export interface Page<T> {
  readonly data: readonly T[];
  readonly limit: number;
  /** Where the next page begins; null: this is the last one. */
  readonly nextCursor: string | null;
  /** Which call brought it. */
  readonly facts: CallFacts;
}

export class Pages<T> implements PromiseLike<Page<T>>, AsyncIterable<T> {
  readonly #load: (cursor: string | undefined) => Promise<Page<T>>;
  #first: Promise<Page<T>> | undefined;

  constructor(load: (cursor: string | undefined) => Promise<Page<T>>) {
    this.#load = load;
  }

  /** The first page, which is asked for when somebody wants it, once. */
  then<A = Page<T>, B = never>(
    kept?: ((page: Page<T>) => A | PromiseLike<A>) | null,
    failed?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.#first ??= this.#load(undefined);
    return this.#first.then(kept, failed);
  }

  /** Page after page. */
  async *pages(): AsyncGenerator<Page<T>, void, undefined> {
    const seen = new Set<string>();
    for (let page = await this.then((first) => first); ; page = await this.#load(page.nextCursor)) {
      yield page;
      if (page.nextCursor === null) return;
      // A service that gives a cursor twice would be listed for ever.
      if (seen.has(page.nextCursor)) throw new MalformedAnswerError("a cursor came twice", 200, page.facts);
      seen.add(page.nextCursor);
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const page of this.pages()) yield* page.data;
  }

  /** Everything, up to `max` items. */
  async toArray(max = Number.POSITIVE_INFINITY): Promise<T[]> {
    const all: T[] = [];
    if (max <= 0) return all;
    for await (const item of this) if (all.push(item) >= max) break;
    return all;
  }
}

/** The pages of a route whose data are the items. */
export function listOf<T>(transport: Transport, id: RouteId, input: Input, options: CallOptions): Pages<T> {
  return new Pages<T>(async (cursor) => {
    const query = cursor === undefined ? input.query : { ...input.query, cursor };
    const answer = await transport.answer(id, { ...input, query }, options);
    const { limit = 0, nextCursor = null } = answer.pagination ?? {};
    return { data: answer.data as readonly T[], limit, nextCursor, facts: answer.facts };
  });
}
