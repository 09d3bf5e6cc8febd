/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/eif.c: images taken apart, measured and signed; one change a row, each with a CRC that is right. */
#include "core/eif.h"

#include "core/crypto_issue.h"
#include "vectors.h"

#define SECTIONS_AT 548
#define META "{\"ImageName\":\"i\",\"ImageVersion\":\"1.2.3\"}"

struct part {
    int type; /* 0: none */
    const char *data;
};

/* What is different from a good image. */
struct change {
    struct part parts[8];   /* [0].type 0: those of a good one */
    int count_off;          /* of the sections that the header tells */
    int at, value;          /* a byte of the header, + 1, and what it is instead */
    int offset_of, size_of; /* position + 1 of a section whose place or size the header tells wrongly */
    int extra_size;         /* position + 1 of a size behind the last section's */
    int longer;             /* position + 1 of a section that says it is a byte longer */
    bool trailing, broken_crc;
};

static const struct part good_parts[] = {{1, "kernel"}, {2, "line"}, {5, META}, {3, "first"}, {3, "second"}};

/* CRC-32, bit by bit [IEEE 802.3]. */
static uint32_t crc(uint32_t c, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            c = c >> 1 ^ (c & 1 ? 0xedb88320 : 0);
    }
    return c;
}

static void fix_crc(uint8_t *p, size_t n)
{
    uint32_t c = ~crc(crc(0xffffffff, p, 544), p + SECTIONS_AT, n - SECTIONS_AT);
    for (size_t i = 0; i < 4; i++)
        p[544 + i] = (uint8_t)(c >> (24 - 8 * i));
}

static cs_slice image_of(const struct change *c)
{
    const struct part *parts = c->parts[0].type != 0 ? c->parts : good_parts;
    size_t count = 0, max = c->parts[0].type != 0 ? 8 : 5;
    uint64_t offsets[32] = {0}, sizes[32] = {0};
    cs_buf body = cs_buf_new(1u << 16), out = cs_buf_new(1u << 16);
    for (; count < max && parts[count].type != 0; count++) {
        cs_slice data = cs_slice_str(parts[count].data);
        offsets[count] = SECTIONS_AT + body.n + (c->offset_of == (int)count + 1);
        sizes[count] = data.n + (c->size_of == (int)count + 1);
        cs_buf_add_u16(&body, (uint16_t)parts[count].type);
        cs_buf_add_u16(&body, 0);
        cs_buf_add_u64(&body, data.n + (c->longer == (int)count + 1));
        cs_buf_add(&body, data);
    }
    if (c->extra_size > 0)
        sizes[c->extra_size - 1] = 1;
    cs_buf_add_str(&out, ".eif");
    cs_buf_add_u32(&out, 4u << 16);
    cs_buf_add_u64(&out, 0);
    cs_buf_add_u64(&out, 0);
    cs_buf_add_u16(&out, 0);
    cs_buf_add_u16(&out, (uint16_t)((int)count + c->count_off));
    for (size_t i = 0; i < 32; i++)
        cs_buf_add_u64(&out, offsets[i]);
    for (size_t i = 0; i < 32; i++)
        cs_buf_add_u64(&out, sizes[i]);
    cs_buf_add_u64(&out, 0);
    cs_buf_add(&out, cs_buf_slice(&body));
    if (c->trailing)
        cs_buf_add_u8(&out, 0);
    if (c->at > 0)
        out.p[c->at - 1] = (uint8_t)c->value;
    fix_crc(out.p, out.n);
    if (c->broken_crc)
        out.p[547] ^= 1;
    cs_slice held = cs_slice_of(vectors_copy(cs_buf_slice(&out)), out.n);
    cs_buf_free(&body);
    cs_buf_free(&out);
    return held;
}

static const struct {
    const char *what;
    struct change change;
    bool good;
} rows[] = {
    {"good", {.broken_crc = false}, true},
    {"one ramdisk", {.parts = {{1, "k"}, {2, "l"}, {3, "r"}, {5, META}}}, true},
    {"for arm64", {.at = 8, .value = 1}, true},
    {"an empty command line", {.parts = {{1, "k"}, {2, ""}, {5, META}, {3, "r"}}}, true},
    {"magic", {.at = 1, .value = 'E'}},
    {"version 3", {.at = 6, .value = 3}},
    {"version 5", {.at = 6, .value = 5}},
    {"an unknown flag", {.at = 8, .value = 2}},
    {"reserved", {.at = 26, .value = 1}},
    {"unused", {.at = 543, .value = 1}},
    {"CRC", {.broken_crc = true}},
    {"a section fewer", {.count_off = -1}},
    {"a section more", {.count_off = 1}},
    {"one section", {.parts = {{1, "k"}}}},
    {"33 sections", {.count_off = 28}},
    {"a byte behind", {.trailing = true}},
    {"a place that is another", {.offset_of = 3}},
    {"a size that is another", {.size_of = 3}},
    {"a section longer than the image", {.longer = 5, .size_of = 5}},
    {"a section longer than the header says", {.longer = 3}},
    {"sizes behind the last", {.extra_size = 9}},
    {"no kernel", {.parts = {{2, "l"}, {5, META}, {3, "r"}}}},
    {"two kernels", {.parts = {{1, "k"}, {1, "k"}, {2, "l"}, {5, META}, {3, "r"}}}},
    {"the kernel second", {.parts = {{2, "l"}, {1, "k"}, {5, META}, {3, "r"}}}},
    {"no command line", {.parts = {{1, "k"}, {5, META}, {3, "r"}}}},
    {"two command lines", {.parts = {{1, "k"}, {2, "l"}, {2, "m"}, {5, META}, {3, "r"}}}},
    {"a ramdisk before the line", {.parts = {{1, "k"}, {3, "r"}, {2, "l"}, {5, META}}}},
    {"no ramdisk", {.parts = {{1, "k"}, {2, "l"}, {5, META}}}},
    {"no metadata", {.parts = {{1, "k"}, {2, "l"}, {3, "r"}}}},
    {"metadata twice", {.parts = {{1, "k"}, {2, "l"}, {5, META}, {5, META}, {3, "r"}}}},
    {"a signature that is not last", {.parts = {{1, "k"}, {2, "l"}, {5, META}, {4, "s"}, {3, "r"}}}},
    {"two signatures", {.parts = {{1, "k"}, {2, "l"}, {5, META}, {3, "r"}, {4, "s"}, {4, "s"}}}},
    {"an unknown section", {.parts = {{1, "k"}, {2, "l"}, {5, META}, {3, "r"}, {6, "x"}}}},
};

static void images(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cs_eif e;
        cs_err err = cs_eif_parse(&e, image_of(&rows[i].change));
        if (err != (rows[i].good ? CS_OK : CS_BAD_FORMAT))
            fail_msg("%s: %s", rows[i].what, cs_err_name(err));
        assert_int_equal(e.section_count > 0, rows[i].good);
        vectors_release();
    }
}

static void every_prefix_and_bit(void **state)
{
    (void)state;
    cs_eif e;
    cs_slice good = image_of(&(struct change){0});
    uint8_t *copy = vectors_copy(good);
    for (size_t n = 0; n < good.n; n++)
        assert_int_equal(cs_eif_parse(&e, cs_slice_of(copy, n)), CS_BAD_FORMAT);
    for (size_t bit = 0; bit < 8 * good.n; bit++) {
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (cs_eif_parse(&e, cs_slice_of(copy, good.n)) == CS_OK)
            fail_msg("bit %zu does not matter", bit);
        copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    vectors_release();
}

/* By Python: hashlib.sha384(bytes(48) + hashlib.sha384(content).digest()). */
static void measured(void **state)
{
    (void)state;
    static const char *const wanted[] = {
        "40313128ca6706b5e6347399b5823717c308caf93205598d80e3721437b0de82f092953635713bee8bed3126d0b5cc73",
        "883a2b455851efdde8f5340baa2a854a89a89eec0a9eca24b552800889f3d022daba3a67c28b1e15983e6cda52ec8a62",
        "f4d3d355b1d7a674b58aa7c27ccd27cc40665ed50aa116bfcecf510ba2fa4cd908be95397be478017896eeb46f3c092d",
    };
    cs_eif e;
    uint8_t pcrs[CS_MANIFEST_PCRS][CS_NITRO_PCR_LEN];
    char version[CS_MAX_ID + 1];
    assert_int_equal(cs_eif_parse(&e, image_of(&(struct change){0})), CS_OK);
    assert_int_equal(cs_eif_measure(pcrs, &e), CS_OK);
    for (size_t i = 0; i < 3; i++)
        assert_memory_equal(pcrs[i], vectors_from_hex(cs_slice_str(wanted[i])).p, CS_NITRO_PCR_LEN);
    assert_true(cs_slice_all_zero(CS_ARRAY(pcrs[3])));
    assert_int_equal(cs_eif_version(version, &e), CS_OK);
    assert_string_equal(version, "1.2.3");

    struct change no_version = {.parts = {{1, "k"}, {2, "l"}, {5, "{}"}, {3, "r"}}};
    assert_int_equal(cs_eif_parse(&e, image_of(&no_version)), CS_OK);
    assert_int_equal(cs_eif_version(version, &e), CS_OK);
    assert_string_equal(version, "");
    no_version.parts[2].data = "no JSON";
    assert_int_equal(cs_eif_parse(&e, image_of(&no_version)), CS_OK);
    assert_int_equal(cs_eif_version(version, &e), CS_BAD_JSON);
    vectors_release();
}

/* -- signatures ---------------------------------------------------------------------------------------------------- */

static cs_key *key_of(cs_prim prim, uint8_t n)
{
    uint8_t scalar[48] = {0x17, n, 0x17};
    cs_key *key = NULL;
    assert_int_equal(cs_key_open_private(&key, prim, cs_slice_of(scalar, cs_prim_private_len(prim))), CS_OK);
    return key;
}

static void certificate_of(cs_buf *pem, const cs_key *key)
{
    cs_buf der = cs_buf_new(4096);
    assert_int_equal(cs_issue_certificate(&der, &(cs_issue){.organisation = "o",
                                                            .unit = "u",
                                                            .common_name = "signer",
                                                            .not_before = 1700000000,
                                                            .not_after = 1800000000,
                                                            .path_length = -1,
                                                            .usage = CS_USAGE_SIGNATURE,
                                                            .key = key,
                                                            .issuer_key = key}),
                     CS_OK);
    cs_issue_pem(pem, cs_buf_slice(&der));
    assert_int_equal(pem->err, CS_OK);
    cs_buf_free(&der);
}

static void signatures(void **state)
{
    (void)state;
    cs_eif e, signed_one;
    uint8_t plain[CS_MANIFEST_PCRS][CS_NITRO_PCR_LEN], pcrs[CS_MANIFEST_PCRS][CS_NITRO_PCR_LEN];
    cs_key *key = key_of(CS_P384, 1), *other = key_of(CS_P384, 2), *p256 = key_of(CS_P256, 3);
    cs_buf pem = cs_buf_new(8192), out = cs_buf_new(1u << 20), again = cs_buf_new(1u << 20);
    certificate_of(&pem, key);
    assert_int_equal(cs_eif_parse(&e, image_of(&(struct change){0})), CS_OK);
    assert_int_equal(cs_eif_measure(plain, &e), CS_OK);
    assert_int_equal(cs_eif_sign(&out, &e, key, cs_buf_slice(&pem)), CS_OK);
    assert_int_equal(cs_eif_sign(&again, &e, key, cs_buf_slice(&pem)), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&out), cs_buf_slice(&again)));

    assert_int_equal(cs_eif_parse(&signed_one, cs_buf_slice(&out)), CS_OK);
    assert_int_equal(signed_one.section_count, 6);
    assert_int_equal(cs_eif_measure(pcrs, &signed_one), CS_OK);
    assert_memory_equal(pcrs, plain, 3 * CS_NITRO_PCR_LEN);
    assert_false(cs_slice_all_zero(CS_ARRAY(pcrs[3])));

    /* In place of the old signature, not beside it. */
    cs_buf_clear(&again);
    assert_int_equal(cs_eif_sign(&again, &signed_one, key, cs_buf_slice(&pem)), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&out), cs_buf_slice(&again)));

    cs_buf_clear(&again);
    assert_int_equal(cs_eif_sign(&again, &e, other, cs_buf_slice(&pem)), CS_BAD_PRIVATE_KEY);
    assert_int_equal(cs_eif_sign(&again, &e, p256, cs_buf_slice(&pem)), CS_BAD_PRIVATE_KEY);
    assert_int_equal(cs_eif_sign(&again, &e, key, CS_LIT("")), CS_BAD_FORMAT);
    assert_int_equal(cs_eif_sign(&again, &e, key, CS_LIT("-----BEGIN CERTIFICATE-----\n")), CS_BAD_FORMAT);
    assert_int_equal(again.n, 0);

    /* Every byte of the section, under a CRC that is right: another certificate, another signature, or none at all. */
    cs_slice section = signed_one.sections[5].data;
    uint8_t *copy = vectors_copy(cs_buf_slice(&out));
    size_t from = (size_t)(section.p - out.p), named = 0;
    for (size_t i = from; i < out.n; i++) {
        copy[i] ^= 1;
        fix_crc(copy, out.n);
        assert_int_equal(cs_eif_parse(&signed_one, cs_slice_of(copy, out.n)), CS_OK);
        cs_err err = cs_eif_measure(pcrs, &signed_one);
        /* What only the certificate's issuer vouches for is in PCR8, and nobody else's business here. */
        if (err != CS_BAD_FORMAT && err != CS_BAD_SIGNATURE && (err != CS_OK || i > from + section.n - 300))
            fail_msg("byte %zu: %s", i - from, cs_err_name(err));
        assert_true(err == CS_OK || cs_slice_all_zero(CS_ARRAY(pcrs[0])));
        named += err == CS_BAD_SIGNATURE;
        copy[i] ^= 1;
    }
    assert_true(named > 96);
    /* The same signature over another image. */
    copy[SECTIONS_AT + 12] ^= 1;
    fix_crc(copy, out.n);
    assert_int_equal(cs_eif_parse(&signed_one, cs_slice_of(copy, out.n)), CS_OK);
    assert_int_equal(cs_eif_measure(pcrs, &signed_one), CS_BAD_SIGNATURE);
    cs_key_free(key);
    cs_key_free(other);
    cs_key_free(p256);
    cs_buf_free(&pem);
    cs_buf_free(&out);
    cs_buf_free(&again);
    vectors_release();
}

static void signatures_that_are_none(void **state)
{
    (void)state;
    static const char *const sections[] = {"",
                                           "s",
                                           "\x80",
                                           "\x81\xa2",
                                           "\x82\xa2",
                                           "\xa2",
                                           "\x81\xa2\x61s\x80",
                                           "\x81\xa2\x73signing_certificate\x99\xff\xff",
                                           "\x98\x01\xa2"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        cs_eif e;
        uint8_t pcrs[CS_MANIFEST_PCRS][CS_NITRO_PCR_LEN];
        struct change c = {.parts = {{1, "k"}, {2, "l"}, {5, META}, {3, "r"}, {4, sections[i]}}};
        assert_int_equal(cs_eif_parse(&e, image_of(&c)), CS_OK);
        assert_int_equal(cs_eif_measure(pcrs, &e), CS_BAD_FORMAT);
        vectors_release();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images),     cmocka_unit_test(every_prefix_and_bit),     cmocka_unit_test(measured),
        cmocka_unit_test(signatures), cmocka_unit_test(signatures_that_are_none),
    };
    return cmocka_run_group_tests_name("eif", tests, NULL, NULL);
}
