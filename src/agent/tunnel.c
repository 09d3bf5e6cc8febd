/* SPDX-License-Identifier: Apache-2.0 */
#include "agent/tunnel.h"

#include <string.h>

#include "sys/stream.h"

#define PORT_DIGITS 5

/* Letters, digits, dots and hyphens: a name or an IPv4 address. An IPv6 address is in brackets. */
static bool is_host(cs_slice s)
{
    bool brackets = s.n > 2 && s.p[0] == '[' && s.p[s.n - 1] == ']';
    for (size_t i = brackets; i + brackets < s.n; i++) {
        uint8_t c = s.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && !(brackets ? c == ':' : c == '-' || (c == '.' && i > 0 && i + 1 < s.n)))
            return false;
    }
    return s.n > 0;
}

static bool is_port(cs_slice s)
{
    uint32_t port = 0;
    for (size_t i = 0; i < s.n && i < PORT_DIGITS; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        port = port * 10 + (uint32_t)(s.p[i] - '0');
    }
    return s.n > 0 && s.n <= PORT_DIGITS && s.p[0] != '0' && port <= UINT16_MAX;
}

/* HOST or HOST:PORT in its one form, HOST:PORT. */
static cs_err normalize(char out[CS_TUNNEL_HOST], cs_slice text)
{
    cs_buf whole = cs_buf_over(out, CS_TUNNEL_HOST);
    const uint8_t *colon = text.n > 0 ? memrchr(text.p, ':', text.n) : NULL;
    bool bare = colon == NULL || text.p[text.n - 1] == ']';
    cs_slice host = bare ? text : cs_slice_of(text.p, (size_t)(colon - text.p));
    cs_slice port = bare ? CS_LIT("443") : cs_slice_sub(text, host.n + 1, text.n);
    if (!is_host(host) || !is_port(port))
        return CS_CONFIG;
    cs_buf_add(&whole, host);
    cs_buf_add_u8(&whole, ':');
    cs_buf_add(&whole, port);
    return cs_buf_cstr(&whole)[0] != '\0' ? CS_OK : CS_CONFIG;
}

cs_err cs_tunnel_allow(cs_tunnel_list *list, cs_slice host)
{
    if (list->count == CS_TUNNEL_HOSTS)
        return CS_TOO_LARGE;
    cs_err err = normalize(list->hosts[list->count], host);
    if (err == CS_OK)
        list->count++;
    return err;
}

cs_err cs_tunnel_redirect(cs_tunnel_list *list, cs_slice host)
{
    return normalize(list->instead, host);
}

cs_err cs_tunnel_open(int *fd, const cs_tunnel_list *list, cs_slice host, int64_t deadline_us)
{
    char wanted[CS_TUNNEL_HOST], address[CS_TUNNEL_HOST + sizeof "tcp:"];
    bool allowed = false;
    *fd = -1;
    if (normalize(wanted, host) != CS_OK)
        return CS_KMS_DENIED;
    for (size_t i = 0; i < list->count; i++)
        allowed = allowed || strcmp(list->hosts[i], wanted) == 0;
    if (!allowed)
        return CS_KMS_DENIED;
    cs_buf to = CS_BUF_OVER(address);
    cs_buf_printf(&to, "tcp:%s", list->instead[0] != '\0' ? list->instead : wanted);
    return cs_stream_connect(fd, cs_buf_cstr(&to), deadline_us) == CS_OK ? CS_OK : CS_KMS_UNAVAILABLE;
}
