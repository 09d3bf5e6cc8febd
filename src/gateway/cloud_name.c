/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/cloud_name.h"

#include <string.h>

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define WORDS LOWER UPPER DIGITS

/* Takes `text` off the front of `s`. */
static bool take(cs_slice *s, const char *text)
{
    cs_slice lead = cs_slice_str(text);
    if (!cs_slice_starts(*s, lead))
        return false;
    *s = cs_slice_sub(*s, lead.n, s->n);
    return true;
}

/* Takes as many characters of the set as there are; false if they are not `min` to `max`. */
static bool take_run(cs_slice *s, const char *set, size_t min, size_t max)
{
    size_t n = 0;
    while (n < s->n && s->p[n] != '\0' && strchr(set, s->p[n]) != NULL)
        n++;
    *s = cs_slice_sub(*s, n, s->n);
    return n >= min && n <= max;
}

static bool is_run(cs_slice s, const char *set, size_t min, size_t max)
{
    return take_run(&s, set, min, max) && s.n == 0;
}

/* Up to `end`, which must be there and is taken too. */
static bool take_until(cs_slice *part, cs_slice *s, char end)
{
    const uint8_t *at = s->n > 0 ? memchr(s->p, end, s->n) : NULL;
    if (at == NULL)
        return false;
    size_t n = (size_t)(at - s->p);
    *part = cs_slice_sub(*s, 0, n);
    *s = cs_slice_sub(*s, n + 1, s->n);
    return true;
}

/* -- AWS ----------------------------------------------------------------------------------------------------------- */

bool cs_cloud_is_aws_region(cs_slice s)
{
    size_t words = 0;
    if (s.n > 32 || !take_run(&s, LOWER, 2, 2))
        return false;
    while (take(&s, "-")) {
        if (is_run(s, DIGITS, 1, 2))
            return words > 0;
        if (!take_run(&s, LOWER, 2, 16))
            return false;
        words++;
    }
    return false;
}

static bool take_partition(cs_slice *s)
{
    return take(s, "arn:") && (take(s, "aws:") || take(s, "aws-cn:") || take(s, "aws-us-gov:"));
}

static bool take_account(cs_slice *s)
{
    return take_run(s, DIGITS, 12, 12) && take(s, ":");
}

bool cs_cloud_is_kms_arn(cs_slice *region, cs_slice s)
{
    cs_slice where;
    if (s.n > CS_MAX_ARN || !take_partition(&s) || !take(&s, "kms:") || !take_until(&where, &s, ':') ||
        !cs_cloud_is_aws_region(where) || !take_account(&s))
        return false;
    if (region != NULL)
        *region = where;
    if (take(&s, "alias/"))
        return is_run(s, WORDS "/_-", 1, 250);
    if (!take(&s, "key/"))
        return false;
    return take(&s, "mrk-") ? is_run(s, "abcdef" DIGITS, 32, 32) : cs_cloud_is_guid(s);
}

bool cs_cloud_is_kms_key(cs_slice s)
{
    return cs_cloud_is_kms_arn(NULL, s) && memmem(s.p, s.n, ":key/", 5) != NULL;
}

bool cs_cloud_is_role_arn(cs_slice s)
{
    return s.n <= CS_MAX_ARN && take_partition(&s) && take(&s, "iam::") && take_account(&s) && take(&s, "role/") &&
           is_run(s, WORDS "_+=,.@/-", 1, 512) && s.p[0] != '/' && s.p[s.n - 1] != '/';
}

bool cs_cloud_is_external_id(cs_slice s)
{
    return is_run(s, WORDS "_+=,.@:/-", 2, 1224);
}

/* -- Azure --------------------------------------------------------------------------------------------------------- */

bool cs_cloud_is_vault_url(cs_slice s)
{
    static const char *const domains[] = {"vault.azure.net",         "vault.azure.cn",
                                          "vault.usgovcloudapi.net", "managedhsm.azure.net",
                                          "managedhsm.azure.cn",     "managedhsm.usgovcloudapi.net"};
    cs_slice name;
    if (!take(&s, "https://") || !take_until(&name, &s, '.') || !is_run(name, WORDS "-", 3, 24) ||
        strchr(DIGITS "-", name.p[0]) != NULL || name.p[name.n - 1] == '-')
        return false;
    for (size_t i = 0; i < sizeof domains / sizeof *domains; i++)
        if (cs_slice_is(s, domains[i]))
            return true;
    return false;
}

bool cs_cloud_is_azure_key(cs_slice s)
{
    return is_run(s, WORDS "-", 1, 127);
}

bool cs_cloud_is_guid(cs_slice s)
{
    static const size_t groups[] = {8, 4, 4, 4, 12};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if ((i > 0 && !take(&s, "-")) || !take_run(&s, "abcdefABCDEF" DIGITS, groups[i], groups[i]))
            return false;
    return s.n == 0;
}

/* -- Google -------------------------------------------------------------------------------------------------------- */

/* "projects/P/locations/L/keyRings/R"; a project may have a domain in front: "example.com:name". */
static bool take_key_ring(cs_slice *s)
{
    return take(s, "projects/") && take_run(s, LOWER DIGITS "-.:", 4, 63) && take(s, "/locations/") &&
           take_run(s, LOWER DIGITS "-", 2, 63) && take(s, "/keyRings/") && take_run(s, WORDS "_-", 1, 63);
}

bool cs_cloud_is_key_ring(cs_slice s)
{
    return take_key_ring(&s) && s.n == 0;
}

bool cs_cloud_is_crypto_key(cs_slice s)
{
    return take_key_ring(&s) && take(&s, "/cryptoKeys/") && is_run(s, WORDS "_-", 1, 63);
}
