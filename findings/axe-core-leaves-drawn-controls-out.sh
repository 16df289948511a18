#!/usr/bin/env bash
# axe-core 4.12.1 (within axe-playwright-python 0.1.8) and 4.14.1, playwright 1.65.2, Debian's Chromium.
#
# Behaviour: the rule `target-size` (WCAG 2.5.8) passes over everything inside an `<svg>`: two links of 8 px side by side are
# violations in HTML; drawn, they are in none of the lists of the result, neither passed nor incomplete nor violated, though the
# rule `link-name` looks at the same links. Pale text is a violation of `color-contrast` in HTML; drawn, it is only "incomplete".
# The descriptions of both rules speak of no exception for drawings.
#
# Output seen, with either axe:
#     target-size:    violations #link-1 #link-2; incomplete none; passes none
#     link-name:      violations none; incomplete none; passes #link-1 #link-2 #drawn-link-1 #drawn-link-2
#     color-contrast: violations #text; incomplete #drawn-text; passes none
#
# Whom it hurts: who has a map, a plan or a chart to press, and a test that asks axe for violations. It is green however small and
# pale the drawing's controls are. Their sizes have to be measured (`getBoundingClientRect`), and `incomplete` has to be read.
set -euo pipefail
chromium=$(command -v chromium) || { echo "it needs Debian's chromium" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install axe-playwright-python==0.1.8 playwright==1.65.2 2>/dev/null
npm pack --silent axe-core@4.14.1 >/dev/null
tar -xzf axe-core-4.14.1.tgz package/axe.min.js

cat >look.py <<'PYTHON'
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

PAGE = """<!doctype html><html lang="en"><head><title>Map</title><style>
#links { position: relative; height: 20px }
#links a { position: absolute; display: block; width: 8px; height: 8px }
</style></head><body><main style="background: #fff; color: #eee">
<div id="links"><a href="#1" id="link-1" aria-label="one" style="left: 0"></a>
<a href="#2" id="link-2" aria-label="two" style="left: 10px"></a></div>
<svg width="100" height="20">
<a href="#1" id="drawn-link-1" aria-label="one"><rect width="8" height="8"/></a>
<a href="#2" id="drawn-link-2" aria-label="two"><rect x="10" width="8" height="8"/></a></svg>
<p id="text">Kiel</p>
<svg width="100" height="20"><text id="drawn-text" y="15" fill="#eee">Kiel</text></svg>
</main></body></html>"""
RULES = "target-size", "link-name", "color-contrast"
ALONE = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking".split()

with sync_playwright() as started:
    browser = started.chromium.launch(
        executable_path=sys.argv[1], args=[*ALONE, "--disable-component-update", "--disable-sync"]
    )
    page = browser.new_page()
    page.set_content(PAGE)
    axe = Axe.from_file(sys.argv[2]) if len(sys.argv) > 2 else Axe()
    found = axe.run(page, options={"runOnly": list(RULES)}).response
    for rule in RULES:
        told = []
        for kind in ("violations", "incomplete", "passes"):
            places = [node["target"][0] for each in found[kind] if each["id"] == rule for node in each["nodes"]]
            told.append(f"{kind} {' '.join(places) or 'none'}")
        print(f"{rule + ':':15} {'; '.join(told)}")
    browser.close()
PYTHON

for axe in "" package/axe.min.js; do
    $python look.py "$chromium" $axe | tee seen
    diff - seen <<'SEEN' || { echo "the behaviour has changed" >&2; exit 1; }
target-size:    violations #link-1 #link-2; incomplete none; passes none
link-name:      violations none; incomplete none; passes #link-1 #link-2 #drawn-link-1 #drawn-link-2
color-contrast: violations #text; incomplete #drawn-text; passes none
SEEN
done
