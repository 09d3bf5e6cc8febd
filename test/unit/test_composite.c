/* SPDX-License-Identifier: Apache-2.0 */
/* src/core/composite.c: every algorithm and format, and what is refused. Public vectors: test_composite_vectors.c. */
#include "vectors.h"

#include "core/composite.h"
#include "core/ecdsa.h"
#include "core/json.h"
#include "core/limits.h"

#define MESSAGE CS_LIT("countersign test payload\n")
#define OTHER_MESSAGE CS_LIT("countersign test payload")

static void message_without_m_prime_is_refused(void **state)
{
    (void)state;
    static uint8_t zeros[256];
    const struct {
        const char *alg;
        cs_message m;
        cs_err want;
    } rows[] = {
        {"mldsa65+ed25519", {.bytes = MESSAGE, .context = {zeros, 255}}, CS_OK},
        {"mldsa65+ed25519", {.bytes = MESSAGE, .context = {zeros, 256}}, CS_BAD_CONTEXT},
        {"mldsa65+ed25519", {.bytes = {zeros, 64}, .ph = CS_SHA512}, CS_OK},
        {"mldsa65+ed25519", {.bytes = {zeros, 63}, .ph = CS_SHA512}, CS_PREHASH_ALGORITHM},
        {"mldsa65+ed25519", {.bytes = {zeros, 65}, .ph = CS_SHA512}, CS_PREHASH_ALGORITHM},
        {"mldsa65+ed25519", {.bytes = {zeros, 0}, .ph = CS_SHA512}, CS_PREHASH_ALGORITHM},
        {"mldsa65+ed25519", {.bytes = {zeros, 32}, .ph = CS_SHA256}, CS_PREHASH_ALGORITHM},
        {"mldsa65+ed25519", {.bytes = {zeros, 64}, .ph = CS_SHAKE256_64}, CS_PREHASH_ALGORITHM},
        {"mldsa44+ecdsa-p256", {.bytes = {zeros, 32}, .ph = CS_SHA256}, CS_OK},
        {"mldsa44+ecdsa-p256", {.bytes = {zeros, 64}, .ph = CS_SHA512}, CS_PREHASH_ALGORITHM},
        {"mldsa87+ecdsa-p384", {.bytes = {zeros, 48}, .ph = CS_SHA384}, CS_PREHASH_ALGORITHM},
        {"mldsa87+ed448", {.bytes = {zeros, 64}, .ph = CS_SHAKE256_64}, CS_OK},
        {"mldsa87+ed448", {.bytes = {zeros, 64}, .ph = CS_SHA512}, CS_PREHASH_ALGORITHM},
        {"mldsa44", {.bytes = MESSAGE}, CS_FORMAT_NOT_OFFERED},
        {"mldsa87", {.bytes = {zeros, 64}, .ph = CS_SHA512}, CS_FORMAT_NOT_OFFERED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_buf got = cs_buf_new(CS_MAX_MPRIME);
        cs_err err = cs_composite_message(&got, cs_alg_find(cs_slice_str(rows[i].alg)), &rows[i].m);
        if (err != rows[i].want)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        assert_true(err == CS_OK || got.n == 0);
        cs_buf_free(&got);
    }
}

/* -- every algorithm in every format ---------------------------------------------------------------------------- */

/* A key of its own for each `which`, and the same one every time. */
static void open_own(cs_pair *k, const cs_alg *alg, cs_format format, uint8_t which)
{
    CS_SECRET(serialized);
    CS_SECRET(der);
    uint8_t half[57];
    cs_slice trad = cs_slice_of(half, cs_prim_private_len(alg->trad));
    memset(half, 0x40 + which, sizeof half);
    assert_int_equal(cs_secret_add(&serialized, cs_slice_of(half, 32)), CS_OK);
    if (cs_prim_is_ecdsa(alg->trad)) {
        assert_int_equal(cs_ec_private_der(&der, alg->trad, trad), CS_OK);
        trad = cs_secret_slice(&der);
    }
    assert_int_equal(cs_secret_add(&serialized, trad), CS_OK);
    assert_int_equal(cs_pair_open_private(k, alg, format, cs_secret_slice(&serialized)), CS_OK);
}

static cs_slice sign_own(const cs_pair *k, cs_slice message)
{
    const cs_message m = {.bytes = message};
    cs_buf sig = cs_buf_over(vectors_hold(CS_MAX_SIGNATURE), CS_MAX_SIGNATURE);
    assert_int_equal(cs_pair_sign(&sig, k, &m), CS_OK);
    return cs_buf_slice(&sig);
}

static void refuse(const cs_pair *k, cs_slice message, cs_slice sig)
{
    const cs_message m = {.bytes = message};
    cs_halves halves = {true, true};
    cs_err err = cs_pair_verify(&halves, k, &m, sig);
    if (err != CS_BAD_SIGNATURE)
        fail_msg("%s %s: %s", k->alg->name, cs_format_name(k->format), cs_err_name(err));
    assert_false(halves.pq_ok && halves.trad_ok);
}

static void accept_own(const cs_pair *k, cs_slice message, cs_slice sig)
{
    const cs_message m = {.bytes = message};
    cs_halves halves = {false, false};
    assert_int_equal(cs_pair_verify(&halves, k, &m, sig), CS_OK);
    assert_true(halves.pq_ok && halves.trad_ok);
    assert_int_equal(cs_pair_verify(NULL, k, &m, sig), CS_OK);
}

/* Calls `run` with two keys of each algorithm and format that exist. */
static void each_pair(void (*run)(const cs_pair *k, const cs_pair *other))
{
    int count = 0;
    for (size_t i = 0; i < cs_alg_count; i++) {
        for (int f = CS_FORMAT_COMPOSITE; f <= CS_FORMAT_PURE; f++) {
            cs_pair k, other;
            if (!cs_alg_offers(&cs_algs[i], (cs_format)f))
                continue;
            open_own(&k, &cs_algs[i], (cs_format)f, 1);
            open_own(&other, &cs_algs[i], (cs_format)f, 2);
            run(&k, &other);
            cs_pair_close(&k);
            cs_pair_close(&other);
            vectors_release();
            count++;
        }
    }
    assert_int_equal(count, 8 + 2 * 6 + 3);
}

static void whole_or_nothing(const cs_pair *k, const cs_pair *other)
{
    cs_slice sig = sign_own(k, MESSAGE), foreign = sign_own(other, MESSAGE), again = sign_own(k, MESSAGE);
    accept_own(k, MESSAGE, sig);
    accept_own(k, CS_LIT(""), sign_own(k, CS_LIT("")));
    assert_false(cs_slice_eq(sig, again)); /* hedged */
    accept_own(k, MESSAGE, again);
    refuse(k, OTHER_MESSAGE, sig);
    refuse(k, CS_LIT(""), sig);
    refuse(k, MESSAGE, foreign);
    refuse(other, MESSAGE, sig);
    refuse(k, MESSAGE, CS_LIT(""));
    refuse(k, MESSAGE, CS_ABSENT);
    for (size_t n = 0; n < sig.n; n += 1 + n / 16)
        refuse(k, MESSAGE, cs_slice_sub(sig, 0, n));
    for (size_t n = 1; n < sig.n; n += 1 + n / 4)
        refuse(k, MESSAGE, cs_slice_sub(sig, n, sig.n));
    uint8_t *longer = vectors_hold(sig.n + 1);
    memcpy(longer, sig.p, sig.n);
    longer[sig.n] = 0;
    refuse(k, MESSAGE, cs_slice_of(longer, sig.n + 1));
    for (size_t i = 0; i < sig.n; i += 61) {
        longer[i] ^= 1;
        refuse(k, MESSAGE, cs_slice_of(longer, sig.n));
        longer[i] ^= 1;
    }
}

static void signatures_are_whole_or_refused(void **state)
{
    (void)state;
    each_pair(whole_or_nothing);
}

/* -- halves of composite and concat ------------------------------------------------------------------------------ */

static cs_slice joined(cs_slice a, cs_slice b)
{
    uint8_t *p = vectors_hold(a.n + b.n);
    memcpy(p, a.p, a.n);
    memcpy(p + a.n, b.p, b.n);
    return cs_slice_of(p, a.n + b.n);
}

static void halves_apart(const cs_pair *k, const cs_pair *other)
{
    if (k->trad == NULL || k->format == CS_FORMAT_ENVELOPE)
        return;
    size_t n = cs_prim_sig_len(k->alg->pq);
    cs_slice sig = sign_own(k, MESSAGE), foreign = sign_own(other, MESSAGE), second = sign_own(k, OTHER_MESSAGE);
    cs_slice pq = cs_slice_sub(sig, 0, n), trad = cs_slice_sub(sig, n, sig.n);
    refuse(k, MESSAGE, pq);
    refuse(k, MESSAGE, trad);
    refuse(k, MESSAGE, joined(trad, pq));
    refuse(k, MESSAGE, joined(pq, pq));
    refuse(k, MESSAGE, joined(pq, cs_slice_sub(foreign, n, foreign.n)));
    refuse(k, MESSAGE, joined(cs_slice_sub(foreign, 0, n), trad));
    refuse(k, MESSAGE, joined(pq, cs_slice_sub(second, n, second.n)));
    refuse(k, MESSAGE, joined(cs_slice_sub(second, 0, n), trad));
    uint8_t *zeros = vectors_copy(sig);
    memset(zeros, 0, n);
    refuse(k, MESSAGE, cs_slice_of(zeros, sig.n));
    memcpy(zeros, pq.p, n);
    memset(zeros + n, 0, sig.n - n);
    refuse(k, MESSAGE, cs_slice_of(zeros, sig.n));
}

static void one_half_is_never_enough(void **state)
{
    (void)state;
    each_pair(halves_apart);
}

/* The verdict of each half is told apart, for the owner's log. */
static void verdicts_of_the_halves(void **state)
{
    (void)state;
    const cs_message m = {.bytes = MESSAGE};
    cs_pair k;
    cs_halves halves;
    open_own(&k, cs_alg_find(CS_LIT("mldsa65+ed25519")), CS_FORMAT_COMPOSITE, 1);
    cs_slice sig = sign_own(&k, MESSAGE);
    uint8_t *bad = vectors_copy(sig);
    bad[0] ^= 1;
    assert_int_equal(cs_pair_verify(&halves, &k, &m, cs_slice_of(bad, sig.n)), CS_BAD_SIGNATURE);
    assert_false(halves.pq_ok);
    assert_true(halves.trad_ok);
    bad[0] ^= 1;
    bad[sig.n - 40] ^= 1;
    assert_int_equal(cs_pair_verify(&halves, &k, &m, cs_slice_of(bad, sig.n)), CS_BAD_SIGNATURE);
    assert_true(halves.pq_ok);
    assert_false(halves.trad_ok);
    assert_int_equal(cs_pair_verify(&halves, &k, &m, cs_slice_sub(sig, 0, 3309)), CS_BAD_SIGNATURE);
    assert_false(halves.trad_ok);
    assert_int_equal(cs_pair_verify(&halves, &k, &m, cs_slice_sub(sig, 0, 3308)), CS_BAD_SIGNATURE);
    assert_false(halves.pq_ok || halves.trad_ok);
    cs_pair_close(&k);
    vectors_release();
}

/* -- the envelope ------------------------------------------------------------------------------------------------ */

static cs_slice text_of(const char *format, const char *a, const char *b)
{
    cs_buf out = cs_buf_over(vectors_hold(2 * CS_MAX_SIGNATURE), 2 * CS_MAX_SIGNATURE);
    for (const char *p = format; *p != '\0'; p++) {
        if (p[0] == '%' && (p[1] == 'c' || p[1] == 'p'))
            cs_buf_add_str(&out, *++p == 'c' ? a : b);
        else
            cs_buf_add_u8(&out, (uint8_t)*p);
    }
    assert_int_equal(out.err, CS_OK);
    return cs_buf_slice(&out);
}

/* A member's string out of an envelope, as a C string. */
static const char *member_of(cs_slice envelope, const char *name)
{
    cs_json *doc = NULL;
    assert_int_equal(cs_json_parse(&doc, envelope, CS_MAX_SIGNATURE), CS_OK);
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_slice s = cs_jobj_str(&o, name, CS_MAX_SIGNATURE);
    assert_int_equal(cs_jobj_done_open(&o), CS_OK);
    char *text = (char *)vectors_hold(s.n + 1);
    assert_int_equal(cs_slice_to_cstr(text, s.n + 1, s), CS_OK);
    cs_json_free(doc);
    return text;
}

/* %c and %p: the good halves in base64. */
#define ALG "mldsa44+ed25519"
static const char *const envelopes[] = {
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}\n",
    " {\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\": 1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":1, \"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"pq\":\"%p\",\"classical\":\"%c\"}",
    "{\"alg\":\"" ALG "\",\"v\":1,\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\",\"extra\":1}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\",\"pq\":\"%p\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"pq\":\"%p\"}",
    "{\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":1,\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":2,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":\"1\",\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":1.0,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":1,\"alg\":\"mldsa65+ed25519\",\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":1,\"alg\":\"mldsa44\\u002bed25519\",\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":1,\"alg\":\"MLDSA44+ED25519\",\"classical\":\"%c\",\"pq\":\"%p\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%p\",\"pq\":\"%c\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"\",\"pq\":\"%p\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":null,\"pq\":\"%p\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":null}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c=\",\"pq\":\"%p\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\\n\"}",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":[\"%c\"],\"pq\":\"%p\"}",
    "[{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}]",
    "{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}{}",
    "{}",
    "null",
    "\"%p\"",
};

static void envelope_has_one_form(void **state)
{
    (void)state;
    cs_pair k;
    open_own(&k, cs_alg_find(CS_LIT(ALG)), CS_FORMAT_ENVELOPE, 1);
    cs_slice sig = sign_own(&k, MESSAGE);
    const char *c = member_of(sig, "classical"), *p = member_of(sig, "pq");
    assert_int_equal(strlen(c), 88);
    assert_int_equal(strlen(p), 3228);
    assert_true(cs_slice_eq(sig, text_of("{\"v\":1,\"alg\":\"" ALG "\",\"classical\":\"%c\",\"pq\":\"%p\"}", c, p)));
    accept_own(&k, MESSAGE, sig);
    for (size_t i = 0; i < sizeof envelopes / sizeof *envelopes; i++)
        refuse(&k, MESSAGE, text_of(envelopes[i], c, p));
    /* Unused bits of the last character: "Zg==" and "Zh==" would be the same byte. */
    uint8_t *loose = vectors_copy(sig);
    uint8_t *end = memchr(loose, '=', sig.n);
    assert_non_null(end);
    end[-1] = end[-1] == 'A' ? 'B' : (uint8_t)(end[-1] + 1);
    refuse(&k, MESSAGE, cs_slice_of(loose, sig.n));
    cs_pair_close(&k);
    vectors_release();
}

/* A signature of one format is none of another, though the halves of concat and envelope are the same. */
static void format_comes_from_the_key(void **state)
{
    (void)state;
    static const char *const names[] = {"mldsa44+ed25519", "mldsa65+ecdsa-p256", "mldsa87+ed25519"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        for (int made = CS_FORMAT_COMPOSITE; made <= CS_FORMAT_ENVELOPE; made++) {
            cs_pair signer, verifier;
            open_own(&signer, cs_alg_find(cs_slice_str(names[i])), (cs_format)made, 1);
            cs_slice sig = sign_own(&signer, MESSAGE);
            for (int read = CS_FORMAT_COMPOSITE; read <= CS_FORMAT_ENVELOPE; read++) {
                open_own(&verifier, signer.alg, (cs_format)read, 1);
                if (made == read)
                    accept_own(&verifier, MESSAGE, sig);
                else
                    refuse(&verifier, MESSAGE, sig);
                cs_pair_close(&verifier);
            }
            cs_pair_close(&signer);
            vectors_release();
        }
    }
}

/* -- what is not signed ------------------------------------------------------------------------------------------ */

static void reserved(const cs_pair *k, const cs_pair *other)
{
    (void)other;
    static const struct {
        const char *payload;
        bool reserved;
    } rows[] = {
        {"CompositeAlgorithmSignatures2025", true},
        {"CompositeAlgorithmSignatures2025COMPSIG-MLDSA44-Ed25519-SHA512", true},
        {"CompositeAlgorithmSignatures202", false},
        {"compositeAlgorithmSignatures2025", false},
        {" CompositeAlgorithmSignatures2025", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t memory[CS_MAX_SIGNATURE];
        cs_buf sig = CS_BUF_OVER(memory);
        const cs_message m = {.bytes = cs_slice_str(rows[i].payload)};
        cs_err want = rows[i].reserved && k->format != CS_FORMAT_COMPOSITE ? CS_RESERVED_PREFIX : CS_OK;
        assert_int_equal(cs_pair_sign(&sig, k, &m), want);
        assert_true(want == CS_OK || sig.n == 0);
        if (want == CS_OK)
            accept_own(k, m.bytes, cs_buf_slice(&sig));
    }
}

static void reserved_prefix_is_not_signed_bare(void **state)
{
    (void)state;
    each_pair(reserved);
}

/* M' itself and the bare halves over it are no way round: a concat signature of M' cannot be had, and the halves of
 * a composite are no signature of M' under a bare key. */
static void composite_halves_are_no_bare_signatures(void **state)
{
    (void)state;
    const cs_message m = {.bytes = MESSAGE};
    cs_pair composite, concat;
    cs_buf mprime = cs_buf_new(CS_MAX_MPRIME);
    open_own(&composite, cs_alg_find(CS_LIT("mldsa65+ed25519")), CS_FORMAT_COMPOSITE, 1);
    open_own(&concat, composite.alg, CS_FORMAT_CONCAT, 1);
    assert_int_equal(cs_composite_message(&mprime, composite.alg, &m), CS_OK);
    cs_slice sig = sign_own(&composite, MESSAGE);
    refuse(&concat, cs_buf_slice(&mprime), sig);
    refuse(&concat, MESSAGE, sig);
    refuse(&composite, MESSAGE, sign_own(&concat, MESSAGE));
    cs_buf_free(&mprime);
    cs_pair_close(&composite);
    cs_pair_close(&concat);
    vectors_release();
}

static void options(const cs_pair *k, const cs_pair *other)
{
    (void)other;
    static const uint8_t zeros[256];
    uint8_t memory[CS_MAX_SIGNATURE];
    bool composite = k->format == CS_FORMAT_COMPOSITE;
    size_t n = cs_hash_len(k->alg->ph);
    cs_slice good = sign_own(k, MESSAGE);
    const struct {
        cs_message m;
        cs_err composite, bare;
    } rows[] = {
        {{.bytes = {zeros, n}, .ph = k->alg->ph}, CS_OK, CS_PREHASH_NOT_OFFERED},
        {{.bytes = {zeros, n - 1}, .ph = k->alg->ph}, CS_PREHASH_ALGORITHM, CS_PREHASH_NOT_OFFERED},
        {{.bytes = {zeros, n + 1}, .ph = k->alg->ph}, CS_PREHASH_ALGORITHM, CS_PREHASH_NOT_OFFERED},
        {{.bytes = {zeros, 48}, .ph = CS_SHA384}, CS_PREHASH_ALGORITHM, CS_PREHASH_NOT_OFFERED},
        {{.bytes = MESSAGE, .context = {zeros, 255}}, CS_OK, CS_BAD_CONTEXT},
        {{.bytes = MESSAGE, .context = {zeros, 256}}, CS_BAD_CONTEXT, CS_BAD_CONTEXT},
        {{.bytes = MESSAGE, .context = {zeros, 1}}, CS_OK, CS_BAD_CONTEXT},
        {{.bytes = MESSAGE, .context = {zeros, 0}}, CS_OK, CS_OK},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* Pure keys have no hash of their own to offer. */
        if (cs_alg_is_pure(k->alg) && i < 3)
            continue;
        cs_buf sig = CS_BUF_OVER(memory);
        cs_err want = composite ? rows[i].composite : rows[i].bare;
        assert_int_equal(cs_pair_sign(&sig, k, &rows[i].m), want);
        assert_int_equal(cs_pair_verify(NULL, k, &rows[i].m, want == CS_OK ? cs_buf_slice(&sig) : good), want);
        assert_true(want == CS_OK || sig.n == 0);
    }
}

static void options_belong_to_composites(void **state)
{
    (void)state;
    each_pair(options);
}

/* The caller's pre-hash of a message and the message make the same M', so each verifies the other's signature. */
static void prehash_stands_for_the_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < cs_alg_count; i++) {
        cs_pair k;
        cs_digest d;
        uint8_t memory[CS_MAX_SIGNATURE];
        cs_buf sig = CS_BUF_OVER(memory);
        if (cs_alg_is_pure(&cs_algs[i]))
            continue;
        open_own(&k, &cs_algs[i], CS_FORMAT_COMPOSITE, 1);
        assert_int_equal(cs_hash(&d, k.alg->ph, MESSAGE), CS_OK);
        const cs_message digest = {.bytes = cs_digest_slice(&d), .ph = k.alg->ph}, whole = {.bytes = MESSAGE};
        const cs_message mistaken = {.bytes = cs_digest_slice(&d)};
        assert_int_equal(cs_pair_sign(&sig, &k, &digest), CS_OK);
        assert_int_equal(cs_pair_verify(NULL, &k, &whole, cs_buf_slice(&sig)), CS_OK);
        assert_int_equal(cs_pair_verify(NULL, &k, &mistaken, cs_buf_slice(&sig)), CS_BAD_SIGNATURE);
        assert_int_equal(cs_pair_verify(NULL, &k, &digest, sign_own(&k, MESSAGE)), CS_OK);
        cs_pair_close(&k);
        vectors_release();
    }
}

/* -- keys -------------------------------------------------------------------------------------------------------- */

static void generated_keys_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < cs_alg_count; i++) {
        CS_SECRET(one);
        CS_SECRET(two);
        cs_pair k;
        assert_int_equal(cs_pair_generate(&one, &cs_algs[i]), CS_OK);
        assert_int_equal(cs_pair_generate(&two, &cs_algs[i]), CS_OK);
        assert_false(cs_secret_eq(cs_slice_of(one.b, 32), cs_slice_of(two.b, 32)));
        assert_true(cs_alg_is_pure(&cs_algs[i]) ||
                    !cs_secret_eq(cs_slice_of(one.b + 32, one.n - 32), cs_slice_of(two.b + 32, two.n - 32)));
        assert_int_equal(
            cs_pair_open_private(&k, &cs_algs[i], cs_alg_default_format(&cs_algs[i]), cs_secret_slice(&one)), CS_OK);
        accept_own(&k, MESSAGE, sign_own(&k, MESSAGE));
        cs_pair_close(&k);
        vectors_release();
    }
}

static void private_key_is_exact(const cs_pair *k, const cs_pair *other)
{
    (void)other;
    CS_SECRET(good);
    uint8_t longer[32 + CS_SECRET_CAP + 1] = {0};
    cs_pair out;
    assert_int_equal(cs_pair_generate(&good, k->alg), CS_OK);
    for (size_t n = 0; n < good.n; n++) {
        assert_int_equal(cs_pair_open_private(&out, k->alg, k->format, cs_slice_of(good.b, n)), CS_BAD_PRIVATE_KEY);
        assert_true(out.pq == NULL && out.trad == NULL);
    }
    good.b[good.n] = 0;
    assert_int_equal(cs_pair_open_private(&out, k->alg, k->format, cs_slice_of(good.b, good.n + 1)),
                     CS_BAD_PRIVATE_KEY);
    memcpy(longer, good.b, good.n);
    assert_int_equal(cs_pair_open_private(&out, k->alg, k->format, CS_ARRAY(longer)), CS_BAD_PRIVATE_KEY);
    if (k->trad == NULL || !cs_prim_is_ecdsa(k->alg->trad))
        return;
    /* Each byte of the ECPrivateKey around the scalar is fixed. */
    for (size_t i = 32; i < good.n; i++) {
        if (i >= 32 + 7 && i < 32 + 7 + cs_prim_private_len(k->alg->trad))
            continue;
        good.b[i] ^= 1;
        assert_int_equal(cs_pair_open_private(&out, k->alg, k->format, cs_secret_slice(&good)), CS_BAD_PRIVATE_KEY);
        good.b[i] ^= 1;
    }
    memset(good.b + 32 + 7, 0, cs_prim_private_len(k->alg->trad));
    assert_int_equal(cs_pair_open_private(&out, k->alg, k->format, cs_secret_slice(&good)), CS_BAD_PRIVATE_KEY);
    memset(good.b + 32 + 7, 0xff, cs_prim_private_len(k->alg->trad));
    assert_int_equal(cs_pair_open_private(&out, k->alg, k->format, cs_secret_slice(&good)), CS_BAD_PRIVATE_KEY);
}

static void public_key_is_exact(const cs_pair *k, const cs_pair *other)
{
    (void)other;
    uint8_t memory[CS_MAX_PUBLIC_KEY + 1] = {0};
    cs_buf bytes = CS_BUF_OVER(memory);
    cs_pair out;
    cs_pair_public(&bytes, k);
    assert_int_equal(bytes.n, cs_alg_public_len(k->alg));
    assert_int_equal(cs_pair_open_public(&out, k->alg, k->format, cs_buf_slice(&bytes)), CS_OK);
    accept_own(&out, MESSAGE, sign_own(k, MESSAGE));
    cs_pair_close(&out);
    const size_t wrong[] = {0, 1, 32, cs_prim_public_len(k->alg->pq) - 1, bytes.n - 1, bytes.n + 1};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(cs_pair_open_public(&out, k->alg, k->format, cs_slice_of(memory, wrong[i])),
                         CS_BAD_PUBLIC_KEY);
        assert_true(out.pq == NULL && out.trad == NULL);
    }
    if (k->trad == NULL || !cs_prim_is_ecdsa(k->alg->trad))
        return;
    /* The point: only uncompressed and only on the curve. */
    uint8_t *point = memory + cs_prim_public_len(k->alg->pq);
    static const uint8_t forms[] = {0x00, 0x02, 0x03, 0x05, 0x06, 0x07};
    for (size_t i = 0; i < sizeof forms; i++) {
        point[0] = forms[i];
        assert_int_equal(cs_pair_open_public(&out, k->alg, k->format, cs_buf_slice(&bytes)), CS_BAD_PUBLIC_KEY);
    }
    point[0] = 0x04;
    point[1] ^= 1;
    assert_int_equal(cs_pair_open_public(&out, k->alg, k->format, cs_buf_slice(&bytes)), CS_BAD_PUBLIC_KEY);
    memset(point + 1, 0, cs_prim_public_len(k->alg->trad) - 1);
    assert_int_equal(cs_pair_open_public(&out, k->alg, k->format, cs_buf_slice(&bytes)), CS_BAD_PUBLIC_KEY);
}

static void keys_are_exact(void **state)
{
    (void)state;
    each_pair(private_key_is_exact);
    each_pair(public_key_is_exact);
}

static void formats_not_offered_do_not_open(void **state)
{
    (void)state;
    uint8_t bytes[CS_MAX_PUBLIC_KEY] = {0};
    cs_pair out;
    int refused = 0;
    for (size_t i = 0; i < cs_alg_count; i++) {
        for (int f = CS_FORMAT_COMPOSITE; f <= CS_FORMAT_PURE + 1; f++) {
            if (cs_alg_offers(&cs_algs[i], (cs_format)f))
                continue;
            cs_slice public_bytes = cs_slice_of(bytes, cs_alg_public_len(&cs_algs[i]));
            assert_int_equal(cs_pair_open_public(&out, &cs_algs[i], (cs_format)f, public_bytes), CS_FORMAT_NOT_OFFERED);
            assert_int_equal(cs_pair_open_private(&out, &cs_algs[i], (cs_format)f, cs_slice_of(bytes, 32)),
                             CS_FORMAT_NOT_OFFERED);
            assert_true(out.pq == NULL && out.trad == NULL);
            refused++;
        }
    }
    assert_int_equal(refused, 11 * 5 - 23);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_without_m_prime_is_refused),
        cmocka_unit_test(signatures_are_whole_or_refused),
        cmocka_unit_test(one_half_is_never_enough),
        cmocka_unit_test(verdicts_of_the_halves),
        cmocka_unit_test(envelope_has_one_form),
        cmocka_unit_test(format_comes_from_the_key),
        cmocka_unit_test(reserved_prefix_is_not_signed_bare),
        cmocka_unit_test(composite_halves_are_no_bare_signatures),
        cmocka_unit_test(options_belong_to_composites),
        cmocka_unit_test(prehash_stands_for_the_message),
        cmocka_unit_test(generated_keys_open),
        cmocka_unit_test(keys_are_exact),
        cmocka_unit_test(formats_not_offered_do_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
