/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `countersign attest verify`: attestation documents, judged offline under a pinned policy.
 *
 * The document attests the public key that signed, so with a public key at hand (pinned with --public-key, else the
 * result's own) the signature is verified too, under the key that the enclave attested.
 */
#include "core/attest.h"
#include "cli/commands.h"
#include "cli/evidence.h"
#include "cli/input.h"
#include "cli/payload.h"
#include "cli/result.h"
#include "cli/talk.h"
#include "core/clock.h"
#include "core/encode.h"
#include "core/keytext.h"

/* Everything that a document is judged by. */
struct evidence {
    cs_policy policy;
    cs_result result; /* empty with --doc and --signature */
    cs_buf document, signature, nonce;
    cs_purpose purpose;
    cs_pair key; /* alg == NULL: none at hand */
    cs_buf public_bytes;
    cs_payload payload;
    int64_t at; /* seconds */
};

static void free_evidence(struct evidence *e)
{
    cs_policy_free(&e->policy);
    cs_result_free(&e->result);
    cs_buf_free(&e->document);
    cs_buf_free(&e->signature);
    cs_buf_free(&e->nonce);
    cs_buf_free(&e->public_bytes);
    cs_pair_close(&e->key);
    cs_payload_free(&e->payload);
}

static struct evidence new_evidence(void)
{
    return (struct evidence){.document = cs_buf_new(CS_MAX_RESULT),
                             .signature = cs_buf_new(CS_MAX_SIGNATURE),
                             .nonce = cs_buf_new(CS_MAX_NONCE),
                             .public_bytes = cs_buf_new(CS_MAX_PUBLIC_KEY)};
}

static int check_usage(const cs_args *args)
{
    static const char *const inputs[] = {"policy", "sign-result", "doc", "signature", "public-key", "payload", NULL};
    bool result = cs_arg_text(args, "sign-result") != NULL, doc = cs_arg_text(args, "doc") != NULL,
         signature = cs_arg_text(args, "signature") != NULL;
    if (result ? doc || signature : !doc || !signature)
        return cs_talk_usage("give --sign-result, or --doc and --signature");
    if (cs_arg_text(args, "payload") == NULL)
        return cs_talk_usage("--payload is required");
    if (cs_arg_flag(args, "production") && cs_arg_flag(args, "allow-mock"))
        return cs_talk_usage("--production and --allow-mock contradict each other");
    return cs_input_one_stdin(args, inputs);
}

static int read_purpose(struct evidence *e, const char *purpose)
{
    if (purpose == NULL || cs_attest_purpose_by_name(&e->purpose, cs_slice_str(purpose)))
        return CS_EXIT_OK;
    return cs_talk_usage("--purpose is sign or hybrid, not %s", purpose);
}

/* Document and signature out of the result file, and the public key that it names. */
static int read_result(struct evidence *e, const char *path)
{
    cs_fault fault = {0};
    if (cs_result_read(&e->result, &fault, path) != CS_OK)
        return cs_talk_fail_field(path, &fault);
    if (e->result.document.n == 0)
        return cs_talk_error("%s has no attestation document", path);
    cs_buf_add(&e->document, cs_buf_slice(&e->result.document));
    cs_buf_add(&e->signature, cs_buf_slice(&e->result.signature));
    if (e->result.public_key.p == NULL)
        return CS_EXIT_OK;
    fault.err = cs_public_key_parse(&e->key, &fault, e->result.public_key);
    return fault.err == CS_OK ? CS_EXIT_OK : cs_talk_fail(fault.err, "%s: publicKey", path);
}

static int read_document(struct evidence *e, const cs_args *args)
{
    const char *result = cs_arg_text(args, "sign-result");
    if (result != NULL)
        return read_result(e, result);
    int code = cs_input_document(&e->document, cs_arg_text(args, "doc"));
    return code == CS_EXIT_OK ? cs_input_signature(&e->signature, cs_arg_text(args, "signature")) : code;
}

static int read_key(struct evidence *e, const char *pinned)
{
    int code = CS_EXIT_OK;
    if (pinned != NULL) {
        cs_pair_close(&e->key); /* what the result says gives way to what the caller pinned */
        code = cs_input_public_key(&e->key, pinned);
    }
    if (code == CS_EXIT_OK && e->key.alg != NULL)
        cs_pair_public(&e->public_bytes, &e->key);
    return code;
}

/* The hash that the document claims to have been given, so that the payload is hashed with it; the verifier compares
 * the digest and whether the algorithm may use this hash. */
static cs_hash_id claimed_prehash(cs_slice document)
{
    cs_hash_id id = CS_HASH_NONE;
    cs_json *json = NULL;
    cs_buf text = cs_buf_new(CS_MAX_ATTESTATION);
    if (cs_attest_payload_json(&text, document) == CS_OK &&
        cs_json_parse(&json, cs_buf_slice(&text), CS_MAX_ATTESTATION) == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_slice claim = cs_jobj_str_opt(&o, "payloadPreHash", CS_MAX_NAME + 2 * CS_HASH_MAX);
        size_t n = 0;
        while (n < claim.n && claim.p[n] != ':')
            n++;
        id = cs_hash_by_name(cs_slice_sub(claim, 0, n));
    }
    cs_json_free(json);
    cs_buf_free(&text);
    return id;
}

static int read_payload(struct evidence *e, const char *path)
{
    cs_hash_id prehash = e->key.alg != NULL ? cs_payload_prehash_of(e->key.alg, e->key.format)
                                            : claimed_prehash(cs_buf_slice(&e->document));
    cs_err err = cs_payload_read(&e->payload, path, prehash);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path);
}

static int read_evidence(struct evidence *e, const cs_args *args)
{
    int code = check_usage(args);
    if (code == CS_EXIT_OK)
        code = read_purpose(e, cs_arg_text(args, "purpose"));
    if (code == CS_EXIT_OK)
        code = cs_evidence_time(&e->at, args);
    if (code == CS_EXIT_OK)
        code = cs_input_nonce(&e->nonce, cs_arg_text(args, "nonce"));
    if (code == CS_EXIT_OK)
        code = cs_input_policy(&e->policy, cs_arg_text(args, "policy"));
    if (code == CS_EXIT_OK)
        code = read_document(e, args);
    if (code == CS_EXIT_OK)
        code = read_key(e, cs_arg_text(args, "public-key"));
    return code == CS_EXIT_OK ? read_payload(e, cs_arg_text(args, "payload")) : code;
}

static cs_err verify_signature(const struct evidence *e)
{
    cs_message message;
    cs_err err = cs_payload_message(&message, &e->payload, e->key.alg, e->key.format);
    return err == CS_OK ? cs_pair_verify(NULL, &e->key, &message, cs_buf_slice(&e->signature)) : err;
}

/* Document first, then the signature under the key that the document attests. */
static void judge(cs_verdict *verdict, const struct evidence *e, const cs_args *args)
{
    const char *key_id = cs_arg_text(args, "key-id");
    bool has_key = e->key.alg != NULL;
    cs_expect expect = {
        .kind = CS_ATTEST_SIGN,
        .allow_mock = cs_arg_flag(args, "allow-mock"),
        .clock = CS_CLOCK_LIVE,
        .now = e->at,
        .nonce = e->nonce.n > 0 ? cs_buf_slice(&e->nonce) : CS_ABSENT,
        .payload_sha256 = cs_digest_slice(&e->payload.sha256),
        .prehash_alg = e->payload.prehash_alg,
        .prehash = e->payload.prehash_alg != CS_HASH_NONE ? cs_digest_slice(&e->payload.prehash) : CS_ABSENT,
        .signature = cs_buf_slice(&e->signature),
        .key_id = key_id != NULL ? cs_slice_str(key_id) : e->result.key_id,
        .alg = e->key.alg,
        .format = has_key ? &e->key.format : NULL,
        .public_key = has_key ? cs_buf_slice(&e->public_bytes) : CS_ABSENT,
        .purpose = e->purpose,
    };
    cs_err err = cs_attest_verify(verdict, cs_buf_slice(&e->document), &e->policy, &expect);
    if (err == CS_OK && has_key)
        verdict->reason = verify_signature(e);
}

static void print_facts(const struct evidence *e, const cs_verdict *v, const cs_args *args)
{
    char time[32];
    cs_buf made = CS_BUF_OVER(time);
    cs_buf root = cs_buf_new(128), payload = cs_buf_new(128);
    const char *caution = cs_verdict_caution(v);
    bool pinned = cs_arg_text(args, "public-key") != NULL || cs_arg_text(args, "key-id") != NULL;
    cs_time_write(&made, v->iat * 1000);
    cs_hex_encode(&root, CS_ARRAY(v->root_sha256));
    cs_hex_encode(&payload, cs_digest_slice(&e->payload.sha256));
    (void)puts("verified: the attestation satisfies the pinned policy");
    cs_talk_fact("policy", cs_slice_str(e->policy.name));
    cs_talk_fact_f("vendor", "%s%s%s%s", cs_vendor_name(v->vendor), caution != NULL ? " (" : "",
                   caution != NULL ? caution : "", caution != NULL ? ")" : "");
    cs_talk_fact("image", cs_slice_str(v->image_hash));
    cs_talk_fact_f("root", "sha256:%s", cs_buf_cstr(&root));
    cs_talk_fact_f("operation", "%lld of epoch %s, %lld of its key", (long long)v->counter, v->epoch,
                   (long long)v->key_counter);
    cs_talk_fact_f("made", "%s by enclave %s", cs_buf_cstr(&made), v->enclave_version);
    cs_talk_fact_f("payload", "sha256:%s, %llu bytes", cs_buf_cstr(&payload), (unsigned long long)e->payload.size);
    cs_talk_fact_f("key", "%s, %s, %s%s", v->key_id, v->alg != NULL ? v->alg->name : "", cs_format_name(v->format),
                   pinned ? "" : " (attested; pin it with --public-key or --key-id)");
    cs_talk_fact("signature", e->key.alg != NULL ? CS_LIT("verified under the attested key")
                                                 : CS_LIT("attested; not verified itself, no public key was given"));
    cs_buf_free(&root);
    cs_buf_free(&payload);
}

static int report(const struct evidence *e, const cs_verdict *v, const cs_args *args)
{
    if (!cs_evidence_print(v, &e->policy, e->at, args) && v->reason == CS_OK && !cs_arg_flag(args, "quiet"))
        print_facts(e, v, args);
    if (v->reason == CS_ATT_MOCK_REFUSED)
        cs_talk_note(args, "vendor mock proves nothing about hardware; --allow-mock accepts it for development");
    return v->reason == CS_OK ? CS_EXIT_OK : cs_talk_fail(v->reason, "%s", cs_arg_text(args, "payload"));
}

int cs_command_attest_verify(const cs_args *args)
{
    if (cs_arg_text(args, "evidence") != NULL)
        return cs_evidence_judge(args);
    cs_verdict verdict;
    struct evidence e = new_evidence();
    int code = read_evidence(&e, args);
    if (code == CS_EXIT_OK) {
        judge(&verdict, &e, args);
        code = report(&e, &verdict, args);
    }
    free_evidence(&e);
    return code;
}
