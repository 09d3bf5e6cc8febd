/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tdx_collateral.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto_crl.h"
#include "core/crypto_issue.h"
#include "core/encode.h"

#define SIGNER_NAME "Intel SGX TCB Signing"
#define CHAIN_LEN 2
#define MAX_TEXT (64u << 10) /* of one of Intel's answers */
#define MAX_WORD 64

/* -- PCK certificates ---------------------------------------------------------------------------------------------- */

/* The arcs of CS_TDX_OID_PCK as DER; one or two more stand behind them. */
static const uint8_t oid_prefix[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
enum { SEQUENCE = 0x30, INTEGER = 0x02, OCTETS = 0x04, OID = 0x06 };
enum { PCK_TCB = 2, PCK_PCE_ID = 3, PCK_FMSPC = 4, TCB_PCE_SVN = 17 };

/* An element of this tag: its content. Lengths are definite, in the shortest form, below 64 KiB. */
static cs_slice read_der(cs_reader *r, uint8_t tag)
{
    uint8_t got = cs_read_u8(r);
    size_t n = cs_read_u8(r);
    bool shortest = true;
    if (n == 0x81) {
        n = cs_read_u8(r);
        shortest = n >= 0x80;
    } else if (n == 0x82) {
        n = cs_read_u16(r);
        shortest = n >= 0x100;
    } else if (n >= 0x80) {
        shortest = false;
    }
    if (got != tag || !shortest)
        r->err = CS_BAD_FORMAT;
    return cs_read_bytes(r, n);
}

/* The next SEQUENCE {OID, value} of a list: the arcs behind oid_prefix and `inner` (0: none), and a reader of the
 * value; 0 for another OID. */
static unsigned read_entry(cs_reader *r, unsigned inner, cs_reader *value)
{
    cs_reader entry = cs_reader_of(read_der(r, SEQUENCE));
    cs_slice oid = read_der(&entry, OID);
    size_t depth = inner != 0 ? 2 : 1;
    *value = entry;
    if (entry.err != CS_OK)
        r->err = CS_BAD_FORMAT;
    bool ours = r->err == CS_OK && oid.n == sizeof oid_prefix + depth && cs_slice_starts(oid, CS_ARRAY(oid_prefix)) &&
                (inner == 0 || oid.p[sizeof oid_prefix] == inner);
    return ours ? oid.p[oid.n - 1] : 0;
}

/* A number from 0 to 65535, which is all that there is. */
static unsigned read_number(cs_reader *value)
{
    cs_slice n = read_der(value, INTEGER);
    if (cs_read_end(value) != CS_OK || n.n == 0 || n.n > 3 || (n.p[0] & 0x80) != 0 || (n.n == 3 && n.p[0] != 0)) {
        value->err = CS_BAD_FORMAT;
        return 0;
    }
    unsigned v = 0;
    for (size_t i = 0; i < n.n; i++)
        v = v << 8 | n.p[i];
    return v;
}

static cs_err read_pck_tcb(cs_tdx_pck *out, cs_reader *value)
{
    uint32_t seen = 0;
    cs_reader list = cs_reader_of(read_der(value, SEQUENCE)), item;
    cs_err err = cs_read_end(value);
    while (err == CS_OK && list.rest.n > 0) {
        unsigned arc = read_entry(&list, PCK_TCB, &item);
        err = list.err;
        if (err != CS_OK || arc == 0 || arc > TCB_PCE_SVN)
            continue; /* CPUSVN, which says the same in another way */
        unsigned number = read_number(&item);
        if (item.err != CS_OK || (seen >> arc & 1) != 0 || (arc < TCB_PCE_SVN && number > UINT8_MAX))
            return CS_BAD_FORMAT;
        seen |= 1u << arc;
        if (arc == TCB_PCE_SVN)
            out->pce_svn = (uint16_t)number;
        else
            out->svn[arc - 1] = (uint8_t)number;
    }
    return err == CS_OK && seen == 0x3fffe ? CS_OK : CS_BAD_FORMAT;
}

/* Octets of `n` bytes, once. */
static cs_err read_octets(cs_slice *out, cs_reader *value, size_t n)
{
    bool again = out->p != NULL;
    *out = read_der(value, OCTETS);
    return cs_read_end(value) == CS_OK && out->n == n && !again ? CS_OK : CS_BAD_FORMAT;
}

cs_err cs_tdx_pck_read(cs_tdx_pck *out, cs_slice der)
{
    cs_tdx_pck p = {0};
    cs_reader r = cs_reader_of(der), value;
    *out = p;
    cs_reader list = cs_reader_of(read_der(&r, SEQUENCE));
    cs_err err = cs_read_end(&r);
    bool tcb = false;
    while (err == CS_OK && list.rest.n > 0) {
        unsigned arc = read_entry(&list, 0, &value);
        err = list.err;
        if (err == CS_OK && arc == PCK_TCB) {
            err = tcb ? CS_BAD_FORMAT : read_pck_tcb(&p, &value);
            tcb = true;
        } else if (err == CS_OK && arc == PCK_PCE_ID) {
            err = read_octets(&p.pce_id, &value, 2);
        } else if (err == CS_OK && arc == PCK_FMSPC) {
            err = read_octets(&p.fmspc, &value, 6);
        }
    }
    if (err != CS_OK || !tcb || p.pce_id.p == NULL || p.fmspc.p == NULL)
        return CS_BAD_FORMAT;
    *out = p;
    return CS_OK;
}

/* -- reading and writing ------------------------------------------------------------------------------------------- */

static const char *const statuses[] = {
    "UpToDate",  "SWHardeningNeeded",           "ConfigurationNeeded", "ConfigurationAndSWHardeningNeeded",
    "OutOfDate", "OutOfDateConfigurationNeeded"};
#define STATUSES (sizeof statuses / sizeof *statuses)

enum text { TCB_INFO, QE_IDENTITY, TEXTS };
/* What is signed is the value of the first member. */
static const char *const text_members[TEXTS] = {"tcbInfo", "qeIdentity"};
static const char *const text_starts[TEXTS] = {"{\"tcbInfo\":", "{\"enclaveIdentity\":"};

struct cs_tdx_collateral {
    cs_buf text[TEXTS];
    cs_buf ders; /* what `chain` points into */
    cs_slice chain[CHAIN_LEN];
    size_t chain_len;
    cs_buf root_crl, pck_crl;
    uint32_t accepted; /* bit i: statuses[i] */
};

/* Takes {"tcbInfo":X,"signature":"<128 hex>"} apart without reading X, whose bytes are signed. */
static cs_err split(cs_slice *body, cs_buf *signature, cs_slice text, const char *start)
{
    const cs_slice middle = CS_LIT(",\"signature\":\""), end = CS_LIT("\"}"), head = cs_slice_str(start);
    size_t tail = middle.n + 128 + end.n;
    if (!cs_slice_starts(text, head) || text.n <= head.n + tail)
        return CS_BAD_FORMAT;
    cs_slice rest = cs_slice_sub(text, text.n - tail, tail);
    *body = cs_slice_sub(text, head.n, text.n - head.n - tail);
    if (!cs_slice_starts(rest, middle) || !cs_slice_eq(cs_slice_sub(rest, tail - end.n, end.n), end))
        return CS_BAD_FORMAT;
    return cs_hex_decode(signature, cs_slice_sub(rest, middle.n, 128));
}

static void read_text(cs_tdx_collateral *c, cs_jobj *o, enum text which)
{
    uint8_t memory[64];
    cs_buf signature = CS_BUF_OVER(memory);
    cs_slice body, text = cs_jobj_str(o, text_members[which], MAX_TEXT);
    if (o->err == CS_OK && split(&body, &signature, text, text_starts[which]) != CS_OK)
        cs_jobj_fail(o, CS_BAD_FIELD, text_members[which]);
    cs_buf_add(&c->text[which], text);
    if (c->text[which].err != CS_OK)
        cs_jobj_fail(o, c->text[which].err, text_members[which]);
}

static void read_crl(cs_buf *out, cs_jobj *o, const char *name)
{
    cs_crl *crl = NULL;
    (void)cs_jobj_base64(o, name, CS_MAX_CRL, out);
    if (o->err == CS_OK && cs_crl_parse(&crl, cs_buf_slice(out)) != CS_OK)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    cs_crl_free(crl);
}

static void read_accepted(cs_tdx_collateral *c, cs_jobj *o)
{
    static const char name[] = "acceptedStatuses";
    cs_jval list = cs_jobj_array_opt(o, name);
    c->accepted = list.v == NULL ? 1 : 0;
    for (size_t i = 0; i < cs_jarr_len(list) && o->err == CS_OK; i++) {
        size_t s = 0;
        while (s < STATUSES && !cs_slice_is(cs_jval_str(cs_jarr_at(list, i)), statuses[s]))
            s++;
        if (s == STATUSES)
            cs_jobj_fail(o, CS_BAD_FIELD, name);
        else
            c->accepted |= 1u << s;
    }
    if (c->accepted == 0)
        cs_jobj_fail(o, CS_POLICY_ALLOWLIST_EMPTY, name);
}

void cs_tdx_collateral_read(cs_tdx_collateral **out, cs_jobj *o, const char *name)
{
    *out = NULL;
    cs_jval v = cs_jobj_object_opt(o, name);
    if (v.v == NULL)
        return;
    cs_tdx_collateral *c = calloc(1, sizeof *c);
    if (c == NULL) {
        cs_jobj_fail(o, CS_NO_MEMORY, name);
        return;
    }
    *out = c;
    c->ders = cs_buf_new(CS_MAX_POLICY);
    c->root_crl = cs_buf_new(CS_MAX_CRL);
    c->pck_crl = cs_buf_new(CS_MAX_CRL);
    cs_jobj members = cs_jobj_open(v);
    for (enum text t = TCB_INFO; t < TEXTS; t++) {
        c->text[t] = cs_buf_new(MAX_TEXT);
        read_text(c, &members, t);
    }
    cs_slice pem = cs_jobj_str(&members, "issuerChain", CS_MAX_POLICY);
    if (members.err == CS_OK && cs_pem_certificates(&c->ders, c->chain, &c->chain_len, CHAIN_LEN, pem) != CS_OK)
        cs_jobj_fail(&members, CS_BAD_FIELD, "issuerChain");
    read_crl(&c->root_crl, &members, "rootCrl");
    read_crl(&c->pck_crl, &members, "pckCrl");
    read_accepted(c, &members);
    cs_err err = cs_jobj_done(&members);
    if (err != CS_OK)
        cs_jobj_fail(o, err, name);
}

void cs_tdx_collateral_write(cs_jw *w, const char *name, const cs_tdx_collateral *c)
{
    cs_buf pem = cs_buf_new(CS_MAX_POLICY);
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->chain_len; i++)
        cs_issue_pem(&pem, c->chain[i]);
    cs_jw_begin(w, name);
    cs_jw_begin_array(w, "acceptedStatuses");
    for (size_t i = 0; i < STATUSES; i++)
        if ((c->accepted >> i & 1) != 0)
            cs_jw_cstr(w, NULL, statuses[i]);
    cs_jw_end_array(w);
    cs_jw_str(w, "issuerChain", cs_buf_slice(&pem));
    cs_jw_base64(w, "pckCrl", cs_buf_slice(&c->pck_crl));
    cs_jw_str(w, "qeIdentity", cs_buf_slice(&c->text[QE_IDENTITY]));
    cs_jw_base64(w, "rootCrl", cs_buf_slice(&c->root_crl));
    cs_jw_str(w, "tcbInfo", cs_buf_slice(&c->text[TCB_INFO]));
    cs_jw_end(w);
    if (pem.err != CS_OK)
        w->out->err = pem.err;
    cs_buf_free(&pem);
}

void cs_tdx_collateral_free(cs_tdx_collateral *c)
{
    if (c == NULL)
        return;
    for (enum text t = TCB_INFO; t < TEXTS; t++)
        cs_buf_free(&c->text[t]);
    cs_buf_free(&c->ders);
    cs_buf_free(&c->root_crl);
    cs_buf_free(&c->pck_crl);
    free(c);
}

/* -- judging: who signed, and when --------------------------------------------------------------------------------- */

/* What stands between the collateral and its judgement. */
struct judgement {
    const cs_tdx_collateral *c;
    const cs_tdx_quote *quote;
    cs_tdx_pck pck;
    int64_t at;
};

/* Failures of ours stay; everything else is about the collateral. */
static cs_err collateral_of(cs_err err)
{
    return err == CS_OK || err == CS_NO_MEMORY || err == CS_CRYPTO ? err : CS_ATT_COLLATERAL;
}

static cs_err open_issuer_chain(cs_chain **out, const cs_tdx_collateral *c, const cs_root_pin *pin,
                                const cs_prove_at *at)
{
    uint8_t roots[CS_ROOT_PIN_MAX][CS_SHA256_LEN];
    cs_slice ders[CHAIN_LEN], root = cs_root_pin_der(pin);
    size_t n = c->chain_len;
    memcpy(ders, c->chain, n * sizeof *ders);
    if (n == CHAIN_LEN - 1 && root.p != NULL)
        ders[n++] = root;
    cs_chain_rule rule = {.roots = (const uint8_t(*)[CS_SHA256_LEN])roots,
                          .root_count = cs_root_pin_hashes(roots, pin),
                          .at = at->now,
                          .schemes = 1u << CS_SCHEME_ES256_DER,
                          .ca_key_usage = true,
                          .leaf_digital_signature = true};
    cs_err err = cs_chain_open(out, at->chains, ders, n);
    if (err == CS_OK)
        err = cs_chain_verify(*out, &rule);
    if (err == CS_OK && (n != CHAIN_LEN || !cs_slice_is(cs_cert_common_name(cs_chain_at(*out, 0)), SIGNER_NAME)))
        err = CS_ATT_COLLATERAL;
    return collateral_of(err);
}

/* A certificate against a list of its issuer. */
static cs_err judge_crl(const cs_buf *der, const cs_cert *cert, const cs_cert *issuer, int64_t at)
{
    cs_crl *crl = NULL;
    cs_err err = collateral_of(cs_crl_parse(&crl, cs_buf_slice(der)));
    if (err == CS_OK)
        err = cs_crl_judge(crl, cert, issuer, at);
    cs_crl_free(crl);
    return err;
}

/* The platform's chain is PCK, CA, root; the collateral's signer, root. */
static cs_err judge_crls(const cs_tdx_collateral *c, const cs_chain *platform, const cs_chain *issuer, int64_t at)
{
    const cs_cert *ca = cs_chain_at(platform, 1), *root = cs_chain_at(platform, 2);
    cs_err err = judge_crl(&c->root_crl, ca, root, at);
    if (err == CS_OK)
        err = judge_crl(&c->root_crl, cs_chain_at(issuer, 0), cs_chain_at(issuer, 1), at);
    return err == CS_OK ? judge_crl(&c->pck_crl, cs_chain_at(platform, 0), ca, at) : err;
}

static int64_t read_date(cs_jobj *o, const char *name)
{
    int64_t ms = 0;
    cs_slice text = cs_jobj_str(o, name, MAX_WORD);
    if (o->err == CS_OK && (memchr(text.p, 'T', text.n) == NULL || cs_time_read(&ms, text) != CS_OK))
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return ms / 1000;
}

/* Opens one of the two texts: signed by the signer, of the right kind and version, in force. */
static cs_err open_text(cs_json **doc, cs_jobj *o, const struct judgement *j, enum text which, const cs_cert *signer)
{
    static const char *const ids[TEXTS] = {"TDX", "TD_QE"};
    static const int64_t versions[TEXTS] = {3, 2};
    uint8_t memory[64];
    cs_buf signature = CS_BUF_OVER(memory);
    cs_slice body;
    cs_err err = split(&body, &signature, cs_buf_slice(&j->c->text[which]), text_starts[which]);
    if (err == CS_OK)
        err = cs_pubkey_verify(cs_cert_public_key(signer), CS_SCHEME_ES256_RAW, body, cs_buf_slice(&signature));
    if (err == CS_OK)
        err = cs_json_parse(doc, body, MAX_TEXT);
    if (err != CS_OK)
        return collateral_of(err);
    *o = cs_jobj_open(cs_json_root(*doc));
    bool kind = cs_slice_is(cs_jobj_str(o, "id", MAX_WORD), ids[which]) &&
                cs_jobj_int(o, "version", 0, INT32_MAX) == versions[which];
    int64_t from = read_date(o, "issueDate"), to = read_date(o, "nextUpdate");
    return o->err == CS_OK && kind && from <= j->at && j->at <= to ? CS_OK : CS_ATT_COLLATERAL;
}

/* -- until when ---------------------------------------------------------------------------------------------------- */

static int64_t text_until(const cs_buf *text, const char *start)
{
    uint8_t memory[64];
    cs_buf signature = CS_BUF_OVER(memory);
    cs_slice body;
    cs_json *doc = NULL;
    int64_t to = 0;
    if (split(&body, &signature, cs_buf_slice(text), start) == CS_OK && cs_json_parse(&doc, body, MAX_TEXT) == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(doc));
        to = read_date(&o, "nextUpdate");
    }
    cs_json_free(doc);
    return to;
}

static int64_t crl_until(const cs_buf *der)
{
    cs_crl *crl = NULL;
    int64_t to = cs_crl_parse(&crl, cs_buf_slice(der)) == CS_OK ? cs_crl_next_update(crl) : 0;
    cs_crl_free(crl);
    return to;
}

int64_t cs_tdx_collateral_until(const cs_tdx_collateral *c)
{
    const int64_t ends[] = {text_until(&c->text[TCB_INFO], text_starts[TCB_INFO]),
                            text_until(&c->text[QE_IDENTITY], text_starts[QE_IDENTITY]), crl_until(&c->root_crl),
                            crl_until(&c->pck_crl)};
    int64_t first = ends[0];
    for (size_t i = 1; i < sizeof ends / sizeof *ends; i++)
        if (ends[i] < first)
            first = ends[i];
    return first;
}

/* -- judging: what the texts say ----------------------------------------------------------------------------------- */

/* CS_OK or CS_ATT_TCB, by the member tcbStatus of a level. */
static cs_err judge_status(const struct judgement *j, cs_jobj *level)
{
    cs_slice status = cs_jobj_str(level, "tcbStatus", MAX_WORD);
    if (level->err != CS_OK)
        return CS_ATT_COLLATERAL;
    for (size_t i = 0; i < STATUSES; i++)
        if (cs_slice_is(status, statuses[i]))
            return (j->c->accepted >> i & 1) != 0 ? CS_OK : CS_ATT_TCB;
    return CS_ATT_TCB; /* Revoked, and what is not known yet */
}

/* Hex of either case: exactly `n` bytes. */
static bool read_hex(uint8_t *out, size_t n, cs_jobj *o, const char *name)
{
    uint8_t lower[2 * MAX_WORD];
    cs_slice text = cs_jobj_str(o, name, sizeof lower);
    cs_buf bytes = cs_buf_over(out, n);
    for (size_t i = 0; i < text.n; i++)
        lower[i] = (uint8_t)(text.p[i] >= 'A' && text.p[i] <= 'F' ? text.p[i] + ('a' - 'A') : text.p[i]);
    if (text.n != 2 * n || cs_hex_decode(&bytes, cs_slice_of(lower, text.n)) != CS_OK)
        cs_jobj_fail(o, CS_BAD_FIELD, name);
    return o->err == CS_OK;
}

/* True if `value` is what the member says, but for bits that its mask leaves open. */
static bool masked_eq(cs_jobj *o, const char *name, const char *mask_name, cs_slice value)
{
    uint8_t want[MAX_WORD], mask[MAX_WORD];
    if (value.n > sizeof want || !read_hex(want, value.n, o, name) || !read_hex(mask, value.n, o, mask_name))
        return false;
    for (size_t i = 0; i < value.n; i++)
        if ((value.p[i] & mask[i]) != (want[i] & mask[i]))
            return false;
    return true;
}

static bool hex_eq(cs_jobj *o, const char *name, cs_slice value)
{
    uint8_t want[MAX_WORD];
    return value.n <= sizeof want && read_hex(want, value.n, o, name) && cs_slice_eq(cs_slice_of(want, value.n), value);
}

/* True if each of the components `from` to 15 is at least the level's. */
static bool components_reach(cs_jobj *tcb, const char *name, const uint8_t *svn, size_t from)
{
    cs_jval list = cs_jobj_array(tcb, name);
    bool reach = cs_jarr_len(list) == CS_TDX_COMPONENTS;
    if (!reach)
        cs_jobj_fail(tcb, CS_BAD_FIELD, name);
    for (size_t i = 0; i < cs_jarr_len(list); i++) {
        cs_jobj component = cs_jobj_open(cs_jarr_at(list, i));
        int64_t least = cs_jobj_int(&component, "svn", 0, UINT8_MAX);
        if (component.err != CS_OK)
            cs_jobj_fail(tcb, CS_BAD_FIELD, name);
        reach = reach && (i < from || svn[i] >= least);
    }
    return reach && tcb->err == CS_OK;
}

/* The highest level that the platform reaches; levels come in descending order. */
static cs_err judge_platform(const struct judgement *j, cs_jobj *info)
{
    cs_jval levels = cs_jobj_array(info, "tcbLevels");
    /* From version 1 of the module on its own two numbers are judged by its identity. */
    size_t from = j->quote->tcb_svn.p[1] != 0 ? 2 : 0;
    for (size_t i = 0; i < cs_jarr_len(levels); i++) {
        cs_jobj level = cs_jobj_open(cs_jarr_at(levels, i));
        cs_jobj tcb = cs_jobj_open(cs_jobj_object(&level, "tcb"));
        bool reached = components_reach(&tcb, "sgxtcbcomponents", j->pck.svn, 0);
        reached = components_reach(&tcb, "tdxtcbcomponents", j->quote->tcb_svn.p, from) && reached;
        reached = j->pck.pce_svn >= cs_jobj_int(&tcb, "pcesvn", 0, UINT16_MAX) && reached;
        if (level.err != CS_OK || tcb.err != CS_OK)
            return CS_ATT_COLLATERAL;
        if (reached)
            return judge_status(j, &level);
    }
    return levels.v != NULL ? CS_ATT_TCB : CS_ATT_COLLATERAL; /* below all of them */
}

/* The highest level whose security version is not above `svn`. */
static cs_err judge_svn(const struct judgement *j, cs_jobj *o, unsigned svn)
{
    cs_jval levels = cs_jobj_array(o, "tcbLevels");
    for (size_t i = 0; i < cs_jarr_len(levels); i++) {
        cs_jobj level = cs_jobj_open(cs_jarr_at(levels, i));
        cs_jobj tcb = cs_jobj_open(cs_jobj_object(&level, "tcb"));
        int64_t least = cs_jobj_int(&tcb, "isvsvn", 0, UINT16_MAX);
        if (level.err != CS_OK || tcb.err != CS_OK)
            return CS_ATT_COLLATERAL;
        if (svn >= least)
            return judge_status(j, &level);
    }
    return levels.v != NULL ? CS_ATT_TCB : CS_ATT_COLLATERAL;
}

static bool module_fits(const struct judgement *j, cs_jobj *o)
{
    uint8_t attributes[8];
    for (size_t i = 0; i < sizeof attributes; i++)
        attributes[i] = (uint8_t)(j->quote->seam_attributes >> (8 * i));
    return hex_eq(o, "mrsigner", j->quote->mrsigner_seam) &&
           masked_eq(o, "attributes", "attributesMask", CS_ARRAY(attributes));
}

/* The TDX module: version 0 is described once, later ones by an identity each, "TDX_01" … */
static cs_err judge_module(const struct judgement *j, cs_jobj *info)
{
    char id[16];
    unsigned version = j->quote->tcb_svn.p[1], svn = j->quote->tcb_svn.p[0];
    if (version == 0) {
        cs_jobj module = cs_jobj_open(cs_jobj_object(info, "tdxModule"));
        bool fits = module_fits(j, &module);
        return module.err != CS_OK ? CS_ATT_COLLATERAL : fits ? CS_OK : CS_ATT_TCB;
    }
    (void)snprintf(id, sizeof id, "TDX_%02X", version);
    cs_jval identities = cs_jobj_array(info, "tdxModuleIdentities");
    for (size_t i = 0; i < cs_jarr_len(identities); i++) {
        cs_jobj module = cs_jobj_open(cs_jarr_at(identities, i));
        if (!cs_slice_is(cs_jobj_str(&module, "id", MAX_WORD), id))
            continue;
        bool fits = module_fits(j, &module);
        if (module.err != CS_OK)
            return CS_ATT_COLLATERAL;
        return fits ? judge_svn(j, &module, svn) : CS_ATT_TCB;
    }
    return identities.v != NULL ? CS_ATT_TCB : CS_ATT_COLLATERAL;
}

static cs_err judge_tcb_info(const struct judgement *j, const cs_cert *signer)
{
    cs_json *doc = NULL;
    cs_jobj o;
    cs_err err = open_text(&doc, &o, j, TCB_INFO, signer);
    if (err == CS_OK && (!hex_eq(&o, "fmspc", j->pck.fmspc) || !hex_eq(&o, "pceId", j->pck.pce_id)))
        err = CS_ATT_COLLATERAL; /* of another kind of platform */
    if (err == CS_OK)
        err = judge_platform(j, &o);
    if (err == CS_OK)
        err = judge_module(j, &o);
    cs_json_free(doc);
    return err;
}

static cs_err judge_qe(const struct judgement *j, const cs_cert *signer)
{
    const cs_tdx_qe *qe = &j->quote->qe;
    cs_json *doc = NULL;
    cs_jobj o;
    uint8_t misc[4];
    for (size_t i = 0; i < sizeof misc; i++)
        misc[i] = (uint8_t)(qe->misc_select >> (8 * i));
    cs_err err = open_text(&doc, &o, j, QE_IDENTITY, signer);
    if (err == CS_OK) {
        bool fits = hex_eq(&o, "mrsigner", qe->mrsigner);
        fits = masked_eq(&o, "miscselect", "miscselectMask", CS_ARRAY(misc)) && fits;
        fits = masked_eq(&o, "attributes", "attributesMask", qe->attributes) && fits;
        fits = cs_jobj_int(&o, "isvprodid", 0, UINT16_MAX) == qe->product_id && fits;
        err = o.err != CS_OK ? CS_ATT_COLLATERAL : fits ? judge_svn(j, &o, qe->svn) : CS_ATT_TCB;
    }
    cs_json_free(doc);
    return err;
}

cs_err cs_tdx_collateral_judge(const cs_tdx_collateral *c, const cs_tdx_quote *quote, const cs_chain *chain,
                               const cs_root_pin *pin, const cs_prove_at *at)
{
    struct judgement j = {.c = c, .quote = quote, .at = at->now};
    cs_chain *issuer = NULL;
    cs_err err = cs_tdx_pck_read(&j.pck, cs_cert_extension(cs_chain_at(chain, 0), CS_TDX_OID_PCK));
    if (err != CS_OK || cs_chain_len(chain) != 3)
        return CS_ATT_COLLATERAL; /* nothing to compare it with */
    err = open_issuer_chain(&issuer, c, pin, at);
    if (err == CS_OK)
        err = judge_crls(c, chain, issuer, at->now);
    if (err == CS_OK)
        err = judge_tcb_info(&j, cs_chain_at(issuer, 0));
    if (err == CS_OK)
        err = judge_qe(&j, cs_chain_at(issuer, 0));
    cs_chain_free(issuer);
    return err;
}
