/* SPDX-License-Identifier: Apache-2.0 */
#include "core/attest_maa.h"

#include <string.h>

#include "core/encode.h"
#include "core/secret.h"

#define MAX_TEXT 128
#define MAX_BYTES (16u << 10) /* everything that is decoded from one token's claims */
#define USER_DATA_LEN 64
#define MAX_NUMBER 1024
#define MAX_SVN UINT32_MAX

#define OWN_PREFIX "https://"
#define OWN_SUFFIX ".attest.azure.net"
#define LAUNCH_PREFIX "sha384:"

static const struct svn_row {
    const char *name, *claim;
} svns[CS_MAA_SVN_COUNT] = {
    [CS_MAA_SVN_BOOTLOADER] = {"bootloader", "x-ms-sevsnpvm-bootloader-svn"},
    [CS_MAA_SVN_TEE] = {"tee", "x-ms-sevsnpvm-tee-svn"},
    [CS_MAA_SVN_SNP] = {"snp", "x-ms-sevsnpvm-snpfw-svn"},
    [CS_MAA_SVN_MICROCODE] = {"microcode", "x-ms-sevsnpvm-microcode-svn"},
    [CS_MAA_SVN_GUEST] = {"guest", "x-ms-sevsnpvm-guestsvn"},
};

/* -- rules --------------------------------------------------------------------------------------------------------- */

/* Microsoft's own: a host below attest.azure.net, nothing else in the URL. */
static bool is_own_issuer(cs_slice url)
{
    const cs_slice prefix = CS_LIT(OWN_PREFIX), suffix = CS_LIT(OWN_SUFFIX);
    if (url.n <= prefix.n + suffix.n || !cs_slice_starts(url, prefix) ||
        !cs_slice_eq(cs_slice_sub(url, url.n - suffix.n, suffix.n), suffix))
        return false;
    cs_slice host = cs_slice_sub(url, prefix.n, url.n - prefix.n);
    for (size_t i = 0; i < host.n; i++) {
        uint8_t c = host.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'))
            return false;
    }
    return true;
}

static void read_issuers(cs_maa_rules *r, cs_jobj *match, cs_jval list, bool allow_mock)
{
    static const char name[] = "issuers";
    size_t n = cs_jarr_len(list);
    if (n == 0)
        cs_jobj_fail(match, CS_POLICY_ALLOWLIST_EMPTY, name);
    if (n > CS_MAX_ISSUERS)
        cs_jobj_fail(match, CS_BAD_FIELD, name);
    for (size_t i = 0; i < n && match->err == CS_OK; i++) {
        cs_slice url = cs_jval_str(cs_jarr_at(list, i));
        if (!cs_slice_starts(url, CS_LIT(OWN_PREFIX)) ||
            cs_slice_to_cstr(r->issuers[i], sizeof r->issuers[i], url) != CS_OK)
            cs_jobj_fail(match, CS_BAD_FIELD, name);
        else if (!is_own_issuer(url)) {
            r->foreign = true;
            if (!allow_mock)
                cs_jobj_fail(match, CS_POLICY_FOREIGN_ROOT, name);
        }
        r->issuer_count = i + 1;
    }
}

static cs_err read_jwks(cs_maa_rules *r, cs_jobj *match, cs_jval set)
{
    cs_slice issuers[CS_MAX_ISSUERS];
    for (size_t i = 0; i < r->issuer_count; i++)
        issuers[i] = cs_slice_str(r->issuers[i]);
    cs_err err = cs_jwks_read(&r->jwks, set, issuers, r->issuer_count);
    if (err == CS_POLICY_KEYS)
        cs_jobj_fail(match, err, "jwks");
    return err == CS_POLICY_KEYS ? CS_OK : err;
}

static void read_min_svn(cs_maa_rules *r, cs_jobj *match)
{
    cs_jval v = cs_jobj_object_opt(match, "minSvn");
    if (v.v == NULL)
        return;
    bool any = false;
    cs_jobj o = cs_jobj_open(v);
    for (size_t i = 0; i < CS_MAA_SVN_COUNT; i++) {
        any = cs_jobj_has(&o, svns[i].name) || any;
        r->min_svn[i] = cs_jobj_int_or(&o, svns[i].name, 1, MAX_SVN, 0);
    }
    cs_err err = cs_jobj_done(&o);
    if (err == CS_OK && !any)
        err = CS_BAD_FIELD;
    if (err != CS_OK)
        cs_jobj_fail(match, err, "minSvn");
}

cs_err cs_maa_rules_read(cs_maa_rules *out, cs_jobj *match, bool allow_mock)
{
    *out = (cs_maa_rules){0};
    cs_err err = CS_OK;
    cs_jval issuers = cs_jobj_array_opt(match, "issuers"), set = cs_jobj_object_opt(match, "jwks");
    if (issuers.v == NULL && set.v != NULL)
        cs_jobj_fail(match, CS_MISSING_FIELD, "issuers");
    if (issuers.v != NULL)
        read_issuers(out, match, issuers, allow_mock);
    if (issuers.v != NULL && set.v == NULL)
        cs_jobj_fail(match, CS_MISSING_FIELD, "jwks");
    if (match->err == CS_OK && set.v != NULL)
        err = read_jwks(out, match, set);
    cs_allow_read(&out->launch, match, "launchMeasurements", LAUNCH_PREFIX, CS_MAA_MEASUREMENT_LEN, true);
    read_min_svn(out, match);
    return err;
}

void cs_maa_rules_free(cs_maa_rules *rules)
{
    cs_jwks_free(rules->jwks);
    cs_allow_free(&rules->launch);
    *rules = (cs_maa_rules){0};
}

void cs_maa_rules_write(cs_jw *w, const cs_maa_rules *rules)
{
    /* sorted by name */
    static const cs_maa_svn order[] = {CS_MAA_SVN_BOOTLOADER, CS_MAA_SVN_GUEST, CS_MAA_SVN_MICROCODE, CS_MAA_SVN_SNP,
                                       CS_MAA_SVN_TEE};
    if (rules->issuer_count > 0) {
        cs_jw_begin_array(w, "issuers");
        for (size_t i = 0; i < rules->issuer_count; i++)
            cs_jw_cstr(w, NULL, rules->issuers[i]);
        cs_jw_end_array(w);
        cs_jwks_write(w, "jwks", rules->jwks);
    }
    cs_allow_write(w, "launchMeasurements", LAUNCH_PREFIX, &rules->launch);
    bool any = false;
    for (size_t i = 0; i < CS_MAA_SVN_COUNT; i++)
        any = any || rules->min_svn[i] > 0;
    if (!any)
        return;
    cs_jw_begin(w, "minSvn");
    for (size_t i = 0; i < CS_MAA_SVN_COUNT; i++)
        if (rules->min_svn[order[i]] > 0)
            cs_jw_int(w, svns[order[i]].name, rules->min_svn[order[i]]);
    cs_jw_end(w);
}

/* -- reading what a token says ------------------------------------------------------------------------------------- */

static bool read_bool(cs_jobj *o, const char *name)
{
    if (!cs_jobj_has(o, name))
        cs_jobj_fail(o, CS_MISSING_FIELD, name);
    return cs_jobj_bool_or(o, name, false);
}

/* Hex digits of either case, exactly `n` bytes, appended to the token's bytes. */
static cs_slice read_hex(cs_maa *m, cs_jobj *o, const char *name, size_t n)
{
    uint8_t lower[2 * USER_DATA_LEN];
    cs_slice text = cs_jobj_str(o, name, sizeof lower);
    size_t from = m->bytes.n;
    for (size_t i = 0; i < text.n; i++)
        lower[i] = (uint8_t)(text.p[i] >= 'A' && text.p[i] <= 'F' ? text.p[i] + ('a' - 'A') : text.p[i]);
    if (text.n != 2 * n || cs_hex_decode(&m->bytes, cs_slice_of(lower, text.n)) != CS_OK) {
        cs_jobj_fail(o, CS_BAD_FIELD, name);
        return CS_ABSENT;
    }
    return cs_slice_sub(cs_buf_slice(&m->bytes), from, n);
}

static void read_launch(cs_maa *m, cs_jobj *o, const char *name)
{
    cs_slice value = read_hex(m, o, name, sizeof m->launch);
    if (value.p != NULL)
        memcpy(m->launch, value.p, sizeof m->launch);
}

static void read_snp(cs_maa *m, cs_jobj *tee)
{
    m->debuggable = read_bool(tee, "x-ms-sevsnpvm-is-debuggable") || m->debuggable;
    m->migratable = read_bool(tee, "x-ms-sevsnpvm-migration-allowed");
    m->vmpl = cs_jobj_int(tee, "x-ms-sevsnpvm-vmpl", 0, 3);
    read_launch(m, tee, "x-ms-sevsnpvm-launchmeasurement");
    for (size_t i = 0; i < CS_MAA_SVN_COUNT; i++)
        m->svn[i] = cs_jobj_int(tee, svns[i].claim, 0, MAX_SVN);
    m->tcb_up_to_date = true;
}

/* Names of Microsoft's EAT profile for TDX. */
static void read_tdx(cs_maa *m, cs_jobj *tee)
{
    cs_slice status = cs_jobj_str_opt(tee, "dbgstat", MAX_TEXT);
    bool open = status.p != NULL && !cs_slice_starts(status, CS_LIT("disabled"));
    m->debuggable = read_bool(tee, "tdx_td_attributes_debug") || open || m->debuggable;
    read_launch(m, tee, "tdx_mrtd");
    m->tcb_up_to_date = cs_slice_is(cs_jobj_str(tee, "attester_tcb_status", MAX_TEXT), "UpToDate");
}

/* The vTPM's attestation key; a second one of the name would make it a choice. */
static cs_err read_key(cs_maa *m, cs_jobj *runtime)
{
    uint8_t modulus[MAX_NUMBER], exponent[8];
    cs_jval keys = cs_jobj_array_opt(runtime, "keys");
    if (cs_jarr_len(keys) > CS_MAX_JWKS)
        return CS_ATT_EVIDENCE_FORMAT; /* the virtual machine wrote them, and finding each takes longer than the last */
    for (size_t i = 0; i < cs_jarr_len(keys); i++) {
        cs_jobj o = cs_jobj_open(cs_jarr_at(keys, i));
        if (!cs_slice_is(cs_jobj_str_opt(&o, "kid", MAX_TEXT), "HCLAkPub"))
            continue;
        cs_buf n = CS_BUF_OVER(modulus), e = CS_BUF_OVER(exponent);
        cs_slice kty = cs_jobj_str(&o, "kty", MAX_TEXT), n_text = cs_jobj_str(&o, "n", 2 * MAX_NUMBER),
                 e_text = cs_jobj_str(&o, "e", 16);
        if (o.err != CS_OK || m->ak != NULL || !cs_slice_is(kty, "RSA") || cs_base64url_decode(&n, n_text) != CS_OK ||
            cs_base64url_decode(&e, e_text) != CS_OK)
            return CS_ATT_EVIDENCE_FORMAT;
        cs_err err = cs_pubkey_from_rsa(&m->ak, cs_buf_slice(&n), cs_buf_slice(&e));
        if (err != CS_OK)
            return err == CS_BAD_PUBLIC_KEY ? CS_ATT_EVIDENCE_FORMAT : err;
    }
    return CS_OK;
}

/* What the hardware says: on top of a direct token, in x-ms-isolation-tee of a guest's. */
static cs_err read_tee(cs_maa *m, cs_jobj *tee, cs_slice type)
{
    m->tdx = cs_slice_is(type, "tdxvm");
    if (!m->tdx && !cs_slice_is(type, "sevsnpvm"))
        return CS_ATT_PLATFORM;
    m->compliant = cs_slice_is(cs_jobj_str_opt(tee, "x-ms-compliance-status", MAX_TEXT), "azure-compliant-cvm");
    if (m->tdx)
        read_tdx(m, tee);
    else
        read_snp(m, tee);
    cs_jobj runtime = cs_jobj_open(cs_jobj_object(tee, "x-ms-runtime"));
    if (tee->err != CS_OK || runtime.err != CS_OK)
        return CS_ATT_EVIDENCE_FORMAT;
    if (cs_jobj_has(&runtime, "user-data"))
        m->user_data = read_hex(m, &runtime, "user-data", USER_DATA_LEN);
    cs_err err = read_key(m, &runtime);
    return err != CS_OK ? err : runtime.err == CS_OK ? CS_OK : CS_ATT_EVIDENCE_FORMAT;
}

/* What the guest says through its vTPM: whether its kernel lets a debugger in, and the caller's nonce. */
static cs_err read_guest(cs_maa *m)
{
    static const char *const debuggers[] = {"x-ms-azurevm-bootdebug-enabled", "x-ms-azurevm-kerneldebug-enabled",
                                            "x-ms-azurevm-hypervisordebug-enabled"};
    cs_jobj *claims = &m->token.claims;
    for (size_t i = 0; i < sizeof debuggers / sizeof *debuggers; i++)
        m->debuggable = cs_jobj_bool_or(claims, debuggers[i], false) || m->debuggable;
    m->debuggable = !cs_jobj_bool_or(claims, "x-ms-azurevm-debuggersdisabled", true) || m->debuggable;
    cs_jval runtime = cs_jobj_object_opt(claims, "x-ms-runtime");
    if (runtime.v == NULL)
        return claims->err == CS_OK ? CS_OK : CS_ATT_EVIDENCE_FORMAT;
    cs_jobj o = cs_jobj_open(runtime);
    cs_jval payload = cs_jobj_object_opt(&o, "client-payload");
    if (payload.v != NULL) {
        cs_jobj p = cs_jobj_open(payload);
        size_t from = m->bytes.n;
        if (cs_jobj_base64_opt(&p, "nonce", MAX_TEXT, &m->bytes))
            m->nonce = cs_slice_sub(cs_buf_slice(&m->bytes), from, MAX_TEXT);
        if (cs_jobj_done_open(&p) != CS_OK)
            return CS_ATT_EVIDENCE_FORMAT;
    }
    return o.err == CS_OK && claims->err == CS_OK ? CS_OK : CS_ATT_EVIDENCE_FORMAT;
}

static cs_err read_claims(cs_maa *m)
{
    cs_jobj *claims = &m->token.claims;
    cs_slice type = cs_jobj_str(claims, "x-ms-attestation-type", MAX_TEXT);
    if (claims->err != CS_OK)
        return CS_ATT_EVIDENCE_FORMAT;
    m->guest = cs_slice_is(type, "azurevm");
    if (!m->guest)
        return read_tee(m, claims, type);
    cs_err err = read_guest(m);
    if (err != CS_OK)
        return err;
    cs_jobj tee = cs_jobj_open(cs_jobj_object(claims, "x-ms-isolation-tee"));
    type = cs_jobj_str(&tee, "x-ms-attestation-type", MAX_TEXT);
    return tee.err == CS_OK ? read_tee(m, &tee, type) : CS_ATT_EVIDENCE_FORMAT;
}

/* -- judging ------------------------------------------------------------------------------------------------------- */

static const cs_jwk *find_key(cs_jwt *t, const cs_maa_rules *rules)
{
    cs_slice kid = cs_jobj_str_opt(&t->header, "kid", CS_MAX_KID);
    return kid.p != NULL && rules->jwks != NULL ? cs_jwks_find(rules->jwks, kid) : NULL;
}

/* One of the pinned issuers, and the one that the key belongs to. */
static bool issuer_is_right(cs_jwt *t, const cs_maa_rules *rules, const cs_jwk *k)
{
    cs_slice iss = cs_jobj_str_opt(&t->claims, "iss", CS_MAX_ISSUER);
    bool pinned = false;
    for (size_t i = 0; i < rules->issuer_count; i++)
        pinned = pinned || cs_slice_is(iss, rules->issuers[i]);
    return pinned && (k->issuer[0] == '\0' || cs_slice_is(iss, k->issuer));
}

cs_err cs_maa_prove(cs_maa *out, const cs_maa_rules *rules, cs_slice token, const cs_prove_at *at)
{
    int64_t when = 0;
    *out = (cs_maa){.bytes = cs_buf_new(MAX_BYTES)};
    if (cs_buf_reserve(&out->bytes, MAX_BYTES) == NULL) /* so that it does not move */
        return CS_NO_MEMORY;
    cs_err err = cs_jwt_parse(&out->token, token);
    if (err == CS_OK)
        err = cs_jwt_check_header(&out->token);
    if (err != CS_OK)
        return err;
    const cs_jwk *k = find_key(&out->token, rules);
    if (k == NULL)
        return CS_ATT_KEY_UNKNOWN;
    err = cs_jwt_when(&when, &out->token, at->now, at->stored);
    if (err == CS_OK)
        err = cs_jwk_check_time(k, when);
    if (err == CS_OK)
        err = cs_jwt_verify(&out->token, k->key);
    if (err == CS_OK && !issuer_is_right(&out->token, rules, k))
        err = CS_ATT_ISSUER_MISMATCH;
    if (err == CS_OK)
        err = cs_jwt_check_times(&out->times, &out->token, at->now, at->stored);
    if (err == CS_OK)
        err = read_claims(out);
    return err;
}

void cs_maa_free(cs_maa *maa)
{
    cs_jwt_free(&maa->token);
    cs_buf_free(&maa->bytes);
    cs_pubkey_free(maa->ak);
    *maa = (cs_maa){0};
}

bool cs_maa_carries(const cs_maa *maa, cs_slice bytes)
{
    uint8_t padded[USER_DATA_LEN] = {0};
    if (maa->nonce.p != NULL && cs_secret_eq(maa->nonce, bytes))
        return true;
    if (maa->user_data.p == NULL || bytes.n == 0 || bytes.n > sizeof padded)
        return false;
    memcpy(padded, bytes.p, bytes.n);
    return cs_secret_eq(maa->user_data, CS_ARRAY(padded));
}

cs_err cs_maa_allow_launch(const cs_maa_rules *rules, cs_slice measurement, const int64_t *svn)
{
    if (rules->launch.count > 0 && !cs_allow_has(&rules->launch, measurement))
        return CS_ATT_IMAGE_NOT_ALLOWED;
    for (size_t i = 0; svn != NULL && i < CS_MAA_SVN_COUNT; i++)
        if (svn[i] < rules->min_svn[i])
            return CS_ATT_TCB;
    return CS_OK;
}

cs_err cs_maa_allow(const cs_maa_rules *rules, const cs_maa *maa)
{
    if (!maa->compliant || maa->migratable || maa->vmpl != 0)
        return CS_ATT_PLATFORM;
    if (!maa->tcb_up_to_date)
        return CS_ATT_TCB;
    return cs_maa_allow_launch(rules, CS_ARRAY(maa->launch), maa->svn);
}

/* -- describing ---------------------------------------------------------------------------------------------------- */

static void describe_hardware(cs_jw *w, const cs_maa *m)
{
    cs_jw_cstr(w, "hardwareType", m->tdx ? "Intel TDX" : "AMD SEV-SNP");
    cs_jw_bool(w, "azureCompliant", m->compliant);
    cs_jw_bool(w, "debuggable", m->debuggable);
    cs_jw_hex(w, "launchMeasurement", LAUNCH_PREFIX, CS_ARRAY(m->launch));
    if (m->tdx) {
        cs_jw_bool(w, "tcbUpToDate", m->tcb_up_to_date);
    } else {
        cs_jw_bool(w, "migrationAllowed", m->migratable);
        cs_jw_int(w, "vmpl", m->vmpl);
        cs_jw_begin(w, "securityVersions");
        for (size_t i = 0; i < CS_MAA_SVN_COUNT; i++)
            cs_jw_int(w, svns[i].name, m->svn[i]);
        cs_jw_end(w);
    }
}

static cs_err describe_key(cs_jw *w, const cs_pubkey *key)
{
    uint8_t spki_bytes[2048];
    char text[32];
    cs_digest digest;
    cs_buf spki = CS_BUF_OVER(spki_bytes), kind = CS_BUF_OVER(text);
    cs_err err = cs_pubkey_spki(&spki, key);
    if (err == CS_OK)
        err = cs_hash(&digest, CS_SHA256, cs_buf_slice(&spki));
    if (err != CS_OK)
        return err;
    cs_buf_printf(&kind, "RSA-%d", cs_pubkey_bits(key));
    cs_jw_begin(w, "attestationKey");
    cs_jw_str(w, "key", cs_buf_slice(&kind));
    cs_jw_hex(w, "sha256", "", cs_digest_slice(&digest));
    cs_jw_end(w);
    return CS_OK;
}

cs_err cs_maa_describe(cs_jw *w, cs_slice token)
{
    cs_maa m = {.bytes = cs_buf_new(MAX_BYTES)};
    cs_err err = cs_buf_reserve(&m.bytes, MAX_BYTES) == NULL ? CS_NO_MEMORY : cs_jwt_parse(&m.token, token);
    if (err != CS_OK)
        goto out;
    /* Whether the times are right is not judged here, only whether they are there. */
    err = cs_jwt_check_times(&m.times, &m.token, 0, true);
    if (err == CS_ATT_TOKEN_EXPIRED || err == CS_ATT_TOKEN_NOT_YET_VALID)
        err = CS_OK;
    if (err == CS_OK)
        err = read_claims(&m);
    if (err != CS_OK)
        goto out;
    cs_jw_cstr(w, "token", m.guest ? "guest attestation" : "direct attestation");
    cs_jw_str(w, "issuer", cs_jobj_str_opt(&m.token.claims, "iss", CS_MAX_ISSUER));
    cs_jw_str(w, "keyId", cs_jobj_str_opt(&m.token.header, "kid", CS_MAX_KID));
    cs_jwt_describe_times(w, &m.token);
    describe_hardware(w, &m);
    if (m.user_data.p != NULL)
        cs_jw_hex(w, "userData", "", m.user_data);
    if (m.nonce.p != NULL)
        cs_jw_base64(w, "nonce", m.nonce);
    if (m.ak != NULL)
        err = describe_key(w, m.ak);
    cs_jw_raw(w, "claims", cs_buf_slice(&m.token.texts[1]));
out:
    cs_maa_free(&m);
    return err;
}
