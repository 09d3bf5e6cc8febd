// SPDX-License-Identifier: Apache-2.0
//
// The rule of a vault policy (protocol/policies.md §1): as sentences, and as a form.

import type { Algorithm, VaultPolicy } from "@countersign/sdk";

import { Check, Select } from "./controls.js";
import { ALGORITHMS, TIERS } from "./words.js";

export type Rule = VaultPolicy["rule"];

const OPERATIONS: Readonly<Record<NonNullable<Rule["matchOperation"]>, string>> = {
  "*": "Every operation",
  sign: "Signing",
  verify: "Verifying",
  key_create: "Making keys",
};

/** What a rule demands, each demand a sentence. */
export function demandsOf(rule: Rule): readonly string[] {
  const { algorithmIn, algorithmNotIn, requireHybrid, minPqLevel, minTier, requireAttested, requireKeyRelease } = rule;
  return [
    ...(algorithmIn === undefined ? [] : [`the algorithm is ${algorithmIn.join(" or ")}`]),
    ...(algorithmNotIn === undefined ? [] : [`the algorithm is not ${algorithmNotIn.join(" or ")}`]),
    ...(requireHybrid === true ? ["the key has a classical half"] : []),
    ...(minPqLevel === undefined ? [] : [`the post-quantum half is of level ${minPqLevel} or more`]),
    ...(minTier === undefined ? [] : [`the key is of tier ${minTier} or more`]),
    ...(requireAttested === true ? ["an enforced attestation policy is bound to the key"] : []),
    ...(requireKeyRelease === undefined
      ? []
      : [
          requireKeyRelease === "attested"
            ? "the wrapping key is let out to the attested enclave alone"
            : "the agent cannot read the data key",
        ]),
  ];
}

export const operationOf = (rule: Rule): string => OPERATIONS[rule.matchOperation ?? "*"];

export function RuleText({ of: rule }: { of: Rule }) {
  return (
    <>
      <strong>{operationOf(rule)}</strong>: {demandsOf(rule).join("; ")}
    </>
  );
}

/** Without members whose value means nothing. */
function tidy(rule: Partial<Record<keyof Rule, unknown>>): Rule {
  return Object.fromEntries(
    Object.entries(rule).filter(([, value]) => value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)),
  ) as Rule;
}

function Algorithms({ legend, chosen, onValue }: { legend: string; chosen: readonly Algorithm[]; onValue: (chosen: Algorithm[]) => void }) {
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      <div class="checks">
        {ALGORITHMS.map(({ name }) => (
          <label key={name} class="mini">
            <input
              type="checkbox"
              checked={chosen.includes(name)}
              onChange={(event) => onValue(event.currentTarget.checked ? [...chosen, name] : chosen.filter((a) => a !== name))}
            />{" "}
            <code>{name}</code>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function RuleFields({ rule, onRule }: { rule: Rule; onRule: (rule: Rule) => void }) {
  const set = (change: Partial<Record<keyof Rule, unknown>>) => onRule(tidy({ ...rule, ...change }));
  return (
    <fieldset class="rule">
      <legend>Demands</legend>
      <Select
        label="Of which operation"
        value={rule.matchOperation ?? "*"}
        onValue={(value) => set({ matchOperation: value })}
        options={Object.entries(OPERATIONS) as [NonNullable<Rule["matchOperation"]>, string][]}
      />
      <Check
        label="A classical half"
        checked={rule.requireHybrid === true}
        onValue={(value) => set({ requireHybrid: value })}
        hint="Refuses keys of ML-DSA alone."
      />
      <Check
        label="An enforced attestation policy"
        checked={rule.requireAttested === true}
        onValue={(value) => set({ requireAttested: value })}
        hint="Every signature then proves which program made it."
      />
      <Select
        label="Level of the post-quantum half"
        value={String(rule.minPqLevel ?? "")}
        onValue={(value) => set({ minPqLevel: value === "" ? undefined : Number(value) })}
        options={[
          ["", "Any"],
          ["2", "2 or more (ML-DSA-44)"],
          ["3", "3 or more (ML-DSA-65)"],
          ["5", "5 (ML-DSA-87)"],
        ]}
      />
      <Select
        label="Custody"
        value={String(rule.minTier ?? "")}
        onValue={(value) => set({ minTier: value === "" ? undefined : Number(value) })}
        options={[["", "Any"], ...TIERS.slice(1).map((tier, n) => [String(n + 1), n < 2 ? `${tier.title}, or more` : tier.title] as const)]}
      />
      <Select
        label="Release of the wrapping key"
        value={rule.requireKeyRelease ?? ""}
        onValue={(value) => set({ requireKeyRelease: value === "" ? undefined : value })}
        options={[
          ["", "Any"],
          ["relayed", "The agent cannot read the data key"],
          ["attested", "To the attested enclave alone"],
        ]}
      />
      <details>
        <summary>Algorithms</summary>
        <div class="form">
          <Algorithms legend="Only these" chosen={rule.algorithmIn ?? []} onValue={(algorithmIn) => set({ algorithmIn })} />
          <Algorithms legend="None of these" chosen={rule.algorithmNotIn ?? []} onValue={(algorithmNotIn) => set({ algorithmNotIn })} />
        </div>
      </details>
    </fieldset>
  );
}
