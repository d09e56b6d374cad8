#!/usr/bin/env bash
# Builds what ships and what tests, runs every test, on a fresh machine from a bare clone. Stops at the first failure.
# usage: packaging/test.sh [STAGE...]      default: dev release fuzz asan tsan, in this order; by name also tidy
#   dev      the checks of the repository, an optimised build, all tests
#   release  what people install, without tests and switches, and the story of packaging/run.sh
#   fuzz     clang as second compiler for everything, each fuzz target for 10 seconds on its corpus
#   asan     AddressSanitizer and UndefinedBehaviorSanitizer, all tests but benches and repository checks
#   tsan     ThreadSanitizer, tests labelled `threaded`
#   tidy     clang-tidy over every source (slow; not part of the default)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stages=("$@")
for stage in ${stages[@]+"${stages[@]}"}; do
    case "$stage" in
        dev | asan | tsan | fuzz | release | tidy) ;;
        *) sed -n '2,9s/^# //p' "$0" >&2; exit 2 ;;
    esac
done
[ ${#stages[@]} -gt 0 ] || stages=(dev release fuzz asan tsan)

jobs=$(nproc)
export CTEST_OUTPUT_ON_FAILURE=1
# Six builds of the tree do not fit into ccache's default of 5 GB.
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-15G}
table=()
current=""
started=0

say() { printf '\n==== %s\n' "$*"; }

# Runs whatever ends this script; prints how long each stage took.
print_table() {
    local status=$?
    [ -z "$current" ] || table+=("$(printf '%-8s %5d s   failed' "$current" $((SECONDS - started)))")
    printf '\n%s\n' "---- stages"
    [ ${#table[@]} -eq 0 ] || printf '%s\n' "${table[@]}"
    printf '%-8s %5d s   %s\n' all "$SECONDS" "$([ "$status" = 0 ] && echo passed || echo FAILED)"
}
trap print_table EXIT
# Else the status that print_table sees is that of the last command which ended before the signal.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

configure_and_build() { # PRESET [TARGET]
    cmake --preset "$1" --log-level=WARNING
    cmake --build --preset "$1" -j "$jobs" ${2:+--target "$2"} -- --quiet
}

run_tests() { # PRESET CTEST-OPTION...
    local preset=$1
    shift
    ctest --test-dir "build/$preset" -j "$jobs" --no-tests=error "$@"
}

stage_dev() {
    cmake --preset dev --log-level=WARNING
    run_tests dev -R '^tools\.' # these need no build
    cmake --build --preset dev -j "$jobs" -- --quiet
    run_tests dev -E '^tools\.'
}

stage_asan() {
    configure_and_build asan
    run_tests asan -LE '^(bench|tools)$'
}

stage_tsan() {
    configure_and_build tsan threaded_tests
    run_tests tsan -L '^threaded$'
}

stage_fuzz() {
    configure_and_build clang
    configure_and_build fuzz fuzz_targets
    run_tests fuzz -L '^fuzz$'
}

stage_release() {
    # The story's profiles and passphrases stay only when it breaks off: then they say why.
    local story
    story=$(mktemp -d "${TMPDIR:-/tmp}/sotto-story.XXXXXX")
    packaging/run.sh --data "$story"
    rm -r "$story"
    for program in build/release/bin/*; do
        if grep -q SOTTO_DISABLE_CHECK "$program"; then
            echo "$program can switch security checks off" >&2
            return 1
        fi
    done
}

stage_tidy() {
    configure_and_build clang # precompiled header, moc and protobuf files must exist
    local sources
    mapfile -t sources < <(git ls-files 'core/*.cpp' 'server/*.cpp' 'app/*.cpp')
    printf '%s\0' "${sources[@]}" | xargs -0 -n 4 -P "$jobs" clang-tidy -p build/clang --quiet
}

say "setup"
started=$SECONDS
current=setup
packaging/setup.sh --yes </dev/null
table+=("$(printf '%-8s %5d s' setup $((SECONDS - started)))")
for current in "${stages[@]}"; do
    say "$current"
    started=$SECONDS
    # Not in an if: `set -e` must end a stage at its first failure.
    "stage_$current"
    table+=("$(printf '%-8s %5d s' "$current" $((SECONDS - started)))")
done
current=""
