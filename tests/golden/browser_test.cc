// A dialogue with the browser over the fixed profiles, byte for byte.
#include "browser.h"

#include "golden_file.h"
#include "report/escape.h"
#include "support/profile_builder.h"

namespace strobe::cli {
namespace {

Result<Profile> open_profile(const std::string& path) {
  if (path == "varied.strobe") return test::varied_profile();
  if (path == "hostile\x1b[2J.strobe") return test::hostile_profile();
  if (path == "pooled.strobe") {
    Profile profile = test::varied_profile();
    profile.info.pooled_sampling = true;
    return profile;
  }
  return fail(ErrorCode::not_found, "there is no recording '" + path + "'", "name one");
}

Browser open_browser() {
  Browser browser(open_profile, {}, {});
  EXPECT_TRUE(browser.open("varied.strobe"));
  return browser;
}

/// What a user sees who types these lines.
std::string dialogue(Browser& browser, std::initializer_list<const char*> lines) {
  std::string text;
  for (const char* line : lines) {
    text += browser.prompt() + report::printable(line) + '\n';
    const BrowserAnswer answer = browser.execute(line);
    if (answer.error)
      text += "error: " + report::printable(answer.error->what) + "; " + answer.error->hint + '\n';
    text += answer.text;
    if (answer.leave) text += "(left)\n";
  }
  return text;
}

TEST(GoldenBrowser, Commands) {
  Browser browser = open_browser();
  test::expect_golden("browser.txt", dialogue(browser, {"help",
                                                        "help callers",
                                                        "",
                                                        "stats 3",
                                                        "sort cum name",
                                                        "reverse",
                                                        "strip",
                                                        "stats 'main|sum' 0.5",
                                                        "callers walk",
                                                        "callees \\(main",
                                                        "tree 4",
                                                        "threads",
                                                        "quality",
                                                        "sort",
                                                        "add varied.strobe",
                                                        "stats 2",
                                                        "read",
                                                        "stats 1",
                                                        "read hostile\x1b[2J.strobe",
                                                        "stats 1",
                                                        "quit"}));
}

TEST(GoldenBrowser, Mistakes) {
  Browser browser = open_browser();
  test::expect_golden(
      "browser_mistakes.txt",
      dialogue(browser, {"nosuch", "stats (", "stats 1.5", "stats 'open", "sort nosuch", "sort c",
                         "threads 5", "add", "add nosuch", "add pooled.strobe", "read nosuch", "read a b",
                         "help nosuch", "browse", "functions 1", "EOF"}));
}

TEST(GoldenBrowser, Completes) {
  const Browser browser = open_browser();
  const auto has = [&](const char* line, const std::string& word) {
    const std::vector<std::string> words = browser.complete(line);
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  EXPECT_TRUE(has("", "stats"));
  EXPECT_TRUE(has("  ca", "callees"));
  EXPECT_TRUE(has("sort cum", "cumulative"));
  EXPECT_TRUE(has("help ", "add"));
  EXPECT_FALSE(has("stats ", "stats"));
  EXPECT_TRUE(has("read /", "/tmp/"));
  EXPECT_TRUE(browser.complete("read /nosuch/folder/").empty());
}

TEST(GoldenBrowser, QuotesKeepBlanks) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(split_words(" stats  'a b'\"c d\" e\t"), (Words{"stats", "a bc d", "e"}));
  EXPECT_EQ(split_words("''"), Words{""});
  EXPECT_EQ(split_words(""), Words{});
  EXPECT_FALSE(split_words("stats 'a"));
}

}  // namespace
}  // namespace strobe::cli
