/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a branch or an address of the lanes that multiply the base point depend on the scalars, which are secret? Only
 * MemorySanitizer can see into them (ct_mldsa.c says how that works). `ct_ed25519 self-test` has the scalars read by
 * the function for public ones, which looks multiples up: then there must be a complaint.
 */
#include <sanitizer/msan_interface.h>
#include <stdio.h>
#include <string.h>

#include "core/ed25519_lanes.h"
#include "core/sha512_lanes.h"

#define LANES CS_ED25519_LANES

static cs_ed25519_multiples base;

static int agrees(uint8_t out[LANES][32], const uint8_t scalars[LANES][32])
{
    static const uint8_t zero[32];
    int failed = 0;
    for (int i = 0; i < LANES; i++)
        failed |= !cs_ed25519_holds(&base, &base, scalars[i], zero, out[i]);
    return failed;
}

/* What is signed is hashed in lanes, behind a secret prefix. */
static int hashes(void)
{
    static uint8_t message[300], out[LANES][CS_SHA512_BYTES], known[LANES][CS_SHA512_BYTES];
    cs_sha512_input in[LANES];
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)(i * 7);
    for (size_t i = 0; i < LANES; i++)
        in[i] = (cs_sha512_input){{cs_slice_of(message, 32), cs_slice_of(message + 32, 30 * (i + 1)), CS_ABSENT}};
    cs_sha512_lanes(known, in, LANES);
    __msan_poison(message, 32);
    cs_sha512_lanes(out, in, LANES);
    bool secret = __msan_test_shadow(out, sizeof out) == 0;
    __msan_unpoison(out, sizeof out);
    return !secret | (memcmp(out, known, sizeof out) != 0);
}

int main(int argc, char **argv)
{
    uint8_t scalars[LANES][32], known[LANES][32], out[LANES][32];
    const cs_ed25519_multiples *same[LANES];
    bool self_test = argc == 2 && strcmp(argv[1], "self-test") == 0;
    if (!cs_ed25519_lanes_run()) {
        (void)puts("ct_ed25519: no AVX-512 IFMA here");
        return 77;
    }
    for (int i = 0; i < LANES; i++) {
        same[i] = &base;
        for (int k = 0; k < 32; k++)
            scalars[i][k] = (uint8_t)(k < 31 ? 37 * i + 101 * k + 9 : i);
    }
    memcpy(known, scalars, sizeof known);
    cs_ed25519_of_base(&base);
    __msan_poison(scalars, sizeof scalars);
    if (self_test)
        cs_ed25519_lanes_sum(out, &base, same, (const uint8_t(*)[32])scalars, (const uint8_t(*)[32])known);
    else
        cs_ed25519_lanes_multiply(out, &base, (const uint8_t(*)[32])scalars);
    bool secret = __msan_test_shadow(out, sizeof out) == 0;
    __msan_unpoison(out, sizeof out);
    int failed = !secret | (self_test ? 0 : agrees(out, (const uint8_t(*)[32])known) | hashes());
    (void)printf("lanes of Ed25519: %s\n", failed ? "failed" : "passed");
    return failed;
}
