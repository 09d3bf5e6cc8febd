/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nitro.h"

#include "core/cbor.h"

#define MAX_TIMESTAMP_MS 253402300799999LL /* end of the year 9999 */

/* Printable ASCII: it is shown to people. */
static void read_module_id(cs_nitro *out, cs_cmap *m)
{
    out->module_id = cs_cmap_text(m, "module_id", 1, CS_MAX_COSE);
    for (size_t i = 0; i < out->module_id.n; i++)
        if (out->module_id.p[i] < 0x20 || out->module_id.p[i] > 0x7e)
            cs_cmap_fail(m, CS_BAD_FIELD, "module_id");
}

static void read_pcrs(cs_nitro *out, cs_cmap *m)
{
    cs_cval pcrs = cs_cmap_map(m, "pcrs");
    size_t count = cs_cval_count(pcrs);
    if (count < 1 || count > CS_NITRO_PCRS)
        cs_cmap_fail(m, CS_BAD_FIELD, "pcrs");
    for (cs_cval key = cs_cval_first(pcrs), value; m->err == CS_OK && key.doc != NULL; key = cs_cval_next(value)) {
        uint64_t index = CS_NITRO_PCRS;
        value = cs_cval_next(key);
        cs_slice bytes = cs_cval_bytes(value);
        if (!cs_cval_uint(&index, key) || index >= CS_NITRO_PCRS || (bytes.n != 32 && bytes.n != 48 && bytes.n != 64))
            cs_cmap_fail(m, CS_BAD_FIELD, "pcrs");
        else
            out->pcrs[index] = bytes;
    }
}

static void read_bundle(cs_nitro *out, cs_cmap *m)
{
    cs_cval bundle = cs_cmap_array(m, "cabundle");
    size_t count = cs_cval_count(bundle);
    if (count < 1 || count > CS_NITRO_BUNDLE)
        cs_cmap_fail(m, CS_BAD_FIELD, "cabundle");
    for (cs_cval v = cs_cval_first(bundle); m->err == CS_OK && v.doc != NULL; v = cs_cval_next(v)) {
        cs_slice der = cs_cval_bytes(v);
        if (der.n < 1 || der.n > CS_NITRO_CERTIFICATE)
            cs_cmap_fail(m, CS_BAD_FIELD, "cabundle");
        else
            out->bundle[out->bundle_count++] = der;
    }
}

static cs_err read_payload(cs_nitro *out, cs_slice payload)
{
    cs_cbor *doc = NULL;
    cs_err err = cs_cbor_parse(&doc, payload, CS_MAX_COSE);
    if (err != CS_OK)
        return err;
    cs_cmap m = cs_cmap_open(cs_cbor_root(doc));
    read_module_id(out, &m);
    if (!cs_slice_is(cs_cmap_text(&m, "digest", 1, 16), "SHA384"))
        cs_cmap_fail(&m, CS_BAD_FIELD, "digest");
    out->timestamp_ms = (int64_t)cs_cmap_uint(&m, "timestamp", 1, MAX_TIMESTAMP_MS);
    read_pcrs(out, &m);
    out->certificate = cs_cmap_bytes(&m, "certificate", 1, CS_NITRO_CERTIFICATE);
    read_bundle(out, &m);
    out->public_key = cs_cmap_bytes_or_null(&m, "public_key", 1, CS_NITRO_USER_DATA);
    out->user_data = cs_cmap_bytes_or_null(&m, "user_data", 0, CS_NITRO_USER_DATA);
    out->nonce = cs_cmap_bytes_or_null(&m, "nonce", 0, CS_NITRO_USER_DATA);
    err = cs_cmap_done(&m);
    cs_cbor_free(doc);
    return err;
}

cs_err cs_nitro_parse(cs_nitro *out, cs_slice document)
{
    *out = (cs_nitro){0};
    cs_err err = cs_cose_parse(&out->cose, document);
    if (err == CS_OK)
        err = read_payload(out, out->cose.payload);
    if (err == CS_OK)
        return CS_OK;
    *out = (cs_nitro){0};
    return err == CS_NO_MEMORY ? err : CS_ATT_EVIDENCE_FORMAT;
}

bool cs_nitro_pcr_is_zero(const cs_nitro *n, size_t index)
{
    cs_slice pcr = n->pcrs[index];
    uint8_t any = 0;
    for (size_t i = 0; i < pcr.n; i++)
        any |= pcr.p[i];
    return pcr.n > 0 && any == 0;
}

bool cs_nitro_is_debug(const cs_nitro *n)
{
    return cs_nitro_pcr_is_zero(n, 0) && cs_nitro_pcr_is_zero(n, 1) && cs_nitro_pcr_is_zero(n, 2);
}
