"""Cases, and the lab that each one gets.

A case is a function whose name is a sentence and whose one argument is a lab. It ends normally, or
with Skip, or with any other exception, which is a failure.
"""

import collections
import os
import shutil
import tempfile
import time

from kit.agent import Agent
from services import engine

ALL_ENGINES = (engine.ELASTICSEARCH_8, engine.OPENSEARCH_2, engine.OPENSEARCH_3)
ELASTICSEARCH = (engine.ELASTICSEARCH_8,)
QUICK_ENGINES = (engine.ELASTICSEARCH_8, engine.OPENSEARCH_2)

Case = collections.namedtuple("Case", "run engines settings password is_quick")
Stand = collections.namedtuple("Stand", "version settings password")

WORDS_SECONDS_MAX = 90

cases = []


class Skip(Exception):
    """The case cannot be run here; its text says why."""


def case(engines=(), settings=None, password=None, is_quick=True):
    """Registers a case: run once on each of the engines, or once on none."""

    def register(run):
        cases.append(Case(run, engines, tuple((settings or {}).items()), password, is_quick))
        return run

    return register


def plan(is_quick, words):
    """Which cases run on which stand: the engine-less first, one engine after the other."""
    stands = collections.defaultdict(list)
    for one in cases:
        if (is_quick and not one.is_quick) or not all(word in title(one) for word in words):
            continue
        for version in one.engines or (None,):
            if version is None or not is_quick or version in QUICK_ENGINES:
                stands[Stand(version, one.settings, one.password)].append(one)
    return sorted(stands.items(), key=lambda item: stand_order(item[0]))


def stand_order(stand):
    rank = ALL_ENGINES.index(stand.version) if stand.version else -1
    return rank, len(stand.settings), stand.password or ""


def title(one):
    return one.run.__name__.replace("_", " ")


class Lab:
    """A scratch folder, perhaps an engine, and the agents that the case starts."""

    def __init__(self, name, node=None, is_quick=False):
        self.name = name
        self.engine = node
        self.is_quick = is_quick
        self.folder = tempfile.mkdtemp(prefix="tailrace-e2e-")
        self.agents = []
        self.closers = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def make_folder(self, *names):
        os.makedirs(self.path(*names), exist_ok=True)
        return self.path(*names)

    def start_agent(self, pipeline, syntax="classic", env=None, network=None):
        """One agent at a time: the log file goes on from one to the next."""
        agent = Agent(self.folder, pipeline, syntax, env, network)
        self.agents.append(agent)
        agent.start()
        return agent

    def closing(self, thing):
        """Closed with the lab, whatever becomes of the case."""
        self.closers.append(thing)
        return thing

    def agent_log(self):
        try:
            with open(self.path("agent.log"), errors="replace") as log:
                return log.read()
        except OSError:
            return ""

    def wait_for_words(self, words):
        """Until the agent's log has them."""
        until = time.monotonic() + WORDS_SECONDS_MAX
        while words not in self.agent_log() and time.monotonic() < until:
            time.sleep(0.1)
        assert words in self.agent_log(), f"not a word of {words}"

    def close(self, keep_folder):
        for agent in self.agents:
            agent.kill()
        for thing in self.closers:
            thing.close()
        if not keep_folder:
            shutil.rmtree(self.folder, ignore_errors=True)
