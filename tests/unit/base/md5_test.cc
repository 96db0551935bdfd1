// MD5 against the examples of RFC 1321, A.5, and lengths around the padding.
#include "base/md5.h"

#include <gtest/gtest.h>

#include <string>

namespace strobe {
namespace {

std::string md5_of(const std::string& text) { return md5_hex(std::as_bytes(std::span(text))); }

TEST(Md5, OfTheExamplesInItsStandard) {
  EXPECT_EQ(md5_of(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5_of("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(md5_of("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(md5_of("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, OfLengthsAroundTheEndOfABlock) {  // as md5sum has them
  EXPECT_EQ(md5_of(std::string(55, 'x')), "04364420e25c512fd958a70738aa8f72");
  EXPECT_EQ(md5_of(std::string(56, 'x')), "668a72d5ba17f08e62dabcafad6db14b");
  EXPECT_EQ(md5_of(std::string(64, 'x')), "c1bb4f81d892b2d57947682aeb252456");
}

}  // namespace
}  // namespace strobe
