"""What records get of the instance and of the ECS task that they come from, by the whole agent."""

import json
import os
import time
import urllib.parse

from cases.aws import (botocore_or_skip, environment, expect_each_once, signed_pipeline,
                       start_without_waiting, write_for)
from kit import awskeys, config, logs, netns, scripted
from kit.case import Skip, case
from kit.server import Handler, Server

META = "meta-data/"
FACTS = {META + "placement/availability-zone": "eu-west-1a", META + "instance-id": "i-0e66",
         META + "tags/instance": "Name\nteam", META + "tags/instance/Name": "web 3",
         META + "tags/instance/team": "shop"}
INSTANCE = {"az": "eu-west-1a", "ec2_instance_id": "i-0e66", "Name": "web 3"}
EARLY_SECONDS_MAX = 20  # four times what a line waits; what is asked for does not come until later
FILTER = {"name": "aws", "match": "*", "tags_enabled": "on", "tags_include": "Name"}


def to_a_file(lab, filters, **tail_keys):
    lab.make_folder("out")
    return {
        "service": {"flush": "0.2"},
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"), **tail_keys)],
        "filters": filters,
        "outputs": [{"name": "file", "match": "*", "path": lab.path("out"), "file": "all",
                     "format": "plain"}],
    }


def records(lab):
    """Of whole lines: who reads beside a write of more than a page sees half of it."""
    try:
        with open(lab.path("out", "all")) as out:
            return [json.loads(line) for line in out if line.endswith("\n")]
    except OSError:
        return []


def wait_for_records(lab, count, seconds_max=90):
    until = time.monotonic() + seconds_max
    while len(records(lab)) < count and time.monotonic() < until:
        time.sleep(0.1)
    found = records(lab)
    assert len(found) == count, f"{len(found)} records of {count}"
    return found


def write_lines(lab, name, numbers):
    os.makedirs(os.path.dirname(lab.path("logs", name)), exist_ok=True)
    with open(lab.path("logs", name), "a") as log:
        log.write("".join(f"line {number}\n" for number in numbers))


def has_all(record, members):
    return all(record.get(key) == value for key, value in members.items())


def instance(lab, **rules):
    agents = lab.closing(awskeys.Agents(awskeys.Vault(None, 3600), **rules))
    agents.facts = FACTS
    return agents


def on_instance(lab, agents):
    return environment(lab, AWS_EC2_METADATA_DISABLED="false",
                       AWS_EC2_METADATA_SERVICE_ENDPOINT=agents.url)


@case()
def every_record_has_the_instances_metadata_which_is_asked_for_once(lab):
    agents = instance(lab)
    write_lines(lab, "a.log", range(100))
    pipeline = to_a_file(lab, [FILTER, dict(FILTER, match="nobody.*")])
    agent = lab.start_agent(pipeline, env=on_instance(lab, agents))
    write_lines(lab, "b.log", range(100, 200))
    found = wait_for_records(lab, 200)
    status = json.loads(agent.get("/api/tailrace/status").text)
    agent.stop()
    assert all(has_all(record, INSTANCE) and "team" not in record for record in found), found[0]
    assert len(agents.asked) == 5, [path for _, path in agents.asked]
    assert "i-0e66" in json.dumps(status), "the status page does not know the instance"


@case()
def metadata_that_comes_late_holds_up_nothing_and_is_in_what_comes_later(lab):
    agents = instance(lab, is_mute=True)
    write_lines(lab, "a.log", range(100))
    agent = start_without_waiting(lab, "hop limit", to_a_file(lab, [FILTER]),
                                  env=on_instance(lab, agents))
    early = wait_for_records(lab, 100, EARLY_SECONDS_MAX)
    assert not any("az" in record for record in early), early[0]
    assert agent.metric("tailrace_filter_unlabelled_records_total") == 100
    lab.wait_for_words("hop limit")
    agents.is_mute = False
    lab.wait_for_words("the instance's metadata is known")
    write_lines(lab, "a.log", range(100, 200))
    found = wait_for_records(lab, 200)
    agent.stop()
    assert all(has_all(record, INSTANCE) for record in found[100:]), found[100]
    assert [record["log"] for record in found] == [f"line {number}" for number in range(200)]
    assert lab.agent_log().count("hop limit") == 1, "it is said again and again"


# ---- at its own address, with a hop between ----


def networks_or_skip(lab):
    try:
        return netns.cloud_node_and_pod(lab)
    except (netns.Missing, OSError) as missing:
        raise Skip(str(missing))


def cloud_services(lab, cloud):
    vault = awskeys.Vault(botocore_or_skip(), 3600)
    agents = lab.closing(cloud.call(lambda: awskeys.Agents(vault, address=(netns.METADATA, 80))))
    server = lab.closing(cloud.call(lambda: scripted.Scripted(address=(netns.CLOUD, 0))))
    agents.facts = FACTS
    agents.hop_limit = 1
    server.guard = vault.guard
    return vault, agents, server


def in_the_cloud(lab, server):
    pipeline = signed_pipeline(lab, server)
    pipeline["outputs"][0]["host"] = netns.CLOUD
    pipeline["filters"].append(FILTER)
    return pipeline


@case()
def on_a_node_a_hop_limit_of_one_is_enough(lab):
    cloud, node, _ = networks_or_skip(lab)
    vault, agents, server = cloud_services(lab, cloud)
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    agent = lab.start_agent(in_the_cloud(lab, server), network=node,
                            env=environment(lab, AWS_EC2_METADATA_DISABLED="false"))
    write_for(log, 2)
    expect_each_once(server, log)
    assert "i-0e66" in agent.get("/api/tailrace/status").text
    agent.stop()
    assert not vault.refused and "hop limit" not in lab.agent_log()


@case()
def in_a_pod_a_hop_limit_of_one_is_named_and_with_two_all_arrives(lab):
    cloud, _, pod = networks_or_skip(lab)
    vault, agents, server = cloud_services(lab, cloud)
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    agent = start_without_waiting(lab, "hop limit", in_the_cloud(lab, server), network=pod,
                                  env=environment(lab, AWS_EC2_METADATA_DISABLED="false"))
    write_for(log, 2)
    lab.wait_for_words("hop limit")
    assert not server.stored, "something was sent without keys"
    agents.hop_limit = 2
    expect_each_once(server, log)
    lab.wait_for_words("the instance's metadata is known")
    agent.stop()
    assert not vault.refused, vault.refused[:3]


# ---- ECS ----


class EcsAgent:
    """The introspection port of an ECS agent that knows one task, once it has begun to."""

    def __init__(self, ident):
        self.ident = ident
        self.knows = True
        self.is_away = False
        self.asked = []
        owner = self

        class Introspection(Handler):
            def do_GET(self):
                owner.asked.append(self.path)
                self.answer(*owner.answer(urllib.parse.urlparse(self.path)))

        self.server = Server(Introspection)

    def answer(self, url):
        if self.is_away:
            return 503, {}
        if url.path == "/v1/metadata":
            return 200, {"Cluster": "shop", "Version": "Amazon ECS Agent - v1.30.0 (02ff320c)",
                         "ContainerInstanceArn": "arn:aws:ecs:r:1:container-instance/shop/i9"}
        wanted = urllib.parse.parse_qs(url.query).get("dockerid", [""])[0]
        if url.path != "/v1/tasks" or not wanted or not self.ident.startswith(wanted) or not self.knows:
            return 404, {}
        return 200, {"Arn": "arn:aws:ecs:r:1:task/shop/t7", "DesiredStatus": "RUNNING",
                     "KnownStatus": "RUNNING", "Family": "web", "Version": "12",
                     "Containers": [{"DockerId": self.ident, "DockerName": "ecs-web-12-nginx",
                                     "Name": "nginx"}]}

    def close(self):
        self.server.close()


def ecs_pipeline(lab, ecs):
    return to_a_file(lab, [{
        "name": "ecs", "match": "*", "ecs_tag_prefix": "ecs.", "ecs_meta_port": ecs.server.server_port,
        "add": "task $TaskDefinitionFamily:$TaskDefinitionVersion.$ECSContainerName on $ClusterName"}],
        tag="ecs.<id>", tag_regex="(?<id>[a-z0-9]+)\\.log$")


@case()
def a_containers_first_lines_have_its_task_also_when_the_agent_learns_of_it_late(lab):
    ecs = lab.closing(EcsAgent("79c796ed2a7f" + "0" * 52))
    agent = lab.start_agent(ecs_pipeline(lab, ecs), env=environment(lab))
    ecs.knows = False
    write_lines(lab, ecs.ident + ".log", range(50))
    until = time.monotonic() + 60
    while not any("tasks" in path for path in ecs.asked):
        assert time.monotonic() < until, "the task was not asked for"
        time.sleep(0.02)
    ecs.knows = True
    write_lines(lab, "f" * 64 + ".log", range(50, 60))  # no task's
    found = wait_for_records(lab, 60)
    agent.stop()
    tasks = [record["task"] for record in found]
    assert tasks.count("web:12.nginx on shop") == 50, tasks
    assert tasks.count(":. on shop") == 10, tasks
    assert len(ecs.asked) <= 6, ecs.asked


@case()
def an_ecs_agent_that_is_away_holds_up_nothing(lab):
    ecs = lab.closing(EcsAgent("79c796ed2a7f" + "0" * 52))
    ecs.is_away = True
    write_lines(lab, ecs.ident + ".log", range(50))
    agent = lab.start_agent(ecs_pipeline(lab, ecs), env=environment(lab))
    early = wait_for_records(lab, 50, EARLY_SECONDS_MAX)
    assert not any("task" in record for record in early), early[0]
    ecs.is_away = False
    lab.wait_for_words("of ECS cluster shop")
    write_lines(lab, ecs.ident + ".log", range(50, 60))
    found = wait_for_records(lab, 60)
    until = time.monotonic() + 60
    while "task" not in found[-1]:
        assert time.monotonic() < until, f"the task is not known: {found[-1]}"
        count = len(found)
        write_lines(lab, ecs.ident + ".log", range(count, count + 10))
        found = wait_for_records(lab, count + 10)
    agent.stop()
    assert found[-1]["task"] == "web:12.nginx on shop", found[-1]
    assert lab.agent_log().count("status 503") == 1, "it is said again and again"
