// Whole CUDA kernels through nvcc, in both dialects, against the same arithmetic on the host.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "attention.h"
#include "kernels.h"

namespace {

using ptx::buffer;
using ptx::compiled;
using ptx::in_both_dialects;
using ptx::launch;

template <class T>
std::vector<T> small_integers(size_t n, int from, int to, uint32_t seed) {
  std::vector<T> x;
  for (size_t i = 0; i < n; ++i)
    x.push_back(static_cast<T>(from + static_cast<int>((seed = seed * 1664525u + 1013904223u) >> 8) % (to - from + 1)));
  return x;
}

template <class T>
T first_of(const buffer& b) {
  return b.read<T>().at(0);
}

TEST("kernels: a register-tiled product in float32") {
  constexpr size_t m = 128, n = 256, k = 40;
  const auto a = small_integers<float>(m * k, -4, 4, 1), b = small_integers<float>(n * k, -4, 4, 2);
  in_both_dialects([&](int arch) {
    const buffer da(a), db(b), dc(m * n * 4);
    const auto o =
        launch(compiled("sgemm", arch), "sgemm", {n / 128, m / 128}, {256}, da, db, dc, static_cast<int>(n), static_cast<int>(k));
    CHECK(o.ok(), o);
    const auto c = dc.read<float>();
    for (size_t i = 0; i < m; ++i)
      for (size_t j = 0; j < n; ++j) {
        float sum = 0;
        for (size_t l = 0; l < k; ++l) sum += a[i * k + l] * b[j * k + l];
        CHECK_EQ(c[i * n + j], sum, "row ", i, " column ", j);
      }
  });
}

TEST("kernels: attention with mma, ldmatrix and cp.async, whatever the seed and the rounding of approximations") {
  for (const auto& [queries, keys] : {std::pair{64, 64}, {128, 100}, {64, 130}})
    in_both_dialects([&, queries = queries, keys = keys](int arch) {
      const attention::problem p(2, queries, keys);
      for (int variant = 0; variant < 3; ++variant) {
        ptx::changed_settings with;
        with.set(&ptxvm::options::capability, 100);
        with.set(&ptxvm::options::seed, 7 + variant);
        with.set(&ptxvm::options::perturb, variant);
        const auto r = attention::run(compiled("attention", arch), p);
        CHECK(r.how.ok(), r.how);
        CHECK(r.worst <= attention::tolerance, "off by ", r.worst, ", allowed ", attention::tolerance, " arch ", arch, " keys ", keys);
      }
    });
}

TEST("kernels: the five largest of a row by shuffles") {
  constexpr size_t rows = 8;
  const auto x = small_integers<float>(rows * 256, -500, 500, 3);
  in_both_dialects([&](int arch) {
    const buffer dx(x), value(rows * 5 * 4), index(rows * 5 * 4);
    const auto o = launch(compiled("warp", arch), "top5", {rows / 4}, {128}, dx, value, index);
    CHECK(o.ok(), o);
    const auto v = value.read<float>();
    const auto at = index.read<int>();
    for (size_t r = 0; r < rows; ++r) {
      std::vector<int> order(256);
      std::iota(order.begin(), order.end(), 0);
      std::stable_sort(order.begin(), order.end(),
                       [&](int i, int j) { return x[r * 256 + static_cast<size_t>(i)] > x[r * 256 + static_cast<size_t>(j)]; });
      for (size_t n = 0; n < 5; ++n) {
        CHECK_EQ(at[r * 5 + n], order[n], "row ", r);
        CHECK_EQ(v[r * 5 + n], x[r * 256 + static_cast<size_t>(order[n])]);
      }
    }
  });
}

TEST("kernels: votes, matches, reductions and shuffles of CUDA C++") {
  const auto x = small_integers<uint32_t>(64, 0, 99, 4);
  in_both_dialects([&](int arch) {
    const buffer dx(x), out(64 * 16 * 4);
    const auto o = launch(compiled("warp", arch), "votes", {1}, {64}, dx, out);
    CHECK(o.ok(), o);
    const auto d = out.read<uint32_t>();
    for (uint32_t t = 0; t < 64; ++t) {
      const uint32_t lane = t % 32, v = x[t], *const w = x.data() + t / 32 * 32;
      uint32_t ballot = 0, any = 0, match = 0, sum = 0, low_or = 0, high_xor = 0;
      int most = -1000;
      for (uint32_t i = 0; i < 32; ++i) {
        ballot |= (w[i] & 1) << i, any |= w[i] == 77, match |= uint32_t{w[i] % 5 == v % 5} << i, sum += w[i],
            most = std::max(most, static_cast<int>(w[i]) - 50);
        if (i < 16)
          low_or |= w[i];
        else
          high_xor ^= w[i];
      }
      uint32_t reversed = 0;
      for (int i = 0; i < 32; ++i) reversed |= (lane >> i & 1) << (31 - i);
      const uint32_t bytes[] = {v & 255, v >> 8 & 255, v >> 16 & 255, v >> 24, lane};
      const uint32_t wanted[16] = {ballot,
                                   any,
                                   1,
                                   match,
                                   0xffffffff,
                                   1,
                                   sum,
                                   static_cast<uint32_t>(most),
                                   lane % 8 < 3 ? v : w[lane - 3],
                                   lane % 16 < 11 ? w[lane + 5] : v,
                                   w[lane / 8 * 8 + 1],
                                   static_cast<uint32_t>(std::popcount(ballot & ((1u << lane) - 1))),
                                   lane < 16 ? low_or : high_xor,
                                   w[lane ^ 16] + (lane < 16 ? 1 : 2),
                                   bytes[0] | bytes[1] << 8 | bytes[0] << 16 | bytes[4] << 24,
                                   (v >> 7 | lane << 25) + static_cast<uint32_t>(std::countl_zero(v)) + reversed};
      for (uint32_t i = 0; i < 16; ++i) CHECK_EQ(d[t * 16 + i], wanted[i], "thread ", t, " number ", i, " arch ", arch);
    }
  });
}

TEST("kernels: cooperative groups") {
  constexpr int n = 1000;
  const auto x = small_integers<int>(n, -9, 9, 5);
  in_both_dialects([&](int arch) {
    const buffer dx(x), out(2 * 3 * 4);
    const auto o = launch(compiled("cooperative", arch), "sums", {2}, {96}, dx, out, n);
    CHECK(o.ok(), o);
    const auto d = out.read<int>();
    for (int b = 0; b < 2; ++b) {
      int sums[96] = {}, all = 0, eight = 0, odd = 0;
      for (int t = 0; t < 96; ++t) {
        for (int i = b * 96 + t; i < n; i += 192) sums[t] += x[static_cast<size_t>(i)];
        all += sums[t];
        if (t < 8) eight += sums[t];
        if (t < 32) odd += sums[t] & 1;
      }
      CHECK_EQ(d[static_cast<size_t>(b * 3)], all);
      CHECK_EQ(d[static_cast<size_t>(b * 3 + 1)], eight);
      CHECK_EQ(d[static_cast<size_t>(b * 3 + 2)], odd);
    }
  });
}

TEST("kernels: atomics of every kind, from blocks on several threads") {
  in_both_dialects([&](int arch) {
    ptx::changed_settings with;
    with.set(&ptxvm::options::capability, 100);
    with.set(&ptxvm::options::threads, 4);
    const buffer u(std::vector<uint32_t>{1, 1000, ~0u, 0, 0, 0, 0, 0, 5}), s(std::vector<int>{0, 0}), f(std::vector<float>{0}),
        d(std::vector<double>{0});
    const buffer l(std::vector<uint64_t>{0, 0, 1ull << 40}), h(std::vector<uint32_t>{0}), b(std::vector<uint32_t>{0});
    const auto o = launch(compiled("atomics", arch), "kinds", {4}, {64}, u, s, f, d, l, h, b);
    CHECK(o.ok(), o);
    // 256 threads: inc runs through 0..99 two and a half times, dec from 0 through 99..0.
    CHECK(u.read<uint32_t>() == (std::vector<uint32_t>{769, 744, 0, ~0u, 0, 56, 44, 7, 6}), "unsigned");
    CHECK(s.read<int>() == (std::vector<int>{255, -255}), "signed");
    CHECK_EQ(first_of<float>(f), 128.0f);
    CHECK_EQ(first_of<double>(d), 64.0);
    CHECK(l.read<uint64_t>() == (std::vector<uint64_t>{256ull << 32, 255ull << 33, 2ull << 40}), "64 bits");
    CHECK_EQ(first_of<uint32_t>(h), 0x60005c00u);  // f16: 512, 256
    CHECK_EQ(first_of<uint32_t>(b), 0x44004380u);  // bf16: 512, 256
  });
}

TEST("kernels: the last block adds up, a lock is held by one lane at a time, blocks wait for each other") {
  const auto x = small_integers<float>(5000, -9, 9, 6);
  in_both_dialects([&](int arch) {
    const std::string module = compiled("atomics", arch);
    const buffer dx(x), out(4);
    const auto last = launch(module, "last_block", {12}, {128}, dx, out, 5000);
    CHECK(last.ok(), last);
    CHECK_EQ(first_of<float>(out), std::accumulate(x.begin(), x.end(), 0.0f));

    const buffer lock(std::vector<int>{0}), counter(std::vector<int>{0});
    const auto locked = launch(module, "locked", {2}, {64}, lock, counter);
    CHECK(locked.ok(), locked);
    CHECK_EQ(first_of<int>(counter), 128);

    const buffer arrived(std::vector<uint32_t>{0}), seen(40 * 4);
    const auto gather = launch(module, "gather", {40}, {64}, arrived, seen);
    CHECK(gather.ok(), gather);
    for (uint32_t n : seen.read<uint32_t>()) CHECK_EQ(n, 40u);
  });
}

TEST("kernels: 16-bit floats, exact on small integers") {
  const auto x = small_integers<float>(64, -8, 8, 7), y = small_integers<float>(64, -8, 8, 8);
  in_both_dialects([&](int arch) {
    const buffer dx(x), dy(y), out(64 * 8 * 4);
    const auto o = launch(compiled("numbers", arch), "halves", {2}, {32}, dx, dy, out);
    CHECK(o.ok(), o);
    const auto d = out.read<float>();
    for (size_t i = 0; i < 64; ++i) {
      const float wanted[] = {x[i] * y[i] + x[i], x[i] + y[i], x[i] * y[i], std::max(x[i], y[i]),
                              x[i] * y[i] + x[i], x[i] + y[i], x[i] * y[i], x[i] < y[i] ? 1.0f : 0.0f};
      for (size_t n = 0; n < 8; ++n) CHECK_EQ(d[i * 8 + n], wanted[n], "number ", n, " of ", x[i], ' ', y[i]);
    }
  });
}

TEST("kernels: double, and division of integers") {
  auto x = small_integers<double>(64, -900, 900, 9), y = small_integers<double>(64, 1, 90, 10);
  for (double& v : x) v /= 7;
  auto a = small_integers<int>(64, -100000, 100000, 11), b = small_integers<int>(64, 1, 300, 12);
  for (size_t i = 0; i < 64; i += 3) b[i] = -b[i];
  in_both_dialects([&](int arch) {
    const buffer dx(x), dy(y), out(64 * 6 * 8), da(a), db(b), whole(64 * 6 * 8);
    const auto o = launch(compiled("numbers", arch), "doubles", {2}, {32}, dx, dy, out);
    CHECK(o.ok(), o);
    const auto d = out.read<double>();
    for (size_t i = 0; i < 64; ++i) {
      const double wanted[] = {std::fma(x[i], y[i], x[i]), x[i] / y[i],          std::sqrt(std::fabs(x[i])),
                               std::trunc(x[i]),           std::min(x[i], y[i]), std::exp(-std::fabs(x[i]))};
      for (size_t n = 0; n < 5; ++n) CHECK_EQ(d[i * 6 + n], wanted[n], "number ", n, " of ", x[i], ' ', y[i]);
      CHECK(std::fabs(d[i * 6 + 5] - wanted[5]) <= wanted[5] * 0x1p-51, d[i * 6 + 5], " and ", wanted[5]);  // CUDA promises one ulp
    }
    const auto p = launch(compiled("numbers", arch), "integers", {2}, {32}, da, db, whole);
    CHECK(p.ok(), p);
    const auto w = whole.read<int64_t>();
    for (size_t i = 0; i < 64; ++i) {
      const int64_t wanted[] = {a[i] / b[i],
                                a[i] % b[i],
                                static_cast<uint32_t>(a[i]) / static_cast<uint32_t>(b[i]),
                                (static_cast<int64_t>(a[i]) * (1 << 20)) / b[i],
                                static_cast<int64_t>(static_cast<__int128>(a[i]) * b[i]),
                                std::popcount(static_cast<uint64_t>(static_cast<int64_t>(a[i]) * b[i]))};
      for (size_t n = 0; n < 6; ++n) CHECK_EQ(w[i * 6 + n], wanted[n], "number ", n, " of ", a[i], ' ', b[i]);
    }
  });
}

TEST("kernels: calls, recursion, tables of functions, local arrays") {
  const auto x = small_integers<float>(64, -50, 50, 13);
  in_both_dialects([&](int arch) {
    const buffer dx(x), out(64 * 4 * 4);
    const auto o = launch(compiled("calls", arch), "calls", {1}, {64}, dx, out);
    CHECK(o.ok(), o);
    const auto d = out.read<float>();
    const float fibonacci[] = {0, 1, 1, 2, 3, 5, 8, 13};
    for (size_t i = 0; i < 64; ++i) {
      CHECK_EQ(d[i * 4], fibonacci[i % 8]);
      CHECK_EQ(d[i * 4 + 1], i % 3 == 0 ? x[i] * 2 : i % 3 == 1 ? x[i] * x[i] : -x[i]);
      const auto at = [&](size_t j) { return static_cast<double>(2 * (i + j) + 1); };
      CHECK_EQ(d[i * 4 + 2], static_cast<float>(at(0) + at(1) * 10 + at(2) * 100 + at(3) * 1000));
      CHECK_EQ(d[i * 4 + 3], static_cast<float>(at(0) * at(1) * at(2) * at(3)));
    }
  });
}

TEST("kernels: an assertion of CUDA C++, and recursion without end") {
  std::vector<int> x(40, 5);
  x[37] = 100;
  in_both_dialects([&](int arch) {
    const auto failed = launch(compiled("calls", arch), "check", {1}, {40}, buffer(x));
    CHECK_EQ(failed.code, 710);
    CHECK(failed.says("thread (37, 0, 0)") && failed.says("calls.cu:") && failed.says("assertion `x[threadIdx.x] < 100` failed"), failed);
    const auto endless = launch(compiled("calls", arch), "endless", {1}, {32}, buffer(x));
    CHECK_EQ(endless.code, 714);
    CHECK(endless.says("calls within each other"), endless);
  });
}

}  // namespace
