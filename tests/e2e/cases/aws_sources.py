"""Keys for AWS from each place that has some, which come, end and go while lines are shipped.

The back-end looks at every signature as AWS does, and refuses keys whose time is over. Nothing may be
lost or come twice, and where keys are renewed ahead of their end nothing may be refused either.
"""

import json
import os
import sys

from cases.aws import (ALLOW_ALL, LIFE_S, REGION, botocore_or_skip, environment, expect_each_once,
                       expect_no_secrets, guarded_server, moto_or_skip, signed_pipeline,
                       write_for, write_until_used)
from kit import awskeys, config, logs, scripted
from kit.case import case

ROLE = "arn:aws:iam::123456789012:role/pod"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]})
PRINT_KEYS = """import sys, urllib.request
sys.stdout.write(urllib.request.urlopen(sys.argv[1]).read().decode())
"""


def vault_and_agents(lab, life_s, **rules):
    vault = awskeys.Vault(botocore_or_skip(), life_s=life_s)
    return vault, lab.closing(awskeys.Agents(vault, **rules))


def aws_file(lab, name, text):
    os.makedirs(lab.path(".aws"), exist_ok=True)
    config.save(lab.path(".aws"), name, text)


def static_profile(lab, vault):
    keys = vault.document(vault.make())
    aws_file(lab, "credentials", "[default]\n"
             f"aws_access_key_id = {keys['AccessKeyId']}\n"
             f"aws_secret_access_key = {keys['SecretAccessKey']}\n"
             f"aws_session_token = {keys['Token']}\n")


@case()
def a_profile_that_is_rewritten_is_read_again_when_its_keys_are_refused(lab):
    vault, _ = vault_and_agents(lab, 3600)
    server, log = guarded_server(lab, vault)
    static_profile(lab, vault)
    agent = lab.start_agent(signed_pipeline(lab, server, aws_region=REGION), env=environment(lab))
    write_until_used(log, vault, 1)
    vault.revoke_all()
    write_for(log, 2)  # nothing gets through
    static_profile(lab, vault)
    write_until_used(log, vault, 2)
    expect_each_once(server, log)
    expect_no_secrets(lab, agent, vault.secrets())
    agent.stop()
    assert len(vault.used) == 2, f"{len(vault.used)} sets of keys were used"


@case()
def a_credential_process_is_run_again_before_its_keys_end(lab):
    vault, agents = vault_and_agents(lab, LIFE_S)
    server, log = guarded_server(lab, vault)
    script = config.save(lab.folder, "print-keys.py", PRINT_KEYS)
    aws_file(lab, "config", "[profile node]\n"
             f"credential_process = \"{sys.executable}\" \"{script}\" {agents.url}/process\n")
    agent = lab.start_agent(signed_pipeline(lab, server, aws_region=REGION, aws_profile="node"),
                            env=environment(lab))
    write_until_used(log, vault, 3)
    expect_each_once(server, log)
    expect_no_secrets(lab, agent, vault.secrets())
    agent.stop()
    assert not vault.refused, vault.refused[:3]


@case()
def a_web_identity_whose_token_is_rotated_and_vanishes_goes_on(lab):
    vault, agents = vault_and_agents(lab, LIFE_S)
    server, log = guarded_server(lab, vault)
    agents.web_token = "e30.e30.one"
    token = config.save(lab.folder, "jwt", agents.web_token)
    agent = lab.start_agent(
        signed_pipeline(lab, server), env=environment(
            lab, AWS_REGION=REGION, AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=token,
            AWS_ENDPOINT_URL_STS=agents.url))
    write_until_used(log, vault, 1)
    agents.web_token = "e30.e30.two"
    config.save(lab.folder, "jwt", agents.web_token)
    write_until_used(log, vault, 3)
    assert not vault.refused, vault.refused[:3]
    os.unlink(token)
    write_for(log, LIFE_S + 2)  # longer than keys live
    lab.wait_for_words(token)
    config.save(lab.folder, "jwt", agents.web_token)
    write_until_used(log, vault, 4)
    expect_each_once(server, log)
    expect_no_secrets(lab, agent, vault.secrets() + ["e30.e30.one", "e30.e30.two"])
    agent.stop()
    assert all("expired" in why for why in vault.refused), vault.refused[:3]


@case()
def a_containers_token_that_vanishes_is_told_of_and_its_keys_are_used_to_their_end(lab):
    vault, agents = vault_and_agents(lab, 8, container_token="one")
    server, log = guarded_server(lab, vault)
    token = config.save(lab.folder, "token", "one\n")
    agent = lab.start_agent(
        signed_pipeline(lab, server, aws_region=REGION),
        env=environment(lab, AWS_CONTAINER_CREDENTIALS_FULL_URI=agents.url + "/container",
                        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token))
    write_until_used(log, vault, 1)
    os.unlink(token)
    write_for(log, 12)  # longer than keys live
    lab.wait_for_words(token)
    agents.container_token = "two"
    config.save(lab.folder, "token", "two")
    write_until_used(log, vault, 2)
    expect_each_once(server, log)
    agent.stop()
    assert lab.agent_log().count(f"{token}: ") <= 2, "it is said again and again"
    assert all("expired" in why for why in vault.refused), vault.refused[:3]


@case()
def a_role_is_assumed_by_a_role_at_an_sts_that_checks_signatures(lab):
    moto = moto_or_skip(lab)
    ident, secret, first = moto.user_and_role(ALLOW_ALL)
    import boto3
    iam = boto3.client("iam", endpoint_url=moto.url, region_name=REGION,
                       aws_access_key_id=ident, aws_secret_access_key=secret)
    iam.put_role_policy(RoleName="logs", PolicyName="p", PolicyDocument=ALLOW_ALL)
    second = iam.create_role(RoleName="far", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    aws_file(lab, "credentials", f"[base]\naws_access_key_id={ident}\n"
             f"aws_secret_access_key={secret}\n")
    aws_file(lab, "config", "[profile near]\nsource_profile = base\n"
             f"role_arn = {first}\nexternal_id = x\n"
             f"[profile far]\nsource_profile = near\nrole_arn = {second}\n")
    server = lab.closing(scripted.Scripted())
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    log.write(range(200))
    agent = lab.start_agent(signed_pipeline(lab, server, aws_region=REGION, aws_profile="far"),
                            env=environment(lab, AWS_ENDPOINT_URL=moto.url))
    expect_each_once(server, log)
    status = json.loads(agent.get("/api/tailrace/status").text)
    agent.stop()
    told = server.logins.pop()
    assert f"/{REGION}/es/aws4_request" in told and ident not in told, told
    assert status["outputs"][0]["region"] == REGION, status["outputs"][0]
    assert "base" in status["outputs"][0]["credentials"], status["outputs"][0]


@case()
def three_outputs_with_one_login_ask_the_instance_once(lab):
    vault, agents = vault_and_agents(lab, 3600)
    server, log = guarded_server(lab, vault)
    pipeline = signed_pipeline(lab, server)
    pipeline["outputs"] = [dict(pipeline["outputs"][0], match=match)
                           for match in ("*", "none.*", "nobody.*")]
    agent = lab.start_agent(pipeline, env=environment(
        lab, AWS_EC2_METADATA_DISABLED="false",
        AWS_EC2_METADATA_SERVICE_ENDPOINT=agents.url))
    log.write(range(500))
    expect_each_once(server, log)
    agent.stop()
    assert len(agents.asked) == 4, [path for _, path in agents.asked]
    assert len(vault.used) == 1, f"{len(vault.used)} sets of keys were used"
