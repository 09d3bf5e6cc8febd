/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/cms.h"

#include "core/crypto.h"
#include "core/secret.h"
#include "devkms/cipher.h"

#define SEQUENCE 0x30
#define SET 0x31
#define OCTETS 0x04
#define CONSTRUCTED_0 0xa0
#define PRIMITIVE_0 0x80
#define PIECE 32 /* bytes of an octet string of constructed content */
#define PARTS_MAX 4096

/* Object identifiers, DER with tag and length. */
static const uint8_t enveloped_data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x03};
static const uint8_t data[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
static const uint8_t rsaes_oaep[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x07};
static const uint8_t mgf1[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08};
static const uint8_t sha256_null[] = {0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                      0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00};
static const uint8_t aes256_cbc[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a};
static const uint8_t version_2[] = {0x02, 0x01, 0x02};

/* -- BER ----------------------------------------------------------------------------------------------------------- */

static void add_element(cs_buf *out, uint8_t tag, cs_slice content)
{
    cs_buf_add_u8(out, tag);
    if (content.n >= 0x100) {
        cs_buf_add_u8(out, 0x82);
        cs_buf_add_u16(out, (uint16_t)content.n);
    } else {
        if (content.n >= 0x80)
            cs_buf_add_u8(out, 0x81);
        cs_buf_add_u8(out, (uint8_t)content.n);
    }
    cs_buf_add(out, content);
}

static void begin(cs_buf *out, uint8_t tag)
{
    cs_buf_add_u8(out, tag);
    cs_buf_add_u8(out, 0x80);
}

static void end(cs_buf *out)
{
    cs_buf_add_u16(out, 0);
}

/* -- EnvelopedData ------------------------------------------------------------------------------------------------- */

/* RSAES-OAEP-params: SHA-256, and MGF1 with SHA-256 [RFC 8017 §A.2.1]. */
static void add_oaep(cs_buf *out)
{
    uint8_t m0[64], m1[64], m2[64], m3[128], m4[128];
    cs_buf generator = CS_BUF_OVER(m0), sequence = CS_BUF_OVER(m1), tagged = CS_BUF_OVER(m2);
    cs_buf params = CS_BUF_OVER(m3), algorithm = CS_BUF_OVER(m4);
    cs_buf_add(&generator, CS_ARRAY(mgf1));
    cs_buf_add(&generator, CS_ARRAY(sha256_null));
    add_element(&sequence, SEQUENCE, cs_buf_slice(&generator));
    add_element(&tagged, CONSTRUCTED_0, CS_ARRAY(sha256_null));
    cs_buf_add(&params, cs_buf_slice(&tagged));
    add_element(&params, CONSTRUCTED_0 + 1, cs_buf_slice(&sequence));
    cs_buf_add(&algorithm, CS_ARRAY(rsaes_oaep));
    add_element(&algorithm, SEQUENCE, cs_buf_slice(&params));
    add_element(out, SEQUENCE, cs_buf_slice(&algorithm));
}

static void add_recipient(cs_buf *out, const cs_cms_parts *parts)
{
    uint8_t m0[PARTS_MAX], m1[PARTS_MAX];
    cs_buf info = CS_BUF_OVER(m0), set = CS_BUF_OVER(m1);
    cs_buf_add(&info, CS_ARRAY(version_2));
    add_element(&info, PRIMITIVE_0, parts->recipient);
    add_oaep(&info);
    add_element(&info, OCTETS, parts->encrypted_key);
    add_element(&set, SEQUENCE, cs_buf_slice(&info));
    if (info.err != CS_OK || set.err != CS_OK)
        out->err = CS_TOO_LARGE;
    add_element(out, SET, cs_buf_slice(&set));
}

/* Pieces: all the same length but the last, and at least two where there is more than one byte. */
static void add_constructed(cs_buf *out, cs_slice content)
{
    size_t piece = content.n > PIECE ? PIECE : content.n / 2 + content.n % 2;
    begin(out, CONSTRUCTED_0);
    for (size_t at = 0; at < content.n; at += piece)
        add_element(out, OCTETS, cs_slice_sub(content, at, piece));
    end(out);
}

static void add_content(cs_buf *out, cs_cms_shape shape, const cs_cms_parts *parts)
{
    uint8_t m0[64];
    cs_buf algorithm = CS_BUF_OVER(m0);
    cs_buf_add(&algorithm, CS_ARRAY(aes256_cbc));
    add_element(&algorithm, OCTETS, parts->iv);
    begin(out, SEQUENCE);
    cs_buf_add(out, CS_ARRAY(data));
    add_element(out, SEQUENCE, cs_buf_slice(&algorithm));
    if (shape == CS_CMS_PRIMITIVE)
        add_element(out, PRIMITIVE_0, parts->content);
    else
        add_constructed(out, parts->content);
    end(out);
}

void cs_cms_write(cs_buf *ber, cs_cms_shape shape, const cs_cms_parts *parts)
{
    begin(ber, SEQUENCE);
    cs_buf_add(ber, CS_ARRAY(enveloped_data));
    begin(ber, CONSTRUCTED_0);
    begin(ber, SEQUENCE);
    cs_buf_add(ber, CS_ARRAY(version_2));
    add_recipient(ber, parts);
    add_content(ber, shape, parts);
    end(ber);
    end(ber);
    end(ber);
}

cs_err cs_cms_answer(cs_buf *ber, cs_cms_shape shape, cs_slice spki, cs_slice plain)
{
    cs_pair *to = NULL;
    cs_digest recipient;
    uint8_t iv[CS_CIPHER_BLOCK];
    CS_SECRET(content_key);
    cs_buf wrapped = cs_buf_new(512), content = cs_buf_new(PARTS_MAX);
    cs_err err = cs_pair_open_public(&to, spki);
    if (err == CS_OK && cs_pair_kind_of(to) != CS_PAIR_RSA2048)
        err = CS_BAD_PUBLIC_KEY;
    if (err == CS_OK)
        err = cs_hash(&recipient, CS_SHA256, spki);
    content_key.n = CS_CIPHER_KEY;
    if (err == CS_OK)
        err = cs_random(content_key.b, content_key.n);
    if (err == CS_OK)
        err = cs_random(iv, sizeof iv);
    if (err == CS_OK)
        err = cs_cipher_cbc(&content, cs_secret_slice(&content_key), CS_ARRAY(iv), plain);
    if (err == CS_OK)
        err = cs_pair_wrap(&wrapped, to, cs_secret_slice(&content_key));
    if (err == CS_OK) {
        cs_cms_parts parts = {cs_digest_slice(&recipient), cs_buf_slice(&wrapped), CS_ARRAY(iv),
                              cs_buf_slice(&content)};
        cs_cms_write(ber, shape, &parts);
        err = ber->err;
    }
    cs_pair_free(to);
    cs_buf_free(&wrapped);
    cs_buf_free(&content);
    return err;
}
