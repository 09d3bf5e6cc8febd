// SPDX-License-Identifier: Apache-2.0
//
// Every page in light, in dark and on a narrow screen: axe finds nothing, nothing sticks out at the side, and a picture is
// kept to be looked at.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { places, scene } from "./scene.mjs";
import { facts, goTo, logIn, newTab, settled, withBrowser } from "./tab.mjs";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const PICTURES = process.env.PICTURES;
mkdirSync(PICTURES, { recursive: true });

const LOOKS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  narrow: { colorScheme: "light", viewport: { width: 360, height: 740 } },
};

async function look(tab, name, wrong, fullPage = true) {
  await tab.evaluate(() => Promise.all(document.getAnimations().map((a) => a.finished.catch(() => undefined))));
  const { violations } = await tab.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  for (const one of violations) wrong.push(`${name}: ${one.id} (${one.impact}): ${one.help}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ").slice(0, 600)}`);
  const [wide, room] = await tab.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  if (wide > room) wrong.push(`${name}: ${wide} pixels in a window of ${room}`);
  await tab.screenshot({ path: join(PICTURES, `${name}.png`), fullPage });
}

/** What is only there when somebody has done something. */
async function deeds(tab, ids, mode, wrong) {
  await goTo(tab, `#/keys/${ids.successor}`);
  await tab.getByRole("button", { name: "Sign", exact: true }).click();
  await tab.waitForFunction(() => document.querySelectorAll(".ladder .passed").length === 9);
  await tab.getByText("The same with curl").click();
  await look(tab, `playground-${mode}`, wrong);
  await tab.locator("[data-tamper=image]").click();
  await tab.locator(".ladder .refused").waitFor();
  await look(tab, `playground-tampered-${mode}`, wrong);
  await tab.getByRole("button", { name: "Revoke…" }).click();
  await look(tab, `dialog-${mode}`, wrong, false);
  await tab.keyboard.press("Escape");
  await goTo(tab, `#/attestation-policies/${ids.policy}`);
  await tab.getByRole("button", { name: "Edit" }).click();
  await tab.getByRole("textbox", { name: "Name" }).fill("another name");
  await look(tab, `attestation-policy-edit-${mode}`, wrong);
  await goTo(tab, "#/api-keys");
  await tab.getByRole("button", { name: "Create an API key" }).click();
  await look(tab, `api-key-create-${mode}`, wrong, false);
  await goTo(tab, "#/keys/new");
  await tab.getByText("Choose each part").click();
  await tab.getByText("Your AWS KMS").first().click();
  await look(tab, `vault-create-axes-${mode}`, wrong);
  await goTo(tab, "#/settings");
  for (const cloud of ["AWS KMS", "Azure Key Vault", "Google Cloud KMS"]) await tab.getByLabel(`Use ${cloud}`).check();
  await tab.getByRole("button", { name: "Test the providers" }).click();
  await tab.getByRole("row", { name: "This service" }).waitFor();
  await look(tab, `settings-all-${mode}`, wrong);
  await ledgers(tab, mode, wrong);
}

/** Verified as a whole, and with an entry that was changed on the way. */
async function ledgers(tab, mode, wrong) {
  for (const name of ["verified", "tampered"]) {
    await goTo(tab, "#/overview");
    await goTo(tab, "#/ledger");
    if (name === "tampered")
      await tab.route("**/v1/ledger/bundle?limit=200*", async (route) => {
        const answer = await (await route.fetch()).json();
        answer.data.entries[7].payload.subjectId = "somebody else";
        await route.fulfill({ json: answer });
      });
    await tab.getByRole("button", { name: "Verify", exact: true }).click();
    await tab.locator("[data-ledger=done]").waitFor();
    await settled(tab);
    await look(tab, `ledger-${name}-${mode}`, wrong);
  }
  await tab.unroute("**/v1/ledger/bundle?limit=200*");
}

async function all(browser, ids, wrong) {
  for (const [mode, options] of Object.entries(LOOKS)) {
    // Trusted types keep scripts out, also those of tests; the policy itself is looked at elsewhere.
    const tab = await newTab(browser, { ...options, bypassCSP: true });
    await tab.addInitScript({ path: axe });
    await tab.goto(facts.url);
    await tab.getByLabel("API key").waitFor();
    await look(tab, `login-${mode}`, wrong);
    await logIn(tab);
    if (mode === "narrow") {
      await tab.getByRole("button", { name: "Menu" }).click();
      await look(tab, "menu-narrow", wrong);
    }
    for (const [name, place] of await places(ids)) {
      await goTo(tab, place);
      await look(tab, `${name}-${mode}`, wrong);
    }
    await deeds(tab, ids, mode, wrong);
    wrong.push(...tab.said);
    await tab.context().close();
  }
}

await withBrowser(async (browser) => {
  const wrong = [];
  await all(browser, await scene(), wrong);
  assert.deepEqual(wrong, []);
  console.log(`ok: pictures are in ${PICTURES}`);
});
