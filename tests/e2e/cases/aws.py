"""Requests signed for AWS: against another signer, against moto, and while keys come and go."""

import contextlib
import json
import os
import random
import re
import resource
import signal
import subprocess
import time
import urllib.parse

from kit import awskeys, config, logs, scripted
from kit.agent import ROOT
from kit.case import Skip, case
from services import aws, fetch

SIGNER = os.environ.get("TAILRACE_SIGNER", os.path.join(ROOT, "build", "release", "signer"))
REQUEST_COUNT = 5000
SEED = int(os.environ.get("SEED", "1"))  # of the requests
REGION = "eu-west-1"
NO_AWS = {name: "" for name in (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")}
ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def botocore_or_skip():
    try:
        return aws.botocore()
    except fetch.Missing as missing:
        raise Skip(str(missing))


# ---- against botocore ----

ODD = "abcXYZ019-_.~ /:?#[]@!$&'()*+,;=%\"<>\\^`{|}\u00e9\u65e5\U0001f600"


def odd_text(dice, most):
    return "".join(dice.choice(ODD) for _ in range(dice.randrange(most)))


def percent_somehow(dice, text, safe):
    """As somebody might write it: all encoded, or some left as it is, in either case."""
    written = urllib.parse.quote(text, safe=dice.choice([safe, "", "-_.~"]))
    return re.sub("%..", lambda byte: byte[0].lower(), written) if dice.random() < 0.2 else written


def random_request(dice):
    path = "/" + "/".join(dice.choice(["", ".", "..", "a", percent_somehow(dice, odd_text(dice, 8), ",*")])
                          for _ in range(dice.randrange(6)))
    pairs = [(odd_text(dice, 6), odd_text(dice, 8)) for _ in range(dice.randrange(6))]
    pairs += [dice.choice(pairs)] if pairs and dice.random() < 0.3 else []
    pieces = []
    for key, value in pairs:
        is_bare = value == "" and dice.random() < 0.5 and key
        pieces.append(percent_somehow(dice, key, ",*") +
                      ("" if is_bare else "=" + percent_somehow(dice, value, ",*")))
    headers = []
    for _ in range(dice.randrange(6)):
        name = dice.choice(["X-Amz-Target", "Content-Type", "x-a", "X-A", "X-A-B", "Zz", "content-encoding"])
        headers.append((name, " ".join(odd_ascii(dice) for _ in range(dice.randrange(4)))))
    return {"method": dice.choice(["GET", "POST", "PUT"]), "path": path, "query": "&".join(pieces),
            "pairs": pairs, "headers": headers,
            "body": dice.randbytes(dice.choice([0, 1, 100, 70000]) if dice.random() < 0.3 else 10),
            "keys": ("AKIA" + awskeys.random_text(16, dice), awskeys.random_text(40, dice),
                     awskeys.random_text(300, dice) if dice.random() < 0.5 else ""),
            "region": dice.choice(["us-east-1", "cn-north-1"]),
            "service": dice.choice(["es", "logs", "aoss", "sts"]),
            "second": dice.randrange(0, 4 * 10**9)}


def odd_ascii(dice):
    return dice.choice(["", "a", "  b", "c\"d\"", "x=1; y", "text/plain"])


def line_of(request):
    head = "".join(f"{name}: {value.strip()}\0" if value.strip() else f"{name};\0"
                   for name, value in request["headers"])
    target = request["path"] + ("?" + request["query"] if request["query"] else "")
    fields = [request["method"], target, head, request["body"], *request["keys"],
              request["region"], request["service"], str(request["second"])]
    return " ".join((field if isinstance(field, bytes) else field.encode()).hex()
                    for field in fields)


def their_signature(botocore, request, wire, params):
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(request["second"]))
    headers = request["headers"] + [("X-Amz-Date", stamp)]
    if request["keys"][2]:
        headers.append(("X-Amz-Security-Token", request["keys"][2]))
    url = "https://example.amazonaws.com" + (wire if params is None else wire.partition("?")[0])
    return awskeys.sign(botocore, {
        "method": request["method"], "url": url, "headers": headers, "body": request["body"],
        "keys": request["keys"], "region": request["region"], "service": request["service"],
        "stamp": stamp, **({"params": params} if params is not None else {})})


@case()
def thousands_of_random_requests_are_signed_as_botocore_signs_them(lab):
    botocore = botocore_or_skip()
    dice = random.Random(SEED)
    requests = [random_request(dice) for _ in range(REQUEST_COUNT)]
    done = subprocess.run([SIGNER], input="\n".join(map(line_of, requests)) + "\n",
                          capture_output=True, text=True, check=True)
    answers = done.stdout.splitlines()
    assert len(answers) == REQUEST_COUNT, f"{len(answers)} answers, seed {SEED}"
    for request, answer in zip(requests, answers):
        wire, _, ours = answer.partition(" ")
        theirs = their_signature(botocore, request, wire, None)
        assert ours == theirs, f"seed {SEED}: {request}\nwire {wire}\nours   {ours}\ntheirs {theirs}"
        # What the query means, encoded by them; they take no doubled keys that way.
        meant = dict(request["pairs"])
        if len(meant) == len(request["pairs"]) and meant:
            again = their_signature(botocore, request, wire, meant)
            assert ours == again, f"seed {SEED}, by its meaning: {request}\nwire {wire}"


def theirs_of(rules, region, fips, dual):
    from botocore import endpoint_provider
    told = {"Region": region, "UseFIPS": fips, "UseDualStack": dual}
    if "UseGlobalEndpoint" in {name for name, _ in rules.ruleset.parameters.items()}:
        told["UseGlobalEndpoint"] = False
    return rules.resolve_endpoint(**told).url.partition("://")[2]


@case()
def every_region_of_every_partition_has_the_host_that_the_services_rules_name(_):
    botocore_or_skip()
    import botocore.session
    from botocore.endpoint_provider import EndpointProvider
    loader = botocore.session.get_session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    regions = [region for partition in partitions["partitions"] for region in partition["regions"]
               if not region.endswith("-global")]
    assert len(regions) > 40 and "cn-north-1" in regions and "us-gov-west-1" in regions, regions
    asked, theirs = [], []
    for service in ("logs", "sts"):
        rules = EndpointProvider(loader.load_service_model(service, "endpoint-rule-set-1"), partitions)
        for region in regions:
            for fips, dual in ((False, False), (False, True), (True, False), (True, True)):
                asked.append(f"{service} {region} {int(fips)} {int(dual)}")
                theirs.append(theirs_of(rules, region, fips, dual))
    done = subprocess.run([SIGNER, "hosts"], input="\n".join(asked) + "\n", capture_output=True,
                          text=True, check=True)
    wrong = [three for three in zip(asked, theirs, done.stdout.split()) if three[1] != three[2]]
    assert len(done.stdout.split()) == len(asked) and not wrong, wrong[:5]


# ---- the agent, while keys come and go ----


def signed_pipeline(lab, server, **output_keys):
    return {
        "service": {"scheduler.base": "1", "scheduler.cap": "2", "flush": "0.2"},
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("logs", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "filters": [config.json_filter()],
        "outputs": [config.bulk_output("127.0.0.1", server.port, "e2e", name="opensearch",
                                       aws_auth="On", compress="gzip", **output_keys)],
    }


def environment(lab, **more):
    return {**NO_AWS, "HOME": lab.folder, "AWS_EC2_METADATA_DISABLED": "true", **more}


def write_for(log, seconds, per_second=400):
    until = time.monotonic() + seconds
    write_while(log, lambda: time.monotonic() < until, per_second)


def write_while(log, is_true, per_second=400):
    number = max(log.written, default=-1) + 1
    while is_true():
        log.write(range(number, number + per_second // 10))
        number += per_second // 10
        time.sleep(0.1)


def write_until_used(log, vault, count):
    """Until so many sets of keys have been used; that many must be."""
    until = time.monotonic() + USED_SECONDS_MAX
    write_while(log, lambda: len(vault.used) < count and time.monotonic() < until)
    assert len(vault.used) >= count, f"{len(vault.used)} sets of keys were used, not {count}"


def expect_each_once(server, log):
    server.wait_for(log.written)
    server.expect_all(log.written)
    doubled = server.doubled()
    assert not doubled and not server.resent, f"{len(doubled)} twice, {len(server.resent)} resent"


def start_without_waiting(lab, words, pipeline, **options):
    """What it asks for never comes, and it is ready before it gives that up: that is said with these
    words after two seconds at least. A busy machine may take longer for either."""
    begun = time.monotonic()
    agent = lab.start_agent(pipeline, **options)
    took = time.monotonic() - begun
    assert took < START_S or words not in lab.agent_log(), f"ready after {took:.1f} s"
    return agent


# Keys that live so long are renewed a quarter of that before their end.
LIFE_S = 12
USED_SECONDS_MAX = 120
START_S = 2


def guarded_server(lab, vault):
    server = lab.closing(scripted.Scripted())
    server.guard = vault.guard
    return server, lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))


def expect_no_secrets(lab, agent, secrets):
    """Neither the log nor any page of the agent has one of them."""
    told = lab.agent_log() + "".join(
        agent.get(path).text for path in ("/api/tailrace/status", "/api/v2/metrics/prometheus", "/ui",
                                          "/api/v1/metrics", "/"))
    found = [text for text in secrets if text in told]
    assert not found, f"{len(found)} secrets are told"


@case()
def keys_of_an_instance_are_renewed_before_they_end_and_no_request_is_refused(lab):
    vault = awskeys.Vault(botocore_or_skip(), life_s=LIFE_S)
    agents = lab.closing(awskeys.Agents(vault))
    server, log = guarded_server(lab, vault)
    agent = lab.start_agent(
        signed_pipeline(lab, server),
        env=environment(lab, AWS_EC2_METADATA_DISABLED="false",
                        AWS_EC2_METADATA_SERVICE_ENDPOINT=agents.url))
    write_until_used(log, vault, 3)
    expect_each_once(server, log)
    expect_no_secrets(lab, agent, vault.secrets())
    agent.stop()
    assert not vault.refused, vault.refused[:3]


@case()
def keys_of_a_container_that_are_revoked_are_renewed_and_every_line_arrives_once(lab):
    vault = awskeys.Vault(botocore_or_skip(), life_s=3600)
    agents = lab.closing(awskeys.Agents(vault, container_token="one"))
    server, log = guarded_server(lab, vault)
    token = config.save(lab.folder, "token", "one\n")
    agent = lab.start_agent(
        signed_pipeline(lab, server, aws_region=REGION),
        env=environment(lab, AWS_CONTAINER_CREDENTIALS_FULL_URI=agents.url + "/container",
                        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=token))
    write_until_used(log, vault, 1)
    write_for(log, 3)
    agents.container_token = "two"  # the file is as new as the token
    config.save(lab.folder, "token", "two")
    vault.revoke_all()
    write_until_used(log, vault, 2)
    write_for(log, 3)
    vault.revoke_all()
    write_until_used(log, vault, 3)
    expect_each_once(server, log)
    expect_no_secrets(lab, agent, vault.secrets())
    agent.stop()
    assert vault.refused and all("expired" in why for why in vault.refused), vault.refused[:3]


@case()
def an_agent_starts_at_once_where_instance_metadata_says_nothing(lab):
    vault = awskeys.Vault(botocore_or_skip(), life_s=3600)
    agents = lab.closing(awskeys.Agents(vault, is_mute=True))
    server, log = guarded_server(lab, vault)
    log.write(range(100))
    agent = start_without_waiting(
        lab, "hop limit", signed_pipeline(lab, server),
        env=environment(lab, AWS_EC2_METADATA_DISABLED="false",
                        AWS_EC2_METADATA_SERVICE_ENDPOINT=agents.url))
    lab.wait_for_words("hop limit")
    agents.is_mute = False
    expect_each_once(server, log)
    agent.stop()


@case()
def a_core_dump_of_the_agent_has_no_keys(lab):
    vault = awskeys.Vault(botocore_or_skip(), life_s=3600)
    agents = lab.closing(awskeys.Agents(vault, container_token="t"))
    server, log = guarded_server(lab, vault)
    agent = lab.start_agent(
        signed_pipeline(lab, server, aws_region=REGION),
        env=environment(lab, AWS_CONTAINER_CREDENTIALS_FULL_URI=agents.url + "/container",
                        AWS_CONTAINER_AUTHORIZATION_TOKEN="t"))
    log.write(range(1000))
    expect_each_once(server, log)
    ident = vault.used[0]
    secret, token, _ = vault.sets[ident]
    until = time.monotonic() + 60
    while agent.metric("tailrace_output_in_flight_records") != 0:
        assert time.monotonic() < until, "a request stays under way, whose head has the token"
        time.sleep(0.05)
    with standing_still(agent.process.pid) as pid:
        assert dumpable_places(pid, secret) == [], "the secret key would be in a core dump"
        assert dumpable_places(pid, token) == [], "the token would be in a core dump"
        assert dumpable_places(pid, ident) != [], "nothing of its memory was seen"
    agent.stop()


@case()
def an_agent_that_a_bug_stops_leaves_no_core(lab):
    allowed = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (allowed[1], allowed[1]))
    try:
        if allowed[1] == 0:
            raise Skip("no core may be written here at all")
        for wish, count in (("on", 1), ("", 0)):
            agent = lab.start_agent(
                {"service": {}, "inputs": [{"name": "dummy"}],
                 "outputs": [{"name": "null", "match": "*"}]},
                env=environment(lab, TAILRACE_CORE=wish))
            assert cores_of(agent) == count, f"not {count} cores with TAILRACE_CORE={wish}"
            with open(lab.path("agent.console")) as console:
                assert "stopped by SIGSEGV" in console.read()
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, allowed)


def cores_of(agent):
    """How many are in its folder when it has been stopped by one; none stays there."""
    with open("/proc/sys/kernel/core_pattern") as pattern:
        if pattern.read().strip() not in ("core", "core.%p"):
            raise Skip("this machine has cores go elsewhere")
    folder = os.readlink(f"/proc/{agent.process.pid}/cwd")
    before = set(os.listdir(folder))
    os.kill(agent.process.pid, signal.SIGSEGV)
    assert agent.process.wait(60) == -signal.SIGSEGV
    cores = [name for name in set(os.listdir(folder)) - before if name.startswith("core")]
    for name in cores:
        os.unlink(os.path.join(folder, name))
    return len(cores)


@contextlib.contextmanager
def standing_still(pid):
    """The process, stopped meanwhile: its memory stays where its maps say that it is."""
    os.kill(pid, signal.SIGSTOP)
    try:
        until = time.monotonic() + 60
        while not all(is_stopped(f"/proc/{pid}/task/{task}/stat")
                      for task in os.listdir(f"/proc/{pid}/task")):
            assert time.monotonic() < until, "the agent does not stand still"
            time.sleep(0.01)
        yield pid
    finally:
        os.kill(pid, signal.SIGCONT)


def is_stopped(path):
    with open(path) as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "T"


def dumpable_places(pid, text):
    """Where the text is in memory that a core dump takes."""
    places, region = [], None
    with open(f"/proc/{pid}/smaps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            fields = line.split()
            if "-" in fields[0] and not fields[0].endswith(":"):
                start, end = (int(number, 16) for number in fields[0].split("-"))
                region = (start, end, fields)
            elif fields[0] == "VmFlags:" and "dd" not in fields and "w" in region[2][1]:
                memory.seek(region[0])
                if text.encode() in memory.read(region[1] - region[0]):
                    places.append(" ".join(region[2]))
    return places


# ---- against moto ----


def moto_or_skip(lab):
    try:
        return lab.closing(aws.Moto())
    except fetch.Missing as missing:
        raise Skip(str(missing))


def profile(lab, ident, secret):
    os.makedirs(lab.path(".aws"), exist_ok=True)
    config.save(lab.path(".aws"), "credentials",
                f"[node]\naws_access_key_id = {ident}\naws_secret_access_key = {secret}\n")


@case()
def a_role_is_assumed_at_an_sts_that_checks_signatures(lab):
    moto = moto_or_skip(lab)
    ident, secret, role = moto.user_and_role(ALLOW_ALL)
    profile(lab, ident, secret)
    server = lab.closing(scripted.Scripted())
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    log.write(range(200))
    agent = lab.start_agent(
        signed_pipeline(lab, server, aws_region=REGION, aws_profile="node", aws_role_arn=role,
                        aws_external_id="x", aws_sts_endpoint=moto.url), env=environment(lab))
    expect_each_once(server, log)
    agent.stop()
    told = server.logins.pop()
    assert f"/{REGION}/es/aws4_request" in told and ident not in told, told


@case()
def an_sts_that_refuses_a_signature_is_told_of_and_nothing_is_lost(lab):
    moto = moto_or_skip(lab)
    ident, secret, role = moto.user_and_role(ALLOW_ALL)
    profile(lab, ident, "x" * len(secret))
    server = lab.closing(scripted.Scripted())
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    log.write(range(200))
    agent = lab.start_agent(
        signed_pipeline(lab, server, aws_region=REGION, aws_profile="node", aws_role_arn=role,
                        aws_sts_endpoint=moto.url), env=environment(lab))
    lab.wait_for_words("SignatureDoesNotMatch")  # moto's word
    assert not server.stored, "something was sent without keys"
    profile(lab, ident, secret)
    expect_each_once(server, log)
    agent.stop()


@case()
def a_web_identity_gets_its_keys_from_moto(lab):
    moto = moto_or_skip(lab)
    token = config.save(lab.folder, "jwt", "e30.e30.x")
    server = lab.closing(scripted.Scripted())
    log = lab.closing(logs.Log(lab.path("logs", "a.log"), logs.CriFormat()))
    log.write(range(200))
    agent = lab.start_agent(
        signed_pipeline(lab, server), env=environment(
            lab, AWS_REGION=REGION, AWS_ROLE_ARN="arn:aws:iam::123456789012:role/pod",
            AWS_WEB_IDENTITY_TOKEN_FILE=token, AWS_ENDPOINT_URL_STS=moto.url))
    expect_each_once(server, log)
    agent.stop()
