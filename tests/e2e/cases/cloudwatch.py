"""CloudWatch Logs: against moto, which checks signatures, groups, streams and the order of events."""

import json
import time

from cases.aws import ALLOW_ALL, REGION, environment, moto_or_skip
from kit import config, logs
from kit.case import case

GROUP = "/e2e/application"
READ_SECONDS_MAX = 180


def pipeline(lab, endpoint, **keys):
    return {
        "service": {"scheduler.base": "1", "scheduler.cap": "2", "flush": "0.2"},
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "filters": [],
        "outputs": [{"name": "cloudwatch_logs", "match": "*", "region": REGION,
                     "log_group_name": GROUP, "log_stream_prefix": "node-", "log_key": "log",
                     "endpoint": endpoint, "auto_create_group": "on", "log_retention_days": "7",
                     "retry_limit": "false", **keys}],
    }


def client(moto, ident, secret):
    import boto3
    return boto3.client("logs", endpoint_url=moto.url, region_name=REGION,
                        aws_access_key_id=ident, aws_secret_access_key=secret)


def events(reader):
    """All events of the group's streams, a list of messages each."""
    found = {}
    try:
        streams = reader.describe_log_streams(logGroupName=GROUP)["logStreams"]
    except reader.exceptions.ResourceNotFoundException:
        return found
    for stream in streams:
        name, token, messages = stream["logStreamName"], None, []
        while True:
            page = reader.get_log_events(logGroupName=GROUP, logStreamName=name, startFromHead=True,
                                         **({"nextToken": token} if token else {}))
            messages += [event["message"] for event in page["events"]]
            if not page["events"] or page["nextForwardToken"] == token:
                break
            token = page["nextForwardToken"]
        found[name] = messages
    return found


def wait_for(reader, count):
    until = time.monotonic() + READ_SECONDS_MAX
    while time.monotonic() < until:
        found = events(reader)
        if sum(map(len, found.values())) >= count:
            return found
        time.sleep(0.5)
    raise AssertionError(f"{sum(map(len, events(reader).values()))} of {count} events")


def expect_each_once(found, log):
    seen = sorted(json.loads(message)["seq"] for messages in found.values() for message in messages)
    assert seen == sorted(log.written), f"{len(seen)} events of {len(log.written)} lines"


@case()
def every_line_is_in_cloudwatch_logs_once_also_after_a_restart(lab):
    moto = moto_or_skip(lab)
    ident, secret, _ = moto.user_and_role(ALLOW_ALL)
    keys = environment(lab, AWS_ACCESS_KEY_ID=ident, AWS_SECRET_ACCESS_KEY=secret)
    reader = client(moto, ident, secret)
    ours = [lab.closing(logs.Log(lab.path("logs", name), logs.CriFormat()))
            for name in ("a.log", "b.log")]
    ours[0].write(range(0, 2000))
    ours[1].write(range(5000, 6000))
    agent = lab.start_agent(pipeline(lab, moto.url), env=keys)
    wait_for(reader, 3000)
    agent.stop()
    ours[0].write(range(2000, 2500))
    agent = lab.start_agent(pipeline(lab, moto.url), env=keys)
    wait_for(reader, 3500)
    agent.stop()
    found = events(reader)
    assert len(found) == 2 and all(name.startswith("node-kube.") for name in found), list(found)
    seen = sorted(json.loads(message)["seq"] for messages in found.values() for message in messages)
    assert seen == [*range(0, 2500), *range(5000, 6000)], f"{len(seen)} events"
    group = reader.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"][0]
    assert group.get("retentionInDays") == 7, group


@case()
def keys_that_are_wrong_lose_nothing(lab):
    moto = moto_or_skip(lab)
    ident, secret, _ = moto.user_and_role(ALLOW_ALL)
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    log.write(range(300))
    agent = lab.start_agent(pipeline(lab, moto.url), env=environment(
        lab, AWS_ACCESS_KEY_ID=ident, AWS_SECRET_ACCESS_KEY="x" * len(secret)))
    lab.wait_for_words("Signature")  # moto's word
    agent.stop()
    agent = lab.start_agent(pipeline(lab, moto.url), env=environment(
        lab, AWS_ACCESS_KEY_ID=ident, AWS_SECRET_ACCESS_KEY=secret))
    reader = client(moto, ident, secret)
    wait_for(reader, 300)
    agent.stop()
    expect_each_once(events(reader), log)
