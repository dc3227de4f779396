"""Beside one application, as packaging/ has it for Fargate and ECS: the files and command lines that are
shipped, as the user and with the rights that are said there, and no more than the policy allows.
"""

import json
import os
import time

from kit.agent import ROOT
from kit.case import Skip, case
from node import apart, cloud, node, published
from node.account import Account, Policy
from services import aws, fetch

DROP_ALL = ("/usr/bin/setpriv", "--bounding-set=-all", "--no-new-privs")
SOMEBODY = (*DROP_ALL, "--reuid=65532", "--regid=65532", "--clear-groups")
LINES = 1000
WEB_TOKEN = "e30.e30.x"
CONTAINER = "0123456789ab" + "c" * 52
READ_SECONDS_MAX = 180


class Task:
    """An application that writes /logs/shop.log, and the agent beside it."""

    def __init__(self, lab, group, policy, place="/etc/none", files=None):
        authority = cloud.Authority(lab.path("authority"))
        self.group = group
        self.account = Account(policy)
        self.account.logs.create_log_group(logGroupName=group)
        self.service = cloud.Logs(authority, self.account.moto.port)
        cloud.Sts(authority, self.account.role, WEB_TOKEN, self.account.document())
        self.node = node.Node(lab.folder, place, files or {}, authority)
        os.chmod(lab.folder, 0o755)
        os.chmod(self.node.path("var/lib/tailrace"), 0o777)
        self.count = 0

    def write(self, path, text_of):
        for number in range(self.count, self.count + LINES):
            self.node.append(path, text_of(number) + "\n")
        self.count += LINES

    def expect_each_once(self, stream, number_of):
        until = time.monotonic() + READ_SECONDS_MAX
        found = []
        while time.monotonic() < until and len(found) < self.count:
            time.sleep(0.5)
            found = self.account.events().get((self.group, stream), [])
        numbers = sorted(number_of(message) for _, message in found)
        assert numbers == list(range(self.count)), f"{len(numbers)} of {self.count} in {stream}"
        assert len(self.account.events()) == 1, list(self.account.events())


def policy_with(path):
    try:
        aws.home()
    except fetch.Missing as missing:
        raise Skip(str(missing))
    return Policy.shipped(path)


def order(number):
    return json.dumps({"order": number, "msg": "order placed"})


@case()
def the_sidecar_for_fargate_needs_no_more_than_its_own_role_and_two_actions(lab):
    policy = policy_with("kubernetes/aws/iam/deliver.json")
    group = "/aws/containerinsights/shop/application"
    with open(os.path.join(ROOT, "packaging/kubernetes/aws/fargate.yaml")) as file:
        files = published.config_map_of(file.read(), "tailrace-fargate")

    def run():
        task = Task(lab, group, policy, "/etc/tailrace/fargate", files)
        # As EKS sets it for an account with a role.
        task.node.append("/token", WEB_TOKEN)
        environment = {
            "AWS_ROLE_ARN": task.account.role, "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
            "AWS_STS_REGIONAL_ENDPOINTS": "regional", "AWS_REGION": cloud.REGION,
            "AWS_DEFAULT_REGION": cloud.REGION, "POD_NAME": "shop-0", "POD_NAMESPACE": "shop",
            "LOGS_REGION": cloud.REGION, "LOG_GROUP": group, "PATH": "/usr/bin:/bin"}
        task.write("/logs/shop.log", order)
        task.node.start(("--workdir=/etc/tailrace", "--config=/etc/tailrace/fargate/tailrace.conf"),
                        environment, SOMEBODY)
        time.sleep(2)
        task.write("/logs/shop.log", order)
        task.expect_each_once("shop-0", lambda message: json.loads(message)["order"])
        task.node.stop()
        one = json.loads(task.account.events()[group, "shop-0"][0][1])
        assert one == {"order": 0, "msg": "order placed", "pod_name": "shop-0", "namespace_name": "shop"}, one
        policy.expect_exactly(task.service.calls)

    apart.run_apart(run)


def task_definition(name):
    with open(os.path.join(ROOT, "packaging/ecs", name + ".json")) as file:
        return json.load(file)


def command_of(definition):
    return next(one["command"] for one in definition["containerDefinitions"] if one["name"] == "tailrace")


def run_task(lab, name, group, path, text_of, stream):
    policy, definition = policy_with("ecs/policy.json"), task_definition(name)

    def run():
        task = Task(lab, group, policy)
        # botocore knows every member of a task definition, and refuses those that there are not.
        task.account.client("ecs").register_task_definition(**definition)
        cloud.EcsAgent(task.account.document(), CONTAINER)
        task.write(path, text_of)
        task.node.start(command_of(definition), {
            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": cloud.EcsAgent.KEYS,
            "ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2" + cloud.EcsAgent.TASK,
            "HOSTNAME": "ip-10-0-1-7", "PATH": "/usr/bin:/bin"}, DROP_ALL)
        time.sleep(2)
        task.write(path, text_of)
        task.expect_each_once(stream, lambda message: json.loads(message)["order"])
        task.node.stop()
        policy.expect_exactly(task.service.calls)

    apart.run_apart(run)


@case()
def the_task_definition_with_a_sidecar_delivers_what_the_application_writes(lab):
    run_task(lab, "sidecar", "/ecs/shop", "/logs/shop.log", order,
             "tailrace/shop/" + cloud.EcsAgent.TASK_ID)


def docker_line(number):
    return json.dumps({"log": order(number) + "\n", "stream": "stdout", "time": node.stamp(time.time_ns())})


def docker_path(ident):
    return f"/var/lib/docker/containers/{ident}/{ident}-json.log"


@case()
def the_task_definition_for_instances_delivers_what_docker_writes(lab):
    run_task(lab, "instance", "/ecs/containers", docker_path(CONTAINER), docker_line,
             "shop.web." + cloud.EcsAgent.TASK_ID)


@case()
def with_the_task_definition_for_instances_what_is_no_tasks_has_a_stream_too(lab):
    run_task(lab, "instance", "/ecs/containers", docker_path("f" * 64), docker_line,
             "ip-10-0-1-7-ecs.ffffffffffff")
