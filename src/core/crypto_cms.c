/* SPDX-License-Identifier: Apache-2.0 */
/* Reading is by hand, because a library's reader takes far more than the KMS sends; decrypting is OpenSSL's. */
#include "core/crypto_cms.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#define RSA_BITS 2048
#define MAX_NESTING 10 /* of the hash of the mask */

/* -- BER [X.690 §8] ------------------------------------------------------------------------------------------------ */

enum {
    INTEGER = 0x02,
    OCTETS = 0x04,
    NONE = 0x05,
    OID = 0x06,
    SEQUENCE = 0x30,
    SET = 0x31,
    CONTEXT = 0x80,
    CONSTRUCTED = 0xa0
};

/* An element that is not complete: where it ends at the latest, and whether two zero bytes end it. */
struct open {
    size_t end;
    bool indefinite;
};

/* A cursor with a sticky error. The first open element is the input itself. */
struct ber {
    cs_slice in;
    size_t pos, depth;
    struct open open[MAX_NESTING + 1];
    bool failed;
};

static struct open *innermost(struct ber *b)
{
    return &b->open[b->depth];
}

static bool fail(struct ber *b)
{
    b->failed = true;
    return false;
}

/* Reads tag and length; the tag must be this one. A definite length is in the shortest form and ends inside. */
static bool read_head(struct ber *b, uint8_t tag, size_t *len, bool *indefinite)
{
    size_t left = innermost(b)->end - b->pos, at = 2;
    const uint8_t *p = b->in.p + b->pos;
    if (b->failed || left < 2 || p[0] != tag)
        return fail(b);
    *indefinite = p[1] == 0x80;
    *len = *indefinite ? 0 : p[1];
    if (p[1] > 0x80) {
        size_t octets = p[1] & 0x7f;
        if (octets > 2 || left < 2 + octets || p[2] == 0)
            return fail(b);
        for (*len = 0; at < 2 + octets; at++)
            *len = *len << 8 | p[at];
        if (*len < 0x80)
            return fail(b);
    }
    if (*len > left - at)
        return fail(b);
    b->pos += at;
    return true;
}

/* Enters a constructed element, which may be of indefinite length. */
static void enter(struct ber *b, uint8_t tag)
{
    size_t len, outer_end = innermost(b)->end;
    bool indefinite;
    if (!read_head(b, tag, &len, &indefinite))
        return;
    if (b->depth == MAX_NESTING) {
        (void)fail(b);
        return;
    }
    b->open[++b->depth] = (struct open){indefinite ? outer_end : b->pos + len, indefinite};
}

/* True if nothing more is inside. */
static bool at_end(struct ber *b)
{
    struct open *open = innermost(b);
    if (!open->indefinite)
        return b->pos == open->end;
    return open->end - b->pos >= 2 && b->in.p[b->pos] == 0 && b->in.p[b->pos + 1] == 0;
}

/* Leaves it; everything inside must have been read. */
static void leave(struct ber *b)
{
    if (b->failed || b->depth == 0 || !at_end(b)) {
        (void)fail(b);
        return;
    }
    b->pos += innermost(b)->indefinite ? 2 : 0;
    b->depth--;
}

/* The content of a primitive element of `min` to `max` bytes. */
static cs_slice primitive(struct ber *b, uint8_t tag, size_t min, size_t max)
{
    size_t len;
    bool indefinite;
    if (!read_head(b, tag, &len, &indefinite))
        return CS_ABSENT;
    if (indefinite || len < min || len > max) {
        (void)fail(b);
        return CS_ABSENT;
    }
    cs_slice content = cs_slice_sub(b->in, b->pos, len);
    b->pos += len;
    return content;
}

static void expect(struct ber *b, uint8_t tag, cs_slice content)
{
    if (!cs_slice_eq(primitive(b, tag, content.n, content.n), content))
        (void)fail(b);
}

static bool next_is(const struct ber *b, uint8_t tag)
{
    return !b->failed && b->pos < b->open[b->depth].end && b->in.p[b->pos] == tag;
}

/* -- the message [RFC 5652 §6.1] ------------------------------------------------------------------------------------
 */

#define OID_ENVELOPED_DATA CS_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03") /* 1.2.840.113549.1.7.3 */
#define OID_DATA CS_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")           /* 1.2.840.113549.1.7.1 */
#define OID_OAEP CS_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07")           /* 1.2.840.113549.1.1.7 */
#define OID_MGF1 CS_LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08")           /* 1.2.840.113549.1.1.8 */
#define OID_SHA256 CS_LIT("\x60\x86\x48\x01\x65\x03\x04\x02\x01")         /* 2.16.840.1.101.3.4.2.1 */
#define OID_AES256_CBC CS_LIT("\x60\x86\x48\x01\x65\x03\x04\x01\x2a")     /* 2.16.840.1.101.3.4.1.42 */

/* SHA-256, its parameters NULL or absent: both mean the same [RFC 4055 §2.1]. */
static void read_sha256(struct ber *b)
{
    enter(b, SEQUENCE);
    expect(b, OID, OID_SHA256);
    if (next_is(b, NONE))
        expect(b, NONE, CS_LIT(""));
    leave(b);
}

/* The defaults, which are SHA-1, do not do; a label does not occur [RFC 4055 §4.1]. */
static void read_oaep(struct ber *b)
{
    enter(b, SEQUENCE);
    expect(b, OID, OID_OAEP);
    enter(b, SEQUENCE);
    enter(b, CONSTRUCTED | 0);
    read_sha256(b);
    leave(b);
    enter(b, CONSTRUCTED | 1);
    enter(b, SEQUENCE);
    expect(b, OID, OID_MGF1);
    read_sha256(b);
    leave(b);
    leave(b);
    leave(b);
    leave(b);
}

/* One KeyTransRecipientInfo, version 2: named by the identifier of its key. */
static void read_recipients(cs_cms *out, struct ber *b)
{
    enter(b, SET);
    enter(b, SEQUENCE);
    expect(b, INTEGER, CS_LIT("\x02"));
    out->recipient = primitive(b, CONTEXT | 0, CS_CMS_RECIPIENT, CS_CMS_RECIPIENT);
    read_oaep(b);
    out->encrypted_key = primitive(b, OCTETS, CS_CMS_ENCRYPTED_KEY, CS_CMS_ENCRYPTED_KEY);
    leave(b);
    leave(b);
}

static void add_content(cs_cms *out, struct ber *b, cs_slice part)
{
    if (b->failed || part.n > sizeof out->content - out->content_len) {
        (void)fail(b);
        return;
    }
    if (part.n > 0)
        memcpy(out->content + out->content_len, part.p, part.n);
    out->content_len += part.n;
}

/* In one piece, or in octet strings that are joined. */
static void read_content(cs_cms *out, struct ber *b)
{
    if (next_is(b, CONTEXT | 0)) {
        add_content(out, b, primitive(b, CONTEXT | 0, 0, CS_CMS_CONTENT_MAX));
    } else {
        enter(b, CONSTRUCTED | 0);
        while (!b->failed && !at_end(b))
            add_content(out, b, primitive(b, OCTETS, 0, CS_CMS_CONTENT_MAX));
        leave(b);
    }
    if (out->content_len == 0 || out->content_len % CS_CMS_BLOCK != 0)
        (void)fail(b);
}

cs_err cs_cms_parse(cs_cms *out, cs_slice ber)
{
    *out = (cs_cms){0};
    if (ber.n > CS_MAX_CMS)
        return CS_TOO_LARGE;
    struct ber b = {.in = ber, .open = {{.end = ber.n}}};
    enter(&b, SEQUENCE); /* ContentInfo */
    expect(&b, OID, OID_ENVELOPED_DATA);
    enter(&b, CONSTRUCTED | 0);
    enter(&b, SEQUENCE); /* EnvelopedData */
    expect(&b, INTEGER, CS_LIT("\x02"));
    read_recipients(out, &b);
    enter(&b, SEQUENCE); /* EncryptedContentInfo */
    expect(&b, OID, OID_DATA);
    enter(&b, SEQUENCE);
    expect(&b, OID, OID_AES256_CBC);
    out->iv = primitive(&b, OCTETS, CS_CMS_BLOCK, CS_CMS_BLOCK);
    leave(&b);
    read_content(out, &b);
    leave(&b);
    leave(&b);
    leave(&b);
    leave(&b);
    if (b.failed || !at_end(&b)) {
        *out = (cs_cms){0};
        return CS_BAD_FORMAT;
    }
    return CS_OK;
}

/* -- the recipient ------------------------------------------------------------------------------------------------- */

struct cs_recipient {
    EVP_PKEY *key;
};

/* Takes `key`, which may be NULL. */
static cs_err recipient_of(cs_recipient **out, EVP_PKEY *key, cs_err otherwise)
{
    *out = NULL;
    ERR_clear_error();
    if (key == NULL || !EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_get_bits(key) != RSA_BITS) {
        EVP_PKEY_free(key);
        return otherwise;
    }
    *out = malloc(sizeof **out);
    if (*out == NULL) {
        EVP_PKEY_free(key);
        return CS_NO_MEMORY;
    }
    (*out)->key = key;
    return CS_OK;
}

cs_err cs_recipient_new(cs_recipient **out)
{
    return recipient_of(out, EVP_RSA_gen(RSA_BITS), CS_CRYPTO);
}

cs_err cs_recipient_from_der(cs_recipient **out, cs_slice der)
{
    const uint8_t *p = der.p;
    EVP_PKEY *key = der.n > 0 && der.n <= CS_MAX_CMS ? d2i_PrivateKey(EVP_PKEY_RSA, NULL, &p, (long)der.n) : NULL;
    if (key != NULL && p != der.p + der.n) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return recipient_of(out, key, CS_BAD_PRIVATE_KEY);
}

void cs_recipient_free(cs_recipient *r)
{
    if (r == NULL)
        return;
    EVP_PKEY_free(r->key);
    free(r);
}

cs_err cs_recipient_spki(cs_buf *out, const cs_recipient *r)
{
    uint8_t *der = NULL;
    int n = i2d_PUBKEY(r->key, &der);
    if (n <= 0) {
        ERR_clear_error();
        return CS_CRYPTO;
    }
    cs_buf_add(out, cs_slice_of(der, (size_t)n));
    OPENSSL_free(der);
    return out->err;
}

static cs_err check_recipient(const cs_recipient *r, const cs_cms *cms)
{
    cs_digest digest;
    cs_buf spki = cs_buf_new(1024);
    cs_err err = cs_recipient_spki(&spki, r);
    if (err == CS_OK)
        err = cs_hash(&digest, CS_SHA256, cs_buf_slice(&spki));
    cs_buf_free(&spki);
    if (err != CS_OK)
        return err;
    return cs_slice_eq(cs_digest_slice(&digest), cms->recipient) ? CS_OK : CS_KMS_RECIPIENT;
}

/* The key of the content. Where the RSA half fails a random key goes on instead, so that the rest takes its time all
 * the same and ends in the same error. */
static cs_err open_key(cs_secret *key, const cs_recipient *r, cs_slice encrypted)
{
    CS_SECRET(opened);
    uint8_t other[CS_AEAD_KEY];
    size_t n = sizeof opened.b;
    cs_err err = cs_random(other, sizeof other);
    if (err != CS_OK)
        return err;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(r->key, NULL);
    bool ok = ctx != NULL && EVP_PKEY_decrypt_init(ctx) == 1 &&
              EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
              EVP_PKEY_CTX_set_rsa_oaep_md(ctx, EVP_sha256()) == 1 &&
              EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha256()) == 1 &&
              EVP_PKEY_decrypt(ctx, opened.b, &n, encrypted.p, encrypted.n) == 1 && n == CS_AEAD_KEY;
    EVP_PKEY_CTX_free(ctx);
    ERR_clear_error();
    err = cs_secret_set(key, ok ? cs_slice_of(opened.b, n) : CS_ARRAY(other));
    cs_wipe(other, sizeof other);
    return err;
}

/* The last bytes must be `pad` times the number `pad` [RFC 5652 §6.3]. */
static bool padding_ok(cs_slice plain, size_t pad)
{
    uint8_t wanted[CS_CMS_BLOCK];
    memset(wanted, (int)pad, sizeof wanted);
    return cs_secret_eq(cs_slice_sub(plain, plain.n - pad, pad), cs_slice_of(wanted, pad));
}

/* Decrypts into memory that is wiped; whether the padding is right decides. */
static cs_err open_content(cs_secret *out, const cs_cms *cms, cs_slice key, size_t n)
{
    uint8_t plain[CS_CMS_CONTENT_MAX + CS_CMS_BLOCK];
    int len = 0, last = 0;
    cs_err err = CS_KMS_ANSWER;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ok = ctx != NULL && EVP_DecryptInit_ex2(ctx, EVP_aes_256_cbc(), key.p, cms->iv.p, NULL) == 1 &&
              EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
              EVP_DecryptUpdate(ctx, plain, &len, cms->content, (int)cms->content_len) == 1 &&
              EVP_DecryptFinal_ex(ctx, plain + len, &last) == 1 && (size_t)len + (size_t)last == cms->content_len;
    EVP_CIPHER_CTX_free(ctx);
    ERR_clear_error();
    if (ok && n < cms->content_len && cms->content_len - n <= CS_CMS_BLOCK &&
        padding_ok(cs_slice_of(plain, cms->content_len), cms->content_len - n))
        err = cs_secret_set(out, cs_slice_of(plain, n));
    cs_wipe(plain, sizeof plain);
    return err;
}

cs_err cs_recipient_open(cs_secret *out, const cs_recipient *r, size_t n, cs_slice ber)
{
    CS_SECRET(key);
    cs_cms cms;
    cs_secret_wipe(out);
    cs_err err = cs_cms_parse(&cms, ber);
    if (err == CS_OK)
        err = check_recipient(r, &cms);
    if (err == CS_OK)
        err = open_key(&key, r, cms.encrypted_key);
    if (err == CS_OK)
        err = open_content(out, &cms, cs_secret_slice(&key), n);
    return err;
}
