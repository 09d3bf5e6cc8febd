/* SPDX-License-Identifier: Apache-2.0 */
#include "core/keytext.h"

#include <string.h>

#include "core/encode.h"
#include "core/json.h"
#include "core/limits.h"

#define PRIVATE_KIND "countersign-private-key"

/* -- the JSON public key --------------------------------------------------------------------------------------- */

static bool names_format(cs_format f)
{
    return f == CS_FORMAT_CONCAT || f == CS_FORMAT_ENVELOPE;
}

cs_err cs_public_key_json(cs_buf *out, const cs_alg *alg, cs_format format, cs_slice public_bytes)
{
    size_t pq_len = cs_prim_public_len(alg->pq);
    if (!cs_alg_offers(alg, format))
        return CS_FORMAT_NOT_OFFERED;
    if (public_bytes.n != cs_alg_public_len(alg))
        return CS_BAD_PUBLIC_KEY;
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_int(&w, "v", 1);
    cs_jw_cstr(&w, "alg", alg->name);
    if (!cs_alg_is_pure(alg))
        cs_jw_base64(&w, "classical", cs_slice_sub(public_bytes, pq_len, public_bytes.n));
    cs_jw_base64(&w, "pq", cs_slice_sub(public_bytes, 0, pq_len));
    if (names_format(format))
        cs_jw_cstr(&w, "format", cs_format_name(format));
    cs_jw_end(&w);
    return out->err;
}

/* Algorithm and format of a key text; the format member is optional. */
static const cs_alg *read_alg(cs_jobj *o, cs_format *format)
{
    const cs_alg *alg = cs_alg_find(cs_jobj_str(o, "alg", CS_MAX_NAME));
    if (alg == NULL) {
        cs_jobj_fail(o, CS_UNKNOWN_ALGORITHM, "alg");
        return NULL;
    }
    cs_slice name = cs_jobj_str_opt(o, "format", CS_MAX_NAME);
    *format = cs_alg_default_format(alg);
    if (name.p != NULL && !cs_format_by_name(format, name))
        cs_jobj_fail(o, CS_UNKNOWN_SIGNATURE_FORMAT, "format");
    else if (!cs_alg_offers(alg, *format))
        cs_jobj_fail(o, CS_FORMAT_NOT_OFFERED, "format");
    return alg;
}

/* The key's bytes mldsaPK ‖ tradPK, appended to `bytes`. */
static const cs_alg *read_public(cs_jobj *o, cs_format *format, cs_buf *bytes)
{
    (void)cs_jobj_int(o, "v", 1, 1);
    const cs_alg *alg = read_alg(o, format);
    if (alg == NULL)
        return NULL;
    (void)cs_jobj_base64(o, "pq", cs_prim_public_len(alg->pq), bytes);
    if (bytes->n != cs_prim_public_len(alg->pq))
        cs_jobj_fail(o, CS_BAD_PUBLIC_KEY, "pq");
    if (!cs_alg_is_pure(alg))
        (void)cs_jobj_base64(o, "classical", cs_prim_public_len(alg->trad), bytes);
    if (bytes->n != cs_alg_public_len(alg))
        cs_jobj_fail(o, CS_BAD_PUBLIC_KEY, "classical");
    return alg;
}

cs_err cs_public_key_parse(cs_pair *out, cs_fault *fault, cs_slice json)
{
    cs_json *doc = NULL;
    uint8_t memory[CS_MAX_PUBLIC_KEY];
    cs_buf bytes = CS_BUF_OVER(memory);
    cs_format format = CS_FORMAT_COMPOSITE;
    *out = (cs_pair){0};
    (void)cs_fault_set(fault, CS_OK, NULL);
    cs_err err = cs_json_parse(&doc, json, CS_MAX_PUBLIC_KEY_JSON);
    if (err != CS_OK)
        return cs_fault_set(fault, err, NULL);
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    const cs_alg *alg = read_public(&o, &format, &bytes);
    err = cs_jobj_done(&o);
    if (err == CS_OK)
        err = cs_pair_open_public(out, alg, format, cs_buf_slice(&bytes));
    else
        err = cs_jobj_fault(&o, NULL, fault);
    if (err != CS_OK && o.err == CS_OK)
        (void)cs_fault_set(fault, err, NULL);
    cs_json_free(doc);
    return err;
}

/* -- DER, as much of it as keys need --------------------------------------------------------------------------- */

/* Algorithm identifiers without parameters: the DER of the OID's body up to its last arc. */
static const uint8_t oid_composite[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x06};       /* 1.3.6.1.5.5.7.6 */
static const uint8_t oid_nist_sigs[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03}; /* 2.16.840.1.101.3.4.3 */

static cs_slice oid_stem(const cs_alg *alg)
{
    return cs_alg_is_pure(alg) ? CS_ARRAY(oid_nist_sigs) : CS_ARRAY(oid_composite);
}

static const cs_alg *alg_by_oid(cs_slice oid)
{
    for (size_t i = 0; i < cs_alg_count; i++) {
        const cs_alg *a = &cs_algs[i];
        cs_slice stem = oid_stem(a);
        if (a->oid_arc != 0 && oid.n == stem.n + 1 && cs_slice_starts(oid, stem) && oid.p[stem.n] == a->oid_arc)
            return a;
    }
    return NULL;
}

/* Tag and length; lengths in the shortest form, at most 65,535. */
static void put_header(cs_buf *out, uint8_t tag, size_t n)
{
    cs_buf_add_u8(out, tag);
    if (n >= 256) {
        cs_buf_add_u8(out, 0x82);
        cs_buf_add_u16(out, (uint16_t)n);
    } else {
        if (n >= 128)
            cs_buf_add_u8(out, 0x81);
        cs_buf_add_u8(out, (uint8_t)n);
    }
}

/* The contents of the next element, which must have this tag; DER lengths only. */
static cs_slice take(cs_reader *r, uint8_t tag)
{
    uint8_t got = cs_read_u8(r);
    size_t n = cs_read_u8(r);
    bool shortest = true;
    if (n == 0x81) {
        n = cs_read_u8(r);
        shortest = n >= 128;
    } else if (n == 0x82) {
        n = cs_read_u16(r);
        shortest = n >= 256;
    } else {
        shortest = n < 128;
    }
    if (got != tag || !shortest)
        r->err = CS_BAD_FORMAT;
    return cs_read_bytes(r, n);
}

/* SEQUENCE { OID } with nothing behind the OID: parameters must be absent. */
static const cs_alg *take_algorithm(cs_reader *r)
{
    cs_reader id = cs_reader_of(take(r, 0x30));
    cs_slice oid = take(&id, 0x06);
    if (r->err != CS_OK || cs_read_end(&id) != CS_OK)
        return NULL;
    return alg_by_oid(oid);
}

static void put_algorithm(cs_buf *out, const cs_alg *alg)
{
    cs_slice stem = oid_stem(alg);
    put_header(out, 0x30, stem.n + 3);
    put_header(out, 0x06, stem.n + 1);
    cs_buf_add(out, stem);
    cs_buf_add_u8(out, (uint8_t)alg->oid_arc);
}

/* -- SubjectPublicKeyInfo -------------------------------------------------------------------------------------- */

#define PEM_BEGIN "-----BEGIN PUBLIC KEY-----"
#define PEM_END "-----END PUBLIC KEY-----"
#define PEM_LINE 64

cs_err cs_public_key_pem(cs_buf *out, const cs_alg *alg, cs_format format, cs_slice public_bytes)
{
    uint8_t der_memory[CS_MAX_PUBLIC_KEY + 64];
    uint8_t text_memory[2 * sizeof der_memory];
    cs_buf der = CS_BUF_OVER(der_memory), text = CS_BUF_OVER(text_memory);
    if (alg->oid_arc == 0 || !cs_alg_offers(alg, format) || names_format(format))
        return CS_FORMAT_NOT_OFFERED;
    if (public_bytes.n != cs_alg_public_len(alg))
        return CS_BAD_PUBLIC_KEY;
    size_t id_len = oid_stem(alg).n + 5, bits_len = public_bytes.n + 1;
    put_header(&der, 0x30, id_len + bits_len + 4);
    put_algorithm(&der, alg);
    put_header(&der, 0x03, bits_len);
    cs_buf_add_u8(&der, 0); /* no unused bits */
    cs_buf_add(&der, public_bytes);
    cs_base64_encode(&text, cs_buf_slice(&der));

    cs_buf_add_str(out, PEM_BEGIN "\n");
    for (size_t at = 0; at < text.n; at += PEM_LINE) {
        cs_buf_add(out, cs_slice_sub(cs_buf_slice(&text), at, PEM_LINE));
        cs_buf_add_u8(out, '\n');
    }
    cs_buf_add_str(out, PEM_END "\n");
    return der.err != CS_OK ? der.err : text.err != CS_OK ? text.err : out->err;
}

cs_err cs_public_key_from_spki(cs_pair *out, cs_slice der)
{
    *out = (cs_pair){0};
    cs_reader all = cs_reader_of(der);
    cs_reader spki = cs_reader_of(take(&all, 0x30));
    const cs_alg *alg = take_algorithm(&spki);
    cs_slice bits = take(&spki, 0x03);
    if (cs_read_end(&all) != CS_OK || cs_read_end(&spki) != CS_OK || bits.n == 0 || bits.p[0] != 0)
        return CS_BAD_PUBLIC_KEY;
    if (alg == NULL)
        return CS_UNKNOWN_ALGORITHM;
    return cs_pair_open_public(out, alg, cs_alg_default_format(alg), cs_slice_sub(bits, 1, bits.n));
}

/* Takes one line off `text`, without its end: LF or CRLF, or the end of the text. */
static cs_slice take_line(cs_slice *text)
{
    const uint8_t *end = text->n > 0 ? memchr(text->p, '\n', text->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - text->p) : text->n;
    cs_slice line = cs_slice_sub(*text, 0, n);
    *text = cs_slice_sub(*text, n + 1, text->n);
    if (end != NULL && line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

/* The base64 between the two lines of a PEM block; false for another shape. Every line of it but the last has exactly
 * 64 characters [RFC 7468 §2], so the block has one text (but for its line ends). */
static bool pem_body(cs_buf *base64, cs_slice pem)
{
    cs_slice line = take_line(&pem);
    size_t width = PEM_LINE;
    if (!cs_slice_is(line, PEM_BEGIN))
        return false;
    for (line = take_line(&pem); line.n > 0 && line.p[0] != '-'; line = take_line(&pem)) {
        if (width != PEM_LINE || line.n > PEM_LINE)
            return false;
        width = line.n;
        cs_buf_add(base64, line);
    }
    return cs_slice_is(line, PEM_END) && pem.n == 0 && base64->err == CS_OK;
}

cs_err cs_public_key_from_pem(cs_pair *out, cs_slice pem)
{
    uint8_t der_memory[CS_MAX_PUBLIC_KEY + 64];
    uint8_t text_memory[2 * sizeof der_memory];
    cs_buf der = CS_BUF_OVER(der_memory), text = CS_BUF_OVER(text_memory);
    *out = (cs_pair){0};
    if (!pem_body(&text, pem) || cs_base64_decode(&der, cs_buf_slice(&text)) != CS_OK)
        return CS_BAD_PUBLIC_KEY;
    return cs_public_key_from_spki(out, cs_buf_slice(&der));
}

/* -- private keys ---------------------------------------------------------------------------------------------- */

cs_err cs_private_key_json(cs_secret *text, const cs_alg *alg, cs_format format, cs_slice serialized)
{
    cs_secret_wipe(text);
    cs_buf out = CS_BUF_OVER(text->b);
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_jw_int(&w, "v", 1);
    cs_jw_cstr(&w, "kind", PRIVATE_KIND);
    cs_jw_cstr(&w, "alg", alg->name);
    cs_jw_cstr(&w, "format", cs_format_name(format));
    cs_jw_base64(&w, "private", serialized);
    cs_jw_end(&w);
    if (out.err != CS_OK)
        cs_secret_wipe(text);
    else
        text->n = out.n;
    return out.err;
}

/* `bytes` takes the decoded key. */
static cs_err parse_private_json(cs_pair *out, cs_secret *bytes, cs_slice text)
{
    cs_json *doc = NULL;
    cs_format format = CS_FORMAT_COMPOSITE;
    cs_err err = cs_json_parse(&doc, text, CS_SECRET_CAP);
    if (err != CS_OK)
        return CS_BAD_PRIVATE_KEY;
    cs_jobj o = cs_jobj_open(cs_json_root(doc));
    (void)cs_jobj_int(&o, "v", 1, 1);
    if (!cs_slice_is(cs_jobj_str(&o, "kind", CS_MAX_NAME), PRIVATE_KIND))
        cs_jobj_fail(&o, CS_BAD_PRIVATE_KEY, "kind");
    const cs_alg *alg = read_alg(&o, &format);
    cs_slice base64 = cs_jobj_str(&o, "private", CS_SECRET_CAP);
    err = cs_jobj_done(&o);
    if (err == CS_OK)
        err = cs_base64_decode_secret(bytes, base64);
    if (err == CS_OK)
        err = cs_pair_open_private(out, alg, format, cs_secret_slice(bytes));
    cs_json_free(doc);
    return err;
}

cs_err cs_private_key_parse(cs_pair *out, cs_slice text)
{
    CS_SECRET(bytes);
    *out = (cs_pair){0};
    if (text.n > 0 && text.p[0] == 0x30)
        return cs_private_key_from_pkcs8(out, text);
    return parse_private_json(out, &bytes, text);
}

/* RFC 9881 §6: the choice is told by its tag. */
static cs_err open_mldsa_choice(cs_pair *out, const cs_alg *alg, cs_slice octets)
{
    cs_reader r = cs_reader_of(octets);
    if (octets.n > 0 && octets.p[0] == 0x80) {
        cs_slice seed = take(&r, 0x80);
        return cs_read_end(&r) == CS_OK ? cs_pair_open_private(out, alg, CS_FORMAT_PURE, seed) : CS_BAD_PRIVATE_KEY;
    }
    cs_reader both = cs_reader_of(take(&r, 0x30));
    cs_slice seed = take(&both, 0x04), expanded = take(&both, 0x04);
    if (cs_read_end(&r) != CS_OK || cs_read_end(&both) != CS_OK)
        return CS_BAD_PRIVATE_KEY;
    cs_err err = cs_pair_open_private(out, alg, CS_FORMAT_PURE, seed);
    if (err == CS_OK && !cs_key_expands_to(out->pq, expanded)) {
        cs_pair_close(out);
        err = CS_BAD_PRIVATE_KEY;
    }
    return err;
}

cs_err cs_private_key_from_pkcs8(cs_pair *out, cs_slice der)
{
    *out = (cs_pair){0};
    cs_reader all = cs_reader_of(der);
    cs_reader key = cs_reader_of(take(&all, 0x30));
    cs_slice version = take(&key, 0x02);
    const cs_alg *alg = take_algorithm(&key);
    cs_slice octets = take(&key, 0x04);
    if (cs_read_end(&all) != CS_OK || cs_read_end(&key) != CS_OK || version.n != 1 || version.p[0] != 0)
        return CS_BAD_PRIVATE_KEY;
    if (alg == NULL)
        return CS_UNKNOWN_ALGORITHM;
    return cs_alg_is_pure(alg) ? open_mldsa_choice(out, alg, octets)
                               : cs_pair_open_private(out, alg, CS_FORMAT_COMPOSITE, octets);
}
