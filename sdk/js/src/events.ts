// SPDX-License-Identifier: Apache-2.0
//
// Server-sent events (WHATWG HTML §9.2), as far as a ledger's stream has them: fields id, event, data, retry.

export interface ServerEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Of one event; the largest entry is far below it. */
const MAX_EVENT_CHARS = 4 << 20;

export class EventParser {
  #decoder = new TextDecoder("utf-8", { fatal: true });
  #rest = "";
  #size = 0;
  #id: string | undefined;
  #event = "";
  #data: string[] = [];
  /** Milliseconds to wait before coming back, once the stream has said so. */
  retryMs: number | undefined;

  /** The events that a piece completes. Throws TypeError where it is not UTF-8, RangeError where an event has no end. */
  push(piece: Uint8Array): ServerEvent[] {
    // A carriage return at the end may be half of a line break.
    const text = this.#rest + this.#decoder.decode(piece, { stream: true });
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop() ?? "";
    const events: ServerEvent[] = [];
    for (const line of lines) {
      const event = this.#line(line);
      if (event !== undefined) events.push(event);
    }
    if (this.#size + this.#rest.length > MAX_EVENT_CHARS) throw new RangeError("an event without end");
    return events;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    this.#size += line.length;
    if (name === "data") this.#data.push(value);
    else if (name === "event") this.#event = value;
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^\d{1,9}$/.test(value)) this.retryMs = Number(value);
    return undefined;
  }

  #dispatch(): ServerEvent | undefined {
    const event = { id: this.#id, event: this.#event === "" ? "message" : this.#event, data: this.#data.join("\n") };
    const empty = this.#data.length === 0;
    this.#event = "";
    this.#data = [];
    this.#size = 0;
    return empty ? undefined : event;
  }
}
