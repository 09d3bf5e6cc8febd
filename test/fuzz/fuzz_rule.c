/* SPDX-License-Identifier: Apache-2.0 */
/* Reading vault policies: what is accepted has one canonical form that reads back to itself, and demands something. */
#include <stdlib.h>
#include <string.h>

#include "core/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const cs_rule nothing;
    cs_rule rule, again;
    cs_fault fault;
    cs_slice text = cs_slice_of(data, size);
    cs_err err = cs_rule_parse(&rule, &fault, text);
    cs_err stored = cs_rule_parse_stored(&again, text);
    if (err != fault.err || (err != CS_OK && (memcmp(&rule, &nothing, sizeof rule) != 0 || stored == CS_OK)))
        abort();
    if (err != CS_OK)
        return 0;
    cs_buf one = cs_buf_new(CS_MAX_RULE);
    if (cs_rule_canonical(&one, &rule) != CS_OK || cs_rule_parse_stored(&again, cs_buf_slice(&one)) != CS_OK ||
        memcmp(&rule, &again, sizeof rule) != 0 || (stored == CS_OK) != cs_slice_eq(text, cs_buf_slice(&one)))
        abort();
    /* The subject of which nothing is known violates whatever is in force for it. */
    cs_rule_subject unknown = {.operation = CS_RULE_SIGN};
    if (cs_rule_applies(&rule, &unknown) != (cs_rule_violated(&rule, &unknown) != NULL))
        abort();
    cs_buf_free(&one);
    return 0;
}
