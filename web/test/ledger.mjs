// SPDX-License-Identifier: Apache-2.0
//
// The ledger in the browser: live, filtered, proven entry by entry and as a whole; and a service that changes, hides or
// rewrites some of it on the way.

import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ed25519 } from "@noble/curves/ed25519.js";

import { scene } from "./scene.mjs";
import { api, facts, goTo, heading, logIn, newTab, settled, verdicts, withBrowser } from "./tab.mjs";

const newest = async () => (await api("GET", "/v1/ledger/entries?limit=1"))[0];
const card = (tab) => tab.locator("[data-ledger]");

/** What was said after the button was pressed. */
async function verify(tab) {
  await tab.getByRole("button", { name: /^Verify( again)?$/ }).click();
  await tab.locator("[data-ledger=done]").waitFor();
  return card(tab).innerText();
}

async function live(tab) {
  await goTo(tab, "#/ledger");
  await tab.locator("[data-live=open]").waitFor();
  // The stream is open once it brings something: entries are made until one is there.
  let made = 0;
  for (; made < 50 && (await tab.getByText(/[1-9]\d* new since this page was opened/).count()) === 0; made++) {
    await api("POST", "/v1/ledger/entries", { name: `live ${made}` });
    await tab.waitForTimeout(100);
  }
  assert.ok(made < 50, "nothing came");
  await api("POST", "/v1/ledger/entries", { name: "the last one" });
  await tab.getByText("the last one").waitFor();
  const shown = await tab.locator("table", { hasText: "the last one" }).locator("tbody tr td:first-child").allInnerTexts();
  const numbers = shown.map(Number);
  assert.deepEqual(numbers, numbers.map((_, i) => numbers[0] - i), "each entry once, newest first");
  assert.equal(numbers[0], (await newest()).seq);
  assert.equal(await card(tab).locator("xpath=following::table").locator(".verified").count(), 0, "nothing of the stream is green");
}

async function filters(tab) {
  await tab.getByLabel("What", { exact: true }).selectOption("key.created");
  await tab.waitForFunction(() => [...document.querySelectorAll("td .chip")].length > 0 && [...document.querySelectorAll("td .chip")].every((one) => one.textContent === "key.created"));
  await tab.getByLabel("What", { exact: true }).selectOption("");
  await tab.getByLabel("From").fill("3");
  await tab.waitForFunction(() => document.querySelector("td[data-title=Entry]")?.textContent === "3");
  await tab.getByLabel("From").fill("neither");
  await tab.getByText("Neither a number of an entry nor a time.").waitFor();
  await tab.getByLabel("From").fill("2999-01-01");
  await tab.getByText("None of this kind.").waitFor();
  await tab.getByLabel("From").fill("");
  await tab.getByLabel("Live").uncheck();
  await tab.waitForFunction(() => document.querySelector("[data-live]") === null && document.querySelectorAll("tbody tr").length > 5);
}

async function entryPage(tab, ids) {
  await goTo(tab, `#/ledger/${ids.entry}`);
  await tab.getByText("the entry is in the tree of").waitFor();
  assert.deepEqual(await verdicts(tab.locator("main")), ["verified"]);
  const way = tab.locator(".tree-way.passed");
  const others = await tab.locator(".tree-other").count();
  assert.ok(others >= 3 && await way.count() === others + 1, "a node of the way for each one beside it, and the root");
  // What was not covered yet is told, and covered when it is asked for.
  const fresh = await api("POST", "/v1/ledger/entries", { name: "fresh" });
  await tab.route("**/v1/ledger/proof/**", (route) => route.fulfill({ status: 409, json: { success: false, error: "not covered", code: "NOT_COVERED", requestId: "r", details: {} } }));
  await goTo(tab, `#/ledger/${fresh.id}`);
  await tab.getByText("No checkpoint covers this entry yet").waitFor();
  assert.deepEqual(await verdicts(tab.locator("main")), []);
  await tab.unroute("**/v1/ledger/proof/**");
  await tab.getByRole("button", { name: "Make a checkpoint now" }).click();
  await tab.getByText("the entry is in the tree of").waitFor();
}

/** Progress, a way out, and green when all of it was read. */
async function whole(tab) {
  await api("POST", "/v1/ledger/seal", {});
  await goTo(tab, "#/ledger");
  let go;
  const gate = new Promise((resolve) => { go = resolve; });
  await tab.route("**/v1/ledger/bundle?limit=200*", async (route) => { await gate; await route.continue().catch(() => undefined); });
  await tab.getByRole("button", { name: "Verify", exact: true }).click();
  await tab.getByRole("progressbar").waitFor();
  await tab.getByRole("button", { name: "Stop" }).click();
  await tab.getByText("Stopped. Nothing was established.").waitFor();
  assert.equal(await card(tab).locator(".verified").count(), 0);
  go();
  await tab.unroute("**/v1/ledger/bundle?limit=200*");
  const { seq } = await newest();
  const said = await verify(tab);
  assert.match(said, new RegExp(`Verified in this browser: ${seq + 1} entries`));
  assert.deepEqual(await verdicts(card(tab)), ["verified"]);
  await card(tab).getByText("that this browser kept").waitFor();
}

async function download(tab) {
  const [file] = await Promise.all([tab.waitForEvent("download"), tab.getByRole("button", { name: "Download it" }).click()]);
  const path = join(tmpdir(), `cs-ledger-${process.pid}.jsonl`);
  await file.saveAs(path);
  try {
    const head = JSON.parse(readFileSync(path, "utf8").split("\n")[0]);
    assert.equal(head.countersignLedger, 1);
    const said = JSON.parse(execFileSync(join(process.env.CS_BIN, "countersign"), ["ledger", "verify", path, "--json", ...head.keys.flatMap((key) => ["--ledger-key", key])], { encoding: "utf8" }));
    assert.equal(said.ok, true);
  } finally {
    rmSync(path);
  }
}

const LIES = {
  "an entry that was changed": ["LEDGER_CHANGED", 5, (page) => { page.entries[5].payload.subjectId = "somebody else"; }],
  "an entry that was removed": ["LEDGER_REMOVED", 5, (page) => { page.entries.splice(5, 1); }],
  "an entry that is there twice": ["LEDGER_ADDED", 6, (page) => { page.entries.splice(6, 0, page.entries[5]); }],
  "entries in another order": ["LEDGER_REORDERED", 5, (page) => { page.entries.splice(5, 2, page.entries[6], page.entries[5]); }],
  "a checkpoint that nobody signed": ["NOTE_SIGNATURE", undefined, (page) => { for (const one of page.checkpoints) one.note = one.note.replace(/(\u2014 \S+ \S{30})(.)/u, (_, begin, c) => begin + (c === "A" ? "B" : "A")); }],
  // Against what was kept: the rest of the ledger, with the checkpoints that would tell, is not shown any more.
  "a ledger that was cut off": ["LEDGER_TRUNCATED", 8, (page) => { page.entries.splice(8); page.checkpoints = page.checkpoints.filter((one) => one.treeSize <= 8); }],
};

async function lies(tab) {
  for (const [name, [reason, seq, change]] of Object.entries(LIES)) {
    await goTo(tab, "#/overview");
    await goTo(tab, "#/ledger");
    await tab.route("**/v1/ledger/bundle?limit=200*", async (route) => {
      const answer = await (await route.fetch()).json();
      change(answer.data);
      await route.fulfill({ json: answer });
    });
    const said = await verify(tab);
    assert.ok(said.includes(`Refused: ledger ${reason}`), `${name}: ${said}`);
    assert.deepEqual(await verdicts(card(tab)), ["refused"], name);
    if (seq !== undefined) {
      assert.ok(said.includes(`entry ${seq}`), `${name}: ${said}`);
      await card(tab).locator("tr", { hasText: "broken here" }).getByRole("link", { name: String(seq), exact: true }).waitFor();
    }
    await tab.unroute("**/v1/ledger/bundle?limit=200*");
  }
  assert.match(await verify(tab), /Verified in this browser/);
}

/** Other keys are told; a tampered entry is red on its own page, and so is its way to the root. */
async function entryLies(tab, ids) {
  const changed = async (route) => {
    const answer = await (await route.fetch()).json();
    for (const entry of answer.data) if (entry.id === ids.entry) entry.payload.subjectId = "somebody else";
    await route.fulfill({ json: answer });
  };
  await tab.route("**/v1/ledger/entries?*", changed);
  await goTo(tab, `#/ledger/${ids.entry}`);
  await tab.getByText("Refused: ledger entry").waitFor();
  assert.equal(await tab.locator(".verified, .tree-way.passed").count(), 0);
  assert.ok(await tab.locator(".tree-way.refused").count() > 1);
  await tab.unroute("**/v1/ledger/entries?*");
  await tab.route("**/v1/ledger/bundle?*", async (route) => {
    const answer = await (await route.fetch()).json();
    answer.data.signingKeys.pop();
    await route.fulfill({ json: answer });
  });
  await goTo(tab, "#/overview");
  await goTo(tab, "#/ledger");
  await tab.getByText("The service shows other keys of this ledger.").first().waitFor();
  await tab.unroute("**/v1/ledger/bundle?*");
}

/** A stream that does not go on where it was ends, and says so. */
async function streamLies(browser) {
  const tab = await newTab(browser);
  await logIn(tab);
  const { seq } = await newest();
  const entry = { ...(await newest()), seq: seq + 3 };
  await tab.route("**/v1/ledger/stream*", (route) => route.fulfill({ contentType: "text/event-stream", body: `id: ${entry.seq}\nevent: ${entry.eventType}\ndata: ${JSON.stringify(entry)}\n\n` }));
  await goTo(tab, "#/ledger");
  await tab.getByText("The stream has ended.").waitFor();
  assert.match(await tab.getByRole("alert").innerText(), /Request [0-9a-f]{32}/);
  await tab.getByText("Not listening any more").waitFor();
  assert.deepEqual(tab.said, []);
  await tab.context().close();
}

async function checkpoints(tab) {
  await goTo(tab, "#/checkpoints");
  await heading(tab, "Checkpoints");
  await tab.getByText("it goes on from the checkpoint").waitFor();
  assert.ok((await verdicts(tab.locator("main"))).every((one) => one === "verified"));
  await tab.getByLabel("Keys of witnesses").fill("no key at all");
  await tab.getByRole("button", { name: "Keep them in this browser" }).click();
  await tab.getByRole("alert").getByText("BAD_VKEY").waitFor();
  assert.equal(await tab.evaluate(() => localStorage.getItem("countersign.witnesses")), null);
  assert.ok((await verdicts(tab.locator("table"))).every((one) => one === "verified"));
  await tab.getByLabel("Keys of witnesses").fill("");
  const before = await tab.locator("tbody tr").count();
  await api("POST", "/v1/ledger/entries", { name: "one more" });
  await tab.getByRole("button", { name: "Make one now" }).click();
  await tab.waitForFunction((n) => document.querySelectorAll("tbody tr").length > n, before);
}

/** A witness's line is green for who has its key, is told to who has not, and refuses the note where it does not verify. */
async function witnesses(tab) {
  const name = "witness.example/w1";
  const secret = Buffer.alloc(32, 7);
  const content = Buffer.concat([Buffer.from([4]), ed25519.getPublicKey(secret)]);
  const id = createHash("sha256").update(`${name}\n`).update(content).digest().subarray(0, 4);
  const cosigned = (note, flip) => {
    const time = 1_790_000_000;
    const text = note.slice(0, note.indexOf("\n\n") + 1);
    const stated = Buffer.alloc(8);
    stated.writeBigUInt64BE(BigInt(time));
    const signature = Buffer.from(ed25519.sign(Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), secret));
    signature[9] ^= flip;
    return `${note}\u2014 ${name} ${Buffer.concat([id, stated, signature]).toString("base64")}\n`;
  };
  for (const flip of [0, 1]) {
    await tab.route("**/v1/ledger/checkpoints?*", async (route) => {
      const answer = await (await route.fetch()).json();
      for (const one of answer.data) one.note = cosigned(one.note, flip);
      await route.fulfill({ json: answer });
    });
    await goTo(tab, "#/overview");
    await goTo(tab, "#/checkpoints");
    await tab.getByLabel("Keys of witnesses").fill("");
    await tab.getByRole("button", { name: "Keep them in this browser" }).click();
    await tab.getByText("Lines of witnesses that are not verified here").first().waitFor();
    await tab.locator("table .verified").first().waitFor();
    await tab.getByLabel("Keys of witnesses").fill(`${name}+${id.toString("hex")}+${content.toString("base64")}`);
    await tab.getByRole("button", { name: "Keep them in this browser" }).click();
    if (flip === 0) await tab.getByText(`and seen by ${name}`).first().waitFor();
    else await tab.getByText("NOTE_SIGNATURE").first().waitFor();
    await settled(tab);
    assert.ok((await verdicts(tab.locator("table"))).every((one) => one === (flip === 0 ? "verified" : "refused")));
    await tab.unroute("**/v1/ledger/checkpoints?*");
  }
  await tab.evaluate(() => localStorage.removeItem("countersign.witnesses"));
}

/** Without a mouse: verified, stopped and looked at, with the focus where it was. */
async function keyboard(tab) {
  await goTo(tab, "#/overview");
  await goTo(tab, "#/ledger");
  let go;
  const gate = new Promise((resolve) => { go = resolve; });
  await tab.route("**/v1/ledger/bundle?limit=200*", async (route) => { await gate; await route.continue().catch(() => undefined); });
  const focused = () => tab.evaluate(() => document.activeElement?.textContent ?? "");
  assert.equal(await focused(), "Ledger");
  await tab.keyboard.press("Tab");
  assert.equal(await focused(), "Download it");
  await tab.keyboard.press("Tab");
  assert.equal(await focused(), "Verify");
  await tab.keyboard.press("Enter");
  await tab.getByRole("progressbar").waitFor();
  assert.equal(await focused(), "Stop");
  await tab.keyboard.press("Enter");
  await tab.getByText("Stopped.").waitFor();
  assert.equal(await focused(), "Verify again");
  go();
  await tab.unroute("**/v1/ledger/bundle?limit=200*");
  await tab.keyboard.press("Enter");
  await tab.locator("[data-ledger=done]").waitFor();
  await goTo(tab, "#/checkpoints");
  await tab.keyboard.press("Tab");
  assert.equal(await focused(), "Make one now");
}

async function overview(tab) {
  await goTo(tab, "#/overview");
  await tab.getByText("the running program is allowed").waitFor();
  for (const stage of ["The whole request", "The enclave", "Writing it down"]) assert.match(await tab.getByRole("row", { name: stage }).innerText(), /\d+ (µs|ms|s)\b/);
  const before = Number((await api("GET", "/v1/stats")).signatures.pass);
  const [key] = (await api("GET", "/v1/hybrid-keys")).filter((one) => one.attestationPolicyId !== null && one.purpose === "sign");
  for (let i = 0; i < 3; i++) await api("POST", "/v1/sign", { keyId: key.id, payload: "YQ==" });
  await tab.getByText(`${before + 3} passed`).waitFor();
  // What a policy refuses is counted, with its reason.
  const policy = await api("GET", `/v1/attestation-policies/${key.attestationPolicyId}`);
  const wrong = { ...policy.matchRules, allowedImageHashes: [`sha256:${"0".repeat(64)}`] };
  await api("PATCH", `/v1/attestation-policies/${policy.id}`, { matchRules: wrong });
  await assert.rejects(api("POST", "/v1/sign", { keyId: key.id, payload: "YQ==" }), /ATTESTATION_REJECTED/);
  await tab.getByRole("button", { name: "Look again" }).click();
  await tab.getByText("ATT_IMAGE_NOT_ALLOWED").waitFor();
  assert.equal(await tab.locator(".figure", { hasText: "Programs refused" }).locator(".figure-value").innerText(), "1");
  await tab.waitForFunction(() => Number(document.querySelector(".figure-value")?.textContent) >= 0);
  // A service that fails is told with the request, and the figures come back by themselves.
  await tab.route("**/v1/stats", (route) => route.fulfill({ status: 500, headers: { "X-Request-Id": "0".repeat(32) }, json: { success: false, error: "it is broken", code: "INTERNAL", requestId: "0".repeat(32), details: {} } }));
  const alert = tab.getByRole("alert").filter({ hasText: "INTERNAL" });
  await alert.waitFor();
  assert.match(await alert.innerText(), /Request [0-9a-f]{32}/);
  await tab.unroute("**/v1/stats");
  await alert.waitFor({ state: "detached" });
}

await withBrowser(async (browser) => {
  const ids = await scene();
  const tab = await newTab(browser);
  await logIn(tab);
  await live(tab);
  await filters(tab);
  await entryPage(tab, ids);
  await whole(tab);
  await download(tab);
  await checkpoints(tab);
  await lies(tab);
  await entryLies(tab, ids);
  await witnesses(tab);
  await keyboard(tab);
  await settled(tab);
  assert.deepEqual(tab.said, []);
  await overview(tab);
  await tab.context().close();
  await streamLies(browser);
  console.log("ok");
});
