/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/vault_key.h"

#include <string.h>

#include "core/keyref.h"
#include "core/keytext.h"
#include "core/lineage.h"
#include "gateway/envelope.h"

static void write_text(cs_jw *w, const char *name, const char *text)
{
    cs_jw_str(w, name, text[0] != '\0' ? cs_slice_str(text) : CS_ABSENT);
}

/* Keys in a KMS that belong to it, as long as it has its record. */
static void write_refs(cs_jw *w, const cs_key_row *k)
{
    cs_keyrefs refs;
    if (!cs_rules_is_away(k) || cs_keyrefs_of_record(&refs, cs_buf_slice(&k->sealed)) != CS_OK)
        return;
    bool wrapped_away = strcmp(k->kek_provider, "env") != 0;
    cs_jw_begin(w, "keyRef");
    if (refs.trad.resource.p != NULL)
        cs_jw_str(w, "classical", refs.trad.resource);
    if (wrapped_away)
        cs_jw_str(w, "kek", refs.kek.resource);
    if (refs.pq.resource.p != NULL)
        cs_jw_str(w, "pq", refs.pq.resource);
    cs_jw_end(w);
}

void cs_vault_key_members(cs_jw *w, const cs_key_row *k)
{
    cs_jw_cstr(w, "id", k->id);
    cs_jw_cstr(w, "name", k->name);
    cs_jw_cstr(w, "status", cs_key_status_name(k->status));
    cs_jw_cstr(w, "algorithm", k->alg->name);
    cs_jw_cstr(w, "signatureFormat", cs_format_name(k->format));
    cs_jw_begin(w, "providers");
    cs_jw_cstr(w, "kek", k->kek_provider);
    cs_jw_cstr(w, "classical", k->key_provider);
    cs_jw_cstr(w, "pq", k->pq_provider);
    cs_jw_end(w);
    write_refs(w, k);
    cs_jw_int(w, "tier", cs_rules_tier(k));
    cs_jw_cstr(w, "keyRelease", k->key_release);
    cs_jw_cstr(w, "purpose", k->purpose);
    cs_jw_cstr(w, "environment", k->environment);
    write_text(w, "attestationPolicyId", k->policy_id);
    cs_jw_raw(w, "metadata", k->metadata.n > 0 ? cs_buf_slice(&k->metadata) : CS_LIT("{}"));
    cs_envelope_time(w, "createdAt", k->created_ms);
    cs_envelope_time(w, "lastUsedAt", k->last_used_ms);
    cs_envelope_time(w, "revokedAt", k->revoked_ms);
}

/* What a birth attestation proved when the key was stored; the document can be judged again by anybody. */
static void write_birth(cs_jw *w, const cs_key_row *k)
{
    cs_jw_begin(w, "birthAttestation");
    cs_jw_cstr(w, "vendor", cs_vendor_name(CS_VENDOR_MOCK));
    cs_jw_base64(w, "docB64", cs_buf_slice(&k->birth));
    cs_jw_hex(w, "sealedSha256", "sha256:", CS_ARRAY(k->record_sha256));
    cs_jw_cstr(w, "verdict", k->policy_id[0] == '\0' ? "absent" : k->birth_verified ? "pass" : "fail");
    cs_jw_end(w);
}

void cs_vault_key_write(cs_jw *w, const cs_key_row *k, cs_slice lineage, const cs_rule_result *rules)
{
    cs_buf text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON), pem = cs_buf_new(2 * CS_MAX_PUBLIC_KEY_JSON);
    cs_jw_begin(w, "data");
    cs_vault_key_members(w, k);
    cs_err err = cs_public_key_json(&text, k->alg, k->format, cs_buf_slice(&k->public_key));
    cs_jw_str(w, "publicKey", cs_buf_slice(&text));
    bool has_pem = cs_public_key_pem(&pem, k->alg, k->format, cs_buf_slice(&k->public_key)) == CS_OK;
    cs_jw_str(w, "publicKeyPem", has_pem ? cs_buf_slice(&pem) : CS_ABSENT); /* not every key has that form */
    cs_jw_raw(w, "lineage", lineage);
    write_birth(w, k);
    if (rules != NULL)
        cs_rules_answer(w, rules);
    cs_jw_end(w);
    cs_buf_free(&pem);
    cs_buf_free(&text);
    if (err != CS_OK && w->out->err == CS_OK)
        w->out->err = err;
}

/* -- lineage ------------------------------------------------------------------------------------------------------- */

cs_err cs_vault_key_link(cs_jw *w, const cs_lineage_row *link, const cs_key_row *successor)
{
    cs_buf text = cs_buf_new(CS_MAX_PUBLIC_KEY_JSON);
    cs_err err = cs_public_key_json(&text, successor->alg, successor->format, cs_buf_slice(&successor->public_key));
    cs_lineage_link shown = {.predecessor = cs_slice_str(link->predecessor),
                             .successor = cs_slice_str(link->successor),
                             .statement = cs_buf_slice(&link->statement),
                             .signature = cs_buf_slice(&link->signature),
                             .public_key = cs_buf_slice(&text),
                             .document = cs_buf_slice(&link->document),
                             .created_ms = link->created_ms};
    cs_lineage_write(w, &shown);
    cs_buf_free(&text);
    return err;
}

struct walk {
    cs_call *call;
    cs_jw w;
    cs_err err;
};

static void add_link(void *context, const cs_lineage_row *link)
{
    struct walk *walk = context;
    cs_key_row successor;
    if (walk->err != CS_OK)
        return;
    walk->err =
        cs_store_key(walk->call->app->store, &successor, cs_call_org(walk->call), cs_slice_str(link->successor));
    if (walk->err != CS_OK)
        return;
    walk->err = cs_vault_key_link(&walk->w, link, &successor);
    cs_key_row_free(&successor);
}

cs_err cs_vault_key_lineage(cs_buf *out, cs_call *c, const cs_key_row *k)
{
    struct walk walk = {.call = c, .w = cs_jw_on(out)};
    cs_err err = CS_OK;
    cs_jw_begin_array(&walk.w, NULL);
    if (k->predecessor[0] != '\0' || k->successor[0] != '\0')
        err = cs_store_lineage(c->app->store, add_link, &walk, cs_call_org(c), cs_slice_str(k->id));
    cs_jw_end_array(&walk.w);
    if (err == CS_OK)
        err = walk.err;
    return err == CS_OK ? out->err : err;
}
