#include "base/md5.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace strobe {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr std::array<std::array<int, 4>, 4> kRotations = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

using State = std::array<uint32_t, 4>;

/// The constants of RFC 1321, 3.4: 2^32 x |sin(i + 1)|.
std::array<uint32_t, 64> make_sines() {
  std::array<uint32_t, 64> sines{};
  for (size_t i = 0; i < sines.size(); ++i) {
    sines[i] = static_cast<uint32_t>(std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 0x1p32));
  }
  return sines;
}

void add_block(const std::byte* block, const std::array<uint32_t, 64>& sines, State& state) {
  std::array<uint32_t, 16> words{};
  std::memcpy(words.data(), block, kBlockBytes);  // little-endian, as both architectures are
  auto [a, b, c, d] = state;
  for (size_t i = 0; i < 64; ++i) {
    const size_t round = i / 16;
    uint32_t mixed = 0;
    size_t word = 0;
    if (round == 0) {
      mixed = (b & c) | (~b & d), word = i;
    } else if (round == 1) {
      mixed = (d & b) | (~d & c), word = (5 * i + 1) % 16;
    } else if (round == 2) {
      mixed = b ^ c ^ d, word = (3 * i + 5) % 16;
    } else {
      mixed = c ^ (b | ~d), word = (7 * i) % 16;
    }
    const uint32_t sum = a + mixed + sines[i] + words[word];
    a = d, d = c, c = b;
    b += std::rotl(sum, kRotations[round][i % 4]);
  }
  state = {state[0] + a, state[1] + b, state[2] + c, state[3] + d};
}

}  // namespace

std::string md5_hex(Bytes bytes) {
  const std::array<uint32_t, 64> sines = make_sines();
  State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  const size_t whole = bytes.size() - bytes.size() % kBlockBytes;
  for (size_t at = 0; at < whole; at += kBlockBytes) add_block(bytes.data() + at, sines, state);

  // The rest, a one bit, zeros, and the length in bits.
  std::array<std::byte, 2 * kBlockBytes> tail{};
  const size_t rest = bytes.size() - whole;
  if (rest > 0) std::memcpy(tail.data(), bytes.data() + whole, rest);
  tail[rest] = std::byte{0x80};
  const size_t tail_bytes = rest + 1 + sizeof(uint64_t) <= kBlockBytes ? kBlockBytes : 2 * kBlockBytes;
  const uint64_t bits = uint64_t{bytes.size()} * 8;
  std::memcpy(tail.data() + tail_bytes - sizeof(bits), &bits, sizeof(bits));
  for (size_t at = 0; at < tail_bytes; at += kBlockBytes) add_block(tail.data() + at, sines, state);

  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const uint32_t word : state) {
    for (unsigned byte = 0; byte < 4; ++byte) {
      const uint32_t value = (word >> (8 * byte)) & 0xffu;
      hex += {kDigits[value >> 4], kDigits[value & 15]};
    }
  }
  return hex;
}

}  // namespace strobe
