// Setters that check what they are given: the checks cost far more than what they guard.
// Build:  g++ -std=c++20 -O2 -g -fno-optimize-sibling-calls validated_setters.cc
// Run:    validated_setters [SECONDS=1]
// Hot:    Account::is_valid_name about 3/4, Account::is_valid_iban about 1/4 (self); Account::set_name and
//         Account::set_iban (total) are little more; Account::set_limit next to nothing
// Stacks: main > import_accounts > Account::set_X > Account::is_valid_X
// Prints: one JSON line, CPU seconds by function: "functions" self, "totals" with callees;
//         how many values were refused.
#include <string>

#include "stopwatch.h"

double name_s, iban_s, import_s;

class Account {
 public:
  NAMED bool set_name(const std::string& name) {
    const Stopwatch watch(name_s);
    if (!is_valid_name(name.data(), name.size())) return false;
    name_ = name;
    return true;
  }
  NAMED bool set_iban(const std::string& iban) {
    const Stopwatch watch(iban_s);
    if (!is_valid_iban(iban.data(), iban.size())) return false;
    iban_ = iban;
    return true;
  }
  NAMED bool set_limit(long limit) {
    if (limit < 0 || limit > 100000) return false;
    limit_ = limit;
    return true;
  }

 private:
  // No word of it may be there twice: quadratic, which nobody notices while names are short.
  NAMED static bool is_valid_name(const char* name, size_t size) {
    for (size_t a = 0; a + 8 < size; a++) {
      for (size_t b = a + 8; b + 8 <= size; b++) {                    // HOT: Account::is_valid_name
        size_t same = 0;                                              // HOT: Account::is_valid_name
        while (same < 8 && name[a + same] == name[b + same]) same++;  // HOT: Account::is_valid_name
        if (same == 8) return false;                                  // HOT: Account::is_valid_name
      }
    }
    return true;
  }
  // The remainder of a long number, digit by digit, as for a bank account.
  NAMED static bool is_valid_iban(const char* iban, size_t size) {
    unsigned remainder = 0;
    for (size_t i = 0; i < size; i++) {                         // HOT: Account::is_valid_iban
      const auto digit = static_cast<unsigned>(iban[i] - '0');  // HOT: Account::is_valid_iban
      if (digit > 9) return false;                              // HOT: Account::is_valid_iban
      remainder = (remainder * 10 + digit) % 97;                // HOT: Account::is_valid_iban
    }
    return remainder == 1;
  }

  std::string name_;
  std::string iban_;
  long limit_ = 0;
};

// Refuses every second IBAN and one limit in ten.
NAMED long import_accounts(Account& account, const std::string& name, std::string& iban, uint64_t& x) {
  const Stopwatch watch(import_s);
  long refused = 0;
  refused += account.set_name(name) ? 0 : 1;
  for (int i = 0; i < 10; i++) {
    CHURN(x, 1)
    iban[iban.size() / 2] = static_cast<char>('0' + x % 10);
    refused += account.set_iban(iban) ? 0 : 1;
    refused += account.set_limit(i == 9 ? -1 : static_cast<long>(x % 1000)) ? 0 : 1;
  }
  return refused;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 1;
  Account account;
  uint64_t x = 88172645463325252ULL;
  std::string name;
  while (name.size() < 4300) {
    CHURN(x, 1)
    name += static_cast<char>('a' + x % 26);
  }
  std::string iban(70000, '3');
  long refused = 0;
  for (long turn = 0; turn < static_cast<long>(seconds * 100); turn++) {
    refused += import_accounts(account, name, iban, x);
  }
  printf(
      "{\"functions\":{},\"totals\":{\"Account::set_name\":%.6f,\"Account::set_iban\":%.6f,"
      "\"import_accounts\":%.6f},\"cpu_s\":%.6f,\"refused\":%ld}\n",
      name_s, iban_s, import_s, cpu_seconds(CLOCK_PROCESS_CPUTIME_ID), refused);
  return 0;
}
