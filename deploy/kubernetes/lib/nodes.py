"""Says which images are missing on which node, as far as nodes tell: nodes.py NODES.json SERVICE…"""

import json
import os
import sys

nodes = json.load(open(sys.argv[1]))["items"]
registry, tag = os.environ["REGISTRY"], os.environ["TAG"]
# A kubelet tells of so many images at most.
MOST = 50


def fits(node):
    taints = [taint for taint in node["spec"].get("taints", []) if taint["effect"] in {"NoSchedule", "NoExecute"}]
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in node["status"]["conditions"])
    linux = node["metadata"]["labels"].get("kubernetes.io/os") == "linux"
    return ready and linux and not taints and not node["spec"].get("unschedulable")


usable = [node for node in nodes if fits(node)]
print(f"nodes: {len(nodes)}, of which {len(usable)} take pods: {', '.join(node['metadata']['name'] for node in usable)}")
if not usable:
    sys.exit("missing: a node that is ready, runs Linux, and takes pods")
failed = False
for node in usable:
    images = node["status"].get("images", [])
    names = {name.removeprefix("docker.io/") for image in images for name in image.get("names") or []}
    lacking = [service for service in sys.argv[2:] if f"opentwin/{service}:{tag}" not in names]
    if registry or not lacking:
        continue
    text = f"on node {node['metadata']['name']} the images opentwin/{{{','.join(lacking)}}}:{tag}"
    if len(images) >= MOST:
        print(f"not sure: {text}; the node does not tell of all that it has")
    else:
        print(f"missing: {text}: run `make images` and import them there (ctr --namespace k8s.io images import)", file=sys.stderr)
        failed = True
sys.exit(failed)
