// SPDX-License-Identifier: Apache-2.0
//
// The lineage of a key, drawn, and walked by the verifier from its first key to its last.

import type { KeyDetail } from "@countersign/sdk";

import { Loaded, useLoad } from "../load.js";
import { judgeLineage } from "../proof.js";
import { href } from "../router.js";
import { useClient } from "../session.js";
import { KeyStatus } from "./key.js";
import { Chip, Time } from "./text.js";
import { Judged, useJudgement } from "./verified.js";

function Walked({ of: key, first }: { of: KeyDetail; first: KeyDetail }) {
  const judged = useJudgement(
    () => judgeLineage({ lineage: key.lineage, publicKey: first.publicKey, keyId: first.id }),
    [key.id, key.lineage.length, first.id],
  );
  return (
    <p class="row">
      <Judged of={judged}>Verified in this browser: each key signed for the next, from the first on</Judged>
    </p>
  );
}

export function Lineage({ of: key }: { of: KeyDetail }) {
  const client = useClient();
  const ids = [key.lineage[0]?.predecessor ?? key.id, ...key.lineage.map((link) => link.successor)];
  const keys = useLoad(
    (signal) => Promise.all(ids.map((id) => (id === key.id ? key : client.hybridKeys.get(id, { signal })))),
    [key.id, key.status, key.lineage.length],
  );
  if (key.lineage.length === 0)
    return (
      <p class="muted">
        This key was never rotated. A successor will be signed for by this key, so that who trusts this one can walk to the next.
      </p>
    );
  return (
    <div class="stack">
      <ol class="lineage">
        {ids.map((id, n) => {
          const known = keys.state === "ready" ? keys.data.find((k) => k.id === id) : undefined;
          return (
            <li key={id} class={id === key.id ? "current" : ""}>
              <span class="node" aria-hidden="true" />
              <span>
                {id === key.id ? (
                  <strong>This key</strong>
                ) : (
                  <a href={href("keys", id)}>{n === 0 ? "First key" : n === ids.length - 1 ? "Newest key" : `Key ${n + 1}`}</a>
                )}{" "}
                {known !== undefined && <KeyStatus status={known.status} />}
                {n === ids.length - 1 && id === key.id && (
                  <>
                    {" "}
                    <Chip>newest</Chip>
                  </>
                )}
                <br />
                <code class="muted wrap">{id}</code>
                {known !== undefined && (
                  <>
                    <br />
                    <span class="small">
                      made <Time of={known.createdAt} />
                    </span>
                  </>
                )}
              </span>
            </li>
          );
        })}
      </ol>
      <Loaded of={keys} what="the keys of the lineage">
        {(all) => (all[0] === undefined ? null : <Walked of={key} first={all[0]} />)}
      </Loaded>
    </div>
  );
}
