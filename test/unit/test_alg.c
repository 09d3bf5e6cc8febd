/* SPDX-License-Identifier: Apache-2.0 */
/* Tests src/core/alg.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "core/alg.h"
#include "core/limits.h"

/* Formats as bits: composite, concat, envelope, pure. */
static const struct row {
    const char *name, *standard, *label;
    cs_prim pq, trad;
    cs_hash_id ph;
    int arc;
    size_t public_len;
    unsigned formats;
} rows[] = {
    {"mldsa44+ed25519", "ietf", "COMPSIG-MLDSA44-Ed25519-SHA512", CS_MLDSA44, CS_ED25519, CS_SHA512, 39, 1344, 7},
    {"mldsa44+ecdsa-p256", "ietf", "COMPSIG-MLDSA44-ECDSA-P256-SHA256", CS_MLDSA44, CS_P256, CS_SHA256, 40, 1377, 7},
    {"mldsa65+ed25519", "ietf", "COMPSIG-MLDSA65-Ed25519-SHA512", CS_MLDSA65, CS_ED25519, CS_SHA512, 48, 1984, 7},
    {"mldsa65+ecdsa-p256", "ietf", "COMPSIG-MLDSA65-ECDSA-P256-SHA512", CS_MLDSA65, CS_P256, CS_SHA512, 45, 2017, 7},
    {"mldsa87+ecdsa-p384", "ietf", "COMPSIG-MLDSA87-ECDSA-P384-SHA512", CS_MLDSA87, CS_P384, CS_SHA512, 49, 2689, 1},
    {"mldsa87+ed448", "ietf", "COMPSIG-MLDSA87-Ed448-SHAKE256", CS_MLDSA87, CS_ED448, CS_SHAKE256_64, 51, 2649, 1},
    {"mldsa87+ed25519", "countersign", "COUNTERSIGN-MLDSA87-Ed25519-SHA512", CS_MLDSA87, CS_ED25519, CS_SHA512, 0, 2624,
     7},
    {"mldsa87+ecdsa-p256", "countersign", "COUNTERSIGN-MLDSA87-ECDSA-P256-SHA512", CS_MLDSA87, CS_P256, CS_SHA512, 0,
     2657, 7},
    {"mldsa44", "ietf", NULL, CS_MLDSA44, CS_PRIM_NONE, CS_HASH_NONE, 17, 1312, 8},
    {"mldsa65", "ietf", NULL, CS_MLDSA65, CS_PRIM_NONE, CS_HASH_NONE, 18, 1952, 8},
    {"mldsa87", "ietf", NULL, CS_MLDSA87, CS_PRIM_NONE, CS_HASH_NONE, 19, 2592, 8},
};
#define ROWS (sizeof rows / sizeof *rows)

static void the_table(void **state)
{
    (void)state;
    assert_int_equal(cs_alg_count, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        const cs_alg *a = cs_alg_find(cs_slice_str(rows[i].name));
        assert_ptr_equal(a, &cs_algs[i]);
        assert_string_equal(a->standard, rows[i].standard);
        assert_int_equal(a->pq, rows[i].pq);
        assert_int_equal(a->trad, rows[i].trad);
        assert_int_equal(a->ph, rows[i].ph);
        assert_int_equal(a->oid_arc, rows[i].arc);
        assert_int_equal(cs_alg_public_len(a), rows[i].public_len);
        assert_true(rows[i].public_len <= CS_MAX_PUBLIC_KEY);
        if (rows[i].label != NULL)
            assert_string_equal(a->label, rows[i].label);
        else
            assert_null(a->label);
        assert_int_equal(cs_alg_is_pure(a), rows[i].label == NULL);
        for (int f = CS_FORMAT_COMPOSITE; f <= CS_FORMAT_PURE; f++)
            assert_int_equal(cs_alg_offers(a, (cs_format)f), rows[i].formats >> f & 1);
        assert_false(cs_alg_offers(a, (cs_format)(CS_FORMAT_PURE + 1)));
        assert_true(cs_alg_offers(a, cs_alg_default_format(a)));
    }
}

static void unknown_algorithms(void **state)
{
    (void)state;
    static const char *const names[] = {"",        "mldsa",           "mldsa65+",           "mldsa65+ed448",
                                        "MLDSA65", "mldsa65+Ed25519", "mldsa65+ecdsa-p384", "ml-dsa-65",
                                        "ed25519", "mldsa65 ",        "mldsa65+ed255199",   "mldsa44+ecdsa-p25"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_null(cs_alg_find(cs_slice_str(names[i])));
    assert_null(cs_alg_find(CS_LIT("mldsa65\0")));
    assert_null(cs_alg_find(CS_ABSENT));
}

static void format_names(void **state)
{
    (void)state;
    static const char *const names[] = {"composite", "concat", "envelope", "pure"};
    static const char *const none[] = {"", "Composite", "raw", "pure ", "env", "compositee", "unknown"};
    for (int f = CS_FORMAT_COMPOSITE; f <= CS_FORMAT_PURE; f++) {
        cs_format got = CS_FORMAT_PURE;
        assert_string_equal(cs_format_name((cs_format)f), names[f]);
        assert_true(cs_format_by_name(&got, cs_slice_str(names[f])));
        assert_int_equal(got, f);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        cs_format got = CS_FORMAT_CONCAT;
        assert_false(cs_format_by_name(&got, cs_slice_str(none[i])));
        assert_int_equal(got, CS_FORMAT_CONCAT);
    }
    assert_string_equal(cs_format_name((cs_format)9), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),
        cmocka_unit_test(unknown_algorithms),
        cmocka_unit_test(format_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
