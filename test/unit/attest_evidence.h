/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cases of raw evidence of the hardware vendors: a row, its place in test/vectors/attestation-evidence-cases.json, and
 * running it from there. Each vendor's rows stand in attest_rows_<vendor>.h. Public documents are named, never copied;
 * where the collection is absent their cases are skipped, and counted.
 */
#ifndef CS_TEST_ATTEST_EVIDENCE_H
#define CS_TEST_ATTEST_EVIDENCE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest_cases.h"
#include "attest_files.h"
#include "core/azure_shapes.h"
#include "core/crypto_x509.h"
#include "core/evidence.h"
#include "countersign/attest.h"

#ifndef COUNT
#define COUNT(a) (sizeof(a) / sizeof *(a))
#endif
#define EVIDENCE_MAX (1u << 20)
#define EVIDENCE_CERTIFICATES 8 /* of one PEM file */

/* One change of the bytes. Offsets count from the front, negative ones from the end. */
struct mutation {
    enum { MUTATE_NOT, MUTATE_XOR, MUTATE_CUT, MUTATE_APPEND } how;
    int offset;         /* of the byte, or how long it is afterwards */
    unsigned char with; /* what the byte is xored with, or the byte behind the last */
};

struct evidence_row {
    const char *name;
    cs_err reason;
    const char *policy;     /* JSON text */
    const char *find, *put; /* the first `find` in it, which must be there, becomes `put`; or NULL */
    /* The evidence, one of three. A file as it is, by its path below the collection: */
    const char *file;
    /* (with certificates beside it, "pem:PATH#N" in a JSON array, or NULL: it is in a shape of others, azure_shapes.h)
     */
    const char *certificates;
    /* ... a JSON text put together from files: a string "b64:PATH" becomes the base64 of the file, "pem:PATH#N" the
     * base64 of the DER of its N-th certificate, from 0; */
    const char *assemble;
    /* ... or made here, base64 in the corpus. Signatures come out differently each time: what the corpus has is kept.
     */
    void (*make)(cs_buf *policy, cs_buf *evidence, const void *what);
    const void *what; /* given to it */
    struct mutation mutation;
    const char *nonce, *binding, *public_key; /* in hand, base64; NULL: not compared */
    int64_t at;                               /* evaluation time, seconds; stored: of the record */
    bool stored, dated, production;
    /* What the verdict shows when the proof holds; NULL: not looked at. */
    const char *image;
    int64_t time; /* -1: none */
    bool hardware;
};

static inline const char *public_file_sha256(cs_slice path)
{
    for (size_t i = 0; i < COUNT(public_files); i++)
        if (cs_slice_is(path, public_files[i].path))
            return public_files[i].sha256;
    fail_msg("attest_files.h does not list %.*s", (int)path.n, (const char *)path.p);
    return NULL;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static inline void write_public_file(cs_jw *w, const char *name, cs_slice path)
{
    cs_jw_begin(w, name);
    cs_jw_str(w, "path", path);
    cs_jw_cstr(w, "sha256", public_file_sha256(path));
    cs_jw_end(w);
}

/* The path of "b64:PATH" or "pem:PATH#N"; absent for any other text. */
static inline cs_slice path_of_part(cs_slice text)
{
    if (!cs_slice_starts(text, CS_LIT("b64:")) && !cs_slice_starts(text, CS_LIT("pem:")))
        return CS_ABSENT;
    size_t n = 4;
    while (n < text.n && text.p[n] != '#')
        n++;
    return cs_slice_sub(text, 4, n - 4);
}

/* The files of an assembled text, each once, in order of appearance. */
static inline void write_parts(cs_jw *w, const char *name, const char *assemble)
{
    cs_slice seen[16];
    size_t count = 0;
    cs_jw_raw(w, name, cs_slice_str(assemble));
    cs_jw_begin_array(w, "files");
    for (const char *at = strchr(assemble, '"'); at != NULL; at = strchr(at + 1, '"')) {
        const char *end = strchr(at + 1, '"');
        cs_slice path = end == NULL ? CS_ABSENT : path_of_part(cs_slice_of(at + 1, (size_t)(end - at - 1)));
        bool again = path.p == NULL;
        for (size_t i = 0; i < count; i++)
            again = again || cs_slice_eq(seen[i], path);
        if (again)
            continue;
        assert_true(count < COUNT(seen));
        seen[count++] = path;
        write_public_file(w, NULL, path);
    }
    cs_jw_end_array(w);
}

static inline void write_mutation(cs_jw *w, const struct mutation *m)
{
    static const char *const names[] = {[MUTATE_XOR] = "xor", [MUTATE_CUT] = "cut", [MUTATE_APPEND] = "append"};
    if (m->how == MUTATE_NOT)
        return;
    cs_jw_begin(w, "mutate");
    cs_jw_cstr(w, "how", names[m->how]);
    if (m->how != MUTATE_APPEND)
        cs_jw_int(w, "offset", m->offset);
    if (m->how != MUTATE_CUT)
        cs_jw_int(w, "with", m->with);
    cs_jw_end(w);
}

static inline void write_evidence_clock(cs_jw *w, const struct evidence_row *row)
{
    cs_jw_begin(w, "clock");
    cs_jw_cstr(w, "mode", row->stored ? "stored" : "live");
    cs_jw_int(w, row->stored ? "entryTime" : "now", row->at);
    if (row->stored)
        cs_jw_bool(w, "dated", row->dated);
    cs_jw_end(w);
}

static inline void write_evidence_expected(cs_jw *w, const struct evidence_row *row)
{
    cs_jw_bool(w, "verdict", row->reason == CS_OK);
    cs_jw_cstr(w, "reason", cs_err_name(row->reason));
    if (row->image == NULL)
        return;
    cs_jw_begin(w, "proven");
    cs_jw_cstr(w, "imageHash", row->image);
    if (row->time >= 0)
        cs_jw_int(w, "evidenceTime", row->time);
    cs_jw_bool(w, "hardware", row->hardware);
    cs_jw_end(w);
}

static inline void evidence_policy(cs_buf *out, const struct evidence_row *row)
{
    const char *at = row->find == NULL ? NULL : strstr(row->policy, row->find);
    if (row->find != NULL && at == NULL)
        fail_msg("%s: nothing to edit: %s", row->name, row->find);
    cs_buf_add(out, at == NULL ? cs_slice_str(row->policy) : cs_slice_of(row->policy, (size_t)(at - row->policy)));
    if (at != NULL) {
        cs_buf_add_str(out, row->put);
        cs_buf_add_str(out, at + strlen(row->find));
    }
}

/* `kept`: the case of this name in the corpus, from which what was made is taken over; absent: it is made anew. */
static inline void write_evidence_case(cs_buf *out, const struct evidence_row *row, cs_jval kept)
{
    cs_buf policy = cs_buf_new(CS_MAX_POLICY), made = cs_buf_new(EVIDENCE_MAX);
    if (row->make != NULL && kept.v != NULL) {
        cs_jobj o = cs_jobj_open(kept);
        assert_int_equal(cs_json_canonical(&policy, cs_jobj_object(&o, "policy")), CS_OK);
        assert_true(cs_jobj_base64(&o, "documentB64", EVIDENCE_MAX, &made));
    } else if (row->make != NULL) {
        cs_buf text = cs_buf_new(CS_MAX_POLICY);
        cs_json *json = NULL;
        row->make(&text, &made, row->what);
        assert_int_equal(cs_json_parse(&json, cs_buf_slice(&text), CS_MAX_POLICY), CS_OK);
        assert_int_equal(cs_json_canonical(&policy, cs_json_root(json)), CS_OK);
        cs_json_free(json);
        cs_buf_free(&text);
    } else {
        evidence_policy(&policy, row);
    }
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "name", row->name);
    cs_jw_raw(&w, "policy", cs_buf_slice(&policy));
    if (row->file != NULL)
        write_public_file(&w, "file", cs_slice_str(row->file));
    else if (row->assemble != NULL)
        write_parts(&w, "assemble", row->assemble);
    else
        cs_jw_base64(&w, "documentB64", cs_buf_slice(&made));
    if (row->certificates != NULL)
        write_parts(&w, "certificates", row->certificates);
    write_mutation(&w, &row->mutation);
    write_evidence_clock(&w, row);
    cs_jw_bool(&w, "allowMock", !row->production);
    const char *const optional[][2] = {
        {"nonce", row->nonce}, {"binding", row->binding}, {"publicKey", row->public_key}};
    for (size_t i = 0; i < COUNT(optional); i++)
        if (optional[i][1] != NULL)
            cs_jw_cstr(&w, optional[i][0], optional[i][1]);
    write_evidence_expected(&w, row);
    cs_jw_end(&w);
    cs_buf_free(&made);
    cs_buf_free(&policy);
}

/* -- running ------------------------------------------------------------------------------------------------------- */

/* The public file, whose hash must be the stated one; false if there is no such file here. */
static inline bool read_public(cs_buf *out, cs_jval v)
{
    char place[512], hex_text[2 * CS_SHA256_LEN + 1];
    cs_buf hex = CS_BUF_OVER(hex_text);
    cs_digest digest;
    cs_jobj o = cs_jobj_open(v);
    cs_slice path = cs_jobj_str(&o, "path", 256), sha256 = cs_jobj_str(&o, "sha256", 64);
    assert_int_equal(cs_jobj_done(&o), CS_OK);
    assert_true(snprintf(place, sizeof place, "%s/%.*s", CS_SHARED_VECTORS, (int)path.n, (const char *)path.p) <
                (int)sizeof place);
    if (access(place, R_OK) != 0)
        return false;
    assert_int_equal(cs_file_read(out, place), CS_OK);
    assert_int_equal(cs_hash(&digest, CS_SHA256, cs_buf_slice(out)), CS_OK);
    cs_hex_encode(&hex, cs_digest_slice(&digest));
    if (!cs_slice_eq(cs_buf_slice(&hex), sha256))
        fail_msg("%s is another file than the corpus means", place);
    return true;
}

struct part_file {
    cs_slice path;
    cs_buf bytes;
};

/* Base64 of what a part stands for. */
static inline void add_file_part(cs_buf *out, cs_slice part, const struct part_file *files, size_t count)
{
    cs_slice path = path_of_part(part);
    const struct part_file *f = NULL;
    for (size_t i = 0; i < count; i++)
        if (cs_slice_eq(files[i].path, path))
            f = &files[i];
    assert_non_null(f);
    if (cs_slice_starts(part, CS_LIT("b64:"))) {
        cs_base64_encode(out, cs_buf_slice(&f->bytes));
        return;
    }
    cs_buf ders = cs_buf_new(EVIDENCE_MAX);
    cs_slice certificates[EVIDENCE_CERTIFICATES];
    size_t n = 0, which = (size_t)(part.p[part.n - 1] - '0');
    assert_int_equal(cs_pem_certificates(&ders, certificates, &n, EVIDENCE_CERTIFICATES, cs_buf_slice(&f->bytes)),
                     CS_OK);
    assert_true(which < n);
    cs_base64_encode(out, certificates[which]);
    cs_buf_free(&ders);
}

/* No string of such a text has an escape in it. */
static inline void assemble(cs_buf *out, cs_jval v, const struct part_file *files, size_t count)
{
    cs_buf text = cs_buf_new(EVIDENCE_MAX);
    assert_int_equal(cs_json_canonical(&text, v), CS_OK);
    cs_slice rest = cs_buf_slice(&text);
    const uint8_t *open;
    while (rest.n > 0 && (open = memchr(rest.p, '"', rest.n)) != NULL) {
        size_t from = (size_t)(open - rest.p) + 1;
        const uint8_t *close = memchr(open + 1, '"', rest.n - from);
        assert_non_null(close);
        size_t to = (size_t)(close - rest.p);
        cs_slice string = cs_slice_sub(rest, from, to - from);
        bool part = path_of_part(string).p != NULL;
        cs_buf_add(out, cs_slice_sub(rest, 0, part ? from : to));
        if (part)
            add_file_part(out, string, files, count);
        cs_buf_add_str(out, "\"");
        rest = cs_slice_sub(rest, to + 1, rest.n);
    }
    cs_buf_add(out, rest);
    cs_buf_free(&text);
}

static inline bool read_assembled(cs_buf *out, cs_jobj *o, cs_jval what)
{
    struct part_file files[16];
    cs_jval list = cs_jobj_array(o, "files");
    size_t n = cs_jarr_len(list);
    bool here = true;
    assert_true(n > 0 && n <= COUNT(files));
    for (size_t i = 0; i < n; i++) {
        cs_jobj f = cs_jobj_open(cs_jarr_at(list, i));
        files[i] = (struct part_file){cs_jobj_str(&f, "path", 256), cs_buf_new(EVIDENCE_MAX)};
        here = here && read_public(&files[i].bytes, cs_jarr_at(list, i));
    }
    if (here)
        assemble(out, what, files, n);
    for (size_t i = 0; i < n; i++)
        cs_buf_free(&files[i].bytes);
    return here;
}

/* Makes evidence in a shape of others one in ours, with the certificates that stand beside it. */
static inline bool join_beside(cs_buf *bytes, cs_jobj *o, cs_jval beside)
{
    cs_azure_parts parts;
    cs_slice certificates[EVIDENCE_CERTIFICATES];
    cs_json *doc = NULL;
    cs_buf list = cs_buf_new(EVIDENCE_MAX), ders = cs_buf_new(EVIDENCE_MAX), text = cs_buf_new(EVIDENCE_MAX);
    bool here = read_assembled(&list, o, beside);
    if (here) {
        assert_non_null(cs_buf_reserve(&ders, list.n));
        assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&list), EVIDENCE_MAX), CS_OK);
        size_t n = cs_jarr_len(cs_json_root(doc));
        assert_true(n <= EVIDENCE_CERTIFICATES);
        for (size_t i = 0; i < n; i++) {
            size_t from = ders.n;
            assert_int_equal(cs_base64_decode(&ders, cs_jval_str(cs_jarr_at(cs_json_root(doc), i))), CS_OK);
            certificates[i] = cs_slice_sub(cs_buf_slice(&ders), from, ders.n);
        }
        assert_int_equal(cs_azure_parts_read(&parts, cs_buf_slice(bytes)), CS_OK);
        cs_azure_parts_write(&text, &parts, certificates, n);
        cs_azure_parts_free(&parts);
        cs_buf_clear(bytes);
        cs_buf_add(bytes, cs_buf_slice(&text));
    }
    cs_json_free(doc);
    cs_buf_free(&list);
    cs_buf_free(&ders);
    cs_buf_free(&text);
    return here;
}

static inline void mutate(cs_buf *bytes, cs_jval v)
{
    cs_jobj o = cs_jobj_open(v);
    cs_slice how = cs_jobj_str(&o, "how", 16);
    int64_t offset = cs_jobj_int_or(&o, "offset", -(int64_t)EVIDENCE_MAX, EVIDENCE_MAX, 0);
    int64_t with = cs_jobj_int_or(&o, "with", 0, 255, 0);
    assert_int_equal(cs_jobj_done(&o), CS_OK);
    size_t at = (size_t)(offset < 0 ? (int64_t)bytes->n + offset : offset);
    if (cs_slice_is(how, "append")) {
        cs_buf_add_u8(bytes, (uint8_t)with);
        return;
    }
    assert_true(at < bytes->n);
    if (cs_slice_is(how, "cut"))
        bytes->n = at;
    else
        bytes->p[at] ^= (uint8_t)with;
}

/* The evidence of a case; false if a public file is absent. */
static inline bool read_evidence_bytes(cs_buf *out, cs_jobj *o)
{
    cs_jval file = cs_jobj_object_opt(o, "file");
    cs_jval beside = cs_jobj_array_opt(o, "certificates");
    bool assembled = cs_jobj_has(o, "assemble"), here = true;
    (void)cs_jobj_has(o, "files"); /* read only while the files are here */
    if (file.v != NULL)
        here = read_public(out, file);
    else if (assembled)
        here = read_assembled(out, o, cs_jobj_object(o, "assemble"));
    else
        assert_true(cs_jobj_base64(o, "documentB64", EVIDENCE_MAX, out));
    if (here && beside.v != NULL)
        here = join_beside(out, o, beside);
    cs_jval mutation = cs_jobj_object_opt(o, "mutate");
    if (here && mutation.v != NULL)
        mutate(out, mutation);
    return here;
}

static inline cs_slice read_expected_bytes(cs_buf *memory, cs_jobj *o, const char *name)
{
    size_t from = memory->n;
    return cs_jobj_base64_opt(o, name, 4096, memory) ? cs_slice_sub(cs_buf_slice(memory), from, memory->n) : CS_ABSENT;
}

static inline void compare_proven(cs_slice name, const cs_verdict *v, cs_jval proven)
{
    cs_jobj o = cs_jobj_open(proven);
    cs_slice image = cs_jobj_str(&o, "imageHash", CS_MAX_MEASUREMENT);
    int64_t time = cs_jobj_int_or(&o, "evidenceTime", 0, CS_JSON_INT_MAX, -1);
    bool hardware = cs_jobj_bool_or(&o, "hardware", false);
    assert_int_equal(cs_jobj_done(&o), CS_OK);
    if (!v->proven || !cs_slice_is(image, v->image_hash) || v->evidence_time != time || v->hardware != hardware)
        fail_msg("%.*s: shows %s of %lld, hardware %d", (int)name.n, (const char *)name.p, v->image_hash,
                 (long long)v->evidence_time, v->hardware);
}

/* The library for others says the same, to the byte. */
static inline void compare_library(cs_slice name, const cs_verdict *v, const cs_buf *policy, const cs_buf *bytes,
                                   const cs_evidence_expect *e)
{
    char said[COUNTERSIGN_VERDICT_MAX];
    const char *reason = NULL;
    const countersign_evidence evidence = {.evidence = bytes->p,
                                           .evidence_len = bytes->n,
                                           .policy = (const char *)policy->p,
                                           .policy_len = policy->n,
                                           .binding = e->binding.p,
                                           .binding_len = e->binding.n,
                                           .nonce = e->nonce.p,
                                           .nonce_len = e->nonce.n,
                                           .public_key = e->public_key.p,
                                           .public_key_len = e->public_key.n,
                                           .now = e->now,
                                           .stored = e->clock == CS_CLOCK_STORED,
                                           .entry_time = e->entry_time,
                                           .dated = e->dated,
                                           .allow_mock = e->allow_mock};
    cs_buf wanted = cs_buf_new(COUNTERSIGN_VERDICT_MAX);
    cs_verdict_json(&wanted, v);
    int want = v->reason == CS_OK ? COUNTERSIGN_VERIFIED : COUNTERSIGN_REFUSED;
    int got = countersign_verify_evidence(&reason, said, sizeof said, &evidence);
    if (got != want || strcmp(reason, cs_err_name(v->reason)) != 0 || strcmp(said, cs_buf_cstr(&wanted)) != 0)
        fail_msg("%.*s: the library says %s %s", (int)name.n, (const char *)name.p, reason, said);
    cs_buf_free(&wanted);
}

/* Runs one case of the corpus. False if it was skipped. *seen is the reason that it was about. */
static inline bool run_evidence_case(cs_err *seen, cs_jval v)
{
    cs_policy policy;
    cs_verdict verdict;
    cs_jobj o = cs_jobj_open(v);
    cs_buf text = cs_buf_new(CS_MAX_POLICY), bytes = cs_buf_new(EVIDENCE_MAX), memory = cs_buf_new(1u << 16);
    assert_non_null(cs_buf_reserve(&memory, 3 * 4096));
    cs_slice name = cs_jobj_str(&o, "name", 256), reason = cs_jobj_str(&o, "reason", 64);
    bool verified = cs_jobj_bool_or(&o, "verdict", false);
    cs_jval proven = cs_jobj_object_opt(&o, "proven");
    assert_int_equal(cs_json_canonical(&text, cs_jobj_object(&o, "policy")), CS_OK);
    cs_jobj clock = cs_jobj_open(cs_jobj_object(&o, "clock"));
    bool stored = cs_slice_is(cs_jobj_str(&clock, "mode", 16), "stored");
    cs_evidence_expect e = {.allow_mock = cs_jobj_bool_or(&o, "allowMock", false),
                            .clock = stored ? CS_CLOCK_STORED : CS_CLOCK_LIVE,
                            .now = cs_jobj_int_or(&clock, "now", 0, CS_JSON_INT_MAX, 0),
                            .entry_time = cs_jobj_int_or(&clock, "entryTime", 0, CS_JSON_INT_MAX, 0),
                            .dated = cs_jobj_bool_or(&clock, "dated", false),
                            .nonce = read_expected_bytes(&memory, &o, "nonce"),
                            .binding = read_expected_bytes(&memory, &o, "binding"),
                            .public_key = read_expected_bytes(&memory, &o, "publicKey")};
    bool here = read_evidence_bytes(&bytes, &o);
    assert_int_equal(cs_jobj_done(&clock), CS_OK);
    assert_int_equal(cs_jobj_done(&o), CS_OK);
    cs_err read = cs_policy_parse(&policy, NULL, cs_buf_slice(&text), true);
    if (read != CS_OK)
        fail_msg("%.*s: policy: %s", (int)name.n, (const char *)name.p, cs_err_name(read));
    if (here) {
        *seen = cs_evidence_verify(&verdict, cs_buf_slice(&bytes), &policy, &e);
        if (!cs_slice_is(reason, cs_err_name(*seen)) || *seen != verdict.reason || (*seen == CS_OK) != verified)
            fail_msg("%.*s: got %s", (int)name.n, (const char *)name.p, cs_err_name(*seen));
        if (proven.v != NULL)
            compare_proven(name, &verdict, proven);
        compare_library(name, &verdict, &text, &bytes, &e);
    }
    cs_policy_free(&policy);
    cs_buf_free(&memory);
    cs_buf_free(&bytes);
    cs_buf_free(&text);
    return here;
}

#endif
