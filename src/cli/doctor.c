/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/input.h"
#include "cli/state.h"
#include "cli/talk.h"
#include "core/json.h"

static const char *const health_names[] = {
    [CS_HEALTH_OK] = "ok", [CS_HEALTH_WARN] = "warn", [CS_HEALTH_FAIL] = "fail", [CS_HEALTH_SKIP] = "skip"};

void cs_doctor_add(cs_doctor *d, const char *name, cs_health health, const char *format, ...)
{
    va_list args;
    if (d->count == CS_DOCTOR_CHECKS)
        return;
    d->found[d->count].name = name;
    d->found[d->count].health = health;
    va_start(args, format);
    (void)vsnprintf(d->found[d->count].text, sizeof d->found[0].text, format, args);
    va_end(args);
    d->count++;
}

static size_t count_of(const cs_doctor *d, cs_health health)
{
    size_t n = 0;
    for (size_t i = 0; i < d->count; i++)
        n += d->found[i].health == health;
    return n;
}

static void write_json(cs_jw *w, const cs_doctor *d)
{
    for (size_t i = 0; i < d->count; i++) {
        cs_jw_begin(w, NULL);
        cs_jw_cstr(w, "check", d->found[i].name);
        cs_jw_cstr(w, "status", health_names[d->found[i].health]);
        cs_jw_cstr(w, "detail", d->found[i].text);
        cs_jw_end(w);
    }
}

static void write_table(const cs_doctor *d)
{
    for (size_t i = 0; i < d->count; i++) {
        (void)printf("%-5s %-18s ", health_names[d->found[i].health], d->found[i].name);
        cs_talk_clean(stdout, cs_slice_str(d->found[i].text));
        (void)putchar('\n');
    }
}

static int tell(const cs_args *args, const cs_doctor *host, const cs_doctor *server)
{
    size_t failed = count_of(host, CS_HEALTH_FAIL) + count_of(server, CS_HEALTH_FAIL);
    if (!cs_arg_flag(args, "json")) {
        write_table(host);
        write_table(server);
        return failed == 0 ? CS_EXIT_OK : CS_EXIT_ERROR;
    }
    cs_buf line = cs_buf_new(1u << 16);
    cs_jw w = cs_jw_on(&line);
    cs_jw_begin(&w, NULL);
    cs_jw_bool(&w, "ok", failed == 0);
    cs_jw_int(&w, "failed", (int64_t)failed);
    cs_jw_int(&w, "warnings", (int64_t)(count_of(host, CS_HEALTH_WARN) + count_of(server, CS_HEALTH_WARN)));
    cs_jw_begin_array(&w, "checks");
    write_json(&w, host);
    write_json(&w, server);
    cs_jw_end_array(&w);
    cs_jw_end(&w);
    int code = line.err == CS_OK ? CS_EXIT_OK : cs_talk_fail(line.err, "doctor");
    if (code == CS_EXIT_OK)
        cs_talk_line(cs_buf_slice(&line));
    cs_buf_free(&line);
    return failed == 0 ? code : CS_EXIT_ERROR;
}

int cs_command_doctor(const cs_args *args)
{
    cs_doctor host = {0}, server = {0};
    cs_policy policy = {.enforce = true};
    char state[CS_STATE_PATH];
    const char *policy_file = cs_arg_text(args, "policy");
    int code = cs_state_path(state, args);
    if (code == CS_EXIT_OK && policy_file != NULL)
        code = cs_input_policy(&policy, policy_file);
    if (code != CS_EXIT_OK)
        return code;
    /* The server first: names of files are relative to where we are now. */
    cs_doctor_server(&server, args, policy_file != NULL ? &policy : NULL);
    cs_policy_free(&policy);
    cs_doctor_cloud(&server, args);
    cs_doctor_host(&host, cs_state_exists(state) || cs_arg_text(args, "state") != NULL ? state : NULL);
    return tell(args, &host, &server);
}
