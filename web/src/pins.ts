// SPDX-License-Identifier: Apache-2.0
//
// Policies that somebody pinned in this browser. The policy that a judgement is made under comes from the service; a pin
// shows when it is no longer the one that was looked at.

import type { AttestationPolicy } from "@countersign/sdk";

export interface Pin {
  readonly hash: string;
  readonly version: number;
  readonly at: string;
}

const KEY = "countersign.pins";

function read(): Record<string, Pin> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value as Record<string, Pin> : {};
  } catch {
    return {};
  }
}

export function pinOf(policyId: string): Pin | undefined {
  const pins = read();
  const pin = Object.hasOwn(pins, policyId) ? pins[policyId] : undefined;
  return typeof pin?.hash === "string" && typeof pin.version === "number" && typeof pin.at === "string" ? pin : undefined;
}

export function pin(policy: AttestationPolicy, hash: string): void {
  localStorage.setItem(KEY, JSON.stringify({ ...read(), [policy.id]: { hash, version: policy.version, at: new Date().toISOString() } }));
}

export function unpin(policyId: string): void {
  const { [policyId]: _, ...others } = read();
  localStorage.setItem(KEY, JSON.stringify(others));
}
