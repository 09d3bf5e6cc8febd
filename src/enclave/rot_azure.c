/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kind azure: a confidential VM of Azure. What runs is said by its virtual TPM, whose attestation key quotes registers
 * with the commitment's hash; that the TPM is protected by the hardware is said by the paravisor's report in NV memory.
 * Evidence joins the quote with that report and its certificates, or, where a relay to Microsoft Azure Attestation is
 * given, with the token that is got for the report. imageHash is the hash of the quoted registers as they were at
 * start: a register that changes later ends attesting.
 *
 * The certificates of the processor and the key set of the issuer are files: the enclave has no network. The relay is a
 * unix socket whose other side sends each POST on to the attestation provider; that side is believed nothing, the token
 * is signed. It ends each conversation, so with a relay the seccomp filter lets socket() of the unix family and
 * connect() through; without one, nothing beyond the open descriptor of the TPM.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/attest_azure.h"
#include "core/attest_snp.h"
#include "core/crypto_issue.h"
#include "core/crypto_x509.h"
#include "core/encode.h"
#include "core/jwks.h"
#include "core/jwt.h"
#include "core/snp.h"
#include "enclave/post.h"
#include "enclave/rot.h"
#include "enclave/tpm2.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

#define DEVICE "/dev/tpmrm0"
#define ATTESTATION_KEY 0x81000003u
#define NV_REPORT 0x01400001u
#define RANDOM_BYTES 64
#define MAX_CERTIFICATES (32u << 10)
#define MAX_ISSUER 256
#define RELAY_PATH "/attest/SevSnpVm?api-version=2022-08-01"
#define RELAY_TIMEOUT_US 20000000
#define TOKEN_US 30000000 /* for which a token serves: much less than any document may be old */

struct vm {
    cs_tpm2 tpm;
    bool open;
    uint32_t pcrs; /* bit i: PCR i is quoted */
    uint8_t values[CS_TPM_PCRS][CS_TPM_PCR_LEN];
    cs_digest digest; /* of these values */
    cs_buf report;    /* the paravisor's, as NV memory has it */
    cs_hcl_report hcl;
    cs_buf pem, certificates; /* VCEK, ASK, ARK: as text, and DER one after another */
    cs_slice ders[CS_SNP_MAX_CERTIFICATES];
    size_t der_count;
    char relay[128];      /* "": none */
    pthread_mutex_t lock; /* of what follows */
    cs_buf token;
    int64_t token_us; /* when it was got; 0: never */
};

static cs_err refuse(const char *why)
{
    cs_log(CS_LOG_ERROR, NULL, "confidential VM: %s", why);
    return CS_ROOT_UNAVAILABLE;
}

/* -- the token ----------------------------------------------------------------------------------------------------- */

static void add_base64url(cs_jw *w, const char *name, cs_slice bytes)
{
    cs_buf text = cs_buf_new(2 * bytes.n + 4);
    cs_base64url_encode(&text, bytes);
    cs_jw_str(w, name, cs_buf_slice(&text));
    if (text.err != CS_OK)
        w->out->err = text.err;
    cs_buf_free(&text);
}

/* {report: {SnpReport, VcekCertChain}, runtimeData: {data, dataType}}, the parts in base64url [MAA, SevSnpVm]. */
static cs_err write_request(cs_buf *out, const struct vm *vm)
{
    cs_buf report = cs_buf_new(MAX_CERTIFICATES * 2);
    cs_jw inner = cs_jw_on(&report), w = cs_jw_on(out);
    cs_jw_begin(&inner, NULL);
    add_base64url(&inner, "SnpReport", vm->hcl.hardware);
    add_base64url(&inner, "VcekCertChain", cs_buf_slice(&vm->pem));
    cs_jw_end(&inner);
    cs_jw_begin(&w, NULL);
    add_base64url(&w, "report", cs_buf_slice(&report));
    cs_jw_begin(&w, "runtimeData");
    add_base64url(&w, "data", vm->hcl.runtime);
    cs_jw_cstr(&w, "dataType", "JSON");
    cs_jw_end(&w);
    cs_jw_end(&w);
    cs_err err = report.err != CS_OK ? report.err : out->err;
    cs_buf_free(&report);
    return err;
}

static cs_err read_token(cs_buf *token, cs_slice answer)
{
    cs_json *json = NULL;
    cs_err err = cs_json_parse(&json, answer, CS_MAX_TOKEN);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_buf_clear(token);
        cs_buf_add(token, cs_jobj_str(&o, "token", CS_MAX_TOKEN));
        err = cs_jobj_done_open(&o);
    }
    cs_json_free(json);
    if (err == CS_OK)
        err = token->err;
    return err == CS_OK || err == CS_NO_MEMORY ? err : refuse("the attestation provider's answer has no token");
}

/* Under the lock. */
static cs_err get_token(struct vm *vm)
{
    cs_buf request = cs_buf_new(CS_MAX_TOKEN * 2), answer = cs_buf_new(CS_MAX_TOKEN);
    int64_t now = cs_tick_us();
    if (vm->token_us != 0 && now - vm->token_us < TOKEN_US)
        return CS_OK;
    vm->token_us = 0;
    cs_err err = write_request(&request, vm);
    if (err == CS_OK)
        err = cs_post(&answer, vm->relay, RELAY_PATH, cs_buf_slice(&request), RELAY_TIMEOUT_US);
    if (err == CS_OK)
        err = read_token(&vm->token, cs_buf_slice(&answer));
    if (err == CS_OK)
        vm->token_us = now;
    cs_buf_free(&request);
    cs_buf_free(&answer);
    return err;
}

/* A copy, so that it stays the one that was quoted; nothing without a relay. */
static cs_err take_token(cs_buf *out, struct vm *vm)
{
    cs_err err = CS_OK;
    if (vm->relay[0] == '\0')
        return CS_OK;
    (void)pthread_mutex_lock(&vm->lock);
    err = get_token(vm);
    if (err == CS_OK)
        cs_buf_add(out, cs_buf_slice(&vm->token));
    (void)pthread_mutex_unlock(&vm->lock);
    return err == CS_OK ? out->err : err;
}

/* -- proving ------------------------------------------------------------------------------------------------------- */

/* What the quote is asked for with: of a session, its token too. */
static cs_err extra_data(cs_buf *out, cs_slice commitment, cs_slice token)
{
    uint8_t bytes[CS_SHA256_LEN];
    cs_buf binding = CS_BUF_OVER(bytes);
    bool session = cs_slice_starts(commitment, CS_LIT(CS_BINDING_PREFIX_SESSION));
    cs_err err = cs_attest_azure.binding(session ? &binding : out, commitment);
    if (err != CS_OK || !session)
        return err;
    if (token.n == 0)
        return refuse("session evidence needs a token, which dates it: --attestation-relay");
    return cs_azure_session_data(out, cs_buf_slice(&binding), token);
}

static cs_err quote(cs_buf *attest, cs_buf *signature, struct vm *vm, cs_slice commitment, cs_slice token)
{
    uint8_t bytes[CS_TPM_MAX_EXTRA_DATA];
    cs_buf binding = CS_BUF_OVER(bytes);
    cs_tpm_quote q;
    cs_err err = extra_data(&binding, commitment, token);
    if (err == CS_OK)
        err = cs_tpm2_quote(attest, signature, &vm->tpm, ATTESTATION_KEY, cs_buf_slice(&binding), vm->pcrs);
    if (err != CS_OK)
        return err;
    if (cs_tpm_quote_parse(&q, cs_buf_slice(attest)) != CS_OK || q.selected != vm->pcrs ||
        !cs_slice_eq(q.extra_data, cs_buf_slice(&binding)))
        return refuse("the TPM quoted something else");
    if (!cs_slice_eq(q.pcr_digest, cs_digest_slice(&vm->digest)))
        return refuse("a register of the TPM has changed since the start");
    return CS_OK;
}

static void write_hardware(cs_jw *w, const struct vm *vm, cs_slice token)
{
    if (token.n > 0) {
        cs_jw_str(w, "maa", token);
        return;
    }
    cs_jw_base64(w, "hclReport", cs_buf_slice(&vm->report));
    cs_jw_begin_array(w, "certificates");
    for (size_t i = 0; i < vm->der_count; i++)
        cs_jw_base64(w, NULL, vm->ders[i]);
    cs_jw_end_array(w);
}

static void write_pcrs(cs_jw *w, const struct vm *vm, bool lists)
{
    static const char *const names[CS_TPM_PCRS] = {"0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",
                                                   "8",  "9",  "10", "11", "12", "13", "14", "15",
                                                   "16", "17", "18", "19", "20", "21", "22", "23"};
    cs_jw_begin(w, "pcrs");
    for (size_t i = 0; i < CS_TPM_PCRS; i++) {
        if ((vm->pcrs >> i & 1) == 0)
            continue;
        if (lists) {
            cs_jw_begin_array(w, names[i]);
            cs_jw_hex(w, NULL, "", CS_ARRAY(vm->values[i]));
            cs_jw_end_array(w);
        } else {
            cs_jw_hex(w, names[i], "", CS_ARRAY(vm->values[i]));
        }
    }
    cs_jw_end(w);
}

static cs_err prove_azure(cs_rot *r, cs_buf *proof, cs_slice statement)
{
    struct vm *vm = r->own;
    uint8_t attest_bytes[CS_TPM_MAX_QUOTE], signature_bytes[CS_TPM_MAX_QUOTE];
    cs_buf attest = CS_BUF_OVER(attest_bytes), signature = CS_BUF_OVER(signature_bytes);
    cs_buf token = cs_buf_new(CS_MAX_TOKEN);
    cs_err err = take_token(&token, vm);
    if (err == CS_OK)
        err = quote(&attest, &signature, vm, statement, cs_buf_slice(&token));
    if (err == CS_OK) {
        cs_jw w = cs_jw_on(proof);
        cs_jw_begin(&w, NULL);
        write_hardware(&w, vm, cs_buf_slice(&token));
        cs_jw_base64(&w, "quote", cs_buf_slice(&attest));
        cs_jw_base64(&w, "signature", cs_buf_slice(&signature));
        write_pcrs(&w, vm, false);
        cs_jw_end(&w);
        err = proof->err;
    }
    cs_buf_free(&token);
    return err;
}

/* -- starting ------------------------------------------------------------------------------------------------------ */

/* "0,1,7": numbers without anything else, each once. */
static cs_err read_registers(uint32_t *pcrs, const char *text)
{
    *pcrs = 0;
    for (const char *p = text; p != NULL && *p != '\0';) {
        char *end;
        unsigned long n = *p >= '0' && *p <= '9' ? strtoul(p, &end, 10) : CS_TPM_PCRS;
        if (n >= CS_TPM_PCRS || (*pcrs >> n & 1) != 0 || (*end != ',' && *end != '\0') ||
            (*end == ',' && end[1] == '\0'))
            return CS_CONFIG;
        *pcrs |= 1u << n;
        p = *end == ',' ? end + 1 : end;
    }
    return *pcrs != 0 ? CS_OK : CS_CONFIG;
}

static cs_err measure(cs_rot *r, struct vm *vm)
{
    cs_hasher *h = NULL;
    cs_buf text = CS_BUF_OVER(r->image_hash);
    cs_err err = cs_tpm2_pcr_read(vm->values, &vm->tpm, vm->pcrs);
    if (err == CS_OK)
        err = cs_hasher_new(&h, CS_SHA256);
    for (size_t i = 0; err == CS_OK && i < CS_TPM_PCRS; i++)
        if ((vm->pcrs >> i & 1) != 0)
            err = cs_hasher_add(h, CS_ARRAY(vm->values[i]));
    if (err == CS_OK)
        err = cs_hasher_end(h, &vm->digest);
    cs_hasher_free(h);
    if (err != CS_OK)
        return err;
    cs_buf_add_str(&text, "sha256:");
    cs_hex_encode(&text, cs_digest_slice(&vm->digest));
    (void)cs_buf_cstr(&text);
    return text.err;
}

static cs_err read_report(struct vm *vm)
{
    cs_err err = cs_tpm2_nv_read(&vm->report, &vm->tpm, NV_REPORT);
    if (err != CS_OK)
        return err;
    if (cs_hcl_parse(&vm->hcl, cs_buf_slice(&vm->report)) != CS_OK || vm->hcl.type != CS_HCL_SNP)
        return refuse("NV memory has no report of the paravisor on SEV-SNP");
    return CS_OK;
}

static cs_err read_certificates(struct vm *vm, const char *path)
{
    cs_err err = path != NULL ? cs_file_read(&vm->pem, path) : CS_CONFIG;
    if (err == CS_OK)
        err = cs_pem_certificates(&vm->certificates, vm->ders, &vm->der_count, CS_SNP_MAX_CERTIFICATES,
                                  cs_buf_slice(&vm->pem));
    if (err == CS_OK)
        return CS_OK;
    cs_log(CS_LOG_ERROR, NULL, "--attestation-certificates: VCEK, ASK and ARK as PEM, in this order, are needed");
    return CS_CONFIG;
}

static cs_err mix_random(struct vm *vm)
{
    CS_SECRET(bytes);
    cs_err err = cs_tpm2_random(&bytes, &vm->tpm, RANDOM_BYTES);
    if (err == CS_OK)
        cs_random_mix(cs_secret_slice(&bytes));
    return err;
}

/* The rules of evidence with a report: the root of its certificates, and who signed the paravisor, where these are not
 * what verifiers know. */
static cs_err write_report_rules(cs_jw *w, const struct vm *vm)
{
    cs_buf pem = cs_buf_new(MAX_CERTIFICATES);
    cs_digest hash;
    cs_snp_report report;
    cs_slice ark = vm->ders[vm->der_count - 1];
    cs_err err = cs_hash(&hash, CS_SHA256, ark);
    if (err == CS_OK && cs_vendor_root_find(CS_VENDOR_AZURE_CVM, hash.b) != NULL)
        goto out;
    if (err == CS_OK && cs_snp_parse(&report, vm->hcl.hardware) != CS_OK)
        err = refuse("the report is none of SEV-SNP");
    if (err == CS_OK) {
        cs_log(CS_LOG_WARN, NULL, "confidential VM: its certificates hang on a root that is not AMD's");
        cs_issue_pem(&pem, ark);
        cs_jw_str(w, "arkPem", cs_buf_slice(&pem));
        cs_jw_begin_array(w, "idKeyDigests");
        cs_jw_hex(w, NULL, "sha384:", report.id_key_digest);
        cs_jw_end_array(w);
        err = pem.err;
    }
out:
    cs_buf_free(&pem);
    return err;
}

/* The rules of evidence with a token: its issuer, and the issuer's keys as they were given. */
static cs_err write_token_rules(cs_jw *w, struct vm *vm, const char *jwks_path)
{
    char issuer[MAX_ISSUER + 1] = "";
    cs_buf text = cs_buf_new(CS_MAX_POLICY);
    cs_json *json = NULL;
    cs_jwks *keys = NULL;
    cs_jwt t = {0};
    cs_err err = get_token(vm);
    if (err == CS_OK && (cs_jwt_parse(&t, cs_buf_slice(&vm->token)) != CS_OK ||
                         cs_slice_to_cstr(issuer, sizeof issuer, cs_jobj_str(&t.claims, "iss", MAX_ISSUER)) != CS_OK))
        err = refuse("the attestation provider's token is not well formed");
    if (err == CS_OK)
        err = jwks_path != NULL ? cs_file_read(&text, jwks_path) : CS_CONFIG;
    if (err == CS_OK)
        err = cs_json_parse(&json, cs_buf_slice(&text), CS_MAX_POLICY);
    if (err == CS_OK) {
        const cs_slice issuers[] = {cs_slice_str(issuer)};
        err = cs_jwks_read(&keys, cs_json_root(json), issuers, 1);
    }
    if (err == CS_OK) {
        cs_jw_begin_array(w, "issuers");
        cs_jw_cstr(w, NULL, issuer);
        cs_jw_end_array(w);
        cs_jwks_write(w, "jwks", keys);
    } else if (err != CS_ROOT_UNAVAILABLE && err != CS_NO_MEMORY) {
        cs_log(CS_LOG_ERROR, NULL, "--attestation-jwks: the key set of the token's issuer is needed");
        err = CS_CONFIG;
    }
    cs_jwt_free(&t);
    cs_jwks_free(keys);
    cs_json_free(json);
    cs_buf_free(&text);
    return err;
}

static cs_err write_rules(cs_rot *r, struct vm *vm, const char *jwks_path)
{
    cs_jw w = cs_jw_on(&r->match_rules);
    cs_jw_begin(&w, NULL);
    write_pcrs(&w, vm, true);
    cs_err err = vm->relay[0] != '\0' ? write_token_rules(&w, vm, jwks_path) : write_report_rules(&w, vm);
    cs_jw_end(&w);
    return err != CS_OK ? err : r->match_rules.err;
}

static cs_err configure(struct vm *vm, const cs_rot_options *o)
{
    int n = o->relay != NULL ? snprintf(vm->relay, sizeof vm->relay, "unix:%s", o->relay) : 0;
    if (n >= 0 && (size_t)n < sizeof vm->relay && read_registers(&vm->pcrs, o->pcrs) == CS_OK)
        return CS_OK;
    cs_log(CS_LOG_ERROR, NULL, "--attestation-pcrs: numbers from 0 to 23, with commas; --attestation-relay: a path");
    return CS_CONFIG;
}

static cs_err open_azure(cs_rot *r, const cs_rot_options *o)
{
    struct vm *vm = calloc(1, sizeof *vm);
    r->own = vm;
    if (vm == NULL)
        return CS_NO_MEMORY;
    vm->report = cs_buf_new(CS_HCL_MAX_REPORT);
    vm->pem = cs_buf_new(MAX_CERTIFICATES);
    vm->certificates = cs_buf_new(MAX_CERTIFICATES);
    vm->token = cs_buf_new(CS_MAX_TOKEN);
    (void)pthread_mutex_init(&vm->lock, NULL);
    cs_err err = configure(vm, o);
    if (err == CS_OK)
        err = read_certificates(vm, o->certificates);
    if (err == CS_OK)
        err = cs_tpm2_open(&vm->tpm, o->device != NULL ? o->device : DEVICE);
    if (err != CS_OK)
        return err;
    vm->open = true;
    r->sandbox = (cs_sandbox_extra){.unix_sockets = vm->relay[0] != '\0'};
    err = mix_random(vm);
    if (err == CS_OK)
        err = measure(r, vm);
    if (err == CS_OK)
        err = read_report(vm);
    return err == CS_OK ? write_rules(r, vm, o->jwks) : err;
}

static void close_azure(cs_rot *r)
{
    struct vm *vm = r->own;
    if (vm == NULL)
        return;
    if (vm->open)
        cs_tpm2_close(&vm->tpm);
    cs_buf_free(&vm->report);
    cs_buf_free(&vm->pem);
    cs_buf_free(&vm->certificates);
    cs_buf_free(&vm->token);
    (void)pthread_mutex_destroy(&vm->lock);
    free(vm);
}

const cs_rot_kind cs_rot_azure = {
    .name = "azure",
    .vendor = CS_VENDOR_AZURE_CVM,
    .hardware = true,
    .open = open_azure,
    .prove = prove_azure,
    .close = close_azure,
};
