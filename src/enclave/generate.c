/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/generate.h"

#include "enclave/attester.h"

#define KEY_RELEASE CS_LIT("local") /* of provider env */

cs_newborn cs_newborn_new(void)
{
    return (cs_newborn){.sealed = cs_buf_new(CS_MAX_SEALED),
                        .public_key = cs_buf_new(CS_MAX_PUBLIC_KEY),
                        .document = cs_buf_new(CS_MAX_ATTESTATION)};
}

void cs_newborn_free(cs_newborn *n)
{
    cs_buf_free(&n->sealed);
    cs_buf_free(&n->public_key);
    cs_buf_free(&n->document);
}

cs_seal_fields cs_newborn_fields(const cs_request *r, const cs_digest *public_key_sha256)
{
    return (cs_seal_fields){
        .door = CS_LIT("vault"),
        .org = r->org,
        .key_id = r->key_id,
        .purpose = r->purpose,
        .algorithm = cs_slice_str(r->alg->name),
        .format = cs_slice_str(cs_format_name(r->format)),
        .key_release = KEY_RELEASE,
        .trad_ref = CS_LIT(""),
        .pq_ref = CS_LIT(""),
        .public_key_sha256 = cs_digest_slice(public_key_sha256),
    };
}

cs_err cs_newborn_seal(cs_newborn *out, const cs_kek *kek, const cs_request *r)
{
    CS_SECRET(private_bytes);
    cs_pair pair = {0};
    cs_digest public_key_sha256;
    cs_err err = cs_pair_generate(&private_bytes, r->alg);
    if (err == CS_OK)
        err = cs_pair_open_private(&pair, r->alg, r->format, cs_secret_slice(&private_bytes));
    if (err == CS_OK) {
        cs_pair_public(&out->public_key, &pair);
        err = out->public_key.err;
    }
    if (err == CS_OK)
        err = cs_hash(&public_key_sha256, CS_SHA256, cs_buf_slice(&out->public_key));
    if (err == CS_OK) {
        cs_seal_fields fields = cs_newborn_fields(r, &public_key_sha256);
        fields.kek_provider = CS_LIT("env");
        fields.kek_resource = cs_slice_str(kek->id);
        err = cs_seal(&out->sealed, kek, &fields, cs_secret_slice(&private_bytes));
    }
    cs_pair_close(&pair);
    return err;
}

/* A signature of the key as it will be used: opened from its record. */
static cs_err try_key(const cs_opened *key)
{
    uint8_t bytes[CS_MAX_SIGNATURE];
    cs_buf signature = CS_BUF_OVER(bytes);
    cs_message message = {.bytes = CS_NEWBORN_CHECK};
    cs_err err = cs_pair_sign(&signature, &key->pair, &message);
    if (err != CS_OK)
        return err;
    return cs_pair_verify(NULL, &key->pair, &message, cs_buf_slice(&signature)) == CS_OK ? CS_OK : CS_SELF_CHECK;
}

cs_err cs_newborn_attest(cs_newborn *out, cs_enclave *e, const cs_opened *key, cs_slice nonce)
{
    cs_claims claims = {
        .kind = CS_ATTEST_BIRTH,
        .key_id = key->fields.key_id,
        .algorithm = key->fields.algorithm,
        .signature_format = key->fields.format,
        .purpose = key->fields.purpose,
        .public_key_sha256 = key->fields.public_key_sha256,
        .sealed_sha256 = cs_digest_slice(&key->index),
        .key_release = key->fields.key_release,
    };
    return cs_attester_document(&out->document, &claims, e, key, nonce);
}

cs_err cs_generate(cs_newborn *out, cs_enclave *e, const cs_request *request)
{
    cs_opened *key = NULL;
    cs_err err = cs_newborn_seal(out, &e->kek, request);
    if (err == CS_OK)
        err = cs_opened_from(&key, &e->kek, cs_buf_slice(&out->sealed));
    if (err == CS_OK)
        err = try_key(key);
    if (err == CS_OK)
        err = cs_newborn_attest(out, e, key, request->nonce);
    if (err != CS_OK) {
        cs_buf_clear(&out->sealed);
        cs_buf_clear(&out->public_key);
        cs_buf_clear(&out->document);
    } else {
        out->key_release = KEY_RELEASE;
    }
    cs_opened_release(key);
    return err;
}

/* -- for callers --------------------------------------------------------------------------------------------------- */

cs_caller_key cs_caller_key_new(void)
{
    return (cs_caller_key){.public_key = cs_buf_new(CS_MAX_PUBLIC_KEY),
                           .private_key = cs_buf_new_wiped(CS_MAX_CALLER_KEY)};
}

void cs_caller_key_free(cs_caller_key *k)
{
    cs_buf_free(&k->public_key);
    cs_buf_free(&k->private_key);
}

/* A signature of the private key under the public one, each as its owner will have it. */
static cs_err try_pair(const cs_key *key, cs_prim prim, cs_slice public_key)
{
    const cs_slice message = CS_NEWBORN_CHECK;
    uint8_t bytes[CS_MAX_SIGNATURE];
    cs_buf signature = CS_BUF_OVER(bytes);
    cs_key *other = NULL;
    cs_err err = cs_key_open_public(&other, prim, public_key);
    if (err == CS_OK)
        err = cs_key_sign(&signature, key, message, NULL);
    if (err == CS_OK && cs_key_verify(other, message, cs_buf_slice(&signature), NULL) != CS_OK)
        err = CS_SELF_CHECK;
    cs_key_free(other);
    cs_wipe(bytes, sizeof bytes);
    return err;
}

static cs_err write_pair(cs_caller_key *out, const cs_request *r, const cs_secret *seed)
{
    cs_key *key = NULL;
    cs_err err = cs_key_open_private(&key, r->alg->pq, cs_secret_slice(seed));
    if (err == CS_OK) {
        cs_key_public(&out->public_key, key);
        err = out->public_key.err;
    }
    if (err == CS_OK)
        err = try_pair(key, r->alg->pq, cs_buf_slice(&out->public_key));
    if (err == CS_OK && r->expanded) {
        err = cs_key_expanded(&out->private_key, key);
    } else if (err == CS_OK) {
        cs_buf_add(&out->private_key, cs_secret_slice(seed));
        err = out->private_key.err;
    }
    cs_key_free(key);
    return err;
}

cs_err cs_generate_for_caller(cs_caller_key *out, const cs_request *request)
{
    CS_SECRET(seed);
    cs_err err = cs_key_generate(&seed, request->alg->pq);
    if (err == CS_OK)
        err = write_pair(out, request, &seed);
    if (err != CS_OK) {
        cs_caller_key_free(out);
        *out = cs_caller_key_new();
    }
    return err;
}
