#!/usr/bin/env python3
"""process_bench.py --bin DIR --filler PROGRAM [--smoke] [--seconds N]
What people wait for, with the real programs: one sotto-relay and two sotto-cli rpc, three processes on this machine
with databases of their own, TLS over loopback, durable commits everywhere.

latency:  one client writes 100 messages a second (an open loop: a late answer delays nobody) for N seconds (60). Each
          is timed from the line `messages.send` on the sender's standard input to the line `event.message` on the
          receiver's standard output, which comes after its commit. Between them: outbox, ratchet, the relay's queue,
          inbox. The relay runs with a limits file, because 100 messages a second are more than it allows a person.
start:    from the start of `sotto-cli rpc` until it says that it is online, on the profile with 100,000 messages,
          without the time of the key derivation (Argon2id, 0.8 s on purpose), which the program's debug log tells.
          The median of 9 starts.
memory:   VmRSS of that process, connected and idle for 2 s.

Prints a line a figure. --smoke: fewer messages, three times the bars, the median for the p99 and, because a busy
machine says little about time, bars in processor time as well (three times what a quiet machine took)."""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

LIMITS = """[limits.requests]
submits_per_second = 10000
submits_at_once = 100000
small_copies_per_second = 10000
small_copies_at_once = 100000
"""
PER_SECOND = 100
FILLED = 100_000
STARTS = 9


class Bars:
    def __init__(self, smoke):
        self.slack = 3 if smoke else 1
        self.all_hold = True

    def at_most(self, what, value, bar, unit):
        holds = value <= bar * self.slack
        self.all_hold = self.all_hold and holds
        print(f"BAR | {what} | <= {bar:g} {unit} | {value:.4g} | {'holds' if holds else 'MISSED'}", flush=True)


def cpu_seconds(pid):
    """Processor time of a process so far, all its threads, in nanosecond steps."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        total += int(Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0])
    return total / 1e9


def main_thread_cpu(pid):
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


class Rpc:
    """A running `sotto-cli rpc`. Lines are read by a thread of its own, so that their time is when they came."""

    def __init__(self, cli, profile, passphrase, log):
        environment = dict(os.environ, QT_LOGGING_RULES="sotto.storage.debug=true")
        self.log = open(log, "wb")
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [cli, "--profile", profile, "--passphrase-file", passphrase, "rpc"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, env=environment, bufsize=0)
        self.changed = threading.Condition()
        self.lines = []  # (monotonic time, object)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.next_id = 0

    @property
    def pid(self):
        return self.process.pid

    def _read(self):
        for line in _lines(self.process.stdout):
            now = time.monotonic()
            value = json.loads(line)
            with self.changed:
                self.lines.append((now, value))
                self.changed.notify_all()

    def write(self, method, **params):
        self.next_id += 1
        call = {"jsonrpc": "2.0", "id": self.next_id, "method": method, "params": params}
        self.process.stdin.write(json.dumps(call).encode() + b"\n")
        return self.next_id

    def wait(self, wanted, what, seconds=60):
        """The first line that `wanted` likes, with its time; lines stay."""
        deadline = time.monotonic() + seconds
        seen = 0
        with self.changed:
            while True:
                for at, value in self.lines[seen:]:
                    if wanted(value):
                        return at, value
                seen = len(self.lines)
                if not self.changed.wait(deadline - time.monotonic()):
                    sys.exit(f"process_bench: waited in vain for {what}")

    def call(self, method, **params):
        number = self.write(method, **params)
        answer = self.wait(lambda value: value.get("id") == number, method)[1]
        if "error" in answer:
            sys.exit(f"process_bench: {method}: {answer['error']}")
        return answer["result"]

    def online(self):
        return self.wait(lambda value: value.get("method") == "event.connection"
                         and value["params"]["status"] == "online", "the connection")[0]

    def end(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait(30)
        self.reader.join(5)
        self.log.close()


def _lines(pipe):
    rest = b""
    while chunk := os.read(pipe.fileno(), 65536):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line for line in whole if line.strip())


class Stage:
    """The relay and two people who are contacts."""

    def __init__(self, binaries, folder):
        self.cli = f"{binaries}/sotto-cli"
        self.relay_program = f"{binaries}/sotto-relay"
        self.folder = Path(folder)
        (self.folder / "limits.toml").write_text(LIMITS)
        self.relay_log = open(self.folder / "relay.log", "wb")
        self.relay = subprocess.Popen(
            [self.relay_program, "run", "--data", str(self.folder / "relay"), "--listen", "127.0.0.1:0",
             "--limits", str(self.folder / "limits.toml")], stdout=subprocess.PIPE, stderr=self.relay_log)
        self.running = []
        for line in self.relay.stdout:
            if line.startswith(b"ready "):
                break
        threading.Thread(target=lambda: [None for _ in self.relay.stdout], daemon=True).start()
        for person in ("alice", "bob"):
            (self.folder / f"{person}.passphrase").write_text("a passphrase for a bench")

    def rpc(self, person):
        one = Rpc(self.cli, str(self.folder / person), str(self.folder / f"{person}.passphrase"),
                  self.folder / f"{person}.log")
        self.running.append(one)
        return one

    def invite(self):
        out = subprocess.run([self.relay_program, "--data", str(self.folder / "relay"), "invite"], check=True,
                             capture_output=True, text=True).stdout
        return re.search(r"sotto:invite/\S+", out).group()

    def befriend(self):
        alice, bob = self.rpc("alice"), self.rpc("bob")
        alice.call("account.register", invite=self.invite(), name="Alice", handle="alice")
        alice.online()
        bob.call("account.register", invite=alice.call("account.invite")["invite"], name="Bob", handle="bob")
        bob.online()
        # Both are contacts once a message of each has come through.
        for one, other, name in ((alice, bob, "@bob"), (bob, alice, "@alice")):
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                number = one.write("messages.send", to=name, text="hello")
                if "result" in one.wait(lambda value: value.get("id") == number, "an answer")[1]:
                    break
                time.sleep(0.1)
            other.wait(lambda value: value.get("method") == "event.message", "the first message")
        return alice, bob

    def end(self):
        for one in self.running:
            one.end()
        self.relay.terminate()
        self.relay.wait(30)
        self.relay_log.close()


def quantile(values, q):
    return sorted(values)[min(len(values) - 1, int(q * len(values)))]


def measure_latency(stage, alice, bob, seconds, bars, smoke):
    count = PER_SECOND * seconds
    processes = {"sender": alice.pid, "receiver": bob.pid, "relay": stage.relay.pid}
    before = {name: cpu_seconds(pid) for name, pid in processes.items()}
    sent = {}
    start = time.monotonic() + 0.1
    for number in range(count):
        due = start + number / PER_SECOND
        if (left := due - time.monotonic()) > 0:
            time.sleep(left)
        text = f"bench {number}"
        sent[text] = time.monotonic()
        alice.write("messages.send", to="@bob", text=text)
    last = f"bench {count - 1}"
    bob.wait(lambda value: value.get("method") == "event.message" and value["params"]["message"]["text"] == last,
             "the last message")
    deadline = time.monotonic() + 30
    arrived = {}
    while len(arrived) < count and time.monotonic() < deadline:
        with bob.changed:
            for at, value in bob.lines:
                if value.get("method") == "event.message":
                    text = value["params"]["message"]["text"]
                    if text in sent:
                        arrived.setdefault(text, at)
    if len(arrived) < count:
        sys.exit(f"process_bench: {count - len(arrived)} messages did not arrive")
    times = [(arrived[text] - at) * 1e3 for text, at in sent.items()]
    spent = {name: (cpu_seconds(pid) - before[name]) * 1e3 / count for name, pid in processes.items()}
    print(f"send -> stored, {count} messages at {PER_SECOND}/s: p50 {quantile(times, .5):.2f}  "
          f"p99 {quantile(times, .99):.2f}  p99.9 {quantile(times, .999):.2f}  worst {max(times):.2f} ms")
    print("processor time a message: " + ", ".join(f"{name} {value:.2f} ms" for name, value in spent.items()))
    if smoke:
        bars.at_most("send -> stored p50", quantile(times, .5), 20, "ms")
        for name, value in spent.items():
            bars.at_most(f"{name}, CPU a message", value, CPU_BARS[name], "ms")
    else:
        bars.at_most("send -> stored p99", quantile(times, .99), 20, "ms")


# What a message costs on a quiet machine, in processor milliseconds of the three processes, and a start.
CPU_BARS = {"sender": 1.7, "receiver": 0.9, "relay": 0.6, "start": 25}


def derivation_seconds(log):
    """Between the two lines that the program writes around its key derivation."""
    def at(words):
        found = re.search(r"T(\d\d):(\d\d):(\d\d\.\d+) .*" + words, log)
        return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3])
    return (at("the key is derived") - at("a key is being derived")) % 86400


def measure_start(stage, starts, bars, smoke):
    walls, cpus = [], []
    for _ in range(starts):
        bob = stage.rpc("bob")
        online = bob.online()
        cpus.append(main_thread_cpu(bob.pid) * 1e3)
        memory_of = bob
        if len(walls) < starts - 1:
            bob.end()
        log = (stage.folder / "bob.log").read_text()
        walls.append((online - bob.started - derivation_seconds(log)) * 1e3)
    print("start to connected, ms: " + " ".join(f"{wall:.0f}" for wall in sorted(walls))
          + f"; main thread's processor time {quantile(cpus, .5):.0f} ms")
    bars.at_most("start to connected", quantile(walls, .5), 150, "ms")
    if smoke:
        bars.at_most("start to connected, CPU", quantile(cpus, .5), CPU_BARS["start"], "ms")
    return memory_of


def measure_memory(one, messages, bars):
    time.sleep(2)
    status = Path(f"/proc/{one.pid}/status").read_text()
    kib = {key: int(re.search(key + r":\s+(\d+)", status)[1]) for key in ("VmRSS", "RssAnon", "RssFile")}
    print(f"resident with {messages} messages: {kib['VmRSS'] / 1024:.1f} MiB (own {kib['RssAnon'] / 1024:.1f}, "
          f"of files {kib['RssFile'] / 1024:.1f})")
    bars.at_most("resident memory", kib["VmRSS"] * 1024 / 1e6, 40, "MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--filler", required=True)
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    bars = Bars(options.smoke)
    seconds, filled, starts = (5, 5000, 3) if options.smoke else (options.seconds, FILLED, STARTS)
    with tempfile.TemporaryDirectory(prefix="sotto-bench.") as folder:
        stage = Stage(options.bin, folder)
        try:
            alice, bob = stage.befriend()
            measure_latency(stage, alice, bob, seconds, bars, options.smoke)
            alice.end()
            bob.end()
            subprocess.run([options.filler, f"{folder}/bob", f"{folder}/bob.passphrase", str(filled)], check=True)
            full = measure_start(stage, starts, bars, options.smoke)
            measure_memory(full, filled, bars)
        finally:
            stage.end()
    return 0 if bars.all_hold else 1


if __name__ == "__main__":
    sys.exit(main())
