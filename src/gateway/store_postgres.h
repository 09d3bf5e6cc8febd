/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the PostgreSQL store share. Nobody else includes it.
 *
 * Every statement is one of store_statements.c, written for this engine (cs_postgres_text). Nothing is kept in a
 * session that a pooler in transaction mode would lose, but for prepared statements, and those are given up as soon as
 * one is found missing. An answer is waited for until a deadline; a connection that misses it is closed.
 */
#ifndef CS_GATEWAY_STORE_POSTGRES_H
#define CS_GATEWAY_STORE_POSTGRES_H

#include <libpq-fe.h>

#include "gateway/store_sql.h"

#define CS_POSTGRES_PARAMETERS 24
#define CS_POSTGRES_CONNECT_S "3"
#define CS_POSTGRES_ANSWER_US 10000000
#define CS_POSTGRES_LONG_US 600000000 /* for what goes through whole tables */
#define CS_POSTGRES_LOOK_US 1000000   /* for the one that looks: nothing is remembered for long */
#define CS_POSTGRES_RETRY_US 1000000  /* between two tries of readers to connect */
#define CS_POSTGRES_NAME 24
#define CS_POSTGRES_QUEUE 512

typedef struct cs_postgres {
    cs_store *store;
    PGconn *conn;        /* NULL or broken: it is made anew when it is needed next */
    int64_t patience_us; /* an answer takes no longer */
    bool warned;         /* the server gave a warning */
    bool prepared[CS_SQL_COUNT];
    bool hurries;                          /* changes of this transaction may be answered later, together */
    size_t queued;                         /* changes that were sent and not answered … */
    cs_statement queue[CS_POSTGRES_QUEUE]; /* … and which they are */
} cs_postgres;

/* What all connections of a store share. */
typedef struct cs_postgres_shared {
    char *url;
    char *texts[CS_SQL_COUNT];
    char names[CS_SQL_COUNT][CS_POSTGRES_NAME]; /* of what is prepared; another text has another one */
    atomic_bool unprepared;                     /* a pooler in between loses prepared statements */
    cs_postgres of[2 + CS_STORE_READERS];       /* the writer, the one that looks, the readers */
    atomic_int_fast64_t failed_us;              /* when a reader could not connect; 0: the last one could */
    uint64_t self;                              /* number of this gateway among the others, random */
    int64_t said_us;                            /* when it last said that it is there */
} cs_postgres_shared;

/* store_postgres_text.c: a statement, or the tables of a version, as this engine has it. NULL: no memory. Freed by the
 * caller. */
char *cs_postgres_text(const char *sql);

/* store_postgres.c */
extern const cs_sql_driver cs_postgres_driver;
CS_MUST_CHECK cs_err cs_postgres_connect(cs_postgres *p);
void cs_postgres_disconnect(cs_postgres *p);
/* One or more statements without parameters or answer. */
CS_MUST_CHECK cs_err cs_postgres_do(cs_postgres *p, const char *sql);
/* First value of the only row, copied; "" if there is none. */
CS_MUST_CHECK cs_err cs_postgres_value(char *out, size_t size, cs_postgres *p, const char *sql);

#endif
