/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/pq_door.h"

#include <string.h>

#include "gateway/ids.h"
#include "sys/log.h"

struct orgs {
    const char *wanted; /* NULL: the only one */
    char found[CS_MAX_ID + 1];
    size_t count;
};

static void note_org(void *context, const cs_org_row *o)
{
    struct orgs *orgs = context;
    bool fits = orgs->wanted != NULL ? strcmp(o->id, orgs->wanted) == 0 : cs_id_is(cs_slice_str(o->id), CS_ID_ORG);
    if (!fits)
        return;
    memcpy(orgs->found, o->id, sizeof orgs->found);
    orgs->count++;
}

static cs_err find_org(cs_pq_door *out, cs_store *store, const char *wanted)
{
    struct orgs orgs = {.wanted = wanted};
    cs_err err = cs_store_orgs(store, note_org, &orgs);
    if (err == CS_OK && orgs.count == 1)
        memcpy(out->org, orgs.found, sizeof out->org);
    if (err != CS_OK || wanted == NULL || (orgs.count == 1 && cs_id_is(cs_slice_str(wanted), CS_ID_ORG)))
        return err;
    cs_log(CS_LOG_ERROR, NULL, "--pq-signer-org: %s is no org of this store", wanted);
    return CS_CONFIG;
}

static cs_err check_arn(const char *arn)
{
    if (arn == NULL)
        return CS_OK;
    size_t n = strlen(arn);
    bool good = n > 0 && n <= CS_MAX_KMS_KEY;
    for (size_t i = 0; good && i < n; i++)
        good = arn[i] > ' ' && arn[i] < 0x7f;
    if (!good)
        cs_log(CS_LOG_ERROR, NULL, "--kms-key-arn: not the name of a key");
    return good ? CS_OK : CS_CONFIG;
}

cs_err cs_pq_door_open(cs_pq_door *out, cs_store *store, const cs_args *args)
{
    int64_t floor_ms = cs_arg_number(args, "pq-failure-floor-ms", -1);
    const char *table = cs_arg_text(args, "table");
    out->kms_key_arn = cs_arg_text(args, "kms-key-arn");
    out->max_message = (size_t)cs_arg_number(args, "pq-max-message", 0);
    cs_pq_pace_init(&out->pace, floor_ms < 0 ? -1 : floor_ms * 1000);
    cs_err err = check_arn(out->kms_key_arn);
    if (err == CS_OK)
        err = find_org(out, store, cs_arg_text(args, "pq-signer-org"));
    if (err == CS_OK && table != NULL)
        err = cs_dynamo_open(&out->dynamo, table, cs_arg_text(args, "dynamodb-region"),
                             cs_arg_text(args, "dynamodb-endpoint"));
    return err;
}

void cs_pq_door_close(cs_pq_door *door)
{
    cs_dynamo_close(door->dynamo);
    door->dynamo = NULL;
}
