"""An AWS account in moto: a role with a policy of packaging/, the keys of that role, the events read back."""

import fnmatch
import json
import os
import time

from kit.agent import ROOT
from node import cloud
from services.aws import Moto

PACKAGING = os.path.join(ROOT, "packaging")
ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "*", "Resource": "*"}]})


class Policy:
    """What a role may do."""

    def __init__(self, text):
        self.statements = json.loads(text)["Statement"]

    @classmethod
    def shipped(cls, path):
        with open(os.path.join(PACKAGING, path)) as file:
            return cls(file.read())

    @property
    def actions(self):
        return {action for one in self.statements for action in listed(one["Action"])}

    def for_moto(self):
        """moto knows actions and no log groups: every resource is * there."""
        return json.dumps({"Version": "2012-10-17", "Statement": [
            {**one, "Resource": "*"} for one in self.statements]})

    def allows(self, action, resource):
        return any(one["Effect"] == "Allow" and action in listed(one["Action"]) and
                   any(fnmatch.fnmatchcase(resource, pattern) for pattern in listed(one["Resource"]))
                   for one in self.statements)

    def expect_exactly(self, calls):
        """It allows every call on the very group, and no action that was not called."""
        asked = {("logs:" + call.action, resource_of(call)) for call in calls}
        denied = [pair for pair in asked if not self.allows(*pair)]
        assert not denied, f"the policy does not allow {denied[:3]}"
        idle = self.actions - {action for action, _ in asked}
        assert not idle, f"the policy allows what was never called: {idle}"


def listed(one):
    return one if isinstance(one, list) else [one]


def resource_of(call):
    """As IAM names it: a stream for PutLogEvents, the group for all else."""
    group = f"arn:aws:logs:{cloud.REGION}:123456789012:log-group:{call.group}"
    return f"{group}:log-stream:{call.stream}" if call.action == "PutLogEvents" else group


class Account:
    def __init__(self, policy):
        self.moto = Moto()
        self.ident, self.secret, role = self.moto.user_and_role(ALLOW_ALL)
        self.client("iam").put_role_policy(RoleName="logs", PolicyName="p",
                                           PolicyDocument=policy.for_moto())
        self.role = role
        self.keys = self.client("sts").assume_role(RoleArn=role, RoleSessionName="node")["Credentials"]
        self.logs = self.client("logs")

    def client(self, service):
        import boto3
        return boto3.client(service, endpoint_url=self.moto.url, region_name=cloud.REGION,
                            aws_access_key_id=self.ident, aws_secret_access_key=self.secret)

    def document(self):
        """The role's keys, as instance metadata and a container's agent tell them."""
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 6 * 3600))
        return {"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": self.keys["AccessKeyId"],
                "SecretAccessKey": self.keys["SecretAccessKey"], "Token": self.keys["SessionToken"],
                "Expiration": end, "LastUpdated": "2026-01-01T00:00:00Z"}

    def groups(self):
        return {group["logGroupName"]: group for group in self.logs.describe_log_groups()["logGroups"]}

    def events(self):
        """{(group, stream): [(ms, message)]}, all that there is."""
        found = {}
        for group in self.groups():
            for page in self.logs.get_paginator("describe_log_streams").paginate(logGroupName=group):
                for stream in page["logStreams"]:
                    found[group, stream["logStreamName"]] = self.events_of(group, stream["logStreamName"])
        return found

    def events_of(self, group, stream):
        found, token = [], None
        while True:
            page = self.logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True,
                                            **({"nextToken": token} if token else {}))
            found += [(event["timestamp"], event["message"]) for event in page["events"]]
            if not page["events"] or page["nextForwardToken"] == token:
                return found
            token = page["nextForwardToken"]
