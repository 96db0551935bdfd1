// strobe control [PID pause|resume|snapshot|stop]
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "commands.h"
#include "console.h"
#include "exit_status.h"
#include "option_text.h"
#include "options.h"
#include "os/control_socket.h"
#include "report/escape.h"

namespace strobe::cli {
namespace {

constexpr int kAnswerTimeoutMs = 10 * 60 * 1000;  // a snapshot with a huge debug file takes its time
constexpr int kStatusTimeoutMs = 3000;
constexpr std::array<const char*, 4> kRequests = {"pause", "resume", "snapshot", "stop"};

/// Sends a request to a connected Strobe; its answer without the "ok ".
Result<std::string> ask(const os::ControlConnection& strobe, const std::string& request, int timeout_ms) {
  strobe.send(request);
  Result<std::string> answer = strobe.receive(timeout_ms);
  if (!answer) {
    answer.error().what = "ask Strobe to " + request + ": " + answer.error().what;
    answer.error().hint = "its recording has ended meanwhile; what it stored can be read with strobe report";
    return answer;
  }
  if (answer->starts_with("ok ")) return answer->substr(3);
  std::string what = answer->starts_with("error ") ? answer->substr(6) : "an answer that is none";
  std::string hint;
  if (const size_t line = what.find('\n'); line != std::string::npos) {
    hint = what.substr(line + 1);
    what.resize(line);
  }
  return fail(ErrorCode::io, what, hint);
}

/// PID, state, seconds, recording and command of a Strobe, by its answer to "status".
std::string status_line(pid_t pid, std::string answer) {
  std::array<std::string, 4> fields;
  for (std::string& field : fields) {
    const size_t tab = answer.find('\t');
    field = answer.substr(0, tab);
    answer.erase(0, tab == std::string::npos ? answer.size() : tab + 1);
  }
  return fmt::format("{:>8}  {:<9} {:>9}  {}  {}\n", pid, report::printable(fields[0]),
                     report::printable(fields[1]), report::printable(fields[2]),
                     report::printable(fields[3]));
}

int list_running() {
  std::string text;
  for (const pid_t pid : os::find_controllable(control_folders())) {
    Result<os::ControlConnection> strobe = os::connect_control(control_folders(), pid);
    if (!strobe) continue;  // it has ended meanwhile
    Result<std::string> answer = ask(*strobe, "status", kStatusTimeoutMs);
    if (answer) text += status_line(pid, *answer);
  }
  if (text.empty()) {
    write_text(STDERR_FILENO, "strobe: no Strobe of this user is recording\n");
    return kExitOk;
  }
  text.insert(0, fmt::format("{:>8}  {:<9} {:>9}  recording  command\n", "PID", "state", "seconds"));
  Result<void> written = write_report(STDOUT_FILENO, text, "to standard output");
  return written ? kExitOk : report_error(written.error());
}

int control(const std::vector<std::string>& words) {
  if (words.empty()) return list_running();
  Result<pid_t> pid = parse_pid(words.front());
  if (!pid) {
    pid.error().hint = "give the process id of Strobe; strobe control lists them";
    return report_error(pid.error());
  }
  if (words.size() != 2 || std::find(kRequests.begin(), kRequests.end(), words[1]) == kRequests.end()) {
    return report_error({ErrorCode::invalid_argument,
                         words.size() == 2 ? fmt::format("unknown request '{}'", words[1])
                                           : std::string("control needs one request"),
                         "strobe control PID pause|resume|snapshot|stop"});
  }
  Result<os::ControlConnection> strobe = os::connect_control(control_folders(), *pid);
  if (!strobe) return report_error(strobe.error());
  Result<std::string> answer = ask(*strobe, words[1], kAnswerTimeoutMs);
  if (!answer) return report_error(answer.error());
  Result<void> written = write_report(STDOUT_FILENO, report::printable(*answer) + '\n', "to standard output");
  return written ? kExitOk : report_error(written.error());
}

}  // namespace

Action add_control_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("control", "Pause, resume, copy or end a running recording");
  auto words = std::make_shared<std::vector<std::string>>();
  set_usage(*command, "strobe control [PID pause|resume|snapshot|stop]");
  command->footer(
      "PID is Strobe's own. Without it, the recordings of this user that run now are listed.\n"
      "The answer comes when it is done:\n"
      "  pause     take no samples and count no CPU time\n"
      "  resume    go on\n"
      "  snapshot  write what was recorded so far to a recording of its own, and print its path\n"
      "  stop      end the recording; the program goes on\n"
      "SIGUSR1 sent to Strobe makes a snapshot as well, and prints its report where Strobe prints.\n"
      "Exit status: 0, or 125 where it could not be done.");
  offer_values(command->add_option("words", *words, "PID and request")->type_name("PID")->group(""),
               {kRequests.begin(), kRequests.end()});
  return [words] { return control(*words); };
}

}  // namespace strobe::cli
