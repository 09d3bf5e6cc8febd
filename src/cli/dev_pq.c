/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/dev_pq.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fcntl.h>

#include "cli/child.h"
#include "cli/talk.h"
#include "core/crypto_issue.h"
#include "core/crypto_pem.h"
#include "core/crypto_x509.h"
#include "core/encode.h"
#include "core/json.h"
#include "core/manifest.h"
#include "sys/aws.h"
#include "sys/clock.h"
#include "sys/file.h"

#define PKI_DAYS 3650
#define DAY 86400
#define KEY_FILE "pq-signer/kms-key-arn"
#define KEY_POLICY_FILE "pq-signer/key-policy.json"
#define REGION "us-east-1" /* of the development KMS and its keys */
#define CALL_US 10000000

static int make_folder(const char *name)
{
    return mkdir(name, 0700) == 0 || errno == EEXIST ? CS_EXIT_OK : cs_talk_error("%s: %s", name, strerror(errno));
}

/* -- the authority of gateway and agent ---------------------------------------------------------------------------- */

struct issuer {
    cs_key *key;
    cs_buf der;
};

static cs_err generate(cs_key **out)
{
    CS_SECRET(scalar);
    cs_err err = cs_key_generate(&scalar, CS_P384);
    return err == CS_OK ? cs_key_open_private(out, CS_P384, cs_secret_slice(&scalar)) : err;
}

static cs_issue describe(const char *name, const cs_key *key)
{
    int64_t now = cs_now_ms() / 1000;
    return (cs_issue){.organisation = "countersign dev",
                      .unit = "development alone",
                      .common_name = name,
                      .not_before = now - DAY,
                      .not_after = now + (int64_t)PKI_DAYS * DAY,
                      .path_length = -1,
                      .usage = CS_USAGE_SIGNATURE,
                      .key = key};
}

static cs_err write_certificate(const char *path, cs_slice der)
{
    cs_buf pem = cs_buf_new(2 * CS_MAX_CERTIFICATE);
    cs_issue_pem(&pem, der);
    cs_err err = pem.err == CS_OK ? cs_file_write(path, cs_buf_slice(&pem), 0600, true) : pem.err;
    cs_buf_free(&pem);
    return err;
}

static cs_err make_authority(struct issuer *out)
{
    out->der = cs_buf_new(CS_MAX_CERTIFICATE);
    cs_err err = generate(&out->key);
    if (err != CS_OK)
        return err;
    cs_issue what = describe("link between gateway and agent", out->key);
    what.authority = true;
    what.path_length = 0;
    what.usage = CS_USAGE_CERTIFICATES;
    what.issuer_key = out->key;
    err = cs_issue_certificate(&out->der, &what);
    return err == CS_OK ? write_certificate(CS_DEV_PKI "ca.pem", cs_buf_slice(&out->der)) : err;
}

/* Key and certificate of one end. */
static cs_err make_end(const struct issuer *issuer, const char *name, const char *names, const char *purpose)
{
    char path[64];
    cs_key *key = NULL;
    cs_buf der = cs_buf_new(CS_MAX_CERTIFICATE), pem = cs_buf_new_wiped(4096);
    cs_err err = generate(&key);
    if (err == CS_OK) {
        cs_issue what = describe(name, key);
        what.issuer_key = issuer->key;
        what.issuer = cs_buf_slice(&issuer->der);
        what.names = names;
        what.purpose = purpose;
        err = cs_issue_certificate(&der, &what);
    }
    (void)snprintf(path, sizeof path, CS_DEV_PKI "%s.pem", name);
    if (err == CS_OK)
        err = write_certificate(path, cs_buf_slice(&der));
    (void)snprintf(path, sizeof path, CS_DEV_PKI "%s.key", name);
    if (err == CS_OK)
        err = cs_key_to_pem(&pem, key);
    if (err == CS_OK)
        err = cs_file_write(path, cs_buf_slice(&pem), 0600, true);
    cs_key_free(key);
    cs_buf_free(&der);
    cs_buf_free(&pem);
    return err;
}

int cs_dev_make_pki(void)
{
    struct issuer issuer = {0};
    if (access(CS_DEV_PKI "gateway.key", F_OK) == 0) /* made last */
        return CS_EXIT_OK;
    int code = make_folder("pki");
    if (code != CS_EXIT_OK)
        return code;
    cs_err err = make_authority(&issuer);
    if (err == CS_OK)
        err = make_end(&issuer, "agent", "DNS:localhost,IP:127.0.0.1", "serverAuth");
    if (err == CS_OK)
        err = make_end(&issuer, "gateway", NULL, "clientAuth");
    cs_key_free(issuer.key);
    cs_buf_free(&issuer.der);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "pki");
}

int cs_dev_free_port(int *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = s >= 0 && bind(s, (const struct sockaddr *)&a, n) == 0 && getsockname(s, (struct sockaddr *)&a, &n) == 0;
    if (s >= 0)
        (void)close(s);
    *port = ntohs(a.sin_port);
    return ok ? CS_EXIT_OK : cs_talk_error("no free port: %s", strerror(errno));
}

/* -- the key of the KMS -------------------------------------------------------------------------------------------- */

/* Without an attestation nobody gets a data key, whoever he is; which image it has to be, the KMS is told at each start
 * (--pcr0), as the program is built anew so often. */
static const char key_policy[] =
    "{\"Version\":\"2012-10-17\",\"Statement\":["
    "{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"*\"},\"Action\":\"kms:*\",\"Resource\":\"*\"},"
    "{\"Effect\":\"Deny\",\"Principal\":{\"AWS\":\"*\"},\"Action\":[\"kms:Decrypt\",\"kms:GenerateDataKey\","
    "\"kms:GenerateDataKeyWithoutPlaintext\",\"kms:Encrypt\"],\"Resource\":\"*\","
    "\"Condition\":{\"Null\":{\"kms:RecipientAttestation:ImageSha384\":\"true\"}}}]}";

/* The one line that the program writes. */
static cs_err read_made_key(cs_buf *line)
{
    static const char *const argv[] = {"countersign-devkms", "create-key",    "--state", CS_DEV_KMS_STATE,
                                       "--policy",           KEY_POLICY_FILE, NULL};
    cs_child child;
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) != 0)
        return CS_IO;
    cs_err err = cs_child_start(&child, argv, fds[1], STDOUT_FILENO);
    (void)close(fds[1]);
    if (err == CS_OK)
        err = cs_child_read_line(line, fds[0], cs_tick_us() + CALL_US);
    (void)close(fds[0]);
    cs_child_stop(&child, 1);
    return err;
}

static cs_err make_key(char arn[CS_MAX_KMS_KEY + 1])
{
    cs_json *json = NULL;
    cs_buf line = cs_buf_new(4096);
    cs_err err = cs_file_write(KEY_POLICY_FILE, cs_slice_str(key_policy), 0600, true);
    if (err == CS_OK)
        err = read_made_key(&line);
    if (err == CS_OK)
        err = cs_json_parse(&json, cs_buf_slice(&line), 4096);
    if (err == CS_OK) {
        cs_jobj o = cs_jobj_open(cs_json_root(json));
        cs_slice text = cs_jobj_str(&o, "arn", CS_MAX_KMS_KEY);
        err = cs_jobj_done_open(&o);
        if (err == CS_OK)
            err = cs_slice_to_cstr(arn, CS_MAX_KMS_KEY + 1, text);
    }
    if (err == CS_OK)
        err = cs_file_write(KEY_FILE, cs_slice_str(arn), 0600, false);
    cs_json_free(json);
    cs_buf_free(&line);
    return err;
}

int cs_dev_kms_key(char arn[CS_MAX_KMS_KEY + 1])
{
    cs_buf text = cs_buf_new(CS_MAX_KMS_KEY);
    int code = make_folder("pq-signer");
    if (code != CS_EXIT_OK)
        return code;
    cs_err err = CS_OK;
    if (access(KEY_FILE, F_OK) != 0) {
        err = make_key(arn);
    } else {
        err = cs_file_read(&text, KEY_FILE);
        if (err == CS_OK)
            err = cs_slice_to_cstr(arn, CS_MAX_KMS_KEY + 1, cs_buf_slice(&text));
    }
    cs_buf_free(&text);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, KEY_FILE);
}

/* -- what to pin --------------------------------------------------------------------------------------------------- */

static cs_err root_hash(uint8_t out[CS_SHA256_LEN], cs_slice pem)
{
    cs_buf ders = cs_buf_new(CS_MAX_CERTIFICATE);
    cs_digest digest = {0};
    cs_slice der;
    size_t n = 0;
    cs_err err = cs_pem_certificates(&ders, &der, &n, 1, pem);
    if (err == CS_OK)
        err = cs_hash(&digest, CS_SHA256, der);
    memcpy(out, digest.b, CS_SHA256_LEN);
    cs_buf_free(&ders);
    return err;
}

int cs_dev_write_pins(cs_slice policy, const char *image_hash, cs_slice root_pem)
{
    const cs_slice prefix = CS_LIT("sha384:");
    cs_manifest m = {.enclave_version = CS_VERSION};
    cs_buf json = cs_buf_new(CS_MAX_MANIFEST), pcr0 = CS_BUF_OVER(m.pcrs[0]);
    cs_err err = root_hash(m.root_sha256, root_pem);
    if (err == CS_OK)
        err = cs_hex_decode(&pcr0, cs_slice_sub(cs_slice_str(image_hash), prefix.n, sizeof m.pcrs[0] * 2));
    if (err == CS_OK)
        err = cs_manifest_write(&json, &m);
    if (err == CS_OK)
        err = cs_file_write(CS_DEV_MANIFEST_FILE, cs_buf_slice(&json), 0600, true);
    if (err == CS_OK)
        err = cs_file_write(CS_DEV_POLICY_FILE, policy, 0600, true);
    cs_buf_free(&json);
    return err == CS_OK ? CS_EXIT_OK : cs_talk_fail(err, "pq-signer");
}

/* -- credentials, and the table ------------------------------------------------------------------------------------ */

int cs_dev_become(cs_dev_role role)
{
    static const char *const sources[] = {"AWS_SESSION_TOKEN",
                                          "AWS_WEB_IDENTITY_TOKEN_FILE",
                                          "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                          "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                          "AWS_SHARED_CREDENTIALS_FILE",
                                          "AWS_PROFILE"};
    static char id[CS_AWS_MAX_ID + 1], secret[CS_AWS_MAX_SECRET + 1]; /* the user's own, as they were at first */
    static bool kept;
    const char *given_id = getenv("AWS_ACCESS_KEY_ID"), *given_secret = getenv("AWS_SECRET_ACCESS_KEY");
    if (!kept && given_id != NULL && given_secret != NULL) {
        (void)snprintf(id, sizeof id, "%s", given_id);
        (void)snprintf(secret, sizeof secret, "%s", given_secret);
    }
    kept = true;
    bool ok = unsetenv("AWS_ACCESS_KEY_ID") == 0 && unsetenv("AWS_SECRET_ACCESS_KEY") == 0 &&
              setenv("AWS_EC2_METADATA_DISABLED", "true", 1) == 0 && setenv("AWS_REGION", REGION, 1) == 0;
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        ok = unsetenv(sources[i]) == 0 && ok;
    if (role == CS_DEV_AGENT)
        ok = setenv("AWS_SHARED_CREDENTIALS_FILE", CS_DEV_KMS_STATE "/credentials", 1) == 0 && ok;
    else if (role == CS_DEV_GATEWAY)
        ok = setenv("AWS_ACCESS_KEY_ID", id[0] != '\0' ? id : "countersign-dev", 1) == 0 &&
             setenv("AWS_SECRET_ACCESS_KEY", id[0] != '\0' ? secret : "countersign-dev", 1) == 0 && ok;
    return ok ? CS_EXIT_OK : cs_talk_fail(CS_NO_MEMORY, "environment");
}

static void describe_table(cs_buf *out, const char *table)
{
    cs_buf_add_str(out, "{\"TableName\":");
    cs_jw w = cs_jw_on(out);
    cs_jw_cstr(&w, NULL, table);
    cs_buf_add_str(out, ",\"BillingMode\":\"PAY_PER_REQUEST\",\"KeySchema\":[{\"AttributeName\":\"user_id\","
                        "\"KeyType\":\"HASH\"}],\"AttributeDefinitions\":[{\"AttributeName\":\"user_id\","
                        "\"AttributeType\":\"S\"}]}");
}

/* Done, or not needed: the table is there. */
static int judge_table(const cs_aws_answer *answer, const char *table)
{
    if (answer->status == 200 || strcmp(answer->code, "ResourceInUseException") == 0)
        return CS_EXIT_OK;
    return cs_talk_error("table %s was not made: %s", table, answer->code);
}

int cs_dev_make_table(const char *endpoint, const char *table)
{
    cs_aws *aws = NULL;
    cs_fetch *fetch = NULL;
    cs_aws_answer answer = {0};
    cs_buf body = cs_buf_new(4096);
    int code = cs_dev_become(CS_DEV_GATEWAY);
    describe_table(&body, table);
    cs_err err = code == CS_EXIT_OK ? cs_aws_open(&aws, REGION) : CS_CONFIG;
    if (err == CS_OK)
        err = cs_fetch_open(&fetch, &(cs_fetch_options){0});
    if (err == CS_OK)
        err = cs_aws_call(&answer, aws, fetch,
                          &(cs_aws_request){.service = "dynamodb",
                                            .endpoint = endpoint,
                                            .target = "DynamoDB_20120810.CreateTable",
                                            .content_type = "application/x-amz-json-1.0",
                                            .body = cs_buf_slice(&body),
                                            .max_answer = 1u << 16,
                                            .deadline_us = cs_tick_us() + CALL_US});
    code = err == CS_OK ? judge_table(&answer, table) : cs_talk_fail(err, "%s", endpoint);
    cs_aws_answer_free(&answer);
    cs_fetch_close(fetch);
    cs_aws_close(aws);
    cs_buf_free(&body);
    return code;
}
