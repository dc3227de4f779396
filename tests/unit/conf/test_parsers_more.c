#include "unit/conf/parsers_kit.h"

#include <check.h>
#include <string.h>

START_TEST(ambassador_reads_its_lines)
{
    static const struct sample samples[] = {
        {"ambassador",
         "ACCESS [2026-11-21T08:18:54.123Z] \"GET /x HTTP/1.1\" 200 - 0 27 12 11 \"10.0.0.1\" "
         "\"curl\" \"id\" \"host\" \"10.0.0.2:80\"",
         "{\"type\":\"ACCESS\",\"time\":\"2026-11-21T08:18:54.123Z\",\"method\":\"GET\","
         "\"path\":\"/x\",\"protocol\":\"HTTP/1.1\",\"response_code\":\"200\","
         "\"response_flags\":\"-\",\"bytes_received\":\"0\",\"bytes_sent\":\"27\","
         "\"duration\":\"12\",\"upstream_service_time\":\"11\",\"x_forwarded_for\":\"10.0.0.1\","
         "\"user_agent\":\"curl\",\"request_id\":\"id\",\"authority\":\"host\","
         "\"upstream_host\":\"10.0.0.2:80\"}",
         THEN},
    };

    expect_file("conf/parsers_ambassador.conf", samples, ARRAY_LEN(samples));
}
END_TEST

START_TEST(openstack_reads_its_lines)
{
#define OSLO "2026-11-21 08:18:54.123 4321 INFO nova.compute [req-1 u p - - -] text"
#define OSLO_FIELDS                                                        \
    "{\"pid\":\"4321\",\"level\":\"INFO\",\"component\":\"nova.compute\"," \
    "\"request\":\"req-1 u p - - -\",\"message\":\"text\"}"
    static const struct sample samples[] = {
        {"cinder", OSLO, OSLO_FIELDS, THEN},  {"glance", OSLO, OSLO_FIELDS, THEN},
        {"heat", OSLO, OSLO_FIELDS, THEN},    {"keystone", OSLO, OSLO_FIELDS, THEN},
        {"neutron", OSLO, OSLO_FIELDS, THEN}, {"nova", OSLO, OSLO_FIELDS, THEN},
    };

    expect_file("conf/parsers_openstack.conf", samples, ARRAY_LEN(samples));
}
END_TEST

START_TEST(ceph_reads_its_lines)
{
    static const struct sample samples[] = {
        {"ceph", "2026-11-21 08:18:54.123456 7f12ab34 -1 monclient: text",
         "{\"thread\":\"7f12ab34\",\"level\":\"-1\",\"message\":\"monclient: text\"}", THEN},
    };

    expect_file("conf/parsers_cinder.conf", samples, ARRAY_LEN(samples));
}
END_TEST

START_TEST(java_reads_its_lines)
{
    static const struct sample samples[] = {
        {"java_multiline", "2026-11-21 08:18:54,123 [main] ERROR com.example.App - oh\n\tat x",
         "{\"time\":\"2026-11-21 08:18:54,123\",\"thread\":\"main\",\"level\":\"ERROR\","
         "\"message\":\"com.example.App - oh\\n\\tat x\"}",
         THEN},
    };

    expect_file("conf/parsers_java.conf", samples, ARRAY_LEN(samples));
    expect_refusal("java_multiline", "\tat com.example.App.main(App.java:5)");
}
END_TEST

START_TEST(kafka_reads_its_lines)
{
    static const struct sample samples[] = {
        {"confluent-schema-registry",
         "[2026-11-21 08:18:54,123] INFO Server started (io.confluent.rest.Main:44)",
         "{\"level\":\"INFO\",\"message\":\"Server started\",\"class\":\"io.confluent.rest.Main\","
         "\"line\":\"44\"}",
         THEN},
        {"confluent-schema-registry-access",
         "[2026-11-21 08:18:54,123] INFO 10.0.0.1 - - [21/Nov/2026:08:18:54 +0000] "
         "\"GET /subjects HTTP/1.1\" 200 2  7 (io.confluent.rest-utils.requests:62)",
         "{\"level\":\"INFO\",\"host\":\"10.0.0.1\",\"user\":\"-\",\"method\":\"GET\","
         "\"path\":\"/subjects\",\"code\":\"200\",\"size\":\"2\",\"duration\":\"7\"}",
         THEN},
    };

    expect_file("conf/parsers_kafka.conf", samples, ARRAY_LEN(samples));
}
END_TEST

START_TEST(the_lines_of_a_stack_trace_are_told_apart)
{
    static const struct sample samples[] = {
        {"mult_first", "Dec 14 06:41:08 Exception in thread \"main\"",
         "{\"message\":\"Exception in thread \\\"main\\\"\"}", -1},
        {"mult_1", "java.lang.RuntimeException: went wrong",
         "{\"exception\":\"java.lang.RuntimeException: went wrong\"}", 0},
        {"mult_2", "    at com.example.App.main(App.java:5)",
         "{\"at\":\"com.example.App.main(App.java:5)\"}", 0},
        {"mult_3", "Caused by: java.io.IOException: gone",
         "{\"cause\":\"java.io.IOException: gone\"}", 0},
        {"mult_4", "    ... 12 more", "{\"more\":\"12\"}", 0},
    };

    expect_file("conf/parsers_mult.conf", samples, ARRAY_LEN(samples));
}
END_TEST

START_TEST(the_multiline_example_is_read)
{
    expect_file("conf/parsers_multiline.conf", NULL, 0);
    ck_assert_uint_eq(multiline_count(), 1);
}
END_TEST

/* ---- parsers_extra.conf ---- */

static const struct sample extra[] = {
    {"crowbar", "I, [2026-11-21T08:18:54.123456 #4321]  INFO -- crowbar: text",
     "{\"pid\":\"4321\",\"level\":\"INFO\",\"program\":\"crowbar\",\"message\":\"text\"}", THEN},
    {"chefclient", "[2026-11-21T09:18:54+01:00] WARN: text",
     "{\"level\":\"WARN\",\"message\":\"text\"}", THEN},
    {"mysql_error", "2026-11-21T08:18:54.123456Z 0 [Warning] [MY-1] [Server] text",
     "{\"myid\":\"0\",\"severity\":\"Warning\",\"message\":\"[MY-1] [Server] text\"}", THEN},
    {"mysql_slow",
     "# User@Host: root[root] @ localhost [10.0.0.1]  Id:     9\n"
     "# Query_time: 2.5  Lock_time: 0.000100 Rows_sent: 1  Rows_examined: 2000\n"
     "use shop;\nSET timestamp=1795249134;\nSELECT *\nFROM t;\n",
     "{\"user\":\"root\",\"host\":\"localhost\",\"address\":\"10.0.0.1\",\"id\":\"9\","
     "\"query_time\":2.5,\"lock_time\":0.0001,\"rows_sent\":1,\"rows_examined\":2000,"
     "\"database\":\"shop\",\"query\":\"SELECT *\\nFROM t\"}",
     THEN},
    {"mysql_slow",
     "# User@Host: app[app] @  [10.0.0.1]\n# Query_time: 1  Lock_time: 0 Rows_sent: 0  "
     "Rows_examined: 0\nSELECT 1",
     "{\"user\":\"app\",\"address\":\"10.0.0.1\",\"query_time\":1.0,\"lock_time\":0.0,"
     "\"rows_sent\":0,\"rows_examined\":0,\"query\":\"SELECT 1\"}",
     0},
    {"pacemaker", "Nov 21 08:18:54 [4321] node1 crmd:     info: crm_log: text",
     "{\"pid\":\"4321\",\"node\":\"node1\",\"component\":\"crmd\",\"level\":\"info\","
     "\"message\":\"crm_log: text\"}",
     -1},
    {"rabbitmq", "=INFO REPORT==== 21-Nov-2026::08:18:54 ===\naccepting AMQP\nconnection\n",
     "{\"severity\":\"INFO\",\"message\":\"accepting AMQP\\nconnection\"}", THEN},
    {"http_statement", "x \"GET /v2/a HTTP/1.1\" status: 200 len: 1583 time: 0.0919",
     "{\"req_method\":\"GET\",\"req_path\":\"/v2/a\",\"req_protocol\":\"HTTP/1.1\","
     "\"req_status\":\"200\",\"req_len\":\"1583\",\"req_log_time\":\"0.0919\"}",
     0},
    {"universal", "any text", "{\"message\":\"any text\"}", 0},
    {"uuid", "[req-0c1b7d4e-6c0a-4b52-a9d3-2b8d0a3f5e17 a b]",
     "{\"uuid\":\"0c1b7d4e-6c0a-4b52-a9d3-2b8d0a3f5e17\"}", 0},
    {"iptables",
     "kernel: IN=eth0 OUT= MAC=aa:bb SRC=192.0.2.1 DST=198.51.100.2 LEN=40 TOS=0x00 PREC=0x00 "
     "TTL=64 ID=7 DF PROTO=UDP SPT=53 DPT=5353 LEN=20",
     "{\"in\":\"eth0\",\"mac\":\"aa:bb\",\"source\":\"192.0.2.1\",\"dest\":\"198.51.100.2\","
     "\"pkt_len\":\"40\",\"pkt_tos\":\"0x00\",\"pkt_prec\":\"0x00\",\"pkt_ttl\":\"64\","
     "\"pkt_id\":\"7\",\"pkt_flags\":\" DF\",\"protocol\":\"UDP\",\"source_port\":\"53\","
     "\"dest_port\":\"5353\"}",
     0},
};

static const struct sample couchbase[] = {
    {"couchbase_json_log_nanoseconds",
     "{\"timestamp\":\"2026-11-21T08:18:54.123456789Z\",\"level\":\"info\"}",
     "{\"level\":\"info\"}", THEN},
    {"couchbase_rebalance_report", "{\"startTime\":\"2026-11-21T08:18:54.123Z\",\"n\":1}",
     "{\"startTime\":\"2026-11-21T08:18:54.123Z\",\"n\":1}", THEN},
    {"couchbase_simple_log", "2026-11-21T09:18:54.123+01:00 [INFO] text",
     "{\"level\":\"INFO\",\"message\":\"text\"}", THEN},
    {"couchbase_simple_log", "2026-11-21T09:18:54.123+01:00 WARN text",
     "{\"level\":\"WARN\",\"message\":\"text\"}", THEN},
    {"couchbase_simple_log_utc", "2026-11-21T08:18:54.123Z [Info] text",
     "{\"level\":\"Info\",\"message\":\"text\"}", THEN},
    {"couchbase_simple_log_mixed", "2026-11-21T08:18:54.123 [INFO] text",
     "{\"timestamp\":\"2026-11-21T08:18:54.123\",\"level\":\"INFO\",\"message\":\"text\"}", THEN},
    {"couchbase_simple_log_space_separated", "2026-11-21 09:18:54.123 +01:00 INFO text",
     "{\"level\":\"INFO\",\"message\":\"text\"}", THEN},
    {"couchbase_http",
     "10.0.0.1 - @ns [21/Nov/2026:08:18:54 +0000] \"GET /pools HTTP/1.1\" 200 811 - "
     "\"Couchbase Agent\" 7",
     "{\"client\":\"10.0.0.1\",\"user\":\"@ns\",\"method\":\"GET\",\"path\":\"/pools\","
     "\"code\":\"200\",\"size\":\"811\",\"referer\":\"-\",\"agent\":\"Couchbase Agent\","
     "\"duration\":\"7\"}",
     THEN},
    {"couchbase_erlang_multiline",
     "[ns_server:info,2026-11-21T08:18:54.123Z,ns_1@127.0.0.1:<0.1.0>:mod:fun:12]one\n two",
     "{\"logger\":\"ns_server\",\"level\":\"info\",\"source\":\"ns_1@127.0.0.1:<0.1.0>:mod:fun:"
     "12\","
     "\"message\":\"one\\n two\"}",
     THEN},
    {"couchbase_java_multiline", "2026-11-21T08:18:54.123+00:00 WARN CBAS.a.B [main] one\n\tat two",
     "{\"level\":\"WARN\",\"class\":\"CBAS.a.B\",\"thread\":\"main\","
     "\"message\":\"one\\n\\tat two\"}",
     THEN},
};

START_TEST(every_parser_of_the_extra_file_reads_its_lines)
{
    struct sample all[ARRAY_LEN(extra) + ARRAY_LEN(couchbase)];

    memcpy(all, extra, sizeof extra);
    memcpy(all + ARRAY_LEN(extra), couchbase, sizeof couchbase);
    expect_file("conf/parsers_extra.conf", all, ARRAY_LEN(all));
}
END_TEST

Suite *suite_conf_parsers_more(void)
{
    Suite *suite = suite_create("conf/parsers_more");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, NULL, parsers_kit_fini);
    tcase_add_test(tcase, ambassador_reads_its_lines);
    tcase_add_test(tcase, openstack_reads_its_lines);
    tcase_add_test(tcase, ceph_reads_its_lines);
    tcase_add_test(tcase, java_reads_its_lines);
    tcase_add_test(tcase, kafka_reads_its_lines);
    tcase_add_test(tcase, the_lines_of_a_stack_trace_are_told_apart);
    tcase_add_test(tcase, the_multiline_example_is_read);
    tcase_add_test(tcase, every_parser_of_the_extra_file_reads_its_lines);
    suite_add_tcase(suite, tcase);
    return suite;
}
