// SPDX-License-Identifier: Apache-2.0
//
// What a new user does: log in, make a key, sign, tamper, rotate, revoke; and what a policy does.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createAndSign } from "./deeds.mjs";
import { scene } from "./scene.mjs";
import { api, facts, goTo, heading, ladder, logIn, newTab, settled, verdicts, withBrowser } from "./tab.mjs";

async function login(tab) {
  await tab.goto(`${facts.url}/`);
  await tab.getByLabel("API key").fill(`${facts.apiKey.slice(0, -1)}_`);
  await tab.getByRole("button", { name: "Log in" }).click();
  const alert = tab.getByRole("alert");
  await alert.getByText("UNAUTHENTICATED").waitFor();
  assert.match(await alert.innerText(), /Request [0-9a-f]{32}/);
  await logIn(tab);
  const [cookie] = await tab.context().cookies();
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite], ["cs_session", true, "Strict"]);
  // The API key is nowhere in the page afterwards.
  const kept = await tab.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, document.documentElement.outerHTML]));
  assert.ok(!kept.includes(facts.apiKey) && !kept.includes("cs_session"), kept);
  await tab.reload();
  await heading(tab, "Vault");
}

const TAMPERED = {
  payload: ["BAD_SIGNATURE", "ATT_PAYLOAD_MISMATCH", "This payload"],
  pq: ["BAD_SIGNATURE", "ATT_SIGNATURE_MISMATCH", "This signature"],
  classical: ["BAD_SIGNATURE", "ATT_SIGNATURE_MISMATCH", "This signature"],
  image: ["OK", "ATT_PROOF_INVALID", "Root of trust"],
  binding: ["OK", "ATT_PROOF_INVALID", "Root of trust"],
  proof: ["OK", "ATT_PROOF_INVALID", "Root of trust"],
  nonce: ["OK", "ATT_NONCE_MISMATCH", "Freshness"],
  policy: ["OK", "ATT_IMAGE_NOT_ALLOWED", "Program"],
  time: ["OK", "ATT_EXPIRED", "Freshness"],
  key: ["OK", "ATT_KEY_MISMATCH", "This key"],
};

async function tamper(tab) {
  const buttons = await tab.locator("[data-tamper]").evaluateAll((all) => all.map((one) => one.dataset.tamper));
  assert.deepEqual(buttons.sort(), Object.keys(TAMPERED).sort(), "each tampering has its row here");
  for (const [name, [signature, document, step]] of Object.entries(TAMPERED)) {
    await tab.locator(`[data-tamper=${name}]`).click();
    await tab.locator(".ladder .refused", { hasText: document }).waitFor();
    await settled(tab);
    const shown = await tab.locator("[data-result] .verdicts").innerText();
    assert.ok(shown.includes(`Refused: attestation ${document}`), `${name}: ${shown}`);
    assert.equal(shown.includes("Refused: signature BAD_SIGNATURE"), signature !== "OK", `${name}: ${shown}`);
    const steps = await ladder(tab);
    assert.equal(steps[step], "refused", `${name}: ${JSON.stringify(steps)}`);
    assert.equal(steps["Both halves"], signature === "OK" ? "passed" : "refused");
    const order = Object.keys(steps).slice(1);
    assert.ok(order.slice(order.indexOf(step) + 1).every((later) => steps[later] === "not-reached"), JSON.stringify(steps));
  }
  await tab.getByRole("button", { name: "As it came" }).click();
  await tab.waitForFunction(() => document.querySelectorAll(".ladder .step.passed").length === 9);
}

async function signFile(tab) {
  const payload = Buffer.alloc(700_000, "a file that is larger than the service takes as a payload\n");
  await tab.getByLabel("Or drop a file here").setInputFiles({ name: "it's -rf $(x).tar", mimeType: "application/x-tar", buffer: payload });
  await tab.getByText("683.6 KiB").waitFor();
  await tab.getByRole("button", { name: "Sign", exact: true }).click();
  const result = tab.locator("[data-result]");
  await result.getByText("it's -rf $(x).tar, 683.6 KiB").waitFor();
  await result.getByText("made by the program that the policy allows").waitFor();
  assert.deepEqual(await verdicts(result), ["verified", "verified"]);
  await tab.getByRole("button", { name: "Sign text instead" }).click();
}

/** What is to be copied does what the page did, in a shell. */
async function snippets(tab) {
  await tab.getByText("The same with curl").click();
  const text = "two 'quotes', $(a) `command` and\na line";
  await tab.getByLabel("Text to sign").fill(text);
  const take = async (name) => {
    await tab.getByRole("tab", { name }).click();
    return (await tab.getByRole("tabpanel").locator("pre").innerText()).replace("cs_sec_…", facts.apiKey);
  };
  const folder = mkdtempSync(join(tmpdir(), "cs-snippets-"));
  const shell = (script) => execFileSync("bash", ["--norc", "-euo", "pipefail", "-c", script], { cwd: folder, encoding: "utf8", env: { PATH: `${process.env.CS_BIN}:${process.env.PATH}` } });
  try {
    const answer = JSON.parse(shell(await take("curl")));
    assert.equal(answer.success, true);
    assert.equal(answer.data.payloadSize, Buffer.byteLength(text));
    assert.match(shell(await take("Command line")), /verified|ok|OK|pass/i);
    assert.equal(JSON.parse(shell("cat sig.json")).payloadSize, Buffer.byteLength(text));
    // A file's name is text, whatever stands in it.
    await tab.getByLabel("Or drop a file here").setInputFiles({ name: "-it's $(touch pwned).bin", mimeType: "", buffer: Buffer.from("payload") });
    writeFileSync(join(folder, "-it's $(touch pwned).bin"), "payload");
    assert.equal(JSON.parse(shell(await take("curl"))).data.payloadSize, 7);
    shell(await take("Command line"));
    assert.equal(shell("ls").includes("pwned\n"), false);
    assert.ok((await take("SDK")).includes("verifyAttestationDoc"));
    await tab.getByRole("button", { name: "Sign text instead" }).click();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function rotateAndRevoke(tab, address) {
  await tab.getByRole("button", { name: "Rotate" }).click();
  await tab.getByText("This is the successor.").waitFor();
  await tab.getByText("each key signed for the next, from the first on").waitFor();
  assert.notEqual(tab.url().split("?")[0], address);
  assert.equal(await tab.locator(".lineage li").count(), 2);
  await heading(tab, "release-signing");
  await tab.goto(address);
  await tab.getByText("A successor has taken its name.").waitFor();
  await tab.getByText("each key signed for the next, from the first on").waitFor();
  await tab.getByRole("button", { name: "Revoke…" }).click();
  const dialog = tab.getByRole("dialog");
  const sure = dialog.getByRole("button", { name: "Revoke for ever" });
  assert.equal(await sure.isDisabled(), true);
  await dialog.getByLabel("Type its name to confirm").fill("release-signin");
  assert.equal(await sure.isDisabled(), true);
  await tab.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await tab.getByRole("button", { name: "Revoke…" }).click();
  await dialog.getByLabel("Type its name to confirm").fill("release-signing");
  await sure.click();
  await tab.getByText("This key is revoked.").waitFor();
  assert.equal(await tab.getByRole("button", { name: "Sign", exact: true }).count(), 0);
  const id = address.split("/").at(-1);
  assert.equal((await api("GET", `/v1/hybrid-keys/${id}`)).status, "revoked");
}

/** A policy of another program refuses; who watches the policies sees it at once. */
async function rejection(browser, tab) {
  const { attestationPolicyId: policyId, id: keyId } = (await api("GET", "/v1/hybrid-keys"))[0];
  const watcher = await newTab(browser);
  await logIn(watcher);
  await goTo(watcher, `#/attestation-policies/${policyId}`);
  await watcher.getByText("Listening to the ledger").waitFor();
  await api("POST", "/v1/sign", { keyId, payload: "YQ==" });
  await watcher.getByText("signature.attested").first().waitFor();

  await goTo(tab, `#/attestation-policies/${policyId}`);
  await tab.getByRole("button", { name: "Pin it in this browser" }).click();
  await tab.getByText("is what you pinned in this browser").waitFor();
  await tab.getByRole("button", { name: "Edit" }).click();
  await tab.getByText("No difference.").waitFor();
  const rules = tab.getByLabel("What has to match");
  await rules.fill((await rules.inputValue()).replace(/[0-9a-f]{64}/, "0".repeat(63) + "1"));
  const diff = tab.getByRole("region", { name: "What this change does" });
  assert.match(await diff.innerText(), /-\s+"sha256:[0-9a-f]{64}"[\s\S]*\+\s+"sha256:0{63}1"/);
  await tab.getByRole("button", { name: "Save version 2" }).click();
  await tab.getByText("This is not the policy that you pinned.").waitFor();
  assert.match(await tab.getByRole("region", { name: "Differences from version 1 to version 2" }).innerText(), /\+\s+"sha256:0{63}1"/);

  await goTo(tab, `#/keys/${keyId}`);
  assert.ok((await verdicts(tab.locator("main"))).includes("refused"), "its birth is not of a program that is allowed now");
  await tab.getByRole("button", { name: "Sign", exact: true }).click();
  const alert = tab.getByRole("alert").filter({ hasText: "Nothing was signed." });
  await alert.getByText("ATTESTATION_REJECTED").waitFor();
  assert.match(await alert.innerText(), /ATT_IMAGE_NOT_ALLOWED[\s\S]*Request [0-9a-f]{32}/);
  assert.equal(await tab.locator("[data-result]").count(), 0);
  await watcher.getByText("attestation.violation").waitFor();
  assert.deepEqual(watcher.said, []);
  await watcher.context().close();
}

/** A policy that a key is bound to stays; one without keys goes. */
async function deletePolicies(tab) {
  const { attestationPolicyId: bound } = (await api("GET", "/v1/hybrid-keys"))[0];
  await goTo(tab, `#/attestation-policies/${bound}`);
  await tab.getByRole("button", { name: "Delete…" }).click();
  await tab.getByRole("dialog").getByRole("button", { name: "Delete the policy" }).click();
  await tab.getByRole("dialog").getByText("POLICY_BOUND").waitFor();
  await tab.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();

  await goTo(tab, "#/attestation-policies/new");
  await tab.getByLabel("Name").fill("unbound");
  await tab.getByRole("button", { name: "Create the policy" }).click();
  await tab.getByText("POLICY_HASH").waitFor();
  await tab.getByRole("button", { name: "Pin the running enclave" }).click();
  await tab.getByRole("button", { name: "Create the policy" }).click();
  await heading(tab, "unbound");
  await tab.getByRole("button", { name: "Delete…" }).click();
  await tab.getByRole("dialog").getByRole("button", { name: "Delete the policy" }).click();
  await heading(tab, "Attestation policies");
  assert.equal(await tab.getByText("unbound").count(), 0);
}

/** A vault policy refuses what it should, and no longer when it is gone. */
async function vaultPolicy(tab) {
  await goTo(tab, "#/policies/new");
  await tab.getByLabel("Name").fill("production is attested");
  await tab.getByRole("button", { name: "Create the policy" }).click();
  await tab.getByRole("link", { name: "production is attested" }).waitFor();
  await goTo(tab, "#/keys/new");
  await tab.getByLabel("Name").fill("not-attested");
  await tab.getByText("The enclave, without a policy").click();
  await tab.getByRole("button", { name: "Create the key" }).click();
  await heading(tab, "not-attested");
  await tab.getByRole("button", { name: "Sign", exact: true }).click();
  await tab.getByText("POLICY_VIOLATED").waitFor();
  await goTo(tab, "#/policies");
  await tab.getByRole("link", { name: "production is attested" }).click();
  await tab.getByRole("button", { name: "Edit" }).click();
  await tab.getByText("Warn", { exact: true }).click();
  assert.match(await tab.getByRole("region", { name: "What this change does" }).innerText(), /- +"action": "enforce",[\s\S]*\+ +"action": "warn"/);
  await tab.getByRole("button", { name: "Save" }).click();
  await tab.getByRole("button", { name: "Delete…" }).waitFor();
  const [key] = await api("GET", "/v1/hybrid-keys");
  await goTo(tab, `#/keys/${key.id}`);
  await tab.getByRole("button", { name: "Sign", exact: true }).click();
  await tab.getByText("No attestation policy is bound to this key").waitFor();
  // Both halves verify; of the program nobody says anything, and nothing else is green.
  assert.deepEqual(await verdicts(tab.locator("[data-result] .verdicts")), ["verified"]);
  assert.ok(Object.entries(await ladder(tab)).every(([title, outcome]) => outcome === (title === "Both halves" ? "passed" : "not-reached")));
  await goTo(tab, "#/policies");
  await tab.getByRole("link", { name: "production is attested" }).click();
  await tab.getByRole("button", { name: "Delete…" }).click();
  await tab.getByRole("dialog").getByRole("button", { name: "Delete the policy" }).click();
  await tab.getByText("No demands yet").waitFor();
}

async function suspend(tab) {
  const [key] = await api("GET", "/v1/hybrid-keys");
  await goTo(tab, `#/keys/${key.id}`);
  await tab.getByRole("button", { name: "Suspend" }).click();
  await tab.getByText("This key is suspended.").waitFor();
  assert.equal(await tab.getByRole("button", { name: "Sign", exact: true }).isDisabled(), true);
  await tab.getByRole("button", { name: "Resume" }).click();
  await tab.getByText("This key is suspended.").waitFor({ state: "detached" });
}

/** A stored signature is judged again, with the payload and without. */
async function stored(tab) {
  const signed = (await api("GET", "/v1/signatures?verdict=pass")).find((one) => one.payloadSize === 18);
  await goTo(tab, `#/signatures/${signed.id}`);
  await tab.getByText("the attestation, for a payload with this hash, at the time that the service tells").waitFor();
  const payload = tab.getByLabel("What was signed");
  await payload.setInputFiles({ name: "other.txt", mimeType: "text/plain", buffer: Buffer.from("Hello, Countersigm") });
  await tab.getByText("Refused: signature").waitFor();
  await tab.getByText("Refused: bundle").waitFor();
  await payload.setInputFiles({ name: "hello.txt", mimeType: "text/plain", buffer: Buffer.from("Hello, Countersign") });
  await tab.getByText("signature, attestation and place in the ledger").waitFor();
  assert.deepEqual(await verdicts(tab.locator("main")), ["verified", "verified", "verified"]);
  const [download] = await Promise.all([tab.waitForEvent("download"), tab.getByRole("button", { name: "Download the bundle" }).click()]);
  assert.equal(download.suggestedFilename(), `${signed.id}.bundle.json`);
}

/** An API key is seen once; rotated, the old one counts for a while; revoked, it counts for nothing. */
async function apiKeys(tab) {
  await goTo(tab, "#/api-keys");
  await tab.getByRole("button", { name: "Create an API key" }).click();
  const dialog = tab.getByRole("dialog");
  await dialog.getByLabel("Name").fill("pipeline");
  await dialog.getByRole("button", { name: "Create the API key" }).click();
  await dialog.getByText("Copy it now.").waitFor();
  const shown = async () => (await dialog.getByRole("region", { name: "the API key" }).innerText()).trim();
  const first = await shown();
  assert.match(first, /^cs_sec_live_/);
  await dialog.getByRole("button", { name: "I have it" }).click();
  assert.ok(!(await tab.content()).includes(first));
  await api("GET", "/v1/signatures", undefined, first);
  await tab.getByRole("button", { name: "Rotate pipeline" }).click();
  await dialog.getByLabel("The old text ends").selectOption("0");
  await dialog.getByRole("button", { name: "Make its successor" }).click();
  await dialog.getByText("Copy it now.").waitFor();
  const second = await shown();
  await dialog.getByRole("button", { name: "I have it" }).click();
  await assert.rejects(api("GET", "/v1/signatures", undefined, first), /UNAUTHENTICATED/);
  await api("GET", "/v1/signatures", undefined, second);
  await tab.getByRole("button", { name: "Revoke pipeline" }).click();
  await dialog.getByRole("button", { name: "Revoke for ever" }).click();
  await dialog.waitFor({ state: "detached" });
  await assert.rejects(api("GET", "/v1/signatures", undefined, second), /UNAUTHENTICATED/);
}

/** A key pair for Hybrid Attest: the private half is seen once, the public one is registered until it is revoked. */
async function hybridKeys(tab) {
  await goTo(tab, "#/hybrid");
  await tab.getByRole("button", { name: "Generate a key pair" }).click();
  const dialog = tab.getByRole("dialog");
  await dialog.getByLabel("Label").fill("wallet");
  await dialog.getByRole("button", { name: "Generate" }).click();
  assert.match(await dialog.getByRole("region", { name: "the private key" }).innerText(), /^0x[0-9a-f]{64}/);
  await dialog.getByRole("button", { name: "I have it" }).click();
  await tab.getByRole("button", { name: "Revoke wallet" }).click();
  await dialog.getByRole("button", { name: "Revoke for ever" }).click();
  await tab.getByRole("button", { name: "Revoke wallet" }).waitFor({ state: "detached" });
}

/** What others signed is judged here: the pair, its record, the countersignature, and its place in the ledger. */
async function hybridAttestation(tab) {
  const { hybrid } = await scene(" of others");
  await goTo(tab, `#/hybrid/${hybrid}`);
  await tab.getByText("both signatures over the message, and the record that ties them together").waitFor();
  await tab.getByText("with its place in the ledger").waitFor();
  await tab.getByText("both halves of the countersignature, over this record").waitFor();
  assert.deepEqual(await verdicts(tab.locator("main")), ["verified", "verified", "verified", "verified"]);
  await tab.route(`**/v1/attestations/${hybrid}`, async (route) => {
    const answer = await (await route.fetch()).json();
    answer.data.record = answer.data.record.replace("ethereum", "polygon!");
    answer.data.message = answer.data.message.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    await route.fulfill({ json: answer });
  });
  await goTo(tab, "#/hybrid");
  await goTo(tab, `#/hybrid/${hybrid}`);
  await tab.getByText("ATT_PAYLOAD_MISMATCH").waitFor();
  await tab.getByText("PQC_004").nth(1).waitFor();
  await settled(tab);
  assert.deepEqual(await verdicts(tab.locator("main")), ["refused", "refused", "refused", "refused"]);
  await tab.unroute(`**/v1/attestations/${hybrid}`);
}

/** A listing goes on where its page ended, each item once. */
async function pages(tab) {
  const [key] = await api("GET", "/v1/hybrid-keys");
  for (let i = 0; i < 25; i++) await api("POST", "/v1/sign", { keyId: key.id, payload: "" });
  await goTo(tab, "#/keys");
  await goTo(tab, `#/keys/${key.id}`);
  const audit = tab.locator("section", { has: tab.getByRole("heading", { name: "What happened to it" }) });
  const entries = () => audit.locator("tbody tr td:last-child").allInnerTexts();
  assert.equal((await entries()).length, 10);
  const more = audit.getByRole("button", { name: "Show more" });
  for (let shown = 10; await more.count() > 0; shown = (await entries()).length) {
    await more.click();
    await tab.waitForFunction((n) => [...document.querySelectorAll("section")].some((one) => one.querySelector("h2")?.textContent === "What happened to it"
      && one.querySelectorAll("tbody tr").length > n && one.querySelector(".loading") === null), shown);
  }
  const all = (await entries()).map(Number);
  assert.equal(new Set(all).size, all.length);
  assert.ok(all.length >= 27, String(all.length));
  assert.deepEqual(all, [...all].sort((a, b) => b - a));
}

/** An API key that may do little is shown what it may not, by name. */
async function littleScope(browser) {
  const { apiKey } = await api("POST", "/v1/api-keys", { name: "reader", type: "secret", environment: "live", scopes: ["verify"] });
  const tab = await newTab(browser);
  await logIn(tab, apiKey);
  assert.equal(await tab.getByRole("link", { name: "Create a key" }).count(), 0);
  await goTo(tab, "#/policies");
  await tab.getByRole("alert").getByText("FORBIDDEN").waitFor();
  const [key] = await api("GET", "/v1/hybrid-keys");
  await goTo(tab, `#/keys/${key.id}`);
  await tab.getByText("This API key may not sign (scope sign).").waitFor();
  assert.equal(await tab.getByRole("button", { name: "Revoke…" }).count(), 0);
  assert.deepEqual(tab.said, []);
  await tab.context().close();
}

/** Without a mouse: to the content, through the tabs, into a dialog and back to where it was opened. */
async function keyboard(tab) {
  const [key] = await api("GET", "/v1/hybrid-keys");
  await goTo(tab, `#/keys/${key.id}`);
  await tab.reload();
  await settled(tab);
  const focused = () => tab.evaluate(() => document.activeElement?.textContent ?? "");
  assert.equal(await focused(), key.name, "the heading has the focus on a new page");
  await tab.keyboard.press("Tab");
  assert.equal(await focused(), "Rotate");
  await tab.evaluate(() => document.activeElement.blur());
  await tab.locator(".skip").focus();
  await tab.keyboard.press("Enter");
  assert.equal(await tab.evaluate(() => document.activeElement?.id), "main");
  const danger = tab.getByRole("button", { name: "Revoke…" });
  await danger.focus();
  await tab.keyboard.press("Enter");
  await tab.getByRole("dialog").waitFor();
  for (let i = 0; i < 6; i++) {
    await tab.keyboard.press("Tab");
    assert.ok(await tab.evaluate(() => document.activeElement === document.body || document.activeElement?.closest("dialog") !== null), "the focus left the dialog");
  }
  await tab.keyboard.press("Escape");
  await tab.getByRole("dialog").waitFor({ state: "detached" });
  assert.equal(await focused(), "Revoke…");
  await tab.getByText("The same with curl").focus();
  await tab.keyboard.press("Enter");
  await tab.getByRole("tab", { name: "curl" }).focus();
  await tab.keyboard.press("ArrowRight");
  assert.equal(await tab.getByRole("tab", { name: "Command line" }).getAttribute("aria-selected"), "true");
  await tab.keyboard.press("ArrowLeft");
  await tab.keyboard.press("ArrowLeft");
  assert.equal(await focused(), "SDK");
}

/** How long the first view takes, nothing in the cache: a figure, which no test depends on. */
async function firstView(browser) {
  const tab = await newTab(browser);
  await tab.goto(`${facts.url}/`);
  await tab.getByLabel("API key").waitFor();
  const login = await tab.evaluate(() => Math.round(performance.now()));
  await logIn(tab);
  await tab.goto("about:blank");
  await tab.goto(`${facts.url}/`);
  await tab.locator("#main .table").waitFor();
  const vault = await tab.evaluate(() => Math.round(performance.now()));
  const bytes = await tab.evaluate(() => performance.getEntriesByType("resource").reduce((sum, one) => sum + one.encodedBodySize, 0));
  await tab.context().close();
  return `login after ${login} ms, vault after ${vault} ms, ${Math.round(bytes / 1024)} KiB`;
}

/** A session that ended elsewhere leads to the login, and logging out forgets it. */
async function leave(tab) {
  await tab.context().clearCookies();
  await goTo(tab, "#/policies").catch(() => undefined);
  await tab.getByText("The session has ended.").waitFor();
  await logIn(tab);
  await tab.getByRole("button", { name: "Log out" }).click();
  await tab.getByLabel("API key").waitFor();
  assert.deepEqual(await tab.context().cookies(), []);
}

await withBrowser(async (browser) => {
  const tab = await newTab(browser);
  await login(tab);
  const address = await createAndSign(tab);
  await tamper(tab);
  await signFile(tab);
  await snippets(tab);
  await rotateAndRevoke(tab, address);
  await stored(tab);
  await rejection(browser, tab);
  await deletePolicies(tab);
  await vaultPolicy(tab);
  await suspend(tab);
  await pages(tab);
  await apiKeys(tab);
  await hybridKeys(tab);
  await littleScope(browser);
  await keyboard(tab);
  await hybridAttestation(tab);
  const first = await firstView(browser);
  await leave(tab);
  assert.deepEqual(tab.said, []);
  console.log(`ok: ${browser.version()}; first view: ${first}`);
});
