/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the KMS: the two real ones, answers of our own in both shapes, one row for each way to differ from them,
 * and every bit and every prefix of the real one that can be opened. */
#include "core/crypto_cms.h"

#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "vectors.h"

#define KMS "attestation/kms/"

static cs_recipient *published_key(void)
{
    cs_buf text = vectors_public_file(KMS "recipient-key-1.der.b64");
    cs_slice base64 = cs_buf_slice(&text);
    while (base64.n > 0 && base64.p[base64.n - 1] == '\n')
        base64.n--;
    cs_recipient *r = NULL;
    assert_int_equal(cs_recipient_from_der(&r, vectors_from_base64(base64)), CS_OK);
    cs_buf_free(&text);
    return r;
}

static void real_answer(void **state)
{
    (void)state;
    CS_SECRET(plain);
    cs_recipient *r = published_key();
    cs_buf ber = vectors_public_file(KMS "ciphertext-for-recipient-1.ber"),
           hex = vectors_public_file(KMS "plaintext-1.hex");
    cs_slice wanted = vectors_from_hex(cs_slice_sub(cs_buf_slice(&hex), 0, 64));
    assert_int_equal(cs_recipient_open(&plain, r, 32, cs_buf_slice(&ber)), CS_OK);
    assert_true(cs_secret_eq(cs_secret_slice(&plain), wanted));
    /* Another length than the one that was asked for. */
    static const size_t lengths[] = {0, 1, 16, 31, 33, 47, 48, 49, 256, 4096};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        assert_int_equal(cs_recipient_open(&plain, r, lengths[i], cs_buf_slice(&ber)), CS_KMS_ANSWER);
        assert_int_equal(plain.n, 0);
    }
    cs_buf_free(&ber);
    cs_buf_free(&hex);
    cs_recipient_free(r);
    vectors_release();
}

static void real_answer_in_one_piece(void **state)
{
    (void)state;
    CS_SECRET(plain);
    cs_cms cms;
    cs_recipient *r = published_key();
    cs_buf ber = vectors_public_file(KMS "ciphertext-for-recipient-2-primitive-ctx0.ber");
    assert_int_equal(cs_cms_parse(&cms, cs_buf_slice(&ber)), CS_OK);
    assert_true(cs_slice_starts(cms.encrypted_key, CS_LIT("\x4a\x1c\xa1\x22")));
    assert_true(cs_slice_eq(cms.iv, CS_LIT("\xe6\x6c\x11\x72\xae\xe0\xf2\xf7\xbe\x34\xe3\xaf\xc6\xb0\xe4\xfe")));
    assert_true(cs_slice_eq(cs_slice_of(cms.content, cms.content_len),
                            CS_LIT("\x1f\x94\x3e\xb0\x10\x5c\x1b\x06\x44\xdf\x4f\x71\x30\x44\x8a\x28")));
    assert_int_equal(cs_recipient_open(&plain, r, 10, cs_buf_slice(&ber)), CS_KMS_RECIPIENT);
    cs_buf_free(&ber);
    cs_recipient_free(r);
    vectors_release();
}

/* CBC proves nothing, so a changed initial vector or first block still opens, as something else. Nothing else does. */
static void every_bit(void **state)
{
    (void)state;
    CS_SECRET(right);
    CS_SECRET(plain);
    cs_recipient *r = published_key();
    cs_buf ber = vectors_public_file(KMS "ciphertext-for-recipient-1.ber");
    cs_cms cms;
    assert_int_equal(cs_recipient_open(&right, r, 32, cs_buf_slice(&ber)), CS_OK);
    assert_int_equal(cs_cms_parse(&cms, cs_buf_slice(&ber)), CS_OK);
    size_t iv = (size_t)(cms.iv.p - ber.p), content = iv + 16 + 4, opened = 0;
    assert_memory_equal(ber.p + content, cms.content, 16);
    for (size_t i = 0; i < ber.n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            ber.p[i] ^= (uint8_t)(1 << bit);
            cs_err err = cs_recipient_open(&plain, r, 32, cs_buf_slice(&ber));
            ber.p[i] ^= (uint8_t)(1 << bit);
            if (err == CS_OK) {
                assert_true((i >= iv && i < iv + 16) || (i >= content && i < content + 16));
                assert_false(cs_secret_eq(cs_secret_slice(&plain), cs_secret_slice(&right)));
                opened++;
            } else {
                assert_true(err == CS_BAD_FORMAT || err == CS_KMS_ANSWER || err == CS_KMS_RECIPIENT);
            }
        }
    }
    assert_int_equal(opened, 2 * 16 * 8);
    for (size_t n = 0; n < ber.n; n++) {
        cs_slice cut = cs_slice_of(ber.p, n);
        assert_int_equal(cs_cms_parse(&cms, cs_slice_of(vectors_copy(cut), n)), CS_BAD_FORMAT);
        vectors_release();
    }
    cs_buf_free(&ber);
    cs_recipient_free(r);
}

/* -- answers of our own -------------------------------------------------------------------------------------------- */

enum form { DEFINITE, INDEFINITE };

struct answer {
    enum form form, content_form;
    bool primitive; /* content in one piece */
    size_t pieces;  /* else in so many */
    size_t n;       /* bytes of plaintext */
    /* what differs from a good answer; NULL and 0: nothing */
    const char *content_type, *inner_type, *cipher, *oaep, *digest, *mask, *mask_digest;
    bool no_digest_params, no_hash, no_mask, label, two_recipients, no_recipient, by_issuer, trailing, unprotected;
    bool originator, other_recipient, bad_padding, long_length, nested_piece, open_piece;
    uint8_t version, recipient_version;
    bool long_content;               /* 144 bytes, whose length stands in three bytes */
    int long_iv;                     /* bytes in which its length stands, more than needed */
    size_t key_bytes, iv_bytes, cut; /* cut: bytes off the content */
};

#define ENVELOPED "2a864886f70d010703"
#define DATA "2a864886f70d010701"
#define OAEP "2a864886f70d010107"
#define MGF1 "2a864886f70d010108"
#define SHA_256 "608648016503040201"
#define SHA_1 "2b0e03021a"
#define AES256_CBC "60864801650304012a"
#define AES128_CBC "608648016503040102"
#define AES256_GCM "60864801650304012e"

static cs_slice wrap(enum form form, uint8_t tag, cs_slice inside)
{
    cs_buf out = cs_buf_over(vectors_hold(inside.n + 8), inside.n + 8);
    cs_buf_add_u8(&out, tag);
    if (form == INDEFINITE) {
        cs_buf_add_u8(&out, 0x80);
        cs_buf_add(&out, inside);
        cs_buf_add_u16(&out, 0);
        return cs_buf_slice(&out);
    }
    if (inside.n > 0xff)
        cs_buf_add_u8(&out, 0x82), cs_buf_add_u16(&out, (uint16_t)inside.n);
    else if (inside.n >= 0x80)
        cs_buf_add_u8(&out, 0x81), cs_buf_add_u8(&out, (uint8_t)inside.n);
    else
        cs_buf_add_u8(&out, (uint8_t)inside.n);
    cs_buf_add(&out, inside);
    return cs_buf_slice(&out);
}

static cs_slice join(const cs_slice *parts, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += parts[i].n;
    cs_buf out = cs_buf_over(vectors_hold(n + 1), n + 1);
    for (size_t i = 0; i < count; i++)
        cs_buf_add(&out, parts[i]);
    return cs_buf_slice(&out);
}

#define JOIN(...) join((const cs_slice[]){__VA_ARGS__}, sizeof((const cs_slice[]){__VA_ARGS__}) / sizeof(cs_slice))

static cs_slice oid(const char *given, const char *usual)
{
    return wrap(DEFINITE, 0x06, vectors_from_hex(cs_slice_str(given != NULL ? given : usual)));
}

static cs_slice number(uint8_t v)
{
    uint8_t *p = vectors_hold(1);
    *p = v;
    return wrap(DEFINITE, 0x02, cs_slice_of(p, 1));
}

static cs_slice bytes_of(size_t n, uint8_t fill)
{
    uint8_t *p = vectors_hold(n);
    memset(p, fill, n);
    return cs_slice_of(p, n);
}

/* AES-256-CBC with padding of our own, so that it can be wrong. */
static cs_slice encrypt(const struct answer *a, const uint8_t key[32], const uint8_t iv[16])
{
    size_t pad = 16 - a->n % 16, total = a->n + pad;
    uint8_t *plain = vectors_hold(total), *out = vectors_hold(total + 16);
    int n = 0, last = 0;
    for (size_t i = 0; i < total; i++)
        plain[i] = i < a->n ? (uint8_t)i : (uint8_t)pad;
    if (a->bad_padding)
        plain[a->n] ^= 1;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_true(EVP_EncryptInit_ex2(ctx, EVP_aes_256_cbc(), key, iv, NULL) == 1 &&
                EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 && EVP_EncryptUpdate(ctx, out, &n, plain, (int)total) == 1 &&
                EVP_EncryptFinal_ex(ctx, out + n, &last) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return cs_slice_of(out, total - a->cut);
}

static cs_slice encrypt_key(cs_slice spki, const uint8_t key[32])
{
    const uint8_t *p = spki.p;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)spki.n);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    uint8_t *out = vectors_hold(256);
    size_t n = 256;
    assert_true(EVP_PKEY_encrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 && EVP_PKEY_encrypt(ctx, out, &n, key, 32) == 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return cs_slice_of(out, n);
}

static cs_slice content_of(const struct answer *a, cs_slice encrypted)
{
    if (a->long_content)
        return JOIN(CS_LIT("\x80\x82\x00\x90"), encrypted);
    if (a->primitive)
        return wrap(DEFINITE, 0x80, encrypted);
    cs_slice all = CS_LIT("");
    size_t pieces = a->pieces, each = pieces > 0 ? encrypted.n / pieces : 0;
    for (size_t i = 0; i < pieces; i++) {
        cs_slice piece = cs_slice_sub(encrypted, i * each, i + 1 == pieces ? encrypted.n : each);
        piece = wrap(DEFINITE, 0x04, piece);
        if (a->nested_piece)
            piece = wrap(DEFINITE, 0x24, piece);
        if (a->open_piece)
            piece = wrap(INDEFINITE, 0x24, piece);
        all = JOIN(all, piece);
    }
    return wrap(a->content_form, 0xa0, all);
}

static cs_slice hash_algorithm(const struct answer *a, const char *given)
{
    return wrap(a->form, 0x30, JOIN(oid(given, SHA_256), a->no_digest_params ? CS_LIT("") : CS_LIT("\x05\x00")));
}

static cs_slice oaep_of(const struct answer *a)
{
    cs_slice hash = wrap(a->form, 0xa0, hash_algorithm(a, a->digest)),
             mask =
                 wrap(a->form, 0xa1, wrap(a->form, 0x30, JOIN(oid(a->mask, MGF1), hash_algorithm(a, a->mask_digest)))),
             label = CS_LIT("\xa2\x0f\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x09\x04\x00");
    cs_slice none = CS_LIT("");
    return wrap(
        a->form, 0x30,
        JOIN(oid(a->oaep, OAEP),
             wrap(a->form, 0x30, JOIN(a->no_hash ? none : hash, a->no_mask ? none : mask, a->label ? label : none))));
}

/* Held until vectors_release. */
static cs_slice make_answer(const struct answer *a, const cs_recipient *r)
{
    uint8_t key[32], spki_bytes[512];
    static const uint8_t iv[16] = {9, 8, 7};
    cs_buf spki = CS_BUF_OVER(spki_bytes);
    cs_digest id;
    cs_slice none = CS_LIT("");
    assert_int_equal(cs_random(key, sizeof key), CS_OK);
    assert_int_equal(cs_recipient_spki(&spki, r), CS_OK);
    assert_int_equal(cs_hash(&id, CS_SHA256, cs_buf_slice(&spki)), CS_OK);
    if (a->other_recipient)
        id.b[31] ^= 1;
    cs_slice encrypted_key = a->key_bytes > 0 ? bytes_of(a->key_bytes, 1) : encrypt_key(cs_buf_slice(&spki), key);
    cs_slice named = a->by_issuer ? CS_LIT("\x30\x05\x30\x00\x02\x01\x01") : wrap(DEFINITE, 0x80, cs_digest_slice(&id));
    cs_slice one = wrap(a->form, 0x30,
                        JOIN(number(a->recipient_version > 0 ? a->recipient_version : 2), named, oaep_of(a),
                             wrap(DEFINITE, 0x04, encrypted_key)));
    cs_slice recipients = wrap(a->form, 0x31, JOIN(a->no_recipient ? none : one, a->two_recipients ? one : none));
    cs_slice the_iv = a->iv_bytes > 0 ? bytes_of(a->iv_bytes, 1) : CS_ARRAY(iv);
    cs_slice iv_element = wrap(DEFINITE, 0x04, the_iv);
    if (a->long_iv > 0)
        iv_element = JOIN(a->long_iv == 1 ? CS_LIT("\x04\x81\x10") : CS_LIT("\x04\x82\x00\x10"), the_iv);
    cs_slice cipher = wrap(a->form, 0x30, JOIN(oid(a->cipher, AES256_CBC), iv_element));
    cs_slice content = wrap(a->form, 0x30, JOIN(oid(a->inner_type, DATA), cipher, content_of(a, encrypt(a, key, iv))));
    cs_slice enveloped = wrap(a->form, 0x30,
                              JOIN(number(a->version > 0 ? a->version : 2), a->originator ? CS_LIT("\xa0\x00") : none,
                                   recipients, content, a->unprotected ? CS_LIT("\xa1\x00") : none));
    cs_slice whole = JOIN(oid(a->content_type, ENVELOPED), wrap(a->form, 0xa0, enveloped));
    cs_slice out = wrap(a->form, 0x30, whole);
    if (a->long_length) /* the same length in one byte more than needed */
        out = JOIN(CS_LIT("\x30\x83\x00"), cs_slice_sub(out, 2, out.n));
    return a->trailing ? JOIN(out, CS_LIT("\x00")) : out;
}

static void our_own_answers(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        cs_err err;
        struct answer answer;
    } rows[] = {
        {"all definite, one piece", CS_OK, {.n = 32, .primitive = true}},
        {"all definite, one octet string", CS_OK, {.n = 32, .pieces = 1}},
        {"all indefinite, as far as it can be", CS_OK, {INDEFINITE, INDEFINITE, .n = 32, .pieces = 1}},
        {"content in three pieces", CS_OK, {INDEFINITE, INDEFINITE, .n = 32, .pieces = 3}},
        {"content in three pieces, definite", CS_OK, {INDEFINITE, DEFINITE, .n = 32, .pieces = 3}},
        {"content primitive in indefinite", CS_OK, {INDEFINITE, .n = 32, .primitive = true}},
        {"one byte", CS_OK, {.n = 1, .primitive = true}},
        {"15 bytes", CS_OK, {.n = 15, .primitive = true}},
        {"the longest", CS_OK, {.n = CS_SECRET_CAP, .primitive = true}},
        {"hash without parameters", CS_OK, {.n = 32, .primitive = true, .no_digest_params = true}},

        {"longer than a secret can be", CS_BAD_FORMAT, {.n = CS_SECRET_CAP + 16, .primitive = true}},
        {"longer, in pieces", CS_BAD_FORMAT, {.n = CS_SECRET_CAP + 16, .pieces = 2}},
        {"no pieces", CS_BAD_FORMAT, {.n = 32, .pieces = 0}},
        {"no pieces, indefinite", CS_BAD_FORMAT, {INDEFINITE, INDEFINITE, .n = 32, .pieces = 0}},
        {"pieces inside pieces", CS_BAD_FORMAT, {.n = 32, .pieces = 1, .nested_piece = true}},
        {"pieces inside pieces, indefinite", CS_BAD_FORMAT, {.n = 32, .pieces = 1, .open_piece = true}},
        {"no content", CS_BAD_FORMAT, {.n = 15, .primitive = true, .cut = 16}},
        {"content is no multiple of 16", CS_BAD_FORMAT, {.n = 32, .primitive = true, .cut = 1}},
        {"another content type", CS_BAD_FORMAT, {.n = 32, .primitive = true, .content_type = DATA}},
        {"another inner content type", CS_BAD_FORMAT, {.n = 32, .primitive = true, .inner_type = ENVELOPED}},
        {"AES-128", CS_BAD_FORMAT, {.n = 32, .primitive = true, .cipher = AES128_CBC}},
        {"AES-256-GCM", CS_BAD_FORMAT, {.n = 32, .primitive = true, .cipher = AES256_GCM}},
        {"RSA without OAEP", CS_BAD_FORMAT, {.n = 32, .primitive = true, .oaep = "2a864886f70d010101"}},
        {"OAEP with SHA-1", CS_BAD_FORMAT, {.n = 32, .primitive = true, .digest = SHA_1}},
        {"OAEP with SHA-1 by default", CS_BAD_FORMAT, {.n = 32, .primitive = true, .no_hash = true}},
        {"mask with SHA-1", CS_BAD_FORMAT, {.n = 32, .primitive = true, .mask_digest = SHA_1}},
        {"mask by default", CS_BAD_FORMAT, {.n = 32, .primitive = true, .no_mask = true}},
        {"another mask", CS_BAD_FORMAT, {.n = 32, .primitive = true, .mask = SHA_256}},
        {"a label", CS_BAD_FORMAT, {.n = 32, .primitive = true, .label = true}},
        {"version 3", CS_BAD_FORMAT, {.n = 32, .primitive = true, .version = 3}},
        {"version of the recipient", CS_BAD_FORMAT, {.n = 32, .primitive = true, .recipient_version = 3}},
        {"recipient named by issuer", CS_BAD_FORMAT, {.n = 32, .primitive = true, .by_issuer = true}},
        {"two recipients", CS_BAD_FORMAT, {.n = 32, .primitive = true, .two_recipients = true}},
        {"two recipients, indefinite", CS_BAD_FORMAT, {INDEFINITE, .n = 32, .primitive = true, .two_recipients = true}},
        {"no recipient", CS_BAD_FORMAT, {.n = 32, .primitive = true, .no_recipient = true}},
        {"originator information", CS_BAD_FORMAT, {.n = 32, .primitive = true, .originator = true}},
        {"unprotected attributes", CS_BAD_FORMAT, {.n = 32, .primitive = true, .unprotected = true}},
        {"a key of RSA-1024", CS_BAD_FORMAT, {.n = 32, .primitive = true, .key_bytes = 128}},
        {"a key of RSA-4096", CS_BAD_FORMAT, {.n = 32, .primitive = true, .key_bytes = 512}},
        {"a short initial vector", CS_BAD_FORMAT, {.n = 32, .primitive = true, .iv_bytes = 12}},
        {"a long initial vector", CS_BAD_FORMAT, {.n = 32, .primitive = true, .iv_bytes = 17}},
        {"a byte behind", CS_BAD_FORMAT, {.n = 32, .primitive = true, .trailing = true}},
        {"a byte behind, indefinite", CS_BAD_FORMAT, {INDEFINITE, .n = 32, .primitive = true, .trailing = true}},
        {"a length that is not the shortest", CS_BAD_FORMAT, {.n = 32, .primitive = true, .long_length = true}},
        {"a length in two bytes, not one", CS_BAD_FORMAT, {.n = 32, .primitive = true, .long_iv = 1}},
        {"a length in three bytes, not one", CS_BAD_FORMAT, {.n = 32, .primitive = true, .long_iv = 2}},
        {"a length in three bytes, not two", CS_BAD_FORMAT, {.n = 140, .long_content = true}},
        {"for somebody else", CS_KMS_RECIPIENT, {.n = 32, .primitive = true, .other_recipient = true}},
        {"wrong padding", CS_KMS_ANSWER, {.n = 32, .primitive = true, .bad_padding = true}},
        {"wrong padding of one byte", CS_KMS_ANSWER, {.n = 31, .primitive = true, .bad_padding = true}},
        {"a key that is no ciphertext", CS_KMS_ANSWER, {.n = 32, .primitive = true, .key_bytes = 256}},
        {"another key and initial vector", CS_KMS_ANSWER, {.n = 32, .pieces = 2, .key_bytes = 256, .iv_bytes = 16}},
    };
    cs_recipient *r = NULL;
    assert_int_equal(cs_recipient_new(&r), CS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CS_SECRET(plain);
        const struct answer *a = &rows[i].answer;
        cs_slice ber = make_answer(a, r);
        cs_err err = cs_recipient_open(&plain, r, a->n <= CS_SECRET_CAP ? a->n : CS_SECRET_CAP,
                                       cs_slice_of(vectors_copy(ber), ber.n));
        if (err != rows[i].err)
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        assert_int_equal(plain.n, err == CS_OK ? a->n : 0);
        for (size_t k = 0; k < plain.n; k++)
            assert_int_equal(plain.b[k], k & 0xff);
        vectors_release();
    }
    cs_recipient_free(r);
}

/* -- answers that OpenSSL makes ------------------------------------------------------------------------------------ */

/* A certificate of the recipient's key whose identifier is what KMS takes for one. */
static X509 *recipient_certificate(const cs_recipient *r, EVP_PKEY **key)
{
    uint8_t spki_bytes[512];
    cs_buf spki = CS_BUF_OVER(spki_bytes);
    cs_digest id;
    assert_int_equal(cs_recipient_spki(&spki, r), CS_OK);
    assert_int_equal(cs_hash(&id, CS_SHA256, cs_buf_slice(&spki)), CS_OK);
    const uint8_t *p = spki.p;
    *key = d2i_PUBKEY(NULL, &p, (long)spki.n);
    X509 *x = X509_new();
    ASN1_OCTET_STRING *ski = ASN1_OCTET_STRING_new();
    assert_int_equal(ASN1_OCTET_STRING_set(ski, id.b, (int)id.n), 1);
    assert_int_equal(X509_set_pubkey(x, *key), 1);
    assert_int_equal(X509_set_version(x, X509_VERSION_3), 1);
    assert_int_equal(X509_add1_ext_i2d(x, NID_subject_key_identifier, ski, 0, 0), 1);
    ASN1_OCTET_STRING_free(ski);
    return x;
}

/* Held until vectors_release. `stream`: BER of indefinite length with the content in pieces. */
static cs_slice openssl_answer(const cs_recipient *r, const EVP_MD *md, bool stream)
{
    static const char plain[] = "0123456789abcdef0123456789ABCDEF";
    const unsigned flags = CMS_BINARY | CMS_USE_KEYID | (stream ? CMS_STREAM : 0);
    EVP_PKEY *key = NULL;
    X509 *cert = recipient_certificate(r, &key);
    BIO *in = BIO_new_mem_buf(plain, 32), *out = BIO_new(BIO_s_mem());
    CMS_ContentInfo *cms = CMS_encrypt(NULL, in, EVP_aes_256_cbc(), flags | CMS_PARTIAL);
    CMS_RecipientInfo *info = CMS_add1_recipient_cert(cms, cert, flags | CMS_KEY_PARAM);
    EVP_PKEY_CTX *options = CMS_RecipientInfo_get0_pkey_ctx(info);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_OAEP_PADDING), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_oaep_md(options, md), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_mgf1_md(options, md), 1);
    if (stream) {
        assert_int_equal(i2d_CMS_bio_stream(out, cms, in, (int)flags), 1);
    } else {
        assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
        assert_int_equal(i2d_CMS_bio(out, cms), 1);
    }
    char *bytes = NULL;
    long n = BIO_get_mem_data(out, &bytes);
    cs_slice answer = cs_slice_of(vectors_copy(cs_slice_of(bytes, (size_t)n)), (size_t)n);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    BIO_free(out);
    X509_free(cert);
    EVP_PKEY_free(key);
    return answer;
}

static void answers_of_openssl(void **state)
{
    (void)state;
    CS_SECRET(plain);
    cs_recipient *r = NULL;
    assert_int_equal(cs_recipient_new(&r), CS_OK);
    for (int stream = 0; stream < 2; stream++) {
        assert_int_equal(cs_recipient_open(&plain, r, 32, openssl_answer(r, EVP_sha256(), stream != 0)), CS_OK);
        assert_memory_equal(plain.b, "0123456789abcdef0123456789ABCDEF", 32);
        assert_int_equal(cs_recipient_open(&plain, r, 32, openssl_answer(r, EVP_sha1(), stream != 0)), CS_BAD_FORMAT);
        assert_int_equal(cs_recipient_open(&plain, r, 32, openssl_answer(r, EVP_sha384(), stream != 0)), CS_BAD_FORMAT);
    }
    cs_recipient_free(r);
    vectors_release();
}

static void too_large(void **state)
{
    (void)state;
    static const uint8_t zeros[CS_MAX_CMS + 1] = {0x30, 0x80};
    cs_cms cms;
    assert_int_equal(cs_cms_parse(&cms, CS_ARRAY(zeros)), CS_TOO_LARGE);
    assert_int_equal(cs_cms_parse(&cms, cs_slice_of(zeros, CS_MAX_CMS)), CS_BAD_FORMAT);
}

static cs_slice private_der(const char *type, unsigned bits)
{
    uint8_t *der = NULL;
    EVP_PKEY *key = strcmp(type, "RSA") == 0 ? EVP_RSA_gen(bits) : EVP_PKEY_Q_keygen(NULL, NULL, type, "P-256");
    int n = i2d_PrivateKey(key, &der);
    assert_true(n > 0);
    cs_slice copy = cs_slice_of(vectors_copy(cs_slice_of(der, (size_t)n)), (size_t)n);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    return copy;
}

static void keys_refused(void **state)
{
    (void)state;
    cs_slice good = private_der("RSA", 2048);
    const cs_slice rows[] = {CS_LIT(""),
                             CS_LIT("\x30\x00"),
                             cs_slice_sub(good, 0, good.n - 1),
                             JOIN(good, CS_LIT("\0")),
                             private_der("RSA", 1024),
                             private_der("RSA", 3072),
                             private_der("EC", 0)};
    cs_recipient *r = NULL;
    assert_int_equal(cs_recipient_from_der(&r, good), CS_OK);
    cs_recipient_free(r);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(cs_recipient_from_der(&r, rows[i]), CS_BAD_PRIVATE_KEY);
        assert_null(r);
    }
    vectors_release();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_answer),        cmocka_unit_test(real_answer_in_one_piece),
        cmocka_unit_test(every_bit),          cmocka_unit_test(our_own_answers),
        cmocka_unit_test(too_large),          cmocka_unit_test(keys_refused),
        cmocka_unit_test(answers_of_openssl),
    };
    return cmocka_run_group_tests_name("crypto_cms", tests, NULL, NULL);
}
