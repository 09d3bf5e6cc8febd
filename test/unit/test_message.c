/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/message.c: what is written is read back; one changed member a row is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/message.h"

#define B32 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="                                             /* 32 bytes */
#define B64 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8AAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw==" /* 64 bytes */
#define ID64 "0123456789012345678901234567890123456789012345678901234567890123"

/* The JSON of the frame in `b`; its length must be right. */
static cs_slice json_of(const cs_buf *b)
{
    cs_reader r = cs_reader_of(cs_buf_slice(b));
    size_t length = cs_read_u32(&r);
    assert_int_equal(length, r.rest.n);
    return r.rest;
}

static void requests_come_back(void **state)
{
    (void)state;
    static const uint8_t digest[64] = {1};
    const cs_request rows[] = {
        {.type = CS_MSG_BOOT},
        {.type = CS_MSG_BOOT, .nonce = CS_LIT("12345678")},
        {.type = CS_MSG_BOOT, .nonce = CS_LIT("12345678"), .enclave = 16},
        {.type = CS_MSG_GENERATE_KEY,
         .org = CS_LIT("o"),
         .key_id = CS_LIT("k"),
         .alg = cs_alg_find(CS_LIT("mldsa65+ed25519")),
         .format = CS_FORMAT_CONCAT,
         .purpose = CS_LIT("sign")},
        {.type = CS_MSG_SIGN,
         .org = CS_LIT("o"),
         .key_id = CS_LIT("k\xc3\xa4\"\\"),
         .sealed = CS_LIT("\0sealed"),
         .message = {.bytes = CS_LIT("\0payload")},
         .policy_id = CS_LIT("p"),
         .nonce = CS_LIT("1234567890")},
        {.type = CS_MSG_SIGN,
         .org = CS_LIT("o"),
         .key_id = CS_LIT("k"),
         .sealed = CS_LIT("s"),
         .message = {.bytes = CS_LIT("")}},
        {.type = CS_MSG_SIGN,
         .org = CS_LIT("o"),
         .key_id = CS_LIT("k"),
         .sealed = CS_LIT("s"),
         .message = {.bytes = CS_ARRAY(digest), .ph = CS_SHA512}},
        {.type = CS_MSG_CALLER_KEY, .alg = cs_alg_find(CS_LIT("mldsa87")), .expanded = true},
        {.type = CS_MSG_CALLER_KEY, .alg = cs_alg_find(CS_LIT("mldsa44"))},
        {.type = CS_MSG_FORGET, .record_sha256 = cs_slice_sub(CS_ARRAY(digest), 0, 32)},
        {.type = CS_MSG_LEDGER_SIGN,
         .org = CS_LIT("o"),
         .origin = CS_LIT("example.org/org/o"),
         .new_size = 1,
         .new_root = cs_slice_sub(CS_ARRAY(digest), 0, 32),
         .proof = CS_LIT("")},
        {.type = CS_MSG_LEDGER_SIGN,
         .org = CS_LIT("o"),
         .origin = CS_LIT("example.org/org/o"),
         .old_note = CS_LIT("example.org/org/o\n7\n"),
         .new_size = CS_JSON_INT_MAX,
         .new_root = cs_slice_sub(CS_ARRAY(digest), 0, 32),
         .proof = CS_ARRAY(digest)},
        {.type = CS_MSG_SEAL_SECRET, .org = CS_LIT("o"), .name = CS_LIT("n"), .secret = CS_LIT("\0s")},
        {.type = CS_MSG_PQ_GENERATE,
         .org = CS_LIT("org_1"),
         .user_id = CS_LIT("u\xc3\xa4\"\\\n"),
         .alg = cs_alg_find(CS_LIT("mldsa44")),
         .kms_key = CS_LIT("arn:aws:kms:eu-central-1:1:key/k")},
        {.type = CS_MSG_PQ_SIGN,
         .org = CS_LIT("o"),
         .user_id = CS_LIT("u"),
         .alg = cs_alg_find(CS_LIT("mldsa87")),
         .sealed = CS_LIT("s"),
         .message = {.bytes = CS_LIT("")}},
        {.type = CS_MSG_PQ_SIGN,
         .org = CS_LIT("o"),
         .user_id = CS_LIT("u"),
         .alg = cs_alg_find(CS_LIT("mldsa65")),
         .sealed = CS_LIT("s"),
         .message = {.bytes = CS_LIT("\0m")},
         .request_attestation = true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const cs_request *w = &rows[i];
        cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
        cs_request r;
        cs_frame_in in;
        cs_message_type type;
        assert_int_equal(cs_request_write(&frame, w), CS_OK);
        assert_int_equal(cs_request_type(&type, json_of(&frame)), CS_OK);
        assert_int_equal(type, w->type);
        assert_int_equal(cs_request_read(&r, &in, json_of(&frame)), CS_OK);
        assert_int_equal(r.type, w->type);
        assert_ptr_equal(r.alg, w->alg);
        assert_int_equal(r.format, w->format);
        assert_int_equal(r.message.ph, w->message.ph);
        assert_int_equal(r.expanded, w->expanded);
        assert_int_equal(r.enclave, w->enclave);
        assert_int_equal(r.request_attestation, w->request_attestation);
        const cs_slice pairs[][2] = {{r.org, w->org},
                                     {r.key_id, w->key_id},
                                     {r.purpose, w->purpose},
                                     {r.sealed, w->sealed},
                                     {r.message.bytes, w->message.bytes},
                                     {r.policy_id, w->policy_id},
                                     {r.nonce, w->nonce},
                                     {r.record_sha256, w->record_sha256},
                                     {r.origin, w->origin},
                                     {r.old_note, w->old_note},
                                     {r.new_root, w->new_root},
                                     {r.proof, w->proof},
                                     {r.name, w->name},
                                     {r.secret, w->secret},
                                     {r.user_id, w->user_id},
                                     {r.kms_key, w->kms_key}};
        assert_int_equal(r.new_size, w->new_size);
        for (size_t p = 0; p < sizeof pairs / sizeof pairs[0]; p++) {
            assert_true(cs_slice_eq(pairs[p][0], pairs[p][1]));
            assert_int_equal(pairs[p][0].p == NULL, pairs[p][1].p == NULL);
        }
        cs_frame_in_free(&in);
        cs_buf_free(&frame);
    }
}

static void replies_come_back(void **state)
{
    (void)state;
    static const uint8_t key[32] = {1}, mldsa44[CS_MLDSA44_PUBLIC] = {2};
    const cs_reply rows[] = {
        {.type = CS_MSG_BOOT,
         .vendor = CS_LIT("mock"),
         .image_hash = CS_LIT("sha256:00"),
         .enclave_version = CS_LIT("1"),
         .epoch = CS_LIT("00"),
         .evidence = CS_LIT("operation"),
         .match_rules = CS_LIT("{\"a\":[]}"),
         .ledger_ed25519 = CS_ARRAY(key),
         .ledger_mldsa44 = CS_ARRAY(mldsa44),
         .mldsa_engine = CS_LIT("native/avx512"),
         .disagreements = 3,
         .document = CS_LIT("a.b.c")},
        {.type = CS_MSG_GENERATE_KEY,
         .sealed = CS_LIT("sealed"),
         .public_key = CS_LIT("pk"),
         .key_release = CS_LIT("local"),
         .document = CS_LIT("a.b.c")},
        {.type = CS_MSG_SIGN, .signature = CS_LIT("\0sig"), .counter = 7, .document = CS_LIT("a.b.c")},
        {.type = CS_MSG_FORGET},
        {.type = CS_MSG_CALLER_KEY, .public_key = CS_LIT("pk"), .private_key = CS_ARRAY(key)},
        {.type = CS_MSG_LEDGER_SIGN, .note = CS_LIT("o\n1\n"), .size = 1},
        {.type = CS_MSG_LEDGER_SIGN, .note = CS_LIT("o\n2\n"), .size = 2, .stale = true},
        {.type = CS_MSG_SEAL_SECRET, .sealed = CS_LIT("sealed")},
        {.type = CS_MSG_PQ_GENERATE,
         .sealed = CS_LIT("sealed"),
         .public_key = CS_LIT("pk"),
         .attestation = CS_LIT("\x84"),
         .enclave_version = CS_LIT("1"),
         .wrapped = CS_LIT("w"),
         .created_at_ms = 1767225600000,
         .key_release = CS_LIT("relayed")},
        {.type = CS_MSG_PQ_SIGN, .signature = CS_LIT("s"), .public_key = CS_LIT("pk")},
        {.type = CS_MSG_PQ_SIGN, .signature = CS_LIT("s"), .public_key = CS_LIT("pk"), .attestation = CS_LIT("\x84")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const cs_reply *w = &rows[i];
        cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
        cs_reply r;
        cs_frame_in in;
        assert_int_equal(cs_reply_write(&frame, w), CS_OK);
        for (unsigned t = 0; t < CS_MSG_COUNT; t++) { /* the answer for another request is refused */
            cs_err expect = t == w->type ? CS_OK : CS_FRAME_TYPE;
            assert_int_equal(cs_reply_read(&r, &in, json_of(&frame), (cs_message_type)t), expect);
            if (expect == CS_OK) {
                assert_int_equal(r.counter, w->counter);
                assert_int_equal(r.disagreements, w->disagreements);
                assert_true(cs_slice_eq(r.mldsa_engine, w->mldsa_engine));
                assert_true(cs_slice_eq(r.document, w->document) && cs_slice_eq(r.vendor, w->vendor));
                assert_true(cs_slice_eq(r.image_hash, w->image_hash) && cs_slice_eq(r.epoch, w->epoch));
                assert_true(cs_slice_eq(r.enclave_version, w->enclave_version));
                assert_true(cs_slice_eq(r.evidence, w->evidence) && cs_slice_eq(r.match_rules, w->match_rules));
                assert_true(cs_slice_eq(r.sealed, w->sealed) && cs_slice_eq(r.public_key, w->public_key));
                assert_true(cs_slice_eq(r.key_release, w->key_release) && cs_slice_eq(r.signature, w->signature));
                assert_true(cs_slice_eq(r.ledger_ed25519, w->ledger_ed25519));
                assert_true(cs_slice_eq(r.ledger_mldsa44, w->ledger_mldsa44));
                assert_true(cs_slice_eq(r.private_key, w->private_key));
                assert_true(cs_slice_eq(r.attestation, w->attestation) && cs_slice_eq(r.wrapped, w->wrapped));
                assert_int_equal(r.attestation.p == NULL, w->attestation.p == NULL);
                assert_int_equal(r.created_at_ms, w->created_at_ms);
                assert_int_equal(in.bytes.wiped, w->type == CS_MSG_CALLER_KEY);
                assert_true(cs_slice_eq(r.note, w->note) && r.size == w->size && r.stale == w->stale);
            }
            cs_frame_in_free(&in);
        }
        cs_buf_free(&frame);
    }
}

/* The engine's name becomes a label of the metrics. */
static void engines_are_named_plainly(void **state)
{
    static const uint8_t key[32] = {1}, mldsa44[CS_MLDSA44_PUBLIC] = {2};
    static const struct {
        const char *engine;
        int64_t disagreements;
        cs_err expect;
    } rows[] = {{"native/avx512", 0, CS_OK},      {"openssl", 1, CS_OK},        {"", 0, CS_BAD_FIELD},
                {"native avx2", 0, CS_BAD_FIELD}, {"Openssl", 0, CS_BAD_FIELD}, {"a\"", 0, CS_BAD_FIELD},
                {"a\n", 0, CS_BAD_FIELD},         {"ä", 0, CS_BAD_FIELD},       {"openssl", -1, CS_BAD_FIELD}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
        cs_reply r, w = {.type = CS_MSG_BOOT,
                         .vendor = CS_LIT("mock"),
                         .image_hash = CS_LIT("sha256:00"),
                         .enclave_version = CS_LIT("1"),
                         .epoch = CS_LIT("00"),
                         .evidence = CS_LIT("operation"),
                         .match_rules = CS_LIT("{\"a\":[]}"),
                         .ledger_ed25519 = CS_ARRAY(key),
                         .ledger_mldsa44 = CS_ARRAY(mldsa44),
                         .mldsa_engine = cs_slice_str(rows[i].engine),
                         .disagreements = rows[i].disagreements,
                         .document = CS_LIT("a.b.c")};
        cs_frame_in in;
        assert_int_equal(cs_reply_write(&frame, &w), CS_OK);
        assert_int_equal(cs_reply_read(&r, &in, json_of(&frame), CS_MSG_BOOT), rows[i].expect);
        cs_frame_in_free(&in);
        cs_buf_free(&frame);
    }
}

static void errors_come_back(void **state)
{
    (void)state;
    for (unsigned e = 0; e < CS_ERR_COUNT; e++) {
        uint8_t bytes[256];
        cs_buf frame = CS_BUF_OVER(bytes);
        cs_reply r;
        cs_frame_in in;
        cs_message_type type;
        assert_int_equal(cs_error_write(&frame, (cs_err)e), CS_OK);
        assert_int_equal(cs_reply_read(&r, &in, json_of(&frame), CS_MSG_SIGN), e == CS_OK ? CS_INTERNAL : (cs_err)e);
        cs_frame_in_free(&in);
        assert_int_equal(cs_request_type(&type, json_of(&frame)), CS_FRAME_TYPE);
    }
}

#define SIGN "{\"type\":\"Sign\",\"version\":1,\"org\":\"o\",\"keyId\":\"k\",\"sealed\":\"c2Vh\""
#define GENERATE "{\"type\":\"GenerateKey\",\"version\":1,\"org\":\"o\",\"keyId\":\"k\",\"algorithm\":\"mldsa65\","
#define AWAY                                                                                                           \
    "{\"type\":\"GenerateKey\",\"version\":1,\"org\":\"o\",\"keyId\":\"k\",\"algorithm\":\"mldsa65+ed25519\","         \
    "\"signatureFormat\":\"composite\",\"purpose\":\"sign\","
#define AT_KEY "{\"provider\":\"aws-kms\",\"keyId\":\"k\"}"
#define NEW_KEY "{\"provider\":\"aws-kms\",\"region\":\"r\"}"

#define LEDGER "{\"type\":\"LedgerSign\",\"version\":1,\"org\":\"o\",\"origin\":\"h/org/o\","
#define SECRET "{\"type\":\"SealSecret\",\"version\":1,\"org\":\"o\",\"name\":\"n\""
#define CALLER "{\"type\":\"CallerKey\",\"version\":1,"
#define GROUP "{\"type\":\"SignGroup\",\"version\":1,\"items\":"
#define ITEM "{\"org\":\"o\",\"keyId\":\"k\",\"sealed\":\"c2Vh\",\"payload\":\"YQ==\"}"
#define ITEM4 ITEM "," ITEM "," ITEM "," ITEM
#define ITEM8 ITEM4 "," ITEM4
#define PQ_NEW "{\"type\":\"PqGenerateKey\",\"version\":1,\"org\":\"o\","
#define PQ_SIGN_OF(org)                                                                                                \
    "{\"type\":\"PqSign\",\"version\":1," org "\"userId\":\"u\",\"algorithm\":\"mldsa44\",\"sealed\":\"c2Vh\""
#define PQ_SIGN PQ_SIGN_OF("\"org\":\"o\",")
#define ARN "\"kmsKeyArn\":\"arn:aws:kms:eu-central-1:1:key/k\""
#define U64 "\xc3\xa4 3456789012345678901234567890123456789012345678901234567890123"
#define ROOT "\"newRoot\":\"" B32 "\""

static const struct {
    const char *json;
    cs_err expect;
} requests[] = {
    {SIGN ",\"payload\":\"YQ==\"}", CS_OK},
    {SIGN ",\"payload\":\"\"}", CS_OK},
    {SIGN ",\"preHash\":{\"alg\":\"sha512\",\"value\":\"" B64 "\"}}", CS_OK},
    {SIGN ",\"preHash\":{\"alg\":\"sha256\",\"value\":\"" B32 "\"}}", CS_OK},
    {GENERATE "\"signatureFormat\":\"pure\",\"purpose\":\"hybrid\"}", CS_OK},
    {GENERATE "\"signatureFormat\":\"pure\",\"purpose\":\"ledger\"}", CS_BAD_FIELD},
    {AWAY "\"kek\":" AT_KEY ",\"classical\":" AT_KEY ",\"pq\":" NEW_KEY "}", CS_OK},
    {AWAY "\"classical\":" NEW_KEY "}", CS_OK},
    {AWAY "\"kek\":" NEW_KEY "}", CS_MISSING_FIELD}, /* always one that exists */
    {AWAY "\"kek\":{\"provider\":\"aws-kms\"}}", CS_MISSING_FIELD},
    {AWAY "\"kek\":{\"keyId\":\"k\"}}", CS_MISSING_FIELD},
    {AWAY "\"kek\":{\"provider\":\"\",\"keyId\":\"k\"}}", CS_BAD_FIELD},
    {AWAY "\"kek\":{\"provider\":\"p\",\"keyId\":\"\"}}", CS_BAD_FIELD},
    {AWAY "\"kek\":{\"provider\":\"p\",\"keyId\":\"k\",\"region\":\"r\"}}", CS_UNKNOWN_FIELD},
    {AWAY "\"pq\":{\"provider\":\"p\",\"keyId\":\"k\",\"region\":\"r\"}}", CS_UNKNOWN_FIELD},
    {AWAY "\"pq\":{\"provider\":\"p\",\"region\":\"\"}}", CS_BAD_FIELD},
    {AWAY "\"pq\":{\"provider\":\"p\"}}", CS_MISSING_FIELD},
    {AWAY "\"pq\":\"aws-kms\"}", CS_BAD_FIELD},
    {AWAY "\"pq\":null}", CS_BAD_FIELD},
    {GENERATE "\"signatureFormat\":\"pure\",\"purpose\":\"sign\",\"pq\":" NEW_KEY "}", CS_OK},
    {GENERATE "\"signatureFormat\":\"pure\",\"purpose\":\"sign\",\"classical\":" NEW_KEY "}", CS_BAD_FIELD},
    {LEDGER "\"newSize\":1," ROOT ",\"proof\":\"\"}", CS_OK},
    {LEDGER "\"oldNote\":\"x\",\"newSize\":9007199254740991," ROOT ",\"proof\":\"" B32 "\"}", CS_OK},
    {LEDGER "\"oldNote\":\"\",\"newSize\":1," ROOT ",\"proof\":\"\"}", CS_BAD_FIELD},
    {LEDGER "\"oldNote\":null,\"newSize\":1," ROOT ",\"proof\":\"\"}", CS_BAD_FIELD},
    {LEDGER "\"newSize\":0," ROOT ",\"proof\":\"\"}", CS_BAD_FIELD},
    {LEDGER "\"newSize\":-1," ROOT ",\"proof\":\"\"}", CS_BAD_FIELD},
    {LEDGER "\"newSize\":9007199254740992," ROOT ",\"proof\":\"\"}", CS_BAD_FIELD},
    {LEDGER "\"newSize\":1.0," ROOT ",\"proof\":\"\"}", CS_BAD_FIELD},
    {LEDGER "\"newSize\":1,\"newRoot\":\"" B64 "\",\"proof\":\"\"}", CS_BAD_FIELD},
    {LEDGER "\"newSize\":1,\"newRoot\":\"MTIz\",\"proof\":\"\"}", CS_BAD_FIELD},
    {LEDGER "\"newSize\":1,\"proof\":\"\"}", CS_MISSING_FIELD},
    {LEDGER "\"newSize\":1," ROOT "}", CS_MISSING_FIELD},
    {LEDGER ROOT ",\"proof\":\"\"}", CS_MISSING_FIELD},
    {LEDGER "\"newSize\":1," ROOT ",\"proof\":\"\",\"nonce\":\"MTIzNDU2Nzg=\"}", CS_UNKNOWN_FIELD},
    {SECRET ",\"secret\":\"YQ==\"}", CS_OK},
    {SECRET ",\"secret\":\"\"}", CS_BAD_FIELD},
    {SECRET ",\"secret\":\"YR==\"}", CS_BAD_ENCODING},
    {SECRET ",\"secret\":null}", CS_BAD_FIELD},
    {SECRET "}", CS_MISSING_FIELD},
    {SECRET ",\"secret\":\"YQ==\",\"keyId\":\"k\"}", CS_UNKNOWN_FIELD},
    {SECRET ",\"secret\":\"" B64 B64 B64 B64 B64 "\"}", CS_TOO_LARGE},
    {"{\"version\":1,\"type\":\"Boot\"}", CS_OK},
    {"{\"type\":\"Forget\",\"version\":1,\"recordSha256\":\"" B32 "\"}", CS_OK},
    {GROUP "[" ITEM "]}", CS_OK},
    {GROUP "[" ITEM8 "," ITEM8 "]}", CS_OK},
    {GROUP "[" ITEM8 "," ITEM8 "," ITEM "]}", CS_BAD_FIELD},
    {GROUP "[]}", CS_BAD_FIELD},
    {GROUP "{}}", CS_BAD_FIELD},
    {GROUP "null}", CS_BAD_FIELD},
    {GROUP "[" ITEM "],\"nonce\":\"MTIzNDU2Nzg=\"}", CS_UNKNOWN_FIELD},
    {"{\"type\":\"SignGroup\",\"version\":1}", CS_MISSING_FIELD},
    {"", CS_BAD_JSON},
    {"x", CS_BAD_JSON},
    {"{\"type\":\"Boot\",\"version\":1}x", CS_BAD_JSON},
    {"{\"type\":\"Boot\",\"version\":1,\"version\":1}", CS_BAD_JSON},
    {"{\"type\":\"Bo\\u0000ot\",\"version\":1}", CS_BAD_JSON},
    {"[]", CS_FRAME_TYPE},
    {"\"Boot\"", CS_FRAME_TYPE},
    {"{}", CS_FRAME_TYPE},
    {"{\"type\":\"Boot\"}", CS_FRAME_TYPE},
    {"{\"version\":1}", CS_FRAME_TYPE},
    {"{\"type\":\"Boot\",\"version\":0}", CS_FRAME_TYPE},
    {"{\"type\":\"Boot\",\"version\":2}", CS_FRAME_TYPE},
    {"{\"type\":\"Boot\",\"version\":\"1\"}", CS_FRAME_TYPE},
    {"{\"type\":\"Boot\",\"version\":1.0}", CS_FRAME_TYPE},
    {"{\"type\":\"Boot\",\"version\":null}", CS_FRAME_TYPE},
    {"{\"type\":null,\"version\":1}", CS_FRAME_TYPE},
    {"{\"type\":\"\",\"version\":1}", CS_FRAME_TYPE},
    {"{\"type\":\"boot\",\"version\":1}", CS_FRAME_TYPE},
    {"{\"type\":\"Error\",\"version\":1,\"code\":\"OK\"}", CS_FRAME_TYPE},
    {"{\"type\":\"Boot\",\"version\":1,\"org\":\"o\"}", CS_UNKNOWN_FIELD},
    {"{\"type\":\"Boot\",\"version\":1,\"enclave\":0}", CS_BAD_FIELD},
    {"{\"type\":\"Boot\",\"version\":1,\"enclave\":17}", CS_BAD_FIELD},
    {"{\"type\":\"Boot\",\"version\":1,\"enclave\":\"1\"}", CS_BAD_FIELD},
    {"{\"type\":\"Forget\",\"version\":1,\"recordSha256\":\"" B32 "\",\"enclave\":1}", CS_UNKNOWN_FIELD},
    {"{\"type\":\"Boot\",\"version\":1,\"nonce\":null}", CS_BAD_FIELD},
    {"{\"type\":\"Boot\",\"version\":1,\"nonce\":\"\"}", CS_BAD_FIELD},
    {"{\"type\":\"Boot\",\"version\":1,\"nonce\":\"MTIzNDU2Nw==\"}", CS_BAD_FIELD},
    {"{\"type\":\"Boot\",\"version\":1,\"nonce\":\"" B64 "AA==\"}", CS_BAD_FIELD},
    {"{\"type\":\"Boot\",\"version\":1,\"nonce\":\"MTIzNDU2Nzg\"}", CS_BAD_ENCODING},
    {"{\"type\":\"Boot\",\"version\":1,\"nonce\":\"MTIzNDU2Nzh=\"}", CS_BAD_ENCODING},
    {SIGN "}", CS_MISSING_FIELD},
    {SIGN ",\"payload\":\"YQ==\",\"preHash\":{\"alg\":\"sha512\",\"value\":\"" B64 "\"}}", CS_BAD_FIELD},
    {SIGN ",\"payload\":null}", CS_BAD_FIELD},
    {SIGN ",\"payload\":\"YR==\"}", CS_BAD_ENCODING},
    {SIGN ",\"payload\":\"YQ==\",\"context\":\"\"}", CS_UNKNOWN_FIELD},
    {SIGN ",\"payload\":\"YQ==\",\"policyId\":\"\"}", CS_BAD_FIELD},
    {SIGN ",\"payload\":\"YQ==\",\"policyId\":\"" ID64 "x\"}", CS_BAD_FIELD},
    {SIGN ",\"payload\":\"YQ==\",\"recordSha256\":\"" B32 "\"}", CS_UNKNOWN_FIELD},
    {SIGN ",\"preHash\":\"" B64 "\"}", CS_BAD_FIELD},
    {SIGN ",\"preHash\":{}}", CS_MISSING_FIELD},
    {SIGN ",\"preHash\":{\"alg\":\"sha512\"}}", CS_MISSING_FIELD},
    {SIGN ",\"preHash\":{\"alg\":\"sha512\",\"value\":\"" B32 "\"}}", CS_PREHASH_ALGORITHM},
    {SIGN ",\"preHash\":{\"alg\":\"sha256\",\"value\":\"" B64 "\"}}", CS_PREHASH_ALGORITHM},
    {SIGN ",\"preHash\":{\"alg\":\"SHA512\",\"value\":\"" B64 "\"}}", CS_PREHASH_ALGORITHM},
    {SIGN ",\"preHash\":{\"alg\":\"none\",\"value\":\"" B64 "\"}}", CS_PREHASH_ALGORITHM},
    {SIGN ",\"preHash\":{\"alg\":\"sha512\",\"value\":\"" B64 "\",\"x\":1}}", CS_UNKNOWN_FIELD},
    {"{\"type\":\"Sign\",\"version\":1,\"org\":\"\",\"keyId\":\"k\",\"sealed\":\"c2Vh\",\"payload\":\"\"}",
     CS_BAD_FIELD},
    {"{\"type\":\"Sign\",\"version\":1,\"org\":\"o\",\"keyId\":\"" ID64 "x\",\"sealed\":\"c2Vh\",\"payload\":\"\"}",
     CS_BAD_FIELD},
    {"{\"type\":\"Sign\",\"version\":1,\"org\":\"o\",\"keyId\":\"k\",\"sealed\":\"\",\"payload\":\"\"}", CS_BAD_FIELD},
    {"{\"type\":\"Sign\",\"version\":1,\"org\":\"o\",\"sealed\":\"c2Vh\",\"payload\":\"\"}", CS_MISSING_FIELD},
    {"{\"type\":\"Sign\",\"version\":1,\"keyId\":\"k\",\"sealed\":\"c2Vh\",\"payload\":\"\"}", CS_MISSING_FIELD},
    {"{\"type\":\"Sign\",\"version\":1,\"org\":\"o\",\"keyId\":\"k\",\"payload\":\"\"}", CS_MISSING_FIELD},
    {GENERATE "\"signatureFormat\":\"composite\",\"purpose\":\"sign\"}", CS_FORMAT_NOT_OFFERED},
    {GENERATE "\"signatureFormat\":\"Pure\",\"purpose\":\"sign\"}", CS_UNKNOWN_SIGNATURE_FORMAT},
    {GENERATE "\"purpose\":\"sign\"}", CS_MISSING_FIELD},
    {GENERATE "\"signatureFormat\":\"pure\",\"purpose\":\"\"}", CS_BAD_FIELD},
    {GENERATE "\"signatureFormat\":\"pure\"}", CS_MISSING_FIELD},
    {"{\"type\":\"GenerateKey\",\"version\":1,\"org\":\"o\",\"keyId\":\"k\",\"algorithm\":\"none\","
     "\"signatureFormat\":\"pure\",\"purpose\":\"sign\"}",
     CS_UNKNOWN_ALGORITHM},
    {"{\"type\":\"Forget\",\"version\":1}", CS_MISSING_FIELD},
    {PQ_NEW "\"userId\":\"u\",\"algorithm\":\"mldsa44\"," ARN "}", CS_OK},
    {PQ_NEW "\"userId\":\"" U64 U64 U64 U64 "\",\"algorithm\":\"mldsa44\"," ARN "}", CS_OK},
    {PQ_NEW "\"userId\":\"" U64 U64 U64 U64 "x\",\"algorithm\":\"mldsa44\"," ARN "}", CS_BAD_FIELD},
    {PQ_NEW "\"userId\":\"\",\"algorithm\":\"mldsa44\"," ARN "}", CS_BAD_FIELD},
    {PQ_NEW "\"userId\":null,\"algorithm\":\"mldsa44\"," ARN "}", CS_BAD_FIELD},
    {PQ_NEW "\"userId\":\"a\\u0000b\",\"algorithm\":\"mldsa44\"," ARN "}", CS_BAD_JSON},
    {PQ_NEW "\"algorithm\":\"mldsa44\"," ARN "}", CS_MISSING_FIELD},
    {PQ_NEW "\"userId\":\"u\"," ARN "}", CS_MISSING_FIELD},
    {PQ_NEW "\"userId\":\"u\",\"algorithm\":\"ML-DSA-44\"," ARN "}", CS_UNKNOWN_ALGORITHM},
    {PQ_NEW "\"userId\":\"u\",\"algorithm\":\"mldsa44+ed25519\"," ARN "}", CS_UNKNOWN_ALGORITHM},
    {PQ_NEW "\"userId\":\"u\",\"algorithm\":\"mldsa44\"}", CS_MISSING_FIELD},
    {PQ_NEW "\"userId\":\"u\",\"algorithm\":\"mldsa44\",\"kmsKeyArn\":\"\"}", CS_BAD_FIELD},
    {PQ_NEW "\"userId\":\"u\",\"algorithm\":\"mldsa44\"," ARN ",\"nonce\":\"MTIzNDU2Nzg=\"}", CS_UNKNOWN_FIELD},
    {PQ_NEW "\"userId\":\"u\",\"algorithm\":\"mldsa44\"," ARN ",\"keyId\":\"o\"}", CS_UNKNOWN_FIELD},
    {"{\"type\":\"PqGenerateKey\",\"version\":1,\"userId\":\"u\",\"algorithm\":\"mldsa44\"," ARN "}", CS_MISSING_FIELD},
    {PQ_SIGN ",\"message\":\"YQ==\",\"requestAttestation\":false}", CS_OK},
    {PQ_SIGN ",\"message\":\"\",\"requestAttestation\":true}", CS_OK},
    {PQ_SIGN ",\"message\":\"YQ==\"}", CS_MISSING_FIELD},
    {PQ_SIGN_OF("") ",\"message\":\"YQ==\",\"requestAttestation\":false}", CS_MISSING_FIELD},
    {PQ_SIGN_OF("\"org\":\"\",") ",\"message\":\"YQ==\",\"requestAttestation\":false}", CS_BAD_FIELD},
    {PQ_SIGN ",\"requestAttestation\":true}", CS_MISSING_FIELD},
    {PQ_SIGN ",\"message\":\"YR==\",\"requestAttestation\":false}", CS_BAD_ENCODING},
    {PQ_SIGN ",\"message\":\"YQ==\",\"requestAttestation\":1}", CS_BAD_FIELD},
    {PQ_SIGN ",\"message\":\"YQ==\",\"requestAttestation\":null}", CS_BAD_FIELD},
    {PQ_SIGN ",\"message\":\"YQ==\",\"requestAttestation\":false," ARN "}", CS_UNKNOWN_FIELD},
    {PQ_SIGN ",\"preHash\":{\"alg\":\"sha512\",\"value\":\"" B64 "\"},\"requestAttestation\":false}", CS_MISSING_FIELD},
    {CALLER "\"algorithm\":\"mldsa65\",\"privateKeyFormat\":\"seed\"}", CS_OK},
    {CALLER "\"algorithm\":\"mldsa65\"}", CS_MISSING_FIELD},
    {CALLER "\"privateKeyFormat\":\"seed\"}", CS_MISSING_FIELD},
    {CALLER "\"algorithm\":\"mldsa65+ed25519\",\"privateKeyFormat\":\"seed\"}", CS_UNKNOWN_ALGORITHM},
    {CALLER "\"algorithm\":\"ml-dsa-65\",\"privateKeyFormat\":\"seed\"}", CS_UNKNOWN_ALGORITHM},
    {CALLER "\"algorithm\":null,\"privateKeyFormat\":\"seed\"}", CS_BAD_FIELD},
    {CALLER "\"algorithm\":\"mldsa65\",\"privateKeyFormat\":\"both\"}", CS_BAD_FIELD},
    {CALLER "\"algorithm\":\"mldsa65\",\"privateKeyFormat\":\"\"}", CS_BAD_FIELD},
    {CALLER "\"algorithm\":\"mldsa65\",\"privateKeyFormat\":\"seed\",\"org\":\"o\"}", CS_UNKNOWN_FIELD},
    {CALLER "\"algorithm\":\"mldsa65\",\"privateKeyFormat\":\"seed\",\"nonce\":\"MTIzNDU2Nzg=\"}", CS_UNKNOWN_FIELD},
    {"{\"type\":\"Forget\",\"version\":1,\"recordSha256\":\"" B64 "\"}", CS_BAD_FIELD},
    {"{\"type\":\"Forget\",\"version\":1,\"recordSha256\":\"MTIz\"}", CS_BAD_FIELD},
    {"{\"type\":\"Forget\",\"version\":1,\"recordSha256\":\"" B32 "\",\"nonce\":\"MTIzNDU2Nzg=\"}", CS_UNKNOWN_FIELD},
};

static void strict_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        cs_request r;
        cs_frame_in in;
        cs_err err = cs_request_read(&r, &in, cs_slice_str(requests[i].json));
        if (err != requests[i].expect)
            fail_msg("%s: %s", requests[i].json, cs_err_name(err));
        cs_frame_in_free(&in);
    }
}

/* What is wrong with one is no matter of the others. */
static void items_of_a_group_stand_alone(void **state)
{
    (void)state;
    static const char *const json =
        GROUP "[" ITEM ",{\"org\":\"o\"},5,{\"org\":\"o\",\"keyId\":\"k\",\"sealed\":\"c2Vh\",\"payload\":\"?\"},"
              "{\"type\":\"Sign\",\"org\":\"o\",\"keyId\":\"k\",\"sealed\":\"c2Vh\",\"payload\":\"\"}," ITEM "]}";
    static const cs_err expect[] = {CS_OK, CS_MISSING_FIELD, CS_BAD_FIELD, CS_BAD_ENCODING, CS_UNKNOWN_FIELD, CS_OK};
    cs_request r;
    cs_frame_in in;
    assert_int_equal(cs_request_read(&r, &in, cs_slice_str(json)), CS_OK);
    assert_int_equal(r.type, CS_MSG_SIGN_GROUP);
    assert_int_equal(r.item_count, sizeof expect / sizeof *expect);
    for (size_t i = 0; i < r.item_count; i++) {
        assert_int_equal(r.items[i].type, CS_MSG_SIGN);
        assert_int_equal(r.items[i].err, expect[i]);
        if (expect[i] == CS_OK)
            assert_true(cs_slice_is(r.items[i].message.bytes, "a") && cs_slice_is(r.items[i].sealed, "sea"));
    }
    cs_frame_in_free(&in);
}

static void groups_go_through(void **state)
{
    (void)state;
    cs_request items[CS_MAX_SIGN_GROUP], back;
    cs_reply replies[CS_MAX_SIGN_GROUP], reply;
    cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
    cs_frame_in in;
    size_t weight = 0;
    for (size_t i = 0; i < CS_MAX_SIGN_GROUP; i++) {
        items[i] = (cs_request){.type = CS_MSG_SIGN,
                                .org = CS_LIT("o"),
                                .key_id = CS_LIT("k"),
                                .sealed = CS_LIT("sealed"),
                                .message = {.bytes = cs_slice_of("0123456789abcdef", i)},
                                .nonce = i % 2 == 0 ? CS_ABSENT : CS_LIT("12345678"),
                                .policy_id = i % 3 == 0 ? CS_ABSENT : CS_LIT("p")};
        weight += cs_request_weight(&items[i]);
        replies[i] = i % 5 == 4 ? (cs_reply){.type = CS_MSG_SIGN, .err = CS_SEAL_BROKEN}
                                : (cs_reply){.type = CS_MSG_SIGN,
                                             .signature = cs_slice_of("0123456789abcdef", i + 1),
                                             .counter = (int64_t)i + 1,
                                             .document = CS_LIT("a.b.c")};
    }
    const cs_request group = {.type = CS_MSG_SIGN_GROUP, .items = items, .item_count = CS_MAX_SIGN_GROUP};
    assert_int_equal(cs_request_write(&frame, &group), CS_OK);
    assert_true(frame.n < weight + 100);
    assert_int_equal(cs_request_read(&back, &in, json_of(&frame)), CS_OK);
    assert_int_equal(back.item_count, CS_MAX_SIGN_GROUP);
    for (size_t i = 0; i < CS_MAX_SIGN_GROUP; i++) {
        assert_true(cs_slice_eq(back.items[i].message.bytes, items[i].message.bytes));
        assert_true(cs_slice_eq(back.items[i].nonce, items[i].nonce));
        assert_int_equal(back.items[i].policy_id.p == NULL, items[i].policy_id.p == NULL);
    }
    cs_frame_in_free(&in);
    cs_buf_clear(&frame);
    assert_int_equal(
        cs_reply_write(&frame,
                       &(cs_reply){.type = CS_MSG_SIGN_GROUP, .items = replies, .item_count = CS_MAX_SIGN_GROUP}),
        CS_OK);
    assert_int_equal(cs_reply_read(&reply, &in, json_of(&frame), CS_MSG_SIGN_GROUP), CS_OK);
    for (size_t i = 0; i < CS_MAX_SIGN_GROUP; i++) {
        assert_int_equal(reply.items[i].err, replies[i].err);
        assert_true(cs_slice_eq(reply.items[i].signature, replies[i].signature));
        assert_int_equal(reply.items[i].counter, replies[i].counter);
    }
    cs_frame_in_free(&in);
    cs_buf_free(&frame);
}

/* Documents as long as they may be: as many replies go as the frame takes, for the others it says why not. */
static void a_full_frame_takes_what_fits(void **state)
{
    (void)state;
    cs_reply replies[CS_MAX_SIGN_GROUP], reply;
    cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
    cs_frame_in in;
    static char document[CS_MAX_ATTESTATION];
    memset(document, 'd', sizeof document);
    for (size_t i = 0; i < CS_MAX_SIGN_GROUP; i++)
        replies[i] =
            (cs_reply){.type = CS_MSG_SIGN, .signature = CS_LIT("s"), .counter = 1, .document = CS_ARRAY(document)};
    assert_int_equal(
        cs_reply_write(&frame,
                       &(cs_reply){.type = CS_MSG_SIGN_GROUP, .items = replies, .item_count = CS_MAX_SIGN_GROUP}),
        CS_OK);
    assert_int_equal(cs_reply_read(&reply, &in, json_of(&frame), CS_MSG_SIGN_GROUP), CS_OK);
    for (size_t i = 0; i < CS_MAX_SIGN_GROUP; i++)
        assert_int_equal(reply.items[i].err, i < 7 ? CS_OK : CS_TOO_LARGE);
    cs_frame_in_free(&in);
    cs_buf_free(&frame);
}

static void strict_group_replies(void **state)
{
    (void)state;
    static const struct {
        const char *items;
        cs_err expect;
    } rows[] = {
        {"[{\"signature\":\"c2ln\",\"counter\":1,\"document\":\"d\"}]}", CS_OK},
        {"[{\"code\":\"SEAL_BROKEN\"},{\"code\":\"no such code\"}]}", CS_OK},
        {"[]}", CS_BAD_FIELD},
        {"[5]}", CS_BAD_FIELD},
        {"[{}]}", CS_MISSING_FIELD},
        {"[{\"code\":7}]}", CS_FRAME_TYPE},
        {"[{\"code\":\"SEAL_BROKEN\",\"counter\":1}]}", CS_FRAME_TYPE},
        {"[{\"signature\":\"\",\"counter\":1,\"document\":\"d\"}]}", CS_BAD_FIELD},
        {"[{\"signature\":\"c2ln\",\"counter\":0,\"document\":\"d\"}]}", CS_BAD_FIELD},
        {"[{\"signature\":\"c2ln\",\"counter\":1,\"document\":\"\"}]}", CS_BAD_FIELD},
        {"[{\"signature\":\"c2ln\",\"counter\":1}]}", CS_MISSING_FIELD},
        {"[{\"signature\":\"c2ln\",\"counter\":1,\"document\":\"d\",\"x\":1}]}", CS_UNKNOWN_FIELD},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf json = cs_buf_new(1024);
        cs_reply r;
        cs_frame_in in;
        cs_buf_printf(&json, "%s%s", GROUP, rows[i].items);
        cs_err err = cs_reply_read(&r, &in, cs_buf_slice(&json), CS_MSG_SIGN_GROUP);
        if (err != rows[i].expect)
            fail_msg("%s: %s", rows[i].items, cs_err_name(err));
        cs_frame_in_free(&in);
        cs_buf_free(&json);
    }
}

#define SIGNED "{\"type\":\"Sign\",\"version\":1,\"signature\":\"c2ln\",\"document\":\"a.b.c\""

static const struct {
    const char *json;
    cs_err expect;
} replies[] = {
    {SIGNED ",\"counter\":1}", CS_OK},
    {SIGNED ",\"counter\":9007199254740991}", CS_OK},
    {SIGNED "}", CS_MISSING_FIELD},
    {SIGNED ",\"counter\":0}", CS_BAD_FIELD},
    {SIGNED ",\"counter\":-1}", CS_BAD_FIELD},
    {SIGNED ",\"counter\":1.5}", CS_BAD_FIELD},
    {SIGNED ",\"counter\":9007199254740992}", CS_BAD_FIELD},
    {SIGNED ",\"counter\":1,\"extra\":1}", CS_UNKNOWN_FIELD},
    {"{\"type\":\"Sign\",\"version\":1,\"signature\":\"\",\"document\":\"a\",\"counter\":1}", CS_BAD_FIELD},
    {"{\"type\":\"Sign\",\"version\":1,\"signature\":\"c2ln\",\"document\":\"\",\"counter\":1}", CS_BAD_FIELD},
    {"{\"type\":\"Sign\",\"version\":1,\"signature\":\"c2ln\",\"counter\":1}", CS_MISSING_FIELD},
    {"{\"type\":\"Error\",\"version\":1,\"code\":\"SEAL_BROKEN\"}", CS_SEAL_BROKEN},
    {"{\"type\":\"Error\",\"version\":1,\"code\":\"OK\"}", CS_INTERNAL},
    {"{\"type\":\"Error\",\"version\":1,\"code\":\"NO_SUCH_CODE\"}", CS_INTERNAL},
    {"{\"type\":\"Error\",\"version\":1}", CS_FRAME_TYPE},
    {"{\"type\":\"Error\",\"version\":1,\"code\":1}", CS_FRAME_TYPE},
    {"{\"type\":\"Error\",\"version\":1,\"code\":\"SEAL_BROKEN\",\"why\":\"x\"}", CS_FRAME_TYPE},
    {"{\"type\":\"Error\",\"version\":2,\"code\":\"SEAL_BROKEN\"}", CS_FRAME_TYPE},
    {"{\"type\":\"Boot\",\"version\":1}", CS_FRAME_TYPE},
    {"{\"type\":\"Forget\",\"version\":1}", CS_FRAME_TYPE},
    {"null", CS_FRAME_TYPE},
    {"{", CS_BAD_JSON},
};

static void strict_replies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        cs_reply r;
        cs_frame_in in;
        cs_err err = cs_reply_read(&r, &in, cs_slice_str(replies[i].json), CS_MSG_SIGN);
        if (err != replies[i].expect)
            fail_msg("%s: %s", replies[i].json, cs_err_name(err));
        cs_frame_in_free(&in);
    }
}

/* The largest request there is fits a frame; one byte of payload more is not read. */
static void largest_payload(void **state)
{
    (void)state;
    static uint8_t payload[CS_MAX_PAYLOAD + 1], sealed[CS_MAX_SEALED];
    for (size_t n = CS_MAX_PAYLOAD; n <= sizeof payload; n++) {
        cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
        cs_request r;
        cs_frame_in in;
        cs_request w = {.type = CS_MSG_SIGN,
                        .org = CS_LIT(ID64),
                        .key_id = CS_LIT(ID64),
                        .sealed = CS_ARRAY(sealed),
                        .message = {.bytes = cs_slice_of(payload, n)},
                        .policy_id = CS_LIT(ID64),
                        .nonce = CS_LIT(ID64)};
        assert_int_equal(cs_request_write(&frame, &w), CS_OK);
        cs_err err = cs_request_read(&r, &in, json_of(&frame));
        assert_int_equal(err == CS_OK, n == CS_MAX_PAYLOAD);
        cs_frame_in_free(&in);
        cs_buf_free(&frame);
    }
}

static void no_room_writes_nothing(void **state)
{
    (void)state;
    uint8_t bytes[40];
    cs_buf frame = CS_BUF_OVER(bytes);
    cs_request w = {.type = CS_MSG_BOOT, .nonce = CS_LIT("12345678")};
    assert_int_equal(cs_request_write(&frame, &w), CS_TOO_LARGE);
    assert_int_equal(frame.n, 0);
    cs_buf_clear(&frame);
    w.type = CS_MSG_COUNT;
    assert_int_equal(cs_request_write(&frame, &w), CS_FRAME_TYPE);
    assert_int_equal(frame.n, 0);
    assert_int_equal(cs_reply_write(&frame, &(cs_reply){.type = CS_MSG_COUNT}), CS_FRAME_TYPE);
    assert_int_equal(frame.n, 0);

    /* Room enough, and yet no peer would read it. */
    static const uint8_t payload[CS_MAX_FRAME / 4 * 3];
    cs_buf large = cs_buf_new(4 * CS_MAX_FRAME);
    w = (cs_request){.type = CS_MSG_SIGN,
                     .org = CS_LIT("o"),
                     .key_id = CS_LIT("k"),
                     .sealed = CS_LIT("s"),
                     .message = {.bytes = CS_ARRAY(payload)}};
    assert_int_equal(cs_request_write(&large, &w), CS_TOO_LARGE);
    assert_int_equal(large.n, 0);
    cs_buf_free(&large);
}

/* Nothing of a secret stays where the frame was read, and its frame was written into one piece of memory. */
static void secrets_are_wiped(void **state)
{
    (void)state;
    cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
    const cs_request w = {
        .type = CS_MSG_SEAL_SECRET, .org = CS_LIT("o"), .name = CS_LIT("n"), .secret = CS_LIT("twelve bytes")};
    cs_request r;
    cs_frame_in in;
    assert_int_equal(cs_request_write(&frame, &w), CS_OK);
    assert_in_range(frame.n, 1, cs_message_limit(CS_MSG_SEAL_SECRET));
    assert_int_equal(cs_request_read(&r, &in, json_of(&frame)), CS_OK);
    assert_memory_equal(in.secret.b, "twelve bytes", 12);
    assert_ptr_equal(r.secret.p, in.secret.b);
    cs_frame_in_free(&in);
    for (size_t i = 0; i < sizeof in.secret.b; i++)
        assert_int_equal(in.secret.b[i], 0);
    cs_buf_free(&frame);
}

static void limits(void **state)
{
    (void)state;
    for (unsigned t = 0; t < CS_MSG_COUNT; t++)
        assert_in_range(cs_message_limit((cs_message_type)t), 1, CS_MAX_FRAME);
    assert_int_equal(cs_message_limit(CS_MSG_COUNT), 0);
    assert_string_equal(cs_message_type_name(CS_MSG_COUNT), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_come_back),        cmocka_unit_test(replies_come_back),
        cmocka_unit_test(engines_are_named_plainly), cmocka_unit_test(errors_come_back),
        cmocka_unit_test(strict_requests),           cmocka_unit_test(items_of_a_group_stand_alone),
        cmocka_unit_test(groups_go_through),         cmocka_unit_test(a_full_frame_takes_what_fits),
        cmocka_unit_test(strict_group_replies),      cmocka_unit_test(strict_replies),
        cmocka_unit_test(largest_payload),           cmocka_unit_test(no_room_writes_nothing),
        cmocka_unit_test(secrets_are_wiped),         cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
