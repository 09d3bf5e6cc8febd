/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/nodes.h"

#include "core/checkpoint.h"
#include "sys/log.h"

cs_err cs_nodes_read(void *nodes, cs_buf *out, unsigned level, uint64_t first, size_t count)
{
    const cs_nodes *n = nodes;
    return cs_store_nodes(n->store, out, n->org, level, first, count);
}

cs_err cs_nodes_prove(cs_buf *proof, cs_nodes *nodes, uint64_t seq, cs_slice entry, cs_slice checkpoint)
{
    cs_note note;
    cs_checkpoint cp;
    uint8_t leaf[CS_SHA256_LEN];
    cs_err err = cs_note_parse(&note, checkpoint);
    if (err == CS_OK)
        err = cs_checkpoint_parse(&cp, note.text);
    if (err == CS_OK)
        err = cs_merkle_leaf(leaf, entry);
    if (err == CS_OK)
        err = cs_tiles_inclusion(proof, seq, cp.size, cs_nodes_read, nodes);
    if (err == CS_OK)
        err = cs_merkle_verify_inclusion(seq, cp.size, leaf, cs_buf_slice(proof), cp.root);
    if (err == CS_OK || err == CS_NO_MEMORY || err == CS_CRYPTO || err == CS_STORE_UNAVAILABLE)
        return err;
    cs_log(CS_LOG_ERROR, NULL, "ledger of %.*s, entry %llu: what is stored is not what was signed", (int)nodes->org.n,
           (const char *)nodes->org.p, (unsigned long long)seq);
    return CS_INTERNAL;
}
