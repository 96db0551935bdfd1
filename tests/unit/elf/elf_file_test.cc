#include "elf/elf_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/mapped_file.h"

namespace strobe::elf {
namespace {

/// A small ELF file put together by hand: .text with three symbols, a build-id note, a debug link.
class SmallElf {
 public:
  SmallElf() {
    bytes_.resize(sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr));
    add_section("", SHT_NULL, 0, 0, "");
    add_section(".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, kTextAddress, std::string(64, '\x90'));
    std::string note;
    append(note, Elf64_Nhdr{4, 4, NT_GNU_BUILD_ID});
    note += std::string("GNU\0\xde\xad\xbe\xef", 8);
    add_section(".note.gnu.build-id", SHT_NOTE, SHF_ALLOC, 0, note, 0, 4);
    add_section(".gnu_debuglink", SHT_PROGBITS, 0, 0, std::string("a.debug\0\x78\x56\x34\x12", 12));
    add_section(".strtab", SHT_STRTAB, 0, 0, std::string("\0first\0second\0alias\0", 20));
    std::string symbols;
    append(symbols, Elf64_Sym{});
    append(symbols, symbol(8, STB_GLOBAL, STT_FUNC, kTextAddress + 32, 16));   // "second", but for one letter
    append(symbols, symbol(1, STB_GLOBAL, STT_FUNC, kTextAddress, 32));        // first
    append(symbols, symbol(14, STB_LOCAL, STT_FUNC, kTextAddress, 32));        // alias of first
    append(symbols, symbol(7, STB_GLOBAL, STT_NOTYPE, kTextAddress + 48, 0));  // second
    append(symbols, symbol(7, STB_GLOBAL, STT_OBJECT, kTextAddress + 50, 4));  // data: left out
    add_section(".symtab", SHT_SYMTAB, 0, 0, symbols, 4);
    finish();
  }
  [[nodiscard]] Bytes bytes() const { return bytes_; }
  [[nodiscard]] std::vector<std::byte> copy() const { return bytes_; }

  static constexpr uint64_t kTextAddress = 0x401080;

 private:
  template <class T>
  static void append(std::string& out, const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  static Elf64_Sym symbol(uint32_t name, unsigned binding, unsigned type, uint64_t address, uint64_t size) {
    return {name, static_cast<unsigned char>(ELF64_ST_INFO(binding, type)), 0, 1, address, size};
  }
  void add_bytes(const std::string& content) {
    const auto* data = reinterpret_cast<const std::byte*>(content.data());
    bytes_.insert(bytes_.end(), data, data + content.size());
  }
  void add_section(const char* name, uint32_t type, uint64_t flags, uint64_t address,
                   const std::string& content, uint32_t link = 0, uint64_t align = 1) {
    headers_.push_back({static_cast<uint32_t>(names_.size()), type, flags, address, bytes_.size(),
                        content.size(), link, 0, align, 0});
    names_ += name;
    names_ += '\0';
    add_bytes(content);
  }
  void finish() {
    add_section(".shstrtab", SHT_STRTAB, 0, 0, "");
    headers_.back().sh_size = names_.size();
    add_bytes(names_);
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = ET_DYN;
    header.e_machine = EM_X86_64;
    header.e_phoff = sizeof header;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 2;
    header.e_shoff = bytes_.size();
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = static_cast<uint16_t>(headers_.size());
    header.e_shstrndx = static_cast<uint16_t>(headers_.size() - 1);
    const Elf64_Shdr& text = headers_[1];
    const Elf64_Phdr segments[2] = {
        {PT_LOAD, PF_R, 0, 0x400000, 0x400000, text.sh_offset, text.sh_offset, 4096},
        {PT_LOAD, PF_R | PF_X, text.sh_offset, text.sh_addr, text.sh_addr, text.sh_size, text.sh_size, 4096}};
    std::memcpy(bytes_.data(), &header, sizeof header);
    std::memcpy(bytes_.data() + sizeof header, segments, sizeof segments);
    for (const Elf64_Shdr& section : headers_) {
      std::string raw_header;
      append(raw_header, section);
      add_bytes(raw_header);
    }
  }

  std::vector<std::byte> bytes_;
  std::vector<Elf64_Shdr> headers_;
  std::string names_;
};

/// Asks a file everything, for the tests that only look for crashes.
size_t ask_everything(Bytes bytes) {
  const auto file = ElfFile::parse(bytes);
  if (!file) return 0;
  size_t facts = file->build_id().size() + file->function_symbols().size();
  for (const Section& section : file->sections()) facts += file->section_bytes(section).size();
  for (const Segment& segment : file->segments()) facts += file->bytes_at(segment.address).size();
  const auto link = file->debug_link();
  if (link) facts += link->file_name.size();
  return facts + (file->address_of_offset(100) ? 1 : 0);
}

TEST(ElfFile, FactsOfASmallFile) {
  const SmallElf small;
  const auto file = ElfFile::parse(small.bytes());
  ASSERT_TRUE(file) << file.error().what;
  EXPECT_EQ(file->machine(), EM_X86_64);
  EXPECT_EQ(file->file_type(), ET_DYN);
  EXPECT_EQ(file->build_id(), "deadbeef");
  ASSERT_TRUE(file->debug_link());
  EXPECT_EQ(file->debug_link()->file_name, "a.debug");
  EXPECT_EQ(file->debug_link()->crc, 0x12345678u);
  ASSERT_NE(file->find_section(".text"), nullptr);
  EXPECT_EQ(file->section_bytes(*file->find_section(".text")).size(), 64u);
  EXPECT_EQ(file->find_section(".absent"), nullptr);
}

TEST(ElfFile, FunctionSymbolsAreSortedAndTheBetterNameStays) {
  const SmallElf small;
  const auto symbols = ElfFile::parse(small.bytes())->function_symbols();
  ASSERT_EQ(symbols.size(), 3u);
  EXPECT_EQ(symbols[0].name, "first");
  EXPECT_EQ(symbols[1].name, "econd");
  EXPECT_EQ(symbols[2].name, "second");
  EXPECT_EQ(symbols[2].size, 0u);
  EXPECT_TRUE(std::ranges::is_sorted(symbols, {}, &Symbol::address));
}

TEST(ElfFile, OffsetsAndAddresses) {
  const SmallElf small;
  const auto file = ElfFile::parse(small.bytes());
  const uint64_t text = file->find_section(".text")->offset;
  EXPECT_EQ(file->address_of_offset(text + 5), FileAddr{SmallElf::kTextAddress + 5});
  // The executable segment is mapped by whole pages, so its page's start is its too.
  EXPECT_EQ(file->address_of_offset(0), FileAddr{SmallElf::kTextAddress - text});
  EXPECT_EQ(file->address_of_offset(1 << 20), std::nullopt);
  EXPECT_EQ(file->bytes_at(FileAddr{SmallElf::kTextAddress + 60}).size(), 4u);
  EXPECT_TRUE(file->bytes_at(FileAddr{SmallElf::kTextAddress + 64}).empty());
  EXPECT_TRUE(file->bytes_at(FileAddr{0}).empty());
}

TEST(ElfFile, RefusesWhatIsNoElf64) {
  EXPECT_EQ(ElfFile::parse({}).error().code, ErrorCode::malformed);
  const SmallElf small;
  const struct {
    size_t offset;
    int value;
    ErrorCode code;
  } kCases[] = {{0, 'x', ErrorCode::malformed},
                {EI_CLASS, ELFCLASS32, ErrorCode::unsupported},
                {EI_DATA, ELFDATA2MSB, ErrorCode::unsupported},
                {offsetof(Elf64_Ehdr, e_phentsize), 1, ErrorCode::malformed},
                {offsetof(Elf64_Ehdr, e_shentsize), 1, ErrorCode::malformed}};
  for (const auto& test : kCases) {
    auto bytes = small.copy();
    bytes[test.offset] = static_cast<std::byte>(test.value);
    const auto file = ElfFile::parse(bytes);
    ASSERT_FALSE(file) << test.offset;
    EXPECT_EQ(file.error().code, test.code);
  }
}

TEST(ElfFile, TruncationAtEveryLengthGivesFewerFacts) {
  const auto whole = SmallElf().copy();
  const size_t facts = ask_everything(whole);
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    EXPECT_LE(ask_everything(cut), facts) << size;
  }
}

TEST(ElfFile, EveryByteDamaged) {
  const auto whole = SmallElf().copy();
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const int value : {0x00, 0x7f, 0x80, 0xff}) {
      auto damaged = whole;
      damaged[i] = static_cast<std::byte>(value);
      ask_everything(damaged);
    }
  }
}

TEST(ElfFile, OwnProgram) {
  const auto content = MappedFile::open("/proc/self/exe");
  ASSERT_TRUE(content);
  const auto file = ElfFile::parse(content->bytes());
  ASSERT_TRUE(file);
  const auto symbols = file->function_symbols();
  EXPECT_NE(std::ranges::find(symbols, "main", &Symbol::name), symbols.end());
  EXPECT_NE(file->find_section(".eh_frame"), nullptr);
}

}  // namespace
}  // namespace strobe::elf
