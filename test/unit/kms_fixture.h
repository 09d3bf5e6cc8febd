/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An agent with a KMS behind it, on the other end of a socket pair: it makes data keys, remembers what it gave for
 * them, and releases them to the public key of the attestation document that it is shown. On demand it does what a
 * host can do that means no good.
 */
#ifndef CS_TEST_KMS_FIXTURE_H
#define CS_TEST_KMS_FIXTURE_H

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "core/kms_frame.h"
#include "core/nitro.h"
#include "enclave/host.h"
#include "enclave_fixture.h"
#include "sys/stream.h"

#define KMS_KEYS 64
#define KMS_TIMEOUT_US (20 * 1000000)

/* What the host does in place of what it should. */
enum kms_fault {
    KMS_HONEST,
    KMS_OWN_KEY,         /* its own data key at birth, and afterwards */
    KMS_OTHER_KEY,       /* another data key, at random */
    KMS_OTHER_RECIPIENT, /* encrypted for a key of its own */
    KMS_REPLAY,          /* what it answered the last time */
    KMS_CUT_ANSWER,
    KMS_EMPTY_CMS,
    KMS_ERROR, /* `error` */
    KMS_WRONG_TYPE,
    KMS_GATEWAY_FRAME,
    KMS_EXTRA_MEMBER,
    KMS_BAD_JSON,
    KMS_HANG_UP,
};

struct kms_entry {
    uint8_t dek[32];
    char key_id[128], user_id[CS_MAX_USER_ID + 1];
};

struct kms {
    int fd; /* the agent's end */
    pthread_t thread;
    enum kms_fault fault;
    cs_err error;
    bool ignores_context; /* releases anything to anybody, as a host would that has the rights to */
    struct kms_entry entries[KMS_KEYS];
    size_t count;
    uint8_t last[CS_MAX_CMS]; /* what it answered */
    size_t last_n;
    atomic_size_t asked;
    char last_user[CS_MAX_USER_ID + 1], last_key[128];
    int64_t last_document_ms;
};

static inline void kms_der(cs_buf *out, uint8_t tag, cs_slice inside)
{
    cs_buf_add_u8(out, tag);
    if (inside.n > 0xff) {
        cs_buf_add_u8(out, 0x82);
        cs_buf_add_u16(out, (uint16_t)inside.n);
    } else {
        if (inside.n > 0x7f)
            cs_buf_add_u8(out, 0x81);
        cs_buf_add_u8(out, (uint8_t)inside.n);
    }
    cs_buf_add(out, inside);
}

static inline size_t kms_encrypt_key(uint8_t out[512], cs_slice spki, const uint8_t key[32])
{
    const uint8_t *p = spki.p;
    size_t n = 512;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &p, (long)spki.n);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    assert_true(EVP_PKEY_encrypt_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 && EVP_PKEY_encrypt(ctx, out, &n, key, 32) == 1);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return n;
}

/* CMS as crypto_cms.h describes it, in definite form. */
static inline void kms_cms(cs_buf *out, cs_slice spki, const uint8_t dek[32])
{
    static const uint8_t enveloped[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03},
                         data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01},
                         oaep[] = {0x30, 0x3c, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07,
                                   0x30, 0x2f, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
                                   0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a,
                                   0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60,
                                   0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00},
                         cbc[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a};
    uint8_t key[32], iv[16], encrypted_key[512], plain[48], content[64], b[6][2048];
    cs_buf one = CS_BUF_OVER(b[0]), set = CS_BUF_OVER(b[1]), cipher = CS_BUF_OVER(b[2]), inner = CS_BUF_OVER(b[3]),
           body = CS_BUF_OVER(b[4]), whole = CS_BUF_OVER(b[5]);
    cs_digest id;
    int n = 0, last = 0;
    assert_true(cs_random(key, 32) == CS_OK && cs_random(iv, 16) == CS_OK);
    size_t encrypted_n = kms_encrypt_key(encrypted_key, spki, key);
    assert_int_equal(cs_hash(&id, CS_SHA256, spki), CS_OK);
    memcpy(plain, dek, 32);
    memset(plain + 32, 16, 16);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    assert_true(EVP_EncryptInit_ex2(ctx, EVP_aes_256_cbc(), key, iv, NULL) == 1 &&
                EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 && EVP_EncryptUpdate(ctx, content, &n, plain, 48) == 1 &&
                EVP_EncryptFinal_ex(ctx, content + n, &last) == 1);
    EVP_CIPHER_CTX_free(ctx);

    cs_buf_add(&one, CS_LIT("\x02\x01\x02\x80\x20"));
    cs_buf_add(&one, cs_digest_slice(&id));
    cs_buf_add(&one, CS_ARRAY(oaep));
    kms_der(&one, 0x04, cs_slice_of(encrypted_key, encrypted_n));
    kms_der(&set, 0x30, cs_buf_slice(&one));
    cs_buf_add(&cipher, CS_ARRAY(cbc));
    cs_buf_add(&cipher, CS_LIT("\x04\x10"));
    cs_buf_add(&cipher, CS_ARRAY(iv));
    cs_buf_add(&inner, CS_ARRAY(data));
    cs_buf_add(&inner, CS_LIT("\x30\x1d"));
    cs_buf_add(&inner, cs_buf_slice(&cipher));
    cs_buf_add(&inner, CS_LIT("\x80\x30"));
    cs_buf_add(&inner, cs_slice_of(content, 48));
    cs_buf_add(&body, CS_LIT("\x02\x01\x02"));
    kms_der(&body, 0x31, cs_buf_slice(&set));
    kms_der(&body, 0x30, cs_buf_slice(&inner));
    cs_buf_clear(&one);
    kms_der(&one, 0x30, cs_buf_slice(&body));
    cs_buf_add(&whole, CS_ARRAY(enveloped));
    kms_der(&whole, 0xa0, cs_buf_slice(&one));
    kms_der(out, 0x30, cs_buf_slice(&whole));
    assert_int_equal(out->err, CS_OK);
}

static inline void kms_text(char *out, size_t size, cs_slice s)
{
    assert_int_equal(cs_slice_to_cstr(out, size, s), CS_OK);
}

/* The entry that the question is about: a new one, or the one that `wrapped` names. NULL: refused. */
static inline struct kms_entry *kms_find(struct kms *k, const cs_kms_request *q)
{
    if (q->type == CS_KMS_GENERATE_DATA_KEY) {
        assert_true(k->count < KMS_KEYS);
        struct kms_entry *e = &k->entries[k->count++];
        assert_int_equal(cs_random(e->dek, 32), CS_OK);
        if (k->fault == KMS_OWN_KEY)
            memset(e->dek, 'H', 32);
        memcpy(e->key_id, k->last_key, sizeof e->key_id);
        memcpy(e->user_id, k->last_user, sizeof e->user_id);
        return e;
    }
    if (q->wrapped.n != 5 || !cs_slice_starts(q->wrapped, CS_LIT("blob")) || q->wrapped.p[4] >= k->count)
        return NULL;
    struct kms_entry *e = &k->entries[q->wrapped.p[4]];
    bool same = strcmp(e->key_id, k->last_key) == 0 && strcmp(e->user_id, k->last_user) == 0;
    return same || k->ignores_context ? e : NULL;
}

static inline void kms_answer_key(cs_buf *frame, struct kms *k, const cs_kms_request *q)
{
    uint8_t blob[] = {'b', 'l', 'o', 'b', 0}, cms_bytes[CS_MAX_CMS], dek[32];
    cs_buf cms = CS_BUF_OVER(cms_bytes);
    cs_nitro document;
    cs_recipient *own = NULL;
    uint8_t own_bytes[512];
    cs_buf own_spki = CS_BUF_OVER(own_bytes);
    assert_int_equal(cs_nitro_parse(&document, q->recipient), CS_OK);
    assert_true(document.public_key.n > 256 && document.user_data.p == NULL && document.nonce.p == NULL);
    assert_int_equal(q->context_count, 1);
    assert_true(cs_slice_is(q->context[0].name, "user_id") && cs_slice_is(q->provider, "aws-kms"));
    k->last_document_ms = document.timestamp_ms;
    kms_text(k->last_user, sizeof k->last_user, q->context[0].value);
    kms_text(k->last_key, sizeof k->last_key, q->key_id);
    struct kms_entry *e = kms_find(k, q);
    if (e == NULL) {
        assert_int_equal(cs_error_write(frame, CS_KMS_DENIED), CS_OK);
        return;
    }
    memcpy(dek, e->dek, 32);
    if (k->fault == KMS_OTHER_KEY)
        assert_int_equal(cs_random(dek, 32), CS_OK);
    if (k->fault == KMS_OTHER_RECIPIENT) {
        assert_int_equal(cs_recipient_new(&own), CS_OK);
        assert_int_equal(cs_recipient_spki(&own_spki, own), CS_OK);
        cs_recipient_free(own);
    }
    kms_cms(&cms, k->fault == KMS_OTHER_RECIPIENT ? cs_buf_slice(&own_spki) : document.public_key, dek);
    blob[4] = (uint8_t)(e - k->entries);
    cs_slice answer = cs_buf_slice(&cms);
    if (k->fault == KMS_REPLAY)
        answer = cs_slice_of(k->last, k->last_n);
    if (k->fault == KMS_CUT_ANSWER)
        answer.n--;
    cs_kms_reply reply = {.type = q->type, .for_recipient = answer, .wrapped = CS_ARRAY(blob)};
    if (k->fault == KMS_WRONG_TYPE)
        reply.type = q->type == CS_KMS_GENERATE_DATA_KEY ? CS_KMS_DECRYPT_DATA_KEY : CS_KMS_GENERATE_DATA_KEY;
    assert_int_equal(cs_kms_reply_write(frame, &reply), CS_OK);
    memcpy(k->last, cms.p, cms.n);
    k->last_n = cms.n;
}

static inline void kms_json(cs_buf *frame, const char *json)
{
    cs_buf_clear(frame);
    cs_buf_add_u32(frame, (uint32_t)strlen(json));
    cs_buf_add_str(frame, json);
}

/* False: hang up. */
static inline bool kms_answer(cs_buf *frame, struct kms *k, cs_slice json)
{
    cs_kms_request q;
    cs_frame_in in;
    assert_true(cs_kms_is_request(json));
    assert_int_equal(cs_kms_request_read(&q, &in, json), CS_OK);
    k->asked++;
    kms_answer_key(frame, k, &q);
    cs_frame_in_free(&in);
    if (k->fault == KMS_ERROR) {
        cs_buf_clear(frame);
        assert_int_equal(cs_error_write(frame, k->error), CS_OK);
    }
    if (k->fault == KMS_GATEWAY_FRAME)
        kms_json(frame, "{\"type\":\"Boot\",\"version\":1}");
    if (k->fault == KMS_BAD_JSON)
        kms_json(frame, "{\"type\":\"KmsDecryptDataKey\",\"version\":1,");
    if (k->fault == KMS_EMPTY_CMS)
        kms_json(frame, "{\"type\":\"KmsDecryptDataKey\",\"version\":1,\"ciphertextForRecipient\":\"\"}");
    if (k->fault == KMS_EXTRA_MEMBER)
        kms_json(frame, "{\"type\":\"KmsDecryptDataKey\",\"version\":1,\"ciphertextForRecipient\":\"MAA=\","
                        "\"plaintext\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}");
    return k->fault != KMS_HANG_UP;
}

static inline void *kms_run(void *arg)
{
    struct kms *k = arg;
    cs_buf json = cs_buf_new(CS_MAX_FRAME), frame = cs_buf_new(CS_MAX_FRAME + 4);
    while (cs_frame_read(&json, k->fd, KMS_TIMEOUT_US, true) == CS_OK) {
        cs_buf_clear(&frame);
        if (!kms_answer(&frame, k, cs_buf_slice(&json)))
            break;
        if (cs_frame_write(k->fd, cs_buf_slice(&frame), KMS_TIMEOUT_US) != CS_OK)
            break;
    }
    (void)shutdown(k->fd, SHUT_RDWR);
    cs_buf_free(&json);
    cs_buf_free(&frame);
    return NULL;
}

/* The enclave's end of a connection to the agent `k`, which keeps what it knows from connection to connection. */
static inline cs_host kms_connect(struct kms *k)
{
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    k->fd = ends[1];
    assert_int_equal(pthread_create(&k->thread, NULL, kms_run, k), 0);
    cs_host h = cs_host_new(ends[0]);
    h.timeout_us = KMS_TIMEOUT_US;
    return h;
}

static inline void kms_disconnect(struct kms *k, cs_host *h)
{
    (void)shutdown(h->fd, SHUT_RDWR);
    assert_int_equal(pthread_join(k->thread, NULL), 0);
    cs_stream_close(h->fd);
    cs_stream_close(k->fd);
    cs_host_free(h);
}

#endif
