// Mappings that replace parts of each other, and the two conversions of addresses.
#include "model/address_space.h"

#include <gtest/gtest.h>

#include <set>

#include "model/losses.h"
#include "model/quality.h"

namespace strobe {
namespace {

Mapping mapping(uint64_t start, uint64_t end, uint32_t module) {
  return {.start = RuntimeAddr{start}, .end = RuntimeAddr{end}, .bias = start, .module = ModuleId{module}};
}

uint32_t module_at(const AddressSpace& space, uint64_t address) {
  const Mapping* found = space.find(RuntimeAddr{address});
  return found == nullptr ? UINT32_MAX : found->module.value;
}

TEST(AddressSpace, ANewMappingCutsWhatItOverlaps) {
  AddressSpace space;
  space.insert(mapping(100, 200, 1));
  space.insert(mapping(300, 400, 2));
  space.insert(mapping(150, 160, 3));  // in the middle: two pieces remain
  space.insert(mapping(190, 310, 4));  // over two ends
  const struct {
    uint64_t address;
    uint32_t module;
  } cases[] = {{99, UINT32_MAX}, {100, 1}, {149, 1}, {150, 3}, {159, 3}, {160, 1},
               {189, 1},         {190, 4}, {309, 4}, {310, 2}, {399, 2}, {400, UINT32_MAX}};
  for (const auto& c : cases) EXPECT_EQ(module_at(space, c.address), c.module) << c.address;
  space.insert(mapping(0, 1000, 5));  // over all
  EXPECT_EQ(space.mappings().size(), 1u);
  space.insert(mapping(50, 50, 6));  // empty, and upside down
  space.insert(mapping(60, 40, 6));
  EXPECT_EQ(space.mappings().size(), 1u);
}

TEST(AddressSpace, GenerationChangesWithEveryChangeAndIsUnique) {
  std::set<uint64_t> seen;
  AddressSpace space;
  EXPECT_TRUE(seen.insert(space.generation()).second);
  space.insert(mapping(1, 2, 1));
  EXPECT_TRUE(seen.insert(space.generation()).second);
  AddressSpace copy = space;
  EXPECT_EQ(copy.generation(), space.generation());
  copy.insert(mapping(1, 2, 1));
  EXPECT_TRUE(seen.insert(copy.generation()).second);
  space.clear();
  EXPECT_TRUE(seen.insert(space.generation()).second);
  EXPECT_TRUE(seen.insert(AddressSpace{}.generation()).second);
}

TEST(Mapping, ConvertsBothWaysAlsoWithANegativeBias) {
  const Mapping low{
      .start = RuntimeAddr{0x1000}, .end = RuntimeAddr{0x2000}, .bias = 0x1000 - uint64_t{0x400000}};
  EXPECT_EQ(raw(low.to_file(RuntimeAddr{0x1234})), 0x400234u);
  EXPECT_EQ(low.to_runtime(low.to_file(RuntimeAddr{0x1234})), RuntimeAddr{0x1234});
}

TEST(LookupAddr, TakesOneOffReturnAddressesOnly) {
  EXPECT_EQ(raw(lookup_addr({RuntimeAddr{100}, AddressKind::instruction})), 100u);
  EXPECT_EQ(raw(lookup_addr({RuntimeAddr{100}, AddressKind::return_address})), 99u);
  EXPECT_EQ(raw(lookup_addr({RuntimeAddr{0}, AddressKind::return_address})), 0u);
}

TEST(Names, OfLossesAndClassesAreDifferent) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(LossReason::module_unreadable); ++i) {
    EXPECT_TRUE(names.insert(name_of(static_cast<LossReason>(i))).second) << i;
  }
  EXPECT_FALSE(names.contains("unknown"));
  names.clear();
  for (int i = 0; i < kStackClassCount; ++i) names.insert(name_of(static_cast<StackClass>(i)));
  EXPECT_EQ(names.size(), static_cast<size_t>(kStackClassCount));
}

TEST(CompleteShare, CountsCompleteAndCompleted) {
  Quality quality;
  EXPECT_EQ(complete_share(quality), 1.0);
  quality.stacks.by_class[static_cast<size_t>(StackClass::complete)] = 6;
  quality.stacks.by_class[static_cast<size_t>(StackClass::completed)] = 2;
  quality.stacks.by_class[static_cast<size_t>(StackClass::truncated)] = 1;
  quality.stacks.by_class[static_cast<size_t>(StackClass::incomplete)] = 1;
  quality.samples.stored = 10;
  EXPECT_DOUBLE_EQ(complete_share(quality), 0.8);
}

}  // namespace
}  // namespace strobe
