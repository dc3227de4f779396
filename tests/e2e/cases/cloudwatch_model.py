"""Every call to CloudWatch Logs against the service's own model, as botocore has it: names, kinds, lengths,
patterns, and nothing that the model does not know.
"""

import gzip
import json
import re
import time

from cases.aws import REGION, botocore_or_skip, environment
from kit.case import case
from kit.server import Handler, Server

RECORD = {"log": "line", "level": "warn é",
          "aws_entity_account_id": "123456789012", "aws_entity_ec2_instance_id": "i-0123456789abcdef0",
          "kubernetes": {"namespace_name": "shop", "host": "ip-10-0-0-1", "pod_name": "cart-0",
                         "aws_entity_environment": "prod", "aws_entity_cluster": "c1",
                         "aws_entity_platform": "eks", "aws_entity_name_source": "Instrumentation",
                         "aws_entity_service_name": "cart", "aws_entity_workload": "cart"}}
CALLS = ["PutLogEvents", "CreateLogStream", "CreateLogGroup", "PutRetentionPolicy",
         "CreateLogStream", "PutLogEvents"]
CALLS_SECONDS_MAX = 90


class Service(Handler):
    """A group that is not there until it was made; keeps what was asked."""

    def do_POST(self):
        body = self.body()
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        name = self.headers["X-Amz-Target"].partition(".")[2]
        self.server.asked.append((name, json.loads(body)))
        if name == "PutLogEvents" and self.server.lost > 0:
            self.server.lost -= 1
            self.close_connection = True
            return
        is_there = {"CreateLogGroup": True, "PutRetentionPolicy": True}.get(name, False)
        made = [call for call, _ in self.server.asked]
        is_there = is_there or self.server.has_all or "CreateLogGroup" in made
        self.answer(200 if is_there else 400,
                    {} if is_there else {"__type": "ResourceNotFoundException", "message": "none"},
                    {"x-amzn-RequestId": "1"})


def service_start(lab, lost=0, has_all=False):
    server = lab.closing(Server(Service))
    server.asked, server.lost, server.has_all = [], lost, has_all
    return server


def events_of(calls):
    return sum(len(body["logEvents"]) for name, body in calls if name == "PutLogEvents")


def bounds_hold(where, shape, length):
    least, most = shape.metadata.get("min", 0), shape.metadata.get("max", length)
    assert least <= length <= most, f"{where}: {length} is not from {least} to {most}"


def expect_fits(where, shape, value):
    """The value is what the shape of the model takes, all the way down."""
    kind = shape.type_name
    if kind == "structure":
        unknown = set(value) - set(shape.members)
        assert not unknown, f"{where}: the model knows no {unknown}"
        missing = set(shape.required_members) - set(value)
        assert not missing, f"{where}: {missing} is missing"
        for key, member in value.items():
            expect_fits(f"{where}.{key}", shape.members[key], member)
    elif kind == "map":
        bounds_hold(where, shape, len(value))
        for key, member in value.items():
            expect_fits(f"{where} key", shape.key, key)
            expect_fits(f"{where}[{key}]", shape.value, member)
    elif kind == "list":
        bounds_hold(where, shape, len(value))
        for at, member in enumerate(value):
            expect_fits(f"{where}[{at}]", shape.member, member)
    elif kind == "string":
        assert isinstance(value, str), f"{where}: {value!r} is no text"
        bounds_hold(where, shape, len(value))
        pattern = shape.metadata.get("pattern", ".*").replace(r"\p{L}\p{Z}\p{N}", r"\w\s")
        assert re.fullmatch(pattern, value, re.DOTALL), f"{where}: {value!r} is not {pattern}"
        assert value in (getattr(shape, "enum", None) or [value]), f"{where}: {value}"
    else:
        assert kind in ("integer", "long") and isinstance(value, int), f"{where}: {kind} {value!r}"
        bounds_hold(where, shape, value)


def model():
    botocore_or_skip()
    import botocore.session
    return botocore.session.get_session().get_service_model("logs")


@case()
def every_call_to_cloudwatch_is_one_that_the_services_own_model_takes(lab):
    service = model()
    server = service_start(lab)
    told = {
        "inputs": [{"name": "dummy", "tag": "k.a*b:c", "samples": "3", "rate": "100",
                    "dummy": json.dumps(RECORD)}],
        "outputs": [{"name": "cloudwatch_logs", "match": "*", "region": REGION,
                     "endpoint": f"http://127.0.0.1:{server.server_port}",
                     "log_group_name": "/shop", "log_group_template": "/shop/$level",
                     "log_stream_prefix": "n:*-", "auto_create_group": "on",
                     "log_retention_days": "30", "log_group_class": "STANDARD", "add_entity": "on",
                     "new_log_group_tags": "team=shop, cost centre=12",
                     "log_group_kms_key": f"arn:aws:kms:{REGION}:123456789012:key/1-2"}],
    }
    agent = lab.start_agent(told, env=environment(lab, AWS_ACCESS_KEY_ID="AKIA",
                                                  AWS_SECRET_ACCESS_KEY="secret"))
    until = time.monotonic() + CALLS_SECONDS_MAX
    while events_of(server.asked[len(CALLS) - 1:]) < 3 and time.monotonic() < until:
        time.sleep(0.1)
    agent.stop()
    assert [name for name, _ in server.asked[:len(CALLS)]] == CALLS, server.asked
    for name, body in server.asked:
        expect_fits(name, service.operation_model(name).input_shape, body)
    put = server.asked[len(CALLS) - 1][1]
    assert put["logGroupName"] == "/shop/warn___" and put["logStreamName"] == "n__-k.a_b_c", put
    assert put["entity"]["keyAttributes"] == {"Type": "Service", "Name": "cart",
                                              "Environment": "prod",
                                              "AwsAccountId": "123456789012"}, put["entity"]
    assert put["entity"]["attributes"]["PlatformType"] == "AWS::EKS", put["entity"]
    assert "aws_entity" not in put["logEvents"][0]["message"], put["logEvents"][0]
    assert events_of(server.asked[len(CALLS) - 1:]) == 3, server.asked


@case()
def events_that_cloudwatch_may_have_twice_are_counted_for_prometheus(lab):
    server = service_start(lab, lost=1, has_all=True)
    told = {
        "service": {"scheduler.base": "1", "scheduler.cap": "1"},
        "inputs": [{"name": "dummy", "tag": "a", "samples": "5", "rate": "1000"}],
        "outputs": [{"name": "cloudwatch_logs", "match": "*", "region": REGION,
                     "endpoint": f"http://127.0.0.1:{server.server_port}",
                     "log_group_name": "g", "log_stream_name": "s"}],
    }
    agent = lab.start_agent(told, env=environment(lab, AWS_ACCESS_KEY_ID="AKIA",
                                                  AWS_SECRET_ACCESS_KEY="secret"))
    until = time.monotonic() + CALLS_SECONDS_MAX
    while (agent.metric("fluentbit_output_proc_records_total") or 0) < 5:
        assert time.monotonic() < until, server.asked
        time.sleep(0.1)
    lost = len(server.asked[0][1]["logEvents"])
    assert agent.metric("tailrace_output_unanswered_records_total") == lost > 0
    agent.stop()
    taken = events_of(server.asked)
    assert taken == 5 + lost, f"{taken} events, {lost} of them in the call whose answer was lost"
