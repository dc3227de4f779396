"""What conf/cloudwatch-alarms.md and log_to_metrics promise, against moto."""

import json
import os
import time

from cases.aws import ALLOW_ALL, REGION, environment, moto_or_skip
from cases.cloudwatch import client, events, wait_for
from kit import config, emf
from kit.case import Skip, case
from kit.recipe import Recipe
from kit.server import Handler, Server
from services import awscli, fetch

PAGE = "conf/cloudwatch-alarms.md"
GROUP = "/e2e/application"  # as the page has it
LINES = [f"{i} {'ERROR' if i % 7 == 0 else 'error: fine'} \u00e9 \"quoted\"" for i in range(700)]
ERRORS = sum("ERROR" in line for line in LINES)


def tail(lab):
    return config.tail(lab.path("logs", "*.log"), lab.path("positions.db"))


def output(endpoint, **keys):
    return {"name": "cloudwatch_logs", "region": REGION, "log_group_name": GROUP,
            "log_stream_prefix": "node-", "endpoint": endpoint, "retry_limit": "false", **keys}


def write_lines(lab, name="app.log"):
    lab.make_folder("logs")
    with open(lab.path("logs", name), "a") as log:
        log.write("".join(line + "\n" for line in LINES))


def cli_folder():
    try:
        return awscli.folder()
    except fetch.Missing as missing:
        raise Skip(str(missing))


class Slack:
    """A webhook that keeps what it is sent."""

    def __init__(self):
        received = self.received = []

        class Webhook(Handler):
            def do_POST(self):
                received.append((self.headers["Content-Type"], json.loads(self.body())))
                self.answer(200, "ok")

        self.server = Server(Webhook)
        self.url = self.server.url + "/services/T0/B0/x"

    def close(self):
        self.server.close()


def expect_all_made(moto, ident, secret, outputs):
    import boto3

    def of(service):
        return boto3.client(service, endpoint_url=moto.url, region_name=REGION,
                            aws_access_key_id=ident, aws_secret_access_key=secret)

    [found] = of("logs").describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    assert found["filterPattern"] == "ERROR", found
    [made] = found["metricTransformations"]
    assert (made["metricNamespace"], made["metricName"]) == ("Tailrace/Logs", "ErrorLines"), made
    [alarm] = of("cloudwatch").describe_alarms()["MetricAlarms"]
    assert (alarm["Namespace"], alarm["MetricName"]) == ("Tailrace/Logs", "ErrorLines"), alarm
    assert alarm["TreatMissingData"] == "notBreaching" and alarm["Statistic"] == "Sum", alarm
    [topic] = of("sns").list_topics()["Topics"]
    assert alarm["AlarmActions"] == alarm["OKActions"] == [topic["TopicArn"]], alarm
    [subscription] = of("sns").list_subscriptions()["Subscriptions"]
    assert subscription["TopicArn"] == topic["TopicArn"], subscription
    assert subscription["Protocol"] == "lambda", subscription
    # moto takes no signature of what asks for a function, so the permission's own answer has to do.
    [permission] = [text for text in outputs if "lambda:InvokeFunction" in text]
    assert topic["TopicArn"] in permission and subscription["Endpoint"] in permission, permission


def expect_slack_is_told(recipe, slack):
    """The page's function, as Lambda would call it."""
    names = {}
    exec(compile(recipe.python[0], "slack.py", "exec"), names)
    alarm = {"AlarmName": "tailrace-error-lines", "NewStateValue": "ALARM",
             "NewStateReason": "Threshold Crossed: 1 datapoint"}
    os.environ["SLACK_WEBHOOK_URL"] = slack.url
    names["handler"]({"Records": [{"Sns": {"Message": json.dumps(alarm)}}]}, None)
    [(kind, message)] = slack.received
    assert kind == "application/json", kind
    assert message == {"text": "ALARM: tailrace-error-lines: Threshold Crossed: 1 datapoint"}, message


@case()
def the_recipe_for_alarms_makes_what_it_says(lab):
    moto = moto_or_skip(lab)
    commands = cli_folder()
    ident, secret, _ = moto.user_and_role(ALLOW_ALL)
    keys = environment(lab, AWS_ACCESS_KEY_ID=ident, AWS_SECRET_ACCESS_KEY=secret)
    slack = lab.closing(Slack())
    recipe = Recipe(PAGE)
    with open(lab.path("slack.py"), "w") as out:
        out.write(recipe.python[0])
    write_lines(lab)
    agent = lab.start_agent({"service": {"flush": "0.2"}, "inputs": [tail(lab)],
                             "outputs": [output(moto.url, match="*", log_key="log")]}, env=keys)
    outputs = recipe.run(lab.folder, {
        **os.environ, **{name: value for name, value in keys.items() if value},
        "PATH": commands + ":" + os.environ["PATH"], "AWS_ENDPOINT_URL": moto.url,
        "SLACK_WEBHOOK_URL": slack.url, "AWS_PAGER": ""})
    assert outputs[-1].strip().endswith("ALARM"), outputs[-1]
    reader = client(moto, ident, secret)
    wait_for(reader, len(LINES))
    agent.stop()
    messages = [m for stream in events(reader).values() for m in stream]
    assert sorted(messages) == sorted(LINES), f"{len(messages)} events"
    expect_all_made(moto, ident, secret, outputs)
    matching = reader.get_paginator("filter_log_events").paginate(logGroupName=GROUP,
                                                                  filterPattern="ERROR")
    found = [event["message"] for page in matching for event in page["events"]]
    assert len(found) == ERRORS and all("ERROR" in message for message in found), len(found)
    expect_slack_is_told(recipe, slack)


@case()
def what_is_counted_becomes_documents_of_metrics(lab):
    moto = moto_or_skip(lab)
    ident, secret, _ = moto.user_and_role(ALLOW_ALL)
    keys = environment(lab, AWS_ACCESS_KEY_ID=ident, AWS_SECRET_ACCESS_KEY=secret)
    write_lines(lab)
    counting = {"name": "log_to_metrics", "match": "*", "tag": "metrics",
                "metric_name": "error_lines", "metric_description": "Lines with ERROR.",
                "regex": r"log \bERROR\b", "metric_namespace": "Tailrace"}
    agent = lab.start_agent({
        "service": {"flush": "0.2"}, "inputs": [tail(lab)], "filters": [counting],
        "outputs": [output(moto.url, match="metrics", log_format="json/emf",
                           auto_create_group="on")]}, env=keys)
    reader = client(moto, ident, secret)
    wait_for(reader, 1)
    name = "Tailrace_counter_error_lines"
    write_lines(lab)
    until = time.monotonic() + 90
    while agent.metric(name) != 2 * ERRORS and time.monotonic() < until:
        time.sleep(0.1)
    assert agent.metric(name) == 2 * ERRORS, agent.metric(name)
    agent.stop()
    documents = [json.loads(m) for stream in events(reader).values() for m in stream]
    for document in documents:
        emf.check(document)
        [directive] = document["_aws"]["CloudWatchMetrics"]
        assert directive["Namespace"] == "Tailrace" and directive["Dimensions"] == [[]], directive
    assert sum(document[name] for document in documents) == 2 * ERRORS, documents
