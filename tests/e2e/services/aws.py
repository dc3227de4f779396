"""AWS without AWS: botocore, which signs by itself, and moto, which checks signatures and has an STS.

Both come from PyPI once and stay in the cache. What cannot be had raises Missing.
"""

import glob
import os
import socket
import subprocess
import sys
import time

from services import fetch
from services.engine import die_with_parent, free_port

PACKAGES = ["botocore==1.43.67", "boto3", "moto[server]==5.2.5"]
READY_SECONDS_MAX = 120
FREE_CALLS = 4  # of IAM, before moto asks for signatures


def home():
    """The folder of a Python that has the packages."""
    return fetch.python_home("aws-python", PACKAGES)


def botocore():
    """Makes botocore importable here; it is the same Python."""
    for path in glob.glob(os.path.join(home(), "lib", "python*", "site-packages")):
        if path not in sys.path:
            sys.path.append(path)
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
    return botocore


class Moto:
    """moto in its checking mode: after some calls of IAM, only what is signed and allowed is done."""

    def __init__(self):
        self.port = free_port()
        command = [os.path.join(home(), "bin", "moto_server"), "-H", "127.0.0.1",
                   "-p", str(self.port)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, preexec_fn=die_with_parent,
            env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": str(FREE_CALLS)})
        self.wait()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def wait(self):
        until = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < until:
            assert self.process.poll() is None, f"moto ended with {self.process.returncode}"
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError(f"moto is not ready after {READY_SECONDS_MAX} s")

    def client(self, service):
        botocore()
        import boto3
        return boto3.client(service, endpoint_url=self.url, region_name="eu-west-1",
                            aws_access_key_id="first", aws_secret_access_key="first")

    def user_and_role(self, policy):
        """Keys of a user who may do what the policy says, and the ARN of a role."""
        iam = self.client("iam")
        iam.create_user(UserName="node")
        iam.put_user_policy(UserName="node", PolicyName="p", PolicyDocument=policy)
        role = iam.create_role(RoleName="logs", AssumeRolePolicyDocument=policy)["Role"]
        keys = iam.create_access_key(UserName="node")["AccessKey"]
        return keys["AccessKeyId"], keys["SecretAccessKey"], role["Arn"]

    def close(self):
        self.process.terminate()
        self.process.wait()
