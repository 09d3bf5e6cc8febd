/* SPDX-License-Identifier: Apache-2.0 */
#include "core/keyref.h"

#include "core/limits.h"

void cs_keyref_write(cs_buf *out, const cs_keyref *r)
{
    cs_buf_add_lp16(out, r->provider);
    cs_buf_add_lp16(out, r->resource);
    cs_buf_add_lp16(out, r->public_key);
}

cs_err cs_keyref_read(cs_keyref *out, cs_prim prim, cs_slice bytes)
{
    cs_reader r = cs_reader_of(bytes);
    *out = (cs_keyref){0};
    if (bytes.n == 0)
        return CS_OK;
    cs_keyref ref = {.provider = cs_read_lp16(&r)};
    ref.resource = cs_read_lp16(&r);
    ref.public_key = cs_read_lp16(&r);
    if (cs_read_end(&r) != CS_OK || prim == CS_PRIM_NONE || ref.provider.n == 0 || ref.provider.n > CS_MAX_ID ||
        ref.resource.n == 0 || ref.resource.n > CS_MAX_KMS_KEY || ref.public_key.n != cs_prim_public_len(prim))
        return CS_SEAL_BROKEN;
    *out = ref;
    return CS_OK;
}

cs_err cs_keyrefs_of_record(cs_keyrefs *out, cs_slice record)
{
    cs_keyrefs refs = {0};
    cs_reader whole = cs_reader_of(record);
    cs_reader r = cs_reader_of(cs_read_lp16(&whole));
    *out = refs;
    if (!cs_slice_is(cs_read_bytes(&r, 4), "CSK1"))
        return CS_SEAL_BROKEN;
    for (int i = 0; i < 4; i++) /* door, org, key, purpose */
        (void)cs_read_lp16(&r);
    const cs_alg *alg = cs_alg_find(cs_read_lp16(&r));
    (void)cs_read_lp16(&r); /* format */
    refs.kek.provider = cs_read_lp16(&r);
    refs.kek.resource = cs_read_lp16(&r);
    (void)cs_read_lp16(&r); /* release */
    cs_slice trad = cs_read_lp16(&r), pq = cs_read_lp16(&r);
    (void)cs_read_lp16(&r); /* public key's hash */
    if (cs_read_end(&r) != CS_OK || alg == NULL)
        return CS_SEAL_BROKEN;
    cs_err err = cs_keyref_read(&refs.trad, alg->trad, trad);
    if (err == CS_OK)
        err = cs_keyref_read(&refs.pq, alg->pq, pq);
    if (err == CS_OK)
        *out = refs;
    return err;
}
