// SPDX-License-Identifier: Apache-2.0
//
// Where the policy comes from that a judgement was made under.

import type { AttestationPolicy } from "@countersign/sdk";
import { useEffect, useState } from "preact/hooks";

import { pin, pinOf, unpin } from "../pins.js";
import { policyHash } from "../proof.js";
import { href } from "../router.js";
import { Button } from "./controls.js";
import { Failure, Notice } from "./states.js";
import { Time } from "./text.js";

export function Trust({ of: policy, manage = false }: { of: AttestationPolicy; manage?: boolean }) {
  const [hash, setHash] = useState<string | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [, setRound] = useState(0);
  useEffect(() => {
    policyHash(policy).then(setHash, setError);
  }, [policy]);
  const pinned = pinOf(policy.id);
  const again = () => setRound((n) => n + 1);
  if (error !== undefined) return <Failure error={error} title="The policy cannot be read." />;
  if (hash === undefined) return null;
  const buttons = manage && (
    <p class="actions">
      <Button
        onClick={() => {
          pin(policy, hash);
          again();
        }}
      >
        {pinned === undefined ? "Pin it in this browser" : "Pin this version"}
      </Button>
      {pinned !== undefined && (
        <Button
          onClick={() => {
            unpin(policy.id);
            again();
          }}
        >
          Unpin
        </Button>
      )}
    </p>
  );
  if (pinned === undefined)
    return (
      <div class="trust">
        <p class="small">
          The policy is the one that the service tells, and so is this page: the command line and the SDK do without both.{" "}
          {manage ? (
            "Pin it, and this browser warns when the service shows another."
          ) : (
            <a href={href("attestation-policies", policy.id)}>Look at it and pin it</a>
          )}
        </p>
        {buttons}
      </div>
    );
  if (pinned.hash !== hash)
    return (
      <Notice kind="bad" title="This is not the policy that you pinned.">
        <p>
          Version {policy.version} demands something else than version {pinned.version}, pinned in this browser <Time of={pinned.at} />.
          Look at what has changed before you rely on it.
        </p>
        {buttons}
      </Notice>
    );
  return (
    <div class="trust">
      <p class="small">
        Version {policy.version} of the policy is what you pinned in this browser <Time of={pinned.at} />.
      </p>
      {buttons}
    </div>
  );
}
