#!/usr/bin/env python3
"""How a large site would behave: 10,000 sessions on 500 nodes, event by event, from stated costs of single steps.

    benches/scale.py                    # the plan of docs/operator/scale.md
    benches/scale.py --sessions 2000 --nodes 100 --hours 1

Every cost is a constant below with its source. The same seed gives the same figures. It shows orders of magnitude and what
is full first, not times of a site that nobody has built.
"""

import argparse
import heapq
import math
import random
from collections import Counter

# --- Costs of single steps: (value, source). "measured": benches/results.md; "code": what the source says; "assumed": a guess.
COSTS = {
    # One process, one writer: seconds that the store is held by one write.
    "commit_s": (0.0042, "measured: commit of one entity among 1,000, median"),
    "record_s": (0.0038, "measured: as a commit of one entity among 10; a run's record is a transaction of its own"),
    # CPU of authorization for one certificate, one assertion, one answer on rights.
    "certificate_s": (0.0010, "assumed: authority read from disk, P-256 signature; to be measured"),
    "call_s": (1 / 1491, "measured: calls through the relay with authorisation, 2 cores for all services together"),
    "heartbeat_s": (0.0003, "assumed: one call between services, and the choice of a host's sessions among all"),
    # Kubernetes: what one API server and its etcd are known to bear.
    "api_writes_s": (1000.0, "assumed: writes a second; upstream's scalability tests hold 5,000 nodes"),
    "pod_starts_s": (100.0, "assumed: pods a second that one scheduler places; upstream's throughput goal"),
    # Sizes.
    "log_line_bytes": (350, "assumed: one record of structured log with its fields"),
    "pod_start_s": (2.5, "assumed: placed, image on the node, container made; plus the measured start"),
    "spawn_s": (0.100, "measured: program start to certificate, cold, median"),
    "watch_event_bytes": (6000, "assumed: one pod with its managed fields as JSON"),
}

# --- Habits of the people: assumed throughout.
THINK_S = 600.0         # between two runs of a session, exponential
EDIT_S = 20.0           # between two commits of a person who edits, exponential
SHORT = {"modeling": 3.0, "cartesian-mesh": 2.0}  # seconds of the short steps
CELLS_MEDIAN, CELLS_SPREAD = 3e6, 1.2             # cells of a mesh, log-normal
STEPS = 20_000          # time steps of one run
SPEED = 60e6            # cells a second and core: measured 118 to 207 million on two busy cores
IDLE_S = 300.0          # an instance without work ends after that: code, `idle`
BEAT_S, SIGN_S = 1.0, 5.0                         # code: heartbeats of local-sessions, lifelines of instances
PROGRESS_S = 1.0        # code: progress of a run is recorded this often at most
CHECKPOINT_S = 30.0     # code: checkpoints by the clock
CERTIFICATE_LIFE_S = 24 * 3600.0                  # code: renewed at half of it
LOGS_PER_RUN, LOGS_PER_INSTANCE = 25, 15          # lines; counted on a run of an example
NODE_CORES, NODE_GIB = 32, 128
CORE_CELLS, MOST_CORES = 250_000, 16              # code: what fit-td declares
BASE_MIB, CELL_BYTES = 128, 160                   # code: what fit-td declares


class Pool:
    """Cores and memory of all nodes, with a queue in the order of coming."""

    def __init__(self, nodes):
        self.free = [[NODE_CORES * 0.9, NODE_GIB * 0.9] for _ in range(nodes)]
        self.queue = []
        self.next = 0

    def place(self, cores, gib):
        # The next node that has room, from where the last one was found: spreads, and is quick.
        for step in range(len(self.free)):
            node = (self.next + step) % len(self.free)
            free = self.free[node]
            if free[0] >= cores and free[1] >= gib:
                free[0] -= cores
                free[1] -= gib
                self.next = node + 1
                return node
        return None

    def give_back(self, node, cores, gib):
        self.free[node][0] += cores
        self.free[node][1] += gib


def solver(random_, most_cores):
    """Cores, GiB and seconds of one run of the solver."""
    cells = CELLS_MEDIAN * math.exp(CELLS_SPREAD * random_.gauss(0, 1))
    cores = min(most_cores, max(1, math.ceil(1 + cells / CORE_CELLS)))
    gib = min(NODE_GIB * 0.85, (BASE_MIB * 2**20 + CELL_BYTES * cells) / 2**30)
    return cores, gib, cells * STEPS / (SPEED * cores)


def simulate(sessions, nodes, hours, seed, most_cores):
    random_ = random.Random(seed)
    end = hours * 3600.0
    pool, events, count = Pool(nodes), [], Counter()
    starts_by_minute, waits, running, peak = Counter(), [], 0, 0
    warm = [dict() for _ in range(sessions)]  # when each session's instance of a service was used last
    order = 0

    def at(time, what, *rest):
        nonlocal order
        order += 1
        heapq.heappush(events, (time, order, what, rest))

    def start_instance(time, session, service):
        last = warm[session].get(service)
        warm[session][service] = time
        if last is not None and time - last < IDLE_S:
            return 0.0
        count["instances"] += 1
        starts_by_minute[int(time // 60)] += 1
        return COSTS["pod_start_s"][0] + COSTS["spawn_s"][0]

    def begin(time, session, asked, cores, gib, seconds):
        nonlocal running, peak
        node = pool.place(cores, gib)
        if node is None:
            return False
        waits.append(time - asked)
        running += 1
        peak = max(peak, running)
        delay = start_instance(time, session, "fit-td")
        at(time + delay + seconds, "solved", session, node, cores, gib, seconds)
        return True

    for session in range(sessions):
        at(random_.expovariate(1 / THINK_S), "run", session)
    while events:
        time, _, what, rest = heapq.heappop(events)
        if time > end:
            break
        if what == "run":
            (session,) = rest
            count["runs"] += 1
            ready = time
            for service, seconds in SHORT.items():
                ready += start_instance(time, session, service) + seconds
            at(ready, "solve", session)
        elif what == "solve":
            (session,) = rest
            wanted = (session, time, *solver(random_, most_cores))
            if pool.queue or not begin(time, *wanted):
                pool.queue.append(wanted)
        else:
            session, node, cores, gib, seconds = rest
            running -= 1
            warm[session]["fit-td"] = time
            count["solver_core_s"] += cores * seconds
            count["checkpoints"] += int(seconds // CHECKPOINT_S)
            count["progress"] += int(seconds // PROGRESS_S)
            count["solved"] += 1
            pool.give_back(node, cores, gib)
            while pool.queue and begin(time, *pool.queue[0]):
                pool.queue.pop(0)
            at(time + random_.expovariate(1 / THINK_S), "run", session)
    return {"count": count, "peak": peak, "waits": sorted(waits), "queued": len(pool.queue),
            "starts": max(starts_by_minute.values(), default=0) / 60}


def share(values, part):
    return values[min(len(values) - 1, int(len(values) * part))] if values else 0.0


def report(arguments, sessions, nodes):
    hosts = max(1, math.ceil(sessions / arguments.per_host))
    seconds = arguments.hours * 3600.0
    result = simulate(sessions, nodes, arguments.hours, arguments.seed, arguments.most_cores)
    count = result["count"]
    rate = {name: number / seconds for name, number in count.items()}
    alive = rate.get("instances", 0) * IDLE_S + result["peak"]
    commits = sessions * arguments.editing / EDIT_S + 3 * rate["runs"]
    records = 8 * rate["runs"] + rate["progress"] + rate["checkpoints"]
    certificates = rate["instances"] + alive / (CERTIFICATE_LIFE_S / 2)
    signs, beats = alive / SIGN_S, hosts / BEAT_S
    writes = rate["instances"] * 7  # Secret made and removed; pod made, bound, three states, removed
    logs = rate["runs"] * LOGS_PER_RUN + rate["instances"] * LOGS_PER_INSTANCE
    cost = {name: value for name, (value, _) in COSTS.items()}
    cores = nodes * NODE_CORES * 0.9
    print(f"\n{sessions:,} sessions, {nodes} nodes, {hosts} local-sessions ({arguments.hours} h, seed {arguments.seed})")
    rows = [
        ("runs a second", rate["runs"]),
        ("solver runs at once, most", result["peak"]),
        ("cores in use by solvers, of all", f"{rate['solver_core_s'] / cores:.0%}"),
        ("wait for room, median / 99 %, s", f"{share(result['waits'], 0.5):.0f} / {share(result['waits'], 0.99):.0f}"),
        ("still queued at the end", result["queued"]),
        ("instances alive", alive),
        ("instance starts a second, mean / busiest minute", f"{rate['instances']:.1f} / {result['starts']:.1f}"),
        ("certificates a second", certificates),
        ("heartbeats a second", beats),
        ("lifeline signs a second, over all local-sessions", signs),
        ("writes to the store a second: commits", commits),
        ("writes to the store a second: records of runs", records),
        ("writes to the API server a second", writes),
        ("watch traffic, kB/s", writes * cost["watch_event_bytes"] / 1000),
        ("log lines a second", logs),
        ("logs a day, GB", logs * 86400 * cost["log_line_bytes"] / 1e9),
    ]
    for name, value in rows:
        print(f"  {name:52} {value if isinstance(value, str) else format(value, ',.1f')}")
    print("  how full is (1 = as much as it can do):")
    full = {
        "project: one writer of the store": commits * cost["commit_s"] + records * cost["record_s"],
        "authorization: certificates and rights, one core": certificates * cost["certificate_s"]
        + (commits + 4 * rate["runs"]) * cost["call_s"],
        "global-session: heartbeats, one core": beats * cost["heartbeat_s"] * max(1.0, sessions / 1000),
        "Kubernetes: starts of pods": result["starts"] / cost["pod_starts_s"],
        "Kubernetes: writes": writes / cost["api_writes_s"],
        "nodes: cores": rate["solver_core_s"] / cores,
    }
    for name, value in sorted(full.items(), key=lambda item: -item[1]):
        print(f"    {name:52} {value:6.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--per-host", type=int, default=100, help="sessions of one local-session")
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--editing", type=float, default=0.2, help="part of the sessions in which somebody edits")
    parser.add_argument("--most-cores", type=int, default=MOST_CORES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sweep", action="store_true", help="also a tenth and half of it")
    arguments = parser.parse_args()
    print("costs:")
    for name, (value, source) in COSTS.items():
        print(f"  {name:20} {value:10.4g}  {source}")
    parts = (0.1, 0.5, 1.0) if arguments.sweep else (1.0,)
    for part in parts:
        report(arguments, max(1, int(arguments.sessions * part)), max(1, int(arguments.nodes * part)))


if __name__ == "__main__":
    main()
