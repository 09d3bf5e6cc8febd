/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables and statements. A key is split in two: what changes with every signature is one small row, what is large and
 * never changes is another. A ledger entry can be added and nothing else.
 */
#include "gateway/store_sqlite.h"

const char *const cs_sqlite_schema =
    "CREATE TABLE org (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE api_key (hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT NOT NULL REFERENCES org,"
    " publishable INTEGER NOT NULL, live INTEGER NOT NULL, scopes INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " revoked_ms INTEGER) STRICT, WITHOUT ROWID;"
    "CREATE TABLE attestation_policy (id TEXT NOT NULL, version INTEGER NOT NULL, org TEXT NOT NULL REFERENCES org,"
    " vendor TEXT NOT NULL, canonical TEXT NOT NULL, hash BLOB NOT NULL, metadata TEXT, created_ms INTEGER NOT NULL,"
    " PRIMARY KEY (id, version)) STRICT;"
    "CREATE INDEX attestation_policy_of_org ON attestation_policy (org, id);"
    "CREATE TABLE hybrid_key (id TEXT PRIMARY KEY, org TEXT NOT NULL REFERENCES org, name TEXT NOT NULL,"
    " algorithm TEXT NOT NULL, format TEXT NOT NULL, status INTEGER NOT NULL, purpose TEXT NOT NULL,"
    " environment TEXT NOT NULL, kek_provider TEXT NOT NULL, key_provider TEXT NOT NULL, pq_provider TEXT NOT NULL,"
    " key_release TEXT NOT NULL, policy TEXT, birth_verified INTEGER NOT NULL, record_sha256 BLOB NOT NULL,"
    " created_ms INTEGER NOT NULL, last_used_ms INTEGER NOT NULL DEFAULT 0, revoked_ms INTEGER NOT NULL DEFAULT 0)"
    " STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX hybrid_key_live_name ON hybrid_key (org, name) WHERE status <> 3;"
    "CREATE INDEX hybrid_key_of_org ON hybrid_key (org, id);"
    "CREATE TABLE key_material (key TEXT PRIMARY KEY REFERENCES hybrid_key, public_key BLOB NOT NULL, sealed BLOB,"
    " birth TEXT NOT NULL, metadata TEXT) STRICT;"
    "CREATE TABLE signature (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT NOT NULL, key TEXT NOT NULL,"
    " policy TEXT, policy_version INTEGER, policy_hash BLOB, seq INTEGER NOT NULL, payload_digest TEXT NOT NULL,"
    " prehashed INTEGER NOT NULL, payload_size INTEGER NOT NULL, signature BLOB NOT NULL, document TEXT NOT NULL,"
    " nonce BLOB, verdict TEXT NOT NULL, reason TEXT, epoch TEXT, counter INTEGER, metadata TEXT,"
    " created_ms INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX signature_counter ON signature (epoch, counter);"
    "CREATE TABLE ledger_entry (n INTEGER PRIMARY KEY, org TEXT NOT NULL, seq INTEGER NOT NULL,"
    " id TEXT NOT NULL UNIQUE, event_type TEXT NOT NULL, subject TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " bytes BLOB NOT NULL, UNIQUE (org, seq)) STRICT;"
    "CREATE TABLE ledger_head (org TEXT PRIMARY KEY REFERENCES org, last BLOB NOT NULL, tree BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TRIGGER ledger_entry_stays BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'append only'); END;"
    "CREATE TRIGGER ledger_entry_fixed BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'append only'); END;";

#define KEY_COLUMNS                                                                                                    \
    "SELECT id, org, name, algorithm, format, status, purpose, environment, kek_provider, key_provider, pq_provider,"  \
    " key_release, policy, birth_verified, record_sha256, created_ms, last_used_ms, revoked_ms,"                       \
    " public_key, sealed, birth, metadata FROM hybrid_key JOIN key_material ON key = id "
#define POLICY_COLUMNS "SELECT id, org, vendor, version, created_ms, hash, canonical, metadata FROM attestation_policy "

const char *const cs_sqlite_statements[CS_SQL_COUNT] = {
    [CS_SQL_PING] = "SELECT count(*) FROM org",
    [CS_SQL_GET_API_KEY] = "SELECT id, org, publishable, live, scopes, created_ms, revoked_ms IS NOT NULL FROM api_key"
                           " WHERE hash = ?1",
    [CS_SQL_GET_KEY] = KEY_COLUMNS "WHERE org = ?1 AND id = ?2",
    [CS_SQL_GET_KEY_BY_NAME] = KEY_COLUMNS "WHERE org = ?1 AND name = ?2 AND status <> 3",
    [CS_SQL_LIST_KEYS] = KEY_COLUMNS "WHERE org = ?1 AND (?2 IS NULL OR id < ?2) AND (?3 IS NULL OR algorithm = ?3)"
                                     " AND (?4 OR status <> 3) ORDER BY id DESC LIMIT ?5",
    [CS_SQL_GET_POLICY] = POLICY_COLUMNS "WHERE org = ?1 AND id = ?2 ORDER BY version DESC LIMIT 1",
    [CS_SQL_LIST_POLICIES] =
        POLICY_COLUMNS "AS p WHERE org = ?1 AND (?2 IS NULL OR id < ?2) AND (?3 IS NULL OR vendor = ?3) AND NOT EXISTS"
                       " (SELECT 1 FROM attestation_policy AS q WHERE q.id = p.id AND q.version > p.version)"
                       " ORDER BY id DESC LIMIT ?4",
    [CS_SQL_GET_ENTRY] = "SELECT bytes FROM ledger_entry WHERE org = ?1 AND seq = ?2",
    [CS_SQL_GET_HEAD] = "SELECT last, tree FROM ledger_head WHERE org = ?1",
    [CS_SQL_LAST_COUNTER] = "SELECT epoch, max(counter) FROM signature WHERE epoch ="
                            " (SELECT epoch FROM signature WHERE epoch IS NOT NULL ORDER BY n DESC LIMIT 1)",
    [CS_SQL_LIST_HEADS] = "SELECT org.id, last, tree, (SELECT bytes FROM ledger_entry AS e WHERE e.org = org.id"
                          " ORDER BY seq DESC LIMIT 1), (SELECT max(seq) + 1 FROM ledger_entry AS e"
                          " WHERE e.org = org.id) FROM org LEFT JOIN ledger_head ON ledger_head.org = org.id",
    [CS_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [CS_SQL_COMMIT] = "COMMIT",
    [CS_SQL_ROLLBACK] = "ROLLBACK",
    [CS_SQL_MARK] = "SAVEPOINT item",
    [CS_SQL_KEEP] = "RELEASE item",
    [CS_SQL_UNDO] = "ROLLBACK TO item",
    [CS_SQL_PUT_ORG] = "INSERT INTO org (id, name, created_ms) VALUES (?1, ?2, ?3)",
    [CS_SQL_PUT_API_KEY] = "INSERT INTO api_key (hash, id, org, publishable, live, scopes, created_ms)"
                           " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [CS_SQL_PUT_KEY] = "INSERT INTO hybrid_key (id, org, name, algorithm, format, status, purpose, environment,"
                       " kek_provider, key_provider, pq_provider, key_release, policy, birth_verified, record_sha256,"
                       " created_ms) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16"
                       " WHERE ?13 IS NULL OR EXISTS (SELECT 1 FROM attestation_policy WHERE org = ?2 AND id = ?13)",
    [CS_SQL_PUT_MATERIAL] = "INSERT INTO key_material (key, public_key, sealed, birth, metadata)"
                            " VALUES (?1, ?2, ?3, ?4, ?5)",
    [CS_SQL_REVOKE_KEY] = "UPDATE hybrid_key SET status = 3, revoked_ms = ?3 WHERE org = ?1 AND id = ?2"
                          " AND status <> 3",
    [CS_SQL_DESTROY_SEALED] = "UPDATE key_material SET sealed = NULL WHERE key = ?1",
    [CS_SQL_PUT_POLICY] = "INSERT INTO attestation_policy (id, version, org, vendor, canonical, hash, metadata,"
                          " created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [CS_SQL_TOUCH_KEY] = "UPDATE hybrid_key SET last_used_ms = ?3 WHERE org = ?1 AND id = ?2 AND status = 0",
    [CS_SQL_PUT_SIGNATURE] = "INSERT INTO signature (id, org, key, policy, policy_version, policy_hash, seq,"
                             " payload_digest, prehashed, payload_size, signature, document, nonce, verdict, reason,"
                             " epoch, counter, metadata, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
                             " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    [CS_SQL_PUT_ENTRY] = "INSERT INTO ledger_entry (org, seq, id, event_type, subject, created_ms, bytes)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [CS_SQL_PUT_HEAD] = "INSERT INTO ledger_head (org, last, tree) VALUES (?1, ?2, ?3)"
                        " ON CONFLICT (org) DO UPDATE SET last = excluded.last, tree = excluded.tree",
};
