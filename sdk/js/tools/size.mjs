// SPDX-License-Identifier: Apache-2.0
//
// What the verifier without the client weighs in a browser: one bundle, minified, gzip. Fails above the limit.

import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const LIMIT = 120_000;

async function weigh(what, entry) {
  const made = await build({
    stdin: { contents: `export ${what} from ${JSON.stringify(entry)};`, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  return gzipSync(made.outputFiles[0].contents, { level: 9 }).length;
}

const size = await weigh("*", "./dist/verify.js");
console.log(`verifier without client: ${size} bytes of gzip, at most ${LIMIT}`);
// Whoever wants one function of the whole package gets what that needs: no client, no vendors.
const one = await weigh("{ verifySignature }", "./dist/index.js");
console.log(`verifySignature alone: ${one} bytes, at most half of that`);
process.exitCode = size > LIMIT || one > size / 2 ? 1 : 0;
