/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/away.c: keys of which something lies in a KMS, with a KMS of OpenSSL's keys behind an agent that is
 * honest, or is not. zone: enclave */
#include "kms_fixture.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>

#include "core/hybrid.h"
#include "core/keyref.h"
#include "enclave/away.h"
#include "enclave/engine.h"
#include "sys/clock.h"

#define PREFIX "arn:aws:kms:eu-central-1:111122223333:key/"
#define KEK PREFIX "kek"
#define CLOUD_KEYS 64

/* What the agent, or the KMS, does in place of what it should. */
enum fault {
    HONEST,
    /* halves */
    OTHER_KEY,
    OTHER_MESSAGE,
    FLIPPED,
    CUT,
    LONGER,
    HIGH_S, /* of the same worth */
    PADDED_DER,
    /* public keys */
    OTHER_PUBLIC,
    CUT_PUBLIC,
    SMALL_ORDER,
    OFF_CURVE,
    /* data keys */
    OTHER_DEK,
    IN_CLEAR, /* although a recipient was named */
    IGNORES_CONTEXT,
    /* all */
    DENIED,
    SILENT,
    HANG_UP,
};

struct cloud {
    int fd;
    pthread_t thread;
    enum fault fault;
    cs_kms_type at; /* the question at which it happens; CS_KMS_COUNT: all */
    EVP_PKEY *keys[CLOUD_KEYS];
    size_t key_count;
    uint8_t deks[CLOUD_KEYS][32];
    char contexts[CLOUD_KEYS][256];
    size_t dek_count;
    size_t asked[CS_KMS_COUNT];
    bool saw_digest, saw_mu, saw_recipient;
};

static cs_enclave *e;
static struct cloud cloud;
static cs_host host;
static char state_dir[64];

/* -- the KMS ------------------------------------------------------------------------------------------------------- */

static const char *name_of(cs_prim prim)
{
    static const char *const names[CS_PRIM_COUNT] = {
        [CS_MLDSA44] = "ML-DSA-44", [CS_MLDSA65] = "ML-DSA-65", [CS_MLDSA87] = "ML-DSA-87", [CS_ED25519] = "ED25519"};
    return names[prim];
}

static EVP_PKEY *make_key(cs_prim prim)
{
    EVP_PKEY *key =
        prim == CS_P256 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256") : EVP_PKEY_Q_keygen(NULL, NULL, name_of(prim));
    assert_non_null(key);
    return key;
}

static size_t add_key(cs_prim prim)
{
    assert_true(cloud.key_count < CLOUD_KEYS);
    cloud.keys[cloud.key_count] = make_key(prim);
    return cloud.key_count++;
}

/* "…key/N" */
static EVP_PKEY *key_named(cs_slice arn)
{
    cs_slice prefix = CS_LIT(PREFIX);
    size_t n = 0;
    if (!cs_slice_starts(arn, prefix) || arn.n == prefix.n)
        return NULL;
    for (size_t i = prefix.n; i < arn.n; i++) {
        if (arn.p[i] < '0' || arn.p[i] > '9')
            return NULL;
        n = 10 * n + (size_t)(arn.p[i] - '0');
    }
    return n < cloud.key_count ? cloud.keys[n] : NULL;
}

static bool happens(enum fault fault, cs_kms_type at)
{
    return cloud.fault == fault && (cloud.at == CS_KMS_COUNT || cloud.at == at);
}

static size_t sign_with_library(uint8_t out[8192], EVP_PKEY *key, const cs_kms_request *q)
{
    size_t n = 8192;
    int one = 1;
    if (q->message.p != NULL) {
        EVP_MD_CTX *ctx = EVP_MD_CTX_new();
        const EVP_MD *md = EVP_PKEY_is_a(key, "EC") ? EVP_sha256() : NULL;
        assert_true(EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1 &&
                    EVP_DigestSign(ctx, out, &n, q->message.p, q->message.n) == 1);
        EVP_MD_CTX_free(ctx);
        return n;
    }
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (q->digest.p != NULL) {
        assert_true(EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_sign(ctx, out, &n, q->digest.p, q->digest.n) == 1);
    } else {
        const OSSL_PARAM params[] = {OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_MU, &one), OSSL_PARAM_END};
        EVP_SIGNATURE *alg = EVP_SIGNATURE_fetch(NULL, EVP_PKEY_get0_type_name(key), NULL);
        assert_true(EVP_PKEY_sign_message_init(ctx, alg, params) == 1 &&
                    EVP_PKEY_sign(ctx, out, &n, q->mu.p, q->mu.n) == 1);
        EVP_SIGNATURE_free(alg);
    }
    EVP_PKEY_CTX_free(ctx);
    return n;
}

/* The other signature that an ECDSA signature gives: s becomes the order less s. */
static size_t turn_s(uint8_t *der, size_t n, bool high)
{
    const uint8_t *p = der;
    uint8_t *out = der;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)n);
    BIGNUM *order = NULL, *s = BN_dup(ECDSA_SIG_get0_s(sig)), *half = BN_new();
    assert_true(BN_hex2bn(&order, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551") > 0);
    assert_int_equal(BN_rshift1(half, order), 1);
    if ((BN_cmp(s, half) > 0) != high)
        assert_int_equal(BN_sub(s, order, s), 1);
    assert_int_equal(ECDSA_SIG_set0(sig, BN_dup(ECDSA_SIG_get0_r(sig)), s), 1);
    int length = i2d_ECDSA_SIG(sig, &out);
    ECDSA_SIG_free(sig);
    BN_free(order);
    BN_free(half);
    return (size_t)length;
}

static size_t spoil_half(uint8_t *half, size_t n)
{
    if (happens(FLIPPED, CS_KMS_SIGN))
        half[n / 2] ^= 1;
    if (happens(CUT, CS_KMS_SIGN))
        n--;
    if (happens(LONGER, CS_KMS_SIGN))
        half[n++] = 0;
    if (happens(HIGH_S, CS_KMS_SIGN))
        n = turn_s(half, n, true);
    if (happens(PADDED_DER, CS_KMS_SIGN)) { /* a zero in front of r that it needs not */
        n = turn_s(half, n, false);
        memmove(half + 5, half + 4, n - 4);
        half[4] = 0;
        half[1]++;
        half[3]++;
        n++;
    }
    return n;
}

static cs_err answer_sign(cs_kms_reply *r, uint8_t out[8192], const cs_kms_request *q)
{
    EVP_PKEY *key = key_named(q->key_id), *other = NULL;
    cs_kms_request asked = *q;
    if (key == NULL)
        return CS_KMS_DENIED;
    cloud.saw_digest |= q->digest.p != NULL;
    cloud.saw_mu |= q->mu.p != NULL;
    if (happens(OTHER_KEY, q->type))
        key = other = make_key(q->algorithm);
    uint8_t mu[64] = {7};
    if (happens(OTHER_MESSAGE, q->type) && q->mu.p != NULL)
        asked.mu = CS_ARRAY(mu);
    else if (happens(OTHER_MESSAGE, q->type) && q->message.p != NULL)
        asked.message = CS_LIT("pay everything to mallory");
    size_t n = spoil_half(out, sign_with_library(out, key, &asked));
    EVP_PKEY_free(other);
    r->signature = cs_slice_of(out, n);
    return CS_OK;
}

static cs_err answer_public_key(cs_kms_reply *r, uint8_t out[8192], const cs_kms_request *q)
{
    unsigned char *p = out;
    EVP_PKEY *key = key_named(q->key_id), *other = NULL;
    if (key == NULL)
        return CS_KMS_DENIED;
    if (happens(OTHER_PUBLIC, q->type))
        key = other = make_key(EVP_PKEY_is_a(key, "ED25519") ? CS_ED25519
                               : EVP_PKEY_is_a(key, "EC")    ? CS_P256
                                                             : CS_MLDSA65);
    int n = i2d_PUBKEY(key, &p);
    assert_true(n > 32);
    EVP_PKEY_free(other);
    if (happens(CUT_PUBLIC, q->type))
        n--;
    if (happens(SMALL_ORDER, q->type)) {
        memset(out + n - 32, 0, 32);
        out[n - 32] = 1;
    }
    if (happens(OFF_CURVE, q->type))
        out[n - 1] ^= 1;
    r->public_key = cs_slice_of(out, (size_t)n);
    return CS_OK;
}

static void context_text(char out[256], const cs_kms_request *q)
{
    cs_buf text = cs_buf_over(out, 256);
    for (size_t i = 0; i < q->context_count; i++) {
        cs_buf_add(&text, q->context[i].name);
        cs_buf_add_str(&text, "=");
        cs_buf_add(&text, q->context[i].value);
        cs_buf_add_str(&text, ";");
    }
    (void)cs_buf_cstr(&text);
}

static cs_err answer_data_key(cs_kms_reply *r, uint8_t out[8192], const cs_kms_request *q)
{
    char context[256];
    cs_buf cms = cs_buf_over(out, 4096);
    cs_nitro document;
    uint8_t *id = out + 8000, *dek = out + 7000;
    context_text(context, q);
    if (!cs_slice_is(q->key_id, KEK))
        return CS_KMS_DENIED;
    size_t n = cloud.dek_count;
    if (q->type == CS_KMS_GENERATE_DATA_KEY) {
        assert_true(n < CLOUD_KEYS && cs_random(cloud.deks[n], 32) == CS_OK);
        memcpy(cloud.contexts[n], context, sizeof context);
        cloud.dek_count++;
    } else {
        n = q->wrapped.p[0];
        if (q->wrapped.n != 4 || memcmp(q->wrapped.p + 1, "blo", 3) != 0 || n >= cloud.dek_count ||
            (strcmp(cloud.contexts[n], context) != 0 && !happens(IGNORES_CONTEXT, q->type)))
            return CS_KMS_DENIED;
    }
    memcpy(id, "?blo", 4);
    id[0] = (uint8_t)n;
    r->wrapped = cs_slice_of(id, 4);
    memcpy(dek, cloud.deks[n], 32);
    if (happens(OTHER_DEK, q->type))
        dek[0] ^= 1;
    cloud.saw_recipient |= q->recipient.p != NULL;
    if (q->recipient.p == NULL || happens(IN_CLEAR, q->type)) {
        r->data_key = cs_slice_of(dek, 32);
        return CS_OK;
    }
    assert_int_equal(cs_nitro_parse(&document, q->recipient), CS_OK);
    kms_cms(&cms, document.public_key, dek);
    r->for_recipient = cs_buf_slice(&cms);
    return CS_OK;
}

static cs_err answer_create(cs_kms_reply *r, uint8_t out[8192], const cs_kms_request *q)
{
    assert_true(cs_slice_is(q->region, "eu-central-1"));
    cs_buf name = cs_buf_over(out, 256);
    cs_buf_printf(&name, PREFIX "%zu", add_key(q->algorithm));
    r->key_id = cs_buf_slice(&name);
    return CS_OK;
}

static bool answer_question(cs_buf *frame, cs_slice json)
{
    static uint8_t memory[8192];
    cs_kms_request q;
    cs_frame_in in;
    cs_err err = CS_INTERNAL;
    assert_int_equal(cs_kms_request_read(&q, &in, json), CS_OK);
    assert_true(cs_slice_is(q.provider, "aws-kms"));
    cs_kms_reply r = {.type = q.type};
    cloud.asked[q.type]++;
    if (q.type == CS_KMS_SIGN)
        err = answer_sign(&r, memory, &q);
    else if (q.type == CS_KMS_PUBLIC_KEY)
        err = answer_public_key(&r, memory, &q);
    else if (q.type == CS_KMS_CREATE_KEY)
        err = answer_create(&r, memory, &q);
    else
        err = answer_data_key(&r, memory, &q);
    if (happens(DENIED, q.type))
        err = CS_KMS_DENIED;
    if (happens(SILENT, q.type))
        err = CS_KMS_UNAVAILABLE;
    assert_int_equal(err == CS_OK ? cs_kms_reply_write(frame, &r) : cs_error_write(frame, err), CS_OK);
    bool stays = !happens(HANG_UP, q.type);
    cs_frame_in_free(&in);
    return stays;
}

static void *serve(void *arg)
{
    (void)arg;
    cs_buf json = cs_buf_new(CS_MAX_FRAME), frame = cs_buf_new_wiped(CS_MAX_FRAME + 4);
    while (cs_frame_read(&json, cloud.fd, KMS_TIMEOUT_US, true) == CS_OK) {
        cs_buf_clear(&frame);
        if (!answer_question(&frame, cs_buf_slice(&json)) ||
            cs_frame_write(cloud.fd, cs_buf_slice(&frame), KMS_TIMEOUT_US) != CS_OK)
            break;
    }
    (void)shutdown(cloud.fd, SHUT_RDWR);
    cs_buf_free(&json);
    cs_buf_free(&frame);
    return NULL;
}

static void connect_host(void)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    cloud.fd = ends[1];
    assert_int_equal(pthread_create(&cloud.thread, NULL, serve, NULL), 0);
    host = cs_host_new(ends[0]);
    host.timeout_us = KMS_TIMEOUT_US;
}

static void disconnect_host(void)
{
    (void)shutdown(host.fd, SHUT_RDWR);
    assert_int_equal(pthread_join(cloud.thread, NULL), 0);
    cs_stream_close(host.fd);
    cs_stream_close(cloud.fd);
    cs_host_free(&host);
}

/* -- the enclave --------------------------------------------------------------------------------------------------- */

static void root_without_attestation(void)
{
    CS_SECRET(secret);
    cs_rot_close(&e->rot);
    assert_int_equal(cs_random(secret.b, 32), CS_OK);
    secret.n = 32;
    assert_int_equal(cs_rot_mock_set(&e->rot, cs_secret_slice(&secret)), CS_OK);
}

/* One enclave for all: the threads of a crew last as long as the process. */
static int open_enclave(void **state)
{
    (void)state;
    e = fixture_open(0);
    return cs_crew_start(&e->crew, 1) == CS_OK ? 0 : -1;
}

static int close_enclave(void **state)
{
    (void)state;
    cs_crew_stop(&e->crew);
    cs_recipients_close(&e->recipients);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    memset(&cloud, 0, sizeof cloud);
    cloud.at = CS_KMS_COUNT;
    root_without_attestation();
    connect_host();
    return 0;
}

static int end(void **state)
{
    (void)state;
    disconnect_host();
    for (size_t i = 0; i < cloud.key_count; i++)
        EVP_PKEY_free(cloud.keys[i]);
    return 0;
}

/* From here on the root attests keys. */
static void attest_keys(void)
{
    char command[128];
    const cs_rot_options options = {.state_dir = state_dir};
    cs_rot_close(&e->rot);
    (void)snprintf(state_dir, sizeof state_dir, "/tmp/cs-away-XXXXXX");
    assert_non_null(mkdtemp(state_dir));
    assert_int_equal(cs_rot_open(&e->rot, &cs_rot_softnsm, &options), CS_OK);
    (void)snprintf(command, sizeof command, "rm -r '%s'", state_dir);
    assert_int_equal(system(command), 0);
}

#define AWAY ((cs_place){.provider = CS_LIT("aws-kms"), .region = CS_LIT("eu-central-1")})
#define WRAPPED ((cs_place){.provider = CS_LIT("aws-kms"), .key_id = CS_LIT(KEK)})

static cs_request new_key(const char *alg, cs_format format, bool kek, bool trad, bool pq)
{
    cs_request r = {.type = CS_MSG_GENERATE_KEY,
                    .org = CS_LIT("org_1"),
                    .key_id = CS_LIT("key_1"),
                    .purpose = CS_LIT("sign"),
                    .alg = cs_alg_find(cs_slice_str(alg)),
                    .format = format};
    if (kek)
        r.kek = WRAPPED;
    if (trad)
        r.trad = AWAY;
    if (pq)
        r.pq = AWAY;
    return r;
}

static cs_request to_sign(const cs_newborn *n, const cs_request *born, cs_slice payload)
{
    return (cs_request){.type = CS_MSG_SIGN,
                        .org = born->org,
                        .key_id = born->key_id,
                        .sealed = cs_buf_slice(&n->sealed),
                        .message = {.bytes = payload}};
}

static cs_newborn bear(const cs_request *r)
{
    cs_newborn n = cs_newborn_new();
    assert_true(cs_away_concerns(r));
    assert_int_equal(cs_away_generate(&n, e, &host, r), CS_OK);
    return n;
}

/* The outcome of signing; what came out verifies under the key, or nothing came out. */
static cs_err try(const cs_newborn *n, const cs_request *born, const cs_request *r)
{
    cs_attested a = cs_attested_new();
    cs_pair pair;
    assert_int_equal(cs_pair_open_public(&pair, born->alg, born->format, cs_buf_slice(&n->public_key)), CS_OK);
    cs_err err = cs_away_sign(&a, e, &host, r);
    if (err == CS_OK)
        assert_int_equal(cs_pair_verify(NULL, &pair, &r->message, cs_buf_slice(&a.signature)), CS_OK);
    assert_int_equal(a.signature.n > 0, err == CS_OK);
    assert_int_equal(a.document.n > 0, err == CS_OK);
    cs_pair_close(&pair);
    cs_attested_free(&a);
    return err;
}

static cs_err try_birth(const cs_request *r)
{
    cs_newborn n = cs_newborn_new();
    cs_err err = cs_away_generate(&n, e, &host, r);
    assert_int_equal(n.sealed.n > 0 && n.public_key.n > 0 && n.document.n > 0, err == CS_OK);
    cs_newborn_free(&n);
    if (host.broken != CS_OK) {
        disconnect_host();
        connect_host();
    }
    return err;
}

/* -- combinations -------------------------------------------------------------------------------------------------- */

static uint8_t payload[5000];

static void sign_some(const cs_newborn *n, const cs_request *born)
{
    static const size_t sizes[] = {0, 1, 4096, 4097, sizeof payload};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cs_request r = to_sign(n, born, cs_slice_of(payload, sizes[i]));
        bool too_long = born->trad.provider.p != NULL && born->alg->trad == CS_ED25519 &&
                        born->format != CS_FORMAT_COMPOSITE && sizes[i] > 4096;
        assert_int_equal(try(n, born, &r), too_long ? CS_KMS_MESSAGE : CS_OK);
    }
}

static void all_combinations(void **state)
{
    (void)state;
    static const struct {
        const char *alg;
        cs_format format;
    } rows[] = {{"mldsa44+ed25519", CS_FORMAT_COMPOSITE},   {"mldsa65+ecdsa-p256", CS_FORMAT_COMPOSITE},
                {"mldsa87+ecdsa-p256", CS_FORMAT_CONCAT},   {"mldsa65+ed25519", CS_FORMAT_ENVELOPE},
                {"mldsa44+ecdsa-p256", CS_FORMAT_ENVELOPE}, {"mldsa65", CS_FORMAT_PURE}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int where = 1; where < 8; where++) {
            bool kek = where & 1, trad = where & 2, pq = where & 4;
            cs_request r = new_key(rows[i].alg, rows[i].format, kek, trad, pq);
            if (trad && cs_alg_is_pure(r.alg))
                continue;
            cs_newborn n = bear(&r);
            cs_keyrefs refs;
            assert_true(cs_slice_is(n.key_release, kek ? "agent-visible" : "local"));
            assert_int_equal(cs_keyrefs_of_record(&refs, cs_buf_slice(&n.sealed)), CS_OK);
            assert_true(cs_slice_is(refs.kek.provider, kek ? "aws-kms" : "env"));
            assert_int_equal(refs.trad.provider.p != NULL, trad);
            assert_int_equal(refs.pq.provider.p != NULL, pq);
            sign_some(&n, &r);
            cs_newborn_free(&n);
        }
        disconnect_host(); /* the KMS has room for so many keys */
        for (size_t k = 0; k < cloud.key_count; k++)
            EVP_PKEY_free(cloud.keys[k]);
        cloud.key_count = cloud.dek_count = 0;
        connect_host();
    }
    assert_true(cloud.saw_mu && cloud.saw_digest && !cloud.saw_recipient);
}

static void released_to_the_attestation(void **state)
{
    (void)state;
    attest_keys();
    cs_request r = new_key("mldsa65+ed25519", CS_FORMAT_COMPOSITE, true, true, false);
    cs_newborn n = bear(&r);
    assert_true(cs_slice_is(n.key_release, "relayed") && cloud.saw_recipient);
    cs_request s = to_sign(&n, &r, CS_LIT("m"));
    assert_int_equal(try(&n, &r, &s), CS_OK);
    assert_string_equal(cloud.contexts[0], "org=org_1;key_id=key_1;");
    cloud.fault = IN_CLEAR;
    assert_int_equal(try(&n, &r, &s), CS_KMS_PLAINTEXT);
    assert_int_equal(try_birth(&r), CS_KMS_PLAINTEXT);
    cs_newborn_free(&n);
}

/* A record whose data key was never shown to the agent is not opened by an enclave that would have it shown. */
static void never_in_clear_afterwards(void **state)
{
    (void)state;
    attest_keys();
    cs_request r = new_key("mldsa65+ed25519", CS_FORMAT_COMPOSITE, true, false, false);
    cs_newborn n = bear(&r);
    cs_request s = to_sign(&n, &r, CS_LIT("m"));
    root_without_attestation();
    size_t asked = cloud.asked[CS_KMS_DECRYPT_DATA_KEY];
    assert_int_equal(try(&n, &r, &s), CS_PROVIDER_NOT_AVAILABLE);
    assert_int_equal(cloud.asked[CS_KMS_DECRYPT_DATA_KEY], asked);
    cs_newborn_free(&n);
}

static void keys_that_exist(void **state)
{
    (void)state;
    static const struct {
        cs_prim trad, pq;
        cs_err expect;
    } rows[] = {
        {CS_P256, CS_MLDSA65, CS_OK},      {CS_ED25519, CS_MLDSA65, CS_KMS_KEY}, {CS_MLDSA65, CS_MLDSA65, CS_KMS_KEY},
        {CS_P256, CS_MLDSA44, CS_KMS_KEY}, {CS_P256, CS_MLDSA87, CS_KMS_KEY},    {CS_P256, CS_P256, CS_KMS_KEY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char trad[128], pq[128];
        cs_request r = new_key("mldsa65+ecdsa-p256", CS_FORMAT_COMPOSITE, false, true, true);
        (void)snprintf(trad, sizeof trad, PREFIX "%zu", add_key(rows[i].trad));
        (void)snprintf(pq, sizeof pq, PREFIX "%zu", add_key(rows[i].pq));
        r.trad.key_id = cs_slice_str(trad);
        r.pq.key_id = cs_slice_str(pq);
        assert_int_equal(try_birth(&r), rows[i].expect);
    }
    cs_request r = new_key("mldsa65+ecdsa-p256", CS_FORMAT_COMPOSITE, false, true, false);
    r.trad.key_id = CS_LIT(PREFIX "99");
    assert_int_equal(try_birth(&r), CS_KMS_DENIED);
    assert_int_equal(cloud.asked[CS_KMS_CREATE_KEY], 0);
}

static void what_is_not_offered(void **state)
{
    (void)state;
    cs_request r = new_key("mldsa87+ed448", CS_FORMAT_COMPOSITE, false, true, false);
    assert_int_equal(try_birth(&r), CS_PROVIDER_NOT_AVAILABLE);
    r = new_key("mldsa87+ecdsa-p384", CS_FORMAT_COMPOSITE, false, true, false);
    assert_int_equal(try_birth(&r), CS_PROVIDER_NOT_AVAILABLE);
    for (int where = 0; where < 3; where++) {
        r = new_key("mldsa65+ed25519", CS_FORMAT_COMPOSITE, where == 0, where == 1, where == 2);
        cs_place *place = where == 0 ? &r.kek : where == 1 ? &r.trad : &r.pq;
        place->provider = CS_LIT("azure-kv");
        assert_int_equal(try_birth(&r), CS_PROVIDER_NOT_AVAILABLE);
    }
    for (unsigned t = 0; t < CS_KMS_COUNT; t++)
        assert_int_equal(cloud.asked[t], 0);
}

/* -- a host that means no good ------------------------------------------------------------------------------------- */

static void bad_births(void **state)
{
    (void)state;
    static const struct {
        const char *alg;
        enum fault fault;
        cs_kms_type at;
        bool trad, pq;
        cs_err expect;
    } rows[] = {
        {"mldsa65+ed25519", HONEST, CS_KMS_COUNT, true, true, CS_OK},
        {"mldsa65+ecdsa-p256", HIGH_S, CS_KMS_SIGN, true, false, CS_OK},
        {"mldsa65+ed25519", OTHER_PUBLIC, CS_KMS_PUBLIC_KEY, true, false, CS_KMS_SIGNATURE},
        {"mldsa65+ecdsa-p256", OTHER_PUBLIC, CS_KMS_PUBLIC_KEY, true, false, CS_KMS_SIGNATURE},
        {"mldsa65+ed25519", OTHER_PUBLIC, CS_KMS_PUBLIC_KEY, false, true, CS_KMS_SIGNATURE},
        {"mldsa65+ed25519", CUT_PUBLIC, CS_KMS_PUBLIC_KEY, true, false, CS_KMS_KEY},
        {"mldsa65+ed25519", CUT_PUBLIC, CS_KMS_PUBLIC_KEY, false, true, CS_KMS_KEY},
        {"mldsa65+ed25519", SMALL_ORDER, CS_KMS_PUBLIC_KEY, true, false, CS_KMS_KEY},
        {"mldsa65+ecdsa-p256", OFF_CURVE, CS_KMS_PUBLIC_KEY, true, false, CS_KMS_KEY},
        {"mldsa65+ed25519", OTHER_KEY, CS_KMS_SIGN, true, false, CS_KMS_SIGNATURE},
        {"mldsa65+ed25519", OTHER_KEY, CS_KMS_SIGN, false, true, CS_KMS_SIGNATURE},
        {"mldsa65+ed25519", DENIED, CS_KMS_CREATE_KEY, true, false, CS_KMS_DENIED},
        {"mldsa65+ed25519", DENIED, CS_KMS_PUBLIC_KEY, true, false, CS_KMS_DENIED},
        {"mldsa65+ed25519", DENIED, CS_KMS_SIGN, false, true, CS_KMS_DENIED},
        {"mldsa65+ed25519", SILENT, CS_KMS_SIGN, true, true, CS_KMS_UNAVAILABLE},
        {"mldsa65+ed25519", HANG_UP, CS_KMS_SIGN, true, true, CS_FRAME_CLOSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_request r = new_key(rows[i].alg, CS_FORMAT_COMPOSITE, false, rows[i].trad, rows[i].pq);
        cloud.fault = rows[i].fault;
        cloud.at = rows[i].at;
        cs_err err = try_birth(&r);
        if (rows[i].fault == HANG_UP ? err == CS_OK : err != rows[i].expect)
            fail_msg("row %zu: %s", i, cs_err_name(err));
    }
}

static void bad_halves(void **state)
{
    (void)state;
    static const struct {
        enum fault fault;
        cs_err expect;
    } rows[] = {
        {OTHER_KEY, CS_KMS_SIGNATURE}, {OTHER_MESSAGE, CS_KMS_SIGNATURE},
        {FLIPPED, CS_KMS_SIGNATURE},   {CUT, CS_KMS_SIGNATURE},
        {LONGER, CS_KMS_SIGNATURE},    {DENIED, CS_KMS_DENIED},
        {SILENT, CS_KMS_UNAVAILABLE},  {HONEST, CS_OK},
    };
    static const char *const algorithms[] = {"mldsa44+ed25519", "mldsa44+ecdsa-p256"};
    for (size_t a = 0; a < 2; a++) {
        for (int which = 1; which < 4; which++) {
            cloud.fault = HONEST;
            cs_request r = new_key(algorithms[a], CS_FORMAT_COMPOSITE, false, which & 1, which & 2);
            cs_newborn n = bear(&r);
            cs_request s = to_sign(&n, &r, CS_LIT("m"));
            for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
                cloud.fault = rows[i].fault;
                cs_err err = try(&n, &r, &s);
                if (err != rows[i].expect)
                    fail_msg("%s %d row %zu: %s", algorithms[a], which, i, cs_err_name(err));
            }
            cs_newborn_free(&n);
        }
    }
}

/* Forms of one ECDSA signature: high s is made low, so nobody sees where the half came from; DER must be strict. */
static void forms_of_ecdsa(void **state)
{
    (void)state;
    cs_request r = new_key("mldsa44+ecdsa-p256", CS_FORMAT_CONCAT, false, true, false);
    cs_newborn n = bear(&r);
    cs_request s = to_sign(&n, &r, CS_LIT("m"));
    for (int i = 0; i < 16; i++) {
        cs_attested a = cs_attested_new();
        cloud.fault = HIGH_S;
        assert_int_equal(cs_away_sign(&a, e, &host, &s), CS_OK);
        assert_true(a.signature.p[a.signature.n - 32] <= 0x7f);
        cs_attested_free(&a);
    }
    cloud.fault = PADDED_DER;
    assert_int_equal(try(&n, &r, &s), CS_KMS_SIGNATURE);
    cs_newborn_free(&n);
}

/* What the host stores and passes on in place of the right record, org, key or data key. */
static void swapped_rows(void **state)
{
    (void)state;
    cs_request one = new_key("mldsa44+ed25519", CS_FORMAT_COMPOSITE, true, true, false);
    cs_newborn mine = bear(&one);
    cs_request two = one;
    two.org = CS_LIT("org_2");
    two.key_id = CS_LIT("key_2");
    cs_newborn theirs = bear(&two);
    cs_request good = to_sign(&mine, &one, CS_LIT("m")), s = good;
    assert_int_equal(try(&mine, &one, &s), CS_OK);
    size_t asked = cloud.asked[CS_KMS_DECRYPT_DATA_KEY];
    s.sealed = cs_buf_slice(&theirs.sealed);
    assert_int_equal(try(&mine, &one, &s), CS_SEAL_BROKEN);
    s.org = two.org;
    assert_int_equal(try(&mine, &one, &s), CS_SEAL_BROKEN);
    s = good;
    s.key_id = two.key_id;
    assert_int_equal(try(&mine, &one, &s), CS_SEAL_BROKEN);
    s = good;
    s.message.bytes = CS_HYBRID_PREFIX;
    assert_int_equal(try(&mine, &one, &s), CS_RESERVED_PAYLOAD);
    assert_int_equal(cloud.asked[CS_KMS_DECRYPT_DATA_KEY], asked); /* the KMS was not troubled */
    cloud.fault = OTHER_DEK;
    assert_int_equal(try(&mine, &one, &good), CS_SEAL_BROKEN);
    cloud.fault = HONEST;
    cs_newborn_free(&mine);
    cs_newborn_free(&theirs);
}

/* No byte of a record can be changed: the KMS has the context, the seal has the rest. */
static void changed_records(void **state)
{
    (void)state;
    cs_request r = new_key("mldsa44+ed25519", CS_FORMAT_COMPOSITE, true, true, true);
    cs_newborn n = bear(&r);
    cloud.fault = IGNORES_CONTEXT;
    for (size_t i = 0; i < n.sealed.n; i += i < 600 || i + 200 > n.sealed.n ? 1 : 61) {
        cs_request s = to_sign(&n, &r, CS_LIT("m"));
        n.sealed.p[i] ^= 1;
        cs_err err = try(&n, &r, &s);
        n.sealed.p[i] ^= 1;
        if (err == CS_OK || err == CS_SELF_CHECK)
            fail_msg("byte %zu: %s", i, cs_err_name(err));
    }
    cs_newborn_free(&n);
}

/* In a group there is nobody to be asked; a whole key beside it signs. */
static void not_in_groups(void **state)
{
    (void)state;
    cs_request r = new_key("mldsa44+ed25519", CS_FORMAT_COMPOSITE, false, true, false);
    cs_newborn n = bear(&r), whole = fixture_key(e, "org_1", "key_3", "mldsa44+ed25519", CS_FORMAT_COMPOSITE, "sign");
    cs_request s[2] = {to_sign(&n, &r, CS_LIT("m")), to_sign(&whole, &r, CS_LIT("m"))};
    s[1].key_id = CS_LIT("key_3");
    assert_true(cs_away_concerns(&s[0]) && !cs_away_concerns(&s[1]));
    cs_attested a[2] = {cs_attested_new(), cs_attested_new()};
    cs_attested_job jobs[2] = {{.request = &s[0], .out = &a[0]}, {.request = &s[1], .out = &a[1]}},
                    *all[2] = {jobs, jobs + 1};
    cs_attested_sign_many(all, 2, e);
    assert_int_equal(jobs[0].err, CS_KMS_UNAVAILABLE);
    assert_int_equal(jobs[1].err, CS_OK);
    assert_true(a[0].signature.n == 0 && a[1].signature.n > 0);
    cs_attested_free(&a[0]);
    cs_attested_free(&a[1]);
    cs_newborn_free(&n);
    cs_newborn_free(&whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_combinations, begin, end),
        cmocka_unit_test_setup_teardown(released_to_the_attestation, begin, end),
        cmocka_unit_test_setup_teardown(never_in_clear_afterwards, begin, end),
        cmocka_unit_test_setup_teardown(keys_that_exist, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_offered, begin, end),
        cmocka_unit_test_setup_teardown(bad_births, begin, end),
        cmocka_unit_test_setup_teardown(bad_halves, begin, end),
        cmocka_unit_test_setup_teardown(forms_of_ecdsa, begin, end),
        cmocka_unit_test_setup_teardown(swapped_rows, begin, end),
        cmocka_unit_test_setup_teardown(changed_records, begin, end),
        cmocka_unit_test_setup_teardown(not_in_groups, begin, end),
    };
    return cmocka_run_group_tests(tests, open_enclave, close_enclave);
}
