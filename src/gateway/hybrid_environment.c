/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/hybrid_environment.h"

#include "gateway/ids.h"

void cs_hybrid_environment_read(cs_jobj *o, const cs_call *c)
{
    cs_slice word = cs_jobj_str_opt(o, "environment", CS_MAX_WORD);
    if (word.p == NULL)
        return;
    if (!cs_slice_is(word, "live") && !cs_slice_is(word, "test"))
        cs_jobj_fail(o, CS_BAD_FIELD, "environment");
    else if (cs_slice_is(word, "live") != c->caller.live)
        cs_jobj_fail(o, CS_WRONG_ENVIRONMENT, "environment");
}

void cs_hybrid_environment_other(char realm[CS_MAX_ID + 1], const cs_call *c)
{
    cs_id_realm(realm, c->caller.org, !c->caller.live);
}
