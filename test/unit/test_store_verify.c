/* SPDX-License-Identifier: Apache-2.0 */
/* zone: gateway */
/* A store that was changed in the file: reading it back finds what is wrong, and says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>

#include "gateway/commit.h"
#include "sys/log.h"

#include "ledger_fixture.h"

static struct store_fixture f;

static int open_all(void **state)
{
    (void)state;
    cs_log_open("test", CS_LOG_ERROR);
    store_fixture_open(&f);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    store_fixture_close(&f);
    return 0;
}

/* -- a store with something of everything ---------------------------------------------------------------------------
 */

static void add_hash(cs_buf *data, const char *member, cs_slice bytes)
{
    cs_digest d;
    cs_jw w = {.out = data, .comma = data->n > 1};
    assert_int_equal(cs_hash(&d, CS_SHA256, bytes), CS_OK);
    cs_jw_hex(&w, member, "sha256:", cs_digest_slice(&d));
}

static cs_key_row good_key(const char *id, const char *name)
{
    cs_key_row k = key_row(id, name);
    cs_digest d;
    assert_int_equal(cs_hash(&d, CS_SHA256, cs_buf_slice(&k.sealed)), CS_OK);
    memcpy(k.record_sha256, d.b, sizeof k.record_sha256);
    (void)snprintf(k.policy_id, sizeof k.policy_id, "pol_1");
    return k;
}

static void write_one(cs_commit *c, cs_write w)
{
    w.org = CS_LIT(ORG);
    w.actor_id = CS_LIT("ak_1");
    if (w.data.p == NULL)
        w.data = CS_LIT("{}");
    assert_int_equal(cs_commit_write(c, &w, 1, NULL), CS_OK);
}

static void put_policy(cs_commit *c)
{
    cs_policy_row p = cs_policy_row_new();
    cs_digest d;
    (void)snprintf(p.id, sizeof p.id, "pol_1");
    (void)snprintf(p.org, sizeof p.org, ORG);
    (void)snprintf(p.vendor, sizeof p.vendor, "mock");
    p.version = 1;
    cs_buf_add_str(&p.canonical, "{}");
    assert_int_equal(cs_hash(&d, CS_SHA256, cs_buf_slice(&p.canonical)), CS_OK);
    memcpy(p.hash, d.b, sizeof p.hash);
    write_one(c, (cs_write){.event_type = "attestation_policy.created", .subject_id = CS_LIT("pol_1"), .policy = &p});
    cs_policy_row_free(&p);
}

static void put_keys(cs_commit *c)
{
    static const char *const ids[] = {"key_1", "key_2", "key_3"};
    for (size_t i = 0; i < 3; i++) {
        cs_key_row k = good_key(ids[i], ids[i]);
        write_one(c, (cs_write){.event_type = "key.created", .subject_id = cs_slice_str(ids[i]), .key = &k});
        cs_key_row_free(&k);
    }
    write_one(c, (cs_write){.event_type = "key.revoked", .subject_id = CS_LIT("key_3"), .revoke = "key_3"});
    cs_key_row next = good_key("key_4", "key_2");
    cs_lineage_row link = cs_lineage_row_new();
    (void)snprintf(next.predecessor, sizeof next.predecessor, "key_2");
    (void)snprintf(link.predecessor, sizeof link.predecessor, "key_2");
    (void)snprintf(link.successor, sizeof link.successor, "key_4");
    cs_buf_add_str(&link.statement, "{}");
    cs_buf_add_str(&link.signature, "signature");
    cs_buf_add_str(&link.document, "document");
    cs_rotation rotation = {.successor = &next, .link = &link};
    write_one(c, (cs_write){.event_type = "key.rotated", .subject_id = CS_LIT("key_4"), .rotation = &rotation});
    cs_lineage_row_free(&link);
    cs_key_row_free(&next);
}

static void put_signatures(cs_commit *c)
{
    cs_digest policy_hash;
    assert_int_equal(cs_hash(&policy_hash, CS_SHA256, CS_LIT("{}")), CS_OK);
    for (int i = 0; i < 4; i++) {
        char id[8];
        (void)snprintf(id, sizeof id, "sig_%d", i);
        cs_signature_row g = signature_row(id, "key_1", NULL, 0);
        cs_buf data = cs_buf_new(4096);
        g.policy_id = i % 2 == 0 ? "pol_1" : NULL;
        g.policy_version = 1;
        g.policy_hash = policy_hash.b;
        g.verdict = i % 2 == 0 ? "pass" : "absent";
        cs_buf_add_str(&data, "{");
        add_hash(&data, "sigSha256", g.signature);
        add_hash(&data, "documentSha256", g.document);
        cs_buf_add_str(&data, "}");
        write_one(c, (cs_write){.event_type = i % 2 == 0 ? "signature.attested" : "signature.issued",
                                .subject_id = cs_slice_str(id),
                                .key_id = CS_LIT("key_1"),
                                .data = cs_buf_slice(&data),
                                .signature = &g});
        cs_buf_free(&data);
    }
}

static void put_registered(cs_commit *c, const char *id, uint8_t tag)
{
    cs_registered_row k = {.algorithm = "ml-dsa-44", .chain = "ethereum", .created_ms = 1, .public_key_len = 2};
    cs_registration r = {.key = &k};
    (void)snprintf(k.id, sizeof k.id, "%s", id);
    (void)snprintf(k.org, sizeof k.org, ORG);
    k.public_key[0] = k.hash[0] = tag;
    write_one(c, (cs_write){.event_type = "hybrid_attestation.key_registered",
                            .subject_id = cs_slice_str(id),
                            .registration = &r});
}

static void put_hybrids(cs_commit *c)
{
    cs_buf record = cs_buf_new(4096), data = cs_buf_new(4096);
    put_registered(c, "pqk_1", 1);
    put_registered(c, "pqk_2", 2);
    write_one(c, (cs_write){.event_type = "hybrid_attestation.key_revoked",
                            .subject_id = CS_LIT("pqk_2"),
                            .revoke_registered = "pqk_2"});
    cs_hybrid_row h = {.id = "att_1",
                       .key_id = "pqk_1",
                       .chain = "ethereum",
                       .scheme = "eip191",
                       .countersignature = "sig_0",
                       .created_ms = 1,
                       .message = CS_LIT("message"),
                       .ecdsa_signature = CS_LIT("first"),
                       .ecdsa_public_key = CS_LIT("key"),
                       .pqc_signature = CS_LIT("second"),
                       .metadata = CS_LIT("{}")};
    cs_buf_add_str(&record, "{");
    add_hash(&record, "messageSha256", h.message);
    add_hash(&record, "ecdsaSignatureSha256", h.ecdsa_signature);
    add_hash(&record, "pqcSignatureSha256", h.pqc_signature);
    add_hash(&record, "pqcPublicKeySha256", CS_LIT("\1\0"));
    add_hash(&record, "metadataSha256", h.metadata);
    cs_buf_add_str(&record, "}");
    h.record = cs_buf_slice(&record);
    cs_buf_add_str(&data, "{");
    add_hash(&data, "recordSha256", h.record);
    cs_buf_add_str(&data, "}");
    write_one(c, (cs_write){.event_type = "hybrid_attestation.created",
                            .subject_id = CS_LIT("att_1"),
                            .data = cs_buf_slice(&data),
                            .hybrid = &h});
    cs_buf_free(&record);
    cs_buf_free(&data);
}

static void put_pq_key(cs_commit *c)
{
    char subject[80];
    cs_buf data = cs_buf_new(4096), text = CS_BUF_OVER(subject);
    const cs_pq_key_row k = {.user_id = CS_LIT("u"),
                             .algorithm = "ML-DSA-44",
                             .kms_key = "arn",
                             .key_release = CS_LIT("relayed"),
                             .created_ms = 1,
                             .public_key = CS_LIT("public"),
                             .sealed = CS_LIT("sealed"),
                             .enclave_version = CS_LIT("0.1.0"),
                             .wrapped = CS_LIT("wrapped"),
                             .birth = CS_LIT("birth")};
    cs_buf_add_str(&data, "{");
    add_hash(&data, "publicKeySha256", k.public_key);
    add_hash(&data, "sealedSha256", k.sealed);
    add_hash(&data, "birthSha256", k.birth);
    cs_buf_add_str(&data, "}");
    cs_buf_add_str(&text, "sha256:0bfe935e70c321c7ca3afc75ce0d0ca2f98b5422e008bb31c00c6d7f1f1c0ad6"); /* of "u" */
    write_one(c, (cs_write){.event_type = "pq_signer.key_created",
                            .subject_id = cs_buf_slice(&text),
                            .data = cs_buf_slice(&data),
                            .pq_key = &k});
    cs_buf_free(&data);
}

static void build(void)
{
    cs_commit *c = NULL;
    cs_entry_note note = {.name = CS_LIT("note")};
    assert_int_equal(cs_commit_open(&c, f.store), CS_OK);
    put_policy(c);
    put_keys(c);
    ledger_put_checkpoint(f.store, "cp_1", ORG);
    put_signatures(c);
    write_one(c, (cs_write){.event_type = "custom.event", .subject_id = CS_LIT(""), .note = &note});
    ledger_put_checkpoint(f.store, "cp_2", ORG);
    put_hybrids(c);
    put_pq_key(c);
    cs_commit_close(c);
    ledger_put_entries(f.store, "org_other", 3);
    cs_store_close(f.store);
    f.store = NULL;
}

/* -- meddling --------------------------------------------------------------------------------------------------------
 */

static void meddle(const char *sql)
{
    sqlite3 *db = NULL;
    char *error = NULL;
    assert_int_equal(sqlite3_open(f.path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
        fail_msg("%s: %s", sql, error);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static cs_err verify_caught(cs_store_tally *found, char log[8192])
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/log", f.folder);
    int saved = dup(2), fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    assert_true(saved >= 0 && fd >= 0 && dup2(fd, 2) >= 0);
    cs_err err = cs_store_verify(found, f.path);
    assert_true(dup2(saved, 2) >= 0);
    ssize_t n = pread(fd, log, 8191, 0);
    log[n > 0 ? n : 0] = '\0';
    (void)close(saved);
    (void)close(fd);
    (void)unlink(path);
    return err;
}

static void test_a_good_store(void **state)
{
    (void)state;
    cs_store_tally found;
    char log[8192];
    build();
    assert_int_equal(verify_caught(&found, log), CS_OK);
    assert_string_equal(log, "");
    assert_int_equal(found.problems, 0);
    assert_int_equal(found.keys, 5);
    assert_int_equal(found.signatures, 4);
    assert_int_equal(found.entries, 19);
    assert_int_equal(cs_store_open(&f.store, f.path), CS_OK);
    assert_int_equal(cs_store_verify(&found, f.path), CS_CONFLICT);
    assert_true(found.problems > 0);
    assert_int_equal(cs_store_verify(&found, "/nowhere/store.db"), CS_CONFIG);
}

#define UNLOCK                                                                                                         \
    "DROP TRIGGER ledger_entry_stays; DROP TRIGGER ledger_entry_fixed; DROP TRIGGER ledger_node_stays;"                \
    "DROP TRIGGER ledger_node_fixed; DROP TRIGGER checkpoint_stays; DROP TRIGGER checkpoint_fixed;"                    \
    "DROP TRIGGER key_lineage_stays; DROP TRIGGER key_lineage_fixed; DROP TRIGGER entry_note_fixed;"                   \
    "DROP TRIGGER hybrid_attestation_stays; DROP TRIGGER hybrid_attestation_fixed; DROP TRIGGER registered_key_stays;" \
    "DROP TRIGGER pq_key_stays; DROP TRIGGER pq_key_fixed; DROP TRIGGER pq_birth_stays; DROP TRIGGER pq_birth_fixed;"

static void test_what_is_wrong_is_found(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *says;
    } cases[] = {
        /* ledgers, also before the last checkpoint */
        {"UPDATE ledger_entry SET bytes = CAST(replace(CAST(bytes AS TEXT), 'ak_1', 'ak_2') AS BLOB) WHERE seq = 1",
         "ledger of org_test, entry 1: "},
        {"UPDATE ledger_entry SET event_type = 'x' WHERE seq = 1 AND org = 'org_test'",
         "ledger of org_test, entry 1: "},
        {"UPDATE ledger_entry SET key = 'key_2' WHERE seq = 8 AND org = 'org_test'",
         "org_test: sig_2: a signature without"},
        {"DELETE FROM ledger_entry WHERE seq = 2 AND org = 'org_test'", "ledger of org_test, entry 2: is missing"},
        {"DELETE FROM ledger_entry WHERE org = 'org_other'", "ledger of org_other, entry 0: is missing"},
        {"UPDATE ledger_node SET hash = zeroblob(32) WHERE n = 0", "ledger of org_test, entry 0: is not the one"},
        {"UPDATE checkpoint SET root = zeroblob(32) WHERE id = 'cp_1'", "ledger of org_test, entry 6: the checkpoint"},
        {"UPDATE checkpoint SET note = replace(note, 'org_test', 'org_tess') WHERE id = 'cp_1'", "entry 6: the check"},
        {"UPDATE ledger_head SET last = zeroblob(32) WHERE org = 'org_test'", "ledger of org_test, entry 16: the head"},
        {"UPDATE ledger_entry SET org = 'org_x' WHERE org = 'org_other'", "org_x: 2: a ledger of no org"},
        /* signatures */
        {"DELETE FROM signature WHERE id = 'sig_1'", "an entry without its signature"},
        {"UPDATE signature SET seq = 9 WHERE id = 'sig_1'", "org_test: sig_1: a signature without its entry"},
        {"UPDATE signature SET signature = x'00' WHERE id = 'sig_2'", "org_test: sig_2: signature or document"},
        {"UPDATE signature SET document = 'x' WHERE id = 'sig_2'", "org_test: sig_2: signature or document"},
        {"UPDATE signature SET policy_version = 2 WHERE id = 'sig_2'", "org_test: sig_2: the policy that it"},
        {"UPDATE signature SET policy_hash = x'00' WHERE id = 'sig_2'", "org_test: sig_2: the policy that it"},
        {"UPDATE signature SET key = 'key_9' WHERE id = 'sig_2'", "org_test: sig_2: a signature of no key"},
        {"UPDATE signature_count SET n = 7 WHERE verdict = 'pass'", "org_test: pass: signatures are not counted right"},
        /* keys */
        {"UPDATE key_material SET sealed = NULL WHERE key = 'key_1'", "org_test: key_1: its sealed record is missing"},
        {"UPDATE key_material SET sealed = x'00' WHERE key = 'key_2'", "org_test: key_2: its sealed record is not"},
        {"DELETE FROM key_material WHERE key = 'key_1'", "org_test: key_1: its sealed record is missing"},
        {"UPDATE key_material SET public_key = x'' WHERE key = 'key_1'", "org_test: key_1: its public key is missing"},
        {"UPDATE key_material SET sealed = x'00' WHERE key = 'key_3'", "org_test: key_3: revoked, and its sealed"},
        {"UPDATE hybrid_key SET status = 0 WHERE id = 'key_3'", "org_test: key_3: the ledger says that it is revoked"},
        {"UPDATE hybrid_key SET status = 3 WHERE id = 'key_1'", "org_test: key_1: revoked without an entry"},
        {"INSERT INTO hybrid_key SELECT 'key_9', org, 'n', algorithm, format, status, purpose, environment,"
         " kek_provider, key_provider, pq_provider, key_release, policy, birth_verified, record_sha256, NULL, NULL, 1,"
         " 1, 0, 0 FROM hybrid_key WHERE id = 'key_1'",
         "org_test: key_9: a key without the entry of its birth"},
        {"DELETE FROM key_lineage", "org_test: key_2: a key without its successor"},
        /* policies */
        {"UPDATE attestation_policy_version SET canonical = '{\"a\":1}'", "org_test: pol_1: the policy is not the one"},
        {"UPDATE attestation_policy SET version = 2", "org_test: pol_1: a policy without its newest version"},
        {"UPDATE attestation_policy SET deleted_ms = 2", "org_test: key_1: its policy is not there"},
        /* Hybrid Attest */
        {"DELETE FROM hybrid_attestation", "an entry without its attestation"},
        {"UPDATE hybrid_attestation SET seq = 12", "org_test: att_1: an attestation without its entry"},
        {"UPDATE hybrid_attestation SET record = '{}'", "org_test: att_1: the pair or its record"},
        {"UPDATE hybrid_attestation SET message = x'00'", "org_test: att_1: the pair or its record"},
        {"UPDATE hybrid_attestation SET ecdsa_signature = x'00'", "org_test: att_1: the pair or its record"},
        {"UPDATE hybrid_attestation SET pqc_signature = x'00'", "org_test: att_1: the pair or its record"},
        {"UPDATE hybrid_attestation SET metadata = NULL", "org_test: att_1: the pair or its record"},
        {"UPDATE hybrid_attestation SET metadata = '{ }'", "org_test: att_1: the pair or its record"},
        {"UPDATE registered_key SET public_key = x'00' WHERE id = 'pqk_1'", "org_test: att_1: the pair or its record"},
        {"UPDATE hybrid_attestation SET countersignature = 'sig_9'",
         "org_test: att_1: an attestation without its count"},
        {"UPDATE hybrid_attestation_count SET n = 2", "org_test: 2: attestations are not counted right"},
        {"UPDATE registered_key SET id = 'pqk_9' WHERE id = 'pqk_2'", "org_test: pqk_9: a registered key without its"},
        {"UPDATE registered_key SET revoked_ms = 0", "ledger of org_test, entry 13: revoked a registered key"},
        {"UPDATE registered_key SET revoked_ms = 1", "org_test: pqk_1: revoked without an entry that says so"},
        /* PQ Signer */
        {"UPDATE pq_key SET sealed = x'00'",
         "org_test: sha256:0bfe935e70c321c7ca3afc75ce0d0ca2f98b5422e008bb31c00c6d7f"},
        {"UPDATE pq_key SET public_key = x'00'", "the PQ Signer key is not the one"},
        {"UPDATE pq_key SET org = 'org_other'", "org_other: sha256:0bfe935e70c321c7ca3afc75ce0d0ca2f98b5422e008bb31"},
        {"UPDATE pq_birth SET document = x'00'", "the PQ Signer key is not the one"},
        {"DELETE FROM pq_birth", "the PQ Signer key is not the one"},
        {"UPDATE pq_birth SET user_id = 'v'; UPDATE pq_key SET user_id = 'v'",
         "org_test: sha256:4c94485e0c21ae6c41ce1dfe7b6bfaceea5ab68e40a2476f50208e526f506080"},
        /* the database */
        {"UPDATE entry_note SET entry = 'ent_x'", "org_test: ent_x: kept beside an entry that is not there"},
        {"UPDATE hybrid_key SET org = 'org_x' WHERE id = 'key_2'", "database: hybrid_key: a row refers to one"},
        {"PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'signature_of_key'", "database"},
    };
    char good[128], log[8192], command[512];
    build();
    (void)snprintf(good, sizeof good, "%s/good", f.folder);
    (void)snprintf(command, sizeof command, "cp %s %s", f.path, good);
    assert_int_equal(system(command), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cs_store_tally found;
        char sql[2048];
        (void)snprintf(command, sizeof command, "rm -f %s-wal %s-shm && cp %s %s", f.path, f.path, good, f.path);
        assert_int_equal(system(command), 0);
        (void)snprintf(sql, sizeof sql, UNLOCK "%s", cases[i].sql);
        meddle(sql);
        cs_err err = verify_caught(&found, log);
        if (err != CS_OK || found.problems == 0 || strstr(log, cases[i].says) == NULL)
            fail_msg("%s gives %d, %s", cases[i].sql, (int)err, log);
    }
    (void)unlink(good);
}

/* Bytes that fell over: no page of the file can be changed without being found. */
static void test_flipped_bytes(void **state)
{
    (void)state;
    char log[8192];
    build();
    int fd = open(f.path, O_RDWR);
    assert_true(fd >= 0);
    off_t size = lseek(fd, 0, SEEK_END);
    int found_count = 0, tried = 0;
    uint8_t page_size[2];
    assert_int_equal(pread(fd, page_size, sizeof page_size, 16), sizeof page_size);
    const off_t page = page_size[0] << 8 | page_size[1];
    for (off_t at = page + 3; at < size; at += page) { /* in the head of each page but the first */
        uint8_t byte, other;
        cs_store_tally found;
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        other = byte ^ 0x40;
        assert_int_equal(pwrite(fd, &other, 1, at), 1);
        cs_err err = verify_caught(&found, log);
        tried++;
        found_count += err != CS_OK || found.problems > 0;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    assert_int_equal(close(fd), 0);
    assert_true(tried > 10);
    assert_int_equal(found_count, tried);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_good_store, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_what_is_wrong_is_found, open_all, close_all),
        cmocka_unit_test_setup_teardown(test_flipped_bytes, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
