// Programs with published numbers of Mazurkiewicz traces. Every operation is one step; where each
// program and its number come from is in README.md.
#pragma once

#include "harness/explore/program.hpp"

namespace raceproof::zoo {

using explore::Program;

// Threads and shared cells.
Program readers(int n);
Program last_zero(int n);
Program indexer(int n);
Program last_write(int n);
Program floating_read(int n);
Program lost_update(int n);
Program reorder(int n);

// Messages between actors.
Program fan_in(int senders);
Program fan_in_fifo(int senders, int messages);
Program actor_lost_update(int clients);
/// A proxy that starts a backend on the first request and, when a grace period ends, stops it if
/// nothing is in flight: while it is still starting too, unless `fixed`. A failed run gave work to
/// a stopped backend.
Program cold_start(int clients, bool fixed);

// Bugs of a known depth or probability. Sections under a lock that touch nothing but what the lock
// guards are one step.
Program two_stage();
Program string_buffer();
Program account();
Program token_ring();
Program bluetooth();

}  // namespace raceproof::zoo
