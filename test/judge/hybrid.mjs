// SPDX-License-Identifier: Apache-2.0
//
// Callers of Hybrid Attest as they are out there: an Ethereum wallet of ethers signs personal messages and typed data,
// @noble/post-quantum the other half, and the service accepts what is right and nothing else.
//
// usage: node hybrid.mjs URL API_KEY [TYPED_DATA]
//   TYPED_DATA  test/vectors/ethereum/typed-data.json, so that not only our own typed data is signed

import { existsSync, readFileSync } from "node:fs";

import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ml_dsa44, ml_dsa65, ml_dsa87 } from "@noble/post-quantum/ml-dsa.js";
import { Signature, SigningKey, TypedDataEncoder, Wallet, getBytes, hexlify, keccak256, toUtf8Bytes } from "ethers";

const [url, apiKey, typedDataFile] = process.argv.slice(2);
const LEVELS = { "ml-dsa-44": ml_dsa44, "ml-dsa-65": ml_dsa65, "ml-dsa-87": ml_dsa87 };
const failures = [];
let count = 0;

function judge(name, holds) {
  count++;
  if (!holds) failures.push(name);
}

async function ask(method, path, body) {
  const answer = await fetch(url + path, {
    method, body: body && JSON.stringify(body),
    headers: { authorization: `Bearer ${apiKey}`, ...(body && { "content-type": "application/json" }) },
  });
  return { status: answer.status, ...await answer.json() };
}

const attest = (body) => ask("POST", "/v1/sign/hybrid", body);

async function attestations() {
  const page = await ask("GET", "/v1/attestations?limit=200");
  if (page.pagination.nextCursor !== null) throw new Error("too many for one page");
  return page.data.length;
}

// -- keys -------------------------------------------------------------------------------------------------------------

const random = (n) => crypto.getRandomValues(new Uint8Array(n));

async function register(algorithm) {
  const dsa = LEVELS[algorithm], keys = dsa.keygen(random(32));
  const { data } = await ask("POST", "/v1/keys/challenge", {});
  const answer = await ask("POST", "/v1/keys/register", {
    algorithm, publicKey: hexlify(keys.publicKey), challenge: data.challenge,
    proof: hexlify(dsa.sign(getBytes(data.challenge), keys.secretKey)),
  });
  judge(`register ${algorithm}`, answer.status === 201 && answer.data.publicKey === hexlify(keys.publicKey));
  return { algorithm, publicKey: keys.publicKey, sign: (message) => dsa.sign(message, keys.secretKey) };
}

/** What the service generates is a key pair to noble, in both formats. */
async function generate(algorithm, format) {
  const dsa = LEVELS[algorithm];
  const { status, data } = await ask("POST", "/v1/keys/generate", { algorithm, format });
  const bytes = getBytes(data.privateKey);
  const keys = format === "seed" ? dsa.keygen(bytes) : { secretKey: bytes, publicKey: getBytes(data.publicKey) };
  const message = random(40);
  judge(`generate ${algorithm} ${format}`, status === 201 && hexlify(keys.publicKey) === data.publicKey
        && dsa.verify(dsa.sign(message, keys.secretKey), message, getBytes(data.publicKey)));
  return { algorithm, publicKey: keys.publicKey, sign: (m) => dsa.sign(m, keys.secretKey) };
}

function pair(message, ecdsaSignature, wallet, pq, rest = {}) {
  return {
    message: hexlify(message), ecdsaSignature, ecdsaPublicKey: wallet.signingKey.publicKey,
    pqcSignature: hexlify(pq.sign(message)), pqcPublicKey: hexlify(pq.publicKey), algorithm: pq.algorithm, ...rest,
  };
}

// -- what wallets sign ------------------------------------------------------------------------------------------------

const OUR_TYPED_DATA = [{
  name: "mail",
  domain: { name: "Ether Mail", version: "1", chainId: 1, verifyingContract: "0xCcCCccccCCCCcCCCCCCcCcCccCcCCCcCcccccccC" },
  types: { Person: [{ name: "name", type: "string" }, { name: "wallet", type: "address" }],
           Mail: [{ name: "from", type: "Person" }, { name: "to", type: "Person" }, { name: "contents", type: "string" }] },
  data: { from: { name: "Cow", wallet: "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826" },
          to: { name: "Bob", wallet: "0xbBbBBBBbbBBBbbbBbbBbbbbBBbBbbbbBbBbbBBbB" }, contents: "Hello, Bob!" },
}];

function typedData() {
  if (!typedDataFile || !existsSync(typedDataFile)) return OUR_TYPED_DATA;
  return [...OUR_TYPED_DATA, ...JSON.parse(readFileSync(typedDataFile, "utf8")).filter((c) => !c.name.includes("#")).slice(0, 20)];
}

async function accepts(name, body, scheme, wallet) {
  const { status, data, error } = await attest(body);
  judge(`${name}: ${error?.code}`, status === 201 && data.ecdsaScheme === scheme
        && data.signerAddress === (wallet?.address ?? null));
  const verified = data && await ask("POST", "/v1/verify", { attestationId: data.id });
  judge(`${name}, again`, verified?.data.valid === true);
}

async function personalMessages(wallet, pqs) {
  for (const [i, text] of ["", "Hello World", "é🚀", "x".repeat(1000), "0x1234"].entries()) {
    const message = toUtf8Bytes(text), pq = pqs[i % pqs.length];
    const signature = await wallet.signMessage(text);
    await accepts(`personal message ${i}`, pair(message, signature, wallet, pq), "eip191", wallet);
    const { r, s, v } = Signature.from(signature);
    const compact = r + s.slice(2);
    await accepts(`r and s ${i}`, pair(message, compact, wallet, pq, { chain: "polygon" }), "eip191", wallet);
    const compressed = { ecdsaPublicKey: wallet.signingKey.compressedPublicKey };
    await accepts(`v as 0 or 1 ${i}`, pair(message, compact + (v === 27 ? "00" : "01"), wallet, pq, compressed), "eip191", wallet);
    const der = secp256k1.Signature.fromBytes(getBytes(compact), "compact").toHex("der");
    await accepts(`DER ${i}`, pair(message, "0x" + der, wallet, pq, { chain: "avalanche" }), "eip191", wallet);
    const plain = wallet.signingKey.sign(keccak256(message)).serialized;
    await accepts(`keccak256 ${i}`, pair(message, plain, wallet, pq), "keccak256", wallet);
  }
}

async function typedDigests(wallet, pqs) {
  for (const { name, domain, types, data } of typedData()) {
    const signature = await wallet.signTypedData(domain, types, data);
    const digest = getBytes(TypedDataEncoder.hash(domain, types, data));
    await accepts(`typed data ${name}`, pair(digest, signature, wallet, pqs[0], { ecdsaScheme: "eip712-digest" }),
                  "eip712-digest", wallet);
  }
}

async function otherChains(wallet, pqs) {
  const message = toUtf8Bytes("transfer"), key = new SigningKey(wallet.privateKey);
  const twice = key.sign(hexlify(sha256(sha256(message)))).serialized;
  await accepts("bitcoin", pair(message, twice, wallet, pqs[0], { chain: "bitcoin" }), "sha256d");
  const once = key.sign(hexlify(sha256(message))).serialized;
  await accepts("sha256", pair(message, once, wallet, pqs[0], { chain: "bitcoin", ecdsaScheme: "sha256" }), "sha256");
  const secret = random(32);
  const solana = { ecdsaPublicKey: hexlify(ed25519.getPublicKey(secret)), chain: "solana" };
  await accepts("solana", pair(message, hexlify(ed25519.sign(message, secret)), wallet, pqs[0], solana), "ed25519");
}

// -- what is wrong ------------------------------------------------------------------------------------------------------

function flipped(hex, at) {
  const bytes = getBytes(hex);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return hexlify(bytes);
}

/** One change each; `other` is as good a pair over another message by other keys. */
function* mutations(good, other) {
  const size = getBytes(good.pqcSignature).length;
  for (const name of ["message", "ecdsaSignature", "pqcSignature"]) yield [`${name} of the other pair`, { [name]: other[name] }];
  yield ["key of another wallet", { ecdsaPublicKey: other.ecdsaPublicKey }];
  yield ["another registered key", { pqcPublicKey: other.pqcPublicKey }];
  for (let at = 0; at < 65; at += 8) yield [`ECDSA byte ${at}`, { ecdsaSignature: flipped(good.ecdsaSignature, at) }];
  for (let at = 0; at < size; at += 97) yield [`ML-DSA byte ${at}`, { pqcSignature: flipped(good.pqcSignature, at) }];
  yield ["last byte", { pqcSignature: flipped(good.pqcSignature, -1) }];
  yield ["message bit", { message: flipped(good.message, 0) }];
  yield ["message longer", { message: good.message + "00" }];
  yield ["another scheme", { ecdsaScheme: "sha256" }];
  yield ["another chain", { chain: "bitcoin" }];
  const { r, s } = Signature.from(good.ecdsaSignature);
  const high = (secp256k1.Point.Fn.ORDER - BigInt(s)).toString(16).padStart(64, "0");
  yield ["high s", { ecdsaSignature: r + high }];
}

async function refusesMutations(wallets, pqs) {
  const good = [];
  for (const [i, wallet] of wallets.entries()) {
    const text = `message ${i}`;
    good.push(pair(toUtf8Bytes(text), await wallet.signMessage(text), wallet, pqs[i]));
  }
  const before = await attestations();
  for (const [name, change] of mutations(...good)) {
    const { status, error } = await attest({ ...good[0], ...change });
    judge(`${name}: ${error?.code}`, status === 422 && error.code === "PQC_004");
  }
  judge("nothing is stored", await attestations() === before);
  judge("and the pair is good", (await attest(good[0])).status === 201);
}

const wallets = [Wallet.createRandom(), Wallet.createRandom()];
const pqs = [];
for (const algorithm of Object.keys(LEVELS)) pqs.push(await register(algorithm));
for (const format of ["seed", "expanded"]) pqs.push(await generate("ml-dsa-65", format));
pqs.splice(1, 0, await register("ml-dsa-44")); // beside the first one, of the same algorithm
await personalMessages(wallets[0], pqs);
await typedDigests(wallets[0], pqs);
await otherChains(wallets[0], pqs);
await refusesMutations(wallets, pqs);
for (const failure of failures) console.error(failure);
console.log(`${count - failures.length} of ${count}`);
process.exitCode = failures.length === 0 && count > 100 ? 0 : 1;
