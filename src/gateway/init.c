/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/init.h"

#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "core/name.h"
#include "gateway/auth.h"
#include "gateway/ids.h"
#include "sys/clock.h"
#include "sys/log.h"

struct first_keys {
    char org_id[CS_MAX_ID + 1];
    cs_api_key_row secret, publishable;
};

/* A host with or without a port. It stands in the first line of each checkpoint, so nothing else may be in it. */
static bool is_host(const char *host)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.-:";
    size_t n = strlen(host);
    return n > 0 && n <= CS_MAX_HOST && strspn(host, allowed) == n && host[0] != '-' && host[0] != '.' &&
           host[0] != ':';
}

/* -- the rows ------------------------------------------------------------------------------------------------------ */

struct search {
    cs_slice name;
    bool found;
};

static void compare(void *context, const cs_org_row *o)
{
    struct search *s = context;
    s->found = s->found || cs_slice_is(s->name, o->name);
}

static cs_err put_org(cs_store *store, const struct first_keys *k, const cs_init *init, int64_t now)
{
    cs_err err = CS_OK;
    for (int live = 1; err == CS_OK && live >= 0; live--) {
        cs_org_row row = {.created_ms = now, .publish = live == 1 && init->publish};
        cs_id_realm(row.id, k->org_id, live == 1);
        err = cs_slice_to_cstr(row.name, sizeof row.name, init->org);
        if (err == CS_OK)
            err = cs_slice_to_cstr(row.host, sizeof row.host, cs_slice_str(init->host));
        if (err == CS_OK)
            err = cs_store_put_org(store, &row);
    }
    return err;
}

static cs_err write_org(cs_store *store, const struct first_keys *k, const cs_init *init)
{
    cs_err err = cs_store_begin(store);
    if (err == CS_OK)
        err = put_org(store, k, init, cs_now_ms());
    if (err == CS_OK)
        err = cs_store_put_api_key(store, &k->secret);
    if (err == CS_OK)
        err = cs_store_put_api_key(store, &k->publishable);
    if (err == CS_OK)
        return cs_store_commit(store);
    cs_store_rollback(store);
    return err;
}

static cs_err mint(cs_secret *text, cs_api_key_row *row, const cs_auth *auth, const char *org_id, bool publishable)
{
    *row = (cs_api_key_row){.publishable = publishable, .live = true};
    memcpy(row->org, org_id, sizeof row->org);
    memcpy(row->name, publishable ? "first publishable" : "first", publishable ? 18 : 6);
    return cs_auth_mint(text, row, auth, cs_now_ms());
}

/* The keys are printed here and nowhere else, ever. */
static cs_err print_keys(const struct first_keys *k, cs_slice org, cs_slice secret, cs_slice publishable, bool json)
{
    uint8_t text[1024]; /* wiped below */
    cs_buf line = CS_BUF_OVER(text);
    if (json) {
        cs_jw w = cs_jw_on(&line);
        cs_jw_begin(&w, NULL);
        cs_jw_str(&w, "org", org);
        cs_jw_cstr(&w, "orgId", k->org_id);
        cs_jw_str(&w, "apiKey", secret);
        cs_jw_str(&w, "publishableKey", publishable);
        cs_jw_end(&w);
        cs_buf_add_u8(&line, '\n');
    } else {
        cs_buf_printf(&line, "org              %.*s (%s)\n", (int)org.n, (const char *)org.p, k->org_id);
        cs_buf_printf(&line, "API key          %.*s\n", (int)secret.n, (const char *)secret.p);
        cs_buf_printf(&line, "publishable key  %.*s\n", (int)publishable.n, (const char *)publishable.p);
        cs_buf_add_str(&line, "The keys are shown this once; the store has only keyed hashes of them.\n");
    }
    cs_err err = line.err;
    if (err == CS_OK && write(STDOUT_FILENO, line.p, line.n) != (ssize_t)line.n)
        err = CS_IO;
    cs_wipe(text, sizeof text);
    return err;
}

static cs_err add_org(cs_store *store, const cs_init *init, const char *pepper)
{
    struct first_keys k = {0};
    struct search taken = {.name = init->org};
    CS_SECRET(secret);
    CS_SECRET(publishable);
    cs_auth auth;
    cs_err err = cs_auth_open(&auth, store, pepper);
    if (err == CS_OK)
        err = cs_store_orgs(store, compare, &taken);
    if (err == CS_OK && taken.found)
        err = CS_NAME_TAKEN;
    if (err == CS_OK)
        err = cs_id_new(k.org_id, CS_ID_ORG, cs_now_ms());
    if (err == CS_OK)
        err = mint(&secret, &k.secret, &auth, k.org_id, false);
    if (err == CS_OK)
        err = mint(&publishable, &k.publishable, &auth, k.org_id, true);
    if (err == CS_OK)
        err = write_org(store, &k, init);
    if (err == CS_OK)
        err = print_keys(&k, init->org, cs_secret_slice(&secret), cs_secret_slice(&publishable), init->json);
    cs_auth_close(&auth);
    return err;
}

/* -- the store ----------------------------------------------------------------------------------------------------- */

static void explain(const cs_init *init, cs_err err)
{
    const char *name = cs_store_is_address(init->store) ? "the store" : init->store; /* an address may say too much */
    if (err == CS_NAME_TAKEN)
        cs_log(CS_LOG_ERROR, NULL, "an org of %s has the name %.*s already", name, (int)init->org.n,
               (const char *)init->org.p);
    else if (err == CS_CONFLICT)
        cs_log(CS_LOG_ERROR, NULL, "%s is in use, or its pepper is there without it", name);
    else if (err != CS_OK)
        cs_log(CS_LOG_ERROR, NULL, "%s: %s", name, cs_err_sentence(err));
}

/* Store and pepper, if there is no store yet. Beside a new file no pepper may lie; that of a server's store may have
 * been put there for this. */
static cs_err make_store(bool *created, const char *place, const char *pepper)
{
    bool address = cs_store_is_address(place);
    if (!address && access(place, F_OK) == 0)
        return CS_OK;
    cs_err err = cs_store_create(place);
    if (address && err == CS_CONFLICT)
        return CS_OK; /* it is there */
    *created = err == CS_OK;
    if (err == CS_OK && !(address && access(pepper, F_OK) == 0))
        err = cs_auth_create_pepper(pepper);
    return err;
}

cs_err cs_init_run(const cs_init *init)
{
    cs_store *store = NULL;
    if (cs_name_check(init->org) != CS_OK) {
        cs_log(CS_LOG_ERROR, NULL, "--org: a name of 1 to %d bytes, without invisible characters", CS_MAX_NAME);
        return CS_BAD_FIELD;
    }
    if (!is_host(init->host)) {
        cs_log(CS_LOG_ERROR, NULL, "--ledger-host: a host in lower case, perhaps with a port");
        return CS_BAD_FIELD;
    }
    char pepper[PATH_MAX];
    bool created = false;
    cs_err err = cs_auth_pepper_path(pepper, init->store, init->pepper);
    if (err == CS_OK)
        err = make_store(&created, init->store, pepper);
    if (err == CS_OK)
        err = cs_store_open(&store, init->store);
    if (err == CS_OK)
        err = add_org(store, init, pepper);
    cs_store_close(store);
    if (err != CS_OK && created && !cs_store_is_address(init->store))
        (void)unlink(
            init->store); /* a store without keys is of no use; a pepper without one is for its owner to judge */
    explain(init, err);
    return err;
}
