/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/hybrid_records.h"

#include <string.h>

#include "core/clock.h"
#include "core/hybrid.h"
#include "gateway/access.h"
#include "gateway/bundles.h"
#include "gateway/hybrid_environment.h"
#include "gateway/ids.h"
#include "gateway/signatures.h"

#define ROUTE "attestations"

void cs_hybrid_records_write(cs_jw *w, const cs_hybrid_view *v)
{
    const cs_hybrid_row *h = v->row;
    cs_jw_cstr(w, "id", h->id);
    cs_jw_cstr(w, "status", "verified"); /* others are not stored */
    cs_hybrid_write_hex(w, "message", h->message);
    cs_hybrid_write_hex(w, "ecdsaPublicKey", h->ecdsa_public_key);
    cs_hybrid_write_hex(w, "pqcPublicKey", v->pqc_public_key);
    cs_jw_cstr(w, "algorithm", v->algorithm);
    cs_jw_cstr(w, "chain", h->chain);
    cs_jw_cstr(w, "ecdsaScheme", h->scheme);
    cs_jw_str(w, "signerAddress", h->signer != NULL ? cs_slice_str(h->signer) : CS_ABSENT);
    cs_jw_cstr(w, "pqcKeyId", h->key_id);
    cs_jw_raw(w, "metadata", h->metadata.p != NULL ? h->metadata : CS_LIT("{}"));
    cs_jw_str(w, "countersignatureId", h->countersignature != NULL ? cs_slice_str(h->countersignature) : CS_ABSENT);
    cs_envelope_time(w, "createdAt", h->created_ms);
    cs_jw_begin(w, "ledger");
    cs_jw_int(w, "seq", (int64_t)v->seq);
    cs_jw_cstr(w, "entryId", v->entry_id);
    cs_jw_end(w);
}

void cs_hybrid_records_write_pair(cs_jw *w, const cs_hybrid_view *v)
{
    cs_hybrid_write_hex(w, "ecdsaSignature", v->row->ecdsa_signature);
    cs_hybrid_write_hex(w, "pqcSignature", v->row->pqc_signature);
    cs_jw_str(w, "record", v->row->record);
    cs_jw_str(w, "metadataText", v->row->metadata); /* which the record has the digest of */
}

static const char *filled(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

cs_hybrid_row cs_hybrid_records_row(const cs_hybrid_record_row *r)
{
    return (cs_hybrid_row){
        .id = r->id,
        .key_id = r->key_id,
        .chain = r->chain,
        .scheme = r->scheme,
        .signer = filled(r->signer),
        .countersignature = filled(r->countersignature),
        .created_ms = r->created_ms,
        .record = cs_buf_slice(&r->record),
        .message = r->message.n > 0 ? cs_buf_slice(&r->message) : CS_LIT(""),
        .ecdsa_signature = cs_buf_slice(&r->ecdsa_signature),
        .ecdsa_public_key = cs_buf_slice(&r->ecdsa_public_key),
        .pqc_signature = cs_buf_slice(&r->pqc_signature),
        .metadata = r->metadata.n > 0 ? cs_buf_slice(&r->metadata) : CS_ABSENT,
    };
}

static cs_hybrid_view view_of(const cs_hybrid_record_row *r, const cs_hybrid_row *row)
{
    return (cs_hybrid_view){.algorithm = r->algorithm,
                            .pqc_public_key = cs_buf_slice(&r->pqc_public_key),
                            .row = row,
                            .seq = r->seq,
                            .entry_id = r->entry_id};
}

/* -- listing ------------------------------------------------------------------------------------------------------- */

struct listing {
    cs_page page;
    cs_jw *w;
};

/* Messages are of any size, so a page ends when half of what an answer may have is written: a row takes less than the
 * other half. */
static void write_item(void *context, const cs_hybrid_record_row *r)
{
    struct listing *l = context;
    cs_hybrid_row row = cs_hybrid_records_row(r);
    cs_hybrid_view view = view_of(r, &row);
    cs_jw_begin(l->w, NULL);
    cs_hybrid_records_write(l->w, &view);
    cs_jw_end(l->w);
    l->page.full = l->w->out->n > CS_MAX_ANSWER / 2;
}

cs_err cs_hybrid_records_list(cs_call *c, cs_jw *w)
{
    cs_query q;
    struct listing l = {.w = w};
    cs_page *page = &l.page;
    char before[CS_MAX_ID + 1];
    cs_call_page(c, &q, page, before, ROUTE);
    page->key_id = cs_query_text(&q, "keyId", CS_MAX_ID);
    page->chain = cs_query_text(&q, "chain", CS_MAX_WORD);
    cs_slice since = cs_query_text(&q, "since", CS_MAX_ID);
    cs_err err = cs_query_done(&q, &c->fault);
    if (err == CS_OK && page->chain.p != NULL && cs_hybrid_chain_find(page->chain) == NULL)
        err = cs_call_fail(c, CS_BAD_FIELD, "chain");
    if (err == CS_OK && since.p != NULL && cs_time_read(&page->since_ms, since) != CS_OK)
        err = cs_call_fail(c, CS_BAD_FIELD, "since");
    if (err != CS_OK)
        return err;
    cs_jw_begin_array(w, "data");
    err = cs_store_hybrids(c->app->store, page, write_item, &l);
    cs_jw_end_array(w);
    if (err == CS_OK)
        cs_call_pagination(c, w, page, ROUTE);
    return err;
}

/* -- one attestation ----------------------------------------------------------------------------------------------- */

cs_err cs_hybrid_records_find(cs_hybrid_record_row *out, cs_call *c, cs_slice id)
{
    char other[CS_MAX_ID + 1];
    *out = cs_hybrid_record_row_new();
    if (!cs_id_is(id, CS_ID_ATTESTATION))
        return CS_NOT_FOUND;
    cs_err err = cs_store_hybrid(c->app->store, out, cs_call_org(c), id);
    if (err != CS_NOT_FOUND)
        return err;
    cs_hybrid_environment_other(other, c);
    err = cs_store_hybrid(c->app->store, out, cs_slice_str(other), id);
    if (err == CS_OK) {
        cs_hybrid_record_row_free(out);
        *out = cs_hybrid_record_row_new();
        err = cs_access_wrong_environment(c);
    }
    return err;
}

cs_err cs_hybrid_records_get(cs_call *c, cs_jw *w)
{
    cs_hybrid_record_row r;
    cs_err err = cs_hybrid_records_find(&r, c, c->id);
    if (err == CS_OK) {
        cs_hybrid_row row = cs_hybrid_records_row(&r);
        cs_hybrid_view view = view_of(&r, &row);
        cs_jw_begin(w, "data");
        cs_hybrid_records_write(w, &view);
        cs_hybrid_records_write_pair(w, &view);
        if (row.countersignature == NULL) {
            cs_jw_null(w, "countersignature");
        } else {
            cs_jw_begin(w, "countersignature");
            err = cs_signatures_write(w, c, cs_slice_str(row.countersignature));
            cs_jw_end(w);
        }
        cs_jw_end(w);
    }
    cs_hybrid_record_row_free(&r);
    return err;
}

cs_err cs_hybrid_records_bundle(cs_call *c, cs_jw *w)
{
    cs_hybrid_record_row r;
    cs_err err = cs_hybrid_records_find(&r, c, c->id);
    if (err == CS_OK)
        err = r.countersignature[0] != '\0' ? cs_bundles_write(w, c, cs_slice_str(r.countersignature)) : CS_NOT_FOUND;
    cs_hybrid_record_row_free(&r);
    return err;
}
