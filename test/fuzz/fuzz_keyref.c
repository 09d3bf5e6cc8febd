/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a record that says where its halves lie, and as a public key of a KMS: what is taken lies inside of them
 * and has the length of its kind. */
#include <stdint.h>
#include <stdlib.h>

#include "core/keyref.h"
#include "core/spki.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_inside(cs_slice part, cs_slice whole)
{
    if (part.n > 0 && (part.p < whole.p || part.p + part.n > whole.p + whole.n))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_slice all = cs_slice_of(data, size), bytes;
    cs_keyrefs refs;
    bool taken = cs_keyrefs_of_record(&refs, all) == CS_OK;
    check_inside(refs.kek.resource, all);
    check_inside(refs.trad.public_key, all);
    check_inside(refs.pq.public_key, all);
    if (!taken && (refs.kek.provider.p != NULL || refs.trad.provider.p != NULL || refs.pq.provider.p != NULL))
        abort();
    for (int prim = CS_PRIM_NONE; prim < CS_PRIM_COUNT; prim++) {
        cs_err err = cs_spki_read(&bytes, (cs_prim)prim, all);
        check_inside(bytes, all);
        if ((err == CS_OK) != (bytes.p != NULL) || (err == CS_OK && bytes.n != cs_prim_public_len((cs_prim)prim)))
            abort();
    }
    return 0;
}
