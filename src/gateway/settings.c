/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/settings.h"

#include "core/encode.h"

#include "gateway/envelope.h"

#define MAX_SETTINGS (16u << 10)
#define SECRET_NAME CS_LIT("azure.clientSecret") /* that the secret is sealed for */

static const char *const kek_providers[] = {"env", "aws-kms", "azure-kv", "gcp-kms"};

/* Settings as they were read; borrowed from their document. An absent slice: not set. */
struct settings {
    cs_slice kek_provider;
    bool has_format, publish;
    cs_format format;
    bool has_aws, has_azure, has_gcp;
    struct {
        cs_slice key_arn, role_arn, external_id, region;
    } aws;
    struct {
        cs_slice vault_url, kek_name, tenant_id, client_id;
        cs_slice client_secret; /* of a request: in the clear */
        cs_slice sealed;        /* of the store: base64 of what the agent made of it */
    } azure;
    struct {
        cs_slice kek_key_name, key_ring_name, protection_level;
    } gcp;
};

/* -- reading ------------------------------------------------------------------------------------------------------- */

/* A text that `is` accepts; optional ones may be absent. */
static cs_slice read_name(cs_jobj *o, const char *name, size_t max, bool needed, bool (*is)(cs_slice))
{
    cs_slice s = needed ? cs_jobj_str(o, name, max) : cs_jobj_str_opt(o, name, max);
    if (s.p != NULL && !is(s))
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return s;
}

static bool is_key_arn(cs_slice s)
{
    return cs_cloud_is_kms_arn(NULL, s);
}

static bool is_protection_level(cs_slice s)
{
    return cs_slice_is(s, "SOFTWARE") || cs_slice_is(s, "HSM") || cs_slice_is(s, "EXTERNAL") ||
           cs_slice_is(s, "EXTERNAL_VPC");
}

/* Printable ASCII: what a client secret is made of, and what survives a header or a form. */
static bool is_client_secret(cs_slice s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~')
            return false;
    return s.n > 0;
}

static bool is_anything(cs_slice s)
{
    return s.n > 0;
}

static void read_aws(cs_jobj *o, struct settings *s)
{
    cs_slice region = CS_ABSENT;
    s->aws.key_arn = read_name(o, "keyArn", CS_MAX_ARN, true, is_key_arn);
    s->aws.role_arn = read_name(o, "roleArn", CS_MAX_ARN, false, cs_cloud_is_role_arn);
    s->aws.external_id = read_name(o, "externalId", CS_MAX_ARN, false, cs_cloud_is_external_id);
    s->aws.region = read_name(o, "region", CS_MAX_ID, false, cs_cloud_is_aws_region);
    if (o->err == CS_OK && cs_cloud_is_kms_arn(&region, s->aws.key_arn) && s->aws.region.p != NULL &&
        !cs_slice_eq(region, s->aws.region))
        cs_jobj_fail(o, CS_BAD_FIELD, "region"); /* the key is in another one */
    if (s->aws.external_id.p != NULL && s->aws.role_arn.p == NULL)
        cs_jobj_fail(o, CS_MISSING_FIELD, "roleArn"); /* who would be shown it? */
}

static void read_azure(cs_jobj *o, struct settings *s, bool stored)
{
    s->azure.vault_url = read_name(o, "vaultUrl", CS_MAX_CLOUD_NAME, true, cs_cloud_is_vault_url);
    s->azure.kek_name = read_name(o, "kekName", CS_MAX_CLOUD_NAME, true, cs_cloud_is_azure_key);
    s->azure.tenant_id = read_name(o, "tenantId", CS_MAX_CLOUD_NAME, false, cs_cloud_is_guid);
    s->azure.client_id = read_name(o, "clientId", CS_MAX_CLOUD_NAME, false, cs_cloud_is_guid);
    if (stored)
        s->azure.sealed = read_name(o, "clientSecretSealed", CS_MAX_SEALED, false, is_anything);
    else
        s->azure.client_secret = read_name(o, "clientSecret", CS_SECRET_CAP, false, is_client_secret);
    if (s->azure.client_secret.p != NULL && (s->azure.tenant_id.p == NULL || s->azure.client_id.p == NULL))
        cs_jobj_fail(o, CS_MISSING_FIELD, s->azure.tenant_id.p == NULL ? "tenantId" : "clientId");
}

static void read_gcp(cs_jobj *o, struct settings *s)
{
    s->gcp.kek_key_name = read_name(o, "kekKeyName", CS_MAX_CLOUD_NAME, true, cs_cloud_is_crypto_key);
    s->gcp.key_ring_name = read_name(o, "keyRingName", CS_MAX_CLOUD_NAME, false, cs_cloud_is_key_ring);
    s->gcp.protection_level = read_name(o, "protectionLevel", CS_MAX_ID, false, is_protection_level);
}

/* Ends a nested object: what is wrong with it is wrong with `outer`, under its full name. */
static void end_nested(cs_jobj *outer, cs_jobj *o, const char *name)
{
    cs_fault fault = {0};
    if (cs_jobj_done(o) == CS_OK || outer->err != CS_OK)
        return;
    (void)cs_jobj_fault(o, name, &fault);
    cs_jobj_fail(outer, fault.err, fault.field);
}

/* The default must be a provider that can be reached. */
static void read_defaults(cs_jobj *o, struct settings *s)
{
    bool known = false;
    s->kek_provider = cs_jobj_str_opt(o, "defaultKekProvider", CS_MAX_WORD);
    for (size_t i = 0; i < sizeof kek_providers / sizeof *kek_providers; i++)
        known |= cs_slice_is(s->kek_provider, kek_providers[i]);
    if (s->kek_provider.p != NULL && !known)
        cs_jobj_fail(o, CS_BAD_FIELD, "defaultKekProvider");
    if ((cs_slice_is(s->kek_provider, "aws-kms") && !s->has_aws) ||
        (cs_slice_is(s->kek_provider, "azure-kv") && !s->has_azure) ||
        (cs_slice_is(s->kek_provider, "gcp-kms") && !s->has_gcp))
        cs_jobj_fail(o, CS_BAD_FIELD, "defaultKekProvider");
    cs_slice format = cs_jobj_str_opt(o, "defaultSignatureFormat", CS_MAX_WORD);
    s->has_format = format.p != NULL;
    if (s->has_format && (!cs_format_by_name(&s->format, format) || s->format == CS_FORMAT_PURE))
        cs_jobj_fail(o, CS_BAD_FIELD, "defaultSignatureFormat"); /* pure is for algorithms that have no other */
    s->publish = cs_jobj_bool_or(o, "publishLedger", false);
}

/* Reads a request (`stored` false) or what the store has. The caller ends `o`. */
static void read_settings(struct settings *s, cs_jobj *o, bool stored)
{
    *s = (struct settings){0};
    cs_jval aws = cs_jobj_object_opt(o, "aws"), azure = cs_jobj_object_opt(o, "azure"),
            gcp = cs_jobj_object_opt(o, "gcp");
    s->has_aws = aws.v != NULL;
    s->has_azure = azure.v != NULL;
    s->has_gcp = gcp.v != NULL;
    if (s->has_aws) {
        cs_jobj nested = cs_jobj_open(aws);
        read_aws(&nested, s);
        end_nested(o, &nested, "aws");
    }
    if (s->has_azure) {
        cs_jobj nested = cs_jobj_open(azure);
        read_azure(&nested, s, stored);
        end_nested(o, &nested, "azure");
    }
    if (s->has_gcp) {
        cs_jobj nested = cs_jobj_open(gcp);
        read_gcp(&nested, s);
        end_nested(o, &nested, "gcp");
    }
    read_defaults(o, s);
}

/* What the store has; CS_OK with nothing set if it has nothing. `text` and `json` hold the memory and are freed by the
 * caller in any case. */
static cs_err load(struct settings *s, cs_buf *text, cs_json **json, const cs_call *c)
{
    *s = (struct settings){0};
    *json = NULL;
    cs_err err = cs_store_settings(c->app->store, text, cs_call_org(c));
    if (err != CS_OK)
        return err == CS_NOT_FOUND ? CS_OK : err;
    err = cs_json_parse(json, cs_buf_slice(text), MAX_SETTINGS);
    if (err != CS_OK)
        return CS_INTERNAL;
    cs_jobj o = cs_jobj_open(cs_json_root(*json));
    read_settings(s, &o, true);
    return cs_jobj_done(&o) == CS_OK ? CS_OK : CS_INTERNAL;
}

/* -- writing ------------------------------------------------------------------------------------------------------- */

static void write_text(cs_jw *w, const char *name, cs_slice value)
{
    if (value.p != NULL)
        cs_jw_str(w, name, value);
}

/* As the store keeps them; or, without the sealed secret, as they are shown. */
static void write_settings(cs_jw *w, const struct settings *s, bool stored)
{
    write_text(w, "defaultKekProvider", s->kek_provider);
    if (s->has_format)
        cs_jw_cstr(w, "defaultSignatureFormat", cs_format_name(s->format));
    if (s->has_aws) {
        cs_jw_begin(w, "aws");
        write_text(w, "keyArn", s->aws.key_arn);
        write_text(w, "roleArn", s->aws.role_arn);
        write_text(w, "externalId", s->aws.external_id);
        write_text(w, "region", s->aws.region);
        cs_jw_end(w);
    }
    if (s->has_azure) {
        cs_jw_begin(w, "azure");
        write_text(w, "vaultUrl", s->azure.vault_url);
        write_text(w, "kekName", s->azure.kek_name);
        write_text(w, "tenantId", s->azure.tenant_id);
        write_text(w, "clientId", s->azure.client_id);
        if (stored)
            write_text(w, "clientSecretSealed", s->azure.sealed);
        else
            cs_jw_bool(w, "clientSecretConfigured", s->azure.sealed.p != NULL);
        cs_jw_end(w);
    }
    if (s->has_gcp) {
        cs_jw_begin(w, "gcp");
        write_text(w, "kekKeyName", s->gcp.kek_key_name);
        write_text(w, "keyRingName", s->gcp.key_ring_name);
        write_text(w, "protectionLevel", s->gcp.protection_level);
        cs_jw_end(w);
    }
    cs_jw_bool(w, "publishLedger", s->publish);
}

cs_err cs_settings_get(cs_call *c, cs_jw *w)
{
    struct settings s;
    cs_buf text = cs_buf_new(MAX_SETTINGS);
    cs_json *json = NULL;
    cs_err err = load(&s, &text, &json, c);
    if (err == CS_OK) {
        if (s.kek_provider.p == NULL)
            s.kek_provider = CS_LIT("env");
        cs_jw_begin(w, "data");
        write_settings(w, &s, false);
        cs_jw_end(w);
    }
    cs_json_free(json);
    cs_buf_free(&text);
    return err;
}

static cs_err read_aws_defaults(cs_settings_defaults *out, const struct settings *s)
{
    cs_slice region = CS_ABSENT;
    if (!cs_cloud_is_kms_arn(&region, s->aws.key_arn))
        return CS_INTERNAL;
    out->aws_role = s->aws.role_arn.p != NULL;
    cs_err err = cs_slice_to_cstr(out->aws_key, sizeof out->aws_key, s->aws.key_arn);
    return err == CS_OK ? cs_slice_to_cstr(out->aws_region, sizeof out->aws_region, region) : err;
}

cs_err cs_settings_read_defaults(cs_settings_defaults *out, const cs_call *c)
{
    struct settings s;
    cs_buf text = cs_buf_new(MAX_SETTINGS);
    cs_json *json = NULL;
    *out = (cs_settings_defaults){0};
    cs_err err = load(&s, &text, &json, c);
    if (err == CS_OK)
        err = cs_slice_to_cstr(out->kek_provider, sizeof out->kek_provider,
                               s.kek_provider.p != NULL ? s.kek_provider : CS_LIT("env"));
    if (err == CS_OK && s.has_aws)
        err = read_aws_defaults(out, &s);
    out->has_format = err == CS_OK && s.has_format;
    out->format = s.format;
    cs_json_free(json);
    cs_buf_free(&text);
    return err;
}

/* -- changing ------------------------------------------------------------------------------------------------------ */

/* The entry says that the settings changed and gives a digest of what they are, nothing of what is in them. */
static cs_err write_entry(cs_buf *data, const cs_call *c, const char *change, cs_slice text)
{
    cs_digest digest;
    cs_err err = text.p != NULL ? cs_hash(&digest, CS_SHA256, text) : CS_OK;
    if (err != CS_OK)
        return err;
    cs_jw w = cs_jw_on(data);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "requestId", c->rq->request_id);
    cs_jw_cstr(&w, "change", change);
    if (text.p != NULL)
        cs_jw_hex(&w, "settingsSha256", "sha256:", cs_digest_slice(&digest));
    cs_jw_end(&w);
    return data->err;
}

static void answer_saved(void *context, cs_jw *w)
{
    const cs_write *write = context;
    cs_jw_begin(w, "data");
    cs_envelope_time(w, "savedAt", write->time_ms);
    cs_jw_end(w);
}

static void answer_cleared(void *context, cs_jw *w)
{
    (void)context;
    cs_jw_begin(w, "data");
    cs_jw_bool(w, "cleared", true);
    cs_jw_end(w);
}

static bool same_or_both_absent(cs_slice a, cs_slice b)
{
    return (a.p == NULL) == (b.p == NULL) && cs_slice_eq(a, b);
}

/* The secret of the request, sealed; else the one that is stored, if it is still for the same client of the same vault.
 * A stored secret never goes to an address that came after it. */
static cs_err find_secret(cs_buf *base64, struct settings *s, const struct settings *before, cs_call *c)
{
    bool same = before->has_azure && same_or_both_absent(s->azure.vault_url, before->azure.vault_url) &&
                same_or_both_absent(s->azure.tenant_id, before->azure.tenant_id) &&
                same_or_both_absent(s->azure.client_id, before->azure.client_id);
    if (s->azure.client_secret.p == NULL) {
        s->azure.sealed = same ? before->azure.sealed : CS_ABSENT;
        return CS_OK;
    }
    uint8_t bytes[CS_SECRET_CAP + 64];
    cs_buf sealed = CS_BUF_OVER(bytes);
    cs_err err = cs_signer_seal_secret(c->app->signer, &sealed, cs_call_org(c), SECRET_NAME, s->azure.client_secret,
                                       c->deadline_us);
    if (err == CS_OK) {
        cs_base64_encode(base64, cs_buf_slice(&sealed));
        s->azure.sealed = cs_buf_slice(base64);
        err = base64->err;
    }
    return err;
}

static cs_err commit_settings(cs_call *c, cs_jw *w, const struct settings *s)
{
    cs_buf text = cs_buf_new(MAX_SETTINGS), data = cs_buf_new(4096);
    cs_jw j = cs_jw_on(&text);
    cs_jw_begin(&j, NULL);
    write_settings(&j, s, true);
    cs_jw_end(&j);
    cs_err err = text.err != CS_OK ? text.err : write_entry(&data, c, "saved", cs_buf_slice(&text));
    cs_settings_row row = {.text = cs_buf_slice(&text), .publish = s->publish};
    cs_write write = {.event_type = "vault.settings_changed",
                      .subject_id = cs_call_org(c),
                      .data = cs_buf_slice(&data),
                      .settings = &row};
    if (err == CS_OK)
        err = cs_call_commit(c, w, &write, 1, answer_saved, &write);
    cs_buf_free(&text);
    cs_buf_free(&data);
    return err;
}

cs_err cs_settings_put(cs_call *c, cs_jw *w)
{
    struct settings s, before;
    cs_json *json = NULL, *stored = NULL;
    cs_jobj o;
    cs_buf text = cs_buf_new(MAX_SETTINGS), base64 = cs_buf_new(CS_MAX_SEALED);
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        read_settings(&s, &o, false);
        err = cs_call_body_done(c, &o);
    }
    if (err == CS_OK)
        err = load(&before, &text, &stored, c);
    if (err == CS_OK && s.has_azure)
        err = find_secret(&base64, &s, &before, c);
    if (err == CS_OK)
        err = commit_settings(c, w, &s);
    cs_json_free(stored);
    cs_json_free(json); /* wipes the secret */
    cs_buf_free(&text);
    cs_buf_free(&base64);
    return err;
}

cs_err cs_settings_clear(cs_call *c, cs_jw *w)
{
    cs_buf data = cs_buf_new(4096);
    cs_err err = write_entry(&data, c, "cleared", CS_ABSENT);
    cs_write write = {.event_type = "vault.settings_changed",
                      .subject_id = cs_call_org(c),
                      .data = cs_buf_slice(&data),
                      .drop_settings = true};
    if (err == CS_OK)
        err = cs_call_commit(c, w, &write, 1, answer_cleared, NULL);
    cs_buf_free(&data);
    return err;
}

/* -- trying -------------------------------------------------------------------------------------------------------- */

static bool write_result(cs_jw *w, const char *provider, cs_err err)
{
    cs_jw_begin(w, NULL);
    cs_jw_cstr(w, "provider", provider);
    cs_jw_bool(w, "ok", err == CS_OK);
    if (err != CS_OK) {
        cs_jw_cstr(w, "code", cs_err_name(err));
        cs_jw_cstr(w, "error", cs_err_sentence(err));
    }
    cs_jw_end(w);
    return err == CS_OK;
}

/* A key is born under the wrapping key, as keys are, and forgotten. */
static cs_err try_aws(const struct settings *s, cs_call *c)
{
    cs_answer answer = {0};
    const cs_request request = {.type = CS_MSG_GENERATE_KEY,
                                .org = cs_call_org(c),
                                .key_id = CS_LIT("settings-test"),
                                .alg = cs_alg_find(CS_LIT("mldsa44")),
                                .format = CS_FORMAT_PURE,
                                .purpose = CS_LIT("sign"),
                                .kek = {.provider = CS_LIT("aws-kms"), .key_id = s->aws.key_arn}};
    if (s->aws.role_arn.p != NULL)
        return CS_PROVIDER_NOT_AVAILABLE;
    cs_err err = cs_signer_ask(c->app->signer, &answer, &request, c->deadline_us);
    cs_signer_free_answer(&answer);
    return err;
}

cs_err cs_settings_test(cs_call *c, cs_jw *w)
{
    struct settings s;
    cs_identity identity;
    cs_json *stored = NULL;
    cs_buf text = cs_buf_new(MAX_SETTINGS);
    cs_err err = cs_call_body_empty(c);
    if (err == CS_OK)
        err = load(&s, &text, &stored, c);
    if (err == CS_OK) {
        bool ok = true;
        cs_jw_begin(w, "data");
        cs_jw_begin_array(w, "results");
        /* The enclave opened its own record with this key when it started, so one that answers has it. */
        ok &= write_result(w, "env", cs_introducer_ask(c->app->introducer, &identity, NULL, 0, c->deadline_us));
        if (s.has_aws)
            ok &= write_result(w, "aws-kms", try_aws(&s, c));
        if (s.has_azure)
            ok &= write_result(w, "azure-kv", CS_PROVIDER_NOT_AVAILABLE);
        if (s.has_gcp)
            ok &= write_result(w, "gcp-kms", CS_PROVIDER_NOT_AVAILABLE);
        cs_jw_end_array(w);
        cs_jw_bool(w, "ok", ok);
        cs_jw_end(w);
    }
    cs_json_free(stored);
    cs_buf_free(&text);
    return err;
}
