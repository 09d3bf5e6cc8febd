/* SPDX-License-Identifier: Apache-2.0 */
/* Making documents. The verifier's half is attest_verify.c. */
#include "core/attest.h"

#include "core/clock.h"
#include "core/encode.h"
#include "core/json.h"

static const char *const kind_names[] = {
    [CS_ATTEST_SIGN] = "sign", [CS_ATTEST_BIRTH] = "birth", [CS_ATTEST_BOOT] = "boot"};

const char *cs_attest_kind_name(cs_attest_kind k)
{
    return (unsigned)k < sizeof kind_names / sizeof *kind_names ? kind_names[k] : "unknown";
}

static const char *const purpose_names[] = {
    [CS_PURPOSE_SIGN] = "sign", [CS_PURPOSE_HYBRID] = "hybrid", [CS_PURPOSE_ANY] = "any"};

const char *cs_attest_purpose_name(cs_purpose p)
{
    return (unsigned)p < sizeof purpose_names / sizeof *purpose_names ? purpose_names[p] : "unknown";
}

bool cs_attest_purpose_by_name(cs_purpose *out, cs_slice name)
{
    *out = CS_PURPOSE_ANY;
    for (cs_purpose p = CS_PURPOSE_SIGN; p < CS_PURPOSE_ANY; p++)
        if (cs_slice_is(name, purpose_names[p]))
            *out = p;
    return *out != CS_PURPOSE_ANY;
}

static bool is_sha256(cs_slice s)
{
    return s.p != NULL && s.n == CS_SHA256_LEN;
}

/* Whether the kind's facts are all there, so that no document leaves the enclave that no verifier accepts. */
static bool complete(const cs_claims *c)
{
    bool common = (unsigned)c->vendor < CS_VENDOR_COUNT && c->image_hash.n > 0 && c->epoch.n == 32 && c->counter > 0 &&
                  c->nonce.n >= CS_MIN_NONCE && c->nonce.n <= CS_MAX_NONCE && c->iat >= 0 && c->enclave_version.n > 0 &&
                  (c->vendor != CS_VENDOR_MOCK || c->root_public_key.n == 32);
    cs_purpose purpose;
    bool key = c->key_counter > 0 && cs_attest_purpose_by_name(&purpose, c->purpose) && c->key_id.n > 0 &&
               c->algorithm.n > 0 && c->signature_format.n > 0 && is_sha256(c->public_key_sha256);
    bool hashed = is_sha256(c->payload_sha256) && c->prehash_alg == CS_HASH_NONE;
    bool prehashed = c->payload_sha256.p == NULL && c->prehash_alg != CS_HASH_NONE && c->prehash.p != NULL &&
                     c->prehash.n == cs_hash_len(c->prehash_alg);
    switch (c->kind) {
    case CS_ATTEST_SIGN:
        return common && key && (hashed || prehashed) && is_sha256(c->sig_sha256);
    case CS_ATTEST_BIRTH:
        return common && key && is_sha256(c->sealed_sha256) && c->key_release.n > 0;
    case CS_ATTEST_BOOT:
        return common && (c->ledger_ed25519.p == NULL) == (c->ledger_mldsa44.p == NULL) &&
               (c->ledger_ed25519.p == NULL ||
                (c->ledger_ed25519.n == CS_ED25519_PUBLIC && c->ledger_mldsa44.n == CS_MLDSA44_PUBLIC));
    }
    return false;
}

static void write_sign(cs_jw *w, const cs_claims *c)
{
    if (c->prehash_alg == CS_HASH_NONE) {
        cs_jw_hex(w, "payloadSha256", "sha256:", c->payload_sha256);
    } else {
        char prefix[16];
        cs_buf name = CS_BUF_OVER(prefix);
        cs_buf_printf(&name, "%s:", cs_hash_name(c->prehash_alg));
        cs_jw_hex(w, "payloadPreHash", cs_buf_cstr(&name), c->prehash);
    }
    cs_jw_hex(w, "sigSha256", "sha256:", c->sig_sha256);
}

static void write_key(cs_jw *w, const cs_claims *c)
{
    cs_jw_str(w, "keyId", c->key_id);
    cs_jw_str(w, "algorithm", c->algorithm);
    cs_jw_str(w, "signatureFormat", c->signature_format);
    cs_jw_str(w, "purpose", c->purpose);
    cs_jw_hex(w, "publicKeySha256", "sha256:", c->public_key_sha256);
    if (c->kind == CS_ATTEST_SIGN && c->policy_id.p != NULL)
        cs_jw_str(w, "policyId", c->policy_id);
    if (c->kind == CS_ATTEST_BIRTH) {
        cs_jw_hex(w, "sealedSha256", "sha256:", c->sealed_sha256);
        cs_jw_str(w, "keyRelease", c->key_release);
    }
}

/* The facts again under the names that published clients read. */
static cs_err write_mock(cs_jw *w, const cs_claims *c)
{
    uint8_t spki_bytes[CS_ROOT_SPKI_LEN];
    char time_text[32];
    cs_buf spki = CS_BUF_OVER(spki_bytes), issued_at = CS_BUF_OVER(time_text);
    cs_digest root_key_id;

    cs_policy_root_spki(&spki, c->root_public_key);
    cs_time_write(&issued_at, c->iat * 1000);
    cs_err err = cs_hash(&root_key_id, CS_SHA256, cs_buf_slice(&spki));
    if (err != CS_OK || issued_at.err != CS_OK)
        return err != CS_OK ? err : CS_BAD_FIELD;

    cs_jw_base64(w, "rootPublicKeyB64", cs_buf_slice(&spki));
    cs_jw_str(w, "issuedAt", cs_buf_slice(&issued_at));
    cs_jw_hex(w, "rootKeyId", "", cs_digest_slice(&root_key_id));
    cs_jw_begin(w, "claims");
    cs_jw_cstr(w, "kind", cs_attest_kind_name(c->kind));
    cs_jw_int(w, "counter", c->counter);
    if (c->kind == CS_ATTEST_SIGN) {
        if (c->prehash_alg == CS_HASH_NONE)
            cs_jw_hex(w, "payloadSha256", "", c->payload_sha256);
        cs_jw_hex(w, "sigSha256", "", c->sig_sha256);
    }
    cs_jw_end(w);
    return CS_OK;
}

static void write_boot(cs_jw *w, const cs_claims *c)
{
    if (c->ledger_ed25519.p == NULL)
        return;
    cs_jw_begin(w, "ledgerKeys");
    cs_jw_base64(w, "ed25519", c->ledger_ed25519);
    cs_jw_base64(w, "mldsa44", c->ledger_mldsa44);
    cs_jw_end(w);
}

static cs_err write_payload(cs_buf *out, const cs_claims *c)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "vendor", cs_vendor_name(c->vendor));
    cs_jw_cstr(&w, "profile", CS_ATTEST_PROFILE);
    cs_jw_cstr(&w, "kind", cs_attest_kind_name(c->kind));
    cs_jw_str(&w, "imageHash", c->image_hash);
    cs_jw_str(&w, "epoch", c->epoch);
    cs_jw_int(&w, "counter", c->counter);
    if (c->kind != CS_ATTEST_BOOT)
        cs_jw_int(&w, "keyCounter", c->key_counter);
    cs_jw_base64(&w, "nonce", c->nonce);
    cs_jw_int(&w, "iat", c->iat);
    cs_jw_str(&w, "enclaveVersion", c->enclave_version);
    if (c->kind == CS_ATTEST_SIGN)
        write_sign(&w, c);
    if (c->kind != CS_ATTEST_BOOT)
        write_key(&w, c);
    else
        write_boot(&w, c);
    cs_err err = c->vendor == CS_VENDOR_MOCK ? write_mock(&w, c) : CS_OK;
    cs_jw_end(&w);
    return err != CS_OK ? err : out->err;
}

static cs_err commit(cs_buf *out, const char *prefix, cs_slice first, cs_slice second)
{
    cs_hasher *h = NULL;
    cs_digest digest;
    cs_err err = cs_hasher_new(&h, CS_SHA256);
    if (err == CS_OK)
        err = cs_hasher_add(h, first);
    if (err == CS_OK)
        err = cs_hasher_add(h, second);
    if (err == CS_OK)
        err = cs_hasher_end(h, &digest);
    cs_hasher_free(h);
    if (err != CS_OK)
        return err;
    cs_buf_add_str(out, prefix);
    cs_buf_add(out, cs_digest_slice(&digest));
    return out->err;
}

cs_err cs_attest_commitment(cs_buf *out, cs_slice si)
{
    return commit(out, CS_BINDING_PREFIX_OPERATION, si, CS_LIT(""));
}

cs_err cs_attest_session_commitment(cs_buf *out, cs_slice spki, cs_slice epoch)
{
    if (spki.n != CS_ROOT_SPKI_LEN || epoch.n != CS_ATTEST_EPOCH)
        return CS_BAD_FIELD;
    return commit(out, CS_BINDING_PREFIX_SESSION, spki, epoch);
}

void cs_attest_operation_header(cs_buf *out, const char *alg)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "alg", alg);
    cs_jw_cstr(&w, "typ", CS_ATTEST_OPERATION_TYP);
    cs_jw_end(&w);
}

void cs_attest_session_header(cs_buf *out, cs_slice evidence, cs_slice spki, cs_slice epoch)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "alg", CS_ATTEST_MOCK_ALG);
    cs_jw_cstr(&w, "typ", CS_ATTEST_SESSION_TYP);
    cs_jw_base64(&w, "evidence", evidence);
    cs_jw_base64(&w, "spki", spki);
    cs_jw_str(&w, "epoch", epoch);
    cs_jw_end(&w);
}

cs_err cs_attest_input(cs_buf *si, const cs_claims *claims, cs_slice header)
{
    if (!complete(claims))
        return CS_BAD_FIELD;
    cs_buf payload = cs_buf_new(CS_MAX_ATTESTATION / 2);
    cs_err err = write_payload(&payload, claims);
    if (err == CS_OK) {
        cs_base64url_encode(si, header);
        cs_buf_add_u8(si, '.');
        cs_base64url_encode(si, cs_buf_slice(&payload));
        err = si->err;
    }
    cs_buf_free(&payload);
    return err;
}

/* What stands between the claims and the document. */
struct made {
    cs_buf si, proof;
};

static void write_document(cs_attest_job *j, const struct made *m)
{
    if (j->err == CS_OK)
        j->err = m->proof.err;
    if (j->err != CS_OK)
        return;
    cs_buf_add(j->doc, cs_buf_slice(&m->si));
    cs_buf_add_u8(j->doc, '.');
    cs_base64url_encode(j->doc, cs_buf_slice(&m->proof));
    j->err = j->doc->err;
}

void cs_attest_documents(cs_attest_job *jobs, size_t n)
{
    struct made made[CS_SIGN_TOGETHER];
    cs_sign_job signing[CS_SIGN_TOGETHER];
    size_t of[CS_SIGN_TOGETHER], count = 0;
    for (size_t i = 0; i < n; i++) {
        cs_attest_job *j = &jobs[i];
        made[i] = (struct made){cs_buf_new(CS_MAX_ATTESTATION), cs_buf_new(CS_MAX_ATTESTATION)};
        if (j->err == CS_OK)
            j->err = cs_attest_input(&made[i].si, j->claims, j->prover->header);
        if (j->err == CS_OK && j->prover->key == NULL && j->prover->prove == NULL)
            j->err = CS_INTERNAL; /* nobody to vouch for it */
        else if (j->err == CS_OK && j->prover->key == NULL)
            j->err = j->prover->prove(j->prover->context, &made[i].proof, cs_buf_slice(&made[i].si));
        if (j->err != CS_OK || j->prover->key == NULL)
            continue;
        of[count] = i;
        signing[count++] = (cs_sign_job){&made[i].proof, j->prover->key, cs_buf_slice(&made[i].si), NULL, CS_OK};
    }
    cs_key_sign_many(signing, count);
    for (size_t c = 0; c < count; c++)
        jobs[of[c]].err = signing[c].err;
    for (size_t i = 0; i < n; i++) {
        write_document(&jobs[i], &made[i]);
        cs_buf_free(&made[i].si);
        cs_buf_free(&made[i].proof);
    }
}

cs_err cs_attest_document(cs_buf *doc, const cs_claims *claims, const cs_prover *prover)
{
    cs_attest_job job = {doc, claims, prover, CS_OK};
    cs_attest_documents(&job, 1);
    return job.err;
}

cs_err cs_attest_mock_document(cs_buf *doc, const cs_claims *claims, cs_key *root)
{
    uint8_t root_bytes[32];
    cs_buf root_public = CS_BUF_OVER(root_bytes);

    /* The document names the root that signs it, whatever the caller believes. */
    cs_claims c = *claims;
    cs_key_public(&root_public, root);
    c.root_public_key = cs_buf_slice(&root_public);
    return cs_attest_document(doc, &c, &(cs_prover){.header = CS_LIT(CS_ATTEST_MOCK_HEADER), .key = root});
}
