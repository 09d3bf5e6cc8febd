/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tdx.h"

#include <string.h>

#define KEY_TYPE_P256 2
#define TEE_TDX 0x81
#define BODY_TD_10 2
#define BODY_TD_15 3
#define CERTIFICATION_QE_REPORT 6
#define CERTIFICATION_PCK_CHAIN 5

/* Intel's quoting enclaves; the user data behind it names a platform and means nothing here. */
static const uint8_t vendor_intel[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                         0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

/* A reader of `n` bytes that lie inside; an empty one with an error if they are not there. */
static cs_reader inside(cs_reader *r, size_t n)
{
    cs_reader in = cs_reader_of(cs_read_bytes(r, n));
    in.err = r->err;
    return in;
}

static void demand(cs_reader *r, bool holds)
{
    if (!holds)
        r->err = CS_BAD_FORMAT;
}

/* Ends an inner reader: what failed in it or was left in it fails the outer one. */
static void leave(cs_reader *r, cs_reader *in)
{
    demand(r, cs_read_end(in) == CS_OK);
}

/* Gives the length of the body that follows. */
static size_t read_header(cs_tdx_quote *out, cs_reader *r, uint16_t *key_type)
{
    out->version = cs_read_le16(r);
    *key_type = cs_read_le16(r);
    demand(r, cs_read_le32(r) == TEE_TDX);
    (void)cs_read_bytes(r, 4); /* versions of QE and PCE in some drafts, reserved in others */
    demand(r, cs_slice_eq(cs_read_bytes(r, sizeof vendor_intel), CS_ARRAY(vendor_intel)));
    (void)cs_read_bytes(r, 20);
    if (out->version == 4)
        return CS_TDX_BODY_10;
    demand(r, out->version == 5);
    uint16_t type = cs_read_le16(r);
    uint32_t size = cs_read_le32(r);
    demand(r, (type == BODY_TD_10 && size == CS_TDX_BODY_10) || (type == BODY_TD_15 && size == CS_TDX_BODY_15));
    return size == CS_TDX_BODY_15 ? CS_TDX_BODY_15 : CS_TDX_BODY_10;
}

static void read_body(cs_tdx_quote *out, cs_reader *r, size_t n)
{
    out->tcb_svn = cs_read_bytes(r, 16);
    out->mrseam = cs_read_bytes(r, 48);
    out->mrsigner_seam = cs_read_bytes(r, 48);
    out->seam_attributes = cs_read_le64(r);
    out->attributes = cs_read_le64(r);
    out->xfam = cs_read_le64(r);
    out->mrtd = cs_read_bytes(r, 48);
    out->mr_config_id = cs_read_bytes(r, 48);
    out->mr_owner = cs_read_bytes(r, 48);
    out->mr_owner_config = cs_read_bytes(r, 48);
    for (size_t i = 0; i < CS_TDX_RTMRS; i++)
        out->rtmr[i] = cs_read_bytes(r, 48);
    out->report_data = cs_read_bytes(r, 64);
    if (n == CS_TDX_BODY_15) {
        out->tcb_svn2 = cs_read_bytes(r, 16);
        out->mr_service_td = cs_read_bytes(r, 48);
    }
}

/* [Intel SGX SDM §38.15: the report body] */
static void read_qe(cs_tdx_qe *out, cs_slice report)
{
    cs_reader r = cs_reader_of(report);
    out->cpu_svn = cs_read_bytes(&r, 16);
    out->misc_select = cs_read_le32(&r);
    (void)cs_read_bytes(&r, 28);
    out->attributes = cs_read_bytes(&r, 16);
    out->mrenclave = cs_read_bytes(&r, 32);
    (void)cs_read_bytes(&r, 32);
    out->mrsigner = cs_read_bytes(&r, 32);
    (void)cs_read_bytes(&r, 96);
    out->product_id = cs_read_le16(&r);
    out->svn = cs_read_le16(&r);
    (void)cs_read_bytes(&r, 60);
    out->report_data = cs_read_bytes(&r, 64);
}

static void read_pck_chain(cs_tdx_quote *out, cs_reader *r)
{
    demand(r, cs_read_le16(r) == CERTIFICATION_PCK_CHAIN);
    cs_slice pem = cs_read_bytes(r, cs_read_le32(r));
    if (pem.n > 0 && pem.p[pem.n - 1] == 0)
        pem.n--;
    demand(r, pem.n > 0 && memchr(pem.p, 0, pem.n) == NULL);
    demand(r, pem.n > 0 && (pem.p[pem.n - 1] == '\n' || pem.p[pem.n - 1] == '-')); /* one end, not any white space */
    out->pck_chain = pem;
}

static void read_certification(cs_tdx_quote *out, cs_reader *r)
{
    demand(r, cs_read_le16(r) == CERTIFICATION_QE_REPORT);
    cs_reader in = inside(r, cs_read_le32(r));
    out->qe_report = cs_read_bytes(&in, CS_TDX_QE_REPORT_LEN);
    out->qe_signature = cs_read_bytes(&in, 64);
    out->qe_auth = cs_read_bytes(&in, cs_read_le16(&in));
    read_pck_chain(out, &in);
    leave(r, &in);
}

cs_err cs_tdx_parse(cs_tdx_quote *out, cs_slice quote)
{
    uint16_t key_type = 0;
    cs_tdx_quote q = {0};
    cs_reader r = cs_reader_of(quote);
    *out = q;
    demand(&r, quote.n <= CS_TDX_MAX_QUOTE);
    size_t body = read_header(&q, &r, &key_type);
    read_body(&q, &r, body);
    q.signed_bytes = cs_slice_sub(quote, 0, quote.n - r.rest.n);
    cs_reader in = inside(&r, cs_read_le32(&r));
    q.signature = cs_read_bytes(&in, 64);
    q.attestation_key = cs_read_bytes(&in, 64);
    read_certification(&q, &in);
    leave(&r, &in);
    cs_read_zeros(&r, r.rest.n);
    cs_err err = cs_read_end(&r);
    /* With another key type the signature data look different: say what is wrong rather than where it showed. */
    if (key_type != KEY_TYPE_P256 && quote.n >= 48 && (q.version == 4 || q.version == 5))
        return CS_ATT_EVIDENCE_ALGORITHM;
    if (err != CS_OK)
        return err;
    read_qe(&q.qe, q.qe_report);
    *out = q;
    return CS_OK;
}
