// SPDX-License-Identifier: Apache-2.0
//
// Documents of a Nitro Security Module, of software here: certificates, COSE and all are judged in the browser.

import assert from "node:assert/strict";

import { createAndSign } from "./deeds.mjs";
import { ladder, logIn, newTab, settled, withBrowser } from "./tab.mjs";

const TAMPERED = {
  image: ["ATT_COMMITMENT_MISMATCH", "Root of trust"],
  proof: ["Root of trust", "Root of trust"], // which reason, depends on what of the certificates the bit is in
  policy: ["ATT_IMAGE_NOT_ALLOWED", "Program"],
  payload: ["ATT_PAYLOAD_MISMATCH", "This payload"],
};

await withBrowser(async (browser) => {
  const tab = await newTab(browser);
  await logIn(tab);
  await createAndSign(tab);
  for (const [name, [reason, step]] of Object.entries(TAMPERED)) {
    await tab.locator(`[data-tamper=${name}]`).click();
    await tab.locator(".ladder .refused", { hasText: reason }).first().waitFor();
    await settled(tab);
    assert.equal((await ladder(tab))[step], "refused", name);
  }
  assert.deepEqual(tab.said, []);
  console.log("ok");
});
