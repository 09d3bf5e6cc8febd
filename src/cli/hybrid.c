/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `countersign hybrid verify`: an attestation of Hybrid Attest, offline.
 *
 * The pair of signatures is verified again; what the countersignature adds is that an enclave of a pinned image vouches
 * for the record, and when. Both files come from the server and prove nothing by themselves.
 */
#include "cli/commands.h"
#include "cli/input.h"
#include "cli/talk.h"
#include "core/clock.h"
#include "core/encode.h"
#include "core/hybrid_proof.h"
#include "sys/file.h"

#define MAX_READ (4u << 20) /* what is too large is refused by its reader, with its reason */

struct evidence {
    cs_pin pin;
    cs_pair key; /* alg == NULL: none is expected */
    cs_vkey ledger[CS_MAX_VKEYS], witness[CS_MAX_VKEYS];
    size_t ledger_count, witness_count;
    cs_buf attestation_text, bundle_text;
    cs_hybrid_proof proof;
    cs_bundle bundle;
};

static void free_evidence(struct evidence *e)
{
    cs_pin_free(&e->pin);
    cs_pair_close(&e->key);
    cs_buf_free(&e->attestation_text);
    cs_buf_free(&e->bundle_text);
    cs_hybrid_proof_free(&e->proof);
    cs_bundle_free(&e->bundle);
}

static int read_pinned(struct evidence *e, const cs_args *args)
{
    static const char *const inputs[] = {"attestation", "bundle", "policy", "public-key", NULL};
    int code = cs_input_one_stdin(args, inputs);
    if (code == CS_EXIT_OK)
        code = cs_input_pin(&e->pin, cs_arg_text(args, "policy"));
    if (code == CS_EXIT_OK)
        code = cs_input_vkeys(e->ledger, &e->ledger_count, args, "ledger-key");
    if (code == CS_EXIT_OK)
        code = cs_input_vkeys(e->witness, &e->witness_count, args, "witness");
    if (code == CS_EXIT_OK && cs_arg_text(args, "public-key") != NULL)
        code = cs_input_public_key(&e->key, cs_arg_text(args, "public-key"));
    return code;
}

static int read_file(cs_buf *out, const char *path)
{
    cs_err err = cs_file_read(out, path);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "%s", path);
}

/* -- saying what was found ----------------------------------------------------------------------------------------- */

static void print_json(const cs_hybrid_report *r)
{
    cs_buf out = cs_buf_new(CS_MAX_BODY);
    cs_hybrid_report_json(&out, r);
    cs_talk_line(cs_buf_slice(&out));
    cs_buf_free(&out);
}

static void print_facts(const struct evidence *e, const cs_hybrid_report *r)
{
    const cs_bundle_report *b = &r->countersignature;
    const cs_verdict *v = &b->attestation;
    const char *caution = cs_verdict_caution(v);
    const cs_hybrid *pair = &e->proof.pair;
    cs_buf created = cs_buf_new(64), recorded = cs_buf_new(64), record = cs_buf_new(128);
    cs_time_write(&created, r->created_ms);
    cs_time_write(&recorded, b->entry_ms);
    cs_hex_encode(&record, CS_ARRAY(r->record_sha256));
    (void)puts("verified: both signatures, their record and its countersignature");
    cs_talk_fact_f("attestation", "%s, %s", r->id, cs_buf_cstr(&created));
    cs_talk_fact_f("message", "%zu bytes", pair->message.n);
    cs_talk_fact_f("chain", "%s, %s%s%s", pair->chain->name, cs_hybrid_scheme_name(r->pair.scheme),
                   r->pair.address[0] != '\0' ? ", signed by " : "", r->pair.address);
    cs_talk_fact_f("ML-DSA", "%s, registered as %s", cs_hybrid_algorithm_name(pair->algorithm), r->pqc_key_id);
    cs_talk_fact_f("record", "sha256:%s", cs_buf_cstr(&record));
    cs_talk_fact_f("countersigned", "by %s, %s%s%s%s", v->key_id, cs_vendor_name(v->vendor),
                   caution != NULL ? " (" : "", caution != NULL ? caution : "", caution != NULL ? ")" : "");
    cs_talk_fact("image", cs_slice_str(v->image_hash));
    cs_talk_fact_f("ledger", "entry %llu of %s, %s, %s", (unsigned long long)b->seq, b->origin, cs_buf_cstr(&recorded),
                   b->ledger_pinned ? "signed by the pinned ledger" : "SIGNER NOT PINNED (give --ledger-key)");
    cs_talk_fact_f("datedBy", "%s", b->witness[0] != '\0' ? b->witness : "none: the time is the ledger's own word");
    cs_buf_free(&created);
    cs_buf_free(&recorded);
    cs_buf_free(&record);
}

static int report(const struct evidence *e, const cs_hybrid_report *r, const cs_args *args)
{
    const char *path = cs_arg_text(args, "attestation");
    if (cs_arg_flag(args, "json"))
        print_json(r);
    else if (r->reason == CS_OK && !cs_arg_flag(args, "quiet"))
        print_facts(e, r);
    if (r->reason == CS_OK && !r->countersignature.ledger_pinned)
        cs_talk_note(args, "who signed the checkpoint is not pinned: anybody could have made this ledger");
    if (r->reason == CS_OK && r->pair.scheme == CS_HYBRID_EIP712_DIGEST)
        cs_talk_note(args,
                     "the message is a digest that ECDSA signs as it is: it proves that the key's owner signed only to "
                     "whoever computes it from the typed data");
    if (r->reason == CS_ATT_MOCK_REFUSED)
        cs_talk_note(args, "vendor mock proves nothing about hardware; --allow-mock accepts it for development");
    if (r->reason == CS_PQC_004)
        return cs_talk_fail(r->reason, "%s: %s", path,
                            r->pair.ecdsa_valid ? "pqcSignature"
                            : r->pair.pqc_valid ? "ecdsaSignature"
                                                : "both signatures");
    return r->reason == CS_OK ? CS_EXIT_OK : cs_talk_fail(r->reason, "%s", path);
}

/* A file that cannot be read as what it should be is refused, like one that does not verify. */
static int report_malformed(const char *path, const cs_fault *fault, const cs_args *args)
{
    cs_hybrid_report r = {.reason = fault->err};
    if (cs_arg_flag(args, "json") && cs_err_class_of(fault->err) == CS_CLASS_REFUSED)
        print_json(&r);
    return cs_talk_fail_field(path, fault);
}

/* -- judging ------------------------------------------------------------------------------------------------------- */

static int judge(struct evidence *e, const cs_args *args)
{
    const char *attestation = cs_arg_text(args, "attestation"), *bundle = cs_arg_text(args, "bundle");
    cs_fault fault = {0};
    cs_hybrid_report r;
    cs_bundle_expect pinned = {.pin = &e->pin,
                               .allow_mock = cs_arg_flag(args, "allow-mock"),
                               .ledger_keys = e->ledger,
                               .ledger_key_count = e->ledger_count,
                               .witness_keys = e->witness,
                               .witness_key_count = e->witness_count,
                               .key = e->key.alg != NULL ? &e->key : NULL,
                               .key_id = cs_slice_str(cs_arg_text(args, "key-id"))};
    if (cs_hybrid_proof_parse(&e->proof, &fault, cs_buf_slice(&e->attestation_text)) != CS_OK)
        return report_malformed(attestation, &fault, args);
    if (cs_bundle_parse(&e->bundle, &fault, cs_buf_slice(&e->bundle_text)) != CS_OK)
        return report_malformed(bundle, &fault, args);
    cs_err err = cs_hybrid_proof_verify(&r, &e->proof, &e->bundle, &pinned);
    return err == r.reason ? report(e, &r, args) : cs_talk_fail(CS_INTERNAL, "%s", attestation);
}

int cs_command_hybrid_verify(const cs_args *args)
{
    struct evidence e = {.attestation_text = cs_buf_new(MAX_READ), .bundle_text = cs_buf_new(MAX_READ)};
    int code = read_pinned(&e, args);
    if (code == CS_EXIT_OK)
        code = read_file(&e.attestation_text, cs_arg_text(args, "attestation"));
    if (code == CS_EXIT_OK)
        code = read_file(&e.bundle_text, cs_arg_text(args, "bundle"));
    if (code == CS_EXIT_OK)
        code = judge(&e, args);
    free_evidence(&e);
    return code;
}
