/* SPDX-License-Identifier: Apache-2.0 */
/*
 * src/core/crypto_ed25519.c and what lies under it against OpenSSL and libsodium, on keys and signatures that are not
 * quite right: parts of small order, encodings that are not canonical, S that is not reduced, single bits. Each round
 * is decided by a number; a failure names it, and CS_ED25519_FIRST=N begins there. CS_ED25519_CASES=N makes so many
 * cases (2,000) instead; eight of them are a round, and share the lanes where the processor has some.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "core/crypto_ed25519.h"
#include "core/crypto_mldsa.h"
#include "core/ed25519_lanes.h"

#define LANES CS_ED25519_LANES
#define KEYS_FOR 16 /* rounds that share their keys: multiples and OpenSSL's keys are dear */
#define MESSAGE 80

/* Points of order 1, 8, 4, 8, 2, 8, 4, 8: the multiples of one of them. */
static const uint8_t small_order[8][32] = {
    {0x01},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {[31] = 0x80},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x85},
    {0x00},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0xfa},
};
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                  0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};

static uint64_t noise_state;
static uint64_t noise(void)
{
    noise_state += 0x9e3779b97f4a7c15u; /* SplitMix64: any number may be the first */
    uint64_t z = noise_state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static void fill(uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)noise();
}

static void noise_scalar(uint8_t s[32])
{
    uint8_t wide[64];
    fill(wide, sizeof wide);
    crypto_core_ed25519_scalar_reduce(s, wide);
}

/* -- keys ---------------------------------------------------------------------------------------------------------- */

static struct key {
    uint8_t public_key[32];
    uint8_t a[32];      /* [a]B and perhaps a part of small order make the key; 0 where it is that part alone */
    cs_secret expanded; /* of an ordinary key */
    bool is_point;
    cs_ed25519_multiples minus_a;
    cs_key *door, *theirs; /* opened for our engine and for OpenSSL */
} keys[LANES];

/* y that is p or more, which has a second, shorter form. */
static void not_canonical(uint8_t bytes[32])
{
    memset(bytes, 0xff, 32);
    bytes[0] = (uint8_t)(0xed + noise() % 19);
    bytes[31] = noise() % 2 == 0 ? 0x7f : 0xff;
}

static void make_key(struct key *k, size_t kind)
{
    CS_SECRET(seed);
    uint8_t hashed[64], point[32];
    memset(k->a, 0, sizeof k->a);
    fill(seed.b, seed.n = 32);
    assert_int_equal(cs_ed25519_expand(&k->expanded, cs_secret_slice(&seed)), CS_OK);
    if (kind < 6) {
        assert_int_equal(crypto_hash_sha512(hashed, seed.b, 32), 0);
        hashed[0] &= 248;
        hashed[31] = (uint8_t)((hashed[31] & 127) | 64);
        memset(hashed + 32, 0, 32);
        crypto_core_ed25519_scalar_reduce(k->a, hashed);
        memcpy(k->public_key, k->expanded.b + 32, 32);
    }
    if (kind == 4 || kind == 5) {
        assert_int_equal(crypto_core_ed25519_add(point, k->public_key, small_order[1 + noise() % 7]), 0);
        memcpy(k->public_key, point, 32);
    } else if (kind == 6) {
        memcpy(k->public_key, small_order[noise() % 8], 32);
    } else if (kind == 7) {
        not_canonical(k->public_key);
    }
    k->is_point = cs_ed25519_of_key(&k->minus_a, k->public_key);
    cs_key_free(k->door);
    cs_key_free(k->theirs);
    cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 0);
    assert_int_equal(cs_key_open_public(&k->theirs, CS_ED25519, CS_ARRAY(k->public_key)), CS_OK);
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, 0);
    assert_int_equal(cs_key_open_public(&k->door, CS_ED25519, CS_ARRAY(k->public_key)), CS_OK);
}

/* -- signatures ---------------------------------------------------------------------------------------------------- */

struct one {
    const struct key *key;
    uint8_t message[MESSAGE], sig[64], k[32];
    size_t n;
    bool good; /* to OpenSSL */
};

static cs_slice message_of(const struct one *o)
{
    return cs_slice_of(o->message, o->n);
}

static void challenge(uint8_t k[32], const struct one *o)
{
    crypto_hash_sha512_state h;
    uint8_t wide[64];
    crypto_hash_sha512_init(&h);
    crypto_hash_sha512_update(&h, o->sig, 32);
    crypto_hash_sha512_update(&h, o->key->public_key, 32);
    crypto_hash_sha512_update(&h, o->message, o->n);
    crypto_hash_sha512_final(&h, wide);
    crypto_core_ed25519_scalar_reduce(k, wide);
}

/* R = [r]B and perhaps a part of small order, S = r + ka: it holds where the parts of small order cancel out. */
static void sign(struct one *o)
{
    uint8_t r[32], ka[32], point[32];
    const uint8_t *part = small_order[noise() % 4 != 0 ? 0 : noise() % 8];
    noise_scalar(r);
    if (noise() % 8 == 0)
        memset(r, 0, sizeof r);
    memset(point, 0, sizeof point);
    point[0] = 1;
    if (!sodium_is_zero(r, sizeof r))
        assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(point, r), 0);
    assert_int_equal(crypto_core_ed25519_add(o->sig, point, part), 0);
    challenge(o->k, o);
    crypto_core_ed25519_scalar_mul(ka, o->k, o->key->a);
    crypto_core_ed25519_scalar_add(o->sig + 32, ka, r);
}

static void add_order(uint8_t s[32])
{
    unsigned more = 0;
    for (size_t i = 0; i < 32; i++) {
        more += s[i] + order[i];
        s[i] = (uint8_t)more;
        more >>= 8;
    }
}

static void spoil(struct one *o)
{
    switch (noise() % 20) {
    case 0:
        o->sig[noise() % 32] ^= (uint8_t)(1 << noise() % 8);
        break;
    case 1:
        o->sig[32 + noise() % 32] ^= (uint8_t)(1 << noise() % 8);
        break;
    case 2:
        for (uint64_t n = 1 + noise() % 15; n > 0; n--)
            add_order(o->sig + 32);
        break;
    case 3:
        o->sig[31] ^= 0x80;
        break;
    case 4:
        memcpy(o->sig, small_order[noise() % 8], 32);
        break;
    case 5:
        not_canonical(o->sig);
        break;
    case 6:
        memset(o->sig + 32, noise() % 2 == 0 ? 0 : 0xff, 32);
        break;
    case 7:
        o->n = o->n > 0 ? o->n - 1 : 1;
        break;
    case 8:
        fill(o->sig, sizeof o->sig);
        break;
    case 9:
        memcpy(o->sig + 32, order, 32);
        o->sig[32] = (uint8_t)(o->sig[32] - noise() % 2);
        break;
    default: /* as it is */
        break;
    }
}

/* -- rounds -------------------------------------------------------------------------------------------------------- */

static cs_ed25519_multiples base;
static uint64_t counts[2];

/* What each of our ways says must be what OpenSSL says; what each way may only refuse is left to OpenSSL by the rule.
 */
static void compare(const struct one *o, const uint8_t lane[32], uint64_t number)
{
    const struct key *k = o->key;
    bool can = k->is_point && cs_ed25519_is_scalar(o->sig + 32);
    bool alone = can && cs_ed25519_holds(&base, &k->minus_a, o->sig + 32, o->k, o->sig);
    bool beside = can && (lane == NULL ? alone : memcmp(lane, o->sig, 32) == 0);
    bool door = cs_ed25519_accepts(CS_ARRAY(k->public_key), message_of(o), CS_ARRAY(o->sig));
    bool rule = cs_key_verify(k->door, message_of(o), CS_ARRAY(o->sig), NULL) == CS_OK;
    bool wrong = alone != beside || (k->is_point ? alone != o->good : alone) || (door && !o->good) || rule != o->good;
    if (wrong)
        fail_msg("CS_ED25519_FIRST=%llu: %d alone, %d beside others, %d at the door, %d by the rule, %d OpenSSL",
                 (unsigned long long)number, alone, beside, door, rule, o->good);
    counts[o->good]++;
}

static void make_one(struct one *o, const struct key *key)
{
    o->key = key;
    o->n = noise() % (MESSAGE + 1);
    fill(o->message, sizeof o->message);
    sign(o);
    spoil(o);
    challenge(o->k, o);
    o->good = cs_key_verify(key->theirs, message_of(o), CS_ARRAY(o->sig), NULL) == CS_OK;
}

/* There is one signature of a message under an ordinary key. */
static void compare_signatures(const struct one all[LANES], uint64_t number)
{
    uint8_t sigs[LANES][64], other[64];
    cs_ed25519_job jobs[LANES];
    for (size_t i = 0; i < LANES; i++)
        jobs[i] = (cs_ed25519_job){sigs[i], &all[i].key->expanded, message_of(&all[i]), CS_INTERNAL};
    cs_ed25519_sign_many(jobs, 1 + number % LANES);
    for (size_t i = 0; i < 1 + number % LANES; i++) {
        assert_int_equal(jobs[i].err, CS_OK);
        assert_int_equal(cs_ed25519_sign(other, jobs[i].expanded, jobs[i].message), CS_OK);
        if (memcmp(other, sigs[i], sizeof other) != 0)
            fail_msg("CS_ED25519_FIRST=%llu: another signature in lane %zu", (unsigned long long)number, i);
    }
}

static void do_round(uint64_t number, bool fresh_keys)
{
    struct one all[LANES];
    const cs_ed25519_multiples *minus_a[LANES];
    uint8_t s[LANES][32], k[LANES][32], sums[LANES][32];
    cs_ed25519_check checks[LANES];
    bool lanes = cs_ed25519_lanes_run();
    noise_state = number / KEYS_FOR << 32;
    for (size_t i = 0; fresh_keys && i < LANES; i++)
        make_key(&keys[i], i);
    noise_state = (number << 32) + 1;
    for (size_t i = 0; i < LANES; i++) {
        struct one *o = &all[i];
        make_one(o, &keys[i]);
        minus_a[i] = keys[i].is_point ? &keys[i].minus_a : &base;
        memcpy(s[i], cs_ed25519_is_scalar(o->sig + 32) ? o->sig + 32 : small_order[0], 32);
        memcpy(k[i], o->k, 32);
        checks[i] = (cs_ed25519_check){CS_ARRAY(o->key->public_key), message_of(o), CS_ARRAY(o->sig)};
    }
    if (lanes)
        cs_ed25519_lanes_sum(sums, &base, minus_a, s, k);
    if (noise() % 2 == 0)
        cs_ed25519_verify_ahead(checks, LANES);
    for (size_t i = 0; i < LANES; i++)
        compare(&all[i], lanes ? sums[i] : NULL, number);
    compare_signatures(all, number);
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void agrees_with_openssl(void **state)
{
    (void)state;
    uint64_t first = number_from("CS_ED25519_FIRST", 0), cases = number_from("CS_ED25519_CASES", 2000);
    for (uint64_t n = first; n < first + cases / LANES; n++)
        do_round(n, n == first || n % KEYS_FOR == 0);
    print_message("%llu accepted, %llu refused\n", (unsigned long long)counts[1], (unsigned long long)counts[0]);
    assert_true(cases < 2000 || (counts[0] > cases / 4 && counts[1] > cases / 8));
    for (size_t i = 0; i < LANES; i++) {
        cs_key_free(keys[i].door);
        cs_key_free(keys[i].theirs);
    }
}

int main(void)
{
    assert_true(cs_ed25519_ready());
    cs_ed25519_of_base(&base);
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_with_openssl)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
