/* SPDX-License-Identifier: Apache-2.0 */
/* src/enclave/engine.c: what a fault in our own ML-DSA looks like from outside. zone: enclave */
#include "enclave_fixture.h"

#include "core/crypto_mldsa.h"
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
    assert_int_equal(cs_engine_answer(frame, e, cs_slice_sub(cs_buf_slice(&request), 4, request.n)), CS_OK);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(boot_tells_who_computes),
        cmocka_unit_test(disagreement_is_told),
    };
    return cmocka_run_group_tests(tests, open_enclave, close_enclave);
}
