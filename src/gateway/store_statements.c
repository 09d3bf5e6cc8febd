/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Statements. Parameters stand in the order in which they are bound, columns in the order in which they are read.
 * Where a listing has filters, the index that serves the strongest one is named: a statement that could not use it
 * would not even be prepared.
 */
#include "gateway/store_sql.h"

#define ORG_COLUMNS "SELECT id, name, host, publish, created_ms FROM org "
#define API_KEY_COLUMNS                                                                                                \
    "SELECT id, org, name, hash, publishable, live, scopes, keys, created_ms, expires_ms, revoked_ms FROM api_key "
#define KEY_COLUMNS                                                                                                    \
    "SELECT id, org, name, algorithm, format, status, purpose, environment, kek_provider, key_provider, pq_provider,"  \
    " key_release, policy, birth_verified, record_sha256, predecessor, successor, created_ms, last_used_ms,"           \
    " suspended_ms, revoked_ms, public_key, sealed, birth, metadata FROM hybrid_key JOIN key_material ON key = id "
#define POLICY_COLUMNS                                                                                                 \
    "SELECT id, org, vendor, v.version, p.created_ms, v.created_ms, deleted_ms, hash, canonical, metadata"             \
    " FROM attestation_policy AS p JOIN attestation_policy_version AS v ON v.policy = p.id "
#define RULE_COLUMNS                                                                                                   \
    "SELECT id, org, version, name, action, enabled, created_ms, updated_ms, text FROM vault_policy"                   \
    " WHERE org = ?1 AND deleted_ms = 0 "
#define SIGNATURE_COLUMNS(index)                                                                                       \
    "SELECT g.id, g.org, g.key, policy, policy_version, policy_hash, payload_digest, prehashed, payload_size, "        \
    "verdict,"                                                                                                         \
    " reason, epoch, counter, g.seq, e.id, g.created_ms, signature, document, nonce, metadata"                         \
    " FROM signature AS g INDEXED BY " index " JOIN ledger_entry AS e ON e.org = g.org AND e.seq = g.seq "
/* ?1 org, ?2 before, ?3 not older by its id than, ?4 since, ?5 key, ?6 policy, ?7 verdict, ?8 limit */
#define SIGNATURES(index, strongest)                                                                                   \
    SIGNATURE_COLUMNS(index)                                                                                           \
    "WHERE g.org = ?1 AND (?2 IS NULL OR g.id < ?2) AND g.id >= ?3 AND g.created_ms >= ?4" strongest                   \
    " AND (?5 IS NULL OR g.key = ?5) AND (?6 IS NULL OR policy = ?6) AND (?7 IS NULL OR verdict = ?7)"                 \
    " ORDER BY g.id DESC LIMIT ?8"
#define ENTRY_COLUMNS "SELECT id, seq, event_type, key, created_ms, subject, bytes FROM ledger_entry "
/* ?1 org, ?2 from, ?3 to, ?4 type, ?5 subject, ?6 key, ?7 limit */
#define ENTRIES(index, strongest, order)                                                                               \
    ENTRY_COLUMNS index " WHERE org = ?1 AND seq >= ?2 AND seq < ?3" strongest                                         \
                        " AND (?4 IS NULL OR event_type = ?4) AND (?5 IS NULL OR subject = ?5)"                        \
                        " AND (?6 IS NULL OR key = ?6) ORDER BY seq " order " LIMIT ?7"
#define CHECKPOINT_COLUMNS                                                                                             \
    "SELECT id, org, size, root, created_ms, key, note, published FROM checkpoint WHERE org = ?1 "
#define REGISTERED_COLUMNS                                                                                             \
    "SELECT id, org, algorithm, hash, chain, label, generated, created_ms, revoked_ms, public_key FROM registered_key" \
    " WHERE org = ?1 "
#define HYBRID_COLUMNS(index)                                                                                          \
    "SELECT h.id, h.org, h.key, algorithm, h.chain, scheme, signer, countersignature, h.seq, e.id, h.created_ms,"      \
    " record, message, ecdsa_signature, ecdsa_public_key, pqc_signature, public_key, metadata"                         \
    " FROM hybrid_attestation AS h INDEXED BY " index " JOIN ledger_entry AS e ON e.org = h.org AND e.seq = h.seq"     \
    " JOIN registered_key AS k ON k.id = h.key "
/* ?1 org, ?2 before, ?3 not older by its id than, ?4 since, ?5 key, ?6 chain, ?7 limit */
#define HYBRIDS(index, strongest)                                                                                      \
    HYBRID_COLUMNS(index)                                                                                              \
    "WHERE h.org = ?1 AND (?2 IS NULL OR h.id < ?2) AND h.id >= ?3 AND h.created_ms >= ?4" strongest                   \
    " AND (?5 IS NULL OR h.key = ?5) AND (?6 IS NULL OR h.chain = ?6) ORDER BY h.id DESC LIMIT ?7"

const char *const cs_sql_statements[CS_SQL_COUNT] = {
    [CS_SQL_PING] = "SELECT count(*) FROM org",

    /* -- access ---------------------------------------------------------------------------------------------------- */
    [CS_SQL_GET_ORG] = ORG_COLUMNS "WHERE id = ?1",
    [CS_SQL_LIST_ORGS] = ORG_COLUMNS "ORDER BY id",
    [CS_SQL_GET_API_KEY] = API_KEY_COLUMNS "WHERE hash = ?1",
    [CS_SQL_GET_API_KEY_BY_ID] = API_KEY_COLUMNS "WHERE org = ?1 AND id = ?2",
    [CS_SQL_LIST_API_KEYS] =
        API_KEY_COLUMNS "WHERE org = ?1 AND (?2 IS NULL OR id < ?2)"
                        " AND (?3 IS NULL OR live = CASE ?3 WHEN 'live' THEN 1 ELSE 0 END) ORDER BY id DESC LIMIT ?4",
    [CS_SQL_GET_SESSION] = "SELECT hash, api_key, org, expires_ms FROM session WHERE hash = ?1",
    [CS_SQL_GET_SETTINGS] = "SELECT text FROM settings WHERE org = ?1",
    [CS_SQL_GET_IDEMPOTENCY] = "SELECT scope, body, secret, status, created_ms, answer FROM idempotency"
                               " WHERE scope = ?1",
    [CS_SQL_PUT_ORG] = "INSERT INTO org (id, name, host, publish, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
    [CS_SQL_PUT_API_KEY] = "INSERT INTO api_key (id, org, name, hash, publishable, live, scopes, keys, created_ms,"
                           " expires_ms, revoked_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [CS_SQL_REVOKE_API_KEY] = "UPDATE api_key SET revoked_ms = ?2 WHERE id = ?1 AND revoked_ms = 0",
    [CS_SQL_EXPIRE_API_KEY] = "UPDATE api_key SET expires_ms = ?3 WHERE org = ?1 AND id = ?2 AND expires_ms = 0"
                              " AND revoked_ms = 0",
    [CS_SQL_TRIM_SESSIONS] = "DELETE FROM session WHERE hash IN (SELECT hash FROM session WHERE api_key = ?1"
                             " ORDER BY expires_ms DESC LIMIT 1000000 OFFSET ?2)",
    [CS_SQL_PUT_SESSION] = "INSERT INTO session (hash, api_key, org, expires_ms) VALUES (?1, ?2, ?3, ?4)",
    [CS_SQL_END_SESSION] = "DELETE FROM session WHERE hash = ?1",
    [CS_SQL_PURGE_SESSIONS] = "DELETE FROM session WHERE hash IN"
                              " (SELECT hash FROM session WHERE expires_ms <= ?1 LIMIT 1000)",
    [CS_SQL_PUT_SETTINGS] = "INSERT INTO settings (org, text, updated_ms) VALUES (?1, ?2, ?3)"
                            " ON CONFLICT (org) DO UPDATE SET text = excluded.text, updated_ms = excluded.updated_ms",
    [CS_SQL_DELETE_SETTINGS] = "DELETE FROM settings WHERE org = ?1",
    [CS_SQL_SET_PUBLISH] = "UPDATE org SET publish = ?2 WHERE id = ?1",
    [CS_SQL_PUT_IDEMPOTENCY] =
        "INSERT INTO idempotency (scope, body, secret, status, created_ms, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
        " ON CONFLICT (scope) DO UPDATE SET body = excluded.body, secret = excluded.secret, status = excluded.status,"
        " created_ms = excluded.created_ms, answer = excluded.answer WHERE idempotency.created_ms < ?7",
    [CS_SQL_PURGE_IDEMPOTENCY] = "DELETE FROM idempotency WHERE n IN"
                                 " (SELECT n FROM idempotency WHERE created_ms < ?1 LIMIT 1000)",

    /* -- keys ------------------------------------------------------------------------------------------------------ */
    [CS_SQL_GET_KEY] = KEY_COLUMNS "WHERE org = ?1 AND id = ?2",
    [CS_SQL_GET_KEY_BY_NAME] = KEY_COLUMNS "WHERE org = ?1 AND name = ?2 AND status <> 3 AND successor IS NULL",
    [CS_SQL_LIST_KEYS] = KEY_COLUMNS "WHERE org = ?1 AND (?2 IS NULL OR id < ?2) AND (?3 IS NULL OR algorithm = ?3)"
                                     " AND (?4 <> 0 OR status <> 3) ORDER BY id DESC LIMIT ?5",
    [CS_SQL_LIST_LINEAGE] =
        "WITH RECURSIVE back (k, n) AS (VALUES (?2, 0) UNION ALL SELECT l.predecessor, n - 1 FROM back"
        " JOIN key_lineage AS l ON l.successor = k AND l.org = ?1 WHERE n > -?3),"
        " ahead (k, n) AS (VALUES (?2, 0) UNION ALL SELECT l.successor, n + 1 FROM ahead"
        " JOIN key_lineage AS l ON l.predecessor = k AND l.org = ?1 WHERE n < ?3 - 1)"
        " SELECT predecessor, successor, created_ms, statement, signature, document FROM"
        " (SELECT k, n FROM back WHERE n < 0 UNION ALL SELECT k, n FROM ahead) AS linked"
        " JOIN key_lineage ON predecessor = k AND org = ?1 ORDER BY n",
    [CS_SQL_COUNT_KEYS] = "SELECT status, count(*) FROM hybrid_key INDEXED BY hybrid_key_of_status WHERE org = ?1"
                          " GROUP BY status",
    [CS_SQL_PUT_KEY] = "INSERT INTO hybrid_key (id, org, name, algorithm, format, status, purpose, environment,"
                       " kek_provider, key_provider, pq_provider, key_release, policy, birth_verified, record_sha256,"
                       " predecessor, created_ms)"
                       " SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17"
                       " WHERE ?13 IS NULL OR EXISTS"
                       " (SELECT 1 FROM attestation_policy WHERE org = ?2 AND id = ?13 AND deleted_ms = 0)",
    [CS_SQL_PUT_MATERIAL] = "INSERT INTO key_material (key, public_key, sealed, birth, metadata)"
                            " VALUES (?1, ?2, ?3, ?4, ?5)",
    [CS_SQL_SUPERSEDE_KEY] = "UPDATE hybrid_key SET status = 1, successor = ?3 WHERE org = ?1 AND id = ?2"
                             " AND status = 0",
    [CS_SQL_PUT_LINEAGE] = "INSERT INTO key_lineage (predecessor, successor, org, created_ms, statement, signature,"
                           " document) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [CS_SQL_REVOKE_KEY] = "UPDATE hybrid_key SET status = 3, revoked_ms = ?3 WHERE org = ?1 AND id = ?2"
                          " AND status <> 3",
    [CS_SQL_DESTROY_SEALED] = "UPDATE key_material SET sealed = NULL WHERE key = ?1",
    [CS_SQL_SUSPEND_KEY] = "UPDATE hybrid_key SET status = 2, suspended_ms = ?3 WHERE org = ?1 AND id = ?2"
                           " AND status IN (0, 1)",
    [CS_SQL_RESUME_KEY] =
        "UPDATE hybrid_key SET status = CASE WHEN successor IS NULL THEN 0 ELSE 1 END, suspended_ms = 0"
        " WHERE org = ?1 AND id = ?2 AND status = 2",
    [CS_SQL_TOUCH_KEY] = "UPDATE hybrid_key SET last_used_ms = ?3 WHERE org = ?1 AND id = ?2 AND status IN (0, 1)",

    /* -- policies -------------------------------------------------------------------------------------------------- */
    [CS_SQL_GET_POLICY] = POLICY_COLUMNS "AND v.version = p.version WHERE org = ?1 AND id = ?2 AND deleted_ms = 0",
    [CS_SQL_GET_POLICY_VERSION] = POLICY_COLUMNS "WHERE org = ?1 AND id = ?2 AND v.version = ?3",
    [CS_SQL_LIST_POLICIES] = POLICY_COLUMNS "AND v.version = p.version WHERE org = ?1 AND deleted_ms = 0"
                                            " AND (?2 IS NULL OR id < ?2) AND (?3 IS NULL OR vendor = ?3)"
                                            " ORDER BY id DESC LIMIT ?4",
    [CS_SQL_PINNING_POLICIES] = POLICY_COLUMNS "AND v.version = p.version WHERE deleted_ms = 0 AND vendor <> 'mock'",
    [CS_SQL_GET_RULE] = RULE_COLUMNS "AND id = ?2",
    [CS_SQL_LIST_RULES] = RULE_COLUMNS "AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT ?3",
    [CS_SQL_ALL_RULES] = RULE_COLUMNS "AND enabled <> 0 ORDER BY id",
    [CS_SQL_COUNT_POLICIES] = "SELECT (SELECT count(*) FROM attestation_policy WHERE org = ?1 AND deleted_ms = 0),"
                              " (SELECT count(*) FROM vault_policy WHERE org = ?1 AND deleted_ms = 0)",
    [CS_SQL_PUT_POLICY] = "INSERT INTO attestation_policy (id, org, version, created_ms, deleted_ms)"
                          " VALUES (?1, ?2, 1, ?3, 0)",
    [CS_SQL_CHANGE_POLICY] = "UPDATE attestation_policy SET version = ?3 WHERE org = ?2 AND id = ?1"
                             " AND version = ?3 - 1 AND deleted_ms = 0",
    [CS_SQL_PUT_POLICY_VERSION] = "INSERT INTO attestation_policy_version (policy, version, vendor, hash, created_ms,"
                                  " canonical, metadata) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [CS_SQL_POLICY_IS_BOUND] = "SELECT 1 FROM hybrid_key INDEXED BY hybrid_key_bound WHERE org = ?1 AND policy = ?2"
                               " AND status <> 3 LIMIT 1",
    [CS_SQL_DELETE_POLICY] = "UPDATE attestation_policy SET deleted_ms = ?3 WHERE org = ?1 AND id = ?2"
                             " AND deleted_ms = 0",
    [CS_SQL_PUT_RULE] = "INSERT INTO vault_policy (id, org, version, name, action, enabled, created_ms, updated_ms,"
                        " text, deleted_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
    [CS_SQL_CHANGE_RULE] = "UPDATE vault_policy SET version = ?3, name = ?4, action = ?5, enabled = ?6,"
                           " created_ms = ?7, updated_ms = ?8, text = ?9 WHERE org = ?2 AND id = ?1"
                           " AND version = ?3 - 1 AND deleted_ms = 0",
    [CS_SQL_DELETE_RULE] = "UPDATE vault_policy SET deleted_ms = ?3 WHERE org = ?1 AND id = ?2 AND deleted_ms = 0",

    /* -- signatures ------------------------------------------------------------------------------------------------ */
    [CS_SQL_GET_SIGNATURE] = SIGNATURE_COLUMNS("signature_of_org") "WHERE g.org = ?1 AND g.id = ?2",
    [CS_SQL_LIST_SIGNATURES] = SIGNATURES("signature_of_org", ""),
    [CS_SQL_LIST_SIGNATURES_OF_KEY] = SIGNATURES("signature_of_key", " AND g.key = ?5"),
    [CS_SQL_LIST_SIGNATURES_OF_POLICY] = SIGNATURES("signature_of_policy", " AND policy = ?6"),
    [CS_SQL_LIST_SIGNATURES_OF_VERDICT] = SIGNATURES("signature_of_verdict", " AND verdict = ?7"),
    [CS_SQL_COUNT_SIGNATURES] = "SELECT verdict, n FROM signature_count WHERE org = ?1",
    [CS_SQL_LAST_COUNTER] =
        "SELECT epoch, max(counter) FROM signature WHERE epoch ="
        " (SELECT epoch FROM signature WHERE epoch IS NOT NULL ORDER BY n DESC LIMIT 1) GROUP BY epoch",
    [CS_SQL_PUT_SIGNATURE] = "INSERT INTO signature (id, org, key, policy, policy_version, policy_hash,"
                             " payload_digest, prehashed, payload_size, verdict, reason, epoch, counter, seq,"
                             " created_ms, signature, document, nonce, metadata) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7,"
                             " ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
    [CS_SQL_ADD_SIGNATURE] = "INSERT INTO signature_count (org, n, verdict) VALUES (?1, ?2, ?3)"
                             " ON CONFLICT (org, verdict) DO UPDATE SET n = signature_count.n + excluded.n",

    /* -- ledger ---------------------------------------------------------------------------------------------------- */
    [CS_SQL_GET_ENTRY] = "SELECT bytes FROM ledger_entry WHERE org = ?1 AND seq = ?2",
    [CS_SQL_GET_ENTRY_BY_ID] = ENTRY_COLUMNS "WHERE org = ?1 AND id = ?2",
    [CS_SQL_LIST_ENTRIES] = ENTRIES("NOT INDEXED", "", "ASC"),
    [CS_SQL_LIST_ENTRIES_BACK] = ENTRIES("NOT INDEXED", "", "DESC"),
    [CS_SQL_LIST_ENTRIES_OF_TYPE] = ENTRIES("INDEXED BY ledger_entry_of_type", " AND event_type = ?4", "ASC"),
    [CS_SQL_LIST_ENTRIES_OF_TYPE_BACK] = ENTRIES("INDEXED BY ledger_entry_of_type", " AND event_type = ?4", "DESC"),
    [CS_SQL_LIST_ENTRIES_OF_SUBJECT] = ENTRIES("INDEXED BY ledger_entry_of_subject", " AND subject = ?5", "ASC"),
    [CS_SQL_LIST_ENTRIES_OF_SUBJECT_BACK] = ENTRIES("INDEXED BY ledger_entry_of_subject", " AND subject = ?5", "DESC"),
    [CS_SQL_LIST_ENTRIES_OF_KEY] = ENTRIES("INDEXED BY ledger_entry_of_key", " AND key = ?6", "ASC"),
    [CS_SQL_LIST_ENTRIES_OF_KEY_BACK] = ENTRIES("INDEXED BY ledger_entry_of_key", " AND key = ?6", "DESC"),
    [CS_SQL_GET_NOTE] = "SELECT name, message, data FROM entry_note WHERE org = ?1 AND entry = ?2",
    [CS_SQL_LIST_NODES] = "SELECT n, hash FROM ledger_node WHERE org = ?1 AND level = ?2 AND n >= ?3 ORDER BY n"
                          " LIMIT ?4",
    [CS_SQL_GET_HEAD] = "SELECT last, tree FROM ledger_head WHERE org = ?1",
    /* with several writers it is theirs alone until the transaction ends */
    [CS_SQL_HOLD_HEAD] = "SELECT last, tree FROM ledger_head WHERE org = ?1",
    [CS_SQL_GET_CHECKPOINT] = CHECKPOINT_COLUMNS "AND id = ?2",
    [CS_SQL_LAST_CHECKPOINT] = CHECKPOINT_COLUMNS "ORDER BY size DESC LIMIT 1",
    [CS_SQL_COVERING_CHECKPOINT] = CHECKPOINT_COLUMNS "AND size >= ?2 ORDER BY size LIMIT 1",
    [CS_SQL_LIST_CHECKPOINTS] =
        CHECKPOINT_COLUMNS "AND (?2 IS NULL OR size < (SELECT size FROM checkpoint WHERE org = ?1 AND id = ?2))"
                           " ORDER BY size DESC LIMIT ?3",
    [CS_SQL_ALL_CHECKPOINTS] = CHECKPOINT_COLUMNS "ORDER BY size",
    [CS_SQL_COUNT_CHECKPOINTS] = "SELECT count(*) FROM checkpoint INDEXED BY checkpoint_id WHERE org = ?1",
    [CS_SQL_LIST_LEDGERS] = "SELECT id, name, host, publish, created_ms, last, tree,"
                            " (SELECT max(seq) FROM ledger_entry AS e WHERE e.org = org.id)"
                            " FROM org LEFT JOIN ledger_head ON ledger_head.org = org.id ORDER BY id",
    [CS_SQL_REVOKED_ALIVE] = "SELECT seq FROM ledger_entry AS e INDEXED BY ledger_entry_of_type JOIN hybrid_key AS k"
                             " ON k.id = e.subject WHERE e.org = ?1 AND event_type = 'key.revoked' AND k.org = ?1"
                             " AND status <> 3 ORDER BY seq LIMIT 1",
    [CS_SQL_REVOKED_API_KEY_ALIVE] = "SELECT seq FROM ledger_entry AS e INDEXED BY ledger_entry_of_type"
                                     " JOIN api_key AS k ON k.id = e.subject WHERE e.org = ?1"
                                     " AND event_type = 'apikey.revoked' AND revoked_ms = 0 ORDER BY seq LIMIT 1",
    [CS_SQL_PUT_ENTRY] = "INSERT INTO ledger_entry (org, seq, id, event_type, subject, key, created_ms, bytes)"
                         " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [CS_SQL_PUT_NOTE] = "INSERT INTO entry_note (org, entry, name, message, data) VALUES (?1, ?2, ?3, ?4, ?5)",
    [CS_SQL_PUT_NODE] = "INSERT INTO ledger_node (org, level, n, hash) VALUES (?1, ?2, ?3, ?4)",
    [CS_SQL_PUT_HEAD] = "INSERT INTO ledger_head (org, last, tree) VALUES (?1, ?2, ?3)"
                        " ON CONFLICT (org) DO UPDATE SET last = excluded.last, tree = excluded.tree",
    [CS_SQL_ROOT_OF_SIZE] = "SELECT root FROM checkpoint WHERE org = ?1 AND size = ?2",
    [CS_SQL_PUT_CHECKPOINT] = "INSERT INTO checkpoint (id, org, size, root, created_ms, key, note, published)"
                              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [CS_SQL_UPDATE_CHECKPOINT] = "UPDATE checkpoint SET note = ?3, published = ?4 WHERE org = ?1 AND id = ?2",

    /* -- Hybrid Attest --------------------------------------------------------------------------------------------- */
    [CS_SQL_REVOKED_REGISTERED_ALIVE] = "SELECT seq FROM ledger_entry AS e INDEXED BY ledger_entry_of_type"
                                        " JOIN registered_key AS k ON k.id = e.subject WHERE e.org = ?1"
                                        " AND event_type = 'hybrid_attestation.key_revoked' AND revoked_ms = 0"
                                        " ORDER BY seq LIMIT 1",
    [CS_SQL_GET_REGISTERED] = REGISTERED_COLUMNS "AND id = ?2",
    [CS_SQL_GET_REGISTERED_BY_HASH] = REGISTERED_COLUMNS "AND hash = ?2",
    [CS_SQL_LIST_REGISTERED] =
        REGISTERED_COLUMNS "AND (?2 IS NULL OR id < ?2) AND (?3 IS NULL OR algorithm = ?3)"
                           " AND (?4 IS NULL OR chain = ?4) AND (?5 <> 0 OR revoked_ms = 0) ORDER BY id DESC LIMIT ?6",
    [CS_SQL_COUNT_REGISTERED] = "SELECT count(*) FROM registered_key WHERE org = ?1 AND revoked_ms = 0",
    [CS_SQL_NEWEST_CHALLENGE] = "SELECT random FROM challenge WHERE org = ?1 AND api_key = ?2 AND expires_ms > ?3"
                                " ORDER BY expires_ms DESC LIMIT 1",
    [CS_SQL_COUNT_HYBRID] = "SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM hybrid_attestation_count WHERE org = ?1",
    [CS_SQL_GET_HYBRID] = HYBRID_COLUMNS("hybrid_attestation_of_org") "WHERE h.org = ?1 AND h.id = ?2",
    [CS_SQL_LIST_HYBRID] = HYBRIDS("hybrid_attestation_of_org", ""),
    [CS_SQL_LIST_HYBRID_OF_KEY] = HYBRIDS("hybrid_attestation_of_key", " AND h.key = ?5"),
    [CS_SQL_COUNTERSIGNING_KEY] = "SELECT id FROM hybrid_key INDEXED BY hybrid_key_countersigning WHERE org = ?1"
                                  " AND purpose = 'hybrid' AND status = 0 ORDER BY id DESC LIMIT 1",
    [CS_SQL_PUT_REGISTERED] = "INSERT INTO registered_key (id, org, algorithm, hash, chain, label, generated,"
                              " created_ms, public_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [CS_SQL_REVOKE_REGISTERED] = "UPDATE registered_key SET revoked_ms = ?3 WHERE org = ?1 AND id = ?2"
                                 " AND revoked_ms = 0",
    [CS_SQL_TRIM_CHALLENGES] = "DELETE FROM challenge WHERE random IN (SELECT random FROM challenge WHERE api_key = ?1"
                               " ORDER BY expires_ms DESC LIMIT 1000000 OFFSET ?2)",
    [CS_SQL_PUT_CHALLENGE] = "INSERT INTO challenge (random, org, api_key, expires_ms) VALUES (?1, ?2, ?3, ?4)",
    [CS_SQL_USE_CHALLENGE] = "DELETE FROM challenge WHERE org = ?1 AND random = ?2 AND expires_ms > ?3",
    [CS_SQL_PURGE_CHALLENGES] = "DELETE FROM challenge WHERE random IN"
                                " (SELECT random FROM challenge WHERE expires_ms <= ?1 LIMIT 1000)",
    [CS_SQL_PUT_HYBRID] = "INSERT INTO hybrid_attestation (id, org, key, chain, scheme, signer, countersignature, seq,"
                          " created_ms, record, message, ecdsa_signature, ecdsa_public_key, pqc_signature, metadata)"
                          " SELECT ?1, ?2, id, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15 FROM registered_key"
                          " WHERE org = ?2 AND id = ?3 AND revoked_ms = 0",
    [CS_SQL_ADD_HYBRID] = "INSERT INTO hybrid_attestation_count (org, n) VALUES (?1, ?2)"
                          " ON CONFLICT (org) DO UPDATE SET n = hybrid_attestation_count.n + excluded.n",

    /* -- PQ Signer ------------------------------------------------------------------------------------------------- */
    [CS_SQL_GET_PQ_KEY] = "SELECT org, algorithm, kms_key, key_release, created_ms, public_key, sealed FROM pq_key"
                          " WHERE user_id = ?1",
    [CS_SQL_GET_PQ_BIRTH] = "SELECT enclave_version, wrapped, document FROM pq_birth WHERE user_id = ?1",
    [CS_SQL_PUT_PQ_KEY] = "INSERT INTO pq_key (user_id, org, algorithm, kms_key, key_release, created_ms, public_key,"
                          " sealed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [CS_SQL_PUT_PQ_BIRTH] = "INSERT INTO pq_birth (user_id, enclave_version, wrapped, document)"
                            " VALUES (?1, ?2, ?3, ?4)",

    /* -- transactions ---------------------------------------------------------------------------------------------- */
    [CS_SQL_BEGIN] = "BEGIN IMMEDIATE",
    [CS_SQL_COMMIT] = "COMMIT",
    [CS_SQL_ROLLBACK] = "ROLLBACK",
    [CS_SQL_MARK] = "SAVEPOINT item",
    [CS_SQL_KEEP] = "RELEASE item",
    [CS_SQL_UNDO] = "ROLLBACK TO item",
    [CS_SQL_PROBE] = "INSERT INTO probe (n, at) VALUES (1, ?1) ON CONFLICT (n) DO UPDATE SET at = excluded.at",
};
