/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier of the programs, for many cases at once: one JSON object a line on standard input, one answer a line.
 *
 *     {"op":"attest","policy","document", …}   {"op":"evidence","policy","evidence", …}
 *     {"op":"bundle","policy","bundle", …}     {"op":"signature","publicKey","message","signature", …}
 *     {"op":"birth","document","manifest","record"}
 *     {"op":"policy","policy"}                 {"op":"checkpoint","note","keys"}       {"op":"lineage", …}
 *
 * Whatever a stranger could have written is base64, so that it may be anything. The answer has `reason`, or `error`
 * where something of the caller's own cannot be read, and the verdict as the programs print it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/birth_verify.h"
#include "core/bundle.h"
#include "core/checkpoint.h"
#include "core/encode.h"
#include "core/evidence.h"
#include "core/key_record.h"
#include "core/keytext.h"
#include "core/lineage.h"

#define LINE_MAX_BYTES (8u << 20)
#define MEMBER_MAX (2u << 20)

static cs_buf held; /* memory of the binary members of one line */

static cs_slice bytes_of(cs_jobj *o, const char *name)
{
    size_t from = held.n;
    return cs_jobj_base64_opt(o, name, MEMBER_MAX, &held) ? cs_slice_sub(cs_buf_slice(&held), from, held.n) : CS_ABSENT;
}

static void say_error(cs_err err)
{
    (void)printf("{\"error\":\"%s\"}\n", cs_err_name(err));
}

static void say(cs_err reason, cs_buf *verdict)
{
    (void)printf("{\"reason\":\"%s\",\"verdict\":%s}\n", cs_err_name(reason),
                 verdict != NULL && verdict->n > 0 ? cs_buf_cstr(verdict) : "null");
}

/* -- documents and evidence ---------------------------------------------------------------------------------------- */

static cs_attest_kind kind_of(cs_slice name)
{
    if (cs_slice_is(name, "birth"))
        return CS_ATTEST_BIRTH;
    return cs_slice_is(name, "boot") ? CS_ATTEST_BOOT : CS_ATTEST_SIGN;
}

static cs_purpose purpose_of(cs_slice name)
{
    cs_purpose p = CS_PURPOSE_ANY;
    if (name.p == NULL)
        return CS_PURPOSE_SIGN;
    return cs_attest_purpose_by_name(&p, name) ? p : CS_PURPOSE_ANY;
}

struct caller_key {
    cs_pair pair;
    cs_buf bytes;
    const cs_alg *alg;
    cs_format format;
    bool has_format;
};

static cs_err read_caller_key(struct caller_key *k, cs_jobj *o)
{
    cs_slice text = bytes_of(o, "publicKey"), alg = cs_jobj_str_opt(o, "algorithm", 64);
    cs_slice format = cs_jobj_str_opt(o, "signatureFormat", 64);
    if (text.p != NULL) {
        cs_err err = cs_public_key_parse(&k->pair, NULL, text);
        if (err != CS_OK)
            return err;
        cs_pair_public(&k->bytes, &k->pair);
        *k = (struct caller_key){.pair = k->pair, k->bytes, k->pair.alg, k->pair.format, true};
    }
    if (alg.p != NULL && (k->alg = cs_alg_find(alg)) == NULL)
        return CS_UNKNOWN_ALGORITHM;
    if (format.p != NULL)
        k->has_format = cs_format_by_name(&k->format, format);
    return CS_OK;
}

static void read_expectation(cs_expect *e, cs_jobj *o)
{
    e->kind = kind_of(cs_jobj_str_opt(o, "kind", 16));
    e->allow_mock = cs_jobj_bool_or(o, "allowMock", false);
    e->clock = cs_jobj_bool_or(o, "stored", false) ? CS_CLOCK_STORED : CS_CLOCK_LIVE;
    e->now = e->entry_time = cs_jobj_int_or(o, "at", 0, CS_JSON_INT_MAX, 0);
    e->dated = cs_jobj_bool_or(o, "dated", false);
    e->nonce = bytes_of(o, "nonce");
    e->signature = bytes_of(o, "signature");
    e->key_id = cs_jobj_str_opt(o, "keyId", 256);
    e->purpose = purpose_of(cs_jobj_str_opt(o, "purpose", 16));
    e->payload_sha256 = bytes_of(o, "payloadSha256");
    e->prehash_alg = cs_hash_by_name(cs_jobj_str_opt(o, "preHashAlg", 16));
    e->prehash = bytes_of(o, "preHash");
}

static cs_err run_attest(cs_jobj *o, cs_err *reason, cs_buf *verdict)
{
    cs_policy policy = {0};
    cs_expect e = {0};
    cs_verdict v = {0};
    struct caller_key k = {.bytes = cs_buf_new(CS_MAX_PUBLIC_KEY)};
    read_expectation(&e, o);
    cs_slice document = bytes_of(o, "document"), text = bytes_of(o, "policy");
    cs_err err = read_caller_key(&k, o);
    if (err == CS_OK)
        err = cs_jobj_done(o);
    if (err == CS_OK)
        err = cs_policy_parse(&policy, NULL, text, true);
    if (err == CS_OK) {
        e.alg = k.alg;
        e.format = k.has_format ? &k.format : NULL;
        e.public_key = k.pair.alg != NULL ? cs_buf_slice(&k.bytes) : CS_ABSENT;
        *reason = cs_attest_verify(&v, document, &policy, &e);
        cs_verdict_json(verdict, &v);
    }
    cs_policy_free(&policy);
    cs_pair_close(&k.pair);
    cs_buf_free(&k.bytes);
    return err;
}

static cs_err run_evidence(cs_jobj *o, cs_err *reason, cs_buf *verdict)
{
    cs_policy policy = {0};
    cs_verdict v = {0};
    cs_evidence_expect e = {.allow_mock = cs_jobj_bool_or(o, "allowMock", false)};
    e.clock = cs_jobj_bool_or(o, "stored", false) ? CS_CLOCK_STORED : CS_CLOCK_LIVE;
    e.now = e.entry_time = cs_jobj_int_or(o, "at", 0, CS_JSON_INT_MAX, 0);
    e.dated = cs_jobj_bool_or(o, "dated", false);
    e.nonce = bytes_of(o, "nonce");
    e.binding = bytes_of(o, "binding");
    e.public_key = bytes_of(o, "publicKey");
    cs_slice evidence = bytes_of(o, "evidence"), text = bytes_of(o, "policy");
    cs_err err = cs_jobj_done(o);
    if (err == CS_OK)
        err = cs_policy_parse(&policy, NULL, text, true);
    if (err == CS_OK) {
        *reason = cs_evidence_verify(&v, evidence, &policy, &e);
        cs_verdict_json(verdict, &v);
    }
    cs_policy_free(&policy);
    return err;
}

/* -- policies, signatures ------------------------------------------------------------------------------------------ */

/* The canonical form stands in for a verdict, as a string. */
static cs_err run_policy(cs_jobj *o, cs_err *reason, cs_buf *verdict)
{
    cs_policy policy = {0};
    bool allow_mock = cs_jobj_bool_or(o, "allowMock", false);
    cs_slice text = bytes_of(o, "policy");
    cs_err err = cs_jobj_done(o);
    *reason = CS_INTERNAL;
    if (err == CS_OK)
        err = cs_policy_parse(&policy, NULL, text, allow_mock);
    if (err == CS_OK) {
        cs_buf canonical = cs_buf_new(CS_MAX_POLICY);
        *reason = cs_policy_canonical(&canonical, &policy);
        cs_jw w = cs_jw_on(verdict);
        cs_jw_str(&w, NULL, cs_buf_slice(&canonical));
        cs_buf_free(&canonical);
    }
    cs_policy_free(&policy);
    return err;
}

static cs_err run_signature(cs_jobj *o, cs_err *reason, cs_buf *verdict)
{
    cs_pair pair = {0};
    cs_slice key = bytes_of(o, "publicKey"), signature = bytes_of(o, "signature");
    cs_message m = {.bytes = bytes_of(o, "message")};
    m.ph = cs_hash_by_name(cs_jobj_str_opt(o, "preHashAlg", 16));
    m.context = bytes_of(o, "context");
    bool pem = cs_slice_starts(key, CS_LIT("-----"));
    (void)verdict;
    cs_err err = cs_jobj_done(o);
    if (err != CS_OK)
        return err;
    *reason = pem ? cs_public_key_from_pem(&pair, key) : cs_public_key_parse(&pair, NULL, key);
    if (*reason == CS_OK)
        *reason = cs_pair_verify(NULL, &pair, &m, signature);
    cs_pair_close(&pair);
    return CS_OK;
}

/* -- births -------------------------------------------------------------------------------------------------------- */

static cs_err run_birth(cs_jobj *o, cs_err *reason, cs_buf *verdict)
{
    static cs_key_record record;
    cs_manifest manifest;
    cs_birth_verdict v = {.reason = CS_INTERNAL};
    bool allow_software = cs_jobj_bool_or(o, "allowMock", false);
    cs_slice document = bytes_of(o, "document"), manifest_text = bytes_of(o, "manifest"), text = bytes_of(o, "record");
    cs_err err = cs_jobj_done(o);
    if (err == CS_OK)
        err = cs_manifest_parse(&manifest, NULL, manifest_text);
    if (err == CS_OK)
        err = cs_key_record_parse(&record, NULL, text);
    if (err == CS_OK) {
        *reason = cs_birth_verify(&v, document, &manifest, &record.birth, allow_software);
        cs_birth_verdict_json(verdict, &v);
    }
    return err;
}

/* -- ledger -------------------------------------------------------------------------------------------------------- */

static cs_err read_vkeys(cs_vkey *out, size_t *n, cs_jval list)
{
    *n = cs_jarr_len(list);
    if (*n > CS_MAX_VKEYS)
        return CS_TOO_LARGE;
    for (size_t i = 0; i < *n; i++) {
        cs_err err = cs_vkey_parse(&out[i], cs_jval_str(cs_jarr_at(list, i)));
        if (err != CS_OK)
            return err;
    }
    return CS_OK;
}

static cs_err run_checkpoint(cs_jobj *o, cs_err *reason, cs_buf *verdict)
{
    static cs_vkey keys[CS_MAX_VKEYS];
    size_t n = 0;
    cs_note note;
    cs_checkpoint c;
    cs_slice text = bytes_of(o, "note");
    cs_err err = read_vkeys(keys, &n, cs_jobj_array_opt(o, "keys"));
    (void)verdict;
    if (err == CS_OK)
        err = cs_jobj_done(o);
    if (err == CS_OK)
        *reason = cs_checkpoint_verify(&c, &note, text, keys, n);
    return err;
}

struct bundle_case {
    cs_pin pin;
    cs_bundle bundle;
    cs_vkey ledger[CS_MAX_VKEYS], witness[CS_MAX_VKEYS];
    cs_bundle_expect expect;
    struct caller_key key;
    cs_digest digest, prehash;
};

static cs_err read_bundle_case(struct bundle_case *c, cs_jobj *o)
{
    cs_bundle_expect *e = &c->expect;
    e->pin = &c->pin;
    e->allow_mock = cs_jobj_bool_or(o, "allowMock", false);
    e->nonce = bytes_of(o, "nonce");
    e->key_id = cs_jobj_str_opt(o, "keyId", 256);
    e->purpose = purpose_of(cs_jobj_str_opt(o, "purpose", 16));
    e->ledger_keys = c->ledger;
    e->witness_keys = c->witness;
    cs_err err = read_vkeys(c->ledger, &e->ledger_key_count, cs_jobj_array_opt(o, "ledgerKeys"));
    if (err == CS_OK)
        err = read_vkeys(c->witness, &e->witness_key_count, cs_jobj_array_opt(o, "witnessKeys"));
    if (err == CS_OK)
        err = read_caller_key(&c->key, o);
    e->key = c->key.pair.alg != NULL ? &c->key.pair : NULL;
    return err;
}

/* The payload as the bundle's key signs it. */
static cs_err hash_payload(struct bundle_case *c, cs_slice payload)
{
    const cs_pair *key = &c->bundle.key;
    cs_bundle_expect *e = &c->expect;
    cs_err err = cs_hash(&c->digest, CS_SHA256, payload);
    e->payload_sha256 = cs_digest_slice(&c->digest);
    e->message = (cs_message){.bytes = payload};
    if (err != CS_OK || key->format != CS_FORMAT_COMPOSITE)
        return err;
    err = cs_hash(&c->prehash, key->alg->ph, payload);
    e->message = (cs_message){.bytes = cs_digest_slice(&c->prehash), .ph = key->alg->ph};
    return err;
}

static cs_err run_bundle(cs_jobj *o, cs_err *reason, cs_buf *verdict)
{
    static struct bundle_case c;
    cs_bundle_report r = {0};
    c = (struct bundle_case){.key = {.bytes = cs_buf_new(CS_MAX_PUBLIC_KEY)}};
    cs_slice payload = bytes_of(o, "payload"), bundle = bytes_of(o, "bundle"), policy = bytes_of(o, "policy");
    cs_err err = read_bundle_case(&c, o);
    if (err == CS_OK)
        err = cs_jobj_done(o);
    if (err == CS_OK)
        err = cs_pin_parse(&c.pin, NULL, policy, true);
    if (err == CS_OK) {
        *reason = cs_bundle_parse(&c.bundle, NULL, bundle);
        if (*reason == CS_OK) {
            err = hash_payload(&c, payload);
            *reason = err == CS_OK ? cs_bundle_verify(&r, &c.bundle, &c.expect) : err;
            cs_bundle_report_json(verdict, &r);
        }
        cs_bundle_free(&c.bundle);
    }
    cs_pin_free(&c.pin);
    cs_pair_close(&c.key.pair);
    cs_buf_free(&c.key.bytes);
    return err;
}

static cs_err run_lineage(cs_jobj *o, cs_err *reason, cs_buf *verdict)
{
    cs_policy policy = {0};
    cs_json *lineage = NULL;
    cs_lineage_end end = {0};
    struct caller_key k = {.bytes = cs_buf_new(CS_MAX_PUBLIC_KEY)};
    cs_slice text = bytes_of(o, "lineage"), policy_text = bytes_of(o, "policy");
    cs_lineage_pin pin = {.key_id = cs_jobj_str_opt(o, "keyId", 256), .key = &k.pair};
    pin.allow_mock = cs_jobj_bool_or(o, "allowMock", false);
    cs_err err = read_caller_key(&k, o);
    if (err == CS_OK)
        err = cs_jobj_done(o);
    if (err == CS_OK && policy_text.p != NULL) {
        err = cs_policy_parse(&policy, NULL, policy_text, true);
        pin.policy = &policy;
    }
    if (err == CS_OK)
        err = cs_json_parse(&lineage, text, MEMBER_MAX);
    if (err == CS_OK && !cs_jval_is_array(cs_json_root(lineage)))
        err = CS_BAD_JSON;
    if (err == CS_OK) {
        *reason = cs_lineage_verify(&end, cs_json_root(lineage), &pin);
        cs_jw w = cs_jw_on(verdict);
        cs_jw_begin(&w, NULL);
        cs_jw_int(&w, "links", (int64_t)end.links);
        cs_jw_cstr(&w, "keyId", end.key_id);
        cs_jw_end(&w);
    }
    cs_pair_close(&end.key);
    cs_json_free(lineage);
    cs_policy_free(&policy);
    cs_pair_close(&k.pair);
    cs_buf_free(&k.bytes);
    return err;
}

/* -- lines --------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *op;
    cs_err (*run)(cs_jobj *o, cs_err *reason, cs_buf *verdict);
} runs[] = {
    {"attest", run_attest},         {"evidence", run_evidence}, {"policy", run_policy},   {"signature", run_signature},
    {"checkpoint", run_checkpoint}, {"bundle", run_bundle},     {"lineage", run_lineage}, {"birth", run_birth},
};

static void answer(cs_slice line)
{
    cs_json *json = NULL;
    cs_buf verdict = cs_buf_new(LINE_MAX_BYTES);
    cs_err err = cs_json_parse(&json, line, LINE_MAX_BYTES), reason = CS_INTERNAL;
    cs_buf_clear(&held);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_slice op = cs_jobj_str(&o, "op", 16);
        err = CS_BAD_FIELD;
        for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
            if (cs_slice_is(op, runs[i].op))
                err = runs[i].run(&o, &reason, &verdict);
    }
    if (err == CS_OK)
        say(reason, &verdict);
    else
        say_error(err);
    cs_buf_free(&verdict);
    cs_json_free(json);
}

int main(void)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n;
    held = cs_buf_new(LINE_MAX_BYTES);
    if (cs_buf_reserve(&held, LINE_MAX_BYTES) == NULL) /* so that slices of it stay where they are */
        return 1;
    while ((n = getline(&line, &room, stdin)) > 0) {
        answer(cs_slice_of(line, (size_t)n));
        if (fflush(stdout) != 0)
            return 1;
    }
    free(line);
    cs_buf_free(&held);
    return 0;
}
