/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/hybrid_countersign.h"

#include <string.h>

#include "core/hybrid.h"
#include "gateway/hybrid_cache.h"

void cs_hybrid_countersign_init(cs_countersigning *s)
{
    s->wanted = false;
    s->bytes = cs_buf_new(CS_MAX_HYBRID_RECORD + 64);
    cs_signing_init(&s->signing);
    s->signing.purpose = CS_PURPOSE_HYBRID;
}

void cs_hybrid_countersign_free(cs_countersigning *s, cs_app *app)
{
    cs_signing_free(&s->signing, app);
    cs_buf_free(&s->bytes);
}

static cs_err find_key(cs_countersigning *s, cs_call *c)
{
    cs_err err = cs_hybrid_cache_countersigner(c->app->hybrid, s->signing.ref, cs_call_org(c));
    s->wanted = err == CS_OK;
    if (err == CS_NOT_FOUND)
        return CS_OK;
    return err == CS_OK
               ? cs_keyring_hold(&s->signing.key, c->app->keyring, cs_call_org(c), cs_slice_str(s->signing.ref))
               : err;
}

static cs_err set_payload(cs_countersigning *s, cs_slice record)
{
    cs_payload *p = &s->signing.payload;
    cs_hybrid_countersigned(&s->bytes, record);
    cs_slice bytes = cs_buf_slice(&s->bytes);
    cs_err err = s->bytes.err == CS_OK ? cs_hash(&p->sha256, CS_SHA256, bytes) : s->bytes.err;
    p->message = (cs_message){.bytes = bytes};
    p->size = (int64_t)bytes.n;
    cs_payload_digest(&s->signing.digest, p);
    return err;
}

/* The refusal is recorded; the attestation is not. */
static cs_err refuse(cs_countersigning *s, cs_call *c)
{
    cs_write writes[CS_SIGNING_WRITES];
    size_t n = cs_signing_writes(writes, &s->signing, c);
    cs_err err = n > 0 ? cs_call_commit(c, NULL, writes, n, NULL, NULL) : CS_RANDOM;
    c->reason = s->signing.judgement.reason;
    return err == CS_OK ? CS_ATTESTATION_REJECTED : err;
}

cs_err cs_hybrid_countersign_begin(cs_countersigning *s, cs_call *c, cs_slice record)
{
    cs_err err = find_key(s, c);
    if (err != CS_OK || !s->wanted)
        return err;
    err = set_payload(s, record);
    if (err == CS_OK)
        err = cs_flow_admit(&s->signing, c);
    return err == CS_POLICY_VIOLATED ? cs_rules_refuse(c, &s->signing.rules, cs_slice_str(s->signing.key->row.id))
                                     : err;
}

cs_err cs_hybrid_countersign_end(cs_countersigning *s, cs_call *c)
{
    if (!s->wanted)
        return CS_OK;
    cs_err err = s->signing.asked;
    if (err == CS_OK)
        err = cs_flow_judge(&s->signing, c);
    return err == CS_OK && !s->signing.judgement.released ? refuse(s, c) : err;
}

cs_err cs_hybrid_countersign_again(cs_countersigning *s, cs_call *c)
{
    cs_flow_judge_counter(&s->signing);
    return s->signing.judgement.released ? CS_OK : refuse(s, c);
}
