/* SPDX-License-Identifier: Apache-2.0 */
/* src/core/crypto_key.c against the public ML-DSA collections: KAT, NIST ACVP, Wycheproof; with each engine. */
#include "vectors.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "core/crypto_mldsa.h"
#include "core/mldsa/batch.h"
#include "engines.h"

static const struct set {
    const char *name; /* as ACVP has it */
    const char *digits;
    cs_prim prim;
} sets[] = {{"ML-DSA-44", "44", CS_MLDSA44}, {"ML-DSA-65", "65", CS_MLDSA65}, {"ML-DSA-87", "87", CS_MLDSA87}};
#define SET_COUNT (sizeof sets / sizeof *sets)

static cs_prim prim_named(yyjson_val *object, const char *member)
{
    for (size_t i = 0; i < SET_COUNT; i++)
        if (vectors_is(object, member, sets[i].name))
            return sets[i].prim;
    fail_msg("unknown parameter set");
    return CS_PRIM_NONE;
}

static void assert_bytes(cs_slice got, cs_slice want)
{
    assert_int_equal(got.n, want.n);
    assert_memory_equal(got.p, want.p, want.n);
}

/* Opens the seed, and checks the public key that it gives. */
static cs_key *open_seed(cs_prim prim, cs_slice seed, cs_slice public_bytes)
{
    cs_key *key = NULL;
    cs_buf got = cs_buf_new(cs_prim_public_len(prim));
    assert_int_equal(cs_key_open_private(&key, prim, seed), CS_OK);
    cs_key_public(&got, key);
    assert_bytes(cs_buf_slice(&got), public_bytes);
    cs_buf_free(&got);
    return key;
}

static cs_err verify(cs_prim prim, cs_slice public_bytes, cs_slice message, cs_slice sig, const cs_mldsa_options *o)
{
    cs_key *key = NULL;
    cs_err err = cs_key_open_public(&key, prim, public_bytes);
    if (err == CS_OK)
        err = cs_key_verify(key, message, sig, o);
    cs_key_free(key);
    return err;
}

/* Signs with the seed and compares; then the signature verifies, and with one bit changed it does not. */
static void sign_and_verify(const cs_key *key, cs_slice message, cs_slice want, const cs_mldsa_options *o)
{
    cs_buf sig = cs_buf_new(cs_prim_sig_len(cs_key_prim(key)));
    assert_int_equal(cs_key_sign(&sig, key, message, o), CS_OK);
    assert_bytes(cs_buf_slice(&sig), want);
    assert_int_equal(cs_key_verify(key, message, want, o), CS_OK);
    sig.p[sig.n / 2] ^= 0x10;
    assert_int_equal(cs_key_verify(key, message, cs_buf_slice(&sig), o), CS_BAD_SIGNATURE);
    cs_buf_free(&sig);
}

/* -- records of "name = value" lines, an empty line behind each ------------------------------------------------- */

static cs_slice line_of(cs_slice *text)
{
    const uint8_t *end = memchr(text->p, '\n', text->n);
    size_t n = end != NULL ? (size_t)(end - text->p) : text->n;
    cs_slice line = cs_slice_sub(*text, 0, n);
    *text = cs_slice_sub(*text, n + 1, text->n);
    return line;
}

/* The value of `name` in the record that `text` begins with; absent if it has none. */
static cs_slice value_of(cs_slice text, const char *name)
{
    size_t n = strlen(name);
    for (cs_slice line = line_of(&text); line.n > 0; line = line_of(&text)) {
        if (line.n >= n + 2 && memcmp(line.p, name, n) == 0 && memcmp(line.p + n, " =", 2) == 0)
            return cs_slice_sub(line, n + 3, line.n);
    }
    return CS_ABSENT;
}

static bool next_record(cs_slice *text)
{
    while (text->n > 0 && line_of(text).n > 0) {
    }
    while (text->n > 0 && text->p[0] == '\n')
        (void)line_of(text);
    return text->n > 0;
}

static void kat(const char *digits, cs_prim prim, bool hedged)
{
    char name[64];
    (void)snprintf(name, sizeof name, "kat/mldsa%s_%s_pure.rsp%s", digits, hedged ? "hedged" : "det",
                   prim == CS_MLDSA87 ? ".xz" : "");
    cs_buf file = vectors_public_file(name);
    cs_slice at = cs_buf_slice(&file);
    int cases = 0;
    do {
        cs_slice sm = vectors_from_hex(value_of(at, "sm"));
        cs_slice message = vectors_from_hex(value_of(at, "msg"));
        cs_mldsa_options o = {.context = vectors_from_hex(value_of(at, "ctx")), .deterministic = !hedged};
        if (hedged)
            o.rnd = vectors_from_hex(value_of(at, "rng"));
        cs_key *key = open_seed(prim, vectors_from_hex(value_of(at, "xi")), vectors_from_hex(value_of(at, "pk")));
        sign_and_verify(key, message, cs_slice_sub(sm, 0, sm.n - message.n), &o);
        cs_key_free(key);
        vectors_release();
        cases++;
    } while (next_record(&at));
    assert_int_equal(cases, 67);
    cs_buf_free(&file);
}

static void known_answers(void **state)
{
    (void)state;
    for (size_t i = 0; i < SET_COUNT; i++) {
        kat(sets[i].digits, sets[i].prim, false);
        kat(sets[i].digits, sets[i].prim, true);
    }
}

/* -- the same records as batches: 67 keys at once ------------------------------------------------------------------ */

struct batch {
    cs_mldsa_job jobs[80];
    uint8_t sigs[80][CS_MLDSA_MAX_SIG], want[80][CS_MLDSA_MAX_SIG];
    size_t n, at;
};

static cs_mldsa_job *next_job(void *context)
{
    struct batch *b = context;
    return b->at < b->n ? &b->jobs[b->at++] : NULL;
}

static void done_job(void *context, cs_mldsa_job *job)
{
    const struct batch *b = context;
    assert_int_equal(job->err, CS_OK);
    assert_memory_equal(job->sig, b->want[job - b->jobs], job->key->set->sig_bytes);
    job->err = CS_INTERNAL; /* seen */
}

static void add_job(struct batch *b, cs_slice record, const cs_mldsa_set *set, const cs_mldsa_backend *backend)
{
    cs_mldsa_job *job = &b->jobs[b->n];
    cs_slice sm = vectors_from_hex(value_of(record, "sm")), message = vectors_from_hex(value_of(record, "msg"));
    cs_slice rnd = vectors_from_hex(value_of(record, "rng"));
    cs_mldsa_key *key = aligned_alloc(64, (cs_mldsa_key_bytes(set, true) + 63) / 64 * 64);
    assert_non_null(key);
    cs_mldsa_open_private(key, set, backend, vectors_from_hex(value_of(record, "xi")).p);
    *job = (cs_mldsa_job){.key = key, .sig = b->sigs[b->n]};
    cs_mldsa_mu(job->mu, key, vectors_from_hex(value_of(record, "ctx")), message);
    if (rnd.n == sizeof job->rnd)
        memcpy(job->rnd, rnd.p, rnd.n);
    assert_int_equal(sm.n - message.n, set->sig_bytes);
    memcpy(b->want[b->n++], sm.p, set->sig_bytes);
    vectors_release();
}

static void kat_batch(const char *name, const cs_mldsa_set *set, const cs_mldsa_backend *backend)
{
    static struct batch b;
    b.n = b.at = 0;
    cs_buf file = vectors_public_file(name);
    cs_slice at = cs_buf_slice(&file);
    do
        add_job(&b, at, set, backend);
    while (next_record(&at));
    assert_int_equal(b.n, 67);
    cs_mldsa_batch *room = aligned_alloc(64, (cs_mldsa_batch_bytes() + 63) / 64 * 64);
    assert_non_null(room);
    cs_mldsa_batch_sign(room, CS_MLDSA_LANES, set, backend, &(cs_mldsa_source){next_job, done_job, &b});
    free(room);
    for (size_t i = 0; i < b.n; i++) {
        assert_int_equal(b.jobs[i].err, CS_INTERNAL);
        free((void *)(uintptr_t)b.jobs[i].key);
    }
    cs_buf_free(&file);
}

static void known_answers_in_batches(void **state)
{
    static const cs_mldsa_set *const mldsa[] = {&cs_mldsa_44, &cs_mldsa_65, &cs_mldsa_87};
    (void)state;
    for (const cs_mldsa_backend *const *be = cs_mldsa_backends; *be != NULL; be++)
        for (size_t i = 0; (*be)->runs_here() && i < 2 * SET_COUNT; i++) {
            char name[64];
            (void)snprintf(name, sizeof name, "kat/mldsa%s_%s_pure.rsp%s", sets[i / 2].digits,
                           i % 2 == 0 ? "det" : "hedged", i / 2 == 2 ? ".xz" : "");
            kat_batch(name, mldsa[i / 2], *be);
        }
}

/* -- ACVP ------------------------------------------------------------------------------------------------------- */

/* Calls `run` for every case of an ACVP file and returns how many there were. */
static int each_case(const char *name, void (*run)(cs_prim prim, yyjson_val *group, yyjson_val *test))
{
    yyjson_doc *doc = vectors_public_json(name);
    size_t i, j, max, most;
    yyjson_val *group, *test;
    int cases = 0;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "testGroups"), i, max, group)
    {
        yyjson_arr_foreach(yyjson_obj_get(group, "tests"), j, most, test)
        {
            run(prim_named(group, "parameterSet"), group, test);
            vectors_release();
            cases++;
        }
    }
    yyjson_doc_free(doc);
    return cases;
}

static void acvp_keygen_case(cs_prim prim, yyjson_val *group, yyjson_val *test)
{
    (void)group;
    cs_slice expanded = vectors_hex(test, "sk");
    cs_key *key = open_seed(prim, vectors_hex(test, "seed"), vectors_hex(test, "pk"));
    assert_true(cs_key_expands_to(key, expanded));
    cs_buf own = cs_buf_new_wiped(expanded.n);
    assert_int_equal(cs_key_expanded(&own, key), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&own), expanded));
    cs_buf_free(&own);
    uint8_t *other = vectors_copy(expanded);
    other[expanded.n - 1] ^= 1;
    assert_false(cs_key_expands_to(key, cs_slice_of(other, expanded.n)));
    assert_false(cs_key_expands_to(key, cs_slice_sub(expanded, 0, expanded.n - 1)));
    cs_key_free(key);
}

static void acvp_keygen(void **state)
{
    (void)state;
    assert_int_equal(each_case("acvp/mldsa-keyGen-FIPS204.internalProjection.json", acvp_keygen_case), 51);
}

/* The public key of an expanded private key, which the product does not import: straight from the library. */
static cs_slice public_of_expanded(cs_prim prim, cs_slice expanded)
{
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, cs_prim_name(prim), NULL);
    OSSL_PARAM params[2] = {
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PRIV_KEY, (void *)(uintptr_t)expanded.p, expanded.n),
        OSSL_PARAM_construct_end()};
    size_t n = cs_prim_public_len(prim);
    uint8_t *bytes = vectors_hold(n);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_KEYPAIR, params), 1);
    assert_int_equal(EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY, bytes, n, &n), 1);
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
    return cs_slice_of(bytes, n);
}

static void acvp_sign_case(cs_prim prim, yyjson_val *group, yyjson_val *test)
{
    (void)group;
    const cs_mldsa_options internal = {.internal = true};
    cs_slice public_bytes = public_of_expanded(prim, vectors_hex(test, "sk"));
    cs_slice message = vectors_hex(test, "message"), sig = vectors_hex(test, "signature");
    assert_int_equal(verify(prim, public_bytes, message, sig, &internal), CS_OK);
    /* The same bytes are no signature of the external interface. */
    assert_int_equal(verify(prim, public_bytes, message, sig, NULL), CS_BAD_SIGNATURE);
    assert_int_equal(verify(prim, public_bytes, cs_slice_sub(message, 1, message.n), sig, &internal), CS_BAD_SIGNATURE);
}

static void acvp_sign(void **state)
{
    (void)state;
    assert_int_equal(each_case("acvp/mldsa-sigGen-FIPS204.internalProjection.json", acvp_sign_case), 42);
}

static void acvp_verify_case(cs_prim prim, yyjson_val *group, yyjson_val *test)
{
    const cs_mldsa_options internal = {.internal = true};
    cs_err err =
        verify(prim, vectors_hex(group, "pk"), vectors_hex(test, "message"), vectors_hex(test, "signature"), &internal);
    assert_int_equal(err, yyjson_get_bool(yyjson_obj_get(test, "testPassed")) ? CS_OK : CS_BAD_SIGNATURE);
}

static void acvp_verify(void **state)
{
    (void)state;
    assert_int_equal(each_case("acvp/mldsa-sigVer-FIPS204.internalProjection.json", acvp_verify_case), 30);
}

static void acvp_external_mu(void **state)
{
    (void)state;
    const cs_mldsa_options mu = {.external_mu = true};
    for (size_t i = 0; i < SET_COUNT; i++) {
        for (int made = 0; made < 2; made++) {
            const char *p = made != 0 ? "siggen" : "sigver";
            char name[64], pk[16], m[16], sig[16];
            (void)snprintf(name, sizeof name, "acvp/mldsa%s_extmu_%s.txt", sets[i].digits,
                           made != 0 ? "sigGen" : "sigVer");
            (void)snprintf(pk, sizeof pk, "%s_pk", p);
            (void)snprintf(m, sizeof m, "%s_mu", p);
            (void)snprintf(sig, sizeof sig, "%s_sig", p);
            cs_buf file = vectors_public_file(name);
            cs_slice at = cs_buf_slice(&file);
            int cases = 0;
            do {
                bool good = made != 0 || cs_slice_is(value_of(at, "sigver_result"), "True");
                cs_err err = verify(sets[i].prim, vectors_from_hex(value_of(at, pk)), vectors_from_hex(value_of(at, m)),
                                    vectors_from_hex(value_of(at, sig)), &mu);
                assert_int_equal(err, good ? CS_OK : CS_BAD_SIGNATURE);
                vectors_release();
                cases++;
            } while (next_record(&at));
            assert_int_equal(cases, 10);
            cs_buf_free(&file);
        }
    }
}

/* -- Wycheproof ------------------------------------------------------------------------------------------------- */

static int each_wycheproof(const char *name, cs_prim prim,
                           void (*run)(cs_prim prim, yyjson_val *group, yyjson_val *test))
{
    yyjson_doc *doc = vectors_public_json(name);
    size_t i, j, max, most;
    yyjson_val *group, *test;
    int cases = 0;
    yyjson_arr_foreach(yyjson_obj_get(yyjson_doc_get_root(doc), "testGroups"), i, max, group)
    {
        yyjson_arr_foreach(yyjson_obj_get(group, "tests"), j, most, test)
        {
            run(prim, group, test);
            vectors_release();
            cases++;
        }
    }
    assert_int_equal(cases, yyjson_get_int(yyjson_obj_get(yyjson_doc_get_root(doc), "numberOfTests")));
    yyjson_doc_free(doc);
    return cases;
}

static void wycheproof_verify_case(cs_prim prim, yyjson_val *group, yyjson_val *test)
{
    const cs_mldsa_options o = {.context = vectors_hex(test, "ctx")};
    cs_err err = verify(prim, vectors_hex(group, "publicKey"), vectors_hex(test, "msg"), vectors_hex(test, "sig"), &o);
    bool valid = vectors_is(test, "result", "valid");
    if ((err == CS_OK) != valid)
        fail_msg("%s case %d: %s", cs_prim_name(prim), yyjson_get_int(yyjson_obj_get(test, "tcId")), cs_err_name(err));
    if (vectors_flag(test, "IncorrectPublicKeyLength"))
        assert_int_equal(err, CS_BAD_PUBLIC_KEY);
    else if (!valid)
        assert_int_equal(err, o.context.n > 255 ? CS_BAD_CONTEXT : CS_BAD_SIGNATURE);
}

static void wycheproof_verify(void **state)
{
    (void)state;
    assert_int_equal(each_wycheproof("wycheproof/mldsa_44_verify_test.json", CS_MLDSA44, wycheproof_verify_case), 123);
    assert_int_equal(each_wycheproof("wycheproof/mldsa_65_verify_test.json.xz", CS_MLDSA65, wycheproof_verify_case),
                     142);
    assert_int_equal(each_wycheproof("wycheproof/mldsa_87_verify_test.json.xz", CS_MLDSA87, wycheproof_verify_case),
                     160);
}

static void wycheproof_sign_case(cs_prim prim, yyjson_val *group, yyjson_val *test)
{
    cs_slice seed = vectors_hex(group, "privateSeed"), message = vectors_hex(test, "msg");
    cs_slice mu = vectors_hex(test, "mu"), sig = vectors_hex(test, "sig");
    cs_mldsa_options o = {.context = vectors_hex(test, "ctx"), .rnd = vectors_hex(test, "rnd")};
    cs_key *key = NULL;
    o.deterministic = o.rnd.p == NULL;
    if (vectors_flag(test, "IncorrectPrivateKeyLength")) {
        assert_int_equal(cs_key_open_private(&key, prim, seed), CS_BAD_PRIVATE_KEY);
        assert_null(key);
        return;
    }
    key = open_seed(prim, seed, vectors_hex(group, "publicKey"));
    if (vectors_flag(test, "InvalidContext")) {
        cs_buf out = cs_buf_new(cs_prim_sig_len(prim));
        assert_int_equal(cs_key_sign(&out, key, message, &o), CS_BAD_CONTEXT);
        assert_int_equal(out.n, 0);
        cs_buf_free(&out);
    } else {
        assert_true(vectors_is(test, "result", "valid"));
        if (message.p != NULL)
            sign_and_verify(key, message, sig, &o);
        o.context = CS_ABSENT;
        o.external_mu = true;
        if (mu.p != NULL)
            sign_and_verify(key, mu, sig, &o);
    }
    cs_key_free(key);
}

static void wycheproof_sign(void **state)
{
    (void)state;
    assert_int_equal(each_wycheproof("wycheproof/mldsa_44_sign_seed_test.json", CS_MLDSA44, wycheproof_sign_case), 60);
    assert_int_equal(each_wycheproof("wycheproof/mldsa_65_sign_seed_test.json", CS_MLDSA65, wycheproof_sign_case), 72);
    assert_int_equal(each_wycheproof("wycheproof/mldsa_87_sign_seed_test.json", CS_MLDSA87, wycheproof_sign_case), 66);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),   cmocka_unit_test(acvp_keygen),      cmocka_unit_test(acvp_sign),
        cmocka_unit_test(acvp_verify),     cmocka_unit_test(acvp_external_mu), cmocka_unit_test(wycheproof_verify),
        cmocka_unit_test(wycheproof_sign),
    };
    const struct CMUnitTest batches[] = {
        cmocka_unit_test(known_answers_in_batches),
    };
    return cmocka_run_group_tests(batches, NULL, NULL) + ENGINES_RUN(tests);
}
