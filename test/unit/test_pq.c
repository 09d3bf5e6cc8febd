/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/pq.c and release.c: keys that a KMS releases, with the software NSM and an agent that is honest,
 * or is not. zone: enclave */
#include "kms_fixture.h"

#include "core/birth.h"
#include "core/crypto_mldsa.h"
#include "enclave/engine.h"
#include "enclave/pq.h"
#include "sys/clock.h"

#define ARN "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

static cs_enclave *e;
static struct kms kms;
static cs_host host;
static char state_dir[64];

static int open_enclave(void **state)
{
    (void)state;
    const cs_rot_options options = {.state_dir = state_dir};
    e = fixture_open(60 * 1000000);
    cs_rot_close(&e->rot);
    (void)snprintf(state_dir, sizeof state_dir, "/tmp/cs-pq-XXXXXX");
    if (mkdtemp(state_dir) == NULL || cs_rot_open(&e->rot, &cs_rot_softnsm, &options) != CS_OK)
        return -1;
    return cs_crew_start(&e->crew, 1) == CS_OK ? 0 : -1;
}

static int close_enclave(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -r '%s'", state_dir);
    cs_crew_stop(&e->crew);
    cs_recipients_close(&e->recipients);
    return system(command);
}

static int begin(void **state)
{
    (void)state;
    memset(&kms, 0, sizeof kms);
    host = kms_connect(&kms);
    return 0;
}

static int end(void **state)
{
    (void)state;
    kms_disconnect(&kms, &host);
    cs_cache_init(&e->kms_cache, 0);
    return 0;
}

/* Another connection, after one that is broken. */
static void again(void)
{
    kms_disconnect(&kms, &host);
    host = kms_connect(&kms);
}

static cs_request new_key(const char *user, const char *alg)
{
    return (cs_request){.type = CS_MSG_PQ_GENERATE,
                        .org = CS_LIT("org_1"),
                        .user_id = cs_slice_str(user),
                        .alg = cs_alg_find(cs_slice_str(alg)),
                        .kms_key = CS_LIT(ARN)};
}

static cs_pq_born bear(const char *user, const char *alg)
{
    cs_pq_born b = cs_pq_born_new();
    const cs_request r = new_key(user, alg);
    assert_int_equal(cs_pq_generate(&b, e, &host, &r), CS_OK);
    return b;
}

static cs_request sign_with(const cs_pq_born *b, const char *user, const char *alg)
{
    return (cs_request){.type = CS_MSG_PQ_SIGN,
                        .org = CS_LIT("org_1"),
                        .user_id = cs_slice_str(user),
                        .alg = cs_alg_find(cs_slice_str(alg)),
                        .sealed = cs_buf_slice(&b->sealed),
                        .message = {.bytes = CS_LIT("transaction")}};
}

static cs_err try(const cs_request *r)
{
    cs_pq_signed s = cs_pq_signed_new();
    cs_err err = cs_pq_sign(&s, e, &host, r);
    assert_int_equal(s.signature.n > 0, err == CS_OK);
    assert_int_equal(s.public_key.n > 0, err == CS_OK);
    cs_pq_signed_free(&s);
    return err;
}

static void expect_signature(const cs_pq_signed *s, const cs_request *r, cs_slice public_key)
{
    cs_key *key = NULL;
    assert_true(cs_slice_eq(cs_buf_slice(&s->public_key), public_key));
    assert_int_equal(cs_key_open_public(&key, r->alg->pq, public_key), CS_OK);
    assert_int_equal(cs_key_verify(key, r->message.bytes, cs_buf_slice(&s->signature), NULL), CS_OK);
    cs_key_free(key);
}

static void born_and_signs(void **state)
{
    (void)state;
    static const char *const algorithms[] = {"mldsa44", "mldsa65", "mldsa87"};
    for (size_t i = 0; i < 3; i++) {
        cs_pq_born b = bear("customer-wallet-123", algorithms[i]);
        cs_nitro birth;
        const cs_birth expect = {.alg = cs_alg_find(cs_slice_str(algorithms[i]))->pq,
                                 .user_id = CS_LIT("customer-wallet-123"),
                                 .public_key = cs_buf_slice(&b.public_key),
                                 .wrapped_dk = cs_buf_slice(&b.wrapped),
                                 .kms_key_arn = CS_LIT(ARN),
                                 .created_at_ms = b.created_at_ms};
        assert_int_equal(cs_nitro_parse(&birth, cs_buf_slice(&b.attestation)), CS_OK);
        assert_int_equal(cs_birth_compare(birth.user_data, &expect), CS_OK);
        cs_digest nonce;
        const cs_birth_rest rest = {CS_LIT(CS_VERSION), CS_LIT("relayed"), cs_buf_slice(&b.sealed)};
        assert_int_equal(cs_birth_nonce(&nonce, &rest), CS_OK);
        assert_true(birth.public_key.p == NULL && cs_slice_eq(birth.nonce, cs_digest_slice(&nonce)));
        assert_int_equal(b.created_at_ms, kms.last_document_ms); /* the root's clock, not ours */
        assert_true(birth.timestamp_ms >= b.created_at_ms);
        cs_sealed sealed;
        assert_int_equal(cs_seal_read(&sealed, cs_buf_slice(&b.sealed)), CS_OK);
        assert_true(cs_slice_is(sealed.fields.door, "pq-signer") && cs_slice_is(sealed.fields.kek_provider, "aws-kms"));
        assert_true(cs_slice_is(sealed.fields.kek_resource, ARN) && cs_slice_is(sealed.fields.key_release, "relayed"));
        assert_true(cs_slice_eq(sealed.wrapped, cs_buf_slice(&b.wrapped)));

        cs_pq_signed s = cs_pq_signed_new();
        cs_request r = sign_with(&b, "customer-wallet-123", algorithms[i]);
        size_t asked = kms.asked;
        assert_int_equal(cs_pq_sign(&s, e, &host, &r), CS_OK);
        expect_signature(&s, &r, cs_buf_slice(&b.public_key));
        assert_int_equal(s.attestation.n, 0);
        assert_int_equal(kms.asked, asked + 1);
        cs_pq_signed_free(&s);
        cs_pq_born_free(&b);
    }
}

static void attests_a_signature(void **state)
{
    (void)state;
    cs_pq_born b = bear("u", "mldsa44");
    cs_pq_signed s = cs_pq_signed_new();
    cs_request r = sign_with(&b, "u", "mldsa44");
    cs_nitro n;
    cs_digest signature, message;
    r.request_attestation = true;
    assert_int_equal(cs_pq_sign(&s, e, &host, &r), CS_OK);
    assert_int_equal(cs_nitro_parse(&n, cs_buf_slice(&s.attestation)), CS_OK);
    assert_int_equal(cs_hash(&signature, CS_SHA256, cs_buf_slice(&s.signature)), CS_OK);
    assert_int_equal(cs_hash(&message, CS_SHA256, r.message.bytes), CS_OK);
    assert_true(cs_slice_eq(n.user_data, cs_digest_slice(&signature)));
    assert_true(cs_slice_eq(n.nonce, cs_digest_slice(&message)));
    assert_null(n.public_key.p);
    cs_pq_signed_free(&s);
    cs_pq_born_free(&b);
}

/* A record is this realm's and user's, and of this algorithm, or it is broken; the KMS is not even asked. */
static void another_record(void **state)
{
    (void)state;
    cs_pq_born b = bear("user-1", "mldsa44"), other = bear("user-2", "mldsa44");
    cs_newborn vault = fixture_key(e, "org", "user-1", "mldsa44", CS_FORMAT_PURE, "sign");
    const struct {
        const char *what;
        cs_slice sealed;
        const char *user, *alg;
        cs_err expect;
    } rows[] = {
        {"as it should be", cs_buf_slice(&b.sealed), "user-1", "mldsa44", CS_OK},
        {"another user", cs_buf_slice(&b.sealed), "user-2", "mldsa44", CS_SEAL_BROKEN},
        {"a swapped row", cs_buf_slice(&other.sealed), "user-1", "mldsa44", CS_SEAL_BROKEN},
        {"a part of the name", cs_buf_slice(&b.sealed), "user-", "mldsa44", CS_SEAL_BROKEN},
        {"a longer name", cs_buf_slice(&b.sealed), "user-11", "mldsa44", CS_SEAL_BROKEN},
        {"another algorithm", cs_buf_slice(&b.sealed), "user-1", "mldsa65", CS_SEAL_BROKEN},
        {"a key of the vault", cs_buf_slice(&vault.sealed), "user-1", "mldsa44", CS_SEAL_BROKEN},
        {"no record", CS_LIT("record"), "user-1", "mldsa44", CS_SEAL_BROKEN},
        {"cut", cs_slice_sub(cs_buf_slice(&b.sealed), 0, b.sealed.n - 1), "user-1", "mldsa44", CS_SEAL_BROKEN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t asked = kms.asked;
        cs_request r = sign_with(&b, rows[i].user, rows[i].alg);
        r.sealed = rows[i].sealed;
        cs_err err = try(&r);
        if (err != rows[i].expect)
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        assert_int_equal(kms.asked - asked, rows[i].expect == CS_OK ? 1 : 0);
    }
    static const char *const orgs[] = {"org_2", "org_", "org_11", ""};
    for (size_t i = 0; i < sizeof orgs / sizeof *orgs; i++) {
        cs_request r = sign_with(&b, "user-1", "mldsa44");
        r.org = cs_slice_str(orgs[i]);
        assert_int_equal(try(&r), CS_SEAL_BROKEN);
    }
    cs_newborn_free(&vault);
    cs_pq_born_free(&b);
    cs_pq_born_free(&other);
}

/* The gateway can write what it likes into a row: the associated data of its own making do not open. */
static void every_bit_of_a_row(void **state)
{
    (void)state;
    cs_pq_born b = bear("user-1", "mldsa44");
    const cs_request r = sign_with(&b, "user-1", "mldsa44");
    e->recipients.life_us = 3600 * INT64_C(1000000); /* one key for all of them: it is the rows that are tried */
    for (size_t i = 0; i < b.sealed.n; i++) {
        b.sealed.p[i] ^= 4;
        cs_err err = try(&r);
        b.sealed.p[i] ^= 4;
        /* A changed wrapped key is the KMS's to refuse, a changed key name as well. */
        assert_true(err == CS_SEAL_BROKEN || err == CS_KMS_DENIED);
        assert_int_equal(host.broken, CS_OK);
    }
    assert_int_equal(try(&r), CS_OK);
    e->recipients.life_us = 0;
    cs_recipients_sweep(&e->recipients, cs_tick_us());
    cs_pq_born_free(&b);
}

/* One row for each thing that the host can do with an answer. */
static void a_hostile_host(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        enum kms_fault fault;
        cs_err error, expect;
        bool breaks;
    } rows[] = {
        {"honest", KMS_HONEST, CS_OK, CS_OK, false},
        {"another data key", KMS_OTHER_KEY, CS_OK, CS_SEAL_BROKEN, false},
        {"for another recipient", KMS_OTHER_RECIPIENT, CS_OK, CS_SEAL_BROKEN, false},
        {"the last answer again", KMS_REPLAY, CS_OK, CS_SEAL_BROKEN, false},
        {"a cut answer", KMS_CUT_ANSWER, CS_OK, CS_SEAL_BROKEN, false},
        {"denied", KMS_ERROR, CS_KMS_DENIED, CS_KMS_DENIED, false},
        {"overloaded", KMS_ERROR, CS_KMS_UNAVAILABLE, CS_KMS_UNAVAILABLE, false},
        {"plaintext", KMS_ERROR, CS_KMS_PLAINTEXT, CS_KMS_PLAINTEXT, false},
        {"no such provider", KMS_ERROR, CS_PROVIDER_NOT_AVAILABLE, CS_PROVIDER_NOT_AVAILABLE, false},
        {"an error of the enclave's", KMS_ERROR, CS_SELF_CHECK, CS_KMS_UNAVAILABLE, false},
        {"an error that is none", KMS_ERROR, CS_OK, CS_KMS_UNAVAILABLE, false},
        {"the answer to another question", KMS_WRONG_TYPE, CS_OK, CS_FRAME_TYPE, true},
        {"a request", KMS_GATEWAY_FRAME, CS_OK, CS_FRAME_TYPE, true},
        {"a data key in the clear", KMS_EXTRA_MEMBER, CS_OK, CS_UNKNOWN_FIELD, true},
        {"no bytes", KMS_EMPTY_CMS, CS_OK, CS_BAD_FIELD, true},
        {"no JSON", KMS_BAD_JSON, CS_OK, CS_BAD_JSON, true},
        {"the end", KMS_HANG_UP, CS_OK, CS_FRAME_CLOSED, true},
    };
    cs_pq_born b = bear("user-1", "mldsa44");
    const cs_request r = sign_with(&b, "user-1", "mldsa44");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kms.fault = rows[i].fault;
        kms.error = rows[i].error;
        cs_err err = try(&r);
        if (err != rows[i].expect)
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        assert_int_equal(host.broken != CS_OK, rows[i].breaks);
        if (rows[i].breaks) { /* nothing more is said there */
            size_t asked = kms.asked;
            assert_int_equal(try(&r), rows[i].expect);
            assert_int_equal(kms.asked, asked);
            again();
        }
        kms.fault = KMS_HONEST;
        assert_int_equal(try(&r), CS_OK);
    }
    cs_pq_born_free(&b);
}

/* The same at birth: nothing comes out, not even half of it. */
static void a_hostile_host_at_birth(void **state)
{
    (void)state;
    static const struct {
        enum kms_fault fault;
        cs_err error, expect;
        bool breaks;
    } rows[] = {
        {KMS_OTHER_RECIPIENT, CS_OK, CS_KMS_RECIPIENT, false},
        {KMS_REPLAY, CS_OK, CS_KMS_RECIPIENT, false},
        {KMS_CUT_ANSWER, CS_OK, CS_KMS_ANSWER, false},
        {KMS_ERROR, CS_KMS_DENIED, CS_KMS_DENIED, false},
        {KMS_ERROR, CS_KMS_PLAINTEXT, CS_KMS_PLAINTEXT, false},
        {KMS_ERROR, CS_SEAL_BROKEN, CS_KMS_UNAVAILABLE, false},
        {KMS_WRONG_TYPE, CS_OK, CS_FRAME_TYPE, true},
        {KMS_EXTRA_MEMBER, CS_OK, CS_FRAME_TYPE, true},
        {KMS_BAD_JSON, CS_OK, CS_BAD_JSON, true},
        {KMS_HANG_UP, CS_OK, CS_FRAME_CLOSED, true},
    };
    cs_pq_born first = bear("user-1", "mldsa44"); /* so that there is something to replay */
    cs_pq_born_free(&first);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_pq_born b = cs_pq_born_new();
        const cs_request r = new_key("user-1", "mldsa44");
        kms.fault = rows[i].fault;
        kms.error = rows[i].error;
        cs_err err = cs_pq_generate(&b, e, &host, &r);
        if (err != rows[i].expect)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        assert_true(b.sealed.n == 0 && b.public_key.n == 0 && b.attestation.n == 0 && b.wrapped.n == 0);
        assert_int_equal(host.broken != CS_OK, rows[i].breaks);
        if (rows[i].breaks)
            again();
        cs_pq_born_free(&b);
    }
}

/* What the relay cannot show, and why records say "relayed": a host that puts its own data key into the birth reads the
 * private key. Keys that were born before are safe from it. */
static void a_data_key_of_the_host(void **state)
{
    (void)state;
    CS_SECRET(seed);
    uint8_t dek[32];
    cs_sealed sealed;
    cs_pq_born before = bear("user-1", "mldsa44");
    memset(dek, 'H', sizeof dek);
    kms.fault = KMS_OWN_KEY;
    cs_pq_born b = bear("user-2", "mldsa44");
    assert_int_equal(cs_seal_read(&sealed, cs_buf_slice(&b.sealed)), CS_OK);
    assert_true(cs_slice_is(sealed.fields.key_release, "relayed"));
    assert_int_equal(cs_seal_open_with(&seed, &sealed, CS_ARRAY(dek)), CS_OK);
    assert_int_equal(seed.n, 32);

    memcpy(kms.entries[0].dek, dek, sizeof dek);
    cs_request r = sign_with(&before, "user-1", "mldsa44");
    assert_int_equal(try(&r), CS_SEAL_BROKEN);
    cs_pq_born_free(&before);
    cs_pq_born_free(&b);
}

/* A KMS, or a host with its rights, that does not look at the context: the record still says whose it is. */
static void a_kms_without_context(void **state)
{
    (void)state;
    cs_pq_born one = bear("user-1", "mldsa44"), two = bear("user-2", "mldsa44");
    kms.ignores_context = true;
    cs_request r = sign_with(&one, "user-1", "mldsa44");
    size_t at = one.sealed.n - 2 - 48 - 12 - 1; /* last byte of the wrapped key: the number of the data key */
    one.sealed.p[at] = 1;
    assert_int_equal(try(&r), CS_SEAL_BROKEN);
    one.sealed.p[at] = 0;
    assert_int_equal(try(&r), CS_OK);
    cs_pq_born_free(&one);
    cs_pq_born_free(&two);
}

static void an_opened_key_stays_if_told_to(void **state)
{
    (void)state;
    cs_cache_init(&e->kms_cache, 60 * 1000000);
    cs_pq_born b = bear("user-1", "mldsa44");
    cs_request r = sign_with(&b, "user-1", "mldsa44"), other = sign_with(&b, "user-2", "mldsa44");
    size_t asked = kms.asked;
    assert_int_equal(try(&r), CS_OK);
    assert_int_equal(try(&r), CS_OK);
    assert_int_equal(kms.asked, asked + 1);
    assert_int_equal(try(&other), CS_SEAL_BROKEN); /* of the cached key, too */
    other = sign_with(&b, "user-1", "mldsa65");
    assert_int_equal(try(&other), CS_SEAL_BROKEN);
    other = r;
    other.org = CS_LIT("org_2");
    assert_int_equal(try(&other), CS_SEAL_BROKEN);
    cs_cache_clear(&e->kms_cache);
    assert_int_equal(try(&r), CS_OK);
    assert_int_equal(kms.asked, asked + 2);
    cs_cache_clear(&e->kms_cache);
    cs_pq_born_free(&b);
}

static void nobody_to_ask(void **state)
{
    (void)state;
    cs_pq_born b = bear("user-1", "mldsa44"), none = cs_pq_born_new();
    cs_pq_signed s = cs_pq_signed_new();
    const cs_request r = sign_with(&b, "user-1", "mldsa44"), g = new_key("u", "mldsa44");
    assert_int_equal(cs_pq_sign(&s, e, NULL, &r), CS_KMS_UNAVAILABLE);
    assert_int_equal(cs_pq_generate(&none, e, NULL, &g), CS_KMS_UNAVAILABLE);
    assert_int_equal(none.sealed.n, 0);
    cs_pq_signed_free(&s);
    cs_pq_born_free(&b);
    cs_pq_born_free(&none);
}

static void other_refusals(void **state)
{
    (void)state;
    cs_pq_born b = bear("user-1", "mldsa44"), none = cs_pq_born_new();
    cs_request r = sign_with(&b, "user-1", "mldsa44"), g = new_key("user-2", "mldsa44");
    r.message.bytes = CS_LIT("CompositeAlgorithmSignatures2025-and-what-follows");
    assert_int_equal(try(&r), CS_RESERVED_PREFIX);
    g.kms_key = CS_LIT("arn with\nline end"); /* the birth has no place for it */
    assert_int_equal(cs_pq_generate(&none, e, &host, &g), CS_BAD_FIELD);
    assert_int_equal(none.sealed.n, 0);

    cs_rot soft = e->rot; /* a root without documents of its own */
    CS_SECRET(seed);
    assert_int_equal(cs_random(seed.b, 32), CS_OK);
    seed.n = 32;
    assert_int_equal(cs_rot_mock_set(&e->rot, cs_secret_slice(&seed)), CS_OK);
    r = sign_with(&b, "user-1", "mldsa44");
    assert_int_equal(try(&r), CS_PROVIDER_NOT_AVAILABLE);
    cs_rot_close(&e->rot);
    e->rot = soft;
    assert_int_equal(try(&r), CS_OK);
    cs_pq_born_free(&b);
    cs_pq_born_free(&none);
}

/* One coefficient is wrong, as after a flipped bit. */
static void wrong_decompose(cs_poly *high, cs_poly *low, const cs_poly *p, int32_t gamma2)
{
    cs_mldsa_portable.decompose(high, low, p, gamma2);
    high->c[3] ^= 1;
}

/* Nobody judges, and the signature is wrong: it stays inside, and a key that cannot sign is not born. */
static void a_faulty_signature_is_not_released(void **state)
{
    (void)state;
    cs_mldsa_backend faulty = cs_mldsa_portable;
    faulty.decompose = wrong_decompose;
    cs_pq_born b = bear("user-1", "mldsa44"), none = cs_pq_born_new();
    cs_request r = sign_with(&b, "user-1", "mldsa44"), g = new_key("user-2", "mldsa44");
    r.request_attestation = true;
    cs_engine_choose(CS_ENGINE_NATIVE, &faulty, 0);
    assert_int_equal(try(&r), CS_SELF_CHECK);
    assert_int_equal(cs_pq_generate(&none, e, &host, &g), CS_SELF_CHECK);
    assert_true(none.sealed.n == 0 && none.attestation.n == 0);
    cs_engine_choose(CS_ENGINE_NATIVE, NULL, CS_DEFAULT_JUDGE);
    assert_int_equal(try(&r), CS_OK);
    cs_pq_born_free(&b);
    cs_pq_born_free(&none);
}

/* An operator who has pinned his key of the KMS: nobody is born under, or opened with, another. */
static void pinned_kms_keys(void **state)
{
    (void)state;
    static const struct {
        const char *pinned[2];
        size_t count;
        cs_err expect;
    } rows[] = {
        {{ARN}, 1, CS_OK},
        {{"arn:aws:kms:eu-central-1:111122223333:key/other", ARN}, 2, CS_OK},
        {{"arn:aws:kms:eu-central-1:111122223333:key/other"}, 1, CS_KMS_DENIED},
        {{ARN "0"}, 1, CS_KMS_DENIED},
        {{"arn:aws:kms:eu-central-1:111122223333:key/1234abcd"}, 1, CS_KMS_DENIED},
        {{""}, 1, CS_KMS_DENIED},
    };
    cs_pq_born b = bear("user-1", "mldsa44");
    const cs_request r = sign_with(&b, "user-1", "mldsa44"), g = new_key("user-2", "mldsa44");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_pq_born n = cs_pq_born_new();
        size_t asked = kms.asked;
        memcpy(e->kms_keys, rows[i].pinned, sizeof rows[i].pinned);
        e->kms_key_count = rows[i].count;
        assert_int_equal(cs_pq_generate(&n, e, &host, &g), rows[i].expect);
        assert_int_equal(try(&r), rows[i].expect);
        assert_int_equal(kms.asked - asked, rows[i].expect == CS_OK ? 2 : 0);
        e->kms_key_count = 0;
        cs_pq_born_free(&n);
    }
    cs_pq_born_free(&b);
}

/* Through the engine: the frames of both, and the end of the connection where answers were none. */
static void through_the_engine(void **state)
{
    (void)state;
    cs_buf request = cs_buf_new(CS_MAX_FRAME + 4), frame = cs_buf_new(CS_MAX_FRAME + 4);
    cs_request g = new_key("user-1", "mldsa44");
    cs_reply born, reply;
    cs_frame_in born_in, in;
    assert_int_equal(cs_request_write(&request, &g), CS_OK);
    assert_int_equal(cs_engine_answer(&frame, e, &host, cs_slice_sub(cs_buf_slice(&request), 4, request.n)), CS_OK);
    assert_int_equal(cs_reply_read(&born, &born_in, cs_slice_sub(cs_buf_slice(&frame), 4, frame.n), g.type), CS_OK);
    assert_true(cs_slice_is(born.key_release, "relayed") && cs_slice_is(born.enclave_version, CS_VERSION));
    static const struct {
        enum kms_fault fault;
        cs_err answered, read;
        bool attested;
    } rows[] = {{KMS_HONEST, CS_OK, CS_OK, false},
                {KMS_HONEST, CS_OK, CS_OK, true},
                {KMS_OTHER_KEY, CS_OK, CS_SEAL_BROKEN, false},
                {KMS_GATEWAY_FRAME, CS_FRAME_TYPE, CS_OK, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_request s = {.type = CS_MSG_PQ_SIGN,
                        .org = CS_LIT("org_1"),
                        .user_id = CS_LIT("user-1"),
                        .alg = g.alg,
                        .sealed = born.sealed,
                        .message = {.bytes = CS_LIT("m")},
                        .request_attestation = rows[i].attested};
        kms.fault = rows[i].fault;
        cs_buf_clear(&request);
        assert_int_equal(cs_request_write(&request, &s), CS_OK);
        assert_int_equal(cs_engine_answer(&frame, e, &host, cs_slice_sub(cs_buf_slice(&request), 4, request.n)),
                         rows[i].answered);
        if (rows[i].answered != CS_OK) {
            assert_int_equal(frame.n, 0);
            continue;
        }
        assert_int_equal(cs_reply_read(&reply, &in, cs_slice_sub(cs_buf_slice(&frame), 4, frame.n), s.type),
                         rows[i].read);
        if (rows[i].read == CS_OK) {
            assert_true(cs_slice_eq(reply.public_key, born.public_key));
            assert_int_equal(reply.attestation.p != NULL, rows[i].attested);
        }
        cs_frame_in_free(&in);
    }
    cs_frame_in_free(&born_in);
    cs_buf_free(&request);
    cs_buf_free(&frame);
}

#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(born_and_signs),
        T(attests_a_signature),
        T(another_record),
        T(every_bit_of_a_row),
        T(a_hostile_host),
        T(a_hostile_host_at_birth),
        T(a_data_key_of_the_host),
        T(a_kms_without_context),
        T(an_opened_key_stays_if_told_to),
        T(nobody_to_ask),
        T(other_refusals),
        T(pinned_kms_keys),
        T(a_faulty_signature_is_not_released),
        T(through_the_engine),
    };
    return cmocka_run_group_tests(tests, open_enclave, close_enclave);
}
