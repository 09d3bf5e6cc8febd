// SPDX-License-Identifier: Apache-2.0
//
// An independent implementation judges ours: what `countersign` signs must verify here, what is signed here must verify
// there, and what either of them has changed must verify nowhere.
//
// usage: node judge.mjs PROGRAM CASES [VECTORS]
//   PROGRAM  the built `countersign`
//   CASES    test/vectors/attestation-cases.json
//   VECTORS  folder of public vectors; with it, the judge is judged first

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { runCases } from "./cases.mjs";
import {
  ALGORITHMS, formatsOf, generate, publicBytesOf, publicText, readPublicText, sign, subjectPublicKeyInfo, verify,
} from "./composite.mjs";

const [program, casesFile, vectorsFolder] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "countersign-judge-"));
const failures = [];
let count = 0;

function judge(name, holds) {
  count++;
  if (!holds) failures.push(name);
}

function run(...args) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 24 });
  if (error) throw error;
  return { status, stdout, stderr };
}

function must(...args) {
  const { status, stdout, stderr } = run(...args);
  if (status !== 0) throw new Error(`${args.join(" ")}: exit ${status}\n${stderr}`);
  return stdout;
}

function file(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const PAYLOADS = [
  ["no byte", new Uint8Array()],
  ["1 byte", Uint8Array.of(0x61)],
  ["1 KiB", Uint8Array.from({ length: 1024 }, (_, i) => (i * 7) & 255)],
];

const flip = (bytes, at) => {
  const changed = Uint8Array.from(bytes);
  changed[at < 0 ? changed.length + at : at] ^= 1;
  return changed;
};

/** Signatures that are not one: name and bytes. `other` is a valid one over another payload. */
function mutations(algorithm, signature, other) {
  const pqLength = algorithm.pq.lengths.signature;
  const list = [
    ["nothing", new Uint8Array()],
    ["first bit", flip(signature, 0)],
    ["a bit of z", flip(signature, 1000)],
    ["last bit", flip(signature, -1)],
    ["cut", signature.subarray(0, -1)],
    ["longer", Uint8Array.from([...signature, 0])],
    ["of another payload", other],
  ];
  if (algorithm.trad === undefined) return list;
  return [...list,
    ["first half alone", signature.subarray(0, pqLength)],
    ["second half alone", signature.subarray(pqLength)],
    ["halves of two payloads", Uint8Array.from([...signature.subarray(0, pqLength), ...other.subarray(pqLength)])],
    ["a bit of the classical half", flip(signature, pqLength + 8)],
  ];
}

/** The test vectors of the composite draft: what they say of the labels and of M' is the ground that all else stands on. */
function judgeTheJudge() {
  const path = join(vectorsFolder ?? "", "composite/testvectors-draft19.json");
  if (vectorsFolder === undefined || !existsSync(path)) {
    console.log("public vectors are not here: the judge itself is not judged");
    return;
  }
  const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
  const ours = { "id-ML-DSA-44": "mldsa44", "id-ML-DSA-65": "mldsa65", "id-ML-DSA-87": "mldsa87" };
  for (const [name, { label }] of Object.entries(ALGORITHMS))
    if (label?.startsWith("COMPSIG-")) ours[label.replace("COMPSIG-", "id-")] = name;
  const { m, ctx, tests } = JSON.parse(readFileSync(path, "utf8"));
  for (const { tcId, pk, s, sWithContext } of tests.filter((t) => t.tcId in ours)) {
    const name = ours[tcId];
    const length = ALGORITHMS[name].pq.lengths.publicKey;
    const key = { name, format: formatsOf(name)[0], pq: bytes(pk).subarray(0, length), trad: bytes(pk).subarray(length) };
    const context = bytes(ctx);
    judge(`vector ${tcId}`, verify(key, bytes(m), bytes(s), { lowS: false }));
    judge(`vector ${tcId} with context`, verify(key, bytes(m), bytes(sWithContext), { context, lowS: false }));
    judge(`vector ${tcId} without its context`, !verify(key, bytes(m), bytes(sWithContext), { lowS: false }));
  }
}

/** `countersign` signs, this file verifies. */
function judgeOurSignatures(name, format) {
  const what = `${name} ${format}`;
  const keyFile = join(folder, `${name}-${format}.key`);
  const publicFile = join(folder, `${name}-${format}.pub`);
  must("keygen", "--algorithm", name, "--format", format, "--out", keyFile, "--public", publicFile, "--quiet");
  const text = readFileSync(publicFile, "utf8").trimEnd();
  const key = readPublicText(text);
  judge(`${what}: the public key says what was asked for`, key.name === name && key.format === format);

  const signatures = PAYLOADS.map(([size, payload]) => {
    const result = JSON.parse(must("sign", "--local", "--key-file", keyFile, "--in", file("payload", payload)));
    const signature = new Uint8Array(Buffer.from(result.signature, "base64"));
    judge(`${what}, ${size}: the result names the key`,
      result.algorithm === name && result.signatureFormat === format && result.publicKey === text);
    judge(`${what}, ${size}: signed by us, verified by noble`, verify(key, payload, signature));
    judge(`${what}, ${size}: another payload`, !verify(key, Uint8Array.from([...payload, 0]), signature));
    return signature;
  });
  for (const [change, signature] of mutations(ALGORITHMS[name], signatures[2], signatures[1]))
    judge(`${what}: ${change}, refused by noble`, !verify(key, PAYLOADS[2][1], signature));
  const stranger = readPublicText(JSON.stringify(publicText(generate(name), format)));
  judge(`${what}: under another key`, !verify(stranger, PAYLOADS[2][1], signatures[2]));
}

/** This file signs, `countersign` verifies. */
function judgeTheirSignatures(name, format) {
  const what = `${name} ${format}`;
  const key = generate(name);
  const publicFile = file("noble.pub", JSON.stringify(publicText(key, format)));
  const exitCode = (payload, signature, publicKey = publicFile) =>
    run("verify", "--public-key", publicKey, "--signature", file("signature", signature), "--payload",
      file("payload", payload), "--quiet").status;

  const signatures = PAYLOADS.map(([size, payload]) => {
    const signature = sign(key, format, payload);
    judge(`${what}, ${size}: signed by noble, verified by us`, exitCode(payload, signature) === 0);
    return signature;
  });
  const [, payload] = PAYLOADS[2];
  judge(`${what}: another payload, refused by us`, exitCode(PAYLOADS[1][1], signatures[2]) === 2);
  for (const [change, signature] of mutations(ALGORITHMS[name], signatures[2], signatures[1]))
    judge(`${what}: ${change}, refused by us`, exitCode(payload, signature) === 2);
  const stranger = file("stranger.pub", JSON.stringify(publicText(generate(name), format)));
  judge(`${what}: under another key, refused by us`, exitCode(payload, signatures[2], stranger) === 2);

  if (format === "composite" || format === "pure") {
    const spki = subjectPublicKeyInfo(name, publicBytesOf(readPublicText(JSON.stringify(publicText(key, format)))));
    if (spki === undefined) return;
    const base64 = Buffer.from(spki).toString("base64").replace(/.{1,64}/g, "$&\n");
    const pem = file("noble.pem", `-----BEGIN PUBLIC KEY-----\n${base64}-----END PUBLIC KEY-----\n`);
    judge(`${what}: the key as PEM`, exitCode(payload, signatures[2], pem) === 0);
  }
}

try {
  judgeTheJudge();
  for (const name of Object.keys(ALGORITHMS)) {
    for (const format of formatsOf(name)) {
      judgeOurSignatures(name, format);
      judgeTheirSignatures(name, format);
    }
  }
  runCases(casesFile, judge);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`${count - failures.length} of ${count} judgements agree`);
process.exitCode = failures.length > 0 || count === 0 ? 1 : 0;
