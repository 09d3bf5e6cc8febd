/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vendor amd-sev-snp: the real reports under AMD's roots at their clocks; under a root of the test one row for each
 * field of the report, of the certificates and of the rules; every bit of one real document.
 */
#include "core/attest_snp.h"

#include "flip_fixture.h"
#include "snp_fixture.h"
#include "vendor_fixture.h"

#define FOLDER "attestation/snp/"
#define AT_2023 1690000000
#define AT_2025 1740000000
#define AT_2026 1790000000

/* A rule that allows the report's own measurement, as a list of the wanted one behind another. */
static const char *allow_measurement(cs_slice report, const char *more)
{
    static char text[512];
    cs_buf out = cs_buf_over(text, sizeof text);
    cs_buf_add_str(&out, "{\"measurements\":[\"sha384:");
    for (size_t i = 0; i < 48; i++)
        cs_buf_add_str(&out, "11");
    cs_buf_add_str(&out, "\",\"");
    cs_hex_encode(&out, cs_slice_sub(report, 0x90, 48));
    cs_buf_add_str(&out, "\"]");
    cs_buf_add_str(&out, more);
    cs_buf_add_str(&out, "}");
    return cs_buf_cstr(&out);
}

/* -- the real ones ------------------------------------------------------------------------------------------------- */

enum { ARK_MILAN, ARK_GENOA };

/* Report, leaf, intermediate and root of the public files; the report is among `files`. */
static cs_buf load(cs_slice *report, const char *report_file, const char *leaf_file, bool vlek, int ark)
{
    cs_slice chain[3], milan[3], file[1];
    cs_buf bytes = vectors_public_file(report_file);
    *report = cs_slice_of(vectors_copy(cs_buf_slice(&bytes)), bytes.n);
    cs_buf_free(&bytes);
    assert_int_equal(x509_public_file(&chain[0], 1, leaf_file), 1);
    if (ark == ARK_MILAN) {
        assert_int_equal(x509_public_file(milan, 3, FOLDER "milan-ask-ark-asvk.pem"), 3);
        chain[1] = milan[vlek ? 2 : 0];
        chain[2] = milan[1];
    } else {
        assert_int_equal(x509_public_file(file, 1, FOLDER "genoa-ask.pem"), 1);
        chain[1] = file[0];
        assert_int_equal(x509_public_file(file, 1, FOLDER "genoa-ark.pem"), 1);
        chain[2] = file[0];
    }
    return snp_evidence(*report, chain, 3);
}

static const struct {
    const char *name, *report, *leaf;
    bool vlek;
    int ark;
    int64_t at;
    const char *more; /* rules */
    cs_err reason;
} real[] = {
    {"Milan", "milan-v2-report.bin", "milan-v2-vcek.der", false, ARK_MILAN, AT_2023, "", CS_OK},
    {"Milan, its floor", "milan-v2-report.bin", "milan-v2-vcek.der", false, ARK_MILAN, AT_2023,
     ",\"minTcb\":{\"bootloader\":3,\"tee\":0,\"snp\":8,\"microcode\":115}", CS_OK},
    {"Milan, the TCB that is running is no floor", "milan-v2-report.bin", "milan-v2-vcek.der", false, ARK_MILAN,
     AT_2023, ",\"minTcb\":{\"microcode\":116}", CS_ATT_TCB},
    {"Milan before its certificate", "milan-v2-report.bin", "milan-v2-vcek.der", false, ARK_MILAN, 1660000000, "",
     CS_ATT_CERT_NOT_YET_VALID},
    {"Milan after it", "milan-v2-report.bin", "milan-v2-vcek.der", false, ARK_MILAN, 1900000000, "",
     CS_ATT_CERT_EXPIRED},
    {"a certificate that was tampered with", "milan-v2-report.bin", "milan-vcek-tampered.der", false, ARK_MILAN,
     AT_2025, "", CS_ATT_CHAIN},
    {"the other chain", "milan-v2-report.bin", "milan-v2-vcek.der", false, ARK_GENOA, AT_2023, "", CS_ATT_CHAIN},
    {"ASVK for a VCEK", "milan-v2-report.bin", "milan-v2-vcek.der", true, ARK_MILAN, AT_2023, "", CS_ATT_CHAIN},
    {"VLEK", "milan-v3-vlek-report.bin", "milan-v3-vlek.der", true, ARK_MILAN, AT_2025, "", CS_OK},
    {"VLEK, floor of VMPL", "milan-v3-vlek-report.bin", "milan-v3-vlek.der", true, ARK_MILAN, AT_2025, ",\"maxVmpl\":1",
     CS_OK},
    {"VLEK, VMPL 0 is wanted", "milan-v3-vlek-report.bin", "milan-v3-vlek.der", true, ARK_MILAN, AT_2025,
     ",\"maxVmpl\":0", CS_ATT_PLATFORM},
    {"VLEK a year later", "milan-v3-vlek-report.bin", "milan-v3-vlek.der", true, ARK_MILAN, AT_2026, "",
     CS_ATT_CERT_EXPIRED},
    {"ASK for a VLEK", "milan-v3-vlek-report.bin", "milan-v3-vlek.der", false, ARK_MILAN, AT_2025, "", CS_ATT_CHAIN},
    {"a report of the VLEK with a VCEK", "milan-v3-vlek-report.bin", "milan-v2-vcek.der", false, ARK_MILAN, AT_2025, "",
     CS_ATT_PROOF_INVALID},
    {"Genoa", "genoa-v3-report.bin", "genoa-v3-vcek.pem", false, ARK_GENOA, AT_2026, "", CS_OK},
    {"Genoa before its certificate", "genoa-v3-report.bin", "genoa-v3-vcek.pem", false, ARK_GENOA, AT_2025, "",
     CS_ATT_CERT_NOT_YET_VALID},
    {"Genoa, version 5", "genoa-v5-report.bin", "genoa-v5-vcek.der", false, ARK_GENOA, AT_2026, "", CS_OK},
    {"Genoa, another processor's certificate", "genoa-v5-report.bin", "genoa-v3-vcek.pem", false, ARK_GENOA, AT_2026,
     "", CS_ATT_PROOF_INVALID},
    {"Genoa, floor above", "genoa-v5-report.bin", "genoa-v5-vcek.der", false, ARK_GENOA, AT_2026,
     ",\"minTcb\":{\"snp\":28}", CS_ATT_TCB},
    {"Genoa has no FMC", "genoa-v5-report.bin", "genoa-v5-vcek.der", false, ARK_GENOA, AT_2026,
     ",\"minTcb\":{\"fmc\":1}", CS_ATT_TCB},
};

static void real_reports(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        char report_file[128], leaf_file[128];
        cs_slice report;
        (void)snprintf(report_file, sizeof report_file, FOLDER "%s", real[i].report);
        (void)snprintf(leaf_file, sizeof leaf_file, FOLDER "%s", real[i].leaf);
        cs_buf evidence = load(&report, report_file, leaf_file, real[i].vlek, real[i].ark);
        cs_verdict j = vendor_judge(CS_VENDOR_AMD_SNP, allow_measurement(report, real[i].more), cs_buf_slice(&evidence),
                                    real[i].at);
        if (j.reason != real[i].reason)
            print_message("%s: %s\n", real[i].name, cs_err_name(j.reason));
        assert_int_equal(j.reason, real[i].reason);
        if (j.reason == CS_OK) {
            char measurement[128];
            cs_buf text = CS_BUF_OVER(measurement);
            cs_buf_add_str(&text, "sha384:");
            cs_hex_encode(&text, cs_slice_sub(report, 0x90, 48));
            assert_string_equal(j.image_hash, cs_buf_cstr(&text));
            assert_true(j.hardware && j.proven && j.note == NULL);
            assert_int_equal(j.evidence_time, -1);
        }
        cs_buf_free(&evidence);
        vectors_release();
    }
}

static bool genoa_accepted(cs_slice document)
{
    static char rules[512];
    if (rules[0] == '\0') {
        cs_buf report = vectors_public_file(FOLDER "genoa-v3-report.bin");
        (void)snprintf(rules, sizeof rules, "%s", allow_measurement(cs_buf_slice(&report), ""));
        cs_buf_free(&report);
    }
    return vendor_judge(CS_VENDOR_AMD_SNP, rules, document, AT_2026).reason == CS_OK;
}

static void every_bit_of_a_document(void **state)
{
    (void)state;
    cs_slice report;
    cs_buf evidence = load(&report, FOLDER "genoa-v3-report.bin", FOLDER "genoa-v3-vcek.pem", false, ARK_GENOA);
    flip_document(cs_buf_slice(&evidence), genoa_accepted);
    cs_buf_free(&evidence);
    vectors_release();
}

static void described(void **state)
{
    (void)state;
    cs_slice report;
    cs_buf evidence = load(&report, FOLDER "milan-v2-report.bin", FOLDER "milan-v2-vcek.der", false, ARK_MILAN);
    cs_buf json = vendor_describe(CS_VENDOR_AMD_SNP, cs_buf_slice(&evidence));
    const char *text = cs_buf_cstr(&json);
    assert_non_null(strstr(text, "\"processor\":\"Milan\""));
    assert_non_null(strstr(text, "\"reportedTcb\":{\"bootloader\":3,\"tee\":0,\"snp\":8,\"microcode\":115}"));
    assert_non_null(strstr(text, "\"currentTcb\":{\"bootloader\":3,\"tee\":0,\"snp\":8,\"microcode\":206}"));
    assert_non_null(strstr(text, "CN=ARK-Milan"));
    cs_buf_free(&json);
    json = vendor_describe(CS_VENDOR_AMD_SNP, report); /* alone: version 2 does not say what processor it is */
    text = cs_buf_cstr(&json);
    assert_non_null(strstr(text, "\"processor\":\"unknown\""));
    assert_non_null(strstr(text, "\"reportedTcb\":\"0300000000000873\""));
    assert_null(strstr(text, "certificates"));
    cs_buf_free(&json);
    cs_buf_free(&evidence);
    vectors_release();
}

/* -- under a root of the test -------------------------------------------------------------------------------------- */

static struct snp_machine machine;

static int make(void **state)
{
    (void)state;
    snp_machine_make(&machine);
    return 0;
}

static int end(void **state)
{
    (void)state;
    snp_machine_free(&machine);
    vectors_release();
    return 0;
}

/* Rules that pin the test's root and allow the usual measurement. */
static const char *test_rules(const char *more)
{
    static char text[8192];
    cs_buf pem = cs_buf_new(4096), out = CS_BUF_OVER(text);
    cs_issue_pem(&pem, machine.ark);
    cs_jw w = cs_jw_on(&out);
    cs_buf_add_str(&out, "{\"measurements\":[\"");
    for (size_t i = 0; i < 48; i++)
        cs_buf_add_str(&out, "3c");
    cs_buf_add_str(&out, "\"],\"arkPem\":");
    cs_jw_str(&w, NULL, cs_buf_slice(&pem));
    cs_buf_add_str(&out, more);
    cs_buf_add_str(&out, "}");
    cs_buf_free(&pem);
    return cs_buf_cstr(&out);
}

static cs_err judge_report(uint8_t report[CS_SNP_REPORT_LEN], cs_slice leaf, const char *more, int64_t at)
{
    cs_slice chain[] = {leaf, machine.ask, machine.ark};
    snp_sign_report(report, machine.leaf_key);
    cs_buf evidence = snp_evidence(cs_slice_of(report, CS_SNP_REPORT_LEN), chain, 3);
    cs_verdict j = vendor_judge(CS_VENDOR_AMD_SNP, test_rules(more), cs_buf_slice(&evidence), at);
    cs_buf_free(&evidence);
    assert_false(j.hardware);
    return j.reason;
}

static const struct {
    const char *name;
    size_t offset;
    uint8_t xor ;
    const char *more;
    cs_err reason;
} report_rows[] = {
    {"as it is", 0, 0, "", CS_OK},
    {"version 2 does not say the processor", 0, 3 ^ 2, "", CS_ATT_EVIDENCE_FORMAT},
    {"version 4", 0, 3 ^ 4, "", CS_ATT_EVIDENCE_FORMAT},
    {"another algorithm", 0x34, 3, "", CS_ATT_EVIDENCE_ALGORITHM},
    {"no signer", 0x48, 7 << 2, "", CS_ATT_EVIDENCE_ALGORITHM},
    {"says that a VLEK signed", 0x48, 1 << 2, "", CS_ATT_REPORT_MISMATCH},
    {"debug", 0x0a, 1 << 3, "", CS_ATT_DEBUG},
    {"migration", 0x0a, 1 << 2, "", CS_ATT_PLATFORM},
    {"VMPL 3", 0x30, 3, "", CS_OK},
    {"VMPL 3 where 2 is the most", 0x30, 3, ",\"maxVmpl\":2", CS_ATT_PLATFORM},
    {"VMPL 1 where 0 is", 0x30, 1, ",\"maxVmpl\":0", CS_ATT_PLATFORM},
    {"measurement", 0x90, 1, "", CS_ATT_IMAGE_NOT_ALLOWED},
    {"measurement's end", 0xbf, 0x80, "", CS_ATT_IMAGE_NOT_ALLOWED},
    {"report data", 0x50, 1, "", CS_OK},
    {"host data", 0xc0, 1, "", CS_OK},
    {"current TCB", 0x38, 1, "", CS_OK},
    {"reported boot loader", 0x180, 1, "", CS_ATT_REPORT_MISMATCH},
    {"reported TEE", 0x181, 1, "", CS_ATT_REPORT_MISMATCH},
    {"reported SNP", 0x186, 1, "", CS_ATT_REPORT_MISMATCH},
    {"reported microcode", 0x187, 1, "", CS_ATT_REPORT_MISMATCH},
    {"reported TCB, reserved", 0x183, 1, "", CS_ATT_EVIDENCE_FORMAT},
    {"family of Turin", 0x188, 0x19 ^ 0x1a, "", CS_ATT_REPORT_MISMATCH},
    {"model of Milan", 0x189, 0x11 ^ 0x01, "", CS_ATT_REPORT_MISMATCH},
    {"model of Bergamo", 0x189, 0x11 ^ 0xa0, "", CS_OK},
    {"unknown model", 0x189, 0x11 ^ 0x51, "", CS_ATT_EVIDENCE_FORMAT},
    {"another chip", 0x1a0, 1, "", CS_ATT_REPORT_MISMATCH},
    {"another chip's last byte", 0x1df, 1, "", CS_ATT_REPORT_MISMATCH},
    {"launch TCB", 0x1f0, 1, "", CS_OK},
    {"floors that are met", 0, 0, ",\"minTcb\":{\"bootloader\":3,\"tee\":1,\"snp\":200,\"microcode\":115}", CS_OK},
    {"floor of the boot loader", 0, 0, ",\"minTcb\":{\"bootloader\":4}", CS_ATT_TCB},
    {"floor of the TEE", 0, 0, ",\"minTcb\":{\"tee\":2}", CS_ATT_TCB},
    {"floor of SNP", 0, 0, ",\"minTcb\":{\"snp\":201,\"tee\":1}", CS_ATT_TCB},
    {"floor of the microcode", 0, 0, ",\"minTcb\":{\"microcode\":255}", CS_ATT_TCB},
};

static void one_field_of_the_report(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof report_rows / sizeof *report_rows; i++) {
        uint8_t report[CS_SNP_REPORT_LEN];
        snp_make_report(report, &machine);
        report[report_rows[i].offset] ^= report_rows[i].xor ;
        cs_err err = judge_report(report, machine.leaf, report_rows[i].more, SNP_NOW);
        if (err != report_rows[i].reason)
            print_message("%s: %s\n", report_rows[i].name, cs_err_name(err));
        assert_int_equal(err, report_rows[i].reason);
    }
}

/* A chip id that the host masks cannot be compared, and need not. */
static void masked_chip_id(void **state)
{
    (void)state;
    uint8_t report[CS_SNP_REPORT_LEN];
    snp_make_report(report, &machine);
    memset(report + 0x1a0, 0, 64);
    assert_int_equal(judge_report(report, machine.leaf, "", SNP_NOW), CS_OK);
    report[0x1a0 + 63] = 1;
    assert_int_equal(judge_report(report, machine.leaf, "", SNP_NOW), CS_ATT_REPORT_MISMATCH);
}

/* What a leaf says in another way than the usual one. */
static void change_leaf(struct snp_leaf *l, int row)
{
    static uint8_t octets[66] = {4, 64};
    switch (row) {
    case 1:
        l->subject = "SEV-VLEK";
        break;
    case 2:
        l->subject = "SEV-VCEK2";
        break;
    case 3:
        l->product = CS_LIT("\x16\x05Milan");
        break;
    case 4:
        l->product = CS_LIT("\x16\x05Turin");
        break;
    case 5:
        l->product = CS_LIT("\x0c\x05Genoa");
        break;
    case 6:
        l->svn[CS_SNP_BOOTLOADER]++;
        break;
    case 7:
        l->svn[CS_SNP_TEE]--;
        break;
    case 8:
        l->svn[CS_SNP_SNP]++;
        break;
    case 9:
        l->svn[CS_SNP_MICROCODE]--;
        break;
    case 10:
        l->svn[CS_SNP_MICROCODE] = -1;
        break;
    case 11:
        l->hardware_id = CS_ABSENT;
        break;
    case 12:
        l->hardware_id = cs_slice_of(machine.chip_id, 63);
        break;
    case 13:
        l->hardware_id = CS_LIT("12345678");
        break;
    case 14:
        l->from = SNP_NOW + 1;
        break;
    case 15:
        l->to = SNP_NOW - 1;
        break;
    case 16:
        l->product = CS_LIT("\x16\x08Genoa-B1");
        break;
    case 17:
        memcpy(octets + 2, machine.chip_id, 64);
        l->hardware_id = CS_ARRAY(octets);
        break;
    case 18:
        l->svn[CS_SNP_FMC] = 9;
        break;
    case 19:
        l->from = l->to = SNP_NOW;
        break;
    default:
        break;
    }
}

static const cs_err leaf_reasons[] = {
    CS_OK,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_REPORT_MISMATCH,
    CS_ATT_CERT_NOT_YET_VALID,
    CS_ATT_CERT_EXPIRED,
    CS_OK,
    CS_OK,
    CS_OK,
    CS_OK,
};

static void one_field_of_the_certificate(void **state)
{
    (void)state;
    for (int i = 0; i < (int)(sizeof leaf_reasons / sizeof *leaf_reasons); i++) {
        uint8_t report[CS_SNP_REPORT_LEN];
        struct snp_leaf l = snp_usual_leaf(&machine);
        change_leaf(&l, i);
        snp_make_report(report, &machine);
        cs_err err = judge_report(report, snp_make_leaf(&machine, &l), "", SNP_NOW);
        if (err != leaf_reasons[i])
            print_message("certificate %d: %s\n", i, cs_err_name(err));
        assert_int_equal(err, leaf_reasons[i]);
    }
}

/* Turin counts its parts in another order, has one more, and names a chip by 8 bytes. */
static void turin(void **state)
{
    (void)state;
    uint8_t report[CS_SNP_REPORT_LEN];
    struct snp_leaf l = snp_usual_leaf(&machine);
    l.product = CS_LIT("\x16\x08Turin-B0");
    l.svn[CS_SNP_FMC] = SNP_FMC;
    l.hardware_id = cs_slice_of(machine.chip_id, 8);
    cs_slice leaf = snp_make_leaf(&machine, &l);
    snp_make_report(report, &machine);
    report[0x188] = 0x1a;
    report[0x189] = 0x02;
    const uint8_t tcb[8] = {SNP_FMC, SNP_BOOTLOADER, SNP_TEE, SNP_SNP, 0, 0, 0, SNP_MICROCODE};
    memcpy(report + 0x180, tcb, sizeof tcb);
    memset(report + 0x1a8, 0, 56);
    assert_int_equal(judge_report(report, leaf, "", SNP_NOW), CS_OK);
    assert_int_equal(judge_report(report, leaf, ",\"minTcb\":{\"fmc\":2}", SNP_NOW), CS_OK);
    assert_int_equal(judge_report(report, leaf, ",\"minTcb\":{\"fmc\":3}", SNP_NOW), CS_ATT_TCB);
    report[0x1a0]++;
    assert_int_equal(judge_report(report, leaf, "", SNP_NOW), CS_ATT_REPORT_MISMATCH);
    report[0x1a0]--;
    report[0x180]++;
    assert_int_equal(judge_report(report, leaf, "", SNP_NOW), CS_ATT_REPORT_MISMATCH);
    report[0x180]--;
    l.svn[CS_SNP_FMC] = -1;
    assert_int_equal(judge_report(report, snp_make_leaf(&machine, &l), "", SNP_NOW), CS_ATT_REPORT_MISMATCH);
}

static cs_err judge_chain(const cs_slice *chain, size_t n, const char *rules)
{
    uint8_t report[CS_SNP_REPORT_LEN];
    snp_make_report(report, &machine);
    snp_sign_report(report, machine.leaf_key);
    cs_buf evidence = snp_evidence(CS_ARRAY(report), chain, n);
    cs_err err = vendor_judge(CS_VENDOR_AMD_SNP, rules, cs_buf_slice(&evidence), SNP_NOW).reason;
    cs_buf_free(&evidence);
    return err;
}

static void chains(void **state)
{
    (void)state;
    const cs_slice whole[] = {machine.leaf, machine.ask, machine.ark, machine.ark};
    const cs_slice swapped[] = {machine.ask, machine.leaf, machine.ark};
    const char *pinned = test_rules("");
    assert_int_equal(judge_chain(whole, 3, pinned), CS_OK);
    assert_int_equal(judge_chain(whole, 2, pinned), CS_OK); /* the root is in the policy */
    assert_int_equal(judge_chain(whole, 1, pinned), CS_ATT_ROOT_MISMATCH);
    assert_int_equal(judge_chain(whole, 0, pinned), CS_ATT_EVIDENCE_FORMAT);
    assert_int_equal(judge_chain(whole, 4, pinned), CS_ATT_EVIDENCE_FORMAT);
    assert_int_equal(judge_chain(swapped, 3, pinned), CS_ATT_CHAIN);

    uint8_t report[CS_SNP_REPORT_LEN];
    snp_make_report(report, &machine);
    char rules[512];
    (void)snprintf(rules, sizeof rules, "%s", allow_measurement(CS_ARRAY(report), ""));
    assert_int_equal(judge_chain(whole, 3, rules), CS_ATT_ROOT_MISMATCH); /* AMD's roots, and no others */
    assert_int_equal(judge_chain(whole, 2, rules), CS_ATT_ROOT_MISMATCH);

    /* A certificate that is signed in another way than AMD's. */
    struct x509_spec s = {.subject = "SEV-Genoa",
                          .issuer = "ARK-Genoa",
                          .key = machine.ask_key,
                          .issuer_key = machine.ark_key,
                          .from = SNP_NOW - SNP_YEAR,
                          .to = SNP_NOW + SNP_YEAR,
                          .constraints = "critical,CA:TRUE,pathlen:0",
                          .usage = "critical,keyCertSign"};
    cs_slice chain[] = {machine.leaf, x509_make(&s), machine.ark};
    assert_int_equal(judge_chain(chain, 3, pinned), CS_ATT_CHAIN);
    s.pss = true;
    chain[1] = x509_make(&s);
    assert_int_equal(judge_chain(chain, 3, pinned), CS_OK);
    s.usage = NULL;
    chain[1] = x509_make(&s);
    assert_int_equal(judge_chain(chain, 3, pinned), CS_ATT_CHAIN);
    s.usage = "critical,keyCertSign";
    s.constraints = "critical,CA:FALSE";
    chain[1] = x509_make(&s);
    assert_int_equal(judge_chain(chain, 3, pinned), CS_ATT_CHAIN);
}

/* A chain that was seen before is judged again in everything but its signatures. */
static void chains_that_are_remembered(void **state)
{
    (void)state;
    uint8_t report[CS_SNP_REPORT_LEN];
    const cs_slice chain[] = {machine.leaf, machine.ask, machine.ark};
    cs_evidence_expect expect = {.allow_mock = true};
    assert_int_equal(cs_chain_cache_new(&expect.chains, 2), CS_OK);
    snp_make_report(report, &machine);
    snp_sign_report(report, machine.leaf_key);
    cs_buf evidence = snp_evidence(CS_ARRAY(report), chain, 3);
    const char *rules = test_rules("");
    for (size_t i = 0; i < 3; i++) {
        expect.now = SNP_NOW;
        assert_int_equal(vendor_judge_with(CS_VENDOR_AMD_SNP, rules, cs_buf_slice(&evidence), &expect).reason, CS_OK);
        expect.now = SNP_NOW + 2 * SNP_YEAR;
        assert_int_equal(vendor_judge_with(CS_VENDOR_AMD_SNP, rules, cs_buf_slice(&evidence), &expect).reason,
                         CS_ATT_CERT_EXPIRED);
    }
    cs_buf_free(&evidence);
    cs_chain_cache_free(expect.chains);
}

static void malformed_evidence(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "{\"report\":\"AAAA\",\"certificates\":[\"AAAA\",\"AAAA\",\"AAAA\"]}",
        "{\"report\":\"AAAA\",\"certificates\":\"AAAA\"}",
        "{\"report\":1,\"certificates\":[\"AAAA\"]}",
        "{\"certificates\":[\"AAAA\"]}",
        "{\"report\":\"AAAA\",\"certificates\":[\"AAAA\"],\"more\":1}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(vendor_judge(CS_VENDOR_AMD_SNP, test_rules(""), cs_slice_str(texts[i]), SNP_NOW).reason,
                         CS_ATT_EVIDENCE_FORMAT);
    /* Right, but for a member that nobody knows. */
    uint8_t report[CS_SNP_REPORT_LEN];
    const cs_slice chain[] = {machine.leaf, machine.ask, machine.ark};
    snp_make_report(report, &machine);
    snp_sign_report(report, machine.leaf_key);
    cs_buf evidence = snp_evidence(CS_ARRAY(report), chain, 3);
    evidence.n--;
    cs_buf_add_str(&evidence, ",\"x\":1}");
    assert_int_equal(vendor_judge(CS_VENDOR_AMD_SNP, test_rules(""), cs_buf_slice(&evidence), SNP_NOW).reason,
                     CS_ATT_EVIDENCE_FORMAT);
    cs_buf_free(&evidence);
}

static void bindings(void **state)
{
    (void)state;
    static const uint8_t commitment[CS_COMMITMENT_LEN] = "CSO1 and thirty-two bytes of a hash.";
    uint8_t memory[64], report[CS_SNP_REPORT_LEN];
    const cs_slice chain[] = {machine.leaf, machine.ask, machine.ark};
    cs_digest d;
    cs_buf bytes = CS_BUF_OVER(memory);
    assert_int_equal(cs_attest_snp.binding(&bytes, CS_ARRAY(commitment)), CS_OK);
    assert_int_equal(cs_hash(&d, CS_SHA256, CS_ARRAY(commitment)), CS_OK);
    assert_int_equal(bytes.n, 64);
    assert_memory_equal(memory, d.b, 32);
    assert_true(cs_slice_all_zero(cs_slice_of(memory + 32, 32)));

    snp_make_report(report, &machine);
    memcpy(report + 0x50, memory, 64);
    snp_sign_report(report, machine.leaf_key);
    cs_buf evidence = snp_evidence(CS_ARRAY(report), chain, 3);
    cs_slice e = cs_buf_slice(&evidence);
    cs_evidence_expect expect = {.allow_mock = true, .now = SNP_NOW, .binding = CS_ARRAY(memory)};
    const char *rules = test_rules("");
    assert_int_equal(vendor_judge_with(CS_VENDOR_AMD_SNP, rules, e, &expect).reason, CS_OK);
    expect.binding.n = 32;
    assert_int_equal(vendor_judge_with(CS_VENDOR_AMD_SNP, rules, e, &expect).reason, CS_ATT_COMMITMENT_MISMATCH);
    expect.binding = CS_LIT("");
    assert_int_equal(vendor_judge_with(CS_VENDOR_AMD_SNP, rules, e, &expect).reason, CS_ATT_COMMITMENT_MISMATCH);
    expect.binding = CS_ARRAY(memory);
    for (size_t i = 0; i < 64; i++) {
        memory[i] ^= 1;
        assert_int_equal(vendor_judge_with(CS_VENDOR_AMD_SNP, rules, e, &expect).reason, CS_ATT_COMMITMENT_MISMATCH);
        memory[i] ^= 1;
    }
    expect.nonce = CS_LIT("a nonce");
    assert_int_equal(vendor_judge_with(CS_VENDOR_AMD_SNP, rules, e, &expect).reason, CS_ATT_NONCE_MISMATCH);
    expect.binding = CS_LIT("another"); /* the first mismatch in the order of the page counts */
    assert_int_equal(vendor_judge_with(CS_VENDOR_AMD_SNP, rules, e, &expect).reason, CS_ATT_COMMITMENT_MISMATCH);
    expect.public_key = CS_LIT("a key");
    assert_int_equal(vendor_judge_with(CS_VENDOR_AMD_SNP, rules, e, &expect).reason, CS_ATT_PUBLIC_KEY_MISMATCH);
    expect.allow_mock = false;
    assert_int_equal(vendor_judge_with(CS_VENDOR_AMD_SNP, rules, e, &expect).reason, CS_ATT_MOCK_REFUSED);
    cs_buf_free(&evidence);
}

/* -- rules --------------------------------------------------------------------------------------------------------- */

#define H48 "\"3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c\""
#define Z48 "\"000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000\""

static const struct {
    const char *rules;
    cs_err err;
} rule_rows[] = {
    {"{\"measurements\":[" H48 "]}", CS_OK},
    {"{\"measurements\":[" H48 "],\"maxVmpl\":0,\"minTcb\":{\"fmc\":0,\"snp\":255}}", CS_OK},
    {"{}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"measurements\":[]}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"measurements\":" H48 "}", CS_BAD_FIELD},
    {"{\"measurements\":[1]}", CS_POLICY_HASH},
    {"{\"measurements\":[\"3c\"]}", CS_POLICY_HASH},
    {"{\"measurements\":[" H48 "," Z48 "]}", CS_POLICY_HASH},
    {"{\"measurements\":[\"sha256:3c3c\"]}", CS_POLICY_HASH},
    {"{\"measurements\":[" H48 "],\"maxVmpl\":4}", CS_BAD_FIELD},
    {"{\"measurements\":[" H48 "],\"maxVmpl\":-1}", CS_BAD_FIELD},
    {"{\"measurements\":[" H48 "],\"minTcb\":{}}", CS_BAD_FIELD},
    {"{\"measurements\":[" H48 "],\"minTcb\":{\"snp\":256}}", CS_BAD_FIELD},
    {"{\"measurements\":[" H48 "],\"minTcb\":{\"psp\":1}}", CS_UNKNOWN_FIELD},
    {"{\"measurements\":[" H48 "],\"minTcb\":[]}", CS_BAD_FIELD},
    {"{\"measurements\":[" H48 "],\"arkPem\":\"\"}", CS_POLICY_ROOT},
    {"{\"measurements\":[" H48 "],\"arkPem\":\"-----BEGIN CERTIFICATE-----\"}", CS_POLICY_ROOT},
    {"{\"measurements\":[" H48 "],\"allowDebug\":true}", CS_UNKNOWN_FIELD},
};

static void rules_are_strict(void **state)
{
    (void)state;
    cs_policy p;
    for (size_t i = 0; i < sizeof rule_rows / sizeof *rule_rows; i++) {
        cs_err err = vendor_policy(&p, CS_VENDOR_AMD_SNP, rule_rows[i].rules, true);
        if (err != rule_rows[i].err)
            print_message("%s: %s\n", rule_rows[i].rules, cs_err_name(err));
        assert_int_equal(err, rule_rows[i].err);
        cs_policy_free(&p);
    }
    assert_int_equal(vendor_policy(&p, CS_VENDOR_AMD_SNP, test_rules(""), false), CS_POLICY_FOREIGN_ROOT);
}

/* The canonical form reads back to itself, whatever the order and the defaults were. */
static void canonical_rules(void **state)
{
    (void)state;
    cs_policy p;
    cs_buf first = cs_buf_new(CS_MAX_POLICY), second = cs_buf_new(CS_MAX_POLICY);
    assert_int_equal(vendor_policy(&p, CS_VENDOR_AMD_SNP, test_rules(",\"minTcb\":{\"tee\":1,\"bootloader\":2}"), true),
                     CS_OK);
    assert_int_equal(cs_policy_canonical(&first, &p), CS_OK);
    cs_policy_free(&p);
    assert_int_equal(cs_policy_parse(&p, NULL, cs_buf_slice(&first), true), CS_OK);
    assert_int_equal(cs_policy_canonical(&second, &p), CS_OK);
    cs_policy_free(&p);
    assert_true(cs_slice_eq(cs_buf_slice(&first), cs_buf_slice(&second)));
    const char *text = cs_buf_cstr(&first);
    assert_non_null(strstr(text, "\"maxVmpl\":3,\"measurements\":[\"sha384:3c"));
    assert_non_null(strstr(text, "\"minTcb\":{\"bootloader\":2,\"tee\":1}"));

    cs_json *doc = NULL;
    cs_buf sorted = cs_buf_new(CS_MAX_POLICY);
    assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&first), CS_MAX_POLICY), CS_OK);
    assert_int_equal(cs_json_canonical(&sorted, cs_json_root(doc)), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&first), cs_buf_slice(&sorted)));
    cs_json_free(doc);
    cs_buf_free(&sorted);
    cs_buf_free(&first);
    cs_buf_free(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_field_of_the_report),
        cmocka_unit_test(masked_chip_id),
        cmocka_unit_test(one_field_of_the_certificate),
        cmocka_unit_test(turin),
        cmocka_unit_test(chains),
        cmocka_unit_test(chains_that_are_remembered),
        cmocka_unit_test(malformed_evidence),
        cmocka_unit_test(bindings),
        cmocka_unit_test(rules_are_strict),
        cmocka_unit_test(canonical_rules),
    };
    const struct CMUnitTest public_tests[] = {
        cmocka_unit_test(real_reports),
        cmocka_unit_test(described),
        cmocka_unit_test(every_bit_of_a_document),
    };
    int failed = cmocka_run_group_tests_name("made here", tests, make, end);
    return cmocka_run_group_tests_name("public", public_tests, NULL, NULL) + failed;
}
