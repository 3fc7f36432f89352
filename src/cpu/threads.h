// The process's own pool of threads. Who calls takes part, so a busy pool means slower, never deadlock.
#pragma once
#include <cstdint>
#include <functional>

#include "base/job.h"

namespace warpweft::cpu {

// Hardware threads this process may use.
int cores();

// Calls body(task, worker) once for each task in [0, tasks), on at most `threads` threads, the caller among them;
// worker is in [0, threads). Tasks are handed out in order. Rethrows the first exception; stops early when control is cancelled.
void parallel(int64_t tasks, int threads, const job* control, const std::function<void(int64_t task, int worker)>& body);

// Runs `work` on a thread of its own kind (never the pool's, never libuv's), first come first served.
void run_later(std::function<void()> work);

}  // namespace warpweft::cpu
