/* SPDX-License-Identifier: Apache-2.0 */
#include "core/composite.h"

#include <string.h>

#include "core/ecdsa.h"
#include "core/encode.h"
#include "core/json.h"
#include "core/limits.h"

#define SEED_LEN 32
#define RAW_TRAD_LEN 64 /* classical half of concat and envelope: Ed25519, or r‖s of P-256 */

const cs_slice cs_composite_prefix = CS_LIT("CompositeAlgorithmSignatures2025");

/* -- keys ------------------------------------------------------------------------------------------------------ */

/* The classical half's bytes in the LAMPS serialization: ECPrivateKey for EC, raw otherwise. */
static cs_err trad_from_serialized(cs_secret *private_bytes, cs_prim trad, cs_slice serialized)
{
    return cs_prim_is_ecdsa(trad) ? cs_ec_private_scalar(private_bytes, trad, serialized)
                                  : cs_secret_set(private_bytes, serialized);
}

static cs_err generate_trad(cs_secret *serialized, cs_prim trad)
{
    CS_SECRET(half);
    CS_SECRET(der);
    cs_err err = cs_key_generate(&half, trad);
    if (err == CS_OK && cs_prim_is_ecdsa(trad))
        err = cs_ec_private_der(&der, trad, cs_secret_slice(&half));
    if (err == CS_OK)
        err = cs_secret_add(serialized, cs_secret_slice(cs_prim_is_ecdsa(trad) ? &der : &half));
    return err;
}

cs_err cs_pair_generate_here(cs_secret *serialized, const cs_alg *alg, const cs_away *away)
{
    cs_err err = CS_OK;
    cs_secret_wipe(serialized);
    if (away->pq.p == NULL)
        err = cs_key_generate(serialized, alg->pq);
    if (err == CS_OK && away->trad.p == NULL && !cs_alg_is_pure(alg))
        err = generate_trad(serialized, alg->trad);
    if (err != CS_OK)
        cs_secret_wipe(serialized);
    return err;
}

cs_err cs_pair_generate(cs_secret *serialized, const cs_alg *alg)
{
    return cs_pair_generate_here(serialized, alg, &(cs_away){0});
}

static cs_err open_trad(cs_key **out, cs_prim prim, cs_slice serialized)
{
    CS_SECRET(trad);
    cs_err err = trad_from_serialized(&trad, prim, serialized);
    return err == CS_OK ? cs_key_open_private(out, prim, cs_secret_slice(&trad)) : err;
}

cs_err cs_pair_open_here(cs_pair *out, const cs_alg *alg, cs_format format, cs_slice serialized, const cs_away *away)
{
    cs_err err;
    *out = (cs_pair){.alg = alg, .format = format};
    if (!cs_alg_offers(alg, format))
        return CS_FORMAT_NOT_OFFERED;
    size_t seed_len = away->pq.p == NULL ? SEED_LEN : 0;
    bool trad_here = away->trad.p == NULL && !cs_alg_is_pure(alg);
    cs_slice rest = cs_slice_sub(serialized, seed_len, serialized.n);
    if ((!trad_here && rest.n != 0) || (away->trad.p != NULL && cs_alg_is_pure(alg)))
        return CS_BAD_PRIVATE_KEY;
    if (away->pq.p == NULL)
        err = cs_key_open_private(&out->pq, alg->pq, cs_slice_sub(serialized, 0, seed_len));
    else
        err = cs_key_open_public(&out->pq, alg->pq, away->pq);
    if (err == CS_OK && trad_here)
        err = open_trad(&out->trad, alg->trad, rest);
    else if (err == CS_OK && away->trad.p != NULL)
        err = cs_key_open_public(&out->trad, alg->trad, away->trad);
    if (err != CS_OK)
        cs_pair_close(out);
    return err == CS_TOO_LARGE ? CS_BAD_PRIVATE_KEY : err;
}

cs_err cs_pair_open_private(cs_pair *out, const cs_alg *alg, cs_format format, cs_slice serialized)
{
    return cs_pair_open_here(out, alg, format, serialized, &(cs_away){0});
}

cs_err cs_pair_open_public(cs_pair *out, const cs_alg *alg, cs_format format, cs_slice public_bytes)
{
    *out = (cs_pair){.alg = alg, .format = format};
    if (!cs_alg_offers(alg, format))
        return CS_FORMAT_NOT_OFFERED;
    if (public_bytes.n != cs_alg_public_len(alg))
        return CS_BAD_PUBLIC_KEY;
    size_t pq_len = cs_prim_public_len(alg->pq);
    cs_err err = cs_key_open_public(&out->pq, alg->pq, cs_slice_sub(public_bytes, 0, pq_len));
    if (err == CS_OK && !cs_alg_is_pure(alg))
        err = cs_key_open_public(&out->trad, alg->trad, cs_slice_sub(public_bytes, pq_len, public_bytes.n));
    if (err != CS_OK)
        cs_pair_close(out);
    return err;
}

void cs_pair_close(cs_pair *k)
{
    cs_key_free(k->pq);
    cs_key_free(k->trad);
    k->pq = k->trad = NULL;
}

size_t cs_pair_bytes(const cs_pair *k)
{
    return (k->pq != NULL ? cs_key_bytes(k->pq) : 0) + (k->trad != NULL ? cs_key_bytes(k->trad) : 0);
}

void cs_pair_public(cs_buf *out, const cs_pair *k)
{
    cs_key_public(out, k->pq);
    if (k->trad != NULL)
        cs_key_public(out, k->trad);
}

/* -- what is signed -------------------------------------------------------------------------------------------- */

static cs_err prehash_of(cs_digest *ph, const cs_alg *alg, const cs_message *m)
{
    if (m->ph == CS_HASH_NONE)
        return cs_hash(ph, alg->ph, m->bytes);
    if (m->ph != alg->ph || m->bytes.n != cs_hash_len(alg->ph))
        return CS_PREHASH_ALGORITHM;
    ph->n = m->bytes.n;
    memcpy(ph->b, m->bytes.p, m->bytes.n);
    return CS_OK;
}

cs_err cs_composite_message(cs_buf *mprime, const cs_alg *alg, const cs_message *m)
{
    cs_digest ph;
    if (alg->label == NULL)
        return CS_FORMAT_NOT_OFFERED;
    if (m->context.n > CS_MAX_CONTEXT)
        return CS_BAD_CONTEXT;
    cs_err err = prehash_of(&ph, alg, m);
    if (err != CS_OK)
        return err;
    cs_buf_add(mprime, cs_composite_prefix);
    cs_buf_add_str(mprime, alg->label);
    cs_buf_add_u8(mprime, (uint8_t)m->context.n);
    cs_buf_add(mprime, m->context);
    cs_buf_add(mprime, cs_digest_slice(&ph));
    return mprime->err;
}

/* Composite: M' for both, the label as ML-DSA context. Other formats: the payload itself, no context. */
static cs_err signing_input(cs_pair_input *in, const cs_alg *alg, cs_format format, const cs_message *m)
{
    in->mldsa = (cs_mldsa_options){0};
    if (format != CS_FORMAT_COMPOSITE) {
        in->message = m->bytes;
        if (m->ph != CS_HASH_NONE)
            return CS_PREHASH_NOT_OFFERED;
        return m->context.n == 0 ? CS_OK : CS_BAD_CONTEXT;
    }
    cs_buf mprime = CS_BUF_OVER(in->mprime);
    cs_err err = cs_composite_message(&mprime, alg, m);
    in->message = cs_buf_slice(&mprime);
    in->mldsa.context = cs_slice_str(alg->label);
    return err;
}

/* -- the three shapes of two halves ---------------------------------------------------------------------------- */

static void write_envelope(cs_buf *sig, const cs_alg *alg, cs_slice pq, cs_slice trad)
{
    cs_jw w = cs_jw_on(sig);
    cs_jw_begin(&w, NULL);
    cs_jw_int(&w, "v", 1);
    cs_jw_cstr(&w, "alg", alg->name);
    cs_jw_base64(&w, "classical", trad);
    cs_jw_base64(&w, "pq", pq);
    cs_jw_end(&w);
}

/* Classical half of concat and envelope: 64 raw bytes, from or to what the primitive signs with. */
static cs_err to_raw(cs_buf *raw, cs_prim trad, cs_slice sig)
{
    if (cs_prim_is_ecdsa(trad))
        return cs_ecdsa_der_to_raw(raw, trad, sig);
    cs_buf_add(raw, sig);
    return raw->err;
}

static cs_err from_raw(cs_buf *sig, cs_prim trad, cs_slice raw)
{
    if (raw.n != RAW_TRAD_LEN)
        return CS_BAD_SIGNATURE;
    if (cs_prim_is_ecdsa(trad))
        return cs_ecdsa_raw_to_der(sig, trad, raw);
    cs_buf_add(sig, raw);
    return sig->err;
}

cs_err cs_pair_join(cs_buf *sig, const cs_pair *k, cs_slice pq, cs_slice trad)
{
    uint8_t memory[RAW_TRAD_LEN];
    cs_buf raw = CS_BUF_OVER(memory);
    cs_err err = CS_OK;
    if (k->format == CS_FORMAT_CONCAT || k->format == CS_FORMAT_ENVELOPE)
        err = to_raw(&raw, k->alg->trad, trad);
    if (err != CS_OK)
        return err;
    if (k->format == CS_FORMAT_ENVELOPE) {
        write_envelope(sig, k->alg, pq, cs_buf_slice(&raw));
    } else {
        cs_buf_add(sig, pq);
        cs_buf_add(sig, k->format == CS_FORMAT_CONCAT ? cs_buf_slice(&raw) : trad);
    }
    return sig->err;
}

/* Takes an envelope apart and builds it again: only the one byte form is accepted. */
static cs_err split_envelope(cs_buf *pq, cs_buf *raw, const cs_alg *alg, cs_slice sig)
{
    cs_json *doc = NULL;
    cs_buf again = cs_buf_new(CS_MAX_SIGNATURE);
    cs_err err = cs_json_parse(&doc, sig, CS_MAX_SIGNATURE);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(doc));
        (void)cs_jobj_base64(&o, "classical", RAW_TRAD_LEN, raw);
        (void)cs_jobj_base64(&o, "pq", cs_prim_sig_len(alg->pq), pq);
        err = cs_jobj_done_open(&o);
    }
    if (err == CS_OK) {
        write_envelope(&again, alg, cs_buf_slice(pq), cs_buf_slice(raw));
        err = again.err != CS_OK ? again.err : cs_slice_eq(cs_buf_slice(&again), sig) ? CS_OK : CS_BAD_SIGNATURE;
    }
    cs_buf_free(&again);
    cs_json_free(doc);
    return err == CS_OK || err == CS_NO_MEMORY ? err : CS_BAD_SIGNATURE;
}

/* The halves of a signature as their primitives verify them, appended to `pq` and `trad`. */
static cs_err split(cs_buf *pq, cs_buf *trad, const cs_pair *k, cs_slice sig)
{
    uint8_t memory[RAW_TRAD_LEN];
    cs_buf raw = CS_BUF_OVER(memory);
    size_t pq_len = cs_prim_sig_len(k->alg->pq);
    if (k->format == CS_FORMAT_ENVELOPE) {
        cs_err err = split_envelope(pq, &raw, k->alg, sig);
        return err != CS_OK ? err : from_raw(trad, k->alg->trad, cs_buf_slice(&raw));
    }
    if (sig.n < pq_len)
        return CS_BAD_SIGNATURE;
    cs_buf_add(pq, cs_slice_sub(sig, 0, pq_len));
    cs_slice rest = cs_slice_sub(sig, pq_len, sig.n);
    if (k->format == CS_FORMAT_CONCAT)
        return from_raw(trad, k->alg->trad, rest);
    cs_buf_add(trad, rest);
    return pq->err == CS_OK && trad->err == CS_OK ? CS_OK : CS_BAD_SIGNATURE;
}

/* -- sign and verify ------------------------------------------------------------------------------------------- */

cs_err cs_pair_prepare(cs_pair_input *in, const cs_pair *k, const cs_message *m)
{
    /* Such a payload could be the M' of a composite: signing it bare would hand out one half of a composite
     * signature [LAMPS composite §10.4]. */
    if (k->format != CS_FORMAT_COMPOSITE && cs_slice_starts(m->bytes, cs_composite_prefix))
        return CS_RESERVED_PREFIX;
    return signing_input(in, k->alg, k->format, m);
}

cs_err cs_pair_mu(cs_digest *mu, const cs_pair *k, const cs_pair_input *in)
{
    uint8_t bytes[CS_MAX_PUBLIC_KEY];
    cs_buf public_key = CS_BUF_OVER(bytes);
    cs_digest tr;
    const uint8_t head[2] = {0, (uint8_t)in->mldsa.context.n};
    cs_key_public(&public_key, k->pq);
    if (public_key.err != CS_OK)
        return public_key.err;
    cs_err err = cs_hash(&tr, CS_SHAKE256_64, cs_buf_slice(&public_key));
    const cs_slice parts[] = {cs_digest_slice(&tr), CS_ARRAY(head), in->mldsa.context, in->message};
    return err == CS_OK ? cs_hash_parts(mu, CS_SHAKE256_64, parts, sizeof parts / sizeof *parts) : err;
}

cs_err cs_pair_sign(cs_buf *sig, const cs_pair *k, const cs_message *m)
{
    cs_pair_input in;
    uint8_t pq_memory[CS_MAX_SIGNATURE], trad_memory[128];
    cs_buf pq = CS_BUF_OVER(pq_memory), trad = CS_BUF_OVER(trad_memory);
    cs_err err = cs_pair_prepare(&in, k, m);
    if (err == CS_OK)
        err = cs_key_sign(&pq, k->pq, in.message, &in.mldsa);
    if (err == CS_OK && k->trad != NULL)
        err = cs_key_sign(&trad, k->trad, in.message, NULL);
    return err == CS_OK ? cs_pair_join(sig, k, cs_buf_slice(&pq), cs_buf_slice(&trad)) : err;
}

void cs_pair_sign_many(cs_pair_job *const *jobs, size_t n)
{
    cs_sign_job halves[CS_SIGN_TOGETHER], others[CS_SIGN_TOGETHER];
    cs_verify_job checks[CS_SIGN_TOGETHER];
    cs_buf pq[CS_SIGN_TOGETHER], trad[CS_SIGN_TOGETHER];
    size_t of[CS_SIGN_TOGETHER], count = 0;
    for (size_t i = 0; i < n; i++) {
        cs_pair_job *j = jobs[i];
        if (j->err == CS_OK)
            j->err = cs_pair_prepare(&j->input, j->pair, j->message);
        pq[i] = (cs_buf)CS_BUF_OVER(j->pq);
        trad[i] = (cs_buf)CS_BUF_OVER(j->trad);
        halves[i] = (cs_sign_job){&pq[i], j->pair->pq, j->input.message, &j->input.mldsa, j->err};
    }
    cs_key_sign_many(halves, n);
    for (size_t i = 0; i < n; i++) {
        cs_pair_job *j = jobs[i];
        j->err = halves[i].err;
        if (j->err != CS_OK || j->pair->trad == NULL)
            continue;
        of[count] = i;
        others[count++] = (cs_sign_job){&trad[i], j->pair->trad, j->input.message, NULL, CS_OK};
    }
    cs_key_sign_many(others, count);
    for (size_t c = 0; c < count; c++) {
        jobs[of[c]]->err = others[c].err;
        checks[c] = (cs_verify_job){others[c].key, others[c].message, cs_buf_slice(others[c].sig)};
    }
    cs_key_verify_ahead(checks, count); /* whoever signs many verifies them next */
    for (size_t i = 0; i < n; i++)
        if (jobs[i]->err == CS_OK)
            jobs[i]->err = cs_pair_join(jobs[i]->sig, jobs[i]->pair, cs_buf_slice(&pq[i]), cs_buf_slice(&trad[i]));
}

cs_err cs_pair_verify(cs_halves *halves, const cs_pair *k, const cs_message *m, cs_slice sig)
{
    cs_pair_input in;
    uint8_t pq_memory[CS_MAX_SIGNATURE], trad_memory[128];
    cs_buf pq = CS_BUF_OVER(pq_memory), trad = CS_BUF_OVER(trad_memory);
    cs_halves found = {false, false};
    if (halves != NULL)
        *halves = found;

    cs_err err = signing_input(&in, k->alg, k->format, m);
    if (err == CS_OK)
        err = split(&pq, &trad, k, sig);
    if (err != CS_OK)
        return err;
    cs_err pq_err = cs_key_verify(k->pq, in.message, cs_buf_slice(&pq), &in.mldsa);
    cs_err trad_err = trad.n == 0 && k->trad == NULL ? CS_OK : CS_BAD_SIGNATURE;
    if (k->trad != NULL)
        trad_err = cs_key_verify(k->trad, in.message, cs_buf_slice(&trad), NULL);
    found = (cs_halves){pq_err == CS_OK, trad_err == CS_OK};
    if (halves != NULL)
        *halves = found;
    return pq_err != CS_OK ? pq_err : trad_err;
}
