/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to the enclaves: one frame out to one of the agents and one reply in before a deadline, one request on a
 * connection at a time. A connection on which anything went wrong is closed, so no late answer can meet another
 * request. Where an agent breaks off, or has no enclave, another one is asked; a request is recorded by who asks here,
 * once, whatever was done on the way.
 *
 * It also keeps the highest operation counters that verified documents have shown (marks.h).
 */
#ifndef CS_GATEWAY_SIGNER_H
#define CS_GATEWAY_SIGNER_H

#include "core/message.h"
#include "gateway/agents.h"
#include "gateway/marks.h"
#include "gateway/metrics.h"

typedef struct cs_signer cs_signer;

/* `address` of the one agent, of this machine, as for cs_stream_connect, or NULL: they are told later; `mark` is what
 * the store remembers. Connects when first asked. CS_CONFIG, CS_NO_MEMORY. */
CS_MUST_CHECK cs_err cs_signer_open(cs_signer **out, const char *address, const cs_counter_mark *mark);
/* As cs_agents_set, at any time. */
CS_MUST_CHECK cs_err cs_signer_set_agents(cs_signer *s, const cs_agent_place *places, size_t n,
                                          const cs_channel_tls_config *tls);
/* Measures how long signatures take from now on. Before there are requests; `metrics` outlives the signer. */
void cs_signer_measure(cs_signer *s, cs_metrics *metrics);
void cs_signer_close(cs_signer *s); /* NULL is fine */

/* A reply and the memory behind it; freed by the caller whatever was returned. */
typedef struct cs_answer {
    cs_reply reply;
    cs_frame_in in;
    cs_buf json;
    cs_marks_view before; /* had been seen when the request went out */
} cs_answer;
void cs_signer_free_answer(cs_answer *a);

/* Asks and waits for the reply until `deadline_us` (cs_tick_us clock). A LedgerSign is asked of one agent after the
 * other, until it is not the wrong enclave's; a Forget must reach all of them. CS_ENCLAVE_UNAVAILABLE: nobody there, no
 * answer in time, or bytes that are no answer; else the enclave's own refusal. */
CS_MUST_CHECK cs_err cs_signer_ask(cs_signer *s, cs_answer *out, const cs_request *request, int64_t deadline_us);
/* The same of the n-th agent, from 0, and of nobody else. CS_NOT_FOUND: there are not as many; for a Boot of a certain
 * enclave, not as many enclaves behind it. CS_REMOTE_UNREACHABLE: nobody listens there. */
CS_MUST_CHECK cs_err cs_signer_ask_agent(cs_signer *s, cs_answer *out, const cs_request *request, size_t n,
                                         int64_t deadline_us);

/* The same in two steps, so that one thread can have several requests under way, each on a connection of its own.
 * What was sent is received once, whatever comes of it. Both give the errors of cs_signer_ask. `asked` begins as
 * {0}; where `again` is set after cs_signer_receive, the request may be sent once more, which goes to another agent. */
typedef struct cs_asked {
    cs_message_type type;
    size_t item_count; /* of a group: as many are answered, each with its own error, as those of cs_signer_ask */
    uint32_t tried;    /* agents */
    bool again;
    cs_agent_way way;
    int64_t from_us;
    cs_marks_view before;
} cs_asked;
CS_MUST_CHECK cs_err cs_signer_send(cs_signer *s, cs_asked *asked, const cs_request *request, int64_t deadline_us);
CS_MUST_CHECK cs_err cs_signer_receive(cs_signer *s, cs_answer *out, cs_asked *asked, int64_t deadline_us);

/* Has the agent seal a secret of 1..CS_SECRET_CAP bytes under its own key, bound to org and name; appends the sealed
 * form. Only the agent can open it. CS_SEALING_NOT_AVAILABLE, CS_ENCLAVE_UNAVAILABLE (no agent), CS_TOO_LARGE. */
CS_MUST_CHECK cs_err cs_signer_seal_secret(cs_signer *s, cs_buf *sealed, cs_slice org, cs_slice name, cs_slice secret,
                                           int64_t deadline_us);

/* Whether one of the agents takes a connection: CS_OK or CS_ENCLAVE_UNAVAILABLE. */
CS_MUST_CHECK cs_err cs_signer_reach(cs_signer *s, int64_t deadline_us);

/* Takes note of the counter of a verified document that came with `answer`. CS_COUNTER_NOT_FRESH: an earlier document
 * of this epoch had the same one or a higher one when the request was sent. Two that were under way at the same time
 * can be told apart by the store alone (cs_store_put_signature). */
CS_MUST_CHECK cs_err cs_signer_note_counter(cs_signer *s, const cs_answer *answer, const char *epoch, int64_t counter);

#endif
