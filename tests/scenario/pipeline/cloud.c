#include "scenario/pipeline/cloud.h"

#include "aws/sigv4.h"
#include "base/clock.h"
#include "base/gzip.h"
#include "record/calendar.h"
#include "record/json.h"

#include <check.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define BYTES_MAX 1048576
#define EVENT_BYTES 26
#define EVENTS_MAX 10000
#define SPAN_MS (INT64_C(24) * 3600 * 1000)
#define NAME_MAX_BYTES 512
#define SKEW_S_MAX 300

/*
 * What the service says, word for word, as its users have reported it (repository, number of the issue
 * or pull request):
 *
 *   the form of an error, and NO_SPAN        maxbanton/cwh 96, whose length of 139 bytes is that of
 *                                            aws-robotics/cloudwatchlogs-ros1 54
 *   NO_ORDER                                 open-telemetry/opentelemetry-collector-contrib 37762
 *   UPLOAD_TOO_LARGE                         nhs-england-tools/terraform-aws-opennext 27
 *   EVENT_TOO_LARGE                          maxbanton/cwh 101, when the limit was 262144
 *   VALIDATION, of an event's message        fluent-plugins-nursery/fluent-plugin-cloudwatch-logs 140
 *     of logEvents without one               vectordotdev/vector 3795
 *     GROUP_PATTERN                          awslabs/aws-embedded-metrics-java 65
 *     STREAM_PATTERN                         cisagov/crossfeed 374
 *   RESERVED                                 aws-observability/aws-otel-collector 353
 *   NO_GROUP, NO_STREAM                      osperlabs/logbeam 7, mentum/lawgs 11
 *   the group, the stream is there already   aws-robotics/cloudwatchlogs-ros1 1: 94 and 95 bytes
 *   THROTTLED                                aws-robotics/cloudwatchlogs-ros1 21: 58 bytes
 *   DENIED                                   elastic/apm-aws-lambda 526
 *   SIGNATURE, EXPIRED, EARLY                rjocoleman/syslog-cloudwatch-bridge 1,
 *                                            bradgignac/logspout-cloudwatch 24, s12v/awsbeats 48
 *   tooOldLogEventEndIndex is exclusive      aws/aws-for-fluent-bit 523
 *
 * More than 10,000 events, and a negative time of an event, nobody has reported: what stands for those
 * are the words for the length of another list, and for another time (elastic/integrations 10564), with
 * the limits of the service's model. Nothing in the agent reads them.
 */
#define VALIDATION                                                                                 \
    "1 validation error detected: Value '%.*s' at '%s' failed to satisfy constraint: Member must " \
    "%s"
#define GROUP_PATTERN "satisfy regular expression pattern: [\\\\.\\\\-_/#A-Za-z0-9]+"
#define STREAM_PATTERN "satisfy regular expression pattern: [^:*]*"
#define RESERVED "Log groups starting with AWS/ are reserved for AWS."
#define NO_ORDER "Log events in a single PutLogEvents request must be in chronological order."
#define NO_SPAN \
    "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
#define UPLOAD_TOO_LARGE "Upload too large: %llu bytes exceeds limit of 1048576"
#define EVENT_TOO_LARGE "Log event too large: %llu bytes exceeds limit of 1048576"
#define NO_GROUP "The specified log group does not exist."
#define NO_STREAM "The specified log stream does not exist."
#define THROTTLED "Rate exceeded"
#define DENIED                                                                                  \
    "User: arn:aws:sts::123456789012:assumed-role/node/i-0 is not authorized to perform: "      \
    "logs:%s on resource: arn:aws:logs:eu-west-1:123456789012:log-group:/app/logs:log-stream: " \
    "because no identity-based policy allows the logs:%s action"
#define SIGNATURE                                                                                \
    "The request signature we calculated does not match the signature you provided. Check your " \
    "AWS Secret Access Key and signing method. Consult the service documentation for details."
#define EXPIRED "Signature expired: %s is now earlier than %s (%s - 5 min.)"
#define EARLY "Signature not yet current: %s is still later than %s (%s + 5 min.)"

static char there; /* what a map has of a stream */

static struct kit_answer error_say(struct cloud *c, const char *name, const char *message)
{
    buffer_clear(&c->body);
    buffer_append_format(&c->body, "{\"__type\":\"%s\",\"message\":\"%s\"}", name, message);
    return (struct kit_answer){.status = 400, .body = buffer_text(&c->body)};
}

static struct kit_answer well(struct cloud *c, const char *body)
{
    return (struct kit_answer){.status = 200,
                               .headers = c->has_no_id ? NULL : "x-amzn-RequestId: 1-2-3\r\n",
                               .body = body};
}

static struct kit_answer broken(struct cloud *c, const char *rule)
{
    buffer_append_format(&c->broken, "%s; ", rule);
    return error_say(c, "InvalidParameterException", rule);
}

/* The constraint that is broken, by this value of this member. */
static struct kit_answer invalid(struct cloud *c, const char *what, struct slice value,
                                 const char *constraint)
{
    char rule[1024];

    snprintf(rule, sizeof rule, VALIDATION, SLICE_ARG(value), what, constraint);
    return broken(c, rule);
}

static struct slice member(struct slice object, const char *key)
{
    struct slice value = {0};

    (void)json_find(object, slice_of(key), &value);
    return value;
}

static struct slice text_of(struct slice object, const char *key, struct arena *arena)
{
    struct slice value = member(object, key);

    return value.len > 0 ? json_unescape(value, arena) : value;
}

/* ---- PutLogEvents ---- */

struct put {
    struct buffer lines;
    uint64_t bytes;
    unsigned count;
    int64_t first_ms, last_ms;
};

/* Of the event that is next. */
static const char *event_invalid(struct arena *arena, const struct put *put, const char *what,
                                 const char *value, const char *constraint)
{
    const char *name = arena_format(arena, "logEvents.%u.member.%s", put->count + 1, what).data;
    struct slice shown = slice_make(value, strcspn(value, ",}"));

    return arena_format(arena, VALIDATION, SLICE_ARG(shown), name, constraint).data;
}

static const char *event_take(struct cloud *c, struct put *put, struct slice event,
                              struct slice stream, struct arena *arena)
{
    struct slice message = text_of(event, "message", arena);
    int64_t ms = strtoll(member(event, "timestamp").data, NULL, 10);

    if (message.len == 0)
        return event_invalid(arena, put, "message", "", "have length greater than or equal to 1");
    if (ms < 0)
        return event_invalid(arena, put, "timestamp", member(event, "timestamp").data,
                             "have value greater than or equal to 0");
    if (message.len + EVENT_BYTES > BYTES_MAX)
        return arena_format(arena, EVENT_TOO_LARGE, (unsigned long long)message.len + EVENT_BYTES)
            .data;
    if (put->count > 0 && ms < put->last_ms)
        return NO_ORDER;
    put->first_ms = put->count == 0 ? ms : put->first_ms;
    put->last_ms = ms;
    put->bytes += message.len + EVENT_BYTES;
    if (put->count++ >= c->refused_events)
        buffer_append_format(&put->lines, "%.*s: %.*s\n", SLICE_ARG(stream), SLICE_ARG(message));
    if (ms - put->first_ms >= SPAN_MS)
        return NO_SPAN;
    return NULL;
}

static struct kit_answer put_answer(struct cloud *c, struct slice body, struct slice stream,
                                    struct arena *arena)
{
    struct slice rest = member(body, "logEvents"), key, event;
    struct put put = {0};
    const char *rule = NULL;

    while (rule == NULL && json_next(&rest, &key, &event))
        rule = event_take(c, &put, event, stream, arena);
    if (rule == NULL && put.count > 0 && put.count <= EVENTS_MAX && put.bytes <= BYTES_MAX)
        buffer_append(&c->taken, buffer_view(&put.lines));
    c->largest = put.bytes > c->largest ? put.bytes : c->largest;
    buffer_fini(&put.lines);
    if (rule != NULL)
        return broken(c, rule);
    if (put.count == 0)
        return invalid(c, "logEvents", SLICE("[]"), "have length greater than or equal to 1");
    if (put.count > EVENTS_MAX)
        return invalid(c, "logEvents", SLICE("[...]"), "have length less than or equal to 10000");
    if (put.bytes > BYTES_MAX)
        return broken(c, arena_format(arena, UPLOAD_TOO_LARGE, (unsigned long long)put.bytes).data);
    if (c->refused_events == 0)
        return well(c, "{\"nextSequenceToken\":\"4\"}");
    buffer_clear(&c->body);
    buffer_append_format(&c->body, "{\"rejectedLogEventsInfo\":{\"tooOldLogEventEndIndex\":%u}}",
                         c->refused_events);
    c->refused_events = 0;
    return well(c, buffer_text(&c->body));
}

/* ---- which call ---- */

static bool is_group_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.data[i]) && strchr(".-_/#", name.data[i]) == NULL)
            return false;
    return name.len >= 1 && name.len <= NAME_MAX_BYTES;
}

static bool is_stream_name(struct slice name)
{
    return name.len >= 1 && name.len <= NAME_MAX_BYTES && slice_find(name, ':') == name.len &&
           slice_find(name, '*') == name.len;
}

static struct kit_answer call_answer(struct cloud *c, struct slice call, struct slice body,
                                     struct arena *arena)
{
    struct slice stream = text_of(body, "logStreamName", arena);
    struct slice group = text_of(body, "logGroupName", arena);

    if (!is_group_name(group))
        return invalid(c, "logGroupName", group, GROUP_PATTERN);
    if (group.len >= 4 && slice_is_nocase(slice_make(group.data, 4), "aws/"))
        return broken(c, RESERVED);
    if (stream.data != NULL && !is_stream_name(stream))
        return invalid(c, "logStreamName", stream, STREAM_PATTERN);
    if (!c->has_all_groups && !slice_is(group, "/app/logs"))
        return broken(c, "logGroupName is another");
    if (slice_is(call, "CreateLogGroup") && c->has_group)
        return error_say(c, "ResourceAlreadyExistsException",
                         "The specified log group already exists");
    if (slice_is(call, "CreateLogGroup")) {
        c->has_group = true;
        buffer_clear(&c->made);
        buffer_append(&c->made, body);
        return well(c, "");
    }
    if (!c->has_group)
        return error_say(c, "ResourceNotFoundException", NO_GROUP);
    if (slice_is(call, "PutRetentionPolicy") && c->unseen > 0) {
        c->unseen--;
        return error_say(c, "ResourceNotFoundException", NO_GROUP);
    }
    if (slice_is(call, "PutRetentionPolicy") && c->has_no_retention)
        return error_say(
            c, "AccessDeniedException",
            arena_format(arena, DENIED, "PutRetentionPolicy", "PutRetentionPolicy").data);
    if (slice_is(call, "PutRetentionPolicy") && c->retention_trouble != NULL)
        return error_say(c, c->retention_trouble, "Not now");
    if (slice_is(call, "PutRetentionPolicy")) {
        c->days = strtoll(member(body, "retentionInDays").data, NULL, 10);
        return well(c, "");
    }
    if (slice_is(call, "CreateLogStream")) {
        if (map_put(&c->streams, stream, &there) != NULL)
            return error_say(c, "ResourceAlreadyExistsException",
                             "The specified log stream already exists");
        return well(c, "");
    }
    if (map_get(&c->streams, stream) == NULL)
        return error_say(c, "ResourceNotFoundException", NO_STREAM);
    return put_answer(c, body, stream, arena);
}

static void unpack(const struct kit_request *request, struct buffer *out)
{
    struct slice packed = request->body;
    struct gunzip *gunzip;
    size_t written = 0;

    if (kit_request_header(request, "Content-Encoding") == NULL) {
        buffer_append(out, packed);
        return;
    }
    gunzip = gunzip_new();
    do {
        ck_assert_int_eq(gunzip_step(gunzip, &packed, buffer_reserve(out, 65536), 65536, &written),
                         0);
        buffer_commit(out, written);
    } while (packed.len > 0 || written == 65536);
    gunzip_free(&gunzip);
}

static struct kit_answer body_answer(struct cloud *c, const struct kit_request *request,
                                     struct slice call)
{
    struct json_scanner scanner;
    struct buffer body = {0};
    struct arena arena = {0};
    struct kit_answer answer;

    unpack(request, &body);
    json_scanner_init(&scanner);
    if (json_check_value(&scanner, buffer_view(&body), NULL) < 0)
        answer = broken(c, "the body is no JSON");
    else
        answer = call_answer(c, call, buffer_view(&body), &arena);
    json_scanner_fini(&scanner);
    buffer_fini(&body);
    arena_fini(&arena);
    return answer;
}

/* ---- its clock ---- */

static const char *date_header(struct cloud *c)
{
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil t;

    civil_from_seconds(clock_wall_ns() / NS_PER_S + c->ahead_s, &t);
    snprintf(c->date, sizeof c->date,
             "x-amzn-RequestId: 1-2-3\r\nDate: Mon, %02d %s %04d %02d:%02d:%02d GMT\r\n", t.day,
             months[t.month - 1], t.year, t.hour, t.minute, t.second);
    return c->date;
}

/* How far X-Amz-Date is behind it, in seconds. */
static int64_t late_by(const struct cloud *c, const char *date)
{
    struct civil t = {0};

    if (c->ahead_s == 0 || date == NULL ||
        sscanf(date, "%4d%2d%2dT%2d%2d%2dZ", &t.year, &t.month, &t.day, &t.hour, &t.minute,
               &t.second) != 6)
        return 0;
    return clock_wall_ns() / NS_PER_S + c->ahead_s - civil_seconds(&t);
}

static struct kit_answer dated_badly(struct cloud *c, const char *date, int64_t late_s)
{
    int64_t now_s = clock_wall_ns() / NS_PER_S + c->ahead_s;
    char now[SIGV4_STAMP_BYTES], limit[SIGV4_STAMP_BYTES], words[160];
    struct kit_answer answer;

    sigv4_stamp(now_s, now);
    sigv4_stamp(now_s + (late_s > 0 ? -SKEW_S_MAX : SKEW_S_MAX), limit);
    snprintf(words, sizeof words, late_s > 0 ? EXPIRED : EARLY, date, limit, now);
    answer = error_say(c, "InvalidSignatureException", words);
    answer.headers = date_header(c);
    return answer;
}

/* ---- when they came ---- */

static void time_note(struct cloud_times *times, bool is_throttled)
{
    ck_assert_uint_lt(times->count, CLOUD_TIMES_MAX);
    times->ms[times->count] = clock_ms();
    times->was_throttled[times->count++] = is_throttled;
}

static void call_note(struct cloud *c, struct slice call)
{
    if (slice_is(call, "PutLogEvents"))
        time_note(&c->puts, c->throttled > 0);
    if (slice_is(call, "CreateLogStream"))
        time_note(&c->makes, c->throttled > 0);
}

unsigned cloud_most_in_a_second(const struct cloud_times *times)
{
    unsigned most = 0;

    for (unsigned i = 0, first = 0; i < times->count; i++) {
        while (times->ms[first] + 1000 <= times->ms[i])
            first++;
        most = i - first + 1 > most ? i - first + 1 : most;
    }
    return most;
}

unsigned cloud_taken(const struct cloud *cloud)
{
    unsigned count = 0;

    for (size_t i = 0; i < cloud->taken.len; i++)
        count += cloud->taken.data[i] == '\n';
    return count;
}

uint64_t cloud_shortest_hold_ms(const struct cloud_times *times, unsigned under_way)
{
    uint64_t shortest_ms = UINT64_MAX;

    for (unsigned i = 0; i + under_way < times->count; i++)
        if (times->was_throttled[i] && times->ms[i + under_way] - times->ms[i] < shortest_ms)
            shortest_ms = times->ms[i + under_way] - times->ms[i];
    return shortest_ms;
}

static struct kit_answer rule(void *owner, const struct kit_request *request)
{
    struct cloud *c = owner;
    const char *target = kit_request_header(request, "X-Amz-Target");
    struct slice call = slice_of(target);
    struct kit_answer answer;
    int64_t late_s;

    if (!slice_begins(call, SLICE("Logs_20140328.")))
        return broken(c, "no target");
    call = slice_skip(call, sizeof "Logs_20140328." - 1);
    buffer_append_format(&c->calls, "%.*s ", SLICE_ARG(call));
    call = slice_make(c->calls.data + c->calls.len - call.len - 1, call.len);
    call_note(c, call);
    if (kit_request_header(request, "Authorization") == NULL)
        return broken(c, "no signature");
    late_s = late_by(c, kit_request_header(request, "X-Amz-Date"));
    if (late_s > SKEW_S_MAX || late_s < -SKEW_S_MAX)
        return dated_badly(c, kit_request_header(request, "X-Amz-Date"), late_s);
    if (c->has_no_trust)
        return error_say(c, "InvalidSignatureException", SIGNATURE);
    if (c->has_no_gzip && kit_request_header(request, "Content-Encoding") != NULL)
        return error_say(c, "InvalidSignatureException", SIGNATURE);
    if (c->throttled > 0) {
        c->throttled--;
        return error_say(c, "ThrottlingException", THROTTLED);
    }
    if (c->lost_makes > 0 && slice_is(call, "CreateLogStream")) {
        c->lost_makes--;
        return (struct kit_answer){.move = KIT_CLOSE};
    }
    answer = body_answer(c, request, call);
    if (c->lost > 0) {
        c->lost--;
        answer = (struct kit_answer){.move = KIT_CLOSE};
    }
    return answer;
}

static void service_open(struct cloud *cloud)
{
    *cloud = (struct cloud){.has_group = true};
    cloud->server = kit_server_start();
    kit_server_rule(cloud->server, rule, cloud);
}

void cloud_forget(struct cloud *cloud)
{
    cloud->has_group = false;
    map_fini(&cloud->streams);
    map_init(&cloud->streams);
}

struct kit *cloud_open(struct cloud *cloud)
{
    struct kit *k;
    char port[8];

    service_open(cloud);
    unsetenv("AWS_PROFILE");
    setenv("AWS_ACCESS_KEY_ID", "AKIAENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    k = kit_make();
    setenv("HOME", tree_path(""), 1);
    snprintf(port, sizeof port, "%u", kit_server_port(cloud->server));
    setenv("CLOUD", port, 1);
    return k;
}

void cloud_close(struct cloud *cloud, struct kit **kit)
{
    kit_end(kit);
    ck_assert_str_eq(buffer_text(&cloud->broken), "");
    kit_server_stop(&cloud->server);
    map_fini(&cloud->streams);
    buffer_fini(&cloud->calls);
    buffer_fini(&cloud->taken);
    buffer_fini(&cloud->broken);
    buffer_fini(&cloud->body);
    buffer_fini(&cloud->made);
}
