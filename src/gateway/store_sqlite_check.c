/* SPDX-License-Identifier: Apache-2.0 */
/* The SQLite store: whether its ledgers are what they were. */
#include "gateway/store_sqlite.h"
#include "sys/log.h"

static cs_err check_ledger(cs_sqlite *c, const char *org, const cs_head *head)
{
    cs_digest last;
    cs_err err = CS_OK;
    cs_sqlite_call q = cs_sqlite_ask_on(c, CS_SQL_GET_ENTRY);
    cs_sqlite_str(&q, org);
    cs_sqlite_int(&q, (int64_t)head->tree.size - 1);
    if (cs_sqlite_next(&q) != CS_OK || cs_hash(&last, CS_SHA256, cs_sqlite_get(&q)) != CS_OK ||
        !cs_slice_eq(cs_digest_slice(&last), CS_ARRAY(head->last)))
        err = CS_CONFIG;
    cs_sqlite_end(&q);
    return err;
}

cs_err cs_sqlite_check_ledgers(cs_sqlite *c)
{
    cs_err err;
    cs_sqlite_call q = cs_sqlite_ask_on(c, CS_SQL_LIST_LEDGERS);
    while ((err = cs_sqlite_next(&q)) == CS_OK) {
        cs_head head;
        char org[CS_MAX_ID + 1];
        CS_SQLITE_GET(&q, org);
        q.column = 5;
        cs_sqlite_get_head(&q, &head);
        bool empty = cs_sqlite_column(q.st, q.column).p == NULL;
        uint64_t entries = empty ? 0 : (uint64_t)cs_sqlite_get_int(&q) + 1;
        if (q.err == CS_OK && entries == head.tree.size && (empty || check_ledger(c, org, &head) == CS_OK))
            continue;
        cs_log(CS_LOG_ERROR, NULL, "store: the ledger of %s does not fit its head", org);
        err = CS_CONFIG;
        break;
    }
    cs_sqlite_end(&q);
    return err == CS_NOT_FOUND ? CS_OK : err;
}
