"""conf/examples for CloudWatch, as they are, on a machine and on a node of a cluster."""

import json
import os
import time

from cases.sidecars import DROP_ALL, order
from kit.agent import ROOT
from kit.case import Skip, case
from node import apart, cloud, node
from node.account import ALLOW_ALL, Account, Policy
from services import aws, fetch

LINES = 500
READ_SECONDS_MAX = 180
FACILITIES = (("10", "sshd"), ("3", "crond"))


class Machine:
    """An instance with a role that may do all, and one example."""

    def __init__(self, lab, name):
        authority = cloud.Authority(lab.path("authority"))
        self.name = name
        self.account = Account(Policy(ALLOW_ALL))
        self.service = cloud.Logs(authority, self.account.moto.port)
        cloud.Metadata(self.account.document())
        self.cluster = cloud.Cluster(authority, node.NAME, node.TOKEN)
        with open(os.path.join(ROOT, "conf", "examples", name)) as file:
            self.node = node.Node(lab.folder, "/etc/tailrace/examples", {name: file.read()}, authority)

    def start(self, **environment):
        self.node.start(("-c", "/etc/tailrace/examples/" + self.name),
                        {"PATH": "/usr/bin:/bin", **environment}, DROP_ALL)

    def expect(self, wanted):
        """{(group, stream): messages, sorted}, and nothing else."""
        until = time.monotonic() + READ_SECONDS_MAX
        found = {}
        while time.monotonic() < until and found != wanted:
            time.sleep(0.5)
            found = {name: sorted(message for _, message in events)
                     for name, events in self.account.events().items()}
        assert set(found) == set(wanted), f"{sorted(found)} instead of {sorted(wanted)}"
        for name, messages in wanted.items():
            assert found[name] == messages, f"{name}: {len(found[name])} of {len(messages)} events"
        self.node.stop()


def with_moto(run):
    try:
        aws.home()
    except fetch.Missing as missing:
        raise Skip(str(missing))
    apart.run_apart(run)


@case()
def the_example_for_a_machine_delivers_its_application_and_its_logins(lab):
    def run():
        machine = Machine(lab, "cloudwatch.conf")
        lines = [order(number) for number in range(LINES)]
        machine.node.append("/var/log/shop/a.log", "\n".join(lines) + "\n")
        machine.node.write_journal("old.journal", [(time.time_ns(), {"MESSAGE": "of before", "SYSLOG_FACILITY": "10"})])
        machine.start(HOSTNAME="web-1")
        machine.node.wait_until_ready()
        time.sleep(3)
        machine.node.write_journal("new.journal", [
            (time.time_ns(), {"MESSAGE": f"{program} {number}", "SYSLOG_FACILITY": facility})
            for number in range(LINES) for facility, program in FACILITIES])
        machine.expect({
            ("/ec2/shop", "web-1-shop"): sorted(lines),
            ("/ec2/logins", "web-1"): sorted(f"sshd {number}" for number in range(LINES))})
        assert machine.account.groups()["/ec2/shop"]["retentionInDays"] == 30
        made = {call.group: call.asked for call in machine.service.calls if call.action == "CreateLogGroup"}
        assert made["/ec2/logins"]["logGroupClass"] == "INFREQUENT_ACCESS", made

    with_moto(run)


@case()
def the_example_for_a_node_has_a_group_for_each_namespace_and_a_stream_for_each_container(lab):
    def run():
        machine = Machine(lab, "cloudwatch.yaml")
        wanted = set()
        for namespace, name in (("shop", "web-0"), ("shop", "web-1"), ("bank", "web-0")):
            pod = node.new_pod(namespace, name, "main")
            machine.cluster.add(*pod)
            machine.node.write_container(
                pod, [(time.time_ns(), "stdout", order(number)) for number in range(LINES)])
            wanted.add((f"/eks/shop/{namespace}", f"{name}.main"))
        machine.start(NODE_NAME=node.NAME)
        until = time.monotonic() + READ_SECONDS_MAX
        found = {}
        while time.monotonic() < until and sum(map(len, found.values())) < 3 * LINES:
            time.sleep(0.5)
            found = machine.account.events()
        machine.node.stop()
        assert set(found) == wanted, sorted(found)
        for name, events in found.items():
            records = [json.loads(message) for _, message in events]
            assert sorted(record["order"] for record in records) == list(range(LINES)), name
            assert all(record["kubernetes"]["namespace_name"] == name[0].rpartition("/")[2] and
                       "labels" not in record["kubernetes"] and "log" not in record for record in records)

    with_moto(run)
