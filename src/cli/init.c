/* SPDX-License-Identifier: Apache-2.0 */
/* `countersign init`: a state directory with an org, or another org in one that is there. The API keys are shown now
 * and never again. */
#include "cli/commands.h"
#include "cli/state.h"
#include "cli/talk.h"
#include "core/json.h"

static void print_json(const cs_state *s)
{
    uint8_t memory[CS_STATE_PATH + 1024];
    cs_buf out = CS_BUF_OVER(memory);
    cs_jw w = cs_jw_on(&out);
    cs_jw_begin(&w, NULL);
    cs_jw_cstr(&w, "org", s->org);
    cs_jw_cstr(&w, "orgId", s->org_id);
    cs_jw_str(&w, "apiKey", cs_secret_slice(&s->api_key));
    cs_jw_str(&w, "publishableKey", cs_secret_slice(&s->publishable_key));
    cs_jw_cstr(&w, "stateDir", s->path);
    cs_jw_end(&w);
    cs_talk_line(cs_buf_slice(&out));
    cs_wipe(memory, sizeof memory);
}

int cs_command_init(const cs_args *args)
{
    char path[CS_STATE_PATH];
    const char *org = cs_arg_text(args, "org");
    cs_state state = {.lock_fd = -1};
    int code = cs_state_path(path, args);
    const char *host = cs_arg_text(args, "ledger-host");
    if (code == CS_EXIT_OK && org != NULL && cs_state_exists(path))
        code = cs_state_add(&state, path, org, host);
    else if (code == CS_EXIT_OK)
        code = cs_state_make(&state, path, org != NULL ? org : "default", host, false);
    if (code != CS_EXIT_OK)
        return code;
    if (cs_arg_flag(args, "json")) {
        print_json(&state);
    } else {
        cs_talk_fact_f("org", "%s (%s)", state.org, state.org_id);
        cs_talk_fact("API key", cs_secret_slice(&state.api_key));
        cs_talk_fact("publishable", cs_secret_slice(&state.publishable_key));
        cs_talk_fact("state", cs_slice_str(state.path));
    }
    cs_talk_note(args, "Keep the API keys now: they are kept nowhere and will not be shown again.");
    cs_state_close(&state);
    return CS_EXIT_OK;
}
