// SPDX-License-Identifier: Apache-2.0
//
// What is shown of keys in more than one place.

import type { Key } from "@countersign/sdk";

import { Chip } from "./text.js";
import { TIERS } from "./words.js";

const KINDS = { active: "accent", superseded: "plain", suspended: "warn", revoked: "bad" } as const;

export function KeyStatus({ status }: { status: Key["status"] }) {
  return <Chip kind={KINDS[status]}>{status}</Chip>;
}

export function Tier({ tier }: { tier: number }) {
  const words = TIERS[tier];
  return <span title={words?.text}>{words?.title ?? `Tier ${tier}`}</span>;
}
