/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/ids.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto.h"

#define BODY 26 /* characters for 130 bits: two zero bits, 48 of time, 80 random */

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

/* The time is that of the first six bytes. */
static void write_id(cs_buf *out, const char *prefix, uint8_t bytes[16], int64_t now_ms, size_t digit_count)
{
    for (unsigned i = 0; i < 6; i++)
        bytes[i] = (uint8_t)((uint64_t)now_ms >> (40 - 8 * i));
    cs_buf_add_str(out, prefix);
    for (size_t i = 0; i < digit_count; i++) {
        unsigned digit = 0;
        for (size_t bit = 5 * i; bit < 5 * i + 5; bit++) /* bit 0 and 1 lie before the bytes */
            digit = digit << 1 | (bit < 2 ? 0u : (unsigned)bytes[(bit - 2) / 8] >> (7 - (bit - 2) % 8) & 1u);
        cs_buf_add_u8(out, (uint8_t)digits[digit]);
    }
}

cs_err cs_id_new(char id[CS_MAX_ID + 1], const char *prefix, int64_t now_ms)
{
    uint8_t bytes[16];
    id[0] = '\0';
    cs_err err = cs_random_public(bytes + 6, sizeof bytes - 6);
    if (err != CS_OK)
        return err;
    cs_buf out = cs_buf_over(id, CS_MAX_ID);
    write_id(&out, prefix, bytes, now_ms, BODY);
    id[out.n] = '\0';
    return out.err;
}

void cs_id_lowest(char id[CS_MAX_ID + 1], const char *prefix, int64_t now_ms)
{
    uint8_t bytes[16] = {0};
    cs_buf out = cs_buf_over(id, CS_MAX_ID);
    write_id(&out, prefix, bytes, now_ms > 0 ? now_ms : 0, BODY);
    id[out.n] = '\0';
}

void cs_id_realm(char realm[CS_MAX_ID + 1], const char *org, bool live)
{
    (void)snprintf(realm, CS_MAX_ID + 1, "%.*s%s", CS_MAX_ID - 5, org, live ? "" : "_test");
}

bool cs_id_is(cs_slice text, const char *prefix)
{
    size_t n = strlen(prefix);
    if (text.n != n + BODY || !cs_slice_starts(text, cs_slice_str(prefix)))
        return false;
    for (size_t i = n; i < text.n; i++)
        if (text.p[i] == '\0' || strchr(digits, text.p[i]) == NULL)
            return false;
    return true;
}
