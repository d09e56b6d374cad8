#!/usr/bin/env bash
# Runs every bench and prints a table: figure, bar, measured, whether it holds. Fails when one is missed. About ten
# minutes; only a quiet machine gives figures worth quoting.
# usage: tests/bench/run_all.sh [--smoke] [--no-build]
#   --smoke      shortened runs and three times the bars, as ctest -L bench
#   --no-build   take the programs of an earlier build (preset dev: optimised as release, with the tests)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

smoke=()
build=yes
for word in "$@"; do
    case "$word" in
        --smoke) smoke=(--smoke) ;;
        --no-build) build=no ;;
        *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
    esac
done

benches=(crypto_bench message_bench storage_bench search_bench)
if [ "$build" = yes ]; then
    cmake --preset dev --log-level=WARNING
    cmake --build --preset dev --target "${benches[@]}" profile_filler sotto_cli sotto_relay -- --quiet
fi

lines=$(mktemp)
trap 'rm -f "$lines"' EXIT
failed=0
run() { # NAME COMMAND...
    printf '\n==== %s\n' "$1"
    shift
    "$@" | tee -a "$lines" || failed=1
}
for bench in "${benches[@]}"; do
    run "$bench" "build/dev/bench/$bench" ${smoke[@]+"${smoke[@]}"}
done
run process_bench tests/bench/process_bench.py --bin build/dev/bin --filler build/dev/bench/profile_filler \
    ${smoke[@]+"${smoke[@]}"}

printf '\n%s\n' "---- figures (processor time where the unit says CPU)"
sed -n 's/^BAR | //p' "$lines" | awk -F' [|] ' \
    'BEGIN { printf "%-50s %-18s %12s  %s\n", "figure", "bar", "measured", "" }
     { printf "%-50s %-18s %12s  %s\n", $1, $2, $3, $4 }'
exit "$failed"
