/* SPDX-License-Identifier: Apache-2.0 */
#include "core/lineage.h"

#include <string.h>

#include "core/clock.h"
#include "core/encode.h"
#include "core/keytext.h"

#define MAX_STATEMENT 1024
#define MAX_TIME 32
#define PREFIX CS_LIT(CS_LINEAGE_PROFILE "\n")

bool cs_lineage_reserves(cs_slice payload)
{
    return cs_slice_starts(payload, PREFIX);
}

static bool id_ok(cs_slice id)
{
    return id.n > 0 && id.n <= CS_MAX_ID;
}

static cs_err add_sha256(cs_jw *w, const char *name, cs_slice bytes)
{
    cs_digest d;
    cs_err err = cs_hash(&d, CS_SHA256, bytes);
    if (err == CS_OK)
        cs_jw_hex(w, name, "sha256:", cs_digest_slice(&d));
    return err;
}

cs_err cs_lineage_statement(cs_buf *out, const cs_succession *s)
{
    cs_buf text = cs_buf_new(MAX_STATEMENT);
    cs_jw w = cs_jw_on(&text);
    cs_err err = id_ok(s->predecessor) && id_ok(s->successor) ? CS_OK : CS_BAD_FIELD;
    cs_buf_add(&text, PREFIX);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "algorithm", s->alg->name);
    cs_jw_str(&w, "predecessor", s->predecessor);
    if (err == CS_OK)
        err = add_sha256(&w, "predecessorPublicKeySha256", s->predecessor_public_key);
    if (err == CS_OK)
        err = add_sha256(&w, "publicKeySha256", s->successor_public_key);
    cs_jw_cstr(&w, "signatureFormat", cs_format_name(s->format));
    cs_jw_str(&w, "successor", s->successor);
    cs_jw_end(&w);
    if (err == CS_OK)
        err = text.err;
    if (err == CS_OK) {
        cs_buf_add(out, cs_buf_slice(&text));
        err = out->err;
    }
    cs_buf_free(&text);
    return err;
}

void cs_lineage_write(cs_jw *w, const cs_lineage_link *link)
{
    char text[32];
    cs_buf created_at = CS_BUF_OVER(text);
    cs_time_write(&created_at, link->created_ms);
    cs_jw_begin(w, NULL);
    cs_jw_str(w, "predecessor", link->predecessor);
    cs_jw_str(w, "successor", link->successor);
    cs_jw_str(w, "createdAt", cs_buf_slice(&created_at));
    cs_jw_str(w, "statement", link->statement);
    cs_jw_base64(w, "signature", link->signature);
    cs_jw_str(w, "publicKey", link->public_key);
    if (link->document.n > 0)
        cs_jw_base64(w, "docB64", link->document);
    cs_jw_end(w);
}

/* -- walking ----------------------------------------------------------------------------------------------------- */

/* The key at which the walk stands. */
struct place {
    const cs_pair *key;
    cs_slice id; /* absent: the pinned key's, which nobody told */
};

struct link {
    cs_slice predecessor, successor, statement;
    int64_t created_ms;
    cs_buf signature, document;
    cs_pair key; /* the successor's */
};

static cs_err read_link(struct link *l, cs_jval v)
{
    cs_jobj o = cs_jobj_open(v);
    *l = (struct link){.signature = cs_buf_new(CS_MAX_SIGNATURE), .document = cs_buf_new(CS_MAX_ATTESTATION)};
    l->predecessor = cs_jobj_str(&o, "predecessor", CS_MAX_ID);
    l->successor = cs_jobj_str(&o, "successor", CS_MAX_ID);
    l->statement = cs_jobj_str(&o, "statement", MAX_STATEMENT);
    (void)cs_jobj_base64(&o, "signature", CS_MAX_SIGNATURE, &l->signature);
    (void)cs_jobj_base64_opt(&o, "docB64", CS_MAX_ATTESTATION, &l->document);
    if (cs_time_read_exact(&l->created_ms, cs_jobj_str(&o, "createdAt", MAX_TIME)) != CS_OK)
        cs_jobj_fail(&o, CS_BAD_FIELD, "createdAt");
    cs_slice key = cs_jobj_str(&o, "publicKey", CS_MAX_PUBLIC_KEY_JSON);
    cs_err err = cs_jobj_done_open(&o);
    return err == CS_OK ? cs_public_key_parse(&l->key, NULL, key) : err;
}

static void free_link(struct link *l)
{
    cs_pair_close(&l->key);
    cs_buf_free(&l->signature);
    cs_buf_free(&l->document);
}

/* The statement must be the one about these two keys, byte for byte: nothing is read out of it. */
static cs_err check_statement(const struct link *l, const cs_pair *from)
{
    cs_buf expected = cs_buf_new(MAX_STATEMENT), old_key = cs_buf_new(CS_MAX_PUBLIC_KEY),
           new_key = cs_buf_new(CS_MAX_PUBLIC_KEY);
    cs_pair_public(&old_key, from);
    cs_pair_public(&new_key, &l->key);
    cs_succession s = {.predecessor = l->predecessor,
                       .successor = l->successor,
                       .predecessor_public_key = cs_buf_slice(&old_key),
                       .successor_public_key = cs_buf_slice(&new_key),
                       .alg = l->key.alg,
                       .format = l->key.format};
    cs_err err = cs_lineage_statement(&expected, &s);
    if (err == CS_OK && !cs_slice_eq(cs_buf_slice(&expected), l->statement))
        err = CS_LINEAGE_BROKEN;
    cs_buf_free(&expected);
    cs_buf_free(&old_key);
    cs_buf_free(&new_key);
    return err;
}

/* The document of the predecessor's signature, over the statement itself. */
static cs_err check_document(const struct link *l, const cs_pair *from, const cs_lineage_pin *pin)
{
    cs_buf public_key = cs_buf_new(CS_MAX_PUBLIC_KEY);
    cs_policy policy = *pin->policy; /* the pinned one outlives it */
    cs_verdict ignored;
    cs_digest payload;
    cs_pair_public(&public_key, from);
    policy.require_dated = false;
    cs_err err = cs_hash(&payload, CS_SHA256, l->statement);
    cs_expect e = {.kind = CS_ATTEST_SIGN,
                   .allow_mock = pin->allow_mock,
                   .clock = CS_CLOCK_STORED,
                   .entry_time = l->created_ms / 1000,
                   .payload_sha256 = cs_digest_slice(&payload),
                   .signature = cs_buf_slice(&l->signature),
                   .key_id = l->predecessor,
                   .alg = from->alg,
                   .format = &from->format,
                   .public_key = cs_buf_slice(&public_key),
                   .purpose = CS_PURPOSE_ANY}; /* keys of each purpose have successors */
    if (err == CS_OK)
        err = public_key.err;
    if (err == CS_OK)
        err = cs_attest_verify(&ignored, cs_buf_slice(&l->document), &policy, &e);
    cs_buf_free(&public_key);
    return err;
}

static cs_err check_link(const struct link *l, struct place at, const cs_lineage_pin *pin)
{
    cs_message m = {.bytes = l->statement};
    if (at.id.p != NULL && !cs_slice_eq(at.id, l->predecessor))
        return CS_LINEAGE_BROKEN;
    cs_err err = check_statement(l, at.key);
    if (err == CS_OK)
        err = cs_pair_verify(NULL, at.key, &m, cs_buf_slice(&l->signature));
    if (err == CS_BAD_SIGNATURE)
        return CS_LINEAGE_SIGNATURE;
    return err == CS_OK && pin->policy != NULL ? check_document(l, at.key, pin) : err;
}

/* A refusal of what stands in the chain, or a failure of the verifier itself. */
static cs_err reason_of(cs_err err)
{
    cs_err_class class = cs_err_class_of(err);
    bool stays = err == CS_OK || class == CS_CLASS_INTERNAL || class == CS_CLASS_REFUSED;
    return stays ? err : CS_LINEAGE_BROKEN;
}

static bool same_key(const cs_pair *a, const cs_pair *b)
{
    cs_buf left = cs_buf_new(CS_MAX_PUBLIC_KEY), right = cs_buf_new(CS_MAX_PUBLIC_KEY);
    cs_pair_public(&left, a);
    cs_pair_public(&right, b);
    bool same = a->alg == b->alg && a->format == b->format && left.err == CS_OK && right.err == CS_OK &&
                cs_slice_eq(cs_buf_slice(&left), cs_buf_slice(&right));
    cs_buf_free(&left);
    cs_buf_free(&right);
    return same;
}

/* True if the link's statement is one of the pinned key. */
static bool begins_here(const struct link *l, struct place pinned)
{
    return (pinned.id.p == NULL || cs_slice_eq(pinned.id, l->predecessor)) && check_statement(l, pinned.key) == CS_OK;
}

static bool ends_here(const struct link *l, struct place pinned)
{
    return (pinned.id.p == NULL || cs_slice_eq(pinned.id, l->successor)) && same_key(&l->key, pinned.key);
}

/* Reads over what lies before the pinned key: *first is the link that begins with it, or behind the last one. */
static cs_err find_start(size_t *first, cs_jval lineage, size_t n, struct place pinned)
{
    for (size_t i = 0; i < n; i++) {
        struct link l;
        cs_err err = read_link(&l, cs_jarr_at(lineage, i));
        bool begins = err == CS_OK && begins_here(&l, pinned);
        bool ends = err == CS_OK && i + 1 == n && ends_here(&l, pinned);
        free_link(&l);
        *first = begins ? i : n;
        if (err != CS_OK)
            return reason_of(err);
        if (begins || ends)
            return CS_OK;
    }
    return n == 0 ? CS_OK : CS_LINEAGE_START;
}

static cs_err arrive(cs_lineage_end *out, const cs_pair *key, cs_slice id)
{
    cs_buf bytes = cs_buf_new(CS_MAX_PUBLIC_KEY);
    cs_pair_public(&bytes, key);
    cs_err err = bytes.err;
    if (err == CS_OK && id.p != NULL)
        err = cs_slice_to_cstr(out->key_id, sizeof out->key_id, id);
    if (err == CS_OK)
        err = cs_pair_open_public(&out->key, key->alg, key->format, cs_buf_slice(&bytes));
    cs_buf_free(&bytes);
    return err;
}

cs_err cs_lineage_verify(cs_lineage_end *out, cs_jval lineage, const cs_lineage_pin *pin)
{
    size_t n = cs_jarr_len(lineage), first = 0, at = 0;
    struct link links[2] = {{.created_ms = 0}, {.created_ms = 0}};
    struct place place = {pin->key, pin->key_id};
    *out = (cs_lineage_end){.links = 0};
    cs_err err = n > CS_MAX_LINEAGE ? CS_TOO_LARGE : find_start(&first, lineage, n, place);
    for (at = first; err == CS_OK && at < n; at++) {
        struct link *l = &links[at % 2]; /* the other one holds the key before */
        free_link(l);
        err = read_link(l, cs_jarr_at(lineage, at));
        err = reason_of(err == CS_OK ? check_link(l, place, pin) : err);
        place = (struct place){&l->key, l->successor};
    }
    if (err == CS_OK)
        err = arrive(out, place.key, place.id);
    out->links = err == CS_OK ? n - first : 0;
    if (err != CS_OK)
        cs_pair_close(&out->key);
    free_link(&links[0]);
    free_link(&links[1]);
    return err;
}
