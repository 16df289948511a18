#!/usr/bin/env bash
# parse-prometheus-text-format 1.1.1 (npm), Node.js 20; the text is written by prometheus-client 0.26.0 (PyPI).
#
# Behaviour: of a histogram that has labels of its own, the parser keeps one entry for all of them: the buckets of the last
# combination of labels, without its labels, `count` and `sum`. No error is given. Without labels all is there, and labels of
# counters are right, so it does not happen where one tries it out. Its README promises what prom2json makes of the text, which is
# one entry for each combination.
#
# Output seen (4 requests at /calls, then 80 at /seats):
#     no labels:   {"buckets":{"0.1":"3.0","+Inf":"4.0"},"count":"4.0","sum":"0.6875"}
#     with labels: {"buckets":{"0.1":"70.0","+Inf":"80.0"}}
#     a counter:   {"value":"4.0","labels":{"path":"/calls"}} {"value":"80.0","labels":{"path":"/seats"}}
#     with labels, without # TYPE:                    /calls 4.0 /seats 80.0
#     with labels, by prometheus-client's own parser: /calls 4.0 /seats 80.0
#
# Whom it hurts: dashboards and load tests in JavaScript that read latencies for each path, node or tenant: what was written last
# is taken for all. Without the lines `# TYPE` each sample is read by itself, with its labels.
set -euo pipefail
command -v npm >/dev/null || { echo "it needs Node.js and npm" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install prometheus-client==0.26.0 2>/dev/null
npm install --silent --no-audit --no-fund parse-prometheus-text-format@1.1.1 >/dev/null

cat >written.py <<'PYTHON'
import sys

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, generate_latest

disable_created_metrics()
registry = CollectorRegistry()
labels = ["path"] if sys.argv[1] == "labels" else []
took = Histogram("took_seconds", "Time taken", labels, buckets=[0.1], registry=registry)
asked = Counter("asked", "Requests", ["path"], registry=registry)
for path, quick, slow in (("/calls", 3, 1), ("/seats", 70, 10))[: len(labels) + 1]:
    asked.labels(path).inc(quick + slow)
    for seconds in [0.0625] * quick + [0.5] * slow:
        (took.labels(path) if labels else took).observe(seconds)
sys.stdout.buffer.write(generate_latest(registry))
PYTHON
$python written.py none >none.txt
$python written.py labels >labels.txt

cat >read.mjs <<'JAVASCRIPT'
import fs from 'node:fs';
import parse from 'parse-prometheus-text-format';

const [path, name, bare] = process.argv.slice(2);
const text = fs.readFileSync(path, 'utf8');
const families = parse(bare ? text.replaceAll(/^# TYPE.*\n/gm, '') : text).filter((each) => each.name === name);
const metrics = families.flatMap((each) => each.metrics);
console.log(...metrics.map((each) => (bare ? `${each.labels.path} ${each.value}` : JSON.stringify(each))));
JAVASCRIPT

cat >counts.py <<'PYTHON'
from prometheus_client.parser import text_string_to_metric_families

samples = [each for family in text_string_to_metric_families(open("labels.txt").read()) for each in family.samples]
counts = [each for each in samples if each.name == "took_seconds_count"]
print(*(f"{each.labels['path']} {each.value}" for each in counts))
PYTHON

seen=$(
    echo "no labels:   $(node read.mjs none.txt took_seconds)"
    echo "with labels: $(node read.mjs labels.txt took_seconds)"
    echo "a counter:   $(node read.mjs labels.txt asked_total)"
    echo "with labels, without # TYPE:                    $(node read.mjs labels.txt took_seconds_count bare)"
    echo "with labels, by prometheus-client's own parser: $($python counts.py)"
)
echo "$seen"
diff - <(echo "$seen") <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
no labels:   {"buckets":{"0.1":"3.0","+Inf":"4.0"},"count":"4.0","sum":"0.6875"}
with labels: {"buckets":{"0.1":"70.0","+Inf":"80.0"}}
a counter:   {"value":"4.0","labels":{"path":"/calls"}} {"value":"80.0","labels":{"path":"/seats"}}
with labels, without # TYPE:                    /calls 4.0 /seats 80.0
with labels, by prometheus-client's own parser: /calls 4.0 /seats 80.0
SEEN
