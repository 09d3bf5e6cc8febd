// SPDX-License-Identifier: Apache-2.0
//
// Markup in every text, other sites, and a service that lies: nothing of it runs, and nothing of it is shown green.

import assert from "node:assert/strict";
import { createServer } from "node:http";

import { places, scene } from "./scene.mjs";
import { api, facts, goTo, logIn, newTab, settled, verdicts, withBrowser } from "./tab.mjs";

const MARKUP = `"'><img src=x onerror="window.hacked=1"><svg onload=window.hacked=1><script>window.hacked=1</script>`;

/** Short enough for names, and recognized wherever it is shown. */
const SHORT = `'"><img src=x onerror=window.hacked=1>`;

async function unharmed(tab, where) {
  const found = await tab.evaluate(() => ({
    hacked: globalThis.hacked ?? 0, images: [...document.images].filter((one) => !one.src.startsWith(`${location.origin}/assets/`)).length, scripts: document.querySelectorAll("body script").length,
    handlers: document.querySelectorAll("[onerror], [onload], [onclick]").length, links: [...document.links].filter((one) => !one.href.startsWith(location.origin)).length,
  }));
  assert.deepEqual(found, { hacked: 0, images: 0, scripts: 0, handlers: 0, links: 0 }, where);
}

async function storedMarkup(tab) {
  const ids = await scene(SHORT);
  let shown = 0;
  for (const [, place] of await places(ids)) {
    await goTo(tab, place);
    await unharmed(tab, place);
    shown += (await tab.locator("body").innerText()).includes(SHORT) ? 1 : 0;
  }
  assert.ok(shown >= 8, `the markup is shown as text on ${shown} pages`);
  return ids;
}

/** Types markup into every text field of a page, and sends it if there is a form. */
async function typedMarkup(tab, ids) {
  await goTo(tab, "#/api-keys");
  await tab.getByRole("button", { name: "Create an API key" }).click();
  await tab.getByLabel("Name").fill(SHORT);
  await tab.getByRole("dialog").getByRole("button", { name: "Create the API key" }).click();
  await tab.getByText("Copy it now.").waitFor();
  await unharmed(tab, "API keys");
  for (const place of ["#/keys/new", "#/attestation-policies/new", "#/policies/new", `#/keys/${ids.successor}`, "#/ledger", "#/checkpoints"]) {
    await goTo(tab, place);
    await tab.evaluate(() => { for (const one of document.querySelectorAll("main details")) one.open = true; });
    const fields = tab.locator("main :is(input[type=text], input[type=password], input[type=search], textarea)");
    assert.ok(await fields.count() > 0, place);
    for (const field of await fields.all()) await field.fill(MARKUP);
    await unharmed(tab, place);
    await tab.locator("main form button[type=submit], main .button.main").first().click();
    await tab.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
    await settled(tab);
    await unharmed(tab, place);
  }
  await goTo(tab, `#/keys/${ids.successor}`);
  await tab.getByLabel("Or drop a file here").setInputFiles({ name: `${SHORT.replaceAll("/", "")}.txt`, mimeType: "text/html", buffer: Buffer.from(MARKUP) });
  await tab.getByRole("button", { name: "Sign", exact: true }).click();
  await tab.locator("[data-result]").waitFor();
  await settled(tab);
  await unharmed(tab, "a file's name");
}

async function addresses(tab) {
  for (const place of [`#/keys/${encodeURIComponent(MARKUP)}`, "#/keys/..%2f..%2fsession", "#/javascript:alert(1)", "#/__proto__", "#/constructor/x", "#/%E0%A4%A", `#/keys/key_x?from=${encodeURIComponent("javascript:window.hacked=1")}`, "#/signatures?key=%27%22%3E"]) {
    await tab.goto(`${facts.url}/${place}`);
    await settled(tab);
    await unharmed(tab, place);
  }
}

/** Another site cannot frame it, read it, or use its cookie. */
async function otherSites(browser, tab) {
  const site = createServer((_, answer) => {
    answer.writeHead(200, { "Content-Type": "text/html" });
    answer.end(`<!doctype html><iframe src="${facts.url}/"></iframe><form method="post" action="${facts.url}/v1/ledger/seal"></form>`);
  });
  await new Promise((resolve) => site.listen(0, "localhost", resolve));
  const other = await tab.context().newPage();
  try {
    await other.goto(`http://localhost:${site.address().port}/`);
    const frame = other.frames()[1];
    assert.equal(await frame?.evaluate(() => document.querySelector("#app") === null).catch(() => true), true, "it is framed");
    const read = await other.evaluate(async (url) => fetch(`${url}/v1/session`, { credentials: "include" }).then((r) => r.status, () => "refused"), facts.url);
    assert.equal(read, "refused");
    const before = (await api("GET", "/v1/ledger/entries?limit=1"))[0].seq;
    await Promise.all([other.waitForNavigation(), other.evaluate(() => document.forms[0].submit())]);
    assert.match(await other.locator("body").innerText(), /UNAUTHENTICATED|BAD_MEDIA_TYPE|CSRF/);
    assert.equal((await api("GET", "/v1/ledger/entries?limit=1"))[0].seq, before);
  } finally {
    await other.close();
    site.closeAllConnections();
    site.close();
  }
}

/** What came into the page in spite of everything would not run: the gateway's policy refuses it. */
async function policyHolds(browser) {
  const tab = await newTab(browser);
  await logIn(tab);
  const name = (act) => tab.evaluate(act).then(() => "done", (error) => String(error));
  assert.match(await name(() => { document.body.innerHTML = "<b>x</b>"; }), /TrustedHTML/);
  assert.match(await name(() => { document.createElement("script").src = "/assets/x.js"; }), /TrustedScriptURL/);
  assert.match(await name(() => { setTimeout("window.hacked = 1"); }), /TrustedScript/);
  assert.match(await name(() => fetch("https://example.com/")), /Failed to fetch/);
  await tab.evaluate(() => {
    const button = document.createElement("button");
    button.style.display = "block";
    document.body.append(button);
    const image = new Image();
    image.src = "data:image/gif;base64,R0lGODlhAQABAAAAACw=";
    return new Promise((resolve) => { image.onload = () => { globalThis.hacked = 1; resolve(); }; image.onerror = resolve; });
  });
  assert.equal(await tab.evaluate(() => globalThis.hacked ?? 0), 0);
  assert.ok(tab.said.some((line) => line.includes("Content Security Policy")), tab.said.join("\n"));
  await tab.context().close();
}

/** Answers of the service, changed on the way. */
async function lies(browser, ids) {
  const tab = await newTab(browser);
  await logIn(tab);
  const flip = (b64, at) => {
    const bytes = Buffer.from(b64, "base64");
    bytes[at < 0 ? bytes.length + at : at] ^= 1;
    return bytes.toString("base64");
  };
  const LIES = {
    "another signature": (data) => { for (const name of ["signature", "signatureB64", "signatureBase64"]) data[name] = flip(data[name], 50); },
    "another document": (data) => { data.attestation.docB64 = flip(data.attestation.docB64, -20); },
    "a verdict without a document": (data) => { data.attestation.docB64 = Buffer.from("e30.e30.AA").toString("base64"); },
    "the document of another signature": (data) => { data.attestation.docB64 = LIES.kept ?? (LIES.kept = data.attestation.docB64); },
  };
  const rounds = ["another signature", "another document", "a verdict without a document", "the document of another signature", "the document of another signature"];
  for (const [n, name] of rounds.entries()) {
    await tab.route("**/v1/sign", async (route) => {
      const answer = await (await route.fetch()).json();
      if (answer.success) LIES[name](answer.data);
      await route.fulfill({ json: answer });
    });
    await goTo(tab, "#/keys");
    await goTo(tab, `#/keys/${ids.successor}`);
    await tab.getByRole("button", { name: "Sign", exact: true }).click();
    await tab.locator("[data-result], [role=alert]").first().waitFor();
    await settled(tab);
    const truth = n === 3; // the first document that is kept is its own
    const shown = await verdicts(tab.locator("[data-result]"));
    assert.equal(shown.includes("refused"), !truth, `${name}: ${shown}`);
    assert.equal(await tab.locator("[data-result] .verdict.verified", { hasText: "the program that the policy allows" }).count(), truth ? 1 : 0, name);
    await tab.unroute("**/v1/sign");
  }
  // A policy that says another program than the one that was pinned here is told.
  assert.deepEqual(tab.said, []);
  await tab.context().close();
}

/** What is to be pasted into a shell holds no command of the service: an id that is none is refused, or quoted. */
async function pasted(browser, ids) {
  const tab = await newTab(browser);
  await logIn(tab);
  await tab.route("**/v1/attestation-policies/*touch*", async (route) => route.fulfill({ response: await route.fetch({ url: `${facts.url}/v1/attestation-policies/${ids.policy}` }) }));
  let refused = 0;
  for (const lie of [{ id: "key_x; touch hacked #" }, { attestationPolicyId: "$(touch hacked)" }]) {
    await tab.route(`**/v1/hybrid-keys/${ids.plain}`, async (route) => {
      const answer = await (await route.fetch()).json();
      Object.assign(answer.data, lie);
      await route.fulfill({ json: answer });
    });
    await goTo(tab, "#/keys");
    await goTo(tab, `#/keys/${ids.plain}`);
    if (await tab.getByText("MALFORMED_ANSWER").count() > 0) {
      refused++;
      continue;
    }
    await tab.getByText("The same with curl").click();
    for (const name of ["curl", "Command line"]) {
      await tab.getByRole("tab", { name }).click();
      const script = await tab.getByRole("tabpanel").locator("pre").innerText();
      assert.ok(!script.replaceAll(/'[^']*'/g, "''").includes("touch"), script);
    }
  }
  assert.ok(refused > 0);
  await tab.context().close();
}

/** What is not a judgement is never green: no word of the service makes it so. */
async function claims(browser, ids) {
  const tab = await newTab(browser);
  await tab.route("**/assets/verify-*.js", (route) => route.abort());
  await logIn(tab);
  await goTo(tab, `#/keys/${ids.successor}`).catch(() => undefined);
  await tab.getByRole("button", { name: "Sign", exact: true }).click();
  await tab.locator("[data-result]").waitFor();
  await tab.getByText("This could not be judged.").first().waitFor();
  assert.equal(await tab.locator(".verified, .step.passed").count(), 0);
  await goTo(tab, "#/signatures");
  assert.equal(await tab.locator(".verified, .step.passed").count(), 0);
  await tab.context().close();
}

await withBrowser(async (browser) => {
  const tab = await newTab(browser);
  await logIn(tab);
  const ids = await storedMarkup(tab);
  await typedMarkup(tab, ids);
  await addresses(tab);
  await otherSites(browser, tab);
  assert.deepEqual(tab.said, []);
  await tab.context().close();
  await policyHolds(browser);
  await lies(browser, ids);
  await pasted(browser, ids);
  await claims(browser, ids);
  console.log("ok");
});
