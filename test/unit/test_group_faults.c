/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/enclave/engine.c: a fault while a group is signed in the lanes of Ed25519 spoils one request, whatever was
 * computed ahead: what leaves the enclave verifies. The faults are put into libsodium's last step of a signature,
 * S = r + ka, and into the lanes' [r]B. zone: enclave
 */
#include "enclave_fixture.h"

#include <sodium.h>
#include <stdatomic.h>

#include "core/crypto_mldsa.h"
#include "core/ed25519_lanes.h"
#include "core/encode.h"
#include "core/message.h"
#include "enclave/engine.h"
#include "sys/clock.h"

static cs_enclave *e;
static atomic_int sums, faulty_sum, multiplications, faulty_multiplication; /* counted from 0; -1: none is faulty */

/* Found before the library's own. Both are below the order. */
void crypto_core_ed25519_scalar_add(unsigned char *z, const unsigned char *x, const unsigned char *y)
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    sodium_add(memmove(z, x, 32), y, 32);
    if (sodium_compare(z, order, 32) >= 0)
        sodium_sub(z, order, 32);
    if (atomic_fetch_add(&sums, 1) == faulty_sum)
        z[5] ^= 4;
}

void __real_cs_ed25519_lanes_multiply(uint8_t out[CS_ED25519_LANES][32], const cs_ed25519_multiples *base,
                                      const uint8_t s[CS_ED25519_LANES][32]);
void __wrap_cs_ed25519_lanes_multiply(uint8_t out[CS_ED25519_LANES][32], const cs_ed25519_multiples *base,
                                      const uint8_t s[CS_ED25519_LANES][32]);
void __wrap_cs_ed25519_lanes_multiply(uint8_t out[CS_ED25519_LANES][32], const cs_ed25519_multiples *base,
                                      const uint8_t s[CS_ED25519_LANES][32])
{
    __real_cs_ed25519_lanes_multiply(out, base, s);
    if (atomic_fetch_add(&multiplications, 1) == faulty_multiplication)
        out[1][3] ^= 1;
}

static int open_enclave(void **state)
{
    (void)state;
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, 0);
    e = fixture_open(60 * 1000000);
    return cs_crew_start(&e->crew, 1) == CS_OK ? 0 : -1;
}

static int close_enclave(void **state)
{
    (void)state;
    cs_crew_stop(&e->crew); /* its threads refer to it until the process ends */
    return 0;
}

struct found {
    int refused, unproven; /* signatures that were not released; documents that no policy takes */
};

static void look(struct found *f, const cs_reply *r, const cs_request *asked, const cs_pair *pair)
{
    cs_policy policy = {.vendor = CS_VENDOR_MOCK, .evidence = CS_EVIDENCE_OPERATION, .max_doc_age_seconds = 300};
    cs_buf image = CS_BUF_OVER(policy.match.mock.images[0]);
    cs_expect expect = {.kind = CS_ATTEST_SIGN, .allow_mock = true, .now = cs_now_ms() / 1000};
    cs_verdict verdict;
    cs_digest payload;
    if (r->err != CS_OK) {
        assert_int_equal(r->err, CS_SELF_CHECK);
        assert_int_equal(r->signature.n + r->document.n, 0);
        f->refused++;
        return;
    }
    assert_int_equal(cs_pair_verify(NULL, pair, &asked->message, r->signature), CS_OK);
    memcpy(policy.match.mock.root_public_key, e->rot.root_public_key, 32);
    policy.match.mock.image_count = 1;
    assert_int_equal(cs_hex_decode(&image, cs_slice_str(e->rot.image_hash + 7)), CS_OK);
    assert_int_equal(cs_hash(&payload, CS_SHA256, asked->message.bytes), CS_OK);
    expect.payload_sha256 = cs_digest_slice(&payload);
    expect.signature = r->signature;
    cs_err err = cs_attest_verify(&verdict, r->document, &policy, &expect);
    assert_true(err == CS_OK || err == CS_ATT_PROOF_INVALID);
    f->unproven += err != CS_OK;
}

static struct found sign_group(const cs_newborn *key, const cs_pair *pair)
{
    struct found f = {0, 0};
    cs_request items[CS_MAX_SIGN_GROUP];
    uint8_t payloads[CS_MAX_SIGN_GROUP][1];
    cs_buf request = cs_buf_new(CS_MAX_FRAME + 4), frame = cs_buf_new(CS_MAX_FRAME + 4);
    cs_reply reply;
    cs_frame_in in;
    for (size_t i = 0; i < CS_MAX_SIGN_GROUP; i++) {
        payloads[i][0] = (uint8_t)(i / 2); /* of two and two the Ed25519 half is the same */
        items[i] = (cs_request){.type = CS_MSG_SIGN,
                                .org = CS_LIT("org"),
                                .key_id = CS_LIT("key"),
                                .sealed = cs_buf_slice(&key->sealed),
                                .message = {.bytes = CS_ARRAY(payloads[i])}};
    }
    const cs_request group = {.type = CS_MSG_SIGN_GROUP, .items = items, .item_count = CS_MAX_SIGN_GROUP};
    assert_int_equal(cs_request_write(&request, &group), CS_OK);
    assert_int_equal(cs_engine_answer(&frame, e, NULL, cs_slice_sub(cs_buf_slice(&request), 4, request.n)), CS_OK);
    assert_int_equal(cs_reply_read(&reply, &in, cs_slice_sub(cs_buf_slice(&frame), 4, frame.n), group.type), CS_OK);
    assert_int_equal(reply.item_count, CS_MAX_SIGN_GROUP);
    for (size_t i = 0; i < CS_MAX_SIGN_GROUP; i++)
        look(&f, &reply.items[i], &items[i], pair);
    cs_frame_in_free(&in);
    cs_buf_free(&frame);
    cs_buf_free(&request);
    return f;
}

static void fault_spoils_one(void **state)
{
    (void)state;
    cs_pair pair;
    if (!cs_ed25519_lanes_run())
        skip();
    cs_newborn key = fixture_key(e, "org", "key", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "sign");
    assert_int_equal(cs_pair_open_public(&pair, cs_alg_find(CS_LIT("mldsa44+ed25519")), CS_FORMAT_COMPOSITE,
                                         cs_buf_slice(&key.public_key)),
                     CS_OK);
    for (int times = 0; times < 3; times++) { /* from now on multiples of both keys are kept */
        faulty_sum = faulty_multiplication = -1;
        struct found f = sign_group(&key, &pair);
        assert_int_equal(f.refused + f.unproven, 0);
    }
    int refused = 0;
    for (int i = 0; i < 2 * CS_MAX_SIGN_GROUP; i++) {
        sums = 0;
        faulty_sum = i;
        struct found f = sign_group(&key, &pair);
        assert_int_equal(sums, 2 * CS_MAX_SIGN_GROUP - f.refused); /* signatures, and the documents about them */
        assert_int_equal(f.refused + f.unproven, 1);
        refused += f.refused;
    }
    assert_int_equal(refused, CS_MAX_SIGN_GROUP);
    faulty_sum = -1;
    refused = 0;
    for (int i = 0; i < 4; i++) {
        multiplications = 0;
        faulty_multiplication = i;
        struct found f = sign_group(&key, &pair);
        assert_int_equal(multiplications, 4);
        assert_int_equal(f.refused + f.unproven, 1);
        refused += f.refused;
    }
    assert_int_equal(refused, 2);
    cs_pair_close(&pair);
    cs_newborn_free(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(fault_spoils_one)};
    return cmocka_run_group_tests(tests, open_enclave, close_enclave);
}
