// SPDX-License-Identifier: Apache-2.0
//
// Settings in the browser: what is secret goes in and is never shown, providers are tried, and everything goes back.

import assert from "node:assert/strict";

import { api, facts, goTo, heading, logIn, newTab, settled, withBrowser } from "./tab.mjs";

const SECRET = "a-secret~that.nobody_may-see";
const GUID = "11111111-2222-3333-4444-555555555555";
const MARKUP = `"'><img src=x onerror="window.hacked=1"><svg onload=window.hacked=1><script>window.hacked=1</script>`;

const open = async (tab) => {
  await goTo(tab, "#/keys");
  await goTo(tab, "#/settings");
  await heading(tab, "Vault – KMS integration");
};
const save = async (tab) => {
  await tab.getByRole("button", { name: "Save" }).click();
  await tab.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
};

async function refused(tab) {
  await open(tab);
  await tab.getByLabel("Use AWS KMS").check();
  await tab.getByLabel("ARN of the key").fill("arn:aws:kms:nowhere");
  await save(tab);
  const alert = tab.getByRole("alert");
  await alert.getByText("BAD_FIELD").waitFor();
  assert.match(await alert.innerText(), /keyArn[\s\S]*Request [0-9a-f]{32}/);
  assert.equal((await api("GET", "/v1/vault/settings")).aws, undefined);
}

/** In the page, in what it keeps, and in what the service answers: nowhere. */
async function isNowhere(tab, answers) {
  const kept = await tab.evaluate(() => JSON.stringify([
    { ...localStorage }, { ...sessionStorage }, document.documentElement.outerHTML, [...document.querySelectorAll("input")].map((one) => one.value),
  ]));
  assert.ok(!kept.includes(SECRET));
  assert.ok(answers.every((text) => !text.includes(SECRET)));
}

async function secret(tab) {
  const answers = [];
  tab.on("response", (response) => { if (response.url().includes("/v1/")) response.text().then((text) => answers.push(text), () => undefined); });
  await open(tab);
  await tab.getByLabel("Use Azure Key Vault").check();
  await tab.getByLabel("Address of the vault").fill("https://example.vault.azure.net");
  await tab.getByLabel("Name of the key").fill("countersign");
  await tab.getByLabel("Tenant id").fill(GUID);
  await tab.getByLabel("Client id").fill(GUID);
  assert.equal(await tab.getByLabel("Client secret").getAttribute("type"), "password");
  await tab.getByLabel("Client secret").fill(SECRET);
  await tab.getByText("Your Azure Key Vault").click();
  await save(tab);
  await tab.getByText("Saved.").waitFor();
  assert.equal(await tab.getByLabel("Client secret").inputValue(), "");
  await tab.getByText("One is stored, sealed by the agent").waitFor();
  const stored = await api("GET", "/v1/vault/settings");
  assert.deepEqual([stored.defaultKekProvider, stored.azure.clientSecretConfigured, stored.azure.kekName], ["azure-kv", true, "countersign"]);
  // Left empty, it stays; the rest changes.
  await tab.getByLabel("Signature format of new keys").selectOption("envelope");
  await save(tab);
  await tab.getByText("Saved.").waitFor();
  assert.deepEqual([(await api("GET", "/v1/vault/settings")).azure.clientSecretConfigured, (await api("GET", "/v1/vault/settings")).defaultSignatureFormat], [true, "envelope"]);
  await tab.reload();
  await settled(tab);
  assert.equal(await tab.getByLabel("Address of the vault").inputValue(), "https://example.vault.azure.net");
  await isNowhere(tab, answers);
}

async function tried(tab) {
  await tab.getByRole("button", { name: "Test the providers" }).click();
  const row = tab.getByRole("row", { name: "Your Azure Key Vault" });
  await row.getByText("it does not work").waitFor();
  assert.match(await row.innerText(), /PROVIDER_NOT_AVAILABLE/);
  await tab.getByRole("row", { name: "This service" }).getByText("it works").waitFor();
  assert.equal(await tab.locator(".verified").count(), 0, "that is the service's word");
  await tab.route("**/v1/vault/settings/test", (route) => route.fulfill({ status: 404, json: { success: false, error: "nobody is there", code: "NOT_FOUND", requestId: "f".repeat(32), details: {} } }));
  await tab.getByRole("button", { name: "Test the providers" }).click();
  await tab.getByRole("alert").getByText("NOT_FOUND").waitFor();
  assert.match(await tab.getByRole("alert").innerText(), /Request [0-9a-f]{32}/);
  await tab.unroute("**/v1/vault/settings/test");
}

async function cleared(tab) {
  await tab.getByRole("button", { name: "Back to the defaults…" }).click();
  await tab.getByRole("dialog").getByRole("button", { name: "Keep them" }).click();
  assert.equal((await api("GET", "/v1/vault/settings")).azure.kekName, "countersign");
  await tab.getByRole("button", { name: "Back to the defaults…" }).click();
  await tab.getByRole("dialog").getByRole("button", { name: "Clear them" }).click();
  await tab.getByRole("dialog").waitFor({ state: "detached" });
  await settled(tab);
  assert.equal(await tab.getByLabel("Use Azure Key Vault").isChecked(), false);
  assert.equal((await api("GET", "/v1/vault/settings")).azure, undefined);
}

async function markup(tab) {
  await open(tab);
  for (const name of ["AWS KMS", "Azure Key Vault", "Google Cloud KMS"]) await tab.getByLabel(`Use ${name}`).check();
  const fields = tab.locator("main :is(input[type=text], input[type=password])");
  assert.ok(await fields.count() >= 12);
  for (const field of await fields.all()) await field.fill(MARKUP);
  await save(tab);
  await tab.getByRole("alert").waitFor();
  const found = await tab.evaluate(() => [globalThis.hacked ?? 0, document.querySelectorAll("main img, main script, [onerror], [onload]").length]);
  assert.deepEqual(found, [0, 0]);
}

/** Who may not, is told so. */
async function withoutScope(browser) {
  const { apiKey } = await api("POST", "/v1/api-keys", { name: "reader", type: "secret", environment: "live", scopes: ["verify"] });
  const tab = await newTab(browser);
  await logIn(tab, apiKey);
  for (const place of ["#/settings", "#/ledger", "#/checkpoints", "#/overview"]) {
    await goTo(tab, place);
    const alert = tab.getByRole("alert").filter({ hasText: "FORBIDDEN" }).first();
    await alert.waitFor();
    assert.match(await alert.innerText(), /Request [0-9a-f]{32}/, place);
    assert.equal(await tab.locator(".verified").count(), 0, place);
  }
  assert.ok(tab.said.every((line) => line.includes("403")), tab.said.join("\n"));
  await tab.context().close();
}

await withBrowser(async (browser) => {
  const tab = await newTab(browser);
  await logIn(tab, facts.apiKey);
  await refused(tab);
  await secret(tab);
  await tried(tab);
  await cleared(tab);
  await markup(tab);
  assert.deepEqual(tab.said, []);
  await tab.context().close();
  await withoutScope(browser);
  console.log("ok");
});
