/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `countersign bundle` and `verify --bundle`: one file per signature, and its verdict offline.
 *
 * A bundle brings its own key, policy and checkpoint, and none of them proves anything: the policy, the ledger's keys
 * and the witnesses' keys come from the command line. Without a ledger key the verdict says that nobody knows who
 * signed the checkpoint.
 */
#include "core/bundle.h"
#include "cli/bundle.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/payload.h"
#include "cli/talk.h"
#include "core/clock.h"
#include "core/encode.h"
#include "sys/file.h"

#define MAX_READ (4u << 20) /* a bundle that is too large is refused by its reader, with its reason */

/* Everything that a bundle is judged by. */
struct evidence {
    cs_pin pin;
    cs_buf text, nonce;
    cs_bundle bundle;
    cs_pair key; /* alg == NULL: none is expected */
    cs_payload payload;
    cs_vkey ledger[CS_MAX_VKEYS], witness[CS_MAX_VKEYS];
    size_t ledger_count, witness_count;
};

static void free_evidence(struct evidence *e)
{
    cs_pin_free(&e->pin);
    cs_bundle_free(&e->bundle);
    cs_buf_free(&e->text);
    cs_buf_free(&e->nonce);
    cs_pair_close(&e->key);
    cs_payload_free(&e->payload);
}

static int check_usage(const cs_args *args)
{
    static const char *const inputs[] = {"bundle", "payload", "policy", "public-key", NULL};
    if (cs_arg_text(args, "sign-result") != NULL || cs_arg_text(args, "signature") != NULL)
        return cs_talk_usage("--bundle brings the signature; leave out --sign-result and --signature");
    if (cs_arg_text(args, "policy") == NULL)
        return cs_talk_usage("--bundle needs --policy: a policy inside a bundle proves nothing");
    return cs_input_one_stdin(args, inputs);
}

static int read_pinned(struct evidence *e, const cs_args *args)
{
    int code = cs_input_pin(&e->pin, cs_arg_text(args, "policy"));
    if (code == CS_EXIT_OK)
        code = cs_input_vkeys(e->ledger, &e->ledger_count, args, "ledger-key");
    if (code == CS_EXIT_OK)
        code = cs_input_vkeys(e->witness, &e->witness_count, args, "witness");
    if (code == CS_EXIT_OK)
        code = cs_input_nonce(&e->nonce, cs_arg_text(args, "nonce"));
    if (code == CS_EXIT_OK && cs_arg_text(args, "public-key") != NULL)
        code = cs_input_public_key(&e->key, cs_arg_text(args, "public-key"));
    return code;
}

/* -- saying what was found ----------------------------------------------------------------------------------------- */

static void print_facts(const struct evidence *e, const cs_bundle_report *r)
{
    const cs_verdict *v = &r->attestation;
    const char *caution = cs_verdict_caution(v);
    cs_buf entry_time = cs_buf_new(64), witness_time = cs_buf_new(64), payload = cs_buf_new(128);
    cs_time_write(&entry_time, r->entry_ms);
    cs_time_write(&witness_time, r->witness_time * 1000);
    cs_hex_encode(&payload, cs_digest_slice(&e->payload.sha256));
    (void)puts("verified: the bundle satisfies the pinned policy");
    cs_talk_fact("policy", cs_slice_str(e->pin.policy.name));
    cs_talk_fact_f("vendor", "%s%s%s%s", cs_vendor_name(v->vendor), caution != NULL ? " (" : "",
                   caution != NULL ? caution : "", caution != NULL ? ")" : "");
    cs_talk_fact("image", cs_slice_str(v->image_hash));
    cs_talk_fact_f("payload", "sha256:%s, %llu bytes", cs_buf_cstr(&payload), (unsigned long long)e->payload.size);
    cs_talk_fact_f("key", "%s, %s, %s", v->key_id, v->alg != NULL ? v->alg->name : "", cs_format_name(v->format));
    cs_talk_fact_f("ledger", "entry %llu of %s, %s", (unsigned long long)r->seq, r->origin, cs_buf_cstr(&entry_time));
    cs_talk_fact_f("checkpoint", "of %llu entries, %s", (unsigned long long)r->tree_size,
                   r->ledger_pinned ? "signed by the pinned ledger" : "SIGNER NOT PINNED (give --ledger-key)");
    if (r->witness[0] != '\0')
        cs_talk_fact_f("datedBy", "witness %s, %s", r->witness, cs_buf_cstr(&witness_time));
    else
        cs_talk_fact("datedBy", CS_LIT("none: the time is the ledger's own word"));
    cs_buf_free(&entry_time);
    cs_buf_free(&witness_time);
    cs_buf_free(&payload);
}

static void print_json(const cs_bundle_report *r)
{
    cs_buf out = cs_buf_new(CS_MAX_BODY);
    cs_bundle_report_json(&out, r);
    cs_talk_line(cs_buf_slice(&out));
    cs_buf_free(&out);
}

static int report(const struct evidence *e, const cs_bundle_report *r, const cs_args *args)
{
    if (cs_arg_flag(args, "json")) {
        print_json(r);
    } else if (r->reason == CS_OK && !cs_arg_flag(args, "quiet")) {
        print_facts(e, r);
    }
    if (r->reason == CS_OK && !r->ledger_pinned)
        cs_talk_note(args, "who signed the checkpoint is not pinned: anybody could have made this ledger");
    if (r->reason == CS_ATT_MOCK_REFUSED)
        cs_talk_note(args, "vendor mock proves nothing about hardware; --allow-mock accepts it for development");
    return r->reason == CS_OK ? CS_EXIT_OK : cs_talk_fail(r->reason, "%s", cs_arg_text(args, "bundle"));
}

/* A bundle that cannot be read is refused, like one that does not verify. */
static int report_malformed(const struct evidence *e, const cs_fault *fault, const cs_args *args)
{
    cs_bundle_report r = {.reason = fault->err};
    cs_expect none = {.clock = CS_CLOCK_STORED};
    if (fault->err != CS_BUNDLE_FORMAT)
        return cs_talk_fail_field(cs_arg_text(args, "bundle"), fault);
    cs_err err = cs_verdict_begin(&r.attestation, &e->pin.policy, &none);
    r.attestation.reason = fault->err;
    if (err == CS_OK && cs_arg_flag(args, "json"))
        print_json(&r);
    return cs_talk_fail_field(cs_arg_text(args, "bundle"), fault);
}

/* -- judging ------------------------------------------------------------------------------------------------------- */

static int judge(struct evidence *e, const cs_args *args)
{
    const char *path = cs_arg_text(args, "payload");
    const cs_pair *key = &e->bundle.key;
    cs_bundle_report r;
    cs_bundle_expect expect = {.pin = &e->pin,
                               .allow_mock = cs_arg_flag(args, "allow-mock"),
                               .ledger_keys = e->ledger,
                               .ledger_key_count = e->ledger_count,
                               .witness_keys = e->witness,
                               .witness_key_count = e->witness_count,
                               .key = e->key.alg != NULL ? &e->key : NULL,
                               .key_id = cs_slice_str(cs_arg_text(args, "key-id")),
                               .nonce = e->nonce.n > 0 ? cs_buf_slice(&e->nonce) : CS_ABSENT};
    cs_err err = cs_payload_read(&e->payload, path, cs_payload_prehash_of(key->alg, key->format));
    if (err == CS_OK)
        err = cs_payload_message(&expect.message, &e->payload, key->alg, key->format);
    if (err != CS_OK)
        return cs_talk_fail(err, "%s", path);
    expect.payload_sha256 = cs_digest_slice(&e->payload.sha256);
    err = cs_bundle_verify(&r, &e->bundle, &expect);
    return err == r.reason ? report(e, &r, args) : cs_talk_fail(CS_INTERNAL, "%s", path);
}

int cs_bundle_command_verify(const cs_args *args)
{
    const char *path = cs_arg_text(args, "bundle");
    struct evidence e = {.text = cs_buf_new(MAX_READ), .nonce = cs_buf_new(CS_MAX_NONCE)};
    cs_fault fault = {0};
    int code = check_usage(args);
    if (code == CS_EXIT_OK)
        code = read_pinned(&e, args);
    if (code != CS_EXIT_OK)
        goto out;
    cs_err err = cs_file_read(&e.text, path);
    if (err != CS_OK)
        code = cs_talk_fail(err, "%s", path);
    else if (cs_bundle_parse(&e.bundle, &fault, cs_buf_slice(&e.text)) != CS_OK)
        code = report_malformed(&e, &fault, args);
    else
        code = judge(&e, args);
out:
    free_evidence(&e);
    return code;
}

/* -- fetching ------------------------------------------------------------------------------------------------------ */

/* The file as the server wrote it, if it is a bundle at all. */
static int fetch(cs_buf *text, const cs_args *args)
{
    cs_client *c = NULL;
    cs_bundle bundle = {0};
    cs_fault fault;
    cs_buf path = cs_buf_new(1024);
    cs_buf_add_str(&path, "/v1/signatures/");
    cs_client_add_escaped(&path, cs_slice_str(cs_arg_text(args, "signature")));
    cs_buf_add_str(&path, "/bundle");
    int code = cs_client_open(&c, args);
    if (code == CS_EXIT_OK)
        code = path.err == CS_OK ? cs_client_fetch(text, c, cs_buf_cstr(&path)) : cs_talk_fail(CS_NOT_FOUND, "bundle");
    if (code == CS_EXIT_OK && cs_bundle_parse(&bundle, &fault, cs_buf_slice(text)) != CS_OK)
        code = cs_talk_error("the server's answer is no bundle: %s", fault.field);
    cs_bundle_free(&bundle);
    cs_client_close(c);
    cs_buf_free(&path);
    return code;
}

int cs_command_bundle(const cs_args *args)
{
    const char *path = cs_arg_text(args, "out");
    cs_buf text = cs_buf_new(CS_MAX_BUNDLE);
    int code = fetch(&text, args);
    cs_err err = code == CS_EXIT_OK && path != NULL ? cs_file_write(path, cs_buf_slice(&text), 0644, false) : CS_OK;
    if (err != CS_OK)
        code = cs_talk_fail(err, "%s", path);
    else if (code == CS_EXIT_OK && path == NULL)
        cs_talk_line(cs_buf_slice(&text));
    else if (code == CS_EXIT_OK)
        cs_talk_note(args, "wrote %s; `countersign verify --bundle` judges it offline", path);
    cs_buf_free(&text);
    return code;
}
