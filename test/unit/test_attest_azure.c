/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vendor azure-confidential-vm: the real evidence of virtual TPMs under AMD's roots, and real tokens, at their clocks;
 * with a machine and a token service of the test one row for each part that may not be so; every bit of one real
 * document.
 */
#include "core/attest_azure.h"

#include "core/attest_snp.h"

#include "azure_fixture.h"
#include "flip_fixture.h"
#include "vendor_fixture.h"

#define FOLDER "attestation/azure/"
#define AT 1790000000

/* -- the real ones: their shapes become ours ----------------------------------------------------------------------- */

struct real_parts {
    cs_slice hcl, vcek, quote, signature;
    uint8_t pcr[CS_TPM_PCRS][CS_TPM_PCR_LEN];
};

static cs_slice from_list(yyjson_val *list)
{
    size_t i, max;
    yyjson_val *v;
    uint8_t *bytes = vectors_hold(yyjson_arr_size(list));
    yyjson_arr_foreach(list, i, max, v) bytes[i] = (uint8_t)yyjson_get_uint(v);
    return cs_slice_of(bytes, yyjson_arr_size(list));
}

/* base64url, whose padding some writers keep. */
static cs_slice from_base64url(cs_slice text)
{
    while (text.n > 0 && text.p[text.n - 1] == '=')
        text.n--;
    cs_buf out = cs_buf_over(vectors_hold(text.n), text.n);
    assert_int_equal(cs_base64url_decode(&out, text), CS_OK);
    return cs_buf_slice(&out);
}

static void set_pcr(struct real_parts *p, size_t i, cs_slice value)
{
    assert_int_equal(value.n, CS_TPM_PCR_LEN);
    memcpy(p->pcr[i], value.p, CS_TPM_PCR_LEN);
}

static void load_text_shape(struct real_parts *p, const char *name)
{
    size_t i, max;
    yyjson_val *v;
    yyjson_doc *doc = vectors_public_json(name);
    yyjson_val *e = yyjson_obj_get(yyjson_doc_get_root(doc), "evidence"), *q = yyjson_obj_get(e, "tpm_quote");
    p->hcl = from_base64url(vectors_text(e, "hcl_report"));
    p->vcek = from_base64url(vectors_text(e, "vcek"));
    p->quote = vectors_hex(q, "message");
    p->signature = vectors_hex(q, "signature");
    yyjson_arr_foreach(yyjson_obj_get(q, "pcrs"), i, max, v)
        set_pcr(p, i, vectors_from_hex(cs_slice_of(yyjson_get_str(v), yyjson_get_len(v))));
    yyjson_doc_free(doc);
}

static void load_list_shape(struct real_parts *p, const char *name)
{
    size_t i, max;
    yyjson_val *v;
    yyjson_doc *doc = vectors_public_json(name);
    yyjson_val *root = yyjson_doc_get_root(doc), *q = yyjson_obj_get(root, "quote");
    cs_slice ders[1];
    size_t n = 0;
    cs_buf der = cs_buf_new(8192);
    p->hcl = from_list(yyjson_obj_get(root, "report"));
    p->quote = from_list(yyjson_obj_get(q, "message"));
    p->signature = from_list(yyjson_obj_get(q, "signature"));
    assert_int_equal(cs_pem_certificates(&der, ders, &n, 1, vectors_text(root, "vcek")), CS_OK);
    p->vcek = cs_slice_of(vectors_copy(ders[0]), ders[0].n);
    yyjson_arr_foreach(yyjson_obj_get(q, "pcrs"), i, max, v) set_pcr(p, i, from_list(v));
    cs_buf_free(&der);
    yyjson_doc_free(doc);
}

static cs_buf convert(const struct real_parts *p, bool genoa)
{
    cs_slice chain[3] = {p->vcek}, milan[3];
    if (genoa) {
        assert_int_equal(x509_public_file(&chain[1], 1, "attestation/snp/genoa-ask.pem"), 1);
        assert_int_equal(x509_public_file(&chain[2], 1, "attestation/snp/genoa-ark.pem"), 1);
    } else {
        assert_int_equal(x509_public_file(milan, 3, "attestation/snp/milan-ask-ark-asvk.pem"), 3);
        chain[1] = milan[0];
        chain[2] = milan[1];
    }
    cs_buf out = cs_buf_new(CS_MAX_ATTESTATION);
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    azure_write_report(&w, p->hcl, chain, 3);
    azure_write_quote(&w, p->quote, p->signature, p->pcr[0], 0xffffff);
    cs_jw_end(&w);
    assert_int_equal(out.err, CS_OK);
    return out;
}

/* Rules that want PCR 0 and 4 to be as they are. */
static const char *allow_pcrs(uint8_t pcr[CS_TPM_PCRS][CS_TPM_PCR_LEN], const char *more)
{
    static char text[8192];
    cs_buf out = CS_BUF_OVER(text);
    cs_buf_add_str(&out, "{\"pcrs\":{\"0\":[\"sha256:");
    cs_hex_encode(&out, CS_ARRAY(pcr[0]));
    cs_buf_add_str(&out, "\"],\"4\":[\"");
    cs_hex_encode(&out, CS_ARRAY(pcr[4]));
    cs_buf_add_str(&out, "\"]}");
    cs_buf_add_str(&out, more);
    cs_buf_add_str(&out, "}");
    return cs_buf_cstr(&out);
}

static const struct {
    const char *name, *file;
    bool list, genoa;
    const char *extra_data; /* NULL: bytes */
} real[] = {
    {"Milan, version 3", FOLDER "vtpm-snp-evidence-a.json", false, false, "attestation-test-fixture"},
    {"Milan, version 2", FOLDER "vtpm-snp-evidence-b.json", false, false, "challenge"},
    {"Genoa", FOLDER "vtpm-snp-evidence-genoa.json", true, true, NULL},
};

static cs_buf load_real(struct real_parts *p, size_t i)
{
    if (real[i].list)
        load_list_shape(p, real[i].file);
    else
        load_text_shape(p, real[i].file);
    return convert(p, real[i].genoa);
}

static void real_evidence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        struct real_parts p;
        cs_tpm_quote q;
        print_message("%s\n", real[i].name);
        cs_buf evidence = load_real(&p, i);
        cs_slice e = cs_buf_slice(&evidence);
        const char *rules = allow_pcrs(p.pcr, "");
        assert_int_equal(cs_tpm_quote_parse(&q, p.quote), CS_OK);
        cs_evidence_expect expect = {.now = AT, .binding = q.extra_data};
        if (real[i].extra_data != NULL)
            expect.binding = cs_slice_str(real[i].extra_data);
        cs_verdict v = vendor_judge_with(CS_VENDOR_AZURE_CVM, rules, e, &expect);
        assert_int_equal(v.reason, CS_OK);
        assert_true(v.hardware && v.proven);
        assert_int_equal(v.evidence_time, -1);
        assert_true(cs_slice_starts(cs_slice_str(v.image_hash), CS_LIT("sha256:")));
        char digest[80];
        cs_buf text = CS_BUF_OVER(digest);
        cs_buf_add_str(&text, "sha256:");
        cs_hex_encode(&text, q.pcr_digest);
        assert_string_equal(v.image_hash, cs_buf_cstr(&text));

        expect.binding = CS_LIT("another challenge");
        assert_int_equal(vendor_judge_with(CS_VENDOR_AZURE_CVM, rules, e, &expect).reason, CS_ATT_COMMITMENT_MISMATCH);
        assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, e, 1640000000).reason, CS_ATT_CERT_NOT_YET_VALID);
        assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, e, 2100000000).reason, CS_ATT_CERT_EXPIRED);
        p.pcr[4][31] ^= 1;
        assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, allow_pcrs(p.pcr, ""), e, AT).reason,
                         CS_ATT_IMAGE_NOT_ALLOWED);
        cs_buf_free(&evidence);
        vectors_release();
    }
}

/* The report alone: no quote, so no register, and no evidence. */
static void real_report_alone(void **state)
{
    (void)state;
    cs_buf hcl = vectors_public_file(FOLDER "hcl-report-snp.bin");
    cs_slice chain[3];
    assert_int_equal(x509_public_file(chain, 3, FOLDER "hcl-report-snp-certs.pem"), 3);
    cs_hcl_report h;
    cs_snp_proof p;
    cs_digest d;
    const cs_root_pin amd = {.vendor = CS_VENDOR_AZURE_CVM};
    assert_int_equal(cs_hcl_parse(&h, cs_buf_slice(&hcl)), CS_OK);
    assert_int_equal(cs_snp_prove(&p, h.hardware, chain, 3, &amd, &(cs_prove_at){.now = 1700000000}), CS_OK);
    assert_int_equal(cs_hash(&d, CS_SHA256, h.runtime), CS_OK);
    assert_true(cs_slice_starts(p.report.report_data, cs_digest_slice(&d)));
    cs_buf json = vendor_describe(CS_VENDOR_AZURE_CVM, cs_buf_slice(&hcl));
    assert_non_null(
        strstr(cs_buf_cstr(&json), "\"hardware\":\"AMD SEV-SNP\",\"runtime\":{\"keys\":[{\"kid\":\"HCLAkPub\""));
    cs_buf_free(&json);

    uint8_t zeros[CS_TPM_PCRS][CS_TPM_PCR_LEN] = {{1}, {0}, {0}, {0}, {1}};
    const char *rules = allow_pcrs(zeros, "");
    cs_buf evidence = cs_buf_new(CS_MAX_ATTESTATION);
    cs_jw w = cs_jw_on(&evidence);
    cs_jw_begin(&w, NULL);
    azure_write_report(&w, cs_buf_slice(&hcl), chain, 3);
    cs_jw_end(&w);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, cs_buf_slice(&evidence), 1700000000).reason,
                     CS_ATT_EVIDENCE_FORMAT);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, cs_buf_slice(&hcl), 1700000000).reason,
                     CS_ATT_KEY_UNKNOWN); /* taken for a token, which these rules do not want */
    cs_buf_free(&evidence);
    cs_buf_free(&hcl);
    vectors_release();
}

static char b_rules[2048];

static bool b_accepted(cs_slice document)
{
    return vendor_judge(CS_VENDOR_AZURE_CVM, b_rules, document, AT).reason == CS_OK;
}

static void every_bit_of_a_document(void **state)
{
    (void)state;
    struct real_parts p;
    cs_buf evidence = load_real(&p, 1);
    (void)snprintf(b_rules, sizeof b_rules, "%s", allow_pcrs(p.pcr, ""));
    flip_document(cs_buf_slice(&evidence), b_accepted);
    cs_buf_free(&evidence);
    vectors_release();
}

static void described(void **state)
{
    (void)state;
    struct real_parts p;
    cs_buf evidence = load_real(&p, 2);
    cs_buf json = vendor_describe(CS_VENDOR_AZURE_CVM, cs_buf_slice(&evidence));
    const char *text = cs_buf_cstr(&json);
    assert_non_null(strstr(text, "\"processor\":\"Genoa\""));
    assert_non_null(strstr(text, "\"quote\":{\"extraData\":\""));
    assert_non_null(strstr(text, "\"pcrs\":{\"0\":\"sha256:afd689d0"));
    assert_non_null(strstr(text, "CN=ARK-Genoa"));
    cs_buf_free(&json);
    cs_buf_free(&evidence);
    vectors_release();
}

/* The public files have shapes of others: described, never verified. */
static void shapes_of_others(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        struct real_parts p;
        cs_buf converted = load_real(&p, i), file = vectors_public_file(real[i].file);
        cs_buf json = vendor_describe(CS_VENDOR_AZURE_CVM, cs_buf_slice(&file));
        const char *text = cs_buf_cstr(&json);
        char pcr4[80];
        cs_buf want = CS_BUF_OVER(pcr4);
        cs_buf_add_str(&want, "\"4\":\"sha256:");
        cs_hex_encode(&want, CS_ARRAY(p.pcr[4]));
        assert_non_null(strstr(text, cs_buf_cstr(&want)));
        assert_non_null(strstr(text, "CN=SEV-VCEK"));
        assert_non_null(strstr(text, "\"kid\":\"HCLAkPub\""));
        assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, allow_pcrs(p.pcr, ""), cs_buf_slice(&file), AT).reason,
                         CS_ATT_EVIDENCE_FORMAT);
        /* Cut anywhere it is neither. */
        cs_buf out = cs_buf_new(1u << 20);
        for (size_t n = 0; n < file.n; n += 97) {
            cs_buf_clear(&out);
            assert_int_equal(cs_evidence_describe(&out, CS_VENDOR_AZURE_CVM, cs_slice_of(file.p, n)),
                             CS_ATT_EVIDENCE_FORMAT);
        }
        cs_buf_free(&out);
        cs_buf_free(&json);
        cs_buf_free(&file);
        cs_buf_free(&converted);
        vectors_release();
    }
}

/* -- real tokens ----------------------------------------------------------------------------------------------------
 */

#define EUS_TOKEN FOLDER "maa-sevsnpvm-eus-2026-10-09.jwt"
#define WEU_TOKEN FOLDER "maa-azurevm-guest-weu-2023-03-30.jwt"

static cs_buf load_token(const char *name)
{
    cs_buf token = vectors_public_file(name);
    while (token.n > 0 && token.p[token.n - 1] == '\n')
        token.n--;
    return token;
}

/* A token names no register, so that no policy takes it alone; whatever is wrong before that is told first. */
static void real_tokens(void **state)
{
    (void)state;
    uint8_t pcr[CS_TPM_PCRS][CS_TPM_PCR_LEN] = {{1}, {0}, {0}, {0}, {1}};
    cs_buf jwks = vectors_public_file(FOLDER "maa-jwks-eus-2026-10-08.json"), more = cs_buf_new(1u << 16);
    cs_buf eus = load_token(EUS_TOKEN), weu = load_token(WEU_TOKEN);
    cs_buf_add_str(&more, ",\"issuers\":[\"https://sharedeus.eus.attest.azure.net\"],\"jwks\":");
    cs_buf_add(&more, cs_buf_slice(&jwks));
    const char *rules = allow_pcrs(pcr, cs_buf_cstr(&more));
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, cs_buf_slice(&eus), 1791510000).reason,
                     CS_ATT_REGISTER_MISSING);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, cs_buf_slice(&eus), 1791503000).reason,
                     CS_ATT_TOKEN_NOT_YET_VALID);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, cs_buf_slice(&eus), 1791600000).reason,
                     CS_ATT_TOKEN_EXPIRED);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, cs_buf_slice(&weu), 1680180000).reason,
                     CS_ATT_KEY_UNKNOWN);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, allow_pcrs(pcr, ""), cs_buf_slice(&eus), 1791510000).reason,
                     CS_ATT_KEY_UNKNOWN);
    cs_buf json = vendor_describe(CS_VENDOR_AZURE_CVM, cs_buf_slice(&weu));
    assert_non_null(strstr(cs_buf_cstr(&json), "\"token\":{"));
    cs_buf_free(&json);
    cs_buf_free(&jwks);
    cs_buf_free(&more);
    cs_buf_free(&eus);
    cs_buf_free(&weu);
}

/* -- a machine of the test ----------------------------------------------------------------------------------------- */

static struct azure_machine machine;

static int make(void **state)
{
    (void)state;
    azure_machine_make(&machine);
    return 0;
}

static int end(void **state)
{
    (void)state;
    azure_machine_free(&machine);
    vectors_release();
    return 0;
}

/* Rules that pin the test's root (`ark`) or its service. */
static const char *test_rules(bool ark, bool service, const char *more)
{
    struct azure_evidence usual;
    cs_buf rest = cs_buf_new(1u << 14), pem = cs_buf_new(1u << 13);
    azure_usual_evidence(&usual, &machine);
    cs_jw w = cs_jw_on(&rest);
    if (ark) {
        cs_issue_pem(&pem, machine.snp.ark);
        cs_buf_add_str(&rest, ",\"arkPem\":");
        cs_jw_str(&w, NULL, cs_buf_slice(&pem));
        cs_buf_add_str(&rest, ",\"idKeyDigests\":[\"");
        for (size_t i = 0; i < 48; i++)
            cs_buf_add_str(&rest, "1d");
        cs_buf_add_str(&rest, "\"]");
    }
    if (service) {
        cs_buf_add_str(&rest, ",\"issuers\":[\"" AZURE_ISSUER "\"],\"jwks\":{\"keys\":[{\"kid\":\"test\",");
        azure_add_jwk(&rest, machine.service_key);
        cs_buf_add_str(&rest, "}]}");
    }
    cs_buf_add_str(&rest, more);
    const char *rules = allow_pcrs(usual.pcr, cs_buf_cstr(&rest));
    cs_buf_free(&rest);
    cs_buf_free(&pem);
    return rules;
}

static cs_verdict judge(struct azure_evidence *e, const char *more)
{
    cs_buf evidence = azure_make(e, &machine);
    cs_evidence_expect expect = {
        .allow_mock = true, .now = SNP_NOW, .binding = CS_LIT("what the caller wants to have signed")};
    cs_verdict v =
        vendor_judge_with(CS_VENDOR_AZURE_CVM, test_rules(true, false, more), cs_buf_slice(&evidence), &expect);
    cs_buf_free(&evidence);
    return v;
}

static const struct {
    const char *name;
    size_t offset;
    uint8_t xor ;
    const char *more;
    cs_err reason;
} report_rows[] = {
    {"as it is", 0, 0, "", CS_OK},
    {"version 4", 0, 3 ^ 4, "", CS_ATT_EVIDENCE_FORMAT},
    {"another algorithm", 0x34, 3, "", CS_ATT_EVIDENCE_ALGORITHM},
    {"another TCB than the certificate's", 0x186, 1, "", CS_ATT_REPORT_MISMATCH},
    {"debug", 0x0a, 1 << 3, "", CS_ATT_DEBUG},
    {"migration", 0x0a, 1 << 2, "", CS_ATT_PLATFORM},
    {"not the paravisor's level", 0x30, 1, "", CS_ATT_PLATFORM},
    {"a paravisor that is not Microsoft's", 0xe0, 1, "", CS_ATT_PLATFORM},
    {"the same, last byte", 0x10f, 1, "", CS_ATT_PLATFORM},
    {"another launch measurement, none is named", 0x90, 1, "", CS_OK},
    {"floors that are met", 0, 0, ",\"minSvn\":{\"bootloader\":3,\"tee\":1,\"snp\":200,\"microcode\":115}", CS_OK},
    {"floor of SNP", 0, 0, ",\"minSvn\":{\"snp\":201}", CS_ATT_TCB},
    {"floor of the microcode", 0, 0, ",\"minSvn\":{\"microcode\":116}", CS_ATT_TCB},
    {"floor of the guest", 0, 0, ",\"minSvn\":{\"guest\":1}", CS_ATT_TCB},
    {"guest at the floor", 0x04, 1, ",\"minSvn\":{\"guest\":1}", CS_OK},
    {"launch measurement that is named", 0, 0,
     ",\"launchMeasurements\":["
     "\"3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"
     "c3c3c3c\"]",
     CS_OK},
    {"launch measurement that is not", 0x90, 1,
     ",\"launchMeasurements\":["
     "\"3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3"
     "c3c3c3c\"]",
     CS_ATT_IMAGE_NOT_ALLOWED},
};

static void one_field_of_the_report(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof report_rows / sizeof *report_rows; i++) {
        struct azure_evidence e;
        azure_usual_evidence(&e, &machine);
        e.report[report_rows[i].offset] ^= report_rows[i].xor ;
        cs_verdict v = judge(&e, report_rows[i].more);
        if (v.reason != report_rows[i].reason)
            print_message("%s: %s\n", report_rows[i].name, cs_err_name(v.reason));
        assert_int_equal(v.reason, report_rows[i].reason);
        assert_false(v.hardware);
    }
}

/* The parts of the evidence that must belong together. */
static const char *change_part(struct azure_evidence *e, int row, cs_err *reason)
{
    *reason = CS_ATT_REPORT_MISMATCH;
    switch (row) {
    case 0:
        *reason = CS_OK;
        return "as it is";
    case 1:
        e->other_runtime = true;
        return "other runtime data";
    case 2:
        e->report[0x50 + 63] = 0xee;
        return "report data behind the hash";
    case 3:
        e->hash = 2;
        *reason = CS_OK;
        return "SHA-384";
    case 4:
        e->hash = 3;
        *reason = CS_OK;
        return "SHA-512";
    case 5:
        e->type = 4;
        *reason = CS_ATT_EVIDENCE_FORMAT;
        return "TDX";
    case 6:
        e->runtime = azure_runtime(machine.service_key);
        *reason = CS_ATT_PROOF_INVALID;
        return "another TPM's key";
    case 7:
        e->quote_key = machine.service_key;
        *reason = CS_ATT_PROOF_INVALID;
        return "a quote by another key";
    case 8:
        e->runtime = "{\"keys\":[]}";
        *reason = CS_ATT_EVIDENCE_FORMAT;
        return "no key";
    case 9:
        e->runtime = "{}x";
        *reason = CS_ATT_EVIDENCE_FORMAT;
        return "no JSON";
    case 10:
        e->runtime = "{\"keys\":[{\"kid\":\"HCLAkPub\",\"key_ops\":[\"sign\"],\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":"
                     "\"qR7LqAAB\"}]}";
        *reason = CS_ATT_KEY_WEAK;
        return "a short key";
    case 11:
        e->other_value = true;
        return "a value that was not quoted";
    case 12:
        e->shown = 0x7fffff;
        return "a value less than was quoted";
    case 13:
        e->selected = 0x7fffff;
        return "a value more than was quoted";
    case 14:
        e->selected = e->shown = 0x11;
        *reason = CS_OK;
        return "only what the rules name";
    case 15:
        e->selected = e->shown = 0x01;
        *reason = CS_ATT_REGISTER_MISSING;
        return "PCR 4 was not quoted";
    case 16:
        e->selected = e->shown = 0xffffee;
        *reason = CS_ATT_REGISTER_MISSING;
        return "all but those";
    case 17:
        e->shown = 0;
        return "no values";
    case 18:
        e->pcr[4][0] ^= 1;
        *reason = CS_ATT_IMAGE_NOT_ALLOWED;
        return "PCR 4";
    case 19:
        e->pcr[0][31] ^= 1;
        *reason = CS_ATT_IMAGE_NOT_ALLOWED;
        return "PCR 0";
    case 20:
        e->pcr[7][0] ^= 1;
        *reason = CS_OK;
        return "PCR 7, which nobody names";
    case 21:
        e->extra_data = CS_LIT("what the caller wants to have signeD");
        *reason = CS_ATT_COMMITMENT_MISMATCH;
        return "another binding";
    case 22:
        e->extra_data = CS_LIT("");
        *reason = CS_ATT_COMMITMENT_MISMATCH;
        return "no binding";
    case 23:
        memcpy(e->pcr[7], e->pcr[4], CS_TPM_PCR_LEN);
        e->selected = 0x81;
        e->shown = 0x11;
        return "PCR 7 shown as PCR 4";
    case 24:
        e->extra_data = CS_LIT("what the caller wants to have signed, and more");
        *reason = CS_ATT_COMMITMENT_MISMATCH;
        return "more than the binding";
    default:
        return NULL;
    }
}

static void parts_that_do_not_belong_together(void **state)
{
    (void)state;
    for (int i = 0;; i++) {
        struct azure_evidence e;
        cs_err reason;
        azure_usual_evidence(&e, &machine);
        const char *name = change_part(&e, i, &reason);
        if (name == NULL)
            break;
        cs_err err = judge(&e, "").reason;
        if (err != reason)
            print_message("%s: %s\n", name, cs_err_name(err));
        assert_int_equal(err, reason);
    }
}

/* The rules choose the shape. */
static void shapes_that_rules_take(void **state)
{
    (void)state;
    struct azure_evidence e;
    azure_usual_evidence(&e, &machine);
    cs_buf evidence = azure_make(&e, &machine);
    cs_slice s = cs_buf_slice(&evidence);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, test_rules(true, false, ""), s, SNP_NOW).reason, CS_OK);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, test_rules(true, true, ""), s, SNP_NOW).reason, CS_OK);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, test_rules(false, true, ""), s, SNP_NOW).reason,
                     CS_ATT_ROOT_MISMATCH);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, test_rules(false, false, ""), s, SNP_NOW).reason,
                     CS_ATT_ROOT_MISMATCH); /* AMD's roots */
    cs_evidence_expect expect = {.allow_mock = true, .now = SNP_NOW, .nonce = CS_LIT("a nonce")};
    const char *rules = test_rules(true, false, "");
    assert_int_equal(vendor_judge_with(CS_VENDOR_AZURE_CVM, rules, s, &expect).reason, CS_ATT_NONCE_MISMATCH);
    expect.nonce = CS_ABSENT;
    expect.public_key = CS_LIT("a key");
    assert_int_equal(vendor_judge_with(CS_VENDOR_AZURE_CVM, rules, s, &expect).reason, CS_ATT_PUBLIC_KEY_MISMATCH);
    cs_buf_free(&evidence);
}

/* Microsoft's keys are known without being named; the test's machine has another one. */
static void paravisor_of_whom(void **state)
{
    (void)state;
    static const char *const known[] = {
        "0356215882a825279a85b300b0b742931d113bf7e32dde2e50ffde7ec743ca491ecdd7f336dc28a6e0b2bb57af7a44a3",
        "942fd93ebde6ea7a96efadeafc60f1c6b3d10e703b1dafd7555b92f7f3d32d0e006767648cba5b102af3d65756af4177"};
    cs_buf pem = cs_buf_new(1u << 13), more = cs_buf_new(1u << 13);
    cs_jw w = cs_jw_on(&more);
    cs_issue_pem(&pem, machine.snp.ark);
    cs_buf_add_str(&more, ",\"arkPem\":");
    cs_jw_str(&w, NULL, cs_buf_slice(&pem));
    for (size_t i = 0; i <= 2; i++) {
        struct azure_evidence e;
        azure_usual_evidence(&e, &machine);
        if (i < 2) {
            cs_buf digest = cs_buf_over(e.report + 0xe0, 48);
            assert_int_equal(cs_hex_decode(&digest, cs_slice_str(known[i])), CS_OK);
        }
        cs_buf evidence = azure_make(&e, &machine);
        const char *rules = allow_pcrs(e.pcr, cs_buf_cstr(&more));
        assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, cs_buf_slice(&evidence), SNP_NOW).reason,
                         i < 2 ? CS_OK : CS_ATT_PLATFORM);
        cs_buf_free(&evidence);
    }
    cs_buf_free(&pem);
    cs_buf_free(&more);
}

/* -- tokens of the test's service ---------------------------------------------------------------------------------- */

static const char *claims_text(const char *debuggable, const char *status, int vmpl, EVP_PKEY *ak)
{
    static char text[4096];
    cs_buf out = CS_BUF_OVER(text);
    cs_buf_printf(&out,
                  "{\"iss\":\"" AZURE_ISSUER
                  "\",\"iat\":%d,\"nbf\":%d,\"exp\":%d,\"x-ms-attestation-type\":\"sevsnpvm\","
                  "\"x-ms-compliance-status\":\"%s\",\"x-ms-sevsnpvm-is-debuggable\":%s,"
                  "\"x-ms-sevsnpvm-migration-allowed\":false,\"x-ms-sevsnpvm-vmpl\":%d,"
                  "\"x-ms-sevsnpvm-bootloader-svn\":3,\"x-ms-sevsnpvm-tee-svn\":0,\"x-ms-sevsnpvm-snpfw-svn\":8,"
                  "\"x-ms-sevsnpvm-microcode-svn\":115,\"x-ms-sevsnpvm-guestsvn\":4,",
                  SNP_NOW - 100, SNP_NOW - 100, SNP_NOW + 28700, status, debuggable, vmpl);
    cs_buf_add_str(&out, "\"x-ms-sevsnpvm-launchmeasurement\":\"");
    for (size_t i = 0; i < 48; i++)
        cs_buf_add_str(&out, "3c");
    cs_buf_add_str(&out, "\",\"x-ms-runtime\":");
    cs_buf_add_str(&out, ak != NULL ? azure_runtime(ak) : "{\"keys\":[]}");
    cs_buf_add_str(&out, "}");
    return cs_buf_cstr(&out);
}

static cs_verdict judge_token(struct azure_evidence *e, const char *claims, const char *more, int64_t now, bool stored)
{
    cs_buf token = azure_token(&machine, claims);
    e->token = cs_buf_cstr(&token);
    cs_buf evidence = azure_make(e, &machine);
    cs_evidence_expect expect = {.allow_mock = true,
                                 .clock = stored ? CS_CLOCK_STORED : CS_CLOCK_LIVE,
                                 .now = now,
                                 .entry_time = now,
                                 .dated = true,
                                 .binding = CS_LIT("what the caller wants to have signed")};
    cs_verdict v =
        vendor_judge_with(CS_VENDOR_AZURE_CVM, test_rules(false, true, more), cs_buf_slice(&evidence), &expect);
    cs_buf_free(&evidence);
    cs_buf_free(&token);
    return v;
}

#define COMPLIANT "azure-compliant-cvm"

static void token_and_quote(void **state)
{
    (void)state;
    struct azure_evidence e;
    azure_usual_evidence(&e, &machine);
    const char *claims = claims_text("false", COMPLIANT, 0, machine.ak_key);
    cs_verdict v = judge_token(&e, claims, "", SNP_NOW, false);
    assert_int_equal(v.reason, CS_OK);
    assert_false(v.hardware); /* keys that a policy pins are no compiled-in root */
    assert_true(v.evidence_time == SNP_NOW - 100);
    assert_int_equal(judge_token(&e, claims, ",\"minSvn\":{\"snp\":9}", SNP_NOW, false).reason, CS_ATT_TCB);
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW + 28800, false).reason, CS_ATT_TOKEN_EXPIRED);
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW + 100, true).reason, CS_OK);
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW + 1000, true).reason, CS_ATT_EXPIRED);
    e.quote_key = machine.service_key;
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW, false).reason, CS_ATT_PROOF_INVALID);
    e.quote_key = NULL;
    e.pcr[0][0] ^= 1;
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW, false).reason, CS_ATT_IMAGE_NOT_ALLOWED);
    e.pcr[0][0] ^= 1;
    e.extra_data = CS_LIT("another binding");
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW, false).reason, CS_ATT_COMMITMENT_MISMATCH);
    azure_usual_evidence(&e, &machine);
    claims = claims_text("false", COMPLIANT, 0, machine.service_key);
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW, false).reason, CS_ATT_PROOF_INVALID);
    claims = claims_text("false", COMPLIANT, 0, NULL);
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW, false).reason, CS_ATT_REPORT_MISMATCH);
    claims = claims_text("true", COMPLIANT, 0, machine.ak_key);
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW, false).reason, CS_ATT_DEBUG);
    claims = claims_text("false", "azure-signed-policy", 0, machine.ak_key);
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW, false).reason, CS_ATT_PLATFORM);
    claims = claims_text("false", COMPLIANT, 1, machine.ak_key);
    assert_int_equal(judge_token(&e, claims, "", SNP_NOW, false).reason, CS_ATT_PLATFORM);
}

/* Evidence whose quote is about a session key and `quoted`, beside `token`; or about what an operation commits to. */
static cs_err prove_session(bool session, const char *quoted, const char *token, int64_t *time)
{
    const cs_slice commitment = CS_LIT(CS_BINDING_PREFIX_SESSION "and what is as long as a hash is");
    assert_int_equal(commitment.n, CS_COMMITMENT_LEN);
    struct azure_evidence e;
    cs_policy policy;
    cs_proven proven;
    uint8_t binding_bytes[CS_SHA256_LEN], data_bytes[CS_SHA256_LEN];
    cs_buf binding = CS_BUF_OVER(binding_bytes), data = CS_BUF_OVER(data_bytes);
    azure_usual_evidence(&e, &machine);
    assert_int_equal(cs_attest_azure.binding(&binding, commitment), CS_OK);
    if (quoted != NULL)
        assert_int_equal(cs_azure_session_data(&data, cs_buf_slice(&binding), cs_slice_str(quoted)), CS_OK);
    e.extra_data = cs_buf_slice(quoted != NULL ? &data : &binding);
    e.token = token;
    cs_buf evidence = azure_make(&e, &machine);
    assert_int_equal(vendor_policy(&policy, CS_VENDOR_AZURE_CVM, test_rules(true, true, ""), true), CS_OK);
    const cs_prove_at at = {.now = SNP_NOW, .session = session};
    cs_err err = cs_evidence_prove(&proven, &policy, cs_buf_slice(&evidence), &at, commitment);
    *time = proven.time;
    cs_proven_free(&proven, CS_VENDOR_AZURE_CVM);
    cs_policy_free(&policy);
    cs_buf_free(&evidence);
    return err;
}

/* A session is as old as the token that its quote names: no newer one makes it younger, and a report has no age. */
static void session_and_token(void **state)
{
    (void)state;
    int64_t time;
    cs_buf one = azure_token(&machine, claims_text("false", COMPLIANT, 0, machine.ak_key));
    cs_buf other = azure_token(&machine, claims_text("false", COMPLIANT, 1, machine.ak_key));
    const char *token = cs_buf_cstr(&one), *newer = cs_buf_cstr(&other);
    assert_int_equal(prove_session(true, token, token, &time), CS_OK);
    assert_true(time == SNP_NOW - 100);
    assert_int_equal(prove_session(true, token, newer, &time), CS_ATT_COMMITMENT_MISMATCH);
    assert_int_equal(prove_session(true, NULL, token, &time), CS_ATT_COMMITMENT_MISMATCH);
    assert_int_equal(prove_session(false, token, token, &time), CS_ATT_COMMITMENT_MISMATCH);
    assert_int_equal(prove_session(false, NULL, token, &time), CS_OK);
    assert_int_equal(prove_session(true, token, NULL, &time), CS_ATT_COMMITMENT_MISMATCH);
    assert_int_equal(prove_session(true, NULL, NULL, &time), CS_OK);
    assert_true(time == -1); /* which no session passes with */
    cs_buf_free(&one);
    cs_buf_free(&other);
}

static void session_policies(void **state)
{
    (void)state;
    for (int tokens = 0; tokens < 2; tokens++) {
        cs_policy p;
        cs_fault fault;
        cs_buf text = cs_buf_new(CS_MAX_POLICY);
        cs_buf_add_str(&text,
                       "{\"name\":\"p\",\"vendor\":\"azure-confidential-vm\",\"evidence\":\"session\",\"matchRules\":");
        cs_buf_add_str(&text, test_rules(true, tokens == 1, ""));
        cs_buf_add_str(&text, "}");
        cs_err err = cs_policy_parse(&p, &fault, cs_buf_slice(&text), true);
        assert_int_equal(err, tokens == 1 ? CS_OK : CS_BAD_FIELD);
        if (err != CS_OK)
            assert_string_equal(fault.field, "evidence");
        cs_policy_free(&p);
        cs_buf_free(&text);
    }
}

/* Both shapes at once, none whole, members that nobody knows. */
static void malformed_evidence(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{}",
        "{\"maa\":\"a.b.c\"}",
        "{\"maa\":1,\"quote\":\"AAAA\",\"signature\":\"AAAA\",\"pcrs\":{}}",
        "{\"hclReport\":\"AAAA\",\"certificates\":[\"AAAA\"],\"quote\":\"AAAA\",\"signature\":\"AAAA\",\"pcrs\":[]}",
        "{\"hclReport\":\"AAAA\",\"certificates\":[\"AAAA\"],\"quote\":\"AAAA\",\"signature\":\"AAAA\",\"pcrs\":{"
        "\"24\":\"\"}}",
        "{\"hclReport\":\"AAAA\",\"certificates\":[\"AAAA\"],\"quote\":\"AAAA\",\"signature\":\"AAAA\",\"pcrs\":{\"0\":"
        "\"00\"}}",
        "{\"hclReport\":\"AAAA\",\"certificates\":[],\"quote\":\"AAAA\",\"signature\":\"AAAA\",\"pcrs\":{}}",
        "{\"hclReport\":\"AAAA\",\"certificates\":[\"AAAA\"],\"quote\":\"AAAA\",\"pcrs\":{}}",
        "{\"hclReport\":\"AAAA\",\"certificates\":[\"AAAA\"],\"quote\":\"AAAA\",\"signature\":\"AAAA\",\"pcrs\":{},"
        "\"x\":1}",
        "{\"maa\":\"a.b.c\",\"hclReport\":\"AAAA\",\"certificates\":[\"AAAA\"],\"quote\":\"AAAA\",\"signature\":"
        "\"AAAA\","
        "\"pcrs\":{}}",
    };
    const char *rules = test_rules(true, true, "");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, cs_slice_str(texts[i]), SNP_NOW).reason,
                         CS_ATT_EVIDENCE_FORMAT);
    assert_int_equal(vendor_judge(CS_VENDOR_AZURE_CVM, rules, CS_LIT(""), SNP_NOW).reason, CS_ATT_EVIDENCE_FORMAT);
}

static void binding_is_a_hash(void **state)
{
    (void)state;
    static const uint8_t commitment[CS_COMMITMENT_LEN] = "CSO1 and thirty-two bytes of a hash.";
    uint8_t memory[64];
    cs_digest d;
    cs_buf bytes = CS_BUF_OVER(memory);
    assert_int_equal(cs_attest_azure.binding(&bytes, CS_ARRAY(commitment)), CS_OK);
    assert_int_equal(cs_hash(&d, CS_SHA256, CS_ARRAY(commitment)), CS_OK);
    assert_true(cs_slice_eq(cs_buf_slice(&bytes), cs_digest_slice(&d)));
}

/* -- rules --------------------------------------------------------------------------------------------------------- */

#define P "\"pcrs\":{\"4\":[\"4444444444444444444444444444444444444444444444444444444444444444\"]}"
#define H48 "\"1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d\""

static const struct {
    const char *rules;
    cs_err err;
} rule_rows[] = {
    {"{" P "}", CS_OK},
    {"{" P ",\"idKeyDigests\":[" H48 "],\"minSvn\":{\"snp\":8},\"launchMeasurements\":[" H48 "]}", CS_OK},
    {"{}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"launchMeasurements\":[" H48 "]}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"pcrs\":{}}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"pcrs\":{\"4\":[]}}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{\"pcrs\":{\"4\":[\"44\"]}}", CS_POLICY_HASH},
    {"{\"pcrs\":{\"4\":[\"0000000000000000000000000000000000000000000000000000000000000000\"]}}", CS_POLICY_HASH},
    {"{\"pcrs\":{\"24\":[\"4444444444444444444444444444444444444444444444444444444444444444\"]}}", CS_UNKNOWN_FIELD},
    {"{" P ",\"idKeyDigests\":[]}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{" P ",\"idKeyDigests\":[\"1d\"]}", CS_POLICY_HASH},
    {"{" P ",\"launchMeasurements\":[]}", CS_POLICY_ALLOWLIST_EMPTY},
    {"{" P ",\"arkPem\":\"x\"}", CS_POLICY_ROOT},
    {"{" P ",\"allowDebug\":true}", CS_UNKNOWN_FIELD},
};

static void rules_are_strict(void **state)
{
    (void)state;
    cs_policy p;
    for (size_t i = 0; i < sizeof rule_rows / sizeof *rule_rows; i++) {
        cs_err err = vendor_policy(&p, CS_VENDOR_AZURE_CVM, rule_rows[i].rules, true);
        if (err != rule_rows[i].err)
            print_message("%s: %s\n", rule_rows[i].rules, cs_err_name(err));
        assert_int_equal(err, rule_rows[i].err);
        cs_policy_free(&p);
    }
    assert_int_equal(vendor_policy(&p, CS_VENDOR_AZURE_CVM, test_rules(true, false, ""), false),
                     CS_POLICY_FOREIGN_ROOT);
    assert_int_equal(
        vendor_policy(&p, CS_VENDOR_AZURE_CVM, test_rules(false, true, ",\"idKeyDigests\":[" H48 "]"), true),
        CS_BAD_FIELD);
}

/* Sorted, read back to itself, with Microsoft's keys written out where reports are taken. */
static void canonical_rules(void **state)
{
    (void)state;
    for (int shape = 0; shape < 4; shape++) {
        cs_policy p;
        cs_buf first = cs_buf_new(CS_MAX_POLICY), sorted = cs_buf_new(CS_MAX_POLICY);
        cs_json *doc = NULL;
        assert_int_equal(vendor_policy(&p, CS_VENDOR_AZURE_CVM,
                                       test_rules(shape & 1, shape & 2, ",\"minSvn\":{\"tee\":1,\"guest\":2}"), true),
                         CS_OK);
        assert_int_equal(cs_policy_canonical(&first, &p), CS_OK);
        cs_policy_free(&p);
        assert_int_equal(strstr(cs_buf_cstr(&first), "\"idKeyDigests\":[\"sha384:") != NULL, shape != 2);
        assert_int_equal(cs_json_parse(&doc, cs_buf_slice(&first), CS_MAX_POLICY), CS_OK);
        assert_int_equal(cs_json_canonical(&sorted, cs_json_root(doc)), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&first), cs_buf_slice(&sorted)));
        cs_json_free(doc);
        cs_buf_clear(&sorted);
        assert_int_equal(cs_policy_parse(&p, NULL, cs_buf_slice(&first), true), CS_OK);
        assert_int_equal(cs_policy_canonical(&sorted, &p), CS_OK);
        assert_true(cs_slice_eq(cs_buf_slice(&first), cs_buf_slice(&sorted)));
        cs_policy_free(&p);
        cs_buf_free(&first);
        cs_buf_free(&sorted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_field_of_the_report), cmocka_unit_test(parts_that_do_not_belong_together),
        cmocka_unit_test(shapes_that_rules_take),  cmocka_unit_test(paravisor_of_whom),
        cmocka_unit_test(token_and_quote),         cmocka_unit_test(session_and_token),
        cmocka_unit_test(session_policies),        cmocka_unit_test(malformed_evidence),
        cmocka_unit_test(binding_is_a_hash),       cmocka_unit_test(rules_are_strict),
        cmocka_unit_test(canonical_rules),
    };
    const struct CMUnitTest public_tests[] = {
        cmocka_unit_test(real_evidence), cmocka_unit_test(real_report_alone),
        cmocka_unit_test(real_tokens),   cmocka_unit_test(shapes_of_others),
        cmocka_unit_test(described),     cmocka_unit_test(every_bit_of_a_document),
    };
    int failed = cmocka_run_group_tests_name("made here", tests, make, end);
    return cmocka_run_group_tests_name("public", public_tests, NULL, NULL) + failed;
}
