"""What the structure test enforces, as tables. Every exception carries its reason."""

# Who may include whom. The first entry whose folder contains a file decides; a file may always
# include its own folder. Folders that are not listed (tests, benchmarks) may include all.
INCLUDES = [
    # folder, folders or files it may include
    ("runtime", []),
    ("gateway", ["runtime"]),
    ("adapters", ["runtime", "gateway/ports"]),
    ("fakes", ["runtime", "gateway/ports"]),
    ("harness/sim", ["runtime", "harness/trace"]),
    ("harness/trace", ["runtime", "harness/sim"]),
    ("harness/explore", ["runtime", "harness/sim", "harness/trace", "harness/check"]),
    ("harness/check", ["runtime", "harness/sim", "harness/trace", "harness/explore"]),
    ("harness/scenario", ["runtime", "harness", "gateway", "fakes"]),
    ("harness/campaign", ["runtime", "harness", "gateway", "fakes"]),
    ("harness/cli", ["runtime", "harness", "gateway", "fakes", "reports"]),
    (
        "reports",
        [
            "harness/campaign/envelope_result.hpp",
            "harness/campaign/result.hpp",
            "harness/campaign/verdict.hpp",
            "harness/campaign/statistics.hpp",
        ],
    ),
]

# Nobody includes these: they are ends of the graph.
NEVER_INCLUDED = ["tests", "benchmarks", "harness/cli"]

INCLUDE_EXCEPTIONS = {
    # (file, included): reason
    ("gateway/gatewayd.cpp", "adapters/postgres/postgres_database.hpp"): "the server is where the "
    "gateway meets what it is tied to",
    ("benchmarks/zoo_bench.cpp", "tests/zoo/catalogue.hpp"): "what is tested is what is timed",
}

# What only the runtime may touch, because in simulation it would leak the real world into a run.
# Searched in code, not in comments, everywhere but in tests and benchmarks.
RAW = {
    "clock": r"steady_clock|system_clock|high_resolution_clock|clock_gettime|gettimeofday"
    r"|std::time\s*\(|[^\w.:>]time\s*\(\s*(nullptr|NULL|0)\s*\)|__rdtsc",
    "timer": r"this_thread::sleep|\busleep\s*\(|\bnanosleep\s*\(|\b(steady|system|deadline|"
    r"high_resolution)_timer\b|\bexpires_after\s*\(",
    "thread": r"std::j?thread\b|std::async\b|pthread_create|asio::thread_pool",
    "lock": r"std::(shared_|recursive_|timed_)?mutex\b|condition_variable|std::atomic"
    r"|counting_semaphore|std::(latch|barrier)\b|call_once",
    "per-thread state": r"\bthread_local\b",
    "random": r"random_device|mt19937|\bstd::rand\b|[^\w.:>]s?rand\s*\(|getrandom"
    r"|default_random_engine|RAND_bytes|_distribution<",
    "socket": r"asio::ip::|<sys/socket\.h>|<netinet/|asio::local::",
}

# path prefix, kinds, reason
RAW_ALLOWED = [
    ("runtime/asio", set(RAW), "the production form of the seam is what touches the real world"),
    ("adapters", set(RAW), "foreign libraries own their sockets"),
    ("runtime/time", {"per-thread state"}, "finds the simulated world that runs on this thread"),
    (
        "fakes/redis/script",
        {"per-thread state"},
        "Lua interpreters are reused by the worlds of a thread, and cleaned in between",
    ),
    (
        "fakes/memo",
        {"per-thread state"},
        "answers of pure functions, by what they were asked: no run can tell",
    ),
    ("harness/sim", {"per-thread state"}, "one world runs on each thread"),
    ("harness/sim/leak_guard", set(RAW), "defines the symbols that it catches"),
    ("harness/explore/integer_set", {"per-thread state"}, "isl keeps its state in a context"),
    ("harness/explore/pool", {"thread", "lock"}, "workers: one world on each thread"),
    ("harness/campaign", {"clock", "thread", "lock"}, "wall-clock runs, time limit, speed"),
    ("harness/cli", {"clock", "thread", "lock"}, "progress display, Ctrl-C"),
]

# Symbolic time: here a number of nanoseconds may not be asked for (Duration, Instant::to_ns).
OPAQUE_TIME = ["gateway", "fakes"]
OPAQUE_TIME_EXCEPTIONS = {
    # file: reason
    "gateway/gatewayd.cpp": "logs of the real server; never simulated",
    "gateway/metrics.cpp": "Prometheus reads numbers; a counted cut",
    "fakes/redis/expiry.cpp": "TTL, PTTL and EXPIRETIME answer with a number: counted cuts",
    "fakes/redis/commands_server.cpp": "TIME answers with a number; a counted cut",
}

# Code whose iteration order may not depend on hashes.
ORDERED = ["runtime", "gateway", "fakes", "harness", "reports"]
ORDER_EXCEPTIONS = {
    # (file, container): reason
}

LINES_MAX = 600
COLUMNS_MAX = 100
FORM_EXCEPTIONS = {
    # (file, rule): reason; the rules are "lines", "columns", "tabs", "opening"
    ("LICENSE", "columns"): "the text of the licence is not ours to wrap",
}

# Paths of one machine. Written in parts, so that this file does not contain what it forbids.
MACHINE_PATHS = ["/" + "work/", "/" + "root/", "/" + "home/"]

# Folders that hold nothing of ours, wherever they are.
SKIPPED_FOLDERS = {".git", "build", "out", ".cache", "__pycache__", "node_modules"}
