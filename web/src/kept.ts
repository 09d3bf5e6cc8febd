// SPDX-License-Identifier: Apache-2.0
//
// What this browser keeps of ledgers that it verified: their keys and their newest checkpoint. A service that shows other
// keys, or another history, is told by it. And the witnesses whose keys somebody gave.

export interface KeptLedger {
  readonly keys: readonly string[];
  /** The newest checkpoint that was verified, a signed note. */
  readonly note: string;
  readonly size: number;
  readonly at: string;
}

const LEDGERS = "countersign.ledgers";
const WITNESSES = "countersign.witnesses";

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === "string");

function read(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(name) ?? "null");
  } catch {
    return null;
  }
}

function ledgers(): Record<string, KeptLedger> {
  const value = read(LEDGERS);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, KeptLedger>) : {};
}

/** Of the org, whose name or origin the service could change. */
export function keptLedger(orgId: string): KeptLedger | undefined {
  const all = ledgers();
  const kept = Object.hasOwn(all, orgId) ? all[orgId] : undefined;
  return isTexts(kept?.keys) && typeof kept.note === "string" && Number.isSafeInteger(kept.size) && typeof kept.at === "string"
    ? kept
    : undefined;
}

export function keepLedger(orgId: string, ledger: Omit<KeptLedger, "at">): void {
  localStorage.setItem(LEDGERS, JSON.stringify({ ...ledgers(), [orgId]: { ...ledger, at: new Date().toISOString() } }));
}

export function forgetLedger(orgId: string): void {
  const { [orgId]: _, ...others } = ledgers();
  localStorage.setItem(LEDGERS, JSON.stringify(others));
}

export function witnessKeys(): readonly string[] {
  const keys = read(WITNESSES);
  return isTexts(keys) ? keys : [];
}

export function keepWitnessKeys(keys: readonly string[]): void {
  localStorage.setItem(WITNESSES, JSON.stringify(keys));
}
