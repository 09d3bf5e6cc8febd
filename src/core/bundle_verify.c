/* SPDX-License-Identifier: Apache-2.0 */
/* The verdict on a bundle: one function a check, in the documented order. */
#include <string.h>

#include "core/bundle.h"
#include "core/checkpoint.h"
#include "core/clock.h"
#include "core/encode.h"
#include "core/entry.h"
#include "core/merkle.h"

struct judgement {
    cs_bundle_report *report;
    const cs_bundle *b;
    const cs_bundle_expect *e;
    cs_entry_in entry;
    cs_note note;
    cs_checkpoint checkpoint;
};

/* A text "<name>:<hex>" of the digest. */
static bool is_digest(cs_slice text, const char *name, cs_slice digest)
{
    char memory[16 + 2 * CS_HASH_MAX];
    cs_buf own = CS_BUF_OVER(memory);
    if (text.p == NULL || digest.p == NULL)
        return false;
    cs_buf_printf(&own, "%s:", name);
    cs_hex_encode(&own, digest);
    return cs_slice_eq(text, cs_buf_slice(&own));
}

static cs_err check_policy(struct judgement *j)
{
    const cs_bundle *b = j->b;
    const cs_pin *pin = j->e->pin;
    if (b->policy_id.p == NULL)
        return CS_OK;
    if (memcmp(b->policy_hash, pin->hash, CS_SHA256_LEN) != 0)
        return CS_BUNDLE_POLICY;
    if (pin->id[0] != '\0' && !cs_slice_is(b->policy_id, pin->id))
        return CS_BUNDLE_POLICY;
    return pin->version == 0 || pin->version == b->policy_version ? CS_OK : CS_BUNDLE_POLICY;
}

static cs_err check_payload(struct judgement *j)
{
    const cs_bundle_expect *e = j->e;
    const cs_message *m = &e->message;
    bool prehashed = cs_slice_is(j->b->digest_name, "payloadPreHash");
    if (prehashed)
        return m->ph != CS_HASH_NONE && is_digest(j->b->payload_digest, cs_hash_name(m->ph), m->bytes)
                   ? CS_OK
                   : CS_BUNDLE_PAYLOAD;
    return is_digest(j->b->payload_digest, "sha256", e->payload_sha256) ? CS_OK : CS_BUNDLE_PAYLOAD;
}

static cs_err check_expected_key(struct judgement *j)
{
    const cs_bundle *b = j->b;
    const cs_bundle_expect *e = j->e;
    cs_buf expected = cs_buf_new(CS_MAX_PUBLIC_KEY);
    cs_err err = CS_OK;
    if (e->key_id.p != NULL && !cs_slice_eq(e->key_id, b->key_id))
        return CS_ATT_KEY_MISMATCH;
    if (e->key == NULL)
        return CS_OK;
    if (e->key->alg != b->key.alg || e->key->format != b->key.format)
        return CS_ATT_ALGORITHM_MISMATCH;
    cs_pair_public(&expected, e->key);
    err = expected.err;
    if (err == CS_OK && !cs_slice_eq(cs_buf_slice(&expected), cs_buf_slice(&b->public_key)))
        err = CS_ATT_KEY_MISMATCH;
    cs_buf_free(&expected);
    return err;
}

static cs_err check_signature(struct judgement *j)
{
    cs_err err = check_expected_key(j);
    return err == CS_OK ? cs_pair_verify(NULL, &j->b->key, &j->e->message, cs_buf_slice(&j->b->signature)) : err;
}

/* True if the member states the SHA-256 of these bytes. */
static bool states_sha256(cs_jobj *o, const char *name, cs_slice bytes)
{
    cs_digest d;
    return cs_hash(&d, CS_SHA256, bytes) == CS_OK &&
           is_digest(cs_jobj_str(o, name, 128), "sha256", cs_digest_slice(&d));
}

/* The entry names the policy of the bundle, or none if the bundle has none. */
static bool states_policy(cs_jobj *o, const cs_bundle *b)
{
    if (b->policy_id.p == NULL)
        return !cs_jobj_has(o, "policyId") && !cs_jobj_has(o, "policyHash");
    return cs_slice_eq(cs_jobj_str(o, "policyId", CS_MAX_ID), b->policy_id) &&
           cs_jobj_int(o, "policyVersion", 1, CS_JSON_INT_MAX) == b->policy_version &&
           is_digest(cs_jobj_str(o, "policyHash", 128), "sha256", CS_ARRAY(b->policy_hash));
}

static cs_err check_entry(struct judgement *j)
{
    const cs_bundle *b = j->b;
    cs_err err = cs_entry_read(&j->entry, b->entry);
    if (err != CS_OK)
        return err == CS_NO_MEMORY ? err : CS_BUNDLE_ENTRY;
    const char *digest = cs_slice_is(b->digest_name, "payloadPreHash") ? "payloadPreHash" : "payloadSha256";
    const char *other = digest[7] == 'P' ? "payloadSha256" : "payloadPreHash";
    cs_jobj o = cs_jobj_open(j->entry.data);
    bool same = cs_slice_eq(j->entry.subject_id, b->signature_id) &&
                cs_slice_eq(cs_jobj_str(&o, "keyId", CS_MAX_ID), b->key_id) &&
                cs_slice_is(cs_jobj_str(&o, "algorithm", CS_MAX_NAME), b->key.alg->name) &&
                cs_slice_is(cs_jobj_str(&o, "signatureFormat", CS_MAX_NAME), cs_format_name(b->key.format)) &&
                cs_slice_eq(cs_jobj_str(&o, digest, 256), b->payload_digest) && !cs_jobj_has(&o, other) &&
                states_sha256(&o, "sigSha256", cs_buf_slice(&b->signature)) &&
                states_sha256(&o, "documentSha256", cs_buf_slice(&b->document)) && states_policy(&o, b);
    if (!same || cs_jobj_done_open(&o) != CS_OK)
        return CS_BUNDLE_ENTRY;
    if (cs_slice_is(j->entry.event_type, "attestation.violation"))
        return CS_BUNDLE_VIOLATION;
    const char *event = b->policy_id.p != NULL ? "signature.attested" : "signature.issued";
    return cs_slice_is(j->entry.event_type, event) ? CS_OK : CS_BUNDLE_ENTRY;
}

static cs_err check_position(struct judgement *j)
{
    j->report->seq = j->entry.seq;
    j->report->entry_ms = j->entry.time_ms;
    return j->entry.seq == j->b->index ? CS_OK : CS_BUNDLE_POSITION;
}

static cs_err check_inclusion(struct judgement *j)
{
    uint8_t leaf[CS_SHA256_LEN];
    cs_err err = cs_note_parse(&j->note, j->b->checkpoint);
    if (err == CS_OK)
        err = cs_checkpoint_parse(&j->checkpoint, j->note.text);
    if (err == CS_OK)
        err = cs_merkle_leaf(leaf, j->b->entry);
    if (err != CS_OK)
        return err;
    err = cs_merkle_verify_inclusion(j->b->index, j->checkpoint.size, leaf, cs_buf_slice(&j->b->proof),
                                     j->checkpoint.root);
    if (err == CS_BAD_FORMAT || err == CS_BAD_SIGNATURE)
        return CS_BUNDLE_INCLUSION;
    j->report->included = err == CS_OK;
    j->report->tree_size = j->checkpoint.size;
    return err == CS_OK ? cs_slice_to_cstr(j->report->origin, sizeof j->report->origin, j->checkpoint.origin) : err;
}

static cs_err check_checkpoint(struct judgement *j)
{
    const cs_bundle_expect *e = j->e;
    cs_note note;
    cs_checkpoint checkpoint;
    if (e->ledger_key_count == 0)
        return CS_OK;
    cs_err err = cs_checkpoint_verify(&checkpoint, &note, j->b->checkpoint, e->ledger_keys, e->ledger_key_count);
    j->report->ledger_pinned = err == CS_OK;
    return err;
}

static bool in_window(const struct judgement *j, int64_t time)
{
    int64_t entry = j->entry.time_ms / 1000;
    return time != 0 && time >= entry - CS_MAX_CLOCK_SKEW_SECONDS &&
           time <= entry + j->e->pin->policy.max_doc_age_seconds;
}

/* A witness dates the entry with every key of it that is pinned, so that who pins both halves does not depend on the
 * weaker one. A ledger states a time, too, but is no witness of itself. */
static bool dates(const struct judgement *j, const cs_note_signer *signers, const char *name)
{
    const cs_bundle_expect *e = j->e;
    for (size_t i = 0; i < e->witness_key_count; i++)
        if (strcmp(e->witness_keys[i].name, name) == 0 && !in_window(j, signers[i].time))
            return false;
    return !cs_slice_is(j->checkpoint.origin, name);
}

static cs_err check_witnesses(struct judgement *j)
{
    const cs_bundle_expect *e = j->e;
    cs_note_signer signers[CS_MAX_VKEYS];
    if (e->witness_key_count > CS_MAX_VKEYS)
        return CS_TOO_LARGE;
    cs_err err = cs_note_verify(signers, &j->note, e->witness_keys, e->witness_key_count);
    if (err == CS_NOTE_UNSIGNED)
        return CS_OK;
    if (err != CS_OK)
        return cs_err_class_of(err) == CS_CLASS_REFUSED ? CS_BUNDLE_WITNESS : err;
    for (size_t i = 0; i < e->witness_key_count; i++) {
        if (!dates(j, signers, e->witness_keys[i].name))
            continue;
        memcpy(j->report->witness, e->witness_keys[i].name, sizeof j->report->witness);
        j->report->witness_time = signers[i].time;
        return CS_OK;
    }
    return CS_OK;
}

static cs_err check_pinned(struct judgement *j)
{
    return j->e->pin->policy.require_dated && !j->report->ledger_pinned ? CS_BUNDLE_NOT_PINNED : CS_OK;
}

static cs_expect expectation(const struct judgement *j)
{
    const cs_bundle *b = j->b;
    const cs_message *m = &j->e->message;
    bool prehashed = m->ph != CS_HASH_NONE;
    return (cs_expect){.kind = CS_ATTEST_SIGN,
                       .allow_mock = j->e->allow_mock,
                       .clock = CS_CLOCK_STORED,
                       .entry_time = j->entry.time_ms / 1000,
                       .dated = j->report->witness[0] != '\0',
                       .nonce = j->e->nonce,
                       .payload_sha256 = j->e->payload_sha256,
                       .prehash_alg = m->ph,
                       .prehash = prehashed ? m->bytes : CS_ABSENT,
                       .signature = cs_buf_slice(&b->signature),
                       .key_id = b->key_id,
                       .alg = b->key.alg,
                       .format = &b->key.format,
                       .public_key = cs_buf_slice(&b->public_key),
                       .purpose = j->e->purpose};
}

static cs_err check_document(struct judgement *j)
{
    cs_expect e = expectation(j);
    return cs_attest_verify(&j->report->attestation, cs_buf_slice(&j->b->document), &j->e->pin->policy, &e);
}

static cs_err (*const checks[])(struct judgement *) = {
    check_policy,    check_payload,    check_signature, check_entry,  check_position,
    check_inclusion, check_checkpoint, check_witnesses, check_pinned, check_document,
};

cs_err cs_bundle_verify(cs_bundle_report *report, const cs_bundle *b, const cs_bundle_expect *e)
{
    struct judgement j = {.report = report, .b = b, .e = e};
    *report = (cs_bundle_report){.reason = CS_INTERNAL};
    cs_expect before = expectation(&j);
    cs_err err = cs_verdict_begin(&report->attestation, &e->pin->policy, &before);
    for (size_t i = 0; err == CS_OK && i < sizeof checks / sizeof *checks; i++)
        err = checks[i](&j);
    report->reason = report->attestation.reason = err;
    cs_entry_in_free(&j.entry);
    return err;
}

static void write_witness(cs_jw *w, const cs_bundle_report *report)
{
    char text[32];
    cs_buf time = CS_BUF_OVER(text);
    if (report->witness[0] == '\0') {
        cs_jw_null(w, "witness");
        return;
    }
    cs_time_write(&time, report->witness_time * 1000);
    cs_jw_begin(w, "witness");
    cs_jw_cstr(w, "name", report->witness);
    cs_jw_str(w, "time", cs_buf_slice(&time));
    cs_jw_end(w);
}

void cs_bundle_report_json(cs_buf *out, const cs_bundle_report *report)
{
    char text[32];
    cs_buf time = CS_BUF_OVER(text);
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_verdict_write(&w, &report->attestation);
    /* What the ledger says is shown once the entry is in a tree; whose tree it is, `pinned` tells. */
    if (report->included) {
        cs_time_write(&time, report->entry_ms);
        cs_jw_begin(&w, "ledger");
        cs_jw_bool(&w, "pinned", report->ledger_pinned);
        cs_jw_cstr(&w, "origin", report->origin);
        cs_jw_int(&w, "seq", (int64_t)report->seq);
        cs_jw_str(&w, "time", cs_buf_slice(&time));
        cs_jw_int(&w, "treeSize", (int64_t)report->tree_size);
        write_witness(&w, report);
        cs_jw_end(&w);
    } else {
        cs_jw_null(&w, "ledger");
    }
    cs_jw_end(&w);
}
