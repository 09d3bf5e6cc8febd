/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/group.h"

#define FRAME_ROOM (CS_MAX_FRAME - 256) /* for the requests; type and version take less than the rest */
/* For the replies, as message.c leaves it; each is a signature and a document like the one of the key's birth. */
#define REPLY_ROOM (CS_MAX_FRAME - 256 * CS_MAX_SIGN_GROUP)
#define REPLY_REST (CS_MAX_SIGNATURE / 3 * 4 + 1024)

/* Evidence for each operation is asked of a root of trust one after the other, which takes up to some tenths of a
 * second each: many in one frame would all be late where few are. */
#define PROVEN_ONE_BY_ONE 4

/* Who waits for a KMS waits alone. */
static bool is_alone(const cs_signing *s)
{
    return cs_rules_is_away(&s->key->row);
}

static size_t most_beside(const cs_live_key *k)
{
    bool slow = k->bound && k->policy_err == CS_OK && k->policy.vendor != CS_VENDOR_MOCK &&
                k->policy.evidence == CS_EVIDENCE_OPERATION;
    return slow ? PROVEN_ONE_BY_ONE : CS_MAX_SIGN_GROUP;
}

void cs_group_init(cs_group *g)
{
    g->n = g->weight = g->reply_weight = 0;
    g->err = CS_INTERNAL;
    g->answer = (cs_answer){0};
    g->asked = (cs_asked){0};
}

void cs_group_free(cs_group *g)
{
    cs_signer_free_answer(&g->answer);
    cs_group_init(g);
}

bool cs_group_add(cs_group *g, cs_signing *s)
{
    if (g->n > 0 && (is_alone(s) || is_alone(g->of[0])))
        return false;
    const cs_request request = cs_signing_request(s);
    size_t weight = cs_request_weight(&request), reply_weight = s->key->row.birth.n + REPLY_REST;
    if (g->n >= most_beside(s->key) || (g->n > 0 && (weight > FRAME_ROOM || g->weight > FRAME_ROOM - weight ||
                                                     g->reply_weight + reply_weight > REPLY_ROOM)))
        return false;
    g->weight += weight;
    g->reply_weight += reply_weight;
    g->of[g->n++] = s;
    return true;
}

void cs_group_send(cs_group *g, cs_signer *signer, int64_t deadline_us)
{
    cs_request items[CS_MAX_SIGN_GROUP];
    for (size_t i = 0; i < g->n; i++)
        items[i] = cs_signing_request(g->of[i]);
    const cs_request all = {.type = CS_MSG_SIGN_GROUP, .items = items, .item_count = g->n};
    g->err = cs_signer_send(signer, &g->asked, g->n == 1 ? &items[0] : &all, deadline_us);
    for (size_t i = 0; i < g->n; i++)
        g->of[i]->asked = g->err;
}

/* Whoever receives documents judges them next. */
static void verify_ahead(const cs_group *g)
{
    cs_slice docs[CS_SIGN_TOGETHER];
    const cs_policy *policies[CS_SIGN_TOGETHER];
    size_t count = 0;
    for (size_t i = 0; i < g->n; i++) {
        const cs_signing *s = g->of[i];
        if (s->asked == CS_OK && s->key->bound && s->key->policy_err == CS_OK) {
            docs[count] = s->answer.reply.document;
            policies[count++] = &s->key->policy;
        }
        if (count == CS_SIGN_TOGETHER || (i == g->n - 1 && count > 0)) {
            cs_attest_verify_ahead(docs, policies, count);
            count = 0;
        }
    }
}

void cs_group_receive(cs_group *g, cs_signer *signer, int64_t deadline_us)
{
    if (g->err != CS_OK)
        return;
    g->err = cs_signer_receive(signer, &g->answer, &g->asked, deadline_us);
    while (g->err != CS_OK && g->asked.again) {
        cs_signer_free_answer(&g->answer);
        g->answer = (cs_answer){0};
        cs_group_send(g, signer, deadline_us);
        if (g->err == CS_OK)
            g->err = cs_signer_receive(signer, &g->answer, &g->asked, deadline_us);
    }
    for (size_t i = 0; i < g->n; i++) {
        cs_signing *s = g->of[i];
        s->answer.before = g->answer.before;
        s->asked = g->err;
        if (g->err == CS_OK)
            s->answer.reply = g->n == 1 ? g->answer.reply : g->answer.reply.items[i];
        if (g->err == CS_OK && g->n > 1)
            s->asked = s->answer.reply.err;
    }
    if (g->err == CS_OK && g->n > 1)
        verify_ahead(g);
}

size_t cs_group_ask(cs_group *groups, cs_signing *const *signings, size_t n, cs_signer *signer, int64_t deadline_us)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (count > 0 && cs_group_add(&groups[count - 1], signings[i]))
            continue;
        cs_group_init(&groups[count++]);
        if (!cs_group_add(&groups[count - 1], signings[i]))
            signings[i]->asked = CS_INTERNAL; /* never: one alone fits */
    }
    for (size_t i = 0; i < count; i++)
        cs_group_send(&groups[i], signer, deadline_us);
    for (size_t i = 0; i < count; i++)
        cs_group_receive(&groups[i], signer, deadline_us);
    return count;
}
