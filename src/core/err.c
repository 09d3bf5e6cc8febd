/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"

#include <stddef.h>
#include <string.h>

static const struct row {
    const char *name;
    const char *sentence;
    cs_err_class class;
} rows[CS_ERR_COUNT] = {
#define CS_ERR(code, class, sentence) {#code, sentence, class},
#include "core/err_table.h"
#undef CS_ERR
};

static const int http_status[] = {
    [CS_CLASS_OK] = 200,         [CS_CLASS_MALFORMED] = 400,   [CS_CLASS_UNAUTHENTICATED] = 401,
    [CS_CLASS_FORBIDDEN] = 403,  [CS_CLASS_NOT_FOUND] = 404,   [CS_CLASS_NOT_ALLOWED] = 405,
    [CS_CLASS_TIMEOUT] = 408,    [CS_CLASS_CONFLICT] = 409,    [CS_CLASS_TOO_LARGE] = 413,
    [CS_CLASS_MEDIA_TYPE] = 415, [CS_CLASS_REFUSED] = 422,     [CS_CLASS_RATE] = 429,
    [CS_CLASS_INTERNAL] = 500,   [CS_CLASS_UNAVAILABLE] = 503,
};

/* A code from outside the enum can only be memory gone wrong; it reads as an internal error. */
static const struct row *row_of(cs_err err)
{
    unsigned i = (unsigned)err;
    return &rows[i < CS_ERR_COUNT ? i : (unsigned)CS_INTERNAL];
}

const char *cs_err_name(cs_err err)
{
    return row_of(err)->name;
}

const char *cs_err_sentence(cs_err err)
{
    return row_of(err)->sentence;
}

cs_err_class cs_err_class_of(cs_err err)
{
    return row_of(err)->class;
}

int cs_err_http_status(cs_err err)
{
    return http_status[row_of(err)->class];
}

cs_err cs_err_by_name(const char *name)
{
    /* From 1: a peer cannot report success through an error. */
    for (unsigned i = 1; i < CS_ERR_COUNT; i++)
        if (strcmp(rows[i].name, name) == 0)
            return (cs_err)i;
    return CS_INTERNAL;
}

cs_err cs_fault_set(cs_fault *fault, cs_err err, const char *field)
{
    if (fault != NULL) {
        fault->err = err;
        size_t n = field != NULL ? strlen(field) : 0;
        if (n >= sizeof fault->field) {
            /* Cut between two characters: the name is shown to people, and one cut inside is no UTF-8. */
            n = sizeof fault->field - 1;
            while (n > 0 && ((unsigned char)field[n] & 0xc0) == 0x80)
                n--;
        }
        if (n > 0)
            memcpy(fault->field, field, n);
        fault->field[n] = '\0';
    }
    return err;
}
