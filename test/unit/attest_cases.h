/* SPDX-License-Identifier: Apache-2.0 */
/* Reading test/vectors/attestation-cases.json: one case as the verifiers take it. */
#ifndef CS_TEST_ATTEST_CASES_H
#define CS_TEST_ATTEST_CASES_H

#include <stdlib.h>

#include "attest_fixture.h"
#include "sys/file.h"

#define CASES_FILE CS_VECTORS "/attestation-cases.json"
#define HARDWARE_FILE CS_VECTORS "/attestation-hardware-cases.json"
#define EVIDENCE_FILE CS_VECTORS "/attestation-evidence-cases.json"
#define CASES_MAX (4u << 20)

struct attest_case {
    cs_slice name;
    cs_buf policy;   /* JSON text */
    cs_buf document; /* ASCII */
    cs_buf bytes;    /* memory of the binary members below */
    cs_slice payload, signature, nonce, prehash;
    cs_slice prehash_alg, key_id, algorithm, format, public_key, purpose; /* texts; absent if not given */
    cs_attest_kind kind;
    bool allow_mock, stored, dated, empty_allow_list, verdict;
    int64_t now, entry_time;
    cs_slice reason;
};

static inline cs_json *cases_load_file(cs_buf *text, const char *file)
{
    cs_json *doc = NULL;
    *text = cs_buf_new(CASES_MAX);
    assert_int_equal(cs_file_read(text, file), CS_OK);
    assert_int_equal(cs_json_parse(&doc, cs_buf_slice(text), CASES_MAX), CS_OK);
    return doc;
}

static inline cs_json *cases_load(cs_buf *text)
{
    return cases_load_file(text, CASES_FILE);
}

static inline cs_slice case_bytes(struct attest_case *c, cs_jobj *o, const char *name)
{
    size_t from = c->bytes.n;
    if (!cs_jobj_base64_opt(o, name, CS_MAX_SIGNATURE, &c->bytes))
        return CS_ABSENT;
    return cs_slice_sub(cs_buf_slice(&c->bytes), from, c->bytes.n);
}

static inline void case_read_document(struct attest_case *c, cs_jobj *o)
{
    cs_buf_add(&c->document, cs_jobj_str_opt(o, "document", CASES_MAX));
    cs_jval repeated = cs_jobj_object_opt(o, "documentRepeat");
    if (repeated.v == NULL)
        return;
    cs_jobj r = cs_jobj_open(repeated);
    cs_slice text = cs_jobj_str(&r, "text", CASES_MAX);
    int64_t count = cs_jobj_int(&r, "count", 1, CASES_MAX);
    assert_int_equal(cs_jobj_done(&r), CS_OK);
    for (int64_t i = 0; i < count; i++)
        cs_buf_add(&c->document, text);
}

static inline void case_read_clock(struct attest_case *c, cs_jobj *o)
{
    cs_jobj clock = cs_jobj_open(cs_jobj_object(o, "clock"));
    c->stored = cs_slice_is(cs_jobj_str(&clock, "mode", 16), "stored");
    c->now = cs_jobj_int_or(&clock, "now", 0, CS_JSON_INT_MAX, 0);
    c->entry_time = cs_jobj_int_or(&clock, "entryTime", 0, CS_JSON_INT_MAX, 0);
    c->dated = cs_jobj_bool_or(&clock, "dated", false);
    assert_int_equal(cs_jobj_done(&clock), CS_OK);
}

static inline cs_attest_kind case_kind(cs_slice name)
{
    if (cs_slice_is(name, "birth"))
        return CS_ATTEST_BIRTH;
    return cs_slice_is(name, "boot") ? CS_ATTEST_BOOT : CS_ATTEST_SIGN;
}

static inline void case_read(struct attest_case *c, cs_jval v)
{
    cs_jobj o = cs_jobj_open(v);
    *c = (struct attest_case){.policy = cs_buf_new(CASES_MAX), .document = cs_buf_new(CASES_MAX)};
    c->bytes = cs_buf_new(CASES_MAX);
    assert_non_null(cs_buf_reserve(&c->bytes, 4 * CS_MAX_SIGNATURE)); /* so that slices of it stay where they are */
    c->name = cs_jobj_str(&o, "name", 256);
    assert_int_equal(cs_json_canonical(&c->policy, cs_jobj_object(&o, "policy")), CS_OK);
    case_read_document(c, &o);
    case_read_clock(c, &o);
    c->kind = case_kind(cs_jobj_str_opt(&o, "kind", 16));
    c->allow_mock = cs_jobj_bool_or(&o, "allowMock", false);
    c->empty_allow_list = cs_jobj_bool_or(&o, "emptyAllowList", false);
    c->payload = case_bytes(c, &o, "payload");
    c->signature = case_bytes(c, &o, "signature");
    c->nonce = case_bytes(c, &o, "nonce");
    cs_jval prehash = cs_jobj_object_opt(&o, "preHash");
    if (prehash.v != NULL) {
        cs_jobj p = cs_jobj_open(prehash);
        c->prehash_alg = cs_jobj_str(&p, "alg", 16);
        c->prehash = case_bytes(c, &p, "value");
        assert_int_equal(cs_jobj_done(&p), CS_OK);
    }
    c->key_id = cs_jobj_str_opt(&o, "keyId", 256);
    c->algorithm = cs_jobj_str_opt(&o, "algorithm", 64);
    c->format = cs_jobj_str_opt(&o, "signatureFormat", 64);
    c->public_key = cs_jobj_str_opt(&o, "publicKey", CS_MAX_PUBLIC_KEY_JSON);
    c->purpose = cs_jobj_str_opt(&o, "purpose", 16);
    c->verdict = cs_jobj_bool_or(&o, "verdict", false);
    c->reason = cs_jobj_str(&o, "reason", 64);
    assert_int_equal(cs_jobj_done(&o), CS_OK);
}

static inline void case_free(struct attest_case *c)
{
    cs_buf_free(&c->policy);
    cs_buf_free(&c->document);
    cs_buf_free(&c->bytes);
}

#endif
