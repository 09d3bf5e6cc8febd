// SPDX-License-Identifier: Apache-2.0
//
// What an answer has to look like. The rows of routes.gen.ts are made from the HTTP contract; an answer that is not so is
// no answer. Members that are not known are read over: a newer service may say more.

export interface Shape {
  readonly ref?: string;
  readonly type?: string | readonly string[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  /** Of members that have no row in `properties`. */
  readonly others?: Shape;
  readonly items?: Shape;
  readonly minItems?: number;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly anyOf?: readonly Shape[];
}

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** Of a success. */
  readonly status: number;
  /** Other statuses whose body is like that of a success. */
  readonly also?: readonly number[];
  /** The envelope, or what stands there without one. */
  readonly kind: "vault" | "hybrid" | "json" | "file" | "text" | "bytes" | "events";
  readonly type: string;
  readonly idempotencyKey?: true;
  /** Anybody may ask: the API key is not sent. */
  readonly open?: true;
  readonly pages?: true;
  readonly shape?: Shape;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isSafeInteger(value) ? "integer" : typeof value;
}

function hasType(value: unknown, wanted: string | readonly string[]): boolean {
  const types = typeof wanted === "string" ? [wanted] : wanted;
  const type = typeOf(value);
  return types.includes(type) || (type === "integer" && types.includes("number"));
}

function member(at: string, name: string): string {
  return at === "" ? name : `${at}.${name}`;
}

function objectMismatch(value: Record<string, unknown>, shape: Shape, shapes: Shapes, at: string): string | undefined {
  for (const name of shape.required ?? []) if (!Object.hasOwn(value, name)) return member(at, name);
  for (const [name, inside] of Object.entries(value)) {
    const row = shape.properties !== undefined && Object.hasOwn(shape.properties, name) ? shape.properties[name] : shape.others;
    const wrong = row === undefined ? undefined : mismatch(inside, row, shapes, member(at, name));
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

export type Shapes = Readonly<Record<string, Shape>>;

/** The first place at which a value is not of a shape, `""` being the whole; undefined where it is. */
export function mismatch(value: unknown, shape: Shape, shapes: Shapes, at = ""): string | undefined {
  if (shape.ref !== undefined) {
    const named = Object.hasOwn(shapes, shape.ref) ? shapes[shape.ref] : undefined;
    return named === undefined ? at : mismatch(value, named, shapes, at);
  }
  if (shape.type !== undefined && !hasType(value, shape.type)) return at;
  if (shape.const !== undefined && value !== shape.const) return at;
  if (shape.enum !== undefined && !shape.enum.includes(value)) return at;
  if (shape.pattern !== undefined && typeof value === "string" && !new RegExp(shape.pattern, "u").test(value)) return at;
  if (isObject(value)) {
    const wrong = objectMismatch(value, shape, shapes, at);
    if (wrong !== undefined) return wrong;
  }
  if (Array.isArray(value)) {
    if (value.length < (shape.minItems ?? 0)) return at;
    for (let i = 0; shape.items !== undefined && i < value.length; i++) {
      const wrong = mismatch(value[i], shape.items, shapes, `${at}[${i}]`);
      if (wrong !== undefined) return wrong;
    }
  }
  if (shape.anyOf !== undefined && shape.anyOf.every((choice) => mismatch(value, choice, shapes, at) !== undefined)) return at;
  return undefined;
}
