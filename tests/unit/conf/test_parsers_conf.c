#include "unit/conf/parsers_kit.h"

#include <check.h>
#include <string.h>

static const struct sample web[] = {
    {"apache",
     "192.0.2.1 - frank [21/Nov/2026:09:18:54 +0100] \"GET /a b.html HTTP/1.1\" 200 2326 "
     "\"http://example.com/\" \"Mozilla/5.0 (X11)\"",
     "{\"host\":\"192.0.2.1\",\"user\":\"frank\",\"method\":\"GET\",\"path\":\"/a b.html\","
     "\"code\":\"200\",\"size\":\"2326\",\"referer\":\"http://example.com/\","
     "\"agent\":\"Mozilla/5.0 (X11)\"}",
     THEN},
    {"apache", "192.0.2.1 - - [21/Nov/2026:08:18:54 +0000] \"POST /x HTTP/1.0\" 404 -",
     "{\"host\":\"192.0.2.1\",\"user\":\"-\",\"method\":\"POST\",\"path\":\"/x\",\"code\":\"404\","
     "\"size\":\"-\"}",
     THEN},
    {"apache", "192.0.2.1 - - [21/Nov/2026:08:18:54 +0000] \"-\" 408 -",
     "{\"host\":\"192.0.2.1\",\"user\":\"-\",\"method\":\"-\",\"code\":\"408\",\"size\":\"-\"}",
     THEN},
    {"apache2",
     "192.0.2.1 - - [21/Nov/2026:08:18:54 +0000] \"GET /a b HTTP/1.1\" 200 1 \"-\" \"say \"hi\"\"",
     "{\"host\":\"192.0.2.1\",\"user\":\"-\",\"method\":\"GET\",\"path\":\"/a\",\"code\":\"200\","
     "\"size\":\"1\",\"referer\":\"-\",\"agent\":\"say \\\"hi\\\"\"}",
     THEN},
    {"apache_error",
     "[Sat Nov 21 08:18:54.123456 2026] [core:error] [pid 35:tid 4] [client 192.0.2.1:5] File gone",
     "{\"time\":\"Sat Nov 21 08:18:54.123456 2026\",\"level\":\"core:error\",\"pid\":\"35:tid 4\","
     "\"client\":\"192.0.2.1:5\",\"message\":\"File gone\"}",
     0},
    {"apache_error", "[Sat Nov 21 08:18:54 2026] [notice] caught SIGTERM, shutting down",
     "{\"time\":\"Sat Nov 21 08:18:54 2026\",\"level\":\"notice\","
     "\"message\":\"caught SIGTERM, shutting down\"}",
     0},
    {"nginx",
     "192.0.2.1 - - [21/Nov/2026:08:18:54 +0000] \"GET / HTTP/1.1\" 200 615 \"-\" \"curl/7.88\" "
     "\"198.51.100.2\"",
     "{\"remote\":\"192.0.2.1\",\"host\":\"-\",\"user\":\"-\",\"method\":\"GET\",\"path\":\"/\","
     "\"code\":\"200\",\"size\":\"615\",\"referer\":\"-\",\"agent\":\"curl/7.88\"}",
     THEN},
    {"k8s-nginx-ingress",
     "192.0.2.1 - - [21/Nov/2026:08:18:54 +0000] \"GET /api?x=1 HTTP/2.0\" 502 157 \"-\" \"curl\" "
     "35 0.004 [default-web-80] [] 10.0.0.1:80, 10.0.0.2:80 0, 157 0.001, 0.003 502, 502 abc123",
     "{\"host\":\"192.0.2.1\",\"user\":\"-\",\"method\":\"GET\",\"path\":\"/api?x=1\","
     "\"code\":\"502\",\"size\":\"157\",\"referer\":\"-\",\"agent\":\"curl\","
     "\"request_length\":\"35\",\"request_time\":\"0.004\","
     "\"proxy_upstream_name\":\"default-web-80\",\"upstream_addr\":\"10.0.0.1:80, 10.0.0.2:80\","
     "\"upstream_response_length\":\"0, 157\",\"upstream_response_time\":\"0.001, 0.003\","
     "\"upstream_status\":\"502, 502\",\"reg_id\":\"abc123\"}",
     THEN},
    {"json", "{\"time\":\"21/Nov/2026:08:18:54 +0000\",\"a\":1}", "{\"a\":1}", THEN},
    {"logfmt", "level=info msg=\"a b\"", "{\"level\":\"info\",\"msg\":\"a b\"}", 0},
};

static const struct sample containers[] = {
    {"docker",
     "{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-21T08:18:54.123456789Z\"}",
     "{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-21T08:18:54.123456789Z\"}", THEN},
    {"docker-daemon",
     "time=\"2026-11-21T08:18:54.123456789Z\" level=info msg=\"Loading \\\"x\\\": done.\"",
     "{\"time\":\"2026-11-21T08:18:54.123456789Z\",\"level\":\"info\","
     "\"msg\":\"Loading \\\\\\\"x\\\\\\\": done.\"}",
     THEN},
    {"cri", "2026-11-21T09:18:54.123456789+01:00 stderr F  text ",
     "{\"time\":\"2026-11-21T09:18:54.123456789+01:00\",\"stream\":\"stderr\",\"logtag\":\"F\","
     "\"message\":\" text \"}",
     THEN},
    {"kube-custom",
     "web-0.a_shop_nginx-"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.log",
     "{\"tag\":\"web-0\",\"pod_name\":\"a\",\"namespace_name\":\"shop\","
     "\"container_name\":\"nginx\",\"docker_id\":"
     "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}",
     0},
    {"kube-custom",
     "web-0_shop_side-car-"
     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.log",
     "{\"pod_name\":\"web-0\",\"namespace_name\":\"shop\",\"container_name\":\"side-car\","
     "\"docker_id\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}",
     0},
};

static const struct sample syslog[] = {
    {"syslog-rfc5424", "<34>1 2026-11-21T08:18:54.003Z host.a app 4321 ID47 [x@1 a=\"b\"] text",
     "{\"pri\":\"34\",\"time\":\"2026-11-21T08:18:54.003Z\",\"host\":\"host.a\",\"ident\":\"app\","
     "\"pid\":\"4321\",\"msgid\":\"ID47\",\"extradata\":\"[x@1 "
     "a=\\\"b\\\"]\",\"message\":\"text\"}",
     THEN},
    {"syslog-rfc5424", "<34>1 2026-11-21T08:18:54Z h a - - - text",
     "{\"pri\":\"34\",\"time\":\"2026-11-21T08:18:54Z\",\"host\":\"h\",\"ident\":\"a\","
     "\"pid\":\"-\",\"msgid\":\"-\",\"extradata\":\"-\",\"message\":\"text\"}",
     THEN},
    {"syslog-rfc3164-local", "<13>Nov 21 08:18:54 app[77]: some text",
     "{\"pri\":\"13\",\"time\":\"Nov 21 08:18:54\",\"ident\":\"app\",\"pid\":\"77\","
     "\"message\":\"some text\"}",
     -1},
    {"syslog-rfc3164", "<13>Nov  1 08:18:54 host app: some text",
     "{\"pri\":\"13\",\"time\":\"Nov  1 08:18:54\",\"host\":\"host\",\"ident\":\"app\","
     "\"message\":\"some text\"}",
     -1},
    {"kmsg-netfilter-log",
     "<4>1 2026-11-21T08:18:54.5+00:00 fw kernel - - - [12.5] DROP: IN=eth0 OUT= MAC=aa:bb "
     "SRC=192.0.2.1 DST=198.51.100.2 LEN=40 TOS=0x00 PREC=0x20 TTL=243 ID=1 DF PROTO=TCP SPT=4 "
     "DPT=22 WINDOW=1024 SYN",
     "{\"pri\":\"4\",\"host\":\"fw\",\"logprefix\":\"DROP:\",\"in\":\"eth0\",\"mac\":\"aa:bb\","
     "\"saddr\":\"192.0.2.1\",\"daddr\":\"198.51.100.2\",\"len\":\"40\",\"tos\":\"0x00\","
     "\"prec\":\"0x20\",\"ttl\":\"243\",\"id\":\"1\",\"flags\":\" DF\",\"proto\":\"TCP\","
     "\"sport\":\"4\",\"dport\":\"22\",\"rest\":\"WINDOW=1024 SYN\"}",
     THEN},
};

static const struct sample services[] = {
    {"mongodb", "2026-11-21T08:18:54.123+0000 I COMMAND  [conn12] command db.a 153ms",
     "{\"time\":\"2026-11-21T08:18:54.123+0000\",\"severity\":\"I\",\"component\":\"COMMAND\","
     "\"context\":\"conn12\",\"message\":\"command db.a\",\"ms\":\"153\"}",
     THEN},
    {"mongodb", "2026-11-21T08:18:54.123+0000 D1 -        [main] no time here",
     "{\"time\":\"2026-11-21T08:18:54.123+0000\",\"severity\":\"D1\",\"component\":\"-\","
     "\"context\":\"main\",\"message\":\"no time here\"}",
     THEN},
    {"envoy",
     "[2026-11-21T08:18:54.123Z] \"POST /api HTTP/1.1\" 200 - 154 0 226 100 \"10.0.35.28\" "
     "\"nsq2http\" \"cc21d9b0\" \"locations\" \"tcp://10.0.2.1:80\"",
     "{\"start_time\":\"2026-11-21T08:18:54.123Z\",\"method\":\"POST\",\"path\":\"/api\","
     "\"protocol\":\"HTTP/1.1\",\"code\":\"200\",\"response_flags\":\"-\","
     "\"bytes_received\":\"154\",\"bytes_sent\":\"0\",\"duration\":\"226\","
     "\"x_envoy_upstream_service_time\":\"100\",\"x_forwarded_for\":\"10.0.35.28\","
     "\"user_agent\":\"nsq2http\",\"request_id\":\"cc21d9b0\",\"authority\":\"locations\","
     "\"upstream_host\":\"tcp://10.0.2.1:80\"}",
     THEN},
    {"istio-envoy-proxy",
     "[2026-11-21T08:18:54.123Z] \"GET /status/418 HTTP/1.1\" 418 - via_upstream - \"-\" 0 135 3 1 "
     "\"-\" \"curl/7.73\" \"84961386\" \"httpbin:8000\" \"127.0.0.1:80\" inbound|8000|| "
     "127.0.0.1:41854 10.44.1.27:80 10.44.1.23:37652 outbound_.8000_._.httpbin default",
     "{\"start_time\":\"2026-11-21T08:18:54.123Z\",\"method\":\"GET\",\"path\":\"/status/418\","
     "\"protocol\":\"HTTP/1.1\",\"response_code\":\"418\",\"response_flags\":\"-\","
     "\"response_code_details\":\"via_upstream\",\"connection_termination_details\":\"-\","
     "\"upstream_transport_failure_reason\":\"-\",\"bytes_received\":\"0\",\"bytes_sent\":\"135\","
     "\"duration\":\"3\",\"x_envoy_upstream_service_time\":\"1\",\"x_forwarded_for\":\"-\","
     "\"user_agent\":\"curl/7.73\",\"x_request_id\":\"84961386\",\"authority\":\"httpbin:8000\","
     "\"upstream_host\":\"127.0.0.1:80\",\"upstream_cluster\":\"inbound|8000||\","
     "\"upstream_local_address\":\"127.0.0.1:41854\",\"downstream_local_address\":"
     "\"10.44.1.27:80\",\"downstream_remote_address\":\"10.44.1.23:37652\","
     "\"requested_server_name\":\"outbound_.8000_._.httpbin\",\"route_name\":\"default\"}",
     THEN},
};

static void load_all(void)
{
    struct sample
        all[ARRAY_LEN(web) + ARRAY_LEN(containers) + ARRAY_LEN(syslog) + ARRAY_LEN(services)];
    struct sample *to = all;

    to = mempcpy(to, web, sizeof web);
    to = mempcpy(to, containers, sizeof containers);
    to = mempcpy(to, syslog, sizeof syslog);
    memcpy(to, services, sizeof services);
    expect_file("conf/parsers.conf", all, ARRAY_LEN(all));
}

START_TEST(every_parser_of_the_main_file_reads_its_lines)
{
    load_all();
}
END_TEST

START_TEST(lines_of_other_kinds_are_refused)
{
    static const char *const names[] = {"apache",
                                        "apache2",
                                        "apache_error",
                                        "nginx",
                                        "k8s-nginx-ingress",
                                        "docker-daemon",
                                        "cri",
                                        "kube-custom",
                                        "syslog-rfc5424",
                                        "syslog-rfc3164",
                                        "kmsg-netfilter-log",
                                        "mongodb",
                                        "envoy",
                                        "istio-envoy-proxy",
                                        "json",
                                        "docker"};

    load_all();
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        expect_refusal(names[i], "just a line of text");
        expect_refusal(names[i], "");
    }
    expect_refusal("syslog-rfc5424", "<34>1 2026-11-21T08:18:54Z h a name - - text");
}
END_TEST

Suite *suite_conf_parsers(void)
{
    Suite *suite = suite_create("conf/parsers");
    TCase *tcase = tcase_create("all");

    tcase_add_checked_fixture(tcase, NULL, parsers_kit_fini);
    tcase_add_test(tcase, every_parser_of_the_main_file_reads_its_lines);
    tcase_add_test(tcase, lines_of_other_kinds_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
