/* SPDX-License-Identifier: Apache-2.0 */
#include "core/eif.h"

#include <string.h>

#include "core/cbor.h"
#include "core/cose.h"
#include "core/crypto_pem.h"
#include "core/crypto_x509.h"
#include "core/json.h"

#define VERSION 4
#define HEADER 548
#define CRC_AT 544
#define SECTION_HEADER 12
#define MAX_PEM 8192        /* of a signer's certificate */
#define MAX_METADATA 65536  /* JSON */
#define MAX_SIGNATURE 32768 /* bytes as CBOR numbers take up to two each */
#define SIGNED_REGISTER 0

static const uint8_t magic[4] = {'.', 'e', 'i', 'f'};

/* -- CRC-32 as in IEEE 802.3, four bits at a time ------------------------------------------------------------------ */

static const uint32_t crc_table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                       0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                       0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};

static uint32_t crc_add(uint32_t crc, cs_slice s)
{
    for (size_t i = 0; i < s.n; i++) {
        crc ^= s.p[i];
        crc = crc >> 4 ^ crc_table[crc & 15];
        crc = crc >> 4 ^ crc_table[crc & 15];
    }
    return crc;
}

/* Of the whole image but the field itself. */
static uint32_t crc_of(cs_slice image)
{
    uint32_t crc = crc_add(0xffffffff, cs_slice_sub(image, 0, CRC_AT));
    return ~crc_add(crc, cs_slice_sub(image, HEADER, image.n));
}

/* -- sections ------------------------------------------------------------------------------------------------------ */

struct header {
    uint64_t offsets[CS_EIF_SECTIONS], sizes[CS_EIF_SECTIONS];
};

static bool read_header(cs_eif *out, struct header *h, cs_reader *r)
{
    cs_slice start = cs_read_bytes(r, sizeof magic);
    uint16_t version = cs_read_u16(r);
    out->flags = cs_read_u16(r);
    out->memory = cs_read_u64(r);
    out->cpus = cs_read_u64(r);
    cs_read_zeros(r, 2);
    out->section_count = cs_read_u16(r);
    for (size_t i = 0; i < CS_EIF_SECTIONS; i++)
        h->offsets[i] = cs_read_u64(r);
    for (size_t i = 0; i < CS_EIF_SECTIONS; i++)
        h->sizes[i] = cs_read_u64(r);
    cs_read_zeros(r, 4);
    uint32_t crc = cs_read_u32(r);
    return r->err == CS_OK && cs_slice_eq(start, CS_ARRAY(magic)) && version == VERSION && out->flags <= 1 &&
           out->section_count >= 2 && out->section_count <= CS_EIF_SECTIONS && crc == crc_of(out->bytes);
}

static bool read_section(cs_eif *out, const struct header *h, size_t i, cs_reader *r)
{
    uint64_t at = out->bytes.n - r->rest.n;
    uint16_t type = cs_read_u16(r), flags = cs_read_u16(r);
    uint64_t size = cs_read_u64(r);
    if (r->err != CS_OK || size > r->rest.n || size != h->sizes[i] || at != h->offsets[i] || flags > 1 ||
        type < CS_EIF_KERNEL || type > CS_EIF_METADATA)
        return false;
    out->sections[i].type = (cs_eif_type)type;
    out->sections[i].data = cs_read_bytes(r, (size_t)size);
    return true;
}

/* Each kind as often as it may be there, and where. */
static bool is_in_order(const cs_eif *e)
{
    size_t count[CS_EIF_METADATA + 1] = {0};
    for (size_t i = 0; i < e->section_count; i++) {
        cs_eif_type type = e->sections[i].type;
        count[type]++;
        if ((i == 0) != (type == CS_EIF_KERNEL) || (i == 1) != (type == CS_EIF_COMMAND_LINE) ||
            (type == CS_EIF_SIGNATURE && i + 1 != e->section_count))
            return false;
    }
    return count[CS_EIF_RAMDISK] >= 1 && count[CS_EIF_METADATA] == 1 && count[CS_EIF_SIGNATURE] <= 1;
}

cs_err cs_eif_parse(cs_eif *out, cs_slice image)
{
    struct header h;
    cs_reader r = cs_reader_of(image);
    *out = (cs_eif){.bytes = image};
    if (image.n > CS_MAX_IMAGE)
        return CS_TOO_LARGE;
    bool ok = image.n > HEADER && read_header(out, &h, &r);
    for (size_t i = 0; ok && i < CS_EIF_SECTIONS; i++)
        ok = i < out->section_count ? read_section(out, &h, i, &r) : h.offsets[i] == 0 && h.sizes[i] == 0;
    if (ok && cs_read_end(&r) == CS_OK && is_in_order(out))
        return CS_OK;
    *out = (cs_eif){0};
    return CS_BAD_FORMAT;
}

static cs_slice section_of(const cs_eif *e, cs_eif_type type)
{
    for (size_t i = 0; i < e->section_count; i++)
        if (e->sections[i].type == type)
            return e->sections[i].data;
    return CS_ABSENT;
}

/* -- measurements -------------------------------------------------------------------------------------------------- */

/* A register that was zero, extended with the hash of what is measured: SHA-384(zeros || SHA-384(…)). */
static cs_err extend(uint8_t pcr[CS_NITRO_PCR_LEN], const cs_digest *content)
{
    uint8_t both[2 * CS_NITRO_PCR_LEN] = {0};
    cs_digest out;
    memcpy(both + CS_NITRO_PCR_LEN, content->b, CS_NITRO_PCR_LEN);
    cs_err err = cs_hash(&out, CS_SHA384, CS_ARRAY(both));
    if (err == CS_OK)
        memcpy(pcr, out.b, CS_NITRO_PCR_LEN);
    return err;
}

/* Whether a section, which has so many ramdisks before it, counts for a register. */
static bool counts_for(size_t pcr, cs_eif_type type, size_t ramdisks)
{
    if (type == CS_EIF_RAMDISK)
        return pcr == 0 || (pcr == 1) == (ramdisks == 0);
    return pcr != 2 && (type == CS_EIF_KERNEL || type == CS_EIF_COMMAND_LINE);
}

/* PCR0, PCR1 or PCR2. */
static cs_err measure_code(uint8_t out[CS_NITRO_PCR_LEN], const cs_eif *e, size_t pcr)
{
    cs_hasher *h = NULL;
    cs_digest digest;
    size_t ramdisks = 0;
    cs_err err = cs_hasher_new(&h, CS_SHA384);
    for (size_t i = 0; err == CS_OK && i < e->section_count; i++) {
        if (counts_for(pcr, e->sections[i].type, ramdisks))
            err = cs_hasher_add(h, e->sections[i].data);
        ramdisks += e->sections[i].type == CS_EIF_RAMDISK;
    }
    if (err == CS_OK)
        err = cs_hasher_end(h, &digest);
    cs_hasher_free(h);
    return err == CS_OK ? extend(out, &digest) : err;
}

/* -- signatures: CBOR in which bytes are arrays of numbers --------------------------------------------------------- */

static void write_numbers(cs_buf *out, cs_slice bytes)
{
    cs_cborw_array(out, bytes.n);
    for (size_t i = 0; i < bytes.n; i++)
        cs_cborw_uint(out, bytes.p[i]);
}

/* What is signed: {"register_index": 0, "register_value": PCR0}. */
static void write_register(cs_buf *out, const uint8_t pcr0[CS_NITRO_PCR_LEN])
{
    cs_cborw_map(out, 2);
    cs_cborw_text(out, "register_index");
    cs_cborw_uint(out, SIGNED_REGISTER);
    cs_cborw_text(out, "register_value");
    write_numbers(out, cs_slice_of(pcr0, CS_NITRO_PCR_LEN));
}

static void write_signature(cs_buf *out, cs_slice pem, cs_slice cose)
{
    cs_cborw_array(out, 1);
    cs_cborw_map(out, 2);
    cs_cborw_text(out, "signing_certificate");
    write_numbers(out, pem);
    cs_cborw_text(out, "signature");
    write_numbers(out, cose);
}

/* A head of CBOR in its shortest form: the major type must be `major`; its number. */
static uint64_t read_head(cs_reader *r, unsigned major)
{
    uint8_t first = cs_read_u8(r);
    uint64_t n = first & 0x1f, least = 0;
    if (n == 24)
        n = cs_read_u8(r), least = 24;
    else if (n == 25)
        n = cs_read_u16(r), least = 256;
    else if (n > 25)
        r->err = CS_BAD_FORMAT;
    if (first >> 5 != major || n < least)
        r->err = CS_BAD_FORMAT;
    return r->err == CS_OK ? n : 0;
}

static void read_name(cs_reader *r, const char *name)
{
    if (!cs_slice_is(cs_read_bytes(r, (size_t)read_head(r, 3)), name))
        r->err = CS_BAD_FORMAT;
}

static void read_numbers(cs_buf *out, cs_reader *r)
{
    uint64_t n = read_head(r, 4);
    for (uint64_t i = 0; i < n && r->err == CS_OK; i++) {
        uint64_t byte = read_head(r, 0);
        if (byte > 255)
            r->err = CS_BAD_FORMAT;
        cs_buf_add_u8(out, (uint8_t)byte);
    }
}

static cs_err read_signature(cs_buf *pem, cs_buf *cose, cs_slice section)
{
    cs_reader r = cs_reader_of(section);
    if (read_head(&r, 4) != 1 || read_head(&r, 5) != 2)
        return CS_BAD_FORMAT; /* one register is signed */
    read_name(&r, "signing_certificate");
    read_numbers(pem, &r);
    read_name(&r, "signature");
    read_numbers(cose, &r);
    cs_err err = cs_read_end(&r);
    return err != CS_OK ? err : pem->err != CS_OK ? pem->err : cose->err;
}

static cs_err open_certificate(cs_cert **out, cs_slice pem)
{
    cs_buf ders = cs_buf_new(CS_MAX_CERTIFICATE);
    cs_slice der;
    size_t n = 0;
    cs_err err = cs_pem_certificates(&ders, &der, &n, 1, pem);
    if (err == CS_OK)
        err = cs_cert_parse(out, der);
    if (err == CS_OK && (cs_cert_public_key(*out) == NULL || cs_pubkey_curve(cs_cert_public_key(*out)) != CS_P384))
        err = CS_BAD_FORMAT;
    cs_buf_free(&ders);
    return err;
}

static cs_err verify_cose(const cs_cert *cert, cs_slice cose_bytes, const uint8_t pcr0[CS_NITRO_PCR_LEN])
{
    cs_cose cose;
    uint8_t memory[256];
    cs_buf expected = CS_BUF_OVER(memory), tbs = cs_buf_new(CS_MAX_COSE);
    write_register(&expected, pcr0);
    cs_err err = cs_cose_parse(&cose, cose_bytes);
    if (err == CS_OK && (cose.alg != CS_COSE_ES384 || !cs_slice_eq(cose.payload, cs_buf_slice(&expected))))
        err = CS_BAD_SIGNATURE;
    if (err == CS_OK) {
        cs_cose_sig_structure(&tbs, &cose);
        err = tbs.err;
    }
    if (err == CS_OK)
        err = cs_pubkey_verify(cs_cert_public_key(cert), CS_SCHEME_ES384_RAW, cs_buf_slice(&tbs), cose.signature);
    cs_buf_free(&tbs);
    return err;
}

/* PCR8, of an image that is signed. */
static cs_err measure_signer(uint8_t pcr8[CS_NITRO_PCR_LEN], cs_slice section, const uint8_t pcr0[CS_NITRO_PCR_LEN])
{
    cs_cert *cert = NULL;
    cs_digest digest;
    cs_buf pem = cs_buf_new(MAX_PEM), cose = cs_buf_new(CS_MAX_COSE);
    cs_err err = read_signature(&pem, &cose, section);
    if (err == CS_OK)
        err = open_certificate(&cert, cs_buf_slice(&pem));
    if (err == CS_OK)
        err = verify_cose(cert, cs_buf_slice(&cose), pcr0);
    if (err == CS_OK)
        err = cs_hash(&digest, CS_SHA384, cs_cert_der(cert));
    if (err == CS_OK)
        err = extend(pcr8, &digest);
    cs_cert_free(cert);
    cs_buf_free(&pem);
    cs_buf_free(&cose);
    return err;
}

cs_err cs_eif_measure(uint8_t (*pcrs)[CS_NITRO_PCR_LEN], const cs_eif *image)
{
    cs_err err = CS_OK;
    cs_slice signature = section_of(image, CS_EIF_SIGNATURE);
    memset(pcrs, 0, (size_t)CS_MANIFEST_PCRS * CS_NITRO_PCR_LEN);
    for (size_t i = 0; i < 3 && err == CS_OK; i++)
        err = measure_code(pcrs[i], image, i);
    if (err == CS_OK && signature.p != NULL)
        err = measure_signer(pcrs[3], signature, pcrs[0]);
    if (err != CS_OK)
        memset(pcrs, 0, (size_t)CS_MANIFEST_PCRS * CS_NITRO_PCR_LEN);
    return err;
}

cs_err cs_eif_version(char out[CS_MAX_ID + 1], const cs_eif *image)
{
    cs_json *doc = NULL;
    out[0] = '\0';
    cs_err err = cs_json_parse(&doc, section_of(image, CS_EIF_METADATA), MAX_METADATA);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(doc));
        cs_slice version = cs_jobj_str_opt(&o, "ImageVersion", CS_MAX_ID);
        err = cs_jobj_done_open(&o);
        if (err == CS_OK && version.p != NULL)
            err = cs_slice_to_cstr(out, CS_MAX_ID + 1, version);
    }
    cs_json_free(doc);
    return err;
}

/* -- signing ------------------------------------------------------------------------------------------------------- */

static cs_err sign_register(cs_buf *out, const cs_key *key, const uint8_t pcr0[CS_NITRO_PCR_LEN])
{
    static const uint8_t es384[] = {0xa1, 0x01, 0x38, 0x22}; /* {1: -35} */
    uint8_t payload_bytes[256], raw_bytes[CS_COSE_ES384_SIG], tbs_bytes[512];
    cs_buf payload = CS_BUF_OVER(payload_bytes), raw = CS_BUF_OVER(raw_bytes), tbs = CS_BUF_OVER(tbs_bytes);
    write_register(&payload, pcr0);
    cs_cose cose = {.protected_header = CS_ARRAY(es384), .payload = cs_buf_slice(&payload)};
    cs_cose_sig_structure(&tbs, &cose);
    cs_err err = cs_key_sign_repeatably(&raw, key, cs_buf_slice(&tbs));
    if (err != CS_OK)
        return err;
    cs_cborw_array(out, 4);
    cs_cborw_bytes(out, cose.protected_header);
    cs_cborw_map(out, 0);
    cs_cborw_bytes(out, cose.payload);
    cs_cborw_bytes(out, cs_buf_slice(&raw));
    return out->err;
}

static void write_image(cs_buf *out, const cs_eif *e, const struct header *h)
{
    size_t from = out->n;
    cs_buf_add(out, CS_ARRAY(magic));
    cs_buf_add_u16(out, VERSION);
    cs_buf_add_u16(out, e->flags);
    cs_buf_add_u64(out, e->memory);
    cs_buf_add_u64(out, e->cpus);
    cs_buf_add_u16(out, 0);
    cs_buf_add_u16(out, (uint16_t)e->section_count);
    for (size_t i = 0; i < CS_EIF_SECTIONS; i++)
        cs_buf_add_u64(out, h->offsets[i]);
    for (size_t i = 0; i < CS_EIF_SECTIONS; i++)
        cs_buf_add_u64(out, h->sizes[i]);
    cs_buf_add_u64(out, 0); /* unused, CRC */
    for (size_t i = 0; i < e->section_count; i++) {
        cs_buf_add_u16(out, (uint16_t)e->sections[i].type);
        cs_buf_add_u16(out, e->flags);
        cs_buf_add_u64(out, e->sections[i].data.n);
        cs_buf_add(out, e->sections[i].data);
    }
    if (out->err != CS_OK)
        return;
    uint32_t crc = crc_of(cs_slice_of(out->p + from, out->n - from));
    for (size_t i = 0; i < 4; i++)
        out->p[from + CRC_AT + i] = (uint8_t)(crc >> (24 - 8 * i));
}

/* The image with `signature` as its last section. */
static cs_err write_signed(cs_buf *out, const cs_eif *image, cs_slice signature)
{
    cs_eif e = *image;
    struct header h = {0};
    uint64_t at = HEADER;
    if (e.sections[e.section_count - 1].type == CS_EIF_SIGNATURE)
        e.section_count--;
    if (e.section_count == CS_EIF_SECTIONS)
        return CS_TOO_LARGE;
    e.sections[e.section_count].type = CS_EIF_SIGNATURE;
    e.sections[e.section_count++].data = signature;
    for (size_t i = 0; i < e.section_count; i++) {
        h.offsets[i] = at;
        h.sizes[i] = e.sections[i].data.n;
        at += SECTION_HEADER + h.sizes[i];
    }
    write_image(out, &e, &h);
    return out->err;
}

/* What was signed must verify under the certificate: else it is of another key. */
static cs_err check_signer(cs_slice pem, cs_slice cose, const uint8_t pcr0[CS_NITRO_PCR_LEN])
{
    cs_cert *cert = NULL;
    cs_err err = open_certificate(&cert, pem);
    if (err == CS_OK)
        err = verify_cose(cert, cose, pcr0);
    cs_cert_free(cert);
    return err == CS_BAD_SIGNATURE ? CS_BAD_PRIVATE_KEY : err;
}

cs_err cs_eif_sign(cs_buf *out, const cs_eif *image, const cs_key *key, cs_slice pem)
{
    uint8_t pcr0[CS_NITRO_PCR_LEN];
    cs_buf cose = cs_buf_new(CS_MAX_COSE), section = cs_buf_new(MAX_SIGNATURE);
    cs_err err = pem.n <= MAX_PEM ? measure_code(pcr0, image, SIGNED_REGISTER) : CS_BAD_FORMAT;
    if (err == CS_OK)
        err = sign_register(&cose, key, pcr0);
    if (err == CS_OK)
        err = check_signer(pem, cs_buf_slice(&cose), pcr0);
    if (err == CS_OK) {
        write_signature(&section, pem, cs_buf_slice(&cose));
        err = section.err;
    }
    if (err == CS_OK)
        err = write_signed(out, image, cs_buf_slice(&section));
    cs_buf_free(&cose);
    cs_buf_free(&section);
    return err;
}
