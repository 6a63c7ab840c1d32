"""What deploy/helm/check does; see there."""

import difflib
import pathlib
import re
import sys
import tomllib

import helm_python as helm
import yaml

from cases import ALL, REFUSED, TAKEN
from manifests import check, merged, named, pods, problem, problems, render, variable

HERE = pathlib.Path(__file__).parent
CHART = HERE / "opentwin"
PLAIN = HERE.parent / "kubernetes"


def configuration(docs, where, wanted):
    """The settings of local-session are TOML, and say what the values say."""
    texts = [doc["data"]["local-session.toml"] for doc in docs if "local-session.toml" in doc.get("data", {})]
    if len(texts) != 1:
        return problem(f"{where}: {len(texts)} files with settings of local-session")
    try:
        found = tomllib.loads(texts[0])
    except tomllib.TOMLDecodeError as error:
        return problem(f"{where}: the settings of local-session are no TOML: {error}\n{texts[0]}")
    for path, value in wanted.items():
        here = found
        for key in path.split("/"):
            here = here.get(key, {}) if isinstance(here, dict) else here[int(key)]
        # 1.0 is no 1.
        if repr(here) != repr(value):
            problem(f"{where}: the settings of local-session say {here!r} for {path}, not {value!r}")


def plain(docs, file, write):
    text = "# Made from the chart by deploy/helm/check --write; do not edit.\n"
    text += "---\n".join(yaml.safe_dump(doc, sort_keys=False, width=120) for doc in docs)
    path = PLAIN / file
    if write:
        path.write_text(text)
        return
    found = path.read_text() if path.exists() else ""
    if found != text:
        for line in list(difflib.unified_diff(found.splitlines(), text.splitlines(), file, "chart", lineterm=""))[:20]:
            print(line)
        problem(f"deploy/kubernetes/{file} is not what the chart renders: run deploy/helm/check --write")


def metrics(docs):
    """What rules and scaling ask of our own metrics is what the programs measure."""
    sources = "".join(path.read_text() for path in (HERE.parent.parent / "crates").rglob("gauges.rs"))
    sources += (HERE.parent.parent / "crates/services/local-session/src/starting.rs").read_text()
    asked = [doc for doc in docs if doc["kind"] in {"PrometheusRule", "ScaledObject", "HorizontalPodAutoscaler"}]
    for name in sorted(set(re.findall(r"\bopentwin_[a-z_]+", yaml.safe_dump_all(asked)))):
        if f'"{name}"' not in sources:
            problem(f"nothing measures {name}, which a rule asks for")


def fits(docs):
    """A site of default size has room on two nodes of two cores and 4 GiB, of which the cluster itself takes a part."""
    cores = memory = 0
    for doc in docs:
        if doc["kind"] not in {"StatefulSet", "Deployment"}:
            continue
        for container in (container for pod in pods(doc) for container in pod["containers"]):
            requests = container["resources"]["requests"]
            count = doc["spec"].get("replicas", 1)
            cpu, size = str(requests["cpu"]), str(requests["memory"])
            cores += count * (int(cpu[:-1]) if cpu.endswith("m") else 1000 * float(cpu))
            memory += count * int(size[:-2]) * {"Mi": 1, "Gi": 1024}[size[-2:]]
    print(f"ok     the pods of a default site ask for {cores / 1000} cores and {memory} MiB")
    if cores > 2 * 1000 or memory > 4 * 1024:
        problem("a default site asks for more than half of two nodes with two cores and 4 GiB each")


def front_door(chart):
    """The relay's certificate has all names; the command line has its paths; the notes say only what works."""
    everything = render(chart, ALL)
    hosts = {"hosts": ["twin.example.org"]}
    ingress = {"ingress": {"enabled": True, "annotations": {"nginx.ingress.kubernetes.io/ssl-passthrough": "true"}} | hosts}
    gateway = {"gateway": {"enabled": True, "parentRefs": [{"name": "public"}], "hostnames": ["a.example.org", "localhost"]}}
    for values, wanted in [({}, "localhost"), (ingress, "localhost,twin.example.org"), (gateway, "localhost,a.example.org")]:
        found = variable(render(chart, values), "relay", "OPENTWIN_PUBLIC_HOST")
        if found != wanted:
            problem(f"{values}: the relay's certificate is for {found}, not {wanted}")
    if variable(everything, "relay", "OPENTWIN_TRUSTED_PROXY") != "10.244.0.0/16,fd00::7":
        problem("everything: relay does not know its proxies")
    source = (HERE.parent.parent / "crates/services/relay/src/contract.rs").read_text()
    passed = {f"/opentwin.v1.{name}" for name in re.findall(r'"(\w+)" => Destination::', source)}
    paths = named(everything, "Ingress", "opentwin-grpc")["spec"]["rules"][0]["http"]["paths"]
    if {path["path"] for path in paths} != passed or not passed:
        problem(f"the paths of gRPC are {[path['path'] for path in paths]}, and the relay passes on {sorted(passed)}")
    ended = {"ingress": {"enabled": True} | hosts}
    for values, words, not_words in [
        ({}, ["login localhost:8443 --user admin --roots root.pem"], ["authority.pem"]),
        (ingress, ["login twin.example.org:443 --user admin --roots root.pem"], []),
        (ended, ["https://twin.example.org"], ["opentwin login", "root.pem"]),
        (ended | {"ingress": ended["ingress"] | {"grpc": {"enabled": True}}}, ["--roots authority.pem"], ["root.pem"]),
        (gateway, ["login a.example.org:443 --user admin --roots root.pem"], []),
        ({"relay": {"webCertificateSecret": "web"}}, ["--roots authority.pem"], ["root.pem"]),
    ]:
        (notes,) = [text for path, text in chart.render(values, name="opentwin").items() if path.endswith("NOTES.txt")]
        if not all(word in notes for word in words) or any(word in notes for word in not_words):
            problem(f"{values}: the notes say\n{notes}")


def several_projects(docs):
    """Each process of project has a certificate and a place of its own."""
    spec = named(docs, "StatefulSet", "opentwin-project")["spec"]
    (pod,) = pods(named(docs, "StatefulSet", "opentwin-project"))
    (identity,) = [volume for volume in pod["volumes"] if volume["name"] == "identity"]
    secrets = [source["secret"]["name"] for source in identity["projected"]["sources"]]
    described = set(named(docs, "ConfigMap", "opentwin-certificates")["data"])
    if (spec["replicas"], secrets) != (2, ["opentwin-project-0", "opentwin-project-1"]) or "project.1.json" not in described:
        problem(f"two processes of project: {spec['replicas']}, {secrets}, {sorted(described)}")
    if not pod.get("topologySpreadConstraints") or not named(docs, "PodDisruptionBudget", "opentwin-project"):
        problem("two processes of project may be on one node, or drained at once")


def jobs_change_their_name(chart):
    """A Job cannot be changed, so one that differs in anything but metadata is another one."""
    found = {}
    for values in [{}, {"commonLabels": {"a": "b"}}, {"image": {"tag": "9"}}, {"relay": {"replicas": 2}}, {"site": "lab"}]:
        for job in [doc for doc in render(chart, values) if doc["kind"] == "Job"]:
            if found.setdefault(job["metadata"]["name"], job["spec"]) != job["spec"]:
                problem(f"{values}: the Job {job['metadata']['name']} is changed")
    if len(found) != 5:
        problem(f"five Jobs have {len(found)} names")


def main():
    write = "--write" in sys.argv[1:]
    for message in helm.lint(str(CHART), strict=True, namespace="opentwin", kube_version="v1.36.0").get("messages") or []:
        severity, text = message.get("severity"), str(message)
        print(f"lint   {text}")
        if isinstance(severity, int) and severity > 1 and "icon" not in text:
            problem(f"lint: {text}")
    chart = helm.Chart.load(str(CHART))
    ha = yaml.safe_load((CHART / "values-ha.yaml").read_text())
    node = {"image": {"pullPolicy": "Never"}, "relay": {"service": {"type": "NodePort", "nodePort": 30443}}}
    pods_of_their_own = {"compute": {"spawner": "kubernetes"}}
    slots = {"localSession": {"autoscaling": {"enabled": True, "by": "slots"}}} | pods_of_their_own
    sets = {
        "default": {}, "compute pods": pods_of_their_own, "scaled by slots": slots, "high availability": ha, "everything": ALL, "imported images": node,
        "cert-manager": {"certificates": {"mode": "cert-manager"}},
        "existing certificates": {"certificates": {"mode": "existing", "prefix": "mine"}},
        "high availability on MongoDB": merged(ha, yaml.safe_load((CHART / "values-ha-mongodb.yaml").read_text()), {"database": {"hosts": "db"}}),
        "no policies": {"networkPolicy": {"enabled": False}, "podDisruptionBudget": {"enabled": False}},
    }  # fmt: skip
    database = variable(render(chart, ALL), "project", "OPENTWIN_DATABASE")
    if database != "mongodb://project@db-0.db:27017,db-1.db:27018/opentwin-project?replicaSet=rs0":
        problem(f"everything: project's database is {database}")
    for where, values in sets.items():
        check(render(chart, values), where)
    configuration(render(chart, pods_of_their_own), "compute pods", {
        "spawner": "kubernetes", "kubernetes/namespace": "opentwin", "kubernetes/service-account": "opentwin-compute",
        "kubernetes/memory": 256, "kubernetes/cores": 0.25, "kubernetes/services/fit-td": {},
        "kubernetes/labels": {"app.kubernetes.io/instance": "opentwin", "app.kubernetes.io/name": "opentwin"},
    })  # fmt: skip
    configuration(render(chart, ALL), "everything", {
        "kubernetes/image": "registry.example.org/opentwin/{service}:9", "kubernetes/room-wait": 600, "kubernetes/room-fail": 60, "kubernetes/scratch": 512,
        "kubernetes/most-memory": 65536, "kubernetes/tolerations/0/tolerationSeconds": 30, "warm/modeling/buffer": 1,
        "kubernetes/template/spec/terminationGracePeriodSeconds": 90,
        "kubernetes/template/spec/securityContext/supplementalGroups": [1000, 1000000],
        "kubernetes/template/spec/containers/0/ports/0/containerPort": 9000, "kubernetes/template/spec/containers/0/args": ["1.0"], "kubernetes/services/fit-td/cores": 1.5,
        "kubernetes/services/fit-td/kind": "job", "kubernetes/services/fit-td/os": "windows",
        "kubernetes/services/fit-td/launcher": False, "kubernetes/pull-secrets": ["registry"],
    })  # fmt: skip
    front_door(chart)
    several_projects(render(chart, sets["high availability on MongoDB"]))
    jobs_change_their_name(chart)
    # A long name leaves room for what Kubernetes adds: a revision to that of a StatefulSet, a time to that of a CronJob.
    for doc in render(chart, {}, name="a" * 53):
        if len(doc["metadata"]["name"]) > (63 if doc["kind"] == "Job" else 52):
            problem(f"long release name: {doc['metadata']['name']}")
    plain(render(chart, {}), "opentwin.yaml", write)
    plain(render(chart, pods_of_their_own), "opentwin-pods.yaml", write)
    plain(render(chart, ha), "opentwin-ha.yaml", write)
    metrics(render(chart, ALL))
    fits(render(chart, {}))
    volumes = [doc for doc in yaml.safe_load_all((PLAIN / "volumes.yaml").read_text())]
    check(volumes, "volumes.yaml")
    claims = {volume["spec"]["claimRef"]["name"] for volume in volumes}
    # As if it belonged to the release.
    check(render(chart, {}) + [yaml.safe_load((PLAIN / "move.yaml").read_text())], "move.yaml")
    for doc in render(chart, {}):
        for claim in doc["spec"].get("volumeClaimTemplates", []) if doc["kind"] == "StatefulSet" else []:
            if f"{claim['metadata']['name']}-{doc['metadata']['name']}-0" not in claims:
                problem(f"volumes.yaml: nothing for the claim of {doc['metadata']['name']}")
    for values, named in REFUSED:
        try:
            render(chart, values)
        except helm.HelmError as error:
            if named not in str(error):
                problem(f"{values} is refused, but `{named}` is not named: {error}")
        else:
            problem(f"{values} is not refused")
    print(f"ok     {len(REFUSED)} sets of wrong values")
    for values in TAKEN:
        try:
            render(chart, values)
        except helm.HelmError as error:
            problem(f"{values} is refused: {error}")
    version = re.search(r"^version = \"(.*)\"", (HERE.parent.parent / "Cargo.toml").read_text(), re.M).group(1)
    metadata = chart.metadata
    metadata = metadata() if callable(metadata) else metadata
    if metadata.get("appVersion") != version:
        problem(f"the chart is of version {metadata.get('appVersion')}, the programs are of {version}")
    sys.exit(1 if problems else 0)


main()
