/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/sha512_lanes.c against the library's SHA-512, which has NIST's vectors (test_crypto.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/crypto.h"
#include "core/sha512_lanes.h"

static uint8_t bytes[8192];

static void expect(const cs_sha512_input *in, size_t n)
{
    uint8_t out[CS_SHA512_LANES + 1][CS_SHA512_BYTES];
    memset(out, 0xa5, sizeof out);
    cs_sha512_lanes(out, in, n);
    for (size_t i = 0; i <= CS_SHA512_LANES; i++) {
        uint8_t untouched[CS_SHA512_BYTES];
        cs_digest d = {.n = 0};
        memset(untouched, 0xa5, sizeof untouched);
        if (i < n)
            assert_int_equal(cs_hash_parts(&d, CS_SHA512, in[i].part, CS_SHA512_PARTS), CS_OK);
        assert_memory_equal(out[i], i < n ? d.b : untouched, CS_SHA512_BYTES);
    }
}

/* Every length around the ends of blocks, with neighbours of other lengths, in parts that begin anywhere. */
static void each_message_has_its_hash(void **state)
{
    (void)state;
    if (!cs_sha512_lanes_run())
        skip();
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 11);
    for (size_t n = 0; n <= CS_SHA512_LANES; n++) {
        for (size_t length = 0; length < 400; length++) {
            cs_sha512_input in[CS_SHA512_LANES];
            for (size_t i = 0; i < CS_SHA512_LANES; i++) {
                const size_t whole = i == 0 ? length : (length * (i + 3) + 37 * i) % 900;
                const size_t one = (length + i) % (whole + 1), two = (5 * length + i) % (whole - one + 1);
                in[i] = (cs_sha512_input){{cs_slice_of(bytes + i, one), cs_slice_of(bytes + 1000 + i, two),
                                           cs_slice_of(bytes + 3000 + i, whole - one - two)}};
                if (one == 0)
                    in[i].part[0] = CS_ABSENT;
            }
            expect(in, n);
        }
    }
    const cs_sha512_input uneven[] = {{{cs_slice_of(bytes, 8000), CS_ABSENT, CS_ABSENT}}, {{CS_ABSENT}}};
    expect(uneven, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_message_has_its_hash)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
