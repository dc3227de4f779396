"""Container Insights, on a node that stands in namespaces of its own: paths, ports, names and addresses are
those of a cluster, so nothing of a configuration has to be changed, and the program is all that is another.

Every line must be in its group and stream once, with its fields and its time; and the role may do what one
of packaging/kubernetes/aws/iam says, and does no less.
"""

import os
import subprocess
import time

from kit.agent import BINARY, ROOT
from kit.case import Skip, case
from node import apart, layouts, published
from node.account import Policy
from node.story import Story
from services import fetch

OURS = os.path.join(ROOT, "packaging", "kubernetes", "aws", "container-insights.yaml")
IAM = "kubernetes/aws/iam/"


def published_or_skip(name):
    try:
        return published.config_map(name)
    except fetch.Missing as missing:
        raise Skip(str(missing))


def ours_or_skip():
    try:
        with open(OURS) as file:
            return published.config_map_of(file.read(), "tailrace")
    except fetch.Missing as missing:
        raise Skip(str(missing))


def live_through(story):
    """Lines from before the start, a rotation, and a restart with lines before, between and behind."""
    story.write(100)
    story.start()
    time.sleep(3)
    story.write(60)
    story.rotate(story.pods[0])
    story.write(40)
    time.sleep(7)
    story.write(20)
    story.node.stop()
    story.write(20)
    story.start()
    story.wait()
    story.node.stop()
    story.expect_each_once()


@case()
def container_insights_of_aws_runs_with_only_the_image_changed(lab):
    files, layout = published_or_skip("fluent-bit.yaml"), layouts.Published()
    policy = Policy.shipped(IAM + "create-groups.json")

    def run():
        story = Story(lab, layout, files, policy)
        live_through(story)
        policy.expect_exactly(story.service.calls)
        assert not story.metadata.asked_without, story.metadata.asked_without
        assert all(call.agent.endswith("container-insights") for call in story.service.calls)

    apart.run_apart(run)


@case()
def container_insights_with_windows_line_ends_has_each_line_once(lab):
    files, layout = published_or_skip("fluent-bit.yaml"), layouts.Published()
    files = {name: text.replace("\n", "\r\n") for name, text in files.items()}

    def run():
        live_through(Story(lab, layout, files, Policy.shipped(IAM + "create-groups.json")))

    apart.run_apart(run)


@case()
def container_insights_of_a_node_with_docker_has_each_line_once(lab):
    files, layout = published_or_skip("quickstart-1.3.11.yaml"), layouts.Docker()

    def run():
        live_through(Story(lab, layout, files, Policy.shipped(IAM + "create-groups.json")))

    apart.run_apart(run)


@case()
def container_insights_with_the_names_of_the_go_plugin_has_each_line_once(lab):
    files, layout = published_or_skip("fluent-bit-compatible.yaml"), layouts.Compatible()

    def run():
        live_through(Story(lab, layout, files, Policy.shipped(IAM + "create-groups.json")))

    apart.run_apart(run)


@case()
def the_cloudwatch_add_on_has_each_line_of_data_plane_and_journal_once(lab):
    files, layout = published_or_skip("addon-advanced.yaml"), layouts.Addon()

    def run():
        live_through(Story(lab, layout, files, Policy.shipped(IAM + "create-groups.json")))

    apart.run_apart(run)


@case()
def our_container_insights_has_each_line_once_in_the_groups_of_aws(lab):
    files, layout = ours_or_skip(), layouts.Ours()
    policy = Policy.shipped(IAM + "create-groups-retention.json")

    def run():
        story = Story(lab, layout, files, policy)
        live_through(story)
        policy.expect_exactly(story.service.calls)
        kept = {group.get("retentionInDays") for group in story.account.groups().values()}
        assert kept == {30}, kept

    apart.run_apart(run)


@case()
def every_container_insights_that_was_published_is_understood_also_with_windows_line_ends(lab):
    for name in published.MANIFESTS:
        files = published_or_skip(name)
        for ending in ("\n", "\r\n"):
            folder = lab.make_folder(name, "unix" if ending == "\n" else "windows")
            for file, text in files.items():
                with open(os.path.join(folder, file), "w", newline="") as out:
                    out.write(text.replace("\n", ending))
            done = subprocess.run([BINARY, "-c", os.path.join(folder, "fluent-bit.conf"), "--dry-run"],
                                  capture_output=True, text=True, env=layouts.Published.environment)
            assert done.returncode == 0, f"{name}, {ending!r}: {done.stderr}"
            # That the folders of a node are not there is said where this is no node.
            said = [line for line in done.stderr.splitlines() if "to the folder of db" not in line]
            assert "warn" not in "".join(said), f"{name}, {ending!r}: {done.stderr}"
