/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/away.h"

#include "core/ecdsa.h"
#include "core/spki.h"
#include "enclave/release.h"
#include "sys/clock.h"

#define PROVIDER "aws-kms"

static bool is_provider(cs_slice name)
{
    return cs_slice_is(name, PROVIDER);
}

bool cs_away_concerns(const cs_request *r)
{
    cs_sealed s;
    if (r->type == CS_MSG_GENERATE_KEY)
        return r->kek.provider.p != NULL || r->trad.provider.p != NULL || r->pq.provider.p != NULL;
    if (r->type != CS_MSG_SIGN || cs_seal_read(&s, r->sealed) != CS_OK)
        return false;
    return is_provider(s.fields.kek_provider) || s.fields.trad_ref.n > 0 || s.fields.pq_ref.n > 0;
}

/* -- halves sign --------------------------------------------------------------------------------------------------- */

/* One signature on its way. */
struct making {
    const cs_opened *key;
    cs_pair_input input;
    cs_buf pq, trad;   /* the halves, as cs_key_sign gives them */
    cs_buf *signature; /* appended to */
    cs_err err;
    uint8_t pq_bytes[CS_MAX_SIGNATURE], trad_bytes[CS_MAX_SIGNATURE];
};

/* What this half's key signs, in a form that the KMS takes. `digest` is the memory behind it. */
static cs_err say_message(cs_kms_request *q, cs_digest *digest, const struct making *m, cs_prim prim)
{
    cs_err err = CS_OK;
    if (cs_prim_is_mldsa(prim)) {
        err = cs_pair_mu(digest, &m->key->pair, &m->input);
        q->mu = cs_digest_slice(digest);
    } else if (m->input.message.n <= CS_MAX_KMS_MESSAGE) {
        q->message = m->input.message.n > 0 ? m->input.message : CS_LIT("");
    } else if (prim == CS_P256) {
        err = cs_hash(digest, CS_SHA256, m->input.message);
        q->digest = cs_digest_slice(digest);
    } else {
        err = CS_KMS_MESSAGE;
    }
    return err;
}

static cs_err ask_half(cs_buf *half, const struct making *m, cs_host *h, const cs_keyref *ref, const cs_key *public_key)
{
    cs_kms_request q = {
        .type = CS_KMS_SIGN, .provider = ref->provider, .key_id = ref->resource, .algorithm = cs_key_prim(public_key)};
    cs_kms_reply reply;
    cs_frame_in in = {0};
    cs_digest digest;
    cs_err err = say_message(&q, &digest, m, q.algorithm);
    if (err == CS_OK)
        err = cs_host_ask(&reply, &in, h, &q);
    if (err == CS_OK) {
        cs_buf_add(half, reply.signature);
        err = half->err;
    }
    cs_frame_in_free(&in);
    return err;
}

/* The half that came, if it is one. ECDSA gets the one form in which ours are: whoever knows where a half lies should
 * not see it from its shape. */
static cs_err check_half(cs_buf *half, const cs_key *public_key, cs_slice message, const cs_mldsa_options *options)
{
    uint8_t bytes[128];
    cs_buf low = CS_BUF_OVER(bytes);
    cs_prim prim = cs_key_prim(public_key);
    cs_err err = CS_OK;
    if (cs_prim_is_ecdsa(prim)) {
        err = cs_ecdsa_low_s(&low, prim, cs_buf_slice(half));
        cs_buf_clear(half);
        cs_buf_add(half, cs_buf_slice(&low));
    }
    if (err == CS_OK)
        err = cs_key_verify(public_key, message, cs_buf_slice(half), options);
    return err == CS_BAD_SIGNATURE ? CS_KMS_SIGNATURE : err;
}

/* On the crew: what is here signs, what came is verified, and the two are joined. */
static void compose(void *arg)
{
    struct making *m = arg;
    const cs_opened *k = m->key;
    const cs_pair *pair = &k->pair;
    if (k->pq.provider.p != NULL)
        m->err = check_half(&m->pq, pair->pq, m->input.message, &m->input.mldsa);
    if (m->err == CS_OK && k->trad.provider.p != NULL)
        m->err = check_half(&m->trad, pair->trad, m->input.message, NULL);
    if (m->err == CS_OK && k->pq.provider.p == NULL)
        m->err = cs_key_sign(&m->pq, pair->pq, m->input.message, &m->input.mldsa);
    if (m->err == CS_OK && k->trad.provider.p == NULL && pair->trad != NULL)
        m->err = cs_key_sign(&m->trad, pair->trad, m->input.message, NULL);
    if (m->err == CS_OK)
        m->err = cs_pair_join(m->signature, pair, cs_buf_slice(&m->pq), cs_buf_slice(&m->trad));
}

static cs_err sign_halves(cs_buf *signature, cs_enclave *e, cs_host *h, const cs_opened *key, const cs_message *message)
{
    struct making m;
    m.key = key;
    m.signature = signature;
    m.pq = (cs_buf)CS_BUF_OVER(m.pq_bytes);
    m.trad = (cs_buf)CS_BUF_OVER(m.trad_bytes);
    m.err = cs_pair_prepare(&m.input, &key->pair, message);
    if (m.err == CS_OK && key->trad.provider.p != NULL)
        m.err = ask_half(&m.trad, &m, h, &key->trad, key->pair.trad);
    if (m.err == CS_OK && key->pq.provider.p != NULL)
        m.err = ask_half(&m.pq, &m, h, &key->pq, key->pair.pq);
    if (m.err == CS_OK)
        cs_crew_do(&e->crew, compose, &m);
    cs_wipe(m.pq_bytes, sizeof m.pq_bytes); /* a faulty half can betray the key that made it */
    cs_wipe(m.trad_bytes, sizeof m.trad_bytes);
    return m.err;
}

/* -- a key signs --------------------------------------------------------------------------------------------------- */

/* The data key that the KMS wrapped. One that was never seen by the agent is not shown to it now. */
static cs_err release_for(cs_secret *dek, cs_enclave *e, cs_host *h, const cs_sealed *s)
{
    cs_release release = cs_release_of_key(s->fields.kek_resource, s->fields.org, s->fields.key_id);
    release.in_clear = cs_slice_is(s->fields.key_release, "agent-visible");
    cs_err err = cs_release_decrypt(dek, e, h, &release, s->wrapped);
    return err == CS_KMS_ANSWER || err == CS_KMS_RECIPIENT ? CS_SEAL_BROKEN : err;
}

struct opening {
    const cs_enclave *enclave;
    cs_slice record;
    cs_secret dek; /* empty: the enclave's own key-encryption key opens it */
    cs_opened *key;
    cs_err err;
};

static void open_record(void *arg)
{
    struct opening *o = arg;
    o->err = o->dek.n > 0 ? cs_opened_with(&o->key, cs_secret_slice(&o->dek), o->record)
                          : cs_opened_from(&o->key, &o->enclave->kek, o->record);
    cs_secret_wipe(&o->dek);
}

/* The opened key of a Sign request; the caller releases it. What the record says is compared with the request before
 * the KMS is troubled; what counts is done again once it is open. */
static cs_err open_key(cs_opened **key, cs_enclave *e, cs_host *h, const cs_request *r)
{
    struct opening o = {.enclave = e, .record = r->sealed, .err = CS_INTERNAL};
    cs_sealed s;
    cs_digest index;
    uint64_t forgets = 0;
    cs_err err = cs_seal_read(&s, r->sealed);
    if (err == CS_OK)
        err = cs_attested_check(r, &s.fields);
    if (err == CS_OK)
        err = cs_hash(&index, CS_SHA256, r->sealed);
    if (err != CS_OK)
        return err;
    bool released = is_provider(s.fields.kek_provider);
    cs_cache *cache = released ? &e->kms_cache : &e->cache;
    *key = cs_cache_find(cache, &index, cs_tick_us(), &forgets);
    if (*key != NULL)
        return CS_OK;
    if (released)
        err = release_for(&o.dek, e, h, &s);
    if (err == CS_OK) {
        cs_crew_do(&e->crew, open_record, &o);
        err = o.err;
    }
    cs_secret_wipe(&o.dek);
    *key = o.key;
    if (err == CS_OK)
        cs_cache_add(cache, *key, cs_tick_us(), forgets);
    return err;
}

struct releasing {
    cs_attested *out;
    cs_enclave *enclave;
    const cs_request *request;
    const cs_opened *key;
    cs_slice signature;
    cs_err err;
};

static void release(void *arg)
{
    struct releasing *r = arg;
    r->err = cs_attested_release(r->out, r->enclave, r->request, r->key, r->signature);
}

cs_err cs_away_sign(cs_attested *out, cs_enclave *e, cs_host *h, const cs_request *r)
{
    uint8_t bytes[CS_MAX_SIGNATURE];
    cs_buf signature = CS_BUF_OVER(bytes);
    cs_opened *key = NULL;
    cs_err err = open_key(&key, e, h, r);
    if (err == CS_OK)
        err = cs_attested_check(r, &key->fields);
    if (err == CS_OK)
        err = sign_halves(&signature, e, h, key, &r->message);
    if (err == CS_OK) {
        struct releasing last = {out, e, r, key, cs_buf_slice(&signature), CS_INTERNAL};
        cs_crew_do(&e->crew, release, &last);
        err = last.err;
    }
    cs_wipe(bytes, sizeof bytes);
    cs_opened_release(key);
    return err;
}

/* -- a key is born ------------------------------------------------------------------------------------------------- */

/* A half's key in the KMS, and the memory behind its reference. */
struct half {
    cs_prim prim;
    const cs_place *place;
    cs_keyref ref;
    cs_buf key_id, public_key, text; /* the reference as the record has it */
};

struct birth {
    cs_newborn *out;
    cs_enclave *enclave;
    const cs_request *request;
    struct half pq, trad;
    cs_secret dek;
    cs_buf wrapped;
    cs_opened *key;
    cs_err err;
};

static bool is_offered(const cs_place *place, cs_prim prim)
{
    return is_provider(place->provider) && (cs_prim_is_mldsa(prim) || prim == CS_P256 || prim == CS_ED25519);
}

/* The name of the key: the one that was given, or that of a new one. */
static cs_err name_half(struct half *half, cs_host *h, const cs_request *r)
{
    char text[2 * CS_MAX_ID + 64];
    cs_buf description = CS_BUF_OVER(text);
    cs_kms_reply reply;
    cs_frame_in in = {0};
    cs_err err = CS_OK;
    if (half->place->key_id.p != NULL) {
        cs_buf_add(&half->key_id, half->place->key_id);
        return half->key_id.err;
    }
    cs_buf_add_str(&description, "Countersign: half of ");
    cs_buf_add(&description, r->key_id);
    cs_buf_add_str(&description, ", org ");
    cs_buf_add(&description, r->org);
    const cs_kms_request q = {.type = CS_KMS_CREATE_KEY,
                              .provider = half->place->provider,
                              .region = half->place->region,
                              .algorithm = half->prim,
                              .description = cs_buf_slice(&description)};
    err = cs_host_ask(&reply, &in, h, &q);
    if (err == CS_OK) {
        cs_buf_add(&half->key_id, reply.key_id);
        err = half->key_id.err;
    }
    cs_frame_in_free(&in);
    return err;
}

/* A point of small order is no key: anybody signs for it. */
static cs_err take_public_key(struct half *half, cs_slice spki)
{
    cs_slice bytes;
    if (cs_spki_read(&bytes, half->prim, spki) != CS_OK || (half->prim == CS_ED25519 && !cs_ed25519_is_signer(bytes.p)))
        return CS_KMS_KEY;
    cs_buf_add(&half->public_key, bytes);
    return half->public_key.err;
}

static cs_err find_half(struct half *half, cs_host *h, const cs_request *r)
{
    cs_kms_reply reply;
    cs_frame_in in = {0};
    if (half->place->provider.p == NULL)
        return CS_OK;
    if (!is_offered(half->place, half->prim))
        return CS_PROVIDER_NOT_AVAILABLE;
    cs_err err = name_half(half, h, r);
    if (err != CS_OK)
        return err;
    const cs_kms_request q = {
        .type = CS_KMS_PUBLIC_KEY, .provider = half->place->provider, .key_id = cs_buf_slice(&half->key_id)};
    err = cs_host_ask(&reply, &in, h, &q);
    if (err == CS_OK)
        err = take_public_key(half, reply.public_key);
    if (err == CS_OK) {
        half->ref = (cs_keyref){q.provider, q.key_id, cs_buf_slice(&half->public_key)};
        cs_keyref_write(&half->text, &half->ref);
        err = half->text.err;
    }
    cs_frame_in_free(&in);
    return err;
}

/* On the crew: the halves that are here, the record, and the key as it opens from that. */
static cs_err seal_record(struct birth *b, cs_slice private_bytes)
{
    cs_digest public_key_sha256;
    cs_err err = cs_hash(&public_key_sha256, CS_SHA256, cs_buf_slice(&b->out->public_key));
    if (err != CS_OK)
        return err;
    cs_seal_fields fields = cs_newborn_fields(b->request, &public_key_sha256);
    fields.pq_ref = b->pq.text.n > 0 ? cs_buf_slice(&b->pq.text) : CS_LIT("");
    fields.trad_ref = b->trad.text.n > 0 ? cs_buf_slice(&b->trad.text) : CS_LIT("");
    fields.key_release = b->out->key_release;
    fields.kek_provider = CS_LIT("env");
    fields.kek_resource = cs_slice_str(b->enclave->kek.id);
    if (b->dek.n == 0)
        return cs_seal(&b->out->sealed, &b->enclave->kek, &fields, private_bytes);
    fields.kek_provider = b->request->kek.provider;
    fields.kek_resource = b->request->kek.key_id;
    return cs_seal_with(&b->out->sealed, cs_secret_slice(&b->dek), cs_buf_slice(&b->wrapped), &fields, private_bytes);
}

static void make_record(void *arg)
{
    struct birth *b = arg;
    CS_SECRET(private_bytes);
    cs_pair pair = {0};
    const cs_away away = {.pq = b->pq.ref.public_key, .trad = b->trad.ref.public_key};
    const cs_alg *alg = b->request->alg;
    b->err = cs_pair_generate_here(&private_bytes, alg, &away);
    if (b->err == CS_OK)
        b->err = cs_pair_open_here(&pair, alg, b->request->format, cs_secret_slice(&private_bytes), &away);
    if (b->err == CS_OK) {
        cs_pair_public(&b->out->public_key, &pair);
        b->err = b->out->public_key.err;
    }
    if (b->err == CS_OK)
        b->err = seal_record(b, cs_secret_slice(&private_bytes));
    cs_pair_close(&pair);
    if (b->err == CS_BAD_PUBLIC_KEY)
        b->err = CS_KMS_KEY; /* no point of the curve */
    cs_slice record = cs_buf_slice(&b->out->sealed);
    if (b->err == CS_OK && b->dek.n > 0)
        b->err = cs_opened_with(&b->key, cs_secret_slice(&b->dek), record);
    else if (b->err == CS_OK)
        b->err = cs_opened_from(&b->key, &b->enclave->kek, record);
}

static cs_err release_data_key(struct birth *b, cs_host *h)
{
    const cs_request *r = b->request;
    int64_t at_ms;
    if (r->kek.provider.p == NULL)
        return CS_OK;
    if (!is_provider(r->kek.provider))
        return CS_PROVIDER_NOT_AVAILABLE;
    cs_release release = cs_release_of_key(r->kek.key_id, r->org, r->key_id);
    release.in_clear = true;
    b->out->key_release = cs_release_name(b->enclave);
    return cs_release_generate(&b->dek, &b->wrapped, &at_ms, b->enclave, h, &release);
}

static void attest(void *arg)
{
    struct birth *b = arg;
    b->err = cs_newborn_attest(b->out, b->enclave, b->key, b->request->nonce);
}

/* A signature of the key as it will be used, through the KMS and all. */
static cs_err try_key(struct birth *b, cs_host *h)
{
    uint8_t bytes[CS_MAX_SIGNATURE];
    cs_buf signature = CS_BUF_OVER(bytes);
    cs_message message = {.bytes = CS_NEWBORN_CHECK};
    cs_err err = sign_halves(&signature, b->enclave, h, b->key, &message);
    if (err == CS_OK && cs_pair_verify(NULL, &b->key->pair, &message, cs_buf_slice(&signature)) != CS_OK)
        err = CS_SELF_CHECK;
    cs_wipe(bytes, sizeof bytes);
    return err;
}

static cs_err bear(struct birth *b, cs_host *h)
{
    cs_err err = release_data_key(b, h);
    if (err == CS_OK)
        err = find_half(&b->trad, h, b->request);
    if (err == CS_OK)
        err = find_half(&b->pq, h, b->request);
    if (err == CS_OK) {
        cs_crew_do(&b->enclave->crew, make_record, b);
        err = b->err;
    }
    if (err == CS_OK)
        err = try_key(b, h);
    if (err == CS_OK) {
        cs_crew_do(&b->enclave->crew, attest, b);
        err = b->err;
    }
    return err;
}

static struct half half_of(cs_prim prim, const cs_place *place)
{
    return (struct half){.prim = prim,
                         .place = place,
                         .key_id = cs_buf_new(CS_MAX_KMS_KEY),
                         .public_key = cs_buf_new(CS_MAX_PUBLIC_KEY),
                         .text = cs_buf_new(CS_MAX_SEALED_AAD)};
}

static void free_half(struct half *half)
{
    cs_buf_free(&half->key_id);
    cs_buf_free(&half->public_key);
    cs_buf_free(&half->text);
}

cs_err cs_away_generate(cs_newborn *out, cs_enclave *e, cs_host *h, const cs_request *r)
{
    struct birth b = {.out = out,
                      .enclave = e,
                      .request = r,
                      .pq = half_of(r->alg->pq, &r->pq),
                      .trad = half_of(r->alg->trad, &r->trad),
                      .wrapped = cs_buf_new(CS_MAX_WRAPPED_DK),
                      .err = CS_INTERNAL};
    out->key_release = CS_LIT("local");
    cs_err err = bear(&b, h);
    cs_secret_wipe(&b.dek);
    free_half(&b.pq);
    free_half(&b.trad);
    cs_buf_free(&b.wrapped);
    cs_opened_release(b.key);
    if (err != CS_OK) {
        cs_newborn_free(out);
        *out = cs_newborn_new();
    }
    return err;
}
