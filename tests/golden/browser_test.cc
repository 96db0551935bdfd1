// A dialogue with the browser over the fixed profiles, byte for byte.
#include "browser.h"

#include "golden_file.h"
#include "report/escape.h"
#include "support/profile_builder.h"
#include "view_words.h"

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

TEST(GoldenBrowser, WarnsOnceOfEveryRecording) {
  Browser browser([](const std::string&) -> Result<Profile> { return test::poor_profile(); }, {}, {});
  ASSERT_TRUE(browser.open("poor.strobe"));
  const auto warns = [&](const char* line) {
    return browser.execute(line).text.find("WARNING: ") != std::string::npos;
  };
  EXPECT_TRUE(warns("stats 1"));
  EXPECT_FALSE(warns("callers 1"));
  EXPECT_TRUE(warns("quality")) << "they are a part of that page";
  EXPECT_FALSE(warns("read"));
  EXPECT_TRUE(warns("tree 1"));
  EXPECT_FALSE(warns("add poor.strobe"));
  EXPECT_TRUE(warns("stats 1"));
}

TEST(GoldenBrowser, ALimitOfRowsIsOfWhatRestrictionsLeft) {
  ReportRequest request;
  request.functions.order.restrictions = {*analyze::parse_restriction("1")};
  Browser browser(open_profile, request, {});
  ASSERT_TRUE(browser.open("varied.strobe"));
  const std::string text = browser.execute("stats 'main|sum'").text;
  EXPECT_NE(text.find(" to 1 due to restriction <1>"), std::string::npos) << text;
  EXPECT_LT(text.find("due to restriction <main|sum>"), text.find("due to restriction <1>")) << text;
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

TEST(GoldenBrowser, HelpAndCompletionKnowEveryView) {
  Browser browser = open_browser();
  const std::vector<std::string> offered = browser.complete("");
  for (const ViewWord& view : kViewWords) {
    if (!view.is_text || view.kind == ViewKind::functions) continue;  // the dialogue itself, and `stats`
    const std::string word(view.word);
    EXPECT_NE(std::find(offered.begin(), offered.end(), word), offered.end()) << word;
    EXPECT_FALSE(browser.execute("help " + word).error.has_value()) << word;
  }
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
