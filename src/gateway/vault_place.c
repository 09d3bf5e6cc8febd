/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/vault_place.h"

#include <stdio.h>
#include <string.h>

#define AWS "aws-kms"

/* Names that the API knows: what they mean here, or why they are refused. */
static const struct provider {
    const char *member, *name;
    const char *stored; /* NULL: not available */
    cs_err why;
} providers[] = {
    {"kekProvider", "env", "env", CS_OK},
    {"kekProvider", AWS, AWS, CS_OK},
    {"kekProvider", "azure-kv", NULL, CS_PROVIDER_NOT_BUILT},
    {"kekProvider", "gcp-kms", NULL, CS_PROVIDER_NOT_BUILT},
    {"keyProvider", "managed", "managed", CS_OK},
    {"keyProvider", "postq-managed", "managed", CS_OK},
    {"keyProvider", AWS, AWS, CS_OK},
    {"keyProvider", "azure-kv", NULL, CS_PROVIDER_NOT_BUILT},
    {"keyProvider", "gcp-kms", NULL, CS_PROVIDER_NOT_BUILT},
    {"pqProvider", "managed", "managed", CS_OK},
    {"pqProvider", "postq-managed", "managed", CS_OK},
    {"pqProvider", "enclave-mock", "enclave-mock", CS_OK},
    {"pqProvider", "enclave-nitro", "enclave-nitro", CS_OK},
    {"pqProvider", "enclave-azure", "enclave-azure", CS_OK},
    {"pqProvider", "enclave-gcp", "enclave-gcp", CS_OK},
    {"pqProvider", AWS, AWS, CS_OK},
    {"pqProvider", "gcp-kms", NULL, CS_PROVIDER_NOT_BUILT},
    {"pqProvider", "pkcs11", NULL, CS_PROVIDER_NOT_BUILT},
    {"pqProvider", "aws-cloudhsm", NULL, CS_PROVIDER_NOT_BUILT},
    {"pqProvider", "azure-kv", NULL, CS_PROVIDER_NO_MLDSA},
    {"pqProvider", "azure-managed-hsm", NULL, CS_PROVIDER_NO_MLDSA},
};

/* The first thing that is wrong counts. */
static void refuse(cs_vault_places *p, cs_jobj *o, const char *member, cs_err why)
{
    if (o->err != CS_OK)
        return;
    p->why = why;
    cs_jobj_fail(o, CS_PROVIDER_NOT_AVAILABLE, member);
}

static void read_provider(char out[CS_MAX_WORD + 1], cs_vault_places *places, cs_jobj *o, const char *member,
                          const char *standard)
{
    cs_slice name = cs_jobj_has(o, member) ? cs_jobj_str(o, member, CS_MAX_ID) : cs_slice_str(standard);
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
        const struct provider *p = &providers[i];
        if (strcmp(p->member, member) != 0 || !cs_slice_is(name, p->name))
            continue;
        (void)snprintf(out, CS_MAX_WORD + 1, "%s", p->name);
        if (p->stored != NULL)
            (void)snprintf(out, CS_MAX_WORD + 1, "%s", p->stored);
        else
            refuse(places, o, member, p->why);
        return;
    }
    cs_jobj_fail(o, CS_BAD_FIELD, member);
}

static bool is_azure_without_half(const char *provider, cs_prim trad)
{
    return strcmp(provider, "azure-kv") == 0 && (trad == CS_ED25519 || trad == CS_ED448);
}

/* Not every provider holds every kind of key. */
static void check_trad(cs_vault_places *p, const cs_key_row *k, cs_jobj *o)
{
    if (k->alg == NULL || strcmp(k->key_provider, AWS) != 0)
        return;
    if (cs_alg_is_pure(k->alg))
        cs_jobj_fail(o, CS_BAD_FIELD, "keyProvider"); /* of what? */
    else if (k->alg->trad != CS_P256 && k->alg->trad != CS_ED25519)
        refuse(p, o, "keyProvider", CS_PROVIDER_HALF);
}

static cs_err set_up(cs_vault_places *p, const cs_settings_defaults *d)
{
    if (d->aws_key[0] == '\0' || d->aws_role) {
        p->why = d->aws_role ? CS_PROVIDER_ROLE : CS_PROVIDER_NOT_SET_UP;
        return CS_PROVIDER_NOT_AVAILABLE;
    }
    (void)snprintf(p->wrapping_key, sizeof p->wrapping_key, "%s", d->aws_key);
    (void)snprintf(p->region, sizeof p->region, "%s", d->aws_region);
    return CS_OK;
}

/* The first of the three members whose provider has to be set up; NULL: none. */
static const char *away_member(const cs_key_row *k)
{
    return strcmp(k->kek_provider, AWS) == 0   ? "kekProvider"
           : strcmp(k->key_provider, AWS) == 0 ? "keyProvider"
           : strcmp(k->pq_provider, AWS) == 0  ? "pqProvider"
                                               : NULL;
}

/* A key that exists, for a half that lies where such keys are. */
static void read_ref(char out[CS_MAX_ARN + 1], cs_jobj *refs, const char *name, const char *provider)
{
    cs_slice s = cs_jobj_str_opt(refs, name, CS_MAX_ARN);
    if (s.p == NULL)
        return;
    if (strcmp(provider, AWS) != 0 || !cs_cloud_is_kms_key(s) || cs_slice_to_cstr(out, CS_MAX_ARN + 1, s) != CS_OK)
        cs_jobj_fail(refs, CS_BAD_FIELD, name);
}

static void read_refs(cs_vault_places *p, const cs_key_row *k, cs_jobj *o)
{
    cs_fault fault = {0};
    cs_jval value = cs_jobj_object_opt(o, "keyRef");
    if (value.v == NULL)
        return;
    cs_jobj refs = cs_jobj_open(value);
    read_ref(p->trad_key, &refs, "classical", k->key_provider);
    read_ref(p->pq_key, &refs, "pq", k->pq_provider);
    if (cs_jobj_done(&refs) != CS_OK && o->err == CS_OK) {
        (void)cs_jobj_fault(&refs, "keyRef", &fault);
        cs_jobj_fail(o, fault.err, fault.field);
    }
}

void cs_vault_place_read(cs_vault_places *out, cs_key_row *k, cs_jobj *o, const cs_settings_defaults *d)
{
    *out = (cs_vault_places){.why = CS_OK};
    read_provider(k->kek_provider, out, o, "kekProvider", d->kek_provider);
    cs_slice classical = cs_jobj_str_opt(o, "keyProvider", CS_MAX_ID);
    if (k->alg != NULL && cs_slice_is(classical, "azure-kv") && is_azure_without_half("azure-kv", k->alg->trad))
        refuse(out, o, "keyProvider", CS_PROVIDER_NO_ED25519);
    read_provider(k->key_provider, out, o, "keyProvider", "managed");
    read_provider(k->pq_provider, out, o, "pqProvider", "managed");
    check_trad(out, k, o);
    read_refs(out, k, o);
    const char *member = away_member(k);
    if (o->err == CS_OK && member != NULL && set_up(out, d) != CS_OK)
        refuse(out, o, member, out->why);
}

cs_err cs_vault_place_inherit(cs_vault_places *out, const cs_key_row *k, const cs_settings_defaults *d)
{
    *out = (cs_vault_places){.why = CS_OK};
    return away_member(k) != NULL ? set_up(out, d) : CS_OK;
}

static cs_place place_of(const char *provider, const char *key, const char *region)
{
    if (strcmp(provider, AWS) != 0)
        return (cs_place){.provider = CS_ABSENT};
    return (cs_place){.provider = cs_slice_str(provider),
                      .key_id = key[0] != '\0' ? cs_slice_str(key) : CS_ABSENT,
                      .region = cs_slice_str(region)};
}

void cs_vault_place_ask(cs_request *r, const cs_vault_places *p, const cs_key_row *k)
{
    r->kek = place_of(k->kek_provider, p->wrapping_key, p->region);
    r->trad = place_of(k->key_provider, p->trad_key, p->region);
    r->pq = place_of(k->pq_provider, p->pq_key, p->region);
}

const char *cs_vault_place_best_release(const cs_key_row *k)
{
    return strcmp(k->kek_provider, "env") == 0 ? "local" : "attested";
}
