// SPDX-License-Identifier: Apache-2.0
//
// The same request for a terminal and for a program. Texts are quoted, so that nothing in them is more than text.

import { toBase64 } from "./bytes.js";

export interface Request {
  readonly server: string;
  readonly keyId: string;
  readonly payload: Uint8Array;
  /** Set where the payload is a file. */
  readonly file: string | undefined;
  readonly policyId: string | undefined;
  /** The policy pins a development root. */
  readonly development: boolean;
}

/** A word of a shell that is exactly this text. */
export const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** An id as an argument: bare where it looks like one, quoted whatever else a service may call an id. */
const idWord = (id: string) => (/^\w+$/.test(id) ? id : shellWord(id));

/** A file's name as an argument: one that begins with - is no option. */
const fileWord = (name: string) => shellWord(name.startsWith("-") ? `./${name}` : name);

const EXPORTS = (server: string) => `export COUNTERSIGN_SERVER=${shellWord(server)}\nexport COUNTERSIGN_API_KEY=cs_sec_…   # yours\n`;

const INLINE_MAX = 64 << 10;

export function curl(r: Request): string {
  const body = r.file === undefined && r.payload.length <= INLINE_MAX
    ? `-d ${shellWord(JSON.stringify({ keyId: r.keyId, payload: toBase64(r.payload) }))}`
    : `-d @-`;
  const feed = body === "-d @-"
    ? `printf '{"keyId":"%s","payload":"%s"}' ${shellWord(r.keyId)} "$(base64 -w0 < ${fileWord(r.file ?? "payload")})" |\n  ` : "";
  return `${EXPORTS(r.server)}
${feed}curl -sS "$COUNTERSIGN_SERVER/v1/sign" \\
  -H "Authorization: Bearer $COUNTERSIGN_API_KEY" \\
  -H 'Content-Type: application/json' \\
  ${body}`;
}

export function cli(r: Request): string {
  const file = r.file === undefined ? "payload" : r.file;
  const write = r.file === undefined ? `printf '%s' ${shellWord(toBase64(r.payload))} | base64 -d > payload\n` : "";
  const verify = r.policyId === undefined ? "" : `
# What to trust: pin it once, and keep the file. In production it comes from your build.
countersign attestation-policies show ${idWord(r.policyId)} --json > policy.json
# Offline, without asking the service:
countersign attest verify --policy policy.json --sign-result sig.json --payload ${fileWord(file)}${r.development ? " --allow-mock" : ""}
`;
  return `${EXPORTS(r.server)}
${write}countersign sign --key ${idWord(r.keyId)} --in ${fileWord(file)} > sig.json
${verify}`;
}

export function sdk(r: Request): string {
  const from = r.development ? "@countersign/sdk/development" : "@countersign/sdk";
  const payload = r.file === undefined ? `Uint8Array.from(atob(${JSON.stringify(toBase64(r.payload))}), (c) => c.charCodeAt(0))` : `await readFile(${JSON.stringify(r.file)})`;
  const read = r.file === undefined ? "" : `import { readFile } from "node:fs/promises";\n`;
  const verify = r.policyId === undefined ? "console.log(signed.signatureB64);\n" : `
// Zero trust in the service's own verdict. In production the policy comes from your build.
const policy = await client.attestationPolicies.get(${JSON.stringify(r.policyId)});
const verdict = await verifyAttestationDoc({
  docB64: signed.attestation.docB64,
  signatureB64: signed.signatureB64,
  payload,
  policy,
});
if (!verdict.ok) throw new Error(verdict.reason);
console.log(verdict);
`;
  return `${read}import { Countersign${r.policyId === undefined ? "" : ", verifyAttestationDoc"} } from ${JSON.stringify(from)};

const client = new Countersign({ baseUrl: ${JSON.stringify(r.server)}, apiKey: process.env.COUNTERSIGN_API_KEY });
const payload = ${payload};
const signed = await client.sign({ keyId: ${JSON.stringify(r.keyId)}, payload });
${verify}`;
}
