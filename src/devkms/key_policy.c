/* SPDX-License-Identifier: Apache-2.0 */
#include "devkms/key_policy.h"

#include "core/encode.h"

#define POLICY_MAX 32768
#define MAX_VALUES 64

struct judge {
    const cs_policy_call *call;
    bool bad; /* something is not understood */
    char hex[2 * CS_HASH_MAX + 1];
};

/* -- texts --------------------------------------------------------------------------------------------------------- */

static uint8_t fold(uint8_t c, bool ignore_case)
{
    return ignore_case && c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool equals(cs_slice a, cs_slice b, bool ignore_case)
{
    if (a.n != b.n)
        return false;
    for (size_t i = 0; i < a.n; i++)
        if (fold(a.p[i], ignore_case) != fold(b.p[i], ignore_case))
            return false;
    return true;
}

/* '*' stands for any bytes, '?' for one; in time that grows with the product of the lengths at most. */
static bool is_like(cs_slice pattern, cs_slice text, bool ignore_case)
{
    size_t p = 0, t = 0, star = SIZE_MAX, mark = 0;
    while (t < text.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            mark = t;
        } else if (p < pattern.n &&
                   (pattern.p[p] == '?' || fold(pattern.p[p], ignore_case) == fold(text.p[t], ignore_case))) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

/* A text, or an array of at least one; how many, 0 for anything else. */
static size_t text_count(cs_jval v)
{
    if (cs_jval_str(v).p != NULL)
        return 1;
    size_t n = cs_jval_is_array(v) ? cs_jarr_len(v) : 0;
    for (size_t i = 0; i < n; i++)
        if (cs_jval_str(cs_jarr_at(v, i)).p == NULL)
            return 0;
    return n <= MAX_VALUES ? n : 0;
}

static cs_slice text_at(cs_jval v, size_t i)
{
    return cs_jval_is_array(v) ? cs_jval_str(cs_jarr_at(v, i)) : cs_jval_str(v);
}

/* -- conditions ---------------------------------------------------------------------------------------------------- */

enum comparing { EQUALS, LIKE, IS_NULL };
static const struct comparison {
    const char *name;
    enum comparing comparing;
    bool negated, ignore_case;
} operators[] = {
    {"StringEquals", EQUALS, false, false},
    {"StringNotEquals", EQUALS, true, false},
    {"StringEqualsIgnoreCase", EQUALS, false, true},
    {"StringNotEqualsIgnoreCase", EQUALS, true, true},
    {"StringLike", LIKE, false, false},
    {"StringNotLike", LIKE, true, false},
    {"Null", IS_NULL, false, false},
};

enum quantity { ONE_VALUE, ANY_VALUE, ALL_VALUES };
struct condition {
    const struct comparison *how;
    enum quantity quantity;
    bool if_exists;
};

static bool cut_front(cs_slice *text, const char *prefix)
{
    cs_slice p = cs_slice_str(prefix);
    if (!cs_slice_starts(*text, p))
        return false;
    *text = cs_slice_sub(*text, p.n, text->n);
    return true;
}

static bool read_operator(struct condition *out, cs_slice name)
{
    const cs_slice if_exists = CS_LIT("IfExists");
    *out = (struct condition){0};
    if (cut_front(&name, "ForAnyValue:"))
        out->quantity = ANY_VALUE;
    else if (cut_front(&name, "ForAllValues:"))
        out->quantity = ALL_VALUES;
    if (name.n > if_exists.n && cs_slice_eq(cs_slice_sub(name, name.n - if_exists.n, if_exists.n), if_exists)) {
        out->if_exists = true;
        name.n -= if_exists.n;
    }
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (cs_slice_is(name, operators[i].name))
            out->how = &operators[i];
    if (out->how == NULL)
        return false;
    bool plain = !out->if_exists && out->quantity == ONE_VALUE;
    if (out->how->comparing == IS_NULL)
        return plain;
    return out->quantity == ONE_VALUE || (!out->if_exists && !out->how->negated);
}

static bool one_fits(const struct comparison *o, cs_jval values, cs_slice is)
{
    for (size_t i = 0; i < text_count(values); i++) {
        cs_slice wanted = text_at(values, i);
        if (o->comparing == LIKE ? is_like(wanted, is, o->ignore_case) : equals(wanted, is, o->ignore_case))
            return true;
    }
    return false;
}

static bool keys_fit(const struct judge *j, const struct condition *c, cs_jval values)
{
    const cs_context *context = j->call->context;
    size_t fitting = 0, count = context != NULL ? context->count : 0;
    for (size_t i = 0; i < count; i++)
        fitting += one_fits(c->how, values, context->of[i].name);
    return c->quantity == ANY_VALUE ? fitting > 0 : fitting == count;
}

/* "0" to "31", no zero in front. */
static bool read_index(size_t *out, cs_slice text)
{
    *out = 0;
    if (text.n < 1 || text.n > 2 || (text.n == 2 && text.p[0] == '0'))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        *out = *out * 10 + (size_t)(text.p[i] - '0');
    }
    return *out < CS_NITRO_PCRS;
}

/* The value that a condition key has in this call; absent if the call has none. False for a key that is not known. */
static bool value_of(cs_slice *out, struct judge *j, cs_slice key)
{
    const cs_policy_call *call = j->call;
    size_t index = 0;
    *out = CS_ABSENT;
    if (cs_slice_is(key, "aws:PrincipalArn")) {
        *out = cs_slice_str(call->principal);
        return true;
    }
    if (cut_front(&key, "kms:EncryptionContext:")) {
        if (call->context != NULL)
            *out = cs_context_find(call->context, key);
        return key.n > 0;
    }
    if (!cut_front(&key, "kms:RecipientAttestation:"))
        return false;
    if (!cs_slice_is(key, "ImageSha384") && (!cut_front(&key, "PCR") || !read_index(&index, key)))
        return false;
    if (call->attested != NULL && call->attested->pcrs[index].p != NULL) {
        cs_buf hex = CS_BUF_OVER(j->hex);
        cs_hex_encode(&hex, call->attested->pcrs[index]);
        *out = cs_buf_slice(&hex);
    }
    return true;
}

static bool null_fits(struct judge *j, cs_jval values, bool absent)
{
    cs_slice wanted = text_count(values) == 1 ? text_at(values, 0) : CS_ABSENT;
    if (!cs_slice_is(wanted, "true") && !cs_slice_is(wanted, "false"))
        j->bad = true;
    return cs_slice_is(wanted, "true") == absent;
}

static bool condition_fits(struct judge *j, const struct condition *c, cs_slice key, cs_jval values)
{
    cs_slice is;
    bool many = cs_slice_is(key, "kms:EncryptionContextKeys");
    if (text_count(values) == 0 || many != (c->quantity != ONE_VALUE) || (!many && !value_of(&is, j, key))) {
        j->bad = true;
        return false;
    }
    if (many)
        return keys_fit(j, c, values);
    if (c->how->comparing == IS_NULL)
        return null_fits(j, values, is.p == NULL);
    if (is.p == NULL)
        return c->if_exists || c->how->negated;
    return one_fits(c->how, values, is) != c->how->negated;
}

/* All of them are looked at, so that what is not understood is found. */
static bool conditions_fit(struct judge *j, cs_jval conditions)
{
    bool fits = true;
    for (size_t i = 0; i < cs_jval_members(conditions); i++) {
        cs_slice name, key;
        struct condition c;
        cs_jval rows = cs_jval_member(&name, conditions, i);
        if (!read_operator(&c, name) || !cs_jval_is_object(rows) || cs_jval_members(rows) == 0) {
            j->bad = true;
            return false;
        }
        for (size_t r = 0; r < cs_jval_members(rows); r++) {
            cs_jval values = cs_jval_member(&key, rows, r);
            fits = condition_fits(j, &c, key, values) && fits;
        }
    }
    return fits;
}

/* -- statements ---------------------------------------------------------------------------------------------------- */

static bool is_account(cs_slice text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
    return text.n == 12;
}

static bool principal_fits(struct judge *j, cs_slice text)
{
    char memory[128];
    cs_buf root = CS_BUF_OVER(memory);
    cs_buf_printf(&root, "arn:aws:iam::%s:root", j->call->account);
    if (cs_slice_is(text, "*") || cs_slice_is(text, j->call->account) || cs_slice_eq(text, cs_buf_slice(&root)))
        return true;
    if (!cs_slice_starts(text, CS_LIT("arn:aws:")) && !is_account(text))
        j->bad = true;
    return cs_slice_is(text, j->call->principal);
}

static bool principals_fit(struct judge *j, cs_jval v)
{
    cs_slice name = CS_ABSENT;
    bool fits = false;
    if (cs_slice_is(cs_jval_str(v), "*"))
        return true;
    cs_jval list = cs_jval_members(v) == 1 ? cs_jval_member(&name, v, 0) : (cs_jval){NULL};
    if (!cs_slice_is(name, "AWS") || text_count(list) == 0)
        j->bad = true;
    else
        for (size_t i = 0; i < text_count(list); i++)
            fits = principal_fits(j, text_at(list, i)) || fits;
    return fits;
}

static bool actions_fit(struct judge *j, cs_jval v)
{
    bool fits = false;
    if (text_count(v) == 0)
        j->bad = true;
    for (size_t i = 0; i < text_count(v); i++) {
        cs_slice text = text_at(v, i);
        if (!cs_slice_is(text, "*") && !cs_slice_starts(text, CS_LIT("kms:")))
            j->bad = true;
        fits = fits || is_like(text, cs_slice_str(j->call->action), true);
    }
    return fits;
}

static cs_jval member(cs_jval object, const char *name)
{
    cs_slice is;
    for (size_t i = 0; i < cs_jval_members(object); i++) {
        cs_jval v = cs_jval_member(&is, object, i);
        if (cs_slice_is(is, name))
            return v;
    }
    return (cs_jval){NULL};
}

static bool has_only(cs_jval object, const char *const *names, size_t count)
{
    cs_slice is;
    for (size_t i = 0; i < cs_jval_members(object); i++) {
        bool known = false;
        (void)cs_jval_member(&is, object, i);
        for (size_t n = 0; n < count; n++)
            known = known || cs_slice_is(is, names[n]);
        if (!known)
            return false;
    }
    return cs_jval_is_object(object);
}

/* True if the statement fits the call; *deny tells its effect. */
static bool statement_fits(struct judge *j, bool *deny, cs_jval s)
{
    static const char *const names[] = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"};
    cs_jval resource = member(s, "Resource"), sid = member(s, "Sid"), conditions = member(s, "Condition");
    cs_slice effect = cs_jval_str(member(s, "Effect"));
    *deny = cs_slice_is(effect, "Deny");
    if (!has_only(s, names, sizeof names / sizeof *names) || (!*deny && !cs_slice_is(effect, "Allow")) ||
        text_count(resource) != 1 || !cs_slice_is(text_at(resource, 0), "*") ||
        (sid.v != NULL && cs_jval_str(sid).p == NULL) || (conditions.v != NULL && !cs_jval_is_object(conditions)))
        j->bad = true;
    bool fits = principals_fit(j, member(s, "Principal"));
    fits = actions_fit(j, member(s, "Action")) && fits;
    return conditions_fit(j, conditions) && fits;
}

static bool judge_document(struct judge *j, cs_jval policy)
{
    static const char *const names[] = {"Version", "Id", "Statement"};
    cs_slice version = cs_jval_str(member(policy, "Version"));
    cs_jval list = member(policy, "Statement"), id = member(policy, "Id");
    size_t n = cs_jval_is_array(list) ? cs_jarr_len(list) : 1;
    bool allowed = false, denied = false;
    if (!has_only(policy, names, sizeof names / sizeof *names) || n == 0 ||
        (!cs_slice_is(version, "2012-10-17") && !cs_slice_is(version, "2008-10-17")) ||
        (id.v != NULL && cs_jval_str(id).p == NULL))
        j->bad = true;
    for (size_t i = 0; i < n && !j->bad; i++) {
        bool deny;
        bool fits = statement_fits(j, &deny, cs_jval_is_array(list) ? cs_jarr_at(list, i) : list);
        denied = denied || (fits && deny);
        allowed = allowed || (fits && !deny);
    }
    return allowed && !denied && !j->bad;
}

static bool judge_text(bool *bad, cs_slice json, const cs_policy_call *call)
{
    cs_json *doc = NULL;
    struct judge j = {.call = call};
    cs_err err = cs_json_parse(&doc, json, POLICY_MAX);
    bool allowed = err == CS_OK && judge_document(&j, cs_json_root(doc));
    *bad = err != CS_OK || j.bad;
    cs_json_free(doc);
    return allowed;
}

cs_err cs_key_policy_check(cs_slice json)
{
    static const cs_policy_call nobody = {.account = "", .principal = "", .action = ""};
    bool bad;
    (void)judge_text(&bad, json, &nobody);
    return bad ? CS_BAD_FORMAT : CS_OK;
}

bool cs_key_policy_allows(cs_slice json, const cs_policy_call *call)
{
    bool bad;
    return judge_text(&bad, json, call) && !bad;
}

void cs_key_policy_default(cs_buf *out, const char *account)
{
    cs_buf_printf(out,
                  "{\"Version\":\"2012-10-17\",\"Id\":\"key-default-1\",\"Statement\":[{\"Sid\":\"Enable IAM User "
                  "Permissions\",\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::%s:root\"},\"Action\":"
                  "\"kms:*\",\"Resource\":\"*\"}]}",
                  account);
}
