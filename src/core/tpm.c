/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tpm.h"

#include "core/encode.h"
#include "core/json.h"
#include "core/snp.h"

#define TPM_GENERATED 0xff544347u
#define ATTEST_QUOTE 0x8018
#define ALG_SHA256 0x000b
#define MAX_NAME 68 /* TPM2B_NAME: an algorithm and a digest of at most 64 bytes, and some room */

static void demand(cs_reader *r, bool holds)
{
    if (!holds)
        r->err = CS_BAD_FORMAT;
}

/* TPML_PCR_SELECTION with one entry: PCR i is bit i % 8 of byte i / 8. */
static uint32_t read_selection(cs_reader *r)
{
    demand(r, cs_read_u32(r) == 1);
    demand(r, cs_read_u16(r) == ALG_SHA256);
    cs_slice map = cs_read_bytes(r, cs_read_u8(r));
    uint32_t selected = 0;
    for (size_t i = 0; i < map.n && i < CS_TPM_PCRS / 8; i++)
        selected |= (uint32_t)map.p[i] << (8 * i);
    demand(r, selected != 0 && map.n <= 4);
    demand(r, cs_slice_all_zero(cs_slice_sub(map, CS_TPM_PCRS / 8, map.n)));
    return selected;
}

cs_err cs_tpm_quote_parse(cs_tpm_quote *out, cs_slice attest)
{
    cs_tpm_quote q = {0};
    cs_reader r = cs_reader_of(attest);
    *out = q;
    demand(&r, attest.n <= CS_TPM_MAX_QUOTE);
    demand(&r, cs_read_u32(&r) == TPM_GENERATED);
    demand(&r, cs_read_u16(&r) == ATTEST_QUOTE);
    q.signer = cs_read_lp16(&r);
    q.extra_data = cs_read_lp16(&r);
    demand(&r, q.signer.n <= MAX_NAME && q.extra_data.n <= CS_TPM_MAX_EXTRA_DATA);
    q.clock = cs_read_u64(&r);
    q.reset_count = cs_read_u32(&r);
    q.restart_count = cs_read_u32(&r);
    uint8_t safe = cs_read_u8(&r);
    demand(&r, safe <= 1);
    q.safe = safe == 1;
    q.firmware = cs_read_u64(&r);
    q.selected = read_selection(&r);
    q.pcr_digest = cs_read_lp16(&r);
    demand(&r, q.pcr_digest.n == CS_TPM_PCR_LEN);
    cs_err err = cs_read_end(&r);
    if (err == CS_OK)
        *out = q;
    return err;
}

/* Bytes of the fields before the hardware's report, and of those before the runtime data. */
#define HCL_HEAD 32
#define HCL_DATA_HEAD 20
#define HCL_REQUEST_TYPE 2

cs_err cs_hcl_parse(cs_hcl_report *out, cs_slice report)
{
    cs_hcl_report h = {0};
    cs_reader r = cs_reader_of(report);
    *out = h;
    demand(&r, report.n <= CS_HCL_MAX_REPORT);
    demand(&r, cs_slice_is(cs_read_bytes(&r, 4), "HCLA"));
    uint32_t version = cs_read_le32(&r);
    uint32_t size = cs_read_le32(&r);
    demand(&r, version == 1 || version == 2);
    demand(&r, cs_read_le32(&r) == HCL_REQUEST_TYPE);
    demand(&r, cs_read_le32(&r) == 0); /* status */
    cs_read_zeros(&r, 12);
    h.hardware = cs_read_bytes(&r, CS_SNP_REPORT_LEN);

    uint32_t data_size = cs_read_le32(&r);
    demand(&r, cs_read_le32(&r) == 1); /* version of the data */
    uint32_t type = cs_read_le32(&r);
    uint32_t hash = cs_read_le32(&r);
    uint32_t runtime_size = cs_read_le32(&r);
    demand(&r, type == CS_HCL_SNP || type == CS_HCL_TDX);
    demand(&r, hash >= CS_HCL_SHA256 && hash <= CS_HCL_SHA512);
    h.type = (cs_hcl_type)type;
    h.hash = (cs_hcl_hash)hash;
    h.runtime = cs_read_bytes(&r, runtime_size);
    demand(&r, runtime_size > 0 && data_size == runtime_size + HCL_DATA_HEAD);
    demand(&r, size == HCL_HEAD + CS_SNP_REPORT_LEN + data_size);
    cs_read_zeros(&r, r.rest.n);
    cs_err err = cs_read_end(&r);
    if (err == CS_OK)
        *out = h;
    return err;
}

/* One entry of `keys`: its modulus and exponent if it is the attestation key. */
static cs_err read_key(cs_buf *modulus, cs_buf *exponent, cs_jval key, bool *found)
{
    cs_jobj o = cs_jobj_open(key);
    if (!cs_slice_is(cs_jobj_str(&o, "kid", 64), "HCLAkPub"))
        return o.err;
    cs_jval ops = cs_jobj_array(&o, "key_ops");
    cs_slice op = cs_jval_str(cs_jarr_at(ops, 0));
    /* Its name says that it signs; the paravisors of 2023 wrote "encrypt" of it, as of the other one. */
    bool signs = cs_jarr_len(ops) == 1 && (cs_slice_is(op, "sign") || cs_slice_is(op, "encrypt"));
    bool usable = cs_slice_is(cs_jobj_str(&o, "kty", 16), "RSA") && signs && !*found;
    cs_slice n = cs_jobj_str(&o, "n", 1024);
    cs_slice e = cs_jobj_str(&o, "e", 16);
    if (o.err != CS_OK)
        return o.err;
    cs_err err = usable ? cs_base64url_decode(modulus, n) : CS_BAD_FIELD;
    if (err == CS_OK)
        err = cs_base64url_decode(exponent, e);
    *found = err == CS_OK;
    return err;
}

cs_err cs_hcl_attestation_key(cs_buf *modulus, cs_buf *exponent, cs_slice runtime)
{
    cs_json *doc = NULL;
    bool found = false;
    cs_err err = cs_json_parse(&doc, runtime, CS_HCL_MAX_REPORT);
    if (err != CS_OK)
        return err;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    cs_jval keys = cs_jobj_array(&o, "keys");
    err = o.err;
    for (size_t i = 0; err == CS_OK && i < cs_jarr_len(keys); i++)
        err = read_key(modulus, exponent, cs_jarr_at(keys, i), &found);
    if (err == CS_OK && !found)
        err = CS_MISSING_FIELD;
    cs_json_free(doc);
    return err;
}
