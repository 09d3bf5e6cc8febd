// SPDX-License-Identifier: Apache-2.0
//
// Signed checkpoints, and the witnesses that saw them.

import type { Checkpoint } from "@countersign/sdk";
import { useState } from "preact/hooks";

import { keepWitnessKeys, witnessKeys } from "../kept.js";
import { useLoad } from "../load.js";
import { checkVerifierKeys, judgeCheckpoint, judgeGrowth } from "../proof.js";
import { useClient } from "../session.js";
import { Form, TextArea } from "./controls.js";
import type { LedgerKeys } from "./ledger-keys.js";
import { Notice } from "./states.js";
import { Chip, Time } from "./text.js";
import { Judged, useJudgement } from "./verified.js";

/** Names of the lines of a note, as it says itself. */
export function signersIn(note: string): readonly string[] {
  return [...new Set(Array.from(note.matchAll(/^\u2014 (\S+) /gmu), ([, name = ""]) => name))];
}

export function CheckpointJudged({ of: checkpoint, keys }: { of: Checkpoint; keys: LedgerKeys }) {
  const witnesses = witnessKeys();
  const judged = useJudgement(
    () => judgeCheckpoint({ note: checkpoint.note, ledgerKeys: keys.keys, witnessKeys: witnesses }),
    [checkpoint.id, checkpoint.note, keys, witnesses.join()],
  );
  const seen = judged.state === "done" && judged.judgement.ok ? (judged.judgement.verdict.witnesses ?? []) : [];
  const others = signersIn(checkpoint.note).filter((name) => name !== keys.origin && !seen.some((one) => one.name === name));
  return (
    <div class="stack tight">
      <p class="row">
        <Judged of={judged}>
          Signed by the ledger’s keys
          {seen.length > 0 && (
            <>
              , and seen by{" "}
              {seen.map(({ name, time }, i) => (
                <span key={name}>
                  {i > 0 && ", "}
                  <strong>{name}</strong>
                  {time !== null && (
                    <>
                      {" "}
                      <Time of={time} absolute />
                    </>
                  )}
                </span>
              ))}
            </>
          )}
        </Judged>
      </p>
      {others.length > 0 && (
        <p class="row small">
          Lines of witnesses that are not verified here:{" "}
          {others.map((name) => (
            <Chip key={name}>{name}</Chip>
          ))}
        </p>
      )}
    </div>
  );
}

/** That the newest checkpoint goes on from the one that this browser kept. */
export function Growth({ of: checkpoint, keys }: { of: Checkpoint; keys: LedgerKeys }) {
  const client = useClient();
  const { kept } = keys;
  const proof = useLoad(
    async (signal) =>
      kept === undefined || kept.size === 0 || kept.size >= checkpoint.treeSize
        ? []
        : (await client.ledger.consistency({ from: kept.size, to: checkpoint.treeSize }, { signal })).proofHex,
    [kept?.size, checkpoint.treeSize],
  );
  const judged = useJudgement(
    kept === undefined || kept.size === 0 || proof.state !== "ready"
      ? undefined
      : () => judgeGrowth({ from: kept.note, to: checkpoint.note, proofHex: proof.data, ledgerKeys: keys.keys }),
    [checkpoint.id, proof.state, keys],
  );
  if (kept === undefined || kept.size === 0) return null;
  return (
    <p class="row">
      <Judged of={judged}>
        Verified in this browser: it goes on from the checkpoint of {kept.size} entries that was kept here <Time of={kept.at} />
      </Judged>
    </p>
  );
}

export function WitnessKeys({ changed }: { changed: () => void }) {
  const [text, setText] = useState(() => witnessKeys().join("\n"));
  const [saved, setSaved] = useState(false);
  return (
    <Form
      submit="Keep them in this browser"
      action={async () => {
        const keys = text
          .split("\n")
          .map((line) => line.trim())
          .filter((line) => line !== "");
        await checkVerifierKeys(keys);
        keepWitnessKeys(keys);
        setSaved(true);
        changed();
      }}
    >
      <TextArea
        label="Keys of witnesses"
        mono
        rows={3}
        value={text}
        onValue={(value) => {
          setText(value);
          setSaved(false);
        }}
        hint="One a line, as the witness publishes them: name+1234abcd+AQ…. Whoever trusts a witness need not trust the operator not to show others another ledger."
      />
      {saved && (
        <Notice>
          <p>Kept. Checkpoints are verified with them from now on.</p>
        </Notice>
      )}
    </Form>
  );
}
