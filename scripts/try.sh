#!/usr/bin/env bash
# Open the first notebook in JupyterLab, in a copy of the release that is one's own: try/. What was
# worked there before stays.
# Usage: scripts/try.sh DIRECTORY [OPTION ...]        (of the environment; options of `jupyter lab`)
set -euo pipefail
cd "$(dirname "$0")/.."
lab=("$1/bin/jupyter" lab)
shift

[ -d try ] || cp -r release/gradient_descent try
# Jupyter refuses to run as root, as in a container, unless it is told that this is meant.
[ "$(id -u)" -ne 0 ] || lab+=(--allow-root)
exec "${lab[@]}" try/01_derivatives.ipynb "$@"
