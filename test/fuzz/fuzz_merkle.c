/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stored tree and both proof verifiers. As a stored form what is accepted writes back to the same bytes; as proof
 * the input is u64be, u64be, two hashes and the proof.
 */
#include <stdlib.h>

#include "core/merkle.h"

static void read_tree(cs_slice input)
{
    cs_merkle tree;
    uint8_t root[CS_SHA256_LEN];
    if (cs_merkle_read(&tree, input) != CS_OK)
        return;
    cs_buf out = cs_buf_new(sizeof tree + 8);
    cs_merkle_write(&out, &tree);
    if (!cs_slice_eq(cs_buf_slice(&out), input) || cs_merkle_root(root, &tree) != CS_OK)
        abort();
    uint64_t size = tree.size;
    if (cs_merkle_append(&tree, root) == CS_OK && tree.size != size + 1)
        abort();
    cs_buf_free(&out);
}

static void verify_proofs(cs_slice input)
{
    cs_reader r = cs_reader_of(input);
    uint64_t a = cs_read_u64(&r), b = cs_read_u64(&r);
    cs_slice one = cs_read_bytes(&r, CS_SHA256_LEN), two = cs_read_bytes(&r, CS_SHA256_LEN);
    if (r.err != CS_OK)
        return;
    if (cs_merkle_verify_inclusion(a, b, one.p, r.rest, two.p) == CS_OK && a >= b)
        abort();
    if (cs_merkle_verify_consistency(a, b, r.rest, one.p, two.p) == CS_OK && (a == 0 || a > b))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_tree(cs_slice_of(data, size));
    verify_proofs(cs_slice_of(data, size));
    return 0;
}
