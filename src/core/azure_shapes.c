/* SPDX-License-Identifier: Apache-2.0 */
#include "core/azure_shapes.h"

#include <stdio.h>
#include <string.h>

#include "core/crypto_x509.h"
#include "core/encode.h"
#include "core/json.h"
#include "core/limits.h"

#define MAX_DIGITS 3 /* of a byte */

/* What a piece of evidence is written as. */
enum form { HEX, BASE64URL, NUMBERS, PEM };

/* "[1,2,255]", as the canonical form of an array of bytes is. */
static cs_err add_numbers(cs_buf *out, cs_slice text)
{
    unsigned value = 0, digits = 0;
    if (text.n < 2 || text.p[0] != '[')
        return CS_BAD_FORMAT;
    for (size_t i = 1; i < text.n; i++) {
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        if (digit && digits < MAX_DIGITS) {
            value = 10 * value + text.p[i] - '0';
            digits++;
            continue;
        }
        bool ends = text.p[i] == ',' || (text.p[i] == ']' && i + 1 == text.n);
        if (!ends || digits == 0 || value > UINT8_MAX)
            return CS_BAD_FORMAT;
        cs_buf_add_u8(out, (uint8_t)value);
        value = digits = 0;
    }
    return out->err;
}

static cs_err add_list(cs_buf *out, cs_jval list)
{
    cs_buf text = cs_buf_new(CS_MAX_ATTESTATION);
    cs_err err = cs_json_canonical(&text, list);
    if (err == CS_OK)
        err = add_numbers(out, cs_buf_slice(&text));
    cs_buf_free(&text);
    return err;
}

static cs_err add_pem(cs_buf *out, cs_slice text)
{
    cs_buf der = cs_buf_new(CS_MAX_CERTIFICATE);
    cs_slice certificate;
    size_t n = 0;
    cs_err err = cs_pem_certificates(&der, &certificate, &n, 1, text);
    if (err == CS_OK)
        cs_buf_add(out, certificate);
    cs_buf_free(&der);
    return err == CS_OK ? out->err : err;
}

static cs_err add_text(cs_buf *out, cs_slice text, enum form form)
{
    if (form == HEX)
        return cs_hex_decode(out, text);
    if (form == PEM)
        return add_pem(out, text);
    while (text.n > 0 && text.p[text.n - 1] == '=') /* some keep the padding */
        text.n--;
    return cs_base64url_decode(out, text);
}

static cs_slice read_part(cs_azure_parts *p, cs_jobj *o, const char *name, enum form form)
{
    size_t from = p->bytes.n;
    cs_err err = form == NUMBERS ? add_list(&p->bytes, cs_jobj_array(o, name))
                                 : add_text(&p->bytes, cs_jobj_str(o, name, CS_MAX_ATTESTATION), form);
    if (err != CS_OK)
        cs_jobj_fail(o, err, name);
    return cs_slice_sub(cs_buf_slice(&p->bytes), from, p->bytes.n);
}

static void read_quote(cs_azure_parts *p, cs_jobj *o, enum form form)
{
    p->quote = read_part(p, o, "message", form);
    p->signature = read_part(p, o, "signature", form);
    cs_jval list = cs_jobj_array(o, "pcrs");
    if (cs_jarr_len(list) != CS_TPM_PCRS)
        cs_jobj_fail(o, CS_BAD_FORMAT, "pcrs");
    for (size_t i = 0; i < CS_TPM_PCRS && o->err == CS_OK; i++) {
        cs_buf value = CS_BUF_OVER(p->pcr[i]);
        cs_jval item = cs_jarr_at(list, i);
        cs_err err = form == NUMBERS ? add_list(&value, item) : add_text(&value, cs_jval_str(item), form);
        if (err != CS_OK || value.n != CS_TPM_PCR_LEN)
            cs_jobj_fail(o, CS_BAD_FORMAT, "pcrs");
    }
}

static cs_err read_members(cs_azure_parts *p, cs_jobj *root)
{
    bool text = cs_jobj_has(root, "platform");
    cs_jobj o = text ? cs_jobj_open(cs_jobj_object(root, "evidence")) : *root;
    cs_jobj quote = cs_jobj_open(cs_jobj_object(&o, text ? "tpm_quote" : "quote"));
    read_quote(p, &quote, text ? HEX : NUMBERS);
    p->hcl = text ? read_part(p, &o, "hcl_report", BASE64URL) : read_part(p, &o, "report", NUMBERS);
    p->vcek = read_part(p, &o, "vcek", text ? BASE64URL : PEM);
    return o.err == CS_OK && quote.err == CS_OK ? CS_OK : CS_BAD_FORMAT;
}

cs_err cs_azure_parts_read(cs_azure_parts *out, cs_slice text)
{
    cs_json *doc = NULL;
    *out = (cs_azure_parts){.bytes = cs_buf_new(CS_MAX_ATTESTATION)};
    /* Each form has fewer bytes than characters, so the buffer does not move. */
    if (text.n > CS_MAX_ATTESTATION || cs_buf_reserve(&out->bytes, text.n) == NULL)
        return CS_BAD_FORMAT;
    cs_err err = cs_json_parse(&doc, text, CS_MAX_ATTESTATION);
    if (err == CS_OK) {
        cs_jobj root = cs_jobj_open(cs_json_root(doc));
        err = read_members(out, &root);
    }
    cs_json_free(doc);
    return err == CS_OK || err == CS_NO_MEMORY ? err : CS_BAD_FORMAT;
}

void cs_azure_parts_write(cs_buf *out, const cs_azure_parts *p, const cs_slice *certificates, size_t n)
{
    cs_jw w = cs_jw_on(out);
    cs_jw_begin(&w, NULL);
    cs_jw_base64(&w, "hclReport", p->hcl);
    cs_jw_begin_array(&w, "certificates");
    cs_jw_base64(&w, NULL, p->vcek);
    for (size_t i = 0; i < n; i++)
        cs_jw_base64(&w, NULL, certificates[i]);
    cs_jw_end_array(&w);
    cs_jw_base64(&w, "quote", p->quote);
    cs_jw_base64(&w, "signature", p->signature);
    cs_jw_begin(&w, "pcrs");
    for (unsigned i = 0; i < CS_TPM_PCRS; i++) {
        char number[12];
        (void)snprintf(number, sizeof number, "%u", i);
        cs_jw_hex(&w, number, "", CS_ARRAY(p->pcr[i]));
    }
    cs_jw_end(&w);
    cs_jw_end(&w);
}

void cs_azure_parts_free(cs_azure_parts *p)
{
    cs_buf_free(&p->bytes);
}
