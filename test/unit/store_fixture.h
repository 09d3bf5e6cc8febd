/* SPDX-License-Identifier: Apache-2.0 */
/* A store with one org in a temporary folder, and rows to put there. */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/store.h"

#define ORG "org_test"

/* Where CS_TEST_POSTGRES says how to reach a server, the store is there, in a schema of its own; else it is a file. */
struct store_fixture {
    char folder[64];
    char path[96];    /* the file … */
    char pepper[104]; /* … and what belongs to it */
    char place[512];  /* what opens the store: the same, or a server's address */
    cs_store *store;
};

static inline void store_fixture_sql(const char *server, const char *statement, const char *schema)
{
    char sql[256];
    (void)snprintf(sql, sizeof sql, statement, schema);
    PGconn *c = PQconnectdb(server);
    PGresult *r = PQexec(c, sql);
    if (PQresultStatus(r) != PGRES_COMMAND_OK)
        fail_msg("%s", PQerrorMessage(c));
    PQclear(r);
    PQfinish(c);
}

static inline bool store_fixture_is_file(void)
{
    return getenv("CS_TEST_POSTGRES") == NULL;
}

static inline void store_fixture_place(struct store_fixture *f)
{
    const char *server = getenv("CS_TEST_POSTGRES");
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/cs-store-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    (void)snprintf(f->path, sizeof f->path, "%s/store.db", f->folder);
    (void)snprintf(f->place, sizeof f->place, "%s", f->path);
    (void)snprintf(f->pepper, sizeof f->pepper, "%s.pepper", f->path);
    if (server == NULL)
        return;
    const char *schema = f->folder + strlen("/tmp/");
    store_fixture_sql(server, "CREATE SCHEMA \"%s\"", schema);
    (void)snprintf(f->place, sizeof f->place, "%s&options=-csearch_path%%3D%%22%s%%22", server, schema);
}

static inline void store_fixture_open(struct store_fixture *f)
{
    store_fixture_place(f);
    assert_int_equal(cs_store_create(f->place), CS_OK);
    assert_int_equal(cs_store_open(&f->store, f->place), CS_OK);
    assert_int_equal(cs_store_begin(f->store), CS_OK);
    cs_org_row orgs[] = {{.id = ORG, .name = "test", .host = "log.example", .created_ms = 1},
                         {.id = "org_other", .name = "other", .host = "log.example", .created_ms = 2, .publish = true}};
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(cs_store_put_org(f->store, &orgs[i]), CS_OK);
    assert_int_equal(cs_store_commit(f->store), CS_OK);
}

static inline void store_fixture_reopen(struct store_fixture *f)
{
    cs_store_close(f->store);
    f->store = NULL;
    assert_int_equal(cs_store_open(&f->store, f->place), CS_OK);
}

static inline void store_fixture_close(struct store_fixture *f)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", ".pepper"};
    cs_store_close(f->store);
    if (!store_fixture_is_file())
        store_fixture_sql(getenv("CS_TEST_POSTGRES"), "DROP SCHEMA \"%s\" CASCADE", f->folder + strlen("/tmp/"));
    for (size_t i = 0; i < 4; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s%s", f->path, suffixes[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(f->folder), 0);
}

/* One write, in a transaction of its own that ends as the result says. */
#define WRITE(f, expression, want)                                                                                     \
    do {                                                                                                               \
        cs_err write_want = (want);                                                                                    \
        assert_int_equal(cs_store_begin((f)->store), CS_OK);                                                           \
        assert_int_equal((expression), write_want);                                                                    \
        if (write_want == CS_OK)                                                                                       \
            assert_int_equal(cs_store_commit((f)->store), CS_OK);                                                      \
        else                                                                                                           \
            cs_store_rollback((f)->store);                                                                             \
    } while (0)

/* Freed by the caller. */
static inline cs_key_row key_row(const char *id, const char *name)
{
    cs_key_row k = cs_key_row_new();
    k.alg = cs_alg_find(CS_LIT("mldsa65+ed25519"));
    k.format = CS_FORMAT_COMPOSITE;
    k.status = CS_KEY_ACTIVE;
    (void)snprintf(k.id, sizeof k.id, "%s", id);
    (void)snprintf(k.org, sizeof k.org, "%s", ORG);
    (void)snprintf(k.name, sizeof k.name, "%s", name);
    (void)snprintf(k.purpose, sizeof k.purpose, "sign");
    (void)snprintf(k.environment, sizeof k.environment, "production");
    (void)snprintf(k.kek_provider, sizeof k.kek_provider, "env");
    (void)snprintf(k.key_provider, sizeof k.key_provider, "managed");
    (void)snprintf(k.pq_provider, sizeof k.pq_provider, "managed");
    (void)snprintf(k.key_release, sizeof k.key_release, "local");
    k.created_ms = 5;
    k.record_sha256[0] = 7;
    cs_buf_add(&k.public_key, CS_LIT("public"));
    cs_buf_add(&k.sealed, CS_LIT("sealed"));
    cs_buf_add(&k.birth, CS_LIT("birth"));
    cs_buf_add(&k.metadata, CS_LIT("{\"a\":1}"));
    return k;
}

static inline cs_signature_row signature_row(const char *id, const char *key_id, const char *epoch, int64_t counter)
{
    return (cs_signature_row){.id = id,
                              .key_id = key_id,
                              .payload_digest = CS_LIT("sha256:00"),
                              .payload_size = 1,
                              .signature = CS_LIT("signature"),
                              .document = CS_LIT("document"),
                              .nonce = CS_LIT("nonce..."),
                              .verdict = "absent",
                              .epoch = epoch,
                              .counter = counter};
}

#endif
