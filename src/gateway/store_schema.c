/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables. A key is split in two: what changes with every signature is one small row, what is large and never changes is
 * another. Columns that are searched come before those that are large. A ledger can be added to and nothing else.
 *
 * The tables of version 2, and what each later version adds. A new store gets all of it in this order, an older one
 * what it lacks; so both have the same tables. What is written here for a version that was released never changes.
 */
#include "gateway/store_sql.h"

#define APPEND_ONLY(table)                                                                                             \
    "CREATE TRIGGER " table "_stays BEFORE DELETE ON " table " BEGIN SELECT RAISE(ABORT, 'append only'); END;"         \
    "CREATE TRIGGER " table "_fixed BEFORE UPDATE ON " table " BEGIN SELECT RAISE(ABORT, 'append only'); END;"

static const char version_2[] =
    "CREATE TABLE org (id TEXT PRIMARY KEY, name TEXT NOT NULL, host TEXT NOT NULL, publish INTEGER NOT NULL,"
    " created_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    /* what is written to find out whether anything can be */
    "CREATE TABLE probe (n INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE api_key (hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, org TEXT NOT NULL REFERENCES org,"
    " name TEXT NOT NULL, publishable INTEGER NOT NULL, live INTEGER NOT NULL, scopes INTEGER NOT NULL, keys TEXT,"
    " created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, revoked_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX api_key_of_org ON api_key (org, id);"
    "CREATE TABLE session (hash BLOB PRIMARY KEY, api_key TEXT NOT NULL, org TEXT NOT NULL REFERENCES org,"
    " expires_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX session_end ON session (expires_ms);"
    "CREATE INDEX session_of_api_key ON session (api_key, expires_ms);"
    "CREATE TABLE settings (org TEXT PRIMARY KEY REFERENCES org, text TEXT NOT NULL, updated_ms INTEGER NOT NULL)"
    " STRICT;"
    "CREATE TABLE idempotency (n INTEGER PRIMARY KEY, scope BLOB NOT NULL UNIQUE, created_ms INTEGER NOT NULL,"
    " body BLOB NOT NULL, secret INTEGER NOT NULL, status INTEGER NOT NULL, answer BLOB) STRICT;"
    "CREATE INDEX idempotency_age ON idempotency (created_ms);"

    "CREATE TABLE attestation_policy (id TEXT PRIMARY KEY, org TEXT NOT NULL REFERENCES org,"
    " version INTEGER NOT NULL, created_ms INTEGER NOT NULL, deleted_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX attestation_policy_of_org ON attestation_policy (org, id) WHERE deleted_ms = 0;"
    "CREATE TABLE attestation_policy_version (policy TEXT NOT NULL REFERENCES attestation_policy,"
    " version INTEGER NOT NULL, vendor TEXT NOT NULL, hash BLOB NOT NULL, created_ms INTEGER NOT NULL,"
    " canonical TEXT NOT NULL, metadata TEXT, PRIMARY KEY (policy, version)) STRICT;"
    "CREATE TABLE vault_policy (id TEXT PRIMARY KEY, org TEXT NOT NULL REFERENCES org, version INTEGER NOT NULL,"
    " name TEXT NOT NULL, action TEXT NOT NULL, enabled INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " updated_ms INTEGER NOT NULL, deleted_ms INTEGER NOT NULL, text TEXT NOT NULL) STRICT;"
    "CREATE INDEX vault_policy_of_org ON vault_policy (org, id) WHERE deleted_ms = 0;"

    "CREATE TABLE hybrid_key (id TEXT PRIMARY KEY, org TEXT NOT NULL REFERENCES org, name TEXT NOT NULL,"
    " algorithm TEXT NOT NULL, format TEXT NOT NULL, status INTEGER NOT NULL, purpose TEXT NOT NULL,"
    " environment TEXT NOT NULL, kek_provider TEXT NOT NULL, key_provider TEXT NOT NULL, pq_provider TEXT NOT NULL,"
    " key_release TEXT NOT NULL, policy TEXT, birth_verified INTEGER NOT NULL, record_sha256 BLOB NOT NULL,"
    " predecessor TEXT, successor TEXT, created_ms INTEGER NOT NULL, last_used_ms INTEGER NOT NULL DEFAULT 0,"
    " suspended_ms INTEGER NOT NULL DEFAULT 0, revoked_ms INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;"
    /* a name is held by the newest key of a lineage, as long as it is not revoked */
    "CREATE UNIQUE INDEX hybrid_key_name ON hybrid_key (org, name) WHERE status <> 3 AND successor IS NULL;"
    "CREATE INDEX hybrid_key_of_org ON hybrid_key (org, id);"
    "CREATE INDEX hybrid_key_of_status ON hybrid_key (org, status);"
    "CREATE INDEX hybrid_key_bound ON hybrid_key (policy) WHERE status <> 3;"
    "CREATE TABLE key_material (key TEXT PRIMARY KEY REFERENCES hybrid_key, public_key BLOB NOT NULL, sealed BLOB,"
    " birth TEXT NOT NULL, metadata TEXT) STRICT;"
    "CREATE TABLE key_lineage (successor TEXT PRIMARY KEY REFERENCES hybrid_key,"
    " predecessor TEXT NOT NULL UNIQUE REFERENCES hybrid_key, org TEXT NOT NULL, created_ms INTEGER NOT NULL,"
    " statement TEXT NOT NULL, signature BLOB NOT NULL, document TEXT NOT NULL) STRICT;" APPEND_ONLY("key_lineage")

        "CREATE TABLE signature (n INTEGER PRIMARY KEY, id TEXT NOT NULL, org TEXT NOT NULL, key TEXT NOT NULL,"
        " policy TEXT, policy_version INTEGER, policy_hash BLOB, payload_digest TEXT NOT NULL, prehashed INTEGER NOT "
        "NULL,"
        " payload_size INTEGER NOT NULL, verdict TEXT NOT NULL, reason TEXT, epoch TEXT, counter INTEGER,"
        " seq INTEGER NOT NULL, created_ms INTEGER NOT NULL, signature BLOB NOT NULL, document TEXT NOT NULL, nonce "
        "BLOB,"
        " metadata TEXT) STRICT;"
        "CREATE UNIQUE INDEX signature_of_org ON signature (org, id);"
        "CREATE INDEX signature_of_key ON signature (org, key, id);"
        "CREATE INDEX signature_of_policy ON signature (org, policy, id) WHERE policy IS NOT NULL;"
        "CREATE INDEX signature_of_verdict ON signature (org, verdict, id);"
        "CREATE UNIQUE INDEX signature_counter ON signature (epoch, counter) WHERE epoch IS NOT NULL;"
        "CREATE TABLE signature_count (org TEXT NOT NULL, verdict TEXT NOT NULL, n INTEGER NOT NULL,"
        " PRIMARY KEY (org, verdict)) STRICT, WITHOUT ROWID;"

        "CREATE TABLE ledger_entry (org TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, event_type TEXT NOT "
        "NULL,"
        " subject TEXT NOT NULL, key TEXT, created_ms INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (org, seq))"
        " STRICT, WITHOUT ROWID;"
        "CREATE UNIQUE INDEX ledger_entry_id ON ledger_entry (org, id);"
        "CREATE INDEX ledger_entry_of_type ON ledger_entry (org, event_type, seq);"
        "CREATE INDEX ledger_entry_of_subject ON ledger_entry (org, subject, seq);"
        "CREATE INDEX ledger_entry_of_key ON ledger_entry (org, key, seq) WHERE key IS NOT NULL;"
        "CREATE TABLE entry_note (entry TEXT NOT NULL, org TEXT NOT NULL, name TEXT NOT NULL, message TEXT, data TEXT,"
        " PRIMARY KEY (org, entry)) STRICT;"
        "CREATE TABLE ledger_node (org TEXT NOT NULL, level INTEGER NOT NULL, n INTEGER NOT NULL, hash BLOB NOT NULL,"
        " PRIMARY KEY (org, level, n)) STRICT, WITHOUT ROWID;"
        "CREATE TABLE ledger_head (org TEXT PRIMARY KEY REFERENCES org, last BLOB NOT NULL, tree BLOB NOT NULL)"
        " STRICT, WITHOUT ROWID;"
        "CREATE TABLE checkpoint (id TEXT NOT NULL, org TEXT NOT NULL REFERENCES org, size INTEGER NOT NULL,"
        " root BLOB NOT NULL, created_ms INTEGER NOT NULL, key TEXT NOT NULL, note TEXT NOT NULL, published TEXT NOT "
        "NULL,"
        " PRIMARY KEY (org, size)) STRICT;"
        "CREATE UNIQUE INDEX checkpoint_id ON checkpoint (org, id);"
        "CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'append only'); END;"
        "CREATE TRIGGER checkpoint_fixed BEFORE UPDATE OF id, org, size, root, created_ms, key ON checkpoint"
        " BEGIN SELECT RAISE(ABORT, 'append only'); END;" APPEND_ONLY("ledger_entry") APPEND_ONLY("entry_note")
            APPEND_ONLY("ledger_node");

/* Hybrid Attest: public keys of callers, challenges that are still to be answered, and what was attested. */
static const char version_3[] =
    "CREATE TABLE registered_key (id TEXT PRIMARY KEY, org TEXT NOT NULL REFERENCES org, algorithm TEXT NOT NULL,"
    " hash BLOB NOT NULL, chain TEXT NOT NULL, label TEXT, generated INTEGER NOT NULL, created_ms INTEGER NOT NULL,"
    " revoked_ms INTEGER NOT NULL DEFAULT 0, public_key BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    /* a key that was revoked stays so: its row holds the place */
    "CREATE UNIQUE INDEX registered_key_hash ON registered_key (org, hash);"
    "CREATE INDEX registered_key_of_org ON registered_key (org, id);"
    "CREATE TRIGGER registered_key_stays BEFORE DELETE ON registered_key BEGIN SELECT RAISE(ABORT, 'append only'); END;"
    "CREATE TABLE challenge (random BLOB PRIMARY KEY, org TEXT NOT NULL REFERENCES org, api_key TEXT NOT NULL,"
    " expires_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX challenge_end ON challenge (expires_ms);"
    "CREATE INDEX challenge_of_api_key ON challenge (api_key, expires_ms);"
    "CREATE TABLE hybrid_attestation (n INTEGER PRIMARY KEY, id TEXT NOT NULL, org TEXT NOT NULL REFERENCES org,"
    " key TEXT NOT NULL REFERENCES registered_key, chain TEXT NOT NULL, scheme TEXT NOT NULL, signer TEXT,"
    " countersignature TEXT, seq INTEGER NOT NULL, created_ms INTEGER NOT NULL, record TEXT NOT NULL,"
    " message BLOB NOT NULL, ecdsa_signature BLOB NOT NULL, ecdsa_public_key BLOB NOT NULL,"
    " pqc_signature BLOB NOT NULL, metadata TEXT) STRICT;"
    "CREATE UNIQUE INDEX hybrid_attestation_of_org ON hybrid_attestation (org, id);"
    "CREATE INDEX hybrid_attestation_of_key ON hybrid_attestation (org, key, id);"
    "CREATE TABLE hybrid_attestation_count (org TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    /* the key that countersigns them */
    "CREATE INDEX hybrid_key_countersigning ON hybrid_key (org, id) WHERE purpose = 'hybrid' AND status = 0;"
    /* what was attested stays */
    APPEND_ONLY("hybrid_attestation");

/* PQ Signer: what a signature needs, and in a row of its own what only a birth tells. A user_id is one key's for ever.
 */
static const char version_4[] =
    "CREATE TABLE pq_key (user_id TEXT PRIMARY KEY, org TEXT NOT NULL REFERENCES org, algorithm TEXT NOT NULL,"
    " kms_key TEXT NOT NULL, key_release TEXT NOT NULL, created_ms INTEGER NOT NULL, public_key BLOB NOT NULL,"
    " sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE pq_birth (user_id TEXT PRIMARY KEY REFERENCES pq_key, enclave_version TEXT NOT NULL,"
    " wrapped BLOB NOT NULL, document BLOB NOT NULL) STRICT;" APPEND_ONLY("pq_key") APPEND_ONLY("pq_birth");

const char *const cs_sql_versions[CS_STORE_VERSION + 1] = {[2] = version_2, [3] = version_3, [4] = version_4};
