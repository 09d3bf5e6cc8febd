/* SPDX-License-Identifier: Apache-2.0 */
/* Reports and certificates of a processor that exists only in tests: ARK, ASK and VCEK as AMD lays them out. */
#ifndef CS_TEST_SNP_FIXTURE_H
#define CS_TEST_SNP_FIXTURE_H

#include "core/json.h"
#include "core/limits.h"
#include "core/snp.h"
#include "x509_fixture.h"

#define SNP_NOW 1790000000
#define SNP_YEAR 31536000

enum { SNP_BOOTLOADER = 3, SNP_TEE = 1, SNP_SNP = 200, SNP_MICROCODE = 115, SNP_FMC = 2 };

/* What a leaf certificate says; tests change one member. */
struct snp_leaf {
    const char *subject;
    cs_slice product;      /* DER */
    int svn[CS_SNP_PARTS]; /* -1: left out */
    cs_slice hardware_id;  /* absent: left out */
    cs_slice provider;     /* of a VLEK; absent: left out */
    int64_t from, to;
};

struct snp_machine {
    EVP_PKEY *ark_key, *ask_key, *leaf_key;
    cs_slice ark, ask, leaf; /* DER */
    uint8_t chip_id[64];
};

static inline cs_slice snp_svn_der(int svn)
{
    uint8_t *der = vectors_hold(4);
    bool two = svn > 127;
    memcpy(der, two ? (const uint8_t[]){2, 2, 0, (uint8_t)svn} : (const uint8_t[]){2, 1, (uint8_t)svn, 0}, 4);
    return cs_slice_of(der, two ? 4 : 3);
}

static inline struct snp_leaf snp_usual_leaf(const struct snp_machine *m)
{
    return (struct snp_leaf){.subject = "SEV-VCEK",
                             .product = CS_LIT("\x16\x05Genoa"),
                             .svn = {-1, SNP_BOOTLOADER, SNP_TEE, SNP_SNP, SNP_MICROCODE},
                             .hardware_id = CS_ARRAY(m->chip_id),
                             .from = SNP_NOW - SNP_YEAR,
                             .to = SNP_NOW + SNP_YEAR};
}

static inline cs_slice snp_make_leaf(const struct snp_machine *m, const struct snp_leaf *l)
{
    struct x509_spec s = {.subject = l->subject,
                          .issuer = "SEV-Genoa",
                          .key = m->leaf_key,
                          .issuer_key = m->ask_key,
                          .from = l->from,
                          .to = l->to,
                          .pss = true};
    size_t n = 0;
    s.extension[n].oid = CS_SNP_OID_PRODUCT;
    s.extension[n++].der = l->product;
    for (cs_snp_part p = 0; p < CS_SNP_PARTS; p++) {
        if (l->svn[p] < 0)
            continue;
        s.extension[n].oid = cs_snp_part_oid(p);
        s.extension[n++].der = snp_svn_der(l->svn[p]);
    }
    if (l->hardware_id.p != NULL) {
        s.extension[n].oid = CS_SNP_OID_HARDWARE_ID;
        s.extension[n++].der = l->hardware_id;
    }
    return x509_make(&s);
}

/* Free with snp_machine_free; certificates live until vectors_release. */
static inline void snp_machine_make(struct snp_machine *m)
{
    m->ark_key = x509_key(NULL);
    m->ask_key = x509_key(NULL);
    m->leaf_key = x509_key("P-384");
    for (size_t i = 0; i < sizeof m->chip_id; i++)
        m->chip_id[i] = (uint8_t)(i + 1);
    struct x509_spec s = {.subject = "ARK-Genoa",
                          .issuer = "ARK-Genoa",
                          .key = m->ark_key,
                          .issuer_key = m->ark_key,
                          .from = SNP_NOW - 5 * SNP_YEAR,
                          .to = SNP_NOW + 5 * SNP_YEAR,
                          .pss = true,
                          .constraints = "critical,CA:TRUE",
                          .usage = "critical,keyCertSign,cRLSign"};
    m->ark = x509_make(&s);
    s.subject = "SEV-Genoa";
    s.key = m->ask_key;
    s.constraints = "critical,CA:TRUE,pathlen:0";
    s.usage = "critical,keyCertSign";
    m->ask = x509_make(&s);
    struct snp_leaf leaf = snp_usual_leaf(m);
    m->leaf = snp_make_leaf(m, &leaf);
}

static inline void snp_machine_free(struct snp_machine *m)
{
    EVP_PKEY_free(m->ark_key);
    EVP_PKEY_free(m->ask_key);
    EVP_PKEY_free(m->leaf_key);
}

/* A report of version 3 by Genoa, unsigned. */
static inline void snp_make_report(uint8_t out[CS_SNP_REPORT_LEN], const struct snp_machine *m)
{
    memset(out, 0, CS_SNP_REPORT_LEN);
    out[0x00] = 3;
    out[0x0a] = 0x03; /* SMT, and the bit that is always one */
    out[0x34] = 1;
    memset(out + 0x50, 0x5a, 32);
    memset(out + 0x90, 0x3c, 48);
    for (size_t at = 0; at < 4; at++) {
        uint8_t *tcb = out + (const size_t[]){0x38, 0x180, 0x1e0, 0x1f0}[at];
        tcb[0] = SNP_BOOTLOADER;
        tcb[1] = SNP_TEE;
        tcb[6] = SNP_SNP;
        tcb[7] = SNP_MICROCODE;
    }
    out[0x188] = 0x19;
    out[0x189] = 0x11;
    memcpy(out + 0x1a0, m->chip_id, sizeof m->chip_id);
}

static inline void snp_sign_report(uint8_t report[CS_SNP_REPORT_LEN], EVP_PKEY *key)
{
    uint8_t raw[96];
    cs_buf sig = CS_BUF_OVER(raw);
    x509_ecdsa(&sig, key, cs_slice_of(report, CS_SNP_SIGNED_LEN));
    for (size_t i = 0; i < 48; i++) {
        report[0x2a0 + i] = raw[47 - i];
        report[0x2e8 + i] = raw[95 - i];
    }
}

/* Evidence as vendor amd-sev-snp takes it; free with cs_buf_free. */
static inline cs_buf snp_evidence(cs_slice report, const cs_slice *certificates, size_t n)
{
    cs_buf out = cs_buf_new(CS_MAX_ATTESTATION);
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_jw_base64(&w, "report", report);
    cs_jw_begin_array(&w, "certificates");
    for (size_t i = 0; i < n; i++)
        cs_jw_base64(&w, NULL, certificates[i]);
    cs_jw_end_array(&w);
    cs_jw_end(&w);
    assert_int_equal(out.err, CS_OK);
    return out;
}

#endif
