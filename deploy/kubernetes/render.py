"""Prints the manifests of the chart, where the helm program is not there: render.py NAME NAMESPACE VALUES-FILE."""

import sys
from pathlib import Path

import helm_python as helm
import yaml

name, namespace, values = sys.argv[1:]
chart = helm.Chart.load(str(Path(__file__).parent.parent / "helm" / "opentwin"))
try:
    rendered = chart.render(yaml.safe_load(Path(values).read_text()), name=name, namespace=namespace)
except helm.HelmError as error:
    sys.exit(f"the chart refuses these values: {error}")
documents = [doc for path, text in rendered.items() if path.endswith(".yaml") for doc in yaml.safe_load_all(text) if doc]
# What others need comes first, as helm would have it.
last = {"Deployment": 1, "StatefulSet": 1, "HorizontalPodAutoscaler": 2, "Job": 2, "CronJob": 2}
documents.sort(key=lambda doc: last.get(doc["kind"], 0))
print(yaml.safe_dump_all(documents, sort_keys=False))
