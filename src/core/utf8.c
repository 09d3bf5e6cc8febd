/* SPDX-License-Identifier: Apache-2.0 */
#include "core/utf8.h"

bool cs_utf8_take(uint32_t *character, cs_slice *text)
{
    static const struct {
        uint8_t mask, lead;
        uint32_t least; /* below it the form is too long for the character */
    } forms[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};
    size_t more = 0;
    while (more < 4 && (text->p[0] & forms[more].mask) != forms[more].lead)
        more++;
    if (more == 4 || text->n <= more)
        return false;
    *character = text->p[0] & (uint8_t)~forms[more].mask;
    for (size_t i = 1; i <= more; i++) {
        if ((text->p[i] & 0xc0) != 0x80)
            return false;
        *character = *character << 6 | (text->p[i] & 0x3f);
    }
    *text = cs_slice_sub(*text, more + 1, text->n);
    return *character >= forms[more].least && *character <= 0x10ffff && (*character < 0xd800 || *character > 0xdfff);
}
