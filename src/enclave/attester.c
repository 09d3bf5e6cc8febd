/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/attester.h"

#include "sys/clock.h"

#define NONCE_BYTES 32

/* What a key is counted under: door, org and key id, whatever record it came from. */
static cs_slice counted_as(cs_buf *name, const cs_opened *key)
{
    if (key == NULL)
        return CS_ABSENT;
    cs_buf_add_lp16(name, key->fields.door);
    cs_buf_add_lp16(name, key->fields.org);
    cs_buf_add_lp16(name, key->fields.key_id);
    return cs_buf_slice(name);
}

static cs_err prove_by_root(void *root, cs_buf *proof, cs_slice si)
{
    return cs_rot_prove_input(root, proof, si);
}

/* What an operation's document is made with. */
struct making {
    uint8_t random[NONCE_BYTES];
    cs_session *session;
    cs_prover prover;
};

/* A root that cannot certify a session uses no counter value up. */
static cs_err choose_prover(struct making *m, cs_enclave *e)
{
    const cs_rot_kind *kind = e->rot.kind;
    m->prover = (cs_prover){.header = cs_slice_str(e->rot.header),
                            .prove = prove_by_root,
                            .context = &e->rot,
                            .key = kind->input_key != NULL ? kind->input_key(&e->rot) : NULL};
    if (e->evidence != CS_EVIDENCE_SESSION)
        return CS_OK;
    cs_err err = cs_session_take(&m->session, &e->sessions, cs_tick_us());
    if (err == CS_OK)
        m->prover = (cs_prover){.header = cs_session_header(m->session), .key = cs_session_key(m->session)};
    return err;
}

static cs_err fill_in(cs_attester_job *j, struct making *m, cs_enclave *e)
{
    uint8_t name_bytes[CS_MAX_SEALED_AAD];
    cs_buf name = CS_BUF_OVER(name_bytes);
    cs_count count;
    cs_claims *claims = j->claims;
    cs_err err = CS_OK;
    claims->nonce = j->nonce;
    if (j->nonce.p == NULL) {
        err = cs_random(m->random, sizeof m->random);
        claims->nonce = CS_ARRAY(m->random);
    }
    if (err == CS_OK)
        err = choose_prover(m, e);
    if (err == CS_OK)
        err = cs_counters_next(&count, &e->counters, counted_as(&name, j->key));
    if (err != CS_OK)
        return err;
    claims->vendor = e->rot.kind->vendor;
    claims->image_hash = cs_slice_str(e->rot.image_hash);
    claims->root_public_key = CS_ARRAY(e->rot.root_public_key);
    claims->epoch = cs_slice_str(e->counters.epoch);
    claims->counter = count.operation;
    claims->key_counter = count.key;
    claims->iat = cs_now_ms() / 1000;
    claims->enclave_version = CS_LIT(CS_VERSION);
    return CS_OK;
}

void cs_attester_documents(cs_attester_job *jobs, size_t n, cs_enclave *e)
{
    struct making making[CS_SIGN_TOGETHER] = {{{0}}};
    cs_attest_job documents[CS_SIGN_TOGETHER] = {{0}};
    for (size_t i = 0; i < n; i++) {
        making[i].session = NULL;
        if (jobs[i].err == CS_OK)
            jobs[i].err = fill_in(&jobs[i], &making[i], e);
        documents[i] = (cs_attest_job){jobs[i].doc, jobs[i].claims, &making[i].prover, jobs[i].err};
    }
    cs_attest_documents(documents, n);
    for (size_t i = 0; i < n; i++) {
        jobs[i].err = documents[i].err;
        jobs[i].claims->nonce = CS_ABSENT; /* it may have been on this stack */
        cs_session_release(making[i].session);
    }
}

cs_err cs_attester_document(cs_buf *doc, cs_claims *claims, cs_enclave *e, const cs_opened *key, cs_slice nonce)
{
    cs_attester_job job = {doc, claims, key, nonce, CS_OK};
    cs_attester_documents(&job, 1, e);
    return job.err;
}
