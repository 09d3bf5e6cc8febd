/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/stats.h"

static void write_counts(cs_jw *w, const cs_counts *n)
{
    cs_jw_begin(w, "keys");
    for (cs_key_status s = CS_KEY_ACTIVE; s <= CS_KEY_REVOKED; s++)
        cs_jw_int(w, cs_key_status_name(s), n->keys[s]);
    cs_jw_end(w);
    cs_jw_begin(w, "signatures");
    cs_jw_int(w, "pass", n->passed);
    cs_jw_int(w, "fail", n->failed);
    cs_jw_int(w, "absent", n->absent);
    cs_jw_end(w);
    cs_jw_int(w, "attestationPolicies", n->policies);
    cs_jw_int(w, "policies", n->rules);
    cs_jw_int(w, "registeredKeys", n->registered_keys);
    cs_jw_int(w, "hybridAttestations", n->hybrid_attestations);
    cs_jw_begin(w, "ledger");
    cs_jw_int(w, "entries", (int64_t)n->entries);
    cs_jw_int(w, "checkpoints", n->checkpoints);
    cs_jw_end(w);
}

/* Microseconds, as the upper ends of the histogram's buckets. */
static void write_stages(cs_jw *w, const cs_metrics *m)
{
    cs_jw_begin(w, "stages");
    for (cs_stage s = 0; s < CS_STAGE_COUNT; s++) {
        cs_jw_begin(w, cs_stage_name(s));
        cs_jw_int(w, "count", cs_metrics_observations(m, s));
        cs_jw_int(w, "p50Us", cs_metrics_quantile(m, s, 500));
        cs_jw_int(w, "p95Us", cs_metrics_quantile(m, s, 950));
        cs_jw_int(w, "p99Us", cs_metrics_quantile(m, s, 990));
        cs_jw_end(w);
    }
    cs_jw_end(w);
}

cs_err cs_stats_get(cs_call *c, cs_jw *w)
{
    cs_counts counts;
    cs_err err = cs_store_counts(c->app->store, &counts, cs_call_org(c));
    if (err != CS_OK)
        return err;
    cs_jw_begin(w, "data");
    write_counts(w, &counts);
    write_stages(w, c->app->metrics);
    cs_jw_end(w);
    return CS_OK;
}
