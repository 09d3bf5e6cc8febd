/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/realms.h"

#define MAX_REALMS (1u << 16)

static void collect(void *context, const cs_org_row *org)
{
    cs_buf_add(context, cs_slice_of(org, sizeof *org));
}

cs_err cs_realms_each(cs_store *store, cs_err (*each)(void *context, const cs_org_row *org), void *context)
{
    cs_buf rows = cs_buf_new(MAX_REALMS * sizeof(cs_org_row));
    cs_err err = cs_store_orgs(store, collect, &rows);
    if (err == CS_OK)
        err = rows.err;
    const cs_org_row *row = (const cs_org_row *)(const void *)rows.p;
    for (size_t i = 0; err == CS_OK && i < rows.n / sizeof *row; i++)
        err = each(context, &row[i]);
    cs_buf_free(&rows);
    return err;
}
