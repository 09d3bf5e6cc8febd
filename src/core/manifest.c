/* SPDX-License-Identifier: Apache-2.0 */
#include "core/manifest.h"

#include <string.h>

#include "core/encode.h"
#include "core/vendor.h"

#define VERSION 1

const uint8_t cs_manifest_index[CS_MANIFEST_PCRS] = {0, 1, 2, 8};
static const char *const names[CS_MANIFEST_PCRS] = {"0", "1", "2", "8"};

bool cs_manifest_is_software(const cs_manifest *m)
{
    return cs_vendor_root_find(CS_VENDOR_AWS_NITRO, m->root_sha256) == NULL;
}

static bool is_version(cs_slice s)
{
    bool ok = s.n >= 1 && s.n <= CS_MAX_ID;
    for (size_t i = 0; ok && i < s.n; i++)
        ok = s.p[i] > 0x20 && s.p[i] <= 0x7e;
    return ok;
}

/* Exactly `n` bytes as hex. */
static void read_hex(uint8_t *out, size_t n, cs_jobj *o, const char *name)
{
    cs_buf value = cs_buf_over(out, n);
    cs_slice hex = cs_jobj_str(o, name, 2 * n);
    if (o->err == CS_OK && (hex.n != 2 * n || cs_hex_decode(&value, hex) != CS_OK))
        cs_jobj_fail(o, CS_BAD_FIELD, name);
}

static void read_pcrs(cs_manifest *out, cs_jobj *o)
{
    cs_fault fault;
    cs_jval v = cs_jobj_object(o, "pcrs");
    if (o->err != CS_OK)
        return;
    cs_jobj pcrs = cs_jobj_open(v);
    for (size_t i = 0; i < CS_MANIFEST_PCRS; i++)
        read_hex(out->pcrs[i], CS_NITRO_PCR_LEN, &pcrs, names[i]);
    if (pcrs.err == CS_OK && cs_slice_all_zero(CS_ARRAY(out->pcrs[0])))
        cs_jobj_fail(&pcrs, CS_BAD_FIELD, names[0]); /* a debugger's, or nobody's */
    if (cs_jobj_done(&pcrs) != CS_OK) {
        (void)cs_jobj_fault(&pcrs, "pcrs", &fault);
        cs_jobj_fail(o, fault.err, fault.field);
    }
}

static cs_err read_members(cs_manifest *out, cs_fault *fault, cs_jval v)
{
    cs_jobj o = cs_jobj_open(v);
    (void)cs_jobj_int(&o, "version", VERSION, VERSION);
    cs_slice version = cs_jobj_str(&o, "enclave_version", CS_MAX_ID);
    if (o.err == CS_OK &&
        (!is_version(version) || cs_slice_to_cstr(out->enclave_version, sizeof out->enclave_version, version) != CS_OK))
        cs_jobj_fail(&o, CS_BAD_FIELD, "enclave_version");
    read_pcrs(out, &o);
    read_hex(out->root_sha256, CS_SHA256_LEN, &o, "root_sha256");
    cs_err err = cs_jobj_done(&o);
    (void)cs_jobj_fault(&o, NULL, fault);
    return err;
}

cs_err cs_manifest_parse(cs_manifest *out, cs_fault *fault, cs_slice json)
{
    cs_json *doc = NULL;
    *out = (cs_manifest){0};
    cs_err err = cs_json_parse(&doc, json, CS_MAX_MANIFEST);
    if (err == CS_OK)
        err = read_members(out, fault, cs_json_root(doc));
    else
        (void)cs_fault_set(fault, err, NULL);
    cs_json_free(doc);
    if (err != CS_OK)
        *out = (cs_manifest){0};
    return err;
}

void cs_manifest_write_pcrs(cs_jw *w, const char *name, const uint8_t (*pcrs)[CS_NITRO_PCR_LEN])
{
    cs_jw_begin(w, name);
    for (size_t i = 0; i < CS_MANIFEST_PCRS; i++)
        cs_jw_hex(w, names[i], "", cs_slice_of(pcrs[i], CS_NITRO_PCR_LEN));
    cs_jw_end(w);
}

cs_err cs_manifest_write(cs_buf *out, const cs_manifest *m)
{
    cs_jw w = cs_jw_on(out);
    if (!is_version(cs_slice_str(m->enclave_version)) || cs_slice_all_zero(CS_ARRAY(m->pcrs[0])))
        return CS_BAD_FIELD;
    cs_jw_begin(&w, NULL);
    cs_jw_int(&w, "version", VERSION);
    cs_jw_cstr(&w, "enclave_version", m->enclave_version);
    cs_manifest_write_pcrs(&w, "pcrs", m->pcrs);
    cs_jw_hex(&w, "root_sha256", "", CS_ARRAY(m->root_sha256));
    cs_jw_end(&w);
    return out->err;
}
