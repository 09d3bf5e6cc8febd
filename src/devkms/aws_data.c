/* SPDX-License-Identifier: Apache-2.0 */
/* Data keys: made, opened, and given to enclaves only in an envelope. */
#include <string.h>

#include "core/crypto.h"
#include "devkms/aws.h"
#include "devkms/blob.h"

#define MAX_KEY_ID 2048
#define CONTEXT_TEXT (CS_CONTEXT_BYTES + CS_CONTEXT_PAIRS * 4)
#define OAEP "RSAES_OAEP_SHA_256"

/* What calls of this file have in common. Freed with end(). */
struct data_call {
    cs_context context;
    bool for_recipient;
    cs_buf document; /* of the Recipient */
    cs_attested attested;
    cs_buf bound; /* the context's bytes */
    cs_buf plain, blob;
};

static void begin(struct data_call *d)
{
    memset(d, 0, sizeof *d);
    d->document = cs_buf_new(CS_AWS_DOCUMENT);
    d->bound = cs_buf_new(CONTEXT_TEXT);
    d->plain = cs_buf_new_wiped(CS_BLOB_MAX);
    d->blob = cs_buf_new(CS_BLOB_MAX);
}

static void end(struct data_call *d)
{
    cs_buf_free(&d->document);
    cs_buf_free(&d->bound);
    cs_buf_free(&d->plain);
    cs_buf_free(&d->blob);
}

/* -- what comes in ------------------------------------------------------------------------------------------------- */

static void read_context(cs_aws_call *c, struct data_call *d)
{
    cs_err err = cs_context_read(&d->context, cs_jobj_object_opt(&c->in, "EncryptionContext"));
    if (err != CS_OK)
        cs_jobj_fail(&c->in, err, "EncryptionContext");
    cs_context_bytes(&d->bound, &d->context);
}

static void read_recipient(cs_aws_call *c, struct data_call *d)
{
    cs_jval v = cs_jobj_object_opt(&c->in, "Recipient");
    if (v.v == NULL)
        return;
    cs_jobj r = cs_jobj_open(v);
    (void)cs_jobj_base64(&r, "AttestationDocument", CS_AWS_DOCUMENT, &d->document);
    if (!cs_slice_is(cs_jobj_str(&r, "KeyEncryptionAlgorithm", 64), OAEP))
        cs_jobj_fail(&r, CS_BAD_FIELD, "KeyEncryptionAlgorithm");
    if (cs_jobj_done(&r) != CS_OK)
        cs_jobj_fail(&c->in, CS_BAD_FIELD, "Recipient");
    d->for_recipient = true;
}

/* The document, before any key is looked at. What is no document is the caller's mistake; what is one and does not
 * satisfy is refused. */
static cs_aws_error judge_recipient(cs_aws_call *c, struct data_call *d)
{
    if (!d->for_recipient)
        return CS_AWS_OK;
    if (!c->service->rule.pinned)
        return cs_aws_say(c, CS_AWS_ACCESS_DENIED, "No root is pinned (--nsm-root), so no enclave is trusted.");
    cs_err err = cs_attested_judge(&d->attested, &c->service->rule, cs_buf_slice(&d->document), c->now_ms);
    if (err == CS_OK)
        return CS_AWS_OK;
    bool malformed = err == CS_ATT_EVIDENCE_FORMAT || err == CS_BAD_PUBLIC_KEY;
    return cs_aws_say(c, malformed ? CS_AWS_VALIDATION : CS_AWS_ACCESS_DENIED, "Recipient: %s %s", cs_err_name(err),
                      cs_err_sentence(err));
}

static cs_aws_error find_key(cs_aws_call *c, cs_stored_key **k, const struct data_call *d, cs_slice key_id)
{
    cs_aws_error e = cs_aws_use_key(
        c, k,
        &(cs_aws_use){.key_id = key_id, .context = &d->context, .attested = d->for_recipient ? &d->attested : NULL});
    if (e == CS_AWS_OK && (*k)->pair != NULL) {
        cs_keystore_done(&c->service->keys);
        return CS_AWS_INVALID_KEY_USAGE;
    }
    return e;
}

/* -- what goes out ------------------------------------------------------------------------------------------------- */

/* A public key that nobody asked for, in the place of the recipient's. */
static cs_err other_recipient(cs_buf *spki)
{
    cs_pair *p = NULL;
    cs_err err = cs_pair_generate(&p, CS_PAIR_RSA2048);
    if (err == CS_OK)
        err = cs_pair_public(spki, p);
    cs_pair_free(p);
    return err;
}

/* The first answer is kept; `replay` gives it again. */
static void replay(cs_aws_call *c, cs_buf *ber)
{
    cs_service *s = c->service;
    (void)pthread_mutex_lock(&s->lock);
    if (cs_aws_hit(c, CS_INJECT_REPLAY) && s->kept_n > 0) {
        cs_buf_clear(ber);
        cs_buf_add(ber, cs_slice_of(s->kept, s->kept_n));
    } else if (s->kept_n == 0 && ber->n <= sizeof s->kept) {
        memcpy(s->kept, ber->p, ber->n);
        s->kept_n = ber->n;
    }
    (void)pthread_mutex_unlock(&s->lock);
}

static cs_err write_envelope(cs_aws_call *c, cs_jw *w, const struct data_call *d, cs_slice plain)
{
    cs_service *s = c->service;
    unsigned number = atomic_fetch_add(&s->answers, 1);
    bool constructed = s->shape == CS_SHAPE_CONSTRUCTED || (s->shape == CS_SHAPE_ALTERNATE && number % 2 == 0);
    cs_buf ber = cs_buf_new(CS_CMS_ANSWER_MAX), spki = cs_buf_new(1024), inside = cs_buf_new_wiped(CS_BLOB_MAX);
    cs_buf_add(&inside, plain);
    cs_err err = inside.err;
    if (err == CS_OK && cs_aws_hit(c, CS_INJECT_OTHER_KEY))
        err = cs_random(inside.p, inside.n);
    if (err == CS_OK && cs_aws_hit(c, CS_INJECT_OTHER_RECIPIENT))
        err = other_recipient(&spki);
    if (err == CS_OK)
        err = cs_cms_answer(&ber, constructed ? CS_CMS_CONSTRUCTED : CS_CMS_PRIMITIVE,
                            spki.n > 0 ? cs_buf_slice(&spki) : d->attested.public_key, cs_buf_slice(&inside));
    if (err == CS_OK) {
        replay(c, &ber);
        cs_jw_base64(w, "CiphertextForRecipient", cs_buf_slice(&ber));
    }
    cs_buf_free(&ber);
    cs_buf_free(&spki);
    cs_buf_free(&inside);
    return err;
}

/* Plaintext, or the envelope with it, never both; but for the fault. */
static cs_err write_plaintext(cs_aws_call *c, cs_jw *w, const struct data_call *d)
{
    cs_slice plain = d->plain.n > 0 ? cs_buf_slice(&d->plain) : CS_LIT("");
    cs_err err = d->for_recipient ? write_envelope(c, w, d, plain) : CS_OK;
    if (!d->for_recipient || cs_aws_hit(c, CS_INJECT_PLAINTEXT))
        cs_jw_base64(w, "Plaintext", plain);
    return err;
}

static cs_err seal(struct data_call *d, const cs_stored_key *k)
{
    uint8_t id[CS_BLOB_KEY_ID];
    if (!cs_blob_key_id(id, cs_slice_str(k->id)))
        return CS_INTERNAL;
    return cs_blob_seal(&d->blob, id, cs_secret_slice(&k->symmetric), cs_buf_slice(&d->bound), cs_buf_slice(&d->plain));
}

static cs_err open_blob(struct data_call *d, const cs_stored_key *k)
{
    uint8_t id[CS_BLOB_KEY_ID];
    if (!cs_blob_key_id(id, cs_slice_str(k->id)))
        return CS_INTERNAL;
    return cs_blob_open(&d->plain, id, cs_secret_slice(&k->symmetric), cs_buf_slice(&d->bound), cs_buf_slice(&d->blob));
}

/* -- operations ---------------------------------------------------------------------------------------------------- */

static size_t data_key_length(cs_aws_call *c)
{
    cs_slice spec = cs_jobj_str_opt(&c->in, "KeySpec", 32);
    int64_t bytes = cs_jobj_int_or(&c->in, "NumberOfBytes", 1, CS_AWS_DATA_KEY, 0);
    if ((spec.p == NULL) == (bytes == 0))
        cs_jobj_fail(&c->in, CS_BAD_FIELD, "KeySpec");
    if (cs_slice_is(spec, "AES_256"))
        return 32;
    if (cs_slice_is(spec, "AES_128"))
        return 16;
    if (spec.p != NULL)
        cs_jobj_fail(&c->in, CS_BAD_FIELD, "KeySpec");
    return (size_t)bytes;
}

static cs_aws_error answer_data_key(cs_aws_call *c, struct data_call *d, const cs_stored_key *k, bool plaintext)
{
    cs_err err = seal(d, k);
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    cs_jw_base64(&w, "CiphertextBlob", cs_buf_slice(&d->blob));
    if (err == CS_OK && plaintext)
        err = write_plaintext(c, &w, d);
    cs_aws_write_key_id(c, &w, k);
    cs_jw_end(&w);
    return err == CS_OK ? CS_AWS_OK : CS_AWS_INTERNAL;
}

static cs_aws_error generate(cs_aws_call *c, bool plaintext)
{
    struct data_call d;
    cs_stored_key *k;
    begin(&d);
    cs_slice id = cs_jobj_str(&c->in, "KeyId", MAX_KEY_ID);
    size_t n = data_key_length(c);
    read_context(c, &d);
    if (plaintext)
        read_recipient(c, &d);
    cs_aws_error e = cs_aws_read_done(c);
    uint8_t *to = e == CS_AWS_OK ? cs_buf_reserve(&d.plain, n) : NULL;
    if (e == CS_AWS_OK && (to == NULL || cs_random(to, n) != CS_OK))
        e = CS_AWS_INTERNAL;
    if (e == CS_AWS_OK)
        cs_buf_grow(&d.plain, n);
    if (e == CS_AWS_OK)
        e = judge_recipient(c, &d);
    if (e == CS_AWS_OK)
        e = find_key(c, &k, &d, id);
    if (e == CS_AWS_OK) {
        e = answer_data_key(c, &d, k, plaintext);
        cs_keystore_done(&c->service->keys);
    }
    end(&d);
    return e;
}

cs_aws_error cs_aws_generate_data_key(cs_aws_call *c)
{
    return generate(c, true);
}

cs_aws_error cs_aws_generate_data_key_without_plaintext(cs_aws_call *c)
{
    return generate(c, false);
}

cs_aws_error cs_aws_encrypt(cs_aws_call *c)
{
    struct data_call d;
    cs_stored_key *k;
    begin(&d);
    cs_slice id = cs_jobj_str(&c->in, "KeyId", MAX_KEY_ID);
    cs_slice algorithm = cs_jobj_str_opt(&c->in, "EncryptionAlgorithm", 64);
    read_context(c, &d);
    (void)cs_jobj_base64(&c->in, "Plaintext", CS_AWS_PLAINTEXT, &d.plain);
    if (algorithm.p != NULL && !cs_slice_is(algorithm, "SYMMETRIC_DEFAULT"))
        cs_jobj_fail(&c->in, CS_BAD_FIELD, "EncryptionAlgorithm");
    if (d.plain.n == 0)
        cs_jobj_fail(&c->in, CS_BAD_FIELD, "Plaintext");
    cs_aws_error e = cs_aws_read_done(c);
    if (e == CS_AWS_OK)
        e = find_key(c, &k, &d, id);
    if (e == CS_AWS_OK) {
        e = seal(&d, k) == CS_OK ? CS_AWS_OK : CS_AWS_INTERNAL;
        cs_jw w = cs_jw_on(c->out);
        cs_jw_begin(&w, NULL);
        cs_jw_base64(&w, "CiphertextBlob", cs_buf_slice(&d.blob));
        cs_jw_cstr(&w, "EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
        cs_aws_write_key_id(c, &w, k);
        cs_jw_end(&w);
        cs_keystore_done(&c->service->keys);
    }
    end(&d);
    return e;
}

/* The id of the key that made the blob, as text. */
static bool name_maker(char out[CS_KEYSTORE_UUID + 1], const struct data_call *d)
{
    cs_slice id = cs_blob_made_by(cs_buf_slice(&d->blob));
    cs_buf text = cs_buf_over(out, CS_KEYSTORE_UUID + 1);
    if (id.p == NULL)
        return false;
    for (size_t i = 0; i < id.n; i++)
        cs_buf_printf(&text, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", id.p[i]);
    (void)cs_buf_cstr(&text);
    return text.err == CS_OK;
}

static cs_aws_error open_and_answer(cs_aws_call *c, struct data_call *d, const cs_stored_key *k, const char *maker)
{
    if (strcmp(k->id, maker) != 0)
        return CS_AWS_INCORRECT_KEY;
    cs_err err = open_blob(d, k);
    if (err != CS_OK)
        return err == CS_SEAL_BROKEN ? CS_AWS_INVALID_CIPHERTEXT : CS_AWS_INTERNAL;
    cs_jw w = cs_jw_on(c->out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
    err = write_plaintext(c, &w, d);
    cs_aws_write_key_id(c, &w, k);
    cs_jw_end(&w);
    return err == CS_OK ? CS_AWS_OK : CS_AWS_INTERNAL;
}

/* KeyId may be left out: the blob names its key. A key that does not exist here made no blob that could be opened. */
cs_aws_error cs_aws_decrypt(cs_aws_call *c)
{
    struct data_call d;
    cs_stored_key *k;
    char maker[CS_KEYSTORE_UUID + 1] = "";
    begin(&d);
    cs_slice id = cs_jobj_str_opt(&c->in, "KeyId", MAX_KEY_ID);
    cs_slice algorithm = cs_jobj_str_opt(&c->in, "EncryptionAlgorithm", 64);
    read_context(c, &d);
    read_recipient(c, &d);
    (void)cs_jobj_base64(&c->in, "CiphertextBlob", 6144, &d.blob);
    if (algorithm.p != NULL && !cs_slice_is(algorithm, "SYMMETRIC_DEFAULT"))
        cs_jobj_fail(&c->in, CS_BAD_FIELD, "EncryptionAlgorithm");
    cs_aws_error e = cs_aws_read_done(c);
    if (e == CS_AWS_OK)
        e = judge_recipient(c, &d);
    if (e == CS_AWS_OK && !name_maker(maker, &d))
        e = CS_AWS_INVALID_CIPHERTEXT;
    if (e == CS_AWS_OK)
        e = find_key(c, &k, &d, id.p != NULL ? id : cs_slice_str(maker));
    if (e == CS_AWS_OK) {
        e = open_and_answer(c, &d, k, maker);
        cs_keystore_done(&c->service->keys);
    } else if (e == CS_AWS_NOT_FOUND && id.p == NULL) {
        e = CS_AWS_INVALID_CIPHERTEXT;
        c->why[0] = '\0';
    }
    end(&d);
    return e;
}
