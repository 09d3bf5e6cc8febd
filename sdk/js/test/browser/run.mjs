// SPDX-License-Identifier: Apache-2.0
//
// Verifier and client in headless Chromium. The service sends no CORS headers, so the page and a proxy to the service share
// one origin. Exits with 77 where there is no Chromium.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createServer, request } from "node:http";

import { build } from "esbuild";
import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(CHROMIUM)) {
  console.error("there is no Chromium");
  process.exit(77);
}

const { COUNTERSIGN_SERVER, COUNTERSIGN_API_KEY: apiKey, IMAGE_HASH: imageHash, ROOT_PUBLIC_KEY: rootPublicKey } = process.env;
const made = await build({ entryPoints: ["page.mjs"], bundle: true, format: "esm", platform: "browser", target: "es2022", write: false });
const [{ text: script }] = made.outputFiles;
const page = '<!doctype html><meta charset="utf-8"><title>sdk</title><script type="module" src="/page.js"></script>';

function proxy(incoming, outgoing) {
  const { method, headers } = incoming;
  const onward = request(new URL(incoming.url, COUNTERSIGN_SERVER), { method, headers: { ...headers, host: new URL(COUNTERSIGN_SERVER).host } }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  outgoing.on("close", () => onward.destroy());
  incoming.pipe(onward);
}

const server = createServer((incoming, outgoing) => {
  if (/^\/(v1|ledger)\//.test(incoming.url)) return proxy(incoming, outgoing);
  const [type, body] = { "/": ["text/html", page], "/page.js": ["text/javascript", script] }[incoming.url] ?? ["text/plain", ""];
  outgoing.writeHead(200, { "Content-Type": type });
  return outgoing.end(body);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
try {
  const tab = await browser.newPage();
  const said = [];
  tab.on("pageerror", (error) => said.push(String(error)));
  await tab.goto(origin);
  await tab.waitForFunction(() => globalThis.run !== undefined);
  const { results, seen, refused } = await tab.evaluate((facts) => globalThis.run(facts), { apiKey, imageHash, rootPublicKey });
  const wanted = {
    signature: true, otherSignature: false, document: "OK", otherDocument: "ATT_PAYLOAD_MISMATCH", bundle: "OK", strictly: "ATT_MOCK_REFUSED",
    otherBundle: "BUNDLE_PAYLOAD",
  };
  assert.equal(Object.keys(results).length, 4);
  for (const [algorithm, got] of Object.entries(results)) assert.deepEqual(got, wanted, algorithm);
  assert.deepEqual([seen, refused], [[0, 1, 2], ["NOT_FOUND", 32]]);
  assert.deepEqual(said, []);
  console.log(`ok: ${await browser.version()}`);
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
