/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/status.h"

#include "core/clock.h"
#include "gateway/pinned.h"

#define READY_AGE_US 1000000 /* anybody may ask: the enclave is asked at most once a second */

cs_err cs_status_alive(cs_call *c, cs_jw *w)
{
    (void)c;
    cs_jw_cstr(w, "status", "ok");
    cs_jw_cstr(w, "version", CS_VERSION);
    return CS_OK;
}

/* Nothing that keeps the gateway from signing, and nothing about anybody: all may ask. */
static void write_warnings(cs_jw *w, const cs_app *a)
{
    char text[160], time[32];
    cs_buf sentence = CS_BUF_OVER(text), at = CS_BUF_OVER(time);
    cs_pinned_ends ends;
    cs_pinned_ask(&ends, a->pinned);
    if (ends.policies == 0)
        return;
    cs_time_write(&at, ends.first * 1000);
    cs_buf_printf(&sentence, "attestation policies that pin keys or collateral which end soon: %zu, the first at %s",
                  ends.policies, cs_buf_cstr(&at));
    cs_jw_begin_array(w, "warnings");
    cs_jw_cstr(w, NULL, cs_buf_cstr(&sentence));
    cs_jw_end_array(w);
}

cs_err cs_status_ready(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_identity identity;
    cs_query_read(&q, c->rq->query);
    bool verbose = cs_query_flag(&q, "verbose");
    cs_err err = cs_query_done(&q, &c->fault);
    if (err != CS_OK)
        return err;
    const cs_app *a = c->app;
    cs_err db = cs_store_ping(a->store);
    cs_err ledger = cs_store_can_write(a->store);
    cs_err agent = cs_signer_reach(a->signer, c->deadline_us);
    cs_err enclave = cs_introducer_ask(a->introducer, &identity, NULL, READY_AGE_US, c->deadline_us);
    bool ready = db == CS_OK && ledger == CS_OK && agent == CS_OK && enclave == CS_OK;
    c->status = ready ? 200 : 503;
    cs_jw_cstr(w, "status", ready ? "ready" : "not ready");
    cs_jw_cstr(w, "version", CS_VERSION);
    if (db == CS_OK)
        write_warnings(w, a);
    if (!verbose)
        return CS_OK;
    const struct {
        const char *name;
        cs_err err;
    } parts[] = {{"db", db}, {"ledger", ledger}, {"agent", agent}, {"enclave", enclave}};
    cs_jw_begin(w, "checks");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cs_jw_cstr(w, parts[i].name, parts[i].err == CS_OK ? "ok" : cs_err_name(parts[i].err));
    cs_jw_cstr(w, "kms", "local"); /* the enclave's own KEK: nothing that could be out of reach */
    cs_jw_end(w);
    return CS_OK;
}

static cs_err write_identity(cs_jw *w, const cs_identity *i, const cs_policy *policy, cs_slice document)
{
    uint8_t spki_bytes[CS_ROOT_SPKI_LEN];
    cs_buf spki = CS_BUF_OVER(spki_bytes), text = cs_buf_new(CS_MAX_POLICY);
    cs_err err = cs_policy_canonical(&text, policy);
    if (err != CS_OK)
        goto out;
    cs_jw_begin(w, "data");
    cs_jw_cstr(w, "vendor", cs_vendor_name(i->vendor));
    cs_jw_cstr(w, "evidence", cs_evidence_name(i->evidence));
    cs_jw_cstr(w, "imageHash", i->image_hash);
    cs_jw_hex(w, "rootSha256", "sha256:", CS_ARRAY(i->root_sha256));
    cs_jw_bool(w, "hardware", i->hardware);
    if (i->vendor == CS_VENDOR_MOCK) {
        cs_policy_root_spki(&spki, CS_ARRAY(policy->match.mock.root_public_key));
        cs_jw_base64(w, "rootPublicKeyB64", cs_buf_slice(&spki));
    }
    cs_jw_raw(w, "policy", cs_buf_slice(&text));
    cs_jw_cstr(w, "version", i->version);
    cs_jw_cstr(w, "epoch", i->epoch);
    cs_jw_cstr(w, "mldsaEngine", i->mldsa_engine);
    cs_jw_int(w, "mldsaDisagreements", i->disagreements);
    cs_jw_begin(w, "ledgerKeys");
    cs_jw_base64(w, "ed25519", CS_ARRAY(i->ledger_ed25519));
    cs_jw_base64(w, "mldsa44", CS_ARRAY(i->ledger_mldsa44));
    cs_jw_end(w);
    cs_jw_base64(w, "docB64", document);
    cs_jw_end(w);
out:
    cs_buf_free(&text);
    return err;
}

cs_err cs_status_enclave(cs_call *c, cs_jw *w)
{
    cs_buf document = cs_buf_new(CS_MAX_ATTESTATION);
    cs_identity identity;
    cs_policy policy;
    cs_err err = cs_introducer_policy(c->app->introducer, &policy, &identity, &document, READY_AGE_US, c->deadline_us);
    if (err == CS_OK) {
        err = write_identity(w, &identity, &policy, cs_buf_slice(&document));
    } else if (cs_err_class_of(err) == CS_CLASS_REFUSED) {
        c->reason = err;
        err = CS_ATTESTATION_REJECTED;
    }
    cs_policy_free(&policy);
    cs_buf_free(&document);
    return err;
}
