#!/usr/bin/env bash
# Builds Sotto and plays a short story: a relay and two people, three processes with databases of their own.
# usage: packaging/run.sh [--keep] [--no-build] [--data DIR]
#   --keep       leave the relay running at the end, to go on by hand
#   --no-build   take the programs of an earlier run
#   --data DIR   where relay and profiles live (a fresh folder); default: one below the temporary folder
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

keep=no
build=yes
data=""
while [ $# -gt 0 ]; do
    case "$1" in
        --keep) keep=yes ;;
        --no-build) build=no ;;
        --data) shift; data=${1:?--data needs a folder} ;;
        *) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
    esac
    shift
done

if [ "$build" = yes ]; then
    packaging/setup.sh --yes </dev/null
    cmake --preset release --log-level=WARNING
    cmake --build --preset release -j "$(nproc)" -- --quiet
fi
relay=$PWD/build/release/bin/sotto-relay
cli=$PWD/build/release/bin/sotto-cli
for program in "$relay" "$cli"; do
    [ -x "$program" ] || { echo "run: $program is not built" >&2; exit 1; }
done

data=${data:-$(mktemp -d "${TMPDIR:-/tmp}/sotto-story.XXXXXX")}
mkdir -p "$data"
data=$(cd "$data" && pwd)
[ -z "$(ls -A "$data")" ] || { echo "run: $data is not empty" >&2; exit 1; }
umask 077

started=() # process ids of what this script started and has not ended
over=no

end_process() { # PID [SIGNAL]
    kill "-${2:-TERM}" "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

clean_up() {
    local status=$?
    if [ "$over" = no ]; then
        echo "run: the story broke off; what relay and people said is in $data" >&2
        for log in "$data"/*.log; do
            [ -s "$log" ] && { printf -- '--- %s\n' "$log"; tail -n 15 "$log"; } >&2
        done
    fi
    if [ "$over" = no ] || [ "$keep" = no ]; then
        for pid in ${started[@]+"${started[@]}"}; do end_process "$pid"; done
    fi
    exit "$status"
}
trap clean_up EXIT

tell() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || tell() { printf '\n== %s\n' "$*"; }

fail() { echo "run: $*" >&2; exit 1; }

# Waits until COMMAND succeeds, at most SECONDS.
until_true() { # SECONDS WHAT COMMAND...
    local left=$(($1 * 10)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || fail "waited too long: $what"
        sleep 0.1
    done
}

as() { # PERSON COMMAND...
    local person=$1
    shift
    "$cli" --profile "$data/$person" --passphrase-file "$data/$person.passphrase" "$@"
}

# Shows a command as a person would type it, then its answer.
show() { # PERSON COMMAND...
    local person=$1
    shift
    local word line="$person \$ sotto-cli"
    for word in "$@"; do
        case "$word" in *[[:space:]]*) line+=" \"$word\"" ;; *) line+=" $word" ;; esac
    done
    printf '%s\n' "$line"
    as "$person" "$@" | sed 's/^/    /'
}

goes_online() { # PERSON FRIEND: reads along in the background until goes_offline
    # Not through as(): the process id must be the program's own, or kill -9 would hit a shell.
    "$cli" --profile "$data/$1" --passphrase-file "$data/$1.passphrase" read "$2" --follow >>"$data/$1.log" 2>&1 &
    online=$!
    started+=("$online")
}

goes_offline() { # [SIGNAL]
    end_process "$online" "${1:-TERM}"
    local rest=() pid
    for pid in "${started[@]}"; do
        [ "$pid" = "$online" ] || rest+=("$pid")
    done
    started=(${rest[@]+"${rest[@]}"})
}

for person in alice bob; do
    head -c 24 /dev/urandom | base64 >"$data/$person.passphrase"
done

tell "The relay starts: one command, no configuration."
"$relay" run --data "$data/relay" --listen 127.0.0.1:0 >"$data/relay.log" 2>&1 &
relay_pid=$!
started+=("$relay_pid")
until_true 20 "the relay is ready" grep -q '^ready ' "$data/relay.log"
grep -m1 '^ready ' "$data/relay.log" | sed 's/^/    /'

tell "Its operator makes an invite; Alice registers with it and invites Bob."
invite=$("$relay" --data "$data/relay" invite | tail -n 1)
show alice register "$invite" --name Alice --handle alice
invite=$(as alice invite | grep -o 'sotto:[^[:space:]]*' | tail -n 1)
show bob register "$invite" --name Bob --handle bob

tell "Bob is there: what Alice writes arrives at once."
goes_online bob @alice
show alice send @bob "Hello Bob, this goes end to end."
until_true 30 "Bob has Alice's words" grep -q "this goes end to end" "$data/bob.log"
goes_offline
show bob send @alice "Hello Alice, and the relay in between reads nothing."
show alice read @bob

tell "Bob is away: the relay keeps what Alice writes, sealed."
show alice send @bob "Are you asleep?"
show alice send @bob "Never mind, read it when you wake up."
show alice read @bob
tell "Bob is back."
show bob read @alice
tell "Alice sees that it was delivered and read."
show alice read @bob

tell "Bob's program is killed with kill -9 while twenty parcels are on their way."
goes_online bob @alice
for number in $(seq -w 1 20); do
    as alice send @bob "Parcel $number of 20" >>"$data/alice.log" 2>&1
    if [ "$number" = 08 ]; then
        goes_offline KILL
        echo "    kill -9 after parcel 08"
    fi
done
as bob read @alice >"$data/bob-after.log" 2>&1
for number in $(seq -w 1 20); do
    count=$(grep -c "Parcel $number of 20" "$data/bob-after.log" || true)
    [ "$count" = 1 ] || fail "Bob has parcel $number $count times"
done
echo "    Bob has all twenty, each once."

tell "The relay is killed with kill -9 as well, and starts again on the same data."
address=$(sed -n 's/^ready //p' "$data/relay.log" | head -n 1)
as alice send @bob "Kept by the relay" >>"$data/alice.log" 2>&1
end_process "$relay_pid" KILL
"$relay" run --data "$data/relay" --listen "$address" >"$data/relay-again.log" 2>&1 &
started=("$!")
relay_pid=$!
until_true 20 "the relay is ready again" grep -q '^ready ' "$data/relay-again.log"
as bob read @alice >"$data/bob-again.log" 2>&1
grep -q "Kept by the relay" "$data/bob-again.log" || fail "the relay lost a message it had accepted"
echo "    What it had accepted was still there."

tell "The whole conversation, as Alice has it:"
show alice read @bob --limit 100
over=yes

tell "Go on by hand"
if [ "$keep" = no ]; then
    cat <<TEXT
    Everything is in $data; nothing runs any more. Start the relay again, in one terminal:
        $relay run --data $data/relay --listen $address
    and in another:
TEXT
else
    cat <<TEXT
    The relay runs as process $relay_pid (end it with: kill $relay_pid). Everything is in $data.
TEXT
fi
cat <<TEXT
        $cli --profile $data/alice --passphrase-file $data/alice.passphrase send @bob "…"
        $cli --profile $data/bob --passphrase-file $data/bob.passphrase read @alice --follow
    A third person joins with: $relay --data $data/relay invite
TEXT
