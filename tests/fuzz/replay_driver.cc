// Runs a fuzz target without libFuzzer: every file of the corpus folder given as argument, then a bounded
// number of mutations of each, made from a fixed seed so that a failure repeats. An input that crashes the
// target is left in a file, named before the first input and kept only when the process dies.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;
constexpr int kMutationsPerInput = 400;
// A large input is mutated less: the whole run stays within seconds, whatever the machine.
constexpr auto kTimePerInput = std::chrono::milliseconds(1500);

std::string crash_path() { return "fuzz-input-" + std::to_string(getpid()); }

void run(const Bytes& input) {
  // An exact-size copy: reading one byte too far is then caught by the address sanitizer.
  const Bytes copy(input.begin(), input.end());
  LLVMFuzzerTestOneInput(copy.data(), copy.size());
}

void run_keeping_input(const Bytes& input) {
  std::ofstream(crash_path(), std::ios::binary)
      .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
  run(input);
}

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  Bytes mutate(Bytes bytes) {
    const size_t changes = 1 + pick(4);
    for (size_t i = 0; i < changes; ++i) change_once(bytes);
    return bytes;
  }

 private:
  size_t pick(size_t bound) { return bound == 0 ? 0 : static_cast<size_t>(random_() % bound); }

  void change_once(Bytes& bytes) {
    if (bytes.empty()) {
      bytes.push_back(static_cast<uint8_t>(random_()));
      return;
    }
    const size_t at = pick(bytes.size());
    switch (pick(6)) {
      case 0:
        bytes[at] = static_cast<uint8_t>(bytes[at] ^ (1u << pick(8)));
        break;
      case 1: {
        // The values at which lengths and offsets go wrong.
        constexpr uint8_t kEdges[] = {0x00, 0x01, 0x7f, 0x80, 0xfe, 0xff};
        const size_t count = std::min(bytes.size() - at, size_t{1} << pick(4));
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), count, kEdges[pick(std::size(kEdges))]);
        break;
      }
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 4:
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), static_cast<uint8_t>(random_()));
        break;
      default: {
        const size_t from = pick(bytes.size());
        const size_t count = std::min({bytes.size() - at, bytes.size() - from, pick(64) + 1});
        const Bytes piece(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                          bytes.begin() + static_cast<std::ptrdiff_t>(from + count));
        std::copy(piece.begin(), piece.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
      }
    }
  }

  std::mt19937_64 random_;
};

std::vector<Bytes> read_corpus(const std::string& folder) {
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> inputs;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return inputs;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  const std::vector<Bytes> corpus = read_corpus(argv[1]);
  if (corpus.empty()) {
    std::fprintf(stderr, "no corpus in %s\n", argv[1]);
    return 1;
  }
  std::printf("an input that crashes is kept in %s\n", crash_path().c_str());
  std::fflush(stdout);
  size_t runs = 0;
  run_keeping_input({});
  for (size_t i = 0; i < corpus.size(); ++i) {
    run_keeping_input(corpus[i]);
    Mutator mutator(i + 1);
    const auto deadline = std::chrono::steady_clock::now() + kTimePerInput;
    for (int n = 0; n < kMutationsPerInput && std::chrono::steady_clock::now() < deadline; ++n, ++runs) {
      run_keeping_input(mutator.mutate(corpus[i]));
    }
  }
  std::filesystem::remove(crash_path());
  std::printf("%zu corpus files and %zu mutations of them\n", corpus.size(), runs);
  return 0;
}
