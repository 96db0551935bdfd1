// A registry that plugins enter by themselves before main, and singletons made on first use.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls plugin_registry.cc
// Run:    plugin_registry [SECONDS=1]
// Hot:    Blur::apply 40 %, Resize::apply 30 %, Sharpen::apply 10 %, Palette::Palette 20 % (self): a
//         singleton's constructor, whose whole cost falls to whoever comes first, here Blur
// Stacks: main > run_plugins > X::apply;
//         main > run_plugins > Blur::apply > Palette::instance > Palette::Palette
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees.
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "stopwatch.h"

double seconds = 1;
uint64_t image = 88172645463325252ULL;
double resize_s, blur_s, sharpen_s, palette_s, run_s;

struct Plugin {
  virtual ~Plugin() = default;
  virtual void apply() = 0;
};

class Registry {
 public:
  using Factory = std::function<std::unique_ptr<Plugin>()>;
  static Registry& instance() {
    static Registry registry;
    return registry;
  }
  bool add(const std::string& name, Factory factory) {
    return factories_.emplace(name, std::move(factory)).second;
  }
  std::unique_ptr<Plugin> make(const std::string& name) const { return factories_.at(name)(); }

 private:
  Registry() = default;
  std::map<std::string, Factory> factories_;
};

template <class T>
bool enter(const char* name) {
  return Registry::instance().add(name, [] { return std::make_unique<T>(); });
}

class Palette {
 public:
  NAMED static const Palette& instance() {
    static const Palette palette;
    return palette;
  }
  uint64_t first_color = 0;

 private:
  NAMED Palette() {
    const Stopwatch watch(palette_s);
    uint64_t x = image;
    CHURN(x, static_cast<long>(seconds * 200) * ROUNDS_PER_MS)  // HOT: Palette::Palette
    first_color = x;
  }
};

struct Resize : Plugin {
  NAMED void apply() override {
    const Stopwatch watch(resize_s);
    uint64_t x = image;
    CHURN(x, 3 * ROUNDS_PER_MS)  // HOT: Resize::apply
    image = x;
  }
};
const bool resize_entered = enter<Resize>("1-resize");

struct Blur : Plugin {
  NAMED void apply() override {
    uint64_t x = image ^ Palette::instance().first_color;
    const Stopwatch watch(blur_s);
    CHURN(x, 4 * ROUNDS_PER_MS)  // HOT: Blur::apply
    image = x | 1;
  }
};
const bool blur_entered = enter<Blur>("2-blur");

struct Sharpen : Plugin {
  NAMED void apply() override {
    const Stopwatch watch(sharpen_s);
    uint64_t x = image;
    CHURN(x, ROUNDS_PER_MS)  // HOT: Sharpen::apply
    image = x;
  }
};
const bool sharpen_entered = enter<Sharpen>("3-sharpen");

NAMED void run_plugins() {
  const Stopwatch watch(run_s);
  for (const char* name : {"1-resize", "2-blur", "3-sharpen"}) Registry::instance().make(name)->apply();
}

int main(int argc, char** argv) {
  if (argc > 1) seconds = atof(argv[1]);
  if (!resize_entered || !blur_entered || !sharpen_entered) return 1;
  for (long turn = 0; turn < static_cast<long>(seconds * 100); turn++) run_plugins();
  printf(
      "{\"functions\":{\"Resize::apply\":%.6f,\"Blur::apply\":%.6f,\"Sharpen::apply\":%.6f,"
      "\"Palette::Palette\":%.6f},\"totals\":{\"run_plugins\":%.6f,\"Blur::apply\":%.6f},\"cpu_s\":%.6f}\n",
      resize_s, blur_s, sharpen_s, palette_s, run_s, blur_s + palette_s,
      cpu_seconds(CLOCK_PROCESS_CPUTIME_ID));
  return 0;
}
