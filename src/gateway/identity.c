/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/identity.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/encode.h"
#include "sys/clock.h"

#define NONCE_LEN 32

struct cs_introducer {
    cs_signer *signer; /* borrowed */
    bool allow_mock;
    pthread_mutex_t lock; /* of what follows; held while the enclave is asked, so that one thread asks for all */
    bool known;
    int64_t asked_us;
    cs_identity identity;
    cs_buf document;
};

cs_err cs_introducer_open(cs_introducer **out, cs_signer *signer, bool allow_mock)
{
    cs_introducer *i = calloc(1, sizeof *i);
    *out = i;
    if (i == NULL)
        return CS_NO_MEMORY;
    i->signer = signer;
    i->allow_mock = allow_mock;
    i->document = cs_buf_new(CS_MAX_ATTESTATION);
    (void)pthread_mutex_init(&i->lock, NULL);
    return CS_OK;
}

void cs_introducer_close(cs_introducer *i)
{
    if (i == NULL)
        return;
    cs_buf_free(&i->document);
    (void)pthread_mutex_destroy(&i->lock);
    free(i);
}

/* A policy that the enclave of this reply satisfies and no other. */
static cs_err policy_of(cs_policy *p, const cs_reply *r)
{
    const cs_slice prefix = CS_LIT("sha256:");
    *p = (cs_policy){.vendor = CS_VENDOR_MOCK,
                     .evidence = CS_EVIDENCE_OPERATION,
                     .max_doc_age_seconds = CS_DEFAULT_DOC_AGE_SECONDS,
                     .max_session_age_seconds = CS_DEFAULT_DOC_AGE_SECONDS,
                     .enforce = true};
    cs_buf image = CS_BUF_OVER(p->match.mock.images[0]);
    if (!cs_slice_is(r->vendor, cs_vendor_name(CS_VENDOR_MOCK)))
        return CS_ATT_VENDOR_MISMATCH;
    if (!cs_slice_starts(r->image_hash, prefix) ||
        cs_hex_decode(&image, cs_slice_sub(r->image_hash, prefix.n, r->image_hash.n)) != CS_OK ||
        image.n != CS_SHA256_LEN || r->root_public_key.n != sizeof p->match.mock.root_public_key)
        return CS_ATT_CLAIMS;
    p->match.mock.image_count = 1;
    memcpy(p->match.mock.root_public_key, r->root_public_key.p, r->root_public_key.n);
    return CS_OK;
}

static cs_err check_boot(cs_identity *out, cs_introducer *i, const cs_answer *a, cs_slice nonce)
{
    cs_verdict verdict;
    cs_expect expect = {.kind = CS_ATTEST_BOOT, .allow_mock = i->allow_mock, .now = cs_now_ms() / 1000, .nonce = nonce};
    cs_err err = policy_of(&out->policy, &a->reply);
    if (err == CS_OK)
        err = cs_attest_verify(&verdict, a->reply.document, &out->policy, &expect);
    if (err == CS_OK && (!cs_slice_is(a->reply.epoch, verdict.epoch) ||
                         !cs_slice_is(a->reply.enclave_version, verdict.enclave_version) || !verdict.ledger_keys ||
                         !cs_slice_eq(a->reply.ledger_ed25519, CS_ARRAY(verdict.ledger_ed25519)) ||
                         !cs_slice_eq(a->reply.ledger_mldsa44, CS_ARRAY(verdict.ledger_mldsa44))))
        err = CS_ATT_CLAIMS;
    if (err == CS_OK)
        err = cs_signer_note_counter(i->signer, a, verdict.epoch, verdict.counter);
    if (err != CS_OK)
        return err;
    memcpy(out->image_hash, verdict.image_hash, sizeof out->image_hash);
    memcpy(out->version, verdict.enclave_version, sizeof out->version);
    memcpy(out->epoch, verdict.epoch, sizeof out->epoch);
    memcpy(out->ledger_ed25519, verdict.ledger_ed25519, sizeof out->ledger_ed25519);
    memcpy(out->ledger_mldsa44, verdict.ledger_mldsa44, sizeof out->ledger_mldsa44);
    out->disagreements = a->reply.disagreements;
    return cs_slice_to_cstr(out->mldsa_engine, sizeof out->mldsa_engine, a->reply.mldsa_engine);
}

static cs_err ask_enclave(cs_introducer *i, int64_t deadline_us)
{
    uint8_t nonce[NONCE_LEN];
    cs_answer answer = {0};
    cs_identity identity;
    cs_err err = cs_random(nonce, sizeof nonce);
    if (err == CS_OK)
        err = cs_signer_ask(i->signer, &answer, &(cs_request){.type = CS_MSG_BOOT, .nonce = CS_ARRAY(nonce)},
                            deadline_us);
    if (err == CS_OK)
        err = check_boot(&identity, i, &answer, CS_ARRAY(nonce));
    if (err == CS_OK) {
        cs_buf_clear(&i->document);
        cs_buf_add(&i->document, answer.reply.document);
        err = i->document.err;
    }
    if (err == CS_OK) {
        i->identity = identity;
        i->asked_us = cs_tick_us();
    }
    i->known = err == CS_OK;
    cs_signer_free_answer(&answer);
    return err;
}

cs_err cs_introducer_ask(cs_introducer *i, cs_identity *out, cs_buf *document, int64_t max_age_us, int64_t deadline_us)
{
    cs_err err = CS_OK;
    (void)pthread_mutex_lock(&i->lock);
    if (!i->known || cs_tick_us() - i->asked_us > max_age_us)
        err = ask_enclave(i, deadline_us);
    if (err == CS_OK) {
        *out = i->identity;
        if (document != NULL) {
            cs_buf_add(document, cs_buf_slice(&i->document));
            err = document->err;
        }
    }
    (void)pthread_mutex_unlock(&i->lock);
    return err;
}

bool cs_introducer_recall(cs_introducer *i, cs_identity *out)
{
    if (pthread_mutex_trylock(&i->lock) != 0)
        return false;
    bool known = i->known;
    if (known)
        *out = i->identity;
    (void)pthread_mutex_unlock(&i->lock);
    return known;
}
