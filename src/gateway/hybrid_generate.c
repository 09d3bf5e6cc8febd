/* SPDX-License-Identifier: Apache-2.0 */
#include "gateway/hybrid_generate.h"

#include <stdio.h>
#include <string.h>

#include "core/hybrid.h"
#include "gateway/hybrid_keys.h"

struct generating {
    const cs_call *call;
    cs_registered_row row;
    bool expanded;
    cs_answer answer; /* has the private key; wiped when it is freed */
};

static cs_err read_request(struct generating *g, cs_call *c)
{
    cs_json *json = NULL;
    cs_jobj o;
    cs_err err = cs_call_body(c, &json, &o);
    if (err == CS_OK) {
        cs_hybrid_keys_read(&g->row, c, &o);
        cs_slice format = cs_jobj_str_opt(&o, "format", CS_MAX_WORD);
        g->expanded = format.p == NULL || cs_slice_is(format, "expanded");
        if (!g->expanded && !cs_slice_is(format, "seed"))
            cs_jobj_fail(&o, CS_BAD_FIELD, "format");
        err = cs_call_body_done(c, &o);
    }
    cs_json_free(json);
    return err;
}

/* A seed makes its public key; a secret key of FIPS 204 begins with the public key's seed, and has its hash third
 * [FIPS 204 §7.2, skEncode]. What would belong to another key is not given to anybody. */
static bool is_pair(cs_prim prim, cs_slice public_key, cs_slice private_key, bool expanded)
{
    cs_digest hash;
    cs_key *key = NULL;
    cs_buf made = cs_buf_new(CS_MAX_REGISTERED_KEY);
    bool fits;
    if (expanded) {
        fits = cs_hash(&hash, CS_SHAKE256_64, public_key) == CS_OK &&
               cs_secret_eq(cs_slice_sub(private_key, 0, 32), cs_slice_sub(public_key, 0, 32)) &&
               cs_secret_eq(cs_slice_sub(private_key, 64, 64), cs_digest_slice(&hash));
    } else {
        fits = cs_key_open_private(&key, prim, private_key) == CS_OK;
        if (fits)
            cs_key_public(&made, key);
        fits = fits && cs_slice_eq(cs_buf_slice(&made), public_key);
    }
    cs_key_free(key);
    cs_buf_free(&made);
    return fits;
}

/* What the enclave refuses is one failure to the client. */
static cs_err generate(struct generating *g, cs_call *c)
{
    const cs_prim prim = cs_hybrid_algorithm(cs_slice_str(g->row.algorithm));
    char name[16]; /* "ml-dsa-65" is "mldsa65" elsewhere */
    (void)snprintf(name, sizeof name, "mldsa%.2s", g->row.algorithm + strlen("ml-dsa-"));
    const cs_request request = {
        .type = CS_MSG_CALLER_KEY, .alg = cs_alg_find(cs_slice_str(name)), .expanded = g->expanded};
    cs_err err = cs_signer_ask(c->app->signer, &g->answer, &request, c->deadline_us);
    if (err != CS_OK)
        return cs_err_class_of(err) == CS_CLASS_UNAVAILABLE || err == CS_NO_MEMORY ? err : CS_PQC_003;
    cs_slice public_key = g->answer.reply.public_key;
    cs_call_compute(c);
    bool fits =
        public_key.n == cs_prim_public_len(prim) && is_pair(prim, public_key, g->answer.reply.private_key, g->expanded);
    cs_call_computed(c);
    if (!fits)
        return CS_PQC_003;
    memcpy(g->row.public_key, public_key.p, public_key.n);
    g->row.public_key_len = public_key.n;
    g->row.generated = true;
    return cs_hybrid_keys_complete(&g->row, c);
}

static void write_generated(void *context, cs_jw *w)
{
    const struct generating *g = context;
    cs_jw_begin(w, "data");
    cs_hybrid_keys_write(w, &g->row, g->call->caller.live);
    cs_hybrid_write_hex(w, "privateKey", g->answer.reply.private_key);
    cs_jw_cstr(w, "privateKeyFormat", g->expanded ? "expanded" : "seed");
    cs_jw_end(w);
}

static cs_err commit(struct generating *g, cs_call *c, cs_jw *w)
{
    cs_buf data = cs_buf_new(4096);
    cs_registration registration = {.key = &g->row};
    cs_hybrid_keys_entry(&data, c, &g->row);
    cs_write write = {.event_type = "hybrid_attestation.key_registered",
                      .subject_id = cs_slice_str(g->row.id),
                      .data = cs_buf_slice(&data),
                      .registration = &registration};
    c->status = 201;
    c->secret_answer = true;
    cs_err err = cs_call_commit(c, w, &write, 1, write_generated, g);
    cs_buf_free(&data);
    return err;
}

cs_err cs_hybrid_generate(cs_call *c, cs_jw *w)
{
    struct generating g = {.call = c};
    cs_err err = read_request(&g, c);
    if (err == CS_OK)
        err = generate(&g, c);
    if (err == CS_OK)
        err = commit(&g, c, w);
    cs_signer_free_answer(&g.answer);
    return err;
}
