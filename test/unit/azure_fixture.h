/* SPDX-License-Identifier: Apache-2.0 */
/* A confidential VM of Azure that exists only in tests: paravisor's report, virtual TPM, and a token service. */
#ifndef CS_TEST_AZURE_FIXTURE_H
#define CS_TEST_AZURE_FIXTURE_H

#include "core/tpm.h"
#include "snp_fixture.h"

#define AZURE_ISSUER "https://test.attest.azure.net"

struct azure_machine {
    struct snp_machine snp;
    EVP_PKEY *ak_key, *service_key;
};

/* What evidence says; tests change one member. */
struct azure_evidence {
    uint8_t report[CS_SNP_REPORT_LEN]; /* report data and signature are filled in */
    const char *runtime;               /* JSON; NULL: the usual one */
    uint32_t hash;                     /* of the paravisor's report: 1, 2, 3 */
    uint32_t type;                     /* 2: SEV-SNP */
    bool other_runtime;                /* the report is about other runtime data */
    cs_slice extra_data;
    uint32_t selected; /* quoted */
    uint32_t shown;    /* in `pcrs` */
    uint8_t pcr[CS_TPM_PCRS][CS_TPM_PCR_LEN];
    bool other_value;    /* a PCR is another than the quoted one */
    EVP_PKEY *quote_key; /* NULL: the usual one */
    const char *token;   /* instead of a report; NULL: none */
};

static inline void azure_machine_make(struct azure_machine *m)
{
    snp_machine_make(&m->snp);
    m->ak_key = x509_key(NULL);
    m->service_key = x509_key(NULL);
}

static inline void azure_machine_free(struct azure_machine *m)
{
    snp_machine_free(&m->snp);
    EVP_PKEY_free(m->ak_key);
    EVP_PKEY_free(m->service_key);
}

static inline void azure_add_number(cs_buf *out, EVP_PKEY *key, const char *name)
{
    BIGNUM *n = NULL;
    uint8_t bytes[512];
    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &n), 1);
    int len = BN_bn2bin(n, bytes);
    BN_free(n);
    cs_base64url_encode(out, cs_slice_of(bytes, (size_t)len));
}

/* "kty":"RSA","e":…,"n":… */
static inline void azure_add_jwk(cs_buf *out, EVP_PKEY *key)
{
    cs_buf_add_str(out, "\"kty\":\"RSA\",\"e\":\"");
    azure_add_number(out, key, "e");
    cs_buf_add_str(out, "\",\"n\":\"");
    azure_add_number(out, key, "n");
    cs_buf_add_str(out, "\"");
}

/* Runtime data that name `key`; memory until the next call. */
static inline const char *azure_runtime(EVP_PKEY *key)
{
    static char text[2048];
    cs_buf out = CS_BUF_OVER(text);
    cs_buf_add_str(&out, "{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],");
    azure_add_jwk(&out, key);
    cs_buf_add_str(&out, "}],\"vm-configuration\":{\"secure-boot\":true},\"user-data\":\"");
    for (size_t i = 0; i < 64; i++)
        cs_buf_add_str(&out, "00");
    cs_buf_add_str(&out, "\"}");
    return cs_buf_cstr(&out);
}

static inline void azure_rs256(cs_buf *out, EVP_PKEY *key, cs_slice message)
{
    size_t n = 512;
    uint8_t *to = cs_buf_reserve(out, n);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    assert_non_null(to);
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(ctx, to, &n, message.p, message.n), 1);
    cs_buf_grow(out, n);
    EVP_MD_CTX_free(ctx);
}

/* A token of the test's service over these claims; free with cs_buf_free. */
static inline cs_buf azure_token(const struct azure_machine *m, const char *claims)
{
    cs_buf out = cs_buf_new(CS_MAX_ATTESTATION), signature = cs_buf_new(512);
    cs_base64url_encode(&out, CS_LIT("{\"alg\":\"RS256\",\"kid\":\"test\",\"typ\":\"JWT\"}"));
    cs_buf_add_str(&out, ".");
    cs_base64url_encode(&out, cs_slice_str(claims));
    azure_rs256(&signature, m->service_key, cs_buf_slice(&out));
    cs_buf_add_str(&out, ".");
    cs_base64url_encode(&out, cs_buf_slice(&signature));
    cs_buf_free(&signature);
    (void)cs_buf_cstr(&out);
    return out;
}

static inline void azure_usual_evidence(struct azure_evidence *e, const struct azure_machine *m)
{
    *e = (struct azure_evidence){.hash = 1, .type = 2, .selected = 0xffffff, .shown = 0xffffff};
    e->extra_data = CS_LIT("what the caller wants to have signed");
    snp_make_report(e->report, &m->snp);
    memset(e->report + 0xe0, 0x1d, 48); /* id key digest */
    for (size_t i = 0; i < CS_TPM_PCRS; i++)
        memset(e->pcr[i], (int)(0x40 + i), CS_TPM_PCR_LEN);
}

static inline void azure_add_le32(cs_buf *out, uint32_t v)
{
    for (size_t i = 0; i < 4; i++)
        cs_buf_add_u8(out, (uint8_t)(v >> (8 * i)));
}

/* The paravisor's report; free with cs_buf_free. */
static inline cs_buf azure_hcl(struct azure_evidence *e, const struct azure_machine *m)
{
    static const cs_hash_id hashes[] = {CS_HASH_NONE, CS_SHA256, CS_SHA384, CS_SHA512};
    cs_buf out = cs_buf_new(CS_HCL_MAX_REPORT);
    cs_slice runtime = cs_slice_str(e->runtime != NULL ? e->runtime : azure_runtime(m->ak_key));
    uint32_t size = (uint32_t)runtime.n + 20;
    cs_digest d;
    assert_int_equal(cs_hash(&d, hashes[e->hash], runtime), CS_OK);
    for (size_t i = 0; i < 64; i++)
        e->report[0x50 + i] = i < d.n ? d.b[i] : (uint8_t)(e->report[0x50 + i] == 0xee ? 0xee : 0);
    e->report[0x50] ^= e->other_runtime;
    snp_sign_report(e->report, m->snp.leaf_key);
    cs_buf_add_str(&out, "HCLA");
    azure_add_le32(&out, 2);
    azure_add_le32(&out, 32 + CS_SNP_REPORT_LEN + size);
    azure_add_le32(&out, 2);
    for (size_t i = 0; i < 4; i++)
        azure_add_le32(&out, 0);
    cs_buf_add(&out, CS_ARRAY(e->report));
    azure_add_le32(&out, size);
    azure_add_le32(&out, 1);
    azure_add_le32(&out, e->type);
    azure_add_le32(&out, e->hash);
    azure_add_le32(&out, (uint32_t)runtime.n);
    cs_buf_add(&out, runtime);
    while (out.n < 2600)
        cs_buf_add_u8(&out, 0);
    return out;
}

static inline void azure_quote(cs_buf *out, const struct azure_evidence *e)
{
    uint8_t values[CS_TPM_PCRS * CS_TPM_PCR_LEN];
    size_t n = 0;
    cs_digest d;
    for (size_t i = 0; i < CS_TPM_PCRS; i++)
        if ((e->selected >> i & 1) != 0)
            memcpy(values + CS_TPM_PCR_LEN * n++, e->pcr[i], CS_TPM_PCR_LEN);
    assert_int_equal(cs_hash(&d, CS_SHA256, cs_slice_of(values, CS_TPM_PCR_LEN * n)), CS_OK);
    cs_buf_add_u32(out, 0xff544347);
    cs_buf_add_u16(out, 0x8018);
    cs_buf_add_lp16(out, CS_LIT("\x00\x0b and a name of thirty-two bytes.."));
    cs_buf_add_lp16(out, e->extra_data);
    cs_buf_add_u64(out, 4711);
    cs_buf_add_u32(out, 3);
    cs_buf_add_u32(out, 0);
    cs_buf_add_u8(out, 1);
    cs_buf_add_u64(out, 0x2020031200120003);
    cs_buf_add_u32(out, 1);
    cs_buf_add_u16(out, 0x000b);
    cs_buf_add_u8(out, 3);
    for (size_t i = 0; i < 3; i++)
        cs_buf_add_u8(out, (uint8_t)(e->selected >> (8 * i)));
    cs_buf_add_lp16(out, cs_digest_slice(&d));
}

/* The members quote, signature and pcrs. */
static inline void azure_write_quote(cs_jw *w, cs_slice quote, cs_slice signature, const uint8_t *pcrs, uint32_t shown)
{
    char numbers[CS_TPM_PCRS][12];
    cs_jw_base64(w, "quote", quote);
    cs_jw_base64(w, "signature", signature);
    cs_jw_begin(w, "pcrs");
    for (unsigned i = 0; i < CS_TPM_PCRS; i++) {
        (void)snprintf(numbers[i], sizeof numbers[i], "%u", i);
        if ((shown >> i & 1) != 0)
            cs_jw_hex(w, numbers[i], "", cs_slice_of(pcrs + i * CS_TPM_PCR_LEN, CS_TPM_PCR_LEN));
    }
    cs_jw_end(w);
}

static inline void azure_write_report(cs_jw *w, cs_slice hcl, const cs_slice *certificates, size_t n)
{
    cs_jw_base64(w, "hclReport", hcl);
    cs_jw_begin_array(w, "certificates");
    for (size_t i = 0; i < n; i++)
        cs_jw_base64(w, NULL, certificates[i]);
    cs_jw_end_array(w);
}

/* The evidence; free with cs_buf_free. */
static inline cs_buf azure_make(struct azure_evidence *e, const struct azure_machine *m)
{
    const cs_slice certificates[] = {m->snp.leaf, m->snp.ask, m->snp.ark};
    cs_buf out = cs_buf_new(CS_MAX_ATTESTATION), quote = cs_buf_new(1024), signature = cs_buf_new(1024);
    cs_jw w = cs_jw_on(&out);
    azure_quote(&quote, e);
    azure_rs256(&signature, e->quote_key != NULL ? e->quote_key : m->ak_key, cs_buf_slice(&quote));
    cs_jw_begin(&w, NULL);
    if (e->token != NULL) {
        cs_jw_cstr(&w, "maa", e->token);
    } else {
        cs_buf hcl = azure_hcl(e, m);
        azure_write_report(&w, cs_buf_slice(&hcl), certificates, 3);
        cs_buf_free(&hcl);
    }
    e->pcr[5][0] ^= e->other_value;
    azure_write_quote(&w, cs_buf_slice(&quote), cs_buf_slice(&signature), e->pcr[0], e->shown);
    e->pcr[5][0] ^= e->other_value;
    cs_jw_end(&w);
    assert_int_equal(out.err, CS_OK);
    cs_buf_free(&quote);
    cs_buf_free(&signature);
    return out;
}

#endif
