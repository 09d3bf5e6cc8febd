/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libcbor's streaming decoder reads one head at a time and allocates nothing; the table, the nesting and every rule
 * beyond well-formedness are ours. Its loader (cbor_load) is not used: it allocates what a head claims.
 */
#include "core/cbor.h"

#include <cbor.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

#define MAX_HEAD 9 /* bytes: the first one and a 64-bit argument */

/* Offsets are from the start of the input. */
struct item {
    uint64_t value;    /* number: the argument of the head; bool: 0 or 1 */
    uint32_t from, to; /* the whole item */
    uint32_t content;  /* strings: where it begins; it ends at `to` */
    uint32_t next;     /* the first item that is not inside this one */
    uint32_t parent;   /* the root is its own */
    uint32_t count;    /* items directly inside: in a map keys and values */
    uint8_t type;
};

struct cs_cbor {
    cs_slice bytes;
    uint32_t count, room;
    struct item items[];
};

/* -- one head ------------------------------------------------------------------------------------------------------ */

/* What the decoder told last. A head of a kind that is refused leaves `type` absent. */
struct head {
    cs_cbor_type type;
    bool is_break, indefinite;
    uint64_t value;
    cs_slice string;
};

static void on_uint(void *ctx, uint64_t v)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_UINT, .value = v};
}

static void on_uint8(void *ctx, uint8_t v)
{
    on_uint(ctx, v);
}

static void on_uint16(void *ctx, uint16_t v)
{
    on_uint(ctx, v);
}

static void on_uint32(void *ctx, uint32_t v)
{
    on_uint(ctx, v);
}

/* The value is -1 - v. */
static void on_negint(void *ctx, uint64_t v)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_NINT, .value = v};
}

static void on_negint8(void *ctx, uint8_t v)
{
    on_negint(ctx, v);
}

static void on_negint16(void *ctx, uint16_t v)
{
    on_negint(ctx, v);
}

static void on_negint32(void *ctx, uint32_t v)
{
    on_negint(ctx, v);
}

static void on_bytes(void *ctx, cbor_data p, size_t n)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_BYTES, .string = cs_slice_of(p, n)};
}

static void on_text(void *ctx, cbor_data p, size_t n)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_TEXT, .string = cs_slice_of(p, n)};
}

static void on_array(void *ctx, size_t n)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_ARRAY, .value = n};
}

static void on_map(void *ctx, size_t n)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_MAP, .value = n};
}

static void on_open_array(void *ctx)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_ARRAY, .indefinite = true};
}

static void on_open_map(void *ctx)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_MAP, .indefinite = true};
}

static void on_break(void *ctx)
{
    *(struct head *)ctx = (struct head){.is_break = true};
}

static void on_bool(void *ctx, bool v)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_BOOL, .value = v ? 1 : 0};
}

static void on_null(void *ctx)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_NULL};
}

/* What is refused: the head stays absent. */
static void on_refused(void *ctx)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_ABSENT};
}

static void on_tag(void *ctx, uint64_t v)
{
    *(struct head *)ctx = (struct head){.type = CS_CBOR_ABSENT, .value = v};
}

static void on_float(void *ctx, float v)
{
    (void)v;
    on_refused(ctx);
}

static void on_double(void *ctx, double v)
{
    (void)v;
    on_refused(ctx);
}

static const struct cbor_callbacks callbacks = {
    .uint8 = on_uint8,
    .uint16 = on_uint16,
    .uint32 = on_uint32,
    .uint64 = on_uint,
    .negint8 = on_negint8,
    .negint16 = on_negint16,
    .negint32 = on_negint32,
    .negint64 = on_negint,
    .byte_string_start = on_refused, /* indefinite */
    .byte_string = on_bytes,
    .string = on_text,
    .string_start = on_refused,
    .indef_array_start = on_open_array,
    .array_start = on_array,
    .indef_map_start = on_open_map,
    .map_start = on_map,
    .tag = on_tag,
    .float2 = on_float,
    .float4 = on_float,
    .float8 = on_double,
    .undefined = on_refused,
    .null = on_null,
    .boolean = on_bool,
    .indef_break = on_break,
};

/* Reads one head with its string; the bytes that it took, 0 if there is none. */
static size_t read_head(struct head *head, cs_slice rest)
{
    *head = (struct head){.type = CS_CBOR_ABSENT};
    if (rest.n == 0)
        return 0;
    struct cbor_decoder_result r = cbor_stream_decode(rest.p, rest.n, &callbacks, head);
    return r.status == CBOR_DECODER_FINISHED && r.read <= rest.n ? r.read : 0;
}

/* -- the table ----------------------------------------------------------------------------------------------------- */

/* An array or map that is not complete. */
struct open {
    uint32_t at;
    bool indefinite;
    uint64_t left; /* items that a definite one still needs */
};

struct parse {
    cs_cbor *doc;
    size_t pos, depth;
    struct open open[CS_MAX_CBOR_DEPTH];
};

static cs_slice content_of(const cs_cbor *doc, const struct item *item)
{
    return cs_slice_of(doc->bytes.p + item->content, item->to - item->content);
}

static bool is_string(const struct item *item)
{
    return item->type == CS_CBOR_BYTES || item->type == CS_CBOR_TEXT;
}

static bool is_key(const struct item *item)
{
    return item->type == CS_CBOR_UINT || item->type == CS_CBOR_NINT || is_string(item);
}

static bool same_key(const cs_cbor *doc, const struct item *a, const struct item *b)
{
    if (a->type != b->type)
        return false;
    return is_string(a) ? cs_slice_eq(content_of(doc, a), content_of(doc, b)) : a->value == b->value;
}

/* Keys of a complete map: of a type that can be one, no two alike. CS_MAX_CBOR_ITEMS bounds the square. */
static bool keys_ok(const cs_cbor *doc, uint32_t map)
{
    const struct item *items = doc->items;
    uint32_t end = items[map].next;
    if (items[map].count % 2 != 0)
        return false;
    for (uint32_t key = map + 1; key < end; key = items[items[key].next].next) {
        if (!is_key(&items[key]))
            return false;
        for (uint32_t before = map + 1; before < key; before = items[items[before].next].next)
            if (same_key(doc, &items[before], &items[key]))
                return false;
    }
    return true;
}

/* The innermost open item is complete. */
static cs_err close_one(struct parse *p)
{
    struct open *open = &p->open[--p->depth];
    struct item *item = &p->doc->items[open->at];
    item->next = p->doc->count;
    item->to = (uint32_t)p->pos;
    return item->type != CS_CBOR_MAP || keys_ok(p->doc, open->at) ? CS_OK : CS_BAD_FORMAT;
}

/* Closes what the last item has completed. */
static cs_err close_full(struct parse *p)
{
    cs_err err = CS_OK;
    while (err == CS_OK && p->depth > 0 && !p->open[p->depth - 1].indefinite && p->open[p->depth - 1].left == 0)
        err = close_one(p);
    return err;
}

static cs_err open_one(struct parse *p, uint32_t at, const struct head *head)
{
    /* Each item has at least one byte. */
    uint64_t room = p->doc->bytes.n - p->pos, each = head->type == CS_CBOR_MAP ? 2 : 1;
    if (p->depth == CS_MAX_CBOR_DEPTH || head->value > room / each)
        return CS_BAD_FORMAT;
    p->open[p->depth++] = (struct open){.at = at, .indefinite = head->indefinite, .left = head->value * each};
    return CS_OK;
}

static bool is_utf8(cs_slice text)
{
    uint32_t character;
    bool ok = true;
    while (ok && text.n > 0)
        ok = cs_utf8_take(&character, &text);
    return ok;
}

/* Enters what begins at `from` and was read up to p->pos. */
static cs_err add_item(struct parse *p, size_t from, const struct head *head)
{
    cs_cbor *doc = p->doc;
    uint32_t at = doc->count;
    if (head->type == CS_CBOR_ABSENT || at == doc->room || (head->type == CS_CBOR_TEXT && !is_utf8(head->string)))
        return CS_BAD_FORMAT;
    struct item *item = &doc->items[doc->count++];
    *item = (struct item){.value = head->value,
                          .from = (uint32_t)from,
                          .to = (uint32_t)p->pos,
                          .content = (uint32_t)(p->pos - head->string.n),
                          .next = at + 1,
                          .parent = at,
                          .type = (uint8_t)head->type};
    if (p->depth > 0) {
        struct open *open = &p->open[p->depth - 1];
        item->parent = open->at;
        doc->items[open->at].count++;
        if (!open->indefinite)
            open->left--;
    }
    if (head->type == CS_CBOR_ARRAY || head->type == CS_CBOR_MAP) {
        cs_err err = open_one(p, at, head);
        if (err != CS_OK)
            return err;
    }
    return close_full(p);
}

static cs_err add_break(struct parse *p)
{
    if (p->depth == 0 || !p->open[p->depth - 1].indefinite)
        return CS_BAD_FORMAT;
    cs_err err = close_one(p);
    return err != CS_OK ? err : close_full(p);
}

static cs_err read_all(struct parse *p)
{
    struct head head;
    cs_slice bytes = p->doc->bytes;
    cs_err err;
    do {
        size_t from = p->pos, n = read_head(&head, cs_slice_sub(bytes, from, bytes.n));
        if (n == 0)
            return CS_BAD_FORMAT;
        p->pos += n;
        err = head.is_break ? add_break(p) : add_item(p, from, &head);
    } while (err == CS_OK && p->depth > 0);
    return err == CS_OK && p->pos != bytes.n ? CS_BAD_FORMAT : err;
}

cs_err cs_cbor_parse(cs_cbor **out, cs_slice bytes, size_t max)
{
    *out = NULL;
    if (bytes.n > max || bytes.n > UINT32_MAX)
        return CS_TOO_LARGE;
    if (bytes.n == 0)
        return CS_BAD_FORMAT;
    uint32_t room = bytes.n < CS_MAX_CBOR_ITEMS ? (uint32_t)bytes.n : CS_MAX_CBOR_ITEMS;
    struct parse p = {.doc = malloc(sizeof(cs_cbor) + room * sizeof(struct item))};
    if (p.doc == NULL)
        return CS_NO_MEMORY;
    *p.doc = (cs_cbor){.bytes = bytes, .room = room};
    cs_err err = read_all(&p);
    if (err != CS_OK) {
        cs_cbor_free(p.doc);
        return err;
    }
    *out = p.doc;
    return CS_OK;
}

void cs_cbor_free(cs_cbor *doc)
{
    free(doc);
}

cs_cval cs_cbor_root(const cs_cbor *doc)
{
    return (cs_cval){doc, 0};
}

bool cs_cbor_untag(cs_slice *bytes, uint64_t tag)
{
    uint8_t head[MAX_HEAD];
    size_t n = cbor_encode_tag(tag, head, sizeof head);
    if (!cs_slice_starts(*bytes, cs_slice_of(head, n)))
        return false;
    *bytes = cs_slice_sub(*bytes, n, bytes->n);
    return true;
}

/* -- values -------------------------------------------------------------------------------------------------------- */

static const struct item *item_of(cs_cval v)
{
    return v.doc == NULL ? NULL : &v.doc->items[v.at];
}

cs_cbor_type cs_cval_type(cs_cval v)
{
    return v.doc == NULL ? CS_CBOR_ABSENT : (cs_cbor_type)item_of(v)->type;
}

cs_slice cs_cval_encoded(cs_cval v)
{
    const struct item *item = item_of(v);
    return item == NULL ? CS_ABSENT : cs_slice_of(v.doc->bytes.p + item->from, item->to - item->from);
}

static cs_slice string_of(cs_cval v, cs_cbor_type type)
{
    return cs_cval_type(v) == type ? content_of(v.doc, item_of(v)) : CS_ABSENT;
}

cs_slice cs_cval_bytes(cs_cval v)
{
    return string_of(v, CS_CBOR_BYTES);
}

cs_slice cs_cval_text(cs_cval v)
{
    return string_of(v, CS_CBOR_TEXT);
}

bool cs_cval_uint(uint64_t *out, cs_cval v)
{
    if (cs_cval_type(v) != CS_CBOR_UINT)
        return false;
    *out = item_of(v)->value;
    return true;
}

bool cs_cval_int(int64_t *out, cs_cval v)
{
    cs_cbor_type type = cs_cval_type(v);
    if ((type != CS_CBOR_UINT && type != CS_CBOR_NINT) || item_of(v)->value > INT64_MAX)
        return false;
    int64_t magnitude = (int64_t)item_of(v)->value;
    *out = type == CS_CBOR_UINT ? magnitude : -1 - magnitude;
    return true;
}

bool cs_cval_bool(bool *out, cs_cval v)
{
    if (cs_cval_type(v) != CS_CBOR_BOOL)
        return false;
    *out = item_of(v)->value != 0;
    return true;
}

cs_cval cs_cval_first(cs_cval v)
{
    const struct item *item = item_of(v);
    return item == NULL || item->count == 0 ? (cs_cval){NULL, 0} : (cs_cval){v.doc, v.at + 1};
}

cs_cval cs_cval_next(cs_cval v)
{
    const struct item *item = item_of(v);
    if (item == NULL || item->parent == v.at || item->next >= v.doc->items[item->parent].next)
        return (cs_cval){NULL, 0};
    return (cs_cval){v.doc, item->next};
}

size_t cs_cval_count(cs_cval v)
{
    cs_cbor_type type = cs_cval_type(v);
    if (type != CS_CBOR_ARRAY && type != CS_CBOR_MAP)
        return 0;
    return type == CS_CBOR_MAP ? item_of(v)->count / 2 : item_of(v)->count;
}

/* -- maps by name -------------------------------------------------------------------------------------------------- */

cs_cmap cs_cmap_open(cs_cval v)
{
    cs_cmap m = {.v = v};
    if (cs_cval_type(v) != CS_CBOR_MAP || cs_cval_count(v) > CS_MAX_CBOR_MEMBERS)
        cs_cmap_fail(&m, CS_BAD_FIELD, NULL);
    return m;
}

void cs_cmap_fail(cs_cmap *m, cs_err err, const char *name)
{
    if (m->err != CS_OK)
        return;
    cs_fault fault;
    m->err = cs_fault_set(&fault, err, name);
    memcpy(m->field, fault.field, sizeof m->field);
}

/* The value behind the key: `name`, or the integer where that is NULL. */
static cs_cval find(cs_cmap *m, const char *name, int64_t number)
{
    uint64_t bit = 1;
    if (m->err != CS_OK)
        return (cs_cval){NULL, 0};
    for (cs_cval key = cs_cval_first(m->v), value; key.doc != NULL; key = cs_cval_next(value), bit <<= 1) {
        int64_t found;
        value = cs_cval_next(key);
        if (name != NULL ? cs_slice_is(cs_cval_text(key), name) : cs_cval_int(&found, key) && found == number) {
            m->taken |= bit;
            return value;
        }
    }
    return (cs_cval){NULL, 0};
}

cs_cval cs_cmap_find(cs_cmap *m, const char *name)
{
    return find(m, name, 0);
}

cs_cval cs_cmap_find_int(cs_cmap *m, int64_t key)
{
    return find(m, NULL, key);
}

static cs_cval find_required(cs_cmap *m, const char *name, cs_cbor_type type)
{
    cs_cval v = cs_cmap_find(m, name);
    if (v.doc == NULL)
        cs_cmap_fail(m, CS_MISSING_FIELD, name);
    else if (cs_cval_type(v) != type)
        cs_cmap_fail(m, CS_BAD_FIELD, name);
    return m->err == CS_OK ? v : (cs_cval){NULL, 0};
}

static cs_slice string_in(cs_cmap *m, const char *name, cs_slice s, size_t min, size_t max)
{
    if (m->err == CS_OK && (s.n < min || s.n > max))
        cs_cmap_fail(m, CS_BAD_FIELD, name);
    return m->err == CS_OK ? s : CS_ABSENT;
}

cs_slice cs_cmap_text(cs_cmap *m, const char *name, size_t min, size_t max)
{
    return string_in(m, name, cs_cval_text(find_required(m, name, CS_CBOR_TEXT)), min, max);
}

cs_slice cs_cmap_bytes(cs_cmap *m, const char *name, size_t min, size_t max)
{
    return string_in(m, name, cs_cval_bytes(find_required(m, name, CS_CBOR_BYTES)), min, max);
}

cs_slice cs_cmap_bytes_or_null(cs_cmap *m, const char *name, size_t min, size_t max)
{
    cs_cval v = cs_cmap_find(m, name);
    if (v.doc == NULL || cs_cval_type(v) == CS_CBOR_NULL)
        return CS_ABSENT;
    if (cs_cval_type(v) != CS_CBOR_BYTES)
        cs_cmap_fail(m, CS_BAD_FIELD, name);
    return string_in(m, name, cs_cval_bytes(v), min, max);
}

uint64_t cs_cmap_uint(cs_cmap *m, const char *name, uint64_t min, uint64_t max)
{
    uint64_t v = 0;
    if (cs_cval_uint(&v, find_required(m, name, CS_CBOR_UINT)) && (v < min || v > max))
        cs_cmap_fail(m, CS_BAD_FIELD, name);
    return m->err == CS_OK ? v : 0;
}

bool cs_cmap_bool(cs_cmap *m, const char *name)
{
    bool v = false;
    return cs_cval_bool(&v, find_required(m, name, CS_CBOR_BOOL)) && v;
}

cs_cval cs_cmap_array(cs_cmap *m, const char *name)
{
    return find_required(m, name, CS_CBOR_ARRAY);
}

cs_cval cs_cmap_map(cs_cmap *m, const char *name)
{
    return find_required(m, name, CS_CBOR_MAP);
}

cs_err cs_cmap_done(cs_cmap *m)
{
    uint64_t bit = 1;
    char name[CS_FIELD_MAX];
    for (cs_cval key = cs_cval_first(m->v); m->err == CS_OK && key.doc != NULL; bit <<= 1) {
        if ((m->taken & bit) == 0)
            cs_cmap_fail(m, CS_UNKNOWN_FIELD,
                         cs_slice_to_cstr(name, sizeof name, cs_cval_text(key)) == CS_OK ? name : NULL);
        key = cs_cval_next(cs_cval_next(key));
    }
    return m->err;
}
