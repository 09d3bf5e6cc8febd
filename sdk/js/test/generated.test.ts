// SPDX-License-Identifier: Apache-2.0

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

test("generated: types and routes are what protocol/openapi.yaml says", () => {
  const generator = fileURLToPath(new URL("../../tools/generate.mjs", import.meta.url));
  const done = spawnSync(process.execPath, [generator, "--check"], { encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
});
