/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The corpus of birth attestations: run from the file of the tree as another implementation would run it, and made by
 * `test_birth_cases --write FILE`. Keys are fixed; signatures are not, so each writing gives others.
 */
#include "core/birth_verify.h"
#include "core/json.h"
#include "core/key_record.h"
#include "nitro_fixture.h"
#include "sys/file.h"

#define CORPUS_FILE CS_VECTORS "/birth-cases.json"
#define CORPUS_MAX (1u << 20)
#define MAX_DOCUMENT (16u << 10)
#define CREATED (NITRO_TIME * 1000LL + 123)
#define ARN "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

static const char about[] =
    "Birth attestations (protocol/pq-birth.md). Each of `cases`: `document` (base64), of the first good case of that "
    "birth where there is none, and `manifest` and `record` "
    "(texts of the files) of `births` with the number `of`, in each of which the first `from` becomes its `to`. "
    "`allowSoftwareNsm` is true where it is not there. `reason` is the verdict; `unusable` that manifest or record "
    "cannot "
    "be used.";

static const struct {
    const char *from, *to;
    cs_err reason;
    bool unusable, manifest; /* manifest: the edit is of that */
} edits[] = {
    {"customer-wallet-123", "customer-wallet-124", CS_BIRTH_USER},
    {"customer-wallet-123", "customer-wallet-12", CS_BIRTH_USER},
    {"customer-wallet-123", "", .unusable = true},
    {"customer-wallet-123", "\\u00fc", CS_BIRTH_USER},
    {"\"mldsa_pubkey\":\"ER", "\"mldsa_pubkey\":\"ES", CS_BIRTH_PUBLIC_KEY},
    {"\"mldsa_pubkey\":\"ERER", "\"mldsa_pubkey\":\"", .unusable = true},
    {"\"wrapped_dk\":\"Ii", "\"wrapped_dk\":\"Ij", CS_BIRTH_WRAPPED_DK},
    {"\"wrapped_dk\":\"IiIi", "\"wrapped_dk\":\"", CS_BIRTH_WRAPPED_DK},
    {"\"wrapped_dk\":\"Ii", "\"wrapped_dk\":\"I", .unusable = true},
    {"eu-central-1", "eu-central-2", CS_BIRTH_KMS_KEY},
    {"eu-central-1", "eu central 1", .unusable = true},
    {"ML-DSA-44", "ML-DSA-65", .unusable = true},
    {"ML-DSA-44", "mldsa44", .unusable = true},
    {"\"created_at_ms\":1768473000123", "\"created_at_ms\":1768473000124", CS_BIRTH_CREATED},
    {"\"created_at_ms\":1768473000123", "\"created_at_ms\":0", .unusable = true},
    {"{", "{\"more\":1,", .unusable = true},
    {"\"user_id\"", "\"userId\"", .unusable = true},
    {"\"0\":\"1010", "\"0\":\"1011", CS_ATT_IMAGE_NOT_ALLOWED, .manifest = true},
    {"\"1\":\"1111", "\"1\":\"1011", CS_ATT_IMAGE_NOT_ALLOWED, .manifest = true},
    {"\"2\":\"1212", "\"2\":\"1011", CS_ATT_IMAGE_NOT_ALLOWED, .manifest = true},
    {"\"8\":\"1818", "\"8\":\"1011", CS_ATT_IMAGE_NOT_ALLOWED, .manifest = true},
    {"\"8\":\"1818", "\"8\":\"18181", .unusable = true, .manifest = true},
    {"\"8\":", "\"7\":", .unusable = true, .manifest = true},
    {"\"root_sha256\":\"",
     "\"root_sha256\":\"641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b\",\"x\":\"",
     CS_ATT_ROOT_MISMATCH, .unusable = true, .manifest = true},
    {"\"enclave_version\":\"0.1.0", "\"enclave_version\":\"", .unusable = true, .manifest = true},
    {"\"enclave_version\":\"0.1.0", "\"enclave_version\":\"9.9", CS_OK, .manifest = true},
    {"\"version\":1", "\"version\":2", .unusable = true, .manifest = true},
};

static const struct {
    const char *what;
    cs_err reason;
    struct nitro_change change;
    bool hardware; /* software is not allowed */
} documents[] = {
    {"good", CS_OK},
    {"good, in an indefinite map", CS_OK, .change = {.indefinite_map = true}},
    {"good, under a tag", CS_OK, .change = {.tag = true}},
    {"a minute before the document", CS_OK, .change = {.timestamp_ms = CREATED + 60000}},
    {"more than a minute before it", CS_BIRTH_CLOCK, .change = {.timestamp_ms = CREATED + 60001}},
    {"a root of software", CS_ATT_MOCK_REFUSED, .hardware = true},
    {"another root in the document", CS_ATT_ROOT_MISMATCH, .change = {.other_root = true}},
    {"an authority that is none", CS_ATT_CHAIN, .change = {.at = 3, .not_a_ca = true}},
    {"a document of the day after", CS_ATT_CERT_EXPIRED, .change = {.timestamp_ms = CREATED + 86400000}},
    {"a leaf that began after the birth", CS_ATT_CERT_NOT_YET_VALID,
     .change = {.at = NITRO_LEAF + 1, .from = NITRO_TIME + 1}},
    {"signed by another key", CS_ATT_PROOF_INVALID, .change = {.document_key = 6}},
    {"ES256", CS_ATT_EVIDENCE_ALGORITHM, .change = {.protected_hex = "a10126"}},
    {"a signature in DER", CS_ATT_EVIDENCE_FORMAT, .change = {.der_signature = true}},
    {"debug mode", CS_ATT_DEBUG,
     .change = {.set = {{"pcrs", "a4"
                                 "00" NITRO_ZERO48 "01" NITRO_ZERO48 "02" NITRO_ZERO48 "08" NITRO_ZERO48}}}},
    {"no PCR8", CS_ATT_REGISTER_MISSING,
     .change = {.set = {{"pcrs", "a3"
                                 "005830" NITRO_HEX("10") "015830" NITRO_HEX("11") "025830" NITRO_HEX("12")}}}},
    {"no user_data", CS_BIRTH_FORMAT, .change = {.set = {{"user_data", "f6"}}}},
    {"an operation of the enclave", CS_BIRTH_FORMAT,
     .change = {.user_data = CS_LIT("CSO101234567890123456789012345678901")}},
    {"a hash where there is room", CS_BIRTH_FORMAT,
     .change = {.user_data = CS_LIT("CSH101234567890123456789012345678901")}},
};

static uint8_t public_bytes[1312], wrapped_bytes[184];
static char long_arn[600];

/* Of number 1 the commitment is hashed. */
static cs_birth birth_of(size_t number)
{
    memset(public_bytes, 0x11, sizeof public_bytes);
    memset(wrapped_bytes, 0x22, sizeof wrapped_bytes);
    memset(long_arn, 'k', sizeof long_arn - 1);
    return (cs_birth){.alg = CS_MLDSA44,
                      .user_id = CS_LIT("customer-wallet-123"),
                      .public_key = CS_ARRAY(public_bytes),
                      .wrapped_dk = CS_ARRAY(wrapped_bytes),
                      .kms_key_arn = number == 1 ? cs_slice_str(long_arn) : CS_LIT(ARN),
                      .created_at_ms = CREATED};
}

/* -- making -------------------------------------------------------------------------------------------------------- */

static void put_births(cs_jw *w)
{
    static const struct nitro_change none;
    cs_manifest m = {.enclave_version = "0.1.0"};
    cs_digest root;
    for (size_t i = 0; i < CS_MANIFEST_PCRS; i++)
        memset(m.pcrs[i], NITRO_PCR(cs_manifest_index[i]), CS_NITRO_PCR_LEN);
    assert_int_equal(cs_hash(&root, CS_SHA256, nitro_certificate(NITRO_ROOT, &none, false)), CS_OK);
    memcpy(m.root_sha256, root.b, CS_SHA256_LEN);
    cs_jw_begin_array(w, "births");
    for (size_t number = 0; number < 2; number++) {
        cs_buf manifest = cs_buf_new(CS_MAX_MANIFEST), record = cs_buf_new(CS_MAX_KEY_RECORD);
        cs_birth birth = birth_of(number);
        assert_int_equal(cs_manifest_write(&manifest, &m), CS_OK);
        assert_int_equal(cs_key_record_write(&record, &birth), CS_OK);
        cs_jw_begin(w, NULL);
        cs_jw_str(w, "manifest", cs_buf_slice(&manifest));
        cs_jw_str(w, "record", cs_buf_slice(&record));
        cs_jw_end(w);
        cs_buf_free(&manifest);
        cs_buf_free(&record);
    }
    cs_jw_end_array(w);
}

static void put_document(cs_jw *w, size_t number, struct nitro_change change)
{
    uint8_t memory[CS_BIRTH_USER_DATA];
    cs_buf user_data = CS_BUF_OVER(memory), doc = cs_buf_new(MAX_DOCUMENT);
    cs_birth birth = birth_of(number);
    assert_int_equal(cs_birth_user_data(&user_data, &birth), CS_OK);
    if (change.user_data.p == NULL)
        change.user_data = cs_buf_slice(&user_data);
    /* The leaf of the fixture begins three seconds before its time. */
    if (change.at == 0 && change.timestamp_ms != 0)
        change.at = NITRO_LEAF + 1, change.from = NITRO_TIME - 600;
    nitro_document(&doc, &change);
    cs_jw_base64(w, "document", cs_buf_slice(&doc));
    cs_buf_free(&doc);
    vectors_release();
}

static void begin_case(cs_jw *w, const char *name, size_t number)
{
    cs_jw_begin(w, NULL);
    cs_jw_cstr(w, "name", name);
    cs_jw_int(w, "of", (int64_t)number);
}

static void put_edit(cs_jw *w, size_t number, size_t i)
{
    bool hashed = number == 1 && !edits[i].manifest;
    begin_case(w, edits[i].from, number);
    if (edits[i].unusable)
        cs_jw_bool(w, "unusable", true);
    else
        cs_jw_cstr(w, "reason", cs_err_name(hashed ? CS_BIRTH_HASH : edits[i].reason));
    cs_jw_begin(w, edits[i].manifest ? "manifest" : "record");
    cs_jw_cstr(w, "from", edits[i].from);
    cs_jw_cstr(w, "to", edits[i].to);
    cs_jw_end(w);
    cs_jw_end(w);
}

static cs_err write_corpus(const char *path)
{
    cs_buf out = cs_buf_new(CORPUS_MAX);
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "about", about);
    put_births(&w);
    cs_jw_begin_array(&w, "cases");
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        begin_case(&w, documents[i].what, 0);
        cs_jw_cstr(&w, "reason", cs_err_name(documents[i].reason));
        if (documents[i].hardware)
            cs_jw_bool(&w, "allowSoftwareNsm", false);
        put_document(&w, 0, documents[i].change);
        cs_jw_end(&w);
    }
    begin_case(&w, "good, hashed", 1);
    cs_jw_cstr(&w, "reason", cs_err_name(CS_OK));
    put_document(&w, 1, (struct nitro_change){.tag = false});
    cs_jw_end(&w);
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        put_edit(&w, 0, i);
        if (strncmp(edits[i].from, "eu-", 3) != 0)
            put_edit(&w, 1, i);
    }
    cs_jw_end_array(&w);
    cs_jw_end(&w);
    cs_buf_add_u8(&out, '\n');
    cs_err err = out.err != CS_OK ? out.err : cs_file_write(path, cs_buf_slice(&out), 0644, true);
    cs_buf_free(&out);
    return err;
}

/* -- running ------------------------------------------------------------------------------------------------------- */

static void read_file(cs_buf *out, cs_jobj *birth, cs_jobj *o, const char *name)
{
    cs_buf text = cs_buf_new(CS_MAX_KEY_RECORD), from = cs_buf_new(256);
    cs_buf_add(&text, cs_jobj_str(birth, name, CS_MAX_KEY_RECORD));
    cs_jval edit = cs_jobj_object_opt(o, name);
    if (edit.v != NULL) {
        cs_jobj e = cs_jobj_open(edit);
        cs_buf_add(&from, cs_jobj_str(&e, "from", 256));
        const char *at = strstr(cs_buf_cstr(&text), cs_buf_cstr(&from));
        assert_non_null(at);
        cs_buf_add(out, cs_slice_sub(cs_buf_slice(&text), 0, (size_t)(at - cs_buf_cstr(&text))));
        cs_buf_add(out, cs_jobj_str(&e, "to", 256));
        cs_buf_add_str(out, at + from.n);
        assert_int_equal(cs_jobj_done(&e), CS_OK);
    } else {
        cs_buf_add(out, cs_buf_slice(&text));
    }
    cs_buf_free(&text);
    cs_buf_free(&from);
}

static bool run_case(cs_jval births, cs_jval v, cs_buf documents_of[2])
{
    static cs_key_record record;
    cs_manifest manifest;
    cs_birth_verdict verdict;
    cs_buf manifest_text = cs_buf_new(CS_MAX_MANIFEST), record_text = cs_buf_new(CS_MAX_KEY_RECORD),
           document = cs_buf_new(MAX_DOCUMENT);
    cs_jobj o = cs_jobj_open(v);
    cs_slice name = cs_jobj_str(&o, "name", 256), reason = cs_jobj_str_opt(&o, "reason", 64);
    size_t of = (size_t)cs_jobj_int(&o, "of", 0, 1);
    bool unusable = cs_jobj_bool_or(&o, "unusable", false), software = cs_jobj_bool_or(&o, "allowSoftwareNsm", true);
    cs_jobj birth = cs_jobj_open(cs_jarr_at(births, of));
    read_file(&manifest_text, &birth, &o, "manifest");
    read_file(&record_text, &birth, &o, "record");
    if (!cs_jobj_base64_opt(&o, "document", MAX_DOCUMENT, &document))
        cs_buf_add(&document, cs_buf_slice(&documents_of[of]));
    else if (cs_slice_is(reason, "OK") && documents_of[of].n == 0)
        cs_buf_add(&documents_of[of], cs_buf_slice(&document));
    assert_int_equal(cs_jobj_done(&o), CS_OK);
    cs_err err = cs_manifest_parse(&manifest, NULL, cs_buf_slice(&manifest_text));
    if (err == CS_OK)
        err = cs_key_record_parse(&record, NULL, cs_buf_slice(&record_text));
    assert_int_equal(err != CS_OK, unusable);
    if (err == CS_OK) {
        err = cs_birth_verify(&verdict, cs_buf_slice(&document), &manifest, &record.birth, software);
        if (!cs_slice_is(reason, cs_err_name(err)))
            fail_msg("%.*s: %s", (int)name.n, (const char *)name.p, cs_err_name(err));
    }
    cs_buf_free(&manifest_text);
    cs_buf_free(&record_text);
    cs_buf_free(&document);
    return err == CS_OK;
}

static void every_case(void **state)
{
    (void)state;
    cs_json *json = NULL;
    cs_buf text = cs_buf_new(CORPUS_MAX), good_documents[2] = {cs_buf_new(MAX_DOCUMENT), cs_buf_new(MAX_DOCUMENT)};
    assert_int_equal(cs_file_read(&text, CORPUS_FILE), CS_OK);
    assert_int_equal(cs_json_parse(&json, cs_buf_slice(&text), CORPUS_MAX), CS_OK);
    cs_jobj o = cs_jobj_open(cs_json_root(json));
    cs_jval births = cs_jobj_array(&o, "births"), cases = cs_jobj_array(&o, "cases");
    size_t n = cs_jarr_len(cases), good = 0;
    for (size_t i = 0; i < n; i++)
        good += run_case(births, cs_jarr_at(cases, i), good_documents);
    assert_true(good >= 5 && n > 5 * good);
    cs_buf_free(&good_documents[0]);
    cs_buf_free(&good_documents[1]);
    cs_json_free(json);
    cs_buf_free(&text);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case)};
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return write_corpus(argv[2]) == CS_OK ? 0 : 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
