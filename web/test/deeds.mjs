// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";

import { heading, ladder, verdicts } from "./tab.mjs";

/** Everything is where a new user is led to; gives the address of the key. */
export async function createAndSign(tab) {
  await tab.getByText("No keys yet").waitFor();
  await tab.getByRole("main").getByRole("link", { name: "Create a key" }).first().click();
  await tab.getByLabel("Name").fill("release-signing");
  await tab.getByText("This pins what the service says of itself").waitFor();
  await tab.getByRole("button", { name: "Create the key" }).click();
  await heading(tab, "release-signing");
  await tab.getByRole("button", { name: "Sign", exact: true }).click();
  const result = tab.locator("[data-result]");
  await result.getByText("made by the program that the policy allows").waitFor();
  await result.getByText("both halves of the signature").waitFor();
  assert.deepEqual(await verdicts(result), ["verified", "verified"]);
  await result.getByText("development root, not hardware").waitFor();
  const steps = await ladder(tab);
  assert.equal(Object.keys(steps).length, 9);
  assert.ok(Object.values(steps).every((outcome) => outcome === "passed"), JSON.stringify(steps));
  return tab.url();
}
