// SPDX-License-Identifier: Apache-2.0
//
// Small static files with hashed names, the same to the byte whoever builds them. The client and the verifier are those of
// sdk/js, from their sources.

import { defineConfig, type Plugin } from "vite";

const SPDX = "/* SPDX-License-Identifier: Apache-2.0 AND MIT; see licenses.txt */\n";

/** What is under other licenses says so where it is passed on. */
const licenses: Plugin = {
  name: "licenses",
  async generateBundle(_, bundle) {
    const { readFile } = await import(/* @vite-ignore */ "node:fs/promises" as string) as { readFile: (path: URL, encoding: "utf8") => Promise<string> };
    const texts = await Promise.all(["preact", "@noble/curves", "@noble/hashes", "@noble/post-quantum", "cborg"].map(async (name) =>
      `${name}\n${"=".repeat(name.length)}\n\n${(await readFile(new URL(`node_modules/${name}/LICENSE`, import.meta.url), "utf8")).trim()}\n`));
    for (const file of Object.values(bundle)) if (file.type === "chunk") file.code = SPDX + file.code;
      else if (file.fileName.endsWith(".css")) file.source = SPDX + String(file.source);
    this.emitFile({ type: "asset", fileName: "licenses.txt", source: `The dashboard contains\n\n${texts.join("\n\n")}` });
  },
};

export default defineConfig({
  plugins: [licenses],
  base: "./",
  resolve: {
    alias: [
      { find: /^@countersign\/sdk$/, replacement: new URL("../sdk/js/src/index.ts", import.meta.url).pathname },
      { find: /^@countersign\/sdk\/verify$/, replacement: new URL("../sdk/js/src/verify.ts", import.meta.url).pathname },
    ],
    // Whoever imports them: the sources of sdk/js have no packages beside them.
    dedupe: ["@noble/curves", "@noble/hashes", "@noble/post-quantum", "cborg"],
  },
  build: {
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 400,
  },
  // While the dashboard is worked on: `npm run dev`, with the service where the variable says.
  server: { proxy: { "/v1": (globalThis as { process?: { env: Record<string, string> } }).process?.env["COUNTERSIGN_SERVER"] ?? "http://127.0.0.1:8080" } },
});
