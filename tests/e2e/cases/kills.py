"""kill -9, again and again."""

import json
import os
import random
import subprocess
import threading
import time

from kit import config, index, logs
from kit.agent import BINARY, ROOT
from kit.case import ALL_ENGINES, case


@case()
def nothing_is_lost_or_doubled_by_kills_while_lines_are_written(lab):
    lines, kills = (50_000, 5) if lab.is_quick else (500_000, 20)
    script = os.path.join(ROOT, "tests", "bench", "crash.py")
    done = subprocess.run([script, str(lines), str(kills)], capture_output=True, text=True,
                          env={**os.environ, "TAILRACE": BINARY})
    assert done.stdout, done.stderr[-300:]
    told = json.loads(done.stdout)
    assert told["lost"] == 0 and told["stored_twice"] == 0, told


@case(ALL_ENGINES)
def nothing_is_lost_or_doubled_by_kills_in_a_real_index(lab):
    lines, kills = (20_000, 4) if lab.is_quick else (100_000, 12)
    chance = random.Random(lines)
    pod = lab.closing(logs.PodLog(lab.folder, "web", logs.CriFormat()))
    name = "es" if lab.engine.is_elasticsearch else "opensearch"
    pipeline = {
        "service": {"flush": "0.2", "scheduler.base": "1", "scheduler.cap": "2"},
        "parsers": [config.JSON_PARSER],
        "inputs": [config.tail(lab.path("containers", "*.log"), lab.path("positions.db"),
                               **{"multiline.parser": "cri"})],
        "filters": [config.json_filter()],
        "outputs": [config.bulk_output(lab.engine.host, lab.engine.port, "kills", name)],
    }
    writer = threading.Thread(target=write_steadily, args=(pod, lines, kills), daemon=True)
    writer.start()
    for _ in range(kills):
        agent = lab.start_agent(pipeline)
        time.sleep(chance.uniform(0.2, 1.2))
        agent.kill()
    writer.join()
    agent = lab.start_agent(pipeline)
    index.wait_for(lab.engine, "kills-*", lines)
    time.sleep(2)  # for what may come twice
    agent.stop()
    index.expect_each_once(index.hits(lab.engine, "kills-*"), pod.written, index.parsed_cri)


def write_steadily(pod, lines, kills):
    step = lines // (kills * 20)
    for at in range(0, lines, step):
        pod.write(range(at, min(at + step, lines)))
        time.sleep(0.05)
