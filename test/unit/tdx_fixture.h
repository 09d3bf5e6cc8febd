/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes of a platform that exists only in tests: root, platform CA and PCK as Intel lays them out, a quoting enclave's
 * report, an attestation key. */
#ifndef CS_TEST_TDX_FIXTURE_H
#define CS_TEST_TDX_FIXTURE_H

#include "core/tdx.h"
#include "x509_fixture.h"

#define TDX_NOW 1790000000
#define TDX_YEAR 31536000
#define TDX_AUTH 32

struct tdx_machine {
    EVP_PKEY *root_key, *ca_key, *pck_key, *attestation_key;
    cs_slice root, ca, pck; /* DER */
};

/* What a quote says; tests change one member. */
struct tdx_quote {
    uint8_t header[48], body[CS_TDX_BODY_15], qe[CS_TDX_QE_REPORT_LEN], auth[TDX_AUTH];
    size_t body_len; /* version 5 with CS_TDX_BODY_15; version 4 with CS_TDX_BODY_10 */
    bool other_key;  /* the quoting enclave vouches for another attestation key */
    const cs_slice *chain;
    size_t chain_len;
};

/* One element of DER, appended. */
static inline void tdx_add_der(cs_buf *out, uint8_t tag, cs_slice content)
{
    cs_buf_add_u8(out, tag);
    if (content.n >= 0x100)
        cs_buf_add_u8(out, 0x82);
    else if (content.n >= 0x80)
        cs_buf_add_u8(out, 0x81);
    if (content.n >= 0x100)
        cs_buf_add_u16(out, (uint16_t)content.n);
    else
        cs_buf_add_u8(out, (uint8_t)content.n);
    cs_buf_add(out, content);
}

/* SEQUENCE {OID 1.2.840.113741.1.13.1.<arcs>, value}, appended; one arc if the second is 0. */
static inline void tdx_add_entry(cs_buf *out, uint8_t arc, uint8_t inner, uint8_t tag, cs_slice value)
{
    const uint8_t oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01, arc, inner};
    uint8_t memory[1024];
    cs_buf entry = CS_BUF_OVER(memory);
    tdx_add_der(&entry, 0x06, cs_slice_of(oid, inner == 0 ? 10 : 11));
    tdx_add_der(&entry, tag, value);
    tdx_add_der(out, 0x30, cs_buf_slice(&entry));
}

/* What a PCK certificate says of its platform; tests change one member. */
struct tdx_pck {
    uint8_t svn[16], pce_svn;
    cs_slice pce_id, fmspc;
};

static inline struct tdx_pck tdx_usual_platform(void)
{
    struct tdx_pck p = {.pce_svn = 13, .pce_id = CS_LIT("\x00\x07"), .fmspc = CS_LIT("\xb0\xc0\x6f\x00\x00\x00")};
    memset(p.svn, 5, sizeof p.svn);
    return p;
}

/* Memory until vectors_release. Numbers are below 128. */
static inline cs_slice tdx_pck_extension(const struct tdx_pck *p)
{
    uint8_t tcb_memory[1024], all_memory[1024];
    cs_buf tcb = CS_BUF_OVER(tcb_memory), all = CS_BUF_OVER(all_memory), out = cs_buf_over(vectors_hold(1024), 1024);
    for (uint8_t i = 0; i < 16; i++)
        tdx_add_entry(&tcb, 2, (uint8_t)(i + 1), 0x02, cs_slice_of(&p->svn[i], 1));
    tdx_add_entry(&tcb, 2, 17, 0x02, cs_slice_of(&p->pce_svn, 1));
    tdx_add_entry(&tcb, 2, 18, 0x04, CS_LIT("the CPUSVN, again"));
    tdx_add_entry(&all, 1, 0, 0x04, CS_LIT("0123456789abcdef"));
    tdx_add_entry(&all, 2, 0, 0x30, cs_buf_slice(&tcb));
    tdx_add_entry(&all, 3, 0, 0x04, p->pce_id);
    tdx_add_entry(&all, 4, 0, 0x04, p->fmspc);
    tdx_add_entry(&all, 5, 0, 0x0a, CS_LIT("\x01"));
    tdx_add_der(&out, 0x30, cs_buf_slice(&all));
    assert_int_equal(out.err, CS_OK);
    return cs_buf_slice(&out);
}

static inline struct x509_spec tdx_usual_pck(const struct tdx_machine *m)
{
    const struct tdx_pck platform = tdx_usual_platform();
    return (struct x509_spec){.subject = "Intel SGX PCK Certificate",
                              .issuer = "Intel SGX PCK Platform CA",
                              .key = m->pck_key,
                              .issuer_key = m->ca_key,
                              .from = TDX_NOW - TDX_YEAR,
                              .to = TDX_NOW + TDX_YEAR,
                              .constraints = "critical,CA:FALSE",
                              .usage = "critical,digitalSignature,nonRepudiation",
                              .extension = {{"1.2.840.113741.1.13.1", tdx_pck_extension(&platform), false}}};
}

/* Free with tdx_machine_free; certificates live until vectors_release. */
static inline void tdx_machine_make(struct tdx_machine *m)
{
    m->root_key = x509_key("P-256");
    m->ca_key = x509_key("P-256");
    m->pck_key = x509_key("P-256");
    m->attestation_key = x509_key("P-256");
    struct x509_spec s = {.subject = "Intel SGX Root CA",
                          .issuer = "Intel SGX Root CA",
                          .key = m->root_key,
                          .issuer_key = m->root_key,
                          .from = TDX_NOW - 5 * TDX_YEAR,
                          .to = TDX_NOW + 5 * TDX_YEAR,
                          .constraints = "critical,CA:TRUE,pathlen:1",
                          .usage = "critical,keyCertSign,cRLSign"};
    m->root = x509_make(&s);
    s.subject = "Intel SGX PCK Platform CA";
    s.key = m->ca_key;
    s.constraints = "critical,CA:TRUE,pathlen:0";
    m->ca = x509_make(&s);
    s = tdx_usual_pck(m);
    m->pck = x509_make(&s);
}

static inline void tdx_machine_free(struct tdx_machine *m)
{
    EVP_PKEY_free(m->root_key);
    EVP_PKEY_free(m->ca_key);
    EVP_PKEY_free(m->pck_key);
    EVP_PKEY_free(m->attestation_key);
}

static inline void tdx_usual_quote(struct tdx_quote *q)
{
    static const uint8_t header[] = {5,    0,    2,    0,    0x81, 0,    0,    0,    0,    0,
                                     0,    0,    0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                     0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};
    static const uint8_t signer[] = {0xdc, 0x9e, 0x2a, 0x7c, 0x6f, 0x94, 0x8f, 0x17, 0x47, 0x4e, 0x34,
                                     0xa7, 0xfc, 0x43, 0xed, 0x03, 0x0f, 0x7c, 0x15, 0x63, 0xf1, 0xba,
                                     0xbd, 0xdf, 0x63, 0x40, 0xc8, 0x2e, 0x0e, 0x54, 0xa8, 0xc5};
    memset(q, 0, sizeof *q);
    memcpy(q->header, header, sizeof header);
    q->body_len = CS_TDX_BODY_15;
    memset(q->body, 3, 16);
    q->body[123] = 0x10; /* SEPT_VE_DISABLE */
    memset(q->body + 136, 0x3c, 48);
    for (size_t i = 0; i < CS_TDX_RTMRS; i++)
        memset(q->body + 328 + 48 * i, (int)(0x41 + i), 48);
    memset(q->body + 520, 0x5a, 32);
    q->qe[48] = 0x15;
    memcpy(q->qe + 128, signer, sizeof signer);
    q->qe[256] = 2;
    q->qe[258] = 8;
    memset(q->auth, 7, sizeof q->auth);
}

static inline void tdx_add_le(cs_buf *out, uint32_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        cs_buf_add_u8(out, (uint8_t)(v >> (8 * i)));
}

/* x and y of a key's point. */
static inline void tdx_point(uint8_t out[64], EVP_PKEY *key)
{
    uint8_t *point = NULL;
    assert_int_equal(EVP_PKEY_get1_encoded_public_key(key, &point), 65);
    memcpy(out, point + 1, 64);
    OPENSSL_free(point);
}

/* The quote, signed; free with cs_buf_free. */
static inline cs_buf tdx_make_quote(struct tdx_quote *q, const struct tdx_machine *m)
{
    const cs_slice usual[] = {m->pck, m->ca, m->root};
    uint8_t vouched[64 + TDX_AUTH], point[64];
    cs_digest d;
    cs_buf pem = cs_buf_new(CS_TDX_MAX_QUOTE), out = cs_buf_new(CS_TDX_MAX_QUOTE);
    for (size_t i = 0; i < (q->chain != NULL ? q->chain_len : 3); i++)
        cs_issue_pem(&pem, q->chain != NULL ? q->chain[i] : usual[i]);
    cs_buf_add_u8(&pem, 0);

    tdx_point(point, m->attestation_key);
    memcpy(vouched, point, 64);
    memcpy(vouched + 64, q->auth, TDX_AUTH);
    vouched[0] ^= q->other_key;
    assert_int_equal(cs_hash(&d, CS_SHA256, CS_ARRAY(vouched)), CS_OK);
    for (size_t i = 0; i < d.n; i++)
        q->qe[320 + i] ^= d.b[i];

    cs_buf_add(&out, CS_ARRAY(q->header));
    if (q->header[0] == 5) {
        tdx_add_le(&out, q->body_len == CS_TDX_BODY_15 ? 3 : 2, 2);
        tdx_add_le(&out, (uint32_t)q->body_len, 4);
    }
    cs_buf_add(&out, cs_slice_of(q->body, q->body_len));
    cs_slice signed_bytes = cs_buf_slice(&out);
    uint8_t signature[64], qe_signature[64];
    cs_buf s = CS_BUF_OVER(signature), qs = CS_BUF_OVER(qe_signature);
    x509_ecdsa(&s, m->attestation_key, signed_bytes);
    x509_ecdsa(&qs, m->pck_key, CS_ARRAY(q->qe));
    uint32_t inner = (uint32_t)(sizeof q->qe + 64 + 2 + TDX_AUTH + 6 + pem.n);
    tdx_add_le(&out, 64 + 64 + 6 + inner, 4);
    cs_buf_add(&out, CS_ARRAY(signature));
    cs_buf_add(&out, CS_ARRAY(point));
    tdx_add_le(&out, 6, 2);
    tdx_add_le(&out, inner, 4);
    cs_buf_add(&out, CS_ARRAY(q->qe));
    cs_buf_add(&out, CS_ARRAY(qe_signature));
    tdx_add_le(&out, TDX_AUTH, 2);
    cs_buf_add(&out, CS_ARRAY(q->auth));
    tdx_add_le(&out, 5, 2);
    tdx_add_le(&out, (uint32_t)pem.n, 4);
    cs_buf_add(&out, cs_buf_slice(&pem));
    assert_int_equal(out.err, CS_OK);
    for (size_t i = 0; i < d.n; i++)
        q->qe[320 + i] ^= d.b[i];
    cs_buf_free(&pem);
    return out;
}

#endif
