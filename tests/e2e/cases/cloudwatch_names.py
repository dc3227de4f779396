"""CloudWatch Logs by both names: what groups and streams are called and made with, who may make them,
and what is taken from them again under way.
"""

import collections
import json
import time

from cases.aws import ALLOW_ALL, REGION, environment, moto_or_skip
from cases.cloudwatch import client
from kit import config, logs
from kit.case import case
from kit.server import Handler, Server

LINES = 2000
WAIT_SECONDS_MAX = 180
TAGS = "team=shop, cost centre = 12,empty"
TAGS_READ = {"team": "shop", "cost centre": "12", "empty": ""}
MAKES = {"auto_create_group": "on", "log_retention_days": "14", "new_log_group_tags": TAGS}


def pipeline(lab, outputs, endpoint):
    return {
        "service": {"scheduler.base": "1", "scheduler.cap": "2", "flush": "0.2"},
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "filters": [config.json_filter()],
        "outputs": [{"match": "*", "region": REGION, "endpoint": endpoint, "retry_limit": "false",
                     **output} for output in outputs],
    }


def all_events(reader, prefix):
    """(group, stream) to the messages in it."""
    found = {}
    for group in reader.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
        name = group["logGroupName"]
        for stream in reader.describe_log_streams(logGroupName=name)["logStreams"]:
            key, token, messages = (name, stream["logStreamName"]), None, []
            while True:
                page = reader.get_log_events(logGroupName=key[0], logStreamName=key[1],
                                             startFromHead=True,
                                             **({"nextToken": token} if token else {}))
                messages += [json.loads(event["message"]) for event in page["events"]]
                if not page["events"] or page["nextForwardToken"] == token:
                    break
                token = page["nextForwardToken"]
            found[key] = messages
    return found


def wait_for(reader, prefix, count):
    until = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        found = all_events(reader, prefix)
        have = sum(map(len, found.values()))
        if have >= count:
            return found
        assert time.monotonic() < until, f"{have} of {count} events in {prefix}"
        time.sleep(0.5)


def expect_made_as_told(reader, prefix, names):
    groups = reader.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    assert {group["logGroupName"] for group in groups} == set(names), groups
    for group in groups:
        assert group.get("retentionInDays") == 14, group
        tags = reader.list_tags_log_group(logGroupName=group["logGroupName"])["tags"]
        assert tags == TAGS_READ, tags


def expect_each_once(found, numbers):
    seen = collections.Counter(m["seq"] for messages in found.values() for m in messages)
    doubled = [number for number, times in seen.items() if times > 1]
    missing = set(numbers) - set(seen)
    assert not doubled and not missing, f"{len(doubled)} doubled, {len(missing)} missing"
    assert len(seen) == len(numbers), f"{len(seen)} of {len(numbers)}"


def write_lines(lab, numbers, name="a.log"):
    log = lab.closing(logs.Log(lab.path("logs", name), logs.CriFormat()))
    log.write(numbers)
    return log


@case()
def groups_and_streams_are_made_as_told_by_both_names_of_cloudwatch(lab):
    moto = moto_or_skip(lab)
    ident, secret, _ = moto.user_and_role(ALLOW_ALL)
    write_lines(lab, range(LINES))
    agent = lab.start_agent(pipeline(lab, [
        {"name": "cloudwatch_logs", "log_group_name": "/core/none", "log_stream_name": "all",
         "log_group_template": "/core/$level", "log_stream_template": "s-$http['status']", **MAKES},
        {"name": "cloudwatch", "log_group_name": "/go/$(level)",
         "log_stream_name": "$(tag[0]):$(http['status'])", **MAKES},
    ], moto.url), env=environment(lab, AWS_ACCESS_KEY_ID=ident, AWS_SECRET_ACCESS_KEY=secret))
    reader = client(moto, ident, secret)
    for prefix, stream in (("/core/", "s-{}"), ("/go/", "kube.{}")):
        found = wait_for(reader, prefix, LINES)
        expect_each_once(found, range(LINES))
        expect_made_as_told(reader, prefix, [prefix + level for level in logs.LEVELS])
        for (group, name), messages in found.items():
            for message in messages:
                assert group == prefix + message["level"], (group, message)
                assert name == stream.format(message["http"]["status"]), (name, message)
    agent.stop()


@case()
def a_group_that_is_deleted_under_way_is_made_again_as_it_was_by_both_names_of_cloudwatch(lab):
    moto = moto_or_skip(lab)
    ident, secret, _ = moto.user_and_role(ALLOW_ALL)
    log = write_lines(lab, range(LINES))
    agent = lab.start_agent(pipeline(lab, [
        {"name": "cloudwatch_logs", "log_group_name": "/core/x", "log_stream_prefix": "p-", **MAKES},
        {"name": "cloudwatch", "log_group_name": "/go/x", "log_stream_name": "s", **MAKES},
    ], moto.url), env=environment(lab, AWS_ACCESS_KEY_ID=ident, AWS_SECRET_ACCESS_KEY=secret))
    reader = client(moto, ident, secret)
    for prefix in ("/core/", "/go/"):
        expect_each_once(wait_for(reader, prefix, LINES), range(LINES))
        reader.delete_log_group(logGroupName=prefix + "x")
    log.write(range(LINES, 2 * LINES))
    for prefix in ("/core/", "/go/"):
        expect_each_once(wait_for(reader, prefix, LINES), range(LINES, 2 * LINES))
        expect_made_as_told(reader, prefix, [prefix + "x"])
    agent.stop()


def policy_without(action):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": action, "Resource": "*"}]})


@case()
def what_is_denied_by_cloudwatch_is_said_once_and_waits_until_it_is_allowed(lab):
    moto = moto_or_skip(lab)
    ident, secret, _ = moto.user_and_role(policy_without("logs:CreateLogStream"))
    write_lines(lab, range(LINES), "a.log")
    write_lines(lab, range(LINES, 2 * LINES), "b.log")
    agent = lab.start_agent(pipeline(lab, [
        {"name": "cloudwatch_logs", "log_group_name": "/x", "log_stream_prefix": "p-", **MAKES},
    ], moto.url), env=environment(lab, AWS_ACCESS_KEY_ID=ident, AWS_SECRET_ACCESS_KEY=secret))
    until = time.monotonic() + WAIT_SECONDS_MAX
    while (agent.metric("fluentbit_output_retries_total") or 0) < 4:
        assert time.monotonic() < until, "nothing was tried again"
        time.sleep(0.2)
    said = lab.agent_log().count("this would allow it")
    assert said == 1, f"said {said} times:\n{lab.agent_log()[-2000:]}"
    assert '"Action":"logs:CreateLogStream"' in lab.agent_log()
    import boto3
    boto3.client("iam", endpoint_url=moto.url, region_name=REGION, aws_access_key_id=ident,
                 aws_secret_access_key=secret).put_user_policy(
                     UserName="node", PolicyName="p", PolicyDocument=ALLOW_ALL)
    reader = client(moto, ident, secret)
    wait_for(reader, "/x", 2 * LINES)
    agent.stop()
    expect_each_once(all_events(reader, "/x"), range(2 * LINES))


class Task(Handler):
    """The agent of ECS: who asks is this task, and may have these keys."""

    def do_GET(self):
        answers = {
            "/v4/me/task": {"Cluster": f"arn:aws:ecs:{REGION}:1:cluster/shop",
                            "TaskARN": f"arn:aws:ecs:{REGION}:1:task/shop/158d1c8083dd49d6"},
            "/keys": {"AccessKeyId": self.server.keys[0], "SecretAccessKey": self.server.keys[1],
                      "Token": "", "Expiration": "2099-01-01T00:00:00Z"},
        }
        self.server.asked[self.path] += 1
        self.answer(200 if self.path in answers else 404, answers.get(self.path, {}))


@case()
def a_task_of_ecs_names_its_streams_and_has_its_keys_in_cloudwatch(lab):
    moto = moto_or_skip(lab)
    ident, secret, _ = moto.user_and_role(ALLOW_ALL)
    server = lab.closing(Server(Task))
    server.keys, server.asked = (ident, secret), collections.Counter()
    write_lines(lab, range(LINES))
    url = server.url
    agent = lab.start_agent(pipeline(lab, [
        {"name": "cloudwatch", "log_group_name": "/ecs/$(ecs_cluster)", "auto_create_group": "true",
         "log_stream_name": "web/$(ecs_task_id)", "credentials_endpoint": url + "/keys"},
    ], moto.url), env=environment(lab, ECS_CONTAINER_METADATA_URI_V4=url + "/v4/me"))
    reader = client(moto, ident, secret)
    wait_for(reader, "/ecs/", LINES)
    agent.stop()
    found = all_events(reader, "/ecs/")
    assert list(found) == [("/ecs/shop", "web/158d1c8083dd49d6")], list(found)
    expect_each_once(found, range(LINES))
    assert server.asked["/v4/me/task"] == 1 and server.asked["/keys"] >= 1, server.asked


@case()
def records_of_numbers_are_metrics_for_cloudwatch_and_lines_are_not(lab):
    moto = moto_or_skip(lab)
    ident, secret, _ = moto.user_and_role(ALLOW_ALL)
    told = pipeline(lab, [{"name": "cloudwatch_logs", "log_group_name": "/m",
                           "log_stream_prefix": "p-", "auto_create_group": "on",
                           "log_format": "json/emf", "metric_namespace": "shop",
                           "metric_dimensions": "host;host,queue"}], moto.url)
    told["inputs"].append({"name": "dummy", "tag": "depth", "samples": "3",
                           "dummy": '{"depth":12,"host":"n1","queue":"orders"}'})
    write_lines(lab, range(100))
    agent = lab.start_agent(told, env=environment(lab, AWS_ACCESS_KEY_ID=ident,
                                                  AWS_SECRET_ACCESS_KEY=secret))
    reader = client(moto, ident, secret)
    wait_for(reader, "/m", 103)
    agent.stop()
    found = all_events(reader, "/m")
    metrics = found.pop(("/m", "p-depth"))
    assert len(metrics) == 3, metrics
    for message in metrics:
        assert message.pop("_aws")["CloudWatchMetrics"] == [
            {"Namespace": "shop", "Dimensions": [["host"], ["host", "queue"]],
             "Metrics": [{"Name": "depth"}]}], metrics
        assert message == {"depth": 12, "host": "n1", "queue": "orders"}, message
    expect_each_once(found, range(100))
    assert not any("_aws" in message for messages in found.values() for message in messages)
