// SPDX-License-Identifier: Apache-2.0
//
// A browser on the real service, and what must hold on every page: no error, no request to anybody else, nothing that the
// Content-Security-Policy had to refuse.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { chromium } from "playwright-core";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
if (!existsSync(CHROMIUM)) {
  console.error("there is no Chromium");
  process.exit(77);
}

export const facts = JSON.parse(process.env.FACTS);
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
/** Only what is broken takes this long. */
export const PATIENCE = 60_000;

/** What the tests expect to be refused, which a browser writes to its console. */
const EXPECTED = /the server responded with a status of (400|401|403|404|409|422)/;

export async function withBrowser(use) {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ARGS });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
}

/** A tab in a context of its own; `tab.said` are the things that must not be. */
export async function newTab(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...options });
  context.setDefaultTimeout(PATIENCE);
  const tab = await context.newPage();
  tab.said = watch(tab);
  return tab;
}

export function watch(tab) {
  const said = [];
  const origin = new URL(facts.url).origin;
  tab.on("pageerror", (error) => said.push(`page error: ${error}`));
  tab.on("dialog", (dialog) => { said.push(`dialog: ${dialog.message()}`); void dialog.dismiss(); });
  tab.on("console", (message) => { if (["error", "warning"].includes(message.type()) && !EXPECTED.test(message.text())) said.push(`console: ${message.text()}`); });
  tab.on("request", (request) => { if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("blob:")) said.push(`request: ${request.url()}`); });
  return said;
}

export async function logIn(tab, apiKey = facts.apiKey) {
  await tab.goto(`${facts.url}/`);
  await tab.getByLabel("API key").fill(apiKey);
  await tab.getByRole("button", { name: "Log in" }).click();
  await tab.locator("#main h1").waitFor();
}

/** Goes to a place and waits until nothing is loading any more. */
export async function goTo(tab, place) {
  await tab.evaluate((hash) => { location.hash = hash; }, place);
  await settled(tab, place);
}

export async function settled(tab, place) {
  await tab.waitForFunction((hash) => hash === undefined || location.hash === hash, place);
  await tab.waitForFunction(() => document.querySelector("h1") !== null && document.querySelector("main .loading") === null && !document.body.innerText.includes("Verifying…"));
}

export const heading = (tab, name) => tab.getByRole("heading", { level: 1, name, exact: true }).waitFor();

/** The verdicts that are shown: ["verified", "refused", …]. */
export const verdicts = (scope) => scope.locator(".verdict").evaluateAll((all) => all.map((one) => one.classList.contains("verified") ? "verified" : "refused"));

/** The steps of the ladder, as { title: outcome }. */
export const ladder = (tab) => tab.locator(".ladder .step").evaluateAll((steps) => Object.fromEntries(steps.map((step) => [step.querySelector("strong").textContent, step.classList[1]])));

/** The API, beside the browser. */
export async function api(method, path, body, apiKey = facts.apiKey) {
  const response = await fetch(facts.url + path, { method, headers: { Authorization: `Bearer ${apiKey}`, ...(body === undefined ? {} : { "Content-Type": "application/json" }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const answer = await response.json();
  assert.equal(response.ok, true, JSON.stringify(answer));
  return answer.data;
}
