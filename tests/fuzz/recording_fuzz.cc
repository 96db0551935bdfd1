// Fuzzes reading a recording: any bytes are an Error or a profile that holds together; the parts of SQLite
// under the reader are fuzzed along. The corpus is the recording of tests/support/sample_recording.h, without
// and with symbols, made small by "PRAGMA page_size = 512; VACUUM INTO".
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "store/recording_file.h"
#include "store/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::byte> image(size);
  for (size_t i = 0; i < size; ++i) image[i] = static_cast<std::byte>(data[i]);
  // An image in WAL mode (fileformat2, bytes 18 and 19) cannot be opened in memory: nothing would be fuzzed.
  if (size > 19) image[18] = image[19] = std::byte{1};
  const auto profile = strobe::store::read_recording_image(image);
  if (profile && !strobe::store::check_profile(*profile)) std::abort();
  return 0;
}
