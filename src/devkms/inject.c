/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/inject.h"

#include <string.h>

#define MAX_NUMBER 1000000

static const char *const names[CS_INJECT_KINDS] = {
    "latency", "throttle",        "error",     "unavailable",   "deny",         "wrong-key-id", "plaintext",
    "replay",  "other-recipient", "other-key", "bad-signature", "bad-checksum", "garbage",      "cut"};

const char *cs_inject_name(cs_inject_kind kind)
{
    return names[kind];
}

static bool read_number(long *out, cs_slice text, long min)
{
    *out = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9' || *out > MAX_NUMBER)
            return false;
        *out = *out * 10 + (text.p[i] - '0');
    }
    return text.n > 0 && *out >= min && *out <= MAX_NUMBER;
}

static bool read_setting(cs_inject_row *out, cs_slice text)
{
    static const char *const numbers[] = {"skip", "every", "count", "ms"};
    long *const to[] = {&out->skip, &out->every, &out->count, &out->ms};
    static const long least[] = {0, 1, 1, 1};
    const uint8_t *equals = text.n > 0 ? memchr(text.p, '=', text.n) : NULL;
    if (equals == NULL)
        return false;
    size_t at = (size_t)(equals - text.p);
    cs_slice name = cs_slice_sub(text, 0, at), value = cs_slice_sub(text, at + 1, text.n);
    if (cs_slice_is(name, "op"))
        return out->op[0] == '\0' && value.n > 0 && cs_slice_to_cstr(out->op, sizeof out->op, value) == CS_OK;
    for (size_t i = 0; i < sizeof to / sizeof *to; i++)
        if (cs_slice_is(name, numbers[i]))
            return read_number(to[i], value, least[i]);
    return false;
}

cs_err cs_inject_parse(cs_inject_row *out, cs_slice text)
{
    bool good = text.n > 0, first = true;
    *out = (cs_inject_row){.kind = CS_INJECT_KINDS, .every = 1};
    while (good && text.n > 0) {
        const uint8_t *comma = memchr(text.p, ',', text.n);
        cs_slice part = comma == NULL ? text : cs_slice_sub(text, 0, (size_t)(comma - text.p));
        good = comma == NULL || part.n + 1 < text.n;
        text = cs_slice_sub(text, comma == NULL ? part.n : part.n + 1, text.n);
        if (first) {
            for (int k = 0; k < CS_INJECT_KINDS; k++)
                if (cs_slice_is(part, names[k]))
                    out->kind = (cs_inject_kind)k;
            good = good && out->kind != CS_INJECT_KINDS;
        } else {
            good = good && read_setting(out, part);
        }
        first = false;
    }
    return good && (out->kind == CS_INJECT_LATENCY) == (out->ms > 0) ? CS_OK : CS_BAD_FIELD;
}

cs_err cs_inject_set(cs_inject *i, const cs_inject_row *rows, size_t count)
{
    if (count > CS_INJECT_MAX)
        return CS_TOO_LARGE;
    (void)pthread_mutex_lock(&i->lock);
    if (count > 0)
        memcpy(i->rows, rows, count * sizeof *rows);
    i->count = count;
    (void)pthread_mutex_unlock(&i->lock);
    return CS_OK;
}

unsigned cs_inject_take(cs_inject *i, long *ms, const char *op)
{
    unsigned hit = 0;
    *ms = 0;
    (void)pthread_mutex_lock(&i->lock);
    for (size_t n = 0; n < i->count; n++) {
        cs_inject_row *r = &i->rows[n];
        if (r->op[0] != '\0' && strcmp(r->op, op) != 0)
            continue;
        long behind = r->seen++ - r->skip;
        if (behind < 0 || behind % r->every != 0 || (r->count > 0 && r->done == r->count))
            continue;
        r->done++;
        hit |= 1u << r->kind;
        *ms += r->ms;
    }
    (void)pthread_mutex_unlock(&i->lock);
    return hit;
}
