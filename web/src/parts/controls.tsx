// SPDX-License-Identifier: Apache-2.0
//
// Buttons, fields, dialogs.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { Failure } from "./states.js";

type Kind = "plain" | "main" | "danger";

export function Button({ kind = "plain", busy = false, disabled = false, ...rest }: {
  kind?: Kind; busy?: boolean; disabled?: boolean; children: ComponentChildren; type?: "button" | "submit"; onClick?: () => void; form?: string;
}) {
  return <button {...rest} type={rest.type ?? "button"} class={`button ${kind}`} disabled={disabled || busy} aria-busy={busy} />;
}

export function ButtonLink({ to, kind = "plain", children }: { to: string; kind?: Kind; children: ComponentChildren }) {
  return <a class={`button ${kind}`} href={to}>{children}</a>;
}

/** A label, the control, a hint. The control gets `id` and `aria-describedby`. */
export function Field({ label, hint, children }: { label: string; hint?: ComponentChildren; children: (field: { id: string; "aria-describedby"?: string }) => ComponentChildren }) {
  const id = useId();
  const described = hint === undefined ? {} : { "aria-describedby": `${id}-hint` };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...described })}
      {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

export function TextField({ label, hint, value, onValue, type = "text", ...rest }: {
  label: string; hint?: ComponentChildren; value: string; onValue: (value: string) => void; type?: "text" | "password" | "number" | "search";
  required?: boolean; maxLength?: number; placeholder?: string; autoComplete?: string; min?: number; max?: number; disabled?: boolean; spellcheck?: boolean;
}) {
  return (
    <Field label={label} hint={hint}>
      {(field) => <input {...field} {...rest} type={type as "text"} value={value} onInput={(event) => onValue(event.currentTarget.value)} />}
    </Field>
  );
}

export function TextArea({ label, hint, value, onValue, rows = 4, mono = false }: {
  label: string; hint?: ComponentChildren; value: string; onValue: (value: string) => void; rows?: number; mono?: boolean;
}) {
  return (
    <Field label={label} hint={hint}>
      {(field) => <textarea {...field} rows={rows} spellcheck={!mono} class={mono ? "mono" : ""} value={value} onInput={(event) => onValue(event.currentTarget.value)} />}
    </Field>
  );
}

export function Select<T extends string>({ label, hint, value, options, onValue }: {
  label: string; hint?: ComponentChildren; value: T; options: readonly (readonly [T, string])[]; onValue: (value: T) => void;
}) {
  return (
    <Field label={label} hint={hint}>
      {(field) => (
        <select {...field} value={value} onChange={(event) => onValue(event.currentTarget.value as T)}>
          {options.map(([name, text]) => <option key={name} value={name} selected={name === value}>{text}</option>)}
        </select>
      )}
    </Field>
  );
}

export function Check({ label, hint, checked, onValue }: { label: string; hint?: ComponentChildren; checked: boolean; onValue: (checked: boolean) => void }) {
  const id = useId();
  return (
    <div class="field check">
      <input type="checkbox" id={id} checked={checked} onChange={(event) => onValue(event.currentTarget.checked)} {...(hint === undefined ? {} : { "aria-describedby": `${id}-hint` })} />
      <label for={id}>{label}</label>
      {hint !== undefined && <p class="hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

/** One of several, each with an explanation. */
export function Choice<T extends string>({ legend, value, options, onValue }: {
  legend: string; value: T; options: readonly { readonly value: T; readonly title: string; readonly text: ComponentChildren }[]; onValue: (value: T) => void;
}) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {options.map((option) => (
        <label key={option.value} class={option.value === value ? "option chosen" : "option"}>
          <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => onValue(option.value)} />
          <span><span class="option-title">{option.title}</span><span class="option-text">{option.text}</span></span>
        </label>
      ))}
    </fieldset>
  );
}

/** Runs something once at a time, and keeps what it ended with. */
export function useAction(): { busy: boolean; error: unknown; run(action: () => Promise<unknown>): void; clear(): void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const alive = useRef(true);
  useEffect(() => () => { alive.current = false; }, []);
  const run = (action: () => Promise<unknown>) => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    action().then(() => undefined, (failed: unknown) => { if (alive.current) setError(failed); })
      .finally(() => { if (alive.current) setBusy(false); });
  };
  return { busy, error, run, clear: () => setError(undefined) };
}

/** A form that sends by an action and shows why it failed. */
export function Form({ action, submit, kind = "main", children, disabled = false, more }: {
  action: () => Promise<unknown>; submit: string; kind?: Kind; children: ComponentChildren; disabled?: boolean; more?: ComponentChildren;
}) {
  const { busy, error, run } = useAction();
  return (
    <form class="form" onSubmit={(event) => { event.preventDefault(); run(action); }}>
      {children}
      <Failure error={error} />
      <div class="actions"><Button type="submit" kind={kind} busy={busy} disabled={disabled}>{submit}</Button>{more}</div>
    </form>
  );
}

/** A modal dialog: Escape closes it, the focus stays inside and comes back. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => { dialog.current?.showModal(); }, []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={close}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
