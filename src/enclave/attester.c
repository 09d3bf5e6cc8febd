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

static cs_err prove_by_session(void *session, cs_buf *proof, cs_slice si)
{
    return cs_session_prove(session, proof, si);
}

cs_err cs_attester_document(cs_buf *doc, cs_claims *claims, cs_enclave *e, const cs_opened *key, cs_slice nonce)
{
    uint8_t random[NONCE_BYTES], name_bytes[CS_MAX_SEALED_AAD];
    cs_buf name = CS_BUF_OVER(name_bytes);
    cs_count count;
    if (nonce.p == NULL) {
        cs_err err = cs_random(random, sizeof random);
        if (err != CS_OK)
            return err;
        nonce = CS_ARRAY(random);
    }
    /* A root that cannot certify a session uses no counter value up. */
    cs_prover prover = {cs_slice_str(e->rot.header), prove_by_root, &e->rot};
    cs_session *session = NULL;
    if (e->evidence == CS_EVIDENCE_SESSION) {
        cs_err err = cs_session_take(&session, &e->sessions, cs_tick_us());
        if (err != CS_OK)
            return err;
        prover = (cs_prover){cs_session_header(session), prove_by_session, session};
    }
    cs_err err = cs_counters_next(&count, &e->counters, counted_as(&name, key));
    if (err != CS_OK)
        goto out;
    claims->vendor = e->rot.kind->vendor;
    claims->image_hash = cs_slice_str(e->rot.image_hash);
    claims->root_public_key = CS_ARRAY(e->rot.root_public_key);
    claims->epoch = cs_slice_str(e->counters.epoch);
    claims->counter = count.operation;
    claims->key_counter = count.key;
    claims->nonce = nonce;
    claims->iat = cs_now_ms() / 1000;
    claims->enclave_version = CS_LIT(CS_VERSION);
    err = cs_attest_document(doc, claims, &prover);
    claims->nonce = CS_ABSENT; /* it may have been on this stack */
out:
    cs_session_release(session);
    return err;
}
