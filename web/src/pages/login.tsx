// SPDX-License-Identifier: Apache-2.0

import { useEffect, useState } from "preact/hooks";

import { Form, TextField } from "../parts/controls.js";
import { Notice } from "../parts/states.js";
import { logIn, type Session } from "../session.js";

export function Login({ ended, onSession, onEnded }: { ended: boolean; onSession: (session: Session) => void; onEnded: () => void }) {
  const [apiKey, setApiKey] = useState("");
  useEffect(() => { document.title = "Log in · Countersign"; }, []);
  return (
    <main class="alone">
      <div class="card">
        <p class="brand"><img src={new URL("../icon.svg", import.meta.url).href} alt="" width="28" height="28" /> Countersign</p>
        <h1>Log in</h1>
        {ended && <Notice>The session has ended. Log in again.</Notice>}
        <Form submit="Log in" action={async () => onSession(await logIn(apiKey.trim(), onEnded))} disabled={apiKey.trim() === ""}>
          <TextField
            label="API key" type="password" value={apiKey} onValue={setApiKey} required autoComplete="off" spellcheck={false} placeholder="cs_sec_…"
            hint={<><code>countersign dev</code> prints one when it starts. It is exchanged for a cookie that scripts cannot read, for eight hours, and kept nowhere else.</>}
          />
        </Form>
      </div>
      <p class="small"><a href="./licenses.txt">Licenses</a></p>
    </main>
  );
}
