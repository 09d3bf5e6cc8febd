/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Our own ML-DSA against OpenSSL's on noise: keys, messages, contexts, and signatures and keys that are not quite
 * right. Each case is decided by a number; a failure names it, and CS_MLDSA_FIRST=N begins there. CS_MLDSA_CASES=N
 * makes so many cases for each parameter set (200) instead; they go round the backends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/crypto_mldsa.h"
#include "core/limits.h"

#define KEY_FOR 40 /* cases that share a key: opening one with OpenSSL is dear */

struct keys {
    cs_key *ours, *theirs; /* of one seed */
    cs_key *our_public, *their_public;
    cs_buf good; /* a signature over `message` with `context` */
};

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

static const cs_mldsa_backend *backend_of(uint64_t number)
{
    const cs_mldsa_backend *here[8];
    size_t n = 0;
    for (const cs_mldsa_backend *const *b = cs_mldsa_backends; *b != NULL; b++)
        if ((*b)->runs_here())
            here[n++] = *b;
    return here[number % n];
}

static void use_ours(uint64_t number)
{
    cs_engine_choose(CS_ENGINE_NATIVE, backend_of(number), 0);
}

static void use_theirs(void)
{
    cs_engine_choose(CS_ENGINE_OPENSSL, NULL, 0);
}

static void open_keys(struct keys *k, cs_prim prim, uint64_t number)
{
    uint8_t seed[32], ours_bytes[CS_MAX_PUBLIC_KEY], theirs_bytes[CS_MAX_PUBLIC_KEY];
    cs_buf ours = CS_BUF_OVER(ours_bytes), theirs = CS_BUF_OVER(theirs_bytes);
    fill(seed, sizeof seed);
    use_theirs();
    assert_int_equal(cs_key_open_private(&k->theirs, prim, CS_ARRAY(seed)), CS_OK);
    cs_key_public(&theirs, k->theirs);
    assert_int_equal(cs_key_open_public(&k->their_public, prim, cs_buf_slice(&theirs)), CS_OK);
    use_ours(number);
    assert_int_equal(cs_key_open_private(&k->ours, prim, CS_ARRAY(seed)), CS_OK);
    cs_key_public(&ours, k->ours);
    assert_int_equal(ours.n, theirs.n);
    assert_memory_equal(ours.p, theirs.p, ours.n);
    assert_int_equal(cs_key_open_public(&k->our_public, prim, cs_buf_slice(&ours)), CS_OK);
    k->good = cs_buf_new(CS_MAX_SIGNATURE);
}

static void close_keys(struct keys *k)
{
    cs_key_free(k->ours);
    cs_key_free(k->theirs);
    cs_key_free(k->our_public);
    cs_key_free(k->their_public);
    cs_buf_free(&k->good);
}

struct text {
    uint8_t message[300], context[255], rnd[32];
    cs_slice m;
    cs_mldsa_options options;
};

static void write_text(struct text *t)
{
    fill(t->message, sizeof t->message);
    fill(t->context, sizeof t->context);
    fill(t->rnd, sizeof t->rnd);
    t->m = cs_slice_of(t->message, noise() % 4 == 0 ? 64 : noise() % sizeof t->message);
    t->options = (cs_mldsa_options){.context = cs_slice_of(t->context, noise() % 3 == 0 ? 0 : noise() % 256)};
    if (noise() % 2 == 0)
        t->options.rnd = CS_ARRAY(t->rnd);
    else
        t->options.deterministic = true;
    if (t->m.n == 64 && noise() % 2 == 0) {
        t->options.external_mu = true;
        t->options.context = CS_ABSENT;
    } else if (noise() % 8 == 0) {
        t->options.internal = true;
        t->options.context = CS_ABSENT;
    }
}

/* Same seed, same randomness: the same bytes. */
static void sign_alike(struct keys *k, const struct text *t)
{
    cs_buf theirs = cs_buf_new(CS_MAX_SIGNATURE);
    cs_buf_clear(&k->good);
    assert_int_equal(cs_key_sign(&k->good, k->ours, t->m, &t->options), CS_OK);
    assert_int_equal(cs_key_sign(&theirs, k->theirs, t->m, &t->options), CS_OK);
    assert_int_equal(k->good.n, theirs.n);
    assert_memory_equal(k->good.p, theirs.p, theirs.n);
    cs_buf_free(&theirs);
}

/* Spoils a signature somewhere: a bit anywhere, or what only a careful decoder refuses. `hints` is where they begin. */
static void spoil(cs_buf *sig, size_t hints, size_t omega)
{
    uint8_t *h = sig->p + hints;
    size_t at = noise() % omega, other = noise() % omega;
    uint8_t swapped = h[at];
    switch (noise() % 8) {
    case 0: /* a place exchanged with another: out of order, or into the padding */
        h[at] = h[other];
        h[other] = swapped;
        break;
    case 1: /* a place twice */
        h[at] = h[other];
        break;
    case 2: /* a count one more or less */
        h[omega + noise() % (sig->n - hints - omega)] ^= 1;
        break;
    case 3: /* z out of its range */
        memset(sig->p + hints - 1 - noise() % 640, noise() % 2 == 0 ? 0 : 0xff, 1);
        break;
    case 4:
        sig->n -= 1 + noise() % 3;
        break;
    case 5:
        cs_buf_add_u8(sig, 0);
        break;
    case 6:
        h[noise() % (sig->n - hints)] = (uint8_t)noise();
        break;
    default:
        sig->p[noise() % sig->n] ^= (uint8_t)(1u << noise() % 8);
        break;
    }
}

static void verify_alike(const struct keys *k, const struct text *t, cs_slice sig, cs_err *verdict)
{
    cs_mldsa_options o = t->options;
    o.deterministic = false;
    o.rnd = CS_ABSENT;
    cs_err ours = cs_key_verify(k->our_public, t->m, sig, &o);
    assert_int_equal(ours, cs_key_verify(k->their_public, t->m, sig, &o));
    assert_int_equal(ours, cs_key_verify(k->ours, t->m, sig, &o));
    *verdict = ours;
}

/* A public key of nothing but noise is a public key; no signature fits it. */
static void foreign_key_alike(cs_prim prim, const struct text *t, cs_slice sig, uint64_t number)
{
    uint8_t bytes[CS_MAX_PUBLIC_KEY];
    cs_key *ours = NULL, *theirs = NULL;
    cs_slice public_key = cs_slice_of(bytes, cs_prim_public_len(prim));
    fill(bytes, sizeof bytes);
    use_theirs();
    assert_int_equal(cs_key_open_public(&theirs, prim, public_key), CS_OK);
    use_ours(number);
    assert_int_equal(cs_key_open_public(&ours, prim, public_key), CS_OK);
    assert_int_equal(cs_key_verify(ours, t->m, sig, NULL), CS_BAD_SIGNATURE);
    assert_int_equal(cs_key_verify(theirs, t->m, sig, NULL), CS_BAD_SIGNATURE);
    cs_key_free(ours);
    cs_key_free(theirs);
}

static uint64_t number_of(const char *name, uint64_t or)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : or ;
}

static void compare(cs_prim prim, size_t hints, size_t omega)
{
    const uint64_t first = number_of("CS_MLDSA_FIRST", 0) / KEY_FOR * KEY_FOR, count = number_of("CS_MLDSA_CASES", 200);
    struct keys k = {0};
    struct text t;
    uint64_t refused = 0, accepted = 0;
    for (uint64_t number = first; number < first + count; number++) {
        noise_state = number * 0x2545f4914f6cdd1du + (uint64_t)prim;
        if (number % KEY_FOR == 0) {
            close_keys(&k);
            open_keys(&k, prim, number / KEY_FOR);
            noise_state ^= 1;
            write_text(&t);
            sign_alike(&k, &t);
        }
        cs_err verdict = CS_OK;
        cs_buf sig = cs_buf_new(CS_MAX_SIGNATURE);
        cs_buf_add(&sig, cs_buf_slice(&k.good));
        if (number % KEY_FOR != 0)
            spoil(&sig, hints, omega);
        if (number % KEY_FOR == 7)
            foreign_key_alike(prim, &t, cs_buf_slice(&sig), number / KEY_FOR);
        verify_alike(&k, &t, cs_buf_slice(&sig), &verdict);
        if (verdict == CS_OK && !cs_slice_eq(cs_buf_slice(&sig), cs_buf_slice(&k.good)))
            fail_msg("case %llu: a spoilt signature verifies", (unsigned long long)number);
        refused += verdict != CS_OK;
        accepted += verdict == CS_OK;
        cs_buf_free(&sig);
    }
    close_keys(&k);
    assert_true(accepted >= count / KEY_FOR);
    assert_true(refused > count / 2);
    print_message("%s: %llu cases, %llu accepted\n", cs_prim_name(prim), (unsigned long long)count,
                  (unsigned long long)accepted);
}

static void mldsa44(void **state)
{
    (void)state;
    compare(CS_MLDSA44, 32 + 4 * 576, 80);
}

static void mldsa65(void **state)
{
    (void)state;
    compare(CS_MLDSA65, 48 + 5 * 640, 55);
}

static void mldsa87(void **state)
{
    (void)state;
    compare(CS_MLDSA87, 64 + 7 * 640, 75);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(mldsa44), cmocka_unit_test(mldsa65), cmocka_unit_test(mldsa87)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
