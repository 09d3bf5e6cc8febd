// SPDX-License-Identifier: Apache-2.0

import type { Enclave, NewAttestationPolicy } from "@countersign/sdk";
import { useState } from "preact/hooks";

import { Loaded, useLoad } from "../load.js";
import { Button, Form } from "../parts/controls.js";
import { Card, Page } from "../parts/layout.js";
import { draftOf, emptyDraft, policyOf, PolicyFields } from "../parts/policy-form.js";
import { Notice } from "../parts/states.js";
import { Fact, Facts, Hash } from "../parts/text.js";
import { VENDORS } from "../parts/words.js";
import { goingOn, href } from "../router.js";
import { useClient } from "../session.js";

function CreateForm({ enclave }: { enclave: Enclave }) {
  const client = useClient();
  const running = enclave.policy as unknown as NewAttestationPolicy;
  const [draft, setDraft] = useState(() => emptyDraft(running.vendor));
  const [pinned, setPinned] = useState(false);
  const create = async () => {
    const on = goingOn();
    on("attestation-policies", (await client.attestationPolicies.create(policyOf(draft))).id);
  };
  return (
    <div class="columns form-columns">
      <Card>
        <Form
          submit="Create the policy"
          disabled={draft.name.trim() === ""}
          action={create}
          more={<a href={href("attestation-policies")}>Cancel</a>}
        >
          <PolicyFields draft={draft} onDraft={setDraft} isNew />
        </Form>
      </Card>
      <Card title="The enclave that is running">
        <div class="stack">
          <Facts>
            <Fact name="Vendor">{VENDORS[running.vendor]}</Fact>
            <Fact name="Program">
              <Hash of={enclave.imageHash} what="the image hash" />
            </Fact>
            <Fact name="Version">{enclave.version}</Fact>
          </Facts>
          <Notice kind="warn" title="What the service says of itself">
            <p>
              Pinning it lets you begin at once, and shows every later change. That it is the right program, only your build can tell you:
              compare the hash with the one that it made.
            </p>
          </Notice>
          <div class="actions">
            <Button
              onClick={() => {
                setDraft({ ...draftOf(running), name: draft.name });
                setPinned(true);
              }}
            >
              Pin the running enclave
            </Button>
          </div>
          <p class="hint" role="status">
            {pinned ? "The form has its measurements and root now." : ""}
          </p>
        </div>
      </Card>
    </div>
  );
}

export default function CreateAttestationPolicy() {
  const client = useClient();
  const enclave = useLoad((signal) => client.enclave({ signal }), []);
  return (
    <Page title="Create an attestation policy" back={{ to: href("attestation-policies"), title: "Attestation policies" }}>
      <Loaded of={enclave} what="the running enclave">
        {(data) => <CreateForm enclave={data} />}
      </Loaded>
    </Page>
  );
}
