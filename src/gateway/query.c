/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/query.h"

#include <string.h>

static void fail(cs_query *q, cs_slice name)
{
    if (q->err != CS_OK)
        return;
    q->err = CS_BAD_FIELD;
    if (cs_slice_to_cstr(q->field, sizeof q->field, cs_slice_sub(name, 0, sizeof q->field - 1)) != CS_OK)
        q->field[0] = '\0';
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends `raw` without its escapes. Only printable ASCII may come out: nothing that is asked for has more, and names
 * go back to the client in JSON, which is UTF-8. */
static bool decode(cs_slice *out, cs_buf *memory, cs_slice raw)
{
    size_t start = memory->n;
    for (size_t i = 0; i < raw.n; i++) {
        int c = raw.p[i];
        if (c == '%') {
            int high = raw.n - i > 2 ? hex_digit(raw.p[i + 1]) : -1;
            int low = raw.n - i > 2 ? hex_digit(raw.p[i + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            c = high * 16 + low;
            i += 2;
        }
        if (c < 0x20 || c > 0x7e)
            return false;
        cs_buf_add_u8(memory, (uint8_t)c);
    }
    *out = cs_slice_sub(cs_buf_slice(memory), start, memory->n);
    return memory->err == CS_OK;
}

/* One "name=value" or "name". */
static void read_parameter(cs_query *q, cs_buf *memory, cs_slice raw)
{
    const uint8_t *equals = raw.n > 0 ? memchr(raw.p, '=', raw.n) : NULL;
    size_t n = equals != NULL ? (size_t)(equals - raw.p) : raw.n;
    cs_slice name, value;
    if (q->n == CS_MAX_PARAMETERS || n == 0 || !decode(&name, memory, cs_slice_sub(raw, 0, n)) ||
        !decode(&value, memory, cs_slice_sub(raw, n + 1, raw.n))) {
        fail(q, cs_slice_sub(raw, 0, n));
        return;
    }
    for (size_t i = 0; i < q->n; i++)
        if (cs_slice_eq(q->names[i], name))
            fail(q, name);
    q->names[q->n] = name;
    q->values[q->n++] = value;
}

void cs_query_read(cs_query *q, cs_slice raw)
{
    *q = (cs_query){0};
    cs_buf memory = CS_BUF_OVER(q->memory);
    while (raw.n > 0 && q->err == CS_OK) {
        const uint8_t *amp = memchr(raw.p, '&', raw.n);
        size_t n = amp != NULL ? (size_t)(amp - raw.p) : raw.n;
        read_parameter(q, &memory, cs_slice_sub(raw, 0, n));
        raw = cs_slice_sub(raw, n + 1, raw.n);
    }
}

/* The index of the parameter, marked as asked for; -1 if it is not there. */
static int find(cs_query *q, const char *name)
{
    for (size_t i = 0; i < q->n; i++) {
        if (cs_slice_is(q->names[i], name)) {
            q->taken[i] = true;
            return (int)i;
        }
    }
    return -1;
}

cs_slice cs_query_text(cs_query *q, const char *name, size_t max)
{
    int i = find(q, name);
    if (i < 0)
        return CS_ABSENT;
    if (q->values[i].n == 0 || q->values[i].n > max)
        fail(q, q->names[i]);
    return q->values[i];
}

int64_t cs_query_int_or(cs_query *q, const char *name, int64_t min, int64_t max, int64_t or)
{
    int i = find(q, name);
    if (i < 0)
        return or ;
    int64_t v = 0;
    bool good = q->values[i].n > 0 && q->values[i].n <= 15;
    for (size_t k = 0; good && k < q->values[i].n; k++) {
        uint8_t c = q->values[i].p[k];
        good = c >= '0' && c <= '9';
        v = v * 10 + (c - '0');
    }
    if (!good || v < min || v > max) {
        fail(q, q->names[i]);
        return or ;
    }
    return v;
}

bool cs_query_flag(cs_query *q, const char *name)
{
    int i = find(q, name);
    if (i < 0)
        return false;
    bool yes = q->values[i].n == 0 || cs_slice_is(q->values[i], "true");
    if (!yes && !cs_slice_is(q->values[i], "false"))
        fail(q, q->names[i]);
    return yes;
}

cs_err cs_query_done(cs_query *q, cs_fault *fault)
{
    for (size_t i = 0; i < q->n; i++) {
        if (!q->taken[i] && q->err == CS_OK) {
            fail(q, q->names[i]);
            q->err = CS_UNKNOWN_FIELD;
        }
    }
    return cs_fault_set(fault, q->err, q->field);
}
