/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request on its way through the business code: the parts of the gateway, who asks, and what goes wrong.
 *
 * A handler reads the request, does its work straight through, and writes the members of the answer's object ("data",
 * for listings also "pagination"). If it returns an error, what it wrote is thrown away and the envelope of the error
 * is sent, with the member or parameter behind it and, where there is one, the reason of a verdict.
 *
 * Whatever a handler changes it changes with cs_call_commit, which also writes the answer: so the answer can be kept
 * with the change, and a client that asks again under the same idempotency key gets it again.
 */
#ifndef CS_GATEWAY_CALL_H
#define CS_GATEWAY_CALL_H

#include <semaphore.h>
#include <stdatomic.h>

#include "core/json.h"
#include "gateway/auth.h"
#include "gateway/away_keys.h"
#include "gateway/checkpoints.h"
#include "gateway/commit.h"
#include "gateway/envelope.h"
#include "gateway/http.h"
#include "gateway/idempotency.h"
#include "gateway/identity.h"
#include "gateway/keyring.h"
#include "gateway/metrics.h"
#include "gateway/pq_door.h"
#include "gateway/query.h"
#include "gateway/rate.h"
#include "gateway/signer.h"

/* The gateway's parts; they live as long as the process. */
typedef struct cs_app {
    cs_store *store;
    cs_commit *commit;
    cs_idempotency *idempotency;
    cs_signer *signer;
    cs_introducer *introducer;
    cs_keyring *keyring;
    cs_checkpoints *checkpoints;
    struct cs_rules *rules;         /* rules.h */
    struct cs_alarm *alarm;         /* alarm.h */
    struct cs_fellows *fellows;     /* fellows.h; NULL: no other gateway uses the store */
    struct cs_hybrid_cache *hybrid; /* hybrid_cache.h */
    struct cs_pinned *pinned;       /* pinned.h */
    cs_auth auth;
    cs_metrics *metrics;
    cs_chain_cache *chains;    /* of the evidence that was judged: an enclave shows the same for hours */
    cs_rate *rate, *addresses; /* of API keys, of where requests come from; NULL: no limit */
    sem_t crypto;              /* for verifications: as many at once as there are processors */
    bool tls;                  /* clients reach it through TLS */
    sem_t batches;             /* CS_MAX_BATCHES */
    atomic_int waiting_batches;
    bool allow_mock; /* development: the vendor mock is acceptable */
    bool dashboard;  /* its files are served */
    cs_pq_door pq;
    cs_away_keys away;
} cs_app;

typedef struct cs_call {
    cs_app *app;
    const cs_http_request *rq;
    cs_http_response *rs; /* for what is not JSON: content type, caching, streams, on raw routes the body */
    cs_caller caller;     /* empty on open routes */
    cs_slice id;          /* the segment that stands for ":id", on routes that have one */
    cs_slice rest;        /* the segments that stand for "*", on routes that have them */
    cs_claim *claim;      /* NULL without an idempotency key */
    bool hybrid;          /* the answer goes in the envelope of the Hybrid Attest door … */
    bool pq;              /* … or of the PQ Signer door, which tells an error after this … */
    bool looked_up;       /* … (the request was well formed, its key is looked for) from one before */
    int pq_kind;          /* cs_pq_kind, as far as the request was read */
    bool secret_answer;   /* set before cs_call_commit: the answer holds a secret and must not be kept */
    int64_t deadline_us;  /* when the answer has to be there (cs_tick_us clock) */
    int status;           /* out: of a success; 200 */
    cs_fault fault;       /* out: the error and the member behind it */
    cs_err reason;        /* out: why an attestation was refused */
    cs_violated violated; /* out: the vault policy that refused */
} cs_call;

/* The realm that the caller works in: what every record, ledger and sealed key of a request belongs to. */
cs_slice cs_call_org(const cs_call *c);

/* Records an error and returns it. */
cs_err cs_call_fail(cs_call *c, cs_err err, const char *field);

/* Whether the caller may have to do with this key of its realm; if not, the answer is CS_NOT_FOUND. */
bool cs_call_may_use(const cs_call *c, const char *key_id);

/* Adds a header field to the answer, whatever becomes of it; a value is at most 255 bytes. */
void cs_call_header(cs_call *c, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Parses the body as an object; `json` is freed by the caller whatever was returned. CS_BAD_MEDIA_TYPE, CS_BAD_JSON. */
CS_MUST_CHECK cs_err cs_call_body(cs_call *c, cs_json **json, cs_jobj *o);
/* The same where no body stands for an empty object. */
CS_MUST_CHECK cs_err cs_call_body_opt(cs_call *c, cs_json **json, cs_jobj *o);
/* The whole of it where no member is known: no body or an empty object. */
CS_MUST_CHECK cs_err cs_call_body_empty(cs_call *c);
/* Ends the reading of the body: the first thing that was wrong with it. */
CS_MUST_CHECK cs_err cs_call_body_done(cs_call *c, cs_jobj *o);
/* An optional metadata object, in canonical form, appended to `out`. */
void cs_call_metadata(cs_jobj *o, cs_buf *out);
/* The metadata as an entry has it: nothing, or "metadataSha256". */
void cs_call_metadata_digest(cs_jw *w, const cs_buf *metadata);

/* Reads limit and cursor of a listing and sets the page up; the caller reads its filters from `q` and ends it. */
void cs_call_page(cs_call *c, cs_query *q, cs_page *page, char before[CS_MAX_ID + 1], const char *route);
/* Writes "pagination" behind "data". */
void cs_call_pagination(const cs_call *c, cs_jw *w, const cs_page *page, const char *route);

/* Waits for one of as many places as there are processors, for work that only computes; and leaves it. */
void cs_call_compute(cs_call *c);
void cs_call_computed(cs_call *c);

/* Writes "data" (and nothing else) from writes that have their outcome. It may be called several times, also by another
 * thread while this one waits, and writes the same each time; an error that it sets in w->out undoes the writes. */
typedef void (*cs_answer_fn)(void *context, cs_jw *w);

/* Commits 1 to CS_MAX_GROUP writes in the name of the caller, all of them or none, and writes the answer; org and actor
 * are filled in. Without an `answer` it only commits: records of refusals, and what is answered later. The error is
 * that of the first write that was refused, as cs_commit_write has it. */
CS_MUST_CHECK cs_err cs_call_commit(cs_call *c, cs_jw *w, cs_write *writes, size_t n, cs_answer_fn answer,
                                    void *context);

/* The same for several requests at once, 1 to CS_MAX_ROUND, each with its own error and its own transaction's fate. */
typedef struct cs_call_change {
    cs_call *call;
    cs_jw *w;
    cs_write *writes;
    size_t n;
    cs_answer_fn answer;
    void *context;
    cs_err err; /* out */
} cs_call_change;
void cs_call_commit_all(cs_call_change *changes, size_t n);

/* The same where every write stands for itself: CS_OK, and each has its own error, of which the answer tells. */
CS_MUST_CHECK cs_err cs_call_commit_each(cs_call *c, cs_jw *w, cs_write *writes, size_t n, cs_answer_fn answer,
                                         void *context);

#endif
