// SPDX-License-Identifier: Apache-2.0
//
// What pages are made of.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import type { Listing } from "../load.js";
import { Button } from "./controls.js";
import { Failure, Loading } from "./states.js";

/** A page: its heading gets the focus when it is gone to, so that a reader begins there. */
export function Page({ title, lead, actions, back, children }: {
  title: string; lead?: ComponentChildren; actions?: ComponentChildren; back?: { to: string; title: string }; children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => { document.title = `${title} · Countersign`; }, [title]);
  useEffect(() => { heading.current?.focus({ preventScroll: true }); scrollTo(0, 0); }, []);
  return (
    <article class="page">
      {back !== undefined && <p class="back"><a href={back.to}>← {back.title}</a></p>}
      <header class="page-head">
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {lead !== undefined && <p class="lead">{lead}</p>}
      {children}
    </article>
  );
}

export function Card({ title, actions, children, wide = false }: { title?: string; actions?: ComponentChildren; children: ComponentChildren; wide?: boolean }) {
  const id = useId();
  return (
    <section class={wide ? "card wide" : "card"} {...(title === undefined ? {} : { "aria-labelledby": id })}>
      {title !== undefined && <div class="card-head"><h2 id={id}>{title}</h2>{actions !== undefined && <div class="actions">{actions}</div>}</div>}
      {children}
    </section>
  );
}

export interface Column<T> {
  readonly title: string;
  readonly cell: (item: T) => ComponentChildren;
}

/** On narrow screens a row becomes a block, each cell with its column's title. */
export function Table<T>({ caption, columns, rows, keyOf }: { caption: string; columns: readonly Column<T>[]; rows: readonly T[]; keyOf: (item: T) => string }) {
  return (
    <table class="table">
      <caption class="hidden">{caption}</caption>
      <thead><tr>{columns.map((column) => <th key={column.title} scope="col">{column.title}</th>)}</tr></thead>
      <tbody>
        {rows.map((item) => (
          <tr key={keyOf(item)}>{columns.map((column) => <td key={column.title} data-title={column.title}><div>{column.cell(item)}</div></td>)}</tr>
        ))}
      </tbody>
    </table>
  );
}

/** A table of a listing, with all that can become of it. */
export function ListTable<T>({ of, empty, ...table }: { of: Listing<T>; empty: ComponentChildren; caption: string; columns: readonly Column<T>[]; keyOf: (item: T) => string }) {
  return (
    <>
      {of.items.length > 0 && <Table {...table} rows={of.items} />}
      {of.state === "failed" && <Failure error={of.error} retry={of.reload} />}
      {of.state === "loading" && <Loading what={table.caption.toLowerCase()} />}
      {of.state === "ready" && of.items.length === 0 && empty}
      {of.more && <p class="more"><Button onClick={() => of.loadMore()}>Show more</Button></p>}
    </>
  );
}
