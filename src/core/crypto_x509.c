/* SPDX-License-Identifier: Apache-2.0 */
/* Reading certificates; chains of them are crypto_chain.c. */
#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/crypto_cert.h"
#include "core/der.h"
#include "core/encode.h"

static cs_err forget(cs_err err)
{
    ERR_clear_error();
    return err;
}

/* -- signature algorithms -------------------------------------------------------------------------------------- */

static bool is_sha384(const X509_ALGOR *a)
{
    return a != NULL && OBJ_obj2nid(a->algorithm) == NID_sha384;
}

/* SHA-384 throughout and a salt of 48 bytes, nothing else [RFC 4055 §3.1]. */
static bool is_pss384(const X509_ALGOR *a)
{
    RSA_PSS_PARAMS *pss = a->parameter != NULL && a->parameter->type == V_ASN1_SEQUENCE
                              ? ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(RSA_PSS_PARAMS), a->parameter)
                              : NULL;
    if (pss == NULL)
        return false;
    const X509_ALGOR *mask = pss->maskGenAlgorithm;
    X509_ALGOR *mask_hash = NULL;
    if (mask != NULL && OBJ_obj2nid(mask->algorithm) == NID_mgf1 && mask->parameter != NULL &&
        mask->parameter->type == V_ASN1_SEQUENCE)
        mask_hash = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(X509_ALGOR), mask->parameter);
    bool right = is_sha384(pss->hashAlgorithm) && is_sha384(mask_hash) && pss->saltLength != NULL &&
                 ASN1_INTEGER_get(pss->saltLength) == 48 &&
                 (pss->trailerField == NULL || ASN1_INTEGER_get(pss->trailerField) == 1);
    X509_ALGOR_free(mask_hash);
    RSA_PSS_PARAMS_free(pss);
    return right;
}

static cs_scheme scheme_of(const X509_ALGOR *a)
{
    switch (OBJ_obj2nid(a->algorithm)) {
    case NID_sha256WithRSAEncryption:
        return a->parameter != NULL && a->parameter->type == V_ASN1_NULL ? CS_SCHEME_RS256 : CS_SCHEME_COUNT;
    case NID_rsassaPss:
        return is_pss384(a) ? CS_SCHEME_PSS384 : CS_SCHEME_COUNT;
    case NID_ecdsa_with_SHA256:
        return a->parameter == NULL ? CS_SCHEME_ES256_DER : CS_SCHEME_COUNT;
    case NID_ecdsa_with_SHA384:
        return a->parameter == NULL ? CS_SCHEME_ES384_DER : CS_SCHEME_COUNT;
    default:
        return CS_SCHEME_COUNT;
    }
}

/* -- the parts of a certificate -------------------------------------------------------------------------------- */

/* What is signed, as received: the first element of the outer SEQUENCE. */
static bool find_signed(cs_cert *c)
{
    size_t header = 0, inner = 0;
    cs_slice whole = cs_der_element(c->der, &header);
    if (whole.n != c->der.n || whole.p[0] != 0x30)
        return false;
    c->tbs = cs_der_element(cs_slice_sub(whole, header, whole.n), &inner);
    return c->tbs.p != NULL && c->tbs.p[0] == 0x30;
}

bool cs_cert_read_time(int64_t *out, const ASN1_TIME *t)
{
    static const char *const forms[] = {"000101000000Z", "20000101000000Z"};
    int n = ASN1_STRING_length(t), days = 0, seconds = 0;
    int form = ASN1_STRING_type(t) == V_ASN1_GENERALIZEDTIME;
    if (n != (int)strlen(forms[form]) || ASN1_STRING_get0_data(t)[n - 1] != 'Z')
        return false;
    ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
    bool ok = epoch != NULL && ASN1_TIME_diff(&days, &seconds, epoch, t) == 1;
    ASN1_TIME_free(epoch);
    *out = (int64_t)days * 86400 + seconds;
    return ok;
}

static bool is_der(const ASN1_STRING *s)
{
    return cs_der_is_sound(cs_slice_of(ASN1_STRING_get0_data(s), (size_t)ASN1_STRING_length(s)));
}

/* The types that vendors use. The library compares some others by what they mean. */
static bool name_is_plain(const X509_NAME *name)
{
    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        int type = ASN1_STRING_type(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i)));
        if (type != V_ASN1_UTF8STRING && type != V_ASN1_PRINTABLESTRING && type != V_ASN1_IA5STRING &&
            type != V_ASN1_T61STRING)
            return false;
    }
    return true;
}

static bool read_extensions(cs_cert *c)
{
    int n = X509_get_ext_count(c->x);
    if (n > CS_MAX_EXTENSIONS)
        return false;
    for (int i = 0; i < n; i++) {
        X509_EXTENSION *e = X509_get_ext(c->x, i);
        const ASN1_OBJECT *id = X509_EXTENSION_get_object(e);
        if (X509_get_ext_by_OBJ(c->x, id, i) >= 0)
            return false; /* there twice */
        int nid = OBJ_obj2nid(id);
        bool judged = nid == NID_basic_constraints || nid == NID_key_usage;
        if (judged && !is_der(X509_EXTENSION_get_data(e)))
            return false;
        if (!judged && X509_EXTENSION_get_critical(e))
            c->unknown_critical = true;
    }
    int critical = -1;
    BASIC_CONSTRAINTS *bc = X509_get_ext_d2i(c->x, NID_basic_constraints, &critical, NULL);
    if (bc == NULL && critical != -1)
        return false;
    c->path_len = -1;
    if (bc != NULL) {
        c->ca = bc->ca != 0;
        c->constraints_critical = critical == 1;
        if (bc->pathlen != NULL)
            c->path_len = ASN1_INTEGER_get(bc->pathlen);
        bool sound = bc->pathlen == NULL || (c->ca && c->path_len >= 0);
        BASIC_CONSTRAINTS_free(bc);
        if (!sound)
            return false;
    }
    ASN1_BIT_STRING *usage = X509_get_ext_d2i(c->x, NID_key_usage, &critical, NULL);
    if (usage == NULL && critical != -1)
        return false;
    if (usage != NULL) {
        c->key_usage = true;
        c->digital_signature = ASN1_BIT_STRING_get_bit(usage, 0) == 1;
        c->cert_sign = ASN1_BIT_STRING_get_bit(usage, 5) == 1;
        ASN1_BIT_STRING_free(usage);
    }
    return true;
}

static void read_common_name(cs_cert *c)
{
    const X509_NAME *subject = X509_get_subject_name(c->x);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
        return;
    unsigned char *text = NULL;
    int n = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (n >= 0 && (size_t)n <= sizeof c->common_name) {
        memcpy(c->common_name, text, (size_t)n);
        c->common_name_len = (size_t)n;
        c->has_common_name = true;
    }
    OPENSSL_free(text);
}

static bool read_signature(cs_cert *c)
{
    const ASN1_BIT_STRING *sig = NULL;
    const X509_ALGOR *algorithm = NULL;
    X509_get0_signature(&sig, &algorithm, c->x);
    if (X509_ALGOR_cmp(algorithm, X509_get0_tbs_sigalg(c->x)) != 0 || (sig->flags & 7) != 0)
        return false;
    c->scheme = scheme_of(algorithm);
    c->sig = cs_slice_of(ASN1_STRING_get0_data(sig), (size_t)ASN1_STRING_length(sig));
    return true;
}

/* An RSA key is DER inside the BIT STRING, too. */
static bool key_is_der(const cs_cert *c)
{
    const unsigned char *p = NULL;
    int n = 0;
    ASN1_OBJECT *id = NULL;
    if (X509_PUBKEY_get0_param(&id, &p, &n, NULL, X509_get_X509_PUBKEY(c->x)) != 1)
        return false;
    return OBJ_obj2nid(id) != NID_rsaEncryption || cs_der_is_sound(cs_slice_of(p, (size_t)n));
}

/* Whole octets: two positive integers, or a point that is not compressed. */
static bool key_is_plain(const cs_cert *c)
{
    const unsigned char *p = NULL;
    int n = 0, parameter = V_ASN1_UNDEF;
    size_t outer = 0, modulus = 0, exponent = 0;
    X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *id = NULL;
    if (X509_PUBKEY_get0_param(NULL, &p, &n, &algorithm, X509_get_X509_PUBKEY(c->x)) != 1 || n < 2 ||
        (X509_get0_pubkey_bitstr(c->x)->flags & 7) != 0)
        return false;
    X509_ALGOR_get0(&id, &parameter, NULL, algorithm);
    if (OBJ_obj2nid(id) != NID_rsaEncryption)
        return p[0] == 4;
    cs_slice key = cs_slice_of(p, (size_t)n);
    if (parameter != V_ASN1_NULL)
        return false;
    cs_slice in = cs_der_element(key, &outer);
    cs_slice first = cs_der_element(cs_slice_sub(in, outer, in.n), &modulus);
    cs_slice second = cs_der_element(cs_slice_sub(in, outer + first.n, in.n), &exponent);
    return first.n > modulus && second.n > exponent && first.p[modulus] < 0x80 && second.p[exponent] < 0x80;
}

/* The library has decoded the key with the certificate; doing it again would double the cost of reading one. */
static cs_err read_key(cs_cert *c)
{
    if (!key_is_der(c))
        return CS_BAD_FORMAT;
    if (!key_is_plain(c))
        return CS_OK;
    cs_err err = cs_pubkey_adopt(&c->key, X509_get_pubkey(c->x));
    return err == CS_NO_MEMORY ? err : CS_OK; /* a key that is not taken: NULL */
}

static cs_err read_cert(cs_cert *c, cs_slice der)
{
    cs_digest digest;
    c->copy = malloc(der.n);
    if (c->copy == NULL)
        return CS_NO_MEMORY;
    memcpy(c->copy, der.p, der.n);
    c->der = cs_slice_of(c->copy, der.n);
    const uint8_t *p = c->copy;
    c->x = d2i_X509(NULL, &p, (long)der.n);
    if (c->x == NULL || p != c->copy + der.n || !cs_der_is_sound(c->der) || X509_get_version(c->x) != X509_VERSION_3 ||
        !find_signed(c) || !cs_cert_read_time(&c->not_before, X509_get0_notBefore(c->x)) ||
        !cs_cert_read_time(&c->not_after, X509_get0_notAfter(c->x)) || !name_is_plain(X509_get_subject_name(c->x)) ||
        !name_is_plain(X509_get_issuer_name(c->x)) || !read_extensions(c) || !read_signature(c))
        return CS_BAD_FORMAT;
    read_common_name(c);
    cs_err err = cs_hash(&digest, CS_SHA256, c->der);
    memcpy(c->sha256, digest.b, sizeof c->sha256);
    return err != CS_OK ? err : read_key(c);
}

cs_err cs_cert_parse(cs_cert **out, cs_slice der)
{
    *out = NULL;
    if (der.n == 0 || der.n > CS_MAX_CERTIFICATE)
        return CS_BAD_FORMAT;
    cs_cert *c = calloc(1, sizeof *c);
    if (c == NULL)
        return CS_NO_MEMORY;
    cs_err err = read_cert(c, der);
    if (err == CS_OK)
        *out = c;
    else
        cs_cert_free(c);
    return forget(err);
}

void cs_cert_free(cs_cert *c)
{
    if (c == NULL)
        return;
    cs_pubkey_free(c->key);
    X509_free(c->x);
    free(c->copy);
    free(c);
}

/* -- what it says ---------------------------------------------------------------------------------------------- */

cs_slice cs_cert_der(const cs_cert *c)
{
    return c->der;
}

cs_slice cs_cert_sha256(const cs_cert *c)
{
    return CS_ARRAY(c->sha256);
}

int64_t cs_cert_not_before(const cs_cert *c)
{
    return c->not_before;
}

int64_t cs_cert_not_after(const cs_cert *c)
{
    return c->not_after;
}

cs_slice cs_cert_common_name(const cs_cert *c)
{
    return c->has_common_name ? cs_slice_of(c->common_name, c->common_name_len) : CS_ABSENT;
}

cs_slice cs_cert_extension(const cs_cert *c, const char *oid)
{
    ASN1_OBJECT *id = OBJ_txt2obj(oid, 1);
    int at = id != NULL ? X509_get_ext_by_OBJ(c->x, id, -1) : -1;
    ASN1_OBJECT_free(id);
    if (at < 0) {
        ERR_clear_error();
        return CS_ABSENT;
    }
    const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(c->x, at));
    return cs_slice_of(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
}

const cs_pubkey *cs_cert_public_key(const cs_cert *c)
{
    return c->key;
}

bool cs_name_eq(const X509_NAME *a, const X509_NAME *b)
{
    const unsigned char *pa = NULL, *pb = NULL;
    size_t na = 0, nb = 0;
    return X509_NAME_get0_der(a, &pa, &na) == 1 && X509_NAME_get0_der(b, &pb, &nb) == 1 &&
           cs_slice_eq(cs_slice_of(pa, na), cs_slice_of(pb, nb));
}

bool cs_cert_issued_by(const cs_cert *c, const cs_cert *issuer)
{
    const X509_NAME *name = X509_get_subject_name(issuer->x);
    return X509_NAME_entry_count(name) > 0 && cs_name_eq(X509_get_issuer_name(c->x), name);
}

cs_err cs_cert_signed_by(const cs_cert *c, const cs_pubkey *key)
{
    if (c->scheme == CS_SCHEME_COUNT)
        return CS_ATT_CHAIN;
    cs_err err = cs_pubkey_verify(key, c->scheme, c->tbs, c->sig);
    return err == CS_BAD_SIGNATURE ? CS_ATT_CHAIN : err;
}

cs_err cs_cert_self_signed(const cs_cert *c)
{
    if (c->key == NULL)
        return CS_ATT_KEY_WEAK;
    return cs_cert_issued_by(c, c) ? cs_cert_signed_by(c, c->key) : CS_ATT_CHAIN;
}

static void describe_name(cs_jw *w, const char *member, const X509_NAME *name)
{
    char *text = NULL;
    BIO *line = BIO_new(BIO_s_mem());
    if (line == NULL || X509_NAME_print_ex(line, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_DUMP_DER) < 0) {
        cs_jw_null(w, member);
    } else {
        long n = BIO_get_mem_data(line, &text);
        cs_jw_str(w, member, cs_slice_of(n > 0 ? text : "", n > 0 ? (size_t)n : 0));
    }
    BIO_free(line);
}

static void describe_time(cs_jw *w, const char *member, int64_t seconds)
{
    char text[32];
    cs_buf time = CS_BUF_OVER(text);
    cs_time_write(&time, seconds * 1000);
    cs_jw_str(w, member, cs_buf_slice(&time));
}

void cs_cert_describe(cs_jw *w, const char *name, const cs_cert *c)
{
    char key[32] = "not taken here";
    if (c->key != NULL && cs_pubkey_curve(c->key) != CS_PRIM_NONE)
        (void)snprintf(key, sizeof key, "%s", cs_prim_name(cs_pubkey_curve(c->key)));
    else if (c->key != NULL)
        (void)snprintf(key, sizeof key, "RSA-%d", cs_pubkey_bits(c->key));
    cs_jw_begin(w, name);
    describe_name(w, "subject", X509_get_subject_name(c->x));
    describe_name(w, "issuer", X509_get_issuer_name(c->x));
    describe_time(w, "notBefore", c->not_before);
    describe_time(w, "notAfter", c->not_after);
    cs_jw_cstr(w, "key", key);
    cs_jw_hex(w, "sha256", "", CS_ARRAY(c->sha256));
    cs_jw_end(w);
    ERR_clear_error();
}

/* -- PEM [RFC 7468] -------------------------------------------------------------------------------------------- */

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static cs_slice skip_space(cs_slice s)
{
    while (s.n > 0 && is_space(s.p[0]))
        s = cs_slice_sub(s, 1, s.n);
    return s;
}

/* Reads one block; `rest` stands behind it then. */
static cs_err read_block(cs_buf *ders, size_t *len, cs_slice *rest)
{
    const cs_slice begin = CS_LIT("-----BEGIN CERTIFICATE-----"), end = CS_LIT("-----END CERTIFICATE-----");
    if (!cs_slice_starts(*rest, begin))
        return CS_BAD_FORMAT;
    cs_slice in = cs_slice_sub(*rest, begin.n, rest->n);
    cs_buf text = cs_buf_new(CS_MAX_CERTIFICATE / 3 * 4 + 4);
    for (; in.n > 0 && in.p[0] != '-'; in = cs_slice_sub(in, 1, in.n))
        if (!is_space(in.p[0]))
            cs_buf_add_u8(&text, in.p[0]);
    size_t from = ders->n;
    cs_err err = text.err == CS_OK && text.n > 0 && cs_slice_starts(in, end) ? CS_OK : CS_BAD_FORMAT;
    if (err == CS_OK)
        err = cs_base64_decode(ders, cs_buf_slice(&text)) == CS_OK ? CS_OK : CS_BAD_FORMAT;
    cs_buf_free(&text);
    *len = ders->n - from;
    *rest = skip_space(cs_slice_sub(in, end.n, in.n));
    return err;
}

cs_err cs_pem_certificates(cs_buf *ders, cs_slice *out, size_t *n, size_t max, cs_slice text)
{
    size_t len[CS_MAX_CHAIN], from = ders->n, count = 0;
    *n = 0;
    cs_slice rest = skip_space(text);
    do {
        cs_err err = count < max && count < CS_MAX_CHAIN ? read_block(ders, &len[count++], &rest) : CS_BAD_FORMAT;
        if (err != CS_OK)
            return err;
    } while (rest.n > 0);
    for (size_t i = 0; i < count; from += len[i++])
        out[i] = cs_slice_of(ders->p + from, len[i]);
    *n = count;
    return CS_OK;
}
