/* SPDX-License-Identifier: Apache-2.0 */
#include "core/name.h"

#include "core/utf8.h"

/* First and last of each range, ascending. */
static const uint32_t refused[][2] = {
    {0x0000, 0x001f},   /* C0 */
    {0x007f, 0x009f},   /* DEL, C1 */
    {0x00ad, 0x00ad},   /* soft hyphen */
    {0x034f, 0x034f},   /* combining grapheme joiner */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x115f, 0x1160},   /* Hangul fillers */
    {0x17b4, 0x17b5},   /* Khmer inherent vowels */
    {0x180b, 0x180f},   /* Mongolian selectors and vowel separator */
    {0x200b, 0x200f},   /* zero width; left-to-right and right-to-left marks */
    {0x2028, 0x202e},   /* line and paragraph separator; embeddings and overrides */
    {0x2060, 0x206f},   /* word joiner, invisible operators, isolates, deprecated controls */
    {0x3164, 0x3164},   /* Hangul filler */
    {0xfdd0, 0xfdef},   /* no characters */
    {0xfe00, 0xfe0f},   /* variation selectors */
    {0xfeff, 0xfeff},   /* zero width no-break space */
    {0xffa0, 0xffa0},   /* halfwidth Hangul filler */
    {0xfff0, 0xfffb},   /* unassigned ignorables, interlinear annotation */
    {0x1bca0, 0x1bca3}, /* shorthand controls */
    {0x1d173, 0x1d17a}, /* musical controls */
    {0xe0000, 0xe0fff}, /* tags, further variation selectors */
};

static bool is_refused(uint32_t c)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused && refused[i][0] <= c; i++)
        if (c <= refused[i][1])
            return true;
    return (c & 0xfffe) == 0xfffe; /* the last two of each plane */
}

cs_err cs_name_check(cs_slice name)
{
    uint32_t c;
    if (name.n == 0 || name.n > CS_MAX_NAME)
        return CS_BAD_FIELD;
    while (name.n > 0)
        if (!cs_utf8_take(&c, &name) || is_refused(c))
            return CS_BAD_FIELD;
    return CS_OK;
}
