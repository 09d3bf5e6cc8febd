/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The corpus of verdict cases, in three files: made from attest_rows*.h (`test_attest_cases --write FOLDER`), compared
 * with the files of the tree, and run from them as another implementation would run them. What was made with
 * signatures that come out differently each time is taken over from the file that is there; without the file, all of it
 * is made anew.
 */
#include <stdio.h>
#include <string.h>

#include "attest_evidence.h"
#include "attest_rows.h"
#include "attest_rows_azure.h"
#include "attest_rows_gcp.h"
#include "attest_rows_hardware.h"
#include "attest_rows_nitro.h"
#include "attest_rows_snp.h"
#include "attest_rows_tdx.h"

/* One line a vendor that has rows of raw evidence: attest_rows_<vendor>.h. */
static const struct evidence_rows {
    const struct evidence_row *rows;
    size_t count;
} evidence_rows[] = {
    {nitro_evidence_rows, COUNT(nitro_evidence_rows)}, {azure_evidence_rows, COUNT(azure_evidence_rows)},
    {gcp_evidence_rows, COUNT(gcp_evidence_rows)},     {snp_evidence_rows, COUNT(snp_evidence_rows)},
    {tdx_evidence_rows, COUNT(tdx_evidence_rows)},
};

static const char about[] =
    "Verdict cases for attestation documents (protocol/attestation.md). Each of `cases`: verify `document` (ASCII; "
    "`documentRepeat` stands for `text` repeated `count` times) under `policy`, asked for `kind` (default sign), with "
    "development roots accepted if `allowMock`; `emptyAllowList`: empty the allow-list after the policy was read. "
    "`clock`: live at `now`, or stored at `entryTime` (`dated`: a pinned witness dates the entry), in seconds. In hand "
    "are the payload (base64), or its pre-hash, and the signature (base64); absent means not in hand. `nonce` "
    "(base64), `keyId`, `algorithm`, `signatureFormat`, `publicKey` (the service's text: key, algorithm and format) "
    "are checked if present; `purpose` (default sign) is that of the key that is expected. Expected: `verdict` (true "
    "only for fully verified) and `reason`. Each of `policies`: reading the text `policyText`, with development roots "
    "accepted if `allowMock`, gives `reason`.";

static const char about_hardware[] =
    "More `cases` as in attestation-cases.json: documents around evidence of hardware, under roots that exist only "
    "here.";

static const char about_evidence[] =
    "Each of `evidence`: a vendor's evidence alone, judged under `policy` at `clock` (as in attestation-cases.json). "
    "It "
    "is the bytes of `file` (a public document: `path` below the collection of vectors beside the clone, `sha256`), or "
    "the text `assemble` in which each string `b64:PATH` is the base64 of such a file and `pem:PATH#N` that of the DER "
    "of its N-th certificate (all of `files`), or `documentB64`; where `certificates` (parts as in `assemble`) stand "
    "beside it, it has a shape of others "
    "(protocol/attestation.md, azure-confidential-vm) and is put into the verified one with them; then changed as "
    "`mutate` says: the byte at `offset` "
    "(a "
    "negative one counts from the end) `xor` `with`, `cut` there, or the byte `with` put behind. `nonce`, `binding` "
    "and "
    "`publicKey` (base64) are in hand. Where `proven` is there, the verdict shows `imageHash`, `evidenceTime` (none if "
    "absent) and `hardware`. Cases whose public files are absent are skipped and counted.";

static void apply(cs_buf *text, const struct edit *e)
{
    if (e->find == NULL)
        return;
    cs_buf edited = cs_buf_new(text->max);
    const char *from = cs_buf_cstr(text), *at = strstr(from, e->find);
    if (at == NULL)
        fail_msg("nothing to edit: %s", e->find);
    cs_buf_add(&edited, cs_slice_of(from, (size_t)(at - from)));
    cs_buf_add_str(&edited, e->put);
    cs_buf_add_str(&edited, at + strlen(e->find));
    assert_int_equal(edited.err, CS_OK);
    cs_buf_free(text);
    *text = edited;
}

/* The signing input of one document, the proof of another. */
static void splice_proof(cs_buf *doc, const cs_buf *other)
{
    size_t dot = other->n;
    while (other->p[--dot] != '.')
        ;
    drop_proof(doc);
    cs_buf_add(doc, cs_slice_sub(cs_buf_slice(other), dot, other->n));
}

static void make_document(cs_buf *doc, const struct row *row)
{
    cs_buf payload = cs_buf_new(CS_MAX_ATTESTATION), whole = cs_buf_new(CS_MAX_ATTESTATION);
    fixture_document(&whole, row->made);
    assert_int_equal(cs_attest_payload_json(&payload, cs_buf_slice(&whole)), CS_OK);
    for (size_t i = 0; i < COUNT(row->claims); i++)
        apply(&payload, &row->claims[i]);
    cs_key *root = fixture_root(row->root);
    fixture_sign(doc, cs_slice_str(row->header != NULL ? row->header : CS_ATTEST_MOCK_HEADER),
                 row->payload_text != NULL ? cs_slice_str(row->payload_text) : cs_buf_slice(&payload), root);
    cs_key_free(root);
    if (row->keep_proof)
        splice_proof(doc, &whole);
    if (row->damage != NULL)
        row->damage(doc);
    cs_buf_free(&whole);
    cs_buf_free(&payload);
}

static void write_document(cs_jw *w, const struct row *row)
{
    if (row->repeat != NULL) {
        cs_jw_begin(w, "documentRepeat");
        cs_jw_cstr(w, "text", row->repeat);
        cs_jw_int(w, "count", row->times);
        cs_jw_end(w);
        return;
    }
    cs_buf doc = cs_buf_new(CS_MAX_ATTESTATION);
    make_document(&doc, row);
    cs_jw_str(w, "document", cs_buf_slice(&doc));
    cs_buf_free(&doc);
}

static void write_clock(cs_jw *w, const struct row *row)
{
    cs_jw_begin(w, "clock");
    cs_jw_cstr(w, "mode", row->stored ? "stored" : "live");
    /* Stored evidence is looked at a year later. */
    cs_jw_int(w, "now", row->stored ? NOW + 31536000 : NOW + row->at);
    if (row->stored) {
        cs_jw_int(w, "entryTime", NOW + row->at);
        cs_jw_bool(w, "dated", row->dated);
    }
    cs_jw_end(w);
}

static void write_public_key(cs_jw *w)
{
    cs_buf bytes = cs_buf_new(CS_MAX_PUBLIC_KEY), text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    fixture_public_key(&bytes);
    assert_int_equal(
        cs_public_key_json(&text, cs_alg_find(CS_LIT("mldsa65+ed25519")), CS_FORMAT_COMPOSITE, cs_buf_slice(&bytes)),
        CS_OK);
    cs_jw_str(w, "publicKey", cs_buf_slice(&text));
    cs_buf_free(&text);
    cs_buf_free(&bytes);
}

static void write_in_hand(cs_jw *w, const struct row *row)
{
    if (!row->no_payload)
        cs_jw_base64(w, "payload", cs_slice_str(row->payload != NULL ? row->payload : PAYLOAD));
    if (row->prehash_alg != NULL) {
        uint8_t bytes[CS_HASH_MAX];
        cs_buf value = CS_BUF_OVER(bytes);
        assert_int_equal(cs_hex_decode(&value, cs_slice_str(row->prehash_hex)), CS_OK);
        cs_jw_begin(w, "preHash");
        cs_jw_cstr(w, "alg", row->prehash_alg);
        cs_jw_base64(w, "value", cs_buf_slice(&value));
        cs_jw_end(w);
    }
    if (!row->no_signature)
        cs_jw_base64(w, "signature", cs_slice_str(row->signature != NULL ? row->signature : SIGNATURE));
    const char *const optional[][2] = {{"nonce", row->nonce},
                                       {"keyId", row->key_id},
                                       {"algorithm", row->algorithm},
                                       {"signatureFormat", row->format},
                                       {"purpose", row->purpose}};
    for (size_t i = 0; i < COUNT(optional); i++)
        if (optional[i][1] != NULL)
            cs_jw_cstr(w, optional[i][0], optional[i][1]);
    if (row->public_key)
        write_public_key(w);
}

static void write_case(cs_buf *out, const struct row *row)
{
    cs_buf policy = cs_buf_new(CS_MAX_POLICY);
    fixture_policy_text(&policy);
    apply(&policy, &row->policy);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "name", row->name);
    cs_jw_raw(&w, "policy", cs_buf_slice(&policy));
    write_document(&w, row);
    write_clock(&w, row);
    if (row->asked != CS_ATTEST_SIGN)
        cs_jw_cstr(&w, "kind", cs_attest_kind_name(row->asked));
    cs_jw_bool(&w, "allowMock", !row->production);
    if (row->empty_allow_list)
        cs_jw_bool(&w, "emptyAllowList", true);
    write_in_hand(&w, row);
    cs_jw_bool(&w, "verdict", row->reason == CS_OK);
    cs_jw_cstr(&w, "reason", cs_err_name(row->reason));
    cs_jw_end(&w);
    cs_buf_free(&policy);
}

/* Policy and document of the row: those of the case that is kept, if there is one. */
static void make_hardware(cs_buf *policy, cs_buf *doc, const struct hardware_row *row, cs_jval kept)
{
    cs_json *json = NULL;
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    cs_jval v;
    if (kept.v != NULL) {
        cs_jobj o = cs_jobj_open(kept);
        v = cs_jobj_object(&o, "policy");
        cs_buf_add(doc, cs_jobj_str(&o, "document", CASES_MAX));
    } else {
        hardware_policy_text(&text, row);
        hardware_document(doc, &row->made, row->epoch != NULL ? row->epoch : EPOCH);
        vectors_release();
        assert_int_equal(cs_json_parse(&json, cs_buf_slice(&text), CS_MAX_POLICY), CS_OK);
        v = cs_json_root(json);
    }
    assert_int_equal(cs_json_canonical(policy, v), CS_OK);
    cs_json_free(json);
    cs_buf_free(&text);
}

static void write_hardware_case(cs_buf *out, const struct hardware_row *row, cs_jval kept)
{
    const struct row clock = {.stored = row->stored, .dated = row->dated, .at = row->at};
    cs_buf policy = cs_buf_new(CS_MAX_POLICY), doc = cs_buf_new(CS_MAX_ATTESTATION);
    make_hardware(&policy, &doc, row, kept);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "name", row->name);
    cs_jw_raw(&w, "policy", cs_buf_slice(&policy));
    cs_jw_str(&w, "document", cs_buf_slice(&doc));
    write_clock(&w, &clock);
    if (row->asked != CS_ATTEST_SIGN)
        cs_jw_cstr(&w, "kind", cs_attest_kind_name(row->asked));
    cs_jw_bool(&w, "allowMock", !row->production);
    cs_jw_base64(&w, "payload", CS_LIT(PAYLOAD));
    cs_jw_base64(&w, "signature", cs_slice_str(row->signature != NULL ? row->signature : SIGNATURE));
    if (row->nonce != NULL)
        cs_jw_cstr(&w, "nonce", row->nonce);
    if (row->key_id != NULL)
        cs_jw_cstr(&w, "keyId", row->key_id);
    cs_jw_bool(&w, "verdict", row->reason == CS_OK);
    cs_jw_cstr(&w, "reason", cs_err_name(row->reason));
    cs_jw_end(&w);
    cs_buf_free(&doc);
    cs_buf_free(&policy);
}

static void write_policy(cs_buf *out, const struct policy_row *row)
{
    cs_buf policy = cs_buf_new(CS_MAX_POLICY);
    if (row->text != NULL)
        cs_buf_add_str(&policy, row->text);
    else
        fixture_policy_text(&policy);
    apply(&policy, &row->edit);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "name", row->name);
    cs_jw_str(&w, "policyText", cs_buf_slice(&policy));
    cs_jw_bool(&w, "allowMock", !row->production);
    cs_jw_cstr(&w, "reason", cs_err_name(row->reason));
    cs_jw_end(&w);
    cs_buf_free(&policy);
}

static cs_jval case_of_name(cs_jval list, const char *name)
{
    for (size_t i = 0; i < cs_jarr_len(list); i++) {
        cs_jobj o = cs_jobj_open(cs_jarr_at(list, i));
        if (cs_slice_is(cs_jobj_str_opt(&o, "name", 256), name))
            return cs_jarr_at(list, i);
    }
    return (cs_jval){NULL};
}

static void write_evidence(cs_buf *out, cs_jval kept)
{
    bool first = true;
    for (size_t i = 0; i < COUNT(evidence_rows); i++) {
        for (size_t k = 0; k < evidence_rows[i].count; k++) {
            const struct evidence_row *row = &evidence_rows[i].rows[k];
            cs_buf_add_str(out, first ? "\n" : ",\n");
            write_evidence_case(out, row, case_of_name(kept, row->name));
            first = false;
        }
    }
}

/* One case a line, so that a change of one case is a change of one line. `kept`: the file that is there, or NULL. */
static void write_corpus(cs_buf *out, const cs_json *kept)
{
    (void)kept;
    cs_buf_add_str(out, "{\"about\":\"");
    cs_buf_add_str(out, about);
    cs_buf_add_str(out, "\",\n\"cases\":[");
    for (size_t i = 0; i < COUNT(rows); i++) {
        cs_buf_add_str(out, i == 0 ? "\n" : ",\n");
        write_case(out, &rows[i]);
    }
    cs_buf_add_str(out, "\n],\n\"policies\":[");
    for (size_t i = 0; i < COUNT(policy_rows); i++) {
        cs_buf_add_str(out, i == 0 ? "\n" : ",\n");
        write_policy(out, &policy_rows[i]);
    }
    cs_buf_add_str(out, "\n]}\n");
    assert_int_equal(out->err, CS_OK);
}

static void write_evidence_corpus(cs_buf *out, const cs_json *kept)
{
    cs_jval evidence = {NULL};
    if (kept != NULL) {
        cs_jobj o = cs_jobj_open(cs_json_root(kept));
        evidence = cs_jobj_array_opt(&o, "evidence");
    }
    cs_buf_add_str(out, "{\"about\":\"");
    cs_buf_add_str(out, about_evidence);
    cs_buf_add_str(out, "\",\n\"evidence\":[");
    write_evidence(out, evidence);
    cs_buf_add_str(out, "\n]}\n");
    assert_int_equal(out->err, CS_OK);
}

static void write_hardware_corpus(cs_buf *out, const cs_json *kept)
{
    cs_jval cases = {NULL};
    if (kept != NULL) {
        cs_jobj o = cs_jobj_open(cs_json_root(kept));
        cases = cs_jobj_array_opt(&o, "cases");
    }
    cs_buf_add_str(out, "{\"about\":\"");
    cs_buf_add_str(out, about_hardware);
    cs_buf_add_str(out, "\",\n\"cases\":[");
    for (size_t i = 0; i < COUNT(hardware_rows); i++) {
        cs_buf_add_str(out, i == 0 ? "\n" : ",\n");
        write_hardware_case(out, &hardware_rows[i], case_of_name(cases, hardware_rows[i].name));
    }
    cs_buf_add_str(out, "\n]}\n");
    assert_int_equal(out->err, CS_OK);
}

static void compare_corpus(const char *file, void (*write)(cs_buf *out, const cs_json *kept))
{
    cs_buf made = cs_buf_new(CASES_MAX), kept;
    cs_json *doc = cases_load_file(&kept, file);
    write(&made, doc);
    cs_json_free(doc);
    if (!cs_slice_eq(cs_buf_slice(&made), cs_buf_slice(&kept)))
        fail_msg("%s is out of date: have test_attest_cases write it", file);
    cs_buf_free(&made);
    cs_buf_free(&kept);
}

static void corpus_is_what_the_rows_make(void **state)
{
    (void)state;
    compare_corpus(CASES_FILE, write_corpus);
    compare_corpus(HARDWARE_FILE, write_hardware_corpus);
    compare_corpus(EVIDENCE_FILE, write_evidence_corpus);
}

/* With the hashes of signature and key in hand instead of their bytes. */
static cs_err judge_by_hashes(const struct attest_case *c, const cs_policy *policy, cs_expect e)
{
    cs_verdict verdict;
    cs_digest signature, public_key;
    if (e.signature.p != NULL) {
        assert_int_equal(cs_hash(&signature, CS_SHA256, e.signature), CS_OK);
        e.signature_sha256 = cs_digest_slice(&signature);
    }
    if (e.public_key.p != NULL) {
        assert_int_equal(cs_hash(&public_key, CS_SHA256, e.public_key), CS_OK);
        e.public_key_sha256 = cs_digest_slice(&public_key);
    }
    e.signature = e.public_key = CS_ABSENT;
    return cs_attest_verify(&verdict, cs_buf_slice(&c->document), policy, &e);
}

static cs_err judge(cs_verdict *verdict, const struct attest_case *c)
{
    cs_policy policy;
    cs_pair key = {0};
    cs_digest payload;
    cs_format format;
    cs_buf public_bytes = cs_buf_new(CS_MAX_PUBLIC_KEY);
    assert_int_equal(cs_policy_parse(&policy, NULL, cs_buf_slice(&c->policy), true), CS_OK);
    if (c->empty_allow_list)
        policy.match.mock.image_count = 0;
    cs_expect e = {.kind = c->kind,
                   .allow_mock = c->allow_mock,
                   .clock = c->stored ? CS_CLOCK_STORED : CS_CLOCK_LIVE,
                   .now = c->now,
                   .entry_time = c->entry_time,
                   .dated = c->dated,
                   .nonce = c->nonce,
                   .prehash_alg = cs_hash_by_name(c->prehash_alg),
                   .prehash = c->prehash,
                   .signature = c->signature,
                   .key_id = c->key_id};
    if (c->payload.p != NULL) {
        assert_int_equal(cs_hash(&payload, CS_SHA256, c->payload), CS_OK);
        e.payload_sha256 = cs_digest_slice(&payload);
    }
    if (c->public_key.p != NULL) {
        assert_int_equal(cs_public_key_parse(&key, NULL, c->public_key), CS_OK);
        cs_pair_public(&public_bytes, &key);
        e.public_key = cs_buf_slice(&public_bytes);
        e.alg = key.alg;
        e.format = &key.format;
    }
    if (c->algorithm.p != NULL) {
        e.alg = cs_alg_find(c->algorithm);
        assert_non_null(e.alg);
    }
    if (c->format.p != NULL) {
        assert_true(cs_format_by_name(&format, c->format));
        e.format = &format;
    }
    if (c->purpose.p != NULL)
        assert_true(cs_attest_purpose_by_name(&e.purpose, c->purpose));
    cs_err by_hashes = judge_by_hashes(c, &policy, e);
    cs_err err = cs_attest_verify(verdict, cs_buf_slice(&c->document), &policy, &e);
    assert_int_equal(by_hashes, err);
    cs_policy_free(&policy);
    cs_pair_close(&key);
    cs_buf_free(&public_bytes);
    return err;
}

static bool seen[CS_ERR_COUNT]; /* reasons that a case was about */

static void run_cases(const char *file)
{
    cs_buf text;
    cs_json *doc = cases_load_file(&text, file);
    cs_jobj root = cs_jobj_open(cs_json_root(doc));
    cs_jval cases = cs_jobj_array(&root, "cases");
    assert_true(cs_jarr_len(cases) >= 60);
    for (size_t i = 0; i < cs_jarr_len(cases); i++) {
        struct attest_case c;
        cs_verdict verdict;
        case_read(&c, cs_jarr_at(cases, i));
        cs_err got = judge(&verdict, &c);
        if (!cs_slice_is(c.reason, cs_err_name(got)) || got != verdict.reason || (got == CS_OK) != c.verdict)
            fail_msg("%.*s: got %s", (int)c.name.n, (const char *)c.name.p, cs_err_name(got));
        seen[got] = true;
        case_free(&c);
    }
    cs_json_free(doc);
    cs_buf_free(&text);
}

static void corpus_verdicts(void **state)
{
    (void)state;
    run_cases(CASES_FILE);
    run_cases(HARDWARE_FILE);
}

static void corpus_policies(void **state)
{
    (void)state;
    cs_buf text;
    cs_json *doc = cases_load(&text);
    cs_jobj root = cs_jobj_open(cs_json_root(doc));
    cs_jval policies = cs_jobj_array(&root, "policies");
    assert_true(cs_jarr_len(policies) >= 30);
    for (size_t i = 0; i < cs_jarr_len(policies); i++) {
        cs_policy policy;
        cs_jobj o = cs_jobj_open(cs_jarr_at(policies, i));
        cs_slice name = cs_jobj_str(&o, "name", 256), reason = cs_jobj_str(&o, "reason", 64);
        cs_slice policy_text = cs_jobj_str(&o, "policyText", CS_MAX_POLICY);
        bool allow_mock = cs_jobj_bool_or(&o, "allowMock", false);
        assert_int_equal(cs_jobj_done(&o), CS_OK);
        cs_err got = cs_policy_parse(&policy, NULL, policy_text, allow_mock);
        cs_policy_free(&policy);
        if (!cs_slice_is(reason, cs_err_name(got)))
            fail_msg("%.*s: got %s", (int)name.n, (const char *)name.p, cs_err_name(got));
    }
    cs_json_free(doc);
    cs_buf_free(&text);
}

static void corpus_evidence(void **state)
{
    (void)state;
    cs_buf text;
    cs_json *doc = cases_load_file(&text, EVIDENCE_FILE);
    cs_jobj root = cs_jobj_open(cs_json_root(doc));
    cs_jval cases = cs_jobj_array(&root, "evidence");
    size_t skipped = 0;
    for (size_t i = 0; i < cs_jarr_len(cases); i++) {
        cs_err reason = CS_OK;
        if (run_evidence_case(&reason, cs_jarr_at(cases, i)))
            seen[reason] = true;
        else
            skipped++;
    }
    if (skipped > 0)
        print_message("%zu of %zu cases skipped: the public vectors are not here\n", skipped, cs_jarr_len(cases));
    size_t missing = 0;
    for (int err = CS_ATT_MOCK_REFUSED; skipped == 0 && err <= CS_ATT_PURPOSE_MISMATCH; err++) {
        if (seen[err])
            continue;
        print_error("no case for %s\n", cs_err_name((cs_err)err));
        missing++;
    }
    assert_int_equal(missing, 0);
    cs_json_free(doc);
    cs_buf_free(&text);
}

/* The page names every code that a verifier or a reader of policies can give. */
static void page_names_every_code(void **state)
{
    (void)state;
    cs_buf page = cs_buf_new(CASES_MAX);
    assert_int_equal(cs_file_read(&page, CS_VECTORS "/../../protocol/attestation.md"), CS_OK);
    size_t codes = 0;
    for (int i = 0; i < CS_ERR_COUNT; i++) {
        char cell[80];
        const char *name = cs_err_name((cs_err)i);
        if (strncmp(name, "ATT_", 4) != 0 && strncmp(name, "POLICY_", 7) != 0)
            continue;
        (void)snprintf(cell, sizeof cell, "`%s` |", name);
        if (strstr(cs_buf_cstr(&page), cell) == NULL)
            fail_msg("protocol/attestation.md does not list %s", name);
        codes++;
    }
    assert_true(codes >= 28);
    cs_buf_free(&page);
}

/* What is there already is kept where it cannot be made again. */
static bool write_file(const char *folder, const char *name, void (*write)(cs_buf *out, const cs_json *kept))
{
    char file[512];
    cs_buf made = cs_buf_new(CASES_MAX), kept = cs_buf_new(CASES_MAX);
    cs_json *doc = NULL;
    (void)snprintf(file, sizeof file, "%s/%s", folder, name);
    bool there = cs_file_read(&kept, file) == CS_OK && cs_json_parse(&doc, cs_buf_slice(&kept), CASES_MAX) == CS_OK;
    write(&made, there ? doc : NULL);
    bool written = cs_file_write(file, cs_buf_slice(&made), 0644, true) == CS_OK;
    cs_json_free(doc);
    cs_buf_free(&kept);
    cs_buf_free(&made);
    return written;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_file(argv[2], "attestation-cases.json", write_corpus) &&
                       write_file(argv[2], "attestation-hardware-cases.json", write_hardware_corpus) &&
                       write_file(argv[2], "attestation-evidence-cases.json", write_evidence_corpus)
                   ? 0
                   : 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(corpus_is_what_the_rows_make),
        cmocka_unit_test(corpus_verdicts),
        cmocka_unit_test(corpus_policies),
        cmocka_unit_test(corpus_evidence),
        cmocka_unit_test(page_names_every_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
