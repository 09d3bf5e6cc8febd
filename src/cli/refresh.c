/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `attestation-policies refresh`: fetches the keys of the issuers that a policy pins, from these issuers, and makes a
 * new version of the policy with them. Verifying never does that: it has no network, and the policy is what is pinned.
 *
 * Where the keys are fetched follows from the policy alone, over verified TLS, without redirects.
 */
#include <curl/curl.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/remote.h"
#include "cli/talk.h"
#include "core/jwks.h"
#include "core/policy.h"

#define ROUTE "/v1/attestation-policies"
#define GOOGLE_ISSUER "https://confidentialcomputing.googleapis.com"
#define GOOGLE_KEYS                                                                                                    \
    "https://www.googleapis.com/service_accounts/v1/metadata/jwk/"                                                     \
    "signer@confidentialspace-sign.iam.gserviceaccount.com"
#define MAX_SET (1u << 20) /* JSON text as it is published */
#define CONNECT_SECONDS 10L
#define FETCH_SECONDS 30L

static const char *const facts[] = {"id", "name", "vendor", "hash", "updatedAt", NULL};

/* -- fetching ------------------------------------------------------------------------------------------------------ */

static size_t take(char *bytes, size_t size, size_t n, void *to)
{
    cs_buf *body = to;
    cs_buf_add(body, cs_slice_of(bytes, size * n));
    return body->err == CS_OK ? size * n : 0;
}

static bool set_options(CURL *h, cs_buf *out, const char *url, const char *ca)
{
    bool ok = curl_easy_setopt(h, CURLOPT_URL, url) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_TIMEOUT, FETCH_SECONDS) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_USERAGENT, "countersign/" CS_VERSION) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
              curl_easy_setopt(h, CURLOPT_WRITEDATA, out) == CURLE_OK;
    if (ok && ca != NULL)
        ok = curl_easy_setopt(h, CURLOPT_CAINFO, ca) == CURLE_OK &&
             curl_easy_setopt(h, CURLOPT_CAPATH, NULL) == CURLE_OK;
    return ok;
}

static int fetch(cs_buf *out, const char *url, const char *ca)
{
    long status = 0;
    CURL *h = curl_easy_init();
    bool ready = h != NULL && set_options(h, out, url, ca);
    CURLcode code = ready ? curl_easy_perform(h) : CURLE_FAILED_INIT;
    if (code == CURLE_OK)
        (void)curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(h);
    if (code != CURLE_OK)
        return cs_talk_error("%s: %s", url, curl_easy_strerror(code));
    return status == 200 ? CS_EXIT_OK : cs_talk_error("%s: the issuer answers with status %ld", url, status);
}

/* -- the new set --------------------------------------------------------------------------------------------------- */

struct refresh {
    const char *ca;
    cs_jwks *sets[CS_MAX_ISSUERS];
    char issuers[CS_MAX_ISSUERS][CS_MAX_ISSUER + 1];
    size_t count;
};

/* Reads what an issuer published, as a policy that pins this issuer alone would. */
static int add_issuer(struct refresh *r, cs_slice issuer, const char *url)
{
    cs_json *doc = NULL;
    cs_buf text = cs_buf_new(MAX_SET);
    if (r->count == CS_MAX_ISSUERS || cs_slice_to_cstr(r->issuers[r->count], sizeof r->issuers[0], issuer) != CS_OK)
        return cs_talk_fail(CS_BAD_FIELD, "the policy's issuers");
    int code = fetch(&text, url, r->ca);
    if (code == CS_EXIT_OK) {
        cs_err err = cs_json_parse(&doc, cs_buf_slice(&text), MAX_SET);
        if (err == CS_OK)
            err = cs_jwks_read(&r->sets[r->count], cs_json_root(doc), &issuer, 1);
        if (err == CS_OK)
            r->count++;
        else
            code = cs_talk_fail(err, "%s", url);
    }
    cs_json_free(doc);
    cs_buf_free(&text);
    return code;
}

static int add_azure(struct refresh *r, cs_jval list)
{
    int code = CS_EXIT_OK;
    for (size_t i = 0; i < cs_jarr_len(list) && code == CS_EXIT_OK; i++) {
        char url[CS_MAX_ISSUER + sizeof "/certs"];
        cs_buf b = CS_BUF_OVER(url);
        cs_slice issuer = cs_jval_str(cs_jarr_at(list, i));
        cs_buf_add(&b, issuer);
        cs_buf_add_str(&b, "/certs");
        code = b.err == CS_OK ? add_issuer(r, issuer, cs_buf_cstr(&b))
                              : cs_talk_fail(CS_BAD_FIELD, "the policy's issuers");
    }
    return code;
}

/* {"jwks":{"keys":[…]}}: with several issuers each key says whose it is. */
static void write_jwks(cs_buf *out, const struct refresh *r)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_begin(&w, "jwks");
    cs_jw_begin_array(&w, "keys");
    for (size_t i = 0; i < r->count; i++)
        for (size_t k = 0; k < cs_jwks_count(r->sets[i]); k++)
            cs_jwk_write(&w, NULL, cs_jwks_at(r->sets[i], k), r->count > 1 ? r->issuers[i] : "");
    cs_jw_end_array(&w);
    cs_jw_end(&w);
    cs_jw_end(&w);
}

/* {"matchRules":{…}} with the new set in them. *same: they are what they were. */
static cs_err new_rules(cs_buf *body, bool *same, cs_jval rules, const struct refresh *r)
{
    cs_json *jwks = NULL, *changed = NULL;
    cs_buf set = cs_buf_new(CS_MAX_POLICY), overlaid = cs_buf_new(CS_MAX_POLICY), before = cs_buf_new(CS_MAX_POLICY),
           after = cs_buf_new(CS_MAX_POLICY);
    write_jwks(&set, r);
    cs_err err = cs_json_parse(&jwks, cs_buf_slice(&set), CS_MAX_POLICY);
    if (err == CS_OK)
        err = cs_json_overlay(&overlaid, rules, cs_json_root(jwks));
    if (err == CS_OK)
        err = cs_json_parse(&changed, cs_buf_slice(&overlaid), CS_MAX_POLICY);
    if (err == CS_OK)
        err = cs_json_canonical(&after, cs_json_root(changed));
    if (err == CS_OK)
        err = cs_json_canonical(&before, rules);
    if (err == CS_OK) {
        cs_jw w = cs_jw_on(body);
        *same = cs_slice_eq(cs_buf_slice(&before), cs_buf_slice(&after));
        cs_jw_begin(&w, NULL);
        cs_jw_raw(&w, "matchRules", cs_buf_slice(&after));
        cs_jw_end(&w);
        err = body->err;
    }
    cs_json_free(jwks);
    cs_json_free(changed);
    cs_buf_free(&set);
    cs_buf_free(&overlaid);
    cs_buf_free(&before);
    cs_buf_free(&after);
    return err;
}

/* Fetches the sets of all issuers that the policy pins. */
static int fetch_sets(struct refresh *r, cs_jval policy, cs_jval *rules)
{
    cs_jobj o = cs_jobj_open(policy);
    cs_slice vendor = cs_jobj_str(&o, "vendor", CS_MAX_NAME);
    *rules = cs_jobj_object(&o, "matchRules");
    if (o.err != CS_OK)
        return cs_talk_fail(o.err, "the server's answer");
    cs_jobj match = cs_jobj_open(*rules);
    cs_jval issuers = cs_jobj_array_opt(&match, "issuers");
    if (match.err != CS_OK || !cs_jobj_has(&match, "jwks"))
        return cs_talk_error("the policy pins no key set");
    if (cs_slice_is(vendor, cs_vendor_name(CS_VENDOR_AZURE_CVM)))
        return add_azure(r, issuers);
    if (cs_slice_is(vendor, cs_vendor_name(CS_VENDOR_GCP_CS)))
        return add_issuer(r, CS_LIT(GOOGLE_ISSUER), GOOGLE_KEYS);
    return cs_talk_error("the policy pins no key set");
}

static int refresh(const cs_args *args, cs_client *c, cs_slice id)
{
    struct refresh r = {.ca = cs_arg_text(args, "issuer-ca-file")};
    cs_answer now = {0}, then = {0};
    cs_jval rules;
    bool same = false;
    cs_buf body = cs_buf_new(2 * CS_MAX_POLICY);
    int code = cs_remote_call(&now, c, "GET", ROUTE, id, "", CS_ABSENT);
    if (code == CS_EXIT_OK)
        code = fetch_sets(&r, now.data, &rules);
    if (code == CS_EXIT_OK) {
        cs_err err = new_rules(&body, &same, rules, &r);
        code = err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "the new key set");
    }
    if (code == CS_EXIT_OK && same) {
        cs_talk_note(args, "the keys are those that are pinned; there is no new version");
        code = cs_remote_show(args, &now, facts);
    } else if (code == CS_EXIT_OK) {
        code = cs_remote_call(&then, c, "PATCH", ROUTE, id, "", cs_buf_slice(&body));
        if (code == CS_EXIT_OK)
            code = cs_remote_show(args, &then, facts);
    }
    for (size_t i = 0; i < r.count; i++)
        cs_jwks_free(r.sets[i]);
    cs_answer_free(&now);
    cs_answer_free(&then);
    cs_buf_free(&body);
    return code;
}

int cs_command_attestation_policies_refresh(const cs_args *args)
{
    cs_client *c = NULL;
    const char *id = cs_remote_operand(args, "policy id");
    int code = id != NULL ? cs_client_open(&c, args) : CS_EXIT_USAGE;
    if (code == CS_EXIT_OK)
        code = refresh(args, c, cs_slice_str(id));
    cs_client_close(c);
    return code;
}
