/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/nodes.h"

cs_err cs_nodes_read(void *nodes, cs_buf *out, unsigned level, uint64_t first, size_t count)
{
    const cs_nodes *n = nodes;
    return cs_store_nodes(n->store, out, n->org, level, first, count);
}
