// SPDX-License-Identifier: Apache-2.0
//
// Takes uploads whose bundle verifies, and no others: nothing is kept before it was judged, and judging asks nobody.
//
// usage: node uploads.mjs CONFIG.json FOLDER [PORT]
//        curl -F file=@artifact.tar -F bundle=@artifact.bundle http://127.0.0.1:PORT/
//
// CONFIG.json holds what is pinned: {"policy": {…}, "ledgerKeys": ["…"], "witnessKeys": ["…"], "keyId": "key_…"}, and for
// trying it with `countersign dev` "allowMock": true.

import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";

import { verifyBundle } from "@countersign/sdk/verify";

const MAX_UPLOAD = 64 << 20;
const MAX_BUNDLE = 1 << 20;

class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

async function readBody(request) {
  const pieces = [];
  let size = 0;
  for await (const piece of request) {
    size += piece.length;
    if (size > MAX_UPLOAD) throw new Refused(413, "TOO_LARGE");
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function readForm(request) {
  const headers = { "Content-Type": request.headers["content-type"] ?? "" };
  const body = await readBody(request);
  const form = await new Response(body, { headers }).formData().catch(() => {
    throw new Refused(400, "NO_FORM");
  });
  const bytes = async (name) => {
    const parts = form.getAll(name);
    if (parts.length !== 1 || typeof parts[0] === "string") throw new Refused(400, `ONE_${name.toUpperCase()}_IS_NEEDED`);
    return new Uint8Array(await parts[0].arrayBuffer());
  };
  return { file: await bytes("file"), bundle: await bytes("bundle") };
}

/** Whole or not at all, under a name that nobody else chooses. */
async function keep(folder, name, bytes) {
  const fresh = join(folder, `.${randomUUID()}`);
  try {
    await writeFile(fresh, bytes, { flag: "wx", mode: 0o600 });
    await rename(fresh, join(folder, name));
  } finally {
    await rm(fresh, { force: true });
  }
}

async function take(request, pinned, folder) {
  if (request.method !== "POST") throw new Refused(405, "POST_ONLY");
  const { file, bundle } = await readForm(request);
  if (bundle.length > MAX_BUNDLE) throw new Refused(413, "TOO_LARGE");
  const verdict = await verifyBundle({ ...pinned, bundle, payload: file });
  // A checkpoint that nobody pinned a key for proves nothing about the ledger.
  if (!verdict.ok || verdict.ledger?.pinned !== true) throw new Refused(422, verdict.ok ? "LEDGER_NOT_PINNED" : verdict.reason);
  const name = createHash("sha256").update(file).digest("hex");
  await keep(folder, name, file);
  await keep(folder, `${name}.bundle`, bundle);
  return { name, seq: verdict.ledger.seq, origin: verdict.ledger.origin };
}

export function uploads(pinned, folder) {
  return async (request, response) => {
    const answer = (status, body) => {
      response.writeHead(status, { "Content-Type": "application/json", ...(status === 413 && { Connection: "close" }) });
      response.end(JSON.stringify(body));
    };
    try {
      answer(201, await take(request, pinned, folder));
    } catch (error) {
      // What is not a refusal is trouble here, and refuses, too.
      if (!(error instanceof Refused)) console.error(error);
      answer(error instanceof Refused ? error.status : 500, { refused: error instanceof Refused ? error.message : "INTERNAL" });
    }
  };
}

const [config, folder, port = "0"] = process.argv.slice(2);
if (folder === undefined) {
  console.error("usage: node uploads.mjs CONFIG.json FOLDER [PORT]");
  process.exit(64);
}
const server = createServer(uploads(JSON.parse(readFileSync(config, "utf8")), folder));
server.listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
