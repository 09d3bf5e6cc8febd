/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/enclave/softnsm.c and softchain.c through the client that real modules have (nsm.c). zone: enclave */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cbor.h"
#include "core/cose.h"
#include "core/crypto_x509.h"
#include "enclave/softnsm.h"
#include "sys/file.h"

#define HOUR 3600
#define DAY (24 * HOUR)
#define START 1790000000LL

static char folder[64], state_dir[96], key_path[128], pem_path[128];
static int64_t now; /* seconds */
static cs_softnsm soft;
static cs_nsm nsm = {cs_softnsm_ioctl, &soft};
static uint8_t pcr0[CS_NSM_PCR_LEN];

static int64_t now_ms(void)
{
    return now * 1000 + 7;
}

static int begin(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-softnsm-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(state_dir, sizeof state_dir, "%s/state", folder);
    (void)snprintf(key_path, sizeof key_path, "%s/software-nsm-root.key", state_dir);
    (void)snprintf(pem_path, sizeof pem_path, "%s/software-nsm-root.pem", state_dir);
    now = START;
    memset(pcr0, 0xab, sizeof pcr0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    (void)unlink(key_path);
    (void)unlink(pem_path);
    (void)rmdir(state_dir);
    return rmdir(folder);
}

static int begin_open(void **state)
{
    return begin(state) == 0 && cs_softnsm_open(&soft, state_dir, pcr0, now_ms) == CS_OK ? 0 : -1;
}

static int end_open(void **state)
{
    cs_softnsm_close(&soft);
    return end(state);
}

/* A document taken apart. */
struct document {
    cs_buf bytes;
    cs_cose cose;
    cs_cbor *payload;
    cs_cmap map;
    cs_slice chain[CS_SOFTCHAIN_LENGTH]; /* leaf first, as cs_chain_open wants it */
};

static void attest(struct document *d, cs_slice user_data, cs_slice nonce, cs_slice public_key)
{
    *d = (struct document){.bytes = cs_buf_new(CS_NSM_MAX_DOCUMENT)};
    assert_int_equal(cs_nsm_attest(&d->bytes, &nsm, user_data, nonce, public_key), CS_OK);
    assert_int_equal(cs_cose_parse(&d->cose, cs_buf_slice(&d->bytes)), CS_OK);
    assert_int_equal(cs_cbor_parse(&d->payload, d->cose.payload, CS_NSM_MAX_DOCUMENT), CS_OK);
    d->map = cs_cmap_open(cs_cbor_root(d->payload));
    d->chain[0] = cs_cmap_bytes(&d->map, "certificate", 1, 1024);
    cs_cval bundle = cs_cmap_array(&d->map, "cabundle");
    assert_int_equal(cs_cval_count(bundle), CS_SOFTCHAIN_LENGTH - 1);
    cs_cval v = cs_cval_first(bundle);
    for (size_t i = CS_SOFTCHAIN_LENGTH - 1; i > 0; i--, v = cs_cval_next(v))
        d->chain[i] = cs_cval_bytes(v);
}

static void done(struct document *d)
{
    cs_cbor_free(d->payload);
    cs_buf_free(&d->bytes);
}

static cs_err chain_err(const struct document *d, int64_t at)
{
    cs_chain *chain;
    cs_digest root;
    assert_int_equal(cs_hash(&root, CS_SHA256, cs_softnsm_root(&soft)), CS_OK);
    uint8_t pins[1][CS_SHA256_LEN];
    memcpy(pins[0], root.b, CS_SHA256_LEN);
    const cs_chain_rule rule = {.roots = (const uint8_t(*)[CS_SHA256_LEN])pins,
                                .root_count = 1,
                                .at = at,
                                .schemes = 1u << CS_SCHEME_ES384_DER,
                                .ca_key_usage = true,
                                .leaf_digital_signature = true};
    assert_int_equal(cs_chain_open(&chain, NULL, d->chain, CS_SOFTCHAIN_LENGTH), CS_OK);
    cs_err err = cs_chain_verify(chain, &rule);
    if (err == CS_OK) {
        cs_buf signed_bytes = cs_buf_new(CS_NSM_MAX_DOCUMENT);
        cs_cose_sig_structure(&signed_bytes, &d->cose);
        assert_int_equal(cs_pubkey_verify(cs_cert_public_key(cs_chain_at(chain, 0)), CS_SCHEME_ES384_RAW,
                                          cs_buf_slice(&signed_bytes), d->cose.signature),
                         CS_OK);
        cs_buf_free(&signed_bytes);
    }
    cs_chain_free(chain);
    return err;
}

static void documents_have_the_shape_of_nitro(void **state)
{
    (void)state;
    struct document d;
    attest(&d, CS_LIT("commitment"), CS_ABSENT, CS_LIT(""));
    assert_int_equal(d.bytes.p[0], 0x84);
    assert_true(cs_slice_eq(d.cose.protected_header, CS_LIT("\xa1\x01\x38\x22")));
    assert_int_equal(d.cose.signature.n, 96);
    assert_int_equal(cs_cval_count(cs_cbor_root(d.payload)), 9);
    assert_true(cs_slice_starts(cs_cmap_text(&d.map, "module_id", 1, 64), CS_LIT("soft-")));
    assert_true(cs_slice_is(cs_cmap_text(&d.map, "digest", 6, 6), "SHA384"));
    assert_int_equal(cs_cmap_uint(&d.map, "timestamp", 1, INT64_MAX), START * 1000 + 7);
    assert_true(cs_slice_is(cs_cmap_bytes_or_null(&d.map, "user_data", 0, 512), "commitment"));
    assert_null(cs_cmap_bytes_or_null(&d.map, "nonce", 0, 512).p);
    cs_slice empty = cs_cmap_bytes_or_null(&d.map, "public_key", 0, 512);
    assert_true(empty.p != NULL && empty.n == 0); /* null and no bytes are not the same */
    cs_cval pcrs = cs_cmap_map(&d.map, "pcrs");
    assert_int_equal(cs_cval_count(pcrs), 16);
    assert_int_equal(cs_cmap_done(&d.map), CS_OK);
    cs_cmap registers = cs_cmap_open(pcrs);
    static const uint8_t zero[CS_NSM_PCR_LEN];
    for (int i = 0; i < 16; i++)
        assert_true(
            cs_slice_eq(cs_cval_bytes(cs_cmap_find_int(&registers, i)), i == 0 ? CS_ARRAY(pcr0) : CS_ARRAY(zero)));
    assert_int_equal(chain_err(&d, START), CS_OK);
    done(&d);
}

/* A certificate is not older than its place in the chain allows, and no name of it is Amazon's. */
static void certificates_say_what_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t life;
    } rows[CS_SOFTCHAIN_LENGTH] = {
        {"enclave.countersign.software-nsm", 3 * HOUR}, {"instance.countersign.software-nsm", DAY},
        {"zonal.countersign.software-nsm", 6 * DAY},    {"region.countersign.software-nsm", 20 * DAY},
        {"countersign.software-nsm", 10950LL * DAY},
    };
    struct document d;
    attest(&d, CS_ABSENT, CS_ABSENT, CS_ABSENT);
    for (size_t i = 0; i < CS_SOFTCHAIN_LENGTH; i++) {
        cs_cert *c;
        assert_int_equal(cs_cert_parse(&c, d.chain[i]), CS_OK);
        cs_slice name = cs_cert_common_name(c), want = cs_slice_str(rows[i].name);
        assert_true(cs_slice_eq(cs_slice_sub(name, name.n - want.n, want.n), want));
        assert_true(d.chain[i].n <= 1024);
        assert_int_equal(cs_cert_not_after(c), START + rows[i].life);
        assert_int_equal(cs_cert_not_before(c), START - 60);
        assert_null(memmem(d.chain[i].p, d.chain[i].n, "aws", 3));
        assert_null(memmem(d.chain[i].p, d.chain[i].n, "Amazon", 6));
        assert_non_null(memmem(d.chain[i].p, d.chain[i].n, "software NSM - not hardware", 27));
        cs_cert_free(c);
    }
    done(&d);
}

static void the_chain_outlives_its_documents(void **state)
{
    (void)state;
    static const struct {
        int64_t at;   /* seconds after the start */
        size_t fresh; /* certificates that are not those of the row before, from the leaf up */
    } rows[] = {
        {1, 0},
        {3 * HOUR - 600, 0},
        {3 * HOUR - 599, 1},
        {6 * HOUR, 1},
        {DAY - 3 * HOUR - 599, 2}, /* a leaf of three hours would outlive its issuer */
        {5 * DAY - 599, 3},
        {14 * DAY - 599, 4},
        {500 * DAY, 4},
    };
    struct document before, d;
    attest(&before, CS_ABSENT, CS_ABSENT, CS_ABSENT);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t fresh = 0;
        now = START + rows[i].at;
        attest(&d, CS_ABSENT, CS_ABSENT, CS_ABSENT);
        while (fresh < CS_SOFTCHAIN_LENGTH && !cs_slice_eq(d.chain[fresh], before.chain[fresh]))
            fresh++;
        for (size_t k = fresh; k < CS_SOFTCHAIN_LENGTH; k++)
            assert_true(cs_slice_eq(d.chain[k], before.chain[k]));
        assert_int_equal(fresh, rows[i].fresh);
        assert_int_equal(chain_err(&d, now), CS_OK);
        assert_int_equal(chain_err(&d, now + 600), CS_OK);
        done(&before);
        before = d;
    }
    assert_int_equal(chain_err(&before, now + 3 * HOUR), CS_OK);
    assert_int_equal(chain_err(&before, now + 3 * HOUR + 1), CS_ATT_CERT_EXPIRED);
    assert_int_equal(chain_err(&before, now - 61), CS_ATT_CERT_NOT_YET_VALID);
    done(&before);
}

static void registers_are_extended_and_locked(void **state)
{
    (void)state;
    /* SHA-384(48 zero bytes ‖ "abc"), by sha384sum */
    static const uint8_t extended[CS_NSM_PCR_LEN] = {
        0xb1, 0xc1, 0x6e, 0xb7, 0x63, 0x41, 0x12, 0xb7, 0xc9, 0xd5, 0xeb, 0xd2, 0x7e, 0x62, 0xa2, 0xd4,
        0x52, 0x8b, 0xbf, 0xcf, 0xd6, 0x8b, 0x62, 0xd3, 0xaf, 0xd9, 0xec, 0xf9, 0x8e, 0x0f, 0x41, 0x3a,
        0x84, 0x31, 0x4a, 0xcc, 0xe7, 0x83, 0x17, 0xfb, 0x69, 0xfd, 0x89, 0x51, 0x55, 0x34, 0x3e, 0x09};
    cs_nsm_pcr pcr;
    cs_nsm_description d;
    uint8_t value[CS_NSM_PCR_LEN];
    struct document doc;
    assert_int_equal(cs_nsm_pcr_read(&pcr, &nsm, 0), CS_OK);
    assert_true(pcr.locked);
    assert_memory_equal(pcr.value, pcr0, sizeof pcr0);
    assert_int_equal(cs_nsm_pcr_extend(value, &nsm, 16, CS_LIT("abc")), CS_OK);
    assert_memory_equal(value, extended, sizeof extended);
    assert_int_equal(cs_nsm_pcr_read(&pcr, &nsm, 16), CS_OK);
    assert_false(pcr.locked);
    assert_memory_equal(pcr.value, extended, sizeof extended);
    attest(&doc, CS_ABSENT, CS_ABSENT, CS_ABSENT);
    assert_int_equal(cs_cval_count(cs_cmap_map(&doc.map, "pcrs")), 16); /* it is not locked: no part of evidence */
    done(&doc);

    assert_int_equal(cs_nsm_pcr_lock(&nsm, 16), CS_OK);
    attest(&doc, CS_ABSENT, CS_ABSENT, CS_ABSENT);
    cs_cmap registers = cs_cmap_open(cs_cmap_map(&doc.map, "pcrs"));
    assert_true(cs_slice_eq(cs_cval_bytes(cs_cmap_find_int(&registers, 16)), CS_ARRAY(extended)));
    done(&doc);

    assert_int_equal(cs_nsm_pcr_lock_range(&nsm, 20), CS_OK);
    assert_int_equal(cs_nsm_describe(&d, &nsm), CS_OK);
    assert_int_equal(d.locked, 0xfffff);
    assert_int_equal(d.max_pcrs, 32);
}

/* What the module itself says no to, as its error reaches the log of the client. */
static const char *error_of(cs_slice request)
{
    static uint8_t response[CS_NSM_MAX_RESPONSE];
    static char text[64];
    cs_nsm_message m = {{(void *)(uintptr_t)request.p, request.n}, {response, sizeof response}};
    cs_cbor *answer;
    assert_int_equal(cs_softnsm_ioctl(&soft, &m), 0);
    assert_int_equal(cs_cbor_parse(&answer, cs_slice_of(response, m.response.iov_len), sizeof response), CS_OK);
    cs_cmap map = cs_cmap_open(cs_cbor_root(answer));
    cs_slice error = cs_cval_text(cs_cmap_find(&map, "Error"));
    cs_err err = error.p != NULL ? cs_slice_to_cstr(text, sizeof text, error)
                                 : cs_slice_to_cstr(text, sizeof text, CS_LIT("none"));
    assert_int_equal(err, CS_OK);
    cs_cbor_free(answer);
    return text;
}

static void errors_are_the_modules_own(void **state)
{
    (void)state;
    /* clang-format off: a string next to a string is one item of CBOR next to another. */
    static const struct {
        cs_slice request;
        const char *error;
    } rows[] = {
        {CS_LIT("\x69"
                "GetRandom"),
         "none"},
        {CS_LIT("\xa1\x6b"
                "DescribePCR"
                "\xa1\x65"
                "index"
                "\x18\x1f"),
         "none"},
        {CS_LIT("\xa1\x6b"
                "DescribePCR"
                "\xa1\x65"
                "index"
                "\x18\x20"),
         "InvalidIndex"},
        {CS_LIT("\xa1\x6b"
                "DescribePCR"
                "\xa1\x65"
                "index"
                "\x61"
                "1"),
         "InvalidIndex"},
        {CS_LIT("\xa1\x6b"
                "DescribePCR"
                "\xa2\x65"
                "index"
                "\x01\x61"
                "x"
                "\x00"),
         "InvalidArgument"},
        {CS_LIT("\xa1\x6b"
                "DescribePCR"
                "\xf6"),
         "InvalidArgument"},
        {CS_LIT("\xa1\x69"
                "ExtendPCR"
                "\xa2\x65"
                "index"
                "\x00\x64"
                "data"
                "\x41"
                "x"),
         "ReadOnlyIndex"},
        {CS_LIT("\xa1\x69"
                "ExtendPCR"
                "\xa2\x65"
                "index"
                "\x18\x20\x64"
                "data"
                "\x41"
                "x"),
         "InvalidIndex"},
        {CS_LIT("\xa1\x69"
                "ExtendPCR"
                "\xa2\x65"
                "index"
                "\x10\x64"
                "data"
                "\x40"),
         "InvalidArgument"},
        {CS_LIT("\xa1\x69"
                "ExtendPCR"
                "\xa1\x65"
                "index"
                "\x10"),
         "InvalidArgument"},
        {CS_LIT("\xa1\x67"
                "LockPCR"
                "\xa1\x65"
                "index"
                "\x0f"),
         "ReadOnlyIndex"},
        {CS_LIT("\xa1\x68"
                "LockPCRs"
                "\xa1\x65"
                "range"
                "\x18\x21"),
         "InvalidIndex"},
        {CS_LIT("\x68"
                "LockPCRs"),
         "InvalidOperation"},
        {CS_LIT("\xa1\x69"
                "GetRandom"
                "\xa0"),
         "InvalidOperation"},
        {CS_LIT("\x69"
                "getrandom"),
         "InvalidOperation"},
        {CS_LIT("\xa2\x67"
                "LockPCR"
                "\xa1\x65"
                "index"
                "\x10\x61"
                "x"
                "\x00"),
         "InvalidOperation"},
        {CS_LIT("\x80"), "InvalidOperation"},
        {CS_LIT(""), "InvalidOperation"},
        {CS_LIT("\x69"
                "GetRandom"
                "\x00"),
         "InvalidOperation"},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(error_of(rows[i].request), rows[i].error) != 0)
            fail_msg("row %zu: %s", i, error_of(rows[i].request));
}

static void inputs_are_bounded(void **state)
{
    (void)state;
    static uint8_t bytes[CS_NSM_MAX_REQUEST + 1];
    static const struct {
        size_t user_data, nonce, public_key;
        cs_err err;
    } rows[] = {
        {512, 512, 1024, CS_OK},
        {513, 0, 0, CS_ROOT_UNAVAILABLE},
        {0, 513, 0, CS_ROOT_UNAVAILABLE},
        {0, 0, 1025, CS_ROOT_UNAVAILABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cs_buf document = cs_buf_new(CS_NSM_MAX_DOCUMENT);
        assert_int_equal(cs_nsm_attest(&document, &nsm, cs_slice_of(bytes, rows[i].user_data),
                                       cs_slice_of(bytes, rows[i].nonce), cs_slice_of(bytes, rows[i].public_key)),
                         rows[i].err);
        cs_buf_free(&document);
    }
    uint8_t response[CS_NSM_MAX_RESPONSE];
    cs_nsm_message large = {{bytes, sizeof bytes}, {response, sizeof response}};
    assert_int_equal(cs_softnsm_ioctl(&soft, &large), -1);
    assert_int_equal(errno, EMSGSIZE);
    cs_nsm_message tight = {{(void *)(uintptr_t) "\x69GetRandom", 10}, {response, 200}};
    assert_int_equal(cs_softnsm_ioctl(&soft, &tight), -1);
    assert_int_equal(errno, EINVAL);
}

static void the_root_is_kept(void **state)
{
    (void)state;
    struct stat st;
    cs_buf first = cs_buf_new(2000);
    assert_int_equal(cs_softnsm_open(&soft, state_dir, pcr0, now_ms), CS_OK);
    cs_buf_add(&first, cs_softnsm_root(&soft));
    cs_softnsm_close(&soft);
    assert_int_equal(stat(key_path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, 48);
    now += 400 * DAY;
    assert_int_equal(cs_softnsm_open(&soft, state_dir, pcr0, now_ms), CS_OK);
    assert_true(cs_slice_eq(cs_softnsm_root(&soft), cs_buf_slice(&first)));
    cs_softnsm_close(&soft);
    cs_buf_free(&first);

    assert_int_equal(unlink(pem_path), 0); /* the start ended between the two files */
    assert_int_equal(cs_softnsm_open(&soft, state_dir, pcr0, now_ms), CS_OK);
    cs_softnsm_close(&soft);
}

static void a_root_that_is_none_is_not_replaced(void **state)
{
    (void)state;
    cs_buf key = cs_buf_new(100), pem = cs_buf_new(3000), other_key = cs_buf_new(100), other_pem = cs_buf_new(3000);
    assert_int_equal(cs_softnsm_open(&soft, state_dir, pcr0, now_ms), CS_OK);
    cs_softnsm_close(&soft);
    assert_int_equal(cs_file_read(&other_key, key_path), CS_OK);
    assert_int_equal(cs_file_read(&other_pem, pem_path), CS_OK);
    assert_int_equal(unlink(key_path) + unlink(pem_path), 0);
    assert_int_equal(cs_softnsm_open(&soft, state_dir, pcr0, now_ms), CS_OK);
    cs_softnsm_close(&soft);
    assert_int_equal(cs_file_read(&key, key_path), CS_OK);
    assert_int_equal(cs_file_read(&pem, pem_path), CS_OK);
    const struct {
        cs_slice key, pem;
        unsigned mode;
        cs_err err;
    } rows[] = {
        {cs_buf_slice(&key), cs_buf_slice(&pem), 0600, CS_OK},
        {cs_buf_slice(&other_key), cs_buf_slice(&other_pem), 0600, CS_OK},
        {cs_buf_slice(&other_key), cs_buf_slice(&pem), 0600, CS_CONFIG},
        {cs_buf_slice(&key), cs_buf_slice(&other_pem), 0600, CS_CONFIG},
        {cs_buf_slice(&key), cs_buf_slice(&pem), 0640, CS_CONFIG},
        {cs_slice_sub(cs_buf_slice(&key), 0, 47), cs_buf_slice(&pem), 0600, CS_CONFIG},
        {CS_LIT(""), cs_buf_slice(&pem), 0600, CS_CONFIG},
        {CS_ABSENT, cs_buf_slice(&pem), 0600, CS_CONFIG}, /* a certificate whose key is gone */
        {cs_buf_slice(&key), CS_LIT(""), 0600, CS_CONFIG},
        {cs_buf_slice(&key), cs_slice_sub(cs_buf_slice(&pem), 0, pem.n - 30), 0600, CS_CONFIG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)unlink(key_path);
        (void)unlink(pem_path);
        if (rows[i].key.p != NULL)
            assert_int_equal(cs_file_write(key_path, rows[i].key, rows[i].mode, true), CS_OK);
        assert_int_equal(cs_file_write(pem_path, rows[i].pem, 0644, true), CS_OK);
        cs_err err = cs_softnsm_open(&soft, state_dir, pcr0, now_ms);
        if (err != rows[i].err)
            fail_msg("row %zu: %s", i, cs_err_name(err));
        if (err == CS_OK)
            cs_softnsm_close(&soft);
        cs_buf after = cs_buf_new(3000);
        assert_int_equal(cs_file_read(&after, pem_path), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&after), rows[i].pem));
        cs_buf_free(&after);
    }
    assert_int_equal(cs_softnsm_open(&soft, "/nowhere/state", pcr0, now_ms), CS_IO);
    cs_buf_free(&key);
    cs_buf_free(&pem);
    cs_buf_free(&other_key);
    cs_buf_free(&other_pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(documents_have_the_shape_of_nitro, begin_open, end_open),
        cmocka_unit_test_setup_teardown(certificates_say_what_they_are, begin_open, end_open),
        cmocka_unit_test_setup_teardown(the_chain_outlives_its_documents, begin_open, end_open),
        cmocka_unit_test_setup_teardown(registers_are_extended_and_locked, begin_open, end_open),
        cmocka_unit_test_setup_teardown(errors_are_the_modules_own, begin_open, end_open),
        cmocka_unit_test_setup_teardown(inputs_are_bounded, begin_open, end_open),
        cmocka_unit_test_setup_teardown(the_root_is_kept, begin, end),
        cmocka_unit_test_setup_teardown(a_root_that_is_none_is_not_replaced, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
