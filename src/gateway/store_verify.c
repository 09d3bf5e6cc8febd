/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: a whole store read back, so that a copy is known to be good before it is needed. */
#include <inttypes.h>
#include <string.h>

#include "core/encode.h"
#include "core/entry.h"
#include "gateway/store_sql.h"
#include "sys/log.h"

#define TOLD 20 /* rows of one kind of problem that are told one by one */

/* A store under verification. */
struct reading {
    sqlite3 *db;
    cs_store_tally *tally;
};

static void tell(struct reading *r, const char *where, const char *id, const char *what)
{
    r->tally->problems++;
    cs_log(CS_LOG_ERROR, NULL, "store: %s: %s: %s", where, id, what);
}

/* Runs `each` for every row, which may tell of a problem. */
static cs_err read_rows(struct reading *r, const char *sql, void (*each)(struct reading *r, sqlite3_stmt *st))
{
    sqlite3_stmt *st = NULL;
    if (sqlite3_prepare_v2(r->db, sql, -1, &st, NULL) != SQLITE_OK)
        return cs_sqlite_failed(r->db, sql);
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        each(r, st);
    cs_err err = rc == SQLITE_DONE ? CS_OK : cs_sqlite_failed(r->db, sql);
    (void)sqlite3_finalize(st);
    return err;
}

/* -- rows that must not be there ------------------------------------------------------------------------------------
 */

/* Each gives the org, what it is, and what is wrong with it. */
static const char *const must_be_empty[] = {
    "SELECT g.org, g.id, 'a signature without its entry' FROM signature AS g WHERE NOT EXISTS (SELECT 1 FROM"
    " ledger_entry AS e WHERE e.org = g.org AND e.seq = g.seq AND e.subject = g.id AND e.key = g.key)",
    "SELECT e.org, e.id, 'an entry without its signature' FROM ledger_entry AS e WHERE e.event_type IN"
    " ('signature.issued', 'signature.attested') AND NOT EXISTS"
    " (SELECT 1 FROM signature AS g WHERE g.org = e.org AND g.id = e.subject AND g.seq = e.seq)",
    "SELECT g.org, g.id, 'a signature of no key' FROM signature AS g WHERE NOT EXISTS"
    " (SELECT 1 FROM hybrid_key AS k WHERE k.org = g.org AND k.id = g.key)",
    "SELECT g.org, g.id, 'the policy that it was made under is not there' FROM signature AS g"
    " WHERE policy IS NOT NULL AND NOT EXISTS (SELECT 1 FROM attestation_policy AS p JOIN attestation_policy_version"
    " AS v ON v.policy = p.id WHERE p.org = g.org AND p.id = g.policy AND v.version = g.policy_version"
    " AND v.hash = g.policy_hash)",
    "SELECT k.org, k.id, 'a key without the entry of its birth' FROM hybrid_key AS k WHERE NOT EXISTS"
    " (SELECT 1 FROM ledger_entry AS e WHERE e.org = k.org AND e.subject = k.id"
    " AND e.event_type IN ('key.created', 'key.rotated'))",
    "SELECT k.org, k.id, 'the ledger says that it is revoked' FROM ledger_entry AS e JOIN hybrid_key AS k"
    " ON k.org = e.org AND k.id = e.subject WHERE e.event_type = 'key.revoked' AND k.status <> 3",
    "SELECT k.org, k.id, 'revoked without an entry that says so' FROM hybrid_key AS k WHERE k.status = 3"
    " AND NOT EXISTS (SELECT 1 FROM ledger_entry AS e WHERE e.org = k.org AND e.subject = k.id"
    " AND e.event_type = 'key.revoked')",
    "SELECT k.org, k.id, 'a key without its successor' FROM hybrid_key AS k WHERE successor IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM key_lineage AS l WHERE l.predecessor = k.id AND l.successor = k.successor)",
    "SELECT k.org, k.id, 'its policy is not there' FROM hybrid_key AS k WHERE status <> 3 AND policy IS NOT NULL"
    " AND NOT EXISTS (SELECT 1 FROM attestation_policy AS p WHERE p.org = k.org AND p.id = k.policy"
    " AND p.deleted_ms = 0)",
    "SELECT p.org, p.id, 'a policy without its newest version' FROM attestation_policy AS p WHERE NOT EXISTS"
    " (SELECT 1 FROM attestation_policy_version AS v WHERE v.policy = p.id AND v.version = p.version)",
    "SELECT c.org, c.verdict, 'signatures are not counted right' FROM signature_count AS c"
    " WHERE n <> (SELECT count(*) FROM signature AS g WHERE g.org = c.org AND g.verdict = c.verdict)",
    "SELECT h.org, h.id, 'an attestation without its entry' FROM hybrid_attestation AS h WHERE NOT EXISTS (SELECT 1 "
    "FROM"
    " ledger_entry AS e WHERE e.org = h.org AND e.seq = h.seq AND e.subject = h.id)",
    "SELECT e.org, e.id, 'an entry without its attestation' FROM ledger_entry AS e WHERE e.event_type ="
    " 'hybrid_attestation.created' AND NOT EXISTS"
    " (SELECT 1 FROM hybrid_attestation AS h WHERE h.org = e.org AND h.id = e.subject AND h.seq = e.seq)",
    "SELECT c.org, c.n, 'attestations are not counted right' FROM hybrid_attestation_count AS c"
    " WHERE n <> (SELECT count(*) FROM hybrid_attestation AS h WHERE h.org = c.org)",
    "SELECT h.org, h.id, 'an attestation without its countersignature' FROM hybrid_attestation AS h"
    " WHERE countersignature IS NOT NULL AND NOT EXISTS"
    " (SELECT 1 FROM signature AS g WHERE g.org = h.org AND g.id = h.countersignature)",
    "SELECT k.org, k.id, 'a registered key without its entry' FROM registered_key AS k WHERE NOT EXISTS"
    " (SELECT 1 FROM ledger_entry AS e WHERE e.org = k.org AND e.subject = k.id"
    " AND e.event_type = 'hybrid_attestation.key_registered')",
    "SELECT k.org, k.id, 'revoked without an entry that says so' FROM registered_key AS k WHERE revoked_ms <> 0"
    " AND NOT EXISTS (SELECT 1 FROM ledger_entry AS e WHERE e.org = k.org AND e.subject = k.id"
    " AND e.event_type = 'hybrid_attestation.key_revoked')",
    "SELECT org, entry, 'kept beside an entry that is not there' FROM entry_note AS n WHERE NOT EXISTS"
    " (SELECT 1 FROM ledger_entry AS e WHERE e.org = n.org AND e.id = n.entry)",
    "SELECT e.org, max(e.seq), 'a ledger of no org' FROM ledger_entry AS e WHERE e.org NOT IN (SELECT id FROM org)"
    " GROUP BY e.org",
};

static void tell_row(struct reading *r, sqlite3_stmt *st)
{
    tell(r, (const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1),
         (const char *)sqlite3_column_text(st, 2));
}

static cs_err check_rows(struct reading *r)
{
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < sizeof must_be_empty / sizeof *must_be_empty; i++) {
        char sql[1024];
        cs_buf text = CS_BUF_OVER(sql);
        cs_buf_printf(&text, "SELECT * FROM (%s) LIMIT %d", must_be_empty[i], TOLD);
        err = read_rows(r, cs_buf_cstr(&text), tell_row);
    }
    return err;
}

/* -- the database itself ---------------------------------------------------------------------------------------------
 */

static void tell_structure(struct reading *r, sqlite3_stmt *st)
{
    const char *text = (const char *)sqlite3_column_text(st, 0);
    if (text != NULL && strcmp(text, "ok") != 0)
        tell(r, "database", "structure", text);
}

static void tell_reference(struct reading *r, sqlite3_stmt *st)
{
    tell(r, "database", (const char *)sqlite3_column_text(st, 0), "a row refers to one that is not there");
}

/* -- keys, policies and signatures: what they hash to
 * ------------------------------------------------------------------ */

static bool hashes_to(cs_slice bytes, cs_slice hash)
{
    cs_digest d;
    return cs_hash(&d, CS_SHA256, bytes) == CS_OK && cs_slice_eq(cs_digest_slice(&d), hash);
}

/* Row: org, id, status, hash of the sealed record, that record, public key. */
static void check_key(struct reading *r, sqlite3_stmt *st)
{
    const char *org = (const char *)sqlite3_column_text(st, 0), *id = (const char *)sqlite3_column_text(st, 1);
    bool revoked = sqlite3_column_int(st, 2) == CS_KEY_REVOKED;
    cs_slice hash = cs_sqlite_column(st, 3), sealed = cs_sqlite_column(st, 4);
    r->tally->keys++;
    if (revoked && sealed.p != NULL)
        tell(r, org, id, "revoked, and its sealed record is there");
    if (!revoked && sealed.p == NULL)
        tell(r, org, id, "its sealed record is missing");
    else if (!revoked && !hashes_to(sealed, hash))
        tell(r, org, id, "its sealed record is not the one it was born with");
    if (cs_sqlite_column(st, 5).n == 0)
        tell(r, org, id, "its public key is missing");
}

/* Row: org, id, hash, canonical text. */
static void check_policy(struct reading *r, sqlite3_stmt *st)
{
    if (!hashes_to(cs_sqlite_column(st, 3), cs_sqlite_column(st, 2)))
        tell(r, (const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1),
             "the policy is not the one that was hashed");
}

static bool member_is_hash(cs_jobj *data, const char *member, cs_slice bytes)
{
    char text[8 + 2 * CS_SHA256_LEN];
    cs_buf want = CS_BUF_OVER(text);
    cs_digest d;
    cs_slice is = cs_jobj_str_opt(data, member, sizeof text);
    if (cs_hash(&d, CS_SHA256, bytes) != CS_OK)
        return false;
    cs_buf_add_str(&want, "sha256:");
    cs_hex_encode(&want, cs_digest_slice(&d));
    return cs_slice_eq(is, cs_buf_slice(&want));
}

/* Row: org, id, signature, document, bytes of the entry. */
static void check_signature(struct reading *r, sqlite3_stmt *st)
{
    cs_entry_in entry;
    r->tally->signatures++;
    bool fits = cs_entry_read(&entry, cs_sqlite_column(st, 4)) == CS_OK;
    if (fits) {
        cs_jobj data = cs_jobj_open(entry.data);
        fits = member_is_hash(&data, "sigSha256", cs_sqlite_column(st, 2)) &&
               member_is_hash(&data, "documentSha256", cs_sqlite_column(st, 3));
    }
    if (!fits)
        tell(r, (const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1),
             "signature or document is not the one that its entry tells of");
    cs_entry_in_free(&entry);
}

/* Row: org, id, record, bytes of the entry, message, both signatures, the second public key, metadata. */
static void check_hybrid(struct reading *r, sqlite3_stmt *st)
{
    static const struct {
        const char *member;
        int column;
    } hashed[] = {
        {"messageSha256", 4}, {"ecdsaSignatureSha256", 5}, {"pqcSignatureSha256", 6}, {"pqcPublicKeySha256", 7}};
    cs_entry_in entry;
    cs_json *json = NULL;
    cs_slice record = cs_sqlite_column(st, 2);
    bool fits = cs_entry_read(&entry, cs_sqlite_column(st, 3)) == CS_OK;
    if (fits) {
        cs_jobj data = cs_jobj_open(entry.data);
        fits = member_is_hash(&data, "recordSha256", record) &&
               cs_json_parse(&json, record, CS_MAX_HYBRID_RECORD) == CS_OK;
    }
    if (fits) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        for (size_t i = 0; i < sizeof hashed / sizeof *hashed; i++)
            fits = fits && member_is_hash(&o, hashed[i].member, cs_sqlite_column(st, hashed[i].column));
        cs_slice metadata = cs_sqlite_column(st, 8);
        if (metadata.p != NULL || cs_jobj_has(&o, "metadataSha256"))
            fits = fits && member_is_hash(&o, "metadataSha256", metadata);
    }
    if (!fits)
        tell(r, (const char *)sqlite3_column_text(st, 0), (const char *)sqlite3_column_text(st, 1),
             "the pair or its record is not the one that its entry tells of");
    cs_json_free(json);
    cs_entry_in_free(&entry);
}

/* The entry of a birth in the PQ Signer door tells of this record. `subject` is the user_id's digest. */
static bool is_told_of(struct reading *r, sqlite3_stmt *key, const char *subject)
{
    static const char sql[] = "SELECT bytes FROM ledger_entry INDEXED BY ledger_entry_of_subject WHERE org = ?1"
                              " AND subject = ?2 AND event_type = 'pq_signer.key_created'";
    sqlite3_stmt *st = NULL;
    cs_slice org = cs_sqlite_column(key, 0);
    bool fits = false;
    if (sqlite3_prepare_v2(r->db, sql, -1, &st, NULL) != SQLITE_OK)
        return false;
    (void)sqlite3_bind_text(st, 1, (const char *)org.p, (int)org.n, SQLITE_STATIC);
    (void)sqlite3_bind_text(st, 2, subject, -1, SQLITE_STATIC);
    while (!fits && sqlite3_step(st) == SQLITE_ROW) {
        cs_entry_in entry;
        if (cs_entry_read(&entry, cs_sqlite_column(st, 0)) == CS_OK) {
            cs_jobj data = cs_jobj_open(entry.data);
            fits = member_is_hash(&data, "sealedSha256", cs_sqlite_column(key, 2)) &&
                   member_is_hash(&data, "publicKeySha256", cs_sqlite_column(key, 3)) &&
                   member_is_hash(&data, "birthSha256", cs_sqlite_column(key, 4));
        }
        cs_entry_in_free(&entry);
    }
    (void)sqlite3_finalize(st);
    return fits;
}

/* Row: org, user_id, sealed record, public key, birth attestation. A user_id is told by its digest, as in the ledger.
 */
static void check_pq_key(struct reading *r, sqlite3_stmt *st)
{
    char text[8 + 2 * CS_SHA256_LEN];
    cs_buf subject = CS_BUF_OVER(text);
    cs_digest d;
    r->tally->keys++;
    cs_buf_add_str(&subject, "sha256:");
    if (cs_hash(&d, CS_SHA256, cs_sqlite_column(st, 1)) == CS_OK)
        cs_hex_encode(&subject, cs_digest_slice(&d));
    if (!is_told_of(r, st, cs_buf_cstr(&subject)))
        tell(r, (const char *)sqlite3_column_text(st, 0), cs_buf_cstr(&subject),
             "the PQ Signer key is not the one that the entry of its birth tells of");
}

static void count_entries(struct reading *r, sqlite3_stmt *st)
{
    r->tally->entries = (uint64_t)sqlite3_column_int64(st, 0);
}

/* -- all of it -------------------------------------------------------------------------------------------------------
 */

static cs_err read_all(struct reading *r)
{
    static const struct {
        const char *sql;
        void (*each)(struct reading *r, sqlite3_stmt *st);
    } steps[] = {
        {"PRAGMA integrity_check(20)", tell_structure},
        {"PRAGMA foreign_key_check", tell_reference},
        {"SELECT org, id, status, record_sha256, sealed, public_key FROM hybrid_key LEFT JOIN key_material ON key = id",
         check_key},
        {"SELECT org, id, hash, canonical FROM attestation_policy_version JOIN attestation_policy ON id = policy",
         check_policy},
        {"SELECT g.org, g.id, signature, document, bytes FROM signature AS g JOIN ledger_entry AS e"
         " ON e.org = g.org AND e.seq = g.seq",
         check_signature},
        {"SELECT h.org, h.id, record, bytes, message, ecdsa_signature, pqc_signature, public_key, metadata"
         " FROM hybrid_attestation AS h JOIN ledger_entry AS e ON e.org = h.org AND e.seq = h.seq"
         " JOIN registered_key AS k ON k.id = h.key",
         check_hybrid},
        {"SELECT org, k.user_id, sealed, public_key, document FROM pq_key AS k LEFT JOIN pq_birth AS b"
         " ON b.user_id = k.user_id",
         check_pq_key},
        {"SELECT count(*) FROM ledger_entry", count_entries},
    };
    cs_err err = CS_OK;
    for (size_t i = 0; err == CS_OK && i < sizeof steps / sizeof *steps; i++)
        err = read_rows(r, steps[i].sql, steps[i].each);
    return err == CS_OK ? check_rows(r) : err;
}

cs_err cs_store_verify(cs_store_tally *out, const char *path)
{
    cs_store *s = NULL;
    uint64_t wrong = 0;
    *out = (cs_store_tally){.problems = 1};
    cs_err err = cs_sqlite_open_unchecked(&s, path);
    if (err != CS_OK)
        return err;
    out->problems = 0;
    struct reading r = {.db = s->writer.db, .tally = out};
    err = read_all(&r);
    if (err == CS_OK)
        err = cs_sql_check_ledgers(&s->writer, true, &wrong);
    out->problems += wrong;
    if (err == CS_STORE_UNAVAILABLE) { /* it cannot even be read: that is what is wrong with it */
        out->problems++;
        err = CS_OK;
    }
    cs_store_close(s);
    return err;
}
