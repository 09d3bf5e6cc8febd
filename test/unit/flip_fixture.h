/* SPDX-License-Identifier: Apache-2.0 */
/* Every bit of a document changed, and every truncation of it, must be refused. One bit of each byte by default, since
 * chains of RSA take long; all of them with CS_EVERY_BIT in the environment. */
#ifndef CS_TEST_FLIP_FIXTURE_H
#define CS_TEST_FLIP_FIXTURE_H

#include "vectors.h"

/* True if the document is accepted. */
typedef bool (*flip_judge)(cs_slice document);

static inline void flip_document(cs_slice document, flip_judge accepted)
{
    bool all = getenv("CS_EVERY_BIT") != NULL;
    uint8_t *copy = malloc(document.n);
    assert_non_null(copy);
    memcpy(copy, document.p, document.n);
    assert_true(accepted(cs_slice_of(copy, document.n)));
    for (size_t i = 0; i < document.n; i++) {
        for (size_t bit = 0; bit < 8; bit++) {
            if (!all && bit != i % 8)
                continue;
            copy[i] ^= (uint8_t)(1u << bit);
            if (accepted(cs_slice_of(copy, document.n))) {
                print_message("bit %zu of byte %zu may be either\n", bit, i);
                fail();
            }
            copy[i] ^= (uint8_t)(1u << bit);
        }
    }
    free(copy);
    for (size_t n = 0; n < document.n; n++) {
        /* A copy of its own length, so that reading past the end is seen. */
        uint8_t *cut = malloc(n > 0 ? n : 1);
        assert_non_null(cut);
        memcpy(cut, document.p, n);
        assert_false(accepted(cs_slice_of(cut, n)));
        free(cut);
    }
}

#endif
