/* SPDX-License-Identifier: Apache-2.0 */
/* src/gateway/group.c: which requests fit into one frame, and their answers into another. zone: gateway */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/group.h"

/* Requests of one kind, with a key whose birth was attested in so many bytes. */
struct kind {
    size_t payload, document;
    size_t fit;
    cs_vendor vendor;
    cs_evidence evidence;
};

static void reply_in_full(const struct kind *kind, size_t n)
{
    static uint8_t signature[CS_MAX_SIGNATURE];
    cs_reply items[CS_MAX_SIGN_GROUP];
    cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
    cs_frame_in in;
    cs_reply reply;
    char *document = malloc(kind->document + 1);
    memset(document, 'A', kind->document);
    document[kind->document] = '\0';
    for (size_t i = 0; i < n; i++)
        items[i] = (cs_reply){.type = CS_MSG_SIGN,
                              .signature = CS_ARRAY(signature),
                              .counter = CS_JSON_INT_MAX,
                              .document = cs_slice_str(document)};
    assert_int_equal(cs_reply_write(&frame, &(cs_reply){.type = CS_MSG_SIGN_GROUP, .items = items, .item_count = n}),
                     CS_OK);
    assert_int_equal(cs_reply_read(&reply, &in, cs_slice_sub(cs_buf_slice(&frame), 4, frame.n), CS_MSG_SIGN_GROUP),
                     CS_OK);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(reply.items[i].err, CS_OK); /* none is too large any more */
    cs_frame_in_free(&in);
    cs_buf_free(&frame);
    free(document);
}

static void request_in_full(const cs_group *g)
{
    cs_request items[CS_MAX_SIGN_GROUP];
    cs_buf frame = cs_buf_new(CS_MAX_FRAME + 4);
    for (size_t i = 0; i < g->n; i++)
        items[i] = cs_signing_request(g->of[i]);
    assert_int_equal(
        cs_request_write(&frame, &(cs_request){.type = CS_MSG_SIGN_GROUP, .items = items, .item_count = g->n}), CS_OK);
    cs_buf_free(&frame);
}

static void as_many_as_fit(void **state)
{
    static const struct kind kinds[] = {
        {0, 1500, 16},
        {100, 1500, 16},
        {40 << 10, 1500, 16},
        {64 << 10, 1500, 11},
        {300 << 10, 1500, 2},
        {400 << 10, 1500, 1},
        {CS_MAX_PAYLOAD, 1500, 1},
        {10, 20 << 10, 16},
        {10, 60 << 10, 14},
        {10, 100 << 10, 9},
        {10, CS_MAX_ATTESTATION, 7},
        {300 << 10, CS_MAX_ATTESTATION, 2},
        {10, 1500, 4, CS_VENDOR_AWS_NITRO, CS_EVIDENCE_OPERATION},
        {10, 9000, 16, CS_VENDOR_AWS_NITRO, CS_EVIDENCE_SESSION},
    };
    (void)state;
    static uint8_t payload[CS_MAX_PAYLOAD];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        cs_live_key key = {.bound = true, .policy = {.vendor = kinds[i].vendor, .evidence = kinds[i].evidence}};
        cs_signing all[CS_MAX_SIGN_GROUP + 1];
        cs_group g;
        memset(key.row.org, 'o', CS_MAX_ID);
        memset(key.row.id, 'k', CS_MAX_ID);
        memset(key.row.policy_id, 'p', CS_MAX_ID);
        key.row.sealed = cs_buf_new(CS_MAX_SEALED);
        key.row.birth = cs_buf_new(CS_MAX_ATTESTATION);
        cs_buf_grow(&key.row.sealed, cs_buf_reserve(&key.row.sealed, 400) != NULL ? 400 : 0);
        cs_buf_grow(&key.row.birth, cs_buf_reserve(&key.row.birth, kinds[i].document) != NULL ? kinds[i].document : 0);
        memset(key.row.sealed.p, 0, key.row.sealed.n);
        cs_group_init(&g);
        size_t n = 0;
        for (bool fits = true; fits && n <= CS_MAX_SIGN_GROUP;) {
            cs_signing_init(&all[n]);
            all[n].key = &key;
            all[n].payload.message.bytes = cs_slice_of(payload, kinds[i].payload);
            assert_int_equal(cs_signing_nonce(&all[n]), CS_OK);
            fits = cs_group_add(&g, &all[n]);
            n += fits;
        }
        if (n != kinds[i].fit)
            fail_msg("payload %zu, document %zu: %zu fit", kinds[i].payload, kinds[i].document, n);
        assert_int_equal(g.n, n);
        request_in_full(&g);
        reply_in_full(&kinds[i], n);
        cs_buf_free(&key.row.sealed);
        cs_buf_free(&key.row.birth);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(as_many_as_fit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
