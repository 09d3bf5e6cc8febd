/* SPDX-License-Identifier: Apache-2.0 */
#include "core/snp.h"

#include <string.h>

#define ECDSA_P384_SHA384 1
#define POLICY_RESERVED_ONE (1ull << 17)
#define POLICY_DEFINED 0x3ffffffull /* bits 25:0 */
#define KEY_INFO_DEFINED 0x1fu
#define SIGNER_SHIFT 2
#define SIGNER_MASK 7u
#define MAX_VMPL 3
#define COMPONENT 72 /* bytes of r and of s in a report, of which P-384 needs 48 */
#define SCALAR 48

static const char *const product_names[CS_SNP_PRODUCT_COUNT] = {
    [CS_SNP_UNKNOWN] = "unknown", [CS_SNP_MILAN] = "Milan", [CS_SNP_GENOA] = "Genoa", [CS_SNP_TURIN] = "Turin"};

static const struct {
    const char *name, *oid;
    int8_t older, turin; /* place in a TCB version; -1: not in it */
} parts[CS_SNP_PARTS] = {
    [CS_SNP_FMC] = {"fmc", "1.3.6.1.4.1.3704.1.3.9", -1, 0},
    [CS_SNP_BOOTLOADER] = {"bootloader", "1.3.6.1.4.1.3704.1.3.1", 0, 1},
    [CS_SNP_TEE] = {"tee", "1.3.6.1.4.1.3704.1.3.2", 1, 2},
    [CS_SNP_SNP] = {"snp", "1.3.6.1.4.1.3704.1.3.3", 6, 3},
    [CS_SNP_MICROCODE] = {"microcode", "1.3.6.1.4.1.3704.1.3.8", 7, 7},
};

const char *cs_snp_product_name(cs_snp_product p)
{
    return product_names[(unsigned)p < CS_SNP_PRODUCT_COUNT ? p : CS_SNP_UNKNOWN];
}

const char *cs_snp_part_name(cs_snp_part part)
{
    return (unsigned)part < CS_SNP_PARTS ? parts[part].name : "unknown";
}

const char *cs_snp_part_oid(cs_snp_part part)
{
    return (unsigned)part < CS_SNP_PARTS ? parts[part].oid : "";
}

/* Families as CPUID gives them with the extended ones added: 19h model 0h Milan, 1h and Ah Genoa and its smaller
 * siblings, which share its root; 1Ah Turin. The low half of a model is a variant. */
static cs_snp_product product_by_cpu(uint8_t family, uint8_t model)
{
    uint8_t group = model >> 4;
    if (family == 0x19 && group == 0)
        return CS_SNP_MILAN;
    if (family == 0x19 && (group == 1 || group == 0xa))
        return CS_SNP_GENOA;
    return family == 0x1a && group <= 1 ? CS_SNP_TURIN : CS_SNP_UNKNOWN;
}

static bool known_version(uint32_t version)
{
    return version == 2 || version == 3 || version == 5;
}

/* What stands up to the keys: version to key information. */
static void read_head(cs_snp_report *out, cs_reader *r, uint32_t *algorithm)
{
    out->version = cs_read_le32(r);
    out->guest_svn = cs_read_le32(r);
    out->policy = cs_read_le64(r);
    out->family_id = cs_read_bytes(r, 16);
    out->image_id = cs_read_bytes(r, 16);
    out->vmpl = cs_read_le32(r);
    *algorithm = cs_read_le32(r);
    out->current_tcb = cs_read_bytes(r, 8);
    out->platform_info = cs_read_le64(r);
    out->key_info = cs_read_le32(r);
    out->signer = (cs_snp_signer)(out->key_info >> SIGNER_SHIFT & SIGNER_MASK);
    cs_read_zeros(r, 4);
    bool reserved = (out->policy & ~POLICY_DEFINED) != 0 || (out->policy & POLICY_RESERVED_ONE) == 0 ||
                    (out->key_info & ~KEY_INFO_DEFINED) != 0;
    if (!known_version(out->version) || reserved || out->vmpl > MAX_VMPL)
        r->err = CS_BAD_FORMAT;
}

static void read_digests(cs_snp_report *out, cs_reader *r)
{
    out->report_data = cs_read_bytes(r, 64);
    out->measurement = cs_read_bytes(r, 48);
    out->host_data = cs_read_bytes(r, 32);
    out->id_key_digest = cs_read_bytes(r, 48);
    out->author_digest = cs_read_bytes(r, 48);
    out->report_id = cs_read_bytes(r, 32);
    out->migration_id = cs_read_bytes(r, 32);
}

/* One version of the firmware: build, minor, major, and a byte without meaning. */
static void read_firmware(cs_reader *r)
{
    (void)cs_read_bytes(r, 3);
    cs_read_zeros(r, 1);
}

static void read_platform(cs_snp_report *out, cs_reader *r)
{
    out->reported_tcb = cs_read_bytes(r, 8);
    if (out->version >= 3) {
        uint8_t family = cs_read_u8(r);
        uint8_t model = cs_read_u8(r);
        (void)cs_read_u8(r); /* stepping */
        out->product = product_by_cpu(family, model);
        if (out->product == CS_SNP_UNKNOWN)
            r->err = CS_BAD_FORMAT;
        cs_read_zeros(r, 21);
    } else {
        cs_read_zeros(r, 24);
    }
    out->chip_id = cs_read_bytes(r, 64);
    out->committed_tcb = cs_read_bytes(r, 8);
    read_firmware(r); /* current */
    read_firmware(r); /* committed */
    out->launch_tcb = cs_read_bytes(r, 8);
    if (out->version >= 5) {
        (void)cs_read_le64(r); /* mitigations at launch */
        (void)cs_read_le64(r); /* and now */
        cs_read_zeros(r, 152);
    } else {
        cs_read_zeros(r, 168);
    }
}

/* One number of the signature: little-endian in the report, big-endian at `out`. */
static void read_component(uint8_t *out, cs_reader *r)
{
    cs_slice little = cs_read_bytes(r, SCALAR);
    for (size_t i = 0; i < little.n; i++)
        out[SCALAR - 1 - i] = little.p[i];
    cs_read_zeros(r, COMPONENT - SCALAR);
}

cs_err cs_snp_parse(cs_snp_report *out, cs_slice report)
{
    uint32_t algorithm = 0;
    cs_snp_report p = {0};
    cs_reader r = cs_reader_of(report);
    *out = p;
    read_head(&p, &r, &algorithm);
    read_digests(&p, &r);
    read_platform(&p, &r);
    read_component(p.signature, &r);
    read_component(p.signature + SCALAR, &r);
    cs_read_zeros(&r, CS_SNP_REPORT_LEN - CS_SNP_SIGNED_LEN - 2 * COMPONENT);
    cs_err err = cs_read_end(&r);
    if (err != CS_OK)
        return err;
    if (algorithm != ECDSA_P384_SHA384 || (p.signer != CS_SNP_VCEK && p.signer != CS_SNP_VLEK))
        return CS_ATT_EVIDENCE_ALGORITHM;
    p.signed_bytes = cs_slice_sub(report, 0, CS_SNP_SIGNED_LEN);
    *out = p;
    return CS_OK;
}

cs_err cs_snp_tcb_read(cs_snp_tcb *out, cs_snp_product product, cs_slice bytes)
{
    uint8_t rest[8];
    *out = (cs_snp_tcb){0};
    if (product <= CS_SNP_UNKNOWN || product >= CS_SNP_PRODUCT_COUNT || bytes.n != sizeof rest)
        return CS_BAD_FORMAT;
    cs_snp_tcb tcb = {0};
    memcpy(rest, bytes.p, sizeof rest);
    for (size_t i = 0; i < CS_SNP_PARTS; i++) {
        int place = product == CS_SNP_TURIN ? parts[i].turin : parts[i].older;
        if (place < 0)
            continue;
        tcb.part[i] = rest[place];
        rest[place] = 0;
    }
    if (!cs_slice_all_zero(CS_ARRAY(rest)))
        return CS_BAD_FORMAT;
    *out = tcb;
    return CS_OK;
}

cs_snp_product cs_snp_product_of(cs_slice der)
{
    cs_reader r = cs_reader_of(der);
    uint8_t tag = cs_read_u8(&r);
    cs_slice text = cs_read_bytes(&r, cs_read_u8(&r));
    if (cs_read_end(&r) != CS_OK || tag != 0x16)
        return CS_SNP_UNKNOWN;
    const uint8_t *dash = text.n > 0 ? memchr(text.p, '-', text.n) : NULL;
    cs_slice name = dash != NULL ? cs_slice_sub(text, 0, (size_t)(dash - text.p)) : text;
    for (cs_snp_product p = CS_SNP_MILAN; p < CS_SNP_PRODUCT_COUNT; p++)
        if (cs_slice_is(name, product_names[p]))
            return p;
    return CS_SNP_UNKNOWN;
}

cs_err cs_snp_svn_of(uint8_t *out, cs_slice der)
{
    cs_reader r = cs_reader_of(der);
    uint8_t tag = cs_read_u8(&r);
    cs_slice number = cs_read_bytes(&r, cs_read_u8(&r));
    *out = 0;
    if (cs_read_end(&r) != CS_OK || tag != 0x02)
        return CS_BAD_FORMAT;
    /* DER: the shortest form, and a first zero only where the number would be negative without it. */
    bool shortest = (number.n == 1 && number.p[0] < 0x80) || (number.n == 2 && number.p[0] == 0 && number.p[1] >= 0x80);
    if (!shortest)
        return CS_BAD_FORMAT;
    *out = number.p[number.n - 1];
    return CS_OK;
}

cs_err cs_snp_hardware_id_of(cs_slice *out, cs_slice der)
{
    *out = der;
    if (der.n == 64 || der.n == 8)
        return CS_OK;
    cs_reader r = cs_reader_of(der);
    uint8_t tag = cs_read_u8(&r);
    cs_slice id = cs_read_bytes(&r, cs_read_u8(&r));
    bool octets = cs_read_end(&r) == CS_OK && tag == 0x04 && (id.n == 64 || id.n == 8);
    *out = octets ? id : CS_ABSENT;
    return octets ? CS_OK : CS_BAD_FORMAT;
}
