/* SPDX-License-Identifier: Apache-2.0 */
#include "enclave/notary.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/checkpoint.h"
#include "core/merkle.h"
#include "core/note.h"
#include "enclave/generate.h"
#include "sys/file.h"
#include "sys/log.h"

#define ALGORITHM "mldsa44+ed25519" /* of the record: both halves in one; they never sign a composite */
#define KEY_ID "ledger"

struct cs_notary_realm {
    char org[CS_MAX_ID + 1];
    char origin[CS_MAX_NOTE_NAME + 1];
    cs_notary_tree tree;
};

void cs_notary_close(cs_notary *l)
{
    if (l->realms != NULL)
        (void)pthread_mutex_destroy(&l->lock);
    free(l->realms);
    cs_opened_release(l->keys);
    *l = (cs_notary){0};
}

/* Only a record that this file made for itself: no org's, no other purpose's. */
static bool is_ledger_record(const cs_seal_fields *f)
{
    return cs_slice_is(f->door, "vault") && f->org.n == 0 && cs_slice_is(f->key_id, KEY_ID) &&
           cs_slice_is(f->purpose, "ledger") && cs_slice_is(f->algorithm, ALGORITHM);
}

static cs_err read_public(uint8_t *out, size_t n, const cs_key *key)
{
    cs_buf bytes = cs_buf_over(out, n);
    cs_key_public(&bytes, key);
    return bytes.err == CS_OK && bytes.n == n ? CS_OK : CS_CRYPTO;
}

cs_err cs_notary_set(cs_notary *out, const cs_kek *kek, cs_slice record, size_t capacity)
{
    *out = (cs_notary){.capacity = capacity};
    cs_err err = cs_opened_from(&out->keys, kek, record);
    if (err == CS_OK && !is_ledger_record(&out->keys->fields))
        err = CS_SEAL_BROKEN;
    if (err == CS_OK)
        err = read_public(out->ed25519, sizeof out->ed25519, out->keys->pair.trad);
    if (err == CS_OK)
        err = read_public(out->mldsa44, sizeof out->mldsa44, out->keys->pair.pq);
    if (err == CS_OK && (out->realms = calloc(capacity, sizeof *out->realms)) == NULL)
        err = CS_NO_MEMORY;
    if (err == CS_OK)
        (void)pthread_mutex_init(&out->lock, NULL);
    if (err != CS_OK)
        cs_notary_close(out);
    return err;
}

/* Only a file that is not there is made; one that cannot be read is an error. */
static cs_err make_if_missing(const cs_kek *kek, const char *path)
{
    if (access(path, F_OK) == 0)
        return CS_OK;
    if (errno != ENOENT)
        return CS_IO;
    const cs_request request = {.type = CS_MSG_GENERATE_KEY,
                                .org = CS_LIT(""),
                                .key_id = CS_LIT(KEY_ID),
                                .alg = cs_alg_find(CS_LIT(ALGORITHM)),
                                .format = CS_FORMAT_COMPOSITE,
                                .purpose = CS_LIT("ledger")};
    cs_newborn n = cs_newborn_new();
    cs_err err = cs_newborn_seal(&n, kek, &request);
    if (err == CS_OK)
        err = cs_file_write(path, cs_buf_slice(&n.sealed), 0600, false);
    if (err == CS_OK)
        cs_log(CS_LOG_WARN, NULL, "new ledger keys were made: %s", path);
    cs_newborn_free(&n);
    return err == CS_CONFLICT ? CS_OK : err; /* somebody was faster: that one counts */
}

cs_err cs_notary_open(cs_notary *out, const cs_kek *kek, const char *state_dir, size_t capacity)
{
    char path[PATH_MAX];
    cs_buf record = cs_buf_new(CS_MAX_SEALED);
    *out = (cs_notary){0};
    int n = snprintf(path, sizeof path, "%s/ledger.sealed", state_dir);
    cs_err err = n < 0 || (size_t)n >= sizeof path ? CS_CONFIG : make_if_missing(kek, path);
    if (err == CS_OK)
        err = cs_file_read(&record, path);
    if (err == CS_OK)
        err = cs_notary_set(out, kek, cs_buf_slice(&record), capacity);
    if (err == CS_SEAL_BROKEN || err == CS_TOO_LARGE)
        err = CS_CONFIG;
    if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "ledger keys %s: %s It is not replaced.", path,
               err == CS_CONFIG         ? "not a record of ledger keys."
               : err == CS_KEK_UNUSABLE ? "sealed under another key-encryption key."
                                        : cs_err_sentence(err));
    cs_buf_free(&record);
    return err;
}

/* -- notes --------------------------------------------------------------------------------------------------------- */

/* A failure of ours stays what it is; everything else that is wrong with a note gives `reason`. */
static cs_err reason_of(cs_err err, cs_err reason)
{
    return err == CS_OK || err == CS_NO_MEMORY || err == CS_CRYPTO ? err : reason;
}

static cs_err check_note(cs_checkpoint *found, const cs_notary *l, cs_slice origin, cs_slice bytes)
{
    cs_note note;
    cs_note_signer signers[2];
    cs_vkey keys[2];
    cs_err err = cs_vkey_make(&keys[0], origin, CS_NOTE_ED25519, CS_ARRAY(l->ed25519));
    if (err == CS_OK)
        err = cs_vkey_make(&keys[1], origin, CS_NOTE_MLDSA44, CS_ARRAY(l->mldsa44));
    if (err == CS_OK)
        err = cs_note_parse(&note, bytes);
    if (err == CS_OK)
        err = cs_note_verify(signers, &note, keys, 2);
    if (err == CS_OK && (!signers[0].verified || !signers[1].verified))
        err = CS_LEDGER_NOTE;
    if (err == CS_OK)
        err = cs_checkpoint_parse(found, note.text);
    if (err == CS_OK && (!cs_slice_eq(found->origin, origin) || found->size == 0))
        err = CS_LEDGER_NOTE;
    return err;
}

cs_err cs_notary_check(cs_notary_tree *out, const cs_notary *l, cs_slice origin, cs_slice note)
{
    cs_checkpoint found;
    *out = (cs_notary_tree){0};
    cs_err err = check_note(&found, l, origin, note);
    if (err != CS_OK)
        return reason_of(err, CS_LEDGER_NOTE);
    out->size = found.size;
    memcpy(out->root, found.root, sizeof out->root);
    return CS_OK;
}

static bool same_tree(const cs_notary_tree *a, const cs_notary_tree *b)
{
    return a->size == b->size && memcmp(a->root, b->root, sizeof a->root) == 0;
}

/* Signs the tree with both keys, and releases the note only if it verifies as a stranger would. */
static cs_err sign_tree(cs_buf *out, const cs_notary *l, cs_slice origin, const cs_notary_tree *tree, int64_t now)
{
    char memory[CS_MAX_NOTE_NAME + 128];
    cs_buf text = CS_BUF_OVER(memory), note = cs_buf_new(CS_MAX_NOTE);
    cs_notary_tree found;
    cs_checkpoint c = {.origin = origin, .size = tree->size};
    memcpy(c.root, tree->root, sizeof c.root);
    cs_err err = cs_checkpoint_write(&text, &c);
    cs_slice body = cs_buf_slice(&text);
    if (err == CS_OK)
        err = cs_note_begin(&note, body);
    if (err == CS_OK)
        err = cs_note_sign(&note, body, origin, CS_NOTE_ED25519, l->keys->pair.trad, 0);
    if (err == CS_OK)
        err = cs_note_sign(&note, body, origin, CS_NOTE_MLDSA44, l->keys->pair.pq, now);
    if (err == CS_OK && (cs_notary_check(&found, l, origin, cs_buf_slice(&note)) != CS_OK || !same_tree(&found, tree)))
        err = CS_SELF_CHECK;
    if (err == CS_OK) {
        cs_buf_add(out, cs_buf_slice(&note));
        err = out->err;
    }
    cs_buf_free(&note);
    return err;
}

/* -- deciding ------------------------------------------------------------------------------------------------------ */

/* The origin names the realm, so no two realms have one origin. */
static bool origin_is_of(cs_slice origin, cs_slice org)
{
    static const char between[] = "/org/";
    size_t lead = sizeof between - 1 + org.n;
    for (size_t i = 0; i < org.n; i++) {
        uint8_t c = org.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    if (org.n == 0 || org.n > CS_MAX_ID || origin.n <= lead || origin.n > CS_MAX_NOTE_NAME)
        return false;
    cs_slice end = cs_slice_sub(origin, origin.n - lead, lead);
    return cs_slice_is(cs_slice_sub(end, 0, sizeof between - 1), between) &&
           cs_slice_eq(cs_slice_sub(end, sizeof between - 1, org.n), org);
}

static struct cs_notary_realm *find_realm(const cs_notary *l, cs_slice org)
{
    for (size_t i = 0; i < l->count; i++)
        if (cs_slice_is(org, l->realms[i].org))
            return &l->realms[i];
    return NULL;
}

/* Whether `asked` contains the tree `from`, as the proof shows. */
static cs_err check_growth(const cs_notary_tree *from, const cs_notary_tree *asked, cs_slice proof)
{
    if (asked->size < from->size || (asked->size == from->size && !same_tree(asked, from)))
        return CS_LEDGER_FORK;
    return reason_of(cs_merkle_verify_consistency(from->size, asked->size, proof, from->root, asked->root),
                     CS_LEDGER_PROOF);
}

/*
 * What is signed: `asked` if nothing speaks against it, `known` again if the caller is behind it.
 * `known`: signed last in this epoch, or NULL. `old`: what the caller's note says, or NULL.
 */
static cs_err decide(const cs_notary_tree **sign, const cs_notary_tree *known, const cs_notary_tree *old,
                     const cs_notary_tree *asked, cs_slice proof)
{
    *sign = NULL;
    bool behind = known != NULL && (old == NULL || old->size < known->size);
    if (behind && asked->size == known->size && !same_tree(asked, known))
        return CS_LEDGER_FORK;
    if (behind) {
        *sign = known;
        return CS_OK;
    }
    /* A note of an earlier epoch may say more than this epoch knows; the two cannot be reconciled here. */
    if (known != NULL && !same_tree(known, old))
        return CS_LEDGER_FORK;
    cs_err err = old != NULL ? check_growth(old, asked, proof) : proof.n == 0 ? CS_OK : CS_LEDGER_PROOF;
    if (err == CS_OK)
        *sign = asked;
    return err;
}

/* Decides and signs under the lock, so that two requests cannot both go on from one state; a tree is remembered once
 * its note is good. */
static cs_err sign_locked(cs_notary_signed *out, cs_notary *l, const cs_request *r, const cs_notary_tree *old,
                          int64_t now)
{
    struct cs_notary_realm *realm = find_realm(l, r->org);
    const cs_notary_tree *sign = NULL;
    cs_notary_tree asked = {.size = r->new_size};
    memcpy(asked.root, r->new_root.p, sizeof asked.root);
    if (realm != NULL && !cs_slice_is(r->origin, realm->origin))
        return CS_LEDGER_FORK;
    if (realm == NULL && (l->realms == NULL || l->count == l->capacity))
        return CS_LEDGER_ORGS_FULL;
    cs_err err = decide(&sign, realm != NULL ? &realm->tree : NULL, old, &asked, r->proof);
    if (err == CS_OK)
        err = sign_tree(&out->note, l, r->origin, sign, now);
    if (err != CS_OK)
        return err;
    out->tree = *sign;
    out->stale = !same_tree(sign, &asked);
    if (realm == NULL) {
        realm = &l->realms[l->count];
        err = cs_slice_to_cstr(realm->org, sizeof realm->org, r->org);
        if (err == CS_OK)
            err = cs_slice_to_cstr(realm->origin, sizeof realm->origin, r->origin);
        if (err == CS_OK)
            l->count++;
    }
    if (err == CS_OK)
        realm->tree = out->tree;
    return err;
}

cs_err cs_notary_sign(cs_notary_signed *out, cs_notary *l, const cs_request *r, int64_t now)
{
    cs_notary_tree old;
    *out = (cs_notary_signed){.note = cs_buf_new(CS_MAX_NOTE)};
    if (!origin_is_of(r->origin, r->org) || r->new_size == 0 || r->new_root.n != CS_SHA256_LEN)
        return CS_BAD_FIELD;
    cs_err err = CS_OK;
    if (r->old_note.p != NULL)
        err = cs_notary_check(&old, l, r->origin, r->old_note);
    if (err != CS_OK)
        return err;
    (void)pthread_mutex_lock(&l->lock);
    err = sign_locked(out, l, r, r->old_note.p != NULL ? &old : NULL, now);
    (void)pthread_mutex_unlock(&l->lock);
    if (err != CS_OK) {
        cs_buf_clear(&out->note);
        out->tree = (cs_notary_tree){0};
    }
    return err;
}
