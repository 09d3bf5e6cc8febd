/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/evidence.h"

#include <string.h>

#include "cli/input.h"
#include "cli/talk.h"
#include "core/azure_shapes.h"
#include "core/clock.h"
#include "core/ear.h"
#include "core/encode.h"
#include "core/evidence.h"
#include "core/snp.h"
#include "sys/clock.h"
#include "sys/file.h"

#define MAX_BINDING 1024 /* bytes of a field for the caller */

struct judged {
    cs_policy policy;
    cs_buf bytes, binding, nonce, public_key;
    int64_t at;
};

int cs_evidence_time(int64_t *at, const cs_args *args)
{
    const char *text = cs_arg_text(args, "at");
    int64_t ms = cs_now_ms();
    if (text != NULL && cs_time_read(&ms, cs_slice_str(text)) != CS_OK)
        return cs_talk_usage("--at is RFC 3339 in UTC (2026-01-15T10:30:00Z) or seconds since 1970, not %s", text);
    *at = ms / 1000;
    return CS_EXIT_OK;
}

bool cs_evidence_print(const cs_verdict *v, const cs_policy *policy, int64_t at, const cs_args *args)
{
    bool ear = cs_arg_flag(args, "ear");
    if (!ear && !cs_arg_flag(args, "json"))
        return false;
    cs_buf out = cs_buf_new(CS_MAX_BODY);
    if (!ear)
        cs_verdict_json(&out, v);
    else if (cs_ear_write(&out, v, policy, at) != CS_OK)
        cs_buf_clear(&out);
    cs_talk_line(cs_buf_slice(&out));
    cs_buf_free(&out);
    return true;
}

/* -- what is given ------------------------------------------------------------------------------------------------- */

static int read_hex(cs_buf *out, const cs_args *args, const char *option)
{
    const char *text = cs_arg_text(args, option);
    if (text == NULL || (cs_hex_decode(out, cs_slice_str(text)) == CS_OK && out->n > 0))
        return CS_EXIT_OK;
    return cs_talk_usage("--%s is lower-case hex of 1 to %d bytes", option, MAX_BINDING);
}

static int read_nonce(cs_buf *out, const cs_args *args)
{
    const char *text = cs_arg_text(args, "nonce");
    if (text == NULL || (cs_base64_decode(out, cs_slice_str(text)) == CS_OK && out->n > 0))
        return CS_EXIT_OK;
    return cs_talk_usage("--nonce is base64 of 1 to %d bytes", MAX_BINDING);
}

/* Certificates that stand beside the evidence. */
struct beside {
    cs_buf ders; /* what the slices point into */
    cs_slice certificates[CS_MAX_CHAIN];
    size_t n;
};

/* The certificates of one file: PEM, as many as there are, or one in DER. */
static cs_err add_certificates(struct beside *b, cs_slice text)
{
    cs_slice found[CS_MAX_CHAIN] = {text};
    size_t n = 1;
    cs_buf ders = cs_buf_new(CS_MAX_CHAIN * CS_MAX_CERTIFICATE);
    cs_err err = CS_OK;
    if (cs_slice_starts(text, CS_LIT("-----BEGIN")))
        err = cs_pem_certificates(&ders, found, &n, CS_MAX_CHAIN, text);
    if (err == CS_OK && n > CS_MAX_CHAIN - b->n)
        err = CS_TOO_LARGE;
    for (size_t i = 0; err == CS_OK && i < n; i++) {
        size_t from = b->ders.n;
        cs_buf_add(&b->ders, found[i]);
        b->certificates[b->n++] = cs_slice_sub(cs_buf_slice(&b->ders), from, found[i].n);
        err = b->ders.err;
    }
    cs_buf_free(&ders);
    return err;
}

static int read_certificates(struct beside *b, const cs_args *args)
{
    int code = CS_EXIT_OK;
    *b = (struct beside){.ders = cs_buf_new(CS_MAX_ATTESTATION)};
    if (cs_buf_reserve(&b->ders, CS_MAX_ATTESTATION) == NULL) /* so that it does not move */
        return cs_talk_fail(CS_NO_MEMORY, "--certificates");
    for (size_t i = 0; code == CS_EXIT_OK && i < cs_arg_count(args, "certificates"); i++) {
        const char *path = cs_arg_item(args, "certificates", i);
        cs_buf text = cs_buf_new(CS_MAX_ATTESTATION);
        cs_err err = cs_file_read(&text, path);
        if (err == CS_OK)
            err = add_certificates(b, cs_buf_slice(&text));
        code = err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path);
        cs_buf_free(&text);
    }
    return code;
}

static void join_report(cs_buf *out, cs_slice report, const struct beside *b)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_base64(&w, "report", report);
    cs_jw_begin_array(&w, "certificates");
    for (size_t i = 0; i < b->n; i++)
        cs_jw_base64(&w, NULL, b->certificates[i]);
    cs_jw_end_array(&w);
    cs_jw_end(&w);
}

static cs_err join_quote(cs_buf *out, cs_slice text, const struct beside *b)
{
    cs_azure_parts parts;
    cs_err err = cs_azure_parts_read(&parts, text);
    if (err == CS_OK)
        cs_azure_parts_write(out, &parts, b->certificates, b->n);
    cs_azure_parts_free(&parts);
    return err == CS_BAD_FORMAT ? CS_ATT_EVIDENCE_FORMAT : err;
}

/* A report of SEV-SNP comes without the certificates that it needs, and so does a quote in the shapes of others: the
 * evidence is made of both. */
static int join_certificates(struct judged *j, const cs_args *args)
{
    struct beside b;
    cs_buf whole = cs_buf_new(CS_MAX_ATTESTATION);
    cs_err err = CS_OK;
    int code = read_certificates(&b, args);
    if (code == CS_EXIT_OK && j->policy.vendor == CS_VENDOR_AZURE_CVM)
        err = join_quote(&whole, cs_buf_slice(&j->bytes), &b);
    else if (code == CS_EXIT_OK)
        join_report(&whole, cs_buf_slice(&j->bytes), &b);
    if (err == CS_OK)
        err = whole.err;
    if (code == CS_EXIT_OK && err != CS_OK)
        code = cs_talk_fail(err, "--certificates");
    cs_buf_free(&b.ders);
    cs_buf_free(&j->bytes);
    j->bytes = whole;
    return code;
}

/* White space behind a token or JSON is of the file, not of the evidence: editors and shells leave a line feed there.
 * In evidence that is no text every byte counts. */
static void drop_end_of_file(cs_buf *bytes)
{
    size_t end = 0;
    for (size_t i = 0; i < bytes->n; i++) {
        uint8_t c = bytes->p[i];
        if (c > ' ' && c <= '~')
            end = i + 1;
        else if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
            return;
    }
    bytes->n = end;
}

static int check_usage(const cs_args *args)
{
    static const char *const inputs[] = {"policy", "evidence", NULL};
    static const char *const others[] = {"sign-result", "doc",    "signature", "payload",
                                         "public-key",  "key-id", "purpose"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (cs_arg_text(args, others[i]) != NULL)
            return cs_talk_usage("--evidence stands alone: it says nothing about --%s", others[i]);
    if (cs_arg_flag(args, "production") && cs_arg_flag(args, "allow-mock"))
        return cs_talk_usage("--production and --allow-mock contradict each other");
    return cs_input_one_stdin(args, inputs);
}

static int read_all(struct judged *j, const cs_args *args)
{
    int code = check_usage(args);
    if (code == CS_EXIT_OK)
        code = cs_evidence_time(&j->at, args);
    if (code == CS_EXIT_OK)
        code = read_nonce(&j->nonce, args);
    if (code == CS_EXIT_OK)
        code = read_hex(&j->binding, args, "binding");
    if (code == CS_EXIT_OK)
        code = read_hex(&j->public_key, args, "evidence-public-key");
    if (code == CS_EXIT_OK)
        code = cs_input_policy(&j->policy, cs_arg_text(args, "policy"));
    if (code == CS_EXIT_OK)
        code = cs_input_document(&j->bytes, cs_arg_text(args, "evidence"));
    drop_end_of_file(&j->bytes);
    if (code == CS_EXIT_OK && cs_arg_count(args, "certificates") > 0)
        code = join_certificates(j, args);
    return code;
}

/* -- what is said -------------------------------------------------------------------------------------------------- */

static void print_facts(const struct judged *j, const cs_verdict *v)
{
    char time[32];
    cs_buf made = CS_BUF_OVER(time), root = cs_buf_new(128);
    cs_hex_encode(&root, CS_ARRAY(v->root_sha256));
    (void)puts("verified: the evidence satisfies the pinned policy");
    cs_talk_fact("policy", cs_slice_str(j->policy.name));
    cs_talk_fact_f("vendor", "%s%s", cs_vendor_name(v->vendor),
                   v->hardware ? "" : " (root or keys of the policy's own)");
    cs_talk_fact("image", cs_slice_str(v->image_hash));
    cs_talk_fact_f("root", "sha256:%s", cs_buf_cstr(&root));
    if (v->evidence_time >= 0) {
        cs_time_write(&made, v->evidence_time * 1000);
        cs_talk_fact("made", cs_buf_slice(&made));
    }
    if (v->note != NULL)
        cs_talk_fact("note", cs_slice_str(v->note));
    if (j->binding.n + j->nonce.n + j->public_key.n == 0)
        cs_talk_fact("bound to", CS_LIT("nothing that was given: it may have been made for anybody"));
    cs_buf_free(&root);
}

static int report(const struct judged *j, const cs_verdict *v, const cs_args *args)
{
    if (!cs_evidence_print(v, &j->policy, j->at, args) && v->reason == CS_OK && !cs_arg_flag(args, "quiet"))
        print_facts(j, v);
    if (v->reason == CS_ATT_MOCK_REFUSED)
        cs_talk_note(args, "the policy's root is not the vendor's own; --allow-mock accepts it for development");
    return v->reason == CS_OK ? CS_EXIT_OK : cs_talk_fail(v->reason, "%s", cs_arg_text(args, "evidence"));
}

static cs_slice given(const cs_buf *b)
{
    return b->n > 0 ? cs_buf_slice(b) : CS_ABSENT;
}

int cs_evidence_judge(const cs_args *args)
{
    cs_verdict verdict;
    struct judged j = {.bytes = cs_buf_new(CS_MAX_ATTESTATION + 1),
                       .binding = cs_buf_new(MAX_BINDING),
                       .nonce = cs_buf_new(MAX_BINDING),
                       .public_key = cs_buf_new(MAX_BINDING)};
    int code = read_all(&j, args);
    if (code == CS_EXIT_OK) {
        cs_evidence_expect expect = {.allow_mock = cs_arg_flag(args, "allow-mock"),
                                     .clock = CS_CLOCK_LIVE,
                                     .now = j.at,
                                     .nonce = given(&j.nonce),
                                     .binding = given(&j.binding),
                                     .public_key = given(&j.public_key)};
        cs_err err = cs_evidence_verify(&verdict, cs_buf_slice(&j.bytes), &j.policy, &expect);
        verdict.reason = err;
        code = report(&j, &verdict, args);
    }
    cs_policy_free(&j.policy);
    cs_buf_free(&j.bytes);
    cs_buf_free(&j.binding);
    cs_buf_free(&j.nonce);
    cs_buf_free(&j.public_key);
    return code;
}
