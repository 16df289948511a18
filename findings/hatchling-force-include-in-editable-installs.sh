#!/usr/bin/env bash
# hatchling 1.28.0, editables 0.5, pip 23.2 and later, CPython 3.11.
#
# Behaviour: files of `force-include` are COPIED into site-packages by an editable install, into a folder that has the
# package's name. The package itself is found through a .pth file elsewhere, and a package has one place: so the copy is
# never found as part of it, and does not follow its source either. In an ordinary install the same table works.
#
# Output seen:
#     editable: the package is found in the checkout: yes
#     editable: its data are found as a resource:     no
#     editable: a copy lies in site-packages:         yes
#     editable: the copy follows the source:          no
#     ordinary: its data are found as a resource:     yes
#
# Whom it hurts: who ships data from a folder beside the package with `force-include`, reads them with
# importlib.resources, and develops in an editable install: it works for users and not for developers, and the folder left
# in site-packages hides nothing today and is a namespace package tomorrow. `sources` with `dev-mode-dirs` has no copy.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
python3 -m venv environment
python=environment/bin/python
$python -m pip --quiet --disable-pip-version-check install hatchling==1.28.0 editables==0.5 2>/dev/null

mkdir -p project/shop project/prices
echo 'NAME = "shop"' >project/shop/__init__.py
echo one >project/prices/list.txt
cat >project/pyproject.toml <<'TOML'
[build-system]
requires = ["hatchling==1.28.0"]
build-backend = "hatchling.build"
[project]
name = "shop"
version = "1"
[tool.hatch.build.targets.wheel]
packages = ["shop"]
[tool.hatch.build.targets.wheel.force-include]
"prices" = "shop/prices"
TOML

install() { $python -m pip --quiet --disable-pip-version-check install --no-build-isolation --no-deps "$@" 2>/dev/null; }
found() { $python -c 'import importlib.resources as r; print("yes" if (r.files("shop") / "prices" / "list.txt").is_file() else "no")'; }
site=$($python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
seen=()
tell() { printf '%-48s%s\n' "$1:" "$2"; seen+=("$2"); }

install -e ./project
tell "editable: the package is found in the checkout" "$($python -c 'import shop; print("yes" if "project" in shop.__file__ else "no")')"
tell "editable: its data are found as a resource" "$(found)"
tell "editable: a copy lies in site-packages" "$([ -f "$site/shop/prices/list.txt" ] && echo yes || echo no)"
echo two >project/prices/list.txt
tell "editable: the copy follows the source" "$(grep -q two "$site/shop/prices/list.txt" 2>/dev/null && echo yes || echo no)"
$python -m pip --quiet uninstall --yes shop 2>/dev/null
install ./project
tell "ordinary: its data are found as a resource" "$(found)"

[ "${seen[*]}" = "yes no yes no yes" ] || { echo "the behaviour has changed" >&2; exit 1; }
