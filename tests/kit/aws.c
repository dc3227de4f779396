#include "kit/aws.h"

#include "record/calendar.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define ROLES "/latest/meta-data/iam/security-credentials/"
#define CLOCK_OFF_S_MAX 300

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- what is said ---- */

static struct kit_answer text(struct kit_aws *aws, int status, const char *body)
{
    snprintf(aws->body, sizeof aws->body, "%s", body);
    return (struct kit_answer){.status = status, .body = aws->body, .headers = aws->headers};
}

static void stamp(int64_t second, char out[32])
{
    struct civil c;

    civil_from_seconds(second, &c);
    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour, c.minute,
             c.second);
}

static struct kit_answer keys_json(struct kit_aws *aws)
{
    char end[32], body[512];

    if (aws->rules.keys_status != 0)
        return text(aws, aws->rules.keys_status, "{\"Code\":\"Trouble\",\"Message\":\"later\"}");
    stamp(aws->rules.now_s + aws->rules.life_s, end);
    snprintf(body, sizeof body,
             "{\"Code\":\"Success\",\"AccessKeyId\":\"AKIA%04u\",\"SecretAccessKey\":\"secret\","
             "\"Token\":\"session\",\"Expiration\":\"%s\"}",
             ++aws->keys_number, end);
    return text(aws, 200, body);
}

static struct kit_answer keys_xml(struct kit_aws *aws)
{
    char end[32], body[512];

    stamp(aws->rules.now_s + aws->rules.life_s, end);
    snprintf(body, sizeof body,
             "<R><Credentials><AccessKeyId>AKIA%04u</AccessKeyId><SecretAccessKey>secret"
             "</SecretAccessKey><SessionToken>session</SessionToken><Expiration>%s</Expiration>"
             "</Credentials></R>",
             ++aws->keys_number, end);
    return text(aws, 200, body);
}

/* As nobody should: an error that has keys in it. */
static struct kit_answer keys_xml_refused(struct kit_aws *aws, int status)
{
    struct kit_answer answer = keys_xml(aws);

    answer.status = status;
    return answer;
}

static struct kit_answer error_xml_say(struct kit_aws *aws, int status, const char *code,
                                       const char *message)
{
    char body[512];

    snprintf(body, sizeof body,
             "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>",
             code, message);
    return text(aws, status, body);
}

static struct kit_answer error_xml(struct kit_aws *aws, int status, const char *code)
{
    return error_xml_say(aws, status, code, "no");
}

/* ---- what was asked ---- */

static bool head_has(const struct kit_request *request, const char *line)
{
    return strcasestr(request->head, line) != NULL;
}

static bool body_has(const struct kit_request *request, const char *piece)
{
    return strstr(request->body.data, piece) != NULL;
}

/* The number in "AKIA0001" of Authorization; 0: none. */
static unsigned signed_with(const struct kit_request *request)
{
    const char *at = strstr(request->head, "Credential=AKIA");

    return at != NULL ? (unsigned)strtoul(at + strlen("Credential=AKIA"), NULL, 10) : 0;
}

/* Whether X-Amz-Date is near AWS's clock. */
static bool is_dated_well(const struct kit_aws *aws, const struct kit_request *request)
{
    const char *at = strcasestr(request->head, "X-Amz-Date: ");
    struct civil c = {0};
    int64_t off_s;

    if (aws->rules.now_s == 0 || at == NULL)
        return true;
    CHECK(sscanf(at + strlen("X-Amz-Date: "), "%4d%2d%2dT%2d%2d%2dZ", &c.year, &c.month, &c.day,
                 &c.hour, &c.minute, &c.second) == 6);
    off_s = civil_seconds(&c) - aws->rules.now_s;
    return off_s <= CLOCK_OFF_S_MAX && off_s >= -CLOCK_OFF_S_MAX;
}

/* ---- who answers ---- */

static struct kit_answer token_answer(struct kit_aws *aws, const struct kit_request *request)
{
    char token[32];

    if (aws->rules.has_hop_limit)
        return (struct kit_answer){.move = KIT_SILENT};
    if (aws->rules.token_status != 0)
        return text(aws, aws->rules.token_status, "<html>no</html>");
    if (!head_has(request, "X-aws-ec2-metadata-token-ttl-seconds: 21600"))
        return text(aws, 400, "no time to live");
    snprintf(token, sizeof token, "token-%u", ++aws->token_number);
    return text(aws, 200, token);
}

static struct kit_answer fact_answer(struct kit_aws *aws, const char *path)
{
    const char *const *pair = aws->rules.facts.pairs;

    if (aws->rules.facts.status != 0)
        return text(aws, aws->rules.facts.status, "<html>no</html>");
    for (; pair != NULL && *pair != NULL; pair += 2)
        if (strcmp(path + strlen("/latest/"), pair[0]) == 0)
            return text(aws, 200, pair[1]);
    return text(aws, 404, "<html>not found</html>");
}

static struct kit_answer metadata_answer(struct kit_aws *aws, const struct kit_request *request)
{
    char line[64];

    snprintf(line, sizeof line, "X-aws-ec2-metadata-token: token-%u\r\n", aws->token_number);
    if (!aws->rules.facts.allows_v1 && aws->rules.token_status == 0 && !head_has(request, line))
        return text(aws, 401, "");
    if (strcmp(request->path, "/latest/meta-data/placement/region") == 0)
        return text(aws, 200, aws->rules.region);
    if (strcmp(request->path, ROLES) == 0)
        return aws->rules.role_status != 0 ? text(aws, aws->rules.role_status, "")
                                           : text(aws, 200, "node-role\n");
    return strcmp(request->path, ROLES "node-role") == 0 ? keys_json(aws)
                                                         : fact_answer(aws, request->path);
}

static struct kit_answer container_answer(struct kit_aws *aws, const struct kit_request *request)
{
    char line[256];

    snprintf(line, sizeof line, "\r\nAuthorization: %s\r\n",
             aws->rules.authorization != NULL ? aws->rules.authorization : "");
    if (aws->rules.authorization != NULL && !head_has(request, line))
        return text(aws, 400, "{\"code\":\"InvalidToken\",\"message\":\"wrong token\"}");
    return keys_json(aws);
}

static struct kit_answer sts_answer(struct kit_aws *aws, const struct kit_request *request)
{
    bool is_web = body_has(request, "Action=AssumeRoleWithWebIdentity&");
    char wanted[256];

    if (aws->rules.keys_status != 0)
        return keys_xml_refused(aws, aws->rules.keys_status);
    snprintf(wanted, sizeof wanted, "&WebIdentityToken=%s",
             aws->rules.web_token != NULL ? aws->rules.web_token : "?");
    if (is_web && aws->rules.has_no_trust)
        return error_xml_say(aws, 403, "AccessDenied",
                             "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    if (is_web)
        return body_has(request, wanted) ? keys_xml(aws)
                                         : error_xml(aws, 400, "InvalidIdentityToken");
    if (!is_dated_well(aws, request))
        return error_xml(aws, 403, "SignatureDoesNotMatch");
    if (signed_with(request) == 0)
        return error_xml(aws, 403, "MissingAuthenticationToken");
    snprintf(wanted, sizeof wanted, "&ExternalId=%s",
             aws->rules.external_id != NULL ? aws->rules.external_id : "");
    if (aws->rules.external_id != NULL && !body_has(request, wanted))
        return error_xml_say(
            aws, 403, "AccessDenied",
            "User: arn:aws:sts::1:assumed-role/pod/s is not authorized to perform: "
            "sts:AssumeRole on resource: arn:aws:iam::2:role/logs");
    return keys_xml(aws);
}

static struct kit_answer service_answer(struct kit_aws *aws, const struct kit_request *request)
{
    if (!is_dated_well(aws, request))
        return text(aws, 403, "{\"message\":\"Signature expired: x is now earlier than y\"}");
    if (aws->rules.wants_newest && signed_with(request) != aws->keys_number)
        return text(aws, 403,
                    "{\"message\":\"The security token included in the request is expired\"}");
    return text(aws, 200, "{\"took\":1,\"errors\":false}");
}

/* Whoever asks through a proxy names the host too; the kit is both. */
static bool is_sts(const char *path)
{
    return strcmp(path, "/") == 0 || strcmp(path, "http://sts.invalid/") == 0;
}

static struct kit_answer task_answer(struct kit_aws *aws)
{
    if (aws->rules.task_status != 0)
        return text(aws, aws->rules.task_status, "");
    return text(aws, 200,
                "{\"Cluster\":\"arn:aws:ecs:eu-west-1:1:cluster/shop\","
                "\"TaskARN\":\"arn:aws:ecs:eu-west-1:1:task/shop/158d1c80\",\"Family\":\"f\"}");
}

static struct kit_answer rules_apply(struct kit_aws *aws, const struct kit_request *request)
{
    if (aws->rules.is_silent)
        return (struct kit_answer){.move = KIT_SILENT};
    if (strcmp(request->path, "/latest/api/token") == 0)
        return strcmp(request->method, "PUT") == 0 ? token_answer(aws, request)
                                                   : text(aws, 405, "");
    if (strncmp(request->path, "/latest/", 8) == 0)
        return metadata_answer(aws, request);
    if (strcmp(request->path, "/v4/task") == 0)
        return task_answer(aws);
    if (strcmp(request->path, "/container") == 0)
        return container_answer(aws, request);
    if (is_sts(request->path))
        return sts_answer(aws, request);
    return service_answer(aws, request);
}

static void date_header(struct kit_aws *aws)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil c;

    aws->headers[0] = '\0';
    if (aws->rules.now_s == 0)
        return;
    civil_from_seconds(aws->rules.now_s, &c);
    snprintf(aws->headers, sizeof aws->headers, "Date: %02d %s %04d %02d:%02d:%02d GMT\r\n", c.day,
             months[c.month - 1], c.year, c.hour, c.minute, c.second);
}

static struct kit_answer rule(void *owner, const struct kit_request *request)
{
    struct kit_aws *aws = owner;
    struct kit_answer answer;

    pthread_mutex_lock(&lock);
    date_header(aws);
    answer = rules_apply(aws, request);
    pthread_mutex_unlock(&lock);
    return answer;
}

/* ---- the kit ---- */

void kit_aws_start(struct kit_aws *aws)
{
    *aws = (struct kit_aws){.server = kit_server_start()};
    aws->rules = (struct kit_aws_rules){.region = "eu-west-1", .life_s = 3600};
    kit_server_rule(aws->server, rule, aws);
}

void kit_aws_stop(struct kit_aws *aws)
{
    kit_server_stop(&aws->server);
}

void kit_aws_set(struct kit_aws *aws, const struct kit_aws_rules *rules)
{
    pthread_mutex_lock(&lock);
    aws->rules = *rules;
    pthread_mutex_unlock(&lock);
}

void kit_aws_expire_keys(struct kit_aws *aws)
{
    pthread_mutex_lock(&lock);
    aws->keys_number++;
    pthread_mutex_unlock(&lock);
}

const char *kit_aws_url(const struct kit_aws *aws, const char *path)
{
    static char url[256];

    snprintf(url, sizeof url, "http://127.0.0.1:%u%s", (unsigned)kit_server_port(aws->server),
             path);
    return url;
}
