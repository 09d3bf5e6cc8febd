/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/signatures.h"

#include <string.h>

#include "core/attest.h"
#include "core/clock.h"
#include "core/keytext.h"
#include "gateway/envelope.h"

#define ROUTE "signatures"
#define POLICY_ROUTE "attestation-policies/signatures"

/* -- members ------------------------------------------------------------------------------------------------------- */

static bool is_proven(const cs_signature_record *r)
{
    return strcmp(r->verdict, "fail") != 0;
}

static void write_policy(cs_jw *w, const cs_signature_record *r)
{
    if (r->policy_id[0] == '\0') {
        cs_jw_null(w, "policyId");
        cs_jw_null(w, "policyVersion");
        return;
    }
    cs_jw_cstr(w, "policyId", r->policy_id);
    cs_jw_int(w, "policyVersion", r->policy_version);
    cs_jw_hex(w, "policyHash", "sha256:", CS_ARRAY(r->policy_hash));
}

/* What the listing shows, too. */
static void write_members(cs_jw *w, const cs_signature_record *r)
{
    cs_jw_cstr(w, "id", r->id);
    cs_jw_cstr(w, "keyId", r->key_id);
    cs_jw_cstr(w, r->prehashed ? "payloadPreHash" : "payloadSha256", r->payload_digest);
    cs_jw_int(w, "payloadSize", r->payload_size);
    cs_jw_cstr(w, "verdict", r->verdict);
    if (!is_proven(r))
        cs_jw_cstr(w, "reason", r->reason);
    write_policy(w, r);
    cs_envelope_time(w, "createdAt", r->created_ms);
    cs_jw_begin(w, "ledger");
    cs_jw_int(w, "seq", (int64_t)r->seq);
    cs_jw_cstr(w, "entryId", r->entry_id);
    cs_jw_end(w);
}

/* -- listing ------------------------------------------------------------------------------------------------------- */

struct listing {
    const cs_call *call;
    cs_jw *w;
};

static void write_item(void *context, const cs_signature_record *r)
{
    struct listing *l = context;
    if (!cs_call_may_use(l->call, r->key_id))
        return; /* the page is shorter then */
    cs_jw_begin(l->w, NULL);
    write_members(l->w, r);
    cs_jw_end(l->w);
}

static cs_err write_page(cs_call *c, cs_jw *w, cs_page *page, const char *route)
{
    struct listing l = {.call = c, .w = w};
    cs_jw_begin_array(w, "data");
    cs_err err = cs_store_signatures(c->app->store, page, write_item, &l);
    cs_jw_end_array(w);
    if (err == CS_OK)
        cs_call_pagination(c, w, page, route);
    return err;
}

static cs_err read_verdict(cs_page *page, cs_query *q, cs_call *c)
{
    page->verdict = cs_query_text(q, "verdict", CS_MAX_WORD);
    cs_slice since = cs_query_text(q, "since", CS_MAX_ID);
    cs_err err = cs_query_done(q, &c->fault);
    if (err != CS_OK)
        return err;
    if (page->verdict.p != NULL && !cs_slice_is(page->verdict, "pass") && !cs_slice_is(page->verdict, "fail") &&
        !cs_slice_is(page->verdict, "absent"))
        return cs_call_fail(c, CS_BAD_FIELD, "verdict");
    if (since.p != NULL && cs_time_read(&page->since_ms, since) != CS_OK)
        return cs_call_fail(c, CS_BAD_FIELD, "since");
    return CS_OK;
}

cs_err cs_signatures_list(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_page page;
    char before[CS_MAX_ID + 1];
    cs_call_page(c, &q, &page, before, ROUTE);
    page.key_id = cs_query_text(&q, "keyId", CS_MAX_ID);
    page.policy_id = cs_query_text(&q, "policyId", CS_MAX_ID);
    cs_err err = read_verdict(&page, &q, c);
    return err == CS_OK ? write_page(c, w, &page, ROUTE) : err;
}

cs_err cs_signatures_of_policy(cs_call *c, cs_jw *w)
{
    cs_query q;
    cs_page page;
    char before[CS_MAX_ID + 1];
    cs_policy_row row = cs_policy_row_new();
    cs_call_page(c, &q, &page, before, POLICY_ROUTE);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err != CS_OK)
        return err;
    err = cs_store_policy_version(c->app->store, &row, page.org, c->id, 1);
    cs_policy_row_free(&row);
    page.policy_id = c->id;
    return err == CS_OK ? write_page(c, w, &page, POLICY_ROUTE) : err;
}

/* -- one signature ------------------------------------------------------------------------------------------------- */

/* Vendor and image of a document that was proven when it was stored. */
static void write_claims(cs_jw *w, cs_slice document)
{
    cs_json *json = NULL;
    cs_buf text = cs_buf_new(CS_MAX_ATTESTATION);
    cs_slice vendor = CS_ABSENT, image = CS_ABSENT;
    if (cs_attest_payload_json(&text, document) == CS_OK &&
        cs_json_parse(&json, cs_buf_slice(&text), CS_MAX_ATTESTATION) == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        vendor = cs_jobj_str_opt(&o, "vendor", CS_MAX_NAME);
        image = cs_jobj_str_opt(&o, "imageHash", CS_MAX_NAME);
    }
    cs_jw_str(w, "vendor", vendor);
    cs_jw_str(w, "imageHash", image);
    cs_json_free(json);
    cs_buf_free(&text);
}

static cs_err write_vendor(cs_jw *w, cs_call *c, const cs_signature_record *r)
{
    cs_policy_row policy = cs_policy_row_new();
    cs_err err = CS_OK;
    if (is_proven(r)) {
        write_claims(w, cs_buf_slice(&r->document));
    } else {
        err = cs_store_policy_version(c->app->store, &policy, cs_call_org(c), cs_slice_str(r->policy_id),
                                      r->policy_version);
        cs_jw_cstr(w, "vendor", policy.vendor); /* the one that was demanded */
        cs_jw_null(w, "imageHash");
    }
    cs_policy_row_free(&policy);
    return err;
}

static cs_err write_attestation(cs_jw *w, cs_call *c, const cs_signature_record *r)
{
    cs_jw_begin(w, "attestation");
    cs_err err = write_vendor(w, c, r);
    if (is_proven(r))
        cs_jw_int(w, "counter", r->counter);
    else
        cs_jw_null(w, "counter");
    cs_jw_base64(w, "docB64", cs_buf_slice(&r->document));
    cs_jw_cstr(w, "verdict", r->verdict);
    if (!is_proven(r))
        cs_jw_cstr(w, "reason", r->reason);
    write_policy(w, r);
    cs_jw_end(w);
    return err;
}

/* Algorithm, format and public key are the key's, which stays when it is revoked. */
static cs_err write_signature(cs_jw *w, cs_call *c, const cs_signature_record *r)
{
    static const char *const names[] = {"signature", "signatureB64", "signatureBase64"};
    cs_key_row key = cs_key_row_new();
    cs_buf text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    cs_err err = cs_store_key(c->app->store, &key, cs_call_org(c), cs_slice_str(r->key_id));
    if (err == CS_OK)
        err = cs_public_key_json(&text, key.alg, key.format, cs_buf_slice(&key.public_key));
    if (err == CS_OK) {
        cs_jw_cstr(w, "algorithm", key.alg->name);
        cs_jw_cstr(w, "signatureFormat", cs_format_name(key.format));
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            cs_jw_base64(w, names[i], cs_buf_slice(&r->signature));
        cs_jw_str(w, "publicKey", cs_buf_slice(&text));
    }
    cs_buf_free(&text);
    cs_key_row_free(&key);
    return err == CS_NOT_FOUND ? CS_INTERNAL : err;
}

/* A signature that this caller may see. */
static cs_err load(cs_signature_record *r, cs_call *c)
{
    cs_err err = cs_store_signature(c->app->store, r, cs_call_org(c), c->id);
    return err == CS_OK && !cs_call_may_use(c, r->key_id) ? CS_NOT_FOUND : err;
}

/* All of it. */
static cs_err write_all(cs_jw *w, cs_call *c, const cs_signature_record *r)
{
    write_members(w, r);
    cs_err err = write_signature(w, c, r);
    if (err == CS_OK)
        err = write_attestation(w, c, r);
    cs_jw_base64(w, "nonce", cs_buf_slice(&r->nonce));
    cs_jw_raw(w, "metadata", r->metadata.n > 0 ? cs_buf_slice(&r->metadata) : CS_LIT("{}"));
    return err;
}

cs_err cs_signatures_get(cs_call *c, cs_jw *w)
{
    cs_signature_record r = cs_signature_record_new();
    cs_err err = load(&r, c);
    if (err == CS_OK) {
        cs_jw_begin(w, "data");
        err = write_all(w, c, &r);
        cs_jw_end(w);
    }
    cs_signature_record_free(&r);
    return err;
}

cs_err cs_signatures_write(cs_jw *w, cs_call *c, cs_slice id)
{
    cs_signature_record r = cs_signature_record_new();
    cs_err err = cs_store_signature(c->app->store, &r, cs_call_org(c), id);
    if (err == CS_OK)
        err = write_all(w, c, &r);
    cs_signature_record_free(&r);
    return err;
}
