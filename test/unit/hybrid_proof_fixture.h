/* SPDX-License-Identifier: Apache-2.0 */
/* A stored attestation with its countersignature, from fixed keys: what the service would have answered. */
#ifndef CS_TEST_HYBRID_PROOF_FIXTURE_H
#define CS_TEST_HYBRID_PROOF_FIXTURE_H

#include "bundle_fixture.h"
#include "core/hybrid_proof.h"
#include "hybrid_fixture.h"

#define METADATA "{\"label\":\"Treasury transfer approval\",\"rate\":1.50}"

/* What differs from a good one; zero is good. */
struct proof_options {
    const char *chain; /* NULL: ethereum */
    cs_hybrid_scheme scheme;
    const char *find, *put;              /* an edit of the record before it is countersigned */
    const char *found_later, *put_later; /* … and behind that */
    const char *member, *value;          /* of the answer, in JSON; "" leaves it out */
    const char *prefix;                  /* instead of the right one, before the record */
    const char *purpose;                 /* of the key */
    bool bare;                           /* only what is in `data` */
    bool no_metadata;
    int64_t created_off, iat_off; /* seconds */
    bool no_policy, no_witness, violation;
};

struct proof_made {
    struct owned_pair pair;
    cs_buf record, attestation, bundle, payload;
    struct bundle_made made;
};

static inline void proof_edit(cs_buf *text, const char *find, const char *put)
{
    if (find == NULL)
        return;
    cs_buf edited = cs_buf_new(text->max);
    const char *from = cs_buf_cstr(text), *at = strstr(from, find);
    if (at == NULL)
        fail_msg("nothing to edit: %s", find);
    cs_buf_add(&edited, cs_slice_of(from, (size_t)(at - from)));
    cs_buf_add_str(&edited, put);
    cs_buf_add_str(&edited, at + strlen(find));
    cs_buf_free(text);
    *text = edited;
}

static inline void proof_record(struct proof_made *m, const struct proof_options *o)
{
    cs_hybrid_result r;
    cs_hybrid h = owner_request(&m->pair);
    cs_hybrid_facts facts = {.id = CS_LIT("att_1"),
                             .pqc_key_id = CS_LIT("rk_1"),
                             .created_ms = (NOW + o->created_off) * INT64_C(1000) + 7,
                             .metadata = o->no_metadata ? CS_ABSENT : CS_LIT(METADATA)};
    assert_int_equal(cs_hybrid_verify(&r, &h, NULL), CS_OK);
    assert_int_equal(cs_hybrid_record(&m->record, &h, &r, &facts), CS_OK);
    cs_hybrid_free(&h);
    proof_edit(&m->record, o->find, o->put);
}

static inline void proof_answer(struct proof_made *m, const struct proof_options *o)
{
    cs_buf whole = cs_buf_new(CS_MAX_BODY);
    cs_jw w = cs_jw_on(&whole);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "id", "att_1");
    cs_jw_cstr(&w, "status", "verified");
    owner_write(&w, &m->pair);
    if (!o->no_metadata) {
        cs_jw_raw(&w, "metadata", CS_LIT(METADATA));
        cs_jw_cstr(&w, "metadataText", METADATA);
    }
    cs_jw_str(&w, "record", cs_buf_slice(&m->record));
    cs_jw_end(&w);
    if (o->member != NULL) { /* its old value goes, wherever it stands */
        cs_json *json = NULL, *change = NULL;
        cs_buf text = cs_buf_new(CS_MAX_BODY), overlaid = cs_buf_new(CS_MAX_BODY);
        cs_buf_printf(&text, "{\"%s\":%s}", o->member, o->value[0] != '\0' ? o->value : "\"gone\"");
        proof_edit(&whole, o->no_metadata ? NULL : "\"metadata\":" METADATA ",", ""); /* no double is overlaid */
        assert_int_equal(cs_json_parse(&json, cs_buf_slice(&whole), CS_MAX_BODY), CS_OK);
        assert_int_equal(cs_json_parse(&change, cs_buf_slice(&text), CS_MAX_BODY), CS_OK);
        assert_int_equal(cs_json_overlay(&overlaid, cs_json_root(json), cs_json_root(change)), CS_OK);
        cs_json_free(json);
        cs_json_free(change);
        cs_buf_free(&text);
        cs_buf_free(&whole);
        whole = overlaid;
        if (o->value[0] == '\0') {
            char find[64];
            (void)snprintf(find, sizeof find, "\"%s\":\"gone\"", o->member);
            proof_edit(&whole, find, "\"other\":0");
        }
    }
    cs_buf_add_str(&m->attestation, o->bare ? "" : "{\"data\":");
    cs_buf_add(&m->attestation, cs_buf_slice(&whole));
    cs_buf_add_str(&m->attestation, o->bare ? "" : ",\"meta\":{\"requestId\":\"r\"}}");
    cs_buf_free(&whole);
}

static inline void proof_make(struct proof_made *m, const struct proof_options *o)
{
    *m = (struct proof_made){.record = cs_buf_new(2 * CS_MAX_HYBRID_RECORD),
                             .attestation = cs_buf_new(CS_MAX_BODY),
                             .bundle = cs_buf_new(CS_MAX_BUNDLE),
                             .payload = cs_buf_new(4 * CS_MAX_HYBRID_RECORD)};
    owner_pair(&m->pair, o->chain != NULL ? o->chain : "ethereum", "ml-dsa-44", CS_LIT(HELLO),
               o->scheme != CS_HYBRID_BY_CHAIN ? o->scheme : CS_HYBRID_EIP191);
    proof_record(m, o);
    cs_buf_add_str(&m->payload, o->prefix != NULL ? o->prefix : "countersign/hybrid/v1\n");
    cs_buf_add(&m->payload, cs_buf_slice(&m->record));
    const struct bundle_options options = {.payload = cs_buf_cstr(&m->payload),
                                           .purpose = o->purpose != NULL ? o->purpose : "hybrid",
                                           .no_policy = o->no_policy,
                                           .no_witness = o->no_witness,
                                           .iat_off = o->iat_off,
                                           .event_type = o->violation ? "attestation.violation" : NULL};
    bundle_make(&m->made, &options);
    assert_int_equal(cs_bundle_write(&m->bundle, &m->made.parts), CS_OK);
    proof_edit(&m->record, o->found_later, o->put_later);
    proof_answer(m, o);
}

static inline void proof_free(struct proof_made *m)
{
    bundle_free(&m->made);
    cs_buf_free(&m->record);
    cs_buf_free(&m->attestation);
    cs_buf_free(&m->bundle);
    cs_buf_free(&m->payload);
}

#endif
