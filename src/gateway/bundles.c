/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/bundles.h"

#include "core/bundle.h"
#include "core/keytext.h"
#include "gateway/checkpoints.h"
#include "gateway/nodes.h"

#define MAX_LOOKS 256 /* at checkpoints, for the one that is cosigned */

/* Everything that the bundle borrows from. */
struct bundling {
    cs_signature_record signature;
    cs_key_row key;
    cs_policy_row policy;
    cs_checkpoint_row checkpoint;
    cs_buf public_key, entry, proof;
};

/* What the signature refers to is never removed: that it is missing is no answer of ours. */
static cs_err load_rest(struct bundling *b, cs_call *c)
{
    const cs_signature_record *g = &b->signature;
    cs_err err = cs_store_key(c->app->store, &b->key, cs_call_org(c), cs_slice_str(g->key_id));
    if (err == CS_OK)
        err = cs_public_key_json(&b->public_key, b->key.alg, b->key.format, cs_buf_slice(&b->key.public_key));
    if (err == CS_OK && g->policy_id[0] != '\0')
        err = cs_store_policy_version(c->app->store, &b->policy, cs_call_org(c), cs_slice_str(g->policy_id),
                                      g->policy_version);
    if (err == CS_OK)
        err = cs_store_entry(c->app->store, &b->entry, cs_call_org(c), g->seq);
    return err == CS_NOT_FOUND ? CS_INTERNAL : err;
}

static size_t witnesses_of(const cs_checkpoint_row *row)
{
    cs_json *json = NULL;
    cs_err err = cs_json_parse(&json, cs_buf_slice(&row->published), CS_MAX_PUBLISHED);
    size_t n = err == CS_OK ? cs_jarr_len(cs_json_root(json)) : 0;
    cs_json_free(json);
    return n;
}

/* Until when a cosignature dates the entry for who has pinned the policy. */
static int64_t dated_until(const struct bundling *b)
{
    cs_policy policy = {.enforce = true};
    int64_t seconds = CS_DEFAULT_DOC_AGE_SECONDS;
    bool bound = b->signature.policy_id[0] != '\0';
    if (bound && cs_policy_parse(&policy, NULL, cs_buf_slice(&b->policy.canonical), true) == CS_OK)
        seconds = policy.max_doc_age_seconds;
    cs_policy_free(&policy);
    return b->signature.created_ms + seconds * 1000;
}

/* Witnesses are shown a ledger's last checkpoint only, so one that they were too late for has no cosignature: then one
 * of those behind it dates the entry. */
static cs_err prefer_cosigned(struct bundling *b, cs_call *c)
{
    size_t most = witnesses_of(&b->checkpoint);
    uint64_t size = b->checkpoint.size;
    int64_t until_ms = dated_until(b);
    cs_err err = CS_OK;
    bool late = false;
    for (int i = 0; i < MAX_LOOKS && err == CS_OK && !late; i++) {
        cs_checkpoint_row row;
        err = cs_store_checkpoint_covering(c->app->store, &row, cs_call_org(c), size + 1);
        if (err != CS_OK)
            break;
        size = row.size;
        late = row.created_ms > until_ms;
        if (!late && witnesses_of(&row) > most) {
            cs_checkpoint_row other = b->checkpoint;
            b->checkpoint = row;
            row = other;
            most = witnesses_of(&b->checkpoint);
        }
        cs_checkpoint_row_free(&row);
    }
    return err == CS_NOT_FOUND ? CS_OK : err;
}

/* The oldest checkpoint that covers the entry, of those that most witnesses have cosigned: the sooner the better. */
static cs_err prove(struct bundling *b, cs_call *c)
{
    bool fresh;
    uint64_t seq = b->signature.seq;
    cs_nodes nodes = {.store = c->app->store, .org = cs_call_org(c)};
    cs_err err = cs_store_checkpoint_covering(c->app->store, &b->checkpoint, nodes.org, seq + 1);
    if (err == CS_OK)
        err = prefer_cosigned(b, c);
    else if (err == CS_NOT_FOUND)
        err = cs_checkpoints_seal(c->app->checkpoints, &b->checkpoint, &fresh, nodes.org, c->deadline_us);
    if (err == CS_OK)
        err = cs_nodes_prove(&b->proof, &nodes, seq, cs_buf_slice(&b->entry), cs_buf_slice(&b->checkpoint.note));
    return err;
}

static cs_err write_bundle(cs_buf *out, const struct bundling *b)
{
    const cs_signature_record *g = &b->signature;
    bool bound = g->policy_id[0] != '\0';
    cs_bundle_parts parts = {
        .signature_id = cs_slice_str(g->id),
        .payload_digest = cs_slice_str(g->payload_digest),
        .prehashed = g->prehashed,
        .key_id = cs_slice_str(g->key_id),
        .public_key = cs_buf_slice(&b->public_key),
        .signature = cs_buf_slice(&g->signature),
        .document = cs_buf_slice(&g->document),
        .policy_id = bound ? cs_slice_str(g->policy_id) : CS_ABSENT,
        .policy_version = g->policy_version,
        .policy = bound ? cs_buf_slice(&b->policy.canonical) : CS_ABSENT,
        .entry = cs_buf_slice(&b->entry),
        .index = g->seq,
        .proof = b->proof.n > 0 ? cs_buf_slice(&b->proof) : CS_LIT(""), /* a tree of one leaf needs no hash */
        .checkpoint = cs_buf_slice(&b->checkpoint.note),
    };
    return cs_bundle_write(out, &parts);
}

/* With a NULL for `may_use` the key is not the caller's to choose. */
static cs_err write_of(cs_jw *w, cs_call *c, cs_slice id, bool (*may_use)(const cs_call *c, const char *key_id))
{
    struct bundling b = {
        .signature = cs_signature_record_new(),
        .key = cs_key_row_new(),
        .policy = cs_policy_row_new(),
        .checkpoint = cs_checkpoint_row_new(),
        .public_key = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON),
        .entry = cs_buf_new(CS_MAX_LEDGER_ENTRY),
        .proof = cs_buf_new(CS_MAX_CONSISTENCY_PROOF),
    };
    cs_err err = cs_store_signature(c->app->store, &b.signature, cs_call_org(c), id);
    if (err == CS_OK && may_use != NULL && !may_use(c, b.signature.key_id))
        err = CS_NOT_FOUND;
    if (err == CS_OK)
        err = load_rest(&b, c);
    if (err == CS_OK)
        err = prove(&b, c);
    if (err == CS_OK)
        err = write_bundle(w->out, &b);
    c->rs->content_type = CS_BUNDLE_MEDIA_TYPE;
    cs_signature_record_free(&b.signature);
    cs_key_row_free(&b.key);
    cs_policy_row_free(&b.policy);
    cs_checkpoint_row_free(&b.checkpoint);
    cs_buf_free(&b.public_key);
    cs_buf_free(&b.entry);
    cs_buf_free(&b.proof);
    return err;
}

cs_err cs_bundles_get(cs_call *c, cs_jw *w)
{
    return write_of(w, c, c->id, cs_call_may_use);
}

cs_err cs_bundles_write(cs_jw *w, cs_call *c, cs_slice signature_id)
{
    return write_of(w, c, signature_id, NULL);
}
