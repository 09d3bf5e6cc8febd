// SPDX-License-Identifier: Apache-2.0
// The AWS SDK for JavaScript drives the development KMS: node aws.mjs, with {endpoint, region, credentials, other,
// root, pcr0, documents} on stdin. Writes what is to be judged elsewhere to stdout.
import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes, verify as nodeVerify } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  CreateAliasCommand, CreateKeyCommand, DecryptCommand, DescribeKeyCommand, DisableKeyCommand, EnableKeyCommand,
  EncryptCommand, GenerateDataKeyCommand, GenerateDataKeyWithoutPlaintextCommand, GetKeyPolicyCommand,
  GetPublicKeyCommand, KMSClient, PutKeyPolicyCommand, ScheduleKeyDeletionCommand, SignCommand, VerifyCommand,
} from "@aws-sdk/client-kms";

const given = JSON.parse(readFileSync(0, "utf8"));
const client = (credentials, more = {}) =>
  new KMSClient({ endpoint: given.endpoint, region: given.region, credentials, maxAttempts: 1, ...more });
const kms = client(given.credentials);
const send = (command, who = kms) => who.send(command);
const recipient = (name) => ({
  AttestationDocument: Buffer.from(given.documents[name], "base64"), KeyEncryptionAlgorithm: "RSAES_OAEP_SHA_256",
});
const base64 = (bytes) => Buffer.from(bytes).toString("base64");
const same = (a, b) => assert.equal(base64(a), base64(b));

async function refused(name, status, command, who = kms) {
  try {
    await send(command, who);
  } catch (e) {
    assert.equal(e.name, name, e.message);
    assert.equal(e.$metadata.httpStatusCode, status);
    assert.match(e.$metadata.requestId, /^[0-9a-f-]{36}$/);
    return e;
  }
  return assert.fail(`not refused with ${name}`);
}

async function keys() {
  const made = await send(new CreateKeyCommand({ Description: "for the SDK" }));
  const m = made.KeyMetadata;
  assert.equal(m.KeySpec, "SYMMETRIC_DEFAULT");
  assert.equal(m.KeyState, "Enabled");
  assert.equal(m.Description, "for the SDK");
  assert.deepEqual(m.EncryptionAlgorithms, ["SYMMETRIC_DEFAULT"]);
  assert.ok(Math.abs(m.CreationDate.getTime() - Date.now()) < 60000);
  const told = await send(new DescribeKeyCommand({ KeyId: m.KeyId }));
  assert.deepEqual(told.KeyMetadata, m);
  await send(new CreateAliasCommand({ AliasName: "alias/sdk", TargetKeyId: m.Arn }));
  assert.equal((await send(new DescribeKeyCommand({ KeyId: "alias/sdk" }))).KeyMetadata.Arn, m.Arn);
  await refused("AlreadyExistsException", 400, new CreateAliasCommand({ AliasName: "alias/sdk", TargetKeyId: m.Arn }));
  await refused("NotFoundException", 400, new DescribeKeyCommand({ KeyId: "alias/none" }));
  await refused("UnrecognizedClientException", 400, new DescribeKeyCommand({ KeyId: m.Arn }),
    client({ accessKeyId: "AKIANOBODY", secretAccessKey: "x" }));
  await refused("InvalidSignatureException", 400, new DescribeKeyCommand({ KeyId: m.Arn }),
    client({ ...given.credentials, secretAccessKey: "x" }));
  await refused("InvalidSignatureException", 400, new DescribeKeyCommand({ KeyId: m.Arn }),
    client(given.credentials, { region: "eu-central-1" }));
  // With a session token.
  assert.equal((await send(new DescribeKeyCommand({ KeyId: m.Arn }), client(given.other))).KeyMetadata.Arn, m.Arn);
  await refused("UnrecognizedClientException", 400, new DescribeKeyCommand({ KeyId: m.Arn }),
    client({ ...given.other, sessionToken: "another" }));
  return m.Arn;
}

async function dataKeys(key) {
  const EncryptionContext = { user_id: "u-1", purpose: "sdk" };
  const made = await send(new GenerateDataKeyCommand({ KeyId: key, KeySpec: "AES_256", EncryptionContext }));
  assert.equal(made.Plaintext.length, 32);
  assert.equal(made.KeyId, key);
  assert.equal(made.CiphertextForRecipient, undefined);
  const CiphertextBlob = made.CiphertextBlob;
  const opened = await send(new DecryptCommand({ CiphertextBlob, EncryptionContext }));
  same(opened.Plaintext, made.Plaintext);
  assert.equal(opened.EncryptionAlgorithm, "SYMMETRIC_DEFAULT");
  for (const wrong of [undefined, {}, { user_id: "u-1" }, { user_id: "u-2", purpose: "sdk" }, { ...EncryptionContext, more: "" }])
    await refused("InvalidCiphertextException", 400, new DecryptCommand({ CiphertextBlob, EncryptionContext: wrong }));
  const turned = Buffer.from(CiphertextBlob);
  turned[turned.length - 1] ^= 1;
  await refused("InvalidCiphertextException", 400, new DecryptCommand({ CiphertextBlob: turned, EncryptionContext }));
  const other = (await send(new CreateKeyCommand({}))).KeyMetadata.KeyId;
  await refused("IncorrectKeyException", 400, new DecryptCommand({ CiphertextBlob, EncryptionContext, KeyId: other }));
  const without = await send(new GenerateDataKeyWithoutPlaintextCommand({ KeyId: key, NumberOfBytes: 48 }));
  assert.equal((await send(new DecryptCommand({ CiphertextBlob: without.CiphertextBlob }))).Plaintext.length, 48);
  const sealed = await send(new EncryptCommand({ KeyId: key, Plaintext: Buffer.from("text"), EncryptionContext }));
  same((await send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext }))).Plaintext, Buffer.from("text"));
  await send(new DisableKeyCommand({ KeyId: key }));
  await refused("DisabledException", 400, new DecryptCommand({ CiphertextBlob, EncryptionContext }));
  await send(new EnableKeyCommand({ KeyId: key }));
  await send(new ScheduleKeyDeletionCommand({ KeyId: other, PendingWindowInDays: 7 }));
  await refused("KMSInvalidStateException", 400, new GenerateDataKeyCommand({ KeyId: other, KeySpec: "AES_256" }));
}

async function enclaves(key) {
  const EncryptionContext = { user_id: "u-1" };
  const out = [];
  for (let i = 0; i < 2; i++) { // both shapes of the envelope
    const made = await send(new GenerateDataKeyCommand({ KeyId: key, KeySpec: "AES_256", EncryptionContext, Recipient: recipient("good") }));
    assert.equal(made.Plaintext, undefined);
    const plain = await send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext }));
    const opened = await send(new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, EncryptionContext, Recipient: recipient("good") }));
    assert.equal(opened.Plaintext, undefined);
    for (const answer of [made, opened])
      out.push({ envelope: base64(answer.CiphertextForRecipient), plaintext: base64(plain.Plaintext) });
  }
  for (const [name, error] of [["old", "AccessDeniedException"], ["other-pcr0", "AccessDeniedException"],
    ["debug", "AccessDeniedException"], ["no-key", "ValidationException"]])
    await refused(error, 400, new GenerateDataKeyCommand({ KeyId: key, KeySpec: "AES_256", Recipient: recipient(name) }));
  await refused("ValidationException", 400, new GenerateDataKeyCommand({
    KeyId: key, KeySpec: "AES_256", Recipient: { ...recipient("good"), AttestationDocument: Buffer.from("x") } }));
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [
    { Effect: "Allow", Principal: { AWS: given.root }, Action: ["kms:Describe*", "kms:PutKeyPolicy"], Resource: "*" },
    { Effect: "Allow", Principal: "*", Action: ["kms:GenerateDataKey", "kms:Decrypt"], Resource: "*",
      Condition: { StringEqualsIgnoreCase: { "kms:RecipientAttestation:ImageSha384": given.pcr0.toUpperCase() } } } ] });
  const guarded = (await send(new CreateKeyCommand({ Policy }))).KeyMetadata.Arn;
  const ask = { KeyId: guarded, KeySpec: "AES_256" };
  await send(new GenerateDataKeyCommand({ ...ask, Recipient: recipient("good") }));
  const e = await refused("AccessDeniedException", 400, new GenerateDataKeyCommand(ask));
  assert.match(e.message, /is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:/);
  await refused("AccessDeniedException", 400, new GetKeyPolicyCommand({ KeyId: guarded }));
  await refused("MalformedPolicyDocumentException", 400, new PutKeyPolicyCommand({ KeyId: guarded, Policy: "{}" }));
  assert.ok(JSON.parse((await send(new GetKeyPolicyCommand({ KeyId: key }))).Policy).Statement.length > 0);
  return out;
}

async function signing() {
  const message = Buffer.from("a message"), digest = createHash("sha256").update(message).digest(), mu = randomBytes(64);
  const rows = [
    ["ECC_NIST_P256", "ECDSA_SHA_256", "RAW", message], ["ECC_NIST_P256", "ECDSA_SHA_256", "DIGEST", digest],
    ["ECC_NIST_EDWARDS25519", "ED25519_SHA_512", "RAW", message],
    ["ECC_NIST_EDWARDS25519", "ED25519_PH_SHA_512", "DIGEST", mu],
    ...["ML_DSA_44", "ML_DSA_65", "ML_DSA_87"].flatMap((spec) => [
      [spec, "ML_DSA_SHAKE_256", "RAW", message], [spec, "ML_DSA_SHAKE_256", "EXTERNAL_MU", mu]]),
  ];
  const out = [];
  for (const [KeySpec, SigningAlgorithm, MessageType, Message] of rows) {
    const KeyId = (await send(new CreateKeyCommand({ KeySpec, KeyUsage: "SIGN_VERIFY" }))).KeyMetadata.Arn;
    const ask = { KeyId, SigningAlgorithm, MessageType };
    const pub = await send(new GetPublicKeyCommand({ KeyId }));
    assert.equal(pub.KeySpec, KeySpec);
    assert.equal(pub.KeyUsage, "SIGN_VERIFY");
    assert.ok(pub.SigningAlgorithms.includes(SigningAlgorithm));
    const sign = async (text) => (await send(new SignCommand({ ...ask, Message: text }))).Signature;
    const Signature = await sign(Message);
    assert.equal((await send(new VerifyCommand({ ...ask, Message, Signature }))).SignatureValid, true);
    const turned = Buffer.from(Signature);
    turned[turned.length >> 1] ^= 1;
    await refused("KMSInvalidSignatureException", 400, new VerifyCommand({ ...ask, Message, Signature: turned }));
    await refused("InvalidKeyUsageException", 400, new SignCommand({ ...ask, Message,
      ...(KeySpec === "ECC_NIST_P256" ? { SigningAlgorithm: "ED25519_SHA_512", MessageType: "RAW" }
        : { SigningAlgorithm: "ECDSA_SHA_256", MessageType: "RAW" }) }));
    if (MessageType !== "RAW")
      await refused("ValidationException", 400, new SignCommand({ ...ask, Message: Buffer.alloc(63) }));
    else
      await refused("ValidationException", 400, new SignCommand({ ...ask, Message: Buffer.alloc(4097) }));
    if (MessageType === "RAW" && !KeySpec.startsWith("ML_DSA")) {
      const key = createPublicKey({ key: Buffer.from(pub.PublicKey), format: "der", type: "spki" });
      assert.ok(nodeVerify(KeySpec === "ECC_NIST_P256" ? "sha256" : null, message, key, Signature));
    }
    let over = Message, signature = Signature; // ML-DSA of a message by its mu
    if (MessageType === "EXTERNAL_MU") {
      over = message;
      signature = await sign(muOf(pub.PublicKey, message));
    }
    if (SigningAlgorithm !== "ED25519_PH_SHA_512" && MessageType !== "DIGEST")
      out.push({ what: `${KeySpec} ${MessageType}`, spki: base64(pub.PublicKey), message: base64(over), signature: base64(signature) });
  }
  return out;
}

const shake = (bytes) => createHash("shake256", { outputLength: 64 }).update(bytes).digest();
// FIPS 204, algorithm 7, line 6, with an empty context; the key stands at the end of the SubjectPublicKeyInfo.
function muOf(spki, message) {
  const length = { 1334: 1312, 1974: 1952, 2614: 2592 }[spki.length];
  return shake(Buffer.concat([shake(Buffer.from(spki).subarray(spki.length - length)), Buffer.from([0, 0]), message]));
}

const key = await keys();
await dataKeys(key);
const envelopes = await enclaves(key);
const signatures = await signing();
console.log(JSON.stringify({ envelopes, signatures }));
