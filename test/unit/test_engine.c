/* SPDX-License-Identifier: Apache-2.0 */
/* src/enclave/engine.c: what a fault in our own ML-DSA looks like from outside. zone: enclave */
#include "enclave_fixture.h"

#include "core/crypto_mldsa.h"
#include "core/hybrid.h"
#include "core/message.h"
#include "enclave/engine.h"

static cs_enclave *e;

static int open_enclave(void **state)
{
    (void)state;
    e = fixture_open(60 * 1000000);
    return cs_crew_start(&e->crew, 1) == CS_OK ? 0 : -1;
}

static int close_enclave(void **state)
{
    (void)state;
    cs_crew_stop(&e->crew);
    /* its threads refer to the crew until the process ends */
    return 0;
}

/* Asks and reads the answer; `frame` and `in` are freed by the caller. */
static cs_err ask(cs_reply *reply, cs_buf *frame, cs_frame_in *in, const cs_request *r)
{
    cs_buf request = cs_buf_new(CS_MAX_FRAME + 4);
    *frame = cs_buf_new(CS_MAX_FRAME + 4);
    assert_int_equal(cs_request_write(&request, r), CS_OK);
    assert_int_equal(cs_engine_answer(frame, e, NULL, cs_slice_sub(cs_buf_slice(&request), 4, request.n)), CS_OK);
    cs_buf_free(&request);
    return cs_reply_read(reply, in, cs_slice_sub(cs_buf_slice(frame), 4, frame->n), r->type);
}

static void expect_boot(const char *engine, int64_t disagreements)
{
    cs_reply reply;
    cs_buf frame;
    cs_frame_in in;
    assert_int_equal(ask(&reply, &frame, &in, &(cs_request){.type = CS_MSG_BOOT}), CS_OK);
    assert_true(cs_slice_is(reply.mldsa_engine, engine));
    assert_int_equal(reply.disagreements, disagreements);
    cs_frame_in_free(&in);
    cs_buf_free(&frame);
}

/* One coefficient is wrong, as after a flipped bit. */
static void wrong_decompose(cs_poly *high, cs_poly *low, const cs_poly *p, int32_t gamma2)
{
    cs_mldsa_portable.decompose(high, low, p, gamma2);
    high->c[3] ^= 1;
}

static void boot_tells_who_computes(void **state)
{
    (void)state;
    cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 1);
    expect_boot("openssl", 0);
    for (const cs_mldsa_backend *const *b = cs_mldsa_backends; *b != NULL; b++) {
        char label[64];
        if (!(*b)->runs_here())
            continue;
        (void)snprintf(label, sizeof label, "native/%s", (*b)->name);
        cs_engine_choose(CS_ENGINE_NATIVE, *b, 1);
        expect_boot(label, 0);
    }
}

static void disagreement_is_told(void **state)
{
    cs_mldsa_backend faulty = cs_mldsa_portable;
    (void)state;
    faulty.decompose = wrong_decompose;
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, 1);
    cs_newborn key = fixture_key(e, "org", "key", "mldsa65+ed25519", CS_FORMAT_COMPOSITE, "sign");
    cs_engine_choose(CS_ENGINE_NATIVE, &faulty, 1);
    expect_boot("native/portable", 0);
    for (int i = 0; i < 3; i++) {
        cs_reply reply;
        cs_buf frame;
        cs_frame_in in;
        const cs_request r = {.type = CS_MSG_SIGN,
                              .org = CS_LIT("org"),
                              .key_id = CS_LIT("key"),
                              .sealed = cs_buf_slice(&key.sealed),
                              .message = {.bytes = CS_LIT("payload")}};
        /* OpenSSL has taken over: the signature is good, and went through the self check. */
        assert_int_equal(ask(&reply, &frame, &in, &r), CS_OK);
        cs_frame_in_free(&in);
        cs_buf_free(&frame);
        expect_boot("openssl", 1);
    }
    cs_newborn_free(&key);
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, 1);
}

/* Three parameter sets, formats, a pre-hash and requests that are refused, all in one frame. */
static void a_group_is_signed_one_by_one(void **state)
{
    static const struct {
        const char *alg;
        cs_format format;
    } kinds[] = {{"mldsa65+ed25519", CS_FORMAT_COMPOSITE},
                 {"mldsa44", CS_FORMAT_PURE},
                 {"mldsa87+ecdsa-p384", CS_FORMAT_COMPOSITE},
                 {"mldsa65", CS_FORMAT_PURE}};
    enum { KINDS = sizeof kinds / sizeof *kinds };
    (void)state;
    cs_newborn keys[KINDS];
    cs_request items[CS_MAX_SIGN_GROUP];
    uint8_t payloads[CS_MAX_SIGN_GROUP];
    for (size_t i = 0; i < KINDS; i++)
        keys[i] = fixture_key(e, "org", "key", kinds[i].alg, kinds[i].format, "sign");
    for (size_t i = 0; i < CS_MAX_SIGN_GROUP; i++) {
        payloads[i] = (uint8_t)i;
        items[i] = (cs_request){.type = CS_MSG_SIGN,
                                .org = i == 5 ? CS_LIT("other") : CS_LIT("org"),
                                .key_id = CS_LIT("key"),
                                .sealed = cs_buf_slice(&keys[i % KINDS].sealed),
                                .message = {.bytes = i == 9 ? CS_HYBRID_PREFIX : cs_slice_of(&payloads[i], 1)}};
    }
    for (size_t n = 1; n <= CS_MAX_SIGN_GROUP; n++) {
        cs_reply reply;
        cs_buf frame;
        cs_frame_in in;
        const cs_request group = {.type = CS_MSG_SIGN_GROUP, .items = items, .item_count = n};
        assert_int_equal(ask(&reply, &frame, &in, &group), CS_OK);
        assert_int_equal(reply.item_count, n);
        for (size_t i = 0; i < n; i++) {
            const cs_reply *r = &reply.items[i];
            cs_pair pair;
            assert_int_equal(r->err, i == 5 ? CS_SEAL_BROKEN : i == 9 ? CS_RESERVED_PAYLOAD : CS_OK);
            if (r->err != CS_OK)
                continue;
            assert_int_equal(cs_pair_open_public(&pair, cs_alg_find(cs_slice_str(kinds[i % KINDS].alg)),
                                                 kinds[i % KINDS].format, cs_buf_slice(&keys[i % KINDS].public_key)),
                             CS_OK);
            assert_int_equal(cs_pair_verify(NULL, &pair, &items[i].message, r->signature), CS_OK);
            for (size_t k = 0; k < i; k++)
                assert_int_not_equal(r->counter, reply.items[k].counter);
            cs_pair_close(&pair);
        }
        cs_frame_in_free(&in);
        cs_buf_free(&frame);
    }
    for (size_t i = 0; i < KINDS; i++)
        cs_newborn_free(&keys[i]);
}

/* A fault in the first of a group: OpenSSL takes over for all of it. */
static void a_fault_spoils_no_group(void **state)
{
    cs_mldsa_backend faulty = cs_mldsa_portable;
    (void)state;
    faulty.decompose = wrong_decompose;
    cs_engine_choose(CS_ENGINE_NATIVE, &faulty, 1);
    cs_newborn key = fixture_key(e, "org", "key", "mldsa65+ed25519", CS_FORMAT_COMPOSITE, "sign");
    cs_request items[CS_MAX_SIGN_GROUP];
    for (size_t i = 0; i < CS_MAX_SIGN_GROUP; i++)
        items[i] = (cs_request){.type = CS_MSG_SIGN,
                                .org = CS_LIT("org"),
                                .key_id = CS_LIT("key"),
                                .sealed = cs_buf_slice(&key.sealed),
                                .message = {.bytes = CS_LIT("payload")}};
    const cs_request group = {.type = CS_MSG_SIGN_GROUP, .items = items, .item_count = CS_MAX_SIGN_GROUP};
    cs_reply reply;
    cs_buf frame;
    cs_frame_in in;
    assert_int_equal(ask(&reply, &frame, &in, &group), CS_OK);
    cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 0);
    cs_pair pair;
    assert_int_equal(cs_pair_open_public(&pair, cs_alg_find(CS_LIT("mldsa65+ed25519")), CS_FORMAT_COMPOSITE,
                                         cs_buf_slice(&key.public_key)),
                     CS_OK);
    for (size_t i = 0; i < CS_MAX_SIGN_GROUP; i++)
        if (reply.items[i].err != CS_SELF_CHECK) {
            assert_int_equal(reply.items[i].err, CS_OK);
            assert_int_equal(cs_pair_verify(NULL, &pair, &items[i].message, reply.items[i].signature), CS_OK);
        }
    cs_pair_close(&pair);
    cs_frame_in_free(&in);
    cs_buf_free(&frame);
    cs_newborn_free(&key);
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boot_tells_who_computes),
        cmocka_unit_test(disagreement_is_told),
        cmocka_unit_test(a_group_is_signed_one_by_one),
        cmocka_unit_test(a_fault_spoils_no_group),
    };
    return cmocka_run_group_tests(tests, open_enclave, close_enclave);
}
