/* SPDX-License-Identifier: Apache-2.0 */
/* Reading policies: what is accepted has one canonical form, which reads back to itself. */
#include <stdlib.h>

#include "core/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    cs_policy policy, again;
    cs_fault fault;
    cs_err err = cs_policy_parse(&policy, &fault, cs_slice_of(data, size), true);
    if (err != fault.err || (err != CS_OK && policy.match.mock.image_count != 0))
        abort();
    if (err != CS_OK)
        return 0;
    cs_buf one = cs_buf_new(2 * CS_MAX_POLICY), two = cs_buf_new(2 * CS_MAX_POLICY);
    if (cs_policy_canonical(&one, &policy) != CS_OK ||
        cs_policy_parse(&again, &fault, cs_buf_slice(&one), true) != CS_OK ||
        cs_policy_canonical(&two, &again) != CS_OK || !cs_slice_eq(cs_buf_slice(&one), cs_buf_slice(&two)))
        abort();
    cs_policy_free(&policy);
    cs_policy_free(&again);
    cs_buf_free(&one);
    cs_buf_free(&two);
    return 0;
}
